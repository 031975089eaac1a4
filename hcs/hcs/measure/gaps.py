"""Gaps of stitched wells: places that no field shows, zero on disk, and neither background nor cells."""

from collections.abc import Mapping
from itertools import groupby

import cv2
import numpy as np

from hcs.measure.illumination import NOISE_KERNEL
from hcs.measure.pictures import Image, Mask, Picture, nearest_marked
from hcs_plates.errors import StoreError
from hcs_plates.fieldpixels import Rectangle
from hcs_plates.members import Field
from hcs_plates.plate import Plate
from hcs_plates.stitching import Places, covered

BLOCK, STEP = 64, 4
"""Side of the blocks that background is estimated in, and how far apart the pixels are that are looked at."""
SEED = 0
"""Of the noise in filled gaps: the same picture is filled alike each time."""


def has_gaps(plate: Plate) -> bool:
    """Whether a plate's stitched wells have places that no field shows, or may lack a field's channel."""
    made = plate.spec.made
    return bool(made.stitched) and (bool(made.lacking) or gap_share(plate) > 0)


def gap_share(plate: Plate) -> float:
    """Share of a plate's stitched wells that no field shows; 0 where fields are kept apart."""
    wells = _wells(plate)
    if not wells:
        return 0.0
    # Most wells are imaged at the same places.
    sums = {tuple(places.values()): 0 for places in wells.values()}
    sums = {own: covered(dict(enumerate(own))) for own in sums}
    whole = plate.spec.layout.height * plate.spec.layout.width
    return 1 - float(np.mean([sums[tuple(places.values())] for places in wells.values()])) / whole


def _wells(plate: Plate) -> dict[str, Places]:
    """Where the export's fields lie in each stitched well."""
    return {
        well: {number: Rectangle(*where) for _, number, *where in own}
        for well, own in groupby(plate.spec.made.stitched, key=lambda row: row[0])
    }


def covered_part(field: Field, channels: Mapping[str, Picture]) -> Mask | None:
    """Pixels of a stitched well that a field shows in every channel.

    A field whose plane of a channel is missing from the export, and whose place is all zero, shows none.

    Parameters
    ----------
    field
        The stitched well.
    channels
        Arrays of shape (y, x), by channel name.

    Returns
    -------
    array of shape (y, x)
        None where there is no gap, as of all fields that are kept apart.

    Raises
    ------
    StoreError
        No place is shown in all channels.
    """
    plate = field.plate
    places = _wells(plate).get(field.well)
    if places is None:
        return None
    height, width = next(iter(channels.values())).shape
    lacking = {(row[1], row[2]) for row in plate.spec.made.lacking if row[0] == field.well}
    if not lacking and covered(places) == height * width:
        return None
    counts = np.zeros((height, width), np.uint16)
    for one in places.values():
        counts[_slices(one)] += 1
    shown: Mask = counts > 0
    for name, picture in channels.items():
        here = np.zeros(shown.shape, dtype=bool)
        for number, one in places.items():
            at = _slices(one)
            alone = counts[at] == 1
            seen = picture[at][alone] if alone.any() else picture[at]
            here[at] |= (number, plate.channel_index(name)) not in lacking or bool(seen.any())
        shown &= here
    if not shown.any():
        raise StoreError(
            plate.path,
            f"no place of well {field.well} is shown in all of {', '.join(channels)}; leave the well out "
            "(included: false), or measure fewer channels",
        )
    return None if shown.all() else shown


def _slices(one: Rectangle) -> tuple[slice, slice]:
    return slice(one.row, one.row + one.height), slice(one.column, one.column + one.width)


def fill_gaps(image: Picture, shown: Mask) -> Image:
    """Put background where no field shows anything: that of the nearest blocks, with the camera's noise.

    So no edge of a gap stands out, and noise and background are those of the covered part. What is then found
    there is to be left out.

    Parameters
    ----------
    image
        Array of shape (y, x), grey levels.
    shown
        Array of shape (y, x), some of it true.
    """
    levels: Image = image.astype(np.float32)
    inside = cv2.erode(shown.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    noise = np.abs(cv2.filter2D(levels, -1, NOISE_KERNEL)[inside])
    spread = float(np.median(noise)) / 0.6745 if noise.size else 0.0
    height, width = levels.shape
    rows, columns = -(-height // BLOCK), -(-width // BLOCK)
    sampled = np.full((rows * BLOCK // STEP, columns * BLOCK // STEP), np.inf, np.float32)
    some = np.where(shown[::STEP, ::STEP], levels[::STEP, ::STEP], np.inf)
    sampled[: some.shape[0], : some.shape[1]] = some
    side = BLOCK // STEP
    blocks = np.sort(sampled.reshape(rows, side, columns, side).swapaxes(1, 2).reshape(rows, columns, -1))
    known = np.isfinite(blocks).sum(axis=-1)
    quartile = np.take_along_axis(blocks, np.maximum(known - 1, 0)[..., None] // 4, axis=-1)[..., 0]
    if not known.any():
        # What is shown is too narrow for the pixels that are looked at.
        known, quartile = known + 1, np.full_like(quartile, np.percentile(levels[shown], 25))
    # Of normal noise the middle lies 0.674 SD above the lower quartile.
    _, nearest = nearest_marked(known > 0, quartile + np.float32(0.674 * spread))
    size = (columns * BLOCK, rows * BLOCK)
    background = cv2.resize(nearest, size, interpolation=cv2.INTER_LINEAR)[:height, :width]
    gap = ~shown
    grain = np.random.default_rng(SEED).standard_normal(int(gap.sum()), np.float32)
    levels[gap] = background[gap] + np.float32(spread) * grain
    return levels


def without_gaps(values: Picture, shown: Mask | None) -> Picture:
    """Make labels or light zero where no field shows anything."""
    return values if shown is None else np.where(shown, values, values.dtype.type(0))
