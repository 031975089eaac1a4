"""Kappas against statsmodels and scikit-learn, the jackknife over clones, and where there is none."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats import inter_rater

from hcs.statistics.kappa import cohen_kappa, fleiss_kappa, over_clones, pair_counts, reader_sums


def calls(seed: int, units: int = 40, readers: int = 5) -> np.ndarray:
    """Calls of readers who agree somewhat."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.random((units, readers)) < rng.choice([0.2, 0.7], (units, 1)))


@pytest.mark.parametrize("seed", range(5))
def test_two_libraries_have_the_same_kappas(seed: int) -> None:
    """Cohen's of statsmodels and scikit-learn, Fleiss' of statsmodels."""
    said = calls(seed)
    first, second = said[:, 0], said[:, 1]
    counts = pair_counts(first, second).sum(axis=0)
    found = float(cohen_kappa(counts))
    assert found == pytest.approx(cohen_kappa_score(first, second))
    square = np.array([[counts[0], counts[1]], [counts[2], counts[3]]])
    assert found == pytest.approx(inter_rater.cohens_kappa(square).kappa)
    votes = said.sum(axis=1)
    table = np.column_stack([votes, 5 - votes])
    fleiss = float(fleiss_kappa(reader_sums(said).sum(axis=0), 5))
    assert fleiss == pytest.approx(inter_rater.fleiss_kappa(table))


def test_a_table_by_hand() -> None:
    """20, 5, 10, 15 of 50: agree 0.7, by chance 0.5, kappa 0.4; independent ones have 0."""
    assert float(cohen_kappa(np.array([20, 5, 10, 15]))) == pytest.approx(0.4)
    assert float(cohen_kappa(np.array([12, 28, 18, 42]))) == pytest.approx(0)


def test_one_class_alone_has_no_kappa() -> None:
    """Chance is full agreement then: nothing to be beyond."""
    assert np.isnan(cohen_kappa(np.array([9, 0, 0, 0])))
    assert np.isnan(cohen_kappa(np.zeros(4)))
    assert np.isnan(fleiss_kappa(reader_sums(np.ones((6, 3), dtype=bool)).sum(axis=0), 3))
    value, interval = over_clones(cohen_kappa, np.tile([1.0, 0, 0, 0], (6, 1)), np.arange(6))
    assert np.isnan(value)
    assert np.isnan(interval.low)


def test_clones_are_left_out_whole() -> None:
    """Pseudo-values of clones, by hand: images of a clone go together."""
    said, clone = calls(7, 36, 2), np.repeat(np.arange(6), 6)
    units = pair_counts(said[:, 0], said[:, 1])
    value, interval = over_clones(cohen_kappa, units, clone)
    left = np.array([float(cohen_kappa(units[clone != one].sum(axis=0))) for one in range(6)])
    pseudo = 6 * value - 5 * left
    half = 2.5706 * pseudo.std(ddof=1) / np.sqrt(6)
    assert interval == pytest.approx((pseudo.mean() - half, pseudo.mean() + half), abs=1e-4)
    few = over_clones(cohen_kappa, units[:18], clone[:18])
    assert np.isnan(few[1].low)
    assert few[0] == pytest.approx(float(cohen_kappa(units[:18].sum(axis=0))))
