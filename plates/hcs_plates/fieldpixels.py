"""From the planes of a field in an export to the array that a plate keeps of it."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from hcs_plates.errors import ReaderError
from hcs_plates.ngff import FieldLayout
from hcs_plates.readers.acquisition import PlaneFile, PlaneKey
from hcs_plates.readers.pixels import read_plane


class FieldPixels(NamedTuple):
    """A field as the plate keeps it.

    Parameters
    ----------
    pixels
        Array of shape (time, channel, z, y, x); zeros where there is no plane.
    unreadable
        Planes that could not be read, each as ``[*key, reason]``.
    """

    pixels: npt.NDArray[Any]
    unreadable: list[list[Any]]


def field_pixels(planes: Iterable[tuple[PlaneKey, PlaneFile]], layout: FieldLayout) -> FieldPixels:
    """Read the planes of a field and make of them what the plate keeps.

    Parameters
    ----------
    planes
        Those of the field that are there.
    layout
        Sizes and type of the field in the plate.

    Raises
    ------
    OSError
        A file cannot be reached.
    """
    sides = (layout.height, layout.width)
    whole = np.zeros((layout.n_times, layout.n_channels, layout.n_z, *sides), dtype=layout.dtype)
    unreadable = []
    for key, file in planes:
        try:
            whole[key.time, key.channel, key.z] = read_plane(file, sides, layout.dtype)
        except ReaderError as error:
            unreadable.append([*key, error.message])
    return FieldPixels(whole, unreadable)
