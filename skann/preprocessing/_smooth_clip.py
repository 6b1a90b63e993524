"""Robust scaling that bends outliers back smoothly."""

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import FLOAT_DTYPES, check_is_fitted, validate_data

from skann._typing import Table

# All beyond is bent to 3, and the square of it is finite.
_FAR = 1e30
_SORTED_BYTES = 2**23


class SmoothClipScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Scale by median and quartiles, then bend into (-3, 3) by x / sqrt(1 + (x / 3)^2).

    Distances from the median are divided by the distance between the quartiles; where these are
    equal, by half the distance between minimum and maximum. A column of one distinct value becomes
    zeros.

    Attributes
    ----------
    center_ : ndarray of shape (n_features,)
        Medians.
    scale_ : ndarray of shape (n_features,)
        Divisors of the distances from the median; infinite for columns of one value.
    n_features_in_ : int
    feature_names_in_ : ndarray of str

    References
    ----------
    D. Holzmüller, L. Grinsztajn, I. Steinwart. Better by Default: Strong Pre-Tuned MLPs and
    Boosted Trees on Tabular Data. NeurIPS 2024, section 3 (robust scaling and smooth clipping).

    Examples
    --------
    >>> import numpy as np
    >>> from skann.preprocessing import SmoothClipScaler
    >>> scaler = SmoothClipScaler().fit(np.array([[0.0], [1.0], [2.0], [3.0], [1000.0]]))
    >>> scaler.transform(np.array([[2.0], [10.0], [1e9]])).round(3)
    array([[0. ],
           [2.4],
           [3. ]])
    """

    def fit(self, X: Table, y: object = None) -> Self:
        """Learn the median and the scale of each column.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : Ignored

        Returns
        -------
        self
        """
        values = validate_data(self, X, dtype=FLOAT_DTYPES)
        # NumPy copies what it sorts, so some columns at a time.
        step = max(1, _SORTED_BYTES // values[:, 0].nbytes)
        quantiles = [
            np.quantile(values[:, i : i + step], [0, 0.25, 0.5, 0.75, 1], axis=0)
            for i in range(0, values.shape[1], step)
        ]
        lowest, first, self.center_, third, highest = np.hstack(quantiles)
        scale = np.where(third > first, third - first, (highest - lowest) / 2)
        self.scale_ = np.where(scale > 0, scale, np.inf)
        return self

    def transform(self, X: Table) -> np.ndarray:
        """Return the scaled columns, each value between -3 and 3.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        values = validate_data(self, X, dtype=FLOAT_DTYPES, reset=False)
        scaled = np.empty_like(values)
        self.encode_into(values, scaled)
        return scaled

    def encode_into(self, X: np.ndarray, out: np.ndarray) -> None:
        """Write the scaled columns into ``out``, without any check.

        Parameters
        ----------
        X : ndarray of finite floats, shape (n_samples, n_features)
        out : ndarray of floats, shape (n_samples, n_features)
        """
        with np.errstate(over="ignore"):
            scaled = X - self.center_
            scaled /= self.scale_
        np.clip(scaled, -_FAR, _FAR, out=scaled)
        divisor = scaled / 3
        divisor *= divisor
        divisor += 1
        np.sqrt(divisor, out=divisor)
        np.divide(scaled, divisor, out=out, casting="same_kind")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
