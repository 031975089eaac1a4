"""Grad-CAMs and gradients of a joined Keras model, by eager TensorFlow alone."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

Array = npt.NDArray[Any]


def score_of(target: int) -> Callable[[Any], Any]:
    """Log-odds of a class, of logits."""

    def score(logits: Any) -> Any:
        others = [place for place in range(logits.shape[1]) if place != target]
        return logits[:, target] - tf.reduce_logsumexp(tf.gather(logits, others, axis=1), axis=1)

    return score


def taped(model: Any, images: Array, target: int, layers: Sequence[str] = ()) -> list[Array]:
    """Grad-CAM of every layer named, and last the pixels' gradient."""
    ends = {name: model.get_layer(name).output for name in (*layers, "logits")}
    watched = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(watched)
        found = keras.Model(model.inputs, ends)(watched, training=False)
        score = score_of(target)(found["logits"])
    *slopes, pixels = tape.gradient(score, [*(found[name] for name in layers), watched])
    weighted = [
        found[name].numpy() * slope.numpy().mean(axis=(1, 2), keepdims=True)
        for name, slope in zip(layers, slopes, strict=True)
    ]
    return [*(np.maximum(one.sum(axis=-1), 0) for one in weighted), pixels.numpy()]


def guided_copy(model: Any) -> Any:
    """Copy a model, with rectifiers that let only positive gradients pass."""

    @tf.custom_gradient
    def rectifier(value: Any) -> Any:
        return tf.nn.relu(value), lambda slope: tf.cast(value > 0, slope.dtype) * tf.nn.relu(slope)

    def copied(layer: Any) -> Any:
        made = layer.__class__.from_config(layer.get_config())
        if getattr(made, "activation", None) is keras.activations.relu:
            made.activation = rectifier
        return made

    copy = keras.models.clone_model(model, clone_function=copied)
    copy.set_weights(model.get_weights())
    return copy
