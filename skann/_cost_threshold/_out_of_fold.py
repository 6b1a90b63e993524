"""Probabilities of rows by fits of the estimator that did not see them."""

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, check_cv
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from skann._checkpoints import without_checkpoints
from skann._labels import positive_index
from skann._sklearn_callbacks import Task
from skann._sklearn_private import _check_method_params, _safe_indexing
from skann._typing import Label, Table

_SCORING = "score-unseen-rows"  # what callbacks know it by


def fit_and_score_unseen(
    estimator: BaseEstimator,
    X: Table,
    y: np.ndarray,
    pos_label: Label | None,
    cv: Any,
    n_jobs: int | None,
    random_state: int | np.random.RandomState | None,
    fit_params: dict[str, Any],
    split_params: dict[str, Any],
    groups: ArrayLike | None,
    task: Task,
) -> tuple[BaseEstimator, np.ndarray, np.ndarray]:
    """Fit an estimator on all rows, and score rows by fits that did not see them.

    ``task`` is told of both as its steps.

    Returns
    -------
    estimator : classifier
        Fitted on all rows; the one given for cv="prefit", else a clone.
    rows : ndarray of int, shape (n_scored,)
        Which rows were scored; a splitter may leave some out or repeat them.
    probability : ndarray of shape (n_scored,)
        Of the positive class.
    """
    mode = cv if isinstance(cv, str) else "folds"
    if mode == "auto":
        cv = None
    if mode == "prefit":
        check_is_fitted(estimator)
        fitted = estimator
    else:
        fitted = clone(estimator)
        with task.subtask("fit-on-all-rows").fit_within(fitted):
            fitted.fit(X, y, **fit_params)
    if set(fitted.classes_.tolist()) != set(y.tolist()):
        raise ValueError(
            f"{type(estimator).__name__} knows the labels {fitted.classes_.tolist()}, y has "
            f"{np.unique(y).tolist()}: fit and tune on the same two"
        )
    positive = fitted.classes_[positive_index(fitted.classes_, pos_label)]
    if mode == "auto":
        own = getattr(fitted, "validation_proba_", None)
        # Folds of the estimator's own would part the groups that it was not given.
        parted = groups is not None and "groups" not in fit_params
        mode = "folds" if own is None or 2 * len(own) < len(y) or parted else "validation"
    if mode == "folds":
        if cv is None or isinstance(cv, Integral):
            # Shuffled: tables are often sorted, by time or by tenure, and folds that are stretches
            # of such a table would be scored by models of other times.
            kind = StratifiedKFold if groups is None else StratifiedGroupKFold
            cv = kind(cv or 5, shuffle=True, random_state=random_state)
            split_params = {} if groups is None else {"groups": groups}
        splits = list(check_cv(cv, y, classifier=True).split(X, y, **split_params))
        scoring = task.subtask(_SCORING, n_steps=len(splits), in_order=False).begin()
        steps = [scoring.subtask("fold", number) for number in range(len(splits))]
        scored = Parallel(n_jobs=n_jobs)(
            delayed(_fit_and_score)(
                without_checkpoints(clone(estimator)), X, y, positive, train, test, fit_params, step
            )
            for (train, test), step in zip(splits, steps, strict=True)
        )
        rows, probability = (np.concatenate(parts) for parts in zip(*scored, strict=True))
    else:
        scoring = task.subtask(_SCORING).begin()
        if mode == "prefit":
            rows, probability = np.arange(len(y)), positive_probability(fitted, X, positive)
        else:
            rows, probability = _own_validation(fitted, X, positive)
    scoring.end()
    return fitted, rows, probability


def positive_probability(estimator: BaseEstimator, X: Table, positive: Label) -> np.ndarray:
    """Return the probability of one class, shape (n_samples,); 0 for a class unseen in training.

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
            f"{type(estimator).__name__}.predict_proba gave values that are not probabilities: "
            "NaN, below 0 or above 1"
        )
    return probability


def _fit_and_score(
    estimator: BaseEstimator,
    X: Table,
    y: np.ndarray,
    positive: Label,
    train: np.ndarray,
    test: np.ndarray,
    fit_params: dict[str, Any],
    task: Task,
) -> tuple[np.ndarray, np.ndarray]:
    params = _check_method_params(X, fit_params, indices=train)
    X_train, y_train = _safe_indexing(X, train), y[train]
    weight = params.get("sample_weight")
    with task._replace(X=X_train, y=y_train, sample_weight=weight).fit_within(estimator):
        estimator.fit(X_train, y_train, **params)
    test = np.arange(len(y))[test]  # a splitter may give a mask
    return test, positive_probability(estimator, _safe_indexing(X, test), positive)


def _own_validation(
    estimator: BaseEstimator, X: Table, positive: Label
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that an estimator did not train on, and their probabilities."""
    name = type(estimator).__name__
    rows = getattr(estimator, "validation_indices_", None)
    if rows is None or not len(rows):
        raise ValueError(
            "cv='validation' needs an estimator that sets rows aside in fit and names them in "
            f"validation_indices_, as ChurnANNClassifier does; {name} named none. Use cv=5."
        )
    rows = np.asarray(rows)
    own = getattr(estimator, "validation_proba_", None)
    if own is None:
        return rows, positive_probability(estimator, _safe_indexing(X, rows), positive)
    own = np.asarray(own, dtype=np.float64)
    if len(own) != len(rows):
        raise ValueError(
            f"{name} has {len(rows)} validation_indices_ and {len(own)} validation_proba_; "
            "each row must have a probability"
        )
    index = int(np.flatnonzero(np.asarray(estimator.classes_) == positive)[0])
    if own.ndim == 2:
        return rows, own[:, index]
    return rows, own if index == 1 else 1.0 - own
