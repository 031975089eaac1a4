"""A joined model: flat, opened by Keras alone, and the same probabilities as the head on the features."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hcs_models.backbone import BackboneSpec, load_backbone
from hcs_models.features import FeatureSpec
from hcs_models.saved import joined_model, save_joined
from hcs_models.trained import TrainedHead
from hcs_models.weights import Weights
from hcs_plates.errors import ArgumentError, ExistsError

SPECS = {"two blocks": (("block4", "block5"), "avg"), "flat": (("block5",), "flatten")}


def head_for(width: int) -> TrainedHead:
    """A head of one hidden layer with weights at random."""
    rng = np.random.default_rng(width)
    shapes = [(width, 6), (6,), (6, 2), (2,)]
    weights = [rng.normal(0, 0.2, shape).astype(np.float32) for shape in shapes]
    mean, scale = rng.uniform(0, 2, width), rng.uniform(1, 5, width)
    about = {"dropout": 0.5, "l2": 1e-4, "hidden": [6]}
    return TrainedHead(weights, mean.astype(np.float32), scale.astype(np.float32), about, pd.DataFrame(), 1)


@pytest.mark.parametrize("kind", SPECS)
def test_the_same_probabilities(kind: str, weights: Weights) -> None:
    """Images to probabilities in one go, and by features and head: equal to 1e-5."""
    blocks, pool = SPECS[kind]
    spec = FeatureSpec(BackboneSpec(weights, blocks, pool))  # type: ignore[arg-type]  # a table of names
    images = np.random.default_rng(0).normal(0, 60, (3, 64, 64, 3)).astype(np.float32)
    features = load_backbone(spec.backbone).features(images)
    head = head_for(features.shape[1])
    model = joined_model(head, spec)
    found = np.asarray(model(images, training=False))
    np.testing.assert_allclose(found, head.predict_proba(features), atol=1e-5)
    stored = features.astype(np.float16)
    np.testing.assert_allclose(found, head.predict_proba(stored), atol=5e-3)


def test_every_layer_is_the_model_s_own(weights: Weights) -> None:
    """Convolutions are direct layers: a model in the model would hide them from gradients."""
    spec = FeatureSpec(BackboneSpec(weights, ("block4",)))
    names = [layer.name for layer in joined_model(head_for(512), spec).layers]
    assert {"block1_conv1", "block4_conv3", "block4_mean", "standardise", "logits", "probability"} <= set(
        names
    )
    assert not any("vgg" in name for name in names)
    assert "block5_conv1" not in names


@pytest.mark.slow
def test_keras_opens_it_alone(weights: Weights, tmp_path: Path) -> None:
    """In a process that never saw hcs; the JSON file beside it says what the input is."""
    spec = FeatureSpec(BackboneSpec(weights, ("block2",)))
    images = np.random.default_rng(1).normal(0, 60, (2, 32, 32, 3)).astype(np.float32)
    head = head_for(128)
    path = save_joined(head, spec, tmp_path / "m.keras", {"classes": ["control", "ALS"]})
    np.save(tmp_path / "images.npy", images)
    code = (
        "import keras, numpy, sys; m = keras.models.load_model(sys.argv[1]);"
        "numpy.save(sys.argv[3], m.predict(numpy.load(sys.argv[2]), verbose=0));"
        "assert not any(name.startswith('hcs') for name in sys.modules)"
    )
    words = [str(tmp_path / name) for name in ("m.keras", "images.npy", "out.npy")]
    subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True)
    expected = head.predict_proba(load_backbone(spec.backbone).features(images))
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), expected, atol=1e-5)
    about = json.loads(path.with_suffix(".json").read_text())
    assert about["input"]["order"] == "BGR"
    assert about["input"]["percentiles"] == [0.1, 99.9]
    assert about["classes"] == ["control", "ALS"]
    assert sorted(one.name for one in tmp_path.glob("*m*")) == ["images.npy", "m.json", "m.keras"]
    with pytest.raises(ExistsError, match="exists already"):
        save_joined(head, spec, path, {})
    save_joined(head, spec, path, {}, overwrite=True)


def test_refusals(weights: Weights, tmp_path: Path) -> None:
    """A head of another network, a file that Keras would not take."""
    spec = FeatureSpec(BackboneSpec(weights, ("block4",)))
    with pytest.raises(ArgumentError, match="takes 9 features and this network gives 512"):
        joined_model(head_for(9), spec)
    with pytest.raises(ArgumentError, match=r"must end in \.keras"):
        save_joined(head_for(512), spec, tmp_path / "model.h5", {})


def test_a_description_of_something_else_stays(weights: Weights, tmp_path: Path) -> None:
    """The JSON file beside a model replaces only the like, asked or not."""
    beside = tmp_path / "m.json"
    beside.write_text('{"thesis": "years of work"}')
    spec = FeatureSpec(BackboneSpec(weights, ("block2",)))
    with pytest.raises(ExistsError, match=r"m\.json exists already; choose another place or replace"):
        save_joined(head_for(128), spec, tmp_path / "m.keras", {})
    with pytest.raises(ExistsError, match=r"m\.json exists already and describes no model of hcs"):
        save_joined(head_for(128), spec, tmp_path / "m.keras", {}, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["m.json"]
