"""What stored arrays are held against, so that lost, exchanged or damaged shards are never read as numbers.

Zarr gives the fill value for a shard that is gone or of 0 bytes, and whatever lies there for one that was
exchanged for another. So every array of hcs carries two proofs: a CRC32C behind each inner chunk (the Zarr
codec, which other readers check too), and sums of what the chunks hold, kept outside of the shards, which
`plane_sums` makes again at each read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import google_crc32c
import numpy as np
import numpy.typing as npt

from hcs_plates.errors import HcsError, NotThereError, StoreError, UnreachableError
from hcs_plates.objects import ObjectPath

if TYPE_CHECKING:
    from zarr.codecs import BloscCodec, Crc32cCodec

LEVEL = 3
"""Of Zstandard."""

SUM_LENGTH = 8
"""Hexadecimal digits of one sum."""


def compressors(dtype: str) -> "tuple[BloscCodec, Crc32cCodec]":
    """Codecs of all stored arrays: Zstandard through Blosc, bytes shuffled where several; then CRC32C."""
    from zarr.codecs import BloscCodec, BloscShuffle, Crc32cCodec

    shuffle = BloscShuffle.noshuffle if np.dtype(dtype).itemsize == 1 else BloscShuffle.shuffle
    return BloscCodec(cname="zstd", clevel=LEVEL, shuffle=shuffle), Crc32cCodec()


def plane_sums(planes: npt.NDArray[Any]) -> list[str]:
    """CRC32C of each plane of an array of shape (…, y, x), in order, as hexadecimal digits.

    Of the numbers and not of the compressed bytes: a newer compressor may write other bytes.

    Examples
    --------
    >>> plane_sums(np.zeros((2, 1, 1), "u1"))
    ['527d5351', '527d5351']
    """
    flat = np.ascontiguousarray(planes).reshape(-1, *planes.shape[-2:])
    return [f"{google_crc32c.value(plane):08x}" for plane in flat]


@contextmanager
def reading(path: Path, what: str, remedy: str) -> Iterator[None]:
    """Turn whatever zarr and its codecs raise while something stored is read into one sentence.

    Parameters
    ----------
    path
        The plate, tile set or feature set.
    what
        What is read, ``field A01/1``.
    remedy
        What to do if it is damaged.

    Raises
    ------
    NotThereError, UnreachableError, StoreError
        The whole is gone; a file cannot be reached, which says nothing of what it holds; damage.
    """
    try:
        yield
    except HcsError:
        raise
    # zarr and its codecs raise many kinds for damaged bytes; each means the same to the user.
    except Exception as error:
        if isinstance(path, ObjectPath):
            raise path.told(error, what, remedy) from error
        if not path.exists():
            raise NotThereError(f"{path} does not exist, or not on this machine.") from error
        if isinstance(error, OSError) and error.errno and not isinstance(error, FileNotFoundError):
            raise UnreachableError.of(error, f"reading {what}") from error
        said = (str(error).splitlines() or [""])[0][:200] or type(error).__name__
        raise StoreError(path, f"{what} cannot be read ({said}); {remedy}") from error
