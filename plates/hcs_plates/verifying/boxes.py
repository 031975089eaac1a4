"""Verifying stored boxes (tiles, features): document and index first, then shard by shard."""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import zarr
from zarr.storage import LocalStore

from hcs_plates.box import INDEX, BoxKind
from hcs_plates.errors import NotThereError, StoreError
from hcs_plates.paths import local_path
from hcs_plates.plate import Plate
from hcs_plates.proof import reading
from hcs_plates.staging import companion
from hcs_plates.storedfield import METADATA
from hcs_plates.tiles import TILES, TileSet
from hcs_plates.units import digest
from hcs_plates.verifying.fault import STALE, Fault, damaged, fault_of, missing, strangers
from hcs_plates.verifying.inspection import Inspection, busy

UNKNOWN = "Whether tiles in {} are of plate {} as it is now is not known: it is not beside them."


@dataclass(frozen=True)
class ShardPart(ABC):
    """One shard of a box.

    Parameters
    ----------
    path
        The box.
    first, last
        Rows, from the first to before the last.
    file
        Where the shard is, below the box.
    inspection
        Which verifying it is of: a box is opened once for each, and never taken for what it was before.
    """

    noun: ClassVar[str] = "shard"
    path: Path
    first: int
    last: int
    file: str
    inspection: str

    @abstractmethod
    def prove(self) -> None:
        """Read the rows, or raise StoreError with a fault for each that is not as it was written."""

    def faults(self) -> list[Fault]:
        """Read the shard and list what is wrong."""
        kind, what, shard = self.kind(), f"rows {self.first} to {self.last - 1}", self.path / self.file
        again = kind.remedy
        try:
            self.prove()
        except NotThereError:
            raise
        except StoreError as error:
            if not shard.exists():
                return [missing(what, shard, again)]
            if not shard.stat().st_size:
                return [damaged(what, shard, "0 bytes", again)]
            if len(error.faults) > 1:
                return [damaged(what, shard, f"{len(error.faults)} rows of other numbers", again)]
            return [fault_of(error, what, shard, again)]
        return []

    @staticmethod
    @abstractmethod
    def kind() -> BoxKind:
        """Say of what kind the box is."""


class TilesPart(ShardPart):
    """One shard of a tile set."""

    @staticmethod
    def kind() -> BoxKind:
        """Tile sets."""
        return TILES

    def prove(self) -> None:
        """Hold each tile against its digest."""
        _tiles(self.path, self.inspection).read(self.first, self.last)


@lru_cache(maxsize=2)
def _tiles(path: Path, inspection: str) -> TileSet:
    """Open a tile set, once for all its shards."""
    return TileSet.open(path)


def inspect_tiles(path: Path | str, plates: Sequence[Plate] | None = None) -> Inspection:
    """See what of a tile set is to be read, and whether its plates are still those that it was cut from.

    Parameters
    ----------
    path
        The tile set.
    plates
        Those of its plates that are at hand; looked for where `hcs tile` puts tiles if None.

    Raises
    ------
    NotThereError, UnreachableError
        Nothing there; a disk or a share that fails.
    """
    place = local_path(path).absolute()
    found, opened = inspect_box(TILES, TilesPart, place)
    if opened is None:
        return found
    index, attributes = opened
    own = index[["plate", "well", "field", "tile"]].astype(str).agg("/".join, axis=1)
    faults, parts = list(found.faults), found.parts
    if digest(index["tile_id"].tolist()) != attributes.get("tiles") or list(own) != list(index["tile_id"]):
        faults.append(damaged("index of the tiles", place / INDEX, "rows of other tiles", TILES.remedy))
        # Pixels that are held against a wrong index say nothing of themselves.
        parts = ()
    known = {plate.name: plate for plate in (_beside(place) if plates is None else plates)}
    told = attributes["plates"]
    for name in told.keys() & known.keys():
        if told[name] != known[name].digest:
            again = f"hcs tile {known[name].path} --out {place} --overwrite"
            found_now = f"plate {name} has other images now"
            faults.append(Fault("tiles", str(place), STALE, found_now, "tiles of its images", again))
    unknown = sorted(told.keys() - known.keys())
    note = (UNKNOWN.format(place.name, unknown[0]),) if unknown else ()
    return Inspection(found.noun, place, parts, tuple(faults), (*found.notes, *note))


def _beside(place: Path) -> Iterator[Plate]:
    """Find the plate that tiles lie in, or beside (`hcs_plates.tiles.tiles_folder`)."""
    from hcs_plates.plate import open_plate

    holder = place.parent
    found = [holder.parent] if holder.name == "tiles" else []
    if holder.name.endswith(".tiles"):
        stem = holder.name.removesuffix(".tiles")
        found = [holder.with_name(f"{stem}{ending}") for ending in ("", ".zarr", ".ome.zarr")]
    for one in found:
        try:
            yield open_plate(one)
        except (NotThereError, StoreError):
            continue


def inspect_box(
    kind: BoxKind, part: type[ShardPart], place: Path
) -> tuple[Inspection, tuple[pd.DataFrame, dict[str, Any]] | None]:
    """See what of a box is to be read.

    Returns
    -------
    Inspection, (index, attributes) or None
        None where it cannot be opened, which is a fault.

    Raises
    ------
    NotThereError
        Nothing there.
    """
    noun = f"{kind.noun} {place.name}"
    try:
        index, attributes, array = kind.open(place)
    except NotThereError:
        raise
    except StoreError as error:
        what, file = _broken(kind, place)
        gone = not file.is_file()
        fault = missing(what, file, kind.remedy) if gone else fault_of(error, what, file, kind.remedy)
        return Inspection(noun, place, faults=(fault,)), None
    rows = (array.shards or array.chunks)[0]
    parts, inspection = [], uuid.uuid4().hex
    for number, first in enumerate(range(0, len(index), rows)):
        key = array.metadata.encode_chunk_key((number, *(0,) * (array.ndim - 1)))
        last = min(first + rows, len(index))
        parts.append(part(place, first, last, f"{kind.array}/{key}", inspection))
    files = [METADATA, INDEX, f"{kind.array}/{METADATA}", *(one.file for one in parts)]
    found = Inspection(noun, place, parts, tuple(strangers(place, files)), busy(companion(place, "lock")))
    return found, (index, attributes)


def _broken(kind: BoxKind, place: Path) -> tuple[str, Path]:
    """Find which file of a box that does not open is at fault, and what it is."""
    for name in (METADATA, INDEX):
        if not (place / name).is_file():
            return ("index" if name == INDEX else "document") + f" of the {kind.noun}", place / name
    try:
        with reading(place, "its index", kind.remedy):
            index = pd.read_parquet(place / INDEX, page_checksum_verification=True)
            if not set(kind.columns) <= set(index.columns):
                raise ValueError("columns are lacking")
    except StoreError:
        return f"index of the {kind.noun}", place / INDEX
    try:
        with reading(place, "its array", kind.remedy):
            array = zarr.open_array(LocalStore(place, read_only=True), path=kind.array, mode="r")
            if (array.shards or array.chunks)[1:] != array.shape[1:]:
                raise ValueError("it is cut otherwise")
    except StoreError:
        return f"document of the array of the {kind.noun}", place / kind.array / METADATA
    if array.shape[0] != len(index):
        return f"index of the {kind.noun}", place / INDEX
    return f"document of the {kind.noun}", place / METADATA
