"""Read texts as dates, as people and programs write them."""

import re
from functools import cached_property

import numpy as np
import pandas as pd

ISO = "ISO8601"

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")
# Where two read equally many rows of a column, the first wins: the month first, as in pandas.
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
    *("%b %Y", "%B %Y", "%b-%Y", "%B-%Y", "%m/%Y", "%Y-%m", "%Y/%m", "%m-%Y", "%Y%m%d"),
)
_SWAPPED = {
    first: first.replace("%m", "?").replace("%d", "%m").replace("?", "%d")
    for first in _FORMATS
    if first.startswith("%m") and "%d" in first
}
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_SHAPE = re.compile(
    r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? )?"
    r"(?:\d{1,4}[-/. ]\d{1,2}[-/. ]\d{2,4}|\d{4}[-/]\d{1,2}|\d{1,2}[-/]\d{4}"
    rf"|\d{{1,4}}\.?[-/ ]?{_MONTH},?[-/ ]?\d{{2,4}}|{_MONTH}[-. ]\d{{1,4}}(?:(?:-|,? )\d{{2,4}})?)"
    r"(?:[t, ]+\d{1,2}:\d{2}.*)?",
    re.IGNORECASE,
)
_TIME = (
    r"^(?P<date>[^:]*[^:\d])(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:\.\d+)?))?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?(?: ?(?:Z|UTC|GMT))?$"
)
_SAMPLE = 200
_MICROSECONDS_PER_DAY = 86_400_000_000


class _Texts:
    """Texts of a column, read in one form after another."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = pd.Series(texts, dtype=object)

    def read(self, form: str) -> pd.Series:
        if form != ISO:
            dates, times = self._parts
            return _parsed(dates, form) + times
        looks = self.texts.map(lambda text: _ISO_DATE.fullmatch(text) is not None).astype(bool)
        dates = pd.Series(pd.NaT, index=self.texts.index, dtype="datetime64[us, UTC]")
        if looks.any():
            dates[looks] = _parsed(self.texts[looks], ISO)
        return dates

    @cached_property
    def _parts(self) -> tuple[pd.Series, pd.Series | pd.Timedelta]:
        """Texts without their time of day, and that as a duration; NaT if impossible."""
        if not any(":" in text for text in self.texts):
            return self.texts, pd.Timedelta(0)
        found = self.texts.str.extract(_TIME)
        timed = found["hour"].notna()
        hour, minute = found["hour"].astype(float), found["minute"].astype(float)
        half = found["half"].str.lower()
        hour = hour.where(half.isna(), hour % 12 + 12 * (half == "p"))
        seconds = hour * 3600 + minute * 60 + found["second"].astype(float).fillna(0)
        possible = ~timed | ((hour < 24) & (minute < 60))
        times = pd.to_timedelta(seconds.fillna(0), unit="s").dt.as_unit("us").where(possible)
        return found["date"].str.rstrip("T, ").where(timed, self.texts), times


def read_dates(
    texts: list[str], counts: np.ndarray, *, even_if_few: bool = False
) -> tuple[str, pd.Series] | None:
    """Return the format in which most rows are dates, and the dates; None where hardly any are."""
    sample = texts[:: max(1, len(texts) // _SAMPLE)]
    alike = sum(is_like_a_date(text) for text in sample)
    if alike < 0.5 * len(sample) and not even_if_few:
        return None
    of_sample, of_all = _Texts(sample), _Texts(texts)
    best, most = None, 0
    for form in (ISO, *_FORMATS):
        if of_sample.read(form).notna().any():
            dates = of_all.read(form)
            n_read = counts[dates.notna().to_numpy()].sum()
            if n_read > most:
                best, most = (form, dates), n_read
            if n_read == counts.sum():
                break
    return best


def day_and_month_are_open(texts: list[str], form: str, dates: pd.Series) -> bool:
    """Tell whether the other order of day and month reads as many dates as a form did."""
    swapped = _SWAPPED.get(form)
    return swapped is not None and bool(
        dates_of(texts, swapped).notna().sum() >= dates.notna().sum()
    )


def is_like_a_date(text: str) -> bool:
    """Tell whether a text looks like a date, in any order."""
    return _SHAPE.fullmatch(text) is not None


def dates_of(texts: list[str], form: str) -> pd.Series:
    """Return the dates in texts of a form, in UTC; NaT for texts that are not such dates."""
    return _Texts(texts).read(form)


def date_parts(dates: pd.Series) -> np.ndarray:
    """Return days since 1970, month (1 to 12) and weekday (Monday is 0), NaN where missing.

    Returns
    -------
    ndarray of float64, shape (n_samples, 3)
    """
    dates = pd.Series(pd.to_datetime(dates, utc=True)).dt.as_unit("us")
    days = dates.astype("int64").to_numpy() / _MICROSECONDS_PER_DAY
    days[dates.isna().to_numpy()] = np.nan
    return np.column_stack([days, dates.dt.month, dates.dt.day_of_week]).astype(np.float64)


def _parsed(texts: pd.Series, form: str) -> pd.Series:
    dates = pd.to_datetime(texts, format=form, utc=True, errors="coerce")
    return dates.dt.as_unit("us")
