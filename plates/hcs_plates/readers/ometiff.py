"""OME-TIFF plates: a `Plate` in a companion file or in the TIFFs themselves (OME schema 2016-06, "SPW").

Wells name samples, samples name images, images name files and the pages of each plane.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PureWindowsPath
from typing import Any

import tifffile

from hcs_plates.errors import ReaderError
from hcs_plates.readers.acquisition import Acquisition, Channel, Objective
from hcs_plates.readers.headers import PlateHeaders, of_each, stored_otherwise
from hcs_plates.readers.lengths import PIXEL_SIZES_UM, believed_step
from hcs_plates.readers.listed import ListedImage, Listing, listed_acquisition, spelt
from hcs_plates.readers.names import shown
from hcs_plates.readers.omeset import COMPANIONS, Described, check_alone, companions, find_description
from hcs_plates.readers.omexml import UNITS_UM, ome_lengths, pages_of
from hcs_plates.readers.pixels import refused_by_system
from hcs_plates.readers.segments import broken_chain, damage_of, stored_as
from hcs_plates.readers.xmlfile import every, first, number, text, whole
from hcs_plates.wells import PlateFormat, smallest_format, well_name

ENDINGS = (".companion.ome", ".ome.tif", ".ome.tiff", ".ome.xml")


@dataclass(frozen=True)
class _Sample:
    """A sample of a well: its element, and the field that it is."""

    well: str
    field: int
    element: Any

    @property
    def imaged(self) -> bool:
        return text(first(self.element, "ImageRef"), "ID") is not None


def is_ometiff(source: Path) -> str:
    """Say which file of a folder describes a plate in OME-XML; the first TIFF, or its master, is opened."""
    try:
        found = find_description(source)
    except ReaderError:
        # Damage is for the scan to say: the file's name says what it is.
        named = companions(source)
        return named[0].name if named else ""
    return found.path.name if found is not None else ""


def scan_ometiff(source: Path) -> Acquisition:
    """Scan a plate of OME-TIFFs.

    Parameters
    ----------
    source
        The folder, the companion file, or a TIFF that describes the plate.

    Raises
    ------
    ReaderError
        No plate described, several, several runs of one, wells that are none, images of which nothing is
        known.
    """
    found = find_description(source)
    if found is None:
        raise ReaderError(source, "holds no OME-XML with a Plate, in a companion file or in its first TIFF")
    left_out = check_alone(source, found)
    plates = list(every(found.root, "Plate"))
    if len(plates) != 1:
        names = [text(one, "Name") or text(one, "ID") or "?" for one in plates]
        raise ReaderError(
            found.path, f"describes {len(plates)} plates ({shown(names)}); export them one by one"
        )
    try:
        return _scanned(source, found, plates[0], left_out)
    except ValueError as error:
        raise ReaderError(found.path, str(error)) from error


def _scanned(source: Path, found: Described, plate: Any, left_out: Sequence[str]) -> Acquisition:
    images = {text(one, "ID"): one for one in every(found.root, "Image")}
    listed: list[ListedImage] = []
    sizes: set[tuple[int | None, int | None]] = set()
    used: list[Any] = []
    samples = list(_samples(plate))
    for one in samples:
        named = text(first(one.element, "ImageRef"), "ID")
        image = images.get(named)
        if named is not None and image is None:
            raise ValueError(f"names an image {named[:40]!r} that it does not describe; export it again")
        if image is None:
            continue
        used.append(image)
        pixels = first(image, "Pixels")
        sizes.add((whole(pixels, "SizeY", least=1), whole(pixels, "SizeX", least=1)))
        listed += _planes(found.path, image, one.well, one.field, _position(one.element, pixels))
    if not used:
        raise ValueError("describes no well with an image")
    rows, columns = whole(plate, "Rows", most=702) or 0, whole(plate, "Columns", most=99) or 0
    stated = rows > 0 and columns > 0
    wells = {image.well for image in listed}
    lengths = {ome_lengths(image) for image in used}
    size, step = lengths.pop() if len(lengths) == 1 else (None, None)
    low, high = PIXEL_SIZES_UM
    return listed_acquisition(
        source,
        Listing(
            path=found.path,
            folder=found.path.parent,
            reader="ometiff",
            name=(text(plate, "Name") or found.path.parent.name).replace("/", "_").replace("\\", "_"),
            format=PlateFormat(rows, columns) if stated else smallest_format(wells),
            format_stated=stated,
            channels=_channels(used),
            images=listed,
            pixel_size_um=size if size is not None and all(low <= one <= high for one in size) else None,
            size=_only(sizes),
            z_step_um=believed_step(step),
            objective=_objective(found.root),
            headers=partial(_headers, listed=listed),
            disagreements=_unlisted(used, listed),
            notes=(*found.notes, *left_out, *_run_notes(plate, samples), *_without_images(samples)),
        ),
    )


def _samples(plate: Any) -> Iterator[_Sample]:
    """List the samples of all wells; the number of a field is its place in the well."""
    for well in every(plate, "Well"):
        row, column = whole(well, "Row", most=701), whole(well, "Column", most=98)
        if row is None or column is None:
            raise ValueError("has a Well without Row and Column; export the plate again")
        for place, sample in enumerate(every(well, "WellSample"), 1):
            yield _Sample(well_name(row, column), place, sample)


def _run_notes(plate: Any, samples: Sequence[_Sample]) -> tuple[str, ...]:
    """Refuse images of several runs (`PlateAcquisition`): a place in a well would be a field of each."""
    runs = [
        (
            text(one, "Name") or text(one, "ID") or "?",
            {text(ref, "ID") for ref in every(one, "WellSampleRef")},
        )
        for one in every(plate, "PlateAcquisition")
    ]
    if len(runs) < 2:
        return ()
    imaged = {text(one.element, "ID") for one in samples if one.imaged}
    taken = [(name, refs) for name, refs in runs if refs & imaged]
    if len(taken) > 1:
        names = [name for name, _ in taken]
        raise ValueError(
            f"holds images of {len(taken)} runs of the plate ({shown(names)}); export them one by one"
        )
    if not taken or imaged - taken[0][1] or None in imaged:
        names = [name for name, _ in runs]
        raise ValueError(
            f"describes {len(runs)} runs of the plate ({shown(names)}) and does not say of which its images "
            "are; export them one by one"
        )
    return (f"The plate has {len(runs)} runs; all images are of {taken[0][0]!r}.",)


def _unlisted(images: Sequence[Any], listed: Sequence[ListedImage]) -> tuple[str, ...]:
    """Say that images state more planes than they list."""
    stated = 0
    for image in images:
        pixels = first(image, "Pixels")
        sizes = (whole(pixels, f"Size{axis}", least=1, most=999_999) or 1 for axis in "CZT")
        stated += math.prod(sizes)
    if stated == len(listed):
        return ()
    return (f"The images of the plate state {stated} planes and list {len(listed)}.",)


def _only(sizes: set[tuple[int | None, int | None]]) -> tuple[int, int] | None:
    height, width = next(iter(sizes)) if len(sizes) == 1 else (None, None)
    return None if height is None or width is None else (height, width)


def _planes(
    path: Path, image: Any, well: str, field: int, position: tuple[float, float] | None
) -> list[ListedImage]:
    """List the planes of one image, by the files and pages that it names."""
    pixels = first(image, "Pixels")
    date = first(image, "AcquisitionDate")
    moment = (date.text or "").strip() if date is not None else ""
    files = {text(first(data, "UUID"), "FileName") for data in every(pixels, "TiffData")} or {None}
    if None in files and path.name.lower().endswith(COMPANIONS):
        raise ValueError(f"does not say in which file the planes of image {text(image, 'ID')} are")
    found = []
    for file in sorted(files, key=str):
        pages = pages_of(pixels, {file}, 0)
        for page, (channel, time, z) in sorted((pages.planes if pages is not None else {}).items()):
            name = file if file is not None else path.name
            found.append(
                ListedImage(well, field, str(channel), time, z, name, page, position, moment or None)
            )
    if not found:
        raise ValueError(f"names no plane of image {text(image, 'ID')}")
    return found


def _position(sample: Any, pixels: Any) -> tuple[float, float] | None:
    """Take the place of a sample, or of its first plane, in µm; None where a unit is no length."""
    for element in (sample, first(pixels, "Plane")):
        places = []
        for axis in "XY":
            value = number(element, f"Position{axis}")
            unit = UNITS_UM.get((text(element, f"Position{axis}Unit") or "reference frame").lower())
            places.append(None if value is None or unit is None else value * unit)
        if places[0] is not None and places[1] is not None:
            return places[0], places[1]
    return None


def _channels(images: Sequence[Any]) -> dict[str, Channel]:
    """Describe the channels, which all images must name alike."""
    named: dict[int, dict[str, Channel]] = defaultdict(dict)
    for image in images:
        for place, one in enumerate(every(first(image, "Pixels"), "Channel")):
            name = text(one, "Name") or f"channel {place + 1}"
            lengths = number(one, "ExcitationWavelength"), number(one, "EmissionWavelength")
            named[place].setdefault(name, Channel(name, *lengths))
        count = whole(first(image, "Pixels"), "SizeC", least=1, most=999) or 1
        for place in range(count):
            if place not in named:
                named[place][f"channel {place + 1}"] = Channel(f"channel {place + 1}")
    for place, channels in named.items():
        if len(channels) > 1:
            raise ValueError(f"names channel {place + 1} differently by image ({shown(list(channels))})")
    return {str(place): next(iter(channels.values())) for place, channels in sorted(named.items())}


def _objective(root: Any) -> Objective | None:
    lenses = list(every(root, "Objective"))
    if len(lenses) != 1:
        return None
    lens = lenses[0]
    return Objective(number(lens, "NominalMagnification"), number(lens, "LensNA"), text(lens, "Model"))


def _without_images(samples: Sequence[_Sample]) -> list[str]:
    """Name the samples that have no image."""
    gone = [f"{one.well} field {one.field}" for one in samples if not one.imaged]
    if not gone:
        return []
    return [f"{len(gone)} samples of wells have no image in the plate's description: {shown(gone)}."]


_Kind = tuple[tuple[int, ...], str]


@dataclass(frozen=True)
class _Pages:
    """The pages of a file: how many, their shapes and types, and how they are stored."""

    count: int
    kinds: frozenset[_Kind]
    stored: str


def _headers(folder: Path, paths: Sequence[Path], *, listed: Sequence[ListedImage]) -> PlateHeaders:
    """Read shape and type of files whose pages are listed; all pages of all files must be alike."""
    found = dict(zip(paths, of_each(_pages_of, paths), strict=True))
    damaged = {path: one for path, one in found.items() if isinstance(one, str)}
    whole = {path: one for path, one in found.items() if not isinstance(one, str)}
    kinds: dict[_Kind, Path] = {}
    for path, one in whole.items():
        for kind in one.kinds:
            kinds.setdefault(kind, path)
    if len(kinds) > 1:
        told = [
            f"{path.name}: {' × '.join(map(str, shape))} {dtype}" for (shape, dtype), path in kinds.items()
        ]
        raise ReaderError(folder, f"holds images of {len(kinds)} kinds ({shown(told)}); a plate has one")
    if not kinds:
        raise ReaderError(folder, [f"{path.name}: {reason}" for path, reason in damaged.items()])
    ((shape, dtype),) = kinds
    if len(shape) != 2:
        raise ReaderError(folder, f"holds colour images ({' × '.join(map(str, shape))}); export grey levels")
    named: dict[str, int] = defaultdict(int)
    for image in listed:
        name = spelt(PureWindowsPath(image.file).name)
        named[name] = max(named[name], image.page + 1)
    short = [path.name for path, one in whole.items() if one.count < named[spelt(path.name)]]
    notes = stored_otherwise({path: one.stored for path, one in whole.items()})
    if short:
        notes.append(
            f"{len(short)} files have fewer pages than the description names ({shown(short)}): the last are "
            "missing, and where another was lost, those behind it have the place of the page before."
        )
    return PlateHeaders((int(shape[0]), int(shape[1])), dtype, None, damaged, notes=tuple(notes))


def _pages_of(path: Path) -> _Pages | str:
    """Read the kinds of a file's pages and how they are stored, or why it is damaged."""
    try:
        size = path.stat().st_size
        with tifffile.TiffFile(path) as tiff:
            # Counted first: without that tifffile follows directories in a circle for ever.
            pages = [tiff.pages[number].aspage() for number in range(len(tiff.pages))]
            damages = [broken_chain(tiff, size), *(damage_of(tiff, page, size) for page in pages)]
            if (damage := next(filter(None, damages), None)) is not None:
                return damage
            stored = sorted({stored_as(tiff, page) for page in pages})
            kinds = frozenset((page.shape, str(page.dtype)) for page in pages)
            return _Pages(len(pages), kinds, " and ".join(stored))
    # Decoders raise many kinds for damaged files; each means the same to the user.
    except Exception as error:
        if refused_by_system(error):
            raise
        return f"the image cannot be read ({type(error).__name__}: {error})"
