"""Tables as CSV: nothing in them runs in a spreadsheet, and hcs reads back what it wrote."""

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hcs_plates.csvcells import csv_text, quoted, unquoted
from hcs_plates.errors import InputFileError
from hcs_plates.sheet import read_sheet


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=cmd|'/c calc'!A0", "'=cmd|'/c calc'!A0"),
        ("=1", "'=1"),
        ("+1+1", "'+1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t=1"),
        ("'=1", "''=1"),
        ("-1", "-1"),
        ("+2.5e-3", "+2.5e-3"),
        ("-", "-"),
        ("c-1", "c-1"),
        ("'quoted'", "'quoted'"),
        ("", ""),
        ("µ=1", "µ=1"),
    ],
)
def test_what_would_run_is_quoted(cell: str, written: str) -> None:
    """Formulas get an apostrophe; numbers and harmless text stay."""
    assert quoted(cell) == written
    assert unquoted(written) == cell


@given(st.text())
def test_text_survives(text: str) -> None:
    """Any text is the same after it was quoted and unquoted."""
    assert unquoted(quoted(text)) == text


@settings(max_examples=40)
@given(st.lists(st.text("=+-@'1a ,\"", min_size=1, max_size=5).filter(lambda text: text.strip()), min_size=1))
def test_readers_read_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    """Through the file and the reader of tables; no cell of the file is a formula."""
    place = tmp_path_factory.mktemp("csv") / "t.csv"
    table = pd.DataFrame({"=well": [name.strip() for name in names], "n": range(len(names))})
    place.write_text(csv_text(table), encoding="utf-8")
    for row in csv.reader(io.StringIO(csv_text(table))):
        assert not row[0].startswith(("=", "@"))
    sheet = read_sheet(place, InputFileError)
    assert sheet.headings == ("=well", "n")
    assert [row.cells[0] for row in sheet.rows] == table["=well"].tolist()


def test_numbers_and_gaps_are_written_as_pandas_does() -> None:
    """Only text is touched, and the table that was given is not."""
    table = pd.DataFrame(
        {
            "x": [-1.5, float("nan"), 1e-9],
            "n": pd.array([-1, None, 2], dtype="Int64"),
            "flag": [True, False, True],
            "day": pd.to_datetime(["2026-01-02"] * 3),
            "kind": pd.Categorical(["a", "b", "a"]),
            "mixed": [None, -2, "=1"],
        }
    )
    before = table.copy()
    assert csv_text(table).replace("'=1", "=1") == table.to_csv(index=False, lineterminator="\n")
    pd.testing.assert_frame_equal(table, before)


def test_every_writer_of_csv_goes_through_one_place() -> None:
    """No module writes CSV by itself (a digest of a table's text is no file)."""
    root = Path(__file__).resolve().parents[2]
    found = [
        path.name
        for folder in ("hcs/hcs", "plates/hcs_plates", "models/hcs_models")
        for path in (root / folder).rglob("*.py")
        if any(
            ".to_csv(" in line and not line.lstrip().startswith(">>>") and "digest(" not in line
            for line in path.read_text(encoding="utf-8").splitlines()
        )
    ]
    assert found == ["csvcells.py"]
