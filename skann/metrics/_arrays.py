"""Check the weights and scores that metrics are given."""

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_consistent_length, column_or_1d

from skann._typing import Weights


def weights(sample_weight: Weights | ArrayLike | None, n_samples: int) -> np.ndarray:
    """Return weights of shape (n_samples,), ones by default."""
    if sample_weight is None:
        return np.ones(n_samples)
    weight = np.asarray(sample_weight, dtype=np.float64)
    check_consistent_length(weight, np.empty(n_samples))
    if weight.ndim != 1 or not np.all(weight >= 0) or not 0 < weight.sum() < np.inf:
        raise ValueError("sample_weight must hold one finite weight per row, not all zero")
    return weight


def scores(y_score: ArrayLike, n_samples: int) -> np.ndarray:
    """Return scores of shape (n_samples,)."""
    score = np.asarray(column_or_1d(y_score), dtype=np.float64)
    if len(score) != n_samples:
        raise ValueError(f"y_score has {len(score)} values, y_true {n_samples}")
    if np.isnan(score).any():
        raise ValueError("y_score holds NaN")
    return score
