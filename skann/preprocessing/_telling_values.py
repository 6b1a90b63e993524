"""Exact values of numbers that say more than their neighbours."""

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from skann._sklearn_private import _check_feature_names_in
from skann._typing import Labels, Table

# With fewer distinct values bins tell them apart anyway.
_MIN_VALUES = 12
_MIN_SHARE = 0.01  # of the rows
_STANDARD_ERRORS = 4.0


class TellingValues(TransformerMixin, BaseEstimator):
    """One column for each exact value of a number that has another share of positives.

    A term of 84 months is a product of its own, of which 83 and 85 say nothing; bins blur such
    values. A value gets a column if at least one row in a hundred has it, and its share of the
    positive class differs by four standard errors (of two proportions, pooled) from that among as
    many rows below and above it. That can hold of its neighbours, too. Numbers of up to 12 values
    are left alone.

    Attributes
    ----------
    values_ : list of ndarray
        Telling values of each column, sorted.
    n_features_in_ : int

    Examples
    --------
    >>> import numpy as np
    >>> months = np.repeat([12.0, *np.linspace(1, 60, 60)], [90, *[15] * 60])[:, None]
    >>> churned = months[:, 0] == 12
    >>> TellingValues().fit(months, churned).values_
    [array([12.])]
    """

    def fit(self, X: Table, y: Labels) -> Self:
        """Find the values.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers without gaps.
        y : array-like of shape (n_samples,)
            1 or True for the positive class.
        """
        values = validate_data(self, X, dtype=np.float64)
        positive = (np.asarray(y) == 1).astype(np.float64)
        self.values_ = [_telling(column, positive) for column in values.T]
        return self

    def transform(self, X: Table) -> np.ndarray:
        """Return 1 where a row has the value, and 0 elsewhere; float32."""
        check_is_fitted(self)
        values = validate_data(self, X, dtype=np.float64, reset=False)
        encoded = np.empty((len(values), sum(map(len, self.values_))), dtype=np.float32)
        self.encode_into(values, encoded)
        return encoded

    def encode_into(self, X: np.ndarray, out: np.ndarray) -> None:
        """Write the columns of the values into ``out``, without any check."""
        start = 0
        for column, values in zip(X.T, self.values_, strict=True):
            out[:, start : start + len(values)] = column[:, None] == values
            start += len(values)

    def get_feature_names_out(self, input_features: Labels | None = None) -> np.ndarray:
        """Return ``<column>=<value>``."""
        inputs = _check_feature_names_in(self, input_features)
        pairs = zip(inputs, self.values_, strict=True)
        return np.array([f"{name}={v:g}" for name, values in pairs for v in values], dtype=object)


def _telling(column: np.ndarray, y: np.ndarray) -> np.ndarray:
    order = np.argsort(column, kind="stable")
    values, starts, counts = np.unique(column[order], return_index=True, return_counts=True)
    if len(values) <= _MIN_VALUES:
        return values[:0]
    frequent = counts >= _MIN_SHARE * len(y)
    values, starts, counts = values[frequent], starts[frequent], counts[frequent]
    positives = np.concatenate([[0.0], np.cumsum(y[order])])
    ends = starts + counts
    below, above = np.maximum(starts - counts, 0), np.minimum(ends + counts, len(y))
    n_near = np.maximum(starts - below + above - ends, 1)
    own = positives[ends] - positives[starts]
    near = positives[starts] - positives[below] + positives[above] - positives[ends]
    share = (own + near) / (counts + n_near)
    error = np.sqrt(share * (1 - share) * (1 / counts + 1 / n_near))
    return values[np.abs(own / counts - near / n_near) > _STANDARD_ERRORS * error]
