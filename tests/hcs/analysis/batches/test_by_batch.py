"""The study's test batch by batch: numbers, both designs, what models had seen, words for poor data."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from hcs.analysis.batches.by_batch import batch_test
from hcs.analysis.batches.exchange import CROSSED, NESTED
from hcs.analysis.finding import Finding
from hcs.figures.theme import model_name
from hcs_plates.errors import ArgumentError


def study(
    clones: int = 12, batches: int = 3, seed: int = 0, told: float = 1.5, **options: Any
) -> pd.DataFrame:
    """Test tiles of two sets: four per clone and batch; `nested` clones stand in one batch each."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"c{clone:02d}", f"B{batch}", number, tile)
        for clone in range(clones)
        for batch in range(batches)
        for number in (1, 2)
        for tile in range(2)
        if not options.get("nested") or clone // 2 % batches == batch
    ]
    made = pd.DataFrame(rows, columns=["group", "run", "set", "tile"])
    clone = made["group"].str[1:].astype(int)
    made["label"] = np.where(clone % 2, "ALS", "control")
    made["plate"] = made["run"].map({f"B{batch}": f"P{batch}" for batch in range(batches)})
    made["well"] = [f"{'ABCDEFGH'[one // 12]}{one % 12 + 1:02d}" for one in clone]
    score = told * np.where(clone % 2, 1, -1) + rng.normal(size=len(made))
    return made.assign(model="cnn", probability=1 / (1 + np.exp(-score)))


def split(tiles: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Predictions and wells table."""
    wells = tiles[["plate", "well", "run"]].drop_duplicates(ignore_index=True)
    return tiles.drop(columns="run"), wells


def test_accuracy_and_area_are_those_of_clones() -> None:
    """A clone's score in a batch is the mean over sets of its tiles' mean; then scikit-learn's numbers."""
    tiles = study(told=0.4)
    found = batch_test(*split(tiles), "ALS", batch="run")
    assert isinstance(found, Finding)
    for batch, part in tiles.groupby("run"):
        table = found.table[found.table["batch"] == batch]
        of_set = part.groupby(["group", "label", "set"])["probability"].mean()
        scores = of_set.groupby(["group", "label"]).mean().reset_index()
        truth = scores["label"] == "ALS"
        rows = table[table["level"] == "clone"].set_index(["measure", "method"])
        plain = accuracy_score(truth, scores["probability"] >= 0.5)
        assert rows.loc[("accuracy", "exact"), "value"] == pytest.approx(plain)
        assert rows.loc[("auc", "newcombe"), "value"] == pytest.approx(
            roc_auc_score(truth, scores["probability"])
        )
        limits = proportion_confint(rows.loc[("accuracy", "exact"), "n_right"], 12, method="beta")
        assert rows.loc[("accuracy", "exact"), ["low", "high"]].tolist() == pytest.approx(limits)
        assert (rows["n"].xs("accuracy") == 12).all()
        images = table[table["level"] == "image"].set_index("measure")
        assert images.loc["auc", "value"] == pytest.approx(
            roc_auc_score(part["label"] == "ALS", part["probability"])
        )


def test_sets_count_alike_whatever_their_tiles() -> None:
    """Two sets with 1 and 3 tiles of a clone: the mean of means, worked by hand."""
    tiles = pd.DataFrame({"set": [1, 2, 2, 2, 1, 2], "group": list("aaaabb"), "label": list("xxxxyy")})
    tiles = tiles.assign(model="cnn", plate="P", well=["A01"] * 4 + ["A02"] * 2)
    tiles["probability"] = [0.9, 0.1, 0.2, 0.3, 0.6, 0.1]
    wells = pd.DataFrame({"plate": "P", "well": ["A01", "A02"], "run": "1"})
    found = batch_test(tiles, wells, "x", batch="run")
    accuracy = found.table.query("level == 'clone' and method == 'exact'").set_index("measure")
    # (0.9 + 0.2) / 2 = 0.55 is called x, (0.6 + 0.1) / 2 = 0.35 is not.
    assert accuracy.loc["accuracy", "n_right"] == 2


def test_the_bootstrap_keeps_classes_and_brackets_the_accuracy() -> None:
    """Its limits lie around the share of right calls; all right gives none."""
    found = batch_test(*split(study(20, told=0.5)), "ALS", batch="run")
    rows = found.table.query("method == 'bootstrap' and measure == 'accuracy'")
    assert ((rows["low"] <= rows["value"]) & (rows["value"] <= rows["high"])).all()
    assert (rows["high"] - rows["low"] > 0.1).all()
    sure = batch_test(*split(study(20, told=30.0)), "ALS", batch="run")
    assert sure.table.query("method == 'bootstrap' and measure == 'accuracy'")["low"].isna().all()


@pytest.mark.parametrize(("nested", "design"), [(False, CROSSED), (True, NESTED)])
def test_a_batch_that_is_told_backwards_is_found(nested: bool, design: str) -> None:
    """In both designs; and none where batches are alike."""
    tiles = study(36, nested=nested, told=0.5, seed=1)
    found = batch_test(*split(tiles), "ALS", batch="run")
    assert found.design == design
    assert (found.tests["p"] > 0.05).all()
    odd = tiles.assign(probability=tiles["probability"].where(tiles["run"] != "B1", 1 - tiles["probability"]))
    found = batch_test(*split(odd), "ALS", batch="run")
    assert (found.tests["p"] <= 0.001).all()
    assert found.tests["smallest_p"].max() < 0.001
    words = found.summary()
    assert words.startswith("Yes, the CNN's calls and ranking depend on run: clones right ")
    assert " in B1, " in words
    stated = found.statistics.set_index("question").loc["CNN, accuracy differs between batches"]
    assert stated["test"].startswith("Permutation test of homogeneity within each")
    assert ("what differs may be the clones" in words) == nested


def test_clones_in_one_batch_of_a_crossed_design_are_counted() -> None:
    """They say nothing on whether batches differ."""
    tiles = study().query("not (group == 'c03' and run != 'B0')")
    assert "1 clone in one batch only cannot show" in batch_test(*split(tiles), "ALS", batch="run").summary()


def test_models_that_left_the_batch_out_are_told_from_those_that_had_seen_it() -> None:
    """By the study's table of sets: every set must have held out the batch that it is tested in."""
    tiles = study()
    tiles["set"] = tiles["run"].str[1:].astype(int)
    predictions, wells = split(tiles)
    splits = pd.DataFrame({"set": [0, 1, 2], "held_out": ["run=B0", "run=B1", "run=B2"]})
    out = batch_test(predictions, wells, "ALS", batch="run", splits=splits)
    assert out.left_out
    assert "Every run was held out" in out.summary()
    for given in (None, splits.assign(held_out=["run=B0", "run=B0", "run=B2"])):
        seen = batch_test(predictions, wells, "ALS", batch="run", splits=given)
        assert not seen.left_out
        assert "Models were trained on other clones of the same run" in seen.summary()


def test_models_are_told_apart() -> None:
    """Each has its rows, its tests and its sentence; order of the rows does not matter."""
    tiles = study()
    other = tiles.assign(model="forest", probability=1 - tiles["probability"])
    predictions, wells = split(pd.concat([tiles, other], ignore_index=True))
    found = batch_test(predictions, wells, "ALS", batch="run")
    area = found.table.query("measure == 'auc' and method == 'newcombe' and level == 'clone'")
    wide = area.pivot(index="batch", columns="model", values="value")
    assert (wide["cnn"] + wide["forest"]).tolist() == pytest.approx([1.0] * 3)
    questions = found.statistics["question"].tolist()
    assert questions.index("CNN, run B0") < questions.index("random forest, run B0")
    shuffled = predictions.sample(frac=1, random_state=1)
    keys = ["model", "batch", "level", "measure", "method"]
    again = batch_test(shuffled, wells, "ALS", batch="run")
    pd.testing.assert_frame_equal(
        found.table.sort_values(keys, ignore_index=True), again.table.sort_values(keys, ignore_index=True)
    )
    drawn = found.plot()
    names = [name.get_text().split("  (n = ")[0] for name in drawn[0].get_yticklabels()]
    words = {"accuracy": "accuracy", "auc": "ROC AUC"}
    assert names == [
        f"{model_name(str(row.model))}, {words[str(row.measure)]}, {row.batch}"
        for row in drawn.numbers.itertuples()
    ]
    points = [line.get_xdata() for line in drawn[0].lines if line.get_gid() == "estimate"]
    assert np.concatenate(points).tolist() == drawn.numbers["value"].tolist()


def test_plates_named_by_numbers_meet_plates_named_by_text() -> None:
    """As they come from two files: 1 and '1' are one plate."""
    predictions, wells = split(study())
    numbered = wells.assign(plate=wells["plate"].str[1:].astype(int))
    named = predictions.assign(plate=predictions["plate"].str[1:])
    plain = batch_test(predictions, wells, "ALS", batch="run")
    pd.testing.assert_frame_equal(batch_test(named, numbered, "ALS", batch="run").table, plain.table)


def test_wells_without_a_batch_and_images_without_a_score_are_counted() -> None:
    """They are left out, and so are wells that two batches claim."""
    predictions, wells = split(study())
    predictions.loc[0, "probability"] = np.nan
    predictions.loc[1, "probability"] = np.inf
    wells.loc[5, "run"] = None
    twice = pd.concat([wells, wells.iloc[[7]].assign(run="other")], ignore_index=True)
    found = batch_test(predictions, twice, "ALS", batch="run")
    assert "1 well (first P1/A03) have several values of run: they count as not known." in found.caveats
    assert "8 images of wells without run left out." in found.caveats
    assert "2 images without a score or label left out." in found.caveats


def on_plates(plates: int = 4, batches: int = 2, seed: int = 0) -> pd.DataFrame:
    """Tiles of ten clones on plates that lie in batches, each plate with a shift of its own."""
    tiles = study(10, plates, seed=seed, told=0.5)
    number = tiles["run"].str[1:].astype(int)
    shift = np.random.default_rng(seed).normal(size=plates)[number]
    score = np.log(tiles["probability"] / (1 - tiles["probability"])) + shift
    return tiles.assign(
        probability=1 / (1 + np.exp(-score)), run=[f"R{n * batches // plates}" for n in number]
    )


def test_plates_of_a_batch_are_exchanged_whole() -> None:
    """Every deal of four plates to two batches, scored anew by hand: of six no p is below a third."""
    tiles = on_plates()
    found = batch_test(*split(tiles), "ALS", batch="run")
    tests = found.tests.set_index("measure")
    assert tests[["n", "unit"]].values.tolist() == [[4, "plate"]] * 2
    spreads: dict[str, list[float]] = {"accuracy": [], "auc": []}
    for first in ("P0", "P1", "P2", "P3"):
        for second in ("P1", "P2", "P3"):
            if first >= second:
                continue
            dealt = tiles.assign(run=tiles["plate"].isin([first, second]))
            scores = dealt.groupby(["run", "group", "label", "set"])["probability"].mean()
            scores = scores.groupby(["run", "group", "label"]).mean().reset_index()
            truth = scores["label"] == "ALS"
            right = ((scores["probability"] >= 0.5) == truth).groupby(scores["run"]).mean()
            areas = [
                roc_auc_score(truth[part.index], part["probability"]) for _, part in scores.groupby("run")
            ]
            spreads["accuracy"].append(float(10 * np.square(right - right.mean()).sum()))
            spreads["auc"].append(float(10 * np.square(np.array(areas) - np.mean(areas)).sum()))
    for measure, null in spreads.items():
        # The first deal is the one there is.
        assert tests.loc[measure, "statistic"] == pytest.approx(null[0])
        assert tests.loc[measure, "p"] == pytest.approx(np.mean(np.array(null) >= null[0] - 1e-9))
    assert tests["smallest_p"].min() >= 1 / 3
    assert "cannot be known with 4 plates" in found.headline()


POOR = [
    (study(batches=1), "There is one run only: whether batches differ cannot be known."),
    (study().query("run == 'B0' or label == 'ALS'"), "run B1 holds one class only: its accuracy is of that"),
    (study().query("run == 'B0' or label == 'ALS'"), "ROC AUC cannot vary here and is not tested."),
    (study(2, nested=True, batches=2), "There is one run only"),
    (study(4, nested=True, batches=2), "cannot vary here and is not tested."),
    (study().assign(run=None), "No image has a batch: there is nothing to compare."),
    (study().assign(run=study()["run"].where(study()["label"] != "ALS")), "run B0 holds one class only"),
    (study().assign(label=lambda t: t["label"].where(t["group"] > "c05", "FTD")), "together the negative"),
    (study().assign(probability=0.5), "ROC AUC cannot vary here and is not tested."),
]


@pytest.mark.parametrize(("tiles", "sentence"), POOR)
def test_poor_data_are_answered_in_words(tiles: pd.DataFrame, sentence: str) -> None:
    """One batch, one class in a batch, no batch: a sentence and a figure, never a crash."""
    found = batch_test(*split(tiles), "ALS", batch="run")
    assert sentence in found.summary()
    assert found.plot()


def test_no_batch_is_not_called_one_batch() -> None:
    """Without any batch nothing is said on how many there are."""
    found = batch_test(*split(study().assign(run=None)), "ALS", batch="run")
    assert "one run only" not in found.summary()
    assert found.table.empty
    assert found.tests.empty


REFUSED = [
    ({"batch": "day"}, "The wells table has no column 'day'"),
    ({"positive": "AL"}, "No row has the label 'AL'; did you mean 'ALS'?"),
    ({"drop": "set"}, "The predictions has no column 'set'"),
    ({"text": "high"}, "has 'high' as probability (row 0); give numbers"),
    ({"splits": pd.DataFrame({"set": [1]})}, "The table of sets has no column 'held_out'"),
]


@pytest.mark.parametrize(("wrong", "message"), REFUSED)
def test_wrong_arguments_are_refused(wrong: dict[str, Any], message: str) -> None:
    """Each with a sentence."""
    predictions, wells = split(study())
    if "text" in wrong:
        predictions = predictions.astype({"probability": object})
        predictions.loc[0, "probability"] = wrong["text"]
    predictions = predictions.drop(columns=wrong.get("drop", []))
    with pytest.raises(ArgumentError) as refusal:
        batch_test(
            predictions, wells, wrong.get("positive", "ALS"), batch=wrong.get("batch", "run"),
            splits=wrong.get("splits"),
        )  # fmt: skip
    assert message in str(refusal.value)
