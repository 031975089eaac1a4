"""Where the fields of a well lie in one picture of it, by the places of the stage, to whole pixels."""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

import numpy as np

from hcs_plates.errors import ReaderError
from hcs_plates.fieldpixels import Rectangle
from hcs_plates.readers.acquisition import Acquisition
from hcs_plates.readers.names import shown
from hcs_plates.readers.segments import LONGEST_SIDE, MOST_PIXELS

Places = Mapping[int, Rectangle]
LARGEST_WELL = 2**32
"""Bytes of a stitched well, which is written as one."""


def stitched_places(found: Acquisition, fields: Mapping[str, Sequence[int]]) -> dict[str, Places]:
    """Place the fields of every well.

    A position is that of a field's centre. Fields are moved by whole pixels and not turned; what two fields
    both show is not used to correct the stage.

    Parameters
    ----------
    found
        The export.
    fields
        Numbers of the fields that are there, by well.

    Returns
    -------
    dict
        By well, where each of its fields lies, by number; the first row and column are 0.

    Raises
    ------
    ReaderError
        Positions, the size of a pixel or the direction of y are not known; two fields at one place; a picture
        that is too large to be one.
    """
    faults = []
    if found.pixel_size_um is None:
        faults.append("wells cannot be stitched: the size of a pixel is not known (--pixel-size says it)")
    if found.y_axis is None:
        faults.append(
            "wells cannot be stitched: the export does not say whether the stage's y grows upward or "
            "downward as images are shown (--y-axis up or down says it)"
        )
    everywhere = [(well, number) for well, numbers in fields.items() for number in numbers]
    lost = [f"{well}/{number}" for well, number in everywhere if (well, number) not in found.positions_um]
    if lost:
        faults.append(
            f"wells cannot be stitched: {len(lost)} of {len(everywhere)} fields have no position of the "
            f"stage ({shown(lost)})"
        )
    if faults:
        raise ReaderError(found.source, faults)
    placed = {well: _placed(found, well, numbers) for well, numbers in fields.items()}
    faults = [fault for well, places in placed.items() for fault in _hidden(well, places)]
    faults += _too_large(found, placed)
    if faults:
        raise ReaderError(found.source, faults)
    return placed


def canvas(places: Collection[Rectangle]) -> tuple[int, int]:
    """Height and width of a picture that has all fields in it.

    Examples
    --------
    >>> canvas([Rectangle(0, 0, 4, 6), Rectangle(3, 1, 4, 6)])
    (7, 7)
    """
    return max(one.row + one.height for one in places), max(one.column + one.width for one in places)


def covered(places: Places) -> int:
    """Pixels of a stitched well that a field shows.

    Examples
    --------
    >>> covered({1: Rectangle(0, 0, 4, 6), 2: Rectangle(3, 1, 4, 6)})
    43
    """
    rows = sorted({row for one in places.values() for row in (one.row, one.row + one.height)})
    total = 0
    for top, below in pairwise(rows):
        spans = sorted(
            (one.column, one.column + one.width)
            for one in places.values()
            if one.row <= top and below <= one.row + one.height
        )
        end = 0
        for left, right in spans:
            total += (below - top) * max(0, right - max(left, end))
            end = max(end, right)
    return total


def _placed(found: Acquisition, well: str, numbers: Sequence[int]) -> Places:
    """Place fields from the corner of all that have a position, so that one that is gone moves none."""
    assert found.pixel_size_um is not None
    height_um, width_um = found.pixel_size_um
    down = -1 if found.y_axis == "up" else 1
    corners: dict[int, tuple[float, float, int, int]] = {}
    for (name, number), (x, y) in found.positions_um.items():
        if name == well:
            height, width = found.shapes.get((well, number), found.shape)
            corners[number] = (down * y / height_um - height / 2, x / width_um - width / 2, height, width)
    top = min(corner[0] for corner in corners.values())
    left = min(corner[1] for corner in corners.values())
    placed = {}
    for number in numbers:
        row, column, height, width = corners[number]
        placed[number] = Rectangle(round(row - top), round(column - left), height, width)
    return placed


def _too_large(found: Acquisition, placed: Mapping[str, Places]) -> list[str]:
    """Say why wells are no pictures that can be held."""
    sizes = {well: canvas(places.values()) for well, places in placed.items()}
    height, width = (max(size[side] for size in sizes.values()) for side in (0, 1))
    planes = found.n_times * found.n_z * len(found.channels)
    pixels = height * width
    if max(height, width) > LONGEST_SIDE or pixels > MOST_PIXELS:
        well = max(sizes, key=lambda one: max(sizes[one]))
        return [
            f"wells would be {height} × {width} pixels when stitched, well {well} the largest, more than hcs "
            f"reads (up to {LONGEST_SIDE} a side, {MOST_PIXELS >> 20} million): fields lie too far apart, or "
            "positions or the size of a pixel are in another unit"
        ]
    if planes * pixels * np.dtype(found.dtype).itemsize > LARGEST_WELL:
        return [
            f"a stitched well would be {planes} planes of {height} × {width} pixels, more than the "
            f"{LARGEST_WELL >> 30} GB that are held at once; take fewer time points (--times) or one plane "
            "of each stack (--z max)"
        ]
    return []


def _hidden(well: str, places: Places) -> list[str]:
    """Say which fields of a well lie at one place."""
    at: dict[tuple[int, int], list[int]] = {}
    for number, one in places.items():
        at.setdefault((one.row, one.column), []).append(number)
    return [
        f"fields {shown(same)} of well {well} have the same position of the stage; one would hide the other"
        for same in at.values()
        if len(same) > 1
    ]
