"""Pages of a TIFF by their axes: which channel, time, z step and field each of several images in one file is.

A file says so itself (OME, ImageJ, tifffile), or the user does (`parse_pages`); it is never guessed, since a
film read as a stack would be projected into one image.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import tifffile

from hcs_plates.errors import ArgumentError, ReaderError
from hcs_plates.readers.omexml import OmePages, ome_pages, ome_root

WORDS = {"c": "channels", "t": "time points", "z": "z steps", "f": "fields"}
"""Axes that pages may run over, in the order of a `PagePlace`."""
ASK = (
    "say it with --pages: z, c, t or f (fields), or such as c3z (the first 3 pages are channels of one step "
    "in z, and so on)"
)


class PagePlace(NamedTuple):
    """What one page is: its channel, time, z and field, counted from 0."""

    channel: int = 0
    time: int = 0
    z: int = 0
    field: int = 0


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
        Channels, time points, z steps and fields, under ``c``, ``t``, ``z``, ``f``.
    pages
        Number of the page by its place; None of a plane that the file states and does not hold.
    said_by
        What said so: ``OME``, ``ImageJ``, ``tifffile`` or ``--pages``.
    channels
        Names of the channels, empty where they are not known.
    overruled
        What the file says itself, where that is another thing: ``ImageJ says 5 z steps``.
    """

    sizes: Mapping[str, int]
    pages: Mapping[PagePlace, int | None]
    said_by: str = "--pages"
    channels: tuple[str, ...] = ()
    overruled: str = ""

    def words(self) -> str:
        """Name the axes, ``3 channels × 5 z steps``."""
        told = [f"{self.sizes[axis]} {many}" for axis, many in WORDS.items() if self.sizes[axis] > 1]
        return " × ".join(told) or "one image"


def parse_pages(words: str) -> PageOrder:
    """Read what pages run over, the fastest axis first: ``z``, ``f``, ``c3z``, ``z5c3t``.

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
    if not letters or set(letters) - set(WORDS) or len(set(letters)) < len(letters):
        raise ArgumentError(
            f"--pages {words!r} names no axes; give c (channels), t (time), z and f (fields), the fastest "
            "first, each but the last with its size, such as z, f, c3z or z5c3t."
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
        if order is None:
            return _one_field(_stated(path, tiff, full))
        stated = None
        with suppress(ValueError):
            stated = _stated(path, tiff, full)
        return _asked(full, stated, order)
    except ValueError as error:
        raise ReaderError(path, str(error)) from error


def reordered(path: Path, stated: Stack, order: PageOrder) -> Stack:
    """Give the pages of a stack their places as the user says it.

    Raises
    ------
    ReaderError
        They do not make up the axes.
    """
    held = [page for page in stated.pages.values() if page is not None]
    try:
        return _asked(held, stated, order)
    except ValueError as error:
        raise ReaderError(path, str(error)) from error


def _asked(full: Sequence[int], stated: Stack | None, order: PageOrder) -> Stack:
    """Give pages their places as the user says it, and keep what the file says to the contrary."""
    stack = _placed(full, order.sizes(len(full)), "--pages")
    if stated is None or stated.pages == stack.pages:
        return stack
    return replace(stack, overruled=f"{stated.said_by} says {stated.words()}")


def _one_field(stack: Stack) -> Stack:
    """Refuse several images in one file that nobody calls fields."""
    if (count := stack.sizes["f"]) > 1:
        raise ValueError(
            f"holds {count} OME images where one field is expected; export one file a field, or say with "
            "--pages that they are fields: f, or such as c2f where each has 2 channels"
        )
    return stack


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
        images = ome_pages(ome_root(tiff.pages.first.description), path.name, len(full))
        if images:
            return _of_ome(images, full)
    elif tiff.is_imagej:
        by, said = "ImageJ", tiff.imagej_metadata
        names = {"c": "channels", "z": "slices", "t": "frames"}
        stated = {axis: _count(said, name) for axis, name in names.items()}
        if math.prod(stated.values()) not in {_count(said, "images"), len(full)}:
            stated = {}
    elif tiff.is_shaped:
        by, shape = "tifffile", _shaped(tiff)
        planes = [axis for axis in shape if axis not in "yxs"]
        if set(planes) <= set("ctz") and {"y", "x"} <= set(shape):
            stated = {axis: shape[axis] for axis in reversed(planes)}
    if math.prod(stated.values()) < 2:
        raise ValueError(f"holds {len(full)} images (pages) and does not say what they are; {ASK}")
    return _placed(full, stated, by)


def _of_ome(images: Sequence[OmePages], full: Sequence[int]) -> Stack:
    """Put the images of an OME-TIFF together, each as a field."""
    there = set(full)
    pages = {
        PagePlace(*plane, number): page if page in there else None
        for number, image in enumerate(images)
        for page, plane in image.planes.items()
    }
    if beyond := there - {page for image in images for page in image.planes}:
        raise ValueError(f"has {len(beyond)} pages that its OME header does not speak of; {ASK}")
    sizes = {axis: max(image.sizes[axis] for image in images) for axis in images[0].sizes}
    return Stack(sizes | {"f": len(images)}, pages, "OME", images[0].channels)


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


def _placed(full: Sequence[int], axes: Mapping[str, int], by: str) -> Stack:
    """Give pages their places along axes, the fastest first; a file that ends early lacks the last planes."""
    stated = math.prod(axes.values())
    if not len(full) <= stated <= max(10_000, 2 * len(full)):
        raise ValueError(f"holds {len(full)} images (pages) where it states {stated}; {ASK}")
    pages: dict[PagePlace, int | None] = {}
    for number in range(stated):
        left, where = number, dict.fromkeys(WORDS, 0)
        for axis, size in axes.items():
            left, where[axis] = divmod(left, size)
        pages[PagePlace(*where.values())] = full[number] if number < len(full) else None
    return Stack({axis: axes.get(axis, 1) for axis in WORDS}, pages, by)
