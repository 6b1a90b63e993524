"""Piecewise-linear encoding: a number as how far it has gone through each of its bins."""

from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import FLOAT_DTYPES, check_is_fitted, validate_data

from skann._sklearn_private import Interval, _check_feature_names_in, _fit_context
from skann._typing import Labels, Table

# An outermost bin has no end, but single precision has.
_NO_BOUND = float(np.finfo(np.float32).max)


class PiecewiseLinearEncoder(TransformerMixin, BaseEstimator):
    """Encode each number as one column per bin: 1 past the bin, 0 before it, the share inside.

    The first bin goes on linearly below 0 and the last above 1, so that values outside the
    training range stay apart. A column of one distinct value becomes a single column of zeros.

    Parameters
    ----------
    n_bins : int, default=12
        Maximum number of bins of a column, whose edges lie at equally spaced quantiles. Equal edges
        are merged, so a column may have fewer bins.

    Attributes
    ----------
    edges_ : list of ndarray
        Increasing bin edges of each column, one more than its bins.
    n_features_in_ : int
    feature_names_in_ : ndarray of str

    References
    ----------
    Y. Gorishniy, I. Rubachev, A. Babenko. On Embeddings for Numerical Features in Tabular Deep
    Learning. NeurIPS 2022, section 3.1 (encoding, quantile bins).

    Examples
    --------
    >>> import numpy as np
    >>> from skann.preprocessing import PiecewiseLinearEncoder
    >>> encoder = PiecewiseLinearEncoder(n_bins=2).fit(np.array([[0.0], [2.0], [10.0]]))
    >>> encoder.transform(np.array([[1.0], [6.0], [18.0], [-2.0]]))
    array([[ 0.5, 0. ],
           [ 1. , 0.5],
           [ 1. , 2. ],
           [-1. , 0. ]], dtype=float32)
    """

    _parameter_constraints: dict[str, list[Any]] = {
        "n_bins": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, n_bins: int = 12):
        self.n_bins = n_bins

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Table, y: object = None) -> Self:
        """Find the edges of each column's bins.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : Ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a value is missing or infinite.
        """
        values = validate_data(self, X, dtype=FLOAT_DTYPES)
        edges = [_quantile_edges(column, self.n_bins) for column in values.T]
        self.edges_ = [np.unique(column.astype(np.float64)) for column in edges]
        return self

    def transform(self, X: Table) -> np.ndarray:
        """Return the encoded columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float32, shape (n_samples, n_bins_of_all_columns)
        """
        check_is_fitted(self)
        values = validate_data(self, X, dtype=FLOAT_DTYPES, reset=False)
        encoded = np.empty((len(values), sum(self._n_columns())), dtype=np.float32)
        self.encode_into(values, encoded)
        return encoded

    def encode_into(self, X: np.ndarray, out: np.ndarray, bound: float = _NO_BOUND) -> None:
        """Write the encoded columns into ``out``, without any check.

        Parameters
        ----------
        X : ndarray of finite floats, shape (n_samples, n_features)
        out : ndarray of float32, shape (n_samples, n_bins_of_all_columns)
        bound : float
            Limit of the outermost bins, in both directions.
        """
        counts = self._n_columns()
        passed = np.tri(
            max(counts), k=-1, dtype=np.float32
        )  # one row per bin: 1 for those before it
        end = 0
        with np.errstate(over="ignore"):
            for column, edges, count in zip(X.T, self.edges_, counts, strict=True):
                start, end = end, end + count
                if len(edges) == 1:
                    out[:, start] = 0
                else:
                    before = passed[:count, :count]
                    _encode_into(column, edges, bound, before, out[:, start:end])

    def get_feature_names_out(self, input_features: Labels | None = None) -> np.ndarray:
        """Return ``<column>_bin<number>``, numbered from 1."""
        check_is_fitted(self)
        inputs = _check_feature_names_in(self, input_features)
        return np.array(
            [
                f"{name}_bin{number}"
                for name, count in zip(inputs, self._n_columns(), strict=True)
                for number in range(1, count + 1)
            ],
            dtype=object,
        )

    def _n_columns(self) -> list[int]:
        return [max(1, len(edges) - 1) for edges in self.edges_]

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _encode_into(
    column: np.ndarray, edges: np.ndarray, bound: float, passed: np.ndarray, out: np.ndarray
) -> None:
    # One division per value, not per bin: the bins before its own are 1, those after it 0.
    bins = edges[1:-1].searchsorted(column, side="right")
    lowest = np.zeros(len(edges) - 1)
    lowest[0] = -bound
    share = column - edges[bins]
    share /= (edges[1:] - edges[:-1])[bins]
    share.clip(lowest[bins], bound, out=share)
    encoded = passed.take(bins, axis=0)
    encoded[np.arange(len(bins)), bins] = share
    out[:] = encoded  # at once, for the rows of a wide output lie far apart


def _quantile_edges(column: np.ndarray, n_bins: int) -> np.ndarray:
    """Return edges at evenly spaced quantiles, without letting one value take many of them.

    A value that would fill a bin by itself, such as the zeros of a balance, is an edge of its own,
    and the quantiles are those of the others. Edges are values that occur: between two that do,
    bins would only repeat each other.
    """
    ordered = np.sort(column)
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])  # of each distinct value
    values, counts = ordered[first], np.diff(first, append=len(ordered))
    frequent = counts * n_bins > len(column)
    n_others = max(1, n_bins - int(frequent.sum()))
    edges = [values[[0, -1]], values[frequent]]
    others = ordered[np.repeat(~frequent, counts)] if frequent.any() else ordered
    if len(others):
        # The empirical distribution's inverse at 0, 1 / n_others, ..., 1.
        ranks = np.ceil(len(others) * np.linspace(0, 1, n_others + 1) - 1)
        edges.append(others[np.maximum(ranks, 0).astype(np.intp)])
    return np.concatenate(edges)
