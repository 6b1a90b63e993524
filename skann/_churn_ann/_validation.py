"""Checks of what the classifier is given."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_array, validate_data

from skann._churn_ann._rows import Rows
from skann._churn_ann._steps import is_auto
from skann._labels import check_labels, check_two_classes, encode_labels
from skann._lazy_frames import refuse_lazy_frames
from skann._sklearn_private import _check_sample_weight, _safe_indexing
from skann._typing import DataFrame, Labels, Table, Weights
from skann.preprocessing._table import as_table


def check_rows(
    estimator: BaseEstimator, X: Table, *, reset: bool, as_frame: bool
) -> DataFrame | np.ndarray:
    """Check rows as scikit-learn does, and keep the columns as they are.

    Parameters
    ----------
    estimator : estimator
        Gets ``n_features_in_`` and ``feature_names_in_`` if ``reset``, else is compared with them.
    X : DataFrame (pandas or polars) or array-like of shape (n_samples, n_features)
    reset : bool
        Whether this is a fit.
    as_frame : bool
        Return a pandas DataFrame for any ``X``; else a DataFrame stays what it is, and an array
        must hold finite numbers.

    Returns
    -------
    DataFrame or ndarray

    Raises
    ------
    ValueError
        If ``X`` is empty, has other columns than in fit, holds infinities or is a LazyFrame.
    """
    refuse_lazy_frames(X=X)
    rows: Any = X
    if not (hasattr(X, "columns") and hasattr(X, "dtypes") and len(getattr(X, "shape", ())) == 2):
        dtype = None if as_frame else "numeric"
        rows = check_array(
            X, dtype=dtype, ensure_all_finite=not as_frame, estimator=estimator, input_name="X"
        )
    table = as_table(rows) if as_frame or hasattr(rows, "columns") else rows
    validate_data(estimator, rows, reset=reset, skip_check_array=True)
    return table if as_frame else rows


def check_training_rows(
    estimator: Any,
    X: Table,
    y: Labels,
    sample_weight: Weights | None,
    *,
    reset: bool,
    classes: Labels | None = None,
) -> tuple[Rows, np.ndarray]:
    """Return the rows that have any weight, and their indices.

    Parameters
    ----------
    estimator : ChurnANNClassifier
        Gets ``classes_`` and what `check_rows` sets if ``reset``, else is asked for them.
    X, y, sample_weight
        As in `fit`.
    reset : bool
        Whether this is the first fit.
    classes : array-like of shape (2,), optional
        The labels, where ``y`` need not hold both.

    Raises
    ------
    ValueError
        If a row, a label or a weight cannot be trained on.
    """
    X = check_rows(estimator, X, reset=reset, as_frame=is_auto(estimator.preprocessor))
    y = check_labels(y, X.shape[0])
    weight, indices = None, np.arange(len(y))
    if sample_weight is not None:
        weight = _check_weight(sample_weight, X)
        indices = np.flatnonzero(weight)
        X, y, weight = _safe_indexing(X, indices), y[indices], weight[indices]
    if reset:
        known = y if classes is None else check_labels(classes, name="classes")
        estimator.classes_ = check_two_classes(known)
    return Rows(X, encode_labels(y, estimator.classes_), weight), indices


def _check_weight(sample_weight: Weights, X: DataFrame | np.ndarray) -> np.ndarray:
    try:
        weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
    except (TypeError, ValueError) as error:
        raise ValueError(f"sample_weight must hold non-negative numbers: {error}") from error
    if not weight.any():
        raise ValueError("sample_weight is zero for every row, so no class is left to learn")
    return weight


def check_validation_data(estimator: Any, validation_data: Any) -> Rows:
    """Return rows to stop on, as they were given to `fit`."""
    if not isinstance(validation_data, tuple | list) or len(validation_data) not in (2, 3):
        raise ValueError(
            "validation_data must be a tuple (X, y) or (X, y, sample_weight), got "
            f"{type(validation_data).__name__}"
        )
    try:
        X, y, sample_weight = (*validation_data, None)[:3]
        return check_training_rows(estimator, X, y, sample_weight, reset=False)[0]
    except ValueError as error:
        raise ValueError(f"validation_data: {error}") from error


def check_layer_sizes(hidden_layer_sizes: Iterable[int]) -> tuple[int, ...]:
    """Return the units of the hidden layers.

    Raises
    ------
    ValueError
        If one is not a positive integer.
    """
    sizes = tuple(hidden_layer_sizes)
    if not all(isinstance(units, int | np.integer) and units >= 1 for units in sizes):
        raise ValueError(
            f"hidden_layer_sizes must hold positive integers, one per layer, got {sizes}"
        )
    return tuple(int(units) for units in sizes)
