"""The role of each column of a raw table."""

import re
from collections import Counter
from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skann._typing import Table
from skann._warnings import ReadingWarning, warn
from skann.preprocessing._columns import Column, is_category, is_date, is_number, plain_numbers
from skann.preprocessing._dates import (
    ISO,
    date_parts,
    dates_of,
    day_and_month_are_open,
    is_like_a_date,
    read_dates,
)
from skann.preprocessing._levels import merge_truths, read_levels
from skann.preprocessing._numbers import (
    DURATION,
    PLAIN,
    are_like_numbers,
    is_code,
    is_marker,
    numbers_of,
    read_numbers,
    two_readings,
)
from skann.preprocessing._table import as_table, check_size

USED = ("numeric", "numeric text", "datetime", "category")
CHOICES = ("numeric", "datetime", "category", "drop")

# Below this, distinct values say nothing: five customers have five ages.
_MIN_ROWS_FOR_ID = 20
# No measurement has as many digits, and floats don't hold them.
_MIN_ID = 10.0**15

_ID_WORDS = frozenset({"id", "ids", "uuid", "guid", "identifier", "nr"})
_LAST_ID_WORDS = frozenset({"number", "no"})  # but not number_of_calls
_WHO = frozenset({"customer", "client", "user", "account", "member", "employee"})
_JOINED_ID = re.compile(r"(row|customer|client|user|account|member|employee|record)(id|no|num|nr)")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ID_TEXT = re.compile(r"(?=\D*\d)\S+|\S+@\S+|[0-9a-fA-F-]{8,}")
_AMOUNT = re.compile(r"[^\w\s]{0,2} ?\d[\d.,'’]* ?(?P<unit>[^\d\s]{1,6})|[^\w\s] ?\d[\d.,'’ ]*")


def column_roles(X: Table) -> dict[Hashable, str]:
    """Decide the role of each column.

    Parameters
    ----------
    X : pandas or polars DataFrame, array or list of lists, shape (n_samples, n_features)

    Returns
    -------
    dict of {column: role}
        - "numeric": numbers, including integer codes of few values, and durations;
        - "numeric text": text that reads as numbers, including amounts of one currency and
          percentages, except for a few cells, blanks and markers such as "?";
        - "category": bools, category dtype and other text;
        - "datetime": dates, or text that reads as dates in one format, except for a few cells;
        - "constant": one value and nothing missing;
        - "missing": no value at all;
        - "id": distinct for (nearly) every row, and an identifier by its name ("customer_id"), by
          its text (words with digits, addresses), or as whole numbers that would repeat by chance
          or have at least 16 digits;
        - "text": other text that is distinct for (nearly) every row, or has more levels than 100
          and than a fifth of the rows.

        Only columns of at least 20 rows are identifiers or free text.

    Examples
    --------
    >>> import pandas as pd
    >>> column_roles(pd.DataFrame({"plan": ["a", "b", "a"], "charge": ["1.5", " ", "2"]}))
    {'plan': 'category', 'charge': 'numeric text'}
    """
    return {name: read_column(series).role for name, series in as_table(X).items()}


def check_chosen_roles(roles: Mapping[Any, str] | None, names: pd.Index) -> dict[Hashable, str]:
    """Return the roles that a user chose.

    Raises
    ------
    ValueError
        If a column or a role is unknown.
    """
    chosen = dict(roles or {})
    unknown = [name for name in chosen if name not in names]
    if unknown:
        raise ValueError(
            f"column_roles names {unknown[0]!r}, which is not among the columns: "
            f"{', '.join(map(repr, names))}"
        )
    for name, role in chosen.items():
        if role not in CHOICES:
            raise ValueError(
                f"column_roles: {role!r} for {name!r} is not a role; choose one of "
                f"{', '.join(map(repr, CHOICES))}"
            )
    return chosen


def read_column(series: pd.Series, chosen: str | None = None) -> Column:
    """Read a column of a training table, and decide its role unless it is chosen."""
    name = series.name
    if chosen == "drop":
        return Column(name, "drop")
    if chosen in (None, "numeric") and _holds_numbers(series, chosen):
        numbers = plain_numbers(series)
        role = _number_role(name, numbers) if chosen is None else "numeric"
        is_duration = pd.api.types.is_timedelta64_dtype(series.dtype)
        return Column(name, role, numbers, form=DURATION if is_duration else PLAIN)
    if is_date(series) and chosen in (None, "datetime"):
        dates = _as_dates(series)
        role = _unless_empty("datetime", dates.nunique(), dates.hasnans)
        return Column(name, role, date_parts(dates))
    codes, levels = read_levels(series)
    truths = merge_truths(levels)
    texts = codes, [truths.get(level, level) for level in levels]
    if (is_category(series) and chosen is None) or chosen == "category":
        role = _unless_empty("category", len(set(texts[1])), codes.min() < 0)
        if chosen is None and role == "category":
            role = _text_role(name, codes, levels, levels)
        return Column(name, role, texts=texts)
    column = _read_texts(name, codes, levels, chosen)
    nothing_read = column is None or column.numbers is None or np.isnan(column.numbers).all()
    if chosen is not None and nothing_read:
        raise ValueError(
            f"column_roles says {chosen!r} for {name!r}, but no value of it can be read as such: "
            f"{levels[:3]}"
        )
    return column or _category(name, texts, levels)


def read_column_as(role: str, form: str | None, series: pd.Series) -> Column:
    """Read a column of a later table in the role and the form that training found."""
    name = series.name
    if role == "category":
        return Column(name, role, texts=read_levels(series))
    if role == "datetime":
        if is_date(series):
            return Column(name, role, date_parts(_as_dates(series)))
        spelled = _Spelled.of(*read_levels(series))
        dates = dates_of(spelled.texts, form or ISO)
        return Column(name, role, _dates(name, spelled, form or ISO, dates))
    if is_number(series) or pd.api.types.is_bool_dtype(series):
        return Column(name, role, plain_numbers(series))
    codes, levels = read_levels(series)
    levels = [{"True": "1", "False": "0"}.get(level, level) for level in levels]
    spelled = _Spelled.of(codes, levels)
    numbers = numbers_of(spelled.texts, form or PLAIN)
    return Column(name, role, _numbers(name, spelled, numbers))


def _holds_numbers(series: pd.Series, chosen: str | None) -> bool:
    return is_number(series) or (chosen is not None and pd.api.types.is_bool_dtype(series.dtype))


class _Sides(NamedTuple):
    """Which levels of a column could be read, with the rows of each."""

    n_read: int
    n_odd: int
    levels_read: int
    levels_odd: int

    @classmethod
    def of(cls, is_read: np.ndarray, counts: np.ndarray) -> "_Sides":
        return cls(
            int(counts[is_read].sum()),
            int(counts[~is_read].sum()),
            int(is_read.sum()),
            int((~is_read).sum()),
        )

    @property
    def few_are_odd(self) -> bool:
        """Whether what could not be read are single faults or words for a missing value.

        A category whose codes are 1, 2, 3 and A has a larger share, and few levels that are
        numbers.
        """
        present = self.n_read + self.n_odd
        if self.n_odd <= 0.005 * present or (self.n_odd == 1 and present >= 20):
            return self.n_read > 0
        if self.levels_read <= 20:
            return False
        return self.n_odd <= 0.05 * present or (
            self.levels_odd <= 3 and self.n_odd <= 0.5 * present
        )


def _read_texts(
    name: Hashable, codes: np.ndarray, levels: list[str], chosen: str | None
) -> Column | None:
    """Read texts as numbers or dates, if most are."""
    spelled = _Spelled.of(codes, levels)
    texts = spelled.texts
    if not texts and chosen is None:
        return None
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))[spelled.positions]
    if chosen == "numeric" or (chosen is None and are_like_numbers(texts)):
        form, numbers = read_numbers(texts, counts)
        sides = _Sides.of(~np.isnan(numbers), counts)
        if chosen or (sides.few_are_odd and not _are_codes(texts, counts, sides)):
            open_text = two_readings(texts, form)
            if open_text:
                _warn_open(name, open_text, "a comma between thousands", "a decimal comma")
            values = _numbers(name, spelled, numbers)
            role = _number_role(name, values) if chosen is None else "numeric"
            return Column(name, "numeric text" if role == "numeric" else role, values, form=form)
    if chosen in (None, "datetime"):
        found = read_dates(texts, counts, even_if_few=chosen is not None)
        if found is None:
            return None
        form, dates = found
        sides = _Sides.of(dates.notna().to_numpy(), counts)
        if chosen or sides.few_are_odd:
            if day_and_month_are_open(texts, form, dates):
                _warn_open(name, texts[0], "the month first", "the day first")
            parts = _dates(name, spelled, form, dates)
            role = _unless_empty("datetime", sides.levels_read, bool(np.isnan(parts[:, 0]).any()))
            return Column(name, role, parts, form=form)
    return None


def _are_codes(texts: list[str], counts: np.ndarray, sides: _Sides) -> bool:
    """Tell whether more than single cells show that all are codes."""
    if not sides.n_odd:
        return False
    n_codes = sum(n for text, n in zip(texts, counts, strict=True) if is_code(text))
    return bool(n_codes >= max(2, 0.002 * counts.sum()))


def _category(name: Hashable, texts: tuple[np.ndarray, list[str]], levels: list[str]) -> Column:
    codes = texts[0]
    role = _unless_empty("category", len(set(texts[1])), codes.min() < 0)
    if role == "category":
        role = _text_role(name, codes, levels, [text for text in levels if not is_marker(text)])
    return Column(name, role, texts=texts)


def _text_role(name: Hashable, codes: np.ndarray, levels: list[str], shown: list[str]) -> str:
    n_present = np.count_nonzero(codes >= 0)
    if n_present < _MIN_ROWS_FOR_ID:
        return "category"
    if len(levels) < n_present and len(levels) <= max(100, 0.2 * len(codes)):
        return "category"
    sample = shown[:: max(1, len(shown) // 200)]
    if _names_id(name):
        return "id"
    looks = _unread_kind(sample)
    if looks is not None:
        kind, example, convert = looks
        warn(
            f"Column {name!r} looks like {kind} that cannot be read, such as {example!r}, and is "
            f"left out: convert it beforehand, for example with {convert}, or say what it is in "
            "column_roles.",
            ReadingWarning,
            about=(name, kind),
        )
        return "text"
    as_id = sum(_ID_TEXT.fullmatch(text) is not None for text in sample)
    return "id" if as_id > 0.5 * len(sample) else "text"


def _unread_kind(texts: list[str]) -> tuple[str, str, str] | None:
    """Return what texts look like although they were not read: kind, example, converter."""
    dates = [text for text in texts if is_like_a_date(text)]
    if len(dates) > 0.5 * len(texts):
        return "dates", dates[0], "pandas.to_datetime"
    amounts = [(match["unit"], text) for text in texts if (match := _AMOUNT.fullmatch(text))]
    units = Counter(unit for unit, _ in amounts)
    if units and max(units.values()) > 0.5 * len(texts):
        return "amounts", amounts[0][1], "pandas.to_numeric"
    odd = np.isnan(read_numbers(texts, np.ones(len(texts)))[1])
    examples = [texts[i] for i in np.flatnonzero(odd) if not is_code(texts[i])]
    if examples and odd.sum() < 0.5 * len(texts):
        return "numbers", examples[0], "pandas.to_numeric"
    return None


class _Spelled(NamedTuple):
    """The levels of a column that are not markers, their positions among all, and their rows."""

    texts: list[str]
    positions: np.ndarray
    codes: np.ndarray
    n_levels: int

    @classmethod
    def of(cls, codes: np.ndarray, levels: list[str]) -> "_Spelled":
        positions = [position for position, text in enumerate(levels) if not is_marker(text)]
        texts = [levels[position] for position in positions]
        return cls(texts, np.array(positions, dtype=int), codes, len(levels))

    def of_rows(self, values: np.ndarray) -> np.ndarray:
        """Return the value of each row's text; NaN where it has none."""
        of_levels = np.full((self.n_levels + 1, *values.shape[1:]), np.nan)  # the last: code -1
        of_levels[self.positions] = values
        return of_levels[self.codes]


def _numbers(name: Hashable, spelled: _Spelled, numbers: np.ndarray) -> np.ndarray:
    values = spelled.of_rows(numbers)
    check_size(name, values)
    _warn_unread(name, "number", spelled.texts, np.isnan(numbers))
    return values


def _dates(name: Hashable, spelled: _Spelled, form: str, dates: pd.Series) -> np.ndarray:
    if form != ISO and dates.isna().any():
        dates = dates.fillna(dates_of(spelled.texts, ISO))
    _warn_unread(name, "date", spelled.texts, dates.isna().to_numpy())
    return spelled.of_rows(date_parts(dates))


def _warn_unread(name: Hashable, kind: str, texts: list[str], unread: np.ndarray) -> None:
    examples = [repr(texts[position]) for position in np.flatnonzero(unread)[:3]]
    if examples:
        warn(
            f"Column {name!r} holds {kind}s; what cannot be read as one, such as "
            f"{', '.join(examples)}, is taken as missing.",
            ReadingWarning,
            about=(name, "unread"),
        )


def _warn_open(name: Hashable, text: str, taken: str, other: str) -> None:
    warn(
        f"Column {name!r}: cells such as {text!r} can be read in two ways, and are read with "
        f"{taken}. If they have {other}, convert the column beforehand.",
        ReadingWarning,
        about=(name, taken),
    )


def _as_dates(series: pd.Series) -> pd.Series:
    return series.dt.tz_localize("UTC") if series.dt.tz is None else series.dt.tz_convert("UTC")


def _number_role(name: Hashable, values: np.ndarray) -> str:
    head = values[:100]
    if head.min() < head.max() and (head % 1).any():
        return "numeric"  # most columns of fractions, at no cost
    missing = np.isnan(values)
    present = values[~missing] if missing.any() else values
    if len(present) == 0:
        return "missing"
    if _is_id_number(name, present):
        return "id"
    return _unless_empty("numeric", 1 + (present[0] != present).any(), missing.any())


def _unless_empty(role: str, n_distinct: int, has_missing: bool) -> str:
    if n_distinct == 0:
        return "missing"
    return "constant" if n_distinct == 1 and not has_missing else role


def _is_id_number(name: Hashable, values: np.ndarray) -> bool:
    n = len(values)
    if n < _MIN_ROWS_FOR_ID or (values % 1).any():
        return False
    n_distinct = len(pd.unique(values))
    long = np.abs(values).min() >= _MIN_ID
    if (long or _names_id(name)) and n_distinct > n / 2:  # a bootstrap sample keeps 63 % distinct
        return True
    # n values drawn from a range r are all distinct with probability near exp(-n^2 / 2r).
    return n_distinct == n and bool(np.ptp(values) < n * n / 10)


def _names_id(name: Hashable) -> bool:
    words = [word.lower() for word in _WORD.findall(str(name))]
    return bool(words) and (
        not _ID_WORDS.isdisjoint(words)
        or words[-1] in _LAST_ID_WORDS
        or (len(words) == 1 and words[0] in _WHO)
        or _JOINED_ID.fullmatch("".join(words)) is not None
        or str(name).startswith("Unnamed: 0")  # an index that went through a CSV file
    )
