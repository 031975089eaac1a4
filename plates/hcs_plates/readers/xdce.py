"""The `.xdce` file of an IN Cell Analyzer: what was acquired, as the instrument wrote it down.

Elements are found by their local names wherever they stand, since instrument generations and the programs
that imitate them nest them differently. Rows and columns count from 1, field, wave, z and time indices
from 0.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from hcs_plates.errors import ArgumentError, ReaderError
from hcs_plates.readers.acquisition import Channel, Objective
from hcs_plates.wells import PlateFormat, WellPosition, smallest_format, well_name

_UNITS_UM = {"nm": 1e-3, "mm": 1e3}


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
    """

    filename: str
    well: str
    field_index: int
    wave_index: int
    time_index: int = 0
    z_index: int = 0


@dataclass(frozen=True)
class Xdce:
    """What a `.xdce` file says.

    Parameters
    ----------
    path
        The file.
    format
        The plate's grid.
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
        How many images the file claims to list.
    size
        Height and width of an image, pixels.
    offsets_um
        Position (x, y) of a field within its well by field index.
    """

    path: Path
    format: PlateFormat
    images: tuple[XdceImage, ...]
    channels: Mapping[int, Channel]
    thumbnails: frozenset[str] = frozenset()
    excluded: tuple[str, ...] = ()
    custom_naming: bool = False
    stated_images: int | None = None
    size: tuple[int, int] | None = None
    pixel_size_um: tuple[float, float] | None = None
    objective: Objective | None = None
    instrument: str | None = None
    offsets_um: Mapping[int, tuple[float, float]] = field(default_factory=dict)


def read_xdce(path: Path) -> Xdce:
    """Read a `.xdce` file.

    Raises
    ------
    ReaderError
        Not XML, no images in it, or images without the numbers that say where they belong
        (all of them at once).
    """
    root = _root(path)
    listed = [image for image in _every(root, "Image") if image.get("filename")]
    if not listed:
        raise ReaderError(
            path, "lists no images; expected <Image filename=…> elements of an IN Cell Analyzer"
        )
    faults: list[str] = []
    images = []
    for element in listed:
        try:
            images.append(_image(element))
        except (ValueError, TypeError) as error:
            faults.append(f"image {element.get('filename')!r} {error}")
    if faults:
        raise ReaderError(path, faults)
    plate = _format(path, root, images)
    width, height = (_number(_first(root, "Size"), name) for name in ("width", "height"))
    calibration = _first(root, "ObjectiveCalibration")
    stated = _number(_first(root, "Images"), "number")
    return Xdce(
        path=path,
        format=plate,
        images=tuple(images),
        channels=_channels(root, listed, images),
        thumbnails=frozenset(
            _posix(str(image.get("thumbnail"))) for image in listed if image.get("thumbnail")
        ),
        excluded=_excluded(root, plate),
        custom_naming=_custom_naming(root),
        stated_images=None if stated is None else int(stated),
        size=None if width is None or height is None else (int(height), int(width)),
        pixel_size_um=_pixel_size(calibration),
        objective=_objective(calibration),
        instrument=_text(_first(root, "Application"), "name"),
        offsets_um=_offsets(root),
    )


def _root(path: Path) -> Any:
    """Parse the file; a DTD or entities, which no instrument writes, are refused."""
    try:
        return ElementTree.fromstring(path.read_bytes(), forbid_dtd=True)
    except ElementTree.ParseError as error:
        raise ReaderError(path, f"is not whole XML ({error}); copy it again from the instrument") from error
    except DefusedXmlException as error:
        raise ReaderError(
            path, "declares a DTD or entities, which an instrument's file never does"
        ) from error
    except (LookupError, ValueError) as error:
        raise ReaderError(path, f"names an encoding that cannot be read ({error})") from error


def _every(root: Any, name: str) -> Iterator[Any]:
    """Elements by local name, whatever the namespace."""
    return (
        element
        for element in root.iter()
        if isinstance(element.tag, str) and element.tag.rpartition("}")[2] == name
    )


def _first(root: Any, name: str) -> Any:
    """First element of a local name, None where there is none."""
    return None if root is None else next(_every(root, name), None)


def _text(element: Any, name: str) -> str | None:
    """Attribute of an element, None where either is absent or blank."""
    value = None if element is None else element.get(name)
    return value.strip() or None if value is not None else None


def _number(element: Any, name: str) -> float | None:
    """Attribute as a number; what is absent or no number is not known."""
    text = _text(element, name)
    try:
        return None if text is None else float(text.replace(",", "."))
    except ValueError:
        return None


def _whole(element: Any, tag: str, name: str, *, least: int, default: int | None = None) -> int:
    """Attribute that says where an image belongs."""
    text = _text(_first(element, tag), name)
    if text is None and default is not None:
        return default
    if text is None:
        raise ValueError(f"has no <{tag} {name}=…>, so its place is not known")
    if not text.isdecimal() or int(text) < least:
        raise ValueError(f"has {tag}@{name} {text!r}; expected a whole number from {least}")
    return int(text)


def _posix(filename: str) -> str:
    """Path under the export's folder: Windows separators turned, drives and `..` dropped."""
    parts = [part for part in filename.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    if ":" in parts[0] or filename.startswith(("/", "\\")):
        parts = parts[-1:]
    return str(PurePosixPath(*parts))


def _image(element: Any) -> XdceImage:
    row = _whole(element, "Row", "number", least=1)
    column = _whole(element, "Column", "number", least=1)
    return XdceImage(
        _posix(str(element.get("filename"))),
        well_name(row - 1, column - 1),
        _whole(element, "Identifier", "field_index", least=0),
        _whole(element, "Identifier", "wave_index", least=0),
        _whole(element, "Identifier", "time_index", least=0, default=0),
        _whole(element, "Identifier", "z_index", least=0, default=0),
    )


def _format(path: Path, root: Any, images: list[XdceImage]) -> PlateFormat:
    """Grid of the plate, as stated, else the smallest that has all wells."""
    rows, columns = (_number(_first(root, "Plate"), name) for name in ("rows", "columns"))
    if rows is None or columns is None:
        return smallest_format({image.well for image in images})
    plate = PlateFormat(int(rows), int(columns))
    faults = []
    for image in images:
        try:
            plate.parse(image.well)
        except ArgumentError as error:
            faults.append(f"image {image.filename!r}: {error.message}")
    if faults:
        raise ReaderError(path, faults)
    return plate


def _excluded(root: Any, plate: PlateFormat) -> tuple[str, ...]:
    wells = []
    for element in _every(root, "Exclude"):
        row, column = _number(element, "row"), _number(element, "col")
        if row is not None and column is not None:
            position = WellPosition(int(row) - 1, int(column) - 1)
            if position in plate:
                wells.append(position.name)
    return tuple(sorted(set(wells), key=plate.parse))


def _custom_naming(root: Any) -> bool:
    begins = (_text(_first(root, "NamingRows"), "begin"), _text(_first(root, "NamingColumns"), "begin"))
    return begins[0] not in (None, "A", "a") or begins[1] not in (None, "1", "01")


def _channels(root: Any, listed: list[Any], images: list[XdceImage]) -> dict[int, Channel]:
    """Channels of the waves that images were taken in; fused waves, computed afterwards, have none."""
    waves: dict[int, Any] = {}
    for order, element in enumerate(_every(root, "Wavelength")):
        index = _number(element, "index")
        waves[order if index is None else int(index)] = element
    channels: dict[int, Channel] = {}
    for element, image in zip(listed, images, strict=True):
        if image.wave_index not in channels:
            channels[image.wave_index] = _channel(waves.get(image.wave_index), element, image.wave_index)
    return dict(sorted(channels.items()))


def _channel(wave: Any, image: Any, index: int) -> Channel:
    """Describe a channel by its wavelength's entry, and by an image of it where that is silent."""
    names, lengths = [], []
    for tag in ("ExcitationFilter", "EmissionFilter"):
        filters = [_first(wave, tag), _first(image, tag)]
        names.append(next((name for name in (_text(one, "name") for one in filters) if name), None))
        lengths.append(next((nm for nm in (_number(one, "wavelength") for one in filters) if nm), None))
    exposures = [_number(_first(one, "Exposure"), "time") for one in (wave, image)]
    name = " - ".join(part for part in names if part) or f"wave {index + 1}"
    return Channel(name, lengths[0], lengths[1], next((ms for ms in exposures if ms), None))


def _pixel_size(calibration: Any) -> tuple[float, float] | None:
    width, height = _number(calibration, "pixel_width"), _number(calibration, "pixel_height")
    unit = (_text(calibration, "unit") or "").lower()
    # A µ that was mangled by some encoding (``?m``) still means micrometres.
    scale = _UNITS_UM.get(unit, 1.0)
    return (height * scale, width * scale) if width and height else None


def _objective(calibration: Any) -> Objective | None:
    if calibration is None:
        return None
    return Objective(
        _number(calibration, "magnification"),
        _number(calibration, "numerical_aperture"),
        _text(calibration, "objective_name"),
    )


def _offsets(root: Any) -> dict[int, tuple[float, float]]:
    offsets = {}
    for order, element in enumerate(_every(root, "offset_point")):
        index, x, y = (_number(element, name) for name in ("index", "x", "y"))
        if x is not None and y is not None:
            offsets[order if index is None else int(index)] = (x, y)
    return offsets
