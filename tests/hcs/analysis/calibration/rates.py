"""What a simulated experiment is asked, and how often the answer may be wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan

import numpy as np

ALPHA, LOW, HIGH = 0.05, 0.03, 0.07
"""What a test says, and the share of rejections under the null that is taken for it."""
COVERED = 0.92
"""Least share of 95 % intervals that hold the truth."""
KNOWN = 0.5
"""Least share of experiments that give an answer."""


@dataclass(frozen=True)
class Rate:
    """A share over simulated experiments.

    Parameters
    ----------
    name
        What is tested or estimated, and in which design: ``plate share, 6 plates of 24 wells``.
    once
        Makes one experiment: the p-value of a true null, or whether the interval holds the truth (1.0 or
        0.0); NaN where none is given.
    low, high
        Limits of the share of p ≤ 0.05, or of intervals that hold the truth.
    runs
        Experiments of the whole look; a twentieth of chance is seen to within 1.7 % in 600.
    quick
        Experiments of the first look, which is part of the fast tests; 0: none (for most).
    """

    name: str
    once: Callable[[np.random.Generator], float]
    low: float
    high: float
    runs: int = 600
    quick: int = 0

    def share(self, runs: int) -> float:
        """Share of experiments with an answer that reject, or whose interval holds the truth."""
        raise NotImplementedError

    def answers(self, runs: int) -> list[float]:
        """Answers of the first experiments, without those that gave none."""
        seed = sum(map(ord, self.name))
        found = [self.once(np.random.default_rng([seed, run])) for run in range(runs)]
        known = [one for one in found if not isnan(one)]
        assert len(known) >= KNOWN * runs, f"{self.name}: {len(known)} of {runs} give an answer"
        return known


@dataclass(frozen=True)
class Rejected(Rate):
    """How often a true null is rejected at 0.05."""

    low: float = LOW
    high: float = HIGH

    def share(self, runs: int) -> float:
        """Share of p-values of 0.05 or less; 0.05 is 0.05 however its floats were added up."""
        return float(np.mean([one <= ALPHA + 1e-12 for one in self.answers(runs)]))


@dataclass(frozen=True)
class Covered(Rate):
    """How often a 95 % interval holds the truth."""

    low: float = COVERED
    high: float = 1.0

    def share(self, runs: int) -> float:
        """Share of intervals that hold it."""
        return float(np.mean(self.answers(runs)))
