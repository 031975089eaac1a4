"""Curves of dose: scipy's fit, the profile by fitting again, and ends that the doses do not show."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy.optimize import curve_fit
from scipy.stats import f as f_distribution

from hcs.statistics.logistic4 import PROFILE, fit_logistic4

Floats = npt.NDArray[np.float64]


def curve(log_dose: Floats, centre: float, hill: float, start: float, end: float) -> Floats:
    """The curve as textbooks write it."""
    return np.asarray(start + (end - start) / (1 + 10 ** (hill * (centre - log_dose))))


def drawn(seed: int, falling: bool = False, zero: int = 0) -> tuple[Floats, Floats]:
    """Eight doses three times, with noise; wells without the compound if asked."""
    log_dose = np.r_[np.repeat(np.linspace(0, 3, 8), 3), np.full(zero, -np.inf)]
    ends = (90.0, 10.0) if falling else (10.0, 90.0)
    noise = np.random.default_rng(seed).normal(0, 5, len(log_dose))
    return log_dose, curve(log_dose, 1.4, 1.2, *ends) + noise


@pytest.mark.parametrize(("seed", "falling", "zero"), [(0, False, 0), (1, True, 4), (2, False, 6)])
def test_parameters_are_scipys(seed: int, falling: bool, zero: int) -> None:
    """Least squares from the truth as its start; dose 0 is the start of the curve."""
    log_dose, values = drawn(seed, falling, zero)
    found = fit_logistic4(log_dose, values)
    # scipy takes finite doses alone; 30 decades below the EC50 nothing is left of it.
    log_dose = np.maximum(log_dose, -30)
    theirs, _ = curve_fit(curve, log_dose, values, (1.4, 1.2, found.start, found.end))
    assert (found.log_ec50, found.hill, found.start, found.end) == pytest.approx(tuple(theirs), rel=1e-3)
    assert found.rss == pytest.approx(float(((curve(log_dose, *theirs) - values) ** 2).sum()), rel=1e-6)
    np.testing.assert_allclose(found.level(log_dose), curve(log_dose, *theirs), rtol=1e-2)


@pytest.mark.parametrize("seed", range(2))
def test_limits_are_where_the_profile_says(seed: int) -> None:
    """With the EC50 held at a limit, scipy's best fit of the others has the sum of squares that F allows."""
    log_dose, values = drawn(seed)
    found = fit_logistic4(log_dose, values)
    allowed = 1 + f_distribution.ppf(PROFILE, 1, len(values) - 4) / (len(values) - 4)
    for limit in found.interval:
        best, _ = curve_fit(
            lambda x, hill, start, end, at=limit: curve(x, at, hill, start, end),
            log_dose, values, (found.hill, found.start, found.end),
            bounds=([0.2, -500, -500], [10, 500, 500]),
        )  # fmt: skip
        rss = float(((curve(log_dose, limit, *best) - values) ** 2).sum())
        assert rss / found.rss == pytest.approx(allowed, rel=1e-3)


def test_scale_unit_and_direction_do_not_matter() -> None:
    """Values in other units, mirrored, or doses in another unit: the same EC50, slope and interval."""
    log_dose, values = drawn(3)
    one = fit_logistic4(log_dose, values)
    for other, shift in (
        (fit_logistic4(log_dose, 3e-9 - 1e-11 * values), 0),
        (fit_logistic4(log_dose + 6, values), 6),
    ):
        assert np.array([other.log_ec50, *other.interval]) - shift == pytest.approx(
            [one.log_ec50, *one.interval], abs=1e-3
        )
        assert other.hill == pytest.approx(one.hill, rel=1e-3)


def test_an_end_that_is_not_reached_bounds_nothing() -> None:
    """Doses that stop half way up leave the EC50 without an upper limit."""
    log_dose, values = drawn(4)
    below = log_dose < 1.2
    assert fit_logistic4(log_dose[below], values[below]).interval.high == np.inf
