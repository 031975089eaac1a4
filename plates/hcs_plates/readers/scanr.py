"""Olympus or Evident ScanR: ``B2--W00014--P00001--Z00000--T00000--GFP.tif``, in a folder or its ``data``."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hcs_plates.errors import ReaderError
from hcs_plates.readers.acquisition import Acquisition, Channel, Objective
from hcs_plates.readers.lengths import PIXEL_SIZES_UM
from hcs_plates.readers.listed import ListedImage, Listing, listed_acquisition
from hcs_plates.readers.names import list_tiffs, shown
from hcs_plates.readers.omexml import ome_lengths
from hcs_plates.readers.pixels import Decode, refused_by_system, tiff_page
from hcs_plates.readers.xmlfile import first, number, read_root, text
from hcs_plates.wells import FORMATS, PlateFormat, parse_well, smallest_format

_NAME = re.compile(
    r"^(?P<well>[A-Z]{1,2}\d{1,2})--W(?P<number>\d{5})--P(?P<position>\d{5})--Z(?P<z>\d{5})--T(?P<time>\d{5})--"
    r"(?P<channel>.+)\.tiff?$",
    re.IGNORECASE,
)
METADATA = "metadata.ome.xml"
OFFSET = 0x8000
SAMPLED = 8
"""Images looked at for the offset, spread over the plate."""


def scanr_page(path: Path, page: int) -> npt.NDArray[Any]:
    """Read an image of which every value is raised by 0x8000.

    Raises
    ------
    ValueError
        A value is below that, so the image is not raised as the others are.
    """
    pixels = tiff_page(path, page)
    if pixels.dtype != np.uint16 or pixels.min() < OFFSET:
        raise ValueError("its values are not raised by 32768, as those of the plate's other images are")
    return pixels - np.uint16(OFFSET)


@dataclass(frozen=True)
class _Found:
    """The folder of the images, their names, and those of other files."""

    folder: Path
    named: Sequence[tuple[Path, re.Match[str]]]
    others: Sequence[str]


def _find(source: Path) -> _Found | None:
    """Find the images: in the folder, or in its ``data``."""
    if source.is_file():
        return None
    for folder in (source, *(one for one in source.iterdir() if one.name.lower() == "data" and one.is_dir())):
        tiffs = list_tiffs(folder)
        named = [(path, match) for path in tiffs if (match := _NAME.match(path.name)) is not None]
        if named:
            taken = {path for path, _ in named}
            return _Found(folder, named, [path.name for path in tiffs if path not in taken])
    return None


def is_scanr(source: Path) -> str:
    """Say which image is named as a ScanR names it."""
    found = _find(source)
    return found.named[0][0].name if found else ""


def scan_scanr(source: Path) -> Acquisition:
    """Scan a ScanR's folder.

    Parameters
    ----------
    source
        The folder with the images, or with their ``data``.

    Raises
    ------
    ReaderError
        No image so named, numbers of wells that contradict their names.
    """
    found = _find(source)
    if found is None:
        raise ReaderError(source, "holds no TIFF named like 'A1--W00001--P00001--Z00000--T00000--GFP.tif'")
    wells: dict[str, set[int]] = {}
    images = []
    for path, match in found.named:
        try:
            well = parse_well(match["well"]).name
        except ValueError as error:
            raise ReaderError(path, str(error)) from error
        wells.setdefault(well, set()).add(int(match["number"]))
        place = int(match["position"]), match["channel"], int(match["time"]), int(match["z"])
        images.append(ListedImage(well, *place, path.relative_to(found.folder).as_posix()))
    format, stated = _format(source, wells)
    notes = []
    if found.others:
        notes.append(
            f"{len(found.others)} TIFF files are named otherwise and left out: {shown(found.others)}."
        )
    size, lens, told = _metadata(source, found.folder)
    decode, raised = _decode([path for path, _ in found.named])
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
            pixel_size_um=size,
            instrument="ScanR",
            objective=lens,
            decode=decode,
            notes=(*notes, *told, *raised),
        ),
    )


def _format(source: Path, wells: dict[str, set[int]]) -> tuple[PlateFormat, bool]:
    """Find the plate of which wells are so numbered, row by row from 1; else the smallest that holds them."""
    twice = [well for well, numbers in wells.items() if len(numbers) > 1]
    if twice:
        raise ReaderError(
            source, f"has images of well {twice[0]} under several numbers of wells (W); sort them out"
        )
    fitting = [
        one
        for one in FORMATS.values()
        if all(
            parse_well(well) in one
            and parse_well(well).row * one.columns + parse_well(well).column + 1 in numbers
            for well, numbers in wells.items()
        )
    ]
    if len(fitting) == 1:
        return fitting[0], True
    return smallest_format(wells), False


def _metadata(source: Path, folder: Path) -> tuple[tuple[float, float] | None, Objective | None, list[str]]:
    """Read the pixel size and the lens from ``metadata.ome.xml``, where it lies beside the images."""
    places = {
        source / METADATA,
        folder / METADATA,
        folder.parent / METADATA if folder != source else folder / METADATA,
    }
    path = next((one for one in sorted(places) if one.is_file()), None)
    if path is None:
        return None, None, [f"There is no {METADATA}: pixel size and optics are not known."]
    root, notes = read_root(path)
    size, _ = ome_lengths(root)
    low, high = PIXEL_SIZES_UM
    believed = size if size is not None and all(low <= one <= high for one in size) else None
    used = text(first(root, "ObjectiveSettings"), "ID")
    lens = next((one for one in root.iter() if text(one, "ID") == used and used), None)
    described = (
        None
        if lens is None
        else Objective(number(lens, "NominalMagnification"), number(lens, "LensNA"), text(lens, "Model"))
    )
    return believed, described, list(notes)


def _decode(paths: Sequence[Path]) -> tuple[Decode, list[str]]:
    """Look at some images: where every value of them is 32768 or more, all are raised by that."""
    step = max(1, len(paths) // SAMPLED)
    raised: dict[bool, list[str]] = defaultdict(list)
    for path in paths[::step][:SAMPLED]:
        try:
            pixels = tiff_page(path, 0)
        # A damaged file is found where its header is read, and is missing then.
        except Exception as error:
            if refused_by_system(error):
                raise
            continue
        raised[pixels.dtype == np.uint16 and bool(pixels.min() >= OFFSET)].append(path.name)
    if raised[True] and raised[False]:
        return tiff_page, [
            f"All values of {len(raised[True])} of {len(raised[True]) + len(raised[False])} images looked at "
            f"are 32768 or more, of the others not ({raised[True][0]} and {raised[False][0]}): no "
            "number is changed; look whether the images are of one kind."
        ]
    if not raised[True]:
        return tiff_page, []
    return scanr_page, [
        f"All values of {len(raised[True])} images looked at are 32768 or more, as a ScanR writes signed "
        "numbers; 32768 is taken from every value."
    ]
