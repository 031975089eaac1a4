"""Which arithmetic is taken, and what bfloat16 does to the features."""

import keras
import numpy as np
import pytest

from hcs_models import arithmetic
from hcs_models.arithmetic import Arithmetic, Name, choose_arithmetic, measure_gains
from hcs_models.backbone import Backbone, BackboneSpec, load_backbone
from hcs_models.weights import Weights
from hcs_plates.errors import ArgumentError


@pytest.mark.parametrize(
    ("winograd", "bfloat16", "name"),
    [
        (0.9, 0.9, "float32"),
        (1.19, 1.1, "float32"),
        (1.2, 0.9, "winograd"),
        (1.9, 3.0, "bfloat16"),
        (1.9, 1.8, "winograd"),
        (1.9, 2.2, "winograd"),
        (1.1, 1.2, "bfloat16"),
    ],
)
def test_auto_takes_the_fastest(
    winograd: float, bfloat16: float, name: Name, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Less than a fifth faster is not worth a change, nor digits; the sentence says what was measured."""
    monkeypatch.setattr(arithmetic, "measure_gains", lambda *_: {"winograd": winograd, "bfloat16": bfloat16})
    chosen = choose_arithmetic("auto", BackboneSpec(weights), 64, 1000)
    assert chosen == Arithmetic(name, winograd, bfloat16)
    assert f"{winograd:.2f} times" in chosen.sentence()
    assert f"{bfloat16:.2f} times" in chosen.sentence()


@pytest.mark.parametrize(("setting", "n_images"), [("bfloat16", 10**6), ("winograd", 1), ("auto", 999)])
def test_nothing_is_measured_in_vain(
    setting: str, n_images: int, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An arithmetic that is named is taken as it is; few images go through direct convolutions."""
    monkeypatch.setattr(arithmetic, "measure_gains", lambda *_: pytest.fail("measured"))
    chosen = choose_arithmetic(setting, BackboneSpec(weights), 64, n_images)  # type: ignore[arg-type]  # a table
    assert chosen == Arithmetic("float32" if setting == "auto" else setting)  # type: ignore[arg-type]  # a table
    assert "nothing faster was looked for" in chosen.sentence()


def test_bfloat16_features(weights: Weights, backbone: Backbone) -> None:
    """They are those of float32 to about two digits, not more and not less; pooled in float32."""
    spec = BackboneSpec(weights, ("block4", "block5"))
    images = np.random.default_rng(0).normal(0, 60, (5, 64, 64, 3)).astype(np.float32)
    mixed = load_backbone(Arithmetic("bfloat16").applied(spec)).features(images)
    plain = backbone.features(images)
    assert mixed.dtype == np.float32
    error = np.abs(mixed - plain).max() / np.abs(plain).max()
    assert 1e-4 < error < 0.03
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.slow
def test_measuring_gives_ratios(weights: Weights) -> None:
    """Speeds of one machine differ by less than a hundredfold."""
    gains = measure_gains(BackboneSpec(weights, ("block1",)), 32)
    assert set(gains) == {"winograd", "bfloat16"}
    assert all(0.01 < gain < 100 for gain in gains.values())


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"precision": "float16"}, "precision 'float16' is unknown; it is 'float32' or 'bfloat16'"),
        ({"convolution": "fft"}, "convolution 'fft' is unknown; it is 'direct' or 'winograd'"),
        ({"convolution": "winograd", "precision": "bfloat16"}, "'winograd' runs in float32 only"),
    ],
)
def test_what_does_not_exist_is_refused(settings: dict[str, str], sentence: str, weights: Weights) -> None:
    """Named, with the ones there are."""
    with pytest.raises(ArgumentError, match=sentence):
        BackboneSpec(weights, **settings)  # type: ignore[arg-type]  # what is refused
