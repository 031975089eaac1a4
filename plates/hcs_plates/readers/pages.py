"""Pages of a TIFF by their axes: which channel, time point and z step each of several images in one file is.

A file says so itself (OME, ImageJ, tifffile), or the user does (`parse_pages`); it is never guessed, since a
film read as a stack would be projected into one image.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import tifffile

from hcs_plates.errors import ArgumentError, ReaderError
from hcs_plates.readers.omexml import AXES, ome_pages, ome_root

WORDS = {"c": ("channel", "channels"), "t": ("time point", "time points"), "z": ("z step", "z steps")}
ASK = (
    "say it with --pages: z, c or t, or such as c3z (the first 3 pages are channels of one step in z, and so "
    "on)"
)


@dataclass(frozen=True)
class PageOrder:
    """Axes that pages run over, the fastest first, each with its size; the last one's may be None."""

    axes: tuple[tuple[str, int | None], ...]

    def __str__(self) -> str:
        return "".join(f"{axis}{size or ''}" for axis, size in self.axes)

    def sizes(self, n_pages: int) -> dict[str, int]:
        """Size of each axis, the fastest first, for a number of pages.

        Raises
        ------
        ValueError
            They do not make up that many pages.
        """
        known = math.prod(size for _, size in self.axes if size is not None)
        if n_pages % known or (self.axes[-1][1] is not None and n_pages != known):
            raise ValueError(f"holds {n_pages} images (pages), which --pages {self} does not make up")
        return {axis: size or n_pages // known for axis, size in self.axes}


@dataclass(frozen=True)
class Stack:
    """What the pages of one file are.

    Parameters
    ----------
    sizes
        Channels, time points and z steps, under ``c``, ``t``, ``z``.
    pages
        Number of the page by (channel, time, z); None of a plane that the file states and does not hold.
    said_by
        What said so: ``OME``, ``ImageJ``, ``tifffile`` or ``--pages``.
    channels
        Names of the channels, empty where they are not known.
    """

    sizes: Mapping[str, int]
    pages: Mapping[tuple[int, int, int], int | None]
    said_by: str = "--pages"
    channels: tuple[str, ...] = ()

    def words(self) -> str:
        """Name the axes, ``3 channels × 5 z steps``."""
        told = [(self.sizes[axis], WORDS[axis]) for axis in AXES if self.sizes[axis] > 1]
        return " × ".join(f"{size} {many}" for size, (_, many) in told) or "one image"


def parse_pages(words: str) -> PageOrder:
    """Read what pages run over, the fastest axis first: ``z``, ``t``, ``c3z``, ``z5c3t``.

    Raises
    ------
    ArgumentError
        Another letter, an axis twice, or an axis but the last without its size.

    Examples
    --------
    >>> parse_pages("c3z").axes
    (('c', 3), ('z', None))
    """
    found = re.findall(r"([a-z])(\d*)", words.lower()) if re.fullmatch(r"(?i)([a-z]\d*)+", words) else []
    letters = [letter for letter, _ in found]
    if not letters or set(letters) - set(AXES) or len(set(letters)) < len(letters):
        raise ArgumentError(
            f"--pages {words!r} names no axes; give c (channels), t (time) and z, the fastest first, each "
            "but the last with its size, such as z, t, c3z or z5c3t."
        )
    if any(not size or int(size) < 1 for _, size in found[:-1]) or found[-1][1] == "0":
        raise ArgumentError(
            f"--pages {words!r} does not say how many; every axis but the last needs its size, such as "
            f"{'3'.join(letters)}."
        )
    return PageOrder(tuple((axis, int(size) if size else None) for axis, size in found))


def read_stack(
    path: Path, tiff: tifffile.TiffFile, order: PageOrder | None, *, whole: bool = False
) -> Stack | None:
    """Find out what the pages of a file are; None where it holds one image.

    Parameters
    ----------
    path, tiff
        The file, opened.
    order
        As the user says it, which goes before what the file says.
    whole
        Whether the file must be one image.

    Raises
    ------
    ReaderError
        Nobody says what the pages are, or what is said does not fit them.
    """
    full = _full_pages(path, tiff)
    try:
        if len(full) == 1:
            _check_single(tiff)
            return None
        if whole:
            raise ValueError(
                f"holds {len(full)} images (pages) where one is expected; export one TIFF per plane"
            )
        return _ordered(full, order.sizes(len(full)), "--pages") if order else _stated(path, tiff, full)
    except ValueError as error:
        raise ReaderError(path, str(error)) from error


def _full_pages(path: Path, tiff: tifffile.TiffFile) -> list[int]:
    """Places of the full images; a thumbnail or a pyramid's level behind them is smaller."""
    first = tiff.pages.first
    area = first.imagelength * first.imagewidth
    pages = [page for page in tiff.pages if isinstance(page, tifffile.TiffPage)]
    full = [page for page in pages if page.imagelength * page.imagewidth >= area]
    between = [page for page in pages[: full[-1].index] if page.imagelength * page.imagewidth < area]
    if any(not page.is_reduced for page in between):
        raise ReaderError(
            path, f"holds {len(pages)} images (pages), smaller ones among them; export one TIFF per plane"
        )
    kinds = {(page.imagelength, page.imagewidth, page.dtype, page.samplesperpixel) for page in full}
    if len(kinds) > 1:
        raise ReaderError(
            path, f"holds {len(full)} images (pages) of several sizes or types; export one TIFF per plane"
        )
    return [page.index for page in full]


def _check_single(tiff: tifffile.TiffFile) -> None:
    """Refuse a file whose one page has further images behind it, which only its own program finds."""
    first = tiff.pages.first
    stated = 1
    if tiff.is_imagej:
        stated = _count(tiff.imagej_metadata, "images")
    elif tiff.is_stk:
        stated = _count(tiff.stk_metadata, "NumberPlanes")
    elif tiff.is_shaped:
        stated = math.prod(_shaped(tiff).values()) // (first.imagelength * first.imagewidth)
    if stated > 1:
        raise ValueError(
            f"states {stated} images and has one page, as stacks above 4 GB and those of MetaMorph have; "
            "export one TIFF per plane"
        )


def _stated(path: Path, tiff: tifffile.TiffFile, full: Sequence[int]) -> Stack:
    """Read the pages as the file itself says they are."""
    stated: dict[str, int] = {}
    by = ""
    if tiff.is_ome:
        found = ome_pages(ome_root(tiff.pages.first.description), path.name, len(full))
        if found is not None:
            beyond = sorted(set(full) - set(found.planes))
            if beyond:
                raise ValueError(f"has {len(beyond)} pages that its OME header does not speak of; {ASK}")
            there = set(full)
            pages = {plane: page if page in there else None for page, plane in found.planes.items()}
            return Stack(found.sizes, pages, "OME", found.channels)
    elif tiff.is_imagej:
        by, said = "ImageJ", tiff.imagej_metadata
        names = {"c": "channels", "z": "slices", "t": "frames"}
        stated = {axis: _count(said, name) for axis, name in names.items()}
        if math.prod(stated.values()) not in {_count(said, "images"), len(full)}:
            stated = {}
    elif tiff.is_shaped:
        by, shape = "tifffile", _shaped(tiff)
        planes = [axis for axis in shape if axis not in "yxs"]
        if set(planes) <= set(AXES) and {"y", "x"} <= set(shape):
            stated = {axis: shape[axis] for axis in reversed(planes)}
    if math.prod(stated.values()) < 2:
        raise ValueError(f"holds {len(full)} images (pages) and does not say what they are; {ASK}")
    return _ordered(full, stated, by)


def _count(said: Mapping[str, object] | None, name: str) -> int:
    """Read a number of images; what is none counts as one."""
    value = (said or {}).get(name)
    return value if isinstance(value, int) and value > 0 else 1


def _shaped(tiff: tifffile.TiffFile) -> dict[str, int]:
    """Sizes of the array that tifffile wrote, by axis, the slowest first; by number where it names none."""
    try:
        said = json.loads(tiff.pages.first.shaped_description or "{}")
        shape = [int(size) for size in said.get("shape", ())]
        axes = list(str(said.get("axes", "")).lower())
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}
    return dict(zip(axes if len(axes) == len(shape) else map(str, range(len(shape))), shape, strict=True))


def _ordered(full: Sequence[int], axes: Mapping[str, int], by: str) -> Stack:
    """Give pages their places along axes, the fastest first; a file that ends early lacks the last planes."""
    stated = math.prod(axes.values())
    if not len(full) <= stated <= max(10_000, 2 * len(full)):
        raise ValueError(f"holds {len(full)} images (pages) where it states {stated}; {ASK}")
    pages: dict[tuple[int, int, int], int | None] = {}
    for number in range(stated):
        left, where = number, dict.fromkeys(AXES, 0)
        for axis, size in axes.items():
            left, where[axis] = divmod(left, size)
        pages[where["c"], where["t"], where["z"]] = full[number] if number < len(full) else None
    return Stack({axis: axes.get(axis, 1) for axis in AXES}, pages, by)
