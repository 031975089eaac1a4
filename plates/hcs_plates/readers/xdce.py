"""The `.xdce` file of an IN Cell Analyzer: what was acquired, as the instrument wrote it down.

Elements are found by their local names wherever they stand, since instrument generations and the programs
that imitate them nest them differently. Rows and columns count from 1, field, wave, z and time indices
from 0.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path, PurePosixPath
from statistics import median
from typing import Any

from hcs_plates.errors import ArgumentError, ReaderError
from hcs_plates.readers.acquisition import Channel, Objective
from hcs_plates.readers.lengths import PIXEL_SIZES_UM, believed_step
from hcs_plates.readers.xdcestage import Point, created_at, plate_position, read_offsets, taken_at
from hcs_plates.readers.xmlfile import every, first, number, read_root, text, whole
from hcs_plates.wells import PlateFormat, WellPosition, smallest_format, well_name

_UNITS_UM = {"": 1.0, "micron": 1.0, "microns": 1.0, "nm": 1e-3, "mm": 1e3}
# A µ that was mangled by some encoding (``?m``, ``Âµm``) still means micrometres.
_MICRONS = re.compile(r"u?[^a-z0-9]*m", re.IGNORECASE | re.ASCII)
FOCUS_TOLERANCE = 0.1
"""Part of a step by which the focus of images may differ from it; more is autofocus, and no stack."""
# Larger than any plate that is sold; a name such as ``A01`` has no room for more columns.
_MOST_ROWS, _MOST_COLUMNS = 64, 99


@dataclass(frozen=True)
class XdceImage:
    """One image the file lists.

    Parameters
    ----------
    filename
        Path under the folder of the `.xdce`, with ``/``.
    well
        Name of the well, from its row and column numbers.
    field_index, wave_index, time_index, z_index
        Counted from 0.
    imaged_at
        ISO 8601; None where nothing says it.
    plate_um
        Position (x, y) on the plate.
    """

    filename: str
    well: str
    field_index: int
    wave_index: int
    time_index: int = 0
    z_index: int = 0
    imaged_at: str | None = None
    plate_um: Point | None = None


@dataclass(frozen=True)
class Xdce:
    """What a `.xdce` file says.

    Parameters
    ----------
    path
        The file.
    format
        The plate's grid.
    format_stated
        Whether the file says so itself; else it is the smallest that has all wells.
    images
        In the order of the file.
    channels
        By wave index.
    thumbnails
        File names of small copies, which are no data.
    excluded
        Wells that were left out of the acquisition.
    custom_naming
        Whether rows or columns are named otherwise than from A and from 1.
    stated_images
        How many images the file claims to list, in all its blocks.
    created
        When the acquisition began; None where nothing says it.
    corrected
        Whether the instrument corrected the images by its flat field.
    size
        Height and width of an image, pixels.
    z_step_um
        Distance of the steps in z as stated, else as the focus of the images tells it.
    offsets_um
        Position (x, y) of a field within its well by field index.
    notes
        Sentences on what was not believed.
    """

    path: Path
    format: PlateFormat
    format_stated: bool
    images: tuple[XdceImage, ...]
    channels: Mapping[int, Channel]
    thumbnails: frozenset[str] = frozenset()
    excluded: tuple[str, ...] = ()
    custom_naming: bool = False
    stated_images: int | None = None
    created: datetime | None = None
    corrected: bool = False
    size: tuple[int, int] | None = None
    pixel_size_um: tuple[float, float] | None = None
    z_step_um: float | None = None
    objective: Objective | None = None
    instrument: str | None = None
    offsets_um: Mapping[int, Point] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_xdce(path: Path) -> Xdce:
    """Read a `.xdce` file.

    Raises
    ------
    ReaderError
        Not XML, no images in it, or images without the numbers that say where they belong
        (all of them at once).
    """
    root, notes = read_root(path)
    listed = [image for image in every(root, "Image") if image.get("filename")]
    if not listed:
        raise ReaderError(
            path,
            "lists no images; expected <Image filename=…> elements of an IN Cell Analyzer. Put it aside to "
            "have the planes read from the names of the TIFFs alone",
        )
    faults: list[str] = []
    images = []
    created = created_at(root)
    for element in listed:
        try:
            images.append(_image(element, created))
        except (ValueError, TypeError) as error:
            faults.append(f"image {str(element.get('filename'))[:80]!r} {error}")
    if faults:
        raise ReaderError(path, faults)
    try:
        plate, stated = _format(path, root, images)
        width, height = (number(first(root, "Size"), name) for name in ("width", "height"))
        calibration = first(root, "ObjectiveCalibration")
        stated_counts = [number(block, "number") for block in every(root, "Images")]
        pixel_size, unbelieved = _pixel_size(calibration)
        return Xdce(
            path=path,
            format=plate,
            format_stated=stated,
            images=tuple(images),
            channels=_channels(root, listed, images),
            thumbnails=frozenset(_thumbnails(listed)),
            excluded=_excluded(root, plate),
            custom_naming=_custom_naming(root),
            stated_images=_sum(stated_counts),
            created=created,
            corrected=(text(first(root, "Camera"), "apply_ffc") or "").lower() in ("true", "1"),
            size=None if width is None or height is None else (int(height), int(width)),
            pixel_size_um=pixel_size,
            z_step_um=_z_step(root, listed, images),
            objective=_objective(calibration),
            instrument=text(first(root, "Application"), "name"),
            offsets_um=read_offsets(root),
            notes=(*notes, *unbelieved),
        )
    except ReaderError:
        raise
    except ValueError as error:
        raise ReaderError(path, str(error)) from error


def _sum(counts: list[float | None]) -> int | None:
    """Add up what blocks state; not known where one of them states nothing."""
    known = [int(count) for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None


def _posix(filename: str) -> str:
    """Path under the export's folder: Windows separators turned, drives and `..` dropped."""
    parts = [part for part in filename.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    if not parts:
        raise ValueError("names no file")
    if ":" in parts[0] or filename.startswith(("/", "\\")):
        parts = parts[-1:]
    return str(PurePosixPath(*parts))


def _thumbnails(listed: list[Any]) -> list[str]:
    """File names of small copies; what names no file is none."""
    found = []
    for image in listed:
        name = str(image.get("thumbnail") or "")
        if name.strip("./\\"):
            found.append(_posix(name))
    return found


def _image(element: Any, created: datetime | None) -> XdceImage:
    """Read where an image belongs."""

    def place(tag: str, name: str, default: int | None = None, **bounds: int) -> int:
        value = whole(first(element, tag), name, **bounds)
        if value is None and default is None:
            raise ValueError(f"has no <{tag} {name}=…>, so its place is not known")
        return int(value if value is not None else default or 0)

    return XdceImage(
        _posix(str(element.get("filename"))),
        well_name(
            place("Row", "number", least=1, most=_MOST_ROWS) - 1,
            place("Column", "number", least=1, most=_MOST_COLUMNS) - 1,
        ),
        place("Identifier", "field_index"),
        place("Identifier", "wave_index"),
        place("Identifier", "time_index", 0),
        place("Identifier", "z_index", 0),
        taken_at(element, created),
        plate_position(element),
    )


def _format(path: Path, root: Any, images: list[XdceImage]) -> tuple[PlateFormat, bool]:
    """Grid of the plate, as stated, else the smallest that has all wells; and whether it is stated."""
    stated = first(root, "Plate")
    rows = whole(stated, "rows", least=1, most=_MOST_ROWS)
    columns = whole(stated, "columns", least=1, most=_MOST_COLUMNS)
    if rows is None or columns is None:
        return smallest_format({image.well for image in images}), False
    plate = PlateFormat(rows, columns)
    faults = []
    for image in images:
        try:
            plate.parse(image.well)
        except ArgumentError as error:
            faults.append(f"image {image.filename!r}: {error.message}")
    if faults:
        raise ReaderError(path, faults)
    return plate, True


def _excluded(root: Any, plate: PlateFormat) -> tuple[str, ...]:
    wells = []
    for element in every(root, "Exclude"):
        row, column = number(element, "row"), number(element, "col")
        if row is not None and column is not None:
            position = WellPosition(int(row) - 1, int(column) - 1)
            if position in plate:
                wells.append(position.name)
    return tuple(sorted(set(wells), key=plate.parse))


def _custom_naming(root: Any) -> bool:
    begins = (text(first(root, "NamingRows"), "begin"), text(first(root, "NamingColumns"), "begin"))
    return begins[0] not in (None, "A", "a") or begins[1] not in (None, "1", "01")


def _channels(root: Any, listed: list[Any], images: list[XdceImage]) -> dict[int, Channel]:
    """Channels of the waves that images were taken in; fused waves, computed afterwards, have none."""
    waves: dict[int, Any] = {}
    for order, element in enumerate(every(root, "Wavelength")):
        index = whole(element, "index")
        waves[order if index is None else index] = element
    channels: dict[int, Channel] = {}
    for element, image in zip(listed, images, strict=True):
        if image.wave_index not in channels:
            channels[image.wave_index] = _channel(waves.get(image.wave_index), element, image.wave_index)
    return dict(sorted(channels.items()))


def _channel(wave: Any, image: Any, index: int) -> Channel:
    """Describe a channel by its wavelength's entry, and by an image of it where that is silent."""
    names, lengths = [], []
    for tag in ("ExcitationFilter", "EmissionFilter"):
        filters = [first(wave, tag), first(image, tag)]
        names.append(next((name for name in (text(one, "name") for one in filters) if name), None))
        lengths.append(next((nm for nm in (number(one, "wavelength") for one in filters) if nm), None))
    exposures = [number(first(one, "Exposure"), "time") for one in (wave, image)]
    name = " - ".join(part for part in names if part) or f"wave {index + 1}"
    return Channel(name, lengths[0], lengths[1], next((ms for ms in exposures if ms), None))


def _z_step(root: Any, listed: list[Any], images: list[XdceImage]) -> float | None:
    """Distance of the steps in z in µm: as stated, else by the focus of the images of each stack."""
    parameters = first(root, "ZDimensionParameters")
    step, scale = (
        number(parameters, "step") or number(parameters, "z_step"),
        _scale(text(parameters, "unit") or ""),
    )
    stated = None if step is None or scale is None else believed_step(step * scale)
    if stated is not None:
        return stated
    stacks: dict[tuple[str, int, int, int], dict[int, float]] = defaultdict(dict)
    for element, image in zip(listed, images, strict=True):
        focus = first(element, "FocusPosition")
        height, scale = number(focus, "z"), _scale(text(focus, "unit") or "")
        if height is not None and scale is not None:
            place = (image.well, image.field_index, image.wave_index, image.time_index)
            stacks[place][image.z_index] = height * scale
    steps = [
        abs(stack[above] - stack[below]) / (above - below)
        for stack in stacks.values()
        for below, above in pairwise(sorted(stack))
    ]
    usual = median(steps) if steps else 0.0
    alike = bool(steps) and max(abs(step - usual) for step in steps) <= FOCUS_TOLERANCE * usual
    return believed_step(usual) if alike else None


def _scale(unit: str) -> float | None:
    """Length of a unit in µm, None of a unit that is not known."""
    unit = unit.lower()
    return 1.0 if _MICRONS.fullmatch(unit) and unit != "m" else _UNITS_UM.get(unit)


def _pixel_size(calibration: Any) -> tuple[tuple[float, float] | None, tuple[str, ...]]:
    """Height and width of a pixel in µm where a microscope can have them, else none and a note."""
    stated = [text(calibration, name) for name in ("pixel_height", "pixel_width")]
    if stated == [None, None]:
        return None, ()
    unit = (text(calibration, "unit") or "").lower()
    scale = _scale(unit)
    height, width = number(calibration, "pixel_height"), number(calibration, "pixel_width")
    if scale is not None and height is not None and width is not None:
        size = (height * scale, width * scale)
        if all(PIXEL_SIZES_UM[0] <= length <= PIXEL_SIZES_UM[1] for length in size):
            return size, ()
    shown = " × ".join(one or "?" for one in stated)
    return None, (
        f"The .xdce states a pixel size of {shown} {unit!r}, which no microscope has; it is left out.",
    )


def _objective(calibration: Any) -> Objective | None:
    if calibration is None:
        return None
    return Objective(
        number(calibration, "magnification"),
        number(calibration, "numerical_aperture"),
        text(calibration, "objective_name"),
    )
