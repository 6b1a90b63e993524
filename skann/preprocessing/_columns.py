"""Columns of a table: their kind by dtype, and what was read from them."""

from collections.abc import Hashable
from typing import NamedTuple

import numpy as np
import pandas as pd

from skann.preprocessing._table import as_floats

_SECONDS_PER_DAY = 86_400


class Column(NamedTuple):
    """A column as it was read: its role and what it holds, as numbers or as texts."""

    name: Hashable
    role: str
    numbers: np.ndarray | None = None  # one column, or three for dates; NaN where missing
    texts: tuple[np.ndarray, list[str]] | None = None  # codes, -1 where missing, and levels
    form: str | None = None  # how its texts are written


def is_category(series: pd.Series) -> bool:
    """Tell whether the dtype is one of categories: bool or pandas' category."""
    return isinstance(series.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(series.dtype)


def is_number(series: pd.Series) -> bool:
    """Tell whether the dtype is one of numbers, durations included."""
    dtype = series.dtype
    return not is_category(series) and (
        pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_timedelta64_dtype(dtype)
    )


def is_date(series: pd.Series) -> bool:
    """Tell whether the dtype is one of dates."""
    return pd.api.types.is_datetime64_any_dtype(series.dtype)


def plain_numbers(series: pd.Series) -> np.ndarray:
    """Return a column of numbers, bools or durations as float64 (days), NaN where missing."""
    if pd.api.types.is_timedelta64_dtype(series.dtype):
        return series.dt.total_seconds().to_numpy(np.float64) / _SECONDS_PER_DAY
    return as_floats(series)
