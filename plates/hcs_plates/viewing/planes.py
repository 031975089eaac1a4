"""Regions of planes out of a stored array, whatever the order of its axes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hcs_plates.storedfield import span

Pixels = npt.NDArray[Any]


@dataclass(frozen=True)
class Region:
    """What is read of one level.

    Parameters
    ----------
    channels, time, steps
        Indices along c, t and z; several steps are folded into their maximum.
    rows, columns
        Slices with both ends.
    """

    channels: tuple[int, ...]
    time: int
    steps: tuple[int, ...]
    rows: slice
    columns: slice


def read_region(array: Any, axes: Sequence[str], region: Region) -> Pixels:
    """Read a region: only the chunks that hold it.

    Parameters
    ----------
    array
        A zarr array.
    axes
        What each of its axes is: t, c, z, y, x; any other is of size 1.
    region
        What is wanted; along an axis that the array has not, index 0.

    Returns
    -------
    array of shape (channels, height, width), in the machine's byte order. Steps in z are read as deep as a
    chunk is and folded into their maximum, so no more than that is held; a pixel that is not a number counts
    only where all steps have none.
    """
    depth = array.chunks[axes.index("z")] if "z" in axes else 1
    slabs: dict[int, list[int]] = {}
    for step in sorted(region.steps):
        slabs.setdefault(step // depth, []).append(step)
    folded: Pixels | None = None
    for slab in slabs.values():
        part = np.fmax.reduce(_slab(array, axes, region, slab), axis=1)
        folded = part if folded is None else np.fmax(folded, part, out=folded)
    if folded is None:
        raise ValueError("no step in z was asked for")
    return np.ascontiguousarray(folded, dtype=folded.dtype.newbyteorder("="))


def _slab(array: Any, axes: Sequence[str], region: Region, steps: Sequence[int]) -> Pixels:
    """Read a region of some steps: (channel, z, y, x)."""
    wanted = {"t": (region.time,), "c": region.channels, "z": tuple(steps)}
    plane = {"y": region.rows, "x": region.columns}
    key = [plane[axis] if axis in plane else span(np.asarray(wanted.get(axis, (0,)))) for axis in axes]
    pixels = np.asarray(array.oindex[tuple(key)])
    order = [axes.index(axis) for axis in "czyx" if axis in axes]
    others = [place for place in range(len(axes)) if place not in order]
    pixels = pixels.transpose(*others, *order)
    return pixels.reshape(len(region.channels), len(steps), *pixels.shape[-2:])
