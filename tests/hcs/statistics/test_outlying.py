"""Tests of means held against most of them: the formula by hand, uneven replicates, nothing that spreads."""

import numpy as np
import pytest
from scipy.stats import t as student

from hcs.statistics.outlying import outlying


def test_even_replicates_by_hand() -> None:
    """Median, 1.4826 × MAD, Student's t with 0.45 (n − 1) degrees of freedom."""
    means = np.random.default_rng(0).normal(size=40)
    found = outlying(means, np.full(40, 3.0), np.array([0.2, -0.2]))
    spread = 1.4826 * np.median(np.abs(means - np.median(means)))
    np.testing.assert_allclose(found.p, 2 * student.sf(np.abs(means - np.median(means)) / spread, 0.45 * 39))


def test_fewer_replicates_may_lie_further_out() -> None:
    """The same mean of fewer replicates has a larger p, by the noise between replicates and no more."""
    rng = np.random.default_rng(1)
    counts = np.array([4.0] * 60 + [1.0] * 2)
    means = np.append(rng.normal(0, 0.5, 60), [2.0, -2.0])
    found = outlying(means, counts, rng.normal(size=200))
    same = outlying(means, np.full(62, 4.0), rng.normal(size=200))
    assert found.p[60] > 20 * same.p[60]
    t = student.isf(found.p[60] / 2, found.freedom)
    assert (2.0 - found.centre) / t == pytest.approx(np.sqrt(found.spread**2 + 0.75 * found.within**2))


def test_nothing_that_spreads_has_no_p() -> None:
    """Equal means cannot be told from each other."""
    assert np.isnan(outlying(np.ones(12), np.full(12, 2.0), np.zeros(24)).p).all()
