"""Calibration and confusion against scikit-learn, at both levels."""

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, confusion_matrix

from hcs_models.calibration import brier, confusion, group_means, reliability
from hcs_models.scores import wilson_interval
from hcs_plates.errors import ArgumentError


@pytest.fixture(scope="module")
def predictions() -> pd.DataFrame:
    """Two models, three sets, twelve groups, ten tiles of each: one calibrated, one too sure of itself."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(3):
        for place in range(12):
            label = "ALS" if place < 5 else "control"
            for _ in range(10):
                logit = rng.normal(0.8 if label == "ALS" else -0.8, 1.5)
                for model, factor in (("cnn", 1.0), ("forest", 4.0)):
                    probability = 1 / (1 + np.exp(-factor * logit))
                    rows.append((model, number, f"g{place:02d}", label, probability))
    return pd.DataFrame(rows, columns=["model", "set", "group", "label", "probability"])


def levels(predictions: pd.DataFrame, model: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Truth and probability by hand: every tile of every set, and the mean of the sets' means."""
    mine = predictions[predictions["model"] == model]
    grouped = mine.pivot_table(index=["group", "label"], columns="set", values="probability").mean(axis=1)
    truth = grouped.index.get_level_values("label") == "ALS"
    return {
        "tile": ((mine["label"] == "ALS").to_numpy(), mine["probability"].to_numpy()),
        "group": (truth, grouped.to_numpy()),
    }


@pytest.mark.parametrize("model", ["cnn", "forest"])
@pytest.mark.parametrize("level", ["tile", "group"])
def test_as_scikit_learn_has_it(predictions: pd.DataFrame, model: str, level: str) -> None:
    """Reliability curve, Brier score and the four counts."""
    truth, probability = levels(predictions, model)[level]
    curve = reliability(predictions, "ALS").query("model == @model and level == @level")
    observed, mean = calibration_curve(truth, probability, n_bins=10)
    np.testing.assert_allclose(curve["observed"], observed)
    np.testing.assert_allclose(curve["mean_probability"], mean)
    assert curve["n"].sum() == len(truth)
    row = brier(predictions, "ALS").query("model == @model and level == @level").iloc[0]
    assert row["brier"] == pytest.approx(brier_score_loss(truth, probability))
    assert row["reference"] == pytest.approx(brier_score_loss(truth, np.full(len(truth), truth.mean())))
    gap = np.abs(curve["observed"] - curve["mean_probability"])
    assert row["calibration_error"] == pytest.approx(np.average(gap, weights=curve["n"]))
    counts = confusion(predictions, "ALS").query("model == @model and level == @level").iloc[0]
    (tn, fp), (fn, tp) = confusion_matrix(truth, probability >= 0.5)
    names = ["true_negative", "false_positive", "false_negative", "true_positive"]
    assert counts[names].tolist() == [tn, fp, fn, tp]
    assert counts["sensitivity"] == pytest.approx(tp / (tp + fn))
    assert counts["specificity"] == pytest.approx(tn / (tn + fp))


def test_intervals_are_over_groups_only(predictions: pd.DataFrame) -> None:
    """Wilson's over groups; a tile has none, since tiles of a group are not independent."""
    curve = reliability(predictions, "ALS")
    assert curve.loc[curve["level"] == "tile", ["low", "high"]].isna().all(axis=None)
    for row in curve[curve["level"] == "group"].itertuples():
        assert (row.low, row.high) == wilson_interval(round(row.observed * row.n), row.n)
    table = confusion(predictions, "ALS").set_index(["model", "level"])
    row = table.loc[("cnn", "group")]
    assert row["sensitivity_low"] == wilson_interval(int(row["true_positive"]), 5)[0]
    assert np.isnan(table.loc[("cnn", "tile"), "sensitivity_low"])


def test_too_sure_is_seen(predictions: pd.DataFrame) -> None:
    """Probabilities pushed to the ends have the larger error."""
    errors = brier(predictions, "ALS").query("level == 'tile'").set_index("model")["calibration_error"]
    assert errors["forest"] > 2 * errors["cnn"]


def test_edges() -> None:
    """Probabilities of exactly 0 and 1, one class only, no bins."""
    rows = pd.DataFrame(
        {"model": "m", "set": 1, "group": list("ab"), "label": "ALS", "probability": [0.0, 1.0]}
    )
    curve = reliability(rows, "ALS").query("level == 'tile'")
    assert curve["bin"].tolist() == [0, 9]
    table = confusion(rows, "ALS").query("level == 'group'").iloc[0]
    assert table["sensitivity"] == 0.5
    assert np.isnan(table["specificity"])
    assert group_means(rows)["probability"].tolist() == [0.0, 1.0]
    with pytest.raises(ArgumentError, match="bins 0 must be at least 1"):
        reliability(rows, "ALS", 0)


@pytest.mark.parametrize("judge", [reliability, brier, confusion])
def test_what_is_no_probability_is_refused(judge: object) -> None:
    """A score that is missing or beyond 1 has no bin, and no error."""
    rows = pd.DataFrame({"model": "m", "set": 1, "group": list("abcd"), "label": list("AABB")})
    for wrong, said in ((np.nan, "nan"), (1.5, "1.5")):
        with pytest.raises(ArgumentError, match=f"the first {said} in set 1, group b"):
            judge(rows.assign(probability=[0.9, wrong, 0.2, 0.4]), "A")  # type: ignore[operator]
