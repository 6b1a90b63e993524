"""CSV files as people have them: their dialect is found, or the line is named."""

import pytest

from skann import SkannWarning
from skann.cli._csv import read_csv
from skann.cli._errors import CommandError


@pytest.fixture
def write(tmp_path):
    """Write a text or bytes to a CSV file; returns its path."""

    def write(text, encoding="utf-8"):
        path = tmp_path / "data.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return str(path)

    return write


def _cells(path):
    table = read_csv(path)
    return table.column_names, [list(row.values()) for row in table.to_pylist()]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("name,fee,town\nAnn,2.5,Köln\n", "utf-8"),
        ("name,fee,town\nAnn,2.5,Köln\n", "utf-8-sig"),
        ("name;fee;town\nAnn;2.5;Köln\n", "utf-8"),
        ("name\tfee\ttown\r\nAnn\t2.5\tKöln\r\n", "utf-8"),
        ("name|fee|town\rAnn|2.5|Köln", "utf-8"),
        ('"name";"fee";"town"\n"Ann";2.5;"Köln"\n', "utf-8"),
        ("name\tfee\ttown\nAnn\t2.5\tKöln\n", "utf-16"),
        ("\ufeffname,fee,town\nAnn,2.5,Köln\n", "utf-16-be"),
        ("\ufeffname,fee,town\nAnn,2.5,Köln\n", "utf-32-le"),
        ("sep=;\nname;fee;town\nAnn;2.5;Köln\n", "utf-8"),
        ('\n\n"SEP=^"\r\n\nname^fee^town\nAnn^2.5^Köln\n', "utf-8"),
        ("\n  \n,,\n\nname,fee,town\n\nAnn,2.5,Köln\n\n\n", "utf-8"),
        ("name,fee,town\nAnn,2.5,Köln,\n", "utf-8"),  # what ends each row, but not the header
    ],
)
def test_encodings_separators_and_what_stands_before_the_header_are_found(text, encoding, write):
    assert _cells(write(text, encoding)) == (["name", "fee", "town"], [["Ann", "2.5", "Köln"]])


def test_cells_are_text_as_written_and_empty_ones_are_missing(write):
    text = 'a,b,c,d,e,f\n007,1_2,NA, x ,,""\n1E5,12.50,null,"say ""hi""",True,"a,b\nc"\n'
    _, (first, second) = _cells(write(text))
    assert first == ["007", "1_2", "NA", " x ", None, None]
    assert second == ["1E5", "12.50", "null", 'say "hi"', "True", "a,b\nc"]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_separator_that_occurs_in_names_is_told_by_the_rows(separator, write):
    names = ["Age, years", "Charge, EUR, net", "Churn"]
    text = separator.join(names) + f"\n30{separator}2{separator}Yes\n"
    assert _cells(write(text)) == (names, [["30", "2", "Yes"]])


def test_decimal_commas_do_not_take_a_tab_or_semicolon_for_a_comma(write):
    for separator in ";\t":
        rows = [f"1,{i}{separator}Yes" for i in range(20)]
        text = "\n".join([f"Charge, EUR{separator}Churn", *rows])
        names, cells = _cells(write(text))
        assert names == ["Charge, EUR", "Churn"]
        assert cells[3] == ["1,3", "Yes"]


def test_a_separator_that_cannot_be_told_is_asked_for(write):
    text = "a;b,c\nx;y,z\n"
    with pytest.raises(CommandError, match="the comma or the semicolon. Name it in a first line"):
        read_csv(write(text))
    assert _cells(write("sep=;\n" + text)) == (["a", "b,c"], [["x", "y,z"]])


def test_line_breaks_and_separators_in_quoted_names_are_parts_of_them(write):
    assert _cells(write('"a\nkind";b\nx;1\n')) == (["a\nkind", "b"], [["x", "1"]])
    assert _cells(write('"a;b;c;d",fee\nx,1\n')) == (["a;b;c;d", "fee"], [["x", "1"]])
    assert _cells(write('fee,"a|b"\n1,"x|y"\n')) == (["fee", "a|b"], [["1", "x|y"]])


def test_one_column_is_a_table_too(write):
    assert _cells(write('age\n30\n""\n31\n')) == (["age"], [["30"], [None], ["31"]])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b,c\n1,2,3\n1,2,3,4\n", "line 3: 4 fields where the header has 3"),
        ("\nsep=,\n\na,b,c\n1,2,3\n1,2\n", "line 6: 2 fields where the header has 3"),
        ('a,b\n"1\n1",2\n1\n', "line 4: 1 field where the header has 2"),
        ("a,b\n1,2,\n1,2,3\n", "line 3: 3 fields where the header has 2"),
        ("a,b\n1,2,\n1,2\n", "line 3: the rows before it end in a separator"),
        ("a,b\nrow,1,2\nrow,3,4\n", "line 2: 3 fields where the header has 2"),
        ('a,b\n1,2\n3,"4\n5,6\n', "line 3: a quote opens and is never closed"),
        # The two quotes would make one cell of two rows, and the fields would be as many.
        ('a,b,c\nx,"foo,1\ny,"bar,2\n', "line 2: text follows a closing quote"),
        ('a,b\n1,"say \\"x\\", y"\n', "line 2: text follows a closing quote"),
        ('a,b\nx, "y"\n', "line 2: a blank stands between separator and quote"),
        ('a, "b"\nx,y\n', "line 1: a blank stands between separator and quote"),
        ('a,b\n5\\" pipe,1\n', "line 2: a backslash stands before a quote"),
        ("a,b\n1,'it''s'\n", "line 2: single quotes stand for double ones"),
        ("'a','b'\n'1','2'\n", "the names are in single quotes"),
        ("a,b\n1,\0\n", "holds NUL bytes"),
        ("", "is empty"),
        ("\n \n", "is empty"),
    ],
)
def test_what_would_be_shifted_or_lost_is_refused_with_its_line(text, said, write):
    with pytest.raises(CommandError, match="data.csv") as error:
        read_csv(write(text))
    assert said in str(error.value)


def test_a_stray_quote_far_down_is_found(write):
    rows = ["a,b", *['"x",1'] * 3000, '"y,2', *["z,3"] * 10]
    with pytest.raises(CommandError, match="line 3002: a quote opens and is never closed"):
        read_csv(write("\n".join(rows)))


def test_inches_in_unquoted_cells_are_only_quotes(write):
    assert _cells(write('size,n\n5" pipe,1\n')) == (["size", "n"], [['5" pipe', "1"]])


def test_windows_1252_is_read_with_a_word(write):
    with pytest.warns(SkannWarning, match=r"not in UTF-8 \(line 2\); read as Windows-1252"):
        assert _cells(write("name;fee\nKöln;2,5\n", "cp1252"))[1] == [["Köln", "2,5"]]


@pytest.mark.parametrize(
    "content",
    [
        "town\nKöln\n".encode() + "Köln\n".encode("cp1252"),  # two encodings in one file
        b"town\nK\x81\x8d\n",  # neither
        "a,b\n1,2\n".encode("utf-16-le"),  # no byte-order mark
        b"\xff\xfea\x00,\x00\xd8\xd8",
    ],
)
def test_other_encodings_are_refused(content, write):
    with pytest.raises(CommandError, match="Save (it|the file) as CSV in UTF-8"):
        read_csv(write(content))


def test_a_cell_may_be_longer_than_the_blocks_that_pyarrow_reads_in(write):
    long = "x" * 3_000_000
    cells = _cells(write(f'a,b\n1,x\n2,y\n3,"{long}"\n'))[1]
    assert cells == [["1", "x"], ["2", "y"], ["3", long]]
