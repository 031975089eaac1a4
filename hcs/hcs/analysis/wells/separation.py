"""Two groups of control wells and how far they lie apart: statistics, and their intervals."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.wells.roles import is_flat, robust_sd
from hcs.statistics.bootstrap import TAILS
from hcs.statistics.jackknife import jackknife_limits
from hcs.statistics.pivots import PIVOT, normal_draws
from hcs.tables.rolenames import NEGATIVE, POSITIVE

Values = npt.NDArray[np.float64]

LEAST_WELLS, LEAST_PLATES = 3, 8
"""Fewest controls of a kind, and fewest plates of several, that give an interval."""
JACKKNIFE = "jackknife over plates"


def control_statistics(positive: Values, negative: Values) -> dict[str, float]:
    """Compute all statistics of two groups of control wells; NaN where one does not exist.

    Parameters
    ----------
    positive, negative
        Values of the wells; arrays of shape (n,), without NaN.

    Examples
    --------
    >>> found = control_statistics(np.array([1.0]), np.array([9.0, 10.0, 11.0]))
    >>> found["signal_to_background"], found["z_prime"]
    (10.0, nan)
    """
    means = [float(values.mean()) if len(values) else np.nan for values in (positive, negative)]
    sds = [float(values.std(ddof=1)) if len(values) > 1 else np.nan for values in (positive, negative)]
    medians = [float(np.median(values)) if len(values) else np.nan for values in (positive, negative)]
    # A MAD of 0 says that half of the wells are alike, and nothing of their spread.
    mads = [robust_sd(values) if len(values) > 1 else np.nan for values in (positive, negative)]
    both = np.concatenate([positive, negative])
    high = 0 if means[0] >= means[1] else 1
    window, ground = abs(means[0] - means[1]) - 3 * sum(sds), means[1 - high]
    return {
        "mean_positive": means[0],
        "mean_negative": means[1],
        "sd_positive": sds[0],
        "sd_negative": sds[1],
        "z_prime": _z_prime(means, sds, both),
        "robust_z_prime": _z_prime(medians, mads, both),
        "ssmd": _ssmd(means, sds, both),
        "robust_ssmd": _ssmd(medians, mads, both),
        "signal_window": np.nan if is_flat(sds[high], both) else window / sds[high],
        "signal_to_background": means[high] / ground if ground > 0 else np.nan,
    }


def _z_prime(centres: Sequence[float], spreads: Sequence[float], values: Values) -> float:
    gap = abs(centres[0] - centres[1])
    return np.nan if is_flat(gap, values) else 1 - 3 * (spreads[0] + spreads[1]) / gap


def _ssmd(centres: Sequence[float], spreads: Sequence[float], values: Values) -> float:
    spread = float(np.hypot(spreads[0], spreads[1]))
    return np.nan if is_flat(spread, values) else (centres[0] - centres[1]) / spread


def separation_limits(controls: pd.DataFrame, column: str) -> tuple[dict[str, float], str]:
    """Make 95 % intervals of Z′ and SSMD: of one plate's wells, or over plates where these are enough.

    On one plate by generalised pivots of normal samples (Weerahandi 1993, *JASA* 88:899). Wells of a plate
    share its faults: over plates by the jackknife that leaves out whole plates, of log((σ₊ + σ₋)/|gap|) and
    of SSMD (`hcs.statistics.jackknife`).

    Parameters
    ----------
    controls
        Columns plate, kind and `column`.
    column
        Of the values.

    Returns
    -------
    dict, str
        ``z_prime_low`` and so on, and how they were made; empty where there is too little for it.
    """
    known = controls[controls[column].notna()]
    plates, counts = known["plate"].nunique(), known["kind"].value_counts()
    if len(counts) < 2 or counts.min() < LEAST_WELLS or 1 < plates < LEAST_PLATES:
        return {}, ""
    first, second = (known.loc[known["kind"] == kind] for kind in (POSITIVE, NEGATIVE))
    if plates == 1:
        values = [own[column].to_numpy(dtype=float) for own in (first, second)]
        if is_flat(sum(own.std() for own in values), np.concatenate(values)):
            return {}, ""
        log_ratio, ssmd = _separations(*np.moveaxis(normal_draws(values), 0, 1))
        ends, method = np.quantile([log_ratio, ssmd], TAILS, axis=1).T, PIVOT
    else:
        ends, method = _jackknife(known, column), JACKKNIFE
    (low, high), (least, most) = ends
    made = {"z_prime_low": 1 - 3 * np.exp(high), "z_prime_high": 1 - 3 * np.exp(low)}
    made |= {"ssmd_low": least, "ssmd_high": most}
    return ({}, "") if np.isnan(list(made.values())).any() else (made, method)


def _separations(means: Values, sds: Values) -> tuple[Values, Values]:
    """Log of the SDs' sum over the gap, and SSMD; arrays of shape (2, n) to two of shape (n,)."""
    gap = means[0] - means[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log((sds[0] + sds[1]) / np.abs(gap)), gap / np.hypot(sds[0], sds[1])


def _jackknife(known: pd.DataFrame, column: str) -> Values:
    """Limits of the log ratio and of SSMD, each plate left out once; array of shape (2, 2)."""
    # Number, sum and sum of squares of either kind on each plate. Centred, or the squares of large values
    # would leave no digits to their spread.
    code, kinds = pd.factorize(known["plate"])[0], (known["kind"] == NEGATIVE).to_numpy(dtype=int)
    values = known[column].to_numpy(dtype=float)
    centres = np.array([values[kinds == kind].mean() for kind in (0, 1)])
    away = values - centres[kinds]
    sums = np.zeros((code.max() + 1, 2, 3))
    np.add.at(sums, (code, kinds), np.column_stack([np.ones_like(away), away, away**2]))
    n, total, squares = np.moveaxis(np.concatenate([sums.sum(0)[None], sums.sum(0) - sums]), 2, 0)
    n = np.where(n < 2, np.nan, n)
    means, sds = total / n + centres, np.sqrt(np.maximum(squares - total**2 / n, 0) / (n - 1))
    whole, *left = np.column_stack(_separations(means.T, sds.T))
    return jackknife_limits(whole, np.array(left)).T
