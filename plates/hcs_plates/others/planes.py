"""Regions of planes out of a stored array, whatever the order of its axes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[Any]


@dataclass(frozen=True)
class Region:
    """What is read of one level.

    Parameters
    ----------
    channels, time, steps
        Indices along c, t and z, in any order and at least one; several steps are folded into their maximum.
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
    chunk is and folded into their maximum, so no more than that is held; a pixel that is not a number is left
    out of the maximum.
    """
    depth = array.chunks[axes.index("z")] if "z" in axes else 1
    height, width = (part.stop - part.start for part in (region.rows, region.columns))
    pixels = np.empty((len(region.channels), height, width), array.dtype.newbyteorder("="))
    for first, last in _runs(region.channels):
        out = pixels[first:last]
        channels = slice(region.channels[first], region.channels[last - 1] + 1)
        for place, steps in enumerate(_slabs(region.steps, depth)):
            slab = _slab(array, axes, region, channels, steps)
            folded = np.fmax.reduce(slab, axis=1)
            out[...] = folded if place == 0 else np.fmax(out, folded)
    return pixels


def read_planes(array: Any, axes: Sequence[str], region: Region) -> Pixels:
    """Read planes of a region, each step by itself.

    Parameters
    ----------
    array, axes, region
        As in `read_region`; steps in any order, and the same one may come twice.

    Returns
    -------
    array of shape (channels, steps, height, width), in the machine's byte order
    """
    height, width = (part.stop - part.start for part in (region.rows, region.columns))
    shape = len(region.channels), len(region.steps), height, width
    pixels = np.empty(shape, array.dtype.newbyteorder("="))
    depth = array.chunks[axes.index("z")] if "z" in axes else 1
    steps = np.array(region.steps)
    for first, last in _runs(region.channels):
        channels = slice(region.channels[first], region.channels[last - 1] + 1)
        for part in _slabs(sorted(set(region.steps)), depth):
            slab = _slab(array, axes, region, channels, part)
            for place in np.flatnonzero((steps >= part.start) & (steps < part.stop)):
                pixels[first:last, place] = slab[:, steps[place] - part.start]
    return pixels


def _runs(indices: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Cut indices into runs that one slice has: zarr reads slices ten times as fast as lists."""
    first = 0
    for place in range(1, len(indices) + 1):
        if place == len(indices) or indices[place] != indices[place - 1] + 1:
            yield first, place
            first = place


def _slabs(steps: Sequence[int], depth: int) -> Iterator[slice]:
    """Cut steps in z into runs that lie in one chunk."""
    ordered = sorted(steps)
    for first, last in _runs(ordered):
        at, end = ordered[first], ordered[last - 1] + 1
        while at < end:
            cut = min(end, (at // depth + 1) * depth)
            yield slice(at, cut)
            at = cut


def _slab(array: Any, axes: Sequence[str], region: Region, channels: slice, steps: slice) -> Pixels:
    """Read a region of adjoining channels and steps: (channel, z, y, x)."""
    wanted = {
        "t": slice(region.time, region.time + 1),
        "c": channels,
        "z": steps,
        "y": region.rows,
        "x": region.columns,
    }
    pixels = np.asarray(array[tuple(wanted.get(axis, slice(0, 1)) for axis in axes)])
    order = [axes.index(axis) for axis in "czyx" if axis in axes]
    others = [place for place in range(len(axes)) if place not in order]
    pixels = pixels.transpose(*others, *order)
    return pixels.reshape(channels.stop - channels.start, steps.stop - steps.start, *pixels.shape[-2:])
