"""Tests of rank correlations over clones: SciPy's numbers, calibration, words for poor data."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hcs.statistics.association import rank_association
from hcs.statistics.words import Words
from hcs_plates.errors import ArgumentError

RNG = np.random.default_rng(5)
PASSAGE = RNG.integers(10, 30, 30).astype(float)
ACCURACY = RNG.random(30)


def test_rho_is_scipys_with_and_without_ties() -> None:
    """Correlations equal SciPy's to rounding."""
    for x in (PASSAGE, RNG.random(30)):
        assert rank_association(x, ACCURACY).rho == pytest.approx(stats.spearmanr(x, ACCURACY).statistic)


@pytest.mark.parametrize("n", [5, 6, 7])
def test_small_designs_are_tested_by_every_arrangement(n: int) -> None:
    """The exact p equals SciPy's over all orders; the smallest possible is two in n factorial."""
    x, y = RNG.random(n), RNG.random(n)
    oracle = stats.permutation_test(
        (x,),
        lambda order: stats.spearmanr(order, y).statistic,
        permutation_type="pairings",
        n_resamples=np.inf,
    )
    found = rank_association(x, y)
    assert found.pvalue.value == pytest.approx(oracle.pvalue)
    assert found.pvalue.smallest == pytest.approx(2 / np.prod(np.arange(1, n + 1)))


def test_within_groups_it_is_the_partial_correlation_of_ranks() -> None:
    """Rho equals the correlation of the residuals of the ranks on the groups."""
    groups = np.repeat(["ALS", "control"], 15)
    code = (groups == "ALS").astype(float)
    design = np.column_stack([np.ones(30), code])
    residuals = [
        ranks - design @ np.linalg.lstsq(design, ranks, rcond=None)[0]
        for ranks in (stats.rankdata(PASSAGE), stats.rankdata(ACCURACY))
    ]
    found = rank_association(PASSAGE, ACCURACY, within=groups)
    assert found.rho == pytest.approx(np.corrcoef(*residuals)[0, 1])
    assert found.n_groups == 2


def test_a_difference_between_groups_alone_is_no_relation_within_them() -> None:
    """Passage and score that both differ between diagnoses correlate over all clones, not within."""
    shift = np.repeat([0.0, 5.0], 15)
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=30) + shift, rng.normal(size=30) + shift
    groups = np.repeat(["a", "b"], 15)
    assert rank_association(x, y).pvalue.value < 0.001
    assert rank_association(x, y, within=groups).pvalue.value > 0.05


def test_the_interval_is_bonett_and_wrights() -> None:
    """Their formula on Fisher's z, by hand; one unit less for each group that was adjusted for."""
    found, groups = rank_association(PASSAGE, ACCURACY), np.repeat(["a", "b"], 15)
    around = 1.959964 * np.sqrt((1 + found.rho**2 / 2) / 27)
    assert found.interval == pytest.approx(
        np.tanh([np.arctanh(found.rho) - around, np.arctanh(found.rho) + around])
    )
    inside = rank_association(PASSAGE, ACCURACY, within=groups)
    around = 1.959964 * np.sqrt((1 + inside.rho**2 / 2) / 26)
    assert inside.interval.high == pytest.approx(np.tanh(np.arctanh(inside.rho) + around))


@pytest.mark.parametrize("n", [4, 5, 6, 12])
def test_a_perfect_order_or_too_few_clones_have_no_interval(n: int) -> None:
    """An interval without width would say that nothing is left to know."""
    assert np.isnan(rank_association(range(n), range(n)).interval).all()
    assert np.isnan(rank_association(range(n), [*range(n - 2), n, n - 1]).interval).all() == (n < 6)


def test_series_are_paired_by_their_index() -> None:
    """The same clones in another order give the same correlation; other clones are refused."""
    x = pd.Series(PASSAGE, index=[f"c{one}" for one in range(30)])
    y = pd.Series(ACCURACY, index=x.index)
    found = rank_association(x, y.iloc[::-1])
    assert found.rho == rank_association(PASSAGE, ACCURACY).rho
    assert found.values["y"].to_dict() == y.to_dict()
    with pytest.raises(ArgumentError, match="other clones in their index"):
        rank_association(x, y.rename(index={"c3": "c99"}))


SAID = [
    ([1, 1, 1, 1, 1], [1, 2, 3, 4, 5], None, "All 5 clones have the same passage (1)."),
    ([1, 2, 3, 4, 5], [2, 2, 2, 2, 2], None, "All 5 clones have the same accuracy (2)."),
    ([1, 2, 3], [1, 2, 3], None, "Only 3 clones have both passage and accuracy; a correlation needs 4."),
    ([], [], None, "Only 0 clones have both"),
    ([1, np.nan, np.nan, np.inf], [1, 2, 3, 4], None, "3 clones without passage are left out."),
    ([1, 1, 2, 2], [1, 2, 3, 4], ["a", "a", "b", "b"], "Passage does not vary within diagnosis."),
]


@pytest.mark.parametrize(("x", "y", "within", "words"), SAID)
def test_poor_data_are_answered_in_words(x: list[float], y: list[float], within: object, words: str) -> None:
    """No number without its caveat."""
    found = rank_association(x, y, within=within, words=Words("passage", "accuracy"))
    assert np.isnan(found.rho)
    assert words in " ".join(found.caveats)


def test_missing_values_are_counted_and_index_kept() -> None:
    """Clones that lack a number are left out with a sentence; the others keep their names."""
    x = pd.Series([1.0, 2, 3, 4, 5, None], index=list("abcdef"))
    found = rank_association(x, [3.0, 1, 2, 5, 4, 6], words=Words("passage"))
    assert list(found.values.index) == list("abcde")
    assert found.caveats[0] == "1 clone without passage is left out."
    assert found.values["x"].tolist() == [1, 2, 3, 4, 5]


def test_designs_that_cannot_reach_five_per_cent_say_so() -> None:
    """With four clones the smallest p is 1/12."""
    found = rank_association([1, 2, 3, 4], [1, 2, 3, 4])
    assert found.pvalue.value == pytest.approx(1 / 12)
    assert "no p below 0.05" in found.caveats[0]


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        ([1, 2], [1, 2, 3], "there are 2 of passage and 3 of y"),
        (["p12", 2, 3, 4], [1, 2, 3, 4], "'p12' as passage"),
        (list(pd.date_range("2026-11-27", periods=4)), [1, 2, 3, 4], "Timestamp.* as passage"),
    ],
)
def test_wrong_arguments_are_refused(x: list[float], y: list[float], words: str) -> None:
    """Other lengths and text are refused with what and where."""
    with pytest.raises(ArgumentError, match=words):
        rank_association(x, y, words=Words("passage"))
