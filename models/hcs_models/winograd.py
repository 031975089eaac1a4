"""VGG-16's convolutions with a quarter of the multiplications: Winograd's minimal filtering, F(4 × 4, 3 × 3).

An image is cut into 6 × 6 patches that overlap by two. Patches and kernels are transformed, multiplied as 36
ordinary matrix products, and transformed back to 4 × 4 pixels each (Lavin and Gray, CVPR 2016): 36
multiplications for 16 pixels instead of 144. TensorFlow's own convolutions do this on GPUs, on CPUs they do
not. The transforms are compiled by XLA, the products are TensorFlow's. Features differ from those of the
direct convolutions in the sixth digit; they are stored with three.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from hcs_models.weights import WIDTHS

Array = npt.NDArray[np.float32]
Convolution = Callable[[Any], Any]

PIXELS, PATCH = 4, 6
KERNEL_TRANSFORM = (
    np.array([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]], dtype=np.float64) / 24
)
FIRST_BLOCK = 2
"""In block 1 the transforms take longer than the multiplications that they save."""
CACHE_BYTES = 10_000_000
"""Transformed patches of so many images at once as fit a processor's cache."""


def transform_kernel(kernel: npt.NDArray[Any]) -> Array:
    """Transform a convolution's kernel.

    Parameters
    ----------
    kernel
        Array of shape (3, 3, n_in, n_out).

    Returns
    -------
    array of shape (36, n_in, n_out), float32
        Computed in double precision.
    """
    turned = np.einsum("ai,ijcd,bj->abcd", KERNEL_TRANSFORM, kernel.astype(np.float64), KERNEL_TRANSFORM)
    return np.asarray(turned.reshape(PATCH * PATCH, *kernel.shape[2:]), dtype=np.float32)


def transform_patches(images: Any) -> Any:
    """Cut images into overlapping patches and transform them.

    Parameters
    ----------
    images
        Tensor of shape (n, y, x, channel), y and x multiples of 4; the border is padded with zeros.

    Returns
    -------
    tensor of shape (36, n × y/4 × x/4, channel)
    """
    import tensorflow as tf

    bands = _compiled(_spread_rows, images)
    return tf.reshape(_compiled(_spread_columns, bands), (PATCH * PATCH, -1, images.shape[3]))


def gather_pixels(products: Any, bias: Any | None, shape: tuple[int, int, int]) -> Any:
    """Transform products back to pixels, and with a bias add it and rectify.

    Parameters
    ----------
    products
        Tensor of shape (36, n × y/4 × x/4, channel).
    bias
        Tensor of shape (channel,); None leaves the sums as they are, as a way back through a convolution
        needs them.
    shape
        n, y and x.
    """
    import tensorflow as tf

    n, height, width = shape
    channels = products.shape[-1]
    patches = tf.reshape(products, (PATCH, PATCH, n, height // PIXELS, width // PIXELS, channels))
    lines = _compiled(_fold_columns, patches)
    pixels = _compiled(_fold_sums, lines) if bias is None else _compiled(_fold_rows, lines, bias)
    return tf.reshape(pixels, (*shape, channels))


def winograd_network(arrays: Sequence[npt.NDArray[Any]], blocks: Sequence[str], pool: str) -> Convolution:
    """Build VGG-16 up to the last block wanted.

    Parameters
    ----------
    arrays
        Kernels and biases in VGG-16's order, as `hcs_models.weights.load_arrays` gives them.
    blocks
        Blocks whose pooled outputs are wanted, in order.
    pool
        ``avg`` or ``flatten``.

    Returns
    -------
    function
        Takes images of shape (n, y, x, 3), of one length n and sides known beforehand, and gives features of
        shape (n, n_features).
    """
    pairs = iter(zip(arrays[::2], arrays[1::2], strict=True))
    layers: list[list[Convolution]] = []
    last = max(int(block[-1]) for block in blocks)
    for block, widths in enumerate(WIDTHS[:last], start=1):
        kind = direct_convolution if block < FIRST_BLOCK else winograd_convolution
        layers.append([kind(*next(pairs)) for _ in widths])
    return lambda images: run_blocks(layers, images, blocks, pool)


def run_blocks(
    layers: Sequence[Sequence[Convolution]],
    images: Any,
    blocks: Sequence[str],
    pool: str,
    seen: Callable[[str, Any], None] = lambda *_: None,
) -> Any:
    """Run VGG-16's blocks, each ending in a maximum of every 2 × 2, and pool those wanted.

    Parameters
    ----------
    layers
        Of every block, its rectified convolutions.
    images
        Tensor of shape (n, y, x, 3).
    blocks, pool
        As in `winograd_network`.
    seen
        Is told each block's name and its last convolution's rectified output.

    Returns
    -------
    tensor of shape (n, n_features)
    """
    import tensorflow as tf

    outputs, value = {}, images
    for number, convolutions in enumerate(layers, start=1):
        for convolution in convolutions:
            value = convolution(value)
        seen(f"block{number}", value)
        value = tf.nn.max_pool2d(value, 2, 2, "VALID")
        outputs[f"block{number}"] = value
    wanted = [outputs[block] for block in blocks]
    if pool == "flatten":
        return tf.reshape(wanted[0], (images.shape[0], -1))
    return tf.concat([tf.reduce_mean(output, axis=[1, 2]) for output in wanted], axis=1)


def direct_convolution(kernel: npt.NDArray[Any], bias: npt.NDArray[Any]) -> Convolution:
    """Give an ordinary convolution, rectified."""
    import tensorflow as tf

    weights, offset = tf.constant(kernel), tf.constant(bias)
    return lambda images: tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(images, weights, 1, "SAME"), offset))


def winograd_convolution(kernel: npt.NDArray[Any], bias: npt.NDArray[Any] | None) -> Convolution:
    """Give a convolution by patches, rectified if it has a bias.

    A few images are taken at a time, so that patches stay in the cache.
    """
    import tensorflow as tf

    weights = tf.constant(transform_kernel(kernel))
    offset = None if bias is None else tf.constant(bias)

    def convolve(images: Any) -> Any:
        n, height, width = images.shape[:3]
        # Sides that are no multiples of 4 are filled up with zeros, and cut again.
        whole = tf.pad(images, [[0, 0], [0, -height % PIXELS], [0, -width % PIXELS], [0, 0]])
        tall, broad = whole.shape[1:3]
        of_one = 4 * (PATCH / PIXELS) ** 2 * tall * broad * max(kernel.shape[2:])
        fitting = [size for size in range(1, n + 1) if n % size == 0 and size * of_one <= CACHE_BYTES]
        at_once = max(fitting, default=1)
        parts = [
            gather_pixels(tf.matmul(transform_patches(part), weights), offset, (at_once, tall, broad))
            for part in tf.split(whole, n // at_once)
        ]
        return tf.concat(parts, axis=0)[:, :height, :width]

    return convolve


def _compiled(step: Callable[..., Any], *tensors: Any) -> Any:
    """Run one of the four steps compiled; rows and columns apart, which compiles 5 × faster."""
    return _function(step, *(tuple(tensor.shape) for tensor in tensors))(*tensors)


@cache
def _function(step: Callable[..., Any], *shapes: tuple[int, ...]) -> Any:
    """Trace a step for tensors of these shapes: one function for all would warn of being traced anew."""
    import tensorflow as tf

    function = tf.function(step, jit_compile=True, autograph=False)
    return function.get_concrete_function(*(tf.TensorSpec(shape) for shape in shapes))


def _spread_rows(images: Any) -> Any:
    """(n, y, x, c) to (6, n, y/4, x + 4, c): one pixel of border, three more for slices of equal length."""
    import tensorflow as tf

    height = images.shape[1]
    padded = tf.pad(images, [[0, 0], [1, 3], [1, 3], [0, 0]])
    return tf.stack(_spread([padded[:, shift : shift + height : PIXELS] for shift in range(PATCH)]))


def _spread_columns(bands: Any) -> Any:
    """(6, n, y/4, x + 4, c) to (6, 6, n, y/4, x/4, c)."""
    import tensorflow as tf

    width = bands.shape[3] - PIXELS
    steps = [bands[:, :, :, shift : shift + width : PIXELS] for shift in range(PATCH)]
    return tf.stack(_spread(steps), axis=1)


def _fold_columns(patches: Any) -> Any:
    """(6, 6, n, y/4, x/4, c) to (6, n, y/4, x/4, 4, c)."""
    import tensorflow as tf

    return tf.stack(_fold([patches[:, column] for column in range(PATCH)]), axis=4)


def _fold_rows(lines: Any, bias: Any) -> Any:
    """(6, n, y/4, x/4, 4, c) to (n, y/4, 4, x/4, 4, c), rectified."""
    import tensorflow as tf

    return tf.nn.relu(_fold_sums(lines) + bias)


def _fold_sums(lines: Any) -> Any:
    """(6, n, y/4, x/4, 4, c) to (n, y/4, 4, x/4, 4, c)."""
    import tensorflow as tf

    return tf.stack(_fold([lines[row] for row in range(PATCH)]), axis=2)


def _spread(values: list[Any]) -> list[Any]:
    """Six values of a line of a patch, transformed (B transposed of F(4, 3))."""
    first, second, third, fourth, fifth, sixth = values
    even, odd = fifth - 4 * third, fourth - 4 * second
    near, far = fifth - third, 2 * (fourth - second)
    return [
        4 * first - 5 * third + fifth,
        even + odd,
        even - odd,
        near + far,
        near - far,
        4 * second - 5 * fourth + sixth,
    ]


def _fold(products: list[Any]) -> list[Any]:
    """Six products back to four pixels (A transposed of F(4, 3))."""
    first, second, third, fourth, fifth, sixth = products
    sum_near, gap_near = second + third, second - third
    sum_far, gap_far = fourth + fifth, fourth - fifth
    return [
        first + sum_near + sum_far,
        gap_near + 2 * gap_far,
        sum_near + 4 * sum_far,
        gap_near + 8 * gap_far + sixth,
    ]
