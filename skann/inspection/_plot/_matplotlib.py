"""Matplotlib where it is needed: plots are an extra."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PairOfAxes: TypeAlias = Sequence["Axes | None"]


def require_matplotlib(caller: str) -> Any:
    """Return ``matplotlib.pyplot``.

    Raises
    ------
    ImportError
        If Matplotlib is not installed; the message says how to get it.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"{caller} needs Matplotlib, which comes with the extra 'plot': "
            "pip install 'skann[plot]'"
        ) from error
    return plt


def pair_of_axes(caller: str, axes: PairOfAxes | None) -> tuple["Axes | None", "Axes | None"]:
    """Return two axes, new ones by default; one of those given may be None."""
    plt = require_matplotlib(caller)
    left, right = plt.subplots(1, 2, figsize=(10, 4), layout="tight")[1] if axes is None else axes
    return left, right


def first_of(axes: PairOfAxes) -> "Axes":
    """Return the first axes that there are."""
    return next(axis for axis in axes if axis is not None)


def add_legend(axis: "Axes", **options: Any) -> None:
    """Add a legend that says once what several curves have in common."""
    handles, labels = axis.get_legend_handles_labels()
    named = dict(zip(labels, handles, strict=True))
    axis.legend([*named.values()], [*named], frameon=False, **options)
