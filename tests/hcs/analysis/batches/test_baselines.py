"""Baselines without pixels: planted layouts and densities found, others not, models held against them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.compose import make_column_transformer
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from hcs.analysis.batches.baseline_lead import best_baseline
from hcs.analysis.batches.baselines import (
    COUNT,
    LAYOUT,
    PixelFreeBaselines,
    pixel_free_baselines,
)
from hcs.analysis.finding import Finding
from hcs.statistics.group_discriminants import SHRINKAGE
from hcs_plates.errors import ArgumentError, LeakError
from hcs_plates.wells import FORMATS


def study(clones: int = 16, seed: int = 0, plates: int = 3) -> pd.DataFrame:
    """Wells of clones that lie anywhere, one on each plate; nothing goes with the diagnosis."""
    rng = np.random.default_rng(seed)
    made = pd.DataFrame({"clone": np.repeat([f"c{place:02d}" for place in range(clones)], plates)})
    number = made["clone"].str[1:].astype(int)
    made["diagnosis"] = np.where(number % 2, "ALS", "control")
    made["plate"] = np.tile([f"P{place}" for place in range(plates)], clones)
    made["well"] = np.stack([rng.permutation(FORMATS[96].wells())[:clones] for _ in range(plates)], 1).ravel()
    made["passage"] = rng.integers(10, 40, clones)[number].astype(float)
    made["cells"] = np.round(rng.lognormal(6, 0.3, len(made)))
    return made


def ask(wells: pd.DataFrame, **options: Any) -> PixelFreeBaselines:
    """Ask with few permutations."""
    asked: dict[str, Any] = {"positive": "ALS", "count": "cells", "permutations": 19, **options}
    return pixel_free_baselines(wells, **asked)


def of(found: PixelFreeBaselines, model: str) -> pd.Series:
    """Row of one baseline or model."""
    return found.table.set_index("model").loc[model]


def leave_pairs(clones: int) -> pd.DataFrame:
    """Sets that each test one clone of either class, and hold another out for validation."""
    rows = []
    for place in range(0, clones, 2):
        for clone in range(clones):
            part = "test" if clone in (place, place + 1) else "train"
            rows.append((place // 2, part, f"c{clone:02d}"))
    return pd.DataFrame(rows, columns=["set", "part", "group"])


def test_the_layout_s_scores_are_a_plain_pipeline_s() -> None:
    """One column per value, scaled, shrunk discriminants with equal priors, set by set: to 1e-6."""
    wells = study()
    sets = leave_pairs(16)
    found = ask(wells, columns=["plate", "passage"], splits=sets)
    shape = make_column_transformer((OneHotEncoder(sparse_output=False), ["plate"]), remainder="passthrough")
    plain = {}
    for _, part in sets.groupby("set"):
        train = wells[wells["clone"].isin(part.loc[part["part"] == "train", "group"])]
        model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=SHRINKAGE, priors=[0.5, 0.5])
        pipe = make_pipeline(shape, StandardScaler(), model)
        pipe.fit(train[["plate", "passage"]], train["diagnosis"] == "ALS")
        for clone in part.loc[part["part"] == "test", "group"]:
            own = wells[wells["clone"] == clone]
            plain[clone] = float(expit(pipe.decision_function(own[["plate", "passage"]]).mean()))
    scores = found.groups[found.groups["model"] == LAYOUT].set_index("group")
    assert scores["probability"].to_dict() == pytest.approx(plain, abs=1e-6)
    truth = scores["label"] == "ALS"
    assert of(found, LAYOUT)["auc"] == pytest.approx(roc_auc_score(truth, scores["probability"]))
    assert of(found, LAYOUT)["accuracy"] == pytest.approx(((scores["probability"] >= 0.5) == truth).mean())


def test_counts_are_taken_as_logarithms() -> None:
    """The baseline of density of counts is that of their logarithm as a column of metadata."""
    wells = study()
    wells["log"] = np.log1p(wells["cells"])
    found = ask(wells, columns=["log"], numbers=["log"])
    assert of(found, COUNT)["auc"] == of(found, LAYOUT)["auc"]
    assert of(found, COUNT)["p"] == of(found, LAYOUT)["p"]


def test_a_diagnosis_tied_to_a_plate_is_told_without_a_pixel() -> None:
    """Every patient on one plate, every control on another: area 1 at the smallest p."""
    wells = study()
    wells["plate"] = np.where(wells["diagnosis"] == "ALS", "P1", "P2")
    wells["well"] = np.tile(FORMATS[96].wells()[:24], 2)
    found = ask(wells)
    assert isinstance(found, Finding)
    told = of(found, LAYOUT)
    assert (told["auc"], told["p"]) == (1.0, 0.05)
    assert found.headline() == "Without images, plate metadata (AUC 1.00) alone predicts ALS."
    assert found.statistics["n"][0] == 16
    assert of(found, COUNT)["p"] > 0.05


@pytest.mark.parametrize(("column", "effect"), [("row", 5), ("passage", 25), ("edge", 1)])
def test_other_planted_metadata_are_found(column: str, effect: float) -> None:
    """Rows read from wells' names, passages, and the edge of the plate."""
    wells = study(20)
    sick = wells["diagnosis"] == "ALS"
    rng = np.random.default_rng(0)
    if column == "passage":
        wells["passage"] += effect * sick
    else:
        inner = rng.permutation([f"{row}{place:02d}" for row in "BC" for place in range(2, 12)])[:20]
        outer = rng.permutation(
            [f"{row}{place:02d}" for row in ("GF" if column == "row" else "AH") for place in range(2, 12)]
        )[:20]
        number = wells["clone"].str[1:].astype(int)
        wells["well"] = [outer[one] if ill else inner[one] for one, ill in zip(number, sick, strict=True)]
    found = of(ask(wells, columns=[column], plate_format=FORMATS[96]), LAYOUT)
    assert found["auc"] > 0.75
    assert found["p"] <= 0.05


def test_a_planted_density_is_found_by_the_count_alone() -> None:
    """Fewer cells of patients: told by the count, and not by the layout."""
    wells = study(20, seed=4)
    wells["cells"] *= np.where(wells["diagnosis"] == "ALS", 0.5, 1.0)
    found = ask(wells)
    assert of(found, COUNT)["auc"] > 0.9
    assert of(found, COUNT)["p"] == 0.05
    assert of(found, LAYOUT)["p"] > 0.05
    best = best_baseline(found.table)
    assert best is not None
    assert best["model"] == COUNT
    assert found.headline().startswith("Without images, cell count (AUC ")


def test_nothing_planted_is_not_found_and_chance_is_given() -> None:
    """The p is held against this design's own chance level, which lies below one half."""
    rows = pd.concat([ask(study(seed=seed)).table for seed in range(5)])
    assert (rows["p"] > 0.05).sum() >= 8
    assert (rows["null_mean"] < 0.5).mean() > 0.7
    assert ((rows["null_low"] < rows["null_mean"]) & (rows["null_mean"] < rows["null_high"])).all()


def test_models_are_held_against_the_best_baseline() -> None:
    """One that tells patients has a lead, one that repeats the baseline has none."""
    wells = study(24, seed=5)
    alone = ask(wells)
    best = best_baseline(alone.table)
    assert best is not None
    base = alone.groups[alone.groups["model"] == best["model"]]
    sure = base.assign(model="cnn", probability=np.where(base["label"] == "ALS", 0.9, 0.1))
    found = ask(wells, models=pd.concat([sure, base.assign(model="echo")]))
    cnn, echo = of(found, "cnn"), of(found, "echo")
    assert cnn["lead"] == pytest.approx(1 - best["auc"])
    assert cnn["lead_low"] > 0
    assert cnn["lead_p"] < 0.05
    assert (echo["lead"], echo["lead_p"]) == (0, 1)
    words = found.summary()
    assert f"the CNN (AUC 1.00) does better than {best['model']} (+" in found.headline()
    assert f"is not shown to do better than {best['model']} (+0.00)." in words
    assert "may have learnt the layout or the cell density" in words
    stated = found.statistics.set_index("question").loc[f"CNN against {best['model']}"]
    assert (stated["estimate"], stated["interval"]) == ("difference of AUCs", "bootstrap over clones")
    pd.testing.assert_frame_equal(found.table.iloc[:2], alone.table)


def test_models_that_cannot_be_compared_are_named() -> None:
    """Groups of one class, no scores at all, other groups: each in words, none silent."""
    wells = study()
    rows = [(f"c{place:02d}", "ALS" if place % 2 else "control") for place in range(16)]
    base = pd.DataFrame(rows, columns=["group", "label"]).assign(probability=0.5)
    models = pd.concat(
        [
            base.query("label == 'ALS'").assign(model="half"),
            base.assign(model="void", probability=np.nan),
            base.iloc[:10].assign(model="part"),
        ]
    )
    found = ask(wells, models=models)
    words = found.summary()
    assert "half scored clones of one class only: it has no AUC." in words
    assert "void scored no clone." in words
    assert "part and" in words
    assert "are compared without 6 clones that one alone scored." in words
    assert found.plot()


def test_tiles_give_what_their_wells_give() -> None:
    """Clones count alike, so rows may be repeated."""
    wells = study()
    tiles = wells.loc[wells.index.repeat(5)].reset_index(drop=True)
    pd.testing.assert_frame_equal(ask(tiles).table, ask(wells).table)


def test_the_order_of_rows_does_not_matter() -> None:
    """And a seed gives the same numbers again."""
    wells = study()
    moved = wells.sample(frac=1, random_state=2)
    pd.testing.assert_frame_equal(ask(moved, seed=5).table, ask(wells, seed=5).table)


def test_without_a_count_the_density_is_not_judged() -> None:
    """And the caveat says so."""
    found = ask(study(), count=None)
    assert found.table["model"].tolist() == [LAYOUT]
    assert "Without cell counts there is no baseline of density." in found.caveats


def test_the_figure_marks_baselines_and_models() -> None:
    """One row each, with the reach of chance."""
    wells = study()
    base = ask(wells).groups.query("model == @COUNT").assign(model="cnn")
    drawn = ask(wells, models=base).plot()
    names = [label.get_text() for label in drawn[0].get_yticklabels()]
    assert len(names) == 3
    assert any("CNN" in name for name in names)


def one_sick(wells: pd.DataFrame) -> pd.DataFrame:
    """Only one clone of the positive class."""
    return wells.assign(diagnosis=np.where(wells["clone"] == "c01", "ALS", "control"))


POOR = [
    (one_sick(study()), "two or more of each class are needed"),
    (study().assign(diagnosis="ALS"), "two or more of each class are needed"),
    (study().query("clone == 'c01'"), "There is 1 clone; two or more"),
    (study().assign(plate="P1", passage=12.0, cells=100), "plate is the same in all wells."),
    (study().assign(cells=np.nan), "cells is the same in all wells."),
    (
        study().assign(cells=lambda t: t["cells"].mask(t.index < 3)),
        "3 wells without cells: it counts as the mean",
    ),
    (
        study().assign(clone=lambda t: t["clone"].mask(t.index < 3)),
        "3 rows without clone or diagnosis left out.",
    ),
    (
        study().assign(diagnosis=lambda t: t["diagnosis"].mask(t.index == 0, "ALS")),
        "1 clone with several labels left out.",
    ),
    (
        study().assign(clone="a"),
        "1 clone with several labels left out",
    ),
]


@pytest.mark.parametrize(("wells", "sentence"), POOR)
def test_poor_data_are_answered_in_words(wells: pd.DataFrame, sentence: str) -> None:
    """A sentence and a figure, never a crash."""
    found = ask(wells)
    assert sentence in found.summary()
    assert found.plot()


def test_nothing_that_varies_has_no_number() -> None:
    """Neither baseline can be made: NaN, no sentence of either, and none is best."""
    found = ask(study().assign(cells=100), columns=["plate"])
    assert np.isfinite(of(found, LAYOUT)["auc"])
    assert np.isnan(of(found, COUNT)["auc"])
    assert best_baseline(found.table.query("model == @COUNT")) is None


REFUSED = [
    ({"positive": "AL"}, "No well has the diagnosis 'AL'; there are ALS and control."),
    ({"count": "cell"}, "The table of wells has no column 'cell'; did you mean 'cells'?"),
    ({"columns": ["plat"]}, "The table of wells has no column 'plat'; did you mean 'plate'?"),
    ({"group": "line"}, "The table of wells has no column 'line'"),
    (
        {"wells": study().assign(cells=-1)},
        "The table of wells has a negative cells, -1; a cell count is 0 or",
    ),
    (
        {"wells": study().assign(passage="p12"), "numbers": ["passage"]},
        "The table of wells has 'p12' as passage (row 0)",
    ),
    ({"splits": pd.DataFrame({"set": [1]})}, "The table of sets has no column 'part'"),
    ({"models": pd.DataFrame({"model": ["cnn"]})}, "The table of the models' groups has no column 'group'"),
]


@pytest.mark.parametrize(("wrong", "message"), REFUSED)
def test_wrong_arguments_are_refused(wrong: dict[str, Any], message: str) -> None:
    """Each with a sentence."""
    wrong = dict(wrong)
    with pytest.raises(ArgumentError) as refusal:
        ask(wrong.pop("wells", study()), **wrong)
    assert message in str(refusal.value)


def test_a_leaking_set_is_refused() -> None:
    """A clone that is trained on and tested."""
    sets = leave_pairs(16)
    sets.loc[len(sets)] = [0, "train", "c00"]
    with pytest.raises(LeakError, match="clone c00 is trained on and tested in set 0"):
        ask(study(), splits=sets)
