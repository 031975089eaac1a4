"""One platemap in the many forms in which labs keep it: each gives exactly its wells table, or is refused."""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from hcs_plates.errors import PlatemapError
from hcs_plates.platemap import read_platemap
from hcs_plates.wells import FORMATS

PLATE = "NFH_P2"
HEADINGS = ["well", "clone", "diagnosis", "passage", "differentiation_batch", "dose"]
ROWS = [
    ["A01", "201B7", "Ctrl", "22", "D1", "0.5"],
    ["A02", "1.10", "Ctrl", "23", "D1", "12.25"],
    ["A03", "1.1", "Ctrl", "24", "D2", "3"],
    ["B01", "ALS-07", "ALS", "9", "D2", "0.5"],
    ["B02", "ALSµ", "ALS", "10", "D1", ""],
    ["B03", "1E1", "ALS", "11", "D2", "100"],
]
OTHERS = [[well, f"x{at}", "ALS", "1", "D9", "9"] for at, (well, *_) in enumerate(ROWS)]
IMAGED = [row[0] for row in ROWS]
TRUE = {heading: [row[at] for row in ROWS] for at, heading in enumerate(HEADINGS)}

Rows = Sequence[Sequence[Any]]
Save = Callable[[Path], Path]


def text(rows: Rows, sign: str = ",", encoding: str = "utf-8", first: str = "", name: str = "m.csv") -> Save:
    """Save rows as text."""

    def save(folder: Path) -> Path:
        stream = io.StringIO()
        csv.writer(stream, delimiter=sign).writerows(rows)
        (folder / name).write_bytes((first + stream.getvalue()).encode(encoding))
        return folder / name

    return save


def book(edit: Callable[[Any], object] | None = None, **sheets: Rows) -> Save:
    """Save sheets as a workbook, numbers as numbers but in the column of clones, and change it."""

    def save(folder: Path) -> Path:
        made = openpyxl.Workbook()
        made.remove(made.active)
        for title, rows in sheets.items():
            sheet = made.create_sheet(title.replace("_", " "))
            for row in rows:
                sheet.append([typed(at if len(row) > 4 else 0, cell) for at, cell in enumerate(row)])
        if edit is not None:
            edit(made)
        made.save(folder / "m.xlsx")
        return folder / "m.xlsx"

    return save


def typed(at: int, cell: Any) -> Any:
    """A cell as a spreadsheet holds it."""
    if at in (3, 5) and isinstance(cell, str) and cell.replace(".", "", 1).isdigit():
        return float(cell)
    return None if cell == "" else cell


def changed(at: int, by: Callable[[str], str | None]) -> list[list[str]]:
    """The rows with one column spelt otherwise, where `by` says how."""
    return [[(by(cell) or cell) if place == at else cell for place, cell in enumerate(row)] for row in ROWS]


def grid(at: int, corner: str = "") -> list[list[str]]:
    """One column drawn as the plate is."""
    cells = {row[0]: row[at] for row in ROWS}
    return [[corner, "1", "2", "3"], *([r, *(cells[f"{r}0{c}"] for c in (1, 2, 3))] for r in "AB")]


def beside(*blocks: list[list[str]]) -> list[list[str]]:
    """Blocks side by side."""
    return [[cell for row in rows for cell in [*row, ""]] for rows in zip(*blocks, strict=True)]


def blocks(named: bool = True) -> list[list[str]]:
    """All columns drawn as the plate is, one below the other, named in the corner or above."""
    found: list[list[str]] = []
    for at, name in enumerate(["Cell line", "Disease", "Passage", "Diff. batch", "dose"], start=1):
        found += grid(at, name) if named else [[name], *grid(at)]
        found.append([])
    return found


def merged(*ranges: str) -> Callable[[Any], None]:
    """Merge cells of the first sheet."""

    def edit(made: Any) -> None:
        for cells in ranges:
            made.worksheets[0].merge_cells(cells)

    return edit


def put(cell: str, value: Any) -> Callable[[Any], None]:
    """Write a cell of the first sheet."""
    return lambda made: made.worksheets[0].__setitem__(cell, value)


def hidden(made: Any) -> None:
    """Hide the first sheet."""
    made.worksheets[0].sheet_state = "hidden"
    made.active = 1


LAB = ["Well ID", "Cell line", "Group?", "Passage no.", "Diff batch", "Dose (µM)"]
TABLE = [HEADINGS, *ROWS]
COMMAS = [HEADINGS, *changed(5, lambda cell: cell.replace(".", ","))]
BY_PLACE = [["Row", "Col", *HEADINGS[1:]], *([row[0][0], row[0][1:], *row[1:]] for row in ROWS)]
GROUPED = sorted(ROWS, key=lambda row: row[4])
MERGED = [HEADINGS, *([*row[:4], row[4] if at in (0, 3) else "", row[5]] for at, row in enumerate(GROUPED))]
ONE = ["2", "Plate 2", "nfh-p2", "NFH_P2"]

FIRST = beside(grid(1, "clone"), grid(2, "Diagnosis"), grid(3, "passage"))
REST = beside(grid(4, "Diff batch"), grid(5, "Dose"))
OTHER_GRID = [["clone", "1", "2", "3"], ["A", "x", "y", "z"], ["B", "x", "y", "z"]]

READ: dict[str, Save] = {
    "plain": text(TABLE),
    "semicolons": text(TABLE, ";"),
    "tabs in txt": text(TABLE, "\t", name="m.txt"),
    "bom": text(TABLE, encoding="utf-8-sig"),
    "utf-16": text(TABLE, "\t", encoding="utf-16", name="m.txt"),
    "cp1252": text(TABLE, ";", encoding="cp1252"),
    "sep": text(TABLE, ";", first="sep=;\r\n"),
    "sep in utf-16": text(TABLE, ";", encoding="utf-16", first='"sep=;"\n'),
    "decimal commas": text(COMMAS, ";"),
    "decimal commas below a title with commas": text(COMMAS, ";", first="NFH, plate 2, 24 wells, by AB\n"),
    "capitals": text([[one.upper() for one in HEADINGS], *ROWS]),
    "lab headings": text([LAB, *ROWS]),
    "row and column": text(BY_PLACE),
    "row and column in words": text([["Well row", "WellCol", *LAB[1:]], *BY_PLACE[1:]]),
    "wells as typed": text([HEADINGS, *changed(0, lambda cell: f" {cell[0].lower()}{int(cell[1:])}")]),
    "p22": text([HEADINGS, *changed(3, lambda cell: f"p{cell}")]),
    "title rows": text([["Platemap"], ["date", "2026-11-02"], [], LAB, *ROWS]),
    "empty columns": text([["", row[0], "", *row[1:], ""] for row in TABLE]),
    "numbered rows": text([["#", *HEADINGS], *([str(at), *row] for at, row in enumerate(ROWS))]),
    "doses in words beside": text([[*HEADINGS, "Conc."], *([*row, "10 mM"] for row in ROWS)]),
    "groups of treatments": text([[*HEADINGS, "Group"], *([*row, "control siRNA"] for row in ROWS)]),
    "title of another plate": text([["Plate 7"], LAB, *ROWS]),
    "remark below": text([*TABLE, [""] * 6, ["Legend: grey is empty", *[""] * 5]]),
    "blank wells": text([*TABLE, ["B04", *[""] * 5], ["B05", *[""] * 5]]),
    "several plates": text(
        [["Plate no.", *LAB], *(["2", *row] for row in ROWS), *(["1", *row] for row in OTHERS)]
    ),
    "xlsx": book(Sheet1=TABLE),
    "xlsx from column C": book(lambda made: made.active.insert_cols(1, 2), Sheet1=TABLE),
    "xlsx with a merged title": book(merged("A1:F1"), Sheet1=[["NFH screen"], [], LAB, *ROWS]),
    "xlsx with merged cells": book(merged("E2:E4", "E5:E7"), Sheet1=MERGED),
    "sheet of the plate": book(Plate_1=[HEADINGS, *OTHERS], Plate_2=TABLE, Plate_12=[HEADINGS, *OTHERS]),
    "sheet beside notes": book(Read_me=[["a", "b"], ["c", "d"]], Data=TABLE),
    "sheet beside a hidden one": book(hidden, P2=[HEADINGS, *OTHERS], Now=TABLE),
    "grids below each other": text(blocks()),
    "grids named above": text(blocks(named=False)),
    "grids in a workbook": book(Layout=blocks()),
    "grids side by side": text([*FIRST, [], *REST]),
    "grids of two plates": text([["Plate 1"], *OTHER_GRID, [], ["Plate 2"], *blocks()]),
    "grids with a title": text([["NFH, 24 wells"], [], *blocks()]),
}  # fmt: skip


def check(table: pd.DataFrame) -> None:
    """Every cell as in the true map."""
    assert list(table.index) == IMAGED
    assert table["included"].all()
    for name in ("clone", "diagnosis", "differentiation_batch"):
        assert table[name].tolist() == TRUE[name]
    assert table["passage"].tolist() == [int(cell) for cell in TRUE["passage"]]
    assert table["dose"].fillna(-1).tolist() == [float(cell or -1) for cell in TRUE["dose"]]


@pytest.mark.parametrize("name", READ)
def test_a_map_in_another_form_is_the_same_map(name: str, tmp_path: Path) -> None:
    """Whatever was guessed on the way is said."""
    table = read_platemap(READ[name](tmp_path), plate=PLATE, format=FORMATS[24], imaged=IMAGED)
    check(table)
    plain = {
        "plain",
        "semicolons",
        "tabs in txt",
        "bom",
        "utf-16",
        "sep",
        "sep in utf-16",
        "capitals",
        "xlsx",
    }
    silent = {*plain, "row and column", "wells as typed", "empty columns", "xlsx from column C"}
    told = [one for one in table.attrs["notices"] if "'Col'" not in one]
    assert bool(told) != (name in silent), told


REFUSED: dict[str, tuple[Save, str]] = {
    "two sheets": (book(a=TABLE, b=[HEADINGS, *OTHERS]), "several sheets with tables"),
    "other plates' sheets": (book(Plate_1=TABLE, Plate_3=TABLE), "none is called as plate"),
    "one sheet of another plate": (book(Plate_1=TABLE), "is of another plate"),
    "rows of other plates": (text([["plate", *HEADINGS], *(["P1", *row] for row in OTHERS)]), "no rows for"),
    "damaged text": (text(TABLE, first="é,", encoding="utf-8"), "has 6 values|names 7"),
    "commas in a comma file": (text(COMMAS), "decimal commas"),
    "commas in a workbook": (book(put("F2", "0,5"), Sheet1=TABLE), "decimal commas"),
    "thousands": (text([HEADINGS, *changed(5, {"100": "1 250"}.get)]), "thousands"),
    "either": (text([HEADINGS, *changed(5, lambda _: "1,250")], ";"), "may have decimal commas or"),
    "points and commas": (text([*COMMAS[:-1], [*COMMAS[-1][:5], "1.5"]], ";"), "commas and decimal points"),
    "formula": (book(put("B3", "=A1"), Sheet1=TABLE), "cell B3 holds a formula without a value"),
    "reference": (book(put("C4", "#REF!"), Sheet1=TABLE), "cell C4 holds the error #REF!"),
    "date": (book(put("B5", date(2026, 1, 2)), Sheet1=TABLE), "cell B5: clone is a date"),
    "clones as numbers": (book(put("B4", 1.1), Sheet1=TABLE), "cell B4: 'clone' names things"),
    "date in text": (text([HEADINGS, *changed(1, {"1E1": "02-Jan"}.get)]), "line 7: clone is a date"),
    "date in a grid": (book(put("C3", date(2026, 1, 2)), Layout=blocks()), "cell C3: clone is a date"),
    "merged columns": (book(merged("B3:C3"), Sheet1=TABLE), "merged cells B3:C3 stand over several"),
    "two tables": (text([*TABLE, [], *TABLE]), "line 9 names the columns again"),
    "beside the table": (book(put("I4", "grey: empty"), Sheet1=TABLE), "cells I4 stand beside"),
    "two groups of doses": (text([[*HEADINGS[:5], "Dose (nM)", "dose"], *([*r, "1"] for r in ROWS)]), "dose"),
    "clone numbers of two lines": (
        text([[*HEADINGS, "Line"], *([r[0], "1", *r[2:], f"L{at}"] for at, r in enumerate(ROWS))]),
        "clone '1' has 6 values of Line",
    ),
    "nameless grid": (text(grid(1)), "has no name"),
    "two grids of one name": (text([*grid(1, "clone"), [], *grid(2, "clone")]), "several blocks 'clone'"),
    "grids of other plates": (
        text([["Plate 1"], *grid(1, "clone"), [], ["Plate 3"], *grid(1, "clone")]),
        "draws several plates",
    ),
    "a row outside the grid": (text([*blocks(), ["D", "c7", "c8", "c9"]]), "outside of the plate's rows"),
    "beside the grid": (text([[*row, "", "note"] for row in grid(1, "clone")]), "stands beside the plate's"),
    "grid and list": (text([*TABLE, [], *grid(1, "clone")]), "keep one"),
    "grid without a well": (text([row[:-1] for row in grid(1, "clone")]), "A03, B03|no column"),
    "excluded and included": (
        text([[*HEADINGS, "included", "Exclude"], *([*r, "1", "1"] for r in ROWS)]),
        "of wells that take part and one of those that do not",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_told_is_refused(name: str, tmp_path: Path) -> None:
    """One sentence with the place and what to do."""
    save, said = REFUSED[name]
    with pytest.raises(PlatemapError, match=said):
        read_platemap(save(tmp_path), plate=PLATE, format=FORMATS[24], imaged=IMAGED)


def test_a_sheet_that_is_asked_for_is_read(tmp_path: Path) -> None:
    """Whatever it is called."""
    path = book(a=[HEADINGS, *OTHERS], b=TABLE)(tmp_path)
    check(read_platemap(path, plate=PLATE, format=FORMATS[24], imaged=IMAGED, sheet="B"))


def test_empty_wells_and_those_without_a_clone(tmp_path: Path) -> None:
    """EMPTY takes no part, imaged or not; a second antibody alone is no clone; x leaves out."""
    rows = [["A04", "EMPTY"], ["B04", "2nd ab only"], ["C01", "(empty)"], ["C02", ""]]
    content = [[*HEADINGS, "Exclude", "Notes"], *([*row, "x" if row[0] == "B03" else "", ""] for row in ROWS)]
    content += [[well, said, *[""] * 6] for well, said in rows]
    content.append(["C03", *[""] * 6, "empty"])
    imaged = [*IMAGED, "A04", "B04"]
    table = read_platemap(text(content)(tmp_path), plate=PLATE, format=FORMATS[24], imaged=imaged)
    assert list(table.index[~table["included"]]) == ["A04", "B03", "C01", "C03"]
    assert table["clone"].dropna().tolist() == TRUE["clone"]
    assert table.loc["B04", "included"]
    assert "C02" not in table.index


def test_signs_are_no_names(tmp_path: Path) -> None:
    """Clones called - or ? are not one clone, and unknown donors are not one person."""
    rows = [["-", "D1"], ["?", "D2"], ["c1", "unknown"], ["c2", "n.d."], ["c3", "D3"], ["--", "-"]]
    content = [["well", "clone", "donor"], *([well, *row] for well, row in zip(IMAGED, rows, strict=True))]
    table = read_platemap(text(content)(tmp_path), plate=PLATE, format=FORMATS[24], imaged=IMAGED)
    assert table["clone"].dropna().tolist() == ["c1", "c2", "c3"]
    assert table["donor"].dropna().tolist() == ["D1", "D2", "D3"]
    assert table["included"].all()
    assert table.attrs["notices"] == [
        "clone '-' was read as not known: wells A01, A02, B03.",
        "donor 'unknown' was read as not known: wells A03, B01, B03.",
    ]


@pytest.mark.parametrize(
    ("groups", "found"),
    [
        (["Ctrl", "Ctrl", "Ctrl", "ALS", "ALS", "ALS"], "diagnosis"),
        (["Healthy control", "MND"] * 3, "diagnosis"),
        (["Control siRNA", "siTDP"] * 3, "Group"),
        (["b1", "b2"] * 3, "Group"),
    ],
)
def test_a_group_is_a_diagnosis_where_it_can_be_one(groups: list[str], found: str, tmp_path: Path) -> None:
    """A control is among its values, and no clone has two of them."""
    rows = [["well", "Line", "Group"], *([w, f"L{w}", g] for w, g in zip(IMAGED, groups, strict=True))]
    table = read_platemap(text(rows)(tmp_path), plate=PLATE, format=FORMATS[24], imaged=IMAGED)
    assert table[found].tolist() == groups
    rows = [["well", "Line", "Group"], *([w, "L1", g] for w, g in zip(IMAGED, groups, strict=True))]
    table = read_platemap(text(rows)(tmp_path), plate=PLATE, format=FORMATS[24], imaged=IMAGED)
    assert table["Group"].tolist() == groups


@pytest.mark.parametrize("name", ["P1.csv", "map of plate 3.csv"])
def test_a_file_of_another_plate_is_remarked(name: str, tmp_path: Path) -> None:
    """By its name; what stands in it may be right."""
    table = read_platemap(text(TABLE, name=name)(tmp_path), plate=PLATE, format=FORMATS[24], imaged=IMAGED)
    assert "names another plate than 'NFH_P2'" in table.attrs["notices"][0]


def test_the_example_of_the_readme(tmp_path: Path) -> None:
    """Read as its words say."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    table = readme[readme.index("| Well | Cell line") :].split("\n\n")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    path = text([rows[0], *rows[2:]])(tmp_path)
    read = read_platemap(path, plate="P1", format=FORMATS[96], imaged=["B02", "B03", "B04", "B05"])
    assert read["included"].to_dict() == {"B02": True, "B03": True, "B04": False, "B05": True, "B06": False}
    assert read["clone"].dropna().tolist() == ["201B7", "ALS01-3", "ALS01-3"]
    assert read["passage"].dropna().tolist() == [22, 24, 24]
    assert read["role"].dropna().to_dict() == {"B05": "negative_control"}
    assert (read["differentiation_batch"].dropna() == "D7").all()
