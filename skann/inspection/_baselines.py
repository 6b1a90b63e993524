"""What a model must beat: simple models on the same rows."""

import warnings
from collections.abc import Mapping

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline

from skann._cost_threshold._out_of_fold import positive_probability
from skann._typing import Label, Table
from skann._warnings import DroppedColumnWarning
from skann.preprocessing import TableCleaner, TableEncoder

_N_FOLDS = 5


def baseline_probabilities(
    train: tuple[Table, np.ndarray] | None, X: Table, y: np.ndarray, positive: Label, seed: int
) -> dict[str, np.ndarray]:
    """Return the probabilities of each baseline for the rows of X, by its name.

    Parameters
    ----------
    train : tuple of (X, y) or None
        Rows to fit on; None cross-validates on the rows of X.
    X, y : rows to score, and their labels
    positive : label
    seed : int
    """
    models = {
        "logistic regression": logistic_baseline(),
        "gradient boosting": boosting_baseline(seed),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DroppedColumnWarning)  # the model's own fit has told
        if train is not None:
            return {
                name: positive_probability(clone(model).fit(*train), X, positive)
                for name, model in models.items()
            }
        return {name: _cross_validated(model, X, y, positive) for name, model in models.items()}


def logistic_baseline(column_roles: Mapping[Label, str] | None = None) -> Pipeline:
    """Return an untrained logistic regression that takes raw rows."""
    return _on_clean_columns(LogisticRegression(max_iter=1000), column_roles)


def boosting_baseline(seed: int) -> Pipeline:
    """Return untrained gradient boosting that takes raw rows."""
    return _on_clean_columns(HistGradientBoostingClassifier(random_state=seed))


def _on_clean_columns(
    classifier: BaseEstimator, column_roles: Mapping[Label, str] | None = None
) -> Pipeline:
    return make_pipeline(TableCleaner(column_roles), TableEncoder("standard", "onehot"), classifier)


def _cross_validated(model: Pipeline, X: Table, y: np.ndarray, positive: Label) -> np.ndarray:
    labels, counts = np.unique(y, return_counts=True)
    n_folds = int(min(_N_FOLDS, counts.min()))
    probability = cross_val_predict(model, X, y, cv=n_folds, method="predict_proba")
    return probability[:, np.flatnonzero(labels == positive)[0]]
