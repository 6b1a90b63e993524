"""The steps between raw rows and the network."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from imblearn.pipeline import Pipeline
from psutil import virtual_memory
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, clone
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import check_array

from skann._typing import Table
from skann.preprocessing import EncodedRows, TableCleaner, TableEncoder

# Of the memory that is free; encoding a block takes little beside training on it.
_SHARE_OF_MEMORY = 1 / 64


def new_pipeline(
    preprocessor: str | BaseEstimator,
    column_roles: Mapping[Any, str] | None,
    numeric_encoding: str,
    categorical_encoding: str,
) -> Pipeline:
    """Return unfitted steps "preprocess", "resample", "encode" and "network", the last one empty.

    Samplers stand between cleaning and encoding, so that they see whole categories. The output of a
    user-supplied preprocessor is not encoded any further.
    """
    if is_auto(preprocessor):
        preprocess: BaseEstimator = TableCleaner(column_roles)
        encode: BaseEstimator = TableEncoder(numeric_encoding, categorical_encoding)
    else:
        passes = isinstance(preprocessor, str)
        preprocess = FunctionTransformer() if passes else clone(preprocessor)
        encode = FunctionTransformer(to_numbers)
    steps = [
        ("preprocess", preprocess),
        ("resample", "passthrough"),
        ("encode", encode),
        ("network", None),
    ]
    return Pipeline(steps)


def is_auto(setting: object) -> bool:
    """Tell whether a setting is "auto", and not a transformer or an optimizer."""
    return isinstance(setting, str) and setting == "auto"


def encode(
    step: BaseEstimator, X: Table, y: np.ndarray | None = None, *, fit: bool, width: int = 1
) -> np.ndarray | EncodedRows:
    """Return clean rows, encoded by the step "encode": an array, or rows encoded when taken.

    A large table may not fit into memory once it is encoded. If it would take more than a share of
    the free memory, each block of rows is encoded when it is trained on, to the same bits.
    """
    if not isinstance(step, TableEncoder):
        return step.fit_transform(X) if fit else step.transform(X)
    rows = step.fit_rows(X, y) if fit else step.transform_rows(X)
    rows = rows.widened(width)
    fits = rows.nbytes <= virtual_memory().available * _SHARE_OF_MEMORY
    return np.asarray(rows) if fits else rows


def to_numbers(X: Any) -> np.ndarray:
    """Return the output of a user-supplied preprocessor as finite float32 numbers.

    Raises
    ------
    ValueError
        If it is not numeric or not finite.
    """
    X = X.toarray() if issparse(X) else X
    try:
        return check_array(X, dtype=np.float32, input_name="the preprocessor's output")
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"the network needs finite numbers, and the preprocessor's output is not finite or not "
            f"numeric: {error}. preprocessor='auto' takes text and missing values."
        ) from error
