"""VGG-16's convolutions in both directions, as functions of tensors that TensorFlow makes graphs of.

The way back through a convolution is a convolution with the kernel turned about, so it is as fast as the way
forward and can be Winograd's as well, which TensorFlow's own gradients cannot. `hcs_models.twoway` is what
takes arrays and gives them.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from hcs_models.backbone import BLOCKS
from hcs_models.weights import WIDTHS
from hcs_models.winograd import FIRST_BLOCK, Convolution, direct_convolution, winograd_convolution

Rectify = Callable[[Any, Any], Any]
"""From a rectified output and the gradient in it, to the gradient before the rectifier."""
Take = Callable[[Any, Any], None]
"""Told the rectified output of a block's last convolution, and the gradient in it."""


class ConvolutionStack:
    """Blocks of convolutions up to the last one that features are made of.

    Parameters
    ----------
    arrays
        Kernels and biases in VGG-16's order (`hcs_models.weights.load_arrays`).
    features_at, pool
        As `hcs_models.backbone.BackboneSpec` has them.
    since
        Number of the first block whose maps are wanted; 0 to go back to the pixels.
    convolution
        ``winograd`` or ``direct``.
    """

    def __init__(
        self,
        arrays: Sequence[npt.NDArray[Any]],
        features_at: Sequence[str],
        pool: Literal["avg", "flatten"],
        since: int,
        convolution: Literal["direct", "winograd"],
    ) -> None:
        self.features_at, self.pool, self.since = tuple(features_at), pool, since
        self.last = max(BLOCKS.index(block) for block in features_at) + 1
        pairs = iter(zip(arrays[::2], arrays[1::2], strict=True))
        self._ahead: list[list[Convolution]] = []
        self._back: list[list[Convolution]] = []
        for block, widths in enumerate(WIDTHS[: self.last], start=1):
            made = [next(pairs) for _ in widths]
            quick = convolution == "winograd" and block >= FIRST_BLOCK
            kind = winograd_convolution if quick else direct_convolution
            self._ahead.append([kind(kernel, bias) for kernel, bias in made])
            turned = [kernel[::-1, ::-1].transpose(0, 1, 3, 2) for kernel, _ in made]
            needed = block > since
            self._back.append([kind(np.ascontiguousarray(one), None) for one in turned] if needed else [])

    def ahead(self, images: Any) -> tuple[Any, list[Any]]:
        """Go from images to features.

        Parameters
        ----------
        images
            Tensor of shape (n, y, x, 3).

        Returns
        -------
        features
            Tensor of shape (n, n_features).
        kept
            Rectified outputs that the way back needs, first to last.
        """
        import tensorflow as tf

        value, kept, pooled = images, [], {}
        for block, convolutions in enumerate(self._ahead, start=1):
            for place, convolution in enumerate(convolutions, start=1):
                value = convolution(value)
                if block > self.since or (block == self.since and place == len(convolutions)):
                    kept.append(value)
            value = _pooled(value)
            pooled[f"block{block}"] = value
        wanted = [pooled[block] for block in self.features_at]
        if self.pool == "flatten":
            return tf.reshape(wanted[0], (images.shape[0], -1)), kept
        return tf.concat([tf.reduce_mean(output, axis=[1, 2]) for output in wanted], axis=1), kept

    def maps(self, rows: Any, kept: Sequence[Any], *, down_to: int) -> list[Any]:
        """Go back for class-activation maps, the last block's first.

        Parameters
        ----------
        rows
            Tensor of shape (n, n_features): gradient of the score in the features.
        kept
            As `ahead` gave it.
        down_to
            Number of the first block whose map is wanted.
        """
        import tensorflow as tf

        maps: list[Any] = []

        def take(output: Any, gradient: Any) -> None:
            weights = tf.reduce_mean(gradient, axis=[1, 2])
            maps.append(tf.nn.relu(tf.einsum("nyxc,nc->nyx", output, weights)))

        self._back_to(down_to, rows, kept, _rectify, take)
        return maps

    def pixel_gradient(self, rows: Any, kept: Sequence[Any], *, guided: bool) -> Any:
        """Go back to the pixels, through rectifiers that let all gradients pass, or positive ones alone."""
        return self._back_to(0, rows, kept, _rectify_guided if guided else _rectify, lambda *_: None)

    def _back_to(self, down_to: int, rows: Any, kept: Sequence[Any], rectify: Rectify, take: Take) -> Any:
        """Go back to a block's last convolution, or at 0 to the pixels."""
        import tensorflow as tf

        outputs, gradient = list(kept), 0.0
        for block in range(self.last, max(down_to, 1) - 1, -1):
            output = outputs.pop()
            pooled = _pooled(output)
            gradient = tf.raw_ops.MaxPoolGrad(
                orig_input=output,
                orig_output=pooled,
                grad=gradient + self._share(rows, BLOCKS[block - 1], pooled),
                ksize=[1, 2, 2, 1],
                strides=[1, 2, 2, 1],
                padding="VALID",
            )
            take(output, gradient)
            if block == down_to:
                return gradient
            for place, convolution in reversed(list(enumerate(self._back[block - 1]))):
                gradient = convolution(rectify(output, gradient))
                output = outputs.pop() if place else output
        return gradient

    def _share(self, rows: Any, block: str, pooled: Any) -> Any:
        """Gradient in a block's pooled output by the features that are made of it; 0 if none are."""
        import tensorflow as tf

        if block not in self.features_at:
            return 0.0
        if self.pool == "flatten":
            return tf.reshape(rows, pooled.shape)
        before = self.features_at[: self.features_at.index(block)]
        first = sum(WIDTHS[BLOCKS.index(one)][-1] for one in before)
        _, height, width, channels = pooled.shape
        mine = rows[:, None, None, first : first + channels] / float(height * width)
        return tf.broadcast_to(mine, pooled.shape)


def _pooled(value: Any) -> Any:
    """Greatest of every 2 × 2 values."""
    import tensorflow as tf

    return tf.nn.max_pool2d(value, 2, 2, "VALID")


def _rectify(output: Any, gradient: Any) -> Any:
    """Let gradients pass where a rectifier is open."""
    import tensorflow as tf

    return tf.where(output > 0, gradient, 0.0)


def _rectify_guided(output: Any, gradient: Any) -> Any:
    """Let positive gradients pass where a rectifier is open."""
    import tensorflow as tf

    return tf.where((output > 0) & (gradient > 0), gradient, 0.0)
