"""The course of a training as a table."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd


def history_frame(logs: Mapping[str, Sequence[float]], monitor: str) -> pd.DataFrame:
    """Return a row an epoch, counted from 1, with the loss in front.

    Raises
    ------
    ValueError
        If the monitored loss was never finite.
    """
    history = pd.DataFrame(logs)
    history = history[["loss", *history.columns.drop("loss")]]
    history.index = pd.RangeIndex(1, len(history) + 1, name="epoch")
    if not np.isfinite(history[monitor]).any():
        raise ValueError(
            f"training diverged: {monitor} is {history[monitor].iloc[-1]} in each epoch; "
            "lower learning_rate"
        )
    return history
