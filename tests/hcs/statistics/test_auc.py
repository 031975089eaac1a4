"""Area under the ROC curve: other libraries' numbers, variances from their definition, honest limits."""

from collections.abc import Callable
from math import exp, log, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from hcs.statistics.auc import (
    METHODS,
    auc_interval,
    checked_scores,
    compare_areas,
    delong_covariance,
    newcombe_limits,
    roc_area,
)
from hcs_plates.errors import ArgumentError

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def drawn(seed: int, m: int = 14, n: int = 17, *, ties: bool = False) -> tuple[Floats, Bools]:
    """Scores of two models on the same clones, which go together; rounded so that many tie, if asked."""
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.arange(m + n) < m)
    shared = rng.normal(size=m + n) + truth
    scores = np.stack([shared + rng.normal(size=m + n), shared + rng.normal(size=m + n)])
    return (np.round(scores) if ties else scores), truth


def by_definition(scores: Floats, truth: Bools) -> tuple[Floats, Floats]:
    """Areas and covariance as DeLong, DeLong & Clarke-Pearson write them: means over all pairs of clones."""
    wins = np.array(
        [
            [[1.0 if x > y else 0.5 if x == y else 0.0 for y in model[~truth]] for x in model[truth]]
            for model in scores
        ]
    )
    areas = wins.mean(axis=(1, 2))
    of_positive, of_negative = wins.mean(axis=2) - areas[:, None], wins.mean(axis=1) - areas[:, None]
    m, n = of_positive.shape[1], of_negative.shape[1]
    first = of_positive @ of_positive.T / (m - 1) / m
    return areas, first + of_negative @ of_negative.T / (n - 1) / n


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_the_area_is_scikit_learns(seed: int, ties: bool) -> None:
    """Ties count half; classes may be of any size."""
    scores, truth = drawn(seed, 5 + seed, 20, ties=ties)
    assert roc_area(scores[0], truth) == pytest.approx(roc_auc_score(truth, scores[0]), abs=1e-12)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_delong_follows_from_all_pairs(seed: int, ties: bool) -> None:
    """Areas and covariances equal those summed over every pair of clones."""
    scores, truth = drawn(seed, ties=ties)
    areas, covariance = delong_covariance(scores, truth)
    expected, spread = by_definition(scores, truth)
    assert areas == pytest.approx(expected, abs=1e-12)
    assert covariance == pytest.approx(spread, abs=1e-12)


def test_two_models_are_compared_by_hand() -> None:
    """Difference, interval and p follow from the covariance; the other way round has the other sign."""
    scores, truth = drawn(1)
    areas, covariance = by_definition(scores, truth)
    error = sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    difference, interval, p = compare_areas(scores[0], scores[1], truth)
    assert difference == pytest.approx(areas[0] - areas[1])
    assert (interval.low, interval.high) == pytest.approx(
        (difference - 1.9599640 * error, difference + 1.9599640 * error), abs=1e-6
    )
    assert p.value == pytest.approx(2 * stats.norm.sf(abs(difference) / error))
    assert p.n == len(truth)
    back, _, same = compare_areas(scores[1], scores[0], truth)
    assert (back, same.value) == pytest.approx((-difference, p.value))


@pytest.mark.parametrize("second", [lambda x: x, lambda x: np.exp(x)])
def test_models_of_one_order_cannot_be_told_apart(second: Callable[[Floats], Floats]) -> None:
    """The same ranks give the difference 0, no p and no interval."""
    scores, truth = drawn(2)
    difference, interval, p = compare_areas(scores[0], second(scores[0]), truth)
    assert difference == 0
    assert np.isnan(p.value)
    assert np.isnan(interval).all()


@pytest.mark.parametrize(("area", "m", "n"), [(0.9, 15, 15), (0.55, 5, 40), (1.0, 15, 15), (0.0, 3, 9)])
def test_newcombe_solves_his_equation(area: float, m: int, n: int) -> None:
    """On a fine grid, the areas whose distance is within z standard errors are those between the limits."""
    theta = np.linspace(0.0005, 0.9995, 1999)
    mean = (m + n) / 2 - 1
    shape = 1 + mean * (1 - theta) / (2 - theta) + mean * theta / (1 + theta)
    within = np.abs(theta - area) <= 1.959964 * np.sqrt(theta * (1 - theta) * shape / (m * n))
    low, high = newcombe_limits(area, m, n)
    assert low == pytest.approx(theta[within].min() if area > 0 else 0.0, abs=0.001)
    assert high == pytest.approx(theta[within].max() if area < 1 else 1.0, abs=0.001)


def test_newcombe_is_even_handed() -> None:
    """Classes named the other way round give the mirrored limits."""
    low, high = newcombe_limits(0.83, 12, 20)
    assert newcombe_limits(0.17, 20, 12) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@pytest.mark.parametrize("area", [0.75, 0.95])
def test_newcombe_covers_and_delong_does_not_at_study_size(area: float) -> None:
    """Of 1,000 studies of 15 + 15 clones Newcombe's interval holds the truth in 93 to 99 %.

    DeLong's holds it in fewer, and near the edge in too few (where there is none, it holds nothing): the
    reason why summaries quote the former.
    """
    rng, shift = np.random.default_rng(3), sqrt(2) * stats.norm.ppf(area)
    truth = np.arange(30) < 15
    held = {"newcombe": 0, "delong": 0}
    for _ in range(1000):
        scores = rng.normal(size=30) + shift * truth
        for method in held:
            found = auc_interval(scores, truth, method)
            held[method] += found.low <= area <= found.high
    assert 930 <= held["newcombe"] <= 990
    assert held["delong"] < held["newcombe"]
    assert held["delong"] < 900 or area < 0.9


def test_wald_intervals_are_by_hand() -> None:
    """DeLong's is area ± z errors, cut at 1; on the logit scale it is so there, and stays inside."""
    scores, truth = drawn(5)
    areas, covariance = by_definition(scores[:1], truth)
    area, error = float(areas[0]), sqrt(float(covariance[0, 0]))
    plain, logit = (auc_interval(scores[0], truth, name) for name in ("delong", "logit-delong"))
    assert (plain.low, plain.high) == pytest.approx(
        (area - 1.959964 * error, min(1.0, area + 1.959964 * error)), abs=1e-6
    )
    middle, wide = log(area / (1 - area)), 1.959964 * error / (area * (1 - area))
    expected = [1 / (1 + exp(-end)) for end in (middle - wide, middle + wide)]
    assert [logit.low, logit.high] == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
def test_the_bootstrap_is_scipys() -> None:
    """Clones resampled within class: limits agree with scipy's bootstrap of two samples, to 0.02."""
    scores, truth = drawn(8)

    def area(first: Floats, second: Floats) -> float:
        return float(stats.mannwhitneyu(first, second).statistic / (len(first) * len(second)))

    theirs = stats.bootstrap(
        (scores[0][truth], scores[0][~truth]),
        area,
        vectorized=False,
        paired=False,
        method="percentile",
        n_resamples=2000,
        rng=np.random.default_rng(1),
    ).confidence_interval
    ours = auc_interval(scores[0], truth, "bootstrap")
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.02)
    assert ours == auc_interval(scores[0], truth, "bootstrap")
    assert ours != auc_interval(scores[0], truth, "bootstrap", seed=1)


WALD = ("delong", "logit-delong", "bootstrap")
POOR: list[tuple[list[float], list[bool], tuple[str, ...]]] = [
    ([1, 2, 3], [True] * 3, METHODS),
    ([3, 1, 2, 4], [True, False, False, False], WALD),
    ([1, 2, 3, 4], [False, False, True, True], WALD),
    ([4, 3, 2, 1], [False, False, True, True], WALD),
    ([2, 2, 2, 2], [False, False, True, True], WALD),
]


@pytest.mark.parametrize(("scores", "truth", "without"), POOR)
def test_what_has_no_interval(scores: list[float], truth: list[bool], without: tuple[str, ...]) -> None:
    """One class, one clone of a class, complete separation, all tied: no number, by method."""
    for method in METHODS:
        found = auc_interval(scores, truth, method)
        assert np.isnan(found.low) == (method in without)
        assert method in without or 0 <= found.low < found.high <= 1


def test_one_class_has_no_area() -> None:
    """Area, covariance and comparison are NaN, and never an error."""
    assert np.isnan(roc_area([1, 2], [True, True]))
    areas, covariance = delong_covariance([[1, 2], [2, 1]], [True, True])
    assert np.isnan(areas).all()
    assert np.isnan(covariance).all()
    difference, _, p = compare_areas([1, 2], [2, 1], [True, True])
    assert np.isnan([difference, p.value]).all()


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (
        lambda: checked_scores([1, float("nan"), float("inf")], [True, False, True]),
        "2 of 3 scores are no finite",
    ),
    (lambda: checked_scores([1, 2], [True, False, True]), r"shape \(2,\) cannot go with 3 classes"),
    (lambda: checked_scores([1, 2], ["ALS", "control"]), "truth must be true or false for each clone"),
    (lambda: roc_area([1, 2], [1.0, float("nan")]), "truth must be true or false"),
    (lambda: auc_interval([1, 2], [True, False], "hanley"), "No interval 'hanley' of an area; give newcombe"),
    (lambda: compare_areas([1, 2, 3], [1, 2], [True, False]), "have 3 and 2 scores"),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_wrong_arguments_are_refused(call: Callable[[], Any], words: str) -> None:
    """Each with what is wrong and what to give."""
    with pytest.raises(ArgumentError, match=words):
        call()
