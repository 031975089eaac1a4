"""Sheets for the bench: complete, within the paper, and readable in black and white."""

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from tests.hcs.design.maps.made import CODES, plate_of

from hcs.design.maps.drawing import maps_pdf, plate_sheets

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def texts(figure: "Figure") -> list[str]:
    """All texts of a sheet."""
    return [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.mark.parametrize("size", [6, 24, 96])
def test_a_sheet_says_what_goes_into_every_well(size: int) -> None:
    """The plate's name, each well's code, both names of each row, and the list with all wells."""
    plate = plate_of(size)
    (figure,) = plate_sheets(plate, noun="code", of=(2, 5))
    said = texts(figure)
    assert said[0] == "Plate P1"
    assert "Plate 2 of 5" in said
    for code in CODES[: size - 3]:
        (row,) = (row for row in plate.rows if row.name == code)
        assert said.count(code) == len(row.wells) + 1
    for letter in "ABCDEFGH"[: plate.format.rows]:
        assert said.count(letter) == 2
    listed = re.findall(r"[A-H]\d\d", " ".join(said[said.index("Pipetting list by code") :]))
    assert sorted(listed) == sorted(well for row in plate.rows for well in row.wells)


def test_nothing_is_told_by_colour_or_leaves_the_paper() -> None:
    """Greys alone, so that any printer does; every text lies within the sheet."""
    (figure,) = plate_sheets(plate_of(96))
    (axes,) = figure.axes
    assert all(len(set(to_rgb(text.get_color()))) == 1 for text in axes.texts)
    for drawn in axes.collections:
        for colours in (drawn.get_edgecolor(), drawn.get_facecolor()):
            assert all(len(set(one[:3])) == 1 for one in np.atleast_2d(np.asarray(colours)) if len(one))
    page = figure.bbox
    for text in axes.texts:
        box = text.get_window_extent()
        assert page.x0 <= box.x0
        assert box.x1 <= page.x1
        assert page.y0 <= box.y0
        assert box.y1 <= page.y1


def test_one_pdf_has_a_page_for_each_plate_and_the_same_bytes_again() -> None:
    """Pages are counted in the file; nothing of when it was made is in it."""
    plates, told = [plate_of(6), plate_of(6, CODES[:2])], []
    made = maps_pdf(plates, progress=lambda done, of: told.append((done, of)))
    assert len(re.findall(rb"/Type /Page\b", made)) == 2
    assert told == [(0, 2), (1, 2), (2, 2)]
    assert b"CreationDate" not in made
    assert made == maps_pdf(plates)
