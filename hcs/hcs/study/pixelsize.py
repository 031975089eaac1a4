"""How large a pixel of a study's tiles is, for scale bars: tiles are fields that were made smaller."""

from contextlib import suppress
from typing import Any

import numpy as np

from hcs.study.folder import StudyResults
from hcs_plates.errors import HcsError


def tile_pixels(study: StudyResults) -> dict[str, float | None]:
    """Side of a tile's pixels, µm, by plate; None where it is not known or they are not square.

    Read from the record; of a study that an earlier version ran, from the plate where that is still there.
    """
    cut = study.config.tiles
    return {
        name: _side(*_plane(study, name, kept), cut.size * cut.grid)
        for name, kept in study.record.get("plates", {}).items()
    }


def _plane(study: StudyResults, name: str, kept: dict[str, Any]) -> tuple[Any, Any]:
    """Size of a pixel and of a plane, (y, x) each; None for what is not known."""
    if "plane" in kept:
        return kept["pixel_size_um"], kept["plane"]
    with suppress(HcsError):
        spec = study.plate(name).spec
        return spec.pixel_size_um, spec.field_shape
    return None, None


def _side(size: Any, plane: Any, across: int) -> float | None:
    if size is None or plane is None:
        return None
    down, right = (float(length) * pixels / across for length, pixels in zip(size, plane, strict=True))
    return (down + right) / 2 if np.isclose(down, right, rtol=0.01) else None
