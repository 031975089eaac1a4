"""An instrument's export, how it is read, and what is wanted of its planes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hcs_plates.errors import ArgumentError
from hcs_plates.preparation import Prepared, agreed, prepare, with_times, with_y_axis
from hcs_plates.projection import KEEP
from hcs_plates.readers.acquisition import Acquisition
from hcs_plates.readers.detect import scan
from hcs_plates.readers.lengths import check_pixel_size
from hcs_plates.wells import FORMATS


@dataclass(frozen=True)
class Export:
    """An instrument's export and how to read it.

    Parameters
    ----------
    path
        The folder.
    reader
        Name of a reader, or ``auto``.
    pattern
        File-name pattern of the `tiffs` reader.
    channels
        Names for the channels as the files spell them, ``{"1": "GFP"}``.
    name
        The plate's name, if not the export's own.
    format
        Wells of the plate; None takes the export's word, or the smallest that holds all wells imaged.
    pages
        What the pages of TIFFs run over, the fastest first (``z``, ``f``, ``c3z``), where the files do not
        say it.
    pixel_size_um
        Side of a pixel, or its height and width, in µm; None takes the export's word.
    z
        What becomes of stacks in z: ``keep``, ``max``, ``mean`` or ``best-focus`` (`hcs_plates.projection`).
    times
        Time points to take, counted from 0; all if None.
    flat_field
        ``keep`` the export's illumination profiles beside the pixels, or ``apply`` them.
    y_axis
        Whether the stage's y grows ``"up"`` or ``"down"`` as images are shown; None takes the export's word.
    stitch
        Put the fields of each well together as one, by the places of the stage.
    allow_incomplete
        Take an export whose counts are not those that it states, and note it.
    """

    path: Path
    reader: str = "auto"
    pattern: str | None = None
    channels: Mapping[str, str] | None = None
    name: str | None = None
    format: int | None = None
    pages: str | None = None
    pixel_size_um: float | tuple[float, float] | None = None
    z: str = KEEP
    times: tuple[int, ...] | None = None
    flat_field: str = KEEP
    y_axis: str | None = None
    stitch: bool = False
    allow_incomplete: bool = False

    def scan(self) -> Acquisition:
        """Find out what is in the export; no pixel is read."""
        found = scan(
            self.path,
            reader=self.reader,
            pattern=self.pattern,
            channels=self.channels,
            name=self.name,
            pages=self.pages,
        )
        found = self._of_format(self._of_pixel_size(found))
        found = found if self.y_axis is None else with_y_axis(found, self.y_axis)
        return found if self.times is None else with_times(found, self.times)

    def prepared(self, found: Acquisition) -> Prepared:
        """Plan what becomes of the planes that were found."""
        return prepare(
            agreed(found, allow_incomplete=self.allow_incomplete),
            z=self.z,
            flat_field=self.flat_field,
            stitch=self.stitch,
            times=self.times,
        )

    def _of_format(self, found: Acquisition) -> Acquisition:
        """Take the format that was given, else say that it was guessed where it was."""
        if self.format is None:
            return found if found.format_stated else replace(found, notes=(*found.notes, _guessed(found)))
        if self.format not in FORMATS:
            raise ArgumentError(
                f"There is no plate of {self.format} wells; known: {', '.join(map(str, FORMATS))}."
            )
        for well in found.wells():
            FORMATS[self.format].parse(well)
        notes = found.notes
        if found.format_stated and found.format != FORMATS[self.format]:
            notes += (f"The export states {found.format.size} wells; {self.format}, as given, are used.",)
        return replace(found, format=FORMATS[self.format], format_stated=True, notes=notes)

    def _of_pixel_size(self, found: Acquisition) -> Acquisition:
        """Take the pixel size that was given, and say so where the export states another."""
        if self.pixel_size_um is None:
            return found
        given = self.pixel_size_um
        size = given if isinstance(given, tuple) else (given, given)
        check_pixel_size(size)
        stated = found.pixel_size_um
        if stated is None or np.allclose(stated, size, rtol=1e-3, atol=0):
            return replace(found, pixel_size_um=size)
        note = (
            f"The export states a pixel size of {stated[0]:g} × {stated[1]:g} µm; {size[0]:g} × {size[1]:g} "
            "µm, as given, is used."
        )
        return replace(found, pixel_size_um=size, notes=(*found.notes, note))


def _guessed(found: Acquisition) -> str:
    """Say that the plate's size was guessed: which wells are edge wells depends on it."""
    return (
        f"The export does not say how many wells the plate has; it was taken to have {found.format.size}, "
        "the fewest that hold all that were imaged (--wells corrects it)."
    )
