"""What is expected of the scores of clones: how both classes lie, and what more wells and images change."""

from dataclasses import dataclass
from math import ceil, inf, isfinite

import numpy as np
from scipy.stats import norm

from hcs.statistics.arrays import Floats
from hcs.statistics.binormal import Binormal
from hcs.statistics.bootstrap import TAILS
from hcs.statistics.power import WIDTHS

UNSIDED = (*WIDTHS, "difference")
"""Quantities that a score of the wrong sign changes nothing of."""


@dataclass(frozen=True)
class Parts:
    """Variance of images' scores, split: their sizes only count beside each other.

    Parameters
    ----------
    unit, well, image
        Between clones, between wells of a clone, between images of a well.
    unit_low, unit_high
        Limits of the first; the same again where it is assumed.
    at_limit
        Whether the first is its upper limit, as the pilot's estimate is 0: that shows no likeness of images,
        and would have them count as much as clones.
    """

    unit: float
    well: float
    image: float
    unit_low: float
    unit_high: float
    at_limit: bool = False

    def of_mean(self, images: int, wells: int, unit: float | None = None) -> float:
        """Variance of a clone's mean score over all its images."""
        return (self.unit if unit is None else unit) + self.well / wells + self.image / images

    def share(self, images: int, wells: int) -> float:
        """Share of that variance between clones, where more images do not help."""
        return self.unit / self.of_mean(images, wells)

    def enough(self, wells: int, gain: float, unit: float | None = None) -> float:
        """Images a clone from which on twice as many lower that variance by less than `gain`; may be inf.

        Twice as many take away image / (2 m) of unit + well / wells + image / m.
        """
        rest = (self.unit if unit is None else unit) + self.well / wells
        if not self.image:
            return wells
        return max(wells, ceil(self.image * (0.5 - gain) / (gain * rest))) if rest > 0 else inf


@dataclass(frozen=True)
class Draws:
    """What means and standard deviations may be as well, of the same draws; arrays of shape (n_draws,)."""

    positive: Floats
    negative: Floats
    sd_positive: Floats
    sd_negative: Floats
    correlation: tuple[float, float] = (0.0, 0.0)

    def at_limits(self, name: str, ratio: float) -> tuple[Binormal, Binormal]:
        """Worst and best of the draws' 95 % for a quantity, for so many negative clones per positive one.

        What decides is the share called right, or the area: its distance from one half for the width of an
        interval, which is widest there, and for a test of two sides.
        """
        if name in ("accuracy", "yes"):
            right = norm.cdf(self.positive / self.sd_positive)
            other = norm.cdf(-self.negative / self.sd_negative)
            at = (right + ratio * other) / (1 + ratio)
        else:
            at = norm.cdf((self.positive - self.negative) / np.hypot(self.sd_positive, self.sd_negative))
        order = np.argsort(np.abs(at - 0.5) if name in UNSIDED else at, kind="stable")
        places = [order[int(tail * (len(order) - 1))] for tail in TAILS]
        worst, best = (
            Binormal(
                float(self.positive[place]), float(self.negative[place]),
                float(self.sd_positive[place]), float(self.sd_negative[place]), correlation,
            )
            for place, correlation in zip(places, self.correlation, strict=True)
        )  # fmt: skip
        return worst, best


@dataclass(frozen=True)
class Expected:
    """What a plan rests on.

    Parameters
    ----------
    law
        Scores of clones with so many images and wells each.
    images, wells
        Of each clone.
    parts
        None where they are not known.
    draws
        None where everything is assumed.
    source
        Words for where it comes from.
    classes
        The positive class and the other.
    noun
        What n counts.
    caveats
        What it cannot say.
    pilot
        Rows on the pilot, as the record keeps them.
    """

    law: Binormal
    images: int
    wells: int
    parts: Parts | None
    draws: Draws | None
    source: str
    classes: tuple[str, str] = ("positive", "negative")
    noun: str = "clone"
    caveats: tuple[str, ...] = ()
    pilot: tuple[tuple[str, float], ...] = ()

    def at(self, images: int, wells: int) -> Binormal:
        """Scores of clones with other numbers of images and wells."""
        return self.law.spread(self._ratio(images, wells))

    def at_limits(self, name: str, ratio: float, images: int, wells: int) -> tuple[Binormal, Binormal] | None:
        """Worst and best that the pilot allows; None where everything is assumed."""
        if self.draws is None:
            return None
        worst, best = self.draws.at_limits(name, ratio)
        units = () if self.parts is None else (self.parts.unit_low, self.parts.unit_high)
        ratios = [self._ratio(images, wells, unit) for unit in units if isfinite(unit)] or [1.0]
        return worst.spread(max(ratios)), best.spread(min(ratios))

    def _ratio(self, images: int, wells: int, unit: float | None = None) -> float:
        """Variance of a clone's mean score in the variance with the numbers that it is known for."""
        if self.parts is None:
            return 1.0
        before = self.parts.of_mean(self.images, self.wells, unit)
        return self.parts.of_mean(images, wells, unit) / before if before > 0 else 1.0
