"""Four-parameter logistic curves of dose: least squares, and the interval of the EC50 from the profile.

The curve is ``start + (end − start) / (1 + (EC50 / dose) ** hill)`` with hill above 0: it goes from `start`
at dose 0 to `end` at high doses. For a given EC50 and slope it is linear in the other two, which are solved
for (variable projection; Golub & Pereyra 1973), so that only two parameters are searched.
"""

from dataclasses import dataclass

import numpy as np

from hcs.statistics.arrays import Floats
from hcs.statistics.bootstrap import NO_INTERVAL, Interval

SLOPES = (0.2, 10.0)
"""Hill slopes that are searched: doses seldom lie close enough to tell a steeper one."""
BEYOND = 2.0
"""How far outside the doses an EC50 is searched, in decades."""
PARAMETERS = 4
PROFILE = 0.97
"""Of the F distribution: at 0.95 the limits of curves whose ends were reached by luck cover 0.89."""
Numbers = float | Floats


@dataclass(frozen=True)
class Logistic4:
    """A fitted curve.

    Parameters
    ----------
    log_ec50
        log10 of the dose half way between start and end.
    interval
        Its 95 % profile-likelihood limits (F distribution, see `PROFILE`; Bates & Watts 1988); infinite where
        the profile has no limit on that side.
    hill, start, end
        Slope, level at dose 0, level at high doses.
    rss
        Residual sum of squares.
    n
        Values.
    """

    log_ec50: float
    interval: Interval
    hill: float
    start: float
    end: float
    rss: float
    n: int

    def share(self, log_dose: Floats) -> Floats:
        """Give the share of the way from start to end at doses, log10 (−inf for dose 0)."""
        return _rise(np.asarray(log_dose, dtype=float), self.log_ec50, self.hill)

    def level(self, log_dose: Floats) -> Floats:
        """Give the level of the curve at doses, log10 (−inf for dose 0)."""
        return self.start + (self.end - self.start) * self.share(log_dose)


def fit_logistic4(log_dose: Floats, values: Floats) -> Logistic4:
    """Fit the curve to values at doses.

    Parameters
    ----------
    log_dose
        log10 of each value's dose, −inf for dose 0; array of shape (n,), three doses above 0 or more.
    values
        Array of shape (n,) with n above 4, without NaN, not all alike.

    Examples
    --------
    >>> log_dose = np.repeat([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0], 2)
    >>> values = 10 + 80 / (1 + 10 ** (1.3 - log_dose)) + np.tile([1.0, -1.0], 7)
    >>> fitted = fit_logistic4(log_dose, values)
    >>> round(fitted.log_ec50, 2), round(fitted.hill, 2), [round(end, 2) for end in fitted.interval]
    (1.3, 1.0, [1.24, 1.36])
    """
    from scipy.optimize import minimize

    profile = _Profile.of(log_dose, values)
    centres = np.linspace(*profile.range, 161)
    slopes = np.geomspace(*SLOPES, 40)
    rss = profile.rss(centres[:, None], slopes)
    row, column = np.unravel_index(np.argmin(rss), rss.shape)
    best = minimize(
        lambda at: float(profile.rss(at[0], np.exp(at[1]))),
        (centres[row], np.log(slopes[column])),
        method="Nelder-Mead",
        bounds=(profile.range, tuple(np.log(SLOPES))),
        options={"xatol": 1e-7, "fatol": 1e-12 * max(profile.total, 1e-300), "maxiter": 2000},
    )
    centre, slope = float(best.x[0]), float(np.exp(best.x[1]))
    start, end = profile.ends(centre, slope)
    interval = _limits(profile, centre, float(best.fun), centres, rss.min(axis=1))
    scale, middle = profile.scale, profile.middle
    return Logistic4(
        centre, interval, slope, middle + scale * start, middle + scale * end, float(best.fun) * scale**2,
        len(values),
    )  # fmt: skip


@dataclass(frozen=True)
class _Profile:
    """Values brought to one scale, and their sum of squares about a curve of given EC50 and slope."""

    log_dose: Floats
    values: Floats
    middle: float
    scale: float

    @classmethod
    def of(cls, log_dose: Floats, values: Floats) -> "_Profile":
        middle, scale = float(values.mean()), float(values.std()) or 1.0
        return cls(np.asarray(log_dose, dtype=float), (values - middle) / scale, middle, scale)

    @property
    def range(self) -> tuple[float, float]:
        """Where an EC50 is searched."""
        doses = self.log_dose[np.isfinite(self.log_dose)]
        return float(doses.min()) - BEYOND, float(doses.max()) + BEYOND

    @property
    def total(self) -> float:
        """Sum of squares about the mean."""
        return float(self.values @ self.values)

    def ends(self, centre: float, slope: float) -> tuple[float, float]:
        """Start and end that fit best."""
        rise = _rise(self.log_dose, centre, slope)
        away = rise - rise.mean()
        spread = float(away @ away)
        step = float(away @ self.values) / spread if spread > 0 else 0.0
        start = -step * float(rise.mean())
        return start, start + step

    def rss(self, centre: Numbers, slope: Numbers) -> Floats:
        """Give sums of squares about the best curves of EC50s and slopes, broadcast against each other."""
        rise = _rise(self.log_dose, np.asarray(centre)[..., None], np.asarray(slope)[..., None])
        away = rise - rise.mean(axis=-1, keepdims=True)
        spread = np.square(away).sum(axis=-1)
        told = np.divide((away @ self.values) ** 2, spread, out=np.zeros_like(spread), where=spread > 1e-300)
        return np.asarray(self.total - told)

    def least(self, centre: float) -> float:
        """Sum of squares about the best curve of this EC50."""
        from scipy.optimize import minimize_scalar

        starts = np.log(np.geomspace(*SLOPES, 24))
        rss = self.rss(centre, np.exp(starts))
        near = int(np.argmin(rss))
        ends = starts[max(near - 1, 0)], starts[min(near + 1, len(starts) - 1)]
        best = minimize_scalar(lambda at: float(self.rss(centre, np.exp(at))), bounds=ends, method="bounded")
        return min(float(best.fun), float(rss[near]))


def _limits(profile: _Profile, centre: float, rss: float, centres: Floats, grid: Floats) -> Interval:
    """Where the profile reaches the sum of squares that the F distribution allows, on either side."""
    from scipy.optimize import brentq
    from scipy.stats import f as f_distribution

    freedom = len(profile.values) - PARAMETERS
    if freedom < 1:
        return NO_INTERVAL
    allowed = rss * (1 + float(f_distribution.ppf(PROFILE, 1, freedom)) / freedom)

    def excess(at: float) -> float:
        return profile.least(at) - allowed

    found = []
    for beyond, side in ((centres[centres < centre][::-1], -np.inf), (centres[centres > centre], np.inf)):
        inner, limit = centre, side
        for at in map(float, beyond):
            if grid[np.searchsorted(centres, at)] > allowed and excess(at) > 0:
                # A steep curve between two doses: its least is met on the grid of slopes alone.
                limit = float(brentq(excess, inner, at, xtol=1e-6)) if excess(inner) < 0 else inner
                break
            inner = at
        found.append(limit)
    return Interval(found[0], found[1])


def _rise(log_dose: Floats, centre: Numbers, slope: Numbers) -> Floats:
    """Share of the way from start to end."""
    power = np.clip(slope * np.log(10) * (log_dose - centre), -700, 700)
    return np.asarray(1 / (1 + np.exp(-power)))
