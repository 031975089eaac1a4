"""Pixels go and come highest first, once for all heads; curves and areas against loops and by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from hcs_models.deletion import Curves, CurveSpec, Kind, perturbation_curves, random_order
from hcs_models.occlusion import AT_ONCE, blurred
from hcs_models.trained import TrainedHead
from hcs_plates.errors import ArgumentError

SIDE = 32
HALF = SIDE // 2
CHECKS = np.indices((SIDE, SIDE)).sum(axis=0) % 2 * 2.0 - 1.0
"""A chessboard of -1 and 1: texture of the finest kind, which no blur leaves."""
CHESSBOARD = np.asarray(100 + 40 * CHECKS, dtype=np.float32)[..., None]
NOISE = np.random.default_rng(3).uniform(0, 255, (SIDE, SIDE, 2)).astype(np.float32)
"""A tile of two channels on which no two pixels are alike."""

Array = npt.NDArray[Any]


def contrast(tiles: Array) -> Array:
    """Contrast of the chessboard in the upper right quarter, one feature, linear in the pixels."""
    return np.asarray((tiles[..., 0] * CHECKS)[:, :HALF, HALF:].mean(axis=(1, 2))[:, None])


def pixels_of(tiles: Array) -> Array:
    """Every pixel as a feature."""
    return tiles.reshape(len(tiles), -1)


def head_of(weight: float) -> TrainedHead:
    """Log-odds of class 1 are `weight` times the one feature, less 2."""
    weights = [np.array([[0.0, weight]], np.float32), np.array([0.0, -2.0], np.float32)]
    return TrainedHead(weights, np.zeros(1, np.float32), np.ones(1, np.float32), {}, pd.DataFrame(), 1)


def ramp(first: int) -> Array:
    """A map that is highest in quarter `first` and falls through the others; within a quarter all differ."""
    heights = np.roll([3.0, 2.0, 1.0, 0.0], first).reshape(2, 2)
    within = np.arange(HALF**2).reshape(HALF, HALF) / HALF**2
    return np.kron(heights, np.ones((HALF, HALF))) + np.tile(within, (2, 2))


def test_curves_of_a_head_that_looks_at_one_quarter() -> None:
    """Its quarter first: the call is gone, or back, after a fourth of the pixels; last: only at the end."""
    orders = {"first": ramp(1), "last": ramp(2)}
    curves = perturbation_curves(CHESSBOARD, orders, contrast, CurveSpec(steps=4))
    assert curves.fractions.tolist() == [0, 0.25, 0.5, 0.75, 1]
    scores = curves.scores([head_of(0.1), head_of(0.0)], target=1)
    high = 1 / (1 + np.exp(2 - 4.0))
    low = scores["first", "deletion"][0, -1]
    # At most a twentieth of the contrast is left along the border.
    assert 1 / (1 + np.exp(2.2)) < low < 1 / (1 + np.exp(1.8))
    expected: dict[tuple[str, Kind], list[float]] = {
        ("first", "deletion"): [high, low, low, low, low],
        ("first", "insertion"): [low, high, high, high, high],
        ("last", "deletion"): [high, high, high, high, low],
        ("last", "insertion"): [low, low, low, low, high],
    }
    assert scores.keys() == expected.keys()
    for key, curve in expected.items():
        np.testing.assert_allclose(scores[key][0], curve, rtol=1e-6, err_msg=str(key))
        np.testing.assert_allclose(scores[key][1], 1 / (1 + np.exp(2)), rtol=1e-6)
    areas = curves.area(scores["first", "deletion"])
    np.testing.assert_allclose(areas, [(high + 7 * low) / 8, 1 / (1 + np.exp(2))], rtol=1e-6)


def test_pixels_go_highest_first_and_the_ends_pass_once() -> None:
    """Copies against a plain sort; 2 + 2 × (steps - 1) × orders tiles, at most `AT_ONCE` a call."""
    rng = np.random.default_rng(5)
    maps = {"coarse": rng.integers(0, 3, (SIDE, SIDE)), "fine": rng.normal(size=(SIDE, SIDE))}
    spec = CurveSpec(steps=7, seed=8)
    calls: list[int] = []

    def watched(tiles: Array) -> Array:
        calls.append(len(tiles))
        return pixels_of(tiles)

    curves = perturbation_curves(NOISE, maps, watched, spec)
    assert calls == [AT_ONCE, 2 + 2 * 6 * 2 - AT_ONCE]
    ties, plain = random_order(SIDE, 8), blurred(NOISE)
    for name, values in maps.items():
        ranked = [(-values[at], -ties[at], at) for at in np.ndindex(SIDE, SIDE)]
        pixels = [at for *_, at in sorted(ranked)]
        for step in range(8):
            count = round(SIDE**2 * step / 7)
            assert curves.fractions[step] == count / SIDE**2
            deleted, inserted = NOISE.copy(), plain.copy()
            for at in pixels[:count]:
                deleted[at], inserted[at] = plain[at], NOISE[at]
            np.testing.assert_array_equal(curves.features[name, "deletion"][step], deleted.ravel())
            np.testing.assert_array_equal(curves.features[name, "insertion"][step], inserted.ravel())


def test_a_flat_map_is_a_random_order() -> None:
    """The same one every time for a seed, another for another seed, even over the tile."""

    def curve(seed: int, **maps: Array) -> Curves:
        return perturbation_curves(NOISE, maps, pixels_of, CurveSpec(4, seed))

    assert sorted(random_order(SIDE, 6).ravel()) == list(range(SIDE**2))
    flat = np.full((SIDE, SIDE), 0.3)
    once = curve(6, flat=flat, random=random_order(SIDE, 6)).features
    np.testing.assert_array_equal(once["flat", "deletion"], once["random", "deletion"])
    np.testing.assert_array_equal(once["flat", "deletion"], curve(6, flat=flat).features["flat", "deletion"])
    assert (once["flat", "deletion"] != curve(7, flat=flat).features["flat", "deletion"]).any()
    gone = once["flat", "deletion"][1].reshape(NOISE.shape)[..., 0] != NOISE[..., 0]
    assert gone.sum() == SIDE**2 / 4
    counts = gone.reshape(2, HALF, 2, HALF).sum(axis=(1, 3))
    # Hypergeometric: mean 64, standard deviation 6.
    assert (abs(counts - 64) < 24).all()


TILE, HEADS = np.zeros((8, 8, 1), np.float32), [head_of(1.0)]
CURVES = Curves(np.array([0.0, 0.5, 1.0]), {("map", "deletion"): np.zeros((3, 1))})


def curves_of(**maps: Array) -> Curves:
    """Curves of a black tile."""
    return perturbation_curves(TILE, maps, lambda tiles: tiles.mean(axis=(1, 2)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: CURVES.scores(HEADS, -1), "target -1 is no class"),
        (lambda: CurveSpec(steps=1), "steps 1 must be at least 2"),
        (lambda: curves_of(), "orders is empty"),
        (lambda: curves_of(map=np.zeros((4, 4))), r"order 'map' of shape \(4, 4\) must be \(8, 8\)"),
        (lambda: curves_of(map=np.full((8, 8), np.nan)), "finite values"),
        (lambda: CURVES.scores(HEADS, 2), "target 2 is no class"),
        (lambda: CURVES.scores([], 0), "heads is empty"),
        (lambda: perturbation_curves(TILE[:5], {"map": TILE[:5, :, 0]}, pixels_of), "the tile has shape"),
        (lambda: CURVES.area(np.zeros(4)), r"curve has shape \(4,\); expected \(…, 3\)"),
    ],
)
def test_refusals(call: Callable[[], object], message: str) -> None:
    """What does not fit is refused in a sentence."""
    with pytest.raises(ArgumentError, match=message):
        call()
