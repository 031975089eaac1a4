"""What the kinds of plates tell of themselves, before anything of it is shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt
import pandas as pd

from hcs_plates.others.planes import Region
from hcs_plates.plate import Plate
from hcs_plates.wells import PlateFormat

Key = int | str
"""A field's key within its well: a number in plates of hcs, else its path as the well lists it."""


@dataclass(frozen=True)
class ViewedLevel:
    """One resolution of a field.

    Parameters
    ----------
    height, width
        Its size, pixels of this level.
    chunk_height, chunk_width
        Size of the pieces that are read at once: regions cut along them cost least.
    """

    height: int
    width: int
    chunk_height: int
    chunk_width: int


@dataclass(frozen=True)
class ViewedChannel:
    """One channel, with the grey levels that show it on every field of the plate alike.

    Parameters
    ----------
    name, colour
        Colour as ``RRGGBB``.
    low, high
        Grey levels that are black and full at first: percentiles of a sample of the plate's fields.
    limits
        Least and greatest grey level known: the type's for uint8, else what the sample has, rounded outward.
    """

    name: str
    colour: str
    low: float
    high: float
    limits: tuple[float, float]


@dataclass(frozen=True)
class FieldImage:
    """What a plate says of one field, and how its pixels are read.

    Parameters
    ----------
    dtype
        NumPy name of the pixel type.
    n_times, n_z
        Sizes of time and z; 1 where there is no such axis.
    names, colours
        Of the channels, in order.
    levels
        From the largest to the smallest.
    read
        Called with a level and a region of it, gives (channel, height, width).
    pixel_size_um
        Height and width of a full-resolution pixel, µm; None if unknown.
    missing
        Channel, time and z of images that are not there.
    acquisition
        Name of the acquisition that the field is of, where the plate has several.
    notices
        Sentences on what was left out or assumed.
    ranges
        Least and greatest grey level of each channel as the field states them; empty if it does not.
    """

    dtype: str
    n_times: int
    n_z: int
    names: tuple[str, ...]
    colours: tuple[str, ...]
    levels: tuple[ViewedLevel, ...]
    read: Callable[[int, Region], npt.NDArray[Any]]
    pixel_size_um: tuple[float, float] | None = None
    missing: frozenset[tuple[int, int, int]] = frozenset()
    acquisition: str | None = None
    notices: tuple[str, ...] = ()
    ranges: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Opened:
    """What a plate says of itself, and how one of its fields is opened.

    Parameters
    ----------
    name, path, version
        Version of OME-Zarr: ``"0.4"`` or ``"0.5"``.
    format
        Its grid of wells.
    wells
        Wells table, with the column `well`.
    fields
        Keys of the fields by well.
    open_field
        Called with a well and a key of it, gives the field.
    notices
        Sentences on what is broken, missing or assumed.
    plate
        The plate, where hcs wrote it.
    """

    name: str
    path: Path
    version: str
    format: PlateFormat
    wells: pd.DataFrame
    fields: Mapping[str, tuple[Key, ...]]
    open_field: Callable[[str, Key], FieldImage]
    notices: tuple[str, ...] = ()
    plate: Plate | None = None
