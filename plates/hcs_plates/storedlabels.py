"""Label images that hcs stored in a plate's fields, and reading them held against what was written.

They lie in the field that they are of (``B/03/1/labels/nuclei``; specification of NGFF 0.5, "labels"), and
the plate's description says nothing of them. So each carries its own sum, made of its place, its name and its
pixels: one that is damaged, or lies in another's place, is found out. Levels are every second pixel of the
one above.
"""

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hcs_plates.errors import StoreError
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import Plate
from hcs_plates.proof import reading
from hcs_plates.storedfield import METADATA, field_path
from hcs_plates.units import digest

FOLDER = "labels"
ORIGIN = "hcs"
"""Attribute that marks label images as ours."""
REMEDY = "write the labels again with `hcs labels PLATE`"


@dataclass(frozen=True)
class StoredLabel:
    """One label image on disk; small, so that it travels to workers.

    Parameters
    ----------
    plate
        The plate's folder.
    well, number
        Its field.
    name
        What is labelled, ``nuclei``.
    layout
        Of its field; labels have its time points, height and width.
    attributes
        Its metadata, ``ome`` and ``hcs``.
    """

    plate: Path
    well: str
    number: int
    name: str
    layout: FieldLayout
    attributes: dict[str, Any]

    @property
    def path(self) -> str:
        """Path of its group inside the plate."""
        return f"{field_path(self.well, self.number)}/{FOLDER}/{self.name}"

    @property
    def measurements(self) -> str:
        """Digest (`recipe`) of the measurements that it belongs to."""
        return str(self.attributes[ORIGIN].get("measurements", ""))

    @property
    def sum(self) -> str | None:
        """Its `label_sum`; None of labels that hcs wrote before it kept any."""
        kept = self.attributes[ORIGIN].get("sum")
        return None if kept is None else str(kept)

    def read(self) -> list[npt.NDArray[np.int32]]:
        """Read every level, the largest first: arrays of shape ([t,] y, x).

        Raises
        ------
        StoreError
            What is stored is damaged, gone or another field's, or has no sum to hold it against.
        """
        layout = label_layout(self.layout)
        levels = range(len(layout.plane_shapes))
        with reading(self.plate, f"labels {self.path}", REMEDY):
            if self.sum is None:
                raise ValueError("an earlier version of hcs wrote it without a sum")
            stored = [self._level(layout, level) for level in levels]
        halves = all(np.array_equal(small, large[..., ::2, ::2]) for large, small in pairwise(stored))
        if not halves or label_sum(self.well, self.number, self.name, stored[0]) != self.sum:
            raise StoreError(
                self.plate,
                f"labels {self.path} cannot be read (they are not those that were written); {REMEDY}",
            )
        return stored

    def _level(self, layout: FieldLayout, level: int) -> npt.NDArray[np.int32]:
        import zarr
        from zarr.storage import LocalStore

        place = f"{self.path}/{level}"
        array = zarr.open_array(LocalStore(self.plate, read_only=True), path=place, mode="r")
        if (array.shape, str(array.dtype)) != (without_channels(layout.level_shape(level)), layout.dtype):
            raise ValueError("the document of its array is not that of its field")
        return np.asarray(array[...])


def label_layout(field: FieldLayout) -> FieldLayout:
    """Layout of a field's label images: one channel, whose axis is left out where they are stored; no z."""
    return FieldLayout(field.n_times, 1, 1, field.height, field.width, "int32")


def without_channels(sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Take the axis of channels out of sizes of a layout of one channel and no z.

    Examples
    --------
    >>> without_channels((5, 1, 64, 32)), without_channels((1, 64, 32))
    ((5, 64, 32), (64, 32))
    """
    return (*sizes[:-3], *sizes[-2:])


def label_sum(well: str, number: int, name: str, pixels: npt.NDArray[np.int32]) -> str:
    """Digest of a label image and of the place that it is for."""
    return digest(well, number, name, pixels)


def stored_labels(plate: Plate) -> list[StoredLabel]:
    """List the label images that hcs stored in a plate, field by field; none of plates of other tools.

    Raises
    ------
    StoreError
        A document of labels that cannot be read.
    """
    found = []
    for (well, number), names in listed_labels(plate).items():
        group = plate.path / field_path(well, number) / FOLDER
        for name in names:
            attributes = group_attributes(group / name)
            if isinstance(attributes.get(ORIGIN), dict) and isinstance(attributes.get("ome"), dict):
                layout = plate.spec.layout_of(well, number)
                found.append(StoredLabel(plate.path.absolute(), well, number, name, layout, attributes))
    return found


def listed_labels(plate: Plate) -> dict[tuple[str, int], list[str]]:
    """Names of the labels that fields of a plate of hcs list, of hcs and of other tools, by well and number.

    Raises
    ------
    StoreError
        A document of labels that cannot be read.
    """
    found = {}
    for well, numbers in {} if plate.spec.other is not None else plate.spec.fields.items():
        for number in numbers:
            if names := group_labels(plate.path / field_path(well, number) / FOLDER):
                found[well, number] = names
    return found


def group_labels(group: Path) -> list[str]:
    """Names that a field's group of labels lists; a name is that of a folder in it."""
    listed = group_attributes(group).get("ome", {"labels": []})
    try:
        return [name for name in listed["labels"] if name not in ("", ".", "..") and "/" not in name]
    except (LookupError, TypeError) as error:
        raise StoreError(group, "has a damaged zarr.json; remove the folder") from error


def group_attributes(group: Path) -> dict[str, Any]:
    """Attributes of a group; none where there is no group.

    Raises
    ------
    StoreError
        Its document is damaged.
    """
    try:
        return dict(json.loads((group / METADATA).read_bytes())["attributes"])
    except FileNotFoundError:
        return {}
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise StoreError(group, "has a damaged zarr.json; remove the folder") from error
