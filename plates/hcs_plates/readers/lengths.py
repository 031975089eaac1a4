"""Lengths that a TIFF states and a microscope can have: the size of a pixel, and the step in z."""

from collections.abc import Mapping
from typing import Any

import tifffile

from hcs_plates.errors import ArgumentError
from hcs_plates.readers.omexml import UNITS_UM, ome_lengths, ome_root

PIXEL_SIZES_UM = (0.01, 20.0)
"""No microscope used on plates is outside these bounds; what is, was stated in another unit or never set."""

Z_STEPS_UM = (0.01, 1000.0)
"""Likewise of the distance of two steps in z."""


def check_pixel_size(size: tuple[float, float]) -> None:
    """Refuse a pixel size (height and width, µm) that no microscope has."""
    low, high = PIXEL_SIZES_UM
    if not all(low <= length <= high for length in size):
        raise ArgumentError(
            f"A pixel of {size[0]:g} × {size[1]:g} µm is none of a microscope's; give the side of a pixel in "
            f"µm, from {low:g} to {high:g}."
        )


def believed_step(step_um: float | None) -> float | None:
    """Give a step in z where a microscope can have it, else none."""
    return step_um if step_um is not None and Z_STEPS_UM[0] <= step_um <= Z_STEPS_UM[1] else None


def tiff_lengths(tiff: tifffile.TiffFile) -> tuple[tuple[float, float] | None, float | None]:
    """Pixel size and step in z in µm as OME, ImageJ or MetaSeries state it, where a microscope can have them.

    Bare resolution tags are not believed: image programs write a print resolution there, and Harmony the
    pitch of its camera (6.45 µm where the image's pixels are 1.2 µm).
    """
    size, step = None, None
    if tiff.is_ome:
        size, step = ome_lengths(ome_root(tiff.pages.first.description))
    elif tiff.is_imagej:
        said = tiff.imagej_metadata or {}
        unit_um = UNITS_UM.get(str(said.get("unit", "")).lower(), 0.0)
        across, down = tiff.pages.first.resolution
        size = (unit_um / down, unit_um / across) if across > 0 and down > 0 else None
        step = abs(float(said.get("spacing", 0.0))) * unit_um
    elif tiff.is_metaseries:
        plane = (tiff.metaseries_metadata or {}).get("PlaneInfo", {})
        unit_um = UNITS_UM.get(str(plane.get("spatial-calibration-units", "")).lower(), 0.0)
        if plane.get("spatial-calibration-state") is True:
            size = _scaled(plane, "spatial-calibration-y", "spatial-calibration-x", unit_um)
    low, high = PIXEL_SIZES_UM
    believed = size if size is not None and all(low <= length <= high for length in size) else None
    return believed, believed_step(step)


def _scaled(plane: Mapping[str, Any], down: str, across: str, unit_um: float) -> tuple[float, float] | None:
    """Two lengths of a mapping in µm, None where one is absent or no number."""
    try:
        return float(plane[down]) * unit_um, float(plane[across]) * unit_um
    except (KeyError, TypeError, ValueError):
        return None
