"""Models that cannot be explained, and questions that cannot be asked of one, are refused in a sentence."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from hcs_models.engine import start_tensorflow
from hcs_models.saliency import grad_cam, guided_gradients
from hcs_plates.errors import ArgumentError

IMAGES = np.random.default_rng(0).normal(0, 1, (2, 9, 10, 2)).astype(np.float32)


@pytest.fixture(scope="module", autouse=True)
def engine() -> None:
    """Have TensorFlow started as the product starts it, before a test builds a model."""
    start_tensorflow()


def nested() -> Any:
    """A classifier around a model, as Keras' guides build it."""
    inputs = keras.Input((9, 10, 2))
    base = keras.Sequential([keras.Input((9, 10, 2)), keras.layers.Conv2D(3, 3)], name="base")
    value = keras.layers.GlobalAveragePooling2D()(base(inputs))
    return keras.Model(inputs, keras.layers.Dense(2)(value))


def ending_in(*layers: Any) -> Any:
    """A convolution, then the layers."""
    first = keras.layers.Conv2D(3, 3, name="first", activation="relu")
    return keras.Sequential([keras.Input((9, 10, 2)), first, keras.layers.Flatten(name="flat"), *layers])


def open_ended(step: Callable[[Any], Any]) -> Any:
    """A model that ends in an operation that is no layer."""
    model = ending_in(keras.layers.Dense(2, name="last"))
    return keras.Model(model.inputs, step(model.outputs[0]))


def rectified_outside() -> Any:
    """A model with a rectifier that is no layer."""
    inputs = keras.Input((9, 10, 2))
    value = keras.ops.relu(keras.layers.Conv2D(3, 3, name="first")(inputs))
    return keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(value)))


def two_ends() -> Any:
    """A model of two outputs."""
    model = ending_in(keras.layers.Dense(2))
    return keras.Model(model.inputs, [model.outputs[0], model.outputs[0]])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            nested,
            "'base' is a model in the model, and gradients do not reach its layers; build the classifier",
        ),
        (
            lambda: ending_in(keras.layers.Dense(2, "softmax", name="p")),
            "'p', hides the logits behind softmax",
        ),
        (
            lambda: ending_in(keras.layers.Dense(2, "sigmoid", name="p")),
            "'p', hides the logits behind sigmoid",
        ),
        (
            lambda: ending_in(keras.layers.Dense(1)),
            r"gives \(None, 1\); it must give one number for each of two",
        ),
        (
            lambda: keras.Sequential([keras.Input((9, 10, 2)), keras.layers.Conv2D(3, 3, name="first")]),
            "gives",
        ),
        (lambda: open_ended(keras.ops.sigmoid), "goes on outside of layers after the last, 'last'"),
        (two_ends, "1 inputs and 2 outputs of the model"),
        (lambda: keras.Sequential([keras.layers.Dense(2)]), "0 inputs and 0 outputs of the model"),
    ],
)
def test_models_whose_logits_cannot_be_had(make: Callable[[], Any], message: str) -> None:
    """Refused by both functions, in a sentence, before anything is computed."""
    model = make()
    with pytest.raises(ArgumentError, match=message):
        grad_cam(model, IMAGES, "first", 1)
    for guided in (False, True):
        with pytest.raises(ArgumentError, match=message):
            guided_gradients(model, IMAGES, 1, guided=guided)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (rectified_outside, "is no layer and cannot be guided; make it an Activation layer"),
        (
            lambda: ending_in(keras.layers.ReLU(6.0, name="six"), keras.layers.Dense(2)),
            "'six' has a slope, a ceil",
        ),
        (lambda: ending_in(keras.layers.ReLU(negative_slope=0.1), keras.layers.Dense(2)), "has a slope"),
    ],
)
def test_rectifiers_that_cannot_be_guided(make: Callable[[], Any], message: str) -> None:
    """Refused instead of passed as if they were guided; plain gradients are there."""
    model = make()
    with pytest.raises(ArgumentError, match=message):
        guided_gradients(model, IMAGES, 1)
    assert guided_gradients(model, IMAGES, 1, guided=False).any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda one: grad_cam(one, IMAGES, "frist", 0), "has no layer 'frist'; did you mean 'first'?"),
        (lambda one: grad_cam(one, IMAGES, "flat", 0), r"'flat' gives no feature maps but \(None, 168\)"),
        (
            lambda one: grad_cam(one, IMAGES, "first", 2),
            "target 2 is no class; the model tells 2 apart, from 0",
        ),
        (lambda one: guided_gradients(one, IMAGES, -1), "target -1 is no class"),
        (lambda one: grad_cam(one, IMAGES[:0], "first", 0), r"images have shape \(0, 9, 10, 2\); expected"),
        (lambda one: guided_gradients(one, IMAGES[0], 0), r"images have shape \(9, 10, 2\); expected"),
    ],
)
def test_questions_that_cannot_be_asked(call: Callable[[Any], object], message: str) -> None:
    """No such layer, no such class, no images: refused in a sentence."""
    with pytest.raises(ArgumentError, match=message):
        call(ending_in(keras.layers.Dense(2)))
