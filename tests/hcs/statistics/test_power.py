"""Studies of a size: simulated against exact counts, statsmodels, and the intervals that a report quotes."""

from math import comb, sqrt

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.power import TTestIndPower, TTestPower

from hcs.statistics.auc import newcombe_limits
from hcs.statistics.binormal import Binormal
from hcs.statistics.power import (
    Size,
    by_formula,
    enough_by_formula,
    first_enough,
    hanley_mcneil_error,
    simulate,
    t_power,
    wilson_limits,
)
from hcs_models.scores import wilson_interval

LAW = Binormal(0.5, -0.9, 1.0, 0.8)
PAIRS = Binormal(0.9, -0.8, 1.0, 0.9, 0.5)
DESIGNS = ((LAW, Size(12, 12)), (LAW, Size(8, 24)), (PAIRS, Size(20, 20, "paired")))


def test_hanley_mcneil_error_is_the_spread_of_areas() -> None:
    """Negative exponential scores, for which the formula holds, drawn 2,000 times: within 10 %."""
    rng, area = np.random.default_rng(0), 0.85
    rate = area / (1 - area)
    high, low = rng.exponential(rate, (2000, 20, 1)), rng.exponential(1, (2000, 1, 20))
    areas = (high > low).mean(axis=(1, 2))
    assert hanley_mcneil_error(0.85, 20) == pytest.approx(areas.std(), rel=0.1)


@pytest.mark.parametrize(("law", "size"), DESIGNS)
def test_what_is_simulated_is_what_the_formulas_say(law: Binormal, size: Size) -> None:
    """Wilson's width and a yes: exact, within 4 Monte Carlo errors; the rest to within what they neglect."""
    given = simulate(law, size, 4_000, np.random.default_rng(3))
    rooms = {"accuracy": 0, "yes": 0, "difference": 0.02, "auc": 0.006, "separation": 0.03}
    for name, room in rooms.items():
        found, error = given[name].value, 4 * given[name].error + room
        assert by_formula(law, size, name) == pytest.approx(found, abs=error), name
    assert given["accuracy"].low <= given["accuracy"].value <= given["accuracy"].high


@pytest.mark.parametrize(("n", "m"), [(3, 5), (6, 6)])
def test_calls_are_counted_as_by_hand(n: int, m: int) -> None:
    """Every number right of both classes with its binomial chance: mean width and chance of a yes."""
    size, width, yes = Size(n, m), 0.0, 0.0
    for k in range(n + 1):
        for j in range(m + 1):
            chance = 1.0
            for hits, of, share in ((k, n, LAW.right[0]), (j, m, LAW.right[1])):
                chance *= comb(of, hits) * share**hits * (1 - share) ** (of - hits)
            low, high = wilson_interval(k + j, n + m)
            width, yes = width + chance * (high - low), yes + chance * (low > max(n, m) / (n + m))
    assert (by_formula(LAW, size, "accuracy"), by_formula(LAW, size, "yes")) == pytest.approx((width, yes))


def test_limits_are_those_of_the_report() -> None:
    """Wilson's of every count; a study that makes no error has the widths of 24 of 24 and of an area of 1."""
    assert [limit[3] for limit in wilson_limits(7)] == pytest.approx(wilson_interval(3, 7))
    perfect = simulate(Binormal.apart(20.0, 1.0), Size(12, 12), 10, np.random.default_rng(0))
    low, high = wilson_interval(24, 24)
    assert perfect["accuracy"].value == pytest.approx(high - low)
    low, high = newcombe_limits(1.0, 12, 12)
    assert perfect["auc"].value == pytest.approx(high - low, abs=1e-4)


@pytest.mark.parametrize("d", [0.2, 0.8, 2.0])
@pytest.mark.parametrize("n", [3, 20, 400])
def test_t_tests_are_statsmodels(d: float, n: int) -> None:
    """Two equal groups, and pairs whose difference has an SD of √(2 − 2 · 0.5) = 1."""
    law = Binormal.apart(d, 1.0, 0.5)
    two, paired = t_power(law, Size(n, n)), t_power(law, Size(n, n, "paired"))
    for found, theirs in (
        (two, TTestIndPower().power(d, n, 0.05)),
        (paired, TTestPower().power(d, n, 0.05)),
    ):
        # statsmodels has no number where a test of so many finds everything.
        assert found == pytest.approx(1.0 if np.isnan(theirs) else theirs, abs=1e-9)


def test_no_number_is_lost_far_out() -> None:
    """Where statsmodels has none, of huge studies of huge effects, power is 1."""
    sizes = [Size(n, n, test) for n in (79, 157, 1251, 10_000) for test in ("welch", "paired")]
    found = [t_power(Binormal.apart(d, 1.0), size) for size in sizes for d in np.linspace(0.5, 6, 23)]
    assert min(found) > 0.8
    assert not np.isnan(found).any()


def test_enough_is_the_first_that_is() -> None:
    """One size less is not enough; where 10,000 are not either, there is no number."""
    for name, wanted in (("accuracy", 0.2), ("auc", 0.2), ("separation", 0.9), ("difference", 0.9)):
        n = enough_by_formula(LAW, lambda n: Size(n, n), name, wanted)
        assert n is not None
        at, before = (by_formula(LAW, Size(k, k), name) for k in (n, n - 1))
        assert (at <= wanted < before) if name in ("accuracy", "auc") else (at >= wanted > before)
    assert enough_by_formula(Binormal.apart(0.001, 1.0), lambda n: Size(n, n), "yes", 0.8) is None


def test_images_count_as_the_design_effect_says() -> None:
    """Donner & Klar: m images of a clone count as m / (1 + (m − 1) ICC); so do the t-tests of both."""
    icc, m, d = 0.3, 12, 0.4
    clustered = Binormal.apart(d, sqrt(icc + (1 - icc) / m))
    alone = Binormal.apart(d, sqrt(1 / m * (1 + (m - 1) * icc)))
    assert clustered.sd == pytest.approx(alone.sd)
    by_images = TTestIndPower().solve_power(d, power=0.8, alpha=0.05) * (1 + (m - 1) * icc) / m
    clones = enough_by_formula(clustered, lambda n: Size(n, n), "difference", 0.8)
    assert clones == pytest.approx(by_images, abs=2)


def test_first_enough_ignores_a_lucky_size() -> None:
    """A size that reaches the power by chance, with later ones below it, is not the answer."""
    table = pd.DataFrame({"n_per_class": [5, 10, 15, 20], "power": [0.81, 0.7, 0.85, 0.9]})
    assert first_enough(table, table["power"] >= 0.8) == 15
    assert first_enough(table, table["power"] >= 0.95) is None
