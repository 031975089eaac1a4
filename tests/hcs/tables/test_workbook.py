"""Tables as one workbook."""

import io
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from hcs.tables import workbook
from hcs.tables.workbook import write_workbook
from hcs_plates.errors import ArgumentError, ExistsError, PlaceError

WELLS = pd.DataFrame(
    {
        "well": ["A01", "=1+1", "-", "+ x", "tab\tbell\x07 <&> _x0007_"],
        "area_um2": [1.5, np.nan, np.inf, -2e-9, 0.1],
        "small": np.array([0.1, 0.2, 0.3, 0.4, 0.5], dtype=np.float32),
        "n": pd.array([1, None, 3, 4, 10**17], dtype="Int64"),
        "included": [True, False, True, True, True],
        "day": pd.to_datetime(
            ["2026-11-30", None, "2026-01-01 12:00", "2026-01-02", "2026-01-03"], format="mixed"
        ),
        "mixed": [1, "1", None, 2.5, False],
    }
)


def cells(book: openpyxl.Workbook, sheet: str) -> list[list[object]]:
    """Values of a sheet."""
    return [list(row) for row in book[sheet].iter_rows(values_only=True)]


def test_a_spreadsheet_reads_numbers_as_numbers_and_text_as_text(tmp_path: Path) -> None:
    """Numbers, true and false, and days keep their kind, missing cells are empty, no text is a formula."""
    path, told = write_workbook({"wells": WELLS}, tmp_path / "t.xlsx")
    book = openpyxl.load_workbook(path)
    head, *rows = cells(book, "wells")
    assert not told
    assert head == list(WELLS.columns)
    assert [row[1] for row in rows] == [1.5, None, "inf", -2e-9, 0.1]
    assert [row[2] for row in rows] == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert [row[3] for row in rows] == [1, None, 3, 4, str(10**17)]
    assert [row[4] for row in rows] == [True, False, True, True, True]
    assert [row[5] for row in rows][:3] == [
        pd.Timestamp("2026-11-30"),
        None,
        pd.Timestamp("2026-01-01 12:00"),
    ]
    assert [row[6] for row in rows] == [1, "1", None, 2.5, False]
    assert [row[0] for row in rows] == [*WELLS["well"][:4], "tab\tbell_x0007_ <&> _x005F_x0007_"]
    assert {cell.data_type for row in book["wells"].iter_rows() for cell in row} == {"s", "n", "b", "d"}


def test_the_first_sheet_lists_every_column_with_its_unit(tmp_path: Path) -> None:
    """Names too long or alike stay apart, and the first sheet says which table each sheet is."""
    long = "correction_of_the_batches_by_centring"
    tables = {"wells": WELLS, "Wells": WELLS[["n"]], long: WELLS[["well"]], f"{long}_2": WELLS[[]]}
    book = openpyxl.load_workbook(write_workbook(tables, tmp_path / "t.xlsx")[0])
    assert book.sheetnames == ["contents", "wells", "Wells~2", long[:31], f"{long[:29]}~2"]
    head, *rows = cells(book, "contents")
    assert head == ["sheet", "table", "part", "rows", "column", "unit", "holds"]
    assert ["wells", "wells", None, 5, "area_um2", "µm²", "numbers"] in rows or [
        "wells", "wells", "", 5, "area_um2", "µm²", "numbers"
    ] in rows  # fmt: skip
    assert {(row[0], row[1]) for row in rows} >= {(long[:31], long), ("Wells~2", "Wells")}


def test_a_table_too_long_for_a_sheet_goes_on_in_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No row is lost, and the split is told."""
    monkeypatch.setattr(workbook, "MOST_ROWS", 2)
    path, told = write_workbook({"wells": WELLS[["n"]]}, tmp_path / "t.xlsx")
    book = openpyxl.load_workbook(path)
    parts = [cells(book, name)[1:] for name in book.sheetnames[1:]]
    assert [row[0] for part in parts for row in part] == [1, None, 3, 4, str(10**17)]
    assert told == ("wells has 5 rows: it goes on over 3 sheets.",)
    monkeypatch.setattr(workbook, "MOST_COLUMNS", 3)
    with pytest.raises(ArgumentError, match="has 7 columns, and a sheet has room for 3"):
        write_workbook({"wells": WELLS}, tmp_path / "wide.xlsx")


def test_it_is_whole_or_not_there_and_the_same_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same tables give the same bytes; an error leaves no file, and none that stands is replaced."""
    one, _ = write_workbook({"wells": WELLS}, tmp_path / "one.xlsx")
    two, _ = write_workbook({"wells": WELLS}, tmp_path / "two.xlsx")
    assert one.read_bytes() == two.read_bytes()
    assert zipfile.ZipFile(io.BytesIO(one.read_bytes())).testzip() is None
    with pytest.raises(ExistsError, match="stands there already"):
        write_workbook({"wells": WELLS}, one)
    with pytest.raises(ArgumentError, match=r"give one that ends in \.xlsx"):
        write_workbook({"wells": WELLS}, tmp_path / "one.xls")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(workbook, "_write", full)
    with pytest.raises(PlaceError, match="the disk is full"):
        write_workbook({"wells": WELLS}, tmp_path / "three.xlsx")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.xlsx", "two.xlsx"]


def test_a_text_longer_than_a_cell_is_cut_and_told(tmp_path: Path) -> None:
    """A spreadsheet refuses files with longer cells."""
    path, told = write_workbook({"notes": pd.DataFrame({"text": ["x" * 40_000]})}, tmp_path / "t.xlsx")
    assert len(str(cells(openpyxl.load_workbook(path), "notes")[1][0])) == 32_767
    assert told == ("notes: texts of 'text' are cut at 32,767 letters, for which a cell has room.",)
