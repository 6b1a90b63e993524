"""CSV files as people have them, read as text, or refused in one line that says where.

pyarrow reads the rows and refuses those with more or fewer fields than the header; the csv module
reads a sample to find the separator, and all rows where the quotes are not as writers of CSV files
set them, since pyarrow would read on over a quote that opens and never closes.
"""

import codecs
import csv
import io
import itertools
import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv

from skann._warnings import SkannWarning, warn
from skann.cli._errors import CommandError

_SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_SAMPLE_LINES = 2000
_SAMPLE_BYTES = 2**22
BLOCK_BYTES = 2**24  # no row may be longer
_MANY_ROWS = 10
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "UTF-8"),
    (codecs.BOM_UTF32_LE, "UTF-32-LE"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "UTF-32-BE"),
    (codecs.BOM_UTF16_LE, "UTF-16-LE"),
    (codecs.BOM_UTF16_BE, "UTF-16-BE"),
)
# Letters of Western Europe, Cyrillic ones and dashes in UTF-8, which make no words in Windows-1252.
_UTF_8 = re.compile(rb"[\xc2\xc3\xd0\xd1][\x80-\xbf]|\xe2[\x80-\x84][\x80-\xbf]")
_LINE_END = r"(?:\r\n?|\n)"
_LINE = re.compile(rf"[^\r\n]*{_LINE_END}|[^\r\n]+")
_BLANK_LINES = rf"(?:[ \t,;|]*{_LINE_END})*"
_BEFORE_HEADER = re.compile(
    rf'{_BLANK_LINES}(?:"?sep=(?P<separator>[^\r\n"])"?[ \t,;|]*{_LINE_END}{_BLANK_LINES})?',
    re.IGNORECASE,
)


def read_csv(path: str) -> pa.Table:
    """Read a CSV file; see ``open_csv``."""
    return pa.concat_tables(open_csv(path)())


def open_csv(path: str) -> Callable[[], Iterator[pa.Table]]:
    """Find out how a CSV file is written, which takes all of it, once.

    Returns
    -------
    callable
        Reads the file from the first row, some rows at a time; there is at least one block, which
        may have no rows. Each cell is text as it is written, or missing if it is empty. A file in
        UTF-8 is never held as a whole.

    Raises
    ------
    CommandError
        If the file is not text, its separator cannot be told, a row differs from the header in its
        number of fields, or a quote is never closed.
    """
    text = _Text(path)
    sample = text.sample()
    before = _BEFORE_HEADER.match(sample)
    assert before is not None  # it matches nothing, too
    n_lines_before = len(re.findall(_LINE_END, before[0]))
    text.start += len(before[0].encode())
    sample = sample[before.end() :]
    if not sample.strip():
        raise CommandError(f"{path} is empty")
    separator = before["separator"] or _separator(sample, path)
    rows = _Rows(text, separator, n_lines_before)
    if not _quotes_are_plain(text, separator):
        rows.check()
    names = [*rows.header, *[""] * rows.ends_in_separator]

    def blocks() -> Iterator[pa.Table]:
        if rows.has_header_only:
            yield pa.table([pa.array([], pa.string())] * len(names), names=names)
            return
        try:
            with text.open() as stream:
                yield from _read_blocks(stream, separator, names, rows)
        except pa.ArrowInvalid as error:
            rows.check()
            raise CommandError(f"cannot read {path}: {error}") from None

    return blocks


def _read_blocks(
    stream: BinaryIO, separator: str, names: list[str], rows: "_Rows"
) -> Iterator[pa.Table]:
    reader = pyarrow.csv.open_csv(
        stream,
        read_options=pyarrow.csv.ReadOptions(
            column_names=names, skip_rows_after_names=1, block_size=BLOCK_BYTES
        ),
        parse_options=pyarrow.csv.ParseOptions(delimiter=separator, newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
        ),
    )
    for batch in reader:
        block = pa.Table.from_batches([batch])
        if rows.ends_in_separator:
            if block.column(len(names) - 1).null_count < len(block):
                rows.check()
            block = block.select(range(len(names) - 1))
        yield block


class _Text:
    """The text of a file, to be read from the start again and again as UTF-8."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.start = 0  # byte where the text begins
        self._decoded: bytes | None = None
        with open(path, "rb") as file:
            head = file.read(4)
        marks = [mark for mark, _ in _BYTE_ORDER_MARKS if head.startswith(mark)]
        if marks == [codecs.BOM_UTF8]:
            self.start = len(codecs.BOM_UTF8)
        if (marks and not self.start) or not self._is_utf_8():
            self._decoded = _decode(Path(path).read_bytes(), path).encode()
            self.start = 0

    def open(self) -> BinaryIO:
        """Open the bytes in UTF-8."""
        if self._decoded is not None:
            return io.BytesIO(self._decoded[self.start :])
        file = open(self.path, "rb")  # noqa: SIM115 - the caller closes it
        file.seek(self.start)
        return file

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes in UTF-8, many at a time."""
        with self.open() as stream:
            while chunk := stream.read(BLOCK_BYTES):
                yield chunk

    def lines(self) -> Iterator[str]:
        """Yield the lines with their ends."""
        with io.TextIOWrapper(self.open(), encoding="utf-8", newline="") as stream:
            yield from stream

    def sample(self) -> str:
        """Return whole lines from the start, or all that there is."""
        with self.open() as stream:
            sample = stream.read(_SAMPLE_BYTES)
        if len(sample) == _SAMPLE_BYTES:
            sample = sample[: max(sample.rfind(b"\n"), sample.rfind(b"\r"), 0)] or sample
        return sample.decode(errors="ignore")

    def _is_utf_8(self) -> bool:
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            for chunk in self.chunks():
                if b"\0" in chunk:
                    return False
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
        return True


class _Rows:
    """The rows of a text, as the csv module reads them."""

    def __init__(self, text: _Text, separator: str, n_lines_before: int) -> None:
        path = text.path
        if not separator.isascii():
            raise CommandError(f"{path}: sep={separator} is not a separator that can be read")
        self._text = text
        self._separator = separator
        self._path = path
        self._n_lines_before = n_lines_before
        rows = [row for _, row in islice(self._numbered(), 2)]
        self.header = rows[0]
        self.has_header_only = len(rows) == 1
        n = len(self.header)
        # As spreadsheets and databases write it that end each row, but not the header, so.
        self.ends_in_separator = len(rows) == 2 and len(rows[1]) == n + 1 and not rows[1][n]
        self._check_cells(1 + n_lines_before, self.header)
        opened = [i for i, name in enumerate(self.header) if name.startswith("'")]
        closed = [i for i, name in enumerate(self.header) if name.endswith("'")]
        if opened and closed and opened[0] <= closed[-1]:
            raise CommandError(f"{path}: the names are in single quotes. Use double ones.")

    def check(self) -> None:
        """Refuse the first row that is not as the header has it."""
        n = len(self.header)
        for line, row in islice(self._numbered(), 1, None):
            self._check_cells(line, row)
            if self.ends_in_separator and len(row) == n + 1 and not row[n]:
                continue
            if self.ends_in_separator and len(row) == n:
                raise CommandError(
                    f"{self._path}, line {line}: the rows before it end in a separator "
                    f"{_shown(self._separator)}, and this one does not"
                )
            if len(row) != n:
                hint = f". Quote cells that hold the separator {_shown(self._separator)}"
                raise CommandError(
                    f"{self._path}, line {line}: {_count(len(row), 'field')} where the header has "
                    f"{n}{hint if len(row) > n else ''}"
                )

    def _numbered(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows that are not blank, and the number of the line where each begins."""
        reader = csv.reader(self._text.lines(), delimiter=self._separator, strict=True)
        line = 1
        try:
            for row in reader:
                if row:
                    yield self._n_lines_before + line, row
                line = reader.line_num + 1
        except csv.Error as error:
            at = f"{self._path}, line {self._n_lines_before + line}"
            if "unexpected end" in str(error):
                raise CommandError(f"{at}: a quote opens and is never closed") from None
            if "expected after" in str(error):
                raise CommandError(
                    f"{at}: text follows a closing quote. Write quotes inside a cell twice."
                ) from None
            raise CommandError(f"{at}: {error}") from None

    def _check_cells(self, line: int, row: list[str]) -> None:
        for cell in row:
            wrong = _misread_quote(cell)
            if wrong:
                raise CommandError(f"{self._path}, line {line}: {wrong} in {cell[:40]!r}")


def _misread_quote(cell: str) -> str:
    """Return what shows that a quote of another dialect was read as text, or nothing."""
    if cell[:1].isspace() and cell.lstrip().startswith('"'):
        return "a blank stands between separator and quote"
    if '\\"' in cell:
        return "a backslash stands before a quote, which should stand twice,"
    if len(cell) > 2 and cell[0] == cell[-1] == "'" and "''" in cell[1:-1]:
        return "single quotes stand for double ones"
    return ""


def _decode(data: bytes, path: str) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            try:
                text = data[len(mark) :].decode(encoding)
            except UnicodeDecodeError as error:
                raise CommandError(
                    f"{path} begins as {encoding}, but byte {error.start} is not. Save it as CSV "
                    "in UTF-8."
                ) from None
            break
    else:
        text = "\0" if b"\0" in data else _decode_unmarked(data, path)
    if "\0" in text:
        raise CommandError(f"{path} is not text: it holds NUL bytes. Save it as CSV in UTF-8.")
    return text.lstrip("\ufeff")


def _decode_unmarked(data: bytes, path: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    try:
        text = data.decode("cp1252")  # what spreadsheets of Western Europe and America write
    except UnicodeDecodeError:
        text = ""
    if not text or _UTF_8.search(data):
        raise CommandError(f"{path}, line {line}: not in UTF-8. Save the file as CSV in UTF-8.")
    warn(f"{path} is not in UTF-8 (line {line}); read as Windows-1252", SkannWarning)
    return text


def _separator(text: str, path: str) -> str:
    """Return the separator by which most rows have as many fields as the header, two or more."""
    lines = list(islice(_lines(text), _SAMPLE_LINES))
    found = {separator: _even_rows(lines, separator) for separator in _SEPARATORS}
    found = {separator: rows for separator, rows in found.items() if rows}
    if not found:
        return ","
    text = "".join(lines)
    found = {s: rows for s, rows in found.items() if not _cuts_quotes(rows[0], text)} or found
    most = max(map(len, found.values()))
    best = {separator: rows for separator, rows in found.items() if len(rows) == most}
    if len(best) > 1 and most > _MANY_ROWS:
        if "\t" in best:
            return "\t"
        if "," in best and _has_decimal_commas(lines[1:]):
            del best[","]
    if len(best) > 1:
        one, other = [_SEPARATORS[separator] for separator in best][:2]
        raise CommandError(
            f"{path}: the separator may be the {one} or the {other}. Name it in a first line of "
            f"its own, such as sep={next(iter(best))}"
        )
    return next(iter(best))


def _cuts_quotes(names: list[str], text: str) -> bool:
    """Tell whether a wrong separator cuts a name between two quotes: no writer leaves one in it."""
    return any('"' in name and '"{}"'.format(name.replace('"', '""')) not in text for name in names)


def _lines(text: str) -> Iterator[str]:
    return (line[0] for line in _LINE.finditer(text))


def _even_rows(lines: list[str], separator: str) -> list[list[str]]:
    """Return the header, and the rows after it until one has another number of fields."""
    even: list[list[str]] = []
    try:
        for row in csv.reader(lines, delimiter=separator, strict=True):
            if not row:
                continue
            n = len(even[0] if even else row)
            if n == 1 or (len(row) != n and (len(row) != n + 1 or row[n])):
                break
            even.append(row)
    except csv.Error:  # a wrong separator, the end of the sample, or what the reader will refuse
        pass
    return even


def _has_decimal_commas(lines: list[str]) -> bool:
    return not any(re.search(r"(?<!\d),|,(?!\d)", line) for line in lines)


def _quotes_are_plain(text: _Text, separator: str) -> bool:
    """Tell whether each quote opens a cell, closes it, or is one of two inside."""
    beside = np.frombuffer(f'{separator}\r\n"'.encode(), np.uint8)
    n_quotes, two = 0, b"\n"  # the last byte of the chunk before, and the one before that
    for chunk in itertools.chain(text.chunks(), [b"\n"]):
        chunk = two + chunk
        if b"''" in chunk:
            return False  # as other dialects write one inside of single quotes
        two = chunk[-2:]
        if b'"' not in chunk:
            continue
        codes = np.frombuffer(chunk, np.uint8)
        quotes = np.flatnonzero(codes[1:-1] == ord('"')) + 1
        first = n_quotes % 2
        opened, closed = codes[quotes[first::2] - 1], codes[quotes[1 - first :: 2] + 1]
        if not (np.isin(opened, beside).all() and np.isin(closed, beside).all()):
            return False
        n_quotes += len(quotes)
    return n_quotes % 2 == 0


def _shown(separator: str) -> str:
    return f"({_SEPARATORS.get(separator, separator)})"


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"
