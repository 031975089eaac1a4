"""Where a classifier looks: Grad-CAM and guided gradients of any flat Keras model, its own left untouched.

`hcs_models.twoway` does the same for many heads on one frozen network, faster. Here a model may be anything
that Keras builds from layers, such as one that `hcs study export` wrote.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from hcs_models.engine import start_tensorflow
from hcs_plates.errors import ArgumentError, nearest

Array = npt.NDArray[np.float32]

BATCH = 4
"""Images differentiated at once: activations of VGG-16 take 70 MB for one of 256 × 256."""


def grad_cam(model: Any, images: npt.NDArray[Any], layer: str, target: int) -> Array:
    """Class-activation maps (Selvaraju et al., ICCV 2017).

    Parameters
    ----------
    model
        A flat Keras model of one input and one output, which are class probabilities by a softmax, or logits.
    images
        Array of shape (n, y, x, channel), as the model takes them.
    layer
        A layer of rectified feature maps: ``block3_conv3`` is the last of VGG-16's block 3.
    target
        Number of the class; its score is its log-odds (`hcs_models.headgradient`).

    Returns
    -------
    array of shape (n, y, x)
        In the layer's own resolution (`upsampled` brings it to the images'): the feature maps summed over
        channels by each channel's mean gradient, negative sums set to 0.

    Raises
    ------
    ArgumentError
        A model in the model, logits that cannot be had, no such layer, a layer without maps, no such class,
        or no images.
    """
    start_tensorflow()
    import keras
    import tensorflow as tf

    logits_of = _logits(model, target)
    names = [one.name for one in model.layers]
    if layer not in names:
        raise ArgumentError(f"The model has no layer {layer!r}; {nearest(layer, names)}")
    output = model.get_layer(layer).output
    if len(output.shape) != 4:
        raise ArgumentError(f"Layer {layer!r} gives no feature maps but {tuple(output.shape)}.")
    traced = keras.Model(model.inputs, [output, logits_of])

    def maps(batch: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            # Watched from the images on: a layer's output is of no use to a tape that did not see it made.
            tape.watch(batch)
            features, logits = traced(batch, training=False)
            score = _log_odds(logits, target)
        weights = tf.reduce_mean(tape.gradient(score, features), axis=[1, 2])
        return tf.nn.relu(tf.einsum("nyxc,nc->nyx", features, weights))

    return _batched(maps, images, model)


def guided_gradients(model: Any, images: npt.NDArray[Any], target: int, *, guided: bool = True) -> Array:
    """Gradient of a class's score in the pixels, through rectifiers that let only positive ones pass.

    Guided gradients (Springenberg et al., ICLR workshop 2015) look crisp and say little: they change hardly
    at all when what a model learnt is destroyed (Adebayo et al., NeurIPS 2018).

    Parameters
    ----------
    model, images, target
        As for `grad_cam`.
    guided
        False gives the plain gradient.

    Returns
    -------
    array of shape (n, y, x, channel)

    Raises
    ------
    ArgumentError
        A model in the model, logits that cannot be had, no such class, a rectifier that cannot be guided, or
        no images.
    """
    start_tensorflow()
    import keras
    import tensorflow as tf

    # The logits' layer is looked for first, so that a model of another kind is refused before it is copied.
    _logits(model, target)
    traced = _guided_copy(model) if guided else model
    ending = keras.Model(traced.inputs, _logits(traced, target))

    def gradients(batch: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(batch)
            score = _log_odds(ending(batch, training=False), target)
        return tape.gradient(score, batch)

    return _batched(gradients, images, model)


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


def _logits(model: Any, target: int) -> Any:
    """Tensor of the logits, before a softmax at the end."""
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.Model):
            raise ArgumentError(
                f"Layer {layer.name!r} is a model in the model, and gradients do not reach its layers; build "
                "the classifier flat, as `hcs study export` does."
            )
    ends = {name: list(getattr(model, name, None) or []) for name in ("inputs", "outputs")}
    if [len(tensors) for tensors in ends.values()] != [1, 1]:
        found = " and ".join(f"{len(tensors)} {name}" for name, tensors in ends.items())
        raise ArgumentError(
            f"Keras knows of {found} of the model; build it from one keras.Input to one output."
        )
    last, (output,) = model.layers[-1], ends["outputs"]
    shape = tuple(output.shape)
    if len(shape) != 2 or shape[1] < 2:
        raise ArgumentError(
            f"The model gives {shape}; it must give one number for each of two classes or more."
        )
    if not 0 <= target < shape[1]:
        raise ArgumentError(f"target {target} is no class; the model tells {shape[1]} apart, from 0.")
    if output is not last.output:
        raise ArgumentError(
            f"The model goes on outside of layers after the last, {last.name!r}; end it in a Softmax layer "
            "of its own, or in logits."
        )
    activation = getattr(last, "activation", keras.activations.linear)
    alone = isinstance(last, keras.layers.Activation) and activation is keras.activations.softmax
    if alone or isinstance(last, keras.layers.Softmax):
        return last.input
    if activation is keras.activations.linear:
        return output
    name = getattr(activation, "__name__", activation)
    raise ArgumentError(
        f"The last layer, {last.name!r}, hides the logits behind {name}; end the model in a Softmax layer of "
        "its own, or in logits."
    )


def _log_odds(logits: Any, target: int) -> Any:
    """Logit of a class, less the logarithm of the sum of the others' exponentials."""
    import tensorflow as tf

    others = tf.concat([logits[:, :target], logits[:, target + 1 :]], axis=1)
    return logits[:, target] - tf.reduce_logsumexp(others, axis=1)


def _guided_copy(model: Any) -> Any:
    """Copy a model, with rectifiers that let only positive gradients pass; the model stays as it is."""
    import keras
    import tensorflow as tf

    @tf.custom_gradient
    def guided_relu(value: Any) -> tuple[Any, Callable[[Any], Any]]:
        output = tf.nn.relu(value)
        return output, lambda gradient: tf.where((output > 0) & (gradient > 0), gradient, 0.0)

    def copied(layer: Any) -> Any:
        if isinstance(layer, keras.layers.ReLU):
            config = layer.get_config()
            if config["max_value"] is not None or config["negative_slope"] or config["threshold"]:
                raise ArgumentError(
                    f"Layer {layer.name!r} has a slope, a ceiling or a threshold, and only plain rectifiers "
                    "can be guided; take plain gradients with guided=False."
                )
            return keras.layers.Activation(guided_relu, name=layer.name, dtype=layer.dtype_policy)
        made = layer.__class__.from_config(layer.get_config())
        if getattr(made, "activation", None) is keras.activations.relu:
            made.activation = guided_relu
        return made

    for step in getattr(model, "operations", ()):
        # What is called outside of layers is copied as it is, and would pass negative gradients in silence.
        if type(step).__name__.lower() == "relu" and not isinstance(step, keras.layers.Layer):
            raise ArgumentError(
                f"The rectifier {step.name!r} is no layer and cannot be guided; make it an Activation layer, "
                "or take plain gradients with guided=False."
            )
    copy = keras.models.clone_model(model, clone_function=copied)
    copy.set_weights(model.get_weights())
    return copy


def _batched(step: Callable[[Any], Any], images: npt.NDArray[Any], model: Any) -> Array:
    """Run a step on a few images at a time."""
    import tensorflow as tf

    if images.ndim != 4 or not len(images):
        raise ArgumentError(
            f"images have shape {images.shape}; expected (n, y, x, channel), at least one of them."
        )
    parts = [
        step(tf.constant(images[first : first + BATCH], dtype=model.inputs[0].dtype)).numpy()
        for first in range(0, len(images), BATCH)
    ]
    return np.concatenate(parts)
