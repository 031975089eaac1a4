"""Intervals from leaving out each unit (plate) once."""

import numpy as np
from scipy.stats import t as student_t

from hcs.statistics.arrays import Floats
from hcs.statistics.bootstrap import TAILS


def jackknife_limits(whole: Floats, left: Floats) -> Floats:
    """Give 95 % limits of statistics from their pseudo-values (Tukey 1958, *Ann Math Stat* 29:614).

    Parameters
    ----------
    whole
        The statistics of all units, on a scale where they are about normal; array of shape (n_statistics,).
    left
        The same without each unit; array of shape (n_units, n_statistics).

    Returns
    -------
    array of shape (2, n_statistics)
        By Student's t of one degree of freedom less than units.

    Examples
    --------
    The limits of a mean are those of Student's t:

    >>> values = np.array([1.0, 2, 3, 4])
    >>> left = np.array([[np.delete(values, place).mean()] for place in range(4)])
    >>> jackknife_limits(np.array([2.5]), left).ravel().round(2).tolist()
    [0.45, 4.55]
    """
    n = len(left)
    pseudo = n * whole - (n - 1) * left
    half = student_t.ppf(TAILS[1], n - 1) * pseudo.std(axis=0, ddof=1) / np.sqrt(n)
    return np.array([pseudo.mean(axis=0) - half, pseudo.mean(axis=0) + half])
