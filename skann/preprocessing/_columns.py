"""Read one column as numbers, as text levels or as dates, whatever its dtype."""

import re
import warnings
from typing import Any

import numpy as np
import pandas as pd

from skann._warnings import SkannWarning
from skann.preprocessing._table import as_floats, check_size

# What people write where a number is not known (compared without case).
MISSING_MARKERS = frozenset({"", "?", "na", "n/a", "nan", "null", "none", "-", "unknown"})

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")
_SECONDS_A_DAY = 86_400


def is_category(series: pd.Series) -> bool:
    """Whether the dtype alone says category: bool or pandas' category."""
    return isinstance(series.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(series)


def is_number(series: pd.Series) -> bool:
    """Whether the dtype alone says number (a duration is one, too)."""
    dtype = series.dtype
    return not is_category(series) and (
        pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_timedelta64_dtype(dtype)
    )


def is_date(series: pd.Series) -> bool:
    """Whether the dtype alone says date."""
    return pd.api.types.is_datetime64_any_dtype(series)


def read_levels(series: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Return integer codes (-1 where missing or blank) and the distinct stripped texts."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes, raw = series.array.codes, series.dtype.categories
    else:
        codes, raw = pd.factorize(series.array)
    values = raw.tolist()
    if isinstance(series.dtype, pd.StringDtype):
        texts = [text.strip() for text in values]
    else:
        texts = [_as_text(value) for value in values]
    levels = [text for text in dict.fromkeys(texts) if text]
    if levels == texts:
        return codes, levels
    positions = dict(zip(levels, range(len(levels)), strict=True))
    new_codes = [positions.get(text, -1) for text in texts] + [-1]  # the last is for code -1
    return np.array(new_codes)[codes], levels


def all_numbers(levels: list[str]) -> bool:
    """Whether at least one level is a number, and each is a number or a marker of none."""
    found = False
    for text in levels:
        if text.casefold() not in MISSING_MARKERS:
            try:
                float(text)
            except ValueError:
                return False
            found = True
    return found


def all_dates(levels: list[str]) -> bool:
    """Whether each level is written as an ISO date, `YYYY-MM-DD` with or without a time."""
    return all(map(_ISO_DATE.fullmatch, levels)) and bool(_parse_dates(levels).notna().any())


def read_numbers(series: pd.Series) -> np.ndarray:
    """Return a column as float64, NaN where missing.

    Text that is no number is taken as missing, with a warning: one odd cell among new customers
    should not stop the others from being scored.
    """
    if pd.api.types.is_timedelta64_dtype(series.dtype):
        return series.dt.total_seconds().to_numpy(np.float64) / _SECONDS_A_DAY
    if pd.api.types.is_numeric_dtype(series.dtype):
        return as_floats(series)
    return numbers_of_levels(series.name, *read_levels(series))


def numbers_of_levels(name: Any, codes: np.ndarray, levels: list[str]) -> np.ndarray:
    """Return the numbers that a column's texts spell, as `read_numbers` does."""
    numbers = np.full(len(levels) + 1, np.nan)  # the last is for code -1
    not_numbers = []
    for position, text in enumerate(levels):
        try:
            numbers[position] = float(text)
        except ValueError:
            if text.casefold() not in MISSING_MARKERS:
                not_numbers.append(text)
    values = numbers[codes]
    check_size(name, values)
    if not_numbers:
        _warn_unreadable(name, "number", not_numbers[0])
    return values


def read_dates(series: pd.Series) -> np.ndarray:
    """Return days since 1970, month (1 to 12) and weekday (Monday is 0), NaN where missing.

    Returns
    -------
    ndarray of float64, shape (n_samples, 3)
    """
    if is_date(series):
        return _date_parts(pd.DatetimeIndex(pd.to_datetime(series, utc=True)))
    return dates_of_levels(series.name, *read_levels(series))


def dates_of_levels(name: Any, codes: np.ndarray, levels: list[str]) -> np.ndarray:
    """Return the dates that a column's texts spell, as `read_dates` does."""
    dates = _parse_dates(levels)
    parts = np.vstack([_date_parts(dates), np.full((1, 3), np.nan)])[codes]
    unread = np.flatnonzero(dates.isna())
    if len(unread):
        _warn_unreadable(name, "date", levels[unread[0]])
    return parts


def _parse_dates(levels: list[str]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(levels, format="ISO8601", utc=True, errors="coerce"))


def _date_parts(dates: pd.DatetimeIndex) -> np.ndarray:
    days = (dates - pd.Timestamp(0, tz="UTC")).total_seconds() / _SECONDS_A_DAY
    return np.column_stack([days, dates.month, dates.day_of_week]).astype(np.float64)


def _as_text(value: Any) -> str:
    # A column of whole numbers with a gap comes back as floats: 1.0 is the level "1".
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _warn_unreadable(name: Any, kind: str, example: str) -> None:
    warnings.warn(
        f"Column {name!r} held {kind}s in training; what is no {kind} now, such as {example!r}, "
        "is taken as missing.",
        SkannWarning,
        stacklevel=2,
    )
