"""Clones called right: counts and p by hand, other libraries' areas, blocks, and words for poor tables."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from hcs.analysis.clones.clone_calls import CloneCalls, clone_calls
from hcs.analysis.finding import Finding
from hcs.figures.panels import figure_bytes
from hcs.statistics.auc import compare_areas
from hcs_plates.errors import ArgumentError


def table(scores: list[Any], n: int = 0, model: str = "cnn") -> pd.DataFrame:
    """Clones with these scores, the first half (or the first n) of them ALS."""
    first = n or len(scores) // 2
    labels = ["ALS"] * first + ["control"] * (len(scores) - first)
    names = [f"c{place:02d}" for place in range(len(scores))]
    return pd.DataFrame({"model": model, "group": names, "label": labels, "probability": scores})


SCORES = [0.9, 0.8, 0.45, 0.7, 0.5, 0.1, 0.2, 0.3]


def value(
    found: CloneCalls, measure: str, method: str, model: str = "cnn", level: str = "clone"
) -> pd.Series:
    """One row of the table."""
    keys = ["model", "level", "measure", "method"]
    return found.table.set_index(keys).loc[(model, level, measure, method)]


def test_calls_and_area_are_by_hand() -> None:
    """At 0.5 three of four are right in either class; a score at the threshold is a positive call."""
    found = clone_calls(table(SCORES), "ALS")
    assert value(found, "sensitivity", "exact")["n_right"] == 3
    assert value(found, "specificity", "wilson")["n_right"] == 3
    assert value(found, "accuracy", "exact")["value"] == 0.75
    assert found.calls.loc[found.calls["group"] == "c04", "called"].item()
    truth = [True] * 4 + [False] * 4
    assert value(found, "auc", "newcombe")["value"] == pytest.approx(roc_auc_score(truth, SCORES))
    assert found.headline() == (
        "CNN separates ALS from control: sensitivity 3 of 4 ALS (0.75, 95 % interval 0.19–0.99) and "
        "specificity 3 of 4 control (0.75, 0.19–0.99)."
    )
    assert isinstance(found, Finding)


def test_the_p_value_is_the_share_of_arrangements() -> None:
    """Over all 70 ways to label four of eight clones, areas at least as large as seen, one-sided."""
    found = clone_calls(table(SCORES), "ALS")
    areas = []
    for chosen in combinations(range(8), 4):
        truth = np.isin(np.arange(8), chosen)
        areas.append(roc_auc_score(truth, SCORES))
    seen = roc_auc_score(np.arange(8) < 4, SCORES)
    p = found.tests["cnn"]
    assert p.value == pytest.approx(np.mean(np.array(areas) >= seen - 1e-12))
    assert p.smallest == pytest.approx(1 / 70)
    assert (p.n, p.sided) == (8, "one-sided")
    theirs = stats.mannwhitneyu(SCORES[:4], SCORES[4:], alternative="greater", method="exact").pvalue
    assert p.value == pytest.approx(theirs)


def test_labels_move_within_batches_only() -> None:
    """With a batch whose scores are all higher, p is that of arrangements inside batches, by scipy."""
    scores = [0.9, 0.8, 0.3, 0.25, 0.7, 0.75, 0.2, 0.1]
    batch = [1, 1, 2, 2, 1, 1, 2, 2]
    found = table(scores)
    wells = pd.DataFrame({"clone": found["group"], "run": batch})
    done = clone_calls(found, "ALS", wells=wells, batch="run")
    ranks = stats.rankdata(scores)
    sums = [
        ranks[list(one)].sum() + ranks[list(two)].sum()
        for one in combinations([0, 1, 4, 5], 2)
        for two in combinations([2, 3, 6, 7], 2)
    ]
    assert done.tests["cnn"].value == pytest.approx(np.mean(np.array(sums) >= ranks[:4].sum()))
    assert done.tests["cnn"].smallest == pytest.approx(1 / 36)
    assert "within blocks" in done.tests["cnn"].test
    assert "Labels are permuted among clones of the same run only." in done.caveats


def test_clones_in_several_batches_and_in_none_are_blocks_of_their_own() -> None:
    """A clone in both batches cannot change places with one in a single batch; unknown ones are named."""
    found = table(SCORES)
    rows = [
        (name, run) for place, name in enumerate(found["group"][:-1]) for run in ("x", "y")[: 1 + place % 2]
    ]
    done = clone_calls(found, "ALS", wells=pd.DataFrame(rows, columns=["clone", "run"]), batch="run")
    # x: c00 c02 | c04 c06 (6 ways); x + y: c01 c03 | c05 (3 ways); none: c07.
    assert done.tests["cnn"].smallest == pytest.approx(1 / 18)
    assert "1 clone without run (first c07) forms a block of its own." in done.caveats


def test_two_models_are_compared_on_the_clones_of_both() -> None:
    """Difference and p are those of DeLong's test over clones that both scored."""
    rng = np.random.default_rng(0)
    first = table((rng.random(20) + 0.4 * (np.arange(20) < 10)).tolist())
    second = table((rng.random(20) + 0.2 * (np.arange(20) < 10)).tolist(), model="forest")
    found = clone_calls(pd.concat([first, second.iloc[2:]]), "ALS")
    expected, _, p = compare_areas(
        first["probability"][2:], second["probability"][2:], [True] * 8 + [False] * 10
    )
    row = found.comparisons.iloc[0]
    assert (row["first"], row["second"], row["n"]) == ("cnn", "forest", 18)
    assert (row["difference"], row["p"]) == pytest.approx((expected, p.value))
    said = "ROC AUC of CNN minus that of random forest:" in found.summary()
    assert said == (p.value <= 0.05)
    tested = found.statistics.set_index("question").loc["CNN minus random forest"]
    assert (tested["value"], tested["p"]) == pytest.approx((expected, p.value))


def test_images_stand_beside_without_an_interval() -> None:
    """Their numbers are scikit-learn's, and the sentence says that they are not independent."""
    rng = np.random.default_rng(2)
    images = pd.concat([table(SCORES)] * 30, ignore_index=True)
    images["probability"] = np.clip(images["probability"] + rng.normal(0, 0.3, len(images)), 0, 1)
    found = clone_calls(table(SCORES), "ALS", predictions=images)
    row = value(found, "auc", "none", level="image")
    assert row["value"] == pytest.approx(roc_auc_score(images["label"] == "ALS", images["probability"]))
    assert np.isnan(row["low"])
    beside = found.statistics.query("question == 'CNN, all images' and estimate == 'ROC AUC'")
    assert (beside["n"].item(), beside["value"].item()) == (240, row["value"])
    assert "image" not in found.summary()


def test_clones_of_both_labels_are_permuted_within_the_clone() -> None:
    """Five clones, each treated and not: 32 arrangements, as of a paired test."""
    treated = table([0.9, 0.8, 0.7, 0.6, 0.55], n=5)
    plain = treated.assign(label="control", probability=[0.5, 0.4, 0.3, 0.2, 0.1])
    found = clone_calls(pd.concat([treated, plain]), "ALS")
    assert found.tests["cnn"].value == pytest.approx(1 / 32)
    assert found.tests["cnn"].n == 5
    assert "5 clones (first c00) hold several labels: each counts once per label." in found.caveats
    one = clone_calls(
        pd.concat([treated, plain, table([0.3], n=0).assign(group="z", label="control")]), "ALS"
    )
    assert one.tests["cnn"].n == 6


def test_several_diagnoses_are_counted_by_name() -> None:
    """One positive class against three: specificity of each with its exact interval, areas one by one."""
    mimics = table([0.6, 0.4, 0.3], n=0).assign(label="mimic", group=["m0", "m1", "m2"])
    whole = pd.concat([table(SCORES), mimics, table([0.7]).assign(label="PD", group="p0")])
    found = clone_calls(whole, "ALS")
    by = found.confusion.set_index("diagnosis")
    assert by["called_positive"].to_dict() == {"ALS": 3, "control": 1, "mimic": 1, "PD": 1}
    assert by["n"].to_dict() == {"ALS": 4, "control": 4, "mimic": 3, "PD": 1}
    exact = stats.binomtest(2, 3).proportion_ci()
    assert by.loc["mimic", ["low", "high"]].tolist() == pytest.approx([exact.low, exact.high])
    area = roc_auc_score([1] * 4 + [0] * 3, [*SCORES[:4], 0.6, 0.4, 0.3])
    assert by.loc["mimic", "auc"] == pytest.approx(area)
    assert "specificity 5 of 8 others" in found.headline()
    assert "specificity 3 of 4 control (0.75, 0.19–0.99), 2 of 3 mimic (0.67" in found.summary()


def test_donors_of_several_clones_are_the_unit() -> None:
    """Calls, areas and the test are those of a table of donors, wherever the donor stands; and it is said."""
    whole = table(SCORES * 2, n=8).assign(donor=[f"d{place // 2}" for place in range(16)])
    means = whole.groupby(["donor", "label"], as_index=False)["probability"].mean()
    alone = clone_calls(means.rename(columns={"donor": "group"}).assign(model="cnn"), "ALS", noun="donor")
    wells = whole.rename(columns={"group": "clone"}).assign(run="x")
    for found in (
        clone_calls(whole, "ALS"),
        clone_calls(whole.drop(columns="donor"), "ALS", wells=wells, batch="run"),
    ):
        assert (found.noun, found.tests["cnn"].n) == ("donor", 8)
        assert found.tests["cnn"].value == alone.tests["cnn"].value
        pd.testing.assert_frame_equal(found.table, alone.table)
        assert "16 clones come from 8 donors" in found.summary()


NAN = float("nan")
POOR: list[tuple[pd.DataFrame, str]] = [
    (table([0.9, 0.2], n=2), "All clones are of one class: there is no AUC."),
    (table([0.9, 0.2]), "Whether CNN separates ALS from control cannot be known with 2 clones:"),
    (table([0.5] * 8), "CNN: all clones have the same score."),
    (table([NAN] * 4 + SCORES[4:]), "4 rows have no score or no label and are left out."),
    (table([NAN] * 8), "8 rows have no score or no label and are left out."),
    (pd.concat([table(SCORES), table(SCORES)]), "16 rows were averaged to 8 scores, one per clone and model"),
    (pd.concat([table(SCORES), table([0.9]).assign(label="mimic")]), "control and mimic are together"),
    (pd.concat([table(SCORES), table([0.9]).assign(label="control")]), "1 clone (first c00) holds several"),
]  # fmt: skip


@pytest.mark.parametrize(("groups", "words"), POOR)
def test_poor_tables_are_answered_in_words(groups: pd.DataFrame, words: str) -> None:
    """One class, one clone each, ties only, missing scores, rows twice, third labels: words and a drawing."""
    found = clone_calls(groups, "ALS")
    assert words in found.summary()
    assert "nan" not in found.summary()
    assert len(found.headline().split()) <= 30
    assert len(found.summary().split()) <= 120
    assert figure_bytes(found.plot().figure, ".png").startswith(b"\x89PNG")


def test_batches_tied_to_the_class_have_no_test() -> None:
    """Where every batch is of one class no p is given, and the reason."""
    found = table(SCORES)
    wells = pd.DataFrame({"clone": found["group"], "run": found["label"]})
    done = clone_calls(found, "ALS", wells=wells, batch="run")
    assert np.isnan(done.tests["cnn"].value)
    assert "Diagnosis and batch are confounded" in done.summary()


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: clone_calls(table(SCORES), "als", batch="run"), "No row has the label 'als'"),
    (lambda: clone_calls(table(SCORES), "ALS", batch="run"), r"Batches \('run'\) need the wells table"),
    (
        lambda: clone_calls(table(SCORES), "ALS", batch="run", wells=pd.DataFrame({"clone": ["c00"]})),
        "The wells table has no column 'run'",
    ),
    (lambda: clone_calls(table(SCORES), "ALS", probability="score"), "scores has no column 'score'"),
    (lambda: clone_calls(table(SCORES).assign(probability="x"), "ALS"), "has 'x' as probability"),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_wrong_arguments_are_refused(call: Callable[[], Any], words: str) -> None:
    """Each with what is wrong and what to give."""
    with pytest.raises(ArgumentError, match=words):
        call()
