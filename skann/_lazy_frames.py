"""Refusal of tables whose rows are not computed yet."""

_COMPUTED_BY = {
    ("polars", "LazyFrame"): "collect",
    ("dask", "DataFrame"): "compute",
    ("dask", "Series"): "compute",
    ("dask", "Array"): "compute",
}


def refuse_lazy_frames(**tables: object) -> None:
    """Refuse arguments that are polars LazyFrames or Dask collections, by name.

    Raises
    ------
    ValueError
        If an argument has no rows yet.
    """
    for name, table in tables.items():
        # By name, so that these libraries are imported by their users alone.
        kind = type(table)
        library = kind.__module__.partition(".")[0].removesuffix("_expr")
        method = _COMPUTED_BY.get((library, kind.__name__))
        if method is not None:
            raise ValueError(
                f"{name} is a {library} {kind.__name__}, whose rows are not computed yet: pass "
                f"{name}.{method}()"
            )
