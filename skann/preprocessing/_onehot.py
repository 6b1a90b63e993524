"""Integer codes as one column per level."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import validate_data

from skann._sklearn_private import _check_feature_names_in
from skann._typing import Labels, Table


class OneHotCodes(TransformerMixin, BaseEstimator):
    """Encode codes 1, 2, ... as one column per level, and code 0 as zeros.

    The output is that of scikit-learn's OneHotEncoder, which takes a millisecond per column to
    learn the categories and to look them up.

    Parameters
    ----------
    n_levels : sequence of int
        Highest code of each column.
    """

    def __init__(self, n_levels: Sequence[int]):
        self.n_levels = n_levels

    def fit(self, X: Table, y: object = None) -> Self:
        """Note the number of columns."""
        validate_data(self, X, dtype=np.float64)
        return self

    def transform(self, X: Table) -> np.ndarray:
        """Return the levels' columns, float32."""
        codes = validate_data(self, X, dtype=np.float64, reset=False)
        encoded = np.empty((len(codes), sum(self.n_levels)), dtype=np.float32)
        self.encode_into(codes, encoded)
        return encoded

    def encode_into(self, X: np.ndarray, out: np.ndarray) -> None:
        """Write the levels' columns into ``out``, without any check.

        Parameters
        ----------
        X : ndarray of whole floats, shape (n_samples, n_features)
        out : ndarray of float32, shape (n_samples, n_levels_of_all_columns)
        """
        out[:] = 0
        rows, columns = np.nonzero(X)
        first = np.cumsum([0, *self.n_levels[:-1]])
        out[rows, first[columns] + X[rows, columns].astype(np.intp) - 1] = 1

    def get_feature_names_out(self, input_features: Labels | None = None) -> np.ndarray:
        """Return ``<column>_<code>``."""
        inputs = _check_feature_names_in(self, input_features)
        pairs = zip(inputs, self.n_levels, strict=True)
        names = [f"{name}_{code}" for name, count in pairs for code in range(1, count + 1)]
        return np.array(names, dtype=object)
