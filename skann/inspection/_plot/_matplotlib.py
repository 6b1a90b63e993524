"""Matplotlib where it is needed: plots are an extra."""

from typing import Any


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


def pair_of_axes(caller: str, axes: Any) -> tuple[Any, tuple[Any, Any]]:
    """Return the figure and the two axes, new ones by default; one of them may be None."""
    plt = require_matplotlib(caller)
    if axes is None:
        axes = plt.subplots(1, 2, figsize=(10, 4), layout="tight")[1]
    left, right = axes
    return (right if left is None else left).figure, (left, right)


def add_legend(axis: Any, **options: Any) -> None:
    """Add a legend that says once what several curves have in common."""
    handles, labels = axis.get_legend_handles_labels()
    named = dict(zip(labels, handles, strict=True))
    axis.legend(named.values(), named.keys(), frameon=False, **options)
