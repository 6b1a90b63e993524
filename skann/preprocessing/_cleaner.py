"""From raw to clean columns: numbers without gaps, and categories of known levels."""

from collections.abc import Hashable, Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from skann._typing import Labels, Table
from skann._warnings import DroppedColumnWarning, Unseen, warn, warn_of_unseen
from skann.preprocessing._columns import Column
from skann.preprocessing._levels import MISSING, RARE, KnownLevels, count_levels
from skann.preprocessing._roles import check_chosen_roles, read_column, read_column_as
from skann.preprocessing._table import as_table, stack_columns

_DATE_PARTS = ("days", "month", "weekday")


# Always pandas, whatever output scikit-learn is configured for: category dtype tells the encoder.
class TableCleaner(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """Turn a raw table into clean columns, ready for a sampler or an encoder.

    Each column gets a role (see ``column_roles``). Constant and all-missing columns are left out,
    and so are identifiers and free text, with a warning. The others become, in this order:

    - numbers ("numeric", "numeric text"): float columns, gaps filled with the training median;
    - dates: three float columns, ``<name>_days`` since 1970, ``<name>_month``, ``<name>_weekday``;
    - ``<name>_missing``, 0 or 1, for each number or date that had gaps in training;
    - categories: pandas' category dtype, whose levels are the stripped texts seen in training, with
      "(missing)" where training had gaps. Levels of fewer than 10 rows (or fewer than 1 % of the
      rows, if that is less) are pooled into "(rare)", and so is whatever training never saw, with
      a warning. A flag is the same as True, 1, 1.0, "1" and "true".

    Later tables are read as the training table was: a column keeps its role and the form of its
    numbers and dates, whatever dtype it comes in.

    Parameters
    ----------
    column_roles : dict of {column: role}, default=None
        Roles of some columns: "numeric", "datetime", "category", or "drop" to leave a column out.
        Those of the others follow from what they hold.

    Attributes
    ----------
    column_roles_ : dict of {column: role}
        Roles of all columns of the training table.
    medians_ : ndarray of shape (n_numbers,)
        Values that fill the gaps of each number and each date part.
    levels_ : dict of {column: list of str}
        The levels of each category.
    pooled_levels_ : dict of {column: list of str}
        The levels that were too rare and count as "(rare)".
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

    def __init__(self, column_roles: Mapping[Any, str] | None = None):
        self.column_roles = column_roles

    def fit(self, X: Table, y: object = None) -> Self:
        """Learn roles, medians and levels.

        Parameters
        ----------
        X : pandas or polars DataFrame, array or list of lists, shape (n_samples, n_features)
        y : Ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If no column is left to learn from, a column holds infinite numbers, or ``column_roles``
            names an unknown column or role.
        """
        self._learn(X)
        return self

    def fit_transform(self, X: Table, y: object = None) -> pd.DataFrame:
        """Learn roles, medians and levels, and return the clean columns of ``X``.

        Parameters
        ----------
        X : pandas or polars DataFrame, array or list of lists, shape (n_samples, n_features)
        y : Ignored

        Returns
        -------
        pandas.DataFrame, shape (n_samples, n_clean_columns)
            The same as ``fit`` and ``transform`` give, but each column is read only once.
        """
        columns, index = self._learn(X)
        return self._clean(columns, index, self._known_levels())

    def transform(self, X: Table) -> pd.DataFrame:
        """Return the clean columns.

        Parameters
        ----------
        X : table with the columns of the training table, shape (n_samples, n_features)

        Returns
        -------
        pandas.DataFrame, shape (n_samples, n_clean_columns)
            No missing values; the index of ``X`` if it has one.
        """
        check_is_fitted(self)
        table = as_table(X)
        validate_data(self, table, reset=False, skip_check_array=True)
        columns = [read_column_as(role, form, table.iloc[:, i]) for i, role, form in self._kept()]
        known = self._known_levels()
        warn_of_unseen_levels(columns, known)
        return self._clean(columns, table.index, known)

    def get_feature_names_out(self, input_features: Labels | None = None) -> np.ndarray:
        """Return the names of the clean columns."""
        check_is_fitted(self)
        return np.array([*self._number_names, *self._indicator_names, *self.levels_], dtype=object)

    def _learn(self, X: Table) -> tuple[list[Column], pd.Index]:
        """Fit, and return the columns that are kept, in the order of their roles."""
        table = as_table(X)
        validate_data(self, table, skip_check_array=True)
        chosen = check_chosen_roles(self.column_roles, table.columns)
        columns = [read_column(series, chosen.get(name)) for name, series in table.items()]
        self.column_roles_ = {column.name: column.role for column in columns}
        self._forms = [column.form for column in columns]
        self._warn_of_dropped()
        self._numbers = self._positions("numeric", "numeric text")
        self._dates = self._positions("datetime")
        self._categories = self._positions("category")
        if not self._numbers and not self._dates and not self._categories:
            raise ValueError(
                f"No column is left to learn from in {len(table)} sample(s). Roles found: "
                + ", ".join(f"{name!r} {role}" for name, role in self.column_roles_.items())
            )
        kept = [*self._numbers, *self._dates, *self._categories]
        columns = [columns[i] for i in kept]
        medians, has_gaps = [], []
        for values in _numbers(columns):
            gaps = np.isnan(values)
            has_gaps.append(gaps.any())
            medians.append(np.median(values[~gaps] if has_gaps[-1] else values))
        self.medians_ = np.array(medians)
        self._name_columns(table, np.array(has_gaps))
        self.levels_: dict[str, list[str]] = {}
        self.pooled_levels_: dict[str, list[str]] = {}
        for i, texts in zip(self._categories, texts_of(columns), strict=True):
            name = _name(table, i)
            self.levels_[name], self.pooled_levels_[name] = _learn_levels(*texts)
        return columns, table.index

    def _kept(self) -> list[tuple[int, str, str | None]]:
        """Return position, role and form of the columns that are kept."""
        roles = list(self.column_roles_.values())
        kept = [*self._numbers, *self._dates, *self._categories]
        return [(i, roles[i], self._forms[i]) for i in kept]

    def _known_levels(self) -> dict[str, KnownLevels]:
        return {
            name: KnownLevels(kept, self.pooled_levels_[name])
            for name, kept in self.levels_.items()
        }

    def _filled(self, columns: list[Column]) -> list[np.ndarray]:
        """Return each number and date part without gaps, then each indicator of gaps."""
        numbers = _numbers(columns)
        gaps = [np.isnan(values) for values in numbers]
        filled = [
            np.where(missing, median, values) if missing.any() else values
            for values, missing, median in zip(numbers, gaps, self.medians_, strict=True)
        ]
        return [*filled, *(gaps[j] for j in self._indicators)]

    def _clean(
        self, columns: list[Column], index: pd.Index, known: Mapping[str, KnownLevels]
    ) -> pd.DataFrame:
        block = stack_columns(self._filled(columns), len(index))
        names = [*self._number_names, *self._indicator_names]
        clean_numbers = pd.DataFrame(block, index=index, columns=names, copy=False)
        if not self._categories:
            return clean_numbers
        categories = {
            name: pd.Categorical.from_codes(
                levels.positions_of_rows(*texts), dtype=pd.CategoricalDtype(self.levels_[name])
            )
            for texts, (name, levels) in zip(texts_of(columns), known.items(), strict=True)
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

    def _warn_of_dropped(self) -> None:
        for role, looks in (("id", "identifiers"), ("text", "free text")):
            names = [name for name, found in self.column_roles_.items() if found == role]
            if names:
                warn(
                    f"Left out, as they look like {looks}: {', '.join(map(repr, names))}. Drop "
                    "them beforehand to silence this, or say what they are in column_roles.",
                    DroppedColumnWarning,
                    about=role,
                )

    def __sklearn_tags__(self) -> Tags:
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


def _numbers(columns: list[Column]) -> list[np.ndarray]:
    """Return each number and each date part of ``columns``."""
    numbers: list[np.ndarray] = []
    for column in columns:
        if column.numbers is not None:
            numbers += list(np.atleast_2d(column.numbers.T))
    return numbers


def texts_of(columns: list[Column]) -> list[tuple[np.ndarray, list[str]]]:
    """Return codes and levels of each category of ``columns``."""
    return [column.texts for column in columns if column.numbers is None and column.texts]


def _learn_levels(codes: np.ndarray, levels: list[str]) -> tuple[list[str], list[str]]:
    """Return the levels that are kept, in an order of their own, and those that are pooled."""
    counts = count_levels(codes, levels)
    fewest = min(10, 0.01 * len(codes))
    texts = sorted(counts.keys() - {MISSING, RARE})  # a table cleaned before has these levels
    kept = [level for level in texts if counts[level] >= fewest]
    pooled = [level for level in texts if 0 < counts[level] < fewest]
    if (codes < 0).any() or MISSING in counts:
        kept.append(MISSING)
    return [*kept, RARE], pooled


def warn_of_unseen_levels(columns: list[Column], known: Mapping[str, KnownLevels]) -> None:
    """Warn of levels that training never saw, by the names of the columns that have them."""
    found: dict[Hashable, Unseen] = {}
    for (codes, levels), (name, known_levels) in zip(texts_of(columns), known.items(), strict=True):
        unseen = [i for i, level in enumerate(levels) if known_levels.find(level) is None]
        rows = {}
        if unseen:
            counts = np.bincount(codes[codes >= 0], minlength=len(levels))
            # A category dtype may have levels that no row has.
            rows = {levels[i]: int(counts[i]) for i in unseen if counts[i]}
        found[name] = Unseen(rows, int(np.count_nonzero(codes >= 0)))
    warn_of_unseen(found)
