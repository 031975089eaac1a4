"""What a reader finds in an instrument's export: an `Acquisition`, before a pixel is read.

Readers turn folders into this one record, and nothing after them knows which instrument it was. A plane that
the export should have and has not stays *missing under its own key* (`Acquisition.missing`); no other image
ever takes its place.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from hcs_plates.readers.flatfield import FlatField
from hcs_plates.readers.pixels import Decode, tiff_page
from hcs_plates.wells import PlateFormat


class PlaneKey(NamedTuple):
    """Which plane: well name, field number, and channel, time and z index.

    `field` is the number the instrument shows in its file names; `channel`, `time` and `z` count from 0.
    """

    well: str
    field: int
    channel: int
    time: int = 0
    z: int = 0


class Step(NamedTuple):
    """A combination of channel, time and z, counted from 0, that all fields of a plate have or none."""

    channel: int
    time: int
    z: int


@dataclass(frozen=True)
class PlaneFile:
    """Where a plane's pixels are: a file, and the image in it.

    Parameters
    ----------
    path
        The file.
    page
        Which of its images, counted from 0.
    decode
        Reads one image of a file, ``decode(path, page)``, into an array of shape (height, width). A function
        of a module (or a `functools.partial` of one), so that it travels to workers.
    """

    path: Path
    page: int = 0
    decode: Decode = tiff_page


@dataclass(frozen=True)
class Channel:
    """One channel as acquired; wavelengths in nm, exposure in ms, None where the export does not say."""

    name: str
    excitation_nm: float | None = None
    emission_nm: float | None = None
    exposure_ms: float | None = None


@dataclass(frozen=True)
class Objective:
    """The objective lens, None where the export does not say."""

    magnification: float | None = None
    numerical_aperture: float | None = None
    name: str | None = None


@dataclass(frozen=True)
class Acquisition:
    """One plate as an instrument exported it.

    Parameters
    ----------
    name
        The plate's name.
    reader
        Name of the reader that made this.
    source
        Folder (or index file) that was scanned.
    format
        The plate's grid of wells.
    channels
        In the order of `PlaneKey.channel`.
    planes
        Every plane that is there.
    missing
        Every plane that should be there and is not (or cannot be read), with the reason.
    never_acquired
        Combinations of channel, time and z that no field was ever imaged at: no data, and not missing.
    shape
        Height and width of the planes, pixels: of every field that `shapes` does not name.
    dtype
        NumPy name of the pixel type, such as ``uint16``.
    n_times, n_z
        How many time points and z steps.
    format_stated
        Whether the export says so of its format; else it is the smallest that has all wells.
    pixel_size_um
        Height and width of a pixel in µm, None where the export does not say.
    z_step_um
        Distance of the steps in z in µm, None where the export does not say.
    instrument, objective
        As the export names them.
    positions_um
        Stage position (x, y) of a field within its well, by (well, field).
    y_axis
        Whether the positions' y grows ``"up"`` or ``"down"`` as images are shown; None where nothing says so.
    shapes
        Height and width of the fields of another shape than `shape`, by (well, field).
    read_as
        The kind of export it was taken for, and why.
    imaged_at
        When the first plane of a field was imaged, ISO 8601, by (well, field); where the export says it.
    flat_fields
        Illumination profiles by channel index, where the export states them.
    disagreements
        Sentences on counts that the export states and does not have, and that no missing plane accounts for.
    notes
        Sentences on what was left out or assumed (excluded wells, files that are not images).
    """

    name: str
    reader: str
    source: Path
    format: PlateFormat
    channels: tuple[Channel, ...]
    planes: Mapping[PlaneKey, PlaneFile]
    missing: Mapping[PlaneKey, str]
    shape: tuple[int, int]
    dtype: str
    n_times: int = 1
    n_z: int = 1
    format_stated: bool = True
    never_acquired: frozenset[Step] = frozenset()
    pixel_size_um: tuple[float, float] | None = None
    z_step_um: float | None = None
    instrument: str | None = None
    objective: Objective | None = None
    positions_um: Mapping[tuple[str, int], tuple[float, float]] = field(default_factory=dict)
    y_axis: Literal["up", "down"] | None = None
    shapes: Mapping[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    read_as: str = ""
    imaged_at: Mapping[tuple[str, int], str] = field(default_factory=dict)
    flat_fields: Mapping[int, FlatField] = field(default_factory=dict)
    disagreements: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def wells(self) -> list[str]:
        """Wells with at least one plane, there or missing, row by row."""
        names = {key.well for key in self.planes} | {key.well for key in self.missing}
        return sorted(names, key=self.format.parse)

    def fields(self, well: str) -> list[int]:
        """Field numbers of a well that have at least one plane that is there."""
        return sorted({key.field for key in self.planes if key.well == well})

    def summary(self) -> dict[str, Any]:
        """Facts for `hcs info`, JSON-ready."""
        wells = self.wells()
        return {
            "plate": self.name,
            "reader": self.reader,
            "read_as": self.read_as,
            "source": str(self.source),
            "format": self.format.size,
            "format_stated": self.format_stated,
            "wells": len(wells),
            "fields": len({(key.well, key.field) for key in self.planes}),
            "channels": [channel.name for channel in self.channels],
            "shape": list(self.shape),
            "dtype": self.dtype,
            "times": self.n_times,
            "z": self.n_z,
            "pixel_size_um": None if self.pixel_size_um is None else list(self.pixel_size_um),
            "z_step_um": self.z_step_um,
            "instrument": self.instrument,
            "imaged": imaged_span(self.imaged_at),
            "y_axis": self.y_axis,
            "flat_fields": [self.channels[channel].name for channel in sorted(self.flat_fields)] or None,
            "missing_planes": missing_rows(self.missing, self.channels),
            "never_acquired": step_rows(self.never_acquired, self.channels),
            "disagreements": list(self.disagreements),
            "notes": list(self.notes),
        }


def imaged_span(imaged_at: Mapping[tuple[str, int], str]) -> list[str] | None:
    """Give the first and the last moment at which a field was imaged; None where nothing says so."""
    return [min(imaged_at.values()), max(imaged_at.values())] if imaged_at else None


def missing_rows(missing: Mapping[PlaneKey, str], channels: tuple[Channel, ...]) -> list[dict[str, Any]]:
    """List missing planes with the channel's name and the reason, JSON-ready."""
    return [
        {
            "well": key.well,
            "field": key.field,
            "channel": channels[key.channel].name,
            "time": key.time,
            "z": key.z,
            "reason": reason,
        }
        for key, reason in sorted(missing.items())
    ]


def step_rows(steps: Iterable[Step], channels: tuple[Channel, ...]) -> list[dict[str, Any]]:
    """List combinations that were never acquired with the channel's name, JSON-ready."""
    return [
        {"channel": channels[step.channel].name, "time": step.time, "z": step.z} for step in sorted(steps)
    ]
