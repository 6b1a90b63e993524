"""Tables in files: what is read, and what is refused by name."""

import datetime
import decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from skann.cli._errors import CommandError
from skann.cli._tables import read_table, to_frame, write_table


def test_a_missing_file_is_named(train_on, error, tmp_path):
    assert "there is no file nowhere.csv" in error(*train_on("nowhere.csv", tmp_path / "m"))


def test_an_unknown_suffix_is_refused(train_on, error, tmp_path):
    (tmp_path / "data.xlsx").write_text("x")
    line = error(*train_on(tmp_path / "data.xlsx", tmp_path / "m"))
    assert "save the table as .csv or .parquet" in line


@pytest.mark.parametrize("content", [b"", b"\x00\x01\xff\xfe", b"a,b\n1,2,3,4\n5\n1,2,3,4,5\n"])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_file_that_is_no_table_gives_one_line(train_on, content, suffix, error, tmp_path):
    path = tmp_path / f"data.{suffix}"
    path.write_bytes(content)
    assert str(path) in error(*train_on(path, tmp_path / "m"))


def test_a_table_without_rows_is_refused(train_on, error, tmp_path):
    (tmp_path / "data.csv").write_text("a,churn\n")
    assert "has no rows" in error(*train_on(tmp_path / "data.csv", tmp_path / "m"))


def _read(path, drop=()):
    table = read_table(str(path))
    return to_frame(table.drop_columns(list(drop)), str(path))


def test_blanks_around_names_are_no_part_of_them(tmp_path):
    for name in ("data.csv", "data.parquet"):
        frame = pd.DataFrame({" Churn": ["Yes"], "age\t": [30], "": [1]})
        path = tmp_path / name
        frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path)
        assert _read(path).columns.tolist() == ["Churn", "age", "Unnamed: 2"]


@pytest.mark.parametrize("names", [["Churn", "age", "Churn"], ["age", "Churn", " Churn"]])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_name_that_occurs_twice_is_refused(names, suffix, tmp_path):
    path = tmp_path / f"data.{suffix}"
    table = pa.table([["1"], ["2"], ["3"]], names=names)
    if suffix == "parquet":
        pyarrow.parquet.write_table(table, path)
    else:
        path.write_text(",".join(names) + "\n1,2,3\n")
    with pytest.raises(CommandError, match="two or more columns of one name: 'Churn'"):
        read_table(str(path))


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([["a", "b"], []], "list<element: string>"),
        ([{"kind": "a"}, None], "struct<kind: string>"),
        (pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int64())), "map<string, int64"),
        (pd.to_timedelta([1, 2], unit="D"), "duration"),
        ([datetime.time(9), datetime.time(10)], "time64"),
        ([b"a", b"b"], "binary"),
        (pd.period_range("2020", periods=2, freq="D"), "period"),
    ],
)
def test_a_column_of_no_single_values_is_refused_by_name(cells, said, tmp_path):
    path = tmp_path / "data.parquet"
    if isinstance(cells, pa.Array):
        pyarrow.parquet.write_table(pa.table({"my tags": cells, "age": [30, 31]}), path)
    else:
        pd.DataFrame({"my tags": cells, "age": [30, 31]}).to_parquet(path)
    with pytest.raises(CommandError) as error:
        _read(path)
    assert "column 'my tags' holds " in str(error.value)
    assert said in str(error.value)
    assert "--drop 'my tags'" in str(error.value)
    assert _read(path, drop=["my tags"]).columns.tolist() == ["age"]


def test_parquet_gives_dates_decimals_categories_and_nullable_numbers(tmp_path):
    frame = pd.DataFrame(
        {
            "day": [datetime.date(2024, 1, 31), datetime.date(9999, 12, 31)],
            "price": [decimal.Decimal("9.99"), None],
            "plan": pd.Categorical(["a", None]),
            "calls": pd.array([1, None], dtype="Int64"),
            "flag": pd.array([True, None], dtype="boolean"),
        }
    )
    frame.to_parquet(tmp_path / "data.parquet")
    read = _read(tmp_path / "data.parquet")
    assert read["day"].dt.year.tolist() == [2024, 9999]
    assert read["price"].dtype == float
    assert read["price"][0] == 9.99
    assert isinstance(read["plan"].dtype, pd.CategoricalDtype)
    assert read["calls"].dtype == "Int64"
    assert read["flag"].dtype == "boolean"


def test_an_index_in_parquet_is_no_column(tmp_path):
    frame = pd.DataFrame({"age": [30, 31], "plan": ["a", "b"]}, index=pd.Index([7, 8], name="who"))
    frame.to_parquet(tmp_path / "data.parquet")
    assert _read(tmp_path / "data.parquet").columns.tolist() == ["age", "plan"]
    assert _read(tmp_path / "data.parquet", drop=["who"]).columns.tolist() == ["age", "plan"]


def test_a_table_is_written_by_suffix_and_cells_as_they_are(tmp_path):
    frame = pd.DataFrame({"name": ["=1+1", "a,b"], "code": ["007", None]})
    for name, text in (
        ("out.csv", 'name,code\n=1+1,007\n"a,b",\n'),
        ("out.tsv", "name\tcode\n=1+1\t007\na,b\t\n"),
    ):
        write_table([pa.Table.from_pandas(frame)], str(tmp_path / name))
        assert (tmp_path / name).read_text() == text
        assert _read(tmp_path / name)["code"].tolist()[0] == "007"
    write_table([pa.Table.from_pandas(frame)], str(tmp_path / "out.parquet"))
    assert _read(tmp_path / "out.parquet")["name"].tolist() == ["=1+1", "a,b"]


def test_a_folder_without_parquet_files_is_no_table(error, train_on, tmp_path):
    (tmp_path / "data.parquet").mkdir()
    line = error(*train_on(tmp_path / "data.parquet", tmp_path / "m"))
    assert "there is no Parquet file" in line


def test_a_folder_or_a_pattern_of_parquet_files_is_one_table(tmp_path):
    one = pd.DataFrame({"plan": ["a", "b"], "fee ": pd.array([1, None], dtype="Int64")})
    other = pd.DataFrame({"fee ": [2.5], "plan": [None]})
    one.to_parquet(tmp_path / "part-0.parquet")
    other.to_parquet(tmp_path / "part-1.parquet")
    for path in (tmp_path, tmp_path / "part-*.parquet"):
        table = read_table(str(path))
        assert table["plan"].to_pylist() == ["a", "b", None]
        assert table["fee"].to_pylist() == [1, None, 2.5]
    one.rename(columns={"plan": "Plan"}).to_parquet(tmp_path / "part-2.parquet")
    with pytest.raises(CommandError, match="part-2.parquet has other columns .* Plan, plan"):
        read_table(str(tmp_path))
