"""P-values with their origin, and their correction."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from hcs.statistics.pvalues import PValue, adjust_pvalues, no_pvalue
from hcs_plates.errors import ArgumentError


def test_the_sentence_names_test_n_and_the_smallest_p() -> None:
    """What the reader needs to weigh a p stands beside it."""
    test = PValue(0.1, "label permutation test", 6, smallest=0.1, noun="donors", sided="one-sided")
    assert test.sentence() == (
        "label permutation test over 6 donors, one-sided p = 0.1, smallest possible 0.1"
    )
    assert test.row() == {"p": 0.1, "smallest_p": 0.1, "test": "label permutation test", "n": 6}


def test_a_test_that_could_not_be_made_has_no_p() -> None:
    """NaN is said in words, never printed as a number."""
    assert no_pvalue("Welch's t-test", 1).sentence() == "Welch's t-test over 1 clones: no p-value"


@pytest.mark.parametrize("given", [{"value": 1.2}, {"value": -0.1}, {"value": 0.5, "smallest": 2.0}])
def test_what_is_no_probability_is_refused(given: dict[str, float]) -> None:
    """P-values and bounds lie within 0 to 1."""
    with pytest.raises(ArgumentError, match="is not a probability"):
        PValue(given.get("value", 0.5), "t", 3, given.get("smallest", 0.0))


def test_holm_and_bh_by_hand() -> None:
    """Holm multiplies by what is left, Benjamini–Hochberg by n over rank; both are made monotone."""
    given = [0.005, 0.04, 0.03, np.nan]
    assert adjust_pvalues(given, "holm")[:3] == pytest.approx([0.015, 0.06, 0.06])
    assert adjust_pvalues(given, "bh")[:3] == pytest.approx([0.015, 0.04, 0.04])
    assert np.isnan(adjust_pvalues(given, "bh")[3])


@pytest.mark.parametrize(("ours", "theirs"), [("holm", "holm"), ("bh", "fdr_bh")])
def test_corrections_are_those_of_statsmodels(ours: str, theirs: str) -> None:
    """Ties, zeros and ones included."""
    rng = np.random.default_rng(4)
    for n in (1, 2, 9, 40):
        values = np.round(rng.uniform(size=n), 1)
        assert adjust_pvalues(values, ours) == pytest.approx(multipletests(values, method=theirs)[1])


def test_under_the_null_holm_keeps_the_family_wise_error() -> None:
    """Of 1,000 families of 10 null tests, at most 7 % have any adjusted p of 0.05 or less."""
    rng = np.random.default_rng(0)
    families = [(adjust_pvalues(rng.uniform(size=10), "holm") <= 0.05).any() for _ in range(1_000)]
    assert np.mean(families) <= 0.07


def test_nothing_to_correct_stays_nothing() -> None:
    """No test at all, or none with a p, is no error."""
    assert adjust_pvalues([], "bh").tolist() == []
    assert np.isnan(adjust_pvalues([np.nan], "holm")).all()
    with pytest.raises(ArgumentError, match="not within 0 to 1"):
        adjust_pvalues([1.5], "bh")
