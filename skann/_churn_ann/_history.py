"""The course of a training as a table."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd


def history_frame(logs: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """Return one row per epoch, counted from 1, with the loss in front."""
    history = pd.DataFrame(logs).astype(float)
    history = history[["loss", *history.columns.drop("loss")]]
    history.index = pd.RangeIndex(1, len(history) + 1, name="epoch")
    return history


def joined_histories(histories: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the histories of folds, counted from 1, one below the other."""
    return pd.concat(histories, keys=range(1, len(histories) + 1), names=["fold", "epoch"])


def histories(history: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the history of each network, indexed by the epoch."""
    if history.index.nlevels == 1:
        return [history]
    return [history.loc[fold] for fold in history.index.unique("fold")]


def kept_epoch(losses: pd.Series, restored: bool) -> int:
    """Return the epoch, counted from 1, whose weights are kept: the best if restored, or the last.

    Raises
    ------
    ValueError
        If the loss is not finite there.
    """
    finite = np.isfinite(losses).to_numpy()
    if not (finite.any() if restored else finite[-1]):
        raise ValueError(
            f"training diverged: {losses.name} is {losses.iloc[-1]} in the last of {len(losses)} "
            "epochs; lower learning_rate"
        )
    return int(np.nanargmin(losses.where(finite))) + 1 if restored else len(losses)
