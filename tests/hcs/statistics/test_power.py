"""Tests of power by simulation and by formula."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, rankdata

from hcs.statistics.power import first_enough, hanley_mcneil_error


def test_hanley_mcneil_error_is_the_spread_of_areas() -> None:
    """The formula is within 10 % of the standard deviation of simulated areas."""
    rng = np.random.default_rng(0)
    shift = float(norm.ppf(0.85) * np.sqrt(2))
    ranks = rankdata(np.hstack([rng.normal(shift, 1, (4000, 20)), rng.normal(size=(4000, 20))]), axis=1)
    areas = (ranks[:, :20].sum(axis=1) - 210) / 400
    assert hanley_mcneil_error(0.85, 20) == pytest.approx(areas.std(), rel=0.1)


def test_a_size_is_enough_if_all_larger_ones_are() -> None:
    """Monte Carlo error may lift a small size above what is wanted: it does not count."""
    table = pd.DataFrame({"n_per_class": [3, 4, 5, 6]})
    assert first_enough(table, pd.Series([True, False, True, True])) == 5
    assert first_enough(table, pd.Series([True, True, True, False])) is None
