"""Piecewise-linear encoding: a number as how far it has gone through each of its bins."""

from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    FLOAT_DTYPES,
    _check_feature_names_in,
    check_is_fitted,
    validate_data,
)

# An outermost bin has no end, but single precision has.
_NO_BOUND = float(np.finfo(np.float32).max)


class PiecewiseLinearEncoder(TransformerMixin, BaseEstimator):
    """Encode each number as one column a bin: 1 past the bin, 0 before it, the share inside.

    The first bin goes on linearly below 0 and the last above 1, so that values outside the
    training range stay apart. A column of one distinct value becomes a single column of zeros.

    Parameters
    ----------
    n_bins : int, default=12
        Most bins of a column; equal edges are merged, so a column may have fewer.
    bins : {"quantile", "tree"}, default="quantile"
        Edges at equally spaced quantiles; or at the splits of a decision tree on the column that
        predicts y, with at least 1 % of the rows in a leaf.

    Attributes
    ----------
    edges_ : list of ndarray
        Increasing bin edges of each column, one more than its bins.
    n_features_in_ : int
    feature_names_in_ : ndarray of str

    References
    ----------
    Y. Gorishniy, I. Rubachev, A. Babenko. On Embeddings for Numerical Features in Tabular Deep
    Learning. NeurIPS 2022, section 3.1 (encoding, quantile bins, tree bins).

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

    _parameter_constraints: dict = {
        "n_bins": [Interval(Integral, 1, None, closed="left")],
        "bins": [StrOptions({"quantile", "tree"})],
    }

    def __init__(self, n_bins: int = 12, bins: str = "quantile"):
        self.n_bins = n_bins
        self.bins = bins

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the edges of each column's bins.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,), optional
            Class labels, for tree bins only.

        Raises
        ------
        ValueError
            If a value is missing or infinite, or y is needed and not given.
        """
        if self.bins == "tree":
            if y is None:
                raise ValueError(
                    "bins='tree' needs y, the class labels; give y or bins='quantile'."
                )
            X, y = validate_data(self, X, y, dtype=FLOAT_DTYPES)
            check_classification_targets(y)
            edges = [_tree_edges(column, y, self.n_bins) for column in X.T]
        else:
            X = validate_data(self, X, dtype=FLOAT_DTYPES)
            edges = [_quantile_edges(column, self.n_bins) for column in X.T]
        self.edges_ = [np.unique(column.astype(np.float64)) for column in edges]
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the encoded columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float32, shape (n_samples, n_bins_of_all_columns)
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=FLOAT_DTYPES, reset=False)
        ends = np.cumsum(self._n_columns())
        encoded = np.zeros((len(X), ends[-1]), dtype=np.float32)
        for column, edges, end in zip(X.T, self.edges_, ends, strict=True):
            if len(edges) > 1:
                encoded[:, end - len(edges) + 1 : end] = _encode(column, edges)
        return encoded

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return `<column>_bin<number>`, numbered from 1."""
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

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _encode(column: np.ndarray, edges: np.ndarray) -> np.ndarray:
    lower = np.zeros(len(edges) - 1)
    upper = np.ones(len(edges) - 1)
    lower[0], upper[-1] = -_NO_BOUND, _NO_BOUND
    with np.errstate(over="ignore"):
        share = (column[:, None] - edges[:-1]) / np.diff(edges)
    return np.clip(share, lower, upper, out=share)


def _quantile_edges(column: np.ndarray, n_bins: int) -> np.ndarray:
    """Return edges at evenly spaced quantiles, without letting one value take many of them.

    A value that would fill a bin by itself, such as the zeros of a balance, is an edge of its own,
    and the quantiles are those of the others. Edges are values that occur: between two that do,
    bins would only repeat each other.
    """
    values, counts = np.unique(column, return_counts=True)
    frequent = counts * n_bins > len(column)
    others = np.repeat(values[~frequent], counts[~frequent])
    n_others = max(1, n_bins - int(frequent.sum()))
    edges = [values[[0, -1]], values[frequent]]
    if len(others):
        shares = np.linspace(0, 1, n_others + 1)
        edges.append(np.quantile(others, shares, method="inverted_cdf"))
    return np.concatenate(edges)


def _tree_edges(column: np.ndarray, y: np.ndarray, n_bins: int) -> np.ndarray:
    ends = [column.min(), column.max()]
    if n_bins == 1:
        return np.array(ends)
    tree = DecisionTreeClassifier(max_leaf_nodes=n_bins, min_samples_leaf=0.01, random_state=0)
    nodes = tree.fit(column[:, None], y).tree_
    splits = nodes.threshold[nodes.children_left != nodes.children_right]
    return np.array([*ends, *splits])
