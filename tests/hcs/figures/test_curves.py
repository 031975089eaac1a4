"""Tests of curves against hand-worked numbers and scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.metrics import roc_auc_score

from hcs.figures.curves import group_roc, roc_band, roc_figure, roc_table, training_figure


def predictions() -> pd.DataFrame:
    """Three sets of two models; set 2 has one class only."""
    rng = np.random.default_rng(0)
    parts = []
    for model, skill in (("cnn", 2.0), ("forest", 0.4)):
        for number in range(3):
            truth = np.ones(80) if number == 2 else np.repeat([0.0, 1.0], 40)
            score = 1 / (1 + np.exp(-(skill * (truth - 0.5) * 2 + rng.normal(0, 1, 80))))
            label = np.where(truth == 1, "ALS", "control")
            parts.append(pd.DataFrame({"model": model, "set": number, "label": label, "probability": score}))
    return pd.concat(parts, ignore_index=True)


GROUPS = pd.DataFrame(
    {
        "model": ["cnn"] * 4 + ["forest"] * 4,
        "group": ["a", "b", "c", "d"] * 2,
        "label": ["control", "control", "ALS", "ALS"] * 2,
        "probability": [0.1, 0.2, 0.8, 0.9, 0.3, 0.6, 0.5, 0.7],
    }
)


def lines(figure: Figure, panel: int, gid: str) -> int:
    """How many lines of a kind a panel has."""
    return sum(line.get_gid() == gid for line in figure.axes[panel].lines)


def test_areas_are_scikit_learns_and_one_sided_sets_are_left_out() -> None:
    """The area of each set is the exact one; a set without both classes has no curve."""
    table = predictions()
    band = roc_band(table, "cnn", "ALS")
    rows = [table[(table["model"] == "cnn") & (table["set"] == number)] for number in (0, 1)]
    expected = [roc_auc_score(part["label"] == "ALS", part["probability"]) for part in rows]
    assert band.areas == pytest.approx(expected)
    assert band.curves.shape == (2, 201)
    assert band.sd == pytest.approx(np.std(band.curves, axis=0, ddof=1))


def test_one_set_has_no_spread() -> None:
    """With one set the band has no width instead of NaN."""
    table = predictions()
    band = roc_band(table[table["set"] == 0], "cnn", "ALS")
    assert band.sd == pytest.approx(np.zeros(201))


def test_group_roc_by_hand() -> None:
    """Forest: of the four (control, ALS) pairs three are in order, so the area is 3/4."""
    curve = group_roc(GROUPS, "forest", "ALS")
    assert curve is not None
    assert curve[2] == pytest.approx(0.75)
    one_class = GROUPS[GROUPS["label"] == "ALS"]
    assert group_roc(one_class, "forest", "ALS") is None


def test_figure_shows_each_set_the_mean_and_the_groups() -> None:
    """Tile panel: a thin line per set and model and a mean per model; group panel: n in the legend."""
    figure = roc_figure(predictions(), GROUPS, "ALS", "clones")
    assert lines(figure, 0, "set") == 4
    assert lines(figure, 0, "mean") == 2
    legend = figure.axes[1].get_legend()
    assert legend is not None
    named = [text.get_text() for text in legend.get_texts()]
    assert named == ["CNN: AUC 1.00 (n = 4 clones)", "random forest: AUC 0.75 (n = 4 clones)"]


def test_table_holds_the_curves_that_are_drawn() -> None:
    """Means over sets for tiles, exact steps for groups."""
    table = roc_table(predictions(), GROUPS, "ALS")
    tile = table[(table["model"] == "cnn") & (table["level"] == "tile")]
    assert tile["true_positive_rate"].to_numpy() == pytest.approx(roc_band(predictions(), "cnn", "ALS").mean)
    group = table[(table["model"] == "forest") & (table["level"] == "group")]
    area = np.trapezoid(group["true_positive_rate"], group["false_positive_rate"])
    assert area == pytest.approx(0.75)


def test_training_figure_draws_the_median_over_sets() -> None:
    """The bold line is the median of the thin ones, and one head out of bounds does not flatten the rest."""
    history = pd.DataFrame(
        {
            "set": [0, 0, 1, 1],
            "epoch": [1, 2, 1, 2],
            "loss": [1.0, 0.5, 0.8, 0.3],
            "accuracy": [0.5, 0.7, 0.6, 0.8],
            "validation_loss": [1.2, 0.9, 1.0, 0.7],
            "validation_accuracy": [0.5, 0.6, 0.5, 0.6],
        }
    )
    wild = pd.concat([history.assign(set=history["set"] + 2 * k) for k in range(20)])
    wild.iloc[-1, wild.columns.get_loc("loss")] = 1e6
    assert training_figure(wild).axes[0].get_ylim()[1] < 2
    figure = training_figure(history)
    medians = [line for line in figure.axes[0].lines if line.get_gid() == "median"]
    assert [list(np.asarray(line.get_ydata())) for line in medians] == [
        pytest.approx([0.9, 0.4]),
        pytest.approx([1.1, 0.8]),
    ]
    assert lines(figure, 1, "set") == 4
