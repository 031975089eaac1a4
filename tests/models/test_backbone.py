"""The frozen VGG-16, held against independent forward passes."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from scipy.signal import correlate

from hcs_models.backbone import Backbone, BackboneSpec, check_block, load_backbone
from hcs_models.weights import LAYERS, Weights, load_arrays
from hcs_plates.errors import ArgumentError

IMAGES = np.random.default_rng(8).uniform(-120, 150, (5, 64, 64, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def blocks(weights: Weights) -> list[np.ndarray]:
    """Each block's pooled maps of the first image, computed with SciPy alone."""
    arrays = load_arrays(weights)
    maps = IMAGES[0].astype(np.float64)
    pooled = []
    for layer, kernel, bias in zip(LAYERS, arrays[::2], arrays[1::2], strict=True):
        padded = np.pad(maps, ((1, 1), (1, 1), (0, 0)))
        rows, columns = maps.shape[:2]
        # A 3 × 3 correlation is nine shifted matrix products; scipy confirms it on one output channel.
        maps = bias.astype(np.float64) + sum(
            padded[dy : dy + rows, dx : dx + columns] @ kernel[dy, dx] for dy in range(3) for dx in range(3)
        )
        one = correlate(padded, kernel[..., 0], mode="valid", method="direct")[..., 0] + bias[0]
        np.testing.assert_allclose(maps[..., 0], one, rtol=1e-6, atol=1e-6)
        maps = np.maximum(maps, 0)
        if layer in ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3"):
            maps = maps.reshape(rows // 2, 2, columns // 2, 2, -1).max(axis=(1, 3))
            pooled.append(maps)
    return pooled


def test_features_are_the_mean_of_each_blocks_pooled_maps(
    backbone: Backbone, blocks: list[np.ndarray]
) -> None:
    """Blocks 4 and 5 joined in that order, as NumPy and SciPy compute them from the same file."""
    expected = np.concatenate([blocks[3].mean(axis=(0, 1)), blocks[4].mean(axis=(0, 1))])
    features = backbone.features(IMAGES[:1])
    assert features.shape == (1, 1024)
    np.testing.assert_allclose(features[0], expected, rtol=1e-3, atol=1e-3)


def test_flattened_features_are_the_block_itself(weights: Weights, blocks: list[np.ndarray]) -> None:
    """`flatten` gives every value of the block, rows first, channels last."""
    spec = BackboneSpec(weights, ("block3",), pool="flatten")
    features = load_backbone(spec).features(IMAGES[:1])
    assert features.shape == (1, spec.n_features(64)) == (1, 8 * 8 * 256)
    np.testing.assert_allclose(features.reshape(blocks[2].shape), blocks[2], rtol=1e-3, atol=1e-2)


def test_batches_and_threads_give_the_same_bits(backbone: Backbone) -> None:
    """Features depend on the image alone, not on its company nor on who asks at the same time."""
    whole = backbone.features(IMAGES)
    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(backbone.features, [IMAGES[:2], IMAGES[2:3], IMAGES[3:]]))
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_the_network_is_loaded_once_frozen_and_flat(backbone: Backbone) -> None:
    """Asking again gives the same object; nothing in it can learn; its layers are VGG-16's own."""
    assert load_backbone(backbone.spec) is backbone
    assert backbone.model.trainable_variables == []
    assert backbone.model.get_layer("block1_conv1").kernel.shape == (3, 3, 3, 64)
    assert backbone.engine.notice == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features_at": ("block6",)}, "features_at names no block 'block6'; did you mean"),
        ({"features_at": ()}, "must name at least one block"),
        ({"features_at": ("block5", "block5")}, "each once"),
        ({"pool": "max"}, "pool 'max' is unknown"),
        ({"features_at": ("block4", "block5"), "pool": "flatten"}, "'flatten' takes one block, not 2"),
    ],
)
def test_refused_specifications(change: dict[str, Any], message: str, weights: Weights) -> None:
    """What cannot be is refused in a sentence."""
    with pytest.raises(ArgumentError, match=message):
        BackboneSpec(**{"weights": weights, **change})


@pytest.mark.parametrize(
    ("shape", "message"),
    [((1, 64, 64, 1), r"shape \(n, y, x, 3\)"), ((1, 16, 16, 3), "16 × 16 are too small for VGG-16")],
)
def test_refused_images(shape: tuple[int, ...], message: str, backbone: Backbone) -> None:
    """Images the network cannot take are refused before TensorFlow sees them."""
    with pytest.raises(ArgumentError, match=message):
        backbone.features(np.zeros(shape, dtype=np.float32))


@pytest.mark.parametrize(
    ("block", "message"),
    [("pixels", "VGG-16 has no block 'pixels'"), ("block5", "of block3 and block1 do not depend on block5")],
)
def test_blocks_that_features_do_not_depend_on(block: str, message: str) -> None:
    """Are refused; those that come no later than the last one have their number."""
    assert [check_block(f"block{number}", ("block1", "block3")) for number in (1, 2, 3)] == [1, 2, 3]
    with pytest.raises(ArgumentError, match=message):
        check_block(block, ("block3", "block1"))
