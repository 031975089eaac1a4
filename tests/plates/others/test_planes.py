"""Regions out of arrays of any order of axes."""

import numpy as np
import pytest
import zarr
from zarr.storage import MemoryStore

from hcs_plates.others.planes import Region, read_region

SIZES = {"t": 2, "c": 3, "z": 5, "y": 20, "x": 30, "other": 1}


@pytest.mark.parametrize(
    "axes",
    [
        "yx",
        "cyx",
        "zyx",
        "tyx",
        "czyx",
        "tczyx",
        "tcxy",
        "cxzy",
        ("other", "y", "x"),
        ("t", "other", "y", "x"),
    ],
)
@pytest.mark.parametrize("deep", [1, 2], ids=["chunks of one step", "chunks of two steps"])
def test_regions_are_those_of_numpy(axes: str, deep: int) -> None:
    """Whatever the axes: channels in the order asked for, the maximum over steps, exactly those pixels."""
    shape = tuple(SIZES[axis] for axis in axes)
    pixels = np.random.default_rng(1).integers(0, 60_000, shape).astype(">u2")
    chunks = tuple({"z": deep, "c": deep, "y": 8, "x": 8}.get(axis, 1) for axis in axes)
    array = zarr.create_array(MemoryStore(), shape=shape, dtype=">u2", chunks=chunks, zarr_format=2)
    array[...] = pixels
    channels = (0, 2) if "c" in axes else (0,)
    steps = (0, 1, 4) if "z" in axes else (0,)
    time = 1 if "t" in axes else 0
    found = read_region(array, tuple(axes), Region(channels, time, steps, slice(3, 19), slice(5, 6)))
    # Every axis in one order, those that are not there of size 1.
    order = [axis for axis in ("other", "t", "c", "z", "y", "x") if axis in axes]
    full = np.transpose(pixels, [list(axes).index(axis) for axis in order])
    full = full.reshape([SIZES[axis] if axis in axes else 1 for axis in ("t", "c", "z", "y", "x")])
    expected = full[time][np.ix_(channels, steps)].max(axis=1)[:, 3:19, 5:6]
    assert found.dtype == np.dtype("uint16").newbyteorder("=")
    assert np.array_equal(found, expected)


def test_pixels_that_are_no_numbers_do_not_hide_others() -> None:
    """The maximum over z of floating-point pixels leaves out those that are not numbers."""
    array = zarr.create_array(MemoryStore(), shape=(2, 1, 2), dtype="float32", chunks=(1, 1, 2))
    array[...] = np.array([[[np.nan, 1.0]], [[2.0, np.nan]]])
    found = read_region(array, ("z", "y", "x"), Region((0,), 0, (0, 1), slice(0, 1), slice(0, 2)))
    assert found.tolist() == [[[2.0, 1.0]]]
