"""Where heads on the frozen network look: one way forward on a tape, and a way back for each head.

A head on frozen features is a function of them alone, so its gradient there is known without the network
(`hcs_models.headgradient`). It is what the tape is given to start from. On the way back every block's
class-activation map (Grad-CAM; Selvaraju et al., ICCV 2017) is there to be taken, and at the end the gradient
in the pixels, plain or guided (Springenberg et al., ICLR workshop 2015).
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from hcs_models.backbone import BLOCKS, SMALLEST_SIDE, BackboneSpec, check_block
from hcs_models.engine import start_tensorflow
from hcs_models.shuffled import shuffled_arrays
from hcs_models.weights import WIDTHS, load_arrays
from hcs_models.winograd import FIRST_BLOCK, Convolution, run_blocks, winograd_convolution
from hcs_plates.errors import ArgumentError

Array = npt.NDArray[np.float32]

PIXELS = "pixels"
"""As the place to go back to: all the way through block 1."""
AT_ONCE = 1
"""Images to put on a tape together: of 256 × 256 each takes 75 MB from the pixels on, and more at once are no
faster on CPUs."""


class ForwardPass:
    """What one batch left on its way forward; `SaliencyNetwork.forward` makes it.

    Parameters
    ----------
    features
        Array of shape (n, n_features).
    tape
        Goes back any number of times; what it holds is freed with this object.
    ends
        The features as the tape knows them.
    starts
        By name, what it can go back to: rectified outputs of blocks, or the pixels.
    """

    def __init__(self, features: Array, tape: Any, ends: Any, starts: dict[str, Any]) -> None:
        self.features = features
        self._tape, self._ends, self._starts = tape, ends, starts

    def maps(self, gradient: npt.NDArray[Any]) -> dict[str, Array]:
        """Class-activation maps of the blocks, for one head.

        Parameters
        ----------
        gradient
            Array of shape (n, n_features): of the score, in the features.

        Returns
        -------
        dict
            By block, array of shape (n, y, x) in the block's own resolution: its last convolution's rectified
            outputs, summed over channels by the channel's mean gradient, negative sums set to 0.

        Raises
        ------
        ArgumentError
            A gradient of another shape than the features.
        """
        import tensorflow as tf

        blocks = {name: output for name, output in self._starts.items() if name != PIXELS}
        slopes = self._back(gradient, list(blocks.values()))
        found = {}
        for (name, output), slope in zip(blocks.items(), slopes, strict=True):
            weights = tf.reduce_mean(slope, axis=[1, 2])
            one = tf.nn.relu(tf.einsum("nyxc,nc->nyx", output, weights))
            found[name] = one.numpy()
        return found

    def pixel_gradient(self, gradient: npt.NDArray[Any]) -> Array:
        """Gradient of the score in the pixels, for one head.

        Parameters
        ----------
        gradient
            As for `maps`. A guided way back needs one that was guided through the head's rectifiers as well
            (`hcs_models.headgradient.score_gradient`).

        Returns
        -------
        array of shape (n, y, x, 3)

        Raises
        ------
        ArgumentError
            A gradient of another shape than the features, or a pass that starts at a block.
        """
        if PIXELS not in self._starts:
            raise ArgumentError("This pass starts at a block; make it with since='pixels'.")
        (found,) = self._back(gradient, [self._starts[PIXELS]])
        return np.asarray(found.numpy())

    def _back(self, gradient: npt.NDArray[Any], starts: list[Any]) -> list[Any]:
        """Go back, as often as asked."""
        if gradient.shape != self.features.shape:
            raise ArgumentError(
                f"The gradient has shape {gradient.shape} and the batch's features {self.features.shape}; "
                "give one row per image, one value per feature."
            )
        rows = np.asarray(gradient, dtype=np.float32)
        return list(self._tape.gradient(self._ends, starts, output_gradients=rows))


class SaliencyNetwork:
    """VGG-16 up to the features that heads see, and back.

    Parameters
    ----------
    arrays
        Kernels and biases in VGG-16's order (`hcs_models.weights.load_arrays`).
    features_at, pool
        As `hcs_models.backbone.BackboneSpec` has them.
    convolution
        ``winograd`` or ``direct``, both ways. Features agree to the sixth digit and maps to the third: where
        pooling finds two values alike, the other one may be taken, and its neighbour gets the gradient (1
        pixel in 2,000).
    """

    def __init__(
        self,
        arrays: Sequence[npt.NDArray[Any]],
        features_at: Sequence[str],
        pool: Literal["avg", "flatten"],
        *,
        convolution: Literal["direct", "winograd"] = "winograd",
    ) -> None:
        start_tensorflow()
        self.features_at, self.pool = tuple(features_at), pool
        self.blocks = BLOCKS[: max(BLOCKS.index(block) for block in features_at) + 1]
        pairs = iter(zip(arrays[::2], arrays[1::2], strict=True))
        self._layers = [
            [_layer(*next(pairs), quick=convolution == "winograd" and block >= FIRST_BLOCK) for _ in widths]
            for block, widths in enumerate(WIDTHS[: len(self.blocks)], start=1)
        ]

    def features(self, images: Array) -> Array:
        """Features alone, array of shape (n, n_features); nothing is kept."""
        parts = [images[first : first + AT_ONCE] for first in range(0, len(images), AT_ONCE)]
        ahead = [[one for one, _ in layers] for layers in self._layers]
        return np.concatenate(
            [run_blocks(ahead, _checked(part), self.features_at, self.pool).numpy() for part in parts]
        )

    def forward(self, images: Array, since: str = PIXELS, *, guided: bool = False) -> ForwardPass:
        """Go ahead with a batch; `AT_ONCE` images make good ones.

        Parameters
        ----------
        images
            Array of shape (n, y, x, 3) as `hcs_models.preprocessing.preprocess` makes it.
        since
            The first block whose maps are wanted, or ``pixels``. What lies before it is not kept in memory.
        guided
            Let only positive gradients pass a rectifier on the way back.

        Raises
        ------
        ArgumentError
            Another shape, images too small for five halvings, or a block that features do not depend on.
        """
        import tensorflow as tf

        wanted = self.blocks[0 if since == PIXELS else check_block(since, self.features_at) - 1 :]
        whole = _checked(images)
        tape = tf.GradientTape(persistent=True, watch_accessed_variables=False)
        starts: dict[str, Any] = {}

        def start(name: str, value: Any) -> None:
            if name in wanted or name == PIXELS == since:
                if not starts:
                    tape.watch(value)
                starts[name] = value

        with tape:
            start(PIXELS, whole)
            layers = [[_taped(tape, *one, guided=guided) for one in block] for block in self._layers]
            features = run_blocks(layers, whole, self.features_at, self.pool, start)
        return ForwardPass(features.numpy(), tape, features, starts)


def _layer(
    kernel: npt.NDArray[Any], bias: npt.NDArray[Any], *, quick: bool
) -> tuple[Convolution, Convolution]:
    """Give a convolution with its rectifier, and the way back through the convolution alone.

    That way is a convolution with the kernel turned about, so it can be Winograd's as well.
    """
    import tensorflow as tf

    if quick:
        turned = np.ascontiguousarray(kernel[::-1, ::-1].transpose(0, 1, 3, 2))
        return winograd_convolution(kernel, bias), winograd_convolution(turned, None)
    weights, offset = tf.constant(kernel), tf.constant(bias)

    def ahead(images: Any) -> Any:
        return tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(images, weights, 1, "SAME"), offset))

    def back(slopes: Any) -> Any:
        return tf.nn.conv2d_transpose(slopes, weights, (*slopes.shape[:3], kernel.shape[2]), 1, "SAME")

    return ahead, back


def _taped(tape: Any, ahead: Convolution, back: Convolution, *, guided: bool) -> Convolution:
    """Make a layer a single step on the tape, which keeps where it was rectified and nothing from within."""
    import tensorflow as tf

    @tf.custom_gradient
    def layer(images: Any) -> tuple[Any, Callable[[Any], Any]]:
        with tape.stop_recording():
            output = ahead(images)
            # A quarter of the output's bytes.
            open_ = output > 0

        def gradient(slopes: Any) -> Any:
            return back(tf.where(open_ & (slopes > 0) if guided else open_, slopes, 0.0))

        return output, gradient

    return layer  # type: ignore[no-any-return]


def _checked(images: Array) -> Any:
    """Give a batch as a tensor."""
    import tensorflow as tf

    if images.ndim != 4 or images.shape[-1] != 3 or not len(images):
        raise ArgumentError(f"a batch has shape (n, y, x, 3) with n from 1, not {images.shape}.")
    if min(images.shape[1:3]) < SMALLEST_SIDE:
        raise ArgumentError(
            f"images of {images.shape[1]} × {images.shape[2]} are too small for VGG-16; "
            f"the smallest side is {SMALLEST_SIDE} pixels."
        )
    return tf.constant(images, dtype=tf.float32)


_LOADED: dict[tuple[Any, ...], SaliencyNetwork] = {}
_LOCK = threading.Lock()


def load_saliency_network(spec: BackboneSpec, *, shuffled: int | None = None) -> SaliencyNetwork:
    """Build the network of a backbone's specification, once per process.

    On CPUs it computes in Winograd's convolutions, on GPUs in their own, whatever the specification says:
    maps are looked at, and their fourth digit is not.

    Parameters
    ----------
    spec
        Weights, blocks and pooling.
    shuffled
        Seed of `hcs_models.shuffled.shuffled_arrays`: a network that has learnt nothing. Such networks are
        built anew each time, in direct convolutions: transforming their kernels takes longer than it saves.
    """
    if shuffled is not None:
        last = max(BLOCKS.index(block) for block in spec.features_at)
        needed = 2 * sum(len(widths) for widths in WIDTHS[: last + 1])
        arrays = shuffled_arrays(load_arrays(spec.weights)[:needed], shuffled)
        return SaliencyNetwork(arrays, spec.features_at, spec.pool, convolution="direct")
    key = (spec.weights.sha256, spec.features_at, spec.pool)
    with _LOCK:
        if key not in _LOADED:
            way: Literal["direct", "winograd"] = "direct"
            if start_tensorflow().device == "CPU":
                way = "winograd"
            arrays = load_arrays(spec.weights)
            _LOADED[key] = SaliencyNetwork(arrays, spec.features_at, spec.pool, convolution=way)
        return _LOADED[key]


def upsampled(maps: npt.NDArray[Any], side: int, stride: int) -> Array:
    """Bring maps of a block to the tile's pixels, bilinearly, every cell's value in the middle of its pixels.

    Parameters
    ----------
    maps
        Array of shape (n, rows, columns).
    side
        Side of the tile, pixels.
    stride
        Pixels per cell: 2 to the block's number less one. A border that is no whole cell has the value of
        the cells next to it.

    Returns
    -------
    array of shape (n, side, side)

    Raises
    ------
    ArgumentError
        Maps that are not as many cells as go into the side.

    Examples
    --------
    >>> upsampled(np.array([[[0.0, 4.0]]]).repeat(2, axis=1), side=4, stride=2)[0, 0].tolist()
    [0.0, 1.0, 3.0, 4.0]
    """
    import cv2

    cells = side // stride
    if maps.ndim != 3 or maps.shape[1:] != (cells, cells):
        raise ArgumentError(
            f"maps have shape {maps.shape}; of tiles of {side} pixels and a stride of {stride} they are "
            f"(n, {cells}, {cells})."
        )
    size = (cells * stride, cells * stride)
    grown = [cv2.resize(one.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) for one in maps]
    border = ((0, 0), (0, side - size[0]), (0, side - size[1]))
    return np.pad(np.reshape(grown, (-1, *size)), border, mode="edge")
