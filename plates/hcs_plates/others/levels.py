"""The levels of a field of a plate of another tool: the arrays that can be opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hcs_plates.errors import StoreError
from hcs_plates.others.arrays import open_array
from hcs_plates.others.documents import below
from hcs_plates.others.fieldmetadata import FieldMetadata
from hcs_plates.others.metadata import MetadataError, shown


@dataclass(frozen=True)
class Level:
    """One resolution of a field: its array, its path below the field, its folder, a pixel's sides."""

    array: Any
    path: str
    folder: Path
    pixel_size_um: tuple[float, float] | None


def open_levels(
    root: Path, group: str, metadata: FieldMetadata, version: str
) -> tuple[list[Level], list[str]]:
    """Open the array of every level, and say of each that is left out why."""
    levels: list[Level] = []
    faults: list[str] = []
    for path, size in zip(metadata.paths, metadata.pixel_sizes_um, strict=True):
        try:
            array = open_array(root, f"{group}/{path}", version, metadata.axes)
            if levels:
                _check_fits(levels[-1].array, array, metadata.axes)
            levels.append(Level(array, path, below(root, f"{group}/{path}"), size))
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
