from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from skann.preprocessing._table import as_table


def test_a_dataframe_comes_back_as_it_is():
    table = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    assert as_table(table) is table


def test_a_float_array_is_not_copied():
    X = np.arange(6.0).reshape(3, 2)
    table = as_table(X)
    assert np.shares_memory(table.to_numpy(), X)
    assert table.columns.tolist() == [0, 1]


def test_a_list_of_mixed_rows_keeps_numbers_as_numbers():
    table = as_table([[1, "a", 0.5], [2, "b", 1.5]])
    assert table[0].tolist() == [1, 2]
    assert table[0].dtype == np.int64
    assert table[1].tolist() == ["a", "b"]
    assert table[2].dtype == np.float64


def test_an_object_array_of_numbers_becomes_numeric():
    table = as_table(np.array([[1.5, 2], [3.5, 4]], dtype=object))
    assert [dtype.kind for dtype in table.dtypes] == ["f", "i"]


def test_polars_columns_become_their_pandas_like():
    frame = pl.DataFrame(
        {
            "integer": [1, None, 3],
            "text": ["x", None, "y"],
            "flag": [True, False, True],
            "day": pl.Series(["2020-01-01", None, "2020-03-01"]).str.to_date(),
            "zoned": pl.Series([0, 1, None]).cast(pl.Datetime("us", "Europe/Berlin")),
            "length": pl.Series([86_400_000_000, None, 0]).cast(pl.Duration("us")),
            "price": pl.Series(["1.25", None, "2"]).cast(pl.Decimal(10, 2)),
            "plan": pl.Series(["1", None, "2"], dtype=pl.Categorical),
            "size": pl.Series(["s", "l", "s"], dtype=pl.Enum(["s", "l"])),
        }
    )
    table = as_table(frame)
    np.testing.assert_array_equal(table["integer"], [1, np.nan, 3])
    assert table["text"].isna().tolist() == [False, True, False]
    assert table["flag"].dtype == bool
    assert pd.api.types.is_datetime64_any_dtype(table["day"])
    assert pd.api.types.is_datetime64_any_dtype(table["zoned"])
    assert pd.api.types.is_timedelta64_dtype(table["length"])
    np.testing.assert_array_equal(table["price"], [1.25, np.nan, 2])
    assert table["plan"].dtype == "category"
    assert table["plan"].cat.categories.tolist() == ["1", "2"]
    assert table["size"].tolist() == ["s", "l", "s"]


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e39])
@pytest.mark.parametrize("dtype", ["float64", "Float64", "double[pyarrow]"])
def test_infinite_numbers_are_refused_by_name_and_count(value, dtype):
    table = pd.DataFrame({"age": [1.0, 2.0, 3.0], "charge": [1.0, value, value]}).astype(dtype)
    with pytest.raises(ValueError, match=r"infinity.*column 'charge', 2 row.*Replace"):
        as_table(table)


def test_infinite_numbers_of_an_array_are_refused_by_position():
    X = np.ones((4, 5))
    X[2, 3] = -np.inf
    with pytest.raises(ValueError, match=r"column 3, 1 row"):
        as_table(X)


def test_missing_numbers_are_no_infinities():
    X = np.array([[np.nan, 1.0], [np.nan, np.nan]])
    assert as_table(X).isna().sum().tolist() == [2, 1]


@pytest.mark.parametrize("cell", [{"a": 1}, [1], {1}, (1, 2), np.ones(2), 1j])
def test_a_cell_that_is_no_value_is_refused_by_column(cell):
    column = np.empty(2, dtype=object)
    column[:] = ["x", cell]
    with pytest.raises(TypeError, match="argument must be a string or a number: column 'note'"):
        as_table(pd.DataFrame({"age": [1, 2], "note": column}))


def test_polars_lists_are_refused():
    with pytest.raises(TypeError, match="argument must be a string or a number: column 'calls'"):
        as_table(pl.DataFrame({"calls": [[1, 2], [3]]}))


@pytest.mark.parametrize(
    ("cells", "dtype"),
    [
        ([[1], [2]], pa.list_(pa.int64())),
        ([{"a": 1}, {"a": 2}], pa.struct([("a", pa.int64())])),
        ([[("a", 1)], [("b", 2)]], pa.map_(pa.string(), pa.int64())),
    ],
)
def test_nested_columns_of_arrow_are_refused_by_name(cells, dtype):
    column = pd.Series(cells, dtype=pd.ArrowDtype(dtype))
    with pytest.raises(TypeError, match="column 'calls' holds.*Drop it"):
        as_table(pd.DataFrame({"age": [1, 2], "calls": column}))


@pytest.mark.parametrize(
    ("cells", "dtype", "kind"),
    [
        ([date(2020, 1, 31), None], pa.date32(), "M"),
        ([datetime(2020, 1, 31), None], pa.timestamp("s"), "M"),
        ([datetime(2020, 1, 31), None], pa.timestamp("us", "Europe/Berlin"), "M"),
        ([timedelta(hours=12), None], pa.duration("ms"), "m"),
        ([Decimal("1.5"), None], pa.decimal128(5, 2), "O"),
    ],
)
def test_columns_of_arrow_are_read_as_those_of_pandas(cells, dtype, kind):
    table = pd.DataFrame({"column": pd.Series(cells, dtype=pd.ArrowDtype(dtype))})
    column = as_table(table)["column"]
    assert column.dtype.kind == kind
    assert column.isna().tolist() == [False, True]


def test_tables_that_are_not_in_memory_are_refused_with_what_to_call():
    with pytest.raises(TypeError, match=r"LazyFrame of polars.*\.collect\(\)"):
        as_table(pl.DataFrame({"a": [1, 2]}).lazy())


def test_repeated_column_names_are_refused():
    with pytest.raises(ValueError, match=r"unique: rename or drop the repeated \['a'\]"):
        as_table(pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"]))


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_an_empty_table_is_refused(shape):
    rows, columns = shape
    table = pd.DataFrame(index=range(rows), columns=[f"c{i}" for i in range(columns)], dtype=float)
    with pytest.raises(ValueError, match="minimum of 1 is required"):
        as_table(table)


def test_complex_numbers_are_refused():
    with pytest.raises(ValueError, match="Complex data not supported: column 'z'"):
        as_table(pd.DataFrame({"z": [1j, 2.0]}))
