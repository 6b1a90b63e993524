"""Customers whose outcome is known, as the displays of costs and gains take them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skann._cost_threshold._classifier import CostThresholdClassifier
from skann._cost_threshold._out_of_fold import positive_probability
from skann._labels import check_known, check_labels, positive_class, positive_index
from skann._lazy_frames import refuse_lazy_frames
from skann._typing import Label, Labels, Table, Weights
from skann.costs._matrix import COST_NAMES, DEFAULT_COSTS, Costs, read_costs
from skann.metrics._arrays import scores, weights


class Customers(NamedTuple):
    """Scored customers whose outcome is known; arrays of shape (n_customers,)."""

    probability: np.ndarray
    positive: np.ndarray
    costs: Costs
    weight: np.ndarray

    def outcome(self, contacted: np.ndarray) -> tuple[float, float]:
        """Return the cost per customer, and the fraction contacted."""
        costs = self.costs.of_decisions(self.positive, contacted)
        return (
            float(np.average(costs, weights=self.weight)),
            float(np.average(contacted, weights=self.weight)),
        )


def read_customers(
    y_true: Labels,
    y_prob: ArrayLike,
    given: Sequence[ArrayLike],
    pos_label: Label | None,
    sample_weight: Weights | None,
    X: Table | None = None,
) -> Customers:
    """Check labels, probabilities, weights and the costs that are given, some as columns of X."""
    true = check_labels(y_true, name="y_true")
    positive = true == positive_class(pos_label, y_true=true)
    n_customers = len(positive)
    probability = scores(y_prob, n_customers)
    if probability.min() < 0 or probability.max() > 1:
        raise ValueError("y_prob must hold probabilities, numbers from 0 to 1")
    costs = read_costs(given, X, n_customers)
    return Customers(probability, positive, costs, weights(sample_weight, n_customers))


def score_customers(
    estimator: BaseEstimator,
    X: Table,
    y: Labels,
    given: Sequence[ArrayLike | None],
    pos_label: Label | None,
    sample_weight: Weights | None,
) -> Customers:
    """Check labels, and let the estimator give the probabilities, and the costs if it has them."""
    check_is_fitted(estimator)
    refuse_lazy_frames(X=X)
    y = check_labels(y)
    check_known(y, estimator.classes_)
    index = positive_index(estimator.classes_, pos_label)
    if isinstance(estimator, CostThresholdClassifier):
        own = estimator._positive_index()
        if pos_label is not None and index != own:
            raise ValueError(
                f"pos_label={pos_label!r}, but this CostThresholdClassifier decides for "
                f"{estimator.classes_[own]!r}: leave pos_label out"
            )
        pos_label = estimator.classes_[own]
        named = {n: cost for n, cost in zip(COST_NAMES, given, strict=True) if cost is not None}
        probability, offer, _ = estimator._score(X, named)
        return read_customers(y, probability, offer.costs, pos_label, sample_weight)
    pos_label = estimator.classes_[index]
    probability = positive_probability(estimator, X, pos_label)
    costs: list[ArrayLike] = [
        DEFAULT_COSTS[name] if cost is None else cost
        for name, cost in zip(COST_NAMES, given, strict=True)
    ]
    return read_customers(y, probability, costs, pos_label, sample_weight, X)
