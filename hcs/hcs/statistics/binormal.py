"""Scores of clones of two classes, both normal (binormal): area, calls and tests that they lead to.

A call is made at 0. With a probability as score that is the logit of 0.5.
"""

from dataclasses import dataclass, replace
from math import sqrt
from typing import Self

import numpy as np
from scipy.special import owens_t
from scipy.stats import norm

from hcs.statistics.arrays import Floats

STEPS = 4_001
"""Of the integral over the scores of one class of an isogenic pair."""


@dataclass(frozen=True)
class Binormal:
    """Mean scores of clones of two classes.

    Parameters
    ----------
    positive, negative
        Mean of each class; a clone is called positive from 0 on.
    sd_positive, sd_negative
        Standard deviation of clones of each class, what wells and images add included.
    correlation
        Of the two clones of an isogenic pair.

    Examples
    --------
    >>> law = Binormal(1.0, -1.0, 1.0, 1.0)
    >>> round(law.auc, 3), [round(share, 3) for share in law.right]
    (0.921, [0.841, 0.841])
    """

    positive: float
    negative: float
    sd_positive: float
    sd_negative: float
    correlation: float = 0.0

    @classmethod
    def apart(cls, difference: float, sd: float, correlation: float = 0.0) -> Self:
        """Two classes of one spread, called half-way between their means."""
        return cls(difference / 2, -difference / 2, sd, sd, correlation)

    @property
    def difference(self) -> float:
        """Difference of the means."""
        return self.positive - self.negative

    @property
    def sd(self) -> float:
        """Root mean square of the two standard deviations."""
        return sqrt((self.sd_positive**2 + self.sd_negative**2) / 2)

    @property
    def auc(self) -> float:
        """Chance that a positive clone scores above a negative one of another pair."""
        return float(norm.cdf(self.difference / (sqrt(2) * self.sd)))

    @property
    def right(self) -> tuple[float, float]:
        """Share of positive, and of negative, clones called right."""
        return (
            float(norm.cdf(self.positive / self.sd_positive)),
            float(norm.cdf(-self.negative / self.sd_negative)),
        )

    @property
    def both_right(self) -> float:
        """Chance that both clones of a pair are called right: one integral over the positive one's score."""
        at = np.linspace(max(-self.positive / self.sd_positive, -9.0), 9.0, STEPS)
        rest = sqrt(1 - self.correlation**2)
        other = (-self.negative / self.sd_negative - self.correlation * at) / rest
        return float(np.trapezoid(norm.pdf(at) * norm.cdf(other), at))

    @property
    def difference_sd(self) -> float:
        """Standard deviation of the difference within a pair."""
        shared = 2 * self.correlation * self.sd_positive * self.sd_negative
        return sqrt(self.sd_positive**2 + self.sd_negative**2 - shared)

    def auc_error(self, n: int, m: int) -> float:
        """Compute the standard error of the area over n and m clones, which are pairs if they correlate.

        Exact for unpaired clones (Bamber 1975), with Hanley & McNeil's Q1 and Q2 for normal scores; of pairs
        the two that share one in both classes are added.
        """
        total, square = 2 * self.sd**2, self.auc**2
        height = self.difference / sqrt(total)
        two_positive = _both_below(height, self.sd_negative**2 / total) - square
        two_negative = _both_below(height, self.sd_positive**2 / total) - square
        shared = self.correlation * self.sd_positive * self.sd_negative / total
        of_pairs = 2 * (min(n, m) - 1) * (_both_below(height, -shared) - square)
        alone = self.auc * (1 - self.auc) + (n - 1) * two_positive + (m - 1) * two_negative
        return sqrt(max(0.0, (alone + of_pairs) / (n * m)))

    def spread(self, ratio: float) -> Self:
        """Give the same means with variances multiplied by a ratio."""
        return replace(
            self, sd_positive=self.sd_positive * sqrt(ratio), sd_negative=self.sd_negative * sqrt(ratio)
        )

    def drawn(self, n: int, m: int, draws: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Draw studies: scores of positive and negative clones, of shape (draws, n) and (draws, m).

        With a correlation the first min(n, m) clones of both are pairs.
        """
        first, second = rng.standard_normal((draws, n)), rng.standard_normal((draws, m))
        if self.correlation:
            k = min(n, m)
            second[:, :k] = self.correlation * first[:, :k] + sqrt(1 - self.correlation**2) * second[:, :k]
        return self.positive + self.sd_positive * first, self.negative + self.sd_negative * second


def _both_below(height: float, correlation: float) -> float:
    """Chance that two standard normals of this correlation both lie below a height (Owen 1956)."""
    slope = sqrt((1 - correlation) / (1 + correlation))
    return float(norm.cdf(height) - 2 * owens_t(height, slope))
