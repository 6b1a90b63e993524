"""Read texts as numbers, as people and programs write them."""

import re

import numpy as np
import pandas as pd

# What people and spreadsheets write where a number is not known (compared without case).
MISSING_MARKERS = frozenset(
    "|?|na|n/a|n.a.|nan|null|none|nil|-|--|.|unknown|missing|#n/a|#div/0!|#value!|#ref!|#name?"
    "|#num!|#null!".split("|")
)

_CURRENCIES = (
    r"US\$|R\$|A\$|C\$|[$€£¥₹₽₩₪฿₺₴₦]|kr\.?|zł|Kč|Ft|Fr\.?|USD|EUR|GBP|CHF|JPY|CNY|INR|AUD|CAD|NZD|SEK"
    "|NOK|DKK|PLN|CZK|HUF|BRL|MXN|ZAR|TRY|RUB|KRW|SGD|HKD"
)
_BLANKS = " \u00a0\u202f"


def _pattern(decimal: str) -> re.Pattern[str]:
    thousands = {".": ",", ",": "."}[decimal]
    return re.compile(
        rf"(?P<open>\()?(?P<sign>[-+−])?[{_BLANKS}]?(?:(?P<before>{_CURRENCIES})[{_BLANKS}]?)?"
        rf"(?P<late_sign>[-+−])?(?=[\d{decimal}])(?P<whole>"
        rf"[1-9]\d{{0,2}}(?P<group>[{thousands}'’{_BLANKS}])(?:\d{{2,3}}(?P=group))*\d{{3}}"
        rf"|0|[1-9]\d*)?(?:\{decimal}(?P<part>\d*))?(?P<exponent>[eE][-+]\d+)?"
        rf"[{_BLANKS}]?(?P<after>{_CURRENCIES}|%)?(?(open)\))"
    )


_NUMBER = {decimal: _pattern(decimal) for decimal in ".,"}
# Where a text has any of these, Python's own reading may not be ours.
_UNUSUAL = re.compile(r"^[-+]?0\d|[eE]\d|[_a-df-zA-DF-Z]", re.MULTILINE)
_CODE = re.compile(r"0\d+|\d+_[\d_]+|\d+[eE]\d+")
_INFINITE = re.compile(r"[-+]?inf(inity)?", re.IGNORECASE)


# A form is a decimal sign and, after it, a currency or per cent that numbers may carry: ".", ",€".
PLAIN = "."
DURATION = "duration"  # read as days
_DURATION = re.compile(r"-?\d+ days?( [+-]?\d+:\d\d:\d\d(\.\d+)?)?")
_SECONDS_PER_DAY = 86_400
_SAMPLE = 200


def numbers_of(texts: list[str], form: str) -> np.ndarray:
    """Return the numbers in texts of a form; NaN for texts that are not such numbers.

    Codes are not numbers: "007", "1_2" or "1E5". An exponent has a sign.
    """
    if form == DURATION:
        durations = pd.Series(pd.to_timedelta(pd.Series(texts, dtype=object), errors="coerce"))
        return durations.dt.total_seconds().to_numpy(np.float64) / _SECONDS_PER_DAY
    if form[0] == "." and not _UNUSUAL.search("\n".join(texts)):
        try:
            return np.array(texts, dtype=np.float64)
        except ValueError:
            pass
    return np.array([_number(text, form) for text in texts], dtype=np.float64)


def is_marker(text: str) -> bool:
    """Tell whether a text is a word for a missing number."""
    return text.casefold() in MISSING_MARKERS


def is_code(text: str) -> bool:
    """Tell whether a text of digits is a code, such as "007", "1_2" or "1E5"."""
    return _CODE.fullmatch(text) is not None


def read_numbers(texts: list[str], counts: np.ndarray) -> tuple[str, np.ndarray]:
    """Return the form in which most rows are numbers, and the numbers; of two, the point."""
    numbers = numbers_of(texts, PLAIN)
    if not np.isnan(numbers).any():
        return PLAIN, numbers
    if texts and all(map(_DURATION.fullmatch, texts)):
        return DURATION, numbers_of(texts, DURATION)
    unit = _most_frequent_unit(texts, counts)
    either = any("," in text or "." in text for text in texts)
    readings = [
        (form, numbers if form == PLAIN else numbers_of(texts, form))
        for form in (decimal + unit for decimal in (".," if either else "."))
    ]
    return max(readings, key=lambda reading: counts[~np.isnan(reading[1])].sum())


def are_like_numbers(texts: list[str]) -> bool:
    """Tell whether a sample of texts holds numbers, in any form."""
    sample = texts[:: max(1, len(texts) // _SAMPLE)]
    _, numbers = read_numbers(sample, np.ones(len(sample)))
    return bool(np.count_nonzero(~np.isnan(numbers)) > 0.4 * len(sample))


def two_readings(texts: list[str], form: str) -> str | None:
    """Return a text such as "1,234", if no text tells thousands from decimals."""
    if form[0] != ".":
        return None
    with_comma = [text for text in texts if "," in text]
    both = [not np.isnan(numbers_of(with_comma, decimal + form[1:])).any() for decimal in ".,"]
    return with_comma[0] if with_comma and all(both) else None


def _number(text: str, form: str) -> float:
    match = _NUMBER[form[0]].fullmatch(text)
    if match is None:
        return float(text) if _INFINITE.fullmatch(text) else np.nan
    units = {match["before"], match["after"]} - {None}
    if not units <= {form[1:]} or not (match["whole"] or match["part"]):
        return np.nan
    whole = (match["whole"] or "0").replace(match["group"] or " ", "")
    number = float(f"{whole}.{match['part'] or 0}{match['exponent'] or ''}")
    signs = [match["sign"] or "", match["late_sign"] or "", "-" if match["open"] else ""]
    negative = sum(sign in ("-", "−") for sign in signs) % 2
    return -number if negative else number


def _most_frequent_unit(texts: list[str], counts: np.ndarray) -> str:
    rows: dict[str, int] = {}
    for text, n in zip(texts, counts.tolist(), strict=True):
        if text[:1].isdigit() and text[-1:].isdigit():
            continue  # most are plain
        match = _NUMBER["."].fullmatch(text) or _NUMBER[","].fullmatch(text)
        unit = match and (match["before"] or match["after"])
        if unit:
            rows[unit] = rows.get(unit, 0) + n
    return max(rows, key=lambda unit: rows[unit]) if rows else ""
