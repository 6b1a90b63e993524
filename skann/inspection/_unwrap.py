"""What is inside a fitted estimator: the network, the threshold, a search."""

from collections.abc import Iterator

from sklearn.base import BaseEstimator
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.pipeline import Pipeline

from skann._churn_ann._classifier import ChurnANNClassifier
from skann._cost_threshold._classifier import CostThresholdClassifier
from skann._labels import positive_index
from skann._sklearn_private import BaseSearchCV
from skann._typing import Label

_THRESHOLDS = (CostThresholdClassifier, TunedThresholdClassifierCV, FixedThresholdClassifier)
_INNER = ("best_estimator_", "estimator_", "estimator")


def layers(estimator: BaseEstimator) -> Iterator[BaseEstimator]:
    """Yield an estimator and what it wraps, from outside in, fitted parts if there are any.

    Follows searches, thresholds, calibration without folds, and the last steps of pipelines.
    """
    while estimator is not None and not isinstance(estimator, str):
        yield estimator
        steps = getattr(estimator, "steps", None)
        if steps:
            estimator = steps[-1][1]
            continue
        estimator = next(
            (getattr(estimator, name) for name in _INNER if hasattr(estimator, name)), None
        )


def find_network(estimator: BaseEstimator) -> ChurnANNClassifier | None:
    """Return the first ChurnANNClassifier, fitted or not."""
    return _first(estimator, ChurnANNClassifier)


def find_threshold(estimator: BaseEstimator) -> BaseEstimator | None:
    """Return the first estimator that moves the decision away from 0.5."""
    return _first(estimator, *_THRESHOLDS)


def find_search(estimator: BaseEstimator) -> BaseSearchCV | None:
    """Return the first search."""
    return _first(estimator, BaseSearchCV)


def model_name(estimator: BaseEstimator) -> str:
    """Return the class name of what gives the probabilities, behind pipelines and thresholds."""
    around = (Pipeline, BaseSearchCV, *_THRESHOLDS)
    return next(
        type(layer).__name__ for layer in layers(estimator) if not isinstance(layer, around)
    )


def positive_label(estimator: BaseEstimator) -> Label:
    """Return the label that counts as churn: ``pos_label`` if it is set, else ``classes_[1]``."""
    label = getattr(find_threshold(estimator), "pos_label", None)
    return estimator.classes_[positive_index(estimator.classes_, label)]


def _first(estimator: BaseEstimator, *kinds: type) -> BaseEstimator | None:
    return next((layer for layer in layers(estimator) if isinstance(layer, kinds)), None)
