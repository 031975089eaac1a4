"""Corrections tried on unseen clones: a plain loop's numbers, planted effects, no leak, refusals in words."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from hcs.analysis.batches import correction_effects as effects
from hcs.analysis.batches.correction import CorrectionEffect, correction_effect
from hcs.analysis.batches.correction_trials import METHODS
from hcs.analysis.finding import Finding
from hcs.statistics.combat import ComBat
from hcs.statistics.folds import disjoint_folds
from hcs.statistics.predictors import reduce_folds
from hcs.statistics.scaling import BatchScaler
from hcs.statistics.sphering import Sphering
from hcs_plates.errors import ArgumentError, LeakError

Array = npt.NDArray[np.float64]


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intervals from fewer resamples than a study has, to save time."""
    monkeypatch.setattr(effects, "RESAMPLES", 99)


def study(n: int = 24, batches: int = 2, wells: int = 4, skew: int = 2) -> pd.DataFrame:
    """Wells of clones that each grew in one batch; of `skew` ALS clones one is in the first of two."""
    rows = []
    for i in range(n):
        als = i < n // 2
        batch = i % batches if skew == 2 else int((i % skew > 0) != als)
        rows += [
            (f"c{i:02d}", "ALS" if als else "control", f"B{batch}", f"A{w + 1:02d}") for w in range(wells)
        ]
    table = pd.DataFrame(rows, columns=["group", "label", "differentiation_batch", "well"])
    control = (table["well"] == "A01") & (table["label"] == "control")
    return table.assign(plate="P", role=np.where(control, "negative_control", "sample"))


def features(
    table: pd.DataFrame,
    *,
    shift: float = 2,
    effect: float = 1,
    d: int = 12,
    seed: int = 0,
    clone: float = 0.3,
) -> Array:
    """Noise, a part of each clone's own, shifts of batches, and an effect of ALS in four features."""
    rng = np.random.default_rng(seed)
    own = rng.normal(0, clone, (table["group"].nunique(), d))[table["group"].factorize()[0]]
    of_batch = rng.normal(0, shift, (9, d))[table["differentiation_batch"].str[1:].astype(int)]
    als = table["label"].eq("ALS").to_numpy()[:, None] * (np.arange(d) < 4)
    return np.asarray(rng.normal(size=(len(table), d)) + own + of_batch + effect * als)


def row_of(found: CorrectionEffect, measure: str) -> pd.Series:
    """One measure of the table."""
    return found.table.set_index("measure").loc[measure]


def told(values: Array, table: pd.DataFrame, target: str, parts: list[list[Any]], centred: bool) -> float:
    """AUC of scikit-learn's discriminants, by pairs within sets: clones to fit on, train on and test."""
    hits, total = 0.0, 0
    for fit, train, test in parts:
        fitted, trained, tested = (table["group"].isin(one).to_numpy() for one in (fit, train, test))
        used = values.copy()
        for batch in table["differentiation_batch"].unique() if centred else ():
            mine = (table["differentiation_batch"] == batch).to_numpy()
            used[mine] -= values[mine & fitted].mean(axis=0)
        (reduced,) = reduce_folds(used, [(np.flatnonzero(trained), np.flatnonzero(tested))], seed=0)
        scaler = StandardScaler().fit(used[trained])
        model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=reduced.shrinkage)
        model.fit(scaler.transform(used[trained]), table.loc[trained, target])
        score = pd.Series(model.decision_function(scaler.transform(used[tested])))
        score -= np.log(model.priors_[1] / model.priors_[0])
        truth = (table.loc[tested, target] == model.classes_[1]).reset_index(drop=True)
        if target == "label":
            groups = table.loc[tested, "group"].to_numpy()
            score, truth = score.groupby(groups).mean(), truth.groupby(groups).first()
        pairs = int(truth.sum() * (~truth).sum())
        hits, total = hits + roc_auc_score(truth, score) * pairs, total + pairs
    return hits / total


def test_areas_are_those_of_a_plain_loop() -> None:
    """Means of the batches of clones to fit on, scikit-learn's discriminants, pairs within folds; to 1e-9."""
    table = study(wells=3)
    values = features(table, effect=0.4, clone=0.6)
    found = correction_effect(values, table, "centre")
    first = table.groupby("group").first()
    names = first.index.to_numpy()
    strata = (first["label"] + first["differentiation_batch"]).to_numpy()
    whole: list[list[Any]] = []
    halved: list[list[Any]] = []
    for train, test in disjoint_folds(names, strata):
        whole.append([names[train], names[train], names[test]])
        for fit, other in disjoint_folds(names[train], strata[train], n_folds=2):
            halved.append([names[train][fit], names[train][other], names[test]])
    for side in ("before", "after"):
        label = told(values, table, "label", whole, side == "after")
        batch = told(values, table, "differentiation_batch", halved, side == "after")
        assert row_of(found, "label_auc")[side] == pytest.approx(label, abs=1e-9)
        assert row_of(found, "batch_auc")[side] == pytest.approx(batch, abs=1e-9)


@pytest.mark.parametrize(
    "method",
    ["centre", "combat", *(pytest.param(name, marks=pytest.mark.slow) for name in ("scale", "robust"))],
)
def test_planted_shifts_go_and_the_effect_stays(method: str) -> None:
    """Batches are told before and not after, they mix, and the label is told as before."""
    table = study(batches=3)
    found = correction_effect(features(table), table, method)
    assert isinstance(found, Finding)
    batch = row_of(found, "batch_auc")
    assert batch["before"] > 0.95
    assert batch["after"] < 0.85
    assert batch["change_high"] < 0
    for measure in ("kbet", "batch_silhouette"):
        assert row_of(found, measure)["change"] > 0.2
    assert row_of(found, "pc_regression")["change"] < -0.2
    label = row_of(found, "label_auc")
    assert label["after"] > 0.85
    assert not label["change_high"] < 0
    assert found.table["n_groups"].tolist() == [24] * 6
    assert found.table["n_wells"].tolist() == [96] * 6
    assert found.caveats == ()
    assert "makes differentiation batch harder to predict (AUC " in found.headline()
    assert "These AUCs differ from those of the probes" in found.summary()


def test_clones_may_stand_in_every_batch() -> None:
    """Plates that hold all clones are corrected as batches are, and nothing is called confounded."""
    table = study(wells=6)
    table["plate"] = np.where(table["well"] < "A04", "P0", "P1")
    values = features(table, shift=0) + 3 * table["plate"].eq("P1").to_numpy()[:, None]
    found = correction_effect(values, table, "combat", batch="plate")
    assert row_of(found, "pc_regression")["before"] > 0.5
    assert row_of(found, "pc_regression")["after"] < 0.1
    assert row_of(found, "batch_auc")["before"] > 0.99
    assert row_of(found, "batch_auc")["after"] < 0.7
    assert found.caveats == ()
    assert not found.confounded


def test_sphering_takes_what_controls_differ_by() -> None:
    """Control wells of no clone in every batch; fitted on them, the batches' shifts lose their weight."""
    table = study(batches=3)
    more = pd.DataFrame({"group": None, "label": None, "differentiation_batch": ["B0", "B1", "B2"] * 20})
    more = more.assign(plate="Q", well=[f"{'ABCDE'[n // 12]}{n % 12 + 1:02d}" for n in range(60)])
    table = pd.concat([table.assign(role="sample"), more.assign(role="negative_control")], ignore_index=True)
    found = correction_effect(features(table.fillna({"group": "none"}), shift=4), table, "sphering")
    assert row_of(found, "pc_regression")["change"] < -0.1
    assert row_of(found, "label_auc")["n_groups"] == 24
    assert found.method == "Sphering on negative controls"
    assert found.caveats == ()


@pytest.mark.parametrize("method", [*METHODS, BatchScaler("median", scale=False), Sphering("ZCA", 0.3)])
def test_a_test_clone_changes_nothing_for_the_others_of_its_set(method: Any) -> None:
    """Whatever its values are, clones tested with it have the same scores, bit for bit, after as before."""
    table = study(16, wells=6)
    values = features(table)
    plain = correction_effect(values, table, method)
    wild = values.copy()
    wild[(table["group"] == "c03").to_numpy()] *= -50
    other = correction_effect(wild, table, method)
    number = plain.scores.loc[plain.scores["group"] == "c03", "set"].item()
    kept = (plain.scores["set"] == number) & (plain.scores["group"] != "c03")
    assert kept.any()
    for side in ("before", "after"):
        assert plain.scores.loc[kept, side].tolist() == other.scores.loc[kept, side].tolist()
        assert plain.scores.loc[~kept, side].tolist() != other.scores.loc[~kept, side].tolist()


def test_a_set_that_tests_what_it_trains_on_is_refused() -> None:
    """The leak is named."""
    table = study()
    rows = [(1, "train", f"c{i:02d}") for i in range(24)] + [(1, "test", "c05")]
    splits = pd.DataFrame(rows, columns=["set", "part", "group"])
    with pytest.raises(LeakError, match="clone c05 is trained on and tested in set 1"):
        correction_effect(features(table), table, "combat", splits=splits)


def test_a_studys_sets_are_taken_for_the_label() -> None:
    """Sets that leave out a clone of each class: the label by them, mixing and batch in folds."""
    table = study(16)
    names = table["group"].unique()
    rows = []
    for number in range(8):
        out = {f"c{number:02d}", f"c{number + 8:02d}"}
        rows += [(number, "test" if name in out else "train", name) for name in names]
    splits = pd.DataFrame(rows, columns=["set", "part", "group"])
    found = correction_effect(features(table), table, "combat", splits=splits)
    assert row_of(found, "label_auc")["n_sets"] == 8
    assert row_of(found, "kbet")["n_sets"] < 8
    pair = found.scores.groupby("set")["after"].sum()
    assert row_of(found, "label_auc")["after"] == pytest.approx((pair > 0).mean())


def test_an_unprotected_correction_removes_what_label_and_batch_share() -> None:
    """Of 6 ALS clones 5 are in one batch, of 6 others 1: unprotected, the effect goes with the batch."""
    table = study(48, skew=6, wells=3)
    values = features(table, shift=0.0, effect=1.2)
    plain = correction_effect(values, table, ComBat())
    kept = correction_effect(values, table, "combat", protect=["label"])
    assert row_of(plain, "label_auc")["change_high"] < 0
    assert "label is predicted worse" in plain.headline()
    assert "The correction removed signal of label: use the features as they are, or pro" in plain.summary()
    assert row_of(kept, "label_auc")["change"] > row_of(plain, "label_auc")["change"] + 0.05
    (caveat,) = plain.caveats
    assert caveat.startswith("Label is associated with differentiation batch (Cramér's V 0.67): a correction")
    assert "label was protected when ComBat was fitted" in kept.caveats[0]


def changed(label: tuple[float, ...], batch: tuple[float, ...], /, **more: Any) -> CorrectionEffect:
    """A correction by which AUCs of 0.6 change so much, with the limits of the change."""
    measures = ["label_auc", "batch_auc", "kbet", "ilisi", "batch_silhouette", "pc_regression"]
    table = pd.DataFrame({"measure": measures, "wanted": ["higher", "lower", *["higher"] * 3, "lower"]})
    table = table.assign(before=0.6, after=0.6, change=0.0, change_low=np.nan, change_high=np.nan)
    for place, (change, low, high) in enumerate((label, batch)):
        table.loc[place, ["change", "change_low", "change_high", "after"]] = change, low, high, 0.6 + change
    return CorrectionEffect(table, pd.DataFrame(), "ComBat", "", more.pop("confounded", False), (), **more)


SAME = (0.0, np.nan, np.nan)


@pytest.mark.parametrize(
    ("label", "confounded", "headline", "advice"),
    [
        (
            (0.2, 0.1, 0.3),
            True,
            "label is predicted better (AUC 0.60 to 0.80, change 0.10–0.30)",
            "an artefact",
        ),
        (
            (0.2, 0.1, 0.3),
            False,
            "label is predicted better (AUC",
            "batches had hidden label.",
        ),
        ((-0.2, -0.3, -0.1), False, "label is predicted worse (AUC", "removed signal of label"),
        ((0.1, -0.1, 0.3), True, "no clear change for label (AUC 0.60 to 0.70, change -0.10 to 0.30).", ""),
        (SAME, False, "label as before (AUC 0.60 to 0.60).", ""),
        ((np.nan,) * 3, False, "its cost for label is not known.", ""),
    ],
)
def test_what_a_change_of_the_labels_area_means(
    label: tuple[float, ...], confounded: bool, headline: str, advice: str
) -> None:
    """Lost signal, an artefact where label and batch are associated, or what batches had hidden."""
    found = changed(label, SAME, confounded=confounded)
    assert headline in found.headline()
    assert advice in found.advice()
    assert bool(advice) == bool(found.advice())


@pytest.mark.parametrize(
    ("batch", "plates", "words"),
    [
        (
            (0.28, 0.1, 0.5),
            0,
            "batches worse: plate is predicted better than before (AUC 0.60 to 0.88)",
        ),
        ((-0.1, -0.2, -0.05), 0, "ComBat makes plate harder to predict (AUC 0.60 to 0.50)"),
        ((0.1, -0.1, 0.3), 0, "ComBat is not shown to change how well plate is predicted (AUC 0.60 to 0.70)"),
        (
            (-0.1, np.nan, np.nan),
            4,
            "with 4 plates it cannot be known what remains of plate (AUC 0.60",
        ),
    ],
)
def test_the_headline_says_what_became_of_batches(batch: tuple[float, ...], plates: int, words: str) -> None:
    """Better, worse or not shown by the interval; not known where plates are what is known of batches."""
    assert words in changed(SAME, batch, batch="plate", n_plates=plates).headline()


def test_plates_of_a_batch_give_no_interval_over_clones() -> None:
    """All clones on four plates of two batches: what differs may be the plates'."""
    table = pd.concat([study(16).assign(plate=f"P{number}") for number in range(4)], ignore_index=True)
    table["differentiation_batch"] = table["plate"].map({"P0": "B0", "P1": "B0", "P2": "B1", "P3": "B1"})
    found = correction_effect(features(table), table, "centre")
    assert row_of(found, "batch_auc")[["before_low", "after_high", "change_low"]].isna().all()
    assert row_of(found, "batch_auc")["before"] > 0.9
    assert "with 4 plates it cannot be known" in found.headline()


def tied(swapped: int) -> pd.DataFrame:
    """ALS in one batch, controls in the other, but for some clones."""
    table = study()
    batch = table["label"].map({"ALS": "B0", "control": "B1"})
    return table.assign(
        differentiation_batch=batch.where(~table["group"].isin([f"c{i:02d}" for i in range(swapped)]), "B1")
    )


@pytest.mark.parametrize("method", ["combat", "sphering"])
@pytest.mark.parametrize(
    ("swapped", "words"),
    [
        (0, "Label is confounded with differentiation batch: ALS only in B0, control only in B1"),
        (1, "in 1 of 5 training sets no differentiation batch holds both ALS and control (Cramér's V 0.92)"),
    ],
)
def test_what_cannot_be_told_apart_is_not_corrected(method: str, swapped: int, words: str) -> None:
    """The reason in a sentence, no number, a picture of the words."""
    table = tied(swapped)
    found = correction_effect(features(table), table, method)
    assert found.refused.startswith(f"Not corrected: {words}")
    assert found.summary().startswith(found.refused)
    assert found.table[["before", "after", "change"]].isna().all(axis=None)
    assert found.scores.empty
    assert found.plot()[0].texts


def test_estimators_and_names_are_one() -> None:
    """A name stands for its estimator, and the estimator given is not fitted."""
    table = study(12)
    model = BatchScaler(scale=False)
    by_name, by_model = (correction_effect(features(table), table, one) for one in ("centre", model))
    pd.testing.assert_frame_equal(by_name.table, by_model.table)
    assert not hasattr(model, "centre_")


def odd(case: str) -> dict[str, Any]:
    """Arguments for studies that lack something."""
    table = study(16)
    values = features(table)
    made: dict[str, Any] = {"method": "scale"}
    if case == "one batch":
        table["differentiation_batch"] = "B0"
    elif case == "one clone":
        table = table.assign(
            group="c00", label="ALS", well=[f"{'ABCDEFGH'[n // 8]}{n % 8 + 1:02d}" for n in range(64)]
        )
    elif case == "constant":
        values[:] = 3
    elif case == "one class":
        table["label"] = "ALS"
    elif case == "a class of one clone":
        table.loc[table["group"] != "c03", "label"] = "control"
    elif case == "two clones of a class":
        table = table.assign(label=np.where(table["group"].isin(["c00", "c03"]), "ALS", "control"))
        table, values = table[:-4], values[:-4]
    elif case == "no controls":
        made |= {"method": "sphering"}
        table["role"] = "sample"
    elif case == "few controls":
        made |= {"method": "sphering"}
        table["role"] = np.where(table.index < 3, "negative_control", "sample")
    elif case == "batch of one clone":
        table.loc[table["group"] == "c03", "differentiation_batch"] = "B7"
    elif case == "one training well":
        table.loc[table["group"].isin(["c03", "c12"]), "differentiation_batch"] = "B7"
        kept = table["differentiation_batch"].ne("B7") | table["well"].eq("A01")
        table, values = table[kept], values[kept]
    elif case == "nan":
        values[::7, 2] = np.nan
    elif case == "holes":
        table.loc[0, "differentiation_batch"] = None
        table.loc[4, "label"] = None
        table.loc[8, "label"] = "control"
    return {"features": values, "table": table} | made


@pytest.mark.parametrize(
    ("case", "words", "measured"),
    [
        ("one batch", "There is one differentiation batch only: there is nothing to correct.", False),
        (
            "one clone",
            "There is 1 clone: a correction fitted on some clones cannot be tried on others.",
            False,
        ),
        ("constant", "All features are constant: there is nothing to correct.", False),
        ("one class", "label has one value only: what a correction does to it cannot be seen", True),
        ("two clones of a class", "give no AUC: a label has no clone to train on.", True),
        ("a class of one clone", "label has a value with one clone only: what a correction does", True),
        (
            "no controls",
            "not corrected, as There is no negative control of training clones or of none.",
            False,
        ),
        ("few controls", "are too few for sphering; give 5 or more.", False),
        ("batch of one clone", "4 wells of a differentiation batch that no clone trained on has", True),
        ("one training well", "Batch B7 has fewer than 3 rows to be fitted on: divided by the spread", True),
        ("nan", "Missing features count as the mean of the training wells.", True),
        ("holes", "1 clone with several values of label left out: each needs one.", True),
    ],
)
def test_odd_studies_are_said(case: str, words: str, measured: bool) -> None:
    """An answer in words: NaN where there is none, and whatever can be measured beside its caveat."""
    found = correction_effect(**odd(case))
    assert words in found.summary()
    assert bool(found.table["before"].notna().any()) == measured
    assert found.plot()[0].has_data() == measured
    if case == "holes":
        assert "1 well without differentiation batch left out." in found.summary()
        assert row_of(found, "label_auc")["n_groups"] == 15


def test_tiles_are_averaged_to_wells() -> None:
    """Many tiles of a well are one observation: means of equal tiles give the same numbers."""
    table = study(12)
    values = features(table)
    one = correction_effect(values, table, "centre")
    many = correction_effect(np.repeat(values, 3, axis=0), table.loc[table.index.repeat(3)], "centre")
    pd.testing.assert_frame_equal(one.table, many.table)
    assert many.caveats[0] == "144 rows are averaged to 48 wells."


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "combt"}, "No correction 'combt'; did you mean 'combat'?"),
        ({"method": 3}, "int is no correction; give centre, scale, robust, combat and sphering"),
        ({"protect": ["label"], "method": "scale"}, "Only ComBat protects columns; leave protect out"),
        ({"batch": "btch"}, "has no column 'btch'"),
        ({"protect": ["sex"], "method": "combat"}, "has no column 'sex'"),
        ({"neighbours": 2}, "neighbours is 2; a neighbourhood needs 6 rows or more."),
        ({"features": np.ones((3, 2))}, "cannot go with a table of 48 rows"),
    ],
)
def test_wrong_arguments_are_refused(change: dict[str, Any], message: str) -> None:
    """What, where, what was expected."""
    table = study(12)
    given: dict[str, Any] = {"features": features(table), "table": table, "method": "centre"} | change
    with pytest.raises(ArgumentError, match=message):
        correction_effect(**given)


def test_a_refusal_is_the_headline() -> None:
    """The reason in one sentence; a batch of one clone is refused for what it is."""
    refused = CorrectionEffect(
        changed(SAME, SAME).table, pd.DataFrame(), "ComBat", "One batch. More.", False, ()
    )
    assert refused.headline() == "One batch."
    table = study(12).assign(differentiation_batch=lambda rows: rows["group"])
    found = correction_effect(features(study(12)), table, "centre")
    assert found.headline().startswith("Not corrected: each clone has a differentiation batch of its own")
