"""Folds that are judged on newer rows than they learn from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np


def position_in_time(times: np.ndarray) -> np.ndarray:
    """Return the place of the time of each row between the oldest, 0, and the newest, 1.

    Rows of the same time are at the same place; all are at 0 where there is one time only.
    """
    older = np.searchsorted(np.sort(times), times, side="left")
    return older / max(1, older.max(initial=0))


@dataclass
class ForwardFolds:
    """Cross-validation by forward chaining, with the time of each row as its group.

    The newer half of the rows is cut into stretches of time. For each there is a fold that holds
    the stretch out and trains on all that is older. Rows need no order; those of the same time stay
    together, which ``sklearn.model_selection.TimeSeriesSplit`` would part.

    Parameters
    ----------
    n_splits : int, default=4
        Maximum number of folds. There are fewer where there are fewer times, or where only rows of
        one class are older than a stretch.

    Examples
    --------
    >>> from skann.model_selection._forward_folds import ForwardFolds
    >>> months = [1, 1, 2, 2, 3, 3, 4, 4]
    >>> for train, held_out in ForwardFolds(2).split(months, groups=months):
    ...     print(train.tolist(), held_out.tolist())
    [0, 1, 2, 3] [4, 5]
    [0, 1, 2, 3, 4, 5] [6, 7]
    """

    n_splits: int = 4

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the row numbers to train on, and those held out."""
        if groups is None:
            raise ValueError("groups must hold the time of each row")
        starts = np.linspace(0.5, 1, self.n_splits, endpoint=False)
        stretch = np.searchsorted(starts, position_in_time(np.asarray(groups)), side="right")
        for number in range(1, self.n_splits + 1):
            train, held_out = np.flatnonzero(stretch < number), np.flatnonzero(stretch == number)
            is_one_class = y is not None and len(np.unique(np.asarray(y)[train])) < 2
            if len(held_out) and not is_one_class:
                yield train, held_out

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the maximum number of folds."""
        return self.n_splits
