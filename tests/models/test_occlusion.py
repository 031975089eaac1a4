"""Patches are hidden where the specification says, once for all heads, and what is missed is counted."""

import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from hcs_models.occlusion import (
    AT_ONCE,
    Occluded,
    OcclusionSpec,
    blurred,
    occlude_features,
    patch_means,
    spread,
)
from hcs_models.trained import TrainedHead
from hcs_plates.errors import ArgumentError

SIDE = 32
HALF = SIDE // 2
CHECKS = np.indices((SIDE, SIDE)).sum(axis=0) % 2 * 2.0 - 1.0
"""A chessboard of -1 and 1: texture of the finest kind, which no blur leaves."""

Array = npt.NDArray[Any]


def quadrants(tiles: Array) -> Array:
    """Contrast of the chessboard in each quarter of a tile, four features, linear in the pixels."""
    contrast = (tiles[..., 0] * CHECKS).reshape(-1, 2, HALF, 2, HALF).mean(axis=(2, 4))
    return np.asarray(contrast.reshape(-1, 4))


def linear_head(kernel: list[list[float]], bias: list[float] | None = None) -> TrainedHead:
    """A head without hidden layers: logits are features times `kernel`, shape (features, classes)."""
    weights = np.array(kernel, dtype=np.float32)
    offsets = np.array(bias or [0.0] * weights.shape[1], dtype=np.float32)
    mean, scale = np.zeros(len(weights), np.float32), np.ones(len(weights), np.float32)
    return TrainedHead([weights, offsets], mean, scale, {}, pd.DataFrame(), 1)


def looking_at(quarter: int) -> TrainedHead:
    """Call class 1 by the contrast of one quarter alone."""
    return linear_head([[0.0, 0.1 if place == quarter else 0.0] for place in range(4)], [0.0, -2.0])


class Watched:
    """Features that remember the tiles they were given, call by call."""

    def __init__(self, features: Callable[[Array], Array]) -> None:
        self.features = features
        self.calls: list[Array] = []

    def __call__(self, tiles: Array) -> Array:
        """Remember a copy."""
        self.calls.append(tiles.copy())
        return self.features(tiles)


@pytest.fixture
def chessboard() -> Array:
    """A tile with the same texture everywhere: levels 60 and 140."""
    return np.asarray(100 + 40 * CHECKS, dtype=np.float32)[..., None]


@pytest.fixture
def noise() -> Array:
    """A tile of two channels on which no two pixels are alike."""
    return np.random.default_rng(3).uniform(0, 255, (SIDE, SIDE, 2)).astype(np.float32)


grids = st.integers(1, 40).flatmap(
    lambda side: st.integers(1, side).flatmap(
        lambda patch: st.integers(1, patch).map(lambda stride: (side, OcclusionSpec(patch, stride)))
    )
)


def boxes(side: int, spec: OcclusionSpec) -> list[list[tuple[slice, slice]]]:
    """Every patch as slices, by rows and columns."""
    spans = [slice(start, start + spec.patch) for start in spec.starts(side)]
    return [[(y, x) for x in spans] for y in spans]


def test_no_learning_library_is_needed() -> None:
    """Occlusion and deletion are NumPy and OpenCV; TensorFlow stays unloaded."""
    names = "hcs_models.deletion, hcs_models.occlusion"
    check = f"import sys, {names}; print({{'tensorflow', 'keras'}} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", check], text=True).strip() == "set()"


def test_blur_is_a_gaussian_of_a_sixteenth_of_the_side(noise: Array) -> None:
    """Against SciPy's, mirrored with the border pixel repeated; channels do not mix."""
    expected = ndimage.gaussian_filter(noise.astype(float), (2, 2, 0), mode="reflect", truncate=4)
    np.testing.assert_allclose(blurred(noise), expected, atol=1e-3)
    np.testing.assert_array_equal(blurred(noise[..., 1:])[..., 0], blurred(noise)[..., 1])
    assert blurred(noise, 5.0).std() < blurred(noise).std() < noise.std() / 3
    assert blurred(noise).dtype == np.float32


@given(side=st.integers(1, 24), sigma=st.floats(0.3, 12), seed=st.integers(0, 99))
def test_blur_moves_light_and_loses_none(side: int, sigma: float, seed: int) -> None:
    """The mean of the whole tile stays, however wide the blur."""
    tile = np.random.default_rng(seed).uniform(0, 255, (side, side, 1)).astype(np.float32)
    assert blurred(tile, sigma).mean(dtype=float) == pytest.approx(tile.mean(dtype=float), rel=1e-5)


@given(grids)
def test_every_pixel_is_hidden_by_whole_patches(grid: tuple[int, OcclusionSpec]) -> None:
    """Whatever side, patch and stride: no pixel is left out, no patch is cut, none lies twice."""
    side, spec = grid
    starts = spec.starts(side)
    covered = {pixel for start in starts for pixel in range(start, start + spec.patch)}
    assert covered == set(range(side))
    steps = np.diff(starts)
    assert (steps[:-1] == spec.stride).all()
    assert ((steps > 0) & (steps <= spec.stride)).all()


@given(grids, st.integers(0, 99))
def test_between_patches_and_pixels(grid: tuple[int, OcclusionSpec], seed: int) -> None:
    """Means over patches and means over the patches that cover a pixel, against loops."""
    side, spec = grid
    patches = boxes(side, spec)
    rng = np.random.default_rng(seed)
    pixels, values = rng.normal(size=(2, side, side)), rng.normal(size=(2, len(patches), len(patches)))
    means = np.array([[[one[box].mean() for box in row] for row in patches] for one in pixels])
    np.testing.assert_allclose(patch_means(pixels, spec), means, atol=1e-9)
    total, count = np.zeros((2, side, side)), np.zeros((side, side))
    for y, row in enumerate(patches):
        for x, box in enumerate(row):
            total[:, box[0], box[1]] += values[:, y, x, None, None]
            count[box] += 1
    np.testing.assert_allclose(spread(values, spec, side), total / count, atol=1e-9)


def test_one_copy_per_patch_blurred_there_alone(noise: Array) -> None:
    """The tile itself first, then rows × columns copies, at most `AT_ONCE` a call; the tile is untouched."""
    before, spec = noise.copy(), OcclusionSpec(8, 5)
    watched = Watched(lambda tiles: tiles.mean(axis=(1, 2)))
    occluded = occlude_features(noise, watched, spec)
    assert occluded.features.shape == (6, 6, 2)
    assert [len(call) for call in watched.calls] == [AT_ONCE, AT_ONCE, 6 * 6 + 1 - 2 * AT_ONCE]
    whole, *copies = np.concatenate(watched.calls)
    np.testing.assert_array_equal(whole, before)
    np.testing.assert_array_equal(noise, before)
    plain = blurred(noise)
    for copy, box in zip(copies, [box for row in boxes(SIDE, spec) for box in row], strict=True):
        expected = before.copy()
        expected[box] = plain[box]
        np.testing.assert_array_equal(copy, expected)


def test_memory_does_not_grow_with_the_copies() -> None:
    """841 copies of 16 KB are never there together: far less than their 13 MB is taken."""
    tile = np.zeros((64, 64, 1), np.float32)
    tracemalloc.start()
    try:
        occlude_features(tile, lambda tiles: tiles.mean(axis=(1, 2)), OcclusionSpec(8, 2))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * AT_ONCE * tile.nbytes


def test_a_head_that_looks_at_one_quarter(chessboard: Array) -> None:
    """Hiding that quarter takes its contrast of 40 at weight 0.1, hiding another nothing at all."""
    spec = OcclusionSpec(HALF, HALF)
    occluded = occlude_features(chessboard, quadrants, spec)
    np.testing.assert_allclose(occluded.whole, 40)
    heads = [looking_at(1), looking_at(2)]
    drops = occluded.drops(heads, target=1)
    # What the blur leaves of a chessboard, along the tile's border, is below one part in twenty.
    np.testing.assert_allclose(drops, [[[0, 4], [0, 0]], [[0, 0], [4, 0]]], rtol=0.05, atol=1e-12)
    np.testing.assert_allclose(occluded.drops(heads, target=0), -drops)
    pixels = spread(drops[0], spec, SIDE)
    assert (pixels[:HALF, HALF:] == drops[0, 0, 1]).all()
    assert pixels.sum() == pytest.approx(HALF**2 * drops[0, 0, 1])


@pytest.mark.parametrize("spec", [OcclusionSpec(8, 8), OcclusionSpec(12, 7), OcclusionSpec(32, 1)])
def test_drops_of_a_linear_classifier_are_sums_over_the_patch(noise: Array, spec: OcclusionSpec) -> None:
    """Log-odds Σ w · pixel fall by Σ w · (pixel - blurred) over the patch's pixels, and by nothing else."""
    weights = np.random.default_rng(4).normal(size=noise.shape)
    occluded = occlude_features(
        noise, lambda tiles: np.einsum("nyxc,yxc->n", tiles.astype(float), weights)[:, None], spec
    )
    lost = (weights * (noise.astype(float) - blurred(noise))).sum(axis=-1)
    expected = [[lost[box].sum() for box in row] for row in boxes(SIDE, spec)]
    (drops,) = occluded.drops([linear_head([[-0.5, 0.5]])], target=1)
    np.testing.assert_allclose(drops, expected, rtol=1e-6, atol=1e-6)


def test_drops_worked_by_hand() -> None:
    """Three classes; a head far beyond where probabilities end; a head that diverged."""
    occluded = Occluded(np.array([[[1.0, 0.0], [3.0, 1.0]]]), np.array([3.0, 0.0]), OcclusionSpec(), 64)
    three = linear_head([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
    sure = linear_head([[500.0, 0.0, -500.0], [0.0, 0.0, 0.0]])
    lost = linear_head([[np.nan, 0.0, 0.0], [0.0, 0.0, 0.0]])
    expected = [
        [(3 - np.log(2)) - (1 - np.log(2)), (3 - np.log(2)) - (3 - np.log(np.exp(2) + 1))],
        [1500 - 500, 0],
        [0, 0],
    ]
    np.testing.assert_allclose(occluded.drops([three, sure, lost], target=0)[:, 0], expected)


def test_shift_needs_no_head() -> None:
    """Standardised features that move by (3, 4) move by 5."""
    features = np.array([[[1.0, 1.0], [7.0, 1.0]], [[1.0, 9.0], [7.0, -7.0]]], dtype=np.float16)
    occluded = Occluded(features, np.ones(2, np.float16), OcclusionSpec(), 64)
    np.testing.assert_allclose(occluded.shift(np.array([2.0, 2.0])), [[0, 3], [4, 5]])


TILE, SPEC = np.zeros((8, 8, 1), np.float32), OcclusionSpec(4, 4)
HEADS = [linear_head([[0.0, 1.0]])]
OCCLUDED = Occluded(np.zeros((2, 2, 1)), np.zeros(1), SPEC, 8)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: blurred(TILE[..., 0]), r"the tile has shape \(8, 8\); expected \(side, side, channel\)"),
        (lambda: blurred(TILE[:5]), r"the tile has shape \(5, 8, 1\)"),
        (lambda: blurred(TILE + 256), "levels 256 to 256 must be rescaled to 0 to 255"),
        (lambda: blurred(TILE - 9), "levels -9 to -9"),
        (lambda: blurred(TILE * np.float32(np.nan)), "levels nan to nan"),
        (lambda: blurred(TILE, 0), "sigma 0 must be a positive number of pixels"),
        (lambda: OcclusionSpec(0, 0), "patch 0 must be at least 1 pixel"),
        (lambda: OcclusionSpec(4, 0), "stride 0 must be 1 to 4"),
        (lambda: OcclusionSpec(4, 5), "stride 5 must be 1 to 4"),
        (lambda: occlude_features(TILE, np.asarray), "patch 32 is larger than the tile's 8 pixels"),
        (lambda: occlude_features(TILE, np.mean, SPEC), r"features gave shape \(\); expected \(5, D\)"),
        (lambda: occlude_features(TILE, lambda tiles: tiles[0, :2, :, 0], SPEC), r"gave shape \(2, 8\)"),
        (lambda: OCCLUDED.drops(HEADS, 2), "target 2 is no class of all heads; they share 0 to 1"),
        (lambda: OCCLUDED.drops([], 0), "heads is empty"),
        (lambda: OCCLUDED.drops([looking_at(1)], 0), "takes rows of 4 features"),
        (lambda: OCCLUDED.shift(np.ones(2)), "scale must be 1 positive numbers"),
        (lambda: OCCLUDED.shift(np.zeros(1)), "scale must be 1 positive numbers"),
        (lambda: spread(np.zeros((3, 3)), SPEC, 8), r"values of shape \(3, 3\) must be \(…, 2, 2\)"),
        (lambda: spread(np.full((2, 2), np.inf), SPEC, 8), "finite values"),
        (lambda: patch_means(np.zeros((8, 6)), SPEC), r"maps of shape \(8, 6\) must be"),
        (lambda: patch_means(np.array(1.0), SPEC), r"maps of shape \(\) must be"),
        (lambda: patch_means(np.zeros((3, 3)), SPEC), "patch 4 is larger"),
    ],
)
def test_refusals(call: Callable[[], object], message: str) -> None:
    """What does not fit is refused in a sentence."""
    with pytest.raises(ArgumentError, match=message):
        call()
