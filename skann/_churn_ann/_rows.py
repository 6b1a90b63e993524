"""Rows to train on or to stop on, and all that is known of them."""

from typing import Any, NamedTuple

import numpy as np

from skann._sklearn_private import _safe_indexing


class Rows(NamedTuple):
    """Raw rows, their labels as 0 and 1, and where given their weights and what mistakes cost."""

    X: Any
    y: np.ndarray
    weight: np.ndarray | None = None
    cost: np.ndarray | None = None

    @property
    def training_weight(self) -> np.ndarray | None:
        """What each row weighs in the loss."""
        if self.weight is None or self.cost is None:
            return self.cost if self.weight is None else self.weight
        return self.weight * self.cost

    def take(self, indices: np.ndarray) -> "Rows":
        """Return some of the rows."""
        return Rows(
            _safe_indexing(self.X, indices),
            self.y[indices],
            None if self.weight is None else self.weight[indices],
            None if self.cost is None else self.cost[indices],
        )
