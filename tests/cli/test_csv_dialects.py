"""Whatever the dialect of a CSV file, its table reads back the same or is refused."""

import csv
import io
import warnings

from hypothesis import given, settings
from hypothesis import strategies as st

from skann.cli._csv import read_csv
from skann.cli._errors import CommandError
from skann.cli._tables import read_table

CELLS = st.text(alphabet="aZ09é ,;|\t\"'\n.-=", max_size=6)
NAMES = st.text(alphabet="aZ09é ,;|\t\"'\n", min_size=1, max_size=6).filter(
    lambda name: (
        name.strip() == name
        and any(map(str.isalnum, name))  # a line of separators alone is a blank one
        and not name.casefold().startswith("sep=")
    )
)
TABLES = st.integers(2, 4).flatmap(
    lambda n: st.tuples(
        st.lists(NAMES, min_size=n, max_size=n, unique=True),
        st.lists(st.lists(CELLS, min_size=n, max_size=n), min_size=1, max_size=30),
    )
)
QUOTING = [
    ('"', csv.QUOTE_MINIMAL),
    ('"', csv.QUOTE_ALL),
    ('"', csv.QUOTE_NONNUMERIC),
    ("'", csv.QUOTE_ALL),  # which is refused
]
DIALECTS = st.builds(
    lambda delimiter, quoting: dict(delimiter=delimiter, quotechar=quoting[0], quoting=quoting[1]),
    st.sampled_from(",;\t|"),
    st.sampled_from(QUOTING),
)
LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])  # inside cells as well
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
BEFORE = st.sampled_from(["", "\n", "\n \n", "sep=", "\nsep="])


@settings(max_examples=150, deadline=None)
@given(TABLES, DIALECTS, LINE_ENDS, ENCODINGS, BEFORE, st.booleans(), st.booleans())
def test_a_table_in_any_dialect_reads_back_the_same_or_is_refused(
    tmp_path_factory, table, dialect, line_end, encoding, before, blanks, ends_in_separator
):
    names, rows = table
    file = io.StringIO(newline="")
    file.write(before + dialect["delimiter"] + "\n" if before.endswith("sep=") else before)
    writer = csv.writer(file, lineterminator="\n", **dialect)
    writer.writerow([f" {name} " for name in names] if blanks else names)
    writer.writerows([*row, ""] if ends_in_separator else row for row in rows)
    path = tmp_path_factory.getbasetemp() / "dialect.csv"
    path.write_bytes(file.getvalue().replace("\n", line_end).encode(encoding))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read = read_table(str(path))
        except CommandError as error:
            assert str(path) in str(error)
            quotes = {*"\"'"} & set().union(*names, *(cell for row in rows for cell in row))
            assert quotes or dialect["quotechar"] == "'" or dialect["quoting"] != csv.QUOTE_ALL
            return
    assert read.column_names == [name.replace("\n", line_end) for name in names]
    assert [list(row.values()) for row in read.to_pylist()] == [
        [cell.replace("\n", line_end) or None for cell in row] for row in rows
    ]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet='a,;"\n\r ', max_size=40))
def test_any_text_is_read_as_the_csv_module_reads_it_or_is_refused(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "text.csv"
    path.write_bytes(b"h,k,l\n" + text.encode())
    try:
        read = read_csv(str(path))
    except CommandError:
        return
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    assert [[cell or "" for cell in row.values()] for row in read.to_pylist()] == [
        row[:3] for row in rows
    ]
