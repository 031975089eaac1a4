"""Assumptions instead of a pilot: what they mean, and what makes no study."""

import pytest
from scipy.stats import norm

from hcs.design.power.assumed import assumed, read_assumed
from hcs_plates.errors import ArgumentError


def test_an_effect_is_that_of_clones_with_their_images() -> None:
    """AUC and accuracy as given, with the images planned; d counts standard deviations between clones."""
    for name in ("auc", "accuracy"):
        found = assumed({name: 0.85, "icc": 0.3}, 20, 2, 0.0)
        shown = found.law.auc if name == "auc" else found.law.right[0]
        assert shown == pytest.approx(0.85)
    found = assumed({"d": 1.5, "clone_sd": 2.0, "image_sd": 3.0}, 9, 1, 0.0)
    assert found.law.difference == pytest.approx(3.0)
    assert found.law.sd**2 == pytest.approx(4 + 1)


def test_fewer_images_leave_the_difference_and_widen_the_spread() -> None:
    """One image instead of 20: the variance of an image, 1 of icc 0.25; the area falls with it."""
    known = assumed({"d": 1.0, "icc": 0.25}, 20, 1, 0.0)
    fewer = known.at(1, 1)
    assert fewer.difference == pytest.approx(known.law.difference)
    assert fewer.sd == pytest.approx(1.0)
    assert fewer.auc == pytest.approx(norm.cdf(0.5 / 2**0.5))


def test_without_a_split_nothing_is_said_of_images() -> None:
    """An effect alone: no share of the variance, and a sentence that says so."""
    found = assumed({"auc": 0.8}, 225, 1, 0.0)
    assert found.parts is None
    assert "Nothing is assumed of wells and images" in found.caveats[0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"icc": 0.3}, "one of accuracy, auc and d, not none of them"),
        ({"auc": 0.9, "d": 1.0}, "not auc and d"),
        ({"auc": 0.5}, "auc = 0.5 must be above 0.5, which is no effect, and below 1"),
        ({"accuracy": 1.0}, "accuracy = 1 must be above 0.5"),
        ({"d": 0.0}, "d = 0 must be above 0"),
        ({"d": float("nan")}, "d = nan must be above 0"),
        ({"d": 1.0, "icc": 1.2}, "icc = 1.2 must be above 0 and at most 1"),
        ({"d": 1.0, "icc": 0.3, "image_sd": 1.0}, "give one or the other"),
        ({"d": 1.0, "clone_sd": 0.0}, "clone_sd = 0 must be above 0"),
        ({"d": 1.0, "well_sd": -1.0}, "well_sd = -1 must be 0 or more"),
        ({"aucc": 0.9}, "did you mean 'auc'?"),
    ],
)
def test_what_makes_no_study_is_refused(given: dict[str, float], said: str) -> None:
    """Effects that are none, variances that cannot be, words that are not known or contradict each other."""
    with pytest.raises(ArgumentError, match="These assumptions make no study") as refused:
        assumed(given, 10, 1, 0.0)
    assert said in str(refused.value)


def test_all_faults_are_told_at_once() -> None:
    """Three faults, one sentence."""
    with pytest.raises(ArgumentError) as refused:
        assumed({"auc": 0.4, "icc": -1, "clon": 1.0}, 10, 1, 0.0)
    assert str(refused.value).count("; ") == 2


@pytest.mark.parametrize("text", ["auc", "auc=high", "auc=0.9,,icc=1", "auc=0.9,auc=0.8", ""])
def test_words_that_are_no_assumptions(text: str) -> None:
    """The option is read as name=number, each name once."""
    with pytest.raises(ArgumentError, match="--assume"):
        read_assumed(text)
