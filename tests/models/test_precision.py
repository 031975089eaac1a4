"""Which precision is taken, and what bfloat16 does to the features."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from hcs_models import precision
from hcs_models.backbone import Backbone, BackboneSpec, load_backbone
from hcs_models.precision import Precision, choose_precision, measure_gain
from hcs_models.weights import Weights
from hcs_plates.errors import ArgumentError


@pytest.mark.parametrize(
    ("gain", "name"), [(0.9, "float32"), (1.19, "float32"), (1.2, "bfloat16"), (3.0, "bfloat16")]
)
def test_auto_takes_bfloat16_only_where_it_gains(
    gain: float, name: str, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Less than a fifth faster is not worth the digits; the sentence says what was measured."""
    monkeypatch.setattr(precision, "measure_gain", lambda _: gain)
    chosen = choose_precision("auto", BackboneSpec(weights))
    assert chosen == Precision(name, gain)  # type: ignore[arg-type]  # a table of names
    assert f"ran in {name}" in chosen.sentence()
    assert f"{gain:.2f} times" in chosen.sentence()


def test_what_is_asked_for_is_not_measured(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    """A precision that is named is taken as it is."""
    monkeypatch.setattr(precision, "measure_gain", lambda _: pytest.fail("measured"))
    assert choose_precision("bfloat16", BackboneSpec(weights)) == Precision("bfloat16")


def test_bfloat16_features(weights: Weights, backbone: Backbone) -> None:
    """They are those of float32 to about two digits, not more and not less; pooled in float32."""
    spec = BackboneSpec(weights, ("block4", "block5"))
    images = np.random.default_rng(0).normal(0, 60, (5, 64, 64, 3)).astype(np.float32)
    mixed = load_backbone(replace(spec, precision="bfloat16")).features(images)
    plain = backbone.features(images)
    assert mixed.dtype == np.float32
    error = np.abs(mixed - plain).max() / np.abs(plain).max()
    assert 1e-4 < error < 0.03
    assert keras.config.dtype_policy().name == "float32"


def test_measuring_gives_a_ratio(weights: Weights) -> None:
    """Two speeds of one machine differ by less than a hundredfold; the ratio is the right way round."""
    gain = measure_gain(BackboneSpec(weights, ("block4", "block5")))
    assert 0.01 < gain < 100


def test_an_unknown_precision_is_refused(weights: Weights) -> None:
    """Named, with the ones there are."""
    with pytest.raises(ArgumentError, match="precision 'float16' is unknown; it is 'float32' or 'bfloat16'"):
        BackboneSpec(weights, precision="float16")  # type: ignore[arg-type]  # what is refused
