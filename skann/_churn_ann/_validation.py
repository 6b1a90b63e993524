"""Checks of what the classifier is given."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_array, column_or_1d, validate_data

from skann.preprocessing._table import as_table


def check_rows(estimator: Any, X: Any, *, reset: bool, as_frame: bool) -> Any:
    """Check rows as scikit-learn does, and keep the columns as they are.

    Parameters
    ----------
    estimator : estimator
        Gets ``n_features_in_`` and ``feature_names_in_`` if ``reset``, else is asked for them.
    X : DataFrame (pandas or polars) or array-like of shape (n_samples, n_features)
    reset : bool
        Whether this is a fit.
    as_frame : bool
        Return a pandas DataFrame whatever ``X`` is; else a DataFrame stays what it is and an array
        is checked to hold finite numbers.

    Returns
    -------
    DataFrame or ndarray

    Raises
    ------
    ValueError
        If ``X`` is empty, has other columns than in fit, or holds infinities.
    """
    if not (hasattr(X, "columns") and hasattr(X, "dtypes") and len(X.shape) == 2):
        dtype = None if as_frame else "numeric"
        X = check_array(
            X, dtype=dtype, ensure_all_finite=not as_frame, estimator=estimator, input_name="X"
        )
    table = as_table(X) if as_frame or hasattr(X, "columns") else X
    validate_data(estimator, X, reset=reset, skip_check_array=True)
    return table if as_frame else X


def check_layer_sizes(hidden_layer_sizes: Any) -> tuple[int, ...]:
    """Return the units of the hidden layers.

    Raises
    ------
    ValueError
        If one is not a positive integer.
    """
    sizes = tuple(hidden_layer_sizes)
    if not all(isinstance(units, int | np.integer) and units >= 1 for units in sizes):
        raise ValueError(
            f"hidden_layer_sizes has to hold positive integers, one a layer, got {sizes}"
        )
    return tuple(int(units) for units in sizes)


def check_labels(y: Any, n_rows: int) -> np.ndarray:
    """Return the labels as a one-dimensional array.

    Raises
    ------
    ValueError
        If labels are missing, continuous, or of another number than the rows.
    """
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None")
    y = column_or_1d(y, warn=True)
    if y.dtype == object:  # bools and integers as Python objects
        inferred = pd.Series(y).infer_objects().dtype
        y = y.astype(inferred) if inferred.kind in "biuf" else y
    if len(y) != n_rows:
        raise ValueError(
            "Found input variables with inconsistent numbers of samples: "
            f"X has {n_rows} rows and y has {len(y)}"
        )
    n_missing = int(pd.isna(y).sum())
    if n_missing:
        raise ValueError(
            f"Input y contains NaN: {n_missing} of {n_rows} labels are missing; drop these rows"
        )
    check_array(y, ensure_2d=False, dtype=None, input_name="y")
    check_classification_targets(y)
    return y


def check_two_classes(y: np.ndarray) -> np.ndarray:
    """Return the two labels of ``y``, sorted; the second is the positive class.

    Raises
    ------
    ValueError
        If there are not exactly two.
    """
    classes = np.unique(y)
    if len(classes) > 2:
        raise ValueError(
            "Only binary classification is supported. The type of the target is "
            f"{type_of_target(y)}: y has {len(classes)} classes."
        )
    if len(classes) < 2:
        raise ValueError(
            f"y holds only one class, {classes.tolist()}; rows of two classes are needed to learn "
            "the difference (rows with sample_weight 0 do not count)"
        )
    return classes


def encode_labels(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return 0 for ``classes[0]`` and 1 for ``classes[1]``.

    Raises
    ------
    ValueError
        If ``y`` holds another label.
    """
    unknown = set(np.unique(y).tolist()) - set(classes.tolist())
    if unknown:
        raise ValueError(
            f"y has labels {sorted(unknown, key=str)} that are not in classes {classes.tolist()}"
        )
    return (y == classes[1]).astype(np.int64)
