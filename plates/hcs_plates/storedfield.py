"""Reading a field's pixels, each plane held against the sum that was kept when it was written.

The chain has three links: the plate's description holds a digest of every field, the field's own document
repeats it and adds a sum of every plane of every level (`plane_sums`), and the planes that are read are
summed again. So a plane is proved at the cost of one small document, and fields whose folders or shards were
exchanged are found out, which checksums inside the shards cannot do.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from hcs_plates.description import PlateSpec
from hcs_plates.errors import ArgumentError, StoreError
from hcs_plates.ngff import FieldLayout
from hcs_plates.objects import zarr_store
from hcs_plates.proof import SUM_LENGTH, plane_sums, reading
from hcs_plates.units import pixel_digest
from hcs_plates.wells import parse_well, row_name

Pixels = npt.NDArray[Any]
Indices = npt.NDArray[np.intp]
METADATA = "zarr.json"
REMEDY = "ingest the plate again, or copy it again from where it is whole"


def field_path(well: str, number: int) -> str:
    """Path of a field's group inside the plate.

    Examples
    --------
    >>> field_path("B03", 12)
    'B/03/12'
    """
    position = parse_well(well)
    return f"{row_name(position.row)}/{position.column + 1:02d}/{number}"


@dataclass(frozen=True)
class StoredField:
    """One field's pixels on disk; small, so that it travels to workers.

    Parameters
    ----------
    plate
        The plate's folder.
    layout
        Sizes and type of its fields.
    well, number
        Which field.
    digest
        Digest of its full-resolution pixels, from the plate's description; None where it has none.
    """

    plate: Path
    layout: FieldLayout
    well: str
    number: int
    digest: str | None

    @property
    def name(self) -> str:
        """``field A01/1``, for messages."""
        return f"field {self.well}/{self.number}"

    def read(self, level: int = 0, planes: Sequence[Indices] | None = None) -> Pixels:
        """Read planes of a level.

        Parameters
        ----------
        level
            Resolution level, 0 is full.
        planes
            Indices wanted along every axis before y and x; all if None.

        Returns
        -------
        array of the layout's axes

        Raises
        ------
        ArgumentError
            No such level.
        StoreError
            The stored bytes are damaged, gone or another field's.
        """
        if not 0 <= level < len(self.layout.plane_shapes):
            raise ArgumentError(
                f"Fields of {self.plate.name} have no level {level}; levels are 0 (full size) to "
                f"{len(self.layout.plane_shapes) - 1}."
            )
        sizes = self.layout.level_shape(level)[:-2]
        wanted = tuple(np.arange(size) for size in sizes) if planes is None else tuple(planes)
        with reading(self.plate, self.name, REMEDY):
            sums = self.sums()
            if sums is None:
                return self._read_whole(level)[np.ix_(*wanted)]
            array = self.array(level)
            pixels = np.asarray(array.oindex[(*map(_span, wanted), slice(None), slice(None))])
            expected = np.array(sums[level]).reshape(sizes)[np.ix_(*wanted)].ravel().tolist()
        if plane_sums(pixels) != expected:
            raise self.refused(level)
        return pixels

    def refused(self, level: int) -> StoreError:
        """Say that a level's pixels are not those that were written."""
        shard = self.plate.joinpath(field_path(self.well, self.number), str(level), "c")
        lost = not any(file.stat().st_size for file in shard.rglob("*") if file.is_file())
        said = "its shard is gone" if lost else "its pixels are not those that were written"
        return StoreError(self.plate, f"{self.name} cannot be read ({said}); {REMEDY}")

    def document(self) -> dict[str, Any]:
        """Read the attributes of the field's own document."""
        place = self.plate / field_path(self.well, self.number) / METADATA
        return dict(json.loads(place.read_bytes())["attributes"])

    def sums(self) -> list[list[str]] | None:
        """Read the planes' sums by level from the field's own document; None in plates of format 1."""
        kept = self.document().get("hcs")
        if self.digest is None:
            raise ValueError("the plate's description has no digest of it")
        if kept is None:
            return None
        if kept["digest"] != self.digest:
            raise ValueError("what lies in its place is another field")
        return [
            [line[at : at + SUM_LENGTH] for at in range(0, len(line), SUM_LENGTH)] for line in kept["crc32c"]
        ]

    def array(self, level: int) -> Any:
        """Open a level's array if it is of the layout: a damaged document allocates nothing."""
        import zarr

        place = f"{field_path(self.well, self.number)}/{level}"
        array = zarr.open_array(zarr_store(self.plate), path=place, mode="r", zarr_format=3)
        layout = self.layout
        found = (array.shape, str(array.dtype), array.chunks, array.shards)
        if found != (layout.level_shape(level), layout.dtype, layout.chunks(level), layout.shards(level)):
            raise ValueError("the document of its array is not that of this plate")
        return array

    def _read_whole(self, level: int) -> Pixels:
        """Read a field of a plate of format 1, which has a digest of the full-resolution pixels only.

        Its smaller levels are made again, since nothing says that the stored ones are right.
        """
        pixels = np.asarray(self.array(0)[...])
        if pixel_digest(pixels) != self.digest:
            raise self.refused(0)
        for smaller in range(1, level + 1):
            pixels = halved(pixels, self.layout, smaller)
        return pixels


def stored_field(plate: Path, spec: PlateSpec, well: str, number: int) -> StoredField:
    """Take a field of a plate, with what its pixels are held against."""
    if spec.other is not None:
        found = spec.other.stored(plate, well, number, spec.checksums.get(f"{well}/{number}"))
        return cast("StoredField", found)
    return StoredField(
        plate, spec.layout_of(well, number), well, number, spec.checksums.get(f"{well}/{number}")
    )


def halved(pixels: Pixels, layout: FieldLayout, level: int) -> Pixels:
    """Make a level from the one above."""
    from hcs_plates.rescale import area_resize

    planes = pixels.reshape(-1, *pixels.shape[-2:])
    small = np.stack([area_resize(plane, layout.plane_shapes[level]) for plane in planes])
    return small.reshape(layout.level_shape(level))


def _span(indices: Indices) -> slice | Indices:
    """Write indices as a slice where they are one: zarr reads slices faster."""
    if len(indices) and np.array_equal(indices, np.arange(indices[0], indices[0] + len(indices))):
        return slice(int(indices[0]), int(indices[-1]) + 1)
    return indices
