"""Maps and gradients of heads on the frozen network: against Keras' own tape, by hand, and tf-keras-vis."""

import gc
import warnings
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any, Literal

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from tests.models.kerasmaps import guided_copy, score_of, taped

from hcs_models.backbone import BLOCKS, BackboneSpec, load_backbone
from hcs_models.features import FeatureSpec
from hcs_models.headgradient import log_odds, random_head, score_gradient
from hcs_models.saliency import ForwardPass, SaliencyNetwork, load_saliency_network, upsampled
from hcs_models.saved import joined_model
from hcs_models.trained import TrainedHead
from hcs_models.weights import Weights, expected_shapes, load_arrays
from hcs_plates.errors import ArgumentError

Array = npt.NDArray[Any]
Way = Literal["direct", "winograd"]
LAST = {"block1": "conv2", "block2": "conv2", "block3": "conv3", "block4": "conv3", "block5": "conv3"}
SIDE, N = 64, 2
NOISE = np.random.default_rng(4).normal(size=(N, SIDE, SIDE, 3))
TILES = (300 * ndimage.gaussian_filter(NOISE, (0, 1.5, 1.5, 0))).astype(np.float32)
"""Blurred noise as the network takes it, a deviation of about 56 levels: slopes and plains, no two alike."""


def head_for(features: Array, classes: int = 2) -> TrainedHead:
    """A head of one hidden layer, standardised for these features, with weights at random."""
    rng = np.random.default_rng(features.shape[1])
    shapes = [(features.shape[1], 6), (6,), (6, classes), (classes,)]
    arrays = [rng.normal(0, 0.2, shape).astype(np.float32) for shape in shapes]
    about = {"dropout": 0.5, "l2": 1e-4}
    scale = (features.std(axis=0) + features.std()).astype(np.float32)
    return TrainedHead(arrays, features.mean(axis=0), scale, about, pd.DataFrame(), 1)


def close(found: Array, expected: Array, share: float = 1e-3) -> None:
    """Equal to within a share of the greatest value, which is above 0."""
    most = np.abs(expected).max()
    assert most > 0
    np.testing.assert_allclose(found, expected, rtol=0, atol=share * most)


@pytest.fixture(scope="module")
def oracle() -> dict[str, ModuleType]:
    """Give tf-keras-vis, whose imports are older than SciPy's names.

    It ships a package called tests, which hides ours from worker processes: `.ci/run` installs it last.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pytest.importorskip("tf_keras_vis", reason="tests/interop/requirements-saliency.txt is not installed")
        from tf_keras_vis import gradcam, saliency
        from tf_keras_vis.utils import model_modifiers
    return {"gradcam": gradcam, "saliency": saliency, "modifiers": model_modifiers}


@pytest.fixture(scope="module")
def arrays(weights: Weights) -> list[Array]:
    """Give the real kernels and biases."""
    return load_arrays(weights)


@pytest.fixture(scope="module")
def network(arrays: list[Array]) -> SaliencyNetwork:
    """Give the real network to blocks 2 and 3, in direct convolutions."""
    return SaliencyNetwork(arrays, ("block2", "block3"), "avg", convolution="direct")


@pytest.fixture(scope="module")
def passed(network: SaliencyNetwork) -> ForwardPass:
    """Give two tiles on their way, from the pixels on."""
    return network.forward(TILES)


@pytest.fixture(scope="module")
def gradient(passed: ForwardPass) -> Array:
    """Give a head's gradient in their features."""
    return score_gradient(head_for(passed.features), passed.features, 1)


def test_vgg16_against_tf_keras_vis(oracle: dict[str, ModuleType], weights: Weights) -> None:
    """Maps of a middle and the last block, plain and guided gradients of the real network; five digits."""
    spec = FeatureSpec(BackboneSpec(weights, ("block3",)))
    network = SaliencyNetwork(load_arrays(weights), ("block3",), "avg", convolution="direct")
    passed, score = network.forward(TILES), score_of(1)
    head = head_for(passed.features)
    joined = joined_model(head, spec)
    logits = keras.Model(joined.inputs, joined.get_layer("logits").output)
    gradcam = oracle["gradcam"].Gradcam(logits, clone=True)
    maps = passed.maps(score_gradient(head, passed.features, 1))
    for block in ("block2", "block3"):
        layer = f"{block}_{LAST[block]}"
        expected = gradcam(score, TILES, penultimate_layer=layer, expand_cam=False, normalize_cam=False)
        close(maps[block], expected, 1e-5)
    made = {}
    for guided, modifier in ((False, None), (True, oracle["modifiers"].GuidedBackpropagation())):
        theirs = oracle["saliency"].Saliency(logits, model_modifier=modifier, clone=True)
        expected = theirs(score, TILES, keepdims=True, gradient_modifier=None, normalize_map=False)
        slopes = score_gradient(head, passed.features, 1, guided=guided)
        made[guided] = network.forward(TILES, guided=guided).pixel_gradient(slopes)
        close(made[guided], expected, 1e-5)
    assert np.corrcoef(made[False].ravel(), made[True].ravel())[0, 1] < 0.5


@pytest.mark.parametrize(
    ("blocks", "pool", "classes", "way"),
    [
        pytest.param(("block5", "block2"), "avg", 3, "direct", marks=pytest.mark.slow),
        pytest.param(("block5", "block2"), "avg", 3, "winograd", marks=pytest.mark.slow),
        (("block3",), "flatten", 2, "direct"),
        pytest.param(("block3",), "flatten", 2, "winograd", marks=pytest.mark.slow),
        (("block1",), "avg", 2, "direct"),
    ],
)
def test_the_same_as_the_joined_model_on_keras_own_tape(
    weights: Weights, arrays: list[Array], blocks: tuple[str, ...], pool: Any, classes: int, way: Way
) -> None:
    """Features, every block's map and the pixels' gradients, plain and guided, to 1e-3 of their greatest.

    Where two outputs are alike to the sixth digit, Winograd's convolutions may pool the other one, and the
    neighbour gets the gradient: of pixels, a few in a thousand may differ by more then. Guided is not plain.
    """
    spec = FeatureSpec(BackboneSpec(weights, blocks, pool))
    network = SaliencyNetwork(arrays, blocks, pool, convolution=way)
    features = load_backbone(spec.backbone).features(TILES)
    close(network.features(TILES), features, 1e-5)
    passed = network.forward(TILES)
    close(passed.features, features, 1e-5)
    head, target = head_for(features, classes), classes - 1
    model = joined_model(head, spec)
    maps = passed.maps(score_gradient(head, passed.features, target))
    assert tuple(maps) == network.blocks == BLOCKS[: BLOCKS.index(max(blocks)) + 1]
    *expected, plain = taped(model, TILES, target, [f"{block}_{LAST[block]}" for block in maps])
    for found, one in zip(maps.values(), expected, strict=True):
        close(found, one)
    (guided,) = taped(guided_copy(model), TILES, target)
    assert np.corrcoef(plain.ravel(), guided.ravel())[0, 1] < 0.9
    for asked, one in ((False, plain), (True, guided)):
        slopes = score_gradient(head, passed.features, target, guided=asked)
        found = network.forward(TILES, guided=asked).pixel_gradient(slopes)
        apart = np.abs(found - one) > 1e-3 * np.abs(one).max()
        assert apart.mean() <= (0.005 if way == "winograd" else 0)
        assert np.corrcoef(found.ravel(), one.ravel())[0, 1] > 0.9999


def test_the_gradient_is_that_of_finite_differences(network: SaliencyNetwork, passed: ForwardPass) -> None:
    """Along the gradient itself, a step changes the log-odds by the step times its length."""
    head = head_for(passed.features)
    slope = passed.pixel_gradient(score_gradient(head, passed.features, 1))[:1].astype(np.float64)
    step = 0.02 * slope / np.abs(slope).max()
    ahead, behind = (
        log_odds(head, network.features((TILES[:1] + sign * step).astype(np.float32)), 1)[0]
        for sign in (1, -1)
    )
    assert ahead - behind == pytest.approx(2 * (slope * step).sum(), rel=0.02)


def test_since_a_block(network: SaliencyNetwork, passed: ForwardPass, gradient: Array) -> None:
    """Only maps from there on are given, the same bits, and the pixels are out of reach."""
    whole = passed.maps(gradient)
    assert [one.shape for one in whole.values()] == [(N, side, side) for side in (64, 32, 16)]
    late = network.forward(TILES, "block2")
    np.testing.assert_array_equal(late.features, passed.features)
    part = late.maps(gradient)
    assert tuple(part) == ("block2", "block3")
    for block, found in part.items():
        np.testing.assert_array_equal(found, whole[block])
    with pytest.raises(ArgumentError, match="starts at a block; make it with since='pixels'"):
        late.pixel_gradient(gradient)


def test_a_tile_s_company_does_not_matter(
    network: SaliencyNetwork, passed: ForwardPass, gradient: Array
) -> None:
    """One tile alone gives what it gives in company, to the sixth digit."""
    alone = network.forward(TILES[1:])
    close(alone.features, passed.features[1:], 1e-6)
    together = passed.maps(gradient)
    for block, found in alone.maps(gradient[1:]).items():
        close(found, together[block][1:], 1e-4)


def test_many_heads_share_one_forward_pass(passed: ForwardPass, gradient: Array) -> None:
    """Whatever other heads went back before or at the same time; the way back adds up over heads."""
    features = passed.features
    others = [score_gradient(random_head(head_for(features), seed), features, 0) for seed in range(3)]
    first = passed.pixel_gradient(gradient)
    with ThreadPoolExecutor(2) as pool:
        each = list(pool.map(passed.pixel_gradient, [*others, gradient]))
    np.testing.assert_array_equal(each[-1], first)
    close(passed.pixel_gradient(np.sum([*others, gradient], axis=0)), np.sum(each, axis=0), 1e-5)
    assert not np.allclose(each[0], each[1], atol=0.1 * np.abs(first).max())


def test_a_pass_that_is_let_go_is_freed(network: SaliencyNetwork) -> None:
    """Without the garbage collector: what a tape holds is most of a process's memory."""
    gc.collect()
    gc.disable()
    try:
        passed = network.forward(TILES, "block2")
        passed.maps(np.ones_like(passed.features))
        held = weakref.ref(passed._tape)
        del passed
        assert held() is None
    finally:
        gc.enable()


def passing_on(tap: tuple[int, int] = (1, 1)) -> list[Array]:
    """VGG-16 that hands on what it sees: the first kernel the mean colour from `tap`, others one channel."""
    arrays: list[Array] = [np.zeros(shape, dtype=np.float32) for shape in expected_shapes().values()]
    arrays[0][*tap, :, 0] = 1 / 3
    for kernel in arrays[2::2]:
        kernel[1, 1, 0, 0] = 1
    return arrays


def grey(levels: Array) -> Array:
    """One tile of grey levels as the network takes it."""
    return np.repeat(levels[None, ..., None], 3, axis=-1).astype(np.float32)


@pytest.mark.parametrize("way", ["direct", "winograd"])
def test_what_looks_at_one_corner_lights_that_corner(way: Way) -> None:
    """Features of block 3, of which a head sees the lower left corner alone: 8 × 8 pixels, no other."""
    network = SaliencyNetwork(passing_on(), ("block3",), "flatten", convolution=way)
    levels = np.random.default_rng(6).uniform(1, 2, (SIDE, SIDE))
    gradient = np.zeros((1, 8, 8, 256))
    gradient[0, 7, 0, 0] = 1
    found = network.forward(grey(levels)).pixel_gradient(gradient.reshape(1, -1)).sum(axis=-1)[0]
    corner = np.zeros((SIDE, SIDE))
    brightest = np.unravel_index(levels[56:, :8].argmax(), (8, 8))
    corner[56 + brightest[0], brightest[1]] = 1
    np.testing.assert_allclose(found, corner, atol=1e-4)


def test_the_way_back_undoes_the_way_ahead() -> None:
    """Of a network that looks up and to the right, the gradient is where it looked: kernels are turned."""
    network = SaliencyNetwork(passing_on((0, 2)), ("block1",), "flatten", convolution="direct")
    levels = np.zeros((32, 32))
    levels[11, 20] = 5
    passed = network.forward(grey(levels))
    seen = passed.features.reshape(16, 16, 64)[..., 0]
    # The tap above and to the right of the middle moves the dot down and to the left.
    assert np.argwhere(seen).tolist() == [[6, 9]]
    found = passed.pixel_gradient((passed.features > 0).astype(float))
    assert np.argwhere(found[0, ..., 0]).tolist() == [[11, 20]]


def test_a_dot_is_where_it_is() -> None:
    """Moved over the tile by the cells of each block; the maps' centre of mass, upsampled, is the dot's."""
    network = SaliencyNetwork(passing_on(), ("block3",), "avg", convolution="direct")
    gradient = np.zeros((N, 256))
    gradient[:, 0] = 1
    y, x = np.indices((SIDE, SIDE))
    for block, stride in zip(BLOCKS[:3], (1, 2, 4), strict=True):
        places = [(1, 64 // stride - 2), (3, 2)]
        levels = np.zeros((N, SIDE, SIDE))
        for one, (row, column) in zip(levels, places, strict=True):
            one[row * stride : (row + 1) * stride, column * stride : (column + 1) * stride] = 9
        passed = network.forward(np.concatenate([grey(one) for one in levels]), block)
        maps = upsampled(passed.maps(gradient)[block], SIDE, stride)
        for one, light in zip(maps.astype(float), levels, strict=True):
            for axis in (y, x):
                centre, expected = (one * axis).sum() / one.sum(), (light * axis).sum() / light.sum()
                assert centre == pytest.approx(expected, abs=1e-4)


def test_loaded_once(weights: Weights) -> None:
    """Asked again the same object, on any thread, whatever the arithmetic; shuffled ones are built anew."""
    spec = BackboneSpec(weights, ("block1",))
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(load_saliency_network, [spec] * 4))
    assert all(one is made[0] for one in made)
    other = BackboneSpec(weights, ("block1",), convolution="winograd")
    assert load_saliency_network(other) is made[0]
    assert load_saliency_network(spec, shuffled=1) is not load_saliency_network(spec, shuffled=1)
    close(made[0].features(TILES), load_backbone(spec).features(TILES), 1e-5)


@pytest.mark.slow
def test_shuffled_networks_see_the_image_and_know_nothing(weights: Weights) -> None:
    """Tiles differ in their features, about half of which are open; seeds do not agree.

    A network whose rectifiers are closed would give every image the same map, and no control.
    """
    spec = BackboneSpec(weights, BLOCKS)
    first, again, other = (load_saliency_network(spec, shuffled=seed).features(TILES) for seed in (1, 1, 2))
    start = 0
    for width in (64, 128, 256, 512, 512):
        features = first[:, start : start + width]
        assert np.mean(features > 0.1 * features.mean()) > 0.2
        assert np.abs(features[0] - features[1]).mean() > 0.05 * features.mean()
        start += width
    np.testing.assert_array_equal(first, again)
    trained = load_backbone(spec).features(TILES)
    for one in (other, trained):
        last = slice(-512, None)
        assert abs(np.corrcoef(first[:, last].mean(axis=0), one[:, last].mean(axis=0))[0, 1]) < 0.3


Call = Callable[[SaliencyNetwork, ForwardPass, Array], object]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda net, *_: net.forward(TILES[0]), r"a batch has shape \(n, y, x, 3\) with n from 1, not"),
        (lambda net, *_: net.forward(TILES[..., :1]), r"not \(2, 64, 64, 1\)"),
        (lambda net, *_: net.forward(TILES[:0]), r"not \(0, 64, 64, 3\)"),
        (
            lambda net, *_: net.forward(TILES[:, :31]),
            "images of 31 × 64 are too small for VGG-16; the smallest",
        ),
        (lambda _, one, rows: one.maps(rows[:1]), r"shape \(1, 384\) and the .* \(2, 384\); give"),
        (lambda _, one, rows: one.maps(rows[:, :128]), r"has shape \(2, 128\)"),
        (lambda _, one, rows: one.pixel_gradient(rows[0]), r"has shape \(384,\)"),
        (lambda net, *_: net.forward(TILES, "block9"), "VGG-16 has no block 'block9'"),
        (lambda net, *_: net.forward(TILES, "block4"), "block2 and block3 do not depend on block4"),
    ],
)
def test_refusals(
    call: Call, message: str, network: SaliencyNetwork, passed: ForwardPass, gradient: Array
) -> None:
    """What does not fit is refused in a sentence, before TensorFlow sees it."""
    with pytest.raises(ArgumentError, match=message):
        call(network, passed, gradient)


grids = st.tuples(st.integers(1, 9), st.sampled_from([1, 2, 4, 8, 16]), st.integers(0, 15)).map(
    lambda grid: (grid[0], grid[1], grid[0] * grid[1] + grid[2] % grid[1])
)


@given(grids, st.integers(0, 999))
def test_upsampling_is_linear_between_the_cells_middles(grid: tuple[int, int, int], seed: int) -> None:
    """Along rows and columns as `np.interp` has it; also where the side is no multiple of the stride."""
    cells, stride, side = grid
    maps = np.random.default_rng(seed).normal(size=(2, cells, cells))
    middles = (np.arange(cells) + 0.5) * stride - 0.5
    pixels = np.arange(side)
    rows = np.apply_along_axis(lambda line: np.interp(pixels, middles, line), 2, maps)
    expected = np.apply_along_axis(lambda line: np.interp(pixels, middles, line), 1, rows)
    found = upsampled(maps, side, stride)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)


@given(grids, st.floats(-100, 100, width=32))
def test_a_constant_stays_a_constant(grid: tuple[int, int, int], level: float) -> None:
    """Everywhere, up to the last pixel."""
    cells, stride, side = grid
    found = upsampled(np.full((1, cells, cells), level), side, stride)
    np.testing.assert_allclose(found, np.full((1, side, side), level, np.float32), rtol=1e-6)


@given(st.integers(1, 7), st.integers(1, 7), st.sampled_from([1, 2, 4, 8]))
def test_nothing_is_shifted(row: int, column: int, stride: int) -> None:
    """The centre of mass of one cell is the middle of its pixels."""
    maps = np.zeros((1, 9, 9))
    maps[0, row, column] = 1
    (found,) = upsampled(maps, 9 * stride, stride).astype(np.float64)
    y, x = np.indices(found.shape)
    centre = [(found * axis).sum() / found.sum() for axis in (y, x)]
    np.testing.assert_allclose(centre, [(row + 0.5) * stride - 0.5, (column + 0.5) * stride - 0.5], rtol=1e-6)
    assert found.sum() == pytest.approx(stride**2, rel=1e-6)


def test_no_maps_stay_no_maps() -> None:
    """An empty batch has an empty answer."""
    assert upsampled(np.zeros((0, 4, 4)), 35, 8).shape == (0, 35, 35)


@pytest.mark.parametrize("shape", [(2, 8, 8), (16, 16), (2, 17, 16), (2, 16, 15)])
def test_maps_of_another_stride_are_refused(shape: tuple[int, ...]) -> None:
    """They would lie elsewhere on the tile, and nothing would show it."""
    with pytest.raises(
        ArgumentError, match=r"of tiles of 64 pixels and a stride of 4 they are \(n, 16, 16\)"
    ):
        upsampled(np.zeros(shape), 64, 4)
