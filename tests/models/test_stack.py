"""Convolutions in both directions against TensorFlow's own tape: weights at random, sides that are odd."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from hcs_models.engine import start_tensorflow
from hcs_models.stack import ConvolutionStack
from hcs_models.weights import expected_shapes

Array = npt.NDArray[Any]
Way = Literal["direct", "winograd"]
Pool = Literal["avg", "flatten"]
IMAGES = np.random.default_rng(0).normal(0, 1, (2, 46, 60, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def arrays() -> list[Array]:
    """Kernels and biases that keep the level of what passes."""
    start_tensorflow()
    rng = np.random.default_rng(1)
    return [
        rng.normal(0, np.sqrt(2 / np.prod(shape[:3])) if len(shape) == 4 else 0.1, shape).astype(np.float32)
        for shape in expected_shapes().values()
    ]


def close(found: Any, expected: Any) -> None:
    """Equal to 1e-4 of the greatest value, which is above 0."""
    most = np.abs(expected).max()
    assert most > 0
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * most)


@pytest.mark.parametrize(
    ("blocks", "pool", "way"),
    [
        (("block3",), "avg", "direct"),
        pytest.param(("block3",), "avg", "winograd", marks=pytest.mark.slow),
        (("block4", "block2"), "avg", "direct"),
        (("block3",), "flatten", "direct"),
        (("block1",), "flatten", "direct"),
    ],
)
def test_against_the_tape(arrays: list[Array], blocks: tuple[str, ...], pool: Pool, way: Way) -> None:
    """Gradients in the pixels and in every rectified output, and maps made of those by hand.

    46 × 60 pixels leave sides of 23, 11 and 15: pooling drops a line, whose gradient is 0. All go back
    through the same outputs: where two are alike to the sixth digit, Winograd's may pool the other one.
    """
    stack = ConvolutionStack(arrays, blocks, pool, 0, way)
    plain = ConvolutionStack(arrays, blocks, pool, 0, "direct")
    images = tf.constant(IMAGES)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(images)
        features, kept = plain.ahead(images)
        rows = np.random.default_rng(2).normal(size=features.shape).astype(np.float32)
        score = tf.reduce_sum(features * rows)
    found, ours = stack.ahead(images)
    close(found, features)
    for one, expected in zip(ours, kept, strict=True):
        close(one, expected)
    close(stack.pixel_gradient(rows, kept, guided=False), tape.gradient(score, images))
    ends = np.cumsum([2, 2, 3, 3, 3])[: stack.last] - 1
    maps = []
    for end in ends[::-1]:
        gradient = tape.gradient(score, kept[end]).numpy()
        weights = gradient.mean(axis=(1, 2), keepdims=True)
        maps.append(np.maximum((kept[end].numpy() * weights).sum(axis=-1), 0))
    for down_to in range(1, stack.last + 1):
        given = stack.maps(rows, kept, down_to=down_to)
        assert len(given) == stack.last - down_to + 1
        for one, expected in zip(given, maps, strict=False):
            close(one, expected)


@pytest.mark.parametrize(("since", "n"), [(0, 10), (1, 9), (2, 7), (3, 4), (4, 1)])
def test_what_lies_before_is_not_kept(arrays: list[Array], since: int, n: int) -> None:
    """From block `since` its last output alone, of those after it every one; maps are the same."""
    stack = ConvolutionStack(arrays, ("block4",), "avg", since, "direct")
    features, kept = stack.ahead(tf.constant(IMAGES))
    assert len(kept) == n
    whole = ConvolutionStack(arrays, ("block4",), "avg", 0, "direct")
    rows = np.random.default_rng(3).normal(size=features.shape).astype(np.float32)
    first = max(since, 1)
    _, all_kept = whole.ahead(tf.constant(IMAGES))
    for one, other in zip(
        stack.maps(rows, kept, down_to=first), whole.maps(rows, all_kept, down_to=first), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_guided_by_hand(arrays: list[Array]) -> None:
    """Of a network that hands on one number, guided gradients are the plain ones where those are positive.

    Each convolution hands on its middle pixel's first channel; the one bright pixel in every 2 × 2 of the
    image gets all of the gradient.
    """
    passing = [np.zeros_like(array) for array in arrays]
    for kernel in passing[::2]:
        kernel[1, 1, 0, 0] = 1
    stack = ConvolutionStack(passing, ("block1",), "flatten", 0, "direct")
    images = np.zeros((1, 4, 4, 3), np.float32)
    images[0, 1::2, ::2, 0] = [[1, 2], [3, 4]]
    features, kept = stack.ahead(tf.constant(images))
    rows = np.zeros((1, 2, 2, 64), np.float32)
    rows[0, ..., 0] = [[5, -6], [7, 8]]
    plain, guided = (
        stack.pixel_gradient(rows.reshape(1, -1), kept, guided=kind).numpy() for kind in (False, True)
    )
    np.testing.assert_array_equal(features.numpy().reshape(2, 2, 64)[..., 0], [[1, 2], [3, 4]])
    expected = np.zeros_like(images)
    expected[0, 1::2, ::2, 0] = [[5, -6], [7, 8]]
    np.testing.assert_array_equal(plain, expected)
    np.testing.assert_array_equal(guided, np.maximum(expected, 0))
