"""Limits by generalised pivots: of variance components and their shares, of what normal samples give.

A mean square of df degrees of freedom is χ²/df times what is expected of it. Drawn χ² turn the mean squares
that were seen into what may be expected of them, and these into components by the same equations that
estimate them (Tsui & Weerahandi 1989, *JASA* 84:602; Burdick, Borror & Montgomery 2005, *Design and Analysis
of Gauge R&R Studies*). With one factor, shares have the exact limits of the F distribution. A component below
0 is 0.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy.stats import chi2, norm
from scipy.stats.qmc import Sobol

from hcs.statistics.arrays import Floats
from hcs.statistics.bootstrap import TAILS

PIVOT = "generalised pivot"
"""Name of the method."""
POWER = 12
"""Of two: how many sets of χ² are drawn, evenly spread (Sobol): limits are steady in two digits."""


def component_draws(expected: Floats, df: Floats, variances: Floats) -> Floats:
    """Draw what the components of one column may be.

    Parameters
    ----------
    expected
        What each sum of squares is expected to be per unit of each component, the residual last; array of
        shape (n, n), upper triangular.
    df
        Degrees of freedom of each sum of squares; array of shape (n,).
    variances
        Estimates, none negative: an estimate of 0 has an upper limit above 0, since the sum of squares is
        taken for what it would be then.

    Returns
    -------
    array of shape (4096, n)
        The same draws for the same degrees of freedom.
    """
    squares = expected @ variances
    free = df * squares / _chi2_draws(tuple(df.tolist()))
    return np.asarray(np.maximum(np.linalg.solve(expected, free.T).T, 0.0), dtype=float)


def pivot_limits(draws: Floats) -> Floats:
    """Give 95 % limits of each column of draws; array of shape (2, n_columns).

    Examples
    --------
    A variance of 4 from 9 degrees of freedom lies between 9 · 4 / 19.02 and 9 · 4 / 2.70:

    >>> drawn = component_draws(np.array([[9.0]]), np.array([9.0]), np.array([4.0]))
    >>> pivot_limits(drawn).ravel().round(1).tolist()
    [1.9, 13.3]
    """
    return np.quantile(draws, TAILS, axis=0)


def normal_draws(samples: Sequence[Floats]) -> Floats:
    """Draw what mean and SD of each normal sample may be; array of shape (n_samples, 2, 4096).

    Examples
    --------
    The limits of the mean are those of Student's t:

    >>> drawn = normal_draws([np.array([1.0, 2, 3, 4])])
    >>> pivot_limits(drawn[0, 0]).round(1).tolist()
    [0.5, 4.5]
    """
    spread = _even(2 * len(samples))
    made = []
    for place, values in enumerate(samples):
        n = len(values)
        sds = values.std(ddof=1) * np.sqrt((n - 1) / chi2.ppf(spread[:, 2 * place], n - 1))
        made.append((values.mean() + sds * norm.ppf(spread[:, 2 * place + 1]) / np.sqrt(n), sds))
    return np.array(made)


def _even(n: int) -> Floats:
    """Points evenly spread over the unit cube of n dimensions: middles of the cells of Sobol's net."""
    return np.asarray(Sobol(n, scramble=False).random_base2(POWER) + 2.0 ** -(POWER + 1), dtype=float)


@lru_cache(maxsize=32)
def _chi2_draws(df: tuple[float, ...]) -> Floats:
    made = chi2.ppf(_even(len(df)), np.array(df))
    made.flags.writeable = False
    return np.asarray(made, dtype=float)
