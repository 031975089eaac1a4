"""TIFF headers: shape, type, pixel size and damage of every file, without decoding a pixel.

A file that is cut short is found here, by the places of its strips, before anything is written: its planes
become *missing* and the run goes on. Files that are whole but of another kind than the rest (another shape,
another pixel type, colour) stop the scan, because guessing which of them belongs to the plate would be worse.
"""

import logging
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import tifffile

from hcs_plates.errors import ReaderError
from hcs_plates.readers.acquisition import PlaneFile, PlaneKey
from hcs_plates.readers.lengths import tiff_lengths
from hcs_plates.readers.names import leads_nowhere, shown
from hcs_plates.readers.pages import PageOrder, Stack, read_stack
from hcs_plates.readers.pictures import KINDS
from hcs_plates.readers.pixels import refused_by_system
from hcs_plates.readers.segments import broken_chain, damage_of, stored_as

# tifffile reports damage to its logger as well as by exceptions; without a handler Python would print that
# beside our own sentence. A program that configures logging still receives it.
logging.getLogger("tifffile").addHandler(logging.NullHandler())


Found = TypeVar("Found")


@dataclass(frozen=True)
class Header:
    """One file's image.

    Parameters
    ----------
    shape
        Height and width, pixels.
    dtype
        NumPy name of the pixel type.
    pixel_size_um, z_step_um
        Height and width of a pixel, and distance of steps in z, in µm, None where the file does not say so
        believably.
    stack
        What its pages are; None of one image.
    stored
        How its pixels are packed, "" where that is not known.
    """

    shape: tuple[int, int]
    dtype: str
    pixel_size_um: tuple[float, float] | None = None
    z_step_um: float | None = None
    stack: Stack | None = None
    stored: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.shape[0]} × {self.shape[1]} {self.dtype}"


@dataclass(frozen=True)
class PlateHeaders:
    """What all files of a plate have in common, and which of them are damaged.

    Parameters
    ----------
    shape, dtype, pixel_size_um
        As in `Header`: the shape that most have; the pixel size is None unless all files agree.
    damaged
        Reason by path for every file that cannot be read.
    z_step_um
        The steps in z where all files that tell it agree.
    stacks
        What the pages of a file are, by path, where it has several.
    notes
        Sentences on what was not believed.
    shapes
        Height and width by path, of files of another shape than `shape`.
    """

    shape: tuple[int, int]
    dtype: str
    pixel_size_um: tuple[float, float] | None
    damaged: Mapping[Path, str] = field(default_factory=dict)
    z_step_um: float | None = None
    stacks: Mapping[Path, Stack] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    shapes: Mapping[Path, tuple[int, int]] = field(default_factory=dict)


def read_header(path: Path, order: PageOrder | None = None, *, whole: bool = False) -> Header | str:
    """Read the header of a TIFF, PNG or JPEG.

    Parameters
    ----------
    path
        The file.
    order
        What its pages run over, where it has several.
    whole
        Whether it must be one image, because what lists it says which plane it is.

    Returns
    -------
    Header or str
        The header, or why the file is damaged.

    Raises
    ------
    ReaderError
        The file is whole but is not one field: colour, or pages of which nobody says what they are.
    OSError
        The file cannot be reached: that says nothing of what is in it.
    """
    if leads_nowhere(path):
        return f"it is a link to {str(path.readlink())!r}, which is not there"
    try:
        size = path.stat().st_size
        if size == 0:
            return "the file is empty (0 bytes)"
        if (kind := KINDS.get(path.suffix.lower())) is not None:
            return Header(*kind(path))
        with tifffile.TiffFile(path) as tiff:
            if len(tiff.pages) == 0:
                return f"the file is cut short: its {size} bytes end before the first image"
            page = tiff.pages.first
            damage = damage_of(tiff, page, size)
            if damage is not None:
                return damage
            dtype = _grey_type(path, page)
            damage = broken_chain(tiff, size) or _damaged_page(tiff, size)
            if damage is not None:
                return damage
            stack = read_stack(path, tiff, order, whole=whole)
            shape = (int(page.imagelength), int(page.imagewidth))
            return Header(shape, dtype, *tiff_lengths(tiff), stack, stored_as(tiff, page))
    except ReaderError:
        raise
    # tifffile raises many kinds (struct, Index, Value, its own) on damaged files; each means the same here.
    except Exception as error:
        if refused_by_system(error):
            raise
        return f"the image cannot be read ({type(error).__name__}: {error})"


def _damaged_page(tiff: tifffile.TiffFile, size: int) -> str | None:
    """Find damage of a page behind the first: one that seems a thumbnail may be one of a damaged size."""
    pages = (page for page in tiff.pages if isinstance(page, tifffile.TiffPage))
    damages = (damage_of(tiff, page, size) for page in pages if page.index > 0)
    return next((damage for damage in damages if damage is not None), None)


def _grey_type(path: Path, page: tifffile.TiffPage) -> str:
    """Name the pixel type; stop at colour, where the plane cannot be known."""
    if page.samplesperpixel != 1:
        raise ReaderError(
            path,
            f"is a colour image ({page.samplesperpixel} samples a pixel); "
            "export each channel as its own grey-level TIFF",
        )
    if page.dtype is None or page.dtype.kind not in "uif":
        raise ReaderError(
            path,
            f"has {page.bitspersample} bits a pixel, which is no grey-level type; "
            "export it as 8- or 16-bit TIFF",
        )
    return str(page.dtype.name)


def check_headers(
    source: Path, paths: Iterable[Path], order: PageOrder | None = None, *, whole: bool = False
) -> PlateHeaders:
    """Read the headers of all of a plate's files and hold them against each other.

    Parameters
    ----------
    source
        The folder, for messages.
    paths
        Each file once.
    order, whole
        As in `read_header`.

    Raises
    ------
    ReaderError
        Files of mixed shape or type, colour or multi-page files (all of them at once), or
        not one readable file.
    """
    files = list(paths)
    found = of_each(partial(_header_or_refusal, order=order, whole=whole), files)
    damaged = {path: result for path, result in zip(files, found, strict=True) if isinstance(result, str)}
    refusals: dict[str, list[str]] = defaultdict(list)
    for fault in found:
        if isinstance(fault, ReaderError):
            refusals[fault.faults[0]].append(_shown(source, fault.path))
    headers = {path: result for path, result in zip(files, found, strict=True) if isinstance(result, Header)}
    if not headers and not refusals:
        raise ReaderError(source, [f"{_shown(source, path)}: {reason}" for path, reason in damaged.items()])
    kinds = Counter((header.shape, header.dtype) for header in headers.values())
    if kinds:
        (shape, dtype), count = kinds.most_common(1)[0]
        usual = Header(shape, dtype)
        for path, header in headers.items():
            if header.dtype != dtype:
                said = (
                    f"is {header} where the plate's images are {usual} ({count} of {len(files)} files); a "
                    "plate has one pixel type: move it out of the folder or scan it apart"
                )
                refusals[said].append(_shown(source, path))
    if refusals:
        raise ReaderError(source, [f"{_named(names)} {said}" for said, names in refusals.items()])
    sizes = {header.pixel_size_um for header in headers.values()}
    pixel_size, notes = _common_pixel_size(sizes)
    steps = {header.z_step_um for header in headers.values()} - {None}
    z_step = steps.pop() if len(steps) == 1 else None
    stacks = {path: header.stack for path, header in headers.items() if header.stack is not None}
    shapes = {path: header.shape for path, header in headers.items() if header.shape != shape}
    notes = (*notes, *stored_otherwise({path: header.stored for path, header in headers.items()}))
    return PlateHeaders(shape, dtype, pixel_size, damaged, z_step, stacks, notes, shapes)


def stored_otherwise(stored: Mapping[Path, str]) -> list[str]:
    """Name files that are packed otherwise than most, by path: an entry of their header may be damaged."""
    usual = Counter(stored.values()).most_common(1)[0][0]
    others = [f"{path.name}: {said}" for path, said in stored.items() if said != usual]
    if not others:
        return []
    return [
        f"{len(others)} of {len(stored)} images are stored otherwise than most ({usual}): {shown(others)}; "
        "look whether they are as the others are."
    ]


def of_each(read: Callable[[Path], Found], files: Sequence[Path]) -> list[Found]:
    """Read something of each file, several at once: most of the time is the disk's or the share's."""
    from dask.system import CPU_COUNT

    with ThreadPoolExecutor(max_workers=min(32, 4 * CPU_COUNT)) as pool:
        return list(pool.map(read, files))


def field_shapes(
    source: Path, planes: Mapping[PlaneKey, PlaneFile], headers: PlateHeaders
) -> dict[tuple[str, int], tuple[int, int]]:
    """Find the fields of another shape than the others, by (well, field).

    Raises
    ------
    ReaderError
        Fields whose planes differ in shape among themselves.
    """
    if not headers.shapes:
        return {}
    found: dict[tuple[str, int], dict[tuple[int, int], str]] = {}
    for key, file in planes.items():
        if file.path not in headers.damaged:
            shape = headers.shapes.get(file.path, headers.shape)
            found.setdefault((key.well, key.field), {}).setdefault(shape, file.path.name)
    faults = [
        f"field {well}/{number} has planes of {' and '.join(f'{h} × {w} ({name})' for (h, w), name in own)}; "
        "all planes of a field have one shape: move what is not of it out of the folder"
        for (well, number), own in ((key, sorted(one.items())) for key, one in sorted(found.items()))
        if len(own) > 1
    ]
    if faults:
        raise ReaderError(source, faults)
    return {key: next(iter(own)) for key, own in found.items() if headers.shape not in own}


def damaged_planes(planes: Mapping[PlaneKey, PlaneFile], headers: PlateHeaders) -> dict[PlaneKey, str]:
    """Planes whose file is damaged, with the file's name and the reason."""
    return {
        key: f"{file.path.name}: {headers.damaged[file.path]}"
        for key, file in planes.items()
        if file.path in headers.damaged
    }


def _named(names: list[str]) -> str:
    """Name the files of which the same is to be said."""
    return names[0] if len(names) == 1 else f"{len(names)} files ({shown(names)}): each"


def _header_or_refusal(path: Path, order: PageOrder | None, *, whole: bool) -> Header | str | ReaderError:
    try:
        return read_header(path, order, whole=whole)
    except ReaderError as refusal:
        return refusal


def _shown(source: Path, path: Path) -> str:
    """Name a file as it stands under the scanned folder."""
    folder = source if source.is_dir() else source.parent
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _common_pixel_size(
    sizes: set[tuple[float, float] | None],
) -> tuple[tuple[float, float] | None, tuple[str, ...]]:
    """Return the one pixel size all files give, else none and a note."""
    stated = sorted(size for size in sizes if size is not None)
    if not stated:
        return None, ()
    first = stated[0]
    if None not in sizes and all(
        math.isclose(a, b, rel_tol=1e-3) for size in stated for a, b in zip(size, first, strict=True)
    ):
        return first, ()
    return None, (f"The files disagree on the pixel size (for one {first[0]:g} µm); it is left out.",)
