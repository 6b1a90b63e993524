"""Tables in CSV and Parquet files: read with clean names, and written whole."""

import collections
import fnmatch
import shlex
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TextIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from skann._files import written_whole
from skann.cli._csv import read_csv
from skann.cli._errors import CommandError, did_you_mean, listed

_HELD = (
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_date,
    pa.types.is_timestamp,
    pa.types.is_null,
)


def file_kind(path: str) -> str:
    """The kind of table that a file name tells: "csv" or "parquet"."""
    suffix = Path(path).suffix.lower()
    if suffix in (".parquet", ".pq"):
        return "parquet"
    if suffix in (".csv", ".tsv", ".txt"):
        return "csv"
    raise CommandError(f"{path}: save the table as .csv or .parquet.")


def read_table(path: str) -> pa.Table:
    """Read a CSV or Parquet file, by suffix. The cells of CSV files are text.

    Raises
    ------
    CommandError
        If there is no such file, it cannot be read, it has no rows, or a name occurs twice.
    """
    kind = file_kind(path)
    if Path(path).is_dir():
        raise CommandError(f"{path} is a folder; give a file.")
    if not Path(path).is_file():
        raise CommandError(f"there is no file {path}.")
    table = _read_parquet(path) if kind == "parquet" else read_csv(path)
    if not table.num_rows or not table.num_columns:
        raise CommandError(f"{path} has no {'rows' if table.num_columns else 'columns'}.")
    clean = table.rename_columns(_clean_names(table.column_names, path))
    return clean.replace_schema_metadata(table.schema.metadata)  # what pandas wrote, its index too


def is_held(kind: pa.DataType) -> bool:
    """Whether a column of an Arrow type holds numbers, text, dates or flags, a cell a value."""
    if pa.types.is_dictionary(kind):
        return is_held(kind.value_type)
    return any(is_kind(kind) for is_kind in _HELD)


def to_frame(table: pa.Table, path: str) -> pd.DataFrame:
    """A table in pandas.

    Raises
    ------
    CommandError
        If a column holds lists, structures, durations or what else is no single value.
    """
    for field in table.schema:
        if not is_held(field.type):
            raise CommandError(
                f"{path}: column {field.name!r} holds {field.type}, which is no number, text, date "
                f"or flag. Leave it out when training: --drop {shlex.quote(field.name)}"
            )
        if pa.types.is_decimal(field.type):
            position = table.column_names.index(field.name)
            numbers = table.column(position).cast(pa.float64())
            table = table.set_column(position, field.name, numbers)
    frame = table.to_pandas(date_as_object=False)
    frame.columns = frame.columns.map(str)
    return frame


def known_or_held(table: pa.Table, known: Collection[str]) -> pa.Table:
    """A table without the columns that nobody knows and no model could read."""
    unread = [f.name for f in table.schema if f.name not in known and not is_held(f.type)]
    return table.drop_columns(unread)


def write_table(frame: pd.DataFrame, out: str | TextIO) -> None:
    """Write a table as CSV or Parquet, by suffix; cells go out as they are."""
    if not isinstance(out, str):
        frame.to_csv(out, index=False)
        return
    with written_whole(out) as part:
        if file_kind(out) == "parquet":
            frame.to_parquet(part, index=False)
        else:
            separator = "\t" if Path(out).suffix.lower() == ".tsv" else ","
            frame.to_csv(part, index=False, sep=separator)


def matching_columns(patterns: Sequence[str], columns: Iterable[str]) -> list[str]:
    """The columns that shell patterns such as ``C_*`` name."""
    columns = list(columns)
    matched: list[str] = []
    for pattern in map(str.strip, patterns):
        found = [name for name in columns if name == pattern or fnmatch.fnmatchcase(name, pattern)]
        if not found:
            raise CommandError(
                f"--drop {pattern} matches no column." + did_you_mean(pattern, columns)
            )
        matched += [name for name in found if name not in matched]
    return matched


def _read_parquet(path: str) -> pa.Table:
    try:
        with pyarrow.parquet.ParquetFile(path) as file:  # one file, not a folder of parts
            return file.read()
    except pa.ArrowException as error:
        raise CommandError(f"cannot read {path}: {error}") from None


def _clean_names(names: Sequence[str], path: str) -> list[str]:
    """Names without the blanks around them; an index that went through a CSV file has none."""
    clean = [name.strip() or f"Unnamed: {position}" for position, name in enumerate(names)]
    twice = [name for name, n in collections.Counter(clean).items() if n > 1]
    if twice:
        raise CommandError(
            f"{path} has two or more columns of one name: {listed(map(repr, twice))}. Rename or "
            "remove them."
        )
    return clean
