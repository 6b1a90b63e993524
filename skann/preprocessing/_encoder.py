"""Clean columns -> the numbers that a network takes."""

from numbers import Integral
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer, StandardScaler
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from skann.preprocessing._cleaner import RARE
from skann.preprocessing._piecewise import PiecewiseLinearEncoder
from skann.preprocessing._smooth_clip import SmoothClipScaler
from skann.preprocessing._table import as_floats, as_table

# Up to here one-hot, above embeddings (RealMLP, Holzmüller et al. 2024, section 3).
_MOST_ONEHOT_LEVELS = 9
# Products of single-precision numbers up to a million standard deviations stay finite.
_LARGEST_OUTPUT = 1e6


# Always an array, whatever output scikit-learn is configured for: a network takes nothing else.
class TableEncoder(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """Encode clean columns as one float32 array.

    Parameters
    ----------
    numeric_encoding : {"auto", "standard", "quantile", "robust", "piecewise_linear"}, \
            default="standard"
        Numbers are standardised; mapped to a normal distribution by their quantiles, save columns
        of two values, which are standardised; scaled by `SmoothClipScaler`; or encoded by
        `PiecewiseLinearEncoder`. "auto" gives bins and, beside them, smooth-clipped values as
        further columns (save those of two values, whose one bin says all).
    categorical_encoding : {"onehot", "embedding", "auto"}, default="onehot"
        One column a level; one column of integer codes for an embedding layer; or "auto": one-hot
        up to 9 levels, codes above. Levels that `fit` did not see are all zeros, or code 0, and
        the pool of rare levels is code 0.
    n_bins : int or "auto", default="auto"
        Most bins of a number. "auto" is one for each 500 rows, from 12 to 48.

    Attributes
    ----------
    transformer_ : ColumnTransformer
        Fitted on the clean columns as an array: numbers first, then categories as integers.
    embedding_cardinalities_ : tuple of int
        The last columns of the output are codes from 0 to cardinality - 1, a column an entry.
    n_features_in_ : int
    feature_names_in_ : ndarray of str

    Examples
    --------
    >>> import pandas as pd
    >>> from skann.preprocessing import TableCleaner, TableEncoder
    >>> raw = pd.DataFrame({"tenure": [1, 3, 2, 2], "plan": ["a", "b", "a", "b"]})
    >>> encoder = TableEncoder().fit(TableCleaner().fit_transform(raw))
    >>> encoder.get_feature_names_out()
    array(['tenure', 'plan_a', 'plan_b'], dtype=object)
    """

    _parameter_constraints: dict = {
        "numeric_encoding": [
            StrOptions({"auto", "standard", "quantile", "robust", "piecewise_linear"})
        ],
        "categorical_encoding": [StrOptions({"onehot", "embedding", "auto"})],
        "n_bins": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
    }

    def __init__(
        self,
        numeric_encoding: str = "standard",
        categorical_encoding: str = "onehot",
        n_bins: int | str = "auto",
    ):
        self.numeric_encoding = numeric_encoding
        self.categorical_encoding = categorical_encoding
        self.n_bins = n_bins

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the encoding of each column.

        Parameters
        ----------
        X : pandas.DataFrame, shape (n_samples, n_features)
            Columns of category dtype, and numbers without gaps, as `TableCleaner` gives them.
        y : ignored

        Raises
        ------
        ValueError
            If a column is neither a category nor numbers, or has gaps.
        """
        self.fit_transform(X, y)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X: Any, y: Any = None) -> np.ndarray:
        """Fit, and return the encoded columns of `X`, as `fit` and `transform` would."""
        table = as_table(X)
        validate_data(self, table, skip_check_array=True)
        levels = {
            i: _seen_levels(table.iloc[:, i])
            for i, dtype in enumerate(table.dtypes)
            if isinstance(dtype, pd.CategoricalDtype)
        }
        self._numbers = [i for i in range(table.shape[1]) if i not in levels]
        self._onehot = {i: seen for i, seen in levels.items() if not self._embeds(seen)}
        self._embedding = {
            i: seen.drop(RARE, errors="ignore") for i, seen in levels.items() if self._embeds(seen)
        }
        self.embedding_cardinalities_ = tuple(len(seen) + 1 for seen in self._embedding.values())
        values = self._to_array(table)
        self.transformer_ = self._make_transformer(values)
        return _single(self.transformer_.fit_transform(values, y))

    def transform(self, X: Any) -> np.ndarray:
        """Return the encoded columns.

        Parameters
        ----------
        X : pandas.DataFrame with the columns of `fit`

        Returns
        -------
        ndarray of float32, shape (n_samples, n_features_out)
        """
        check_is_fitted(self)
        table = as_table(X)
        validate_data(self, table, reset=False, skip_check_array=True)
        return _single(self.transformer_.transform(self._to_array(table)))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return a name for each output column.

        `<column>` for scaled numbers and for codes, `<column>_bin<number>` for piecewise-linear
        bins, `<column>_<level>` for one-hot columns.
        """
        check_is_fitted(self)
        inputs = getattr(self, "feature_names_in_", [f"x{i}" for i in range(self.n_features_in_)])
        columns = [inputs[i] for i in (*self._numbers, *self._onehot, *self._embedding)]
        names: list[str] = []
        for step, transformer, positions in self.transformer_.transformers_:
            if step == "onehot":
                for i, levels in self._onehot.items():
                    names += [f"{inputs[i]}_{level}" for level in levels]
            elif step != "remainder":
                names += list(transformer.get_feature_names_out([columns[j] for j in positions]))
        return np.array(names, dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    def _embeds(self, levels: pd.Index) -> bool:
        if self.categorical_encoding == "auto":
            return len(levels.drop(RARE, errors="ignore")) > _MOST_ONEHOT_LEVELS
        return self.categorical_encoding == "embedding"

    def _to_array(self, table: pd.DataFrame) -> np.ndarray:
        columns = [_numbers(table.iloc[:, i]) for i in self._numbers]
        for i, levels in (self._onehot | self._embedding).items():
            columns.append(_codes(table.iloc[:, i], levels))
        return np.column_stack(columns)

    def _make_transformer(self, values: np.ndarray) -> ColumnTransformer:
        first, second = len(self._numbers), len(self._numbers) + len(self._onehot)
        onehot = OneHotEncoder(
            categories=[np.arange(1, len(seen) + 1) for seen in self._onehot.values()],
            handle_unknown="ignore",
            sparse_output=False,
            dtype=np.float32,
        )
        steps = [
            *self._numeric_steps(values[:, :first]),
            ("onehot", onehot, np.arange(first, second)),
            ("embedding", "passthrough", np.arange(second, values.shape[1])),
        ]
        transformer = ColumnTransformer([step for step in steps if len(step[2])])
        return transformer.set_output(transform="default")

    def _numeric_steps(self, numbers: np.ndarray) -> list[tuple]:
        every = np.arange(numbers.shape[1])
        if self.numeric_encoding == "standard":
            return [("numeric", StandardScaler(), every)]
        if self.numeric_encoding == "robust":
            return [("numeric", SmoothClipScaler(), every)]
        lowest, highest = numbers.min(axis=0), numbers.max(axis=0)
        two_valued = ((numbers == lowest) | (numbers == highest)).all(axis=0)
        if self.numeric_encoding == "quantile":
            quantile = QuantileTransformer(
                n_quantiles=min(1000, len(numbers)), output_distribution="normal", random_state=0
            )
            # It would send two values to plus and minus five.
            return [
                ("numeric", quantile, every[~two_valued]),
                ("two_valued", StandardScaler(), every[two_valued]),
            ]
        automatic = isinstance(self.n_bins, str)
        n_bins = int(np.clip(len(numbers) // 500, 12, 48)) if automatic else int(self.n_bins)
        steps: list[tuple] = [("numeric", PiecewiseLinearEncoder(n_bins=n_bins), every)]
        if self.numeric_encoding == "auto":
            steps.append(("value", SmoothClipScaler(), every[~two_valued]))
        return steps


def _single(encoded: np.ndarray) -> np.ndarray:
    np.clip(encoded, -_LARGEST_OUTPUT, _LARGEST_OUTPUT, out=encoded)
    return encoded.astype(np.float32, copy=False)


def _seen_levels(series: pd.Series) -> pd.Index:
    codes = series.cat.codes.to_numpy()
    counts = np.bincount(codes[codes >= 0], minlength=len(series.cat.categories))
    return series.cat.categories[counts > 0]


def _numbers(series: pd.Series) -> np.ndarray:
    if not pd.api.types.is_numeric_dtype(series.dtype):
        raise ValueError(
            f"Column {series.name!r} has dtype {series.dtype}, not numbers or category dtype: "
            "clean the table first, for example with TableCleaner."
        )
    values = as_floats(series)
    if np.isnan(values).any():
        raise ValueError(
            f"Input X contains NaN: column {series.name!r}. Fill the gaps first, for example with "
            "TableCleaner."
        )
    return values


def _codes(series: pd.Series, levels: pd.Index) -> np.ndarray:
    """Return 1 + the position in `levels`, 0 for what is not there."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        new_codes = np.append(levels.get_indexer(series.cat.categories), -1) + 1
        return new_codes[series.cat.codes.to_numpy()].astype(np.float64)
    return levels.get_indexer(pd.Index(series)) + 1.0
