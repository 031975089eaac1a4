"""Fields of a plate as small pictures, all on the plate's own grey scale so that they can be compared."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from hcs.figures.gallery import encode_tile
from hcs.figures.scalebar import UNKNOWN, with_scale_bar
from hcs.measure.measured import square_pixel
from hcs.wording import listed
from hcs_plates.evenly import evenly
from hcs_plates.members import Field
from hcs_plates.plate import Plate
from hcs_plates.rescale import area_resize
from hcs_plates.viewing.contrast import HIGHEST, LOWEST, SAMPLED, shown_levels

SIDE = 128

LARGEST_BYTES = 7_000_000
"""Bytes of pictures that a page has room for."""


def field_pictures(
    plates: Sequence[Plate], per_well: int, channel: str | None = None, time: int | None = None
) -> tuple[dict[tuple[str, str], list[tuple[str, str]]], str]:
    """Draw `per_well` fields of every well, spread evenly over its fields; see `WellHeatmap.save`.

    Returns
    -------
    dict, str
        By plate and well: caption and ``data:`` address of each picture; and a sentence on what is shown, or
        on why there is none.

    Raises
    ------
    ArgumentError, StoreError
        A plate has no such channel, or did not image it at that time; pixels are damaged or gone.
    """
    if per_well < 1 or not plates:
        return {}, ""
    shown = []
    for plate in plates:
        index = 0 if channel is None else plate.channel_index(channel)
        moment = plate.spec.acquired_times(index)[0] if time is None else time
        plate.spec.check_acquired([index], moment)
        shown.append((plate.channels[index], moment))
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    size = 0
    for plate, (name, moment) in zip(plates, shown, strict=True):
        for well, number, picture in _pictures(plate, per_well, name, moment):
            address = encode_tile(picture)
            size += len(address)
            if size > LARGEST_BYTES:
                return {}, (
                    f"Pictures of the fields are left out: {per_well} a well take more than "
                    f"{LARGEST_BYTES // 1_000_000} MB; ask for fewer, or for one plate."
                )
            found.setdefault((plate.name, well), []).append((f"field {number}", address))
    return found, _said(plates, shown, found)


def _said(plates: Sequence[Plate], shown: Sequence[tuple[str, int]], found: object) -> str:
    """Say what pictures show."""
    names = listed(dict.fromkeys(name for name, _ in shown))
    if not found:
        return f"There are no pictures: no field has a whole image of {names}."
    layouts = [plate.spec.layout for plate in plates]
    times = {time for layout, (_, time) in zip(layouts, shown, strict=True) if layout.n_times > 1}
    taken = f", time {listed(map(str, sorted(times)))} (counted from 0)" if times else ""
    taken += ", the maximum over z" if any(layout.n_z > 1 for layout in layouts) else ""
    unknown = any(square_pixel(plate)[0] is None for plate in plates)
    barless = f"; {UNKNOWN} where there is no bar" if unknown else ""
    return (
        f"Pictures show {names}, whole fields{taken}, on one grey scale per plate (percentiles {LOWEST:g} to "
        f"{HIGHEST:g} of up to {SAMPLED} of its fields){barless}."
    )


def _pictures(
    plate: Plate, per_well: int, channel: str, time: int
) -> Iterator[tuple[str, int, npt.NDArray[np.uint8]]]:
    """Shrink some whole fields of every well, on the plate's grey scale."""
    low, high = _limits(plate, channel, time)
    side = square_pixel(plate)[0]
    for well in plate.values():
        numbers = list(well)
        for number in [numbers[place] for place in evenly(len(numbers), per_well)]:
            small = _small(well[number], channel, time)
            if small is not None:
                levels = np.rint(255 * ((small - low) / (high - low)))
                grey = np.asarray(np.clip(levels, 0, 255), dtype=np.uint8)
                width = max(well[number].stored.layout.plane_shapes[0])
                pixel_um = None if side is None else side * max(1.0, width / SIDE)
                yield well.name, number, grey if pixel_um is None else with_scale_bar(grey, pixel_um)


def _limits(plate: Plate, channel: str, time: int) -> tuple[float, float]:
    """Grey levels that become black and white."""
    fields = [field for well in plate.values() for field in well.values()]
    small = [_small(fields[place], channel, time) for place in evenly(len(fields), SAMPLED)]
    low, high = shown_levels([picture for picture in small if picture is not None])
    return low, max(high, low + 1)


def _small(field: Field, channel: str, time: int) -> npt.NDArray[np.float32] | None:
    """Shrink a field's channel at a time point, the maximum of a stack; None if missing."""
    index = field.plate.channel_index(channel)
    if any((key.channel, key.time) == (index, time) for key in field.missing):
        return None
    layout = field.stored.layout
    sides = [min(shape) for shape in layout.plane_shapes]
    level = max(place for place, side in enumerate(sides) if side >= SIDE or place == 0)
    planes = field.image(channel, level, time)
    picture = (planes.max(axis=0) if "z" in layout.axes else planes).astype(np.float32)
    scale = SIDE / max(picture.shape)
    shape = (max(1, round(picture.shape[0] * scale)), max(1, round(picture.shape[1] * scale)))
    return np.asarray(area_resize(picture, shape), dtype=np.float32) if scale < 1 else picture
