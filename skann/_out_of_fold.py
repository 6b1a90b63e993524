"""Probabilities of customers from an estimator that did not see them."""

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import check_cv
from sklearn.utils import _safe_indexing
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import _check_method_params


def positive_probability(estimator: Any, X: Any, positive: Any) -> np.ndarray:
    """Probability of one class, shape (n_customers,); 0 for a class unseen in training.

    Raises
    ------
    ValueError
        If a probability is NaN or lies outside 0 and 1.
    """
    probability = np.asarray(estimator.predict_proba(X), dtype=np.float64)
    column = np.flatnonzero(np.asarray(estimator.classes_) == positive)
    if not len(column):
        return np.zeros(len(probability))
    probability = probability[:, column[0]]
    if not np.all((probability >= 0) & (probability <= 1)):
        raise ValueError(
            f"{type(estimator).__name__}.predict_proba gave values that are no probabilities: "
            "NaN, below 0 or above 1."
        )
    return probability


def out_of_fold(
    estimator: Any,
    X: Any,
    y: np.ndarray,
    positive: Any,
    *,
    cv: Any,
    n_jobs: int | None,
    fit_params: dict[str, Any],
    split_params: dict[str, Any],
) -> tuple[np.ndarray, np.ndarray]:
    """Score each fold by a clone fitted on the others.

    Returns
    -------
    rows : ndarray of shape (n_scored,)
        Rows of X in the order of the folds; a splitter may leave rows out or repeat them.
    probability : ndarray of shape (n_scored,)
    """
    splits = check_cv(cv, y, classifier=True).split(X, y, **split_params)
    scored = Parallel(n_jobs=n_jobs)(
        delayed(_fit_and_score)(clone(estimator), X, y, positive, train, test, fit_params)
        for train, test in splits
    )
    rows, probability = zip(*scored, strict=True)
    return np.concatenate(rows), np.concatenate(probability)


def _fit_and_score(
    estimator: Any,
    X: Any,
    y: np.ndarray,
    positive: Any,
    train: np.ndarray,
    test: np.ndarray,
    fit_params: dict[str, Any],
) -> tuple[np.ndarray, np.ndarray]:
    params = _check_method_params(X, fit_params, indices=train)
    estimator.fit(_safe_indexing(X, train), y[train], **params)
    test = np.arange(len(y))[test]  # a splitter may give a mask
    return test, positive_probability(estimator, _safe_indexing(X, test), positive)
