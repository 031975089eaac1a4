"""Wells and plate formats."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs_plates.errors import ArgumentError
from hcs_plates.wells import (
    FORMATS,
    PlateFormat,
    WellPosition,
    parse_well,
    row_index,
    row_name,
    smallest_format,
    well_name,
)

# The rows of a 1536-well plate as its makers print them, written out instead of computed.
ROWS_1536 = [*string.ascii_uppercase, "AA", "AB", "AC", "AD", "AE", "AF"]


def test_rows_have_the_letters_printed_on_plates() -> None:
    """Rows 0 to 31 are A to Z and AA to AF."""
    assert [row_name(row) for row in range(32)] == ROWS_1536
    assert [row_index(name) for name in ROWS_1536] == list(range(32))


@given(st.integers(0, 701), st.integers(0, 98))
def test_well_names_round_trip(row: int, column: int) -> None:
    """A position's name reads back as the position."""
    assert parse_well(well_name(row, column)) == WellPosition(row, column)


@given(
    st.integers(0, 31),
    st.integers(0, 47),
    st.sampled_from(
        ["{row}{column}", "{row}{column:02d}", "{row} - {column:02d}", "{row}-{column}", " {row}{column} "]
    ),
    st.booleans(),
)
def test_every_spelling_of_instruments_is_the_same_well(
    row: int, column: int, spelling: str, lower: bool
) -> None:
    """`B3`, `B03`, `b03`, `B - 03` are one well."""
    text = spelling.format(row=row_name(row), column=column + 1)
    assert parse_well(text.lower() if lower else text) == WellPosition(row, column)


@pytest.mark.parametrize(
    "text", ["", "B", "3", "3B", "B0", "B00", "B100", "ABC1", "B3x", "B 3 4", "Ä1", "B-", "None"]
)
def test_what_is_no_well_is_refused(text: str) -> None:
    """The refusal names the text and shows a well."""
    with pytest.raises(ArgumentError, match=r"is not a well; .*'B03'"):
        parse_well(text)


@pytest.mark.parametrize(
    ("size", "inside", "outside", "message"),
    [
        (6, "B03", "C01", r"Well 'C01' is outside a 6-well plate \(rows A–B, columns 1–3\)\."),
        (96, "H12", "H13", r"Well 'H13' is outside a 96-well plate \(rows A–H, columns 1–12\)\."),
        (384, "P24", "Q03", r"Well 'Q03' is outside a 384-well plate \(rows A–P, columns 1–24\)\."),
        (1536, "AF48", "AG01", r"Well 'AG01' is outside a 1536-well plate \(rows A–AF, columns 1–48\)\."),
    ],
)
def test_formats_know_their_wells(size: int, inside: str, outside: str, message: str) -> None:
    """A format takes its last well and refuses the next one."""
    plate = FORMATS[size]
    assert plate.size == size == len(set(plate.wells()))
    assert plate.parse(inside).name == inside
    with pytest.raises(ArgumentError, match=message):
        plate.parse(outside)


def test_wells_are_listed_row_by_row() -> None:
    """The order of a plate is A01, A02, …, then B01."""
    assert PlateFormat(2, 3).wells() == ["A01", "A02", "A03", "B01", "B02", "B03"]


@given(st.sampled_from(sorted(FORMATS)), st.data())
def test_the_smallest_format_holds_the_wells(size: int, data: st.DataObject) -> None:
    """It has all wells named, and no smaller standard plate has."""
    wells = data.draw(st.lists(st.sampled_from(FORMATS[size].wells()), min_size=1))
    found = smallest_format(wells)
    positions = [parse_well(well) for well in wells]
    assert all(position in found for position in positions)
    smaller = [plate for plate in FORMATS.values() if plate.size < found.size]
    assert not any(all(position in plate for position in positions) for plate in smaller)


def test_wells_beyond_every_plate_are_refused() -> None:
    """There is no standard plate with a row AG."""
    with pytest.raises(ArgumentError, match=r"Well 'AG01' is outside every standard plate"):
        smallest_format(["A01", "AG01"])


@pytest.mark.parametrize("row", [-1, 702])
def test_rows_without_a_letter_are_refused(row: int) -> None:
    """Rows are counted from 0 to ZZ."""
    with pytest.raises(ArgumentError, match="has no letter"):
        row_name(row)


@pytest.mark.parametrize("name", ["", "1", "AAA", "é"])
def test_what_is_no_row_is_refused(name: str) -> None:
    """Rows are one or two letters."""
    with pytest.raises(ArgumentError, match="is not a row"):
        row_index(name)
