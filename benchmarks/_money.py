"""What the decisions of a model cost, by one rule for all models and by a rule of its own."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from _models import Given
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from skann import CostThresholdClassifier
from skann.metrics import expected_cost

FP_COST = 5.0  # an offer wasted
FN_COSTS = (100.0, 50.0, 20.0, 10.0)  # a churner missed
INNER_FOLDS = 3


def right_thresholds() -> list[float]:
    """For each cost of a missed churner, where contact pays if probabilities are right.

    Elkan (2001), equation 2.
    """
    return [FP_COST / (FP_COST + fn_cost) for fn_cost in FN_COSTS]


def tuned_thresholds(y: np.ndarray, unseen: np.ndarray) -> list[float]:
    """For each cost of a missed churner, the cut that costs least on rows a model did not see."""
    given = Given().fit(unseen[:, None], y)
    return [
        CostThresholdClassifier(given, fn_cost=fn_cost, fp_cost=FP_COST, cv="prefit")
        .fit(unseen[:, None], y)
        .threshold_
        for fn_cost in FN_COSTS
    ]


def money(y: np.ndarray, probability: np.ndarray, thresholds: Iterable[float]) -> float:
    """Cost of contacting those above the thresholds, a mean over `FN_COSTS`.

    Each cost is a share of the cheaper of contacting nobody and everybody.
    """
    shares = []
    for fn_cost, threshold in zip(FN_COSTS, thresholds, strict=True):
        costs = {"fn_cost": fn_cost, "fp_cost": FP_COST}
        simple = min(expected_cost(y, np.full_like(y, label), **costs) for label in (0, 1))
        shares.append(expected_cost(y, probability > threshold, **costs) / simple)
    return float(np.mean(shares))


def unseen_scores(
    fitted: Any, unfitted: Any, X: pd.DataFrame, y: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Labels of training rows, and their probabilities by fits that did not see them.

    Those that the fitted model kept, if it did; else by cross-validation, which costs
    `INNER_FOLDS` further fits.
    """
    kept = getattr(fitted, "validation_proba_", None)
    if kept is None:
        folds = StratifiedKFold(INNER_FOLDS, shuffle=True, random_state=seed)
        kept = cross_val_predict(unfitted, X, y, cv=folds, method="predict_proba")
        return y, kept[:, 1]
    kept = np.asarray(kept)
    return y[fitted.validation_indices_], kept[:, 1] if kept.ndim == 2 else kept
