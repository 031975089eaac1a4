"""Exchanges of what stands in two wells, until a layout is as balanced as the counts allow.

A state knows what every exchange would cost; the search takes the best partner of one well after another,
sometimes a worse one (simulated annealing; Kirkpatrick, Gelatt & Vecchi 1983), and keeps the best state met.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from hcs.statistics.arrays import Codes, Floats, Places

HEATS = np.repeat([0.0, 2.0, 1.0, 0.5, 0.2, 0.0], 4)
"""Sweep by sweep, over and over: rise in cost that is taken readily, in squares of one well."""
PATIENCE = 36
"""Sweeps without a better state, after which the search ends."""
PARTNERS = 64
"""Wells that are looked at as partners of one, at most: as many are drawn."""
TIE = 1e-9
"""Costs closer than this are equal; chance decides between them."""


class State(Protocol):
    """What stands in the wells, and what it costs."""

    held: Codes
    """What stands in each well; array of shape (n_wells,)."""
    weights: Floats
    """Price of the square of what a count is off, of every count."""

    def change(self, well: int, others: Places) -> Floats:
        """By how much the cost would rise if a well were exchanged with each of others."""

    def swap(self, one: int, other: int) -> None:
        """Exchange what stands in two wells."""


class Kinds:
    """Kinds of wells (diagnoses, controls, free ones), each to be spread over the levels of every factor.

    A *contrast* is a sum of coefficients of kinds over the wells of a level: wells of a diagnosis less its
    share of all wells with lines, or wells of a control. The cost is the weighted sum of squares of contrasts
    less what they should be.

    Parameters
    ----------
    held
        Kind of each well; array of shape (n_wells,).
    levels
        Of each factor, array of shape (n_factors, n_wells); levels of different factors differ.
    coefficients
        Array of shape (n_contrasts, n_kinds).
    wanted, weights
        Of every contrast in every level; arrays of shape (n_contrasts, n_levels).
    """

    def __init__(
        self, held: Codes, levels: Codes, coefficients: Floats, wanted: Floats, weights: Floats
    ) -> None:
        self.held, self.levels = held, levels
        self.coefficients, self.weights = coefficients, weights
        self.off = -np.array(wanted, dtype=float)
        for factor in levels:
            np.add.at(self.off.T, factor, coefficients[:, held].T)

    @property
    def cost(self) -> float:
        """As it stands."""
        return float((self.weights * np.square(self.off)).sum())

    def change(self, well: int, others: Places) -> Floats:
        """By how much the cost would rise if a well were exchanged with each of others."""
        step = self.coefficients[:, self.held[others]] - self.coefficients[:, self.held[well], None]
        here, there = self.levels[:, well], self.levels[:, others]
        slope = 2 * self.weights * self.off
        # (n_contrasts, n_factors, n_others)
        rise = (slope[:, here, None] - slope[:, there]) * step[:, None]
        rise += (self.weights[:, here, None] + self.weights[:, there]) * np.square(step)[:, None]
        return np.asarray((rise * (here[:, None] != there)).sum(axis=(0, 1)))

    def swap(self, one: int, other: int) -> None:
        """Exchange what stands in two wells."""
        step = self.coefficients[:, self.held[other]] - self.coefficients[:, self.held[one]]
        self.off[:, self.levels[:, one]] += step[:, None]
        self.off[:, self.levels[:, other]] -= step[:, None]
        self.held[one], self.held[other] = self.held[other], self.held[one]


class Lines:
    """Lines, each to be spread over the levels of every factor; also their donors.

    The cost is chi-square of every grouping (clone, donor) crossed with every factor, weighted by factor.

    Parameters
    ----------
    held
        Line of each well; array of shape (n_wells,).
    levels
        Of each factor, array of shape (n_factors, n_wells); levels of different factors differ.
    groups
        Row of the table of counts of each line in each grouping; array of shape (n_groupings, n_lines); rows
        of different groupings differ.
    expected, weights
        Arrays of shape (n_rows, n_levels): counts at independence, and the price of a squared distance.
    """

    def __init__(self, held: Codes, levels: Codes, groups: Codes, expected: Floats, weights: Floats) -> None:
        self.held, self.levels, self.weights = held, levels, weights
        self.cells = groups * weights.shape[1]
        self.off = -np.array(expected, dtype=float)
        for factor in levels:
            for grouping in groups:
                np.add.at(self.off, (grouping[held], factor), 1)
        # Cost of one more and of one fewer in each cell, kept so that a look at partners only gathers.
        self.more, self.fewer = (weights * (2 * by * self.off + 1) for by in (1, -1))

    @property
    def cost(self) -> float:
        """As it stands."""
        return float((self.weights * np.square(self.off)).sum())

    def change(self, well: int, others: Places) -> Floats:
        """By how much the cost would rise if a well were exchanged with each of others."""
        here, there = self.levels[:, well, None], self.levels[:, others]
        apart = here != there
        total = np.zeros(len(others))
        for grouping in self.cells:
            mine, theirs = grouping[self.held[well]], grouping[self.held[others]]
            rise = self.more.take(mine + there) + self.fewer.take(mine + here)
            rise += self.more.take(theirs + here)
            rise += self.fewer.take(theirs + there)
            total += (rise * apart).sum(axis=0) * (mine != theirs)
        return total

    def swap(self, one: int, other: int) -> None:
        """Exchange what stands in two wells."""
        here, there = self.levels[:, one], self.levels[:, other]
        for grouping in self.cells:
            mine, theirs = grouping[self.held[one]], grouping[self.held[other]]
            for cells, by in ((mine + here, -1), (theirs + here, 1), (mine + there, 1), (theirs + there, -1)):
                off = self.off.take(cells) + by
                self.off.put(cells, off)
                weights = self.weights.take(cells)
                self.more.put(cells, weights * (2 * off + 1))
                self.fewer.put(cells, weights * (1 - 2 * off))
        self.held[one], self.held[other] = self.held[other], self.held[one]


def anneal(
    state: State,
    blocks: list[Places],
    done: Callable[[], tuple[float, ...]],
    rng: np.random.Generator,
    sweeps: int,
) -> None:
    """Exchange wells within blocks until nothing is left to gain; leaves the best state that was met.

    Parameters
    ----------
    state
        Where to begin; changed in place.
    blocks
        Wells among which exchanges are allowed.
    done
        How far the state is from the best, in falling importance; all 0 ends the search.
    rng
        Chance.
    sweeps
        How often each well is looked at, at most.
    """
    blocks = [block for block in blocks if len(block) > 1]
    wells = np.concatenate(blocks) if blocks else np.empty(0, dtype=np.intp)
    block_of = {int(well): block for block in blocks for well in block}
    priced = state.weights[state.weights > 0]
    heat = float(np.median(priced)) if priced.size else 0.0
    best, kept, since = done(), state.held.copy(), 0
    for sweep in range(sweeps):
        if not any(best) or since > PATIENCE:
            break
        warm = heat * HEATS[sweep % len(HEATS)]
        for well in rng.permutation(wells).tolist():
            _exchange(state, well, block_of[well], warm, rng)
        found = done()
        since += 1
        if found < best:
            best, kept, since = found, state.held.copy(), 0
    _restore(state, kept)


def _exchange(state: State, well: int, block: Places, warm: float, rng: np.random.Generator) -> None:
    """Exchange a well with its best partner, if that costs nothing or chance allows it."""
    if len(block) > PARTNERS:
        block = block[rng.integers(len(block), size=PARTNERS)]
    others = block[state.held[block] != state.held[well]]
    if not len(others):
        return
    rise = state.change(well, others)
    lowest = float(rise.min())
    if lowest < TIE or (warm > 0 and rng.random() < np.exp(-lowest / warm)):
        ties = np.flatnonzero(rise <= lowest + TIE)
        state.swap(well, int(others[ties[rng.integers(len(ties))]]))


def _restore(state: State, kept: Codes) -> None:
    """Bring a state back to what stood in the wells, by exchanges."""
    for well in np.flatnonzero(state.held != kept).tolist():
        if state.held[well] != kept[well]:
            there = np.flatnonzero((state.held == kept[well]) & (state.held != kept))
            state.swap(well, int(there[0]))
