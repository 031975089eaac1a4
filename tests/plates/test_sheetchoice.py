"""Which sheet of a workbook is read: never one of several without a reason that is said."""

from collections.abc import Mapping

import pytest

from hcs_plates.headings import names_wells
from hcs_plates.rows import UnreadableError
from hcs_plates.sheetchoice import SheetChoice
from hcs_plates.workbook import Cells, SheetName

TABLE: Cells = {1: {0: "well", 1: "clone"}, 2: {0: "A01", 1: "c1"}}
LEGEND: Cells = {1: {0: "colour", 1: "meaning"}, 2: {0: "red", 1: "ALS"}}
NOTES: Cells = {1: {0: "read me"}, 2: {0: "first"}}


def chosen(sheets: Mapping[str, Cells], choice: SheetChoice, hidden: str = "") -> tuple[str, tuple[str, ...]]:
    """Choose among sheets of these cells."""
    names = [SheetName(name, True, name == hidden) for name in sheets]
    return choice(names, sheets.__getitem__)


PLATES = {"Plate 1": TABLE, "Plate 2": TABLE, "Plate 12": TABLE}


@pytest.mark.parametrize(
    ("sheets", "choice", "name"),
    [
        ({"Sheet1": TABLE}, SheetChoice(), "Sheet1"),
        ({"Sheet1": TABLE}, SheetChoice(plate="NFH_P2"), "Sheet1"),
        (PLATES, SheetChoice(plate="NFH_P2"), "Plate 2"),
        (PLATES, SheetChoice(plate="exp7 plate-12"), "Plate 12"),
        (PLATES, SheetChoice(asked="plate_2"), "Plate 2"),
        (PLATES, SheetChoice(asked="Plate 1", plate="NFH_P2"), "Plate 1"),
        ({"nfh p01": TABLE, "P1": TABLE}, SheetChoice(plate="NFH_P1"), "nfh p01"),
        ({"notes": NOTES, "x": TABLE}, SheetChoice(), "x"),
        ({"legend": LEGEND, "x": TABLE}, SheetChoice(plate="P9", fits=lambda c: c is TABLE), "x"),
    ],
)
def test_the_sheet_that_is_meant(sheets: Mapping[str, Cells], choice: SheetChoice, name: str) -> None:
    """By name as asked, by the plate's name, or because only one holds such a table; told among several."""
    found, notices = chosen(sheets, choice)
    assert found == name
    assert bool(notices) == (len(sheets) > 1 and choice.asked is None)


@pytest.mark.parametrize(
    ("sheets", "choice", "said"),
    [
        (PLATES, SheetChoice(), "has several sheets with tables ('Plate 1', 'Plate 2', 'Plate 12')"),
        (PLATES, SheetChoice(plate="sim-2"), "none is called as plate 'sim-2' is; say with --sheet"),
        (PLATES, SheetChoice(plate="P3_day2"), "none is called"),
        ({"P1 a": TABLE, "P1 b": TABLE}, SheetChoice(plate="P1"), "several sheets that can be of plate 'P1'"),
        ({"Plate 2": TABLE}, SheetChoice(plate="NFH_P1"), "is of another plate than 'NFH_P1' by its name"),
        (
            {"Plate 1": {}, "Plate 2": TABLE},
            SheetChoice(plate="X_P3"),
            "is of another plate than 'X_P3' by its name",
        ),
        ({"a": TABLE, "b": LEGEND}, SheetChoice(), "say with --sheet which one is meant"),
        (PLATES, SheetChoice(asked="Plate 3"), "has no one sheet 'Plate 3'; its sheets are 'Plate 1'"),
        ({"a": NOTES, "b": NOTES}, SheetChoice(), "several sheets"),
    ],
)
def test_sheets_that_cannot_be_told(sheets: Mapping[str, Cells], choice: SheetChoice, said: str) -> None:
    """One sentence with the sheets there are."""
    with pytest.raises(UnreadableError) as refusal:
        chosen(sheets, choice)
    assert said in str(refusal.value)


def test_hidden_sheets_are_read_when_asked_for() -> None:
    """A hidden sheet is nobody's first guess, not even where it is called as the plate is."""
    sheets = {"P1": TABLE, "lists": LEGEND, "now": TABLE}
    choice = SheetChoice(plate="P1", fits=lambda cells: any(map(names_wells, [list(cells[1].values())])))
    assert chosen(sheets, choice, hidden="P1")[0] == "now"
    assert chosen(sheets, SheetChoice(asked="P1"), hidden="P1") == ("P1", ())
    with pytest.raises(UnreadableError, match="hidden sheets only"):
        chosen({"x": TABLE}, SheetChoice(), hidden="x")
