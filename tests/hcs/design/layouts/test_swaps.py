"""What an exchange is said to cost is held against the cost counted anew."""

from typing import Any

import numpy as np
import pytest

from hcs.design.layouts.swaps import Kinds, Lines, anneal


def _kinds(held: np.ndarray, levels: np.ndarray, rng: np.random.Generator) -> Any:
    """Make states of kinds with the same random prices."""
    coefficients, wanted, weights = rng.random((3, 6)), rng.random((3, 6)), rng.random((3, 6))
    return lambda now: Kinds(now.copy(), levels, coefficients, wanted, weights)


def _lines(held: np.ndarray, levels: np.ndarray, rng: np.random.Generator) -> Any:
    """Make states of lines and their donors with the same random prices."""
    groups = np.array([np.arange(6), 6 + np.arange(6) // 2])
    expected, weights = rng.random((9, 6)), rng.random((9, 6))
    return lambda now: Lines(now.copy(), levels, groups, expected, weights)


@pytest.mark.parametrize("make", [_kinds, _lines])
def test_the_cost_of_an_exchange_is_what_it_changes(make: Any) -> None:
    """Over 150 random exchanges, and the tables stay those of what stands in the wells."""
    rng = np.random.default_rng(0)
    levels = np.array([rng.integers(0, 4, 24), 4 + rng.integers(0, 2, 24)])
    held = rng.integers(0, 6, 24)
    fresh = make(held, levels, rng)
    state = fresh(held)
    for _ in range(150):
        well = int(rng.integers(24))
        others = np.flatnonzero(state.held != state.held[well])
        place = int(rng.integers(len(others)))
        before, rise = state.cost, state.change(well, others)[place]
        state.swap(well, int(others[place]))
        assert state.cost == pytest.approx(before + rise, abs=1e-9)
        assert state.cost == pytest.approx(fresh(state.held).cost, abs=1e-9)


def test_the_search_leaves_the_best_state_that_it_met() -> None:
    """However warm it was: the state is the one that was told as the least, and it fits its blocks."""
    rng = np.random.default_rng(1)
    levels = np.array([np.repeat(np.arange(4), 6), 4 + np.tile(np.arange(6), 4)])
    held = rng.permutation(np.repeat(np.arange(3), 8))
    state = Kinds(held.copy(), levels, np.eye(3), np.full((3, 10), 1.7), np.ones((3, 10)))
    told: list[float] = []

    def done() -> tuple[float, ...]:
        told.append(state.cost)
        return (state.cost,)

    anneal(state, [np.arange(12), np.arange(12, 24)], done, rng, 30)
    assert state.cost == pytest.approx(min(told))
    assert state.cost < told[0]
    for block in (slice(0, 12), slice(12, 24)):
        assert sorted(state.held[block]) == sorted(held[block])
