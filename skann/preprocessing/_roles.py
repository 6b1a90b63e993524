"""Decide what each column of a raw table is."""

import re
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skann.preprocessing._columns import (
    all_dates,
    all_numbers,
    is_category,
    is_date,
    is_number,
    numbers_of_levels,
    read_dates,
    read_levels,
    read_numbers,
)
from skann.preprocessing._table import as_table

# Below this, distinct values say nothing: five customers have five ages.
_FEWEST_ROWS_FOR_ID = 20

_ID_WORDS = frozenset({"id", "ids", "uuid", "guid", "identifier", "number", "nr", "no"})
_JOINED_ID = re.compile(r"(row|customer|client|user|account|member|employee|record)(id|no|num|nr)")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def column_roles(X: Any) -> dict[Any, str]:
    """Decide the role of each column.

    Parameters
    ----------
    X : pandas or polars DataFrame, array or list of lists, shape (n_samples, n_features)

    Returns
    -------
    dict of column name to role
        - "numeric": numbers, integer codes of few values among them, and durations;
        - "numeric text": text that reads as numbers, blanks and markers such as "?" aside;
        - "category": bools, category dtype and other text;
        - "datetime": dates, or text written as `YYYY-MM-DD`, with or without a time;
        - "constant": one value and nothing missing;
        - "missing": no value at all;
        - "id": distinct for (nearly) every row as identifiers are: text that is all distinct or has
          more than 100 levels and a fifth of the rows, or integers that are all distinct over a
          narrow range, over 500 rows or more, or under a name such as "customer_id". Needs 20 rows.

    Examples
    --------
    >>> import pandas as pd
    >>> column_roles(pd.DataFrame({"plan": ["a", "b", "a"], "charge": ["1.5", " ", "2"]}))
    {'plan': 'category', 'charge': 'numeric text'}
    """
    return {name: read_column(series).role for name, series in as_table(X).items()}


class Column(NamedTuple):
    """What one look at a column found: its role and what it holds, as numbers or as texts."""

    name: Any
    role: str
    numbers: np.ndarray | None = None  # a column, or for dates three; NaN where missing
    texts: tuple[np.ndarray, list[str]] | None = None  # codes, -1 where missing, and levels


def read_column(series: pd.Series) -> Column:
    """Read a column of a training table and decide its role."""
    name = series.name
    if is_number(series):
        numbers = read_numbers(series)
        return Column(name, _number_role(name, numbers), numbers)
    if is_date(series):
        role = _unless_empty("datetime", series.nunique(), series.hasnans)
        return Column(name, role, read_dates(series))
    texts = codes, levels = read_levels(series)
    if not is_category(series):
        if all_numbers(levels):
            numbers = numbers_of_levels(name, codes, levels)
            role = _number_role(name, numbers)
            return Column(name, "numeric text" if role == "numeric" else role, numbers)
        if all_dates(levels):
            role = _unless_empty("datetime", len(levels), codes.min() < 0)
            return Column(name, role, texts=texts)
    role = "id" if _is_id_text(codes, len(levels)) else "category"
    return Column(name, _unless_empty(role, len(levels), codes.min() < 0), texts=texts)


def read_column_as(role: str, series: pd.Series) -> Column:
    """Read a column of a later table, in the role that training found."""
    if role == "category":
        return Column(series.name, role, texts=read_levels(series))
    read = read_dates if role == "datetime" else read_numbers
    return Column(series.name, role, read(series))


def _number_role(name: Any, values: np.ndarray) -> str:
    head = values[:100]
    if head.min() < head.max() and (head % 1).any():
        return "numeric"  # most columns of fractions, at no cost
    missing = np.isnan(values)
    present = values[~missing] if missing.any() else values
    if len(present) == 0:
        return "missing"
    if len(present) == len(values) and _is_id_number(name, values):
        return "id"
    return _unless_empty("numeric", 1 + (present[0] != present).any(), missing.any())


def _unless_empty(role: str, n_distinct: int, has_missing: bool) -> str:
    if n_distinct == 0:
        return "missing"
    return "constant" if n_distinct == 1 and not has_missing else role


def _is_id_number(name: Any, values: np.ndarray) -> bool:
    n = len(values)
    if n < _FEWEST_ROWS_FOR_ID or (values % 1).any():
        return False
    n_distinct = len(pd.unique(values))
    if _names_id(name) and n_distinct > n / 2:  # a bootstrap sample keeps 63 % distinct
        return True
    if n_distinct < n:
        return False
    # n values drawn from a range r are all distinct with probability near exp(-n^2 / 2r): the
    # second bound keeps that under 1 % where n is small.
    return n >= 500 or np.ptp(values) < min(10 * n, n * n / 10)


def _is_id_text(codes: np.ndarray, n_levels: int) -> bool:
    n_present = np.count_nonzero(codes >= 0)
    if n_present < _FEWEST_ROWS_FOR_ID:
        return False
    return n_levels == n_present or n_levels > max(100, 0.2 * len(codes))


def _names_id(name: Any) -> bool:
    words = [word.lower() for word in _WORD.findall(str(name))]
    return bool(words) and (
        words[-1] in _ID_WORDS
        or words[0] == "id"
        or _JOINED_ID.fullmatch("".join(words)) is not None
        or str(name).startswith("Unnamed: 0")  # an index that went through a CSV file
    )
