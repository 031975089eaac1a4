"""A plate, as users hold it.

`open_plate` reads one small document; pixels stay on disk until something asks for them, and then come plane
by plane. A plate is a mapping of wells by name, a well one of fields by number.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy.typing as npt
import pandas as pd
import xarray as xr

from hcs_plates import store
from hcs_plates.description import PlateSpec
from hcs_plates.display import count, facts_html
from hcs_plates.errors import ArgumentError, LookupRefusedError
from hcs_plates.fieldtable import field_table, missing_table
from hcs_plates.imagery import alike, lazy_images
from hcs_plates.members import Well
from hcs_plates.objects import check_local, readable_path
from hcs_plates.projection import MAX
from hcs_plates.protocolchecks import contradictions, imaged_with
from hcs_plates.readers.acquisition import PlaneKey, imaged_span, missing_rows, step_rows
from hcs_plates.staging import Kind, Place
from hcs_plates.storedfield import METADATA
from hcs_plates.units import digest

PLATE = Kind("a plate", METADATA, ("attributes", "hcs"), r"[A-Z]{1,2}|tiles|.*\.(json|parquet)|\..*")


class Plate(Mapping[str, Well]):
    """An OME-Zarr plate on disk: a mapping of the wells that have images, by name in any spelling.

    Parameters
    ----------
    path
        The plate's folder; kept as an absolute path, so that a worker in another folder finds it.
    spec
        Its description.
    """

    def __init__(self, path: Path, spec: PlateSpec) -> None:
        self.path = path.absolute()
        self.spec = spec

    def __eq__(self, other: object) -> bool:
        """Whether both are the same plate: place, description and pixels."""
        return isinstance(other, Plate) and self.path == other.path and self.spec == other.spec

    def __hash__(self) -> int:
        return hash(self.path)

    def __repr__(self) -> str:
        facts = self._facts()
        return f"<Plate {self.name}: {facts['wells']}, {facts['fields']}, channels {facts['channels']}>"

    def _repr_html_(self) -> str:
        return facts_html(f"Plate {self.name}", self._facts())

    def _facts(self) -> dict[str, object]:
        """Gather what a user wants to see first."""
        spec, layout = self.spec, self.spec.layout
        more = [(layout.n_times, "time points"), (layout.n_z, "planes in z")]
        differ = " (some differ)" if spec.shapes else ""
        size = f"{layout.height} × {layout.width} {layout.dtype}{differ}"
        guessed = "" if spec.format_stated else " (guessed)"
        return {
            "wells": f"{count(len(self), 'well')} of {spec.format.size}{guessed}",
            "fields": count(sum(map(len, spec.fields.values())), "field"),
            "channels": ", ".join(self.channels),
            "a field": ", ".join([size, *(f"{number} {what}" for number, what in more if number > 1)]),
            "pixel size (µm)": spec.pixel_size_um and "{:g} × {:g}".format(*spec.pixel_size_um),
            "missing planes": len(spec.missing) or None,
            "never acquired": f"{len(spec.never_acquired)} planes of each field"
            if spec.never_acquired
            else None,
            "wells table": ", ".join(spec.wells.columns),
            "path": self.path,
        }

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
        """Copy the wells table: one row per well, by its name, which is the column `well` too.

        As a column for whatever takes tables of wells; as the index (without a name, so that pandas never
        asks which of the two is meant) for ``plate.wells.loc["B03"]``.
        """
        table = self.spec.wells.rename_axis(index=None)
        table.insert(0, "well", table.index)
        return table

    @cached_property
    def digest(self) -> str:
        """Digest of every field's pixels, of what is missing and what was never acquired."""
        steps = [list(step) for step in sorted(self.spec.never_acquired)]
        never = [steps] if steps else []
        if self.spec.other is not None and not self.spec.checksums:
            return digest(self.name, self.spec.other.stamps(self.path))
        return digest(dict(self.spec.checksums), [list(key) for key in sorted(self.spec.missing)], *never)

    @property
    def fields(self) -> pd.DataFrame:
        """Stored fields: well, field, missing_planes (their number), imaged_at where the export says it."""
        return field_table(self.spec)

    @property
    def missing(self) -> pd.DataFrame:
        """Planes that should be there and are not: well, field, channel, time, z, reason."""
        return missing_table(self.spec.missing, self.spec.channels)

    @property
    def lacking(self) -> pd.DataFrame:
        """Planes of the export that are missing from what was made of several: as `missing` has them."""
        rows = {PlaneKey(*row[:-1]): row[-1] for row in self.spec.made.lacking}
        return missing_table(rows, self.spec.channels)

    @property
    def in_focus(self) -> pd.DataFrame:
        """Steps in z that were taken as in best focus: well, field, channel, time, z of the export."""
        return self.spec.made.in_focus(self.channels, self.spec.layout.n_times)

    @property
    def stitched(self) -> pd.DataFrame:
        """Where the export's fields lie in stitched wells, pixels: well, field, row, column, height, width.

        What no field covers is zero, and no data.
        """
        return self.spec.made.places()

    @property
    def never_acquired(self) -> pd.DataFrame:
        """Combinations that no field was imaged at: channel, time, z. They are zeros on disk, and no data."""
        columns = ["channel", "time", "z"]
        return pd.DataFrame(step_rows(self.spec.never_acquired, self.spec.channels), columns=columns)

    def channel_index(self, channel: str) -> int:
        """Index of a channel by its name, or by a part of it that no other channel has.

        Raises
        ------
        ArgumentError
            No such channel; the sentence lists those there are.
        """
        return self.spec.channel_index(channel)

    def __getitem__(self, well: str) -> Well:
        try:
            name = self.spec.format.parse(well).name
        except ArgumentError as error:
            raise LookupRefusedError(error.message) from error
        if name not in self.spec.fields:
            raise LookupRefusedError(
                f"Plate {self.name} has no images of well {name}; it has {len(self.spec.fields)} wells, "
                f"{', '.join(list(self.spec.fields)[:6])} …"
            )
        return Well(self, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.spec.fields)

    def __len__(self) -> int:
        return len(self.spec.fields)

    @property
    def images(self) -> xr.DataArray:
        """All fields at full resolution, lazily: `lazy_images` without arguments."""
        return self.lazy_images()

    def lazy_images(
        self, level: int = 0, time: int | None = None, *, shape: tuple[int, int] | None = None
    ) -> xr.DataArray:
        """All fields, lazily: one Dask chunk is one plane, and only what is asked for is read.

        Parameters
        ----------
        level
            Resolution level, 0 is full.
        time
            One time point, counted from 0; all if None.
        shape
            Height and width at full resolution of the fields to take, of a plate whose fields differ; all
            fields if None.

        Returns
        -------
        DataArray of dimensions (image, [time,] channel, [z,] y, x) with the wells table and, where known, the
        stage's positions as coordinates along `image`, and y and x in µm. Wells and fields are looked up by
        one or several labels: ``sel(well="B03", field=2)``, ``sel(well=["B03", "C04"])``. Planes that are
        missing or were never acquired are zeros; the coordinate `acquired` is false of them, so that
        ``images.where(images.acquired)`` has no number there.

        Raises
        ------
        ArgumentError
            No such level or time; fields of several shapes, of which no array can hold all, and none or
            another was named.
        """
        fields = [self[well][number].stored for well, number in alike(self.spec, level, time, shape)]
        return lazy_images(fields, self.spec, level, time)

    def tiles(
        self,
        size: int = 256,
        grid: int = 1,
        channels: Sequence[str] | None = None,
        time: int = 0,
        z: str = MAX,
    ) -> xr.DataArray:
        """Tiles of this plate, lazily (`hcs_plates.tiling.lazy_tiles`).

        Parameters
        ----------
        size
            Side of a tile, pixels.
        grid
            Tiles along each side of a field.
        channels
            Channels by name, one or several; None takes all.
        time
            Time point, counted from 0.
        z
            What becomes of a z stack: ``max``, ``mean`` or ``best-focus``.
        """
        from hcs_plates.tiling import TileSpec, lazy_tiles

        return lazy_tiles(self.path, self.spec, TileSpec(size, grid, channels, time, z))

    def info(self) -> dict[str, Any]:
        """Facts for `hcs info`, JSON-ready."""
        layout, coding = self.spec.layout, self.spec.coding
        return {
            "plate": self.name,
            "path": str(self.path),
            "reader": self.spec.reader,
            "format": self.spec.format.size,
            "format_stated": self.spec.format_stated,
            "wells": len(self.spec.fields),
            "fields": len(self.fields),
            "channels": list(self.channels),
            "shape": [layout.height, layout.width],
            "dtype": layout.dtype,
            "times": layout.n_times,
            "z": layout.n_z,
            "pixel_size_um": None if self.spec.pixel_size_um is None else list(self.spec.pixel_size_um),
            "z_step_um": self.spec.z_step_um,
            "instrument": self.spec.instrument,
            "imaged_with": imaged_with(self.spec),
            "protocol": None if self.spec.protocol is None else self.spec.protocol.to_json(),
            "contradictions": list(contradictions(self.spec)),
            "columns": {name: str(kind) for name, kind in self.spec.wells.dtypes.items()},
            "missing_planes": missing_rows(self.spec.missing, self.spec.channels),
            "never_acquired": step_rows(self.spec.never_acquired, self.spec.channels),
            "imaged": imaged_span(self.spec.imaged_at),
            "y_axis": self.spec.y_axis,
            "notes": [
                *self.spec.notices,
                *self.spec.made.told(),
                *self.spec.map_notices,
                *filter(None, (self.spec.shapes_told, coding)),
            ],
        }


def open_plate(path: Path | str) -> Plate:
    """Open a plate, lazily: one of hcs, or one of another tool (OME-Zarr 0.4, 0.5), in place and read-only.

    Parameters
    ----------
    path
        Its folder, such as ``P1.ome.zarr``; of one of hcs also its address, ``s3://bucket/P1.ome.zarr``. One
        of another tool that was adopted (`hcs_plates.adopting`) has the map kept, and is held against it.

    Raises
    ------
    NotThereError, StoreError
        Nothing there, no plate, or one of which nothing can be opened.

    Examples
    --------
    >>> open_plate("plates/P1.ome.zarr")["B03"][1].image("FITC")  # doctest: +SKIP
    """
    place = readable_path(path)
    if place.exists() and not store.is_ours(place):
        check_local(place)
        # What understands the metadata of others takes as long to import as a plate of hcs to open.
        from hcs_plates.others.adoption import open_adopted

        return Plate(place, open_adopted(place))
    return Plate(place, store.read_description(place))


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
        Called with a well and a field number, gives the field's array of the shape of ``spec.layout_of``.
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
                f"{well}/{number}": store.write_field(
                    staged, spec.layout_of(well, number), well, number, pixels(well, number)
                )
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
