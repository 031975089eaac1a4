"""The description of a plate: everything about it but its pixels."""

import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from hcs_plates.channelnames import find_channel
from hcs_plates.coding import CLONE, CODE, Unblinding, are_coded, coded_wells
from hcs_plates.errors import ArgumentError
from hcs_plates.made import Made
from hcs_plates.ngff import FieldLayout
from hcs_plates.paths import check_name
from hcs_plates.protocol import Protocol
from hcs_plates.readers.acquisition import Channel, Objective, PlaneKey, Step
from hcs_plates.readers.names import shown
from hcs_plates.wells import PlateFormat

DTYPES = ("uint8", "uint16")
# More than any microscope makes: what is beyond comes from a damaged file, and is refused before memory is.
LARGEST_SIDE = 1_000_000
MOST_PLANES = 1_000_000
LARGEST_FIELD = 2**42


class Others(typing.Protocol):
    """Where the fields of a plate of another tool are, and how one is read."""

    def layout_of(self, well: str, number: int) -> FieldLayout:
        """Layout of one field."""

    def stored(self, plate: Path, well: str, number: int, digest: str | None) -> Any:
        """Take one field, as a `hcs_plates.storedfield.StoredField`."""

    def acquisitions(self) -> Mapping[tuple[str, int], str]:
        """Acquisition of each field, where the plate has several."""

    def stamps(self, plate: Path) -> list[list[Any]]:
        """Sizes and times of change of its files."""


@dataclass(frozen=True, eq=False)
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
        The wells table, indexed by well; its column `well`, if it has one, says the same.
    missing
        Planes that should be there and are not, with the reason.
    never_acquired
        Combinations of channel, time and z that no field was imaged at: zeros in every field, and no data.
    format_stated
        Whether the export or the user says how many wells the plate has; else the grid is a guess, the
        smallest that holds all that were imaged.
    pixel_size_um
        Height and width of a pixel, None if unknown.
    z_step_um
        Distance of the steps in z, None if unknown.
    instrument, objective, reader, source
        Where the images came from.
    protocol
        How the plate was made in the laboratory, None where nobody said.
    positions_um
        Stage positions (x, y) by (well, field).
    y_axis
        Whether their y grows ``"up"`` or ``"down"`` as images are shown, None if unknown.
    shapes
        Height and width of the fields of another shape than the layout's, by (well, field).
    imaged_at
        When the first plane of a field was imaged, ISO 8601, by (well, field); empty where nothing says so.
    made
        How its pixels came of the export's planes.
    notices
        Sentences on what was assumed or left out on the way in.
    map_notices
        Sentences on what was guessed or set aside in the platemap that the wells table is from.
    checksums
        Digest of each field's pixels by ``B03/1``.
    inputs
        Digest of the files and settings it was ingested from, None if it was not.
    other
        Where its fields are, if another tool wrote it; None of plates of hcs.
    unblinding
        When names were put on codes (`hcs unblind`), None where none were.
    """

    name: str
    format: PlateFormat
    channels: tuple[Channel, ...]
    layout: FieldLayout
    fields: Mapping[str, tuple[int, ...]]
    wells: pd.DataFrame
    missing: Mapping[PlaneKey, str] = field(default_factory=dict)
    never_acquired: frozenset[Step] = frozenset()
    format_stated: bool = True
    pixel_size_um: tuple[float, float] | None = None
    z_step_um: float | None = None
    instrument: str | None = None
    objective: Objective | None = None
    reader: str | None = None
    source: str | None = None
    protocol: Protocol | None = None
    positions_um: Mapping[tuple[str, int], tuple[float, float]] = field(default_factory=dict)
    y_axis: Literal["up", "down"] | None = None
    shapes: Mapping[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    imaged_at: Mapping[tuple[str, int], str] = field(default_factory=dict)
    made: Made = field(default_factory=Made)
    notices: tuple[str, ...] = ()
    map_notices: tuple[str, ...] = ()
    checksums: Mapping[str, str] = field(default_factory=dict)
    inputs: str | None = None
    unblinding: Unblinding | None = None
    other: Others | None = None

    def __post_init__(self) -> None:
        """Refuse what no plate can hold."""
        check_name(self.name, "a plate")
        self._check_layout()
        if len(set(self.channel_names)) != len(self.channels):
            names = ", ".join(self.channel_names)
            raise ArgumentError(
                f"Channel names must differ; got {names}. Name them with --channels 1=GFP,2=DNA."
            )
        self._check_wells()
        self._check_planes()

    def _check_planes(self) -> None:
        sizes = (self.layout.n_channels, self.layout.n_times, self.layout.n_z)
        missing = [(tuple(key), tuple(key[2:]), "missing") for key in self.missing]
        never = [(tuple(step), tuple(step), "never acquired") for step in self.never_acquired]
        for key, step, what in (*missing, *never):
            if any(place >= size for place, size in zip(step, sizes, strict=True)):
                raise ArgumentError(f"Plate {self.name} has no plane {key}, which is listed as {what}.")
        for channel, name in enumerate(self.channel_names):
            if sum(step.channel == channel for step in self.never_acquired) == sizes[1] * sizes[2]:
                raise ArgumentError(f"Plate {self.name}: channel {name} was never acquired; leave it out.")

    def _check_layout(self) -> None:
        _check_sizes(self.layout)
        for well, number in self.shapes:
            _check_sizes(self.layout_of(well, number))
            if number not in self.fields.get(well, ()):
                raise ArgumentError(f"Plate {self.name} has no field {well}/{number}, which has a shape.")
        if self.layout.n_channels != len(self.channels):
            raise ArgumentError(
                f"Plate {self.name} names {len(self.channels)} channels and its fields have "
                f"{self.layout.n_channels}."
            )

    def _check_wells(self) -> None:
        table = self.wells.rename_axis(index="well")
        if "well" in table and (table["well"] == table.index).all():
            # As `Plate.wells` gives it.
            table = table.drop(columns="well")
            object.__setattr__(self, "wells", table)
        if "well" in table:
            raise ArgumentError("The wells table's column 'well' names other wells than its index.")
        for well in self.fields:
            if self.format.parse(well).name != well:
                raise ArgumentError(f"Well {well!r} is spelt {self.format.parse(well).name!r} in plates.")
        if not table.index.is_unique or not table.columns.is_unique:
            raise ArgumentError("A wells table has one row a well, and no column twice.")
        absent = sorted(set(self.fields) - set(table.index))
        if absent:
            raise ArgumentError(
                f"The wells table has no row of {', '.join(absent[:6])}; it needs one a well that has images."
            )
        if "included" not in table or table["included"].dtype != bool:
            raise ArgumentError("A wells table needs a column 'included', true or false of each well.")
        if self.unblinding is not None and not {CLONE, CODE, *self.unblinding.columns} <= set(table):
            raise ArgumentError("A wells table on which names were put keeps the codes and the names.")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PlateSpec):
            return NotImplemented
        return self.wells.equals(other.wells) and all(
            getattr(self, one.name) == getattr(other, one.name) for one in fields(self) if one.name != "wells"
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def processed_wells(self) -> pd.DataFrame:
        """The wells table that measurements and studies rest on: without what only puts names on codes."""
        return self.wells if self.unblinding is None else coded_wells(self.wells, self.unblinding.columns)

    def layout_of(self, well: str, number: int) -> FieldLayout:
        """Layout of one field: the plate's, or that of its own shape."""
        if self.other is not None:
            return self.other.layout_of(well, number)
        shape = self.shapes.get((well, number))
        return self.layout if shape is None else replace(self.layout, height=shape[0], width=shape[1])

    @property
    def field_shapes(self) -> frozenset[tuple[int, int]]:
        """Heights and widths that fields have."""
        return frozenset({(self.layout.height, self.layout.width), *self.shapes.values()})

    @property
    def field_shape(self) -> tuple[int, int] | None:
        """Height and width that every field has; None where they differ."""
        return None if self.shapes else (self.layout.height, self.layout.width)

    def corner_of(self, well: str, number: int) -> tuple[float, float] | None:
        """Where a field's upper left corner lies within its well, (y downward, x to the right) in µm.

        A position of the stage is that of a field's centre. None where it, the direction of its y or the size
        of a pixel is not known.
        """
        place, layout = self.positions_um.get((well, number)), self.layout_of(well, number)
        if place is None or self.y_axis is None or self.pixel_size_um is None:
            return None
        y = -place[1] if self.y_axis == "up" else place[1]
        height_um, width_um = self.pixel_size_um
        return y - layout.height * height_um / 2, place[0] - layout.width * width_um / 2

    @property
    def shapes_told(self) -> str | None:
        """Say which fields have another shape than the others; None where all have one."""
        if not self.shapes:
            return None
        others: dict[tuple[int, int], list[str]] = {}
        for (well, number), shape in sorted(self.shapes.items()):
            others.setdefault(shape, []).append(f"{well}/{number}")
        told = "; ".join(f"{h} × {w}: {shown(names)}" for (h, w), names in sorted(others.items()))
        return (
            f"Fields of plate {self.name} are {self.layout.height} × {self.layout.width} pixels, but not all "
            f"({told})."
        )

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Names of the channels, in order."""
        return tuple(channel.name for channel in self.channels)

    def channel_index(self, channel: str) -> int:
        """Index of a channel by its name, or by a part of it that no other channel has.

        Raises
        ------
        ArgumentError
            No such channel, or several; the sentence lists them (`hcs_plates.channelnames`).
        """
        return find_channel(channel, self.channel_names, f"Plate {self.name}")

    def acquired_times(self, channel: int) -> tuple[int, ...]:
        """List the time points, counted from 0, at which a channel was imaged in at least one step of z."""
        layout = self.layout
        return tuple(time for time in range(layout.n_times) if self.acquired_steps(channel, time))

    def acquired_steps(self, channel: int, time: int) -> tuple[int, ...]:
        """List the steps in z, counted from 0, in which a channel was imaged at a time point."""
        return tuple(z for z in range(self.layout.n_z) if Step(channel, time, z) not in self.never_acquired)

    @property
    def coding(self) -> str | None:
        """Say that samples are under codes, or when their names came back; None where they never were."""
        if self.unblinding is not None:
            day = self.unblinding.at.replace("T", " ").removesuffix("+00:00")
            return f"Plate {self.name} was under codes until {day} UTC (key {self.unblinding.key[:12]})."
        if not are_coded(self.wells):
            return None
        return f"Samples of plate {self.name} are under codes; `hcs unblind` puts the names on it."

    @property
    def guess(self) -> str | None:
        """Say that the plate's format was guessed; None where it was stated."""
        if self.format_stated:
            return None
        return (
            f"Plate {self.name} was taken to have {self.format.size} wells, the fewest that hold all that "
            "were imaged; which wells are outer ones is not known (`hcs ingest --wells` says it)."
        )

    def moment(self, time: int) -> str | None:
        """Say which time point of a film is taken; None where there is only one."""
        if self.layout.n_times == 1:
            return None
        return (
            f"Of the {self.layout.n_times} time points of plate {self.name}, time {time} (counted from 0) is "
            "taken."
        )

    def check_acquired(self, channels: Iterable[int], time: int) -> None:
        """Refuse a time point that the plate has not, or at which one of the channels was never imaged.

        Raises
        ------
        ArgumentError
            Says at which time points the channel was imaged.
        """
        if not 0 <= time < self.layout.n_times:
            raise ArgumentError(f"Plate {self.name} has {self.layout.n_times} time points; got time {time}.")
        for channel in channels:
            times = self.acquired_times(channel)
            if time not in times:
                raise ArgumentError(
                    f"Plate {self.name}: {self.channel_names[channel]} was never acquired at time {time}, "
                    f"only at time {', '.join(map(str, times))} (counted from 0); choose another time point "
                    "(--time, or time in [data]) or other channels."
                )


def _check_sizes(layout: FieldLayout) -> None:
    """Refuse types and sizes that no field has."""
    if layout.dtype not in DTYPES:
        raise ArgumentError(
            f"Plates hold {' or '.join(DTYPES)} pixels; these are {layout.dtype}. "
            "Export the raw camera values."
        )
    planes = (layout.n_times, layout.n_channels, layout.n_z)
    plane = layout.height * layout.width
    if (
        min(*planes, layout.height, layout.width) < 1
        or max(layout.height, layout.width) > LARGEST_SIDE
        or np.prod(planes, dtype=object) > MOST_PLANES
        or plane * np.prod(planes, dtype=object) > LARGEST_FIELD
    ):
        raise ArgumentError(
            f"No field has {' × '.join(map(str, planes))} planes (time, channel, z) of {layout.height} × "
            f"{layout.width} pixels."
        )
