"""Shortcut probes: what scikit-learn gives, planted shortcuts found, absent ones not, poor data told."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.stats import somersd
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hcs.analysis.batches.probes import ShortcutProbes, shortcut_probes
from hcs.analysis.finding import Finding
from hcs.statistics.folds import disjoint_folds
from hcs.statistics.predictors import reduce_folds
from hcs_plates.errors import ArgumentError

Array = npt.NDArray[np.float64]


def study(n: int = 20, plates: int = 3, wells: int = 2, seed: int = 0) -> pd.DataFrame:
    """Wells of clones that each lie on every plate; half of the clones are ALS."""
    rng = np.random.default_rng(seed)
    rows = [
        (
            f"c{i:02d}",
            "ALS" if i < n / 2 else "control",
            f"P{p}",
            f"{'ABCDEFGH'[rng.integers(8)]}{rng.integers(1, 13):02d}",
            f"B{i % 3}",
            10 + i % 6,
            w,
        )
        for i in range(n)
        for p in range(plates)
        for w in range(wells)
    ]
    names = ["group", "label", "plate", "well", "differentiation_batch", "passage", "number"]
    return pd.DataFrame(rows, columns=names).drop_duplicates(["group", "plate", "well"], ignore_index=True)


def noise(table: pd.DataFrame, d: int = 12, seed: int = 0, clone: float = 0.5) -> Array:
    """Features with a part of each clone's own."""
    rng = np.random.default_rng(seed)
    own = rng.normal(scale=clone, size=(table["group"].nunique(), d))
    return np.asarray(own[table["group"].factorize()[0]] + rng.normal(size=(len(table), d)))


def row_of(found: Any, target: str) -> pd.Series:
    """Row of one target."""
    return found.table.set_index("target").loc[target]


def weighted(scores: list[tuple[float, float]]) -> float:
    """Mean of scores by their pairs."""
    return sum(score * pairs for score, pairs in scores) / sum(pairs for _, pairs in scores)


def in_order(table: pd.DataFrame, features: Array) -> tuple[pd.DataFrame, Array]:
    """Rows in the order in which the probe has its wells."""
    order = table.sort_values(["group", "plate", "well"]).index.to_numpy()
    return table.loc[order].reset_index(drop=True), features[order]


def test_categories_are_told_as_by_scikit_learn() -> None:
    """A plain pipeline of scaler, components and shrunk discriminants has the same scores, to 1e-6."""
    table = study(24, wells=3)
    features = noise(table, 80) + 0.5 * table["plate"].eq("P1").to_numpy()[:, None]
    table, features = in_order(table, features)
    found = row_of(shortcut_probes(features, table, targets=["plate"], permutations=19), "plate")
    folds = disjoint_folds(table["group"], table["plate"])
    called, areas = np.empty(len(table), dtype=object), []
    for (train, test), reduced in zip(folds, reduce_folds(features, folds, seed=0), strict=True):
        shape = make_pipeline(StandardScaler(), PCA(50, random_state=0))
        pipe = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=reduced.shrinkage)
        truth = table["plate"].to_numpy()
        pipe.fit(shape.fit_transform(features[train]), truth[train])
        scores = pipe.decision_function(shape.transform(features[test])) - np.log(pipe.priors_)
        called[test] = pipe.classes_[scores.argmax(axis=1)]
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        odds /= odds.sum(axis=1, keepdims=True)
        for place, plate in enumerate(pipe.classes_):
            mine = truth[test] == plate
            areas.append((plate, roc_auc_score(mine, odds[:, place]), mine.sum() * (~mine).sum()))
    by_class = [
        weighted([(area, n) for name, area, n in areas if name == plate]) for plate in ("P0", "P1", "P2")
    ]
    assert found["score"] == pytest.approx(np.mean(by_class), abs=1e-6)
    plain = balanced_accuracy_score(table["plate"].to_numpy(dtype=str), called.astype(str))
    assert found["balanced_accuracy"] == pytest.approx(plain, abs=1e-6)
    assert found["chance_accuracy"] == pytest.approx(1 / 3)


def test_numbers_are_told_as_by_scikit_learn() -> None:
    """Ridge regression of a plain pipeline, and Somers' D of SciPy, to 1e-6."""
    table = study(24, wells=3)
    features = noise(table, 30)
    features[:, 0] += table["well"].str[1:].astype(int) / 3
    table, features = in_order(table, features)
    found = row_of(shortcut_probes(features, table, targets=["column"], permutations=19), "column")
    column = table["well"].str[1:].astype(float)
    folds = disjoint_folds(table["group"], column)
    predicted, scores = np.empty(len(table)), []
    for (train, test), reduced in zip(folds, reduce_folds(features, folds, seed=0), strict=True):
        shape = make_pipeline(StandardScaler(), PCA(30, random_state=0))
        trained = shape.fit_transform(features[train])
        mean_variance = np.square(trained).mean()
        alpha = len(train) * reduced.shrinkage * mean_variance / (1 - reduced.shrinkage)
        model = Ridge(alpha).fit((1 - reduced.shrinkage) ** 0 * trained, column[train])
        scale = 1 / (1 - reduced.shrinkage)
        mean = column[train].mean()
        predicted[test] = mean + (model.predict(shape.transform(features[test])) - mean) * scale
        truth = column[test].to_numpy()
        pairs = (truth[:, None] > truth[None, :]).sum()
        scores.append(((somersd(truth, predicted[test]).statistic + 1) / 2, pairs))
    assert found["score"] == pytest.approx(weighted(scores), abs=1e-6)
    wrong = np.square(column - predicted).sum() / np.square(column - column.mean()).sum()
    assert found["r2"] == pytest.approx(1 - wrong, abs=1e-6)


def test_discriminants_come_near_logistic_regression() -> None:
    """On planted plates the macro AUC is within 0.05 of multinomial logistic regression's."""
    table = study(24, wells=3)
    features = noise(table, 40)
    features[:, :3] += 1.0 * pd.get_dummies(table["plate"], dtype=float).to_numpy()
    table, features = in_order(table, features)
    found = row_of(shortcut_probes(features, table, targets=["plate"], permutations=19), "plate")
    folds = disjoint_folds(table["group"], table["plate"])
    pipe = make_pipeline(StandardScaler(), PCA(40), LogisticRegression(max_iter=2000))
    chances = cross_val_predict(pipe, features, table["plate"], cv=list(folds), method="predict_proba")
    plain = roc_auc_score(table["plate"], chances, multi_class="ovr")
    assert found["score"] == pytest.approx(plain, abs=0.05)


PLANTED: list[tuple[str, Callable[[pd.DataFrame], Any]]] = [
    ("plate", lambda table: table["plate"].eq("P1")),
    ("row", lambda table: table["well"].str[0].map("ABCDEFGH".index) / 3),
    ("column", lambda table: table["well"].str[1:].astype(int) / 5),
    ("edge", lambda table: table["well"].str.fullmatch("[AH].*|.(01|12)")),
    ("differentiation_batch", lambda table: table["differentiation_batch"].eq("B2")),
    ("passage", lambda table: table["passage"] / 2),
    ("label", lambda table: table["label"].eq("ALS")),
]


@pytest.mark.parametrize(("name", "effect"), PLANTED)
def test_a_planted_shortcut_is_found(name: str, effect: Callable[[pd.DataFrame], Any]) -> None:
    """Each alone is told better than chance, and better than what is not there."""
    table = study(24, wells=3)
    features = noise(table, 15, clone=0.2)
    features[:, 4] += 3.0 * np.asarray(effect(table), dtype=float)
    found = shortcut_probes(features, table)
    told = row_of(found, name)
    assert told["score"] > 0.7
    assert told["low"] > 0.5
    assert told["p"] <= 0.01
    assert told["smallest_p"] <= 0.005
    assert f"predict {name.replace('_', ' ')} (" in found.headline()
    assert found.table.sort_values("score")["target"].iloc[-1] == name


def test_absent_shortcuts_are_not_found_and_the_summary_says_so() -> None:
    """Noise with clones of their own tells nothing of clones not seen."""
    table = study(24)
    found = shortcut_probes(noise(table, 15, clone=2.0, seed=5), table)
    shortcuts = found.table[found.table["role"] == "shortcut"]
    assert (shortcuts["p_holm"] > 0.05).all()
    assert "plate (" in found.summary().partition("Not clearly predicted: ")[2]
    assert isinstance(found, Finding)


def test_tiles_of_a_clone_on_both_sides_are_over_optimistic() -> None:
    """Labels dealt to clones at random: folds over tiles tell them, folds over clones do not."""
    naive, sound = [], []
    for seed in range(6):
        table = study(12, seed=seed)
        tiles = table.loc[table.index.repeat(4)].reset_index(drop=True)
        features = noise(tiles, 12, seed=seed, clone=1.6)
        pipe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
        folds = KFold(5, shuffle=True, random_state=seed)
        chance = cross_val_predict(pipe, features, tiles["label"], cv=folds, method="predict_proba")[:, 1]
        naive.append(roc_auc_score(tiles["label"], chance))
        sound.append(row_of(shortcut_probes(features, tiles, targets=[], permutations=9), "label")["score"])
    assert np.mean(naive) > 0.9
    assert np.mean(sound) < 0.65


def test_tiles_are_averaged_to_wells_first() -> None:
    """Tiles of wells give what their means give, and the finding counts wells and says so."""
    table = study(12)
    tiles = table.loc[table.index.repeat(5)].reset_index(drop=True)
    features = noise(tiles)
    means = pd.DataFrame(features).groupby(np.repeat(np.arange(len(table)), 5)).mean().to_numpy()
    of_tiles, of_wells = shortcut_probes(features, tiles), shortcut_probes(means, table)
    pd.testing.assert_frame_equal(of_tiles.table, of_wells.table)
    assert f"{len(tiles)} rows are averaged to {len(table)} wells." in of_tiles.caveats


def test_a_seed_gives_the_same_finding_again() -> None:
    """Whatever the order of the rows."""
    table = study(12)
    features = noise(table)
    order = np.random.default_rng(1).permutation(len(table))
    first = shortcut_probes(features, table, seed=4)
    second = shortcut_probes(features[order], table.iloc[order], seed=4)
    pd.testing.assert_frame_equal(first.table, second.table)
    assert first.caveats == second.caveats


DEGENERATE: list[tuple[str, Callable[[pd.DataFrame], pd.DataFrame], str]] = [
    ("plate", lambda t: t.assign(plate="P1"), "plate is P1 in all wells that can be used"),
    ("passage", lambda t: t.assign(passage=12), "passage is 12 in all wells that can be used"),
    ("passage", lambda t: t.assign(passage=np.nan), "passage is known of no well that can be used"),
    ("differentiation_batch", lambda t: t.assign(differentiation_batch=t["group"]), "met in one clone only"),
    ("label", lambda t: t.assign(label=np.where(t["group"] == "c00", "ALS", "no")), "met in one clone only"),
    ("plate", lambda t: t[t["group"] == "c00"], "There is 1 clone, so nothing can be predicted"),
    ("plate", lambda t: t.iloc[:0], "plate is known of no well"),
    ("label", lambda t: t[t["group"].isin(["c00", "c11"])], "met in one clone only"),
]


@pytest.mark.parametrize(("name", "change", "sentence"), DEGENERATE)
def test_degenerate_data_are_answered_in_words(
    name: str, change: Callable[[pd.DataFrame], pd.DataFrame], sentence: str
) -> None:
    """No number without its caveat, and a picture all the same."""
    table = change(study(12))
    found = shortcut_probes(noise(table) if len(table) else np.empty((0, 3)), table)
    assert np.isnan(row_of(found, name)["score"])
    assert sentence in found.summary()
    found.plot()


def test_constant_and_missing_features_are_answered_in_words() -> None:
    """Constant features tell nothing; holes are filled and counted."""
    table = study(12)
    flat = shortcut_probes(np.ones((len(table), 3)), table)
    assert flat.table["score"].isna().all()
    assert "All features are constant." in flat.caveats
    features = noise(table)
    features[::7, 0], features[:, 3], features[5] = np.nan, np.inf, np.nan
    holed = shortcut_probes(features, table)
    assert {
        "1 row without features left out.",
        "1 feature without any value left out.",
        "Missing features count as the mean of the training wells.",
    } <= set(holed.caveats)
    assert row_of(holed, "plate")["n_wells"] == len(table) - 1


def test_a_label_tied_to_its_batch_is_said() -> None:
    """Then the two probes are one; and clones that do not vary are counted."""
    table = study(12)
    table["differentiation_batch"] = table["label"].map({"ALS": "x", "control": "y"})
    table.loc[table["group"] == "c03", "plate"] = "P0"
    table = table.drop_duplicates(["group", "plate", "well"], ignore_index=True)
    found = shortcut_probes(noise(table), table)
    words = found.summary()
    assert "label is confounded with differentiation batch: no analysis can separate them." in words
    assert row_of(found, "plate")["n"] == 11
    assert row_of(found, "label")["score"] == row_of(found, "differentiation_batch")["score"]


@pytest.mark.parametrize(
    ("features", "keywords", "message"),
    [
        (
            np.zeros((3, 2)),
            {},
            "Features of shape 3 × 2 cannot go with a table of 72 rows; give one row of one",
        ),
        (np.zeros((72, 0)), {}, "Features of shape 72 × 0 cannot go"),
        (
            np.full((72, 1), "a"),
            {},
            "The features are not all numbers; give an array of shape (rows, features).",
        ),
        (np.zeros((72, 2)), {"targets": ["plat"]}, "has no column 'plat'; did you mean 'plate'?"),
        (np.zeros((72, 2)), {"targets": "plate"}, "targets is the text 'plate'; give a list of columns"),
        (np.zeros((72, 2)), {"ordered": ["plate"]}, "has 'P0' as plate (row 0); give numbers"),
        (np.zeros((72, 2)), {"group": "clone"}, "has no column 'clone'"),
    ],
)
def test_wrong_arguments_are_refused(features: Any, keywords: dict[str, Any], message: str) -> None:
    """Each with a sentence."""
    table = study(12).reset_index(drop=True)
    table = pd.concat([table] * 2).iloc[:72]
    with pytest.raises(ArgumentError) as refusal:
        shortcut_probes(features, table, **keywords)
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("p", "smallest", "headline"),
    [
        (
            (0.01, 0.001, 0.2), 0.001,
            "In held-out clones the features predict diagnosis (AUC 0.90, 0.70–0.97), and also plate (macro "
            "AUC 0.95).",
        ),
        (
            (0.01, 0.4, 0.2), 0.001,
            "In held-out clones the features predict diagnosis (AUC 0.90, 0.70–0.97), and none of 2 other "
            "factors clearly.",
        ),
        (
            (0.3, 0.001, 0.01), 0.001,
            "In held-out clones the features do not clearly predict diagnosis (AUC 0.90, 0.70–0.97), but "
            "predict plate (macro AUC 0.95) and passage (concordance 0.55).",
        ),
        (
            (0.3, 0.4, 0.2), 0.1,
            "Whether the features predict diagnosis (AUC 0.90, 0.70–0.97) of held-out clones cannot be known "
            "with 6 clones.",
        ),
    ],
)  # fmt: skip
def test_the_headline_says_what_is_told_and_what_is_not(
    p: tuple[float, ...], smallest: float, headline: str
) -> None:
    """Each target by its own p, the label's too; shortcuts by the one that is corrected for their number."""
    rows = pd.DataFrame(
        {
            "target": ["diagnosis", "passage", "plate"],
            "role": ["label", "shortcut", "shortcut"],
            "kind": ["category", "number", "category"],
            "level": ["clone", "clone", "well"],
            "n_values": [2, 6, 3],
            "n": 6,
            "score": [0.9, 0.55, 0.95],
            "low": [0.7, np.nan, np.nan],
            "high": [0.97, np.nan, np.nan],
            "p": [p[0], 0.001, 0.001],
            "smallest_p": [smallest, 0.001, 0.001],
            "p_holm": [np.nan, p[2], p[1]],
            "test": "permutation test",
        }
    )
    found = ShortcutProbes(rows, (), "diagnosis")
    assert found.headline() == headline
    assert found.summary().startswith(headline)
    assert len(found.statistics) == 3


def test_a_batch_of_several_plates_cannot_be_known_with_few() -> None:
    """Four plates of all clones in two batches have three ways to be dealt; plates themselves are told."""
    table = study(12, plates=4)
    shifts = np.random.default_rng(0).normal(size=(4, 12))[table["plate"].str[1:].astype(int)]
    table["differentiation_batch"] = table["plate"].map({"P0": "B0", "P1": "B0", "P2": "B1", "P3": "B1"})
    found = shortcut_probes(noise(table) + shifts, table, targets=["plate", "differentiation_batch"])
    batch = row_of(found, "differentiation_batch")
    assert (batch["level"], batch["n"], batch["smallest_p"]) == ("plate", 4, pytest.approx(1 / 3))
    assert np.isnan(batch["low"])
    assert row_of(found, "plate")["p"] == 0.005
    assert "Cannot be known with 4 plates: differentiation batch (AUC " in found.summary()
