"""Plates that other tools wrote, OME-Zarr 0.4 and 0.5: opened in place, whatever of them can be."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from hcs_plates.errors import StoreError
from hcs_plates.others.documents import METADATA
from hcs_plates.others.fieldmetadata import field_metadata
from hcs_plates.others.finding import FoundPlate, find_plate, sentences
from hcs_plates.others.levels import Level, open_levels
from hcs_plates.others.metadata import FieldPlace, MetadataError
from hcs_plates.others.planes import Pixels, Region, read_region
from hcs_plates.proof import reading
from hcs_plates.viewing.records import FieldImage, Opened, ViewedLevel

EXPECTED = "hcs shows plates of OME-Zarr 0.4 and 0.5"
REMEDY = "copy the plate again from where it is whole, or ask the tool that wrote it"


def open_other(path: Path) -> Opened:
    """Open a plate of another tool.

    Parameters
    ----------
    path
        Its folder.

    Raises
    ------
    NotThereError, StoreError
        Nothing of it can be opened; every fault found.
    UnreachableError
        A disk or a share that fails.
    """
    found = find_plate(path, EXPECTED)
    wells = list(found.fields)
    return Opened(
        name=found.name,
        path=found.root,
        version=found.documents.version,
        format=found.plate.format,
        wells=pd.DataFrame({"well": wells}, index=wells, dtype="str"),
        fields={well: tuple(places) for well, places in found.fields.items()},
        open_field=lambda well, key: _field(found, well, found.fields[well][str(key)]),
        notices=sentences(found.faults),
    )


def _field(found: FoundPlate, well: str, place: FieldPlace) -> FieldImage:
    """Open a field: its document, and the array of every level that can be opened."""
    root, version, group = found.root, found.documents.version, found.group(well, place.key)
    try:
        metadata = field_metadata(found.documents.attributes(group), version)
    except MetadataError as error:
        raise StoreError(root, [f"{group}/{METADATA[version]}: {one}" for one in error.faults]) from error
    levels, faults = open_levels(root, group, metadata, version)
    if not levels:
        raise StoreError(root, faults)
    first = levels[0]
    array, axes = first.array, metadata.axes
    sizes = dict(zip(axes, array.shape, strict=True))
    names, colours = metadata.channels(sizes.get("c", 1))
    told = [*metadata.notices, *faults]
    if not any(file.name not in (".zarray", ".zattrs", "zarr.json") for file in first.folder.iterdir()):
        told.append("it has no stored pixels: what is shown is the fill value")
    number = place.acquisition
    return FieldImage(
        dtype=str(array.dtype.newbyteorder("=")),
        n_times=sizes.get("t", 1),
        n_z=sizes.get("z", 1),
        names=names,
        colours=colours,
        levels=tuple(_viewed(level, axes) for level in levels),
        read=Regions(root, f"field {group}", axes, tuple(level.array for level in levels)),
        pixel_size_um=first.pixel_size_um,
        acquisition=None if number is None else found.plate.acquisitions.get(number, f"acquisition {number}"),
        notices=tuple(f"{group}: {one}." for one in told),
    )


def _viewed(level: Level, axes: Sequence[str]) -> ViewedLevel:
    y, x = axes.index("y"), axes.index("x")
    shape, chunks = level.array.shape, level.array.chunks
    return ViewedLevel(shape[y], shape[x], min(chunks[y], shape[y]), min(chunks[x], shape[x]))


class Regions:
    """Regions of one field of a plate of another tool.

    What a region proves is what the format proves: nothing, unless its codecs have checksums. A chunk that
    is not there is the array's fill value.

    Parameters
    ----------
    root, name
        The plate's folder, and the field's name for messages.
    axes, arrays
        What each axis is, and the array of each level.
    """

    def __init__(self, root: Path, name: str, axes: Sequence[str], arrays: Sequence[Any]) -> None:
        self.root, self.name, self.axes, self.arrays = root, name, axes, arrays

    def __call__(self, level: int, region: Region) -> Pixels:
        """Read a region of a level; of levels that are smaller in z too, the step that lies there.

        Raises
        ------
        StoreError
            The stored bytes are damaged.
        """
        array = self.arrays[level]
        if "z" in self.axes:
            at = self.axes.index("z")
            full, here = self.arrays[0].shape[at], array.shape[at]
            region = replace(region, steps=tuple(sorted({step * here // full for step in region.steps})))
        with reading(self.root, self.name, REMEDY):
            return read_region(array, self.axes, region)
