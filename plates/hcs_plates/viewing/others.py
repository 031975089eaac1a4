"""Plates that other tools wrote, OME-Zarr 0.4 and 0.5: opened in place, whatever of them can be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from hcs_plates.errors import SHOWN_FAULTS, StoreError
from hcs_plates.proof import reading
from hcs_plates.viewing.arrays import open_array
from hcs_plates.viewing.documents import METADATA, NotInPlaceError, attributes, below
from hcs_plates.viewing.fieldmetadata import FieldMetadata, field_metadata
from hcs_plates.viewing.metadata import (
    FieldPlace,
    MetadataError,
    PlateMetadata,
    plate_metadata,
    shown,
    well_metadata,
)
from hcs_plates.viewing.planes import Pixels, Region, read_region
from hcs_plates.viewing.records import FieldImage, Opened, ViewedLevel

REMEDY = "copy the plate again from where it is whole, or ask the tool that wrote it"
SHOWN = 6


def open_other(root: Path, ome: Mapping[str, Any], version: str) -> Opened:
    """Open a plate of another tool.

    Parameters
    ----------
    root
        Its folder, resolved.
    ome, version
        Attributes of the plate (`hcs_plates.viewing.documents.attributes`), and the version they are of.

    Raises
    ------
    StoreError
        Nothing of it can be opened; every fault found.
    UnreachableError
        A disk or a share that fails.
    """
    try:
        plate = plate_metadata(ome, version)
    except MetadataError as error:
        raise StoreError(root, [f"{METADATA[version]}: {fault}" for fault in error.faults]) from error
    faults = [f"{METADATA[version]}: {fault}" for fault in plate.faults]
    wells: dict[str, dict[str, FieldPlace]] = {}
    gone: list[str] = []
    for name, path in plate.wells.items():
        listed = _well(root, path, version, faults)
        if listed is None:
            gone.append(path)
            continue
        there = [
            place for place in listed if below(root, f"{path}/{place.key}/{METADATA[version]}").is_file()
        ]
        gone += [f"{path}/{place.key}" for place in listed if place not in there]
        if there:
            wells[name] = {place.key: place for place in there}
    if gone:
        more = f" and {len(gone) - SHOWN} more" if len(gone) > SHOWN else ""
        faults.append(f"listed and not there: {', '.join(gone[:SHOWN])}{more}")
    if not wells:
        raise StoreError(root, faults)
    if not plate.format_stated:
        faults.append(
            f"its rows and columns are those of no standard plate; it is drawn with {plate.format.size} "
            "wells, the fewest that hold those it has"
        )
    return Opened(
        name=plate.name or root.name.removesuffix(".zarr").removesuffix(".ome"),
        path=root,
        version=version,
        format=plate.format,
        wells=pd.DataFrame({"well": list(wells)}, index=list(wells), dtype="str"),
        fields={well: tuple(places) for well, places in wells.items()},
        open_field=lambda well, key: _field(root, plate, well, wells[well][str(key)], version),
        notices=_sentences(faults),
    )


def _sentences(faults: list[str]) -> tuple[str, ...]:
    """Write faults as sentences, the first dozen of them."""
    told = [f"{fault[:1].upper()}{fault[1:]}." for fault in faults[:SHOWN_FAULTS]]
    more = len(faults) - SHOWN_FAULTS
    return (*told, f"{more} more faults were found in its metadata.") if more > 0 else tuple(told)


def _well(root: Path, path: str, version: str, faults: list[str]) -> list[FieldPlace] | None:
    """List a well's fields; of one without a document, its folders that hold images, None if none does."""
    document = f"{path}/{METADATA[version]}"
    try:
        listed, found = well_metadata(attributes(root, path, version), version)
    except NotInPlaceError:
        listed = _folders(root, path, version)
        if not listed:
            return None
        taken = ", ".join(shown(one.key) for one in listed)
        faults.append(
            f"{document} is not there (expected the list of the well's fields); its folders that hold images "
            f"are taken for its fields: {taken}"
        )
        return listed
    except StoreError as error:
        faults += error.faults
        return []
    except MetadataError as error:
        faults += [f"{document}: {fault}" for fault in error.faults]
        return []
    faults += [f"{document}: {fault}" for fault in found]
    return [place for place in listed if _is_below(root, f"{path}/{place.key}", faults)]


def _is_below(root: Path, place: str, faults: list[str]) -> bool:
    try:
        below(root, place)
    except StoreError as error:
        faults += error.faults
        return False
    return True


def _folders(root: Path, path: str, version: str) -> list[FieldPlace]:
    """Find the folders of a well that hold images, numbers in order."""
    folder = below(root, path)
    names = [one.name for one in folder.iterdir() if one.is_dir()] if folder.is_dir() else []
    found = []
    for name in sorted(names, key=lambda name: (not name.isdecimal(), len(name), name)):
        try:
            if "multiscales" in attributes(root, f"{path}/{name}", version):
                found.append(FieldPlace(name))
        except StoreError:
            # Not an image's folder.
            continue
    return found


def _field(root: Path, plate: PlateMetadata, well: str, place: FieldPlace, version: str) -> FieldImage:
    """Open a field: its document, and the array of every level that can be opened."""
    group = f"{plate.wells[well]}/{place.key}"
    try:
        metadata = field_metadata(attributes(root, group, version), version)
    except MetadataError as error:
        raise StoreError(root, [f"{group}/{METADATA[version]}: {one}" for one in error.faults]) from error
    levels, faults = _levels(root, group, metadata, version)
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
        levels=tuple(level.viewed(axes) for level in levels),
        read=Regions(root, f"field {group}", axes, tuple(level.array for level in levels)),
        pixel_size_um=first.pixel_size_um,
        acquisition=None if number is None else plate.acquisitions.get(number, f"acquisition {number}"),
        notices=tuple(f"{group}: {one}." for one in told),
    )


@dataclass(frozen=True)
class _Level:
    array: Any
    folder: Path
    pixel_size_um: tuple[float, float] | None

    def viewed(self, axes: Sequence[str]) -> ViewedLevel:
        y, x = axes.index("y"), axes.index("x")
        shape, chunks = self.array.shape, self.array.chunks
        return ViewedLevel(shape[y], shape[x], min(chunks[y], shape[y]), min(chunks[x], shape[x]))


def _levels(root: Path, group: str, metadata: FieldMetadata, version: str) -> tuple[list[_Level], list[str]]:
    """Open the array of every level, and say of each that is left out why."""
    levels: list[_Level] = []
    faults: list[str] = []
    for path, size in zip(metadata.paths, metadata.pixel_sizes_um, strict=True):
        try:
            array = open_array(root, f"{group}/{path}", version, metadata.axes)
            if levels:
                _check_fits(levels[-1].array, array, metadata.axes)
            levels.append(_Level(array, below(root, f"{group}/{path}"), size))
        except (MetadataError, StoreError) as error:
            faults += [f"level {shown(path)} is left out: {fault}" for fault in error.faults]
    return levels, faults


def _check_fits(larger: Any, smaller: Any, axes: Sequence[str]) -> None:
    """Refuse a level that is of another type, film or set of channels than the one before, or larger."""
    pairs = dict(zip(axes, zip(larger.shape, smaller.shape, strict=True), strict=True))
    alike = all(pairs[axis][0] == pairs[axis][1] for axis in "tc" if axis in pairs)
    if not alike or any(pairs[axis][1] > pairs[axis][0] for axis in "zyx" if axis in pairs):
        raise MetadataError(f"its shape {list(smaller.shape)} does not follow {list(larger.shape)}")
    if larger.dtype != smaller.dtype:
        raise MetadataError(f"its pixels are {smaller.dtype} (expected {larger.dtype}, as the level before)")


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
