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
    """One resolution of a field: array, path below the field, folder, a pixel in µm and as written."""

    array: Any
    path: str
    folder: Path
    pixel_size_um: tuple[float, float] | None
    scale: tuple[float, float]


def open_levels(
    root: Path, group: str, metadata: FieldMetadata, version: str
) -> tuple[list[Level], list[str]]:
    """Open the array of every level, and say of each that is left out why."""
    levels: list[Level] = []
    faults: list[str] = []
    for path, size, scale in zip(metadata.paths, metadata.pixel_sizes_um, metadata.scales, strict=True):
        try:
            array = open_array(root, f"{group}/{path}", version, metadata.axes)
            if levels:
                _check_fits(levels[-1].array, array, metadata.axes)
            levels.append(Level(array, path, below(root, f"{group}/{path}"), size, scale))
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


def level_factors(
    levels: Sequence[Level], axes: Sequence[str]
) -> tuple[list[tuple[float, float]], list[str]]:
    """Take the sides (y, x) of a pixel of each level, in pixels of the first; say which are not as stated.

    The stated ones are taken where the level has the size that they make, to a pixel, as tools round; else
    the quotient of the shapes is.
    """
    y, x = axes.index("y"), axes.index("x")
    factors: list[tuple[float, float]] = []
    faults: list[str] = []
    for level in levels:
        found = []
        for side, place in enumerate((y, x)):
            full, size = levels[0].array.shape[place], level.array.shape[place]
            stated = level.scale[side] / levels[0].scale[side] if levels[0].scale[side] else 0.0
            fits = stated > 0 and abs(full / stated - size) < 1 + 1e-6
            if not fits:
                faults.append(
                    f"level {shown(level.path)} states pixels {stated:g} times as large as the first's "
                    f"along {'yx'[side]}, and its shape has {full / size:g} times, which is taken"
                )
            found.append(stated if fits else full / size)
        factors.append((found[0], found[1]))
    return factors, faults
