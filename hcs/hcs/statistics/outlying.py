"""Which of many means lie outside the usual: each against the spread of most of them."""

from dataclasses import dataclass, replace

import numpy as np

from hcs.statistics.arrays import Floats

MAD_TO_SD = 1.4826
FREEDOM = 0.45
"""Degrees of freedom for each value behind a median absolute deviation. A MAD of many normal values is as
sure as a standard deviation of 0.37 times as many (Rousseeuw & Croux 1993); of 10 to 100 values that are
themselves held against it, simulation gives 0.42 to 0.64 where p is 0.05 to 0.001."""
TEST = "t against the robust spread of all"


@dataclass(frozen=True)
class Outlying:
    """Means held against most of them.

    Parameters
    ----------
    p
        Of each mean, two-sided; array of shape (n,), NaN where nothing spreads.
    centre, spread
        Median of the means, and robust SD of a mean with the usual number of replicates.
    within, usual
        Robust SD of a single replicate about its mean; and that noise, squared, in a mean as usual.
    freedom
        Degrees of freedom.
    """

    p: Floats
    centre: float
    spread: float
    within: float
    usual: float
    freedom: float

    def spread_of(self, counts: Floats) -> Floats:
        """Robust SD of means of so many replicates: the fewer, the further out by the noise between them."""
        noise = self.within**2 / counts
        variance = np.maximum(self.spread**2 + noise - self.usual, np.minimum(self.spread**2, noise))
        return np.asarray(np.sqrt(variance))


def outlying(means: Floats, counts: Floats, left: Floats) -> Outlying:
    """Test of each mean whether it comes from where most of them do.

    Most means are taken for draws from one normal distribution; its centre and spread are median and
    1.4826 × MAD, which few extreme means do not move. A mean of fewer replicates than usual may lie further
    out, by the noise between replicates. Student's t.

    Parameters
    ----------
    means
        One for each thing, no NaN; array of shape (n,).
    counts
        Replicates behind each; array of shape (n,).
    left
        Replicates less their thing's mean, times √(m / (m − 1)) with m its replicates; any shape.

    Examples
    --------
    >>> means = np.array([-1.0, -0.5, -0.1, 0.0, 0.1, 0.5, 1.0, 9.0])
    >>> outlying(means, np.full(8, 2.0), np.array([0.1, -0.1])).p.round(3).tolist()
    [0.248, 0.51, 0.852, 0.95, 0.95, 0.585, 0.286, 0.001]
    """
    from scipy.stats import t as student

    centre = float(np.median(means))
    spread = MAD_TO_SD * float(np.median(np.abs(means - centre)))
    within = MAD_TO_SD * float(np.median(np.abs(left))) if left.size else 0.0
    nothing, freedom = np.full(len(means), np.nan), FREEDOM * (len(means) - 1)
    found = Outlying(nothing, centre, spread, within, within**2 * float(np.median(1 / counts)), freedom)
    own = found.spread_of(counts)
    t = np.divide(means - centre, own, out=nothing, where=own > 0)
    return replace(found, p=2 * student.sf(np.abs(t), freedom))
