"""Rows of calls and areas: scipy's and scikit-learn's numbers, and one score per clone whatever comes in."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, roc_auc_score

from hcs.statistics.auc import METHODS, auc_interval
from hcs.statistics.calls import COLUMNS, area_rows, call_rows, image_rows, unit_scores
from hcs_plates.errors import ArgumentError

NAMES = ("model", "group", "label", "probability")


def table(**change: Any) -> pd.DataFrame:
    """Four clones of two classes, two rows each."""
    rows = pd.DataFrame({"model": "cnn", "group": list("aabbccdd"), "label": ["ALS"] * 4 + ["control"] * 4})
    return rows.assign(probability=[0.9, 0.7, 0.6, 0.4, 0.5, 0.3, 0.2, 0.0]).assign(**change)


@pytest.mark.parametrize(("right", "n"), [(0, 15), (1, 15), (9, 15), (15, 15), (27, 30), (1, 1)])
def test_intervals_of_proportions_are_scipys(right: int, n: int) -> None:
    """Exact and Wilson limits equal those of scipy's binomial test, to 1e-9, for each proportion."""
    truth = np.arange(n + 4) < n
    correct = np.where(truth, np.arange(n + 4) < right, np.arange(n + 4) < n + 3)
    part = pd.DataFrame({"model": "cnn", "label": np.where(truth, "ALS", "control"), "correct": correct})
    rows = pd.DataFrame(call_rows(part, "ALS", "clone")).set_index(["measure", "method"])
    for measure, hits, of in (
        ("sensitivity", right, n),
        ("specificity", 3, 4),
        ("accuracy", right + 3, n + 4),
    ):
        for method in ("exact", "wilson"):
            theirs = binomtest(hits, of).proportion_ci(0.95, method=method)
            row = rows.loc[(measure, method)]
            assert (row["low"], row["high"]) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
            assert (row["n"], row["n_right"], row["value"]) == (of, hits, pytest.approx(hits / of))


def test_every_row_says_whose_it_is() -> None:
    """Model, unit, measure, method and n of calls, areas and images, also of a part of a larger table."""
    part = table(model="forest").assign(correct=True).iloc[1:]
    calls, areas = call_rows(part, "ALS", "clone"), area_rows(part, "ALS", "clone", seed=3)
    images = image_rows(part, "ALS", NAMES, 0.65)
    assert [tuple(row.values())[:5] for row in calls[::2]] == [
        ("forest", "clone", "accuracy", "exact", 7),
        ("forest", "clone", "sensitivity", "exact", 3),
        ("forest", "clone", "specificity", "exact", 4),
    ]
    assert {tuple(row.values())[:3] for row in areas} == {("forest", "clone", "auc")}
    assert [row["method"] for row in areas] == list(METHODS)
    assert all(row["n"] == 7 for row in areas)
    assert pd.DataFrame(areas)["n_right"].isna().all()
    told = [tuple(row.values())[:6] for row in images]
    assert told[0] == ("forest", "image", "accuracy", "none", 7, 5.0)
    assert told[1][:5] == ("forest", "image", "auc", "none", 7)
    assert pd.DataFrame(images)[["low", "high"]].isna().to_numpy().all()


def test_one_class_has_no_specificity() -> None:
    """Its n is 0 and its numbers are NaN; those of the other class stand."""
    part = pd.DataFrame({"model": "cnn", "label": "ALS", "correct": [True, False]})
    rows = pd.DataFrame(call_rows(part, "ALS", "clone")).set_index("measure")
    assert rows.loc["specificity", "n"].tolist() == [0, 0]
    assert rows.loc["specificity", ["value", "low", "high"]].isna().all(axis=None)
    assert rows.loc["sensitivity", "value"].tolist() == [0.5, 0.5]


def test_areas_have_every_interval() -> None:
    """One row per method, with scikit-learn's area and that method's limits."""
    rng = np.random.default_rng(0)
    truth = np.arange(20) < 8
    part = pd.DataFrame({"model": "cnn", "label": np.where(truth, "ALS", "control")})
    part["probability"] = np.round(rng.random(20) + 0.3 * truth, 1)
    rows = area_rows(part, "ALS", "clone", seed=4)
    assert [row["method"] for row in rows] == list(METHODS)
    for row in rows:
        found = auc_interval(part["probability"], truth, str(row["method"]), seed=4)
        assert list(row) == COLUMNS
        assert row["value"] == pytest.approx(roc_auc_score(truth, part["probability"]))
        assert (row["low"], row["high"]) == (found.low, found.high)


def test_images_are_scored_by_model_without_an_interval() -> None:
    """Accuracy and area are scikit-learn's; images without score or label are not counted."""
    rng = np.random.default_rng(1)
    images = pd.DataFrame({"model": ["cnn"] * 40 + ["forest"] * 40, "group": "a"})
    images["label"], images["probability"] = ["ALS", "control"] * 40, rng.random(80)
    images.loc[3, "probability"], images.loc[44, "label"] = np.nan, None
    rows = pd.DataFrame(image_rows(images, "ALS", NAMES, 0.5)).set_index(["model", "measure"])
    for model, part in images.dropna().groupby("model"):
        truth, score = part["label"] == "ALS", part["probability"]
        assert rows["value"][model, "accuracy"] == pytest.approx(accuracy_score(truth, score >= 0.5))
        assert rows["value"][model, "auc"] == pytest.approx(roc_auc_score(truth, score))
        assert rows["n"][model, "auc"] == 39
    assert rows[["low", "high"]].isna().all(axis=None)


def test_images_of_one_class_or_none_have_no_area() -> None:
    """Of one class the area is NaN beside the accuracy; without a score there is no row."""
    rows = image_rows(table(label="ALS"), "ALS", NAMES, 0.5)
    assert [row["value"] for row in rows] == [0.5, pytest.approx(np.nan, nan_ok=True)]
    assert image_rows(table(probability=np.nan), "ALS", NAMES, 0.5) == []


def test_rows_are_averaged_per_clone_and_label() -> None:
    """A clone has one score per model and label, and the sentence says that n is clones."""
    units, said = unit_scores(table(), "ALS", names=NAMES)
    assert units["group"].tolist() == list("abcd")
    assert units["probability"].tolist() == pytest.approx([0.8, 0.5, 0.4, 0.1])
    assert said == ("8 rows were averaged to 4 scores, one per clone and model: n is clones.",)


CHANGES: list[tuple[dict[str, Any], int, str]] = [
    ({"probability": [None, 0.7, 0.6, 0.4, 0.5, 0.3, None, None]}, 3, "3 rows have no score or no label"),
    ({"label": ["ALS"] * 4 + ["control"] * 3 + [None]}, 4, "1 row has no score or no label and is left out."),
    ({"label": ["ALS"] * 4 + ["control", "control", "mimic", "mimic"]}, 4, "together the negative class"),
    ({"label": ["ALS", "control"] * 4}, 8, ""),
    ({"probability": np.nan}, 0, "8 rows have no score or no label and are left out."),
    ({"group": [7] * 4 + [8] * 4}, 2, "one per clone and model"),
]


@pytest.mark.parametrize(("change", "n", "words"), CHANGES)
def test_poor_rows_are_left_out_with_a_sentence(change: dict[str, Any], n: int, words: str) -> None:
    """Missing scores and labels, a third label, a clone with both labels, names that are numbers."""
    units, said = unit_scores(table(**change), "ALS", names=NAMES)
    assert len(units) == n
    assert words in " ".join(said)


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: unit_scores(table().drop(columns="group"), "ALS", names=NAMES), "scores has no column 'group'"),
    (lambda: unit_scores(table(), "ALs", names=NAMES), "No row has the label 'ALs'; did you mean 'ALS'"),
    (lambda: unit_scores(table(probability="high"), "ALS", names=NAMES), "has 'high' as probability"),
    (
        lambda: image_rows(table(probability="high"), "ALS", NAMES, 0.5),
        "predictions has 'high' as probability",
    ),
    (
        lambda: image_rows(table().drop(columns="label"), "ALS", NAMES, 0.5),
        "predictions has no column 'label'",
    ),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_wrong_tables_are_refused(call: Callable[[], Any], words: str) -> None:
    """Each with the table, the column and the remedy."""
    with pytest.raises(ArgumentError, match=words):
        call()
