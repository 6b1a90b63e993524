"""Tables in CSV and Parquet files: read with clean names, and written whole."""

import collections
import fnmatch
import glob
import itertools
import os
import shlex
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import pandas as pd
import pyarrow as pa

from skann._files import written_whole
from skann.cli._csv import open_csv
from skann.cli._errors import CommandError, did_you_mean, listed

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

BLOCK_ROWS = 65_536

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
    """Return the kind of table that a file name tells: "csv" or "parquet"."""
    suffix = Path(path).suffix.lower()
    if suffix in (".parquet", ".pq"):
        return "parquet"
    if suffix in (".csv", ".tsv", ".txt"):
        return "csv"
    raise CommandError(f"{path}: save the table as .csv or .parquet")


def read_table(path: str) -> pa.Table:
    """Read a table as a whole; see ``open_table``."""
    blocks = open_table(path)
    return pa.concat_tables(blocks)


def open_table(path: str) -> "Blocks":
    """Find a CSV or Parquet file, by suffix, or a folder or pattern of Parquet files.

    The cells of CSV files are text.

    Raises
    ------
    CommandError
        If there is no such file, it cannot be read, it has no rows, or a name occurs twice.
    """
    files = _existing_files(path)
    if file_kind(files[0]) == "csv":
        read = open_csv(path)
        return Blocks(path, lambda columns: _csv_blocks(read(), path, columns))
    schema, n_rows = _one_schema(files)
    names = _clean_names(schema.names, path)
    if not n_rows or not names:
        raise CommandError(f"{path} has no {'rows' if names else 'columns'}")
    schema = schema.empty_table().rename_columns(names).schema.with_metadata(schema.metadata)
    return Blocks(path, lambda columns: _parquet_blocks(files, schema, columns), n_rows)


@dataclass(frozen=True)
class Blocks:
    """The rows of a table, some at a time; each iteration starts at the first."""

    path: str
    read: Callable[[Collection[str] | None], Iterator[pa.Table]]
    n_rows: int | None = None  # where that is known beforehand

    def __iter__(self) -> Iterator[pa.Table]:
        return self.read(None)


def table_files(path: str) -> list[str]:
    """Return the file, or those of a folder or pattern, by name."""
    if Path(path).is_dir():
        return sorted(glob.glob(os.path.join(glob.escape(path), "*.parquet")))
    if glob.has_magic(path) and not Path(path).is_file():
        return sorted(glob.glob(path))
    return [path]


def _existing_files(path: str) -> list[str]:
    files = table_files(path)
    if files == [path]:
        file_kind(path)
        if not Path(path).is_file():
            raise CommandError(f"there is no file {path}")
        return files
    if not files:
        raise CommandError(f"there is no Parquet file in {path}")
    others = [file for file in files if file_kind(file) != "parquet"]
    if others:
        raise CommandError(f"{path}: {others[0]} is not a Parquet file, as joined files must be")
    return files


def _csv_blocks(
    blocks: Iterator[pa.Table], path: str, columns: Collection[str] | None
) -> Iterator[pa.Table]:
    n_rows = 0
    for block in blocks:
        block = block.rename_columns(_clean_names(block.column_names, path))
        n_rows += len(block)
        yield from _cut(_only(block, columns))
    if not n_rows:
        raise CommandError(f"{path} has no rows")


def _one_schema(files: Sequence[str]) -> tuple[pa.Schema, int]:
    """Return the schema of all files, and their number of rows."""
    schemas, n_rows = [], 0
    for file in files:
        with _parquet_file(file) as opened:
            schemas.append(opened.schema_arrow)
            n_rows += opened.metadata.num_rows
        different = sorted({*schemas[-1].names} ^ {*schemas[0].names})
        if different:
            raise CommandError(
                f"{file} has other columns than {files[0]}; different: {listed(different)}"
            )
    if len(files) == 1:
        return schemas[0], n_rows
    try:
        return pa.unify_schemas(schemas, promote_options="permissive"), n_rows
    except pa.ArrowException as error:
        raise CommandError(f"the files hold other kinds of values: {error}") from None


def _parquet_blocks(
    files: Sequence[str], schema: pa.Schema, columns: Collection[str] | None
) -> Iterator[pa.Table]:
    for file in files:
        with _parquet_file(file) as opened:
            in_file = opened.schema_arrow.names
            raw = dict(zip(_clean_names(in_file, file), in_file, strict=True))
            names = [name for name in schema.names if columns is None or name in columns]
            wanted = pa.schema([schema.field(name) for name in names], schema.metadata)
            try:
                for batch in opened.iter_batches(BLOCK_ROWS, columns=[raw[n] for n in names]):
                    block = pa.Table.from_batches([batch]).select([raw[name] for name in names])
                    yield block.rename_columns(names).cast(wanted)
            except pa.ArrowException as error:
                raise CommandError(f"cannot read {file}: {error}") from None


def _only(table: pa.Table, columns: Collection[str] | None) -> pa.Table:
    return table.select([n for n in table.column_names if columns is None or n in columns])


def _cut(table: pa.Table) -> Iterator[pa.Table]:
    for start in range(0, len(table), BLOCK_ROWS):
        yield table.slice(start, BLOCK_ROWS)


def is_held(kind: pa.DataType) -> bool:
    """Tell whether a column of an Arrow type holds numbers, text, dates or flags, one per cell."""
    if pa.types.is_dictionary(kind):
        return is_held(kind.value_type)
    return any(is_kind(kind) for is_kind in _HELD)


def to_frame(table: pa.Table, path: str) -> pd.DataFrame:
    """Return a table as a pandas DataFrame.

    Raises
    ------
    CommandError
        If a column holds lists, structures, durations or anything else that is not a single value.
    """
    for field in table.schema:
        if not is_held(field.type):
            raise CommandError(
                f"{path}: column {field.name!r} holds {field.type}, which is not a number, text, "
                f"date or flag. Leave it out when training: --drop {shlex.quote(field.name)}"
            )
        if pa.types.is_decimal(field.type):
            position = table.column_names.index(field.name)
            numbers = table.column(position).cast(pa.float64())
            table = table.set_column(position, field.name, numbers)
    frame = table.to_pandas(date_as_object=False)
    frame.columns = frame.columns.map(str)
    return frame


def known_or_held(table: pa.Table, known: Collection[str]) -> pa.Table:
    """Return a table without the columns that nobody knows and no model could read."""
    unread = [f.name for f in table.schema if f.name not in known and not is_held(f.type)]
    return table.drop_columns(unread)


def write_table(tables: Iterable[pa.Table], out: str | TextIO) -> None:
    """Write tables one below the other, as CSV or Parquet by suffix; cells go out as they are."""
    if not isinstance(out, str):
        _write_csv(tables, out)
        return
    kind = file_kind(out)
    with written_whole(out) as part:
        if kind == "parquet":
            _write_parquet(tables, part)
        else:
            with open(part, "w", encoding="utf-8", newline="") as file:
                _write_csv(tables, file, "\t" if Path(out).suffix.lower() == ".tsv" else ",")


def _write_csv(tables: Iterable[pa.Table], file: TextIO, separator: str = ",") -> None:
    for number, table in enumerate(tables):
        for position, field in enumerate(table.schema):
            if pa.types.is_timestamp(field.type):  # pandas leaves out hours that are all 0
                texts = table.column(position).cast(pa.string())
                table = table.set_column(position, field.name, texts)
        frame = table.to_pandas(integer_object_nulls=True, ignore_metadata=True)
        frame.to_csv(file, index=False, sep=separator, header=not number, lineterminator="\n")


def _write_parquet(tables: Iterable[pa.Table], path: Path) -> None:
    from pyarrow.parquet import ParquetWriter

    tables = iter(tables)
    first = next(tables)
    with ParquetWriter(path, first.schema) as writer:
        for table in itertools.chain([first], tables):
            writer.write_table(table)


def matching_columns(patterns: Sequence[str], columns: Iterable[str]) -> list[str]:
    """Return the columns that shell patterns such as ``C_*`` name."""
    columns = list(columns)
    matched: list[str] = []
    for pattern in map(str.strip, patterns):
        found = [name for name in columns if name == pattern or fnmatch.fnmatchcase(name, pattern)]
        if not found:
            raise CommandError(
                f"--drop {pattern} matches no column" + did_you_mean(pattern, columns)
            )
        matched += [name for name in found if name not in matched]
    return matched


@contextmanager
def _parquet_file(path: str) -> Iterator["ParquetFile"]:
    from pyarrow.parquet import ParquetFile

    try:
        file = ParquetFile(path, pre_buffer=False)
    except pa.ArrowException as error:
        raise CommandError(f"cannot read {path}: {error}") from None
    with file:
        yield file


def _clean_names(names: Sequence[str], path: str) -> list[str]:
    """Return names without blanks around them; an index that went through a CSV file has none."""
    clean = [name.strip() or f"Unnamed: {position}" for position, name in enumerate(names)]
    twice = [name for name, n in collections.Counter(clean).items() if n > 1]
    if twice:
        raise CommandError(
            f"{path} has two or more columns of one name: {listed(map(repr, twice))}. Rename or "
            "remove them."
        )
    return clean
