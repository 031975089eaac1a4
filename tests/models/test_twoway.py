"""The frozen network forward and back: the same features, maps and gradients as the joined Keras model's."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy import ndimage

from hcs_models.backbone import BATCH, Backbone, BackboneSpec, load_backbone
from hcs_models.features import FeatureSpec
from hcs_models.headgradient import random_head, score_gradient
from hcs_models.saliency import grad_cam, guided_gradients, upsampled
from hcs_models.saved import joined_model
from hcs_models.trained import TrainedHead
from hcs_models.twoway import Passage, TwoWayNetwork, check_block, load_two_way, shuffled_arrays
from hcs_models.weights import Weights, expected_shapes, load_arrays
from hcs_plates.errors import ArgumentError

Array = npt.NDArray[Any]
Way = Literal["direct", "winograd"]
BLOCKS = ("block1", "block2", "block3", "block4", "block5")
LAST = {"block1": "conv2", "block2": "conv2", "block3": "conv3", "block4": "conv3", "block5": "conv3"}
SIDE = 64


NOISE = np.random.default_rng(4).normal(size=(3, SIDE, SIDE, 3))
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
def arrays(weights: Weights) -> list[Array]:
    """Give the real kernels and biases."""
    return load_arrays(weights)


@pytest.fixture(scope="module")
def network(arrays: list[Array]) -> TwoWayNetwork:
    """Give the real network to blocks 4 and 5, back to the pixels, in direct convolutions."""
    return TwoWayNetwork(arrays, ("block4", "block5"), "avg", convolution="direct")


@pytest.fixture(scope="module")
def passage(network: TwoWayNetwork) -> Passage:
    """Give three tiles on their way."""
    return network.forward(TILES)


@pytest.fixture(scope="module")
def gradient(passage: Passage) -> Array:
    """Give a head's gradient in their features."""
    return score_gradient(head_for(passage.features), passage.features, 1)


@pytest.mark.parametrize(
    ("blocks", "pool", "classes", "way"),
    [
        pytest.param(("block5", "block2"), "avg", 3, "direct", marks=pytest.mark.slow),
        pytest.param(("block5", "block2"), "avg", 3, "winograd", marks=pytest.mark.slow),
        (("block4",), "flatten", 2, "direct"),
        pytest.param(("block3",), "flatten", 2, "winograd", marks=pytest.mark.slow),
        (("block1",), "avg", 2, "direct"),
    ],
)
def test_the_same_as_the_joined_model(
    weights: Weights, arrays: list[Array], blocks: tuple[str, ...], pool: Any, classes: int, way: Way
) -> None:
    """Features, every block's map and the pixels' gradients, plain and guided, to 1e-3 of their greatest.

    Where two outputs are alike to the sixth digit, Winograd's convolutions may pool the other one, and the
    neighbour gets the gradient: of pixels, a few in a thousand may differ by more then.
    """
    spec = FeatureSpec(BackboneSpec(weights, blocks, pool))
    network = TwoWayNetwork(arrays, blocks, pool, convolution=way)
    passage = network.forward(TILES)
    features = load_backbone(spec.backbone).features(TILES)
    close(passage.features, features, 1e-5)
    head = head_for(features, classes)
    model = joined_model(head, spec)
    last, target = BLOCKS.index(max(blocks)) + 1, classes - 1
    maps = network.maps(passage, score_gradient(head, passage.features, target))
    assert tuple(maps) == network.blocks[::-1] == BLOCKS[:last][::-1]
    for block, found in maps.items():
        close(found, grad_cam(model, TILES, f"{block}_{LAST[block]}", target))
    for guided in (False, True):
        gradient = score_gradient(head, passage.features, target, guided=guided)
        found = network.pixel_gradient(passage, gradient, guided=guided)
        expected = guided_gradients(model, TILES, target, guided=guided)
        apart = np.abs(found - expected) > 1e-3 * np.abs(expected).max()
        assert apart.mean() <= (0.005 if way == "winograd" else 0)
        assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.9999


def test_features_are_those_that_heads_were_trained_on(passage: Passage, backbone: Backbone) -> None:
    """As `load_backbone` gives them for the same blocks, in their order."""
    np.testing.assert_allclose(passage.features, backbone.features(TILES), rtol=1e-5, atol=1e-4)


def test_as_far_as_asked(network: TwoWayNetwork, passage: Passage, gradient: Array) -> None:
    """`down_to` leaves out what comes before; what is given is the same."""
    whole = network.maps(passage, gradient)
    assert [one.shape for one in whole.values()] == [(3, side, side) for side in (4, 8, 16, 32, 64)]
    for first, block in enumerate(BLOCKS):
        part = network.maps(passage, gradient, down_to=block)
        assert tuple(part) == BLOCKS[first:][::-1]
        for name, found in part.items():
            np.testing.assert_allclose(found, whole[name], rtol=1e-5, atol=1e-6 * whole[name].max())


def test_made_for_maps_alone(
    arrays: list[Array], network: TwoWayNetwork, passage: Passage, gradient: Array
) -> None:
    """Since block 4: less is kept, the maps are the same, and the pixels are out of reach."""
    late = TwoWayNetwork(arrays, ("block4", "block5"), "avg", since="block4", convolution="direct")
    ahead = late.forward(TILES)
    assert late.blocks == ("block4", "block5")
    assert (len(ahead.kept), len(passage.kept)) == (4, 13)
    np.testing.assert_array_equal(ahead.features, passage.features)
    maps, expected = late.maps(ahead, gradient), network.maps(passage, gradient, down_to="block4")
    assert maps.keys() == expected.keys()
    for block, found in maps.items():
        np.testing.assert_allclose(found, expected[block], rtol=1e-5, atol=1e-6 * found.max())
    with pytest.raises(ArgumentError, match="keeps nothing before block4; make it with since='pixels'"):
        late.pixel_gradient(ahead, gradient)


def test_batches_are_filled_up(network: TwoWayNetwork, passage: Passage, gradient: Array) -> None:
    """One tile alone gives the same bits as in company, and nothing of what fills the batch comes out."""
    alone = network.forward(TILES[1:2])
    np.testing.assert_array_equal(alone.features, passage.features[1:2])
    maps, together = network.maps(alone, gradient[1:2]), network.maps(passage, gradient)
    for block, found in maps.items():
        assert len(found) == 1
        np.testing.assert_array_equal(found[0], together[block][1])
    pixels = network.pixel_gradient(alone, gradient[1:2])
    assert pixels.shape == (1, SIDE, SIDE, 3)
    np.testing.assert_array_equal(pixels[0], network.pixel_gradient(passage, gradient)[1])


def test_many_heads_share_one_passage(network: TwoWayNetwork, passage: Passage, gradient: Array) -> None:
    """Whatever other heads went back before or at the same time; the way back adds up over heads."""
    features = passage.features
    others = [score_gradient(random_head(head_for(features), seed), features, 0) for seed in range(4)]
    kept = [one.numpy() for one in passage.kept]
    first = network.pixel_gradient(passage, gradient)
    with ThreadPoolExecutor(2) as pool:
        each = list(pool.map(lambda one: network.pixel_gradient(passage, one), [*others, gradient]))
    np.testing.assert_array_equal(each[-1], first)
    close(network.pixel_gradient(passage, np.sum([*others, gradient], axis=0)), np.sum(each, axis=0), 1e-5)
    assert not np.allclose(each[0], each[1], atol=0.1 * np.abs(first).max())
    for one, before in zip(passage.kept, kept, strict=True):
        np.testing.assert_array_equal(one, before)


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
    network = TwoWayNetwork(passing_on(), ("block3",), "flatten", convolution=way)
    levels = np.random.default_rng(6).uniform(1, 2, (SIDE, SIDE))
    passage = network.forward(grey(levels))
    gradient = np.zeros((1, 8, 8, 256))
    gradient[0, 7, 0, 0] = 1
    found = network.pixel_gradient(passage, gradient.reshape(1, -1)).sum(axis=-1)[0]
    corner = np.zeros((SIDE, SIDE))
    brightest = np.unravel_index(levels[56:, :8].argmax(), (8, 8))
    corner[56 + brightest[0], brightest[1]] = 1
    np.testing.assert_allclose(found, corner, atol=1e-4)


def test_the_way_back_undoes_the_way_ahead() -> None:
    """Of a network that looks up and to the right, the gradient is where it looked: kernels are turned."""
    network = TwoWayNetwork(passing_on((0, 2)), ("block1",), "flatten", convolution="direct")
    levels = np.zeros((32, 32))
    levels[11, 20] = 5
    passage = network.forward(grey(levels))
    seen = passage.features.reshape(16, 16, 64)[..., 0]
    # The tap above and to the right of the middle moves the dot down and to the left.
    assert np.argwhere(seen).tolist() == [[6, 9]]
    found = network.pixel_gradient(passage, (passage.features > 0).astype(float))
    assert np.argwhere(found[0, ..., 0]).tolist() == [[11, 20]]


def test_a_dot_is_where_it_is() -> None:
    """Moved over the tile by the cells of each block; the maps' centre of mass, upsampled, is the dot's."""
    network = TwoWayNetwork(passing_on(), ("block4",), "avg", since="block1", convolution="direct")
    gradient = np.zeros((BATCH, 512))
    gradient[:, 0] = 1
    y, x = np.indices((SIDE, SIDE))
    for block, stride in zip(BLOCKS[:4], (1, 2, 4, 8), strict=True):
        places = [(1, 1), (1, 64 // stride - 2), (3, 2), (64 // stride - 2, 3)]
        levels = np.zeros((BATCH, SIDE, SIDE))
        for one, (row, column) in zip(levels, places, strict=True):
            one[row * stride : (row + 1) * stride, column * stride : (column + 1) * stride] = 9
        passage = network.forward(np.concatenate([grey(one) for one in levels]))
        maps = upsampled(network.maps(passage, gradient, down_to=block)[block], SIDE, stride)
        for one, light in zip(maps.astype(float), levels, strict=True):
            for axis in (y, x):
                centre, expected = (one * axis).sum() / one.sum(), (light * axis).sum() / light.sum()
                assert centre == pytest.approx(expected, abs=1e-4)


def test_loaded_once(weights: Weights) -> None:
    """Asked again the same object, on any thread; for maps alone another; shuffled ones are built anew."""
    spec = BackboneSpec(weights, ("block2",), precision="bfloat16")
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(load_two_way, [spec] * 4))
    assert all(one is made[0] for one in made)
    assert load_two_way(spec, "block2") is not made[0]
    assert load_two_way(spec, shuffled=1) is not load_two_way(spec, shuffled=1)
    features = made[0].forward(TILES).features
    close(features, load_backbone(BackboneSpec(weights, ("block2",))).features(TILES), 1e-5)


def test_shuffled_weights_are_the_layers_own(arrays: list[Array]) -> None:
    """Every kernel's values are there, elsewhere, but for one shift and one factor; the seed decides."""
    before = [array.copy() for array in arrays]
    first, again, other = (shuffled_arrays(arrays, seed) for seed in (1, 1, 2))
    for place, (array, was) in enumerate(zip(arrays, before, strict=True)):
        np.testing.assert_array_equal(array, was)
        np.testing.assert_array_equal(first[place], again[place])
        assert (first[place].shape, first[place].dtype) == (array.shape, array.dtype)
        if place % 2:
            assert not first[place].any()
            continue
        values = np.sort(array, axis=None).astype(float)
        standard = (values - values.mean()) / values.std()
        # He's variance: 2 over the inputs of one output.
        expected = standard * np.sqrt(2 / np.prod(array.shape[:3]))
        np.testing.assert_allclose(np.sort(first[place], axis=None), expected, rtol=1e-4, atol=1e-7)
        for one in (array, other[place]):
            assert abs(np.corrcoef(first[place].ravel(), one.ravel())[0, 1]) < 0.1


@pytest.mark.slow
def test_shuffled_networks_see_the_image_and_know_nothing(weights: Weights) -> None:
    """About half of every layer's rectifiers are open; tiles differ in their features; seeds do not agree.

    A network whose rectifiers are closed would give every image the same map, and no control.
    """
    spec = BackboneSpec(weights, ("block5",))
    first, again, other = (load_two_way(spec, shuffled=seed).forward(TILES) for seed in (1, 1, 2))
    for output in first.kept:
        image = output.numpy()[: len(TILES)]
        assert 0.2 < np.mean(image > 0) < 0.8
        assert np.abs(image[0] - image[1]).mean() > 0.05 * image.mean()
    np.testing.assert_array_equal(first.features, again.features)
    trained = load_backbone(spec).features(TILES)
    for one in (other.features, trained):
        assert abs(np.corrcoef(first.features.mean(axis=0), one.mean(axis=0))[0, 1]) < 0.3


Call = Callable[[TwoWayNetwork, Passage, Array], object]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda net, *_: net.forward(TILES[0]), r"a batch has shape \(n, y, x, 3\) with n from 1 to 4, not"),
        (lambda net, *_: net.forward(TILES[..., :1]), r"not \(3, 64, 64, 1\)"),
        (lambda net, *_: net.forward(TILES[:0]), r"not \(0, 64, 64, 3\)"),
        (lambda net, *_: net.forward(np.repeat(TILES, 2, axis=0)), r"not \(6, 64, 64, 3\)"),
        (
            lambda net, *_: net.forward(TILES[:, :31]),
            "images of 31 × 64 are too small for VGG-16; the smallest",
        ),
        (
            lambda net, ahead, rows: net.maps(ahead, rows[:2]),
            r"shape \(2, 1024\) and the .* \(3, 1024\); give",
        ),
        (lambda net, ahead, rows: net.maps(ahead, rows[:, :512]), r"has shape \(3, 512\)"),
        (lambda net, ahead, rows: net.pixel_gradient(ahead, rows[0]), r"has shape \(1024,\)"),
        (
            lambda net, ahead, rows: net.maps(ahead, rows, "blok4"),
            "no maps of 'blok4'; did you mean 'block4'?",
        ),
        (lambda *_: TwoWayNetwork([], ("block2",), "avg", since="block9"), "VGG-16 has no block 'block9'"),
        (lambda *_: TwoWayNetwork([], ("block2",), "avg", since="block3"), "block2 do not depend on block3"),
        (lambda *_: check_block("pixels", BLOCKS), "VGG-16 has no block 'pixels'"),
        (
            lambda *_: check_block("block5", ("block3", "block1")),
            "of block3 and block1 do not depend on block5",
        ),
    ],
)
def test_refusals(
    call: Call, message: str, network: TwoWayNetwork, passage: Passage, gradient: Array
) -> None:
    """What does not fit is refused in a sentence, before TensorFlow sees it."""
    with pytest.raises(ArgumentError, match=message):
        call(network, passage, gradient)


def test_blocks_by_number() -> None:
    """A block is one that features depend on if it comes no later than their last."""
    assert [check_block(block, ("block2", "block4")) for block in BLOCKS[:4]] == [1, 2, 3, 4]
