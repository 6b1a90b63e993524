"""Matplotlib on demand: plots are an extra."""

from typing import Any


def require_matplotlib(caller: str) -> Any:
    """Return `matplotlib.pyplot`.

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
            "pip install 'skann[plot]'."
        ) from error
    return plt
