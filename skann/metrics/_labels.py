"""Check what metrics are given."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_consistent_length, column_or_1d


def positives(y_true: ArrayLike, pos_label: Any, *others: np.ndarray) -> np.ndarray:
    """Mask of the positive customers.

    Parameters
    ----------
    y_true : array-like of shape (n_customers,)
    pos_label : label or None
        None takes the second of two labels in sorted order, or 1 or True among 0, 1, -1, False
        and True.
    *others : ndarray
        More labels of the same kind: predictions.

    Raises
    ------
    ValueError
        If there are more than two labels, or one, from which the positive one cannot be told.
    """
    true = np.asarray(column_or_1d(y_true))
    if pos_label is not None:
        return np.asarray(true == pos_label)
    labels = np.unique(np.concatenate([true, *others]))
    if len(labels) > 2:
        raise ValueError(f"y must hold two labels, found {len(labels)}: {labels[:5].tolist()}...")
    if set(labels.tolist()) <= {-1, 0, 1}:
        return true == 1
    if len(labels) < 2:
        raise ValueError(f"y holds one label only, {labels.tolist()}: name the positive pos_label.")
    return true == labels[1]


def weights(sample_weight: ArrayLike | None, n_customers: int) -> np.ndarray:
    """Weights of shape (n_customers,), ones by default."""
    if sample_weight is None:
        return np.ones(n_customers)
    weight = np.asarray(sample_weight, dtype=np.float64)
    check_consistent_length(weight, np.empty(n_customers))
    if weight.ndim != 1 or not np.all(weight >= 0) or not 0 < weight.sum() < np.inf:
        raise ValueError("sample_weight must hold one finite weight a customer, not all zero.")
    return weight


def scores(y_score: ArrayLike, n_customers: int) -> np.ndarray:
    """Scores of shape (n_customers,)."""
    score = np.asarray(column_or_1d(y_score), dtype=np.float64)
    if len(score) != n_customers:
        raise ValueError(f"y_score has {len(score)} values, y_true {n_customers}.")
    if np.isnan(score).any():
        raise ValueError("y_score holds NaN.")
    return score
