"""Tables as people save them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs_plates.errors import PlatemapError
from hcs_plates.rows import Row
from hcs_plates.sheet import read_sheet


def write(folder: Path, content: str, name: str = "t.csv") -> Path:
    """Save a text table."""
    path = folder / name
    path.write_text(content, encoding="utf-8", newline="")
    return path


def test_rows_carry_their_lines(tmp_path: Path) -> None:
    """Lines count from 1; blank lines, comments and cells with line breaks count too."""
    sheet = read_sheet(write(tmp_path, 'a,b\r\n\r\n1,"x\r\ny"\r\n#c\r\n2, z \r\n'), PlatemapError)
    assert sheet.headings == ("a", "b")
    assert [(row.line, row.cells[0]) for row in sheet.rows] == [(3, "1"), (6, "2")]
    assert sheet.rows[1].cells == ("2", "z")


def test_empty_columns_at_the_end_are_dropped(tmp_path: Path) -> None:
    """Spreadsheets save commas for cells nobody filled."""
    sheet = read_sheet(write(tmp_path, "a,b,,\n1,2,,\n3,,,\n"), PlatemapError)
    assert sheet.headings == ("a", "b")
    assert sheet.rows == (Row(2, ("1", "2")), Row(3, ("3", "")))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("a,b\n1\n", "line 2 has 1 values where line 1 names 2 columns"),
        ("a,b\n1,2,3\n", "line 2 has 3 values"),
        ("a,b,\n1,2,3\n", "line 2 has 3 values where line 1 names 2 columns"),
        ("a,,b\n1,2,3\n", "column 2 has no name (line 1)"),
    ],
)
def test_ragged_tables_are_refused(tmp_path: Path, content: str, fault: str) -> None:
    """A value without a column, or a column without a name, is never guessed."""
    with pytest.raises(PlatemapError) as refusal:
        read_sheet(write(tmp_path, content), PlatemapError)
    assert any(fault in sentence for sentence in refusal.value.faults)


@given(st.sampled_from(",;\t"), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1))
def test_any_separator_gives_the_same_cells(
    tmp_path_factory: pytest.TempPathFactory, delimiter: str, numbers: list[tuple[int, int]]
) -> None:
    """Commas, semicolons and tabs are told apart by the headings."""
    rows = [("first", "second"), *((str(a), str(b)) for a, b in numbers)]
    content = "\n".join(delimiter.join(row) for row in rows)
    sheet = read_sheet(write(tmp_path_factory.mktemp("sheet"), content), PlatemapError)
    assert [row.cells for row in sheet.rows] == rows[1:]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (
            ",1,2,3\nA,c1,c1,c2\nB,c3,c3,c3\n",
            "is drawn as the plate is (numbers across, letters down); expected one row per well",
        ),
        ("Clones,,,\n\nclone,1,2,3\nA,c1,c1,c2\n", "numbers across, letters down"),
        ("a,b\n1,2\na,b\n3,4\n", "line 3 names the columns again; keep one table in a file"),
    ],
)
def test_tables_of_another_shape_are_recognised(tmp_path: Path, content: str, fault: str) -> None:
    """A table drawn as the plate is, and two tables in one: a sentence that says what to do."""
    with pytest.raises(PlatemapError) as refusal:
        read_sheet(write(tmp_path, content), PlatemapError)
    (sentence,) = refusal.value.faults
    assert fault in sentence


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
def test_the_separator_can_be_stated(tmp_path: Path, first: str) -> None:
    """Excel's own first line is no row, and lines keep their numbers."""
    sheet = read_sheet(write(tmp_path, f"{first}\r\na,x;b\r\n1;2\r\n"), PlatemapError)
    assert sheet.headings == ("a,x", "b")
    assert sheet.rows == (Row(3, ("1", "2")),)


def test_invisible_characters_do_not_count(tmp_path: Path) -> None:
    """In headings and cells alike, as outer spaces do not."""
    sheet = read_sheet(write(tmp_path, "we\u200bll,b\nA01,C\u00a07\u200b\n"), PlatemapError)
    assert (sheet.headings, sheet.rows[0].cells) == (("well", "b"), ("A01", "C 7"))


def test_titles_above_the_names_are_told(tmp_path: Path) -> None:
    """A title of one cell is recognised in any table, what stands above known headings in a table of them."""
    sheet = read_sheet(write(tmp_path, "Map of P1,,\nwell,b,c\nA01,1,x\nA02,2,y\n"), PlatemapError)
    assert sheet.headings == ("well", "b", "c")
    assert sheet.notices == ("Not read, as it stands above the column names: line 1 ('Map of P1').",)
    content = "Date,today,by AB\nPlate,,\n\nwell,b,c\nA01,1,x\n"
    sheet = read_sheet(write(tmp_path, content), PlatemapError, head=lambda cells: cells[0] == "well")
    assert (sheet.headings, len(sheet.rows)) == (("well", "b", "c"), 1)
    assert "line 1 ('Date today by AB'), 2 ('Plate')" in sheet.notices[0]


def test_columns_of_nothing_are_dropped(tmp_path: Path) -> None:
    """Left of the table and within it; a value without a name is a fault."""
    assert read_sheet(write(tmp_path, ",a,,b\n,1,,2\n"), PlatemapError).headings == ("a", "b")
    with pytest.raises(PlatemapError, match="column 3 has no name"):
        read_sheet(write(tmp_path, ",a,,b\n,1,x,2\n"), PlatemapError)
