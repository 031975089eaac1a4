"""The head: plain SGD with momentum, seeded, a scikit-learn classifier, an ordinary Keras model."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from hcs_models.head import HeadClassifier
from hcs_plates.errors import ArgumentError

Array = npt.NDArray[Any]


def blobs(n: int = 60, n_features: int = 6, seed: int = 0) -> tuple[Array, Array]:
    """Two classes a little apart, unequal in number."""
    rng = np.random.default_rng(seed)
    labels = np.where(rng.random(n) < 0.4, "ALS", "C")
    features = rng.normal(5, 3, (n, n_features)).astype(np.float32)
    features[labels == "ALS", :2] += 4
    return features, labels


def softmax(logits: Array) -> Array:
    """Probabilities of logits."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def train_by_hand(
    features: Array, labels: Array, head: HeadClassifier, views: int
) -> tuple[list[Array], list[float]]:
    """Train one hidden layer in float64 by the book: SGD with momentum on weighted cross-entropy plus L2."""
    numbers = (labels == "C").astype(int)
    inputs = (features - features.mean(axis=(0, 1))) / features.std(axis=(0, 1))
    share = len(numbers) / (2 * np.bincount(numbers))
    rng = np.random.default_rng(head.seed)
    widths = [features.shape[2], head.hidden[0], 2]
    state: list[Array] = []
    for before, after in pairwise(widths):
        limit = np.sqrt(6 / (before + after))
        state += [rng.uniform(-limit, limit, (before, after)), np.zeros(after)]
    speed = [np.zeros_like(one) for one in state]
    losses = []
    for _ in range(head.epochs):
        order, seen = rng.permutation(len(numbers)), rng.integers(0, views, size=len(numbers))
        total = 0.0
        for start in range(0, len(order), head.batch_size):
            rows = order[start : start + head.batch_size]
            x, weight = inputs[rows, seen[start : start + head.batch_size]], share[numbers[rows]]
            hidden = np.maximum(x @ state[0] + state[1], 0)
            probability = softmax(hidden @ state[2] + state[3])
            entropy = -np.log(probability[np.arange(len(rows)), numbers[rows]])
            penalty = head.l2 * ((state[0] ** 2).sum() + (state[2] ** 2).sum())
            total += len(rows) * ((weight * entropy).mean() + penalty)
            slope = (probability - np.eye(2)[numbers[rows]]) * weight[:, None] / len(rows)
            back = (slope @ state[2].T) * (hidden > 0)
            gradients = [
                x.T @ back + 2 * head.l2 * state[0],
                back.sum(axis=0),
                hidden.T @ slope + 2 * head.l2 * state[2],
                slope.sum(axis=0),
            ]
            speed = [
                head.momentum * v - head.learning_rate * g for v, g in zip(speed, gradients, strict=True)
            ]
            state = [w + v for w, v in zip(state, speed, strict=True)]
        losses.append(total / len(order))
    return state, losses


@pytest.mark.parametrize("momentum", [0.0, 0.9, 1.0])
@pytest.mark.parametrize("views", [1, 3])
def test_training_is_sgd_by_the_book(momentum: float, views: int) -> None:
    """Weights and losses equal a hand-written loop's, with views, class weights and a short last batch."""
    features, labels = blobs()
    rng = np.random.default_rng(1)
    stack = np.stack(
        [features, *(features + rng.normal(size=features.shape) for _ in range(views - 1))], axis=1
    )
    stack = stack.astype(np.float32)
    head = HeadClassifier(
        (4,), dropout=0.0, l2=0.01, learning_rate=0.05, momentum=momentum, batch_size=16, epochs=3, seed=5
    )
    head.fit(stack, labels)
    expected, losses = train_by_hand(stack.astype(np.float64), labels, head, views)
    trained = [np.asarray(variable) for variable in head.model_.trainable_variables]
    for mine, theirs in zip(trained, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(head.history_["loss"], losses, rtol=1e-4)
    inputs = (stack[:, 0] - stack.mean(axis=(0, 1))) / stack.std(axis=(0, 1))
    hidden = np.maximum(inputs @ expected[0] + expected[1], 0)
    np.testing.assert_allclose(
        head.predict_proba(stack), softmax(hidden @ expected[2] + expected[3]), atol=1e-3
    )


def test_the_seed_decides_and_the_company_does_not() -> None:
    """Same seed, same bits, though another head was trained in between; another seed, others."""
    features, labels = blobs()
    head = HeadClassifier((8,), epochs=3, learning_rate=0.05, seed=1)
    first = head.fit(features, labels).predict_proba(features)
    other = clone(head).set_params(seed=2).fit(features, labels).predict_proba(features)
    again = clone(head).fit(features, labels).predict_proba(features)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01


def test_standardisation_is_of_the_training_rows_and_in_the_model() -> None:
    """The Keras model takes raw features, its standardisation knows nothing of validation or test rows."""
    features, labels = blobs()
    head = HeadClassifier((4,), epochs=2).fit(features, labels, validation=(features * 50, labels))
    np.testing.assert_allclose(head.head_.mean, features.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(head.head_.scale, features.std(axis=0), rtol=1e-4)
    raw = np.asarray(head.model_(features[:5]))
    np.testing.assert_allclose(raw, head.predict_proba(features[:5]), atol=1e-6)


def test_a_feature_that_never_varies_is_harmless() -> None:
    """A dead channel of the network gives finite numbers, and the head still learns."""
    features, labels = blobs()
    features[:, 3] = 0.25
    head = HeadClassifier((8,), epochs=30, learning_rate=0.05).fit(features, labels)
    assert not head.head_.diverged
    assert head.score(features, labels) > 0.8


def test_history_has_a_row_per_epoch() -> None:
    """Validation is scored after each epoch on the identity view; without it, NaN."""
    features, labels = blobs()
    stack = np.stack([features, features + 100], axis=1)
    head = HeadClassifier((4,), epochs=4, l2=0.0).fit(features, labels, validation=(stack, labels))
    assert head.history_["epoch"].tolist() == [1, 2, 3, 4]
    last = head.history_.iloc[-1]
    probability = head.predict_proba(features)
    chosen = probability[np.arange(len(labels)), (labels == "C").astype(int)]
    share = {label: len(labels) / 2 / (labels == label).sum() for label in ("ALS", "C")}
    weights = np.array([share[label] for label in labels])
    assert last["validation_loss"] == pytest.approx(float((weights * -np.log(chosen)).mean()), rel=1e-4)
    assert last["validation_accuracy"] == pytest.approx(head.score(features, labels), abs=1e-6)
    assert clone(head).fit(features, labels).history_["validation_loss"].isna().all()


def test_class_weights_take_the_tilt_out() -> None:
    """With nothing to learn from 9 : 1 classes, a balanced head says about a half, a plain one 0.9."""
    rng = np.random.default_rng(2)
    features, labels = rng.normal(size=(400, 3)).astype(np.float32), np.repeat(["a", "b"], [360, 40])
    settings: dict[str, Any] = {"hidden": (), "epochs": 40, "learning_rate": 0.05}
    balanced = HeadClassifier(**settings).fit(features, labels).predict_proba(features)[:, 0].mean()
    plain = (
        HeadClassifier(**settings, class_weight=None)
        .fit(features, labels)
        .predict_proba(features)[:, 0]
        .mean()
    )
    assert balanced == pytest.approx(0.5, abs=0.1)
    assert plain == pytest.approx(0.9, abs=0.05)


def test_a_head_that_diverges_says_so_and_stays_usable() -> None:
    """Momentum 1 with a huge rate blows up: it is a bad trial, every class equally probable, not a crash."""
    features, labels = blobs()
    head = HeadClassifier((16,), momentum=1.0, learning_rate=1e6, epochs=20).fit(features, labels)
    assert head.head_.diverged
    np.testing.assert_array_equal(head.predict_proba(features), 0.5)


def test_the_model_is_an_ordinary_keras_file(tmp_path: Path) -> None:
    """Saved and loaded by Keras alone it gives the same probabilities."""
    import keras

    features, labels = blobs()
    head = HeadClassifier((4,), epochs=2).fit(features, labels)
    head.model_.save(tmp_path / "head.keras")
    loaded = keras.models.load_model(tmp_path / "head.keras")
    np.testing.assert_allclose(np.asarray(loaded(features)), head.predict_proba(features), atol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dropout": 1.0}, "dropout = 1.0 must be a number within 0 to 1"),
        ({"momentum": 1.1}, "momentum = 1.1 must be a number within 0 to 1"),
        ({"learning_rate": -1}, "learning_rate = -1 must be a number at least 0"),
        ({"keep": "first"}, "keep = 'first' must be 'last' or 'best'"),
        ({"epochs": 0}, "epochs = 0 must be a whole number of at least 1"),
        ({"hidden": (0,)}, r"hidden = \(0,\) must be a tuple of widths"),
        ({"class_weight": "even"}, "class_weight = 'even' must be 'balanced', None or a dict"),
    ],
)
def test_refused_parameters(change: dict[str, Any], message: str) -> None:
    """What cannot be is refused when fitting, in a sentence."""
    with pytest.raises(ArgumentError, match=message):
        HeadClassifier(**change).fit(*blobs())


def test_refused_data() -> None:
    """One class, strange validation labels, other features: each is named."""
    features, labels = blobs()
    with pytest.raises(ArgumentError, match="Only one class, 'C', is in y"):
        HeadClassifier().fit(features, np.full(len(features), "C"))
    head = HeadClassifier((2,), epochs=1)
    with pytest.raises(ArgumentError, match="Validation has the label 'PD'"):
        head.fit(features, labels, validation=(features, np.full(len(features), "PD")))
    head.fit(features, labels)
    with pytest.raises(ArgumentError, match="X has 5 features; the head has 6"):
        head.predict(np.zeros((3, 2, 5), dtype=np.float32))


@parametrize_with_checks([HeadClassifier((8,), dropout=0.0, learning_rate=0.1, epochs=20, batch_size=8)])
def test_scikit_learn_s_conventions(estimator: Any, check: Any) -> None:
    """Every check that scikit-learn has for classifiers passes."""
    check(estimator)
