"""Raw columns -> clean columns: numbers without gaps, and categories of known levels."""

import warnings
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from skann._warnings import DroppedColumnWarning
from skann.preprocessing._columns import dates_of_levels
from skann.preprocessing._roles import Column, read_column, read_column_as
from skann.preprocessing._table import as_table, stack_columns

MISSING = "(missing)"
RARE = "(rare)"

_DATE_PARTS = ("days", "month", "weekday")


# Always pandas, whatever output scikit-learn is configured for: category dtype tells the encoder.
class TableCleaner(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """Turn a raw table into clean columns, ready for a sampler or an encoder.

    Each column gets a role (see `column_roles`). Constant, all-missing and identifier-like columns
    are dropped, the last with a warning. The others become, in this order:

    - numbers ("numeric", "numeric text"): float columns, gaps filled with the training median;
    - dates: three float columns, `<name>_days` since 1970, `<name>_month`, `<name>_weekday`;
    - `<name>_missing`, 0 or 1, for each number or date that had gaps in training;
    - categories: pandas' category dtype, whose levels are the stripped texts seen in training, with
      "(missing)" where training had gaps. Levels of fewer than 10 rows (or fewer than 1 % of the
      rows, if that is less) are pooled into "(rare)", and so is whatever training never saw.

    Attributes
    ----------
    column_roles_ : dict of column name to role
        Every column of the training table.
    medians_ : ndarray of shape (n_numbers,)
        What fills the gaps of each number and each date part.
    category_dtypes_ : dict of column name to pandas.CategoricalDtype
        The levels of each category.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Only where the training table had column names.

    Examples
    --------
    >>> import pandas as pd
    >>> from skann.preprocessing import TableCleaner
    >>> raw = pd.DataFrame({"charge": ["10", " ", "30"], "plan": ["a ", "b", None], "unit": "EUR"})
    >>> TableCleaner().fit_transform(raw)
       charge  charge_missing       plan
    0    10.0             0.0          a
    1    20.0             1.0          b
    2    30.0             0.0  (missing)
    """

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn roles, medians and levels.

        Parameters
        ----------
        X : pandas or polars DataFrame, array or list of lists, shape (n_samples, n_features)
        y : ignored

        Raises
        ------
        ValueError
            If no column is left to learn from, or a column holds infinite numbers.
        """
        self._learn(X)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> pd.DataFrame:
        """Learn roles, medians and levels, and return the clean columns of `X`.

        Parameters
        ----------
        X : pandas or polars DataFrame, array or list of lists, shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        pandas.DataFrame, shape (n_samples, n_clean_columns)
            As `fit` and `transform` would, but each column is read once.
        """
        return self._clean(*self._learn(X))

    def transform(self, X: Any) -> pd.DataFrame:
        """Return the clean columns.

        Parameters
        ----------
        X : table with the columns of the training table

        Returns
        -------
        pandas.DataFrame, shape (n_samples, n_clean_columns)
            No missing values; the index of `X` if it has one.
        """
        check_is_fitted(self)
        table = as_table(X)
        validate_data(self, table, reset=False, skip_check_array=True)
        kept = [*self._numbers, *self._dates, *self._categories]
        roles = list(self.column_roles_.values())
        columns = [read_column_as(roles[i], table.iloc[:, i]) for i in kept]
        return self._clean(columns, table.index)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the clean columns."""
        check_is_fitted(self)
        return np.array(
            [*self._number_names, *self._indicator_names, *self.category_dtypes_], dtype=object
        )

    def _learn(self, X: Any) -> tuple[list[Column], pd.Index]:
        """Fit, and return the columns that are kept, in the order of their roles."""
        table = as_table(X)
        validate_data(self, table, skip_check_array=True)
        columns = [read_column(series) for _, series in table.items()]
        self.column_roles_ = {column.name: column.role for column in columns}
        self._warn_of_ids()
        self._numbers = self._positions("numeric", "numeric text")
        self._dates = self._positions("datetime")
        self._categories = self._positions("category")
        if not self._numbers and not self._dates and not self._categories:
            raise ValueError(
                f"No column is left to learn from in {len(table)} sample(s). Roles found: "
                + ", ".join(f"{name!r} {role}" for name, role in self.column_roles_.items())
            )
        kept = [*self._numbers, *self._dates, *self._categories]
        columns = [_with_numbers(columns[i]) for i in kept]
        medians, has_gaps = [], []
        for values in _numbers(columns):
            gaps = np.isnan(values)
            has_gaps.append(gaps.any())
            medians.append(np.median(values[~gaps] if has_gaps[-1] else values))
        self.medians_ = np.array(medians)
        self._name_columns(table, np.array(has_gaps))
        self.category_dtypes_ = {
            _name(table, i): _learn_levels(*texts)
            for i, texts in zip(self._categories, _texts(columns), strict=True)
        }
        return columns, table.index

    def _clean(self, columns: list[Column], index: pd.Index) -> pd.DataFrame:
        numbers = _numbers(columns)
        indicators = [np.isnan(numbers[j]) for j in self._indicators]
        block = stack_columns([*numbers, *indicators], len(index))
        for values, clean, median in zip(numbers, block.T, self.medians_, strict=False):
            gaps = np.isnan(values)
            if gaps.any():
                clean[gaps] = median
        names = [*self._number_names, *self._indicator_names]
        clean_numbers = pd.DataFrame(block, index=index, columns=names, copy=False)
        if not self._categories:
            return clean_numbers
        categories = {
            name: _to_levels(*texts, dtype)
            for texts, (name, dtype) in zip(
                _texts(columns), self.category_dtypes_.items(), strict=True
            )
        }
        # At once: a column inserted at a time costs more than reading it.
        return pd.concat([clean_numbers, pd.DataFrame(categories, index=index)], axis=1)

    def _positions(self, *roles: str) -> list[int]:
        return [i for i, role in enumerate(self.column_roles_.values()) if role in roles]

    def _name_columns(self, table: pd.DataFrame, has_gaps: np.ndarray) -> None:
        taken = {_name(table, i) for i in (*self._numbers, *self._categories)}
        self._number_names = [_name(table, i) for i in self._numbers]
        for i in self._dates:
            for part in _DATE_PARTS:
                self._number_names.append(_free_name(f"{_name(table, i)}_{part}", taken))
        # The parts of a date are missing together, so its first part stands for all.
        sources = [*self._numbers, *np.repeat(self._dates, len(_DATE_PARTS)).tolist()]
        self._indicators = [
            j for j in np.flatnonzero(has_gaps).tolist() if sources[j] not in sources[:j]
        ]
        self._indicator_names = [
            _free_name(f"{_name(table, sources[j])}_missing", taken) for j in self._indicators
        ]

    def _warn_of_ids(self) -> None:
        names = [name for name, role in self.column_roles_.items() if role == "id"]
        if names:
            warnings.warn(
                f"Left out, as they look like identifiers: {', '.join(map(repr, names))}. "
                "Drop them beforehand to silence this.",
                DroppedColumnWarning,
                stacklevel=4,
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def _name(table: pd.DataFrame, position: int) -> str:
    name = table.columns[position]
    return name if isinstance(name, str) else f"x{position}"


def _free_name(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _with_numbers(column: Column) -> Column:
    if column.role == "datetime" and column.texts is not None:
        return column._replace(numbers=dates_of_levels(column.name, *column.texts))
    return column


def _numbers(columns: list[Column]) -> list[np.ndarray]:
    """Return each number and each date part of `columns`."""
    numbers: list[np.ndarray] = []
    for column in columns:
        if column.numbers is not None:
            numbers += list(np.atleast_2d(column.numbers.T))
    return numbers


def _texts(columns: list[Column]) -> list[tuple[np.ndarray, list[str]]]:
    """Return codes and levels of each category of `columns`."""
    return [column.texts for column in columns if column.numbers is None and column.texts]


def _learn_levels(codes: np.ndarray, levels: list[str]) -> pd.CategoricalDtype:
    counts = np.bincount(codes + 1, minlength=len(levels) + 1)
    fewest = min(10, 0.01 * len(codes))
    frequent = [level for level, n in zip(levels, counts[1:], strict=True) if n >= fewest]
    kept = sorted(set(frequent) - {MISSING, RARE})  # a table cleaned before has these levels
    if counts[0] or MISSING in levels:
        kept.append(MISSING)
    return pd.CategoricalDtype([*kept, RARE])


def _to_levels(codes: np.ndarray, levels: list[str], dtype: pd.CategoricalDtype) -> pd.Categorical:
    known = dict(zip(dtype.categories, range(len(dtype.categories)), strict=True))
    rare = known[RARE]
    new_codes = [known.get(level, rare) for level in [*levels, MISSING]]
    return pd.Categorical.from_codes(np.array(new_codes)[codes], dtype=dtype)
