"""Maps and lists stand on their sheets: all of a plate, once, and nothing over the margin."""

from collections import Counter

import pytest
from tests.hcs.design.maps.made import plate_of

from hcs.design.maps.paper import BOTTOM, MARGIN, WIDTH, ListPlace, MapPlace, sheets, windows
from hcs_plates.wells import FORMATS, WellPosition


@pytest.mark.parametrize("size", FORMATS)
def test_every_well_is_on_one_map_and_within_the_margins(size: int) -> None:
    """Plates of up to 384 wells are whole; one of 1536 is parted into four of 384."""
    format = FORMATS[size]
    seen = Counter((row, column) for part in windows(format) for row in part.rows for column in part.columns)
    assert seen == Counter((row, column) for row in range(format.rows) for column in range(format.columns))
    assert len(windows(format)) == (4 if size == 1536 else 1)
    for part in windows(format):
        place = MapPlace.of(part)
        assert place.left >= MARGIN
        assert place.right <= WIDTH - MARGIN
        assert place.bottom < BOTTOM
        assert place.corner(WellPosition(part.rows[0], part.columns[0])) == (place.left, place.top)


@pytest.mark.parametrize(("size", "n", "sides"), [(24, 8, 1), (96, 30, 1), (384, 30, 1), (1536, 30, None)])
def test_the_list_is_complete_and_rows_do_not_overlap(size: int, n: int, sides: int | None) -> None:
    """Every row stands once, in order, below the one before or at the top of the next column."""
    plate = plate_of(size, tuple(f"c{number:02d}" for number in range(n)))
    setting = ListPlace.of(plate, 6.0)
    made = sheets(plate, setting)
    placed = [row for sheet in made for row in sheet.rows]
    assert [row.number for row in placed] == list(range(1, len(plate.rows) + 1))
    assert len(made) == (sides or len(made))
    for sheet in made:
        for one, other in zip(sheet.rows, sheet.rows[1:], strict=False):
            below = other.top >= one.top + setting.height(one.row) - 1e-9
            assert below if other.left == one.left else other.left > one.left
        for row in sheet.rows:
            assert row.top + setting.height(row.row) <= BOTTOM + 1e-9
            assert row.left + setting.step <= WIDTH - MARGIN + 6
            assert sheet.map is None or row.top > sheet.map.bottom
