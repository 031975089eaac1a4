"""Opera Phenix, Operetta and others of Harmony: an ``Index.idx.xml`` or ``Index.xml`` beside its TIFFs.

Versions 1 to 7 of the index differ in where they keep what all images of a channel share: with every image,
or once a channel among the maps. Both are read, whatever the version and its namespace.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from hcs_plates.errors import ReaderError
from hcs_plates.readers.acquisition import Acquisition, Channel, Objective
from hcs_plates.readers.flatfield import FlatField, harmony_flat_field
from hcs_plates.readers.lengths import PIXEL_SIZES_UM, believed_step
from hcs_plates.readers.listed import ListedImage, Listing, listed_acquisition
from hcs_plates.readers.names import shown
from hcs_plates.readers.xmlfile import local, read_elements
from hcs_plates.wells import PlateFormat, well_name

INDEXES = ("index.idx.xml", "index.xml")
_ROOT = b"EvaluationInputData"
_NAME = re.compile(r"r(\d{2})c(\d{2})f(\d{2,})(?:p(\d{2,}))?-ch(\d+)", re.IGNORECASE)
_MATRIX = re.compile(r"\[\[[^\]]*\],\s*\[\s*[^,]+,\s*([-+0-9.eE]+)")
_METRES = {"m": 1e6, "mm": 1e3, "µm": 1.0, "um": 1.0, "nm": 1e-3}

Values = Mapping[str, tuple[str, str]]
"""Text and unit of an element's children by local name."""


def find_index(source: Path) -> Path | None:
    """Find the index of a measurement: in the folder, or in its ``Images``."""
    if source.is_file():
        return source if source.name.lower().endswith(INDEXES) else None
    places = [source, *(one for one in source.iterdir() if one.name.lower() == "images" and one.is_dir())]
    for place in places:
        files = {one.name.lower(): one for one in place.iterdir() if one.is_file()}
        for name in INDEXES:
            if name in files:
                return files[name]
    return None


def is_harmony(source: Path) -> str:
    """Say which index of Harmony it is or holds."""
    index = find_index(source)
    if index is None:
        return ""
    with index.open("rb") as file:
        head = file.read(2048).replace(b"\0", b"")
    known = index.name.lower() == INDEXES[0] or _ROOT in head
    return index.name if known else ""


@dataclass(frozen=True)
class _Index:
    """The elements of an index as they are written."""

    path: Path
    plate: Values
    stated: frozenset[str]
    maps: Mapping[str, Mapping[str, tuple[str, str]]]
    profiles: Mapping[str, str]
    images: Sequence[Values]
    instrument: str | None
    notes: tuple[str, ...]


def scan_harmony(source: Path) -> Acquisition:
    """Scan an export of Harmony.

    Parameters
    ----------
    source
        The measurement's folder, its ``Images``, or the index itself.

    Raises
    ------
    ReaderError
        A damaged index, several plates in it, images that contradict it.
    """
    path = find_index(source)
    if path is None:
        raise ReaderError(source, "holds no Index.idx.xml or Index.xml; give the folder of the measurement")
    index = _read_index(path)
    plate = index.plate
    rows, columns = (
        _whole(plate, f"Plate{axis}", path, 1, most) for axis, most in (("Rows", 702), ("Columns", 99))
    )
    faults: list[str] = []
    images = [image for one in index.images if (image := _image(one, faults)) is not None]
    if faults:
        raise ReaderError(path, faults)
    merged = [{**index.maps.get(_text(one, "ChannelID"), {}), **one} for one in index.images]
    notes = list(index.notes)
    name = _text(plate, "Name") or _text(plate, "PlateID") or source.name
    light, told = _flat_fields(index.profiles)
    return listed_acquisition(
        source,
        Listing(
            path=path,
            folder=path.parent,
            reader="harmony",
            name=_plain_name(name),
            format=PlateFormat(rows, columns),
            format_stated=True,
            channels=_channels(merged),
            images=images,
            pixel_size_um=_pixel_size(merged, notes),
            size=_size(merged),
            z_step_um=_z_step(index.images),
            instrument=index.instrument,
            objective=_objective(merged),
            y_axis=_y_axis(merged),
            flat_fields=light,
            disagreements=_disagreements(index, images),
            notes=(*notes, *told),
        ),
    )


def _read_index(path: Path) -> _Index:
    """Read what is needed of an index, image by image; a plate of 384 wells has 100 MB of it."""
    root, taken, notes = read_elements(
        path,
        {
            "Plate": lambda element: (_values(element), [one.get("id", "") for one in element]),
            "Entry": lambda element: (element.get("ChannelID", ""), _values(element)),
            # Among the wells an image is a name alone.
            "Image": lambda element: _values(element) if len(element) else None,
            "InstrumentType": lambda element: (element.text or "").strip(),
        },
    )
    plates = [values for values, _ in taken["Plate"]]
    maps: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for channel, said in taken["Entry"]:
        maps[channel] |= said
    profiles = {
        channel: said.pop("FlatfieldProfile")[0]
        for channel, said in maps.items()
        if "FlatfieldProfile" in said
    }
    if root != _ROOT.decode():
        raise ReaderError(
            path, f"is an XML of {root[:40]!r}; expected {_ROOT.decode()}, as Harmony writes it"
        )
    if len(plates) != 1:
        names = [_text(one, "Name") or _text(one, "PlateID") for one in plates]
        raise ReaderError(
            path,
            f"describes {len(plates)} plates ({shown(names)}); export them one by one"
            if plates
            else "describes no plate; copy it again from the instrument",
        )
    return _Index(
        path,
        plates[0],
        frozenset(one for _, wells in taken["Plate"] for one in wells if one),
        maps,
        profiles,
        [one for one in taken["Image"] if one is not None],
        next(iter(taken["InstrumentType"]), None) or None,
        notes,
    )


def _values(element: Any) -> dict[str, tuple[str, str]]:
    """Take the text and the unit of an element's children."""
    return {local(child): ((child.text or "").strip(), child.get("Unit", "")) for child in element}


def _text(values: Values, name: str) -> str:
    return values.get(name, ("", ""))[0]


def _plain_name(name: str) -> str:
    """Take out of a plate's name what no folder's can hold."""
    return re.sub(r"[\x00-\x1f/\\]+", "_", name).strip(" .") or "plate"


def _number(values: Values, name: str) -> float | None:
    """Take a number that can be one; None where there is none."""
    try:
        value = float(_text(values, name).replace(",", "."))
    except ValueError:
        return None
    return value if abs(value) < 1e9 else None


def _um(values: Values, name: str) -> float | None:
    """Take a length in µm."""
    value, unit = _number(values, name), values.get(name, ("", ""))[1]
    return None if value is None or unit not in _METRES else value * _METRES[unit]


def _whole(values: Values, name: str, where: object, least: int, most: int) -> int:
    """Take a whole number within bounds; its digits alone, so that a changed sign is no number."""
    written = _text(values, name)
    if not re.fullmatch(r"\d{1,9}", written) or not least <= int(written) <= most:
        raise ReaderError(
            str(where), f"has {name} {written[:20]!r}; expected a whole number from {least} to {most}"
        )
    return int(written)


def _image(values: Values, faults: list[str]) -> ListedImage | None:
    """Take one image; its file's name, which says its place too, must say the same."""
    url = _text(values, "URL")
    where = f"image {_text(values, 'id')[:30] or url[:60]!r}"
    try:
        row, column, number, plane, channel = (
            _whole(values, name, where, least, most)
            for name, least, most in (
                ("Row", 1, 702),
                ("Col", 1, 99),
                ("FieldID", 0, 99_999),
                ("PlaneID", 0, 99_999),
                ("ChannelID", 0, 999),
            )
        )
        time = _whole(values, "TimepointID", where, 0, 999_999) if "TimepointID" in values else 0
    except ReaderError as error:
        faults.append(f"{error.path} {error.faults[0]}")
        return None
    named = _NAME.search(url)
    if named is not None:
        said = [int(one) for one in named.groups(default=str(plane))]
        if said != [row, column, number, plane, channel]:
            faults.append(
                f"{where} is listed at row {row}, column {column}, field {number}, plane {plane}, channel "
                f"{channel}, and its file is named {url!r}; one of the two is wrong"
            )
            return None
    x, y = _um(values, "PositionX"), _um(values, "PositionY")
    state = _text(values, "State") or "Ok"
    failed = f"the instrument gives its state as {state[:40]!r}" if state.lower() != "ok" else ""
    return ListedImage(
        well=well_name(row - 1, column - 1),
        field=number,
        channel=str(channel),
        time=time,
        z=plane,
        file=url,
        position_um=None if x is None or y is None else (x, y),
        imaged_at=_text(values, "AbsTime") or None,
        failed=failed or ("" if url else "the index names no file"),
    )


def _channels(images: Sequence[Values]) -> dict[str, Channel]:
    """Describe each channel by its first image, in the order of the channels' numbers."""
    first: dict[int, Values] = {}
    for one in images:
        first.setdefault(int(_text(one, "ChannelID")), one)
    channels = {}
    for key, one in sorted(first.items()):
        exposure = _number(one, "ExposureTime")
        channels[str(key)] = Channel(
            _text(one, "ChannelName") or f"channel {key}",
            _number(one, "MainExcitationWavelength"),
            _number(one, "MainEmissionWavelength"),
            None if exposure is None else round(exposure * 1000, 6),
        )
    return channels


def _pixel_size(images: Sequence[Values], notes: list[str]) -> tuple[float, float] | None:
    """Take the pixel size that all images state."""
    sizes = Counter((_um(one, "ImageResolutionY"), _um(one, "ImageResolutionX")) for one in images)
    (height, width), _ = sizes.most_common(1)[0]
    low, high = PIXEL_SIZES_UM
    if height is None or width is None or not all(low <= side <= high for side in (height, width)):
        return None
    if len(sizes) > 1:
        notes.append(f"Images state {len(sizes)} pixel sizes; none is taken.")
        return None
    return height, width


def _size(images: Sequence[Values]) -> tuple[int, int] | None:
    """Take the height and width that all images state."""
    sizes = {(_number(one, "ImageSizeY"), _number(one, "ImageSizeX")) for one in images}
    height, width = sizes.pop() if len(sizes) == 1 else (None, None)
    return None if height is None or width is None else (int(height), int(width))


def _z_step(images: Sequence[Values]) -> float | None:
    """Take the distance of planes in z where it is the same throughout the first stack."""
    stack: dict[int, float] = {}
    names = ("Row", "Col", "FieldID", "TimepointID", "ChannelID")
    first = [_text(images[0], name) for name in names] if images else []
    for one in images:
        place = _um(one, "PositionZ")
        if [_text(one, name) for name in names] == first and place is not None:
            stack[int(_text(one, "PlaneID"))] = place
    planes = sorted(stack)
    steps = {round((stack[later] - stack[one]) / (later - one), 3) for one, later in pairwise(planes)}
    return believed_step(abs(steps.pop())) if len(steps) == 1 else None


def _objective(images: Sequence[Values]) -> Objective | None:
    """Describe the objective lens as the first image states it."""
    if not images or "ObjectiveMagnification" not in images[0]:
        return None
    return Objective(_number(images[0], "ObjectiveMagnification"), _number(images[0], "ObjectiveNA"))


def _y_axis(images: Sequence[Values]) -> Literal["up", "down"]:
    """Say how the stage's y runs: up, unless the matrix from camera to stage says otherwise."""
    found = _MATRIX.search(_text(images[0], "OrientationMatrix")) if images else None
    return "down" if found is not None and not found[1].startswith("-") else "up"


def _flat_fields(profiles: Mapping[str, str]) -> tuple[dict[str, FlatField], list[str]]:
    """Read every channel's profile, and say of each that is none."""
    found, notes = {}, []
    for channel, written in profiles.items():
        try:
            light = harmony_flat_field(written)
        except ValueError as error:
            notes.append(f"Channel {channel}: {error}, and is left out.")
            continue
        if light is not None:
            found[channel] = light
    return found, notes


def _disagreements(index: _Index, images: Sequence[ListedImage]) -> tuple[str, ...]:
    """Name the wells that the index says were measured and of which it lists no image."""
    imaged = {image.well for image in images}
    stated = set()
    for one in index.stated:
        if re.fullmatch(r"\d{4}", one) and int(one[:2]) and int(one[2:]):
            stated.add(well_name(int(one[:2]) - 1, int(one[2:]) - 1))
    absent = sorted(stated - imaged)
    if not absent:
        return ()
    return (
        f"{index.path.name} lists no image of {len(absent)} wells that it says were measured: "
        f"{shown(absent)}.",
    )
