"""MetaMorph stacks (``.stk``): one TIFF page whose planes follow each other, as its UIC tags count them."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile

from hcs_plates.readers.lengths import PIXEL_SIZES_UM
from hcs_plates.readers.omexml import UNITS_UM
from hcs_plates.readers.pages import PagePlace, Stack

MOST_PLANES = 100_000
Kind = tuple[tuple[int, int], str, tuple[float, float] | None, float | None, Stack | None]


def stk_kind(path: Path) -> Kind:
    """Read a stack's header: height and width, type, pixel size and step in z (µm), and its planes as z.

    Raises
    ------
    Exception
        It is no MetaMorph stack, packed, or cut short.
    """
    with tifffile.TiffFile(path) as tiff:
        page, count, _ = _checked(path, tiff)
        said = tiff.stk_metadata or {}
        shape = (int(page.imagelength), int(page.imagewidth))
        steps = np.abs(np.atleast_1d(np.asarray(said.get("ZDistance", 0.0), dtype=float)))
        step = float(steps[0]) if np.unique(steps).size == 1 and steps[0] > 0 else None
        pages = {PagePlace(z=z): z for z in range(count)}
        stack = Stack({"c": 1, "t": 1, "z": count, "f": 1}, pages, "MetaMorph")
        return shape, page.dtype.name, _pixel_size(said), step, stack if count > 1 else None


def stk_plane(path: Path, page: int) -> npt.NDArray[Any]:
    """Read one plane of a stack, and no other."""
    with tifffile.TiffFile(path) as tiff:
        first, count, size = _checked(path, tiff)
        if not 0 <= page < count:
            raise ValueError(f"it has {count} planes")
        kind = first.dtype.newbyteorder(tiff.byteorder)
        pixels = np.fromfile(path, kind, size // kind.itemsize, offset=first.dataoffsets[0] + page * size)
        return pixels.astype(first.dtype).reshape(first.imagelength, first.imagewidth)


def _checked(path: Path, tiff: tifffile.TiffFile) -> tuple[Any, int, int]:
    """First page, number of planes, and bytes of a plane, of a stack that is one and is whole."""
    page = tiff.pages.first
    if not tiff.is_stk or "UIC2tag" not in page.tags:
        raise ValueError("it has no tags of a MetaMorph stack")
    if page.compression != tifffile.COMPRESSION.NONE or page.samplesperpixel != 1 or page.dtype is None:
        raise ValueError("its planes are packed or in colour")
    count = int(page.tags["UIC2tag"].count)
    size = page.imagelength * page.imagewidth * page.dtype.itemsize
    needed, held = page.dataoffsets[0] + count * size, path.stat().st_size
    if not 1 <= count <= MOST_PLANES or held < needed:
        raise ValueError(f"the file is cut short: its {count} planes need {needed} bytes and it has {held}")
    return page, count, size


def _pixel_size(said: dict[str, Any]) -> tuple[float, float] | None:
    """Height and width of a pixel, µm, where the stack is calibrated in a unit of length."""
    unit = UNITS_UM.get(str(said.get("CalibrationUnits", "")).lower(), 0.0)
    sides = [float(said.get(f"{axis}Calibration", 0.0)) * unit for axis in "YX"]
    low, high = PIXEL_SIZES_UM
    return (sides[0], sides[1]) if all(low <= one <= high for one in sides) else None
