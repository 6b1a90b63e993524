"""Raw columns -> clean columns: numbers without gaps, and categories of known levels."""

import warnings
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from skann._warnings import DroppedColumnWarning
from skann.preprocessing._columns import read_dates, read_levels, read_numbers
from skann.preprocessing._roles import column_roles
from skann.preprocessing._table import as_table

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
        table = as_table(X)
        validate_data(self, table, skip_check_array=True)
        self.column_roles_ = column_roles(table)
        self._warn_of_ids()
        self._numbers = self._positions("numeric", "numeric text")
        self._dates = self._positions("datetime")
        self._categories = self._positions("category")
        if not self._numbers and not self._dates and not self._categories:
            raise ValueError(
                f"No column is left to learn from in {len(table)} sample(s). Roles found: "
                + ", ".join(f"{name!r} {role}" for name, role in self.column_roles_.items())
            )
        block = self._read_block(table)
        missing = np.isnan(block)
        self.medians_ = np.array(
            [np.median(column[~gaps]) for column, gaps in zip(block.T, missing.T, strict=True)]
        )
        self._name_columns(table, missing.any(axis=0))
        self.category_dtypes_ = {
            _name(table, i): _learn_levels(table.iloc[:, i]) for i in self._categories
        }
        return self

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
        block = self._read_block(table)
        missing = np.isnan(block)
        clean_block = np.hstack([block, missing[:, self._indicators]])  # never the caller's memory
        np.copyto(clean_block[:, : block.shape[1]], self.medians_, where=missing)
        names = [*self._number_names, *self._indicator_names]
        clean = pd.DataFrame(clean_block, index=table.index, columns=names, copy=False)
        for position, (name, dtype) in zip(
            self._categories, self.category_dtypes_.items(), strict=True
        ):
            clean[name] = _to_levels(table.iloc[:, position], dtype)
        return clean

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the clean columns."""
        check_is_fitted(self)
        return np.array(
            [*self._number_names, *self._indicator_names, *self.category_dtypes_], dtype=object
        )

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

    def _read_block(self, table: pd.DataFrame) -> np.ndarray:
        every_column = self._numbers == list(range(table.shape[1]))
        if every_column and all(dtype == np.float64 for dtype in table.dtypes):
            return table.to_numpy()
        columns = [read_numbers(table.iloc[:, i])[:, None] for i in self._numbers]
        columns += [read_dates(table.iloc[:, i]) for i in self._dates]
        return np.hstack(columns) if columns else np.empty((len(table), 0))

    def _warn_of_ids(self) -> None:
        names = [name for name, role in self.column_roles_.items() if role == "id"]
        if names:
            warnings.warn(
                f"Left out, as they look like identifiers: {', '.join(map(repr, names))}. "
                "Drop them beforehand to silence this.",
                DroppedColumnWarning,
                stacklevel=3,
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


def _learn_levels(series: pd.Series) -> pd.CategoricalDtype:
    codes, levels = read_levels(series)
    counts = np.bincount(codes + 1, minlength=len(levels) + 1)
    fewest = min(10, 0.01 * len(codes))
    frequent = [level for level, n in zip(levels, counts[1:], strict=True) if n >= fewest]
    kept = sorted(set(frequent) - {MISSING, RARE})  # a table cleaned before has these levels
    if counts[0] or MISSING in levels:
        kept.append(MISSING)
    return pd.CategoricalDtype([*kept, RARE])


def _to_levels(series: pd.Series, dtype: pd.CategoricalDtype) -> pd.Categorical:
    codes, levels = read_levels(series)
    known = dict(zip(dtype.categories, range(len(dtype.categories)), strict=True))
    rare = known[RARE]
    new_codes = [known.get(level, rare) for level in [*levels, MISSING]]
    return pd.Categorical.from_codes(np.array(new_codes)[codes], dtype=dtype)
