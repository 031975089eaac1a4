"""A lead over baselines: scikit-learn's areas, every flip of signs by hand, and what is said of them."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata
from sklearn.metrics import accuracy_score, roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from hcs.analysis.batches.baseline_lead import (
    baseline_headline,
    best_baseline,
    described,
    is_beaten,
    lead_over,
)

NAN = np.nan


def table(layout: float, count: float, p: tuple[float, float], model: float, lead_p: float) -> pd.DataFrame:
    """Two baselines and a model."""
    rows = [
        ("plate metadata", "baseline", layout, 0.1, p[0], 0.001, NAN, NAN, NAN),
        ("cell count", "baseline", count, 0.1, p[1], 0.001, NAN, NAN, NAN),
        ("cnn", "model", model, model - 0.3, NAN, NAN, 0.1, 0.05, lead_p),
    ]
    names = ["model", "kind", "auc", "low", "p", "smallest_p", "lead", "lead_low", "lead_p"]
    return pd.DataFrame(rows, columns=names)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (
            table(0.5, 0.92, (0.48, 0.01), 1.0, 0.7),
            "Without images, cell count (AUC 0.92) alone predicts ALS; the CNN (AUC 1.00) is not shown to do "
            "better than cell count (+0.08).",
        ),
        (
            table(0.9, 0.8, (0.01, 0.02), 1.0, 0.01),
            "Without images, plate metadata (AUC 0.90) and cell count (AUC 0.80) alone predict ALS; the CNN "
            "(AUC 1.00) does better than plate metadata (+0.10).",
        ),
        (
            table(0.17, 0.1, (0.9, 0.9), 1.0, 0.01),
            "Without images, neither plate metadata (AUC 0.17) nor cell count (AUC 0.10) clearly predicts "
            "ALS; the CNN (AUC 1.00) does better than chance (+0.50).",
        ),
    ],
)
def test_the_headline(made: pd.DataFrame, words: str) -> None:
    """Best first, however many tell; one worse than a coin is no rival, chance is."""
    assert baseline_headline(made, "ALS", "clone") == words


def test_few_groups_leave_it_undecided() -> None:
    """Where no p could be 0.05 or less."""
    made = table(0.5, 0.9, (0.5, 0.2), 1.0, 0.7).assign(smallest_p=0.1)
    assert baseline_headline(made.assign(n_groups=6), "ALS", "clone").startswith(
        "Whether cell count (AUC 0.90) or plate metadata (AUC 0.50) alone predicts ALS cannot be known with "
        "6 clones"
    )


def test_beating_takes_an_interval_and_a_test() -> None:
    """A lead that is not shown, or over a baseline worse than a coin without being better than one."""
    made = table(0.2, 0.1, (0.9, 0.9), 0.7, 0.01)
    best = best_baseline(made)
    assert best is not None
    assert best["model"] == "plate metadata"
    row = dict(made.iloc[2])
    assert not is_beaten(row, best)
    assert is_beaten(row | {"low": 0.6}, best)
    assert not is_beaten(row | {"low": 0.6, "lead_low": -0.1}, best)
    assert not is_beaten(row | {"low": 0.6, "lead_p": 0.2}, best)
    assert best_baseline(made.assign(auc=NAN)) is None


def scores(n: int, told: float, seed: int) -> pd.DataFrame:
    """One score per group, half of them positive, told apart by so many standard deviations."""
    rng = np.random.default_rng(seed)
    label = np.where(np.arange(n) % 2, "ALS", "control")
    value = told * (label == "ALS") - told / 2 + rng.normal(size=n)
    names = [f"c{place:02d}" for place in range(n)]
    return pd.DataFrame({"group": names, "label": label, "probability": 1 / (1 + np.exp(-value))})


@pytest.mark.parametrize("seed", range(3))
def test_area_and_accuracy_are_scikit_learns(seed: int) -> None:
    """With Wilson's limits by statsmodels, and Newcombe's around the area."""
    table = scores(30, 1.0, seed)
    positive = (table["label"] == "ALS").to_numpy()
    found = described(table, positive)
    assert found["n_groups"] == 30
    assert found["auc"] == pytest.approx(roc_auc_score(positive, table["probability"]))
    called = table["probability"] >= 0.5
    assert found["accuracy"] == pytest.approx(accuracy_score(positive, called))
    limits = proportion_confint(int((called == positive).sum()), 30, method="wilson")
    assert [found["accuracy_low"], found["accuracy_high"]] == pytest.approx(limits)
    assert found["low"] < found["auc"] < found["high"]


def test_one_class_has_an_accuracy_and_no_area() -> None:
    """Nothing stands against it: NaN area and interval."""
    table = scores(10, 1.0, 0).query("label == 'ALS'")
    found = described(table, np.ones(5, dtype=bool))
    assert np.isnan([found["auc"], found["low"], found["high"]]).all()
    assert 0 <= found["accuracy"] <= 1


def test_the_lead_is_the_difference_of_areas_over_common_groups() -> None:
    """Groups that one alone scored are left out, whatever the order."""
    own, base = scores(16, 2.0, 1), scores(20, 0.5, 2).sample(frac=1, random_state=0)
    found = lead_over(own, base, "ALS", 0)
    other = base.set_index("group").loc[own["group"], "probability"]
    truth = own["label"] == "ALS"
    lead = roc_auc_score(truth, own["probability"]) - roc_auc_score(truth, other)
    assert found["lead"] == pytest.approx(lead)
    assert found["lead_low"] <= lead <= found["lead_high"]


@pytest.mark.parametrize("seed", range(3))
def test_the_test_flips_every_group_s_ranks(seed: int) -> None:
    """Ten groups: of 2^10 ways to say which score is whose, the share with as large a difference of areas."""
    own, base = scores(10, 1.5, seed), scores(10, 0.5, seed + 10)
    positive = (own["label"] == "ALS").to_numpy()
    ranks = np.stack([rankdata(one["probability"]) for one in (own, base)])
    sign = np.where(positive, 1, -1)
    differences = sign * (ranks[0] - ranks[1])
    # The mean difference of ranks given to the true label is that of the areas times m n / N.
    areas = [roc_auc_score(positive, one) for one in ranks]
    assert differences.sum() == pytest.approx((areas[0] - areas[1]) * 25 * 2)
    null = np.abs(np.array(list(product([1, -1], repeat=10))) @ differences)
    found = lead_over(own, base, "ALS", 0)
    assert found["lead_p"] == pytest.approx((null >= abs(differences.sum()) - 1e-9).mean())
    assert found["lead_smallest_p"] == pytest.approx((null >= null.max() - 1e-9).mean())


def test_a_planted_lead_is_found_and_none_is_not() -> None:
    """A model that tells patients beside one that does not; and beside itself with other noise."""
    found = lead_over(scores(40, 4.0, 0), scores(40, 0.0, 1), "ALS", 0)
    assert found["lead_p"] < 0.001
    assert found["lead_low"] > 0
    none = lead_over(scores(40, 1.0, 2), scores(40, 1.0, 3), "ALS", 0)
    assert none["lead_p"] > 0.05
    assert none["lead_low"] < 0 < none["lead_high"]


def test_a_model_has_no_lead_over_itself() -> None:
    """All differences are 0: p is 1, and there is no interval without width."""
    own = scores(12, 1.0, 0)
    found = lead_over(own, own, "ALS", 0)
    assert (found["lead"], found["lead_p"]) == (0, 1)
    assert np.isnan([found["lead_low"], found["lead_high"]]).all()


def test_a_model_without_error_beats_chance() -> None:
    """Every resample leads by one half: no interval, and the test alone decides."""
    own = scores(12, 9.0, 0)
    found = lead_over(own, own.assign(probability=0.5), "ALS", 0)
    assert found["lead"] == 0.5
    assert np.isnan(found["lead_low"])
    best = {"model": "plate metadata", "auc": 0.17}
    assert is_beaten(found | {"low": 0.7}, best)
    assert not is_beaten(found | {"low": 0.7, "lead_p": 0.2}, best)


@pytest.mark.parametrize(
    "base",
    [
        scores(12, 1.0, 0).query("label == 'ALS'"),
        scores(12, 1.0, 0).iloc[:0],
        scores(12, 1.0, 0).assign(group="none"),
    ],
    ids=["one class", "none", "other groups"],
)
def test_groups_without_both_classes_have_no_lead(base: pd.DataFrame) -> None:
    """Nothing is given, so that the table keeps NaN."""
    assert lead_over(scores(12, 1.0, 1), base, "ALS", 0) == {}
