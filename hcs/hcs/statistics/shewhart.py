"""Control charts of single values: limits from moving ranges, plates beyond them, runs on one side.

Limits are those of Shewhart's (1931) chart of individuals, with the median for the mean and the median moving
range for the mean one, so that a few plates out of control do not widen them. Whether a chart shows more than
chance is asked of stable charts of as many values, since limits that are estimated from few values, and many
values, give alarms where nothing is wrong (Jones-Farmer et al. 2014).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hcs.statistics.arrays import Bools, Floats

LEAST = 8
"""Fewest values that give limits, and length of a run that is told (Western Electric 1956)."""
SDS = 3.0
RANGE_TO_SD = 1 / 0.95387
"""The median distance of two normal values is 0.954 standard deviations."""
DRAWS = 4_999


@dataclass(frozen=True)
class ControlChart:
    """A chart of values in their order.

    Parameters
    ----------
    centre, sd, low, high
        Median, standard deviation by moving ranges, and limits (3 SD); NaN where there are none.
    outside, run
        Which values lie beyond the limits, and which stand in a run of 8 or more on one side of the centre;
        arrays of shape (n,).
    p, smallest_p
        That a stable chart of as many values has one as far out, or a run as long: twice the smaller of the
        two shares of simulated charts; NaN where there are no limits.
    """

    centre: float
    sd: float
    low: float
    high: float
    outside: Bools
    run: Bools
    p: float
    smallest_p: float

    @property
    def alarms(self) -> Bools:
        """Values that either rule names."""
        return self.outside | self.run


def control_chart(values: Floats, *, seed: int = 0, draws: int = DRAWS) -> ControlChart:
    """Make the chart of values, array of shape (n,) without NaN, in the order in which they came.

    Fewer than 8 values, and values of which half the neighbours are alike, have no limits.

    Examples
    --------
    >>> chart = control_chart(np.array([10.0, 11, 9, 10, 12, 10, 9, 11, 10, 30]))
    >>> round(chart.low, 2), round(chart.high, 2), chart.outside.nonzero()[0].tolist(), chart.p < 0.05
    (3.71, 16.29, [9], True)
    """
    nothing = np.zeros(len(values), dtype=bool)
    none = ControlChart(np.nan, np.nan, np.nan, np.nan, nothing, nothing, np.nan, np.nan)
    if len(values) < LEAST:
        return none
    away, runs, sd = _judged(values[None, :])
    if not sd[0] > 1e-12 * float(np.abs(values).max()):
        return none
    centre = float(np.median(values))
    null_away, null_runs = _stable(len(values), draws, seed)
    shares = [
        (1 + int((null >= seen).sum())) / (1 + draws)
        for null, seen in ((null_away, away[0].max() * (1 - 1e-9)), (null_runs, runs[0].max()))
    ]
    return ControlChart(
        centre, float(sd[0]), centre - SDS * float(sd[0]), centre + SDS * float(sd[0]),
        away[0] > SDS, runs[0] >= LEAST, min(1.0, 2 * min(shares)), min(1.0, 2 / (1 + draws)),
    )  # fmt: skip


@lru_cache(maxsize=32)
def _stable(n: int, draws: int, seed: int) -> tuple[Floats, Floats]:
    """Furthest value, in SDs, and longest run of stable charts of n normal values."""
    away, runs, _ = _judged(np.random.default_rng([n, seed]).normal(size=(draws, n)))
    return away.max(axis=1), runs.max(axis=1)


def _judged(rows: Floats) -> tuple[Floats, Floats, Floats]:
    """Distances from the centre in SDs and lengths of runs, shape (n_rows, n); SDs, shape (n_rows,)."""
    centred = rows - np.median(rows, axis=1, keepdims=True)
    sd = RANGE_TO_SD * np.median(np.abs(np.diff(rows, axis=1)), axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        away = np.abs(centred) / sd[:, None]
    side = np.sign(centred)
    runs = np.ones_like(centred)
    for ahead in range(1, rows.shape[1]):
        same = (side[:, ahead] == side[:, ahead - 1]) & (side[:, ahead] != 0)
        runs[:, ahead] = np.where(same, runs[:, ahead - 1] + 1, side[:, ahead] != 0)
    for back in range(rows.shape[1] - 2, -1, -1):
        # Every member of a run has the length that its last one has.
        goes_on = (side[:, back] == side[:, back + 1]) & (side[:, back] != 0)
        runs[:, back] = np.where(goes_on, runs[:, back + 1], runs[:, back])
    return away, runs, sd
