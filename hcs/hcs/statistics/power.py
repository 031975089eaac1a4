"""Power of tests of two groups and width of the area's interval, by simulation and by formula."""

from math import ceil, sqrt

import numpy as np
import pandas as pd
from scipy.stats import mannwhitneyu, norm, ttest_ind

from hcs.statistics.arrays import Floats
from hcs.statistics.auc import newcombe_limits

EXACT = 8
"""Up to this many units per class Mann–Whitney's p is exact, which makes it a permutation test."""
GRID = 201
MOST = 10_000
"""Units per class beyond which a number is no answer."""
COLUMNS = ("n_per_class", "power", "power_se", "power_formula", "width", "width_se", "width_formula")


def hanley_mcneil_error(auc: float, n: int) -> float:
    """Compute an AUC's standard error with n units in each class.

    The formula is Hanley & McNeil's (1982, *Radiology* 143:29).

    Examples
    --------
    >>> round(hanley_mcneil_error(0.9, 15), 4)
    0.0597
    """
    first, second = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    return sqrt((auc * (1 - auc) + (n - 1) * (first + second - 2 * auc**2)) / n**2)


def simulated(
    n: int, shift: float, auc: float, test: str, draws: int, rng: np.random.Generator
) -> list[float]:
    """Simulate studies of n units per class, whose means lie `shift` SDs apart; give a row of `COLUMNS`."""
    from statsmodels.stats.power import TTestIndPower

    high, low = rng.normal(shift, 1, (draws, n)), rng.normal(0, 1, (draws, n))
    method = "exact" if n <= EXACT else "asymptotic"
    ranked = mannwhitneyu(high, low, axis=1, method=method)
    p = ranked.pvalue if test == "mann-whitney" else ttest_ind(high, low, axis=1, equal_var=False).pvalue
    reached = float((p < 0.05).mean())
    widths = _widths(ranked.statistic / n**2, n)
    formula = float(TTestIndPower().power(shift, n, 0.05))
    # The formula's interval is cut at 0 and 1, as anybody would.
    half = float(norm.ppf(0.975)) * hanley_mcneil_error(auc, n)
    return [
        n,
        reached,
        sqrt(reached * (1 - reached) / draws),
        formula,
        float(widths.mean()),
        float(widths.std() / sqrt(draws)),
        min(1.0, auc + half) - max(0.0, auc - half),
    ]


def _widths(areas: Floats, n: int) -> Floats:
    """Width of the Newcombe interval of each area, interpolated between a grid of areas."""
    grid = np.linspace(0, 1, GRID)
    limits = np.array([newcombe_limits(float(area), n, n) for area in grid])
    return np.asarray(np.interp(areas, grid, limits[:, 1] - limits[:, 0]), dtype=float)


def first_enough(table: pd.DataFrame, enough: pd.Series) -> int | None:
    """Give the smallest n_per_class from which on all rows are enough; None where the last is not."""
    held = enough[::-1].cummin()[::-1]
    return int(table.loc[held, "n_per_class"].min()) if held.any() else None


def units_needed(effect: float, spread: float, power: float) -> int | None:
    """Units per class that Student's t-test needs by its formula; None where they are more than `MOST`.

    Examples
    --------
    >>> units_needed(1.0, 1.0, 0.8), units_needed(0.01, 1.0, 0.8)
    (17, None)
    """
    from statsmodels.stats.power import TTestIndPower

    if TTestIndPower().power(effect / spread, MOST, 0.05) < power:
        return None
    return ceil(float(TTestIndPower().solve_power(effect / spread, power=power, alpha=0.05)))
