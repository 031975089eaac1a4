"""The frozen network forward and back: one way forward serves every block and every head's way back.

A head on frozen features is a function of them alone, so its gradient there is known without the network
(`hcs_models.headgradient`). What is left is the same for all heads: from the features back through VGG-16.
On the way every block's class-activation map (Grad-CAM; Selvaraju et al., ICCV 2017) is there to be taken,
and at the end the gradient in the pixels, plain or guided (Springenberg et al., ICLR workshop 2015).
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from hcs_models.backbone import BATCH, BLOCKS, SMALLEST_SIDE, BackboneSpec
from hcs_models.engine import start_tensorflow
from hcs_models.stack import ConvolutionStack
from hcs_models.weights import load_arrays
from hcs_plates.errors import ArgumentError, nearest

Array = npt.NDArray[np.float32]

PIXELS = "pixels"
"""As the place to go back to: all the way through block 1."""


@dataclass(frozen=True)
class Passage:
    """What one batch left on its way forward.

    Parameters
    ----------
    features
        Array of shape (n, n_features).
    kept
        Rectified outputs that the way back needs, of `BATCH` images: only the network that made them can
        use them.
    """

    features: Array
    kept: tuple[Any, ...]


class TwoWayNetwork:
    """VGG-16 up to the features that heads see, and back.

    Parameters
    ----------
    arrays
        Kernels and biases in VGG-16's order (`hcs_models.weights.load_arrays`).
    features_at, pool
        As `hcs_models.backbone.BackboneSpec` has them.
    since
        The first block whose maps are wanted, ``block1`` to the last of `features_at`, or ``pixels``. What
        lies before it is not kept in memory.
    convolution
        ``winograd`` or ``direct``. Features agree to the sixth digit and maps to the third: where pooling
        finds two values alike, the other one may be taken, and its neighbour gets the gradient (1 pixel in
        2,000).
    traced
        Whether graphs are traced: worth it for a network that stays, a few seconds lost on one that does not.

    Raises
    ------
    ArgumentError
        A block that the features do not depend on.

    Examples
    --------
    >>> TwoWayNetwork([], ("block3",), "avg", since="block4")
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: Features of block3 do not depend on block4; choose from block1 to block3.
    """

    def __init__(
        self,
        arrays: Sequence[npt.NDArray[Any]],
        features_at: Sequence[str],
        pool: Literal["avg", "flatten"],
        *,
        since: str = PIXELS,
        convolution: Literal["direct", "winograd"] = "winograd",
        traced: bool = True,
    ) -> None:
        self.last = max(BLOCKS.index(block) for block in features_at) + 1
        self.since = 0 if since == PIXELS else check_block(since, features_at)
        start_tensorflow()
        import tensorflow as tf

        stack = ConvolutionStack(arrays, features_at, pool, self.since, convolution)

        def run(step: Callable[..., Any]) -> Callable[..., Any]:
            return tf.function(step, autograph=False) if traced else step

        self._forward = run(stack.ahead)
        self._maps = {
            block: run(partial(stack.maps, down_to=BLOCKS.index(block) + 1)) for block in self.blocks
        }
        self._pixels = {guided: run(partial(stack.pixel_gradient, guided=guided)) for guided in (False, True)}

    @property
    def blocks(self) -> tuple[str, ...]:
        """Blocks whose maps are given, in order."""
        return BLOCKS[max(self.since, 1) - 1 : self.last]

    def forward(self, images: Array) -> Passage:
        """Go ahead with up to `BATCH` images.

        Parameters
        ----------
        images
            Array of shape (n, y, x, 3) as `hcs_models.preprocessing.preprocess` makes it, 1 ≤ n ≤ `BATCH`.

        Raises
        ------
        ArgumentError
            Another shape, or images too small for five halvings.
        """
        if images.ndim != 4 or images.shape[-1] != 3 or not 1 <= len(images) <= BATCH:
            raise ArgumentError(
                f"a batch has shape (n, y, x, 3) with n from 1 to {BATCH}, not {images.shape}."
            )
        if min(images.shape[1:3]) < SMALLEST_SIDE:
            raise ArgumentError(
                f"images of {images.shape[1]} × {images.shape[2]} are too small for VGG-16; "
                f"the smallest side is {SMALLEST_SIDE} pixels."
            )
        whole = np.zeros((BATCH, *images.shape[1:]), dtype=np.float32)
        whole[: len(images)] = images
        features, kept = self._forward(whole)
        return Passage(features.numpy()[: len(images)], tuple(kept))

    def maps(
        self, passage: Passage, gradient: npt.NDArray[Any], down_to: str | None = None
    ) -> dict[str, Array]:
        """Class-activation maps of the blocks, for one head.

        Parameters
        ----------
        passage
            A batch on its way back.
        gradient
            Array of shape (n, n_features): of the score, in the features.
        down_to
            Go back no further than to this block; as far as the network was made for if None.

        Returns
        -------
        dict
            By block, the last one first, array of shape (n, y, x) in the block's own resolution: its last
            convolution's rectified outputs, summed over channels by the channel's mean gradient, negative
            sums set to 0.

        Raises
        ------
        ArgumentError
            A gradient of another shape than the features, or a block that the network does not keep.
        """
        if down_to is not None and down_to not in self.blocks:
            raise ArgumentError(f"This network gives no maps of {down_to!r}; {nearest(down_to, self.blocks)}")
        wanted = self.blocks if down_to is None else self.blocks[self.blocks.index(down_to) :]
        found = self._maps[wanted[0]](_filled(passage, gradient), passage.kept)
        n = len(passage.features)
        return {block: one.numpy()[:n] for block, one in zip(wanted[::-1], found, strict=True)}

    def pixel_gradient(self, passage: Passage, gradient: npt.NDArray[Any], *, guided: bool = False) -> Array:
        """Gradient of the score in the pixels, for one head.

        Parameters
        ----------
        passage, gradient
            As for `maps`.
        guided
            Let only positive gradients pass a rectifier. The head's own rectifiers are not this network's:
            give a gradient that was guided through them (`hcs_models.headgradient.score_gradient`).

        Returns
        -------
        array of shape (n, y, x, 3)

        Raises
        ------
        ArgumentError
            A gradient of another shape than the features, or a network that was made for maps alone.
        """
        if self.since:
            raise ArgumentError(
                f"This network keeps nothing before {self.blocks[0]}; make it with since='pixels'."
            )
        found = self._pixels[guided](_filled(passage, gradient), passage.kept)
        return np.asarray(found.numpy()[: len(passage.features)])


def check_block(block: str, features_at: Sequence[str]) -> int:
    """Give the number of a block that features depend on.

    Parameters
    ----------
    block
        Its name.
    features_at
        Blocks that the features are made of.

    Raises
    ------
    ArgumentError
        No block of VGG-16, or one that comes after them.
    """
    if block not in BLOCKS:
        raise ArgumentError(f"VGG-16 has no block {block!r}; {nearest(block, BLOCKS)}")
    last = max(BLOCKS.index(one) for one in features_at)
    if BLOCKS.index(block) > last:
        raise ArgumentError(
            f"Features of {' and '.join(features_at)} do not depend on {block}; "
            f"choose from block1 to {BLOCKS[last]}."
        )
    return BLOCKS.index(block) + 1


_LOADED: dict[tuple[Any, ...], TwoWayNetwork] = {}
_LOCK = threading.Lock()


def load_two_way(spec: BackboneSpec, since: str = PIXELS, *, shuffled: int | None = None) -> TwoWayNetwork:
    """Build the network of a backbone's specification, once per process.

    It computes in float32, on CPUs in Winograd's convolutions, on GPUs in their own, whatever the
    specification says: maps are looked at, and their fourth digit is not.

    Parameters
    ----------
    spec
        Weights, blocks and pooling.
    since
        As `TwoWayNetwork` takes it.
    shuffled
        Seed of `shuffled_arrays`: a network that has learnt nothing. Such networks are built anew each time,
        in direct convolutions: a study looks through several, and kernels that are transformed for both ways
        take 470 MB each.
    """
    way: Literal["direct", "winograd"] = "winograd" if start_tensorflow().device == "CPU" else "direct"
    if shuffled is not None:
        arrays = shuffled_arrays(load_arrays(spec.weights), shuffled)
        return TwoWayNetwork(
            arrays, spec.features_at, spec.pool, since=since, convolution="direct", traced=False
        )
    key = (spec.weights.sha256, spec.features_at, spec.pool, since, way)
    with _LOCK:
        if key not in _LOADED:
            arrays = load_arrays(spec.weights)
            _LOADED[key] = TwoWayNetwork(arrays, spec.features_at, spec.pool, since=since, convolution=way)
        return _LOADED[key]


def shuffled_arrays(arrays: Sequence[npt.NDArray[Any]], seed: int) -> list[npt.NDArray[Any]]:
    """Shuffle the values of every kernel, so that what was learnt is gone and images are still told apart.

    The control of Adebayo et al. (NeurIPS 2018), with the weights' own distribution in place of a drawn one.
    Values are brought to a mean of 0 and the variance that keeps the level from layer to layer (He et al.,
    ICCV 2015), and biases are set to 0. As they stand they would not do: VGG-16's kernels have means below 0,
    which shuffled close all but every rectifier from block 2 on, and what biases put there is the same
    whatever the image.

    Parameters
    ----------
    arrays
        Kernels and biases by turns.
    seed
        Decides the order.

    Examples
    --------
    >>> kernel, bias = shuffled_arrays([np.arange(18.0).reshape(3, 3, 2, 1), np.ones(1)], seed=0)
    >>> round(float(kernel.mean()), 6), round(float(kernel.var()) * 18, 6), bias.tolist()
    (0.0, 2.0, [0.0])
    """
    rng = np.random.default_rng(seed)
    made: list[npt.NDArray[Any]] = []
    for kernel, bias in zip(arrays[::2], arrays[1::2], strict=True):
        values = rng.permutation(kernel.ravel()).astype(np.float64).reshape(kernel.shape)
        level = np.sqrt(2 / np.prod(kernel.shape[:-1])) / values.std()
        made += [((values - values.mean()) * level).astype(kernel.dtype), np.zeros_like(bias)]
    return made


def _filled(passage: Passage, gradient: npt.NDArray[Any]) -> Array:
    """Fill rows of gradients up to a whole batch, with zeros."""
    if gradient.shape != passage.features.shape:
        raise ArgumentError(
            f"The gradient has shape {gradient.shape} and the batch's features {passage.features.shape}; "
            "give one row per image, one value per feature."
        )
    whole = np.zeros((BATCH, gradient.shape[1]), dtype=np.float32)
    whole[: len(gradient)] = gradient
    return whole
