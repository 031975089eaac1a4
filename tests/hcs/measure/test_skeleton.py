"""Skeletons as graphs: against skan, and against lines and circles whose length is known."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import gaussian_filter
from skan import Skeleton
from skimage.draw import circle_perimeter, line
from skimage.measure import label
from skimage.morphology import skeletonize

from hcs.measure.skeleton import COLUMNS, SkeletonGraph, analyse_skeleton, prune
from hcs_plates.simulate import FieldSpec, render_field

Mask = npt.NDArray[np.bool_]


def drawn(*strokes: tuple[int, int, int, int], side: int = 96) -> Mask:
    """Draw strokes (y, x, y, x) one pixel wide."""
    canvas = np.zeros((side, side), dtype=bool)
    for stroke in strokes:
        canvas[line(*stroke)] = True
    return canvas


def ring(radius: int, side: int = 96) -> Mask:
    """Draw a circle about the middle."""
    canvas = np.zeros((side, side), dtype=bool)
    canvas[circle_perimeter(side // 2, side // 2, radius)] = True
    return canvas


def thick_ring(radius: int, side: int = 260) -> Mask:
    """Thin a circle four pixels wide."""
    y, x = np.mgrid[:side, :side] - side // 2
    return np.asarray(skeletonize(np.abs(np.hypot(y, x) - radius) < 2))


def field_skeleton(seed: int) -> Mask:
    """Thin the brightest tenth of a simulated field."""
    image = render_field(FieldSpec(height=384, width=384), seed=seed, name="P1/B02/1").pixels[0]
    smooth = gaussian_filter(image.astype(float), 1.5)
    return np.asarray(skeletonize(smooth > np.quantile(smooth, 0.9)))


SHAPES = {
    "stroke": drawn((5, 7, 60, 80)),
    "two pixels": drawn((5, 5, 5, 6)),
    "corner": drawn((5, 5, 5, 40), (5, 40, 40, 40)),
    "cross": drawn((48, 10, 48, 80), (10, 48, 80, 48)),
    "T": drawn((20, 10, 20, 80), (20, 40, 80, 40)),
    "Y": drawn((48, 48, 10, 20), (48, 48, 10, 75), (48, 48, 90, 48)),
    "grid": drawn((20, 10, 20, 80), (60, 10, 60, 80), (10, 30, 80, 30), (10, 55, 80, 55)),
    "pieces": drawn((5, 5, 5, 60), (20, 5, 80, 33), (90, 40, 40, 90)),
    "circle": ring(30),
    "circle with a bar": ring(30) | drawn((48, 18, 48, 78)),
}


def counts(graph: SkeletonGraph) -> tuple[int, int, int]:
    """Segments, branch points and end points."""
    return len(graph.segments), graph.branch_points, graph.end_points


def by_skan(skeleton: Mask) -> tuple[float, tuple[int, int, int]]:
    """Length of a skeleton, and its segments, branch points and end points."""
    graph = Skeleton(skeleton)
    ends = np.unique([graph.path(number)[[0, -1]] for number in range(graph.n_paths)])
    crossings = int((graph.degrees[ends] > 2).sum())
    found = graph.n_paths, crossings, int((graph.degrees == 1).sum())
    return float(graph.path_lengths().sum()), found


# The other library compiles itself for half of a minute first.
@pytest.mark.slow
@pytest.mark.parametrize("name", SHAPES)
def test_shapes_agree_with_skan(name: str) -> None:
    """Length between pixel centres within 0.5 %; segments, branch points and end points exactly."""
    skeleton = np.asarray(skeletonize(SHAPES[name]))
    graph = analyse_skeleton(skeleton, smoothing=0)
    length, found = by_skan(skeleton)
    assert graph.length == pytest.approx(length, rel=0.005)
    assert counts(graph) == found


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_field_agrees_with_skan(seed: int) -> None:
    """Length within 0.5 %, end points within 5 %, segments within 15 %, and no branch point more.

    Of neighbouring crossings skan makes two branch points and a segment, we one clump.
    """
    skeleton = field_skeleton(seed)
    graph = analyse_skeleton(skeleton, smoothing=0)
    length, (segments, branch_points, end_points) = by_skan(skeleton)
    assert graph.length == pytest.approx(length, rel=0.005)
    assert graph.end_points == pytest.approx(end_points, rel=0.05)
    assert len(graph.segments) == pytest.approx(segments, rel=0.15)
    assert 0.75 * branch_points <= graph.branch_points <= branch_points


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (16, 16)])
def test_nothing_has_no_length(shape: tuple[int, int]) -> None:
    """An empty skeleton is a graph of nothing, with all columns."""
    graph = analyse_skeleton(np.zeros(shape, dtype=bool), np.ones(shape), np.ones(shape))
    assert graph.length == 0
    assert counts(graph) == (0, 0, 0)
    assert tuple(graph.segments.columns) == COLUMNS
    assert not graph.labels.any()


def test_a_single_pixel_has_no_length() -> None:
    """It is a segment of length 0, without tortuosity."""
    skeleton = drawn((5, 5, 5, 5))
    graph = analyse_skeleton(skeleton, np.full((96, 96), 2.0), np.full((96, 96), 3.0))
    assert graph.length == 0
    assert counts(graph) == (1, 0, 0)
    (segment,) = graph.segments.to_dict("records")
    assert np.isnan(segment["tortuosity"])
    assert (segment["width"], segment["intensity"]) == (2.0, 3.0)
    assert (segment["width_beading"], segment["intensity_beading"]) == (0.0, 0.0)


@pytest.mark.parametrize("angle", range(0, 91, 5))
def test_lines_of_every_angle_have_their_length(angle: int) -> None:
    """Within 1 %, though a line of pixels is up to 8 % longer; and they are straight within 1 %."""
    down, right = 150 * np.sin(np.deg2rad(angle)), 150 * np.cos(np.deg2rad(angle))
    ends = (round(170 - down), round(170 - right), round(170 + down), round(170 + right))
    graph = analyse_skeleton(drawn(*[ends], side=340))
    true = np.hypot(ends[2] - ends[0], ends[3] - ends[1])
    assert counts(graph) == (1, 0, 2)
    assert graph.length == pytest.approx(true, rel=0.01)
    assert 1 <= graph.segments["tortuosity"].item() <= 1.01


@pytest.mark.parametrize("radius", [20, 30, 50, 100])
def test_circles_have_their_length(radius: int) -> None:
    """Within 1 %, drawn or thinned; a loop has no ends, so no tortuosity."""
    for circle in (ring(radius, 260), thick_ring(radius)):
        graph = analyse_skeleton(circle)
        assert graph.length == pytest.approx(2 * np.pi * radius, rel=0.01)
        assert counts(graph) == (1, 0, 0)
        assert np.isnan(graph.segments["tortuosity"].item())


@pytest.mark.parametrize("radius", [20, 50, 100])
def test_half_a_circle_is_tortuous(radius: int) -> None:
    """Its length is pi/2 of the distance of its ends."""
    half = thick_ring(radius)
    half[131:] = False
    assert analyse_skeleton(half).segments["tortuosity"].item() == pytest.approx(np.pi / 2, rel=0.01)


def test_means_are_read_along_each_segment() -> None:
    """Width and intensity are means over a segment's own pixels."""
    skeleton = drawn((5, 5, 5, 40), (30, 5, 60, 35))
    width, intensity = np.random.default_rng(0).uniform(1, 9, (2, 96, 96))
    graph = analyse_skeleton(skeleton, width, intensity)
    for number, row in graph.segments.iterrows():
        here = graph.labels == number
        assert row["width"] == pytest.approx(width[here].mean())
        assert row["intensity"] == pytest.approx(intensity[here].mean())
    without = analyse_skeleton(skeleton).segments
    assert without[["width", "width_beading", "intensity", "intensity_beading"]].isna().all(axis=None)


def test_beading_is_what_changes_along_a_segment() -> None:
    """0 for a constant, and for a period well below the running mean the SD of the logarithm."""
    skeleton = drawn((48, 4, 48, 91))
    column = np.broadcast_to(np.arange(96), (96, 96))
    even = np.full((96, 96), 3.0)
    found = []
    for swing in (0.1, 0.2, 0.4):
        beads = np.exp(swing * np.sin(2 * np.pi * column / 6))
        row = analyse_skeleton(skeleton, 3 * beads, even, beading_px=12.0).segments.iloc[0]
        assert row["intensity_beading"] == pytest.approx(0, abs=1e-9)
        assert row["width_beading"] == pytest.approx(swing / np.sqrt(2), rel=0.1)
        found.append(row["width_beading"])
    assert found == sorted(found)


def test_a_slow_change_is_no_beading() -> None:
    """A line that tapers to half its width over 88 pixels is not beaded; brightness does not matter."""
    skeleton = drawn((48, 4, 48, 91))
    taper = np.broadcast_to(np.linspace(4, 2, 96), (96, 96))
    beads = 1 + np.broadcast_to(np.arange(96) // 2 % 2, (96, 96))
    tapering = analyse_skeleton(skeleton, taper, 10.0 * beads).segments.iloc[0]
    brighter = analyse_skeleton(skeleton, taper, 70.0 * beads).segments.iloc[0]
    assert tapering["width_beading"] < 0.02
    assert tapering["intensity_beading"] > 0.25
    assert brighter["intensity_beading"] == pytest.approx(tapering["intensity_beading"])


def test_prune_takes_spurs_and_specks() -> None:
    """A short side branch goes but for its foot, a small piece altogether; the line is one segment again."""
    main = drawn((48, 5, 48, 90))
    pruned = prune(main | drawn((47, 40, 40, 40)) | drawn((10, 10, 10, 14)), 8, 10)
    assert pruned[main].all()
    assert not pruned[:47].any()
    graph = analyse_skeleton(pruned)
    assert (len(graph.segments), graph.branch_points) == (1, 0)
    assert graph.length == pytest.approx(85, abs=2)


def test_a_loop_with_a_tail_branches() -> None:
    """A circle with a straight tail has one branch point, one end, and two segments, as in skan."""
    lollipop = np.asarray(skeletonize(ring(20) | drawn((48, 68, 48, 90))))
    assert counts(analyse_skeleton(lollipop)) == (2, 1, 1)


@pytest.mark.parametrize(
    "kept",
    [
        drawn((48, 5, 48, 90)),
        SHAPES["T"],
        SHAPES["cross"],
        SHAPES["circle"],
        SHAPES["circle with a bar"],
        drawn((48, 5, 48, 10)),
        np.zeros((9, 9), dtype=bool),
    ],
    ids=["line", "T", "cross", "circle", "bar", "short line", "empty"],
)
def test_prune_keeps_lines(kept: Mask) -> None:
    """Ends of lines longer than a spur, loops, links between branch points, and the short line alone."""
    assert np.array_equal(prune(kept, 15, 5), kept)
    assert np.array_equal(prune(kept, 0, 0), kept)


@pytest.mark.parametrize("seed", range(2))
def test_prune_only_takes(seed: int) -> None:
    """Nothing is added to a field's skeleton, and no piece is left that is smaller than asked."""
    skeleton = field_skeleton(seed)
    pruned = prune(skeleton, 8, 12)
    assert not (pruned & ~skeleton).any()
    assert analyse_skeleton(pruned).length < analyse_skeleton(skeleton).length
    assert np.bincount(label(pruned, connectivity=2).ravel())[1:].min() >= 12
    assert np.array_equal(prune(pruned, 0, 12), pruned)


@given(
    shape=arrays(np.bool_, (14, 17), elements=st.booleans(), fill=st.just(False)),
    turns=st.integers(0, 3),
    mirrored=st.booleans(),
)
def test_turning_changes_nothing(shape: Any, turns: int, mirrored: bool) -> None:
    """Length, segments, branch points and end points do not depend on the direction of the axes."""
    skeleton = np.asarray(skeletonize(shape))
    turned = np.rot90(skeleton, turns)[:, :: -1 if mirrored else 1]
    before, after = analyse_skeleton(skeleton), analyse_skeleton(turned)
    assert counts(after) == counts(before)
    assert after.length == pytest.approx(before.length, abs=1e-9)
    assert sorted(after.segments["length"]) == pytest.approx(sorted(before.segments["length"]), abs=1e-9)


@given(shape=arrays(np.bool_, (12, 12), elements=st.booleans()))
def test_segments_and_branch_points_are_all_there_is(shape: Any) -> None:
    """Every link of an arbitrary mask belongs to a segment or lies in a branch point; labels have no gaps."""
    graph = analyse_skeleton(shape)
    assert graph.segments["length"].sum() <= graph.length + 1e-9
    assert set(np.unique(graph.labels)) - {0} == set(graph.segments.index)
    assert not (graph.labels > 0)[~shape].any()
    assert (graph.segments["tortuosity"].dropna() >= 1).all()
