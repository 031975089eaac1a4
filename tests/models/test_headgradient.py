"""Log-odds and their gradients against probabilities, finite differences and numbers worked by hand."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hcs_models.headgradient import log_odds, random_head, score_gradient
from hcs_models.trained import TrainedHead
from hcs_plates.errors import ArgumentError

Array = npt.NDArray[Any]


def head_of(*weights: Any, mean: Any = (0.0,), scale: Any = (1.0,)) -> TrainedHead:
    """A head of the given kernels and biases."""
    arrays: list[Any] = [np.array(array, dtype=np.float64) for array in weights]
    ones = np.ones(len(arrays[0]))
    return TrainedHead(arrays, mean * ones, scale * ones, {"l2": 0.5}, pd.DataFrame(), 3)


def drawn(widths: list[int], seed: int) -> tuple[TrainedHead, Array]:
    """A head of layers of these widths and three rows of features, all drawn at random."""
    rng = np.random.default_rng(seed)
    arrays = []
    for before, after in pairwise(widths):
        arrays += [rng.normal(size=(before, after)), rng.normal(size=after)]
    mean, scale = rng.normal(size=widths[0]), rng.uniform(0.2, 5, widths[0])
    return head_of(*arrays, mean=mean, scale=scale), rng.normal(0, 3, (3, widths[0]))


def differences(head: TrainedHead, features: Array, target: int, step: float = 1e-6) -> Array:
    """Central differences of `log_odds`, one feature at a time."""
    found = np.empty(features.shape)
    for place in range(features.shape[1]):
        ahead, behind = features.copy(), features.copy()
        ahead[:, place] += step
        behind[:, place] -= step
        found[:, place] = (log_odds(head, ahead, target) - log_odds(head, behind, target)) / (2 * step)
    return found


layers = st.tuples(st.integers(1, 5), st.lists(st.integers(1, 6), max_size=2), st.integers(2, 4))
heads = st.builds(drawn, layers.map(lambda sizes: [sizes[0], *sizes[1], sizes[2]]), st.integers(0, 10_000))


@given(heads, st.data())
def test_log_odds_are_those_of_the_probabilities(drawn: tuple[TrainedHead, Array], data: Any) -> None:
    """log(p / (1 - p)) of `predict_proba`, for every class."""
    head, features = drawn
    target = data.draw(st.integers(0, head.n_classes - 1))
    probability = head.predict_proba(features)
    p, rest = probability[:, target], np.delete(probability, target, axis=1).sum(axis=1)
    # Where one of the two has no digits left, their ratio has none.
    assume(min(p.min(), rest.min()) > 1e-12)
    np.testing.assert_allclose(log_odds(head, features, target), np.log(p / rest), rtol=1e-9, atol=1e-9)


@given(heads, st.data())
def test_the_gradient_is_that_of_finite_differences(drawn: tuple[TrainedHead, Array], data: Any) -> None:
    """Of 0 to 2 hidden layers and 2 to 4 classes, wherever no rectifier is about to open or close."""
    head, features = drawn
    target = data.draw(st.integers(0, head.n_classes - 1))
    value = (features - head.mean) / head.scale
    for kernel, bias in zip(head.weights[:-2:2], head.weights[1:-2:2], strict=True):
        value = value @ kernel + bias
        assume(np.abs(value).min() > 1e-3)
        value = np.maximum(value, 0)
    expected = differences(head, features, target)
    found = score_gradient(head, features, target)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert found.dtype == np.float64


def test_three_classes_by_hand() -> None:
    """Logits 1, 2 and 3 at feature 1: 1 - log(e² + e³), and its slope by the others' softmax."""
    head = head_of([[1.0, 2.0, 3.0]], [0.0, 0.0, 0.0], scale=[2.0])
    row = np.array([[2.0]])
    share = np.exp(3) / (np.exp(2) + np.exp(3))
    assert log_odds(head, row, 0).item() == pytest.approx(1 - np.log(np.exp(2) + np.exp(3)), rel=1e-12)
    assert score_gradient(head, row, 0).item() == pytest.approx((1 - 2 * (1 - share) - 3 * share) / 2)


def test_of_two_classes_what_speaks_for_one_speaks_against_the_other() -> None:
    """Log-odds and gradients of the two differ in sign alone; guided gradients do not."""
    head, features = drawn([4, 5, 2], seed=7)
    np.testing.assert_allclose(log_odds(head, features, 0), -log_odds(head, features, 1))
    np.testing.assert_allclose(score_gradient(head, features, 0), -score_gradient(head, features, 1))
    first, second = (score_gradient(head, features, target, guided=True) for target in (0, 1))
    assert not np.allclose(first, -second)


def test_a_head_far_beyond_where_probabilities_end() -> None:
    """Log-odds of ±5000 and a gradient that is not 0, where probabilities are 0 and 1."""
    head = head_of([[500.0, 0.0, -500.0]], [0.0, 0.0, 0.0])
    row = np.array([[10.0]])
    assert head.predict_proba(row)[0, 0] == 1.0
    assert [log_odds(head, row, target).item() for target in range(3)] == [5000, -5000, -10000]
    assert [score_gradient(head, row, target).item() for target in range(3)] == [500, -500, -1000]


def test_guided_by_hand() -> None:
    """Of four hidden units, one passes: open, and with a gradient above 0.

    Their inputs are 1, 1, -1 and 0; the class's gradient in them 3, -2, 5 and 7. Plain gives 3 - 2 = 1, and
    guided 3, each by the unit's own weight; a rectifier at 0 is closed.
    """
    outward = [[0.0, 3.0], [0.0, -2.0], [0.0, 5.0], [0.0, 7.0]]
    head = head_of([[1.0, 1.0, -1.0, 0.0]], [0.0] * 4, outward, [0.0, 0.0])
    row = np.array([[1.0]])
    assert score_gradient(head, row, 1).tolist() == [[1.0]]
    assert score_gradient(head, row, 1, guided=True).tolist() == [[3.0]]
    assert score_gradient(head, row, 0, guided=True).tolist() == [[2.0]]


def test_every_hidden_layer_is_guided() -> None:
    """Two layers: the first one's unit is closed to a gradient below 0 that the second let through."""
    head = head_of([[1.0, 1.0]], [0.0, 0.0], [[1.0], [-4.0]], [5.0], [[0.0, 1.0]], [0.0, 0.0])
    row = np.array([[1.0]])
    assert score_gradient(head, row, 1).tolist() == [[-3.0]]
    assert score_gradient(head, row, 1, guided=True).tolist() == [[1.0]]


def test_without_hidden_layers_guided_is_plain() -> None:
    """There is no rectifier to pass."""
    head, features = drawn([4, 3], seed=1)
    plain, guided = (score_gradient(head, features, 2, guided=kind) for kind in (False, True))
    assert (plain < 0).any()
    np.testing.assert_array_equal(plain, guided)


def test_half_precision_features_are_computed_in_double() -> None:
    """As they are stored; the same numbers as of the same values in float64."""
    head, features = drawn([4, 5, 3], seed=2)
    stored = features.astype(np.float16)
    for step in (log_odds, score_gradient):
        np.testing.assert_array_equal(step(head, stored, 1), step(head, stored.astype(np.float64), 1))


def test_a_head_that_diverged_says_nothing() -> None:
    """No NaN: 0 everywhere, in the shapes that others have."""
    head, features = drawn([4, 5, 3], seed=3)
    head.weights[2][0, 0] = np.inf
    np.testing.assert_array_equal(log_odds(head, features, 0), np.zeros(3))
    for guided in (False, True):
        np.testing.assert_array_equal(score_gradient(head, features, 0, guided=guided), np.zeros((3, 4)))


@pytest.mark.parametrize("widths", [[40, 3], [40, 8, 2], [40, 8, 6, 4]])
def test_random_heads(widths: list[int]) -> None:
    """The same layers and standardisation, weights drawn within Glorot's limits, by the seed."""
    head, features = drawn(widths, seed=4)
    before = [array.copy() for array in head.weights]
    first, again, other = (random_head(head, seed) for seed in (5, 5, 6))
    assert [array.shape for array in first.weights] == [array.shape for array in head.weights]
    assert first.mean is head.mean
    assert first.scale is head.scale
    for kernel, bias in zip(first.weights[::2], first.weights[1::2], strict=True):
        assert np.abs(kernel).max() <= np.sqrt(6 / sum(kernel.shape))
        # Evenly within ±limit: the root mean square is a limit's 3⁻¹ᐟ².
        assert np.sqrt(np.mean(kernel**2)) == pytest.approx(np.sqrt(2 / sum(kernel.shape)), rel=0.3)
        assert not bias.any()
    for one, two, three in zip(first.weights[::2], again.weights[::2], other.weights[::2], strict=True):
        np.testing.assert_array_equal(one, two)
        assert (one != three).all()
    for array, was in zip(head.weights, before, strict=True):
        np.testing.assert_array_equal(array, was)
    assert score_gradient(first, features, 0).any()


def test_a_random_head_in_place_of_one_that_diverged() -> None:
    """Its weights are of use whatever became of the other's."""
    head, features = drawn([4, 5, 3], seed=8)
    lost = replace(head, weights=[array * np.nan for array in head.weights])
    assert not random_head(lost, 0).diverged
    assert score_gradient(random_head(lost, 0), features, 0).any()


@pytest.mark.parametrize("step", [log_odds, score_gradient])
@pytest.mark.parametrize(
    ("features", "target", "message"),
    [
        (np.zeros((2, 5)), 0, r"features have shape \(2, 5\); the head takes rows of 4 features"),
        (np.zeros(4), 0, r"features have shape \(4,\)"),
        (np.zeros((2, 4)), 3, "target 3 is no class; the head tells 3 apart, from 0"),
        (np.zeros((2, 4)), -1, "target -1 is no class"),
    ],
)
def test_refusals(step: Any, features: Array, target: int, message: str) -> None:
    """Rows of another length and classes that are not there, also for a head that diverged."""
    head, _ = drawn([4, 5, 3], seed=9)
    lost = replace(head, weights=[array * np.nan for array in head.weights])
    for one in (head, lost):
        with pytest.raises(ArgumentError, match=message):
            step(one, features, target)
