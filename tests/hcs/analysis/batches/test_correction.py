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


@pytest.mark.parametrize("method", ["centre", "scale", "robust", "combat"])
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
    assert "on (96 wells of 24 clones)" in found.summary()
    assert "batches mix better" in found.summary() or "had hidden label" in found.summary()


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
    assert (
        "As mixing rose and the AUC of label fell, the correction removed signal of label" in plain.summary()
    )
    assert row_of(kept, "label_auc")["change"] > row_of(plain, "label_auc")["change"] + 0.05
    (caveat,) = plain.caveats
    assert (
        "label goes with differentiation batch (Cramér's V 0.67; permutation test of labels over 48" in caveat
    )
    assert "smallest possible" in caveat
    assert "label was protected when ComBat was fitted" in kept.caveats[0]


@pytest.mark.parametrize(
    ("change", "confounded", "words"),
    [
        ((0.2, 0.1, 0.3), True, "may be an artefact, and is no evidence for the correction."),
        ((0.2, 0.1, 0.3), False, "took away differences between batches that had hidden label."),
        (
            (-0.2, -0.3, -0.1),
            False,
            "As mixing rose and the AUC of label fell, the correction removed signal",
        ),
        (
            (0.1, -0.1, 0.3),
            True,
            "no change in the AUC of label is shown: these clones allow -0.10 to +0.30.",
        ),
        ((0.0, np.nan, np.nan), False, "batches mix better, and no change in the AUC of label is shown."),
        ((np.nan, np.nan, np.nan), False, ""),
    ],
)
def test_verdicts(change: tuple[float, float, float], confounded: bool, words: str) -> None:
    """What a change of the label's AUC means, given how batches mix and whether they go with the label."""
    measures = ["label_auc", "batch_auc", "kbet", "ilisi", "batch_silhouette", "pc_regression"]
    table = pd.DataFrame({"measure": measures, "wanted": ["higher", "lower", *["higher"] * 3, "lower"]})
    table = table.assign(
        change=[change[0], -0.4, 0.3, 0.1, 0.2, -0.4], change_low=change[1], change_high=change[2]
    )
    table.loc[1:, ["change_low", "change_high"]] = np.nan
    found = CorrectionEffect(table, pd.DataFrame(), "ComBat", "", confounded, ())
    assert words in found.verdict()
    assert bool(words) == bool(found.verdict())


def test_a_correction_that_makes_batches_worse_says_so() -> None:
    """Where the batch is told better after it than before, the headline says that."""
    measures = ["label_auc", "batch_auc", "kbet", "ilisi", "batch_silhouette", "pc_regression"]
    table = pd.DataFrame({"measure": measures, "wanted": ["higher", "lower", *["higher"] * 3, "lower"]})
    table = table.assign(before=0.6, after=0.88, change=0.28, change_low=0.1, change_high=0.5)
    table.loc[0, ["change", "change_low", "change_high"]] = 0.0, -0.1, 0.1
    said = CorrectionEffect(table, pd.DataFrame(), "Centring", "", False, (), batch="plate").headline()
    assert "plate is told better than before, AUC 0.60 to 0.88" in said


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
        (0, "label and differentiation batch are the same thing: every ALS clone is in B0 and every control"),
        (
            1,
            "label and differentiation batch are nearly the same thing (Cramér's V 0.92; permutation test of",
        ),
    ],
)
def test_what_cannot_be_told_apart_is_not_corrected(method: str, swapped: int, words: str) -> None:
    """The reason in a sentence, no number, a picture of the words."""
    table = tied(swapped)
    found = correction_effect(features(table), table, method)
    assert found.refused.startswith(f"Nothing was corrected: {words}")
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
        ("two clones of a class", "a label has no clone to train on: no AUC there.", True),
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


def test_the_headline_is_the_verdict_or_what_became_of_batches() -> None:
    """Where the label's change is not known, the batch's area before and after; refused, the reason."""
    measures = ["label_auc", "batch_auc", "kbet", "ilisi", "batch_silhouette", "pc_regression"]
    table = pd.DataFrame({"measure": measures, "wanted": ["higher", "lower", *["higher"] * 3, "lower"]})
    table = table.assign(before=0.9, after=0.6, change=-0.3, change_low=-0.4, change_high=-0.2)
    known = CorrectionEffect(table, pd.DataFrame(), "ComBat", "", False, ())
    assert known.headline() == known.verdict()
    lost = table.assign(change=[np.nan, *[-0.3] * 5])
    without = CorrectionEffect(lost, pd.DataFrame(), "ComBat", "", False, (), "label", "plate")
    assert without.headline() == (
        "ComBat: AUC of plate 0.90 before and 0.60 after; its cost for label is not known."
    )
    refused = CorrectionEffect(lost, pd.DataFrame(), "ComBat", "One batch. More.", False, ())
    assert refused.headline() == "One batch."
