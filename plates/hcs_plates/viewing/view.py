"""A plate for viewing, as its users hold it: wells, fields, channels with their contrast, regions."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs_plates.errors import ArgumentError, HcsError, LookupRefusedError
from hcs_plates.evenly import evenly
from hcs_plates.paths import local_path
from hcs_plates.plate import Plate
from hcs_plates.viewing.contrast import SAMPLED, outer_levels, shown_levels
from hcs_plates.viewing.opening import opened
from hcs_plates.viewing.planes import Pixels, Region
from hcs_plates.viewing.records import FieldImage, Opened, ViewedChannel, ViewedLevel
from hcs_plates.wells import PlateFormat

KEPT_OPEN = 64
"""Fields whose documents are kept in memory."""

SAMPLED_SIDE = 512
"""Largest side of what is read of a field to learn the contrast."""

LARGEST_REGION = 2**31
"""Bytes of the largest region that is read at once."""

Key = int | str


class ViewedPlate:
    """A plate of hcs, or an OME-Zarr 0.4 or 0.5 plate of another tool, for looking at; nothing is written.

    It may be asked by several threads at once, and keeps the documents of 64 fields and no pixels.

    Parameters
    ----------
    opened
        What the plate says of itself.
    """

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._field = lru_cache(maxsize=KEPT_OPEN)(opened.open_field)
        self._keys = {well: {str(key): key for key in keys} for well, keys in opened.fields.items()}
        self._contrast: dict[str, tuple[float, float, tuple[float, float]]] = {}
        self._sampled = False
        self._lock = Lock()

    def __repr__(self) -> str:
        count = sum(map(len, self.fields.values()))
        return f"<ViewedPlate {self.name}: {len(self.fields)} wells with {count} fields>"

    @property
    def name(self) -> str:
        """The plate's name."""
        return self._opened.name

    @property
    def path(self) -> Path:
        """Its folder."""
        return self._opened.path

    @property
    def version(self) -> str:
        """Version of OME-Zarr: ``"0.4"`` or ``"0.5"``."""
        return self._opened.version

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences on what is broken, missing or assumed."""
        return self._opened.notices

    @property
    def format(self) -> PlateFormat:
        """Its grid of wells."""
        return self._opened.format

    @property
    def plate(self) -> Plate | None:
        """The plate as `hcs_plates.open_plate` gives it; None where hcs did not write it."""
        return self._opened.plate

    @property
    def wells(self) -> pd.DataFrame:
        """One row a well: column `well`, and those of the platemap where there is one (`Plate.wells`)."""
        return self._opened.wells.copy()

    @property
    def fields(self) -> Mapping[str, tuple[Key, ...]]:
        """Keys of the fields of each well that has images, wells by name (``B03``)."""
        return self._opened.fields

    def field(self, well: str, key: Key) -> "ViewedField":
        """Open one field.

        Parameters
        ----------
        well
            Its well, in any spelling.
        key
            As `fields` has it, or as text.

        Raises
        ------
        LookupRefusedError
            No such well or field.
        StoreError
            The field's documents are damaged or gone.
        """
        try:
            name = self.format.parse(well).name
        except ArgumentError as error:
            raise LookupRefusedError(error.message) from error
        if name not in self._keys:
            raise LookupRefusedError(
                f"Plate {self.name} has no images of well {name}; {len(self._keys)} wells have some."
            )
        if str(key) not in self._keys[name]:
            raise LookupRefusedError(
                f"Well {name} of plate {self.name} has no field {str(key)[:40]!r}; it has "
                f"{', '.join(self._keys[name])}."
            )
        found = self._keys[name][str(key)]
        return ViewedField(self, name, found, self._field(name, found))

    def contrast(self, image: FieldImage) -> tuple[ViewedChannel, ...]:
        """Give a field's channels, each with the grey levels that the whole plate is shown with.

        Learned once, when it is first asked for: from the smallest level of up to 24 fields, evenly over the
        plate, as `hcs heatmap` draws its pictures (percentiles 1 and 99.7). A channel that none of those
        has is learned from the field that is asked for.
        """
        with self._lock:
            if not self._sampled:
                places = [(well, key) for well, keys in self.fields.items() for key in keys]
                self._learn([places[place] for place in evenly(len(places), SAMPLED)])
                self._sampled = True
            if not set(image.names) <= set(self._contrast):
                self._learn_from([image])
        return tuple(
            ViewedChannel(name, colour, *self._contrast[name])
            for name, colour in zip(image.names, image.colours, strict=True)
        )

    def _learn(self, places: Sequence[tuple[str, Key]]) -> None:
        images = []
        for well, key in places:
            try:
                images.append(self._field(well, key))
            except HcsError:
                # It is refused when it is looked at, with its sentence.
                continue
        self._learn_from(images)

    def _learn_from(self, images: Sequence[FieldImage]) -> None:
        samples: dict[str, list[Pixels]] = {}
        for image in images:
            for channel, name in enumerate(image.names):
                samples.setdefault(name, []).extend(_sample(image, channel))
        dtypes = {name: image.dtype for image in reversed(images) for name in image.names}
        for name, sample in samples.items():
            seen = [level for part in sample for level in (np.nanmin(part), np.nanmax(part))]
            learned = (*shown_levels(sample), outer_levels(dtypes[name], seen))
            self._contrast.setdefault(name, learned)


def _sample(image: FieldImage, channel: int) -> list[Pixels]:
    """Read the middle of a channel's smallest level, of the middle time and step in z that are there."""
    steps = [
        (time, z)
        for time in range(image.n_times)
        for z in range(image.n_z)
        if (channel, time, z) not in image.missing
    ]
    if not steps:
        return []
    time, z = steps[len(steps) // 2]
    level = image.levels[-1]
    rows, columns = (
        slice((size - min(size, SAMPLED_SIDE)) // 2, (size + min(size, SAMPLED_SIDE)) // 2)
        for size in (level.height, level.width)
    )
    try:
        return [image.read(len(image.levels) - 1, Region((channel,), time, (z,), rows, columns))]
    except HcsError:
        # It is refused when it is looked at, with its sentence.
        return []


class ViewedField:
    """One field of view.

    Parameters
    ----------
    view
        The plate.
    well, key
        Which field.
    image
        What it is.
    """

    def __init__(self, view: ViewedPlate, well: str, key: Key, image: FieldImage) -> None:
        self.view, self.well, self.key = view, well, key
        self._image = image

    def __repr__(self) -> str:
        level = self.levels[0]
        return f"<ViewedField {self.well}/{self.key} of {self.view.name}: {level.height} × {level.width}>"

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
        return self.view.contrast(self._image)

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
        image = self._image
        sizes = {"level": len(self.levels), "time": self.n_times, "z": self.n_z}
        asked = {"level": level, "time": time, "z": 0 if z == "max" else z}
        for what, place in asked.items():
            self._check_place(what, place, sizes[what])
        for channel in channels:
            self._check_place("channel", channel, len(image.names))
        steps = {channel: self._steps(channel, time, z) for channel in channels}
        found = image.levels[level]
        if not (0 <= y0 < y1 <= found.height and 0 <= x0 < x1 <= found.width and channels):
            raise ArgumentError(
                f"{self!r} has no region of channels {list(channels)}, rows {y0} to {y1}, columns "
                f"{x0} to {x1} at level {level}, which is {found.height} × {found.width}."
            )
        size = len(channels) * (y1 - y0) * (x1 - x0) * np.dtype(self.dtype).itemsize
        if size > LARGEST_REGION:
            raise ArgumentError(
                f"A region of {size / 1e9:.1f} GB is more than is read at once; ask for parts."
            )
        place = slice(y0, y1), slice(x0, x1)
        groups: dict[tuple[int, ...], list[int]] = {}
        for channel in dict.fromkeys(channels):
            groups.setdefault(steps[channel], []).append(channel)
        parts = {
            channel: plane
            for steps_of, group in groups.items()
            for channel, plane in zip(
                group, image.read(level, Region(tuple(group), time, steps_of, *place)), strict=True
            )
        }
        return np.stack([parts[channel] for channel in channels])

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


def open_view(path: Path | str) -> ViewedPlate:
    """Open a plate for viewing: one of hcs, or an OME-Zarr 0.4 or 0.5 plate of another tool.

    Parameters
    ----------
    path
        Its folder.

    Raises
    ------
    NotThereError, StoreError
        Nothing there; no plate, or one of which nothing can be opened, with all faults found.

    Examples
    --------
    >>> view = open_view("plates/P1.ome.zarr")  # doctest: +SKIP
    >>> view.field("B03", 1).region(0, [0, 1], 0, 0, 0, 512, 0, 512)  # doctest: +SKIP
    """
    return ViewedPlate(opened(local_path(path)))
