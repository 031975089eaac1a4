"""Tests of derived numbers, each against another library or by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score

from hcs.answer.facts import StudyFacts
from hcs.answer.result import GroupResult
from hcs_plates.errors import ArgumentError


def test_spread_over_sets_uses_n_minus_1(neurons: StudyFacts) -> None:
    """Mean and sample standard deviation of the sets' numbers."""
    values = neurons.metrics.loc[neurons.metrics["model"] == "cnn", "accuracy"]
    spread = neurons.over_sets("cnn", "accuracy")
    assert (spread.mean, spread.sd, spread.n_sets) == pytest.approx((values.mean(), values.std(ddof=1), 6))


def test_sets_without_both_classes_are_not_counted(neurons: StudyFacts) -> None:
    """An AUC that is not defined in a set leaves the mean of the others."""
    metrics = neurons.metrics.copy()
    metrics.loc[(metrics["model"] == "cnn") & (metrics["set"] == 0), "auc"] = np.nan
    assert replace(neurons, metrics=metrics).over_sets("cnn", "auc").n_sets == 5


def test_groups_right_counts_clones(neurons: StudyFacts) -> None:
    """A clone is right when its mean score is on its label's side; n is clones, not tiles or sets."""
    for model in ("cnn", "forest"):
        rows = neurons.groups[neurons.groups["model"] == model]
        right = sum((row.probability >= 0.5) == (row.label == "ALS") for row in rows.itertuples())
        result = neurons.group_result(model)
        assert (result.right, result.n_groups, result.n_positive, result.n_negative) == (right, 12, 6, 6)
        assert result.auc == pytest.approx(roc_auc_score(rows["label"] == "ALS", rows["probability"]))
        assert (result.low, result.high) == pytest.approx(
            tuple(binomtest(right, 12).proportion_ci(0.95, method="wilson"))
        )


def test_a_row_is_right_only_when_both_of_its_labels_are(drugs: StudyFacts) -> None:
    """Groups that hold both labels count once: 8 rows, not 16 means; dose wells are no class."""
    groups = drugs.groups[drugs.groups["label"].isin(["positive_control", "negative_control"])].copy()
    groups["probability"] = np.where(groups["label"] == "positive_control", 0.9, 0.1)
    groups.loc[(groups["group"] == "C") & (groups["label"] == "positive_control"), "probability"] = 0.2
    result = replace(drugs, groups=groups).group_result("cnn")
    assert (result.right, result.n_groups, result.n_positive, result.n_negative) == (7, 8, 8, 8)
    assert result.chance == 0.5


@pytest.mark.parametrize(
    ("n_groups", "n_positive", "n_negative", "chance"),
    [(12, 6, 6, 0.5), (10, 8, 2, 0.8), (8, 8, 8, 0.5), (10, 10, 4, 0.6)],
)
def test_chance_is_what_naming_one_label_gets(
    n_groups: int, n_positive: int, n_negative: int, chance: float
) -> None:
    """Nested: the larger class's share. Where all groups hold both labels: one half."""
    result = GroupResult("cnn", 5, n_groups, n_positive, n_negative, 0.0, 1.0, 0.5)
    assert result.chance == pytest.approx(chance)


def test_groups_of_neither_class_are_left_out_of_the_count(neurons: StudyFacts) -> None:
    """A blank clone and a clone without a score change nothing."""
    extra = pd.DataFrame(
        {
            "model": "cnn",
            "group": ["blank", "C99"],
            "label": ["medium", "ALS"],
            "probability": [0.5, np.nan],
        }
    )
    more = replace(neurons, groups=pd.concat([neurons.groups, extra], ignore_index=True))
    assert more.group_result("cnn") == neurons.group_result("cnn")


def test_comparison_puts_group_and_tile_numbers_in_one_row(neurons: StudyFacts) -> None:
    """No model's tile-level number stands without its group-level ones."""
    table = neurons.comparison().set_index("model")
    assert list(table.index) == ["cnn", "forest"]
    assert table.notna().all().all()
    assert table.loc["cnn", "tile_accuracy_mean"] == pytest.approx(neurons.over_sets("cnn", "accuracy").mean)


def test_a_model_without_groups_is_refused(neurons: StudyFacts) -> None:
    """The sentence names the model and the level."""
    with pytest.raises(ArgumentError, match="Model 'svm' has no clone-level score"):
        neurons.group_result("svm")


def test_wells_get_their_dose(drugs: StudyFacts) -> None:
    """One row per model and well, with the dose of the wells table, also where the column is `drug`."""
    renamed = replace(drugs, wells=drugs.wells.rename(columns={"treatment": "drug"}))
    table = renamed.well_table()
    assert len(table) == 2 * 96
    b03 = table[(table["well"] == "B03") & (table["model"] == "cnn")].iloc[0]
    assert (b03["treatment"], b03["dose"]) == ("Wortmannin", pytest.approx(0.98))
