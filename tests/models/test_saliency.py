"""Grad-CAM and gradients of Keras models: by hand, by finite differences, and against tf-keras-vis."""

import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from hcs_models.backbone import BackboneSpec, load_backbone
from hcs_models.engine import start_tensorflow
from hcs_models.features import FeatureSpec
from hcs_models.saliency import grad_cam, guided_gradients, upsampled
from hcs_models.saved import joined_model
from hcs_models.trained import TrainedHead
from hcs_models.weights import Weights
from hcs_plates.errors import ArgumentError

Array = npt.NDArray[Any]
IMAGES = np.random.default_rng(0).normal(0, 1, (6, 9, 10, 2)).astype(np.float32)
TILES = np.random.default_rng(1).normal(0, 60, (5, 64, 64, 3)).astype(np.float32)


@pytest.fixture(scope="module", autouse=True)
def engine() -> None:
    """Have TensorFlow started as the product starts it, before a test builds a model."""
    start_tensorflow()


@pytest.fixture(scope="module")
def oracle() -> dict[str, ModuleType]:
    """Give tf-keras-vis, whose imports are older than SciPy's names.

    It ships a package called tests, which hides ours from worker processes: `.ci/run` installs it last.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pytest.importorskip("tf_keras_vis", reason="tests/interop/requirements-saliency.txt is not installed")
        from tf_keras_vis import gradcam, saliency
        from tf_keras_vis.utils import model_modifiers
    return {"gradcam": gradcam, "saliency": saliency, "modifiers": model_modifiers}


def small(
    end: str = "softmax", rectifier: str = "activation", dtype: str = "float32", classes: int = 3
) -> Any:
    """Two convolutions and a hidden layer, all rectified; drawn at random, always the same."""
    layers = keras.layers

    def rectified(value: Any, made: Any, name: str) -> Any:
        if rectifier == "activation":
            made.activation = keras.activations.relu
            return made(value)
        kind = layers.ReLU(name=name, dtype=dtype) if rectifier == "ReLU" else None
        return (kind or layers.Activation("relu", name=name, dtype=dtype))(made(value))

    inputs = keras.Input((9, 10, 2), dtype=dtype)
    value = rectified(inputs, layers.Conv2D(4, 3, padding="same", name="first", dtype=dtype), "one")
    value = layers.MaxPooling2D(2, dtype=dtype)(value)
    value = rectified(value, layers.Conv2D(5, 3, padding="same", name="second", dtype=dtype), "two")
    value = layers.Flatten(name="flat", dtype=dtype)(value)
    value = rectified(value, layers.Dense(7, name="hidden", dtype=dtype), "three")
    value = layers.Dropout(0.5, dtype=dtype)(value)
    value = layers.Dense(classes, name="logits", dtype=dtype)(value)
    if end == "softmax":
        value = layers.Softmax(dtype=dtype)(value)
    elif end == "activation":
        value = layers.Activation("softmax", dtype=dtype)(value)
    model = keras.Model([inputs], value)
    rng = np.random.default_rng(5)
    model.set_weights([rng.normal(0, 0.4, array.shape) for array in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def joined(weights: Weights) -> Any:
    """Give the real VGG-16 to block 3 with a head of one hidden layer, as a study exports it."""
    spec = FeatureSpec(BackboneSpec(weights, ("block3",)))
    features = load_backbone(spec.backbone).features(TILES)
    rng = np.random.default_rng(2)
    arrays = [rng.normal(0, 0.3, shape).astype(np.float32) for shape in ((256, 8), (8,), (8, 2), (2,))]
    about = {"dropout": 0.5, "l2": 1e-4}
    head = TrainedHead(arrays, features.mean(axis=0), features.std(axis=0) + 1, about, pd.DataFrame(), 1)
    return joined_model(head, spec)


def log_odds_of(target: int) -> Callable[[Any], Any]:
    """A score for tf-keras-vis, of logits."""

    def score(logits: Any) -> Any:
        others = [place for place in range(logits.shape[1]) if place != target]
        return logits[:, target] - tf.reduce_logsumexp(tf.gather(logits, others, axis=1), axis=1)

    return score


def test_a_map_by_hand() -> None:
    """Two channels, 2x and -x rectified; their mean gradients are 1 and -2.

    The first channel is 2, 0, 6, 0 and the second 0, 2, 0, 0. For class 1 the sums are 2, -4, 6, 0; for class
    0, whose log-odds are the other sign, -2, 4, -6, 0.
    """
    model = keras.Sequential(
        [
            keras.Input((2, 2, 1)),
            keras.layers.Conv2D(2, 1, activation="relu", name="maps"),
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ]
    )
    slopes = np.array([[[1, -4], [2, 0]], [[3, 0], [-2, -4]]])
    outward = np.stack([np.zeros(8), slopes.ravel()], axis=1)
    model.set_weights([np.array([[[[2.0, -1.0]]]]), np.zeros(2), outward, np.zeros(2)])
    image = np.array([[1, -2], [3, 0]], dtype=np.float32)[None, ..., None]
    assert grad_cam(model, image, "maps", 1).tolist() == [[[2, 0], [6, 0]]]
    assert grad_cam(model, image, "maps", 0).tolist() == [[[0, 4], [0, 0]]]


def test_gradients_are_those_of_finite_differences() -> None:
    """Of the log-odds of the model's own probabilities, in float64, pixel by pixel."""
    model = small(dtype="float64")
    image, step = IMAGES[:1].astype(np.float64), 1e-6
    for target in range(3):
        changed = np.repeat(image, 2 * image.size, axis=0).reshape(2, image.size, -1)
        changed[0, np.arange(image.size), np.arange(image.size)] += step
        changed[1, np.arange(image.size), np.arange(image.size)] -= step
        p = np.asarray(model([changed.reshape(-1, *image.shape[1:])], training=False))[:, target]
        ahead, behind = np.log(p / (1 - p)).reshape(2, -1)
        found = guided_gradients(model, image, target, guided=False)
        expected = ((ahead - behind) / (2 * step)).reshape(image.shape)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-8)
        assert found.dtype == np.float64


@pytest.mark.parametrize("layer", ["first", "second"])
@pytest.mark.parametrize("target", [0, 2])
def test_maps_are_those_of_tf_keras_vis(oracle: dict[str, ModuleType], layer: str, target: int) -> None:
    """Of a small model, before tf-keras-vis enlarges them; six digits."""
    theirs = oracle["gradcam"].Gradcam(small("logits"), clone=True)
    expected = theirs(
        log_odds_of(target), IMAGES, penultimate_layer=layer, expand_cam=False, normalize_cam=False
    )
    found = grad_cam(small(), IMAGES, layer, target)
    assert found.any()
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.max(expected))


def test_gradients_are_those_of_tf_keras_vis(oracle: dict[str, ModuleType]) -> None:
    """Plain and guided, of a small model; six digits."""
    guides = oracle["modifiers"].GuidedBackpropagation()
    for guided, modifier in ((False, None), (True, guides)):
        theirs = oracle["saliency"].Saliency(small("logits"), model_modifier=modifier, clone=True)
        expected = theirs(log_odds_of(1), IMAGES, keepdims=True, gradient_modifier=None, normalize_map=False)
        found = guided_gradients(small(), IMAGES, 1, guided=guided)
        np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


def test_vgg16_against_tf_keras_vis(oracle: dict[str, ModuleType], joined: Any) -> None:
    """Maps of a middle and the last block, plain and guided gradients of the real network."""
    logits = keras.Model(joined.inputs, joined.get_layer("logits").output)
    score = log_odds_of(1)
    gradcam = oracle["gradcam"].Gradcam(logits, clone=True)
    for layer in ("block2_conv2", "block3_conv3"):
        found = grad_cam(joined, TILES, layer, 1)
        expected = gradcam(score, TILES, penultimate_layer=layer, expand_cam=False, normalize_cam=False)
        np.testing.assert_allclose(found, expected, atol=1e-5 * np.max(expected))
    made = {}
    for guided, modifier in ((False, None), (True, oracle["modifiers"].GuidedBackpropagation())):
        theirs = oracle["saliency"].Saliency(logits, model_modifier=modifier, clone=True)
        expected = theirs(score, TILES, keepdims=True, gradient_modifier=None, normalize_map=False)
        made[guided] = guided_gradients(joined, TILES, 1, guided=guided)
        np.testing.assert_allclose(made[guided], expected, atol=1e-5 * np.abs(expected).max())
    assert np.corrcoef(made[False].ravel(), made[True].ravel())[0, 1] < 0.5


@pytest.mark.parametrize("rectifier", ["ReLU", "Activation"])
def test_rectifiers_are_guided_however_they_are_written(rectifier: str) -> None:
    """As a layer's activation, as a layer ReLU or Activation: the same numbers, and not the plain ones."""
    expected = guided_gradients(small(), IMAGES, 1)
    assert not np.allclose(expected, guided_gradients(small(), IMAGES, 1, guided=False), rtol=0.1)
    other = small(rectifier=rectifier)
    np.testing.assert_allclose(guided_gradients(other, IMAGES, 1), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("end", ["softmax", "activation"])
def test_a_softmax_at_the_end_is_looked_behind(end: str) -> None:
    """Logits alone give the same; so does a model that is so sure that its probabilities are 0 and 1."""
    model, bare = small(end), small("logits")
    steps: list[Callable[[Any], Array]] = [
        lambda one: grad_cam(one, IMAGES, "second", 2),
        lambda one: guided_gradients(one, IMAGES, 2),
    ]
    for step in steps:
        np.testing.assert_array_equal(step(model), step(bare))
    for one in (model, bare):
        one.get_layer("logits").set_weights([300 * array for array in one.get_layer("logits").get_weights()])
    probability = model.predict(IMAGES, verbose=0)
    assert ((probability == 0) | (probability == 1)).any(axis=1).all()
    gradients = guided_gradients(model, IMAGES, 2, guided=False)
    assert np.isfinite(gradients).all()
    assert gradients.any(axis=(1, 2, 3)).all()


def test_an_image_s_company_does_not_matter() -> None:
    """Six images in batches of four are six images one by one."""
    model = small()
    steps: list[Callable[[Array], Array]] = [
        lambda images: grad_cam(model, images, "first", 0),
        lambda images: guided_gradients(model, images, 0),
    ]
    for step in steps:
        alone = np.concatenate([step(IMAGES[place : place + 1]) for place in range(len(IMAGES))])
        np.testing.assert_allclose(step(IMAGES), alone, rtol=1e-4, atol=1e-6)


def test_whole_numbers_are_images_too() -> None:
    """Grey levels as a file holds them give what the same levels as floats give."""
    levels = np.random.default_rng(3).integers(0, 255, IMAGES.shape).astype(np.uint8)
    found, expected = (guided_gradients(small(), one, 1) for one in (levels, levels.astype(np.float32)))
    np.testing.assert_array_equal(found, expected)


def test_the_model_is_left_as_it_was() -> None:
    """Weights, configuration, activations and outputs; whatever was asked, and when it was refused."""
    model = small(rectifier="activation")
    weights, config = [array.copy() for array in model.get_weights()], model.get_config()
    probability = model.predict(IMAGES, verbose=0)
    layers, activations = list(model.layers), [getattr(one, "activation", None) for one in model.layers]
    trainable = len(model.trainable_weights)
    grad_cam(model, IMAGES, "second", 1)
    guided_gradients(model, IMAGES, 1)
    with pytest.raises(ArgumentError):
        guided_gradients(model, IMAGES, 3)
    assert all(one is other for one, other in zip(model.layers, layers, strict=True))
    assert [getattr(one, "activation", None) for one in model.layers] == activations
    assert keras.activations.relu in activations
    assert len(model.trainable_weights) == trainable
    assert model.get_config() == config
    for array, before in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(array, before)
    np.testing.assert_array_equal(model.predict(IMAGES, verbose=0), probability)


grids = st.tuples(st.integers(1, 9), st.sampled_from([1, 2, 4, 8, 16]), st.integers(0, 15)).map(
    lambda grid: (grid[0], grid[1], grid[0] * grid[1] + grid[2] % grid[1])
)


@given(grids, st.integers(0, 999))
def test_upsampling_is_linear_between_the_cells_middles(grid: tuple[int, int, int], seed: int) -> None:
    """Along rows and columns as `np.interp` has it; also where the side is no multiple of the stride."""
    cells, stride, side = grid
    maps = np.random.default_rng(seed).normal(size=(2, cells, cells))
    middles = (np.arange(cells) + 0.5) * stride - 0.5
    pixels = np.arange(side)
    rows = np.apply_along_axis(lambda line: np.interp(pixels, middles, line), 2, maps)
    expected = np.apply_along_axis(lambda line: np.interp(pixels, middles, line), 1, rows)
    found = upsampled(maps, side, stride)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)


@given(grids, st.floats(-100, 100, width=32))
def test_a_constant_stays_a_constant(grid: tuple[int, int, int], level: float) -> None:
    """Everywhere, up to the last pixel."""
    cells, stride, side = grid
    found = upsampled(np.full((1, cells, cells), level), side, stride)
    np.testing.assert_allclose(found, np.full((1, side, side), level, np.float32), rtol=1e-6)


@given(st.integers(1, 7), st.integers(1, 7), st.sampled_from([1, 2, 4, 8]))
def test_nothing_is_shifted(row: int, column: int, stride: int) -> None:
    """The centre of mass of one cell is the middle of its pixels."""
    maps = np.zeros((1, 9, 9))
    maps[0, row, column] = 1
    (found,) = upsampled(maps, 9 * stride, stride).astype(np.float64)
    y, x = np.indices(found.shape)
    centre = [(found * axis).sum() / found.sum() for axis in (y, x)]
    np.testing.assert_allclose(centre, [(row + 0.5) * stride - 0.5, (column + 0.5) * stride - 0.5], rtol=1e-6)
    assert found.sum() == pytest.approx(stride**2, rel=1e-6)


def test_no_maps_stay_no_maps() -> None:
    """An empty batch has an empty answer."""
    assert upsampled(np.zeros((0, 4, 4)), 35, 8).shape == (0, 35, 35)


@pytest.mark.parametrize("shape", [(2, 8, 8), (16, 16), (2, 17, 16), (2, 16, 15)])
def test_maps_of_another_stride_are_refused(shape: tuple[int, ...]) -> None:
    """They would lie elsewhere on the tile, and nothing would show it."""
    with pytest.raises(
        ArgumentError, match=r"of tiles of 64 pixels and a stride of 4 they are \(n, 16, 16\)"
    ):
        upsampled(np.zeros(shape), 64, 4)
