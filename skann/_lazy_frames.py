"""Tables whose rows polars has not computed yet."""

from typing import Any


def refuse_lazy_frames(**tables: Any) -> None:
    """Refuse arguments that are polars' LazyFrames, by name.

    Raises
    ------
    ValueError
        If one is: it has no rows yet.
    """
    for name, table in tables.items():
        kind = type(table)
        # By name, so that polars is imported by its users alone.
        if kind.__name__ == "LazyFrame" and kind.__module__.partition(".")[0] == "polars":
            raise ValueError(
                f"{name} is a polars LazyFrame, whose rows are not computed yet: give "
                f"{name}.collect()"
            )
