"""Olympus or Evident ScanR: ``B2--W00014--P00001--Z00000--T00000--GFP.tif``, in a folder or its ``data``.

Names say which plane a file is; ``metadata.ome.xml``, where it lies beside them, which files there should be.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np
import numpy.typing as npt

from hcs_plates.errors import ReaderError
from hcs_plates.readers.acquisition import Acquisition, Channel, Objective
from hcs_plates.readers.headers import Header, read_header
from hcs_plates.readers.lengths import PIXEL_SIZES_UM
from hcs_plates.readers.listed import ListedImage, Listing, listed_acquisition, spelt
from hcs_plates.readers.names import fewer_fields, list_tiffs, shown
from hcs_plates.readers.omexml import ome_lengths
from hcs_plates.readers.pixels import Decode, refused_by_system, tiff_page
from hcs_plates.readers.xmlfile import every, first, number, read_root, text
from hcs_plates.wells import FORMATS, PlateFormat, parse_well, smallest_format

_NAME = re.compile(
    r"^(?P<well>[A-Z]{1,2}\d{1,2})--W(?P<number>\d{5})--P(?P<position>\d{5})--Z(?P<z>\d{5})--T(?P<time>\d{5})--"
    r"(?P<channel>.+)\.tiff?$",
    re.IGNORECASE,
)
METADATA = "metadata.ome.xml"
OFFSET = 0x8000
SAMPLED = 8
"""Images of each channel looked at for the offset, spread over the plate."""


def scanr_page(path: Path, page: int) -> npt.NDArray[Any]:
    """Read an image of which every value is raised by 0x8000.

    Raises
    ------
    ValueError
        A value is below that, so the image is not raised as the others are.
    """
    pixels = tiff_page(path, page)
    if not _is_raised(pixels):
        raise ValueError("its values are not raised by 32768, as those of the plate's other images are")
    return pixels - np.uint16(OFFSET)


def plain_page(path: Path, page: int) -> npt.NDArray[Any]:
    """Read an image of a plate of which no value is raised.

    Raises
    ------
    ValueError
        All its values are 0x8000 or more, as of an image that is raised.
    """
    pixels = tiff_page(path, page)
    if _is_raised(pixels):
        raise ValueError(
            "all its values are 32768 or more, as where a ScanR raised them, which it did to none of the "
            "plate's images that were looked at"
        )
    return pixels


def _is_raised(pixels: npt.NDArray[Any]) -> bool:
    return pixels.dtype == np.uint16 and bool(pixels.min() >= OFFSET)


@dataclass(frozen=True)
class _Described:
    """What ``metadata.ome.xml`` says: pixel size, lens, and the names of the images."""

    pixel_size_um: tuple[float, float] | None = None
    objective: Objective | None = None
    listed: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Found:
    """The folder of the images, their names, and those of other files."""

    folder: Path
    named: Sequence[tuple[Path, re.Match[str]]]
    others: Sequence[str]


def _find(source: Path) -> list[_Found]:
    """Find the images: in the folder, and in its ``data``."""
    if source.is_file():
        return []
    found = []
    for folder in (source, *(one for one in source.iterdir() if one.name.lower() == "data" and one.is_dir())):
        tiffs = list_tiffs(folder)
        named = [(path, match) for path in tiffs if (match := _NAME.match(path.name)) is not None]
        if named:
            taken = {path for path, _ in named}
            found.append(_Found(folder, named, [path.name for path in tiffs if path not in taken]))
    return found


def is_scanr(source: Path) -> str:
    """Say which image is named as a ScanR names it."""
    found = _find(source)
    return found[0].named[0][0].name if found else ""


def scan_scanr(source: Path) -> Acquisition:
    """Scan a ScanR's folder.

    Parameters
    ----------
    source
        The folder with the images, or with their ``data``.

    Raises
    ------
    ReaderError
        No image so named, images in both places, numbers of wells that contradict their names.
    """
    places = _find(source)
    if not places:
        raise ReaderError(source, "holds no TIFF named like 'A1--W00001--P00001--Z00000--T00000--GFP.tif'")
    if len(places) > 1:
        raise ReaderError(
            source, f"holds images itself and in its {places[1].folder.name}; give the folder of one, alone"
        )
    (found,) = places
    described = _metadata(source, found.folder)
    there = {spelt(path.name) for path, _ in found.named}
    if described.listed and not any(spelt(name) in there for name in described.listed):
        said = f"{METADATA} lists none of the images that are there: it is of others, and is not used."
        described = _Described(notes=(said,))
    images, wells = _images(source, found, described)
    format, stated, told = _format(source, wells)
    decode, raised = _decode(found.named)
    return listed_acquisition(
        source,
        Listing(
            path=source,
            folder=found.folder,
            reader="scanr",
            name=(found.folder.parent if found.folder != source else source).name,
            format=format,
            format_stated=stated,
            channels={name: Channel(name) for name in sorted({image.channel for image in images})},
            images=images,
            pixel_size_um=described.pixel_size_um,
            instrument="ScanR",
            objective=described.objective,
            decode=decode,
            notes=(
                *_left_out(found, described),
                *described.notes,
                *told,
                *raised,
                *fewer_fields((image.well, image.field) for image in images),
            ),
        ),
    )


def _images(
    source: Path, found: _Found, described: _Described
) -> tuple[list[ListedImage], dict[str, set[int]]]:
    """List the images that are there and those that should be, and the numbers of each well."""
    there = {spelt(path.name) for path, _ in found.named}
    wells: dict[str, set[int]] = {}
    images = []
    for path, match in found.named:
        well = _well(path.name, match, source)
        wells.setdefault(well, set()).add(int(match["number"]))
        images.append(_image(well, match, path.relative_to(found.folder).as_posix()))
    for name in sorted(described.listed):
        lost = _NAME.match(name)
        if lost is not None and spelt(name) not in there:
            well = _well(name, lost, source)
            wells.setdefault(well, set()).add(int(lost["number"]))
            said = f"{METADATA} lists it and it is not there"
            images.append(replace(_image(well, lost, name), failed=said))
    return images, wells


def _well(name: str, match: re.Match[str], source: Path) -> str:
    try:
        return parse_well(match["well"]).name
    except ValueError as error:
        raise ReaderError(source, f"file {name}: {error}") from error


def _image(well: str, match: re.Match[str], file: str) -> ListedImage:
    return ListedImage(
        well, int(match["position"]), match["channel"], int(match["time"]), int(match["z"]), file
    )


def _left_out(found: _Found, described: _Described) -> list[str]:
    """Say which files have other names, and which images the metadata do not list."""
    notes = []
    if found.others:
        notes.append(
            f"{len(found.others)} TIFF files are named otherwise and left out: {shown(found.others)}."
        )
    listed = {spelt(name) for name in described.listed}
    unlisted = [path.name for path, _ in found.named if spelt(path.name) not in listed]
    if listed and unlisted:
        notes.append(
            f"{len(unlisted)} images are not listed in {METADATA} and are read by their names: "
            f"{shown(unlisted)}."
        )
    return notes


def _format(source: Path, wells: Mapping[str, set[int]]) -> tuple[PlateFormat, bool, list[str]]:
    """Find the plate of which wells are so numbered, row by row from 1; else the smallest that holds them.

    Raises
    ------
    ReaderError
        A well under two numbers, or two wells under one.
    """
    twice = [well for well, numbers in wells.items() if len(numbers) > 1]
    if twice:
        raise ReaderError(
            source, f"has images of well {twice[0]} under several numbers of wells (W); sort them out"
        )
    owners: dict[int, str] = {}
    for well, (place,) in wells.items():
        if owners.setdefault(place, well) != well:
            raise ReaderError(
                source,
                f"has images of wells {owners[place]} and {well} under the number {place} (W); one of the "
                "two is wrong: sort them out",
            )

    def unlike(one: PlateFormat) -> list[str]:
        odd = []
        for well, (place,) in wells.items():
            at = parse_well(well)
            if at not in one or at.row * one.columns + at.column + 1 != place:
                odd.append(f"{well} as W{place:05}")
        return odd

    fitting = [one for one in FORMATS.values() if not unlike(one)]
    if len(fitting) == 1:
        return fitting[0], True, []
    if fitting:
        return smallest_format(wells), False, []
    nearest = min(FORMATS.values(), key=lambda one: len(unlike(one)))
    odd = unlike(nearest)
    told = (
        f"The numbers of wells (W) are those of no plate (of {nearest.size} wells {len(odd)} would not fit: "
        f"{shown(odd)}); wells are taken by their names."
    )
    return smallest_format(wells), False, [told]


def _metadata(source: Path, folder: Path) -> _Described:
    """Read ``metadata.ome.xml``, where it lies beside the images or above their ``data``."""
    path = next((one / METADATA for one in sorted({source, folder}) if (one / METADATA).is_file()), None)
    if path is None:
        said = f"There is no {METADATA}: pixel size, optics, and what should be there are not known."
        return _Described(notes=(said,))
    root, forgiven = read_root(path)
    notes = list(forgiven)
    sizes = {ome_lengths(image)[0] for image in every(root, "Image")}
    if len(sizes) > 1:
        notes.append(f"{METADATA} states {len(sizes)} pixel sizes; none is taken.")
    size = sizes.pop() if len(sizes) == 1 else None
    low, high = PIXEL_SIZES_UM
    used = {text(one, "ID") for one in every(root, "ObjectiveSettings")}
    lenses = [one for one in every(root, "Objective") if text(one, "ID") in used and len(used) == 1]
    named = (text(first(data, "UUID"), "FileName") for data in every(root, "TiffData"))
    return _Described(
        size if size is not None and all(low <= one <= high for one in size) else None,
        _objective(lenses[0]) if lenses else None,
        frozenset(PureWindowsPath(name).name for name in named if name is not None),
        tuple(notes),
    )


def _objective(lens: Any) -> Objective:
    return Objective(number(lens, "NominalMagnification"), number(lens, "LensNA"), text(lens, "Model"))


def _decode(named: Sequence[tuple[Path, re.Match[str]]]) -> tuple[Decode, list[str]]:
    """Look at some images of each channel: a ScanR raises all values of a plate by 32768, or none."""
    channels: dict[str, list[Path]] = defaultdict(list)
    for path, match in named:
        channels[match["channel"]].append(path)
    looked = [one for paths in channels.values() for one in islice(_readable(paths), SAMPLED)]
    raised = [path.name for path, is_raised in looked if is_raised]
    plain = [path.name for path, is_raised in looked if not is_raised]
    if raised and plain:
        return tiff_page, [
            f"All values of {len(raised)} of {len(looked)} images looked at are 32768 or more, of the others "
            f"not ({raised[0]} and {plain[0]}): no number is changed; look whether all are of one kind."
        ]
    if not raised:
        return plain_page, []
    return scanr_page, [
        f"All values of {len(raised)} images looked at are 32768 or more, as a ScanR writes signed "
        "numbers; 32768 is taken from every value."
    ]


def _readable(paths: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    """Read images spread over the whole list first, then the rest, and say of each whether it is raised."""
    last = len(paths) - 1
    spread = dict.fromkeys(round(one * last / (SAMPLED - 1)) for one in range(SAMPLED))
    for place in [*spread, *(one for one in range(len(paths)) if one not in spread)]:
        path = paths[place]
        try:
            # A header that states too much is no image, before anything of its size is allocated.
            if isinstance(read_header(path, whole=True), Header):
                yield path, _is_raised(tiff_page(path, 0))
        # A damaged file is found where its header is read, and is missing then.
        except Exception as error:
            if refused_by_system(error):
                raise
