"""Read one column as text levels, in the same spelling whatever its dtype."""

import re
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

MISSING = "(missing)"
RARE = "(rare)"

# What pandas takes for missing in a CSV file: a column is the same before and after.
_NOT_AVAILABLE = frozenset(
    "|#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|NaT|None"
    "|n/a|nan|null".split("|")
)
_FEW_ROWS = 32  # up to which a dict is faster than pandas' factorize
_TRUTHS = {"true": "True", "false": "False"}
_OTHER_SPELLINGS = {"True": "1", "False": "0", "1": "True", "0": "False"}
_WHOLE = re.compile(r"(-?(?:0|[1-9]\d*))\.0")


def read_levels(series: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Return integer codes (-1 where missing or blank) and the distinct texts.

    Texts are stripped; "true" is "True", "1.0" is "1", and a midnight is its date.
    """
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes, raw = series.array.codes, series.dtype.categories.tolist()
    elif isinstance(series.dtype, pd.StringDtype) and len(series) <= _FEW_ROWS:
        values = series.tolist()
        raw = [value for value in dict.fromkeys(values) if isinstance(value, str)]
        positions = dict(zip(raw, range(len(raw)), strict=True))
        codes = np.array([positions.get(value, -1) for value in values])
    else:
        codes, index = pd.factorize(_hashable(series))
        raw = index.tolist()
    texts = [level_text(value) for value in raw]
    levels = [text for text in dict.fromkeys(texts) if text]
    if levels == texts:
        return codes, levels
    positions = dict(zip(levels, range(len(levels)), strict=True))
    new_codes = [positions.get(text, -1) for text in texts] + [-1]  # the last is for code -1
    return np.array(new_codes)[codes], levels


class KnownLevels:
    """Where the levels of a category that training saw stand among those that it kept.

    Parameters
    ----------
    kept : list of str
        "(rare)" is one of them.
    pooled : list of str
        Levels that count as "(rare)".
    """

    def __init__(self, kept: list[str], pooled: list[str]) -> None:
        self._position_of = dict(zip(kept, range(len(kept)), strict=True))
        self._rare = self._position_of[RARE]
        self._missing = self._position_of.get(MISSING, self._rare)
        self._position_of.update(dict.fromkeys(pooled, self._rare))

    def find(self, level: str) -> int | None:
        """Return the position of a level, None if training did not see it."""
        position = self._position_of.get(level)
        if position is None:
            position = self._position_of.get(other_spelling(level))
        return position

    def positions_of_rows(self, codes: np.ndarray, levels: list[str]) -> np.ndarray:
        """Return the position of each row's level; that of "(rare)" for unseen ones."""
        found = [self.find(level) for level in levels]
        positions = [self._rare if position is None else position for position in found]
        return np.array([*positions, self._missing])[codes]  # the last is for code -1


def count_levels(codes: np.ndarray, levels: list[str]) -> dict[str, int]:
    """Count the rows of each level; levels that were merged may stand in the list twice."""
    counts = dict.fromkeys(levels, 0)
    rows = np.bincount(codes[codes >= 0], minlength=len(levels)).tolist()
    for level, n in zip(levels, rows, strict=True):
        counts[level] += n
    return counts


def level_text(value: object) -> str:
    """Return a cell as text; empty where it is missing."""
    if isinstance(value, str):
        text = value.strip()
    elif isinstance(value, float) and value.is_integer():
        return str(int(value))
    elif isinstance(value, date):  # a Timestamp is one, too
        text = value.isoformat().removesuffix("T00:00:00")
    else:
        text = str(value).strip()
    if text in _NOT_AVAILABLE:
        return ""
    text = _TRUTHS.get(text.casefold(), text)
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def merge_truths(levels: list[str]) -> dict[str, str]:
    """Return 1 and 0 as True and False, where a column holds both spellings."""
    found = set(levels)
    if found & {"True", "False"} and found & {"0", "1"}:
        return {"1": "True", "0": "False"}
    return {}


def other_spelling(level: str) -> str:
    """Return how another dtype would write a flag: 1 for True, and the other way round."""
    return _OTHER_SPELLINGS.get(level, level)


def _hashable(series: pd.Series) -> Any:
    values = series.array
    if series.dtype == object and any(isinstance(value, bool | np.bool_) for value in values):
        # To a hash table True is 1, and whichever comes first would stand for both.
        return np.array(
            [str(value) if isinstance(value, bool | np.bool_) else value for value in values],
            dtype=object,
        )
    return values
