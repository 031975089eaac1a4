"""Scores: per set and per group, against scikit-learn and by hand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, roc_auc_score

from hcs_models.scores import group_calls, score_groups, score_sets, wilson_interval
from hcs_plates.errors import ArgumentError


@pytest.fixture
def predictions() -> pd.DataFrame:
    """Two models, three sets, each testing two groups of each class with five tiles."""
    rng = np.random.default_rng(6)
    rows = []
    for model in ("cnn", "forest"):
        for number in (1, 2, 3):
            for place in range(4):
                label = "ALS" if place < 2 else "C"
                group = f"{label}{(place + number) % 3}"
                for tile in range(5):
                    probability = float(np.clip(rng.normal(0.6 if label == "ALS" else 0.4, 0.25), 0, 1))
                    rows.append(
                        (model, number, "P1", f"A{place + 1:02d}", tile, 0, group, label, probability)
                    )
    columns = ["model", "set", "plate", "well", "field", "tile", "group", "label", "probability"]
    return pd.DataFrame(rows, columns=columns)


def test_sets_are_scored_as_scikit_learn_does(predictions: pd.DataFrame) -> None:
    """Accuracy at 0.5 and ROC AUC over tiles and over groups' mean probabilities."""
    scores = score_sets(predictions, "ALS")
    assert scores.table[["model", "set"]].to_numpy().tolist() == [
        [m, s] for m in ("cnn", "forest") for s in (1, 2, 3)
    ]
    for row in scores.table.itertuples():
        part = predictions.query("model == @row.model and set == @row.set")
        truth = part["label"] == "ALS"
        assert row.accuracy == accuracy_score(truth, part["probability"] >= 0.5)
        assert row.auc == pytest.approx(roc_auc_score(truth, part["probability"]))
        groups = part.groupby("group").agg({"probability": "mean", "label": "first"})
        assert row.group_accuracy == accuracy_score(groups["label"] == "ALS", groups["probability"] >= 0.5)
        assert row.group_auc == pytest.approx(roc_auc_score(groups["label"] == "ALS", groups["probability"]))
        assert (row.n_tiles, row.n_groups) == (20, 4)
    assert scores.notices == ()


def test_the_summary_is_mean_and_sd_over_sets(predictions: pd.DataFrame) -> None:
    """SD has n − 1 below; the sentence gives both models."""
    scores = score_sets(predictions, "ALS")
    summary = scores.summary_table().set_index(["model", "metric"])
    values = scores.table.query("model == 'forest'")["auc"].to_numpy()
    assert summary.loc[("forest", "auc"), "mean"] == pytest.approx(values.mean())
    assert summary.loc[("forest", "auc"), "sd"] == pytest.approx(values.std(ddof=1))
    assert f"forest: AUC {values.mean():.3f} ± {values.std(ddof=1):.3f}" in scores.summary()
    assert "(mean ± SD of 3 sets)" in scores.summary()


def test_a_set_of_one_class_has_no_auc_and_says_so(predictions: pd.DataFrame) -> None:
    """NaN and a notice, and the mean goes over the sets that have one."""
    one = predictions[(predictions["set"] != 2) | (predictions["label"] == "C")]
    scores = score_sets(one, "ALS")
    row = scores.table.query("model == 'cnn' and set == 2").iloc[0]
    assert np.isnan(row["auc"])
    assert np.isnan(row["group_auc"])
    assert row["accuracy"] > 0
    assert "Set 2 of cnn tests one class only, so it has no ROC AUC." in scores.notices
    summary = scores.summary_table().set_index(["model", "metric"])
    assert (summary.loc[("cnn", "auc"), "n_sets"], summary.loc[("cnn", "accuracy"), "n_sets"]) == (2, 3)


def test_a_group_of_both_labels_counts_as_two(predictions: pd.DataFrame) -> None:
    """A plate row with both controls is scored once as each."""
    crossed = predictions.assign(group="row A")
    table = score_groups(crossed, "ALS")
    assert table[["model", "group", "label"]].to_numpy().tolist() == [
        [model, "row A", label] for model in ("cnn", "forest") for label in ("ALS", "C")
    ]
    assert score_sets(crossed, "ALS").table["group_auc"].isin([0.0, 1.0]).all()


def test_groups_are_scored_over_the_sets_that_tested_them() -> None:
    """Mean and SD over sets of the mean over tiles; tiles and wells counted once; share called right."""
    rows = [
        ("cnn", 1, "P1", "A01", 1, 0, "a", "ALS", 0.9),
        ("cnn", 1, "P1", "A02", 1, 0, "a", "ALS", 0.5),
        ("cnn", 2, "P1", "A01", 1, 0, "a", "ALS", 0.3),
        ("cnn", 1, "P1", "B01", 1, 0, "c", "C", 0.2),
    ]
    columns = ["model", "set", "plate", "well", "field", "tile", "group", "label", "probability"]
    table = score_groups(pd.DataFrame(rows, columns=columns), "ALS").set_index("group")
    a = table.loc["a"]
    assert (a["n_tiles"], a["n_wells"], a["n_sets"]) == (2, 2, 2)
    assert a["probability"] == pytest.approx(0.5)
    assert a["sd"] == pytest.approx(np.std([0.7, 0.3], ddof=1))
    assert a["correct"] == pytest.approx(2 / 3)
    assert np.isnan(table.loc["c", "sd"])
    assert table.loc["c", "correct"] == 1
    calls = group_calls(table.reset_index(), "ALS").iloc[0]
    assert (calls["n_groups"], calls["n_correct"], calls["accuracy"]) == (2, 2, 1.0)
    assert calls["low"] == pytest.approx(wilson_interval(2, 2)[0])


@pytest.mark.parametrize(("successes", "trials"), [(0, 7), (3, 7), (28, 30), (30, 30)])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_wilson_s_interval_is_scipy_s(successes: int, trials: int, confidence: float) -> None:
    """The score interval, ends included."""
    expected = binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    assert wilson_interval(successes, trials, confidence) == pytest.approx(tuple(expected), abs=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop(columns=["set", "group"]), "The predictions lack set, group"),
        (lambda table: table.assign(label="C"), "No prediction has the positive label 'ALS'; labels are C"),
        (
            lambda table: table.assign(probability=1.5),
            "120 probabilities are not within 0 to 1, the first 1.5",
        ),
        (lambda table: table.assign(probability=np.nan), "the first nan in set 1, well P1/A01"),
    ],
)
def test_refused_predictions(change: Any, message: str, predictions: pd.DataFrame) -> None:
    """What cannot be scored is refused in a sentence."""
    for score in (score_sets, score_groups):
        with pytest.raises(ArgumentError, match=message):
            score(change(predictions), "ALS")
