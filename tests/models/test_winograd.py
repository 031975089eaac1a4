"""Winograd's convolutions against exact sums, against TensorFlow's own, and against themselves on threads."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from scipy.signal import correlate

from hcs_models.backbone import BackboneSpec, load_backbone
from hcs_models.weights import Weights
from hcs_models.winograd import gather_pixels, transform_kernel, transform_patches


@pytest.mark.parametrize(("n", "height", "width"), [(1, 4, 4), (2, 8, 12)])
def test_against_exact_sums(n: int, height: int, width: int) -> None:
    """Transforms, products and back give the convolution with a border of zeros, rectified."""
    rng = np.random.default_rng(0)
    images = rng.normal(size=(n, height, width, 3)).astype(np.float32)
    kernel = rng.normal(size=(3, 3, 3, 5))
    bias = rng.normal(size=5).astype(np.float32)
    products = tf.matmul(transform_patches(tf.constant(images)), transform_kernel(kernel))
    found = gather_pixels(products, tf.constant(bias), (n, height, width)).numpy()
    padded = np.pad(images.astype(np.float64), ((0, 0), (1, 1), (1, 1), (0, 0)))
    exact = np.stack(
        [
            [correlate(image, kernel[..., channel], mode="valid")[..., 0] for image in padded]
            for channel in range(5)
        ],
        axis=-1,
    )
    np.testing.assert_allclose(found, np.maximum(exact + bias, 0), atol=5e-5)


def test_a_kernel_of_one_pixel_is_the_identity() -> None:
    """The middle of a kernel alone gives the image back."""
    images = np.random.default_rng(1).uniform(1, 2, (1, 8, 8, 1)).astype(np.float32)
    kernel = np.zeros((3, 3, 1, 1))
    kernel[1, 1] = 1
    products = tf.matmul(transform_patches(tf.constant(images)), transform_kernel(kernel))
    found = gather_pixels(products, tf.zeros(1), (1, 8, 8)).numpy()
    np.testing.assert_allclose(found, images, rtol=2e-5)


@pytest.mark.parametrize(("pool", "side"), [pytest.param("avg", 44, marks=pytest.mark.slow), ("flatten", 32)])
def test_features_are_those_of_direct_convolutions(pool: str, side: int, weights: Weights) -> None:
    """To five digits, also where sides are no multiples of 4 on the way, and for a batch not full."""
    spec = BackboneSpec(weights, ("block3",), pool=pool)  # type: ignore[arg-type]  # a table of names
    images = np.random.default_rng(2).normal(0, 60, (5, side, side, 3)).astype(np.float32)
    direct = load_backbone(spec).features(images)
    fast = load_backbone(replace(spec, convolution="winograd")).features(images)
    assert fast.shape == direct.shape
    np.testing.assert_allclose(fast, direct, atol=3e-5 * np.abs(direct).max())


def test_the_same_bits_on_every_thread(weights: Weights) -> None:
    """However many threads call it, and whatever images come along."""
    backbone = load_backbone(BackboneSpec(weights, ("block3",), convolution="winograd"))
    images = np.random.default_rng(3).normal(0, 60, (8, 32, 32, 3)).astype(np.float32)
    alone = np.concatenate([backbone.features(images[place : place + 1]) for place in range(8)])
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(backbone.features, [images] * 4))
    for features in together:
        np.testing.assert_array_equal(features, alone)
