"""How fields become tiles: the specification, the list of tiles a plate gives, and the lazy array of them."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from hcs_plates.columns import left_out_reasons
from hcs_plates.description import PlateSpec
from hcs_plates.errors import ArgumentError
from hcs_plates.imagery import LazyFields, finished, item_coordinates, pixel_coordinates
from hcs_plates.projection import MAX, Projected, check_projection, project
from hcs_plates.readers.acquisition import Step
from hcs_plates.rescale import tile_field
from hcs_plates.storedfield import Indices, StoredField, stored_field
from hcs_plates.units import digest

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
        Channels by name, one or several, in order; None takes all of the plate's.
    time
        Time point, counted from 0.
    z
        What becomes of a z stack: ``max`` (our choice; the reference study imaged single planes), ``mean`` or
        ``best-focus`` (`hcs_plates.projection`).
    """

    size: int = 256
    grid: int = 1
    channels: Sequence[str] | None = None
    time: int = 0
    z: str = MAX

    def __post_init__(self) -> None:
        """Refuse sizes that no tile has; a channel alone may be given by its name."""
        if min(self.size, self.grid) < 1:
            raise ArgumentError(
                f"Tiles need a size and a grid of at least 1; got size {self.size}, grid {self.grid}."
            )
        check_projection(self.z)
        if self.channels is not None:
            names = (self.channels,) if isinstance(self.channels, str) else tuple(self.channels)
            object.__setattr__(self, "channels", names)

    def cut(
        self, field: StoredField, channels: Sequence[int], never_acquired: Collection[Step] = frozenset()
    ) -> Projected:
        """Read one field and cut it into tiles: pixels of shape (grid², size, size, channel)."""
        whole = project(field, self.time, channels, self.z, never_acquired)
        return Projected(tile_field(whole.pixels, self.size, self.grid), whole.taken)

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON has it: without what tiles of earlier versions were made by."""
        return {key: value for key, value in asdict(self).items() if (key, value) != ("z", MAX)}


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

    Raises
    ------
    ArgumentError
        A channel that the plate lacks, or that was never acquired at the time point.
    """
    names = spec.channels or plate.channel_names
    wanted = {plate.channel_index(channel) for channel in names}
    if len(wanted) < len(names):
        raise ArgumentError(f"Plate {plate.name}: a channel is named twice in {', '.join(names)}.")
    plate.check_acquired(sorted(wanted), spec.time)
    gaps: dict[tuple[str, int], str] = {}
    for key, reason in plate.missing.items():
        if key.channel in wanted and key.time == spec.time and (wells is None or key.well in wells):
            name = plate.channel_names[key.channel]
            gaps.setdefault((key.well, key.field), f"{name} plane missing: {reason}")
    included = plate.wells["included"]
    reasons = left_out_reasons(plate.wells)
    left_out = [("well", f"{plate.name}/{well}", reasons[well]) for well in included.index[~included]]
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


class _Tiles(LazyFields):
    """Tiles of fields, channel by channel."""

    def __init__(
        self,
        fields: Sequence[StoredField],
        spec: TileSpec,
        channels: tuple[int, ...],
        never_acquired: Collection[Step],
    ) -> None:
        self.spec, self.channels, self.never_acquired = spec, channels, never_acquired
        super().__init__(fields, spec.grid**2, (len(channels),), (spec.size, spec.size))

    def block(self, field: StoredField, planes: Sequence[Indices]) -> npt.NDArray[Any]:
        wanted = [self.channels[place] for place in planes[0]]
        return np.moveaxis(self.spec.cut(field, wanted, self.never_acquired).pixels, -1, 1)


def lazy_tiles(path: Path, plate: PlateSpec, spec: TileSpec) -> xr.DataArray:
    """Tiles of a plate as a Dask-backed DataArray of dimensions (tile, y, x, channel).

    The index and the wells table are coordinates along `tile`. One Dask chunk is one channel of one field.
    """
    index, _ = tile_index(plate, spec)
    if index.empty:
        raise ArgumentError(f"Plate {plate.name} gives no tiles: no included well has a whole field.")
    names = spec.channels or plate.channel_names
    wanted = tuple(plate.channel_index(name) for name in names)
    per_field = index[index["tile"] == 0]
    fields = [
        stored_field(path, plate, well, int(number))
        for well, number in zip(per_field["well"], per_field["field"], strict=True)
    ]
    token = digest(str(path), dict(plate.checksums), spec.to_json(), wanted)
    tiles = _Tiles(fields, spec, wanted, plate.never_acquired).chunked(["tile", "channel", "y", "x"], token)
    coordinates = item_coordinates(plate, index["well"], "tile")
    for column in ("tile_id", "field", "grid_row", "grid_column"):
        coordinates[column] = ("tile", index[column].to_numpy(dtype=object if column == "tile_id" else None))
    coordinates["channel"] = np.array(names, dtype=object)
    if not plate.shapes:
        # Of fields of several shapes tiles have several scales, and no one place along y and x.
        side = spec.size * spec.grid
        within = pixel_coordinates(plate.layout, plate.pixel_size_um, (side, side))
        coordinates |= {
            axis: (dims, values[: spec.size], about) for axis, (dims, values, about) in within.items()
        }
    array = tiles.transpose("tile", "y", "x", "channel")
    return finished(array, coordinates, plate)
