"""Whether a search chooses by accuracy where one class is rare."""

from collections.abc import Mapping

import numpy as np
from sklearn.metrics import accuracy_score

from skann._typing import Labels

RARE_SHARE = 1 / 3  # with fewer of one class, accuracy mostly counts the other


def chooses_by_accuracy(scoring: object, refit: object = True) -> bool:
    """Tell whether the best candidate is the one with the highest accuracy.

    ``scoring`` and ``refit`` are those of a scikit-learn search; ``scoring=None`` is the
    classifier's own score, which is accuracy.
    """
    if isinstance(scoring, Mapping):
        return isinstance(refit, str) and chooses_by_accuracy(scoring.get(refit, ""))
    if isinstance(scoring, list | tuple | set):
        return refit == "accuracy"
    if scoring is None or (isinstance(scoring, str) and scoring == "accuracy"):
        return True
    return getattr(scoring, "_score_func", None) is accuracy_score


def rare_share(y: Labels) -> float:
    """Return the share of the rarer class; one half where there is only one."""
    counts = np.unique(np.asarray(y), return_counts=True)[1]
    return float(counts.min() / counts.sum()) if len(counts) > 1 else 0.5
