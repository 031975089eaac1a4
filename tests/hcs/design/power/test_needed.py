"""The number of clones that is found: textbook numbers, the next smaller size, teeth, no number at all."""

from math import isnan

import numpy as np
import pytest
from statsmodels.stats.power import TTestIndPower, TTestPower

from hcs.design.power.expected import Expected, Parts
from hcs.design.power.needed import SIMULATED, Aim, enough, images_table
from hcs.statistics.binormal import Binormal
from hcs.statistics.power import Size, by_formula


def aim(test: str = "welch", width: float = 0.2, draws: int = 2_000) -> Aim:
    """Equal groups or pairs, power 0.8."""
    return Aim(lambda n: Size(n, n, test), width, 0.8, draws, np.random.default_rng(0))


@pytest.mark.parametrize("d", [0.5, 1.0, 2.0])
def test_t_tests_take_the_textbooks_numbers(d: float) -> None:
    """Two groups and pairs: statsmodels' number within 7 % or one clone, Monte Carlo error included."""
    law, pairs = Binormal.apart(d, 1.0), Binormal.apart(d, 1.0, 0.3)
    for own, test, theirs in (
        (law, "welch", TTestIndPower().solve_power(d, power=0.8, alpha=0.05)),
        (pairs, "paired", TTestPower().solve_power(d / pairs.difference_sd, power=0.8, alpha=0.05)),
    ):
        found = enough(own, aim(test), "difference").n
        assert found == pytest.approx(max(3, theirs), rel=0.07, abs=1.5)


@pytest.mark.parametrize("name", ["accuracy", "auc"])
def test_a_number_is_enough_and_fewer_are_not(name: str) -> None:
    """At the number found the simulated width is at most the one wanted; by formula, 10 % fewer are not."""
    law = Binormal.apart(2.0, 1.0)
    found = enough(law, aim(), name)
    assert found.n is not None
    assert found.value <= 0.2
    assert by_formula(law, Size(found.n, found.n), name) == pytest.approx(
        found.value, abs=4 * found.error + 2e-3
    )
    fewer = round(0.9 * found.n)
    assert by_formula(law, Size(fewer, fewer), name) > 0.2


def test_large_numbers_are_by_formula() -> None:
    """Beyond 250 clones per class nothing is simulated, and no Monte Carlo error is claimed."""
    found = enough(Binormal.apart(1.0, 1.0), aim(width=0.05), "accuracy")
    assert found.n is not None
    assert found.n > SIMULATED
    assert isnan(found.error)
    assert by_formula(Binormal.apart(1.0, 1.0), Size(found.n, found.n), "accuracy") <= 0.05


def test_where_ten_thousand_are_too_few_there_is_no_number() -> None:
    """No effect, and a width of 0.001: no number, and what 10,000 give."""
    assert enough(Binormal.apart(0.0, 1.0), aim(), "yes").n is None
    found = enough(Binormal.apart(1.0, 1.0), aim(width=0.001), "accuracy")
    assert found.n is None
    assert 0.001 < found.value < 0.02


def test_more_images_never_need_more_clones() -> None:
    """Along images and along wells the clones needed fall, towards the number that clones alone take."""
    law = Binormal.apart(1.0, 1.0)
    known = Expected(law, 8, 2, Parts(0.5, 0.5, 2.0, 0.5, 0.5), None, "assumptions")
    table = images_table(known, aim(), "difference", 20, 2)
    for _, rows in table.groupby("wells"):
        assert rows["needed"].is_monotonic_decreasing
    for _, rows in table.groupby("images"):
        assert rows["needed"].is_monotonic_decreasing
    assert (table["images"] >= table["wells"]).all()
    last = table[(table["wells"] == 8)].iloc[-1]
    assert last["share"] == pytest.approx(0.5 / (0.5 + 0.5 / 8 + 2.0 / 128))
