"""Shards against zarr, which reads what is written here as its own."""

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from zarr.storage import LocalStore

from hcs_plates.ngff import FieldLayout
from hcs_plates.proof import compressors
from hcs_plates.shards import encode_shard, write_shard


def array(folder: Path, layout: FieldLayout, level: int) -> Any:
    """Make the array of a level as plates describe it."""
    return zarr.create_array(
        LocalStore(folder),
        shape=layout.level_shape(level),
        chunks=layout.chunks(level),
        shards=layout.shards(level),
        dtype=layout.dtype,
        compressors=compressors(layout.dtype),
        fill_value=0,
        zarr_format=3,
    )


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize(
    "layout",
    [
        FieldLayout(1, 1, 1, 40, 30, ""),
        FieldLayout(2, 3, 4, 33, 47, ""),
        FieldLayout(1, 2, 1, 1081, 1029, ""),
    ],
    ids=["one plane", "film of stacks", "cut in chunks, with a rest"],
)
def test_zarr_reads_them(tmp_path: Path, layout: FieldLayout, dtype: str) -> None:
    """Pixel for pixel, on every level, whatever the axes."""
    layout = replace(layout, dtype=dtype)
    for level in range(len(layout.plane_shapes)):
        folder = tmp_path / str(level)
        stored = array(folder, layout, level)
        pixels = np.random.default_rng(level).integers(0, 200, layout.level_shape(level)).astype(dtype)
        write_shard(folder, layout, level, pixels)
        np.testing.assert_array_equal(stored[...], pixels)


def test_chunks_of_zeros_are_not_stored(tmp_path: Path) -> None:
    """As zarr leaves them out; of zeros alone there is no file, which is what the fill value says."""
    layout = FieldLayout(1, 2, 1, 600, 600, "uint16")
    pixels = np.zeros(layout.shape, "uint16")
    stored = array(tmp_path, layout, 0)
    write_shard(tmp_path, layout, 0, pixels)
    assert not (tmp_path / "c").exists()
    pixels[1, 10, 590] = 7
    write_shard(tmp_path, layout, 0, pixels)
    np.testing.assert_array_equal(stored[...], pixels)
    shard = encode_shard(layout, 0, pixels)
    assert shard is not None
    places = struct.unpack("<16Q", shard[-132:-4])
    assert sum(place == 2**64 - 1 for place in places) == 14


def test_zeros_take_the_place_of_what_was_there(tmp_path: Path) -> None:
    """A field that is written anew and is black leaves no shard of the images before."""
    layout = FieldLayout(1, 1, 1, 20, 20, "uint8")
    stored = array(tmp_path, layout, 0)
    write_shard(tmp_path, layout, 0, np.ones(layout.shape, "uint8"))
    write_shard(tmp_path, layout, 0, np.zeros(layout.shape, "uint8"))
    assert not stored[...].any()


def test_what_flipped_is_found(tmp_path: Path) -> None:
    """A bit of a chunk, and one of the index, are refused by zarr's own check of the sums."""
    layout = FieldLayout(1, 1, 1, 64, 64, "uint16")
    stored = array(tmp_path, layout, 0)
    pixels = np.arange(64 * 64, dtype="uint16").reshape(layout.shape)
    write_shard(tmp_path, layout, 0, pixels)
    file = tmp_path / "c" / "0" / "0" / "0"
    whole = file.read_bytes()
    for place in (5, len(whole) - 10):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ValueError, match="checksum"):
            stored[...]


def test_no_folder_is_made_for_an_array_that_is_gone(tmp_path: Path) -> None:
    """A worker that hung while its plate was finished without it leaves nothing where it was made."""
    layout = FieldLayout(1, 1, 1, 40, 30, "uint8")
    with pytest.raises(FileNotFoundError):
        write_shard(tmp_path / "gone" / "0", layout, 0, np.ones(layout.shape, "uint8"))
    assert not any(tmp_path.iterdir())
