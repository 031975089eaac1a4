"""Shards written without zarr: the file of one level, from pixels to bytes, in the calling thread.

What is written is what the array's document says (Zarr v3 core specification; sharding codec 1.0): inner
chunks through bytes, Blosc and CRC32C, then the index of their places with its own CRC32C. zarr writes the
same through an event loop that all threads wait for, which takes twice as long as the compression itself.
"""

import struct
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
import numpy.typing as npt
from numcodecs import blosc

from hcs_plates.ngff import FieldLayout
from hcs_plates.proof import LEVEL

ABSENT = 2**64 - 1
"""Place and length of an inner chunk of zeros, which is not stored (sharding codec, "Empty chunks")."""


def write_shard(folder: Path, layout: FieldLayout, level: int, pixels: npt.NDArray[Any]) -> None:
    """Write the one shard of a level.

    Parameters
    ----------
    folder
        The array's folder, where its document is.
    layout, level
        What the array is.
    pixels
        All of it. Of zeros nothing is written, which is what the array's fill value says.
    """
    content = encode_shard(layout, level, pixels)
    file = folder.joinpath("c", *"0" * pixels.ndim)
    if content is None:
        # A run that was killed may have left the shard of other pixels.
        file.unlink(missing_ok=True)
        return
    # Not the array's folder: a worker that hung finds it gone once the plate has been named.
    for below in reversed([*file.parents][: pixels.ndim]):
        below.mkdir(exist_ok=True)
    file.write_bytes(content)


def encode_shard(layout: FieldLayout, level: int, pixels: npt.NDArray[Any]) -> bytes | None:
    """Encode the one shard of a level; None where all of it is zero.

    Parameters
    ----------
    layout, level
        What the array is: one plane deep, a plane cut into chunks row by row.
    pixels
        All of it.
    """
    height, width = layout.chunks(level)[-2:]
    parts: list[bytes] = []
    index: list[int] = []
    at = 0
    for plane in pixels.reshape(-1, *pixels.shape[-2:]):
        for top in range(0, plane.shape[0], height):
            for left in range(0, plane.shape[1], width):
                chunk = cut(plane, top, left, height, width)
                if not chunk.any():
                    index += (ABSENT, ABSENT)
                    continue
                packed = compressed(chunk)
                parts += (packed, struct.pack("<I", google_crc32c.value(packed)))
                index += (at, len(packed) + 4)
                at += len(packed) + 4
    if not parts:
        return None
    written = struct.pack(f"<{len(index)}Q", *index)
    return b"".join([*parts, written, struct.pack("<I", google_crc32c.value(written))])


def compressed(chunk: npt.NDArray[Any]) -> bytes:
    """Compress a chunk as all stored arrays are (`hcs_plates.proof.compressors`)."""
    shuffle = blosc.NOSHUFFLE if chunk.dtype.itemsize == 1 else blosc.SHUFFLE
    return bytes(blosc.compress(chunk, b"zstd", LEVEL, shuffle))


def cut(plane: npt.NDArray[Any], top: int, left: int, height: int, width: int) -> npt.NDArray[Any]:
    """Cut a chunk out of a plane; what lies beyond the plane's edge is zero."""
    part = plane[top : top + height, left : left + width]
    if part.shape == (height, width):
        return np.ascontiguousarray(part)
    whole = np.zeros((height, width), plane.dtype)
    whole[: part.shape[0], : part.shape[1]] = part
    return whole
