"""A plate and its wells and fields, as users hold them.

`open_plate` reads one small document; pixels stay on disk until something asks for them, and then come as
Dask arrays of whole fields.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from dask import delayed

from hcs_plates import store
from hcs_plates.description import PlateSpec
from hcs_plates.errors import ArgumentError
from hcs_plates.paths import local_path
from hcs_plates.readers.acquisition import PlaneKey, missing_rows
from hcs_plates.staging import Kind, Place
from hcs_plates.tiling import TileSpec, lazy_tiles
from hcs_plates.units import digest

PLATE = Kind("a plate", store.METADATA, ("attributes", "hcs"), r"[A-Z]{1,2}|tiles|.*\.(json|parquet)|\..*")


@dataclass(frozen=True)
class Field:
    """One field of view of a well."""

    plate: "Plate"
    well: str
    number: int

    @property
    def missing(self) -> dict[PlaneKey, str]:
        """Planes of this field that are missing, with the reason."""
        return {
            key: reason
            for key, reason in self.plate.spec.missing.items()
            if (key.well, key.field) == (self.well, self.number)
        }

    def read(self, level: int = 0) -> npt.NDArray[Any]:
        """Read all planes of a level.

        Returns
        -------
        array of axes ``plate.spec.layout.axes``; missing planes are zero and listed in `missing`.

        Raises
        ------
        StoreError
            The stored bytes are damaged or gone.
        """
        return store.read_field(self.plate.path, self.well, self.number, level)

    def image(self, channel: str, level: int = 0) -> npt.NDArray[Any]:
        """Read one channel of this field.

        Parameters
        ----------
        channel
            The channel's name.
        level
            Resolution level, 0 is full.

        Raises
        ------
        ArgumentError
            No channel of that name, or this field lacks it.
        """
        index = self.plate.channel_index(channel)
        gone = [reason for key, reason in self.missing.items() if key.channel == index]
        if gone:
            raise ArgumentError(f"Field {self.well}/{self.number} has no whole {channel!r} image: {gone[0]}.")
        axis = self.plate.spec.layout.axes.index("c")
        return np.asarray(np.take(self.read(level), index, axis=axis))


@dataclass(frozen=True)
class Well(Mapping[int, Field]):
    """One well: its row of the wells table, and its fields by number."""

    plate: "Plate"
    name: str

    @property
    def metadata(self) -> pd.Series:
        """The well's row of the wells table."""
        return self.plate.wells.loc[self.name]

    def __getitem__(self, number: int) -> Field:
        if number not in self.plate.spec.fields[self.name]:
            fields = ", ".join(map(str, self))
            raise ArgumentError(
                f"Well {self.name} of plate {self.plate.name} has no field {number}; it has {fields}."
            )
        return Field(self.plate, self.name, number)

    def __iter__(self) -> Iterator[int]:
        return iter(self.plate.spec.fields[self.name])

    def __len__(self) -> int:
        return len(self.plate.spec.fields[self.name])


class Plate:
    """An OME-Zarr plate on disk.

    Parameters
    ----------
    path
        The plate's folder.
    spec
        Its description.
    """

    def __init__(self, path: Path, spec: PlateSpec) -> None:
        self.path = path
        self.spec = spec

    def __repr__(self) -> str:
        return f"<Plate {self.name}: {len(self.spec.fields)} wells, channels {', '.join(self.channels)}>"

    @property
    def name(self) -> str:
        """The plate's name."""
        return self.spec.name

    @property
    def channels(self) -> tuple[str, ...]:
        """Channel names in order."""
        return self.spec.channel_names

    @property
    def wells(self) -> pd.DataFrame:
        """A copy of the wells table, one row per well, index `well`."""
        return self.spec.wells.copy()

    @cached_property
    def digest(self) -> str:
        """Digest of every field's pixels and of what is missing."""
        return digest(dict(self.spec.checksums), [list(key) for key in sorted(self.spec.missing)])

    @property
    def fields(self) -> pd.DataFrame:
        """Stored fields: well, field, number of missing planes."""
        gone = pd.Series([(key.well, key.field) for key in self.spec.missing], dtype=object).value_counts()
        rows = [
            (well, number, int(gone.get((well, number), 0)))
            for well, numbers in self.spec.fields.items()
            for number in numbers
        ]
        return pd.DataFrame(rows, columns=["well", "field", "missing_planes"])

    @property
    def missing(self) -> pd.DataFrame:
        """Planes that should be there and are not: well, field, channel, time, z, reason."""
        columns = ["well", "field", "channel", "time", "z", "reason"]
        return pd.DataFrame(missing_rows(self.spec.missing, self.spec.channels), columns=columns)

    def channel_index(self, channel: str) -> int:
        """Index of a channel by name.

        Raises
        ------
        ArgumentError
            No such channel; the sentence lists those there are.
        """
        return self.spec.channel_index(channel)

    def __getitem__(self, well: str) -> Well:
        name = self.spec.format.parse(well).name
        if name not in self.spec.fields:
            raise ArgumentError(
                f"Plate {self.name} has no images of well {name}; it has {len(self.spec.fields)} wells, "
                f"{', '.join(list(self.spec.fields)[:6])} …"
            )
        return Well(self, name)

    def __iter__(self) -> Iterator[Well]:
        return (Well(self, well) for well in self.spec.fields)

    def __len__(self) -> int:
        return len(self.spec.fields)

    @property
    def images(self) -> xr.DataArray:
        """All fields, lazily: one Dask chunk is one field.

        Returns
        -------
        DataArray of dimensions (image, [time,] channel, [z,] y, x) with the wells table as coordinates along
        `image`; `well` is an index, so ``plate.images.sel(well="B03")`` works. Missing planes are zero and
        listed in `missing`.
        """
        layout = self.spec.layout
        table = self.fields
        read = partial(store.read_field, self.path)
        lazy = [
            da.from_delayed(delayed(read)(field.well, field.number), shape=layout.shape, dtype=layout.dtype)
            for well in self
            for field in well.values()
        ]
        names = {"t": "time", "c": "channel", "z": "z", "y": "y", "x": "x"}
        coordinates = self.spec.field_coordinates(table["well"], "image")
        coordinates |= {"channel": list(self.channels), "field": ("image", table["field"].to_numpy())}
        return xr.DataArray(
            da.stack(lazy),
            dims=("image", *(names[axis] for axis in layout.axes)),
            coords=coordinates,
            name=self.name,
            attrs={"pixel_size_um": self.spec.pixel_size_um},
        ).set_xindex("well")

    def tiles(self, size: int = 256, grid: int = 1, channels: tuple[str, ...] | None = None) -> xr.DataArray:
        """Tiles of this plate, lazily (`hcs_plates.tiling.lazy_tiles`).

        Parameters
        ----------
        size
            Side of a tile, pixels.
        grid
            Tiles along each side of a field.
        channels
            Channels by name; None takes all.
        """
        return lazy_tiles(self.path, self.spec, TileSpec(size, grid, channels))

    def info(self) -> dict[str, Any]:
        """Facts for `hcs info`, JSON-ready."""
        layout = self.spec.layout
        return {
            "plate": self.name,
            "path": str(self.path),
            "reader": self.spec.reader,
            "format": self.spec.format.size,
            "wells": len(self.spec.fields),
            "fields": len(self.fields),
            "channels": list(self.channels),
            "shape": [layout.height, layout.width],
            "dtype": layout.dtype,
            "times": layout.n_times,
            "z": layout.n_z,
            "pixel_size_um": None if self.spec.pixel_size_um is None else list(self.spec.pixel_size_um),
            "instrument": self.spec.instrument,
            "columns": {name: str(kind) for name, kind in self.spec.wells.dtypes.items()},
            "missing_planes": missing_rows(self.spec.missing, self.spec.channels),
            "notes": list(self.spec.notices),
        }


def open_plate(path: Path | str) -> Plate:
    """Open a plate, lazily.

    Parameters
    ----------
    path
        Its folder, such as ``P1.ome.zarr``.

    Raises
    ------
    NotThereError, StoreError
        Nothing there, or not a plate that hcs wrote.
    """
    return Plate(local_path(path), store.read_description(local_path(path)))


def create_plate(
    path: Path | str,
    spec: PlateSpec,
    pixels: Callable[[str, int], npt.NDArray[Any]],
    *,
    overwrite: bool = False,
) -> Plate:
    """Make a plate from arrays; `hcs_plates.ingestion` is for instruments' exports.

    Parameters
    ----------
    path
        Where it is to stand; it appears there when it is whole.
    spec
        What it is.
    pixels
        Called with a well and a field number, gives the field's array of ``spec.layout.shape``.
    overwrite
        Replace a plate that stands there, once the new one is whole.

    Raises
    ------
    ExistsError, ArgumentError
        The place is taken, or a field's array does not fit the layout.
    """
    place = Place(path, PLATE, overwrite=overwrite)
    with place.claim():
        # Arrays have no digest before they are there: an interrupted making begins anew.
        staged = place.start(uuid.uuid4().hex, partial(store.allocate, spec=spec))
        try:
            checksums = {
                f"{well}/{number}": store.write_field(staged, spec.layout, well, number, pixels(well, number))
                for well, numbers in spec.fields.items()
                for number in numbers
            }
            whole = replace(spec, checksums=checksums)
            store.rewrite_description(staged, whole)
        except BaseException:
            place.discard()
            raise
        place.publish()
    return Plate(Path(path), whole)
