"""Agreement beyond chance: Cohen's kappa of two, Fleiss' of all, with intervals over clones.

Cohen 1960, *Educ Psychol Meas* 20:37; Fleiss 1971, *Psychol Bull* 76:378. Images of one clone are not
independent, so each clone is left out once with all of its images (jackknife, Tukey 1958).
"""

from collections.abc import Callable

import numpy as np

from hcs.statistics.arrays import Bools, Codes, Floats
from hcs.statistics.bootstrap import NO_INTERVAL, Interval
from hcs.statistics.jackknife import jackknife_limits

LEAST = 4
"""Clones below which no interval is given."""


def cohen_kappa(counts: Floats) -> Floats:
    """Compute the kappa of two from how often both said yes, the first alone, the second alone, neither.

    From counts of shape (…, 4) to kappas of shape (…); NaN where every call of both is the same, or there is
    none.

    Examples
    --------
    >>> cohen_kappa(np.array([[20, 5, 10, 15], [4, 0, 0, 0]])).round(3).tolist()
    [0.4, nan]
    """
    both, first, second, neither = np.moveaxis(np.asarray(counts, dtype=float), -1, 0)
    n = both + first + second + neither
    with np.errstate(invalid="ignore", divide="ignore"):
        agree = (both + neither) / n
        chance = ((both + first) * (both + second) + (neither + first) * (neither + second)) / n**2
        return np.asarray(np.where(chance < 1, (agree - chance) / (1 - chance), np.nan))


def fleiss_kappa(sums: Floats, readers: int) -> Floats:
    """Compute the kappa of several readers from sums over what all of them called.

    Sums have shape (…, 3): number of units, yeses in all, and pairs of readers that agree, over all units.

    Examples
    --------
    Three units called yes by 3, 2 and 0 of three readers:

    >>> float(fleiss_kappa(np.array([3, 5, 3 + 1 + 3]), 3).round(3))
    0.55
    """
    units, yes, pairs = np.moveaxis(np.asarray(sums, dtype=float), -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = yes / (units * readers)
        chance = share**2 + (1 - share) ** 2
        agree = pairs / (units * readers * (readers - 1) / 2)
        return np.asarray(np.where(chance < 1, (agree - chance) / (1 - chance), np.nan))


def pair_counts(first: Bools, second: Bools) -> Floats:
    """Count, unit by unit, as `cohen_kappa` takes it; arrays of shape (…) to (…, 4)."""
    said = [first & second, first & ~second, ~first & second, ~first & ~second]
    return np.stack(said, axis=-1).astype(float)


def reader_sums(calls: Bools) -> Floats:
    """Sum up calls of shape (n_units, n_readers), unit by unit, as `fleiss_kappa` takes it."""
    readers, yes = calls.shape[1], calls.sum(axis=1)
    pairs = (yes * (yes - 1) + (readers - yes) * (readers - yes - 1)) / 2
    return np.column_stack([np.ones(len(calls)), yes, pairs])


def over_clones(kappa: Callable[[Floats], Floats], units: Floats, clone: Codes) -> tuple[float, Interval]:
    """Give a kappa of all units, with its 95 % interval over clones.

    Parameters
    ----------
    kappa
        Of sums over units.
    units
        What is summed, of each unit; array of shape (n_units, n_sums).
    clone
        Of each unit, 0, 1, …; array of shape (n_units,).

    Returns
    -------
    tuple
        NaN, or no interval, where every call is the same, also without one clone, or clones are fewer than
        `LEAST`.
    """
    of = np.zeros((int(clone.max(initial=-1)) + 1, units.shape[1]))
    np.add.at(of, clone, units)
    of = of[of.any(axis=1)]
    total = of.sum(axis=0)
    whole = float(kappa(total)) if len(of) else float("nan")
    left = kappa(total - of)
    if len(of) < LEAST or np.isnan(whole) or np.isnan(left).any() or np.ptp(left) == 0:
        return whole, NO_INTERVAL
    low, high = jackknife_limits(np.array([whole]), left[:, None])[:, 0]
    return whole, Interval(max(float(low), -1.0), min(float(high), 1.0))
