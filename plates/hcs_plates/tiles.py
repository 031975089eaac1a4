"""Tiles: every field of one or more plates as ``grid²`` squares of the network's size, stored once.

A `TileSet` is a Zarr array of shape (tile, y, x, channel) with an index table beside it. Row i of the index
describes tile i; everything later finds tiles by `tile_id` and content digest, never by position.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import zarr
from zarr.storage import LocalStore

from hcs_plates.box import INDEX, BoxKind
from hcs_plates.display import facts_html
from hcs_plates.errors import ArgumentError, StoreError
from hcs_plates.objects import readable_path
from hcs_plates.plate import Plate
from hcs_plates.projection import FOCUS
from hcs_plates.proof import compressors, reading
from hcs_plates.readers.acquisition import Step
from hcs_plates.staging import Place
from hcs_plates.storedfield import StoredField, stored_field
from hcs_plates.tiling import INDEX_COLUMNS, TileSpec, tile_index
from hcs_plates.units import Output, Progress, Unit, digest, pixel_digest, run_units

SHARD_TILES = 64
VERSION = 1
TILES = BoxKind(
    "tile set",
    "hcs tile PLATE",
    "hcs_tiles",
    "tiles",
    (*INDEX_COLUMNS, "digest"),
    {"plan": str, "spec": dict, "channels": list, "plates": dict, "left_out": list},
    "plan",
)


@dataclass(frozen=True)
class _Source:
    """A field, and the tiles wanted of some of its channels."""

    field: StoredField
    channels: tuple[int, ...]
    tiles: tuple[int, ...]
    never_acquired: frozenset[Step]


@dataclass(frozen=True)
class _Shard:
    """Payload of one unit: the fields whose tiles fill one shard."""

    out: Path
    start: int
    spec: TileSpec
    sources: tuple[_Source, ...]


class TileSet:
    """Stored tiles and their index.

    Parameters
    ----------
    path
        The Zarr group; kept as an absolute path, so that a worker in another folder finds it.
    index
        One row per tile: tile_id ("P1/B03/1/0"), plate, well, field, tile, grid_row, grid_column, digest; of
        tiles of the plane in best focus also z, the step of each channel, in their order.
    attributes
        What made it: spec, channels, plates' digests, what was left out.
    """

    def __init__(self, path: Path, index: pd.DataFrame, attributes: dict[str, Any], array: Any) -> None:
        self.path = path.absolute()
        self.index = index
        self.attributes = attributes
        self._array = array

    @classmethod
    def open(cls, path: Path | str) -> "TileSet":
        """Open stored tiles.

        Raises
        ------
        NotThereError, StoreError
            Nothing there, not tiles, or damaged.
        """
        place = readable_path(path)
        return cls(place, *TILES.open(place))

    def __len__(self) -> int:
        return len(self.index)

    def __repr__(self) -> str:
        return (
            f"<TileSet {self.path}: {len(self)} tiles of {self.size} px, channels {', '.join(self.channels)}>"
        )

    def _repr_html_(self) -> str:
        return facts_html(
            f"Tiles of {self.path.name}",
            {
                "tiles": f"{len(self)} of {self.size} × {self.size} {self.dtype}",
                "channels": ", ".join(self.channels),
                "plates": ", ".join(self.attributes["plates"]),
                "left out": len(self.left_out) or None,
                "path": self.path,
            },
        )

    @property
    def channels(self) -> tuple[str, ...]:
        """Channel names in order."""
        return tuple(self.attributes["channels"])

    @property
    def size(self) -> int:
        """Side of a tile, pixels."""
        return int(self._array.shape[1])

    @property
    def dtype(self) -> str:
        """NumPy name of the pixel type."""
        return str(self._array.dtype)

    @property
    def left_out(self) -> pd.DataFrame:
        """Fields and wells that gave no tiles: what, where, reason."""
        return pd.DataFrame(self.attributes["left_out"], columns=["what", "where", "reason"])

    def read(self, start: int, stop: int) -> npt.NDArray[Any]:
        """Read tiles start … stop-1 and hold each against its digest.

        Returns
        -------
        array of shape (n, y, x, channel)

        Raises
        ------
        StoreError
            Pixels that are not those the index was written for; every such tile is named.
        """
        rows = self.index.iloc[start:stop]
        with reading(self.path, f"tiles {start} to {stop - 1}", TILES.remedy):
            pixels = np.asarray(self._array[start:stop])
        changed = [
            f"the pixels of tile {tile_id} are not those its index describes; make the tiles again"
            for tile_id, expected, tile in zip(rows["tile_id"], rows["digest"], pixels, strict=True)
            if pixel_digest(tile) != expected
        ]
        if changed:
            raise StoreError(self.path, changed)
        return pixels

    def shards(self) -> list[tuple[int, int]]:
        """First and last-plus-one tile of every stored shard: what one task should read."""
        step = self._array.shards[0] if self._array.shards else self._array.chunks[0]
        return [(start, min(start + step, len(self))) for start in range(0, len(self), step)]


def tiles_folder(plate: Plate) -> Path:
    """Where tiles of a plate are kept by default: inside it, or beside one of another tool."""
    if plate.spec.other is None:
        return plate.path / "tiles"
    name = plate.path.name.removesuffix(".zarr").removesuffix(".ome")
    return plate.path.with_name(f"{name}.tiles")


def create_tiles(  # noqa: PLR0913 – where and how it runs stands beside what is made
    plates: Sequence[Plate],
    out: Path | str,
    spec: TileSpec,
    *,
    wells: Mapping[str, Collection[str]] | None = None,
    chosen: Collection[str] | None = None,
    overwrite: bool = False,
    client: Any = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> TileSet:
    """Tile plates and store the tiles.

    Tiles that stand at `out` and are of these plates and settings are opened, not made again; a run that was
    killed goes on where it was.

    Parameters
    ----------
    plates
        With the same channels and pixel type, and different names.
    out
        The Zarr group to make.
    spec
        How.
    wells
        By plate name, the wells to take; all included ones if None.
    chosen
        Ids of the tiles to take, of those wells; all if None.
    overwrite
        Replace other tiles that stand at `out`, once the new ones are whole.
    client, workers, progress
        As in `hcs_plates.units.run_units`.

    Raises
    ------
    ArgumentError
        Plates that do not go together or give no tiles, chosen tiles that are not there.
    """
    place = Place(out, TILES.folder, overwrite=overwrite)
    names, dtype = _common(plates, spec)
    # By name from here on: plates may have more channels than the first, or have them in another order.
    spec = replace(spec, channels=tuple(names))
    index, attributes = _describe(plates, spec, wells, chosen)
    plan = digest(attributes)
    if TILES.standing(place.final, "plan", overwrite=overwrite) == plan:
        place.tidy(plan)
        return TileSet.open(out)
    shard = max(1, SHARD_TILES // spec.grid**2) * spec.grid**2
    shape = (len(index), spec.size, spec.size, len(names))
    empty = partial(_allocate, shape=shape, dtype=dtype, shard=shard, attributes={"plan": plan, **attributes})
    engine: dict[str, Any] = {"client": client, "workers": workers, "progress": progress}
    with place.claim():
        staged = place.start(plan, empty)
        units = [
            Unit(f"tiles-{payload.start}", digest(plan, payload.start), payload)
            for payload in _payloads(plates, index, staged, spec, shard)
        ]
        summary = run_units(_write_shard, units, place.receipts, **engine)
        summary.check()
        index["digest"] = [one for output in summary.outputs.values() for one in output["digests"]]
        if spec.z == FOCUS:
            index["z"] = [one for output in summary.outputs.values() for one in output["taken"]]
        index.to_parquet(staged / INDEX, write_page_checksum=True)
        place.publish()
    return TileSet.open(out)


def _describe(
    plates: Sequence[Plate],
    spec: TileSpec,
    wells: Mapping[str, Collection[str]] | None,
    chosen: Collection[str] | None,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """List the tiles of all plates, and everything that they depend on."""
    parts = [tile_index(plate.spec, spec, None if wells is None else wells[plate.name]) for plate in plates]
    index = pd.concat([part[0] for part in parts], ignore_index=True)
    if chosen is not None:
        absent = sorted(set(chosen) - set(index["tile_id"]))
        if absent:
            raise ArgumentError(
                f"{len(absent)} chosen tiles are not of these wells, the first {absent[0]!r}."
            )
        index = index[index["tile_id"].isin(chosen)].reset_index(drop=True)
    if index.empty:
        left_out = [row for part in parts for row in part[1]]
        why = f" ({left_out[-1][1]}: {left_out[-1][2]})" if left_out else ""
        raise ArgumentError(f"These plates give no tiles: no included well has a whole field{why}.")
    return index, {
        "version": VERSION,
        "spec": spec.to_json(),
        "channels": list(spec.channels or ()),
        "plates": {plate.name: plate.digest for plate in plates},
        "tiles": digest(index["tile_id"].tolist()),
        "left_out": [list(row) for part in parts for row in part[1]],
    }


def _common(plates: Sequence[Plate], spec: TileSpec) -> tuple[list[str], str]:
    """Channel names and pixel type that all plates share.

    A channel that was named by a part goes by its whole name where it has the same on all plates.
    """
    if not plates:
        raise ArgumentError("No plates were given.")
    first = plates[0]
    if len({plate.name for plate in plates}) < len(plates):
        raise ArgumentError(f"Plates must have different names; got {', '.join(p.name for p in plates)}.")
    for plate in plates:
        if plate.spec.layout.dtype != first.spec.layout.dtype:
            raise ArgumentError(
                f"Plate {plate.name} has {plate.spec.layout.dtype} pixels and plate {first.name} "
                f"{first.spec.layout.dtype}; tile them apart."
            )
        if spec.channels is None and not set(first.channels) <= set(plate.channels):
            raise ArgumentError(
                f"Plate {plate.name} has the channels {', '.join(plate.channels)} and plate {first.name} "
                f"{', '.join(first.channels)}; name those to take (--channel)."
            )
    names = []
    for channel in spec.channels or first.channels:
        meant = {plate.channels[plate.channel_index(channel)] for plate in plates}
        names.append(meant.pop() if len(meant) == 1 else channel)
    return names, first.spec.layout.dtype


def _allocate(
    staged: Path, shape: tuple[int, ...], dtype: str, shard: int, attributes: dict[str, Any]
) -> None:
    """Make the empty array."""
    zarr.create_group(LocalStore(staged), attributes={"hcs_tiles": attributes}, zarr_format=3)
    zarr.create_array(
        LocalStore(staged),
        name="tiles",
        shape=shape,
        chunks=(1, *shape[1:]),
        shards=(shard, *shape[1:]),
        dtype=dtype,
        compressors=compressors(dtype),
        dimension_names=("tile", "y", "x", "channel"),
        zarr_format=3,
    )


def _payloads(
    plates: Sequence[Plate], index: pd.DataFrame, staged: Path, spec: TileSpec, shard: int
) -> list[_Shard]:
    by_name = {plate.name: plate for plate in plates}
    payloads = []
    for start in range(0, len(index), shard):
        part = index.iloc[start : start + shard]
        sources = []
        for (name, well, number), rows in part.groupby(["plate", "well", "field"], sort=False):
            plate = by_name[name]
            channels = tuple(plate.channel_index(channel) for channel in spec.channels or ())
            field = stored_field(plate.path, plate.spec, str(well), int(number))
            sources.append(_Source(field, channels, tuple(rows["tile"]), plate.spec.never_acquired))
        payloads.append(_Shard(staged, start, spec, tuple(sources)))
    return payloads


def _write_shard(shard: _Shard) -> Output:
    """Fill one whole shard, by one task: two writers in a shard would lose tiles."""
    parts = [shard.spec.cut(one.field, one.channels, one.never_acquired) for one in shard.sources]
    tiles = np.concatenate(
        [part.pixels[list(one.tiles)] for part, one in zip(parts, shard.sources, strict=True)]
    )
    array = zarr.open_array(LocalStore(shard.out), path="tiles", mode="r+")
    array[shard.start : shard.start + len(tiles)] = tiles
    digests = [pixel_digest(tile) for tile in tiles]
    taken = [
        ", ".join(map(str, part.taken))
        for part, one in zip(parts, shard.sources, strict=True)
        for _ in one.tiles
    ]
    return {"checksum": digest(digests), "digests": digests, "taken": taken}
