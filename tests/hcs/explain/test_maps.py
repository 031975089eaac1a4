"""Maps brought to one sum: means over heads, pixels, and each row's own class."""

from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import center_of_mass

from hcs.explain.maps import cams, gradients, guided, mean_map, save_maps, to_pixels, unit_sum
from hcs_models.headgradient import log_odds
from hcs_models.saliency import ForwardPass
from hcs_models.trained import TrainedHead

Array = npt.NDArray[Any]
VALUES = arrays(np.float64, (3, 4, 4), elements=st.floats(0, 100).map(lambda value: round(value, 3)))


@given(VALUES)
def test_every_map_sums_to_one_or_is_none(maps: Array) -> None:
    """Proportions stay; a map without anything is NaN throughout, not 0 and not infinite."""
    found = unit_sum(maps)
    assert found.dtype == np.float32
    for one, made in zip(maps, found, strict=True):
        if one.sum() == 0:
            assert np.isnan(made).all()
        else:
            assert made.sum(dtype=np.float64) == pytest.approx(1, abs=1e-5)
            assert made * one.sum() == pytest.approx(one, rel=1e-4)


def test_small_sums_are_still_maps() -> None:
    """What a head near certainty leaves is as good a map as any."""
    assert unit_sum(np.array([[[1e-30, 3e-30]]], dtype=np.float32)).tolist() == [[[0.25, 0.75]]]


def test_silent_heads_do_not_count_in_the_mean() -> None:
    """Of three heads one is silent on the first tile, two on the second, all on the third."""
    nothing = [[np.nan, np.nan]]
    heads = [
        np.array([[[0.2, 0.8]], [[0.5, 0.5]], nothing]),
        np.array([[[0.6, 0.4]], nothing, nothing]),
        np.array([nothing, nothing, nothing]),
    ]
    assert mean_map(heads) == pytest.approx(np.array([[[0.4, 0.6]], [[0.5, 0.5]], [[0.0, 0.0]]]))


@pytest.mark.parametrize(("block", "stride"), [("block1", 1), ("block2", 2), ("block3", 4), ("block5", 16)])
@pytest.mark.parametrize("side", [64, 70])
def test_a_hot_cell_lands_on_its_pixels(block: str, stride: int, side: int) -> None:
    """Its sum is 1, its middle is that of the cell's own pixels, and it fades out within one cell."""
    cells = side // stride
    cold = np.zeros((1, cells, cells), dtype=np.float32)
    cold[0, 1, 2] = 0.3
    grown = to_pixels(cold, block, side)[0]
    assert grown.shape == (side, side)
    assert grown.sum(dtype=np.float64) == pytest.approx(1, abs=1e-5)
    middle = 1.5 * stride - 0.5, 2.5 * stride - 0.5
    assert center_of_mass(grown) == pytest.approx(middle, abs=1e-3)
    own = grown[stride : 2 * stride, 2 * stride : 3 * stride]
    assert grown.max() == own.max()
    assert own.sum() >= 0.5
    assert not grown[3 * stride :].any()
    assert not grown[:, : 1 * stride].any()


@given(VALUES)
def test_maps_in_pixels_sum_to_one(maps: Array) -> None:
    """Silent ones stay silent, and do not touch those beside them."""
    whole = unit_sum(maps)
    grown = to_pixels(whole, "block3", 16)
    for one, made in zip(whole, grown, strict=True):
        if np.isnan(one).any():
            assert np.isnan(made).all()
        else:
            assert made.sum(dtype=np.float64) == pytest.approx(1, abs=1e-5)
            assert made.min() >= 0
    alone = np.concatenate([to_pixels(one[None], "block3", 16) for one in whole])
    assert np.array_equal(alone, grown, equal_nan=True)


def a_head(seed: int, weights: list[Array] | None = None) -> TrainedHead:
    """A head of three features, four hidden units and three classes."""
    rng = np.random.default_rng(seed)
    made = weights or [rng.normal(size=shape) for shape in ((3, 4), (4,), (4, 3), (3,))]
    arrays_of = [array.astype(np.float32) for array in made]
    mean, scale = rng.normal(size=3).astype(np.float32), rng.uniform(0.5, 2, 3).astype(np.float32)
    return TrainedHead(arrays_of, mean, scale, {}, pd.DataFrame(), 1)


def test_each_row_is_asked_about_its_own_class() -> None:
    """Gradients agree with central differences of that class's log-odds, whatever the others' classes are."""
    head, rng = a_head(1), np.random.default_rng(2)
    features, targets = rng.normal(size=(7, 3)), np.array([2, 0, 1, 1, 0, 2, 2])
    found, step = gradients(head, features, targets), 1e-6
    for row, target in enumerate(targets):
        for place in range(3):
            up, down = features[row : row + 1].copy(), features[row : row + 1].copy()
            up[0, place] += step
            down[0, place] -= step
            slope = (log_odds(head, up, int(target)) - log_odds(head, down, int(target)))[0] / (2 * step)
            assert found[row, place] == pytest.approx(slope, rel=1e-5, abs=1e-7)


def test_guided_gradients_pass_on() -> None:
    """A head whose hidden units all speak against class 0 has no guided gradient for it, but a plain one."""
    weights = [np.eye(3), np.full(3, 9.0), np.array([[-1.0, 1.0]] * 3), np.zeros(2)]
    head = a_head(0, weights)
    features, targets = np.ones((2, 3)), np.array([0, 1])
    assert gradients(head, features, targets).all()
    assert gradients(head, features, targets, guided=True).any(axis=1).tolist() == [False, True]


class Echo:
    """Stands for a forward pass since block 2: maps are the gradient's own values."""

    def __init__(self, features: Array) -> None:
        self.features = features

    def maps(self, gradient: Array) -> dict[str, Array]:
        """Give a map of two cells for every block."""
        values = np.maximum(gradient[:, None, :2], 0)
        return {"block2": values, "block3": 2 * values}

    def pixel_gradient(self, gradient: Array) -> Array:
        """Give a picture of two pixels: planes that add up to 3 and to -2."""
        planes = np.array([[[4.0, -2.0, 1.0], [1.0, 1.0, -4.0]]])
        speaking = np.asarray(gradient.any(axis=1), dtype=np.float64)
        return np.asarray(planes * speaking[:, None, None, None])


def test_maps_of_a_head() -> None:
    """All blocks of the pass, in order, each map of sum 1; a silent head's are NaN."""
    features = np.random.default_rng(3).normal(size=(4, 3)).astype(np.float32)
    passed = cast("ForwardPass", Echo(features))
    targets = np.array([0, 1, 1, 2])
    speaking = a_head(5)
    found = cams(passed, speaking, targets)
    assert tuple(found) == ("block2", "block3")
    slopes = np.maximum(gradients(speaking, features, targets)[:, :2], 0)
    silent = ~slopes.any(axis=1)
    assert silent.tolist() == np.isnan(found["block2"][:, 0]).any(axis=1).tolist()
    assert 0 < silent.sum() < 4
    expected = slopes[~silent] / slopes[~silent].sum(axis=1, keepdims=True)
    assert found["block2"][~silent, 0] == pytest.approx(expected)
    assert np.array_equal(found["block2"], found["block3"], equal_nan=True)
    diverged = a_head(5, [np.full((3, 4), np.inf), np.zeros(4), np.ones((4, 3)), np.zeros(3)])
    assert np.isnan(cams(passed, diverged, targets)["block3"]).all()


def test_guided_maps_are_of_the_grey_level() -> None:
    """Planes are added up before what lies below 0 is dropped."""
    passed = cast("ForwardPass", Echo(np.ones((1, 3), np.float32)))
    head = a_head(0, [np.eye(3), np.full(3, 9.0), np.array([[-1.0, 1.0]] * 3), np.zeros(2)])
    assert guided(passed, head, np.array([1])).tolist() == [[[1.0, 0.0]]]
    assert np.isnan(guided(passed, head, np.array([0]))).all()


def test_maps_are_kept(tmp_path: Path) -> None:
    """One packed file gives back what went in, by name."""
    maps: dict[str, Array] = {
        "block2": np.arange(8, dtype=np.float16).reshape(2, 2, 2),
        "guided": np.ones((2, 4, 4)),
    }
    save_maps(tmp_path / "maps.npz", maps)
    with np.load(tmp_path / "maps.npz") as stored:
        assert sorted(stored.files) == ["block2", "guided"]
        for name, one in maps.items():
            assert np.array_equal(stored[name], one)
            assert stored[name].dtype == one.dtype
