"""The description of a plate: everything about it but its pixels, as it is stored beside the OME metadata.

It lives under the key ``hcs`` of the root group's attributes (extra keys beside ``ome`` are allowed by the
specification), so opening a plate, wells table included, is one read.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hcs_plates.errors import ArgumentError, StoreError
from hcs_plates.ngff import FieldLayout
from hcs_plates.paths import check_name
from hcs_plates.readers.acquisition import Acquisition, Channel, Objective, PlaneKey
from hcs_plates.wells import PlateFormat

VERSION = 1
DTYPES = ("uint8", "uint16")


@dataclass(frozen=True)
class PlateSpec:
    """What a plate is, before or beside its pixels.

    Parameters
    ----------
    name
        The plate's name.
    format
        Its grid of wells.
    channels
        In the order of the channel axis.
    layout
        Sizes and type of every field.
    fields
        Field numbers by well, of the fields that are stored.
    wells
        The wells table, index `well`.
    missing
        Planes that should be there and are not, with the reason.
    pixel_size_um
        Height and width of a pixel, None if unknown.
    instrument, objective, reader, source
        Where the images came from.
    positions_um
        Stage positions by (well, field).
    notices
        Sentences on what was assumed or left out on the way in.
    checksums
        Digest of each field's pixels by ``B03/1``.
    inputs
        Digest of the files, the platemap and the settings it was ingested from, None if it was not.
    """

    name: str
    format: PlateFormat
    channels: tuple[Channel, ...]
    layout: FieldLayout
    fields: Mapping[str, tuple[int, ...]]
    wells: pd.DataFrame
    missing: Mapping[PlaneKey, str] = field(default_factory=dict)
    pixel_size_um: tuple[float, float] | None = None
    instrument: str | None = None
    objective: Objective | None = None
    reader: str | None = None
    source: str | None = None
    positions_um: Mapping[tuple[str, int], tuple[float, float]] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    checksums: Mapping[str, str] = field(default_factory=dict)
    inputs: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no plate can hold."""
        check_name(self.name, "a plate")
        if self.layout.dtype not in DTYPES:
            raise ArgumentError(
                f"Plates hold {' or '.join(DTYPES)} pixels; these are {self.layout.dtype}. "
                "Export the raw camera values."
            )
        if len(set(self.channel_names)) != len(self.channels):
            names = ", ".join(self.channel_names)
            raise ArgumentError(
                f"Channel names must differ; got {names}. Name them with --channels 1=GFP,2=DNA."
            )
        for well in self.fields:
            self.format.parse(well)

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Names of the channels, in order."""
        return tuple(channel.name for channel in self.channels)

    def channel_index(self, channel: str) -> int:
        """Index of a channel by its name, or by a part of it that no other channel has.

        IN Cell names are "excitation - emission": ``FITC`` finds "Blue - FITC" where no other channel ends
        so, or else where no other has it in either place.

        Raises
        ------
        ArgumentError
            No such channel, or several; the sentence lists them.
        """
        names = self.channel_names
        if channel in names:
            return names.index(channel)
        parts = [name.split(" - ") for name in names]
        for found in ([part[-1] == channel for part in parts], [channel in part for part in parts]):
            if sum(found) == 1:
                return found.index(True)
        if any(found):
            shown = ", ".join(name for name, one in zip(names, found, strict=True) if one)
            raise ArgumentError(
                f"Plate {self.name} has several channels {channel!r}: {shown}; name one in full."
            )
        raise ArgumentError(f"Plate {self.name} has no channel {channel!r}; it has {', '.join(names)}.")

    def field_coordinates(self, wells: pd.Series, dimension: str) -> dict[str, Any]:
        """Wells table spread over a dimension, as xarray coordinates.

        Parameters
        ----------
        wells
            The well of every entry along the dimension.
        dimension
            Its name.
        """
        rows = self.wells.loc[wells]
        coordinates: dict[str, Any] = {"well": (dimension, wells.to_numpy(dtype=object))}
        for column in rows.columns:
            values = rows[column]
            # xarray has no nullable integers; whole numbers with gaps become floats with NaN.
            if pd.api.types.is_numeric_dtype(values) and values.isna().any():
                values = values.astype(float)
            coordinates[column] = (dimension, values.to_numpy())
        return coordinates


def spec_of(acquisition: Acquisition, wells: pd.DataFrame, missing: Mapping[PlaneKey, str]) -> PlateSpec:
    """Describe the plate that an acquisition becomes.

    Parameters
    ----------
    acquisition
        What a reader found.
    wells
        The wells table.
    missing
        Planes known to be missing (those of the acquisition, and any that failed to decode).
    """
    height, width = acquisition.shape
    fields: dict[str, set[int]] = {}
    for key in acquisition.planes:
        if key not in missing:
            fields.setdefault(key.well, set()).add(key.field)
    ordered = sorted(fields, key=acquisition.format.parse)
    layout = FieldLayout(
        acquisition.n_times, len(acquisition.channels), acquisition.n_z, height, width, acquisition.dtype
    )
    return PlateSpec(
        name=acquisition.name,
        format=acquisition.format,
        channels=acquisition.channels,
        layout=layout,
        fields={well: tuple(sorted(fields[well])) for well in ordered},
        wells=wells,
        missing=dict(missing),
        pixel_size_um=acquisition.pixel_size_um,
        instrument=acquisition.instrument,
        objective=acquisition.objective,
        reader=acquisition.reader,
        source=acquisition.source.name,
        positions_um=acquisition.positions_um,
        notices=acquisition.notes + tuple(wells.attrs.get("notices", ())),
    )


def to_json(spec: PlateSpec) -> dict[str, Any]:
    """Turn a description into a JSON-ready dictionary; `from_json` reads it back."""
    return {
        "version": VERSION,
        "name": spec.name,
        "format": [spec.format.rows, spec.format.columns],
        "channels": [asdict(channel) for channel in spec.channels],
        "layout": asdict(spec.layout),
        "fields": {well: list(numbers) for well, numbers in spec.fields.items()},
        "wells": table_to_json(spec.wells),
        "missing": [[*key, reason] for key, reason in sorted(spec.missing.items())],
        "pixel_size_um": None if spec.pixel_size_um is None else list(spec.pixel_size_um),
        "instrument": spec.instrument,
        "objective": None if spec.objective is None else asdict(spec.objective),
        "reader": spec.reader,
        "source": spec.source,
        "positions_um": [[well, number, x, y] for (well, number), (x, y) in spec.positions_um.items()],
        "notices": list(spec.notices),
        "checksums": dict(spec.checksums),
        "inputs": spec.inputs,
    }


def from_json(stored: Mapping[str, Any], path: Path) -> PlateSpec:
    """Read a description back.

    Raises
    ------
    StoreError
        The plate was written by a later version of hcs.
    """
    if stored.get("version") != VERSION:
        raise StoreError(
            path, f"was written with plate format {stored.get('version')}; this hcs reads format {VERSION}"
        )
    objective = stored["objective"]
    pixel_size = stored["pixel_size_um"]
    return PlateSpec(
        name=stored["name"],
        format=PlateFormat(*stored["format"]),
        channels=tuple(Channel(**channel) for channel in stored["channels"]),
        layout=FieldLayout(**stored["layout"]),
        fields={well: tuple(numbers) for well, numbers in stored["fields"].items()},
        wells=table_from_json(stored["wells"]),
        missing={PlaneKey(*row[:-1]): row[-1] for row in stored["missing"]},
        pixel_size_um=None if pixel_size is None else (pixel_size[0], pixel_size[1]),
        instrument=stored["instrument"],
        objective=None if objective is None else Objective(**objective),
        reader=stored["reader"],
        source=stored["source"],
        positions_um={(well, number): (x, y) for well, number, x, y in stored["positions_um"]},
        notices=tuple(stored["notices"]),
        checksums=stored["checksums"],
        inputs=stored.get("inputs"),
    )


def table_to_json(wells: pd.DataFrame) -> dict[str, Any]:
    """Wells table as columns of plain values, with the pandas type of each."""
    columns = []
    for name in wells.columns:
        values = [None if pd.isna(value) else _plain(value) for value in wells[name]]
        columns.append({"name": name, "dtype": str(wells[name].dtype), "values": values})
    return {"index": list(wells.index), "columns": columns}


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def table_from_json(stored: Mapping[str, Any]) -> pd.DataFrame:
    """Wells table read back, types as they were."""
    index = pd.Index(stored["index"], name="well", dtype="str")
    columns = {
        column["name"]: pd.Series(column["values"], index=index, dtype=column["dtype"])
        for column in stored["columns"]
    }
    return pd.DataFrame(columns, index=index)
