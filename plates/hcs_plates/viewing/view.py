"""A plate for viewing, as its users hold it: wells, fields, channels with their contrast, regions."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock

import pandas as pd

from hcs_plates.errors import ArgumentError, HcsError, LookupRefusedError, reachable
from hcs_plates.evenly import evenly
from hcs_plates.paths import local_path
from hcs_plates.plate import Plate
from hcs_plates.viewing.contrast import SAMPLED, Contrast, learned
from hcs_plates.viewing.field import ViewedField
from hcs_plates.viewing.opening import opened
from hcs_plates.viewing.records import FieldImage, Key, Opened, ViewedChannel
from hcs_plates.wells import PlateFormat

KEPT_OPEN = 64
"""Fields whose documents are kept in memory."""


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
        self._field = lru_cache(maxsize=KEPT_OPEN)(self._open)
        self._keys = {well: {str(key): key for key in keys} for well, keys in opened.fields.items()}
        self._contrast: dict[str, Contrast] = {}
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

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels: the plate's, or of another tool's plate those of its first whole field."""
        if self.plate is not None:
            return self.plate.channels
        first = next(self._opened_fields(self._places()), None)
        return () if first is None else first.names

    def field(self, well: str, key: Key) -> ViewedField:
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
        return ViewedField(self.name, name, found, self._field(name, found), self.contrast)

    def contrast(self, image: FieldImage) -> tuple[ViewedChannel, ...]:
        """Give a field's channels, each with the grey levels that the whole plate is shown with.

        Learned once, when it is first asked for: from the smallest level of up to 24 fields, evenly over the
        plate, as `hcs heatmap` draws its pictures (percentiles 1 and 99.7). A channel that none of those
        has is learned from the field that is asked for.
        """
        with self._lock:
            if not self._sampled:
                places = self._places()
                chosen = [places[place] for place in evenly(len(places), SAMPLED)]
                self._learn(list(self._opened_fields(chosen)))
                self._sampled = True
            if not set(image.names) <= set(self._contrast):
                self._learn([image])
        return tuple(
            ViewedChannel(name, colour, *self._contrast[name])
            for name, colour in zip(image.names, image.colours, strict=True)
        )

    def _places(self) -> list[tuple[str, Key]]:
        return [(well, key) for well, keys in self.fields.items() for key in keys]

    def _open(self, well: str, key: Key) -> FieldImage:
        with reachable("opening a field", self.path):
            return self._opened.open_field(well, key)

    def _learn(self, images: Sequence[FieldImage]) -> None:
        self._contrast = {**learned(images), **self._contrast}

    def _opened_fields(self, places: Sequence[tuple[str, Key]]) -> Iterator[FieldImage]:
        """Open fields; those that cannot be opened are refused when they are looked at, and passed over."""
        for well, key in places:
            try:
                yield self._field(well, key)
            except HcsError:
                continue


def open_view(path: Path | str) -> ViewedPlate:
    """Open a plate for viewing: one of hcs, or an OME-Zarr 0.4 or 0.5 plate of another tool.

    Parameters
    ----------
    path
        Its folder.

    Raises
    ------
    NotThereError, StoreError, UnreachableError
        Nothing there; no plate, or one of which nothing can be opened, with all faults found; a disk or a
        share that fails.

    Examples
    --------
    >>> view = open_view("plates/P1.ome.zarr")  # doctest: +SKIP
    >>> view.field("B03", 1).region(0, [0, 1], 0, 0, 0, 512, 0, 512)  # doctest: +SKIP
    """
    with reachable("opening the plate"):
        return ViewedPlate(opened(local_path(path)))
