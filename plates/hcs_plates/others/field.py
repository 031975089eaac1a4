"""One field of a plate of another tool, read as fields of hcs are: by planes, in the axes of the plate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hcs_plates.errors import ArgumentError, StoreError
from hcs_plates.others.arrays import open_array
from hcs_plates.others.documents import Documents
from hcs_plates.others.fieldmetadata import field_metadata
from hcs_plates.others.kinds import FieldKind
from hcs_plates.others.metadata import MetadataError, shown
from hcs_plates.others.planes import Region, read_planes
from hcs_plates.proof import plane_sums, reading
from hcs_plates.storedfield import Indices, Pixels, StoredField

REMEDY = "copy the plate again from where it is whole, or ask the tool that wrote it"


@dataclass(frozen=True)
class OtherField(StoredField):
    """A field of a plate of another tool.

    Parameters
    ----------
    group, version
        Its path below the plate, and the version of OME-Zarr.
    kind
        What it was when the plate was opened. The plate may have more times, channels and steps in z.
    places
        For each channel of the plate, its place in the field; -1 where the field lacks it.
    kept_sums
        CRC32C of each of its full-resolution planes (time, channel, z), where the plate was adopted.
    """

    group: str
    version: str
    kind: FieldKind
    places: tuple[int, ...]
    kept_sums: tuple[str, ...] = ()

    def read(self, level: int = 0, planes: Sequence[Indices] | None = None) -> Pixels:
        """Read planes of a level; those that the field lacks are zeros, and listed in the plate's `missing`.

        Only the chunks that hold them are read. A chunk that is not there is the array's fill value, as the
        format has it. Full-resolution planes of an adopted plate are held against their sums.

        Raises
        ------
        ArgumentError
            No such level.
        StoreError
            The stored bytes are damaged, or hold numbers that no 16-bit image has.
        """
        layout = self.layout
        if not 0 <= level < len(layout.plane_shapes):
            raise ArgumentError(
                f"Fields of {self.plate.name} have no level {level}; levels are 0 (full size) to "
                f"{len(layout.plane_shapes) - 1}."
            )
        full = {"t": layout.n_times, "c": layout.n_channels, "z": layout.n_z}
        axes = layout.axes[:-2]
        wanted = {axis: np.zeros(1, dtype=np.intp) for axis in "tcz"}
        given = [np.arange(full[axis]) for axis in axes] if planes is None else planes
        wanted |= dict(zip(axes, given, strict=True))
        height, width = layout.plane_shapes[level]
        shape = tuple(len(wanted[axis]) for axis in "tcz")
        pixels = np.zeros((*shape, height, width), layout.dtype)
        with reading(self.plate, self.name, REMEDY):
            array = self._opened(level)
            for at, time in enumerate(wanted["t"]):
                if time < self.kind.sizes[0]:
                    self._fill(pixels[at], array, int(time), wanted["c"], wanted["z"])
        if self.kept_sums and level == 0:
            self._prove(pixels, wanted)
        return pixels.reshape(*(len(wanted[axis]) for axis in axes), height, width)

    def _opened(self, level: int) -> Any:
        """Open a level's array; it and the field's document must be as the plate was opened with."""
        kind, place, root = self.kind, self.group, self.plate.resolve()
        try:
            now = field_metadata(Documents(root, self.version).attributes(place), self.version)
            place = f"{self.group}/{kind.paths[level]}"
            array = open_array(root, place, self.version, kind.axes)
        except MetadataError as error:
            raise StoreError(self.plate, [f"{place}: {one}" for one in error.faults]) from error
        dtype = str(array.dtype.newbyteorder("="))
        names, _ = now.channels(kind.sizes[1])
        found = now.axes, tuple(array.shape), dtype, names
        expected = kind.axes, kind.arrays[level], kind.dtype, kind.names
        if found != expected:
            raise StoreError(
                self.plate,
                f"{place} is {_said(*found)} (expected {_said(*expected)}, as when the plate was opened); "
                f"open it again if it was changed on purpose, else {REMEDY}",
            )
        return array

    def _fill(self, out: Pixels, array: Any, time: int, channels: Indices, steps: Indices) -> None:
        """Read one time point into an array of shape (channel, z, y, x)."""
        height, width = out.shape[-2:]
        places = np.array([self.places[channel] for channel in channels])
        there, deep = np.flatnonzero(places >= 0), np.flatnonzero(steps < self.kind.sizes[2])
        if not (len(there) and len(deep)):
            return
        z = steps[deep]
        if "z" in self.kind.axes:
            # Some tools halve z too: the step that lies there.
            z = z * array.shape[self.kind.axes.index("z")] // self.kind.sizes[2]
        region = Region(
            tuple(places[there].tolist()), time, tuple(z.tolist()), slice(0, height), slice(0, width)
        )
        found = read_planes(array, self.kind.axes, region)
        out[np.ix_(there, deep)] = self._fitting(found)

    def _fitting(self, pixels: Pixels) -> Pixels:
        """Give pixels the plate's type where that changes no number; refuse them else."""
        if pixels.dtype == np.dtype(self.layout.dtype):
            return pixels
        most = np.iinfo(self.layout.dtype).max
        whole = pixels.dtype.kind in "ui" or bool((pixels == np.floor(pixels)).all())
        if not whole or (pixels.size and not (pixels.min() >= 0 and pixels.max() <= most)):
            raise StoreError(
                self.plate,
                f"{self.name} holds {pixels.dtype} pixels that no {self.layout.dtype} image has (below 0, "
                f"above {most}, or fractions); hcs measures 8- and 16-bit images: have the plate written so",
            )
        return pixels.astype(self.layout.dtype)

    def _prove(self, pixels: Pixels, wanted: dict[str, Indices]) -> None:
        """Hold full-resolution planes against the sums that were kept when the plate was adopted."""
        layout = self.layout
        kept = np.array(self.kept_sums).reshape(layout.n_times, layout.n_channels, layout.n_z)
        expected = kept[np.ix_(wanted["t"], wanted["c"], wanted["z"])].ravel().tolist()
        if plane_sums(pixels) != expected:
            raise StoreError(
                self.plate,
                f"{self.name} cannot be read (its pixels are not those with which the plate was adopted); "
                f"{REMEDY}, or adopt it again (hcs adopt --overwrite)",
            )


def _said(axes: Sequence[str], shape: Sequence[int], dtype: str, names: Sequence[str]) -> str:
    """Describe an array for a sentence."""
    sizes = ", ".join(f"{axis} {size}" for axis, size in zip(axes, shape, strict=True))
    return f"{dtype} of {sizes}, channels {shown(list(names))}"
