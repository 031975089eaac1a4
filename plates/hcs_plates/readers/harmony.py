"""Opera Phenix, Operetta and others of Harmony: an ``Index.idx.xml`` or ``Index.xml`` beside its TIFFs.

Versions 1 to 7 of the index differ in where they keep what all images of a channel share: with every image,
or once a channel among the maps. Both are read, whatever the version and its namespace.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Literal

from hcs_plates.errors import ReaderError
from hcs_plates.readers.acquisition import Acquisition, Channel, Objective
from hcs_plates.readers.flatfield import FlatField, harmony_flat_field
from hcs_plates.readers.harmonyindex import (
    INDEXES,
    ROOT,
    Index,
    ReadImage,
    Values,
    number,
    read_index,
    read_profiles,
    text,
    um,
    whole,
)
from hcs_plates.readers.lengths import PIXEL_SIZES_UM, believed_step
from hcs_plates.readers.listed import ListedImage, Listing, listed_acquisition
from hcs_plates.readers.names import shown
from hcs_plates.wells import PlateFormat, well_name

_MATRIX = re.compile(r"\[\[[^\]]*\],\s*\[\s*[^,]+,\s*([-+0-9.eE]+)")
_LIGHT = {"ffc_profile", "flatfieldcorrection"}
"""Folders, beside that of the images, of the flat fields of newer exports and of archives."""


def find_index(source: Path) -> Path | None:
    """Find the index of a measurement: in the folder, in its ``Images``, or an archive's in its ``index``."""
    if source.is_file():
        return source if source.name.lower().endswith(INDEXES) else None
    for place in (source, *_folders(source, {"images"})):
        named = (one for one in place.iterdir() if one.name.lower() in INDEXES)
        files = {one.name.lower(): one for one in named if one.is_file()}
        for name in INDEXES:
            if name in files:
                return files[name]
    for place in _folders(source, {"index"}):
        written = [one for one in _xmls(place) if _is_index(one)]
        if len(written) == 1:
            return written[0]
    return None


def _folders(source: Path, names: set[str]) -> list[Path]:
    """Find folders of some names in a folder, whatever their case."""
    return sorted(one for one in source.iterdir() if one.name.lower() in names and one.is_dir())


def _xmls(folder: Path) -> list[Path]:
    return sorted(
        one
        for one in folder.iterdir()
        if one.suffix.lower() == ".xml" and one.name[0] != "." and one.is_file()
    )


def _is_index(path: Path) -> bool:
    """Whether a file begins as an index does, whatever its encoding."""
    with path.open("rb") as file:
        return ROOT.encode() in file.read(2048).replace(b"\0", b"")


def is_harmony(source: Path) -> str:
    """Say which index of Harmony it is or holds."""
    index = find_index(source)
    if index is None:
        return ""
    return index.name if index.name.lower() == INDEXES[0] or _is_index(index) else ""


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
    index = read_index(path)
    plate = index.plate
    rows, columns = (
        whole(plate, f"Plate{axis}", path, 1, most) for axis, most in (("Rows", 702), ("Columns", 99))
    )
    if faults := [one.fault for one in index.images if one.fault]:
        raise ReaderError(path, faults)
    images = [one.image for one in index.images if one.image is not None]
    notes = list(index.notes)
    name = text(plate, "Name") or text(plate, "PlateID") or source.name
    light = _flat_fields(index.profiles or _profiles_beside(source, notes), notes)
    beside = _folders(path.parent.parent, {"images"}) if path.parent.name.lower() == "index" else []
    return listed_acquisition(
        source,
        Listing(
            path=path,
            folder=beside[0] if beside else path.parent,
            reader="harmony",
            name=_plain_name(name),
            format=PlateFormat(rows, columns),
            format_stated=True,
            channels=_channels(index.kinds),
            images=images,
            pixel_size_um=_pixel_size(index.kinds, notes),
            size=_size(index.kinds),
            z_step_um=_z_step(index.images),
            instrument=index.instrument,
            objective=_objective(index.kinds),
            y_axis=_y_axis(index.kinds),
            flat_fields=light,
            disagreements=_disagreements(index, images),
            notes=tuple(notes),
        ),
    )


def _plain_name(name: str) -> str:
    """Take out of a plate's name what no folder's can hold."""
    return re.sub(r"[\x00-\x1f/\\]+", "_", name).strip(" .") or "plate"


def _channels(images: Sequence[Values]) -> dict[str, Channel]:
    """Describe each channel by its first image, in the order of the channels' numbers."""
    first: dict[int, Values] = {}
    for one in images:
        first.setdefault(int(text(one, "ChannelID")), one)
    channels = {}
    for key, one in sorted(first.items()):
        exposure = number(one, "ExposureTime")
        channels[str(key)] = Channel(
            text(one, "ChannelName") or f"channel {key}",
            # A bright field's emission is written as 0.
            number(one, "MainExcitationWavelength") or None,
            number(one, "MainEmissionWavelength") or None,
            None if exposure is None else round(exposure * 1000, 6),
        )
    return channels


def _pixel_size(images: Sequence[Values], notes: list[str]) -> tuple[float, float] | None:
    """Take the pixel size that all images state."""
    sizes = {(um(one, "ImageResolutionY"), um(one, "ImageResolutionX")) for one in images}
    if len(sizes) > 1:
        notes.append(f"Images state {len(sizes)} pixel sizes; none is taken.")
    if len(sizes) != 1:
        return None
    height, width = sizes.pop()
    low, high = PIXEL_SIZES_UM
    if height is None or width is None or not all(low <= side <= high for side in (height, width)):
        return None
    return height, width


def _size(images: Sequence[Values]) -> tuple[int, int] | None:
    """Take the height and width that all images state."""
    sizes = {(number(one, "ImageSizeY"), number(one, "ImageSizeX")) for one in images}
    height, width = sizes.pop() if len(sizes) == 1 else (None, None)
    return None if height is None or width is None else (int(height), int(width))


def _z_step(images: Sequence[ReadImage]) -> float | None:
    """Take the distance of planes in z where it is the same throughout the first stack."""
    stack: dict[int, float] = {}
    first = None
    for one, _, height in images:
        if one is not None and height is not None:
            place = (one.well, one.field, one.time, one.channel)
            first = first or place
            if place == first:
                stack[one.z] = height
    planes = sorted(stack)
    steps = {round((stack[later] - stack[one]) / (later - one), 3) for one, later in pairwise(planes)}
    return believed_step(abs(steps.pop())) if len(steps) == 1 else None


def _objective(images: Sequence[Values]) -> Objective | None:
    """Describe the objective lens as the first image states it."""
    if not images or "ObjectiveMagnification" not in images[0]:
        return None
    return Objective(number(images[0], "ObjectiveMagnification"), number(images[0], "ObjectiveNA"))


def _y_axis(images: Sequence[Values]) -> Literal["up", "down"]:
    """Say how the stage's y runs: up, unless the matrix from camera to stage says otherwise."""
    found = _MATRIX.search(text(images[0], "OrientationMatrix")) if images else None
    return "down" if found is not None and not found[1].startswith("-") else "up"


def _profiles_beside(source: Path, notes: list[str]) -> dict[str, str]:
    """Take the flat fields that lie in a file of their own in the export's folder."""
    files = [one for place in _folders(source, _LIGHT) for one in _xmls(place)] if source.is_dir() else []
    if len(files) > 1:
        notes.append(
            f"{len(files)} files state flat fields ({shown([one.name for one in files])}); none is taken."
        )
    return read_profiles(files[0]) if len(files) == 1 else {}


def _flat_fields(profiles: Mapping[str, str], notes: list[str]) -> dict[str, FlatField]:
    """Read every channel's profile, and say of each that is none."""
    found = {}
    for channel, written in profiles.items():
        try:
            light = harmony_flat_field(written)
        except ValueError as error:
            notes.append(f"Channel {channel}: {error}, and is left out.")
            continue
        if light is not None:
            found[channel] = light
    return found


def _disagreements(index: Index, images: Sequence[ListedImage]) -> tuple[str, ...]:
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
