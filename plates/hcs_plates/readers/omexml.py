"""What the OME-XML of a TIFF says: lengths, and which plane each of its pages is (schema 2016-06)."""

import math
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from hcs_plates.readers.xmlfile import every, first, text, whole

UNITS_UM = {
    "µm": 1.0,
    "μm": 1.0,
    "um": 1.0,
    "\\u00b5m": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "nm": 1e-3,
    "mm": 1e3,
}

AXES = "ctz"
MOST_STATED = 100_000
"""Planes of one file; a film of a day by the second has fewer."""


@dataclass(frozen=True)
class OmePages:
    """Which planes the pages of one file are.

    Parameters
    ----------
    sizes
        Channels, time points and z steps of the image, under ``c``, ``t``, ``z``.
    planes
        By page: channel, time and z, counted from 0.
    channels
        Names of the channels, empty where not all have one of their own.
    """

    sizes: Mapping[str, int]
    planes: Mapping[int, tuple[int, int, int]]
    channels: tuple[str, ...]


def ome_root(description: str) -> Any:
    """Parse a TIFF's description as XML; None where it is none."""
    try:
        return ElementTree.fromstring(description)
    except (ElementTree.ParseError, DefusedXmlException, ValueError):
        return None


def ome_lengths(root: Any) -> tuple[tuple[float, float] | None, float | None]:
    """Height and width of a pixel, and the step in z, in µm (the schema's unit unless one is given)."""
    pixels = first(root, "Pixels")
    if pixels is None:
        return None, None
    down, right, step = (_length(pixels, axis) for axis in "YXZ")
    return None if down is None or right is None else (down, right), step


def _length(pixels: Any, axis: str) -> float | None:
    unit = UNITS_UM.get(pixels.get(f"PhysicalSize{axis}Unit", "µm").lower())
    try:
        length = float(pixels.get(f"PhysicalSize{axis}", "")) * (unit or math.nan)
    except ValueError:
        return None
    return length if length > 0 and math.isfinite(length) else None


def ome_pages(root: Any, filename: str, n_pages: int) -> list[OmePages]:
    """Find out which planes the pages of a file are, by image; nothing where the XML does not say it.

    Parameters
    ----------
    root
        Of the XML.
    filename
        The file's own name: the XML of a set of files lists the pages of all.
    n_pages
        How many pages it has.

    Raises
    ------
    ValueError
        Sizes that no file has, or pages that are two planes at once.
    """
    every_data = list(every(root, "TiffData"))
    named = {_file_of(data) for data in every_data} - {None}
    own = {None, filename} if filename in named or len(named) != 1 else {None, *named}
    found = (pages_of(pixels, own, n_pages) for pixels in every(root, "Pixels"))
    return [pages for pages in found if pages is not None]


def _file_of(data: Any) -> str | None:
    """Name of the file that a TiffData element is about, None where it is the file itself."""
    return text(first(data, "UUID"), "FileName")


def pages_of(pixels: Any, own: Set[str | None], n_pages: int) -> OmePages | None:
    """Read an image's pages in files of some names (None: the file itself); None where it has none there."""
    sizes = {axis: whole(pixels, f"Size{axis.upper()}", least=1, most=MOST_STATED) or 1 for axis in AXES}
    order = (text(pixels, "DimensionOrder") or "").lower()[2:]
    if sorted(order) != sorted(AXES):
        return None
    stated = math.prod(sizes.values())
    if stated > MOST_STATED:
        raise ValueError(f"states {stated} planes in its OME header and holds {n_pages} pages")
    planes: dict[int, tuple[int, int, int]] = {}
    elements = list(every(pixels, "TiffData"))
    for data in elements:
        if _file_of(data) not in own:
            continue
        at = {axis: whole(data, f"First{axis.upper()}", most=MOST_STATED) or 0 for axis in AXES}
        page = whole(data, "IFD", most=MOST_STATED)
        count = whole(data, "PlaneCount", most=MOST_STATED)
        if count is None:
            count = stated if page is None else 1
        planes |= _run(planes, order, sizes, at, page or 0, count)
    if not elements:
        planes = _run({}, order, sizes, dict.fromkeys(AXES, 0), 0, stated)
    names = tuple(text(channel, "Name") or "" for channel in every(pixels, "Channel"))
    told = len(names) == sizes["c"] == len(set(names)) and all(names)
    return OmePages(sizes, planes, names if told else ()) if planes else None


def _run(
    known: Mapping[int, tuple[int, int, int]],
    order: str,
    sizes: Mapping[str, int],
    at: Mapping[str, int],
    page: int,
    count: int,
) -> dict[int, tuple[int, int, int]]:
    """Pages from one on, the planes running in the order of the axes from the place where they begin."""
    place = 0
    for axis in reversed(order):
        place = place * sizes[axis] + at[axis]
    found = {}
    for ahead in range(min(count, math.prod(sizes.values()) - place)):
        left, where = place + ahead, {}
        for axis in order:
            left, where[axis] = divmod(left, sizes[axis])
        if page + ahead in known:
            raise ValueError(f"says in its OME header of page {page + ahead} that it is two planes")
        found[page + ahead] = (where["c"], where["t"], where["z"])
    return found
