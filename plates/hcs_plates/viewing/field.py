"""One field of a plate for viewing: its levels, its channels with their contrast, regions of its pixels."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from hcs_plates.errors import ArgumentError
from hcs_plates.others.planes import Pixels, Region
from hcs_plates.viewing.records import FieldImage, Key, ViewedChannel, ViewedLevel

LARGEST_REGION = 2**31
"""Bytes of the largest region that is read at once."""


class ViewedField:
    """One field of view.

    Parameters
    ----------
    plate
        The plate's name.
    well, key
        Which field.
    image
        What it is.
    contrast
        Gives its channels, with the plate's contrast.
    """

    def __init__(
        self,
        plate: str,
        well: str,
        key: Key,
        image: FieldImage,
        contrast: Callable[[FieldImage], tuple[ViewedChannel, ...]],
    ) -> None:
        self._plate, self.well, self.key = plate, well, key
        self._image, self._contrast = image, contrast

    def __repr__(self) -> str:
        level = self.levels[0]
        return f"<ViewedField {self.well}/{self.key} of {self._plate}: {level.height} × {level.width}>"

    @property
    def dtype(self) -> str:
        """NumPy name of the pixel type."""
        return self._image.dtype

    @property
    def n_times(self) -> int:
        """Number of time points."""
        return self._image.n_times

    @property
    def n_z(self) -> int:
        """Number of steps in z."""
        return self._image.n_z

    @property
    def pixel_size_um(self) -> tuple[float, float] | None:
        """Height and width of a full-resolution pixel, µm; None if unknown."""
        return self._image.pixel_size_um

    @property
    def levels(self) -> tuple[ViewedLevel, ...]:
        """Resolutions, from the largest (0) to the smallest."""
        return self._image.levels

    @property
    def missing(self) -> frozenset[tuple[int, int, int]]:
        """Channel, time and z of images that are not there: missing, or never acquired."""
        return self._image.missing

    @property
    def acquisition(self) -> str | None:
        """Name of the acquisition that the field is of, where the plate has several."""
        return self._image.acquisition

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences on what was left out of this field or assumed."""
        return self._image.notices

    @property
    def channels(self) -> tuple[ViewedChannel, ...]:
        """Channels in order, with the plate's contrast (`ViewedPlate.contrast`)."""
        return self._contrast(self._image)

    def region(  # noqa: PLR0913 – a place in a field has eight sides
        self,
        level: int,
        channels: Sequence[int],
        time: int,
        z: int | Literal["max"],
        y0: int,
        y1: int,
        x0: int,
        x1: int,
    ) -> npt.NDArray[Any]:
        """Read a region of some channels; only the chunks that it needs are read.

        Parameters
        ----------
        level
            Resolution, 0 is full.
        channels, time
            Counted from 0.
        z
            Step counted from 0, or ``"max"``: the maximum over all steps that are there (see `missing`).
        y0, y1, x0, x1
            Rows and columns of this level, the last ones not included.

        Returns
        -------
        array of shape (len(channels), y1 - y0, x1 - x0) and type `dtype`

        Raises
        ------
        ArgumentError
            Beyond the field, or an image that is not there (`missing`).
        StoreError
            The stored bytes are damaged, gone or, of plates of hcs, another field's as far as a region can
            tell (`hcs_plates.viewing.ours.StoredRegions`). Of plates of others a chunk that is not there is
            its fill value, as the format has it.
        """
        self._check(level, channels, time, z)
        size = self.levels[level]
        if not (0 <= y0 < y1 <= size.height and 0 <= x0 < x1 <= size.width):
            raise ArgumentError(
                f"{self!r} has no rows {y0} to {y1} and columns {x0} to {x1} at level {level}, which is "
                f"{size.height} × {size.width}."
            )
        taken = len(channels) * (y1 - y0) * (x1 - x0) * np.dtype(self.dtype).itemsize
        if taken > LARGEST_REGION:
            raise ArgumentError(f"{self!r}: {taken / 1e9:.1f} GB are more than is read at once.")
        groups: dict[tuple[int, ...], list[int]] = {}
        for channel in sorted(set(channels)):
            groups.setdefault(self._steps(channel, time, z), []).append(channel)
        parts: dict[int, Pixels] = {}
        for steps, group in groups.items():
            region = Region(tuple(group), time, steps, slice(y0, y1), slice(x0, x1))
            pixels = self._image.read(level, region)
            if group == list(channels):
                return pixels
            parts.update(zip(group, pixels, strict=True))
        return np.stack([parts[channel] for channel in channels])

    def _check(self, level: int, channels: Sequence[int], time: int, z: int | Literal["max"]) -> None:
        """Refuse places that the field has not."""
        if not channels:
            raise ArgumentError(f"{self!r}: name at least one channel, counted from 0.")
        self._check_place("level", level, len(self.levels))
        self._check_place("time", time, self.n_times)
        if z != "max":
            self._check_place("z", z, self.n_z)
        for channel in channels:
            self._check_place("channel", channel, len(self._image.names))

    def _check_place(self, what: str, place: object, size: int) -> None:
        if not isinstance(place, int | np.integer) or not 0 <= place < size:
            raise ArgumentError(f"{self!r} has no {what} {place!r}; there are {size}, counted from 0.")

    def _steps(self, channel: int, time: int, z: int | Literal["max"]) -> tuple[int, ...]:
        wanted = range(self.n_z) if z == "max" else (z,)
        steps = tuple(step for step in wanted if (channel, time, step) not in self.missing)
        if not steps:
            where = "" if z == "max" or self.n_z == 1 else f", z {z}"
            raise ArgumentError(
                f"{self!r} has no image of channel {self._image.names[channel]} at time {time}{where}: it is "
                "missing or was never acquired (see missing)."
            )
        return steps
