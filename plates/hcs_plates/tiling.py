"""How fields become tiles: the specification, the list of tiles a plate gives, and the lazy array of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask.array as da
import numpy.typing as npt
import pandas as pd
import xarray as xr
from dask import delayed

from hcs_plates import store
from hcs_plates.description import PlateSpec
from hcs_plates.errors import ArgumentError
from hcs_plates.ngff import FieldLayout
from hcs_plates.rescale import tile_field

INDEX_COLUMNS = ["tile_id", "plate", "well", "field", "tile", "grid_row", "grid_column"]


@dataclass(frozen=True)
class TileSpec:
    """How fields become tiles.

    Parameters
    ----------
    size
        Side of a tile, pixels.
    grid
        Tiles along each side of a field; 1 rescales the whole field to one tile.
    channels
        Channels by name, in order; None takes all of the plate's.
    time
        Time point, counted from 0. A z stack is projected by its maximum (our choice; the reference study
        imaged single planes).
    """

    size: int = 256
    grid: int = 1
    channels: tuple[str, ...] | None = None
    time: int = 0

    def cut(self, pixels: npt.NDArray[Any], layout: FieldLayout, channels: Sequence[int]) -> npt.NDArray[Any]:
        """Cut one field's pixels, of the layout's axes, into (grid², size, size, channel)."""
        return tile_field(layout.project(pixels, self.time, channels), self.size, self.grid)


def tile_index(
    plate: PlateSpec, spec: TileSpec, wells: Collection[str] | None = None
) -> tuple[pd.DataFrame, list[tuple[str, str, str]]]:
    """List the tiles a plate gives, and what gives none.

    Parameters
    ----------
    plate
        The plate's description.
    spec
        How its fields become tiles.
    wells
        The wells to take, all included ones if None; wells not taken are the caller's to account for.

    Returns
    -------
    index
        As `TileSet.index`, without digests.
    left_out
        (what, where, reason): wells that are not included, fields that lack a plane of the channels wanted.
    """
    wanted = {plate.channel_index(channel) for channel in spec.channels or plate.channel_names}
    if not 0 <= spec.time < plate.layout.n_times:
        raise ArgumentError(
            f"Plate {plate.name} has {plate.layout.n_times} time points; got time {spec.time}."
        )
    gaps: dict[tuple[str, int], str] = {}
    for key, reason in plate.missing.items():
        if key.channel in wanted and key.time == spec.time and (wells is None or key.well in wells):
            name = plate.channel_names[key.channel]
            gaps.setdefault((key.well, key.field), f"{name} plane missing: {reason}")
    included = plate.wells["included"]
    left_out = [("well", f"{plate.name}/{well}", "not included") for well in included.index[~included]]
    left_out += [
        ("field", f"{plate.name}/{well}/{number}", reason) for (well, number), reason in sorted(gaps.items())
    ]
    rows = [
        (f"{plate.name}/{well}/{number}/{tile}", plate.name, well, number, tile, *divmod(tile, spec.grid))
        for well, numbers in plate.fields.items()
        if included[well] and (wells is None or well in wells)
        for number in numbers
        if (well, number) not in gaps
        for tile in range(spec.grid**2)
    ]
    return pd.DataFrame(rows, columns=INDEX_COLUMNS), left_out


def lazy_tiles(path: Path, plate: PlateSpec, spec: TileSpec) -> xr.DataArray:
    """Tiles of a plate as a Dask-backed DataArray of dimensions (tile, y, x, channel).

    The index and the wells table are coordinates along `tile`. One Dask chunk is one field.
    """
    index, _ = tile_index(plate, spec)
    if index.empty:
        raise ArgumentError(f"Plate {plate.name} gives no tiles: no included well has a whole field.")
    layout = plate.layout
    names = spec.channels or plate.channel_names
    wanted = tuple(plate.channel_index(name) for name in names)
    shape = (spec.grid**2, spec.size, spec.size, len(names))
    per_field = index[index["tile"] == 0]
    lazy = [
        da.from_delayed(delayed(cut_field)(path, layout, wanted, well, number, spec), shape, layout.dtype)
        for well, number in zip(per_field["well"], per_field["field"], strict=True)
    ]
    coordinates = plate.field_coordinates(index["well"], "tile")
    for column in ("tile_id", "field", "grid_row", "grid_column"):
        coordinates[column] = ("tile", index[column].to_numpy(dtype=object if column == "tile_id" else None))
    coordinates["channel"] = list(names)
    return xr.DataArray(
        da.concatenate(lazy), dims=("tile", "y", "x", "channel"), coords=coordinates, name=plate.name
    ).set_xindex("well")


def cut_field(
    path: Path, layout: FieldLayout, channels: tuple[int, ...], well: str, number: int, spec: TileSpec
) -> npt.NDArray[Any]:
    """Read one stored field and cut it into tiles, an array of shape (grid², size, size, channel)."""
    return spec.cut(store.read_field(path, well, number), layout, channels)
