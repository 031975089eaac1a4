"""The frozen VGG-16 without its top (Simonyan & Zisserman 2015): images in, one row of features each out."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from hcs_models.engine import Engine, start_tensorflow
from hcs_models.weights import WIDTHS, Weights, load_arrays
from hcs_models.winograd import winograd_network
from hcs_plates.errors import ArgumentError, nearest

BLOCKS = tuple(f"block{block}" for block in range(1, len(WIDTHS) + 1))
SMALLEST_SIDE = 32
BATCH = 4
"""Images per call of the network, always: oneDNN chooses its algorithm by the batch's shape, so that the same
small image in a longer batch would differ in the seventh digit."""


def block_stride(block: str) -> int:
    """Pixels of an image per cell of a block's convolutions.

    Examples
    --------
    >>> block_stride("block1"), block_stride("block3")
    (1, 4)
    """
    return 1 << BLOCKS.index(block)


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

    Examples
    --------
    >>> check_block("block4", ("block3",))
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: Features of block3 do not depend on block4; choose from block1 to block3.
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


@dataclass(frozen=True)
class BackboneSpec:
    """Which network gives which features.

    Parameters
    ----------
    weights
        The pretrained convolutions.
    features_at
        Blocks whose pooling layer's output is taken, any of block1 to block5; several are joined in this
        order.
    pool
        ``avg``: mean over the image, one feature per channel (block5: 512). ``flatten``: every value of one
        block (block5 of a 256 × 256 tile: 8 × 8 × 512).
    convolution
        ``direct``, TensorFlow's own; or ``winograd`` (`hcs_models.winograd`), about twice as fast on CPUs
        once it is compiled, with other sixth digits.

    Examples
    --------
    >>> BackboneSpec(None, features_at=("blok5",))
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: features_at names no block 'blok5'; did you mean 'block5'?
    """

    weights: Weights
    features_at: tuple[str, ...] = ("block5",)
    pool: Literal["avg", "flatten"] = "avg"
    convolution: Literal["direct", "winograd"] = "direct"

    def __post_init__(self) -> None:
        object.__setattr__(self, "features_at", tuple(self.features_at))
        if not self.features_at or len(set(self.features_at)) < len(self.features_at):
            raise ArgumentError(f"features_at {self.features_at} must name at least one block, each once.")
        for block in self.features_at:
            if block not in BLOCKS:
                raise ArgumentError(f"features_at names no block {block!r}; {nearest(block, BLOCKS)}")
        if self.pool not in ("avg", "flatten"):
            raise ArgumentError(f"pool {self.pool!r} is unknown; it is 'avg' or 'flatten'.")
        if self.convolution not in ("direct", "winograd"):
            raise ArgumentError(f"convolution {self.convolution!r} is unknown; it is 'direct' or 'winograd'.")
        if self.pool == "flatten" and len(self.features_at) > 1:
            raise ArgumentError(
                f"pool 'flatten' takes one block, not {len(self.features_at)}; use 'avg' to join blocks."
            )

    def sentence(self) -> str:
        """Say in which arithmetic the network runs, as a record does.

        Examples
        --------
        >>> BackboneSpec(None).sentence()
        'The frozen network ran in float32 with direct convolutions.'
        """
        way = "direct" if self.convolution == "direct" else "Winograd's"
        return f"The frozen network ran in float32 with {way} convolutions."

    def n_features(self, size: int) -> int:
        """Length of a feature row for square tiles of `size` pixels.

        Examples
        --------
        >>> BackboneSpec(None, ("block4", "block5")).n_features(256)
        1024
        >>> BackboneSpec(None, pool="flatten").n_features(256)
        32768
        """
        widths = {block: WIDTHS[place][-1] for place, block in enumerate(BLOCKS)}
        if self.pool == "avg":
            return sum(widths[block] for block in self.features_at)
        block = self.features_at[0]
        side = size >> (BLOCKS.index(block) + 1)
        return side * side * widths[block]


class Backbone:
    """A loaded backbone; `load_backbone` makes it.

    Parameters
    ----------
    spec
        What it was made from.
    model
        The Keras model, flat (its layers are VGG-16's own), frozen.
    engine
        How TensorFlow runs here.
    """

    def __init__(self, spec: BackboneSpec, model: Any, engine: Engine) -> None:
        import tensorflow as tf

        self.spec = spec
        self.model = model
        self.engine = engine
        if spec.convolution == "winograd":
            # Compiled for every size of image anew: patches are cut at places known beforehand.
            network = winograd_network(load_arrays(spec.weights), spec.features_at, spec.pool)
            self._forward = tf.function(network, autograph=False)
        else:
            # One signature for every size of image: another size must not trace the graph again.
            self._forward = tf.function(
                lambda images: model(images, training=False),
                input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32)],
            )

    def features(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Run the network; any number of threads may call it at once.

        On a CPU an image's features are the same bits whatever images it comes with, if its sides are
        multiples of 32 (others differ in the seventh digit by their place in the batch).

        Parameters
        ----------
        images
            Array of shape (n, y, x, 3) as `hcs_models.preprocessing.preprocess` makes it.

        Returns
        -------
        array of shape (n, n_features)
            Of several blocks, joined in the order of `BackboneSpec.features_at`.

        Raises
        ------
        ArgumentError
            Another shape, or images too small for five halvings.
        """
        if images.ndim != 4 or images.shape[-1] != 3:
            raise ArgumentError(f"the backbone takes images of shape (n, y, x, 3), not {images.shape}.")
        if min(images.shape[1:3]) < SMALLEST_SIDE:
            raise ArgumentError(
                f"images of {images.shape[1]} × {images.shape[2]} are too small for VGG-16; "
                f"the smallest side is {SMALLEST_SIDE} pixels."
            )
        rows = [self._batch(images[first : first + BATCH]) for first in range(0, len(images), BATCH)]
        empty = np.empty((0, self.spec.n_features(images.shape[1])), dtype=np.float32)
        return np.concatenate(rows) if rows else empty

    def _batch(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Run one batch, filled up to `BATCH` with black images."""
        whole = np.zeros((BATCH, *images.shape[1:]), dtype=np.float32)
        whole[: len(images)] = images
        return np.asarray(self._forward(whole).numpy())[: len(images)]


_LOADED: dict[tuple[str, tuple[str, ...], str, str], Backbone] = {}
_LOCK = threading.Lock()


def load_backbone(spec: BackboneSpec) -> Backbone:
    """Build the frozen network, once per process and specification.

    Parameters
    ----------
    spec
        Weights, blocks and pooling. Only this travels to workers: each process reads the weights by path.

    Raises
    ------
    WeightsError
        The weights' file is gone or has changed.
    """
    key = (spec.weights.sha256, spec.features_at, spec.pool, spec.convolution)
    with _LOCK:
        if key not in _LOADED:
            engine = start_tensorflow()
            _LOADED[key] = Backbone(spec, _build(spec), engine)
        return _LOADED[key]


def _build(spec: BackboneSpec) -> Any:
    """Build the Keras model; flat, so that gradients and exports see every layer."""
    import keras

    arrays = load_arrays(spec.weights)
    base = keras.applications.VGG16(weights=None, include_top=False, input_shape=(None, None, 3))
    base.set_weights(arrays)
    outputs = [base.get_layer(f"{block}_pool").output for block in spec.features_at]
    if spec.pool == "avg":
        outputs = [
            keras.layers.GlobalAveragePooling2D(name=f"{block}_mean")(output)
            for block, output in zip(spec.features_at, outputs, strict=True)
        ]
        joined = outputs[0] if len(outputs) == 1 else keras.layers.Concatenate(name="joined")(outputs)
    else:
        joined = keras.layers.Flatten(name="flat")(outputs[0])
    model = keras.Model(base.input, joined, name="vgg16_features")
    model.trainable = False
    return model
