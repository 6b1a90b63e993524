"""Read texts as dates, as people and programs write them."""

import re

import numpy as np
import pandas as pd

ISO = "ISO8601"

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")
# Where two of a column read equally much of it, the first wins: the month first, as in pandas.
_FORMATS = (
    *("%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%m/%d/%y", "%d/%m/%y"),
    *(
        "%d.%m.%Y",
        "%Y.%m.%d",
        "%d.%m.%y",
        "%m-%d-%Y",
        "%d-%m-%Y",
        "%Y-%m-%d",
        "%m-%d-%y",
        "%d-%m-%y",
    ),
    *("%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%B-%Y", "%d/%b/%Y", "%d %b, %Y", "%d. %B %Y"),
    *("%d-%b-%y", "%d %b %y", "%d%b%Y", "%Y-%b-%d", "%b %d, %Y", "%B %d, %Y", "%b %d %Y"),
    *("%B %d %Y", "%b-%d-%Y", "%a %b %d %Y", "%a, %d %b %Y", "%A, %B %d, %Y", "%A, %d %B %Y"),
    *("%b %Y", "%B %Y", "%b-%Y", "%B-%Y", "%m/%Y", "%Y-%m", "%Y/%m", "%m.%Y", "%m-%Y", "%Y%m%d"),
)
_SWAPPED = {
    first: first.replace("%m", "?").replace("%d", "%m").replace("?", "%d")
    for first in _FORMATS
    if first.startswith("%m") and "%d" in first
}
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_SHAPE = re.compile(
    r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? )?"
    rf"(?:\d{{1,4}}(?:[-/. ]|\. |(?=[a-z]))(?:\d{{1,2}}|{_MONTH})(?:,? ?[-/. ]?\d{{2,4}})?"
    rf"|{_MONTH}[-. ]\d{{1,4}}(?:(?:-|,? )\d{{2,4}})?)"
    r"(?:[t, ]+\d{1,2}:\d{2}.*)?",
    re.IGNORECASE,
)
_TIME = (
    r"(?P<date>.+?)[T,]? *\b(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:\.\d+)?))?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?(?: ?(?:Z|UTC|GMT))?"
)
_SAMPLE = 200
_MICROSECONDS_A_DAY = 86_400_000_000


def guess_date_form(
    texts: list[str], counts: np.ndarray, *, at_any_price: bool = False
) -> str | None:
    """Return the format in which most rows are dates; None where hardly any are."""
    sample = texts[:: max(1, len(texts) // _SAMPLE)]
    alike = sum(is_like_a_date(text) for text in sample)
    if alike < 0.5 * len(sample) and not at_any_price:
        return None
    forms = [form for form in (ISO, *_FORMATS) if dates_of(sample, form).notna().any()]
    n_read = [counts[dates_of(texts, form).notna().to_numpy()].sum() for form in forms]
    return forms[int(np.argmax(n_read))] if forms else None


def day_and_month_are_open(texts: list[str], form: str) -> bool:
    """Whether the other order of day and month reads as much."""
    swapped = _SWAPPED.get(form)
    if swapped is None:
        return False
    read, other = (dates_of(texts, which).notna().sum() for which in (form, swapped))
    return bool(other >= read)


def is_like_a_date(text: str) -> bool:
    """Whether a text has the look of a date, whatever its order."""
    return _SHAPE.fullmatch(text) is not None


def dates_of(texts: list[str], form: str) -> pd.Series:
    """Return the dates that texts in a form say, in UTC; NaT for what is no date in it."""
    series = pd.Series(texts, dtype=object)
    if form == ISO:
        looks = np.array([_ISO_DATE.fullmatch(text) is not None for text in texts], dtype=bool)
        dates = pd.Series(pd.NaT, index=series.index, dtype="datetime64[us, UTC]")
        if looks.any():
            dates[looks] = _parsed(series[looks], ISO)
        return dates
    if not any(":" in text for text in texts):
        return _parsed(series, form)
    found = series.str.extract(rf"^{_TIME}$")
    timed = found["date"].notna()
    dates = _parsed(found["date"].where(timed, series).str.strip(), form)
    hour = found["hour"].astype(float)
    half = found["half"].str.lower()
    hour = hour.where(half.isna(), hour % 12 + 12 * (half == "p"))
    seconds = hour * 3600 + found["minute"].astype(float) * 60
    seconds += found["second"].astype(float).fillna(0)
    possible = ~timed | (hour < 24) & (found["minute"].astype(float) < 60)
    time = pd.to_timedelta(seconds.fillna(0), unit="s").dt.as_unit("us")
    return (dates + time).where(possible)


def date_parts(dates: pd.Series) -> np.ndarray:
    """Return days since 1970, month (1 to 12) and weekday (Monday is 0), NaN where missing.

    Returns
    -------
    ndarray of float64, shape (n_samples, 3)
    """
    dates = pd.Series(pd.to_datetime(dates, utc=True)).dt.as_unit("us")
    days = dates.astype("int64").to_numpy() / _MICROSECONDS_A_DAY
    days[dates.isna().to_numpy()] = np.nan
    return np.column_stack([days, dates.dt.month, dates.dt.day_of_week]).astype(np.float64)


def _parsed(texts: pd.Series, form: str) -> pd.Series:
    dates = pd.to_datetime(texts, format=form, utc=True, errors="coerce")
    return dates.dt.as_unit("us")
