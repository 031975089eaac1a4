"""Blobs: as large as asked, where asked, and cut cleanly at the border."""

import cv2
import numpy as np
import pytest

from hcs_plates.simulate.blobs import Blobs, draw_blobs
from hcs_plates.simulate.field import FieldSpec

FIELD = FieldSpec(height=200, width=260, pixel_size_um=0.5)


def _one(x: float, y: float, area: float) -> Blobs:
    return Blobs(np.array([[x, y]]), np.array([area]), np.array([0.7]), np.ones(1), roughness=0.0)


@pytest.mark.parametrize("area", [150.0, 600.0, 1500.0])
def test_a_blob_has_its_area_at_its_place(area: float) -> None:
    """At the level of its soft edge a smooth blob covers the area asked for, about its centre."""
    picture = draw_blobs(FIELD, np.random.default_rng(0), _one(60.0, 45.0, area))
    # Half of the edge's light, which is 0.35 + 0.65 × ½ of the core's there.
    covered = picture > 0.5 * (0.35 + 0.65 * 0.5)
    assert covered.sum() * 0.25 == pytest.approx(area, rel=0.12)
    middle = cv2.moments(covered.astype(np.uint8), binaryImage=True)
    assert middle["m10"] / middle["m00"] * 0.5 == pytest.approx(60.0, abs=1.0)
    assert middle["m01"] / middle["m00"] * 0.5 == pytest.approx(45.0, abs=1.0)


def test_a_blob_over_the_border_is_the_part_inside() -> None:
    """The same blob half outside shows exactly the half that is inside."""
    whole = draw_blobs(FIELD, np.random.default_rng(0), _one(60.0, 50.0, 600.0))
    half = draw_blobs(FIELD, np.random.default_rng(0), _one(0.0, 50.0, 600.0))
    np.testing.assert_allclose(half[:, :60], whole[:, 120:180], atol=1e-6)
    assert half[:, 60:].max() == 0


def test_no_blobs_no_light() -> None:
    """An empty kind draws nothing."""
    none = Blobs(np.zeros((0, 2)), np.zeros(0), np.zeros(0), np.zeros(0))
    assert draw_blobs(FIELD, np.random.default_rng(0), none).max() == 0
