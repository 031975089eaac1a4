"""Score and biomarkers together: planted gains found, nulls kept, donors apart, too few told in words."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from hcs.analysis.clones.biomarkers import Wanted, marked_clones
from hcs.analysis.clones.fusion import LEAST_PER_CLASS, Fusion, fuse
from hcs.analysis.clones.nested_areas import NestedAreas
from hcs.analysis.finding import Finding
from hcs.figures.panels import figure_bytes
from hcs.statistics.ridge import nested_ridge
from hcs_plates.errors import ArgumentError

N = 30


def study(
    n: int = N, seed: int = 0, score: float = 0.8, nfl: float = 1.5
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Clones half of either class; what score and nfl differ by, in standard deviations; ck tells nothing."""
    rng = np.random.default_rng(seed)
    names, sick = [f"c{place:02d}" for place in range(n)], np.arange(n) % 2 == 0
    groups = pd.DataFrame({"model": "cnn", "group": names, "label": np.where(sick, "ALS", "control")})
    groups["probability"] = 1 / (1 + np.exp(-rng.normal(score * (sick - 0.5), 1.0)))
    known = {"nfl": np.exp(rng.normal(3 + nfl * sick, 1.0)), "ck": rng.normal(100, 20, n)}
    return groups, pd.DataFrame(known, index=pd.Index(names, name="clone"))


def fused(tables: tuple[pd.DataFrame, pd.DataFrame], **words: Any) -> Fusion:
    """Fuse with few permutations unless told otherwise."""
    settings: dict[str, Any] = {"columns": ["nfl"], "logged": ["nfl"], "permutations": 19} | words
    columns = settings.pop("columns")
    settings["logged"] = [name for name in settings["logged"] if name in columns]
    return fuse(*tables, columns, "ALS", **settings)


def test_a_planted_biomarker_adds_and_an_empty_one_does_not() -> None:
    """Nfl, 1.5 SD apart, lifts the area and is found; ck, which tells nothing, is not; the words say so."""
    found, empty = fused(study()), fused(study(), columns=["ck"])
    areas = found.table.set_index("inputs")["auc"]
    assert areas["both"] > areas["score alone"] + 0.05
    added = found.comparison.iloc[1]
    assert (added["p"], added["smallest_p"]) == (0.05, 0.05)
    assert found.headline().startswith("Nfl adds to the score: ROC AUC +0.")
    assert len(found.summary().split()) <= 120
    assert found.summary().startswith(found.headline())
    assert empty.comparison["p"].iloc[1] > 0.05
    assert empty.headline().startswith("That ck adds to the score is not shown: ROC AUC ")
    assert isinstance(found, Finding)
    left, right = found.plot()
    drawn = [np.asarray(line.get_xdata()).item() for line in left.lines if line.get_gid() == "estimate"]
    assert drawn == found.table["auc"].tolist()
    assert [label.get_text() for label in left.get_yticklabels()] == found.table["inputs"].tolist()
    assert [label.get_text() for label in right.get_yticklabels()] == ["score", "nfl"]


def test_numbers_are_those_of_other_libraries() -> None:
    """Areas and Brier scores follow from the probabilities, these from the nested fit; p from its null."""
    groups, clinical = study()
    found = fused((groups, clinical), columns=["nfl", "ck"], permutations=3)
    truth = (groups["label"] == "ALS").to_numpy()
    rows = found.table.set_index("inputs")
    for inputs, part in found.probabilities.groupby("inputs"):
        assert part["group"].tolist() == groups["group"].tolist()
        assert rows["auc"][inputs] == pytest.approx(roc_auc_score(truth, part["probability"]))
        assert rows["brier"][inputs] == pytest.approx(brier_score_loss(truth, part["probability"]))
    p = groups["probability"].to_numpy()
    columns = np.column_stack([np.log(p / (1 - p)), np.log(clinical["nfl"]), clinical["ck"]])
    told = nested_ridge(columns, truth, np.arange(N))
    both = found.probabilities[found.probabilities["inputs"] == "both"]
    assert both["probability"].to_numpy() == pytest.approx(1 / (1 + np.exp(-told.log_odds)), abs=1e-8)
    assert both["penalty"].tolist() == told.penalties.tolist()
    weights = found.coefficients[found.coefficients["inputs"] == "both"].set_index("column")
    assert weights["mean"].tolist() == pytest.approx(told.coefficients.mean(axis=0).tolist())
    assert weights["sd"].tolist() == pytest.approx(told.coefficients.std(axis=0, ddof=1).tolist())
    assert weights.index.tolist() == ["score", "nfl", "ck"]
    assert weights["same_sign"]["nfl"] == 1.0


def test_the_chance_level_is_that_of_permuted_classes_and_below_a_half() -> None:
    """Mean and range by chance are those of a plain loop over shuffled rows, within what 199 draws differ."""
    groups, clinical = study(20)
    found = fused((groups, clinical), columns=["ck"], permutations=59)
    row = found.table.set_index("inputs").loc["biomarkers alone"]
    truth, rng = (groups["label"] == "ALS").to_numpy(), np.random.default_rng(5)
    null = []
    for _ in range(59):
        columns = rng.permutation(clinical["ck"].to_numpy())[:, None]
        null.append(roc_auc_score(truth, nested_ridge(columns, truth, np.arange(20)).log_odds))
    error = np.std(null) / np.sqrt(59)
    assert row["expected"] == pytest.approx(np.mean(null), abs=4 * error)
    assert row["null_high"] == pytest.approx(np.quantile(null, 0.975), abs=0.1)
    assert row["expected"] < 0.5
    assert "areas lie below 0.5" in found.summary()


@pytest.mark.parametrize(
    ("runs", "low", "high"),
    [
        pytest.param(60, 0.0, 0.15, marks=pytest.mark.slow),
        pytest.param(500, 0.03, 0.07, marks=pytest.mark.nightly),
    ],
)
def test_biomarkers_without_meaning_add_as_often_as_promised(
    runs: int, low: float, high: float, record_property: Callable[[str, object], None]
) -> None:
    """Of 500 smallest studies whose biomarkers tell nothing, 3 to 7 % are called an addition at 0.05."""
    hits = 0
    for seed in range(5_000, 5_000 + runs):
        groups, clinical = study(20, seed, score=1.5, nfl=0.0)
        clones = marked_clones(groups, clinical, Wanted(["nfl"], "ALS"))
        hits += NestedAreas(clones, 19, seed).comparison()["p"].iloc[1] <= 0.05
    record_property("additions", f"{hits / runs:.4f}")
    assert low <= hits / runs <= high


def test_clones_of_a_donor_are_left_out_together() -> None:
    """With clones that copy their donor, a biomarker that tells donors and not classes tells nothing."""
    groups, clinical = study(24, seed=3)
    donors = pd.Series([f"d{place}" for place in range(24)], index=groups["group"])
    copies = groups.assign(group=groups["group"] + "x")
    both = pd.concat([groups, copies], ignore_index=True)
    known = pd.concat([clinical, clinical.set_axis(clinical.index + "x")])
    apart = fused((both, known), permutations=3)
    of = pd.concat([donors, donors.set_axis(donors.index + "x")])
    together = fused((both, known), donors=of, permutations=9)
    assert apart.noun == "clone"
    assert apart.table["n"].tolist() == [48] * 4
    assert together.table["n"].tolist() == [24] * 4
    assert together.table["n_positive"].tolist() == [12] * 4
    assert (together.coefficients["n_fits"] == 24).all()
    assert "ROC AUC when each donor is left out: " in together.summary()
    mean = together.probabilities.query("inputs == 'both'").groupby("group")["probability"].first()
    assert mean.to_numpy()[::2] == pytest.approx(mean.to_numpy()[1::2])


def test_permutations_stay_within_blocks() -> None:
    """In blocks of one biomarker value each, exchange changes nothing and p is 1; no block is a block too."""
    groups, clinical = study(24)
    site = np.array(["x", "y"])[np.arange(24) // 12]
    known = clinical.assign(site=site, nfl=np.where(site == "x", 10.0, 20.0))
    found = fused((groups, known), block="site", permutations=9)
    assert found.comparison["p"].iloc[1] == 1.0
    half = known.assign(site=known["site"].where(site == "x"))
    apart = fused((groups, half), block="site", permutations=9)
    assert apart.comparison["p"].iloc[1] == 1.0


POOR: list[Any] = [
    (lambda g, c: (g[:18], c), {}, "cannot be known with 9 ALS and 9 clones of the other class"),
    (
        lambda g, c: (g[g["label"] == "ALS"], c),
        {},
        "cannot be known with 15 ALS and 0 clones of the other class",
    ),
    (
        lambda g, c: (g, c.assign(nfl=np.nan)),
        {},
        "cannot be known with 0 ALS and 0 clones of the other class",
    ),
    (lambda g, c: (g, c.assign(nfl=5.0)), {}, "There is no biomarker to put beside the score."),
    (
        lambda g, c: (g, c.assign(donor=[f"d{place // 4}" for place in range(N)])),
        {},
        "cannot be known with 8 ALS and 8 donors of the other class",
    ),
]


@pytest.mark.parametrize(("change", "words", "said"), POOR)
def test_what_cannot_be_fused_is_answered_in_words(change: Any, words: dict[str, Any], said: str) -> None:
    """Too few, one class, nothing known, nothing that varies: an empty table, a sentence, and a drawing."""
    found = fused(change(*study()), **words)
    assert found.table.empty
    assert found.comparison.empty
    assert said in found.summary()
    assert figure_bytes(found.plot().figure, ".png").startswith(b"\x89PNG")


def test_the_least_number_is_enough() -> None:
    """Ten clones of either class are fused, and the sentence of nine names ten as the least."""
    assert not fused(study(2 * LEAST_PER_CLASS), permutations=3).table.empty
    assert "10 of each are needed" in fused(study(2 * LEAST_PER_CLASS - 2)).summary()


ODD: list[Any] = [
    (
        lambda g, c: c.assign(nfl=np.where(g["label"] == "ALS", 50.0, 9.0)),
        {},
        "Nfl alone separates the classes",
    ),
    (lambda g, c: c.assign(site=[*g["label"]]), {"block": "site"}, "Class and block are confounded"),
    (lambda g, c: c.assign(nfl=c["nfl"].where(c.index != "c03")), {}, "lacks a biomarker left out: c03."),
    (lambda g, c: c, {"columns": ["nfl", "ck"]}, "14 clones of the smaller class for 3 coefficients"),
]


@pytest.mark.parametrize(("change", "words", "said"), ODD)
def test_odd_data_are_fused_with_a_caveat(change: Any, words: dict[str, Any], said: str) -> None:
    """Perfect separation, blocks tied to the class, a missing value, many coefficients: numbers and words."""
    groups, clinical = study(28)
    found = fused((groups, change(groups, clinical)), permutations=3, **words)
    assert said in found.summary()
    assert found.table["auc"].notna().all()
    assert found.coefficients["mean"].abs().max() < 10
    if "block" in words:
        assert found.comparison["p"].isna()[1]
        assert found.headline().startswith("Whether nfl adds to the score cannot be known with 28 clones")
    assert figure_bytes(found.plot().figure, ".png").startswith(b"\x89PNG")


def test_a_constant_score_leaves_the_biomarkers() -> None:
    """All scores equal: the score tells nothing, and both is what the biomarkers tell."""
    groups, clinical = study(24)
    found = fused((groups.assign(probability=0.6), clinical), permutations=3)
    rows = found.table.set_index("inputs")
    assert rows["auc"]["score alone"] == 0.5
    assert rows["auc"]["both"] == pytest.approx(rows["auc"]["biomarkers alone"])


def test_the_seed_decides() -> None:
    """Same seed, same tables; the row order of neither table matters to the areas."""
    groups, clinical = study(24)
    first, again = (fused((groups, clinical), permutations=9) for _ in range(2))
    pd.testing.assert_frame_equal(first.table, again.table)
    mixed = groups.sample(frac=1, random_state=1), clinical.sample(frac=1, random_state=2)
    shuffled = fused(mixed, permutations=3)
    assert shuffled.table["auc"].tolist() == pytest.approx(first.table["auc"].tolist())


def test_no_permutation_is_refused() -> None:
    """A test without a draw has no p."""
    with pytest.raises(ArgumentError, match="permutations 0 must be at least 1"):
        fused(study(), permutations=0)
