"""What one simulated field is to show: its cells, its neurites, how it is imaged, and the truth about it.

Lengths are in µm, light in photons at the camera, grey levels in counts. A spec says what the *distributions*
are; which cells and fibres a field gets is drawn from its seed and name.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from hcs_plates.errors import ArgumentError
from hcs_plates.units import digest

MAX_SIDE = 2048


@dataclass(frozen=True)
class Dye:
    """A channel as the instrument names it: excitation and emission filter, wavelengths in nm."""

    excitation: str
    excitation_nm: float
    emission: str
    emission_nm: float

    @property
    def wave(self) -> str:
        """Name of the channel in file names, ``Blue - FITC``."""
        return f"{self.excitation} - {self.emission}"


DYES = {"FITC": Dye("Blue", 490.0, "FITC", 525.0), "DAPI": Dye("UV", 390.0, "DAPI", 432.5)}
"""Channels the simulator has: FITC is the neurofilament-H stain, DAPI the nuclei."""


@dataclass(frozen=True)
class CellSpec:
    """Neurons and where they sit.

    Parameters
    ----------
    per_mm2
        Mean number of neurons per mm² (Poisson).
    soma_area_um2, soma_sd
        Median soma area and the SD of its logarithm.
    clusters_per_mm2
        Mean number of cell aggregates per mm².
    clustered
        Share of the neurons that sit in an aggregate.
    debris_per_mm2
        Mean number of stained specks per mm².
    """

    per_mm2: float = 80.0
    soma_area_um2: float = 150.0
    soma_sd: float = 0.3
    clusters_per_mm2: float = 5.0
    clustered: float = 0.7
    debris_per_mm2: float = 45.0


@dataclass(frozen=True)
class NeuriteSpec:
    """Neurites, drawn as centre-lines with a width and a brightness.

    Parameters
    ----------
    axon_um, dendrite_um, length_sd
        Median lengths and the SD of their logarithm.
    dendrites
        Mean number per neuron.
    branches_per_mm
        Mean number of branch points per mm of axon; dendrites have three times as many.
    taper
        Share of its width that a neurite loses from start to end, 0 to 1.
    persistence_um
        Length over which a free neurite forgets its direction.
    bundle_fibres
        Mean number of fibres in a fascicle between two aggregates; 0 for no fascicles.
    bundle_um
        Half-width of a fascicle.
    beading
        0 to 1: varicosities and fragmentation gaps along every neurite. It moves light along and across
        the neurite and leaves the centre-lines, the somas and the light of every neurite as they are.
    """

    axon_um: float = 400.0
    dendrite_um: float = 45.0
    length_sd: float = 0.5
    dendrites: float = 2.0
    branches_per_mm: float = 3.0
    taper: float = 0.45
    persistence_um: float = 900.0
    bundle_fibres: float = 7.0
    bundle_um: float = 5.0
    beading: float = 0.0


@dataclass(frozen=True)
class CameraSpec:
    """Light and camera.

    Parameters
    ----------
    photons
        Peak photons per pixel on a median neurite.
    background
        Photons per pixel where nothing is stained.
    haze
        Light from out of focus, as a share of the light in focus.
    illumination
        Share of the light that is lost at the worst corner, 0 to 1.
    offset, gain, read_noise
        Counts in the dark, counts per photon, SD of the dark counts.
    """

    photons: float = 260.0
    background: float = 35.0
    haze: float = 0.35
    illumination: float = 0.15
    offset: float = 180.0
    gain: float = 2.2
    read_noise: float = 4.0


_SHARES = ("clustered", "taper", "beading", "illumination")
_POSITIVE = ("soma_area_um2", "axon_um", "dendrite_um", "persistence_um", "gain", "pixel_size_um")


def check_numbers(spec: Any, where: str) -> None:
    """Refuse numbers of a spec that mean nothing.

    Raises
    ------
    ArgumentError
        Names the first setting that is negative, not finite, not positive or not a share.
    """
    for item in fields(spec):
        value = getattr(spec, item.name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if not isfinite(value) or value < 0:
            raise ArgumentError(f"{where}.{item.name} is {value}; give a finite number of 0 or more.")
        if item.name in _POSITIVE and value == 0:
            raise ArgumentError(f"{where}.{item.name} is 0; give a number above 0.")
        if item.name in _SHARES and value > 1:
            raise ArgumentError(f"{where}.{item.name} is {value}; it is a share between 0 and 1.")


@dataclass(frozen=True)
class FieldSpec:
    """One field of view.

    Parameters
    ----------
    height, width
        Pixels, 16 to 2048 each.
    pixel_size_um
        Side of a pixel.
    channels
        Keys of `DYES`, in the order of the channel axis.
    cells, neurites, camera
        What is there and how it is imaged.

    Raises
    ------
    ArgumentError
        A size, a channel or a number that cannot be simulated.

    Examples
    --------
    >>> FieldSpec(height=512, width=512).area_mm2
    0.11075584
    >>> FieldSpec(channels=("GFP",))
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: The simulator has no channel 'GFP'; it has FITC, DAPI.
    """

    height: int = 1024
    width: int = 1024
    pixel_size_um: float = 0.65
    channels: tuple[str, ...] = ("FITC",)
    cells: CellSpec = field(default_factory=CellSpec)
    neurites: NeuriteSpec = field(default_factory=NeuriteSpec)
    camera: CameraSpec = field(default_factory=CameraSpec)

    def __post_init__(self) -> None:
        for side in (self.height, self.width):
            if isinstance(side, bool) or not isinstance(side, int) or not 16 <= side <= MAX_SIDE:
                raise ArgumentError(
                    f"A field of {self.height} × {self.width} pixels cannot be simulated; "
                    f"give whole numbers from 16 to {MAX_SIDE}."
                )
        check_channels(self.channels)
        check_numbers(self, "FieldSpec")
        for part in (self.cells, self.neurites, self.camera):
            check_numbers(part, type(part).__name__)

    @property
    def size_um(self) -> tuple[float, float]:
        """Width and height, µm (x first)."""
        return self.width * self.pixel_size_um, self.height * self.pixel_size_um

    @property
    def area_mm2(self) -> float:
        """Area of the field."""
        width, height = self.size_um
        return round(width * height / 1e6, 12)

    def contains(self, places: npt.NDArray[np.float64], margin_um: float = 0.0) -> npt.NDArray[np.bool_]:
        """Tell which places (array of shape (n, 2), x and y in µm) lie in the field or a margin around it."""
        width, height = self.size_um
        x, y = places[:, 0], places[:, 1]
        inside = (x >= -margin_um) & (x < width + margin_um) & (y >= -margin_um) & (y < height + margin_um)
        return np.asarray(inside)


def check_channels(channels: Sequence[str]) -> None:
    """Refuse a list of channels the simulator cannot draw."""
    for channel in channels:
        if channel not in DYES:
            raise ArgumentError(f"The simulator has no channel {channel!r}; it has {', '.join(DYES)}.")
    if not channels or len(set(channels)) < len(channels):
        raise ArgumentError(f"channels is {tuple(channels)}; name at least one channel, and each once.")


@dataclass(frozen=True)
class FieldTruth:
    """What was drawn in a field.

    Parameters
    ----------
    cells
        Neurons whose soma's centre is in the field.
    soma_area_um2
        Their mean soma area; None without a cell.
    neurite_um
        Length of all centre-lines within the field.
    traceable_um
        The same outside somas, where lines that run within 2.5 µm of each other, about the width of one in
        the microscope, count as one: what a tracing of the picture can find.
    branch_points
        Branch points within the field.
    """

    cells: int
    soma_area_um2: float | None
    neurite_um: float
    traceable_um: float
    branch_points: int


def generator(seed: int, name: str, part: str) -> np.random.Generator:
    """Random numbers for one part of one named item, the same whoever asks and in whatever order.

    Parts have streams of their own so that a setting of one part (beading, noise) leaves the others as they
    are.
    """
    return np.random.default_rng([seed, int(digest(name, part), 16)])
