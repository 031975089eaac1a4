"""Ridges: crests lie on drawn lines, and neither on the rays of a bead nor on the flanks of a line."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from hcs.measure.ridges import find_ridges

Array = npt.NDArray[Any]
SIDE = 101


def across(angle: float) -> Array:
    """Distance from a line through the middle, pixels."""
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE // 2
    return np.asarray(x * np.sin(np.deg2rad(angle)) - y * np.cos(np.deg2rad(angle)))


def crests(light: Array, ahead: float) -> npt.NDArray[np.bool_]:
    """Crests of a picture without noise, but for the frame."""
    found = find_ridges(light.astype(np.float32), [1.0, 1.6]).crests(30.0, 4.0, ahead)
    return found[8:-8, 8:-8]


@pytest.mark.parametrize("angle", [0, 20, 45, 70, 90, 110, 135, 160])
def test_crests_of_a_line_lie_on_it(angle: float) -> None:
    """Within a pixel of the line, and all along it."""
    away = across(angle)
    found = crests(10 + 20 * np.exp(-(away**2) / 4.5), 0.25)
    inner = np.abs(away)[8:-8, 8:-8]
    assert inner[found].max() <= 1
    assert found.sum() >= SIDE - 20


@pytest.mark.parametrize("sigma", [1.5, 2.5])
def test_a_bead_has_no_rays(sigma: float) -> None:
    """All that points at a round spot is dwarfed by it; without that rule rays reach beyond three SD."""
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE // 2
    away = np.hypot(y, x)
    light = 10 + 40 * np.exp(-(away**2) / (2 * sigma**2))
    inner = away[8:-8, 8:-8]
    assert inner[crests(light, 0.0)].max() > 3 * sigma
    assert inner[crests(light, 0.25)].max() <= 3 * sigma


def test_a_picture_without_structure_has_no_crest() -> None:
    """A constant one and a slope."""
    assert not crests(np.full((SIDE, SIDE), 7.0), 0.25).any()
    assert not crests(np.linspace(0, 100, SIDE)[:, None] + np.zeros(SIDE), 0.25).any()
