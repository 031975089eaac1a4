"""Stored arrays that other tools wrote: looked at before zarr opens them, and read from inside the plate.

A document from a stranger may name a codec that runs what it unpacks (``pickle``) or sizes that no memory
holds; zarr would do as it is told.
"""

import os
import re
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.abc.store import ByteRequest
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import LocalStore, StorePath

from hcs_plates.description import LARGEST_FIELD, LARGEST_SIDE, MOST_PLANES
from hcs_plates.others.documents import ARRAY, read_document
from hcs_plates.others.metadata import MetadataError, shown

LARGEST_CHUNK = 2**29
"""Bytes of the largest piece that is unpacked at once."""

MOST_IN_SHARD = 2**20

PIECE = re.compile(r"c|(c[./])?\d+(\.\d+)*")
"""What a piece of an array, or the folder of many, is called."""

CODECS = frozenset(
    {
        *("blosc", "bytes", "crc32c", "endian", "gzip", "sharding_indexed", "transpose", "zstd"),
        *("adler32", "bitround", "bz2", "crc32", "delta", "fixedscaleoffset", "fletcher32", "lz4", "lzma"),
        *("packbits", "quantize", "shuffle", "zlib"),
    }
)
"""Codecs that only unpack numbers."""

KINDS = frozenset(f"{kind}{size}" for kind, size in [*(("u", n) for n in (1, 2, 4, 8)), ("f", 2), ("f", 4)])
KINDS |= {f"i{size}" for size in (1, 2, 4, 8)} | {"f8"}


class PlateStore(LocalStore):
    """Files of a plate, and of nothing outside it.

    Parameters
    ----------
    root
        The plate's folder, resolved.
    """

    largest = 0
    """Bytes of the largest file that is read: set once the array's sizes are known."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, read_only=True)

    async def get(
        self, key: str, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Read a file or a part of it, as zarr asks for it."""
        file = Path(os.path.realpath(self.root / key))
        if not file.is_relative_to(self.root):
            raise ValueError(f"{key} is a link that leads out of the plate")
        if file.is_file() and file.stat().st_size > self.largest:
            raise ValueError(f"{key} is larger than its array can be")
        return await super().get(key, prototype, byte_range)


def open_array(root: Path, place: str, version: str, axes: Sequence[str]) -> Any:
    """Open the array of a level.

    Parameters
    ----------
    root
        The plate's folder, resolved.
    place
        Path of the array below it.
    version
        ``"0.4"`` or ``"0.5"``.
    axes
        What each of its axes is.

    Returns
    -------
    zarr.Array

    Raises
    ------
    StoreError, MetadataError
        Its document is not there, or damaged; its sizes, type or codecs are none that hcs reads.
    """
    document = read_document(root, f"{place}/{ARRAY[version]}")
    store = PlateStore(root)
    try:
        unknown = [codec for codec in _codecs(document) if codec not in CODECS]
        if not unknown:
            array = zarr.Array.from_dict(StorePath(store, place), document)
    # zarr raises many kinds for documents that are none; each means the same to the user.
    except Exception as error:
        said = (str(error).splitlines() or [""])[0][:120] or type(error).__name__
        raise MetadataError(f"its document is damaged ({said})") from error
    if unknown:
        raise MetadataError(f"it is packed with {shown(unknown[0])}, which hcs does not unpack")
    found = np.dtype(array.dtype)
    if found.str.lstrip("<>|=") not in KINDS:
        raise MetadataError(f"its pixels are {shown(str(found))} (expected whole or floating-point numbers)")
    shape, chunks, shards = array.shape, array.chunks, array.shards or array.chunks
    if len(shape) != len(axes):
        raise MetadataError(f"it has {len(shape)} axes (expected {len(axes)}: {', '.join(axes)})")
    _check_names(document, axes)
    sizes = dict(zip(axes, shape, strict=True))
    if sizes.get("other", 1) != 1:
        raise MetadataError(f"an axis that is neither time, channel nor space has {sizes['other']} places")
    planes = prod(shape) // max(1, sizes["y"] * sizes["x"])
    if not (min(shape) >= 1 and max(sizes["y"], sizes["x"]) <= LARGEST_SIDE and planes <= MOST_PLANES):
        raise MetadataError(f"its shape is {shown(list(shape))}, which no field has")
    inner, in_shard = prod(chunks) * found.itemsize, prod(shards) // max(1, prod(chunks))
    if prod(shape) > LARGEST_FIELD or not 0 < inner <= LARGEST_CHUNK or in_shard > MOST_IN_SHARD:
        raise MetadataError(
            f"its shape {shown(list(shape))} in pieces of {shown(list(chunks))} takes more memory than "
            f"one may ({LARGEST_CHUNK >> 20} MiB)"
        )
    _hold_places(root / place, array.metadata.encode_chunk_key((0,) * len(shape)))
    store.largest = (2 * inner + 16) * in_shard + 2**20
    return array


def _check_names(document: Mapping[str, Any], axes: Sequence[str]) -> None:
    """Refuse an array whose own names of its axes are the field's in another order."""
    named = [str(name).lower() for name in document.get("dimension_names") or ()]
    if named != list(axes) and sorted(named) == sorted(axes):
        raise MetadataError(
            f"its dimension_names are {', '.join(named)} (expected {', '.join(axes)}, the field's axes)"
        )


def _hold_places(folder: Path, first: str) -> None:
    """Refuse an array whose pieces are not where its document has them: all of it would read as empty."""
    head = re.compile(re.sub(r"\d+", r"\\d+", re.escape(first.split("/")[0])))
    other = ""
    with os.scandir(folder) as entries:
        for entry in entries:
            if head.fullmatch(entry.name):
                return
            if PIECE.fullmatch(entry.name):
                other = entry.name
    if other:
        raise MetadataError(
            f"its pixels do not lie where its document says (found {other}, expected {first})"
        )


def _codecs(document: Mapping[str, Any]) -> list[str]:
    """Name every codec that a document asks for, those inside of shards too."""
    listed: list[Any] = [document.get("compressor"), *(document.get("filters") or ())]
    waiting = list(document.get("codecs") or ())
    while waiting:
        codec = waiting.pop()
        listed.append(codec)
        settings = codec.get("configuration") if isinstance(codec, dict) else None
        if isinstance(settings, dict):
            waiting += [*(settings.get("codecs") or ()), *(settings.get("index_codecs") or ())]
    names = [
        str(one.get("id", one.get("name"))) if isinstance(one, dict) else str(one) for one in listed if one
    ]
    return [name.removeprefix("numcodecs.") for name in names]
