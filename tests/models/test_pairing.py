"""Two models compared over sets and over groups: scipy's and statsmodels' tests as oracles."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import permutation_test
from statsmodels.stats.contingency_tables import mcnemar

from hcs_models.pairing import pair_groups, pair_sets, sign_flip_test
from hcs_plates.errors import ArgumentError


def groups(first: list[float], second: list[float]) -> pd.DataFrame:
    """Groups table of two models; even groups are ALS, so that probabilities given to the truth are these."""
    rows = [
        (model, f"g{place}", "ALS" if place % 2 == 0 else "C", given if place % 2 == 0 else 1 - given)
        for model, values in (("cnn", first), ("forest", second))
        for place, given in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=["model", "group", "label", "probability"])


def test_the_sign_flip_test_is_scipy_s() -> None:
    """Exact two-sided p of the mean of paired differences, from all 2^n patterns."""
    rng = np.random.default_rng(1)
    first, second = rng.uniform(0.3, 1, 9), rng.uniform(0, 0.9, 9)
    found = pair_groups(groups(first.tolist(), second.tolist()), "ALS", "cnn", "forest")
    oracle = permutation_test(
        (first - second,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    assert found.p == pytest.approx(oracle.pvalue)
    assert found.smallest_p == 2 / 2**9
    assert found.mean == pytest.approx((first - second).mean())


@pytest.mark.parametrize("scale", [1.0, 1e-12, 1e6])
def test_what_does_not_differ_has_no_sign_to_flip(scale: float) -> None:
    """The smallest p is that of the pairs that differ, of 30 too, and no unit changes it."""
    three = np.r_[np.zeros(27), 0.3, 0.1, 0.2] * scale
    assert sign_flip_test(three) == (0.25, 0.25)
    assert sign_flip_test(np.zeros(5)) == (1.0, 1.0)


def test_a_score_of_one_half_calls_the_positive_class_here_too() -> None:
    """Of a model that always says 0.5 the positive clones are right, as in every other count."""
    found = pair_groups(groups([0.5] * 10, [0.9, 0.4] * 5), "ALS", "cnn", "forest")
    assert (found.only_first, found.only_second) == (0, 0)


def test_mcnemar_is_statsmodels() -> None:
    """Exact test on the groups that one model alone calls right."""
    first = [0.9] * 8 + [0.2] * 2 + [0.8] * 4
    second = [0.3] * 8 + [0.7] * 2 + [0.9] * 4
    found = pair_groups(groups(first, second), "ALS", "cnn", "forest")
    assert (found.only_first, found.only_second) == (8, 2)
    assert found.mcnemar_p == pytest.approx(mcnemar([[4, 8], [2, 0]], exact=True).pvalue)
    assert found.smallest_mcnemar_p == 2 / 2**10
    sentence = found.summary("CNN", "forest")
    assert "8 clones are called right by the CNN alone and 2 by the forest alone" in sentence
    assert "14 clones (sign-flip permutation test over clones, all sign patterns" in sentence


def test_many_groups_are_drawn_from() -> None:
    """Above twenty groups patterns are drawn, with the seed: near the exact p, never below the smallest."""
    rng = np.random.default_rng(2)
    first = rng.uniform(0.35, 0.9, 24)
    second = first - rng.normal(0.05, 0.15, 24)
    table = groups(first.tolist(), second.tolist())
    found = pair_groups(table, "ALS", "cnn", "forest")
    difference = first - second
    z = difference.sum() / np.sqrt((difference**2).sum())
    from scipy.stats import norm

    assert found.p == pytest.approx(2 * norm.sf(abs(z)), abs=0.01)
    assert found.p == pair_groups(table, "ALS", "cnn", "forest").p
    sure = pair_groups(groups([0.9] * 24, [0.1] * 24), "ALS", "cnn", "forest")
    assert sure.p == sure.smallest_p == 1e-5


def test_models_that_agree() -> None:
    """The same scores: no difference, p of 1, and McNemar has nothing to go by."""
    found = pair_groups(groups([0.9] * 6, [0.9] * 6), "ALS", "cnn", "forest")
    assert (found.mean, found.p, found.mcnemar_p) == (0, 1, 1)
    assert "nothing to go by" in found.summary("CNN", "forest")


def test_sets_are_paired_by_number() -> None:
    """Differences set by set, whatever the order of the rows; a missing AUC stays missing."""
    metrics = pd.DataFrame(
        {
            "model": ["cnn", "cnn", "forest", "forest"],
            "set": [1, 2, 2, 1],
            "accuracy": [0.9, 0.8, 0.5, 0.6],
            "auc": [0.9, np.nan, 0.5, 0.5],
            "group_accuracy": 1.0,
            "group_auc": 1.0,
        }
    )
    table = pair_sets(metrics, "cnn", "forest")
    assert table["set"].tolist() == [1, 2]
    assert table["accuracy"].tolist() == pytest.approx([0.3, 0.3])
    assert table["auc"].isna().tolist() == [False, True]
    with pytest.raises(ArgumentError, match="No set has scores of the model 'svm'"):
        pair_sets(metrics, "cnn", "svm")


def test_other_groups_cannot_be_paired() -> None:
    """Both models must have scored the same ones."""
    table = groups([0.9, 0.8], [0.7, 0.6]).iloc[:-1]
    with pytest.raises(ArgumentError, match="did not score the same groups"):
        pair_groups(table, "ALS", "cnn", "forest")


def test_a_group_of_both_labels_is_right_when_both_calls_are() -> None:
    """One call on the wrong side is enough to be wrong, whatever the mean of both."""
    rows = [("cnn", "ALS", 0.9), ("cnn", "C", 0.45), ("forest", "ALS", 0.9), ("forest", "C", 0.6)]
    table = pd.DataFrame(rows, columns=["model", "label", "probability"]).assign(group="g")
    found = pair_groups(table, "ALS", "cnn", "forest")
    assert (found.only_first, found.only_second) == (1, 0)
