"""Two groups of control wells and how far they lie apart: statistics, and their bootstrap intervals."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.wells.roles import MAD_TO_SD, is_flat, mad
from hcs.statistics.bootstrap import percentile_interval, resamples
from hcs.tables.rolenames import NEGATIVE

Values = npt.NDArray[np.float64]

LEAST_RESAMPLED = 8
"""Fewest controls of a kind (or plates) that are resampled: fewer give intervals that are too narrow."""


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
    mads = [MAD_TO_SD * mad(values) if len(values) > 1 else np.nan for values in (positive, negative)]
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


def separation_limits(
    controls: pd.DataFrame, column: str, *, seed: int, draws: int
) -> tuple[dict[str, float], str]:
    """Make intervals of Z′ and SSMD from resampled plates where there are enough, else from resampled wells.

    Wells of a plate share its faults: with plates enough, whole plates are drawn.

    Parameters
    ----------
    controls
        Columns plate, kind and `column`.
    column
        Of the values.
    seed, draws
        Of the bootstrap.

    Returns
    -------
    dict, str
        ``z_prime_low`` and so on, and what was resampled; empty where there are too few of both.
    """
    known = controls[controls[column].notna()]
    kinds, plates = (known["kind"] == NEGATIVE).to_numpy(dtype=int), known["plate"].nunique()
    counts = np.bincount(kinds, minlength=2)
    if counts.min() < 2 or (plates < LEAST_RESAMPLED and counts.min() < LEAST_RESAMPLED):
        return {}, "too few to resample"
    values = known[column].to_numpy(dtype=float)
    centres = np.array([values[kinds == kind].mean() for kind in (0, 1)])
    # Number, sum and sum of squares of either kind: a resample is then a sum of rows. Centred, or the
    # squares of large values would leave no digits to their spread.
    away = values - centres[kinds]
    terms = np.zeros((len(values), 2, 3))
    terms[np.arange(len(values)), kinds] = np.column_stack([np.ones_like(away), away, away**2])
    strata: npt.NDArray[np.intp] | None = kinds
    if plates >= LEAST_RESAMPLED:
        codes = pd.factorize(known["plate"])[0]
        sums = np.zeros((plates, 2, 3))
        np.add.at(sums, codes, terms)
        terms, strata = sums, None
    drawn = resamples(len(terms), strata=strata, seed=seed, draws=draws)
    gaps, sds = zip(*(_of_places(terms, places, centres) for places in drawn), strict=True)
    gap, (first, second) = np.concatenate(gaps), np.concatenate(sds).T
    made: dict[str, float] = {}
    with np.errstate(divide="ignore", invalid="ignore"):
        of_name = {
            "z_prime": np.where(gap != 0, 1 - 3 * (first + second) / np.abs(gap), np.nan),
            "ssmd": np.where(first + second > 0, gap / np.hypot(first, second), np.nan),
        }
    for name, values in of_name.items():
        found = percentile_interval(values, len(terms))
        made |= {f"{name}_low": found.low, f"{name}_high": found.high}
    return made, f"bootstrap over {'wells' if strata is not None else 'plates'}"


def _of_places(terms: Values, places: npt.NDArray[np.intp], centres: Values) -> tuple[Values, Values]:
    """Difference of means and the two SDs of drawn rows; arrays of shape (n_rows,) and (n_rows, 2).

    NaN where a resample of plates has fewer than two wells of a kind.
    """
    n, total, squares = np.moveaxis(terms[places].sum(axis=1), 2, 0)
    n = np.where(n.min(axis=1, keepdims=True) < 2, np.nan, n)
    means = total / n + centres
    return means[:, 0] - means[:, 1], np.sqrt(np.maximum(squares - total**2 / n, 0) / (n - 1))
