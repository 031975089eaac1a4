"""One plane of a stack in z: its maximum, its mean, or the plane in focus.

Only steps in which there is a plane take part. In focus is the plane of largest normalised variance (the
variance of the grey levels over their mean), the best of 18 measures in the comparison of Sun, Duthaler and
Nelson, "Autofocusing in computer microscopy: selecting the optimal focus algorithm", Microscopy Research and
Technique 65 (2004) 139–149. Each channel of a field has a plane of its own, since lenses focus colours at
different depths. Sums are of whole numbers, so the same plane is taken on every machine; of planes that are
equally sharp, the first.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.readers.acquisition import Step
from hcs_plates.storedfield import StoredField

KEEP, MAX, MEAN, FOCUS = "keep", "max", "mean", "best-focus"
PROJECTIONS = (MAX, MEAN, FOCUS)


def check_projection(z: str, known: Sequence[str] = PROJECTIONS) -> None:
    """Refuse what is no projection.

    Raises
    ------
    ArgumentError
        Names those there are.
    """
    if z not in known:
        raise ArgumentError(f"z cannot be {z!r}; {nearest(z, known)}")


def sharpness(plane: npt.NDArray[Any]) -> float:
    """Normalised variance of an image, in grey levels; 0 of an image of zeros.

    Examples
    --------
    >>> sharpness(np.array([[1, 3]], dtype=np.uint8))
    0.5
    """
    counts = np.bincount(plane.ravel())
    levels = np.arange(len(counts))
    total, squares, n = int(counts @ levels), int(counts @ levels**2), plane.size
    return 0.0 if total == 0 else (n * squares - total * total) / (n * total)


class Fold:
    """Planes of a stack that become one, as they come; of a stack one plane is held, not all.

    Parameters
    ----------
    z
        How, of `PROJECTIONS`; ``keep`` of a stack of one plane.
    """

    def __init__(self, z: str) -> None:
        self.z = z
        self.n = 0
        self.taken: int | None = None
        self._best = -1.0
        self._held: npt.NDArray[Any] = np.zeros((0, 0))

    def add(self, step: int, plane: npt.NDArray[Any]) -> None:
        """Take the plane of a step in z."""
        self.n += 1
        if self.z == FOCUS:
            if (score := sharpness(plane)) > self._best:
                self._best, self.taken, self._held = score, step, plane
        elif self.n == 1:
            self._held = plane.astype(np.uint64) if self.z == MEAN else plane
        elif self.z == MEAN:
            self._held += plane
        else:
            self._held = np.maximum(self._held, plane)

    def plane(self) -> npt.NDArray[Any]:
        """Give the one plane; a mean is rounded to the nearest grey level, halves up."""
        if self.z != MEAN:
            return self._held
        return np.asarray((self._held + np.uint64(self.n // 2)) // np.uint64(self.n))


class Projected(NamedTuple):
    """Channels of a field, one plane each.

    Parameters
    ----------
    pixels
        Array of shape (channel, y, x) and the field's type.
    taken
        Step in z of each channel that was taken as in best focus, counted from 0; None of others.
    """

    pixels: npt.NDArray[Any]
    taken: tuple[int | None, ...]


def project(
    field: StoredField,
    time: int,
    channels: Sequence[int],
    z: str = MAX,
    never_acquired: Collection[Step] = frozenset(),
) -> Projected:
    """Read one time point of some channels of a stored field, a stack in z as one plane.

    Parameters
    ----------
    field
        The field; it has every plane of these channels that was acquired.
    time, channels
        Counted from 0.
    z
        How, of `PROJECTIONS`.
    never_acquired
        Of the field's plate: steps that take no part.
    """
    layout = field.layout
    out = np.empty((len(channels), layout.height, layout.width), dtype=layout.dtype)
    taken: list[int | None] = [None] * len(channels)
    alike: dict[tuple[int, ...], list[int]] = {}
    for place, channel in enumerate(channels):
        own = (step for step in range(layout.n_z) if Step(channel, time, step) not in never_acquired)
        alike.setdefault(tuple(own), []).append(place)
    for steps, places in alike.items():
        wanted = {"t": [time], "c": [channels[place] for place in places], "z": steps}
        planes = [np.asarray(wanted[axis], dtype=np.intp) for axis in layout.axes[:-2]]
        pixels = field.read(0, planes)
        for place, stack in zip(
            places, pixels.reshape(len(places), len(steps), *pixels.shape[-2:]), strict=True
        ):
            fold = Fold(z)
            for step, plane in zip(steps, stack, strict=True):
                fold.add(step, plane)
            out[place], taken[place] = fold.plane(), fold.taken
    return Projected(out, tuple(taken))
