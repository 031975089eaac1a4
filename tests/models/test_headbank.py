"""The bank: heads trained together are the heads trained apart, and those of plain Keras."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from hcs_models import trainer
from hcs_models.headbank import HeadBank, standardisation
from hcs_models.headspec import Architecture, HeadSettings
from hcs_models.trained import TrainedHead
from hcs_plates.errors import ArgumentError

Array = npt.NDArray[Any]
N = 90


@pytest.fixture(scope="module")
def features() -> Array:
    """Ninety tiles of two views and twelve features, half precision; odd rows are shifted."""
    rng = np.random.default_rng(0)
    stack = rng.normal(3, 2, (N, 1, 12)) + rng.normal(0, 0.3, (N, 2, 12))
    stack[1::2, :, :3] += 2.5
    return stack.astype(np.float16)


@pytest.fixture(scope="module")
def bank(features: Array) -> HeadBank:
    """Bank of heads with eight hidden units."""
    return HeadBank(features, hidden=(8,), batch_size=16)


def parts(seed: int, classes: Array | None = None) -> tuple[Array, Array, Array, Array]:
    """Training and validation rows of a head with their classes."""
    order = np.random.default_rng(seed).permutation(N)
    known = np.arange(N) % 2 if classes is None else classes
    train, validation = order[: 50 + seed], order[60:75]
    return train, known[train], validation, known[validation]


def same(one: TrainedHead, other: TrainedHead) -> bool:
    """Whether two heads are the same bits."""
    arrays = zip(one.weights, other.weights, strict=True)
    return all(np.array_equal(mine, theirs) for mine, theirs in arrays) and one.history.equals(other.history)


def test_a_head_does_not_know_its_neighbours(bank: HeadBank) -> None:
    """Alone, in another order, on one thread or on three: every head is the same bits."""
    heads = [
        (bank.rows(*parts(seed)), HeadSettings(0.02 / (seed + 1), momentum=0.7, epochs=4, seed=seed))
        for seed in range(5)
    ]
    together = bank.fit(heads, workers=3)
    for head, alone in zip(together, heads, strict=True):
        assert same(head, bank.fit([alone])[0])
    for head, turned in zip(together, reversed(bank.fit(heads[::-1], workers=1)), strict=True):
        assert same(head, turned)
    assert not same(together[0], together[1])


@pytest.mark.slow
def test_heads_are_those_of_plain_keras(features: Array, bank: HeadBank) -> None:
    """Own rows, labels, rate, momentum and penalty of each: Keras' fit, step by step, comes out the same."""
    import keras

    flipped = 1 - np.arange(N) % 2
    cases = [
        (parts(1), HeadSettings(0.03, 0.9, l2=0.01, dropout=0.0, epochs=3, seed=1)),
        (parts(2, flipped), HeadSettings(0.005, 0.0, l2=0.0, dropout=0.0, epochs=2, seed=2)),
        (parts(3), HeadSettings(0.01, 1.0, l2=0.001, dropout=0.0, epochs=3, seed=3)),
    ]
    trained = bank.fit([(bank.rows(*rows), settings) for rows, settings in cases])
    for (rows, settings), head in zip(cases, trained, strict=True):
        train, classes, validation, held = rows
        start = bank.architecture.initial_weights(np.random.default_rng(settings.seed))
        model = head.to_keras()
        for variable, value in zip(model.trainable_variables, start, strict=True):
            variable.assign(value)
        model.compile(
            keras.optimizers.SGD(settings.learning_rate, settings.momentum),
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
            jit_compile=False,
        )
        weights = len(train) / (2 * np.bincount(classes))
        rng = np.random.default_rng(settings.seed)
        bank.architecture.initial_weights(rng)  # the order is drawn after the initial weights
        for epoch in range(settings.epochs):
            order, views = rng.permutation(len(train)), rng.integers(0, 2, size=len(train))
            seen = features[train[order], views].astype(np.float32)
            told = model.fit(
                seen,
                classes[order],
                sample_weight=weights[classes[order]],
                batch_size=16,
                epochs=1,
                shuffle=False,
                verbose=0,
            )
            accuracy = told.history["accuracy"][0]
            assert head.history["accuracy"][epoch] == pytest.approx(accuracy, abs=1e-6)
        expected = model.predict(features[validation, 0].astype(np.float32), verbose=0)
        np.testing.assert_allclose(head.predict_proba(features[validation, 0]), expected, atol=2e-5)
        right = (expected.argmax(axis=1) == held).mean()
        assert head.history["validation_accuracy"].iloc[-1] == pytest.approx(right, abs=1e-6)


def test_one_graph_serves_all_heads(features: Array) -> None:
    """Other rows, rates, momenta, penalties, dropouts, seeds and numbers of epochs trace nothing again."""
    bank = HeadBank(features, hidden=(5,), batch_size=16)
    for seed in range(3):
        settings = HeadSettings(0.1 * seed, 0.3 * seed, 0.1 * seed, 0.3 * seed, 2 + seed, "best", seed)
        bank.fit([(bank.rows(*parts(seed)[: 4 if seed else 2]), settings)])
    assert trainer._graph(bank.architecture).experimental_get_tracing_count() == 1


def test_the_best_epoch_is_kept(bank: HeadBank) -> None:
    """Highest validation accuracy, then lowest validation loss; training goes on as without it."""
    rows = bank.rows(*parts(4))
    settings = HeadSettings(learning_rate=0.5, epochs=12, seed=4)
    last, best = bank.fit([(rows, settings), (rows, HeadSettings(**{**vars(settings), "keep": "best"}))])
    assert last.history.equals(best.history)
    assert last.epoch == 12
    order = last.history.sort_values(["validation_accuracy", "validation_loss"], ascending=[False, True])
    assert best.epoch == order["epoch"].iloc[0] < 12
    (short,) = bank.fit([(rows, HeadSettings(learning_rate=0.5, epochs=best.epoch, seed=4))])
    for mine, theirs in zip(best.weights, short.weights, strict=True):
        # The order of later epochs is drawn after this one's, so the shorter run is the same up to here.
        np.testing.assert_array_equal(mine, theirs)
    tested = best.predict_proba(bank.features[parts(4)[2], 0])
    assert (tested.argmax(axis=1) == parts(4)[3]).mean() == pytest.approx(best.kept()["validation_accuracy"])


def test_dropout_drops_its_share(features: Array) -> None:
    """Masks hold 1 / (1 - rate) for the share that stays, and differ from step to step and layer to layer."""
    import tensorflow as tf

    graph = trainer._Graph(Architecture(12, (64, 63), 2, 32))
    masks = [
        np.asarray(graph._mask(width, place, 32, tf.constant(0.3), tf.constant([7, step])))
        for width, place in ((64, 0), (63, 1))
        for step in (0, 32)
    ]
    for mask in masks:
        assert set(np.unique(mask).round(4)) == {0.0, np.float32(1 / 0.7).round(4)}
        assert (mask > 0).mean() == pytest.approx(0.7, abs=0.04)
    assert masks[2].shape == (32, 63)
    assert not np.array_equal(masks[0], masks[1])
    assert not np.array_equal(masks[0][:, :63], masks[2])
    assert (np.asarray(graph._mask(64, 0, 9, tf.constant(0.0), tf.constant([7, 0]))) == 1).all()


def test_memory_bounds_how_many_train_at_once(features: Array) -> None:
    """Never more heads than fit, and always one."""
    bank = HeadBank(features, hidden=(8,), memory=2 * Architecture(12, (8,), 2, 32).head_bytes)
    assert bank.architecture.head_bytes == 16 * (13 * 8 + 9 * 2)
    assert bank.at_once(7) == 2
    bank.memory = 1
    assert bank.at_once(7) == 1


def test_standardisation_by_blocks(features: Array, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as NumPy's on the whole, whatever the block."""
    monkeypatch.setattr("hcs_models.headbank.BLOCK", 100)
    rows = np.arange(3, 77)
    mean, scale = standardisation(features, rows)
    whole = features[rows].astype(np.float64)
    np.testing.assert_allclose(mean, whole.mean(axis=(0, 1)), rtol=1e-6)
    np.testing.assert_allclose(scale, whole.std(axis=(0, 1)), rtol=1e-6)


def test_a_diverged_head_is_a_bad_one(bank: HeadBank) -> None:
    """It stops, its history stands from there on as NaN, and the others do not notice."""
    rows = bank.rows(*parts(0))
    wild, calm = bank.fit([(rows, HeadSettings(1e9, 1.0, epochs=30)), (rows, HeadSettings(epochs=3))])
    assert wild.diverged
    assert wild.history["loss"].isna().any()
    assert not calm.diverged
    np.testing.assert_array_equal(bank.predict_proba(wild), 0.5)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (([0, 2, 4], [0, 0, 0]), "No training row is of class 1"),
        (([0, 1], [0, 1], [1], [1]), "Row 1 is learnt from and validated on"),
        (([0, N], [0, 1]), "training rows must be within 0 to 89"),
        (([0, 1], [0, 2]), "training classes must be within 0 to 1"),
        (([0, 1], [0, 1], [5], [0, 1]), "validation rows of shape"),
    ],
)
def test_refused_rows(bank: HeadBank, rows: tuple[list[int], ...], message: str) -> None:
    """Rows that cannot be are refused in a sentence."""
    with pytest.raises(ArgumentError, match=message):
        bank.rows(*map(np.array, rows))


def test_refused_features() -> None:
    """A bank takes stored features as they are."""
    with pytest.raises(ArgumentError, match=r"features are float64 of shape \(3, 4\)"):
        HeadBank(np.zeros((3, 4)))
