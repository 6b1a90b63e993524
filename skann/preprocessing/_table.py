"""Accepted input as a pandas DataFrame; what no reader of columns could handle is refused."""

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pandas as pd
from sklearn.utils import check_array

from skann._lazy_frames import refuse_lazy_frames
from skann._typing import Table

if TYPE_CHECKING:
    import polars

# The network computes in single precision: a larger number would be infinite there.
_LARGEST = float(np.finfo(np.float32).max)
_STACKED_BYTES = 2**20


def as_table(X: Table) -> pd.DataFrame:
    """Return ``X`` as a pandas DataFrame, without a copy where none is needed.

    Parameters
    ----------
    X : pandas or polars DataFrame, array or list of lists, shape (n_samples, n_features)
        Columns may hold numbers, text, categories, bools, dates and missing values.

    Returns
    -------
    pandas.DataFrame, shape (n_samples, n_features)
        ``X`` itself if it is one. The columns of an array are named 0, 1, 2, ...

    Raises
    ------
    ValueError
        If ``X`` has no rows or no columns, columns of equal names, complex numbers, or numbers that
        are infinite or too large for single precision, or if it is not in memory yet.
    TypeError
        If a cell holds a dict, a list or the like.
    """
    refuse_lazy_frames(X=X)
    if isinstance(X, pd.DataFrame):
        table = X
    elif type(X).__module__.partition(".")[0] == "polars" and hasattr(X, "get_columns"):
        table = pd.DataFrame({column.name: _polars_values(column) for column in X.get_columns()})
    else:
        table = _from_array(X)
    if 0 in table.shape:
        raise ValueError(
            f"Found a table with {table.shape[0]} sample(s) and {table.shape[1]} feature(s) "
            f"(shape={table.shape}) while a minimum of 1 is required."
        )
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()].unique().tolist()
        raise ValueError(f"Column names must be unique: rename or drop the repeated {twice}")
    from_arrow = {}
    for name, dtype in zip(table.columns, table.dtypes.array, strict=True):
        if isinstance(dtype, pd.ArrowDtype):
            from_arrow[name] = _from_arrow(name, table[name])
        elif isinstance(dtype, np.dtype) and dtype.kind == "O":
            _check_objects(name, table[name])
        elif dtype.kind == "c":
            raise ValueError(f"Complex data not supported: column {name!r}")
        elif dtype.kind == "f":
            check_size(name, as_floats(table[name]))
    return table.assign(**from_arrow) if from_arrow else table


def as_floats(series: pd.Series) -> np.ndarray:
    """Return a numeric or bool column of any dtype as float64, missing values as NaN."""
    if isinstance(series.dtype, np.dtype):
        return series.to_numpy(dtype=np.float64)
    return series.to_numpy(dtype=np.float64, na_value=np.nan)


def stack_columns(columns: list[np.ndarray], n_rows: int) -> np.ndarray:
    """Return columns of numbers and bools as one float64 array."""
    stacked = np.empty((n_rows, len(columns)))
    # By blocks of rows: columns of a large table lie too far apart for the processor's cache.
    step = max(1, _STACKED_BYTES // (8 * max(1, len(columns))))
    for start in range(0, n_rows, step):
        rows = slice(start, start + step)
        for values, column in zip(stacked[rows].T, columns, strict=True):
            values[:] = column[rows]
    return stacked


def check_size(name: Hashable, values: np.ndarray) -> None:
    """Refuse numbers of column ``name`` that are infinite or too large for single precision."""
    if np.fmax.reduce(values) <= _LARGEST and np.fmin.reduce(values) >= -_LARGEST:
        return
    count = np.count_nonzero(np.abs(values) > _LARGEST)
    if count:  # an all-missing column comes here, too
        raise ValueError(
            "Input X contains infinity or a value too large for dtype('float32'): "
            f"column {name!r}, {count} row(s). Replace them by NaN or by a number."
        )


def _from_arrow(name: Hashable, series: pd.Series) -> pd.Series:
    """Return dates and durations as pandas has them, and the other columns as they are."""
    arrow_type: Any = series.dtype.pyarrow_dtype  # type: ignore[union-attr]
    kind, zone = str(arrow_type), getattr(arrow_type, "tz", None)
    if kind.startswith(("list", "large_list", "fixed_size_list", "struct", "map", "union")):
        _refuse_cells(name, kind)
    if kind.startswith(("date", "timestamp")):
        unit: Any = f"datetime64[us, {zone}]" if zone else "datetime64[us]"
        return series.astype(unit)
    if kind.startswith("duration"):
        return series.astype("timedelta64[us]")
    if series.dtype.kind == "f":
        check_size(name, as_floats(series))
    return series


def _polars_values(column: "polars.Series") -> pd.Categorical | np.ndarray:
    # By duck typing, so that polars is imported by its users alone.
    kind = str(column.dtype)
    if kind.startswith(("Categorical", "Enum")):
        return pd.Categorical(column.cast(str).to_numpy())
    if kind.startswith("Decimal"):
        return column.cast(float).to_numpy()
    return column.to_numpy()


def _from_array(X: Table) -> pd.DataFrame:
    # NumPy would make text of a list of mixed rows.
    dtype = None if hasattr(X, "__array__") else object
    values = check_array(X, dtype=dtype, ensure_all_finite=False, input_name="X")
    table = pd.DataFrame(values, copy=False)
    return table.infer_objects() if values.dtype == object else table


def _check_objects(name: Hashable, series: pd.Series) -> None:
    for kind in set(map(type, series.to_numpy())):
        if kind.__hash__ is None or issubclass(kind, tuple | complex):
            _refuse_cells(name, kind.__name__)


def _refuse_cells(name: Hashable, kind: str) -> NoReturn:
    raise TypeError(
        f"A cell's argument must be a string or a number: column {name!r} holds {kind!r}. Drop it, "
        "or spread such cells over columns of their own."
    )
