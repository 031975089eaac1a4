"""Outlines: filled in again they are the labels, and the lines of neurites are as long as the skeleton."""

from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from skimage.draw import line as line_pixels
from skimage.morphology import skeletonize

from hcs.measure.colours import BRANCHING, NUCLEUS, SOMA, STRETCHES
from hcs.measure.fields import MeasuredField, MeasureSpec, measure_field
from hcs.measure.measurements import planes
from hcs.measure.neurites import Neurites
from hcs.measure.outlines import Outline, field_outlines, neurite_lines, region_outlines
from hcs.measure.overlay import draw_measurement
from hcs.measure.skeleton import analyse_skeleton
from hcs_plates.plate import Plate


@pytest.fixture(scope="module")
def found(small_plate: Plate) -> MeasuredField:
    """What was found in one field."""
    spec = MeasureSpec("FITC", "DAPI")
    return measure_field(planes(small_plate["A01"][1], spec.channels), 0.65, spec)


def filled(outlines: list[Outline], shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Fill closed lines, their edges included, on a picture."""
    picture = np.zeros(shape, np.uint8)
    for one in outlines:
        cv2.fillPoly(picture, [(one.points - 0.5).astype(np.int32)], 1)
    return picture > 0


def length(outline: Outline) -> float:
    """Length of a line, pixels."""
    points = np.vstack([outline.points, outline.points[:1]]) if outline.closed else outline.points
    return float(np.hypot(*np.diff(points, axis=0).T).sum())


def traced(skeleton: npt.NDArray[np.bool_]) -> list[Outline]:
    """Lines of a skeleton."""
    return neurite_lines(Neurites(skeleton, analyse_skeleton(skeleton), None))


@pytest.mark.parametrize("kind", ["nuclei", "somas"])
def test_a_region_filled_again_is_its_pixels(found: MeasuredField, kind: str) -> None:
    """Region by region, touching ones too: nothing is added and nothing lost."""
    labels = getattr(found, kind)
    everything = np.zeros_like(labels)
    for number in np.unique(labels[labels > 0]):
        alone = np.where(labels == number, number, 0).astype(np.int32)
        outlines = region_outlines(alone, SOMA)
        assert all(one.closed for one in outlines)
        everything[filled(outlines, labels.shape)] = number
    assert labels.any()
    np.testing.assert_array_equal(everything, labels)
    assert len(field_outlines(found)[kind]) >= len(np.unique(labels)) - 1


def test_parts_and_holes_of_a_region() -> None:
    """A ring has its outer and its inner border; a label in two places has two outlines, at the edges too."""
    labels = np.zeros((20, 30), np.int32)
    labels[2:12, 3:15] = 5
    labels[5:9, 6:11] = 0
    labels[18:, 28:] = 5
    outer, hole, corner = sorted(
        region_outlines(labels, NUCLEUS), key=lambda one: -float(np.prod(np.ptp(one.points, axis=0)))
    )
    whole, inner = filled([outer, corner], labels.shape), filled([hole], labels.shape)
    rim = np.zeros(labels.shape, np.uint8)
    cv2.polylines(rim, [(hole.points - 0.5).astype(np.int32)], True, 1)
    np.testing.assert_array_equal(whole & ~(inner & (rim == 0)), labels > 0)
    assert corner.points.max(axis=0).tolist() == [29.5, 19.5]


def test_lines_are_the_skeleton_and_each_link_once(found: MeasuredField) -> None:
    """Drawn again they are its pixels; as long as it, and as what is measured but for smoothing."""
    assert found.neurites is not None
    lines = field_outlines(found)["neurites"]
    drawn = np.zeros_like(found.neurites.skeleton)
    for one in lines:
        corners = (np.vstack([one.points, one.points[: one.closed]]) - 0.5).astype(int)
        for (x, y), (right, down) in pairwise(corners):
            drawn[line_pixels(y, x, down, right)] = True
    np.testing.assert_array_equal(drawn, found.neurites.skeleton)
    whole = analyse_skeleton(found.neurites.skeleton, smoothing=0)
    total = sum(map(length, lines))
    assert total == pytest.approx(whole.length)
    # A line of pixels at 22° is 8 % longer than the line it shows.
    assert 1 <= total / found.neurites.graph.length < 1.09


def test_colours_are_those_of_the_overlay(found: MeasuredField) -> None:
    """Where an outline turns, the picture that `hcs measure --overlay` writes has its colour."""
    picture = draw_measurement(np.zeros((256, 256), np.uint16), found)
    shown = field_outlines(found)
    for kind, above in (("somas", ()), ("nuclei", ("somas",)), ("neurites", ("somas", "nuclei"))):
        hidden = np.zeros(picture.shape[:2], bool)
        for other in above:
            labels = getattr(found, other)
            hidden |= labels > 0
        for one in shown[kind]:
            x, y = (one.points[1:-1] - 0.5).astype(int).T
            seen = ~hidden[y, x]
            colours = {f"#{bytes(pixel).hex().upper()}" for pixel in picture[y, x][seen]}
            # The ends of a stretch and turns at branch points are the branch point's.
            assert colours <= {one.colour.upper(), BRANCHING}
    used = {one.colour for one in shown["neurites"]}
    assert set(STRETCHES) <= used | {BRANCHING}


def test_stretches_reach_the_branch_point_and_rings_are_closed() -> None:
    """A cross has four stretches that meet; a ring with nothing on it is one closed line of its length."""
    cross = np.zeros((9, 9), dtype=bool)
    cross[4, :] = cross[:, 4] = True
    arms = traced(cross)
    assert [len(one.points) for one in arms if one.colour != BRANCHING] == [2] * 4
    assert sum(map(length, arms)) == pytest.approx(16)
    ring = np.zeros((12, 12), dtype=bool)
    ring[2, 3:8] = ring[8, 3:8] = ring[3:8, 2] = ring[3:8, 8] = True
    (one,) = traced(ring)
    assert one.closed
    assert length(one) == pytest.approx(4 * 4 + 4 * np.sqrt(2))


@pytest.mark.parametrize("seed", range(8))
def test_every_link_is_in_one_line(seed: int) -> None:
    """Of any skeleton, knots and rings and all: nothing is drawn twice, and no line jumps."""
    blobs = cv2.GaussianBlur(np.random.default_rng(seed).random((90, 120)), (0, 0), 1.2 + seed / 4)
    skeleton = skeletonize(blobs > np.median(blobs))
    lines = traced(skeleton)
    assert sum(map(length, lines)) == pytest.approx(analyse_skeleton(skeleton, smoothing=0).length)
    for one in lines:
        steps = np.abs(np.diff(one.points, axis=0))
        assert ((steps.min(axis=1) == 0) | (steps[:, 0] == steps[:, 1])).all()


def test_nothing_gives_no_lines() -> None:
    """A field without neurites or regions has none, nor has a single pixel, which has no length."""
    assert traced(np.zeros((8, 8), dtype=bool)) == []
    assert traced(np.eye(1, dtype=bool)) == []
    assert region_outlines(np.zeros((8, 8), np.int32), SOMA) == []
