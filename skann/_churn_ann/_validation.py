"""Checks of what the classifier is given."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_array, validate_data

from skann._lazy_frames import refuse_lazy_frames
from skann._typing import DataFrame, Table
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
