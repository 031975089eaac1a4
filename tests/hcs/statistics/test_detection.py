"""d′ and criterion: of normal observers in closed form, and where every call is the same."""

import numpy as np
import pytest
from scipy.stats import norm

from hcs.statistics.detection import detection


@pytest.mark.parametrize(("d_prime", "criterion"), [(0.0, 0.0), (1.0, 0.0), (0.0, -0.84), (1.5, 0.5)])
def test_a_normal_observer_is_recovered(d_prime: float, criterion: float) -> None:
    """Says yes above c with signals d′ apart: of many images both come back."""
    n = 1_000_000
    hit, alarm = norm.cdf(d_prime / 2 - criterion), norm.cdf(-d_prime / 2 - criterion)
    found = detection(hit * n, n, alarm * n, n)
    assert found == pytest.approx((d_prime, criterion), abs=1e-4)


def test_the_log_linear_rule_by_hand() -> None:
    """10 of 10 and 0 of 10: 10.5 / 11 and 0.5 / 11."""
    found = detection(10, 10, 0, 10)
    assert found.d_prime == pytest.approx(2 * norm.ppf(10.5 / 11))
    assert found.criterion == pytest.approx(0)


def test_a_class_that_was_not_shown_has_neither() -> None:
    """Nothing to tell apart."""
    assert np.isnan(detection(3, 5, 0, 0)).all()
