"""From clean columns to the numbers that a network takes."""

from collections.abc import Hashable
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.preprocessing import QuantileTransformer, StandardScaler
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from skann._sklearn_private import StrOptions, _fit_context
from skann._typing import Labels, Table
from skann.preprocessing._encoded_rows import EncodedRows, as_slice
from skann.preprocessing._levels import RARE
from skann.preprocessing._onehot import OneHotCodes
from skann.preprocessing._piecewise import PiecewiseLinearEncoder
from skann.preprocessing._smooth_clip import SmoothClipScaler
from skann.preprocessing._table import as_floats, as_table, stack_columns
from skann.preprocessing._telling_values import TellingValues

Step = tuple[str, Any, np.ndarray]  # name, transformer or "passthrough", columns
# Up to here one-hot, above embeddings (RealMLP, Holzmüller et al. 2024, section 3).
_MAX_ONEHOT_LEVELS = 9


# Always an array, whatever output scikit-learn is configured for: a network takes nothing else.
class TableEncoder(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """Encode clean columns as one float32 array.

    Parameters
    ----------
    numeric_encoding : {"auto", "standard", "quantile", "robust", "piecewise_linear"}, \
            default="standard"
        Numbers are standardised; mapped to a normal distribution by their quantiles, save columns
        of two values, which are standardised; scaled by ``SmoothClipScaler``; or encoded by
        ``PiecewiseLinearEncoder`` with one bin per 500 rows, from 12 to 48. "auto" gives these bins
        and, beside them, smooth-clipped values as further columns (save those of two values, whose
        one bin says all), and columns for ``TellingValues`` if ``fit`` is given labels.
    categorical_encoding : {"onehot", "embedding", "auto"}, default="onehot"
        One column per level; one column of integer codes for an embedding layer; or "auto":
        one-hot up to 9 levels, codes above. Levels that ``fit`` did not see are all zeros, or code
        0, and the pool of rare levels is code 0.

    Attributes
    ----------
    transformer_ : ColumnTransformer
        Fitted on the clean columns as an array: numbers first, then categories as integers.
    embedding_cardinalities_ : tuple of int
        Each entry stands for one of the last columns of the output, which hold codes from 0 to the
        entry - 1.
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

    _parameter_constraints: dict[str, list[Any]] = {
        "numeric_encoding": [
            StrOptions({"auto", "standard", "quantile", "robust", "piecewise_linear"})
        ],
        "categorical_encoding": [StrOptions({"onehot", "embedding", "auto"})],
    }

    def __init__(
        self,
        numeric_encoding: str = "standard",
        categorical_encoding: str = "onehot",
    ):
        self.numeric_encoding = numeric_encoding
        self.categorical_encoding = categorical_encoding

    def fit(self, X: Table, y: Labels | None = None) -> Self:
        """Fit the encoding of each column.

        Parameters
        ----------
        X : pandas.DataFrame, shape (n_samples, n_features)
            Columns of category dtype, and numbers without gaps, as ``TableCleaner`` gives them.
        y : array-like of shape (n_samples,), default=None
            1 or True for the positive class. With it "auto" finds the ``TellingValues`` of numbers.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a column is neither a category nor numbers, or has gaps.
        """
        self.fit_rows(X, y)
        return self

    def fit_transform(self, X: Table, y: Labels | None = None) -> np.ndarray:
        """Fit, and return the encoded columns of ``X``, as ``fit`` and ``transform`` would."""
        return np.asarray(self.fit_rows(X, y))

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_rows(self, X: Table, y: Labels | None = None) -> EncodedRows:
        """Fit, and return the rows of ``X`` as ``transform_rows`` would."""
        table = as_table(X)
        validate_data(self, table, skip_check_array=True)
        self._numbers: list[int] = []
        self._onehot: dict[int, _Levels] = {}
        self._embedding: dict[int, _Levels] = {}
        for i, (_, series) in enumerate(table.items()):
            if not isinstance(series.dtype, pd.CategoricalDtype):
                self._numbers.append(i)
                continue
            seen = _is_seen(series.array)
            categories = series.dtype.categories
            common = seen & np.array([name != RARE for name in categories.tolist()], dtype=bool)
            if self._embeds(common.sum()):
                self._embedding[i] = _Levels.of(categories, common)
            else:
                self._onehot[i] = _Levels.of(categories, seen)
        self.embedding_cardinalities_ = tuple(
            len(seen.names) + 1 for seen in self._embedding.values()
        )
        values = self._to_array(table)
        self.transformer_ = _hold(self._fit_steps(values, y), values[:1])
        return EncodedRows(values, self.transformer_)

    def transform(self, X: Table) -> np.ndarray:
        """Return the encoded columns.

        Parameters
        ----------
        X : pandas.DataFrame with the columns of ``fit``

        Returns
        -------
        ndarray of float32, shape (n_samples, n_features_out)
        """
        return np.asarray(self.transform_rows(X))

    def transform_rows(self, X: Table) -> EncodedRows:
        """Return the rows in compact form, each encoded when it is asked for.

        Parameters
        ----------
        X : pandas.DataFrame with the columns of ``fit``
            Its memory may be shared: do not change it afterwards.

        Returns
        -------
        EncodedRows of shape (n_samples, n_features_out)
        """
        check_is_fitted(self)
        table = as_table(X)
        validate_data(self, table, reset=False, skip_check_array=True)
        return EncodedRows(self._to_array(table), self.transformer_)

    def get_feature_names_out(self, input_features: Labels | None = None) -> np.ndarray:
        """Return a name for each output column.

        ``<column>`` for scaled numbers and for codes, ``<column>_bin<number>`` for piecewise-linear
        bins, ``<column>_<level>`` for one-hot columns.
        """
        check_is_fitted(self)
        inputs = getattr(self, "feature_names_in_", [f"x{i}" for i in range(self.n_features_in_)])
        columns = [inputs[i] for i in (*self._numbers, *self._onehot, *self._embedding)]
        names: list[str] = []
        for step, transformer, positions in self.transformer_.transformers_:
            if step == "onehot":
                for i, levels in self._onehot.items():
                    names += [f"{inputs[i]}_{level}" for level in levels.names]
            elif step != "remainder":
                names += list(transformer.get_feature_names_out([columns[j] for j in positions]))
        return np.array(names, dtype=object)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    def _embeds(self, n_levels: int) -> bool:
        if self.categorical_encoding == "auto":
            return n_levels > _MAX_ONEHOT_LEVELS
        return self.categorical_encoding == "embedding"

    def _to_array(self, table: pd.DataFrame) -> np.ndarray:
        """Return numbers, then categories as integers; the table's own memory where possible."""
        if all(dtype == np.float64 for dtype in table.dtypes.array):
            values = np.ascontiguousarray(table.to_numpy())
        else:
            columns = [series for _, series in table.items()]
            arrays = [_floats(columns[i]) for i in self._numbers]
            for i, levels in (self._onehot | self._embedding).items():
                arrays.append(levels.codes_of(columns[i]))
            values = stack_columns(arrays, len(table))
        gaps = np.isnan(values[:, : len(self._numbers)].min(axis=0))
        if gaps.any():
            raise ValueError(
                f"Input X contains NaN: column {table.columns[self._numbers[gaps.argmax()]]!r}. "
                "Fill the gaps first, for example with TableCleaner."
            )
        return values

    def _fit_steps(self, values: np.ndarray, y: Labels | None) -> list[Step]:
        first, second = len(self._numbers), len(self._numbers) + len(self._onehot)
        onehot = OneHotCodes([len(seen.names) for seen in self._onehot.values()])
        steps = [
            *self._numeric_steps(values[:, :first]),
            *self._telling_step(y),
            ("onehot", onehot, np.arange(first, second)),
            ("embedding", "passthrough", np.arange(second, values.shape[1])),
        ]
        return [_fitted(step, values, y) for step in steps if len(step[2])]

    def _telling_step(self, y: Labels | None) -> list[Step]:
        if y is None or self.numeric_encoding != "auto":
            return []
        return [("telling", TellingValues(), np.arange(len(self._numbers)))]

    def _numeric_steps(self, numbers: np.ndarray) -> list[Step]:
        every = np.arange(numbers.shape[1])
        if self.numeric_encoding == "standard":
            return [("numeric", StandardScaler(), every)]
        if self.numeric_encoding == "robust":
            return [("numeric", SmoothClipScaler(), every)]
        two_valued = np.array([_is_two_valued(column) for column in numbers.T], dtype=bool)
        if self.numeric_encoding == "quantile":
            quantile = QuantileTransformer(
                n_quantiles=min(1000, len(numbers)), output_distribution="normal", random_state=0
            )
            # It would send two values to plus and minus five.
            return [
                ("numeric", quantile, every[~two_valued]),
                ("two_valued", StandardScaler(), every[two_valued]),
            ]
        n_bins = int(np.clip(len(numbers) // 500, 12, 48))
        steps: list[Step] = [("numeric", PiecewiseLinearEncoder(n_bins=n_bins), every)]
        if self.numeric_encoding == "auto":
            steps.append(("value", SmoothClipScaler(), every[~two_valued]))
        return steps


class _Levels(NamedTuple):
    """Levels of a category, whose codes are 1, 2, ...; 0 stands for all others."""

    names: list[Hashable]

    @classmethod
    def of(cls, categories: pd.Index, kept: np.ndarray) -> "_Levels":
        return cls(categories[kept].tolist())

    def codes_of(self, series: pd.Series) -> np.ndarray:
        known = dict(zip(self.names, range(1, len(self.names) + 1), strict=True))
        if not isinstance(series.dtype, pd.CategoricalDtype):
            return series.map(known).fillna(0).to_numpy(np.intp)
        codes = [known.get(level, 0) for level in series.dtype.categories.tolist()]
        return np.array([*codes, 0])[series.array.codes]  # the last is for code -1


def _is_seen(categories: pd.Categorical) -> np.ndarray:
    codes = categories.codes
    return np.bincount(codes[codes >= 0], minlength=len(categories.categories)) > 0


def _floats(series: pd.Series) -> np.ndarray:
    if not pd.api.types.is_numeric_dtype(series.dtype):
        raise ValueError(
            f"Column {series.name!r} has dtype {series.dtype}, not numbers or category dtype: "
            "clean the table first, for example with TableCleaner."
        )
    return as_floats(series)


def _is_two_valued(column: np.ndarray) -> bool:
    return bool(((column == column.min()) | (column == column.max())).all())


def _fitted(named_step: Step, values: np.ndarray, y: Labels | None) -> Step:
    name, step, columns = named_step
    if step != "passthrough":
        # Sums over columns that lie apart are other sums in the last bit.
        apart = not isinstance(step, StandardScaler)
        step.fit(values[:, as_slice(columns) if apart else columns], y)
    return name, step, columns


def _hold(steps: list[Step], row: np.ndarray) -> ColumnTransformer:
    """Return a fitted ColumnTransformer of fitted steps, without encoding a whole table for it."""
    frozen = [
        (name, step if step == "passthrough" else FrozenEstimator(step), columns)
        for name, step, columns in steps
    ]
    transformer = ColumnTransformer(frozen).set_output(transform="default").fit(row)
    transformer.transformers_ = [
        (name, getattr(step, "estimator", step), columns)
        for name, step, columns in transformer.transformers_
    ]
    return transformer
