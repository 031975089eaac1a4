"""From the planes of a field in an export to the array that a plate keeps of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from hcs_plates.errors import ReaderError
from hcs_plates.ngff import FieldLayout
from hcs_plates.projection import KEEP, Fold
from hcs_plates.readers.acquisition import PlaneFile, PlaneKey
from hcs_plates.readers.flatfield import FlatField
from hcs_plates.readers.pixels import read_plane

Planes = Sequence[tuple[PlaneKey, PlaneFile]]
Pixels = npt.NDArray[Any]


class Rectangle(NamedTuple):
    """Where a field lies in a stitched well, pixels."""

    row: int
    column: int
    height: int
    width: int


@dataclass(frozen=True)
class Recipe:
    """How planes of the export become those of the plate.

    Parameters
    ----------
    z
        ``keep``, or how a stack becomes one plane.
    light
        Profiles that pixels are divided by, by channel.
    places
        Of a stitched well: where each of its fields lies, by the field's number.
    """

    z: str = KEEP
    light: Mapping[int, FlatField] = field(default_factory=dict)
    places: Mapping[int, Rectangle] = field(default_factory=dict)


class FieldPixels(NamedTuple):
    """A field as the plate keeps it, and what was met on the way.

    Parameters
    ----------
    pixels
        Array of shape (time, channel, z, y, x); zeros where there is no plane.
    unreadable
        Planes of the plate of which nothing could be read, each as ``[*key, reason]``.
    lacking
        Planes of the export that could not be read, of which planes of the plate were made without them.
    clipped
        Pixels beyond the type's largest value once divided by the profile, by channel.
    taken
        Planes in best focus that were taken, each as ``[*key]`` of the export.
    n_planes
        How many planes of the plate have pixels.
    """

    pixels: Pixels
    unreadable: list[list[Any]]
    lacking: list[list[Any]]
    clipped: dict[int, int]
    taken: list[list[Any]]
    n_planes: int

    def told(self) -> dict[str, Any]:
        """Give what was met, JSON-ready."""
        return {
            "unreadable": self.unreadable,
            "lacking": self.lacking,
            "clipped": [[channel, n] for channel, n in self.clipped.items() if n],
            "taken": self.taken,
        }


def field_pixels(
    planes: Planes, layout: FieldLayout, number: int, recipe: Recipe | None = None
) -> FieldPixels:
    """Read the planes of a field and make of them what the plate keeps.

    Where fields of a stitched well overlap, the one with the lowest number lies on top: it was imaged before
    the others had bleached it, and blending would invent grey levels that no camera gave.

    Parameters
    ----------
    planes
        Those that are there; of a stitched well those of all its fields.
    layout
        Sizes and type of the field in the plate.
    number
        Its number in the plate.
    recipe
        How; each plane as it is if None.

    Raises
    ------
    OSError
        A file cannot be reached.
    """
    recipe = recipe or Recipe()
    sides = (layout.height, layout.width)
    pixels = np.zeros((layout.n_times, layout.n_channels, layout.n_z, *sides), dtype=layout.dtype)
    unreadable: list[list[Any]] = []
    lacking: list[list[Any]] = []
    taken: list[list[Any]] = []
    clipped: dict[int, int] = {}
    failed: dict[tuple[int, int, int], list[list[Any]]] = defaultdict(list)
    there: set[tuple[int, int, int]] = set()
    whole = Rectangle(0, 0, *sides)
    stacks = _stacks(planes, recipe.z)
    for own, *at in sorted(stacks, key=lambda one: -one[0]):
        place, where = (at[0], at[1], at[2]), recipe.places.get(own, whole)
        fold = _folded(stacks[own, *place], where, layout.dtype, recipe, failed[place], clipped)
        if fold.n == 0:
            continue
        there.add(place)
        rows = slice(where.row, where.row + where.height)
        pixels[place][rows, where.column : where.column + where.width] = fold.plane()
        if fold.taken is not None:
            taken.append([stacks[own, *place][0][0].well, own, place[1], place[0], fold.taken])
    for place, faults in failed.items():
        if place in there:
            lacking.extend(sorted(faults))
        elif faults:
            time, channel, z = place
            well, reason = min(faults)[0], min(faults)[-1]
            unreadable.append([well, number, channel, time, z, reason])
    return FieldPixels(pixels, unreadable, lacking, clipped, taken, len(there))


def _stacks(planes: Planes, z: str) -> dict[tuple[int, int, int, int], list[tuple[PlaneKey, PlaneFile]]]:
    """Planes that become one, by the field in the export and the time, channel and z in the plate."""
    stacks: dict[tuple[int, int, int, int], list[tuple[PlaneKey, PlaneFile]]] = defaultdict(list)
    for key, file in planes:
        stacks[key.field, key.time, key.channel, key.z if z == KEEP else 0].append((key, file))
    return stacks


def _folded(
    stack: Iterable[tuple[PlaneKey, PlaneFile]],
    where: Rectangle,
    dtype: str,
    recipe: Recipe,
    failed: list[list[Any]],
    clipped: dict[int, int],
) -> Fold:
    """Read planes that become one; those that cannot be read are named."""
    fold = Fold(recipe.z)
    for key, file in stack:
        try:
            plane = read_plane(file, (where.height, where.width), dtype)
        except ReaderError as error:
            failed.append([*key, error.message])
            continue
        if key.channel in recipe.light:
            plane, cut = corrected(plane, recipe.light[key.channel])
            clipped[key.channel] = clipped.get(key.channel, 0) + cut
        fold.add(key.z, plane)
    return fold


def corrected(plane: Pixels, light: FlatField) -> tuple[Pixels, int]:
    """Divide an image by an illumination profile, rounded to whole grey levels.

    Returns
    -------
    array, int
        The image, of the same type, and how many pixels were cut at the type's largest value.
    """
    even = np.rint(plane / _profile(light, (plane.shape[0], plane.shape[1])))
    largest = np.iinfo(plane.dtype).max
    cut = int(np.count_nonzero(even > largest))
    return np.minimum(even, largest).astype(plane.dtype), cut


@lru_cache(maxsize=8)
def _profile(light: FlatField, shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Keep the profiles of a plate's channels: each is of all fields."""
    return light.profile(shape)
