"""Calibration of tests between diagnoses: groups, calls, batches, pairs, covariates and patients' order.

Donors, clones, batches, plates and wells each add their own; clones have unequal numbers of wells, plates lie
inside batches, and nothing depends on the diagnosis but where a truth is to be covered.
"""

from functools import partial
from math import asin, isnan, pi
from typing import Any

import numpy as np
import pandas as pd
from tests.hcs.analysis.calibration.rates import Covered, Rate, Rejected

from hcs.analysis import (
    adjusted_effect,
    clone_calls,
    diagnosis_effect,
    group_test,
    isogenic_pairs,
    stratification,
)

EFFECT = 1.0
Rng = np.random.Generator


def experiment(
    rng: Rng,
    donors: int = 12,
    clones: int = 1,
    *,
    classes: int = 2,
    crossed: bool = True,
    effect: float = 0.0,
) -> pd.DataFrame:
    """Wells of clones of donors in three batches of two plates each: every donor in all batches, or in one.

    Standard deviations are 1 of donors, 0.6 of clones, 2 of batches, 0.5 of plates, 0.4 of clones in a batch
    and 0.7 of wells; the first class lies higher by the effect.
    """
    places = np.arange(donors)
    sick = effect * (places % classes == 0)
    line = (rng.normal(size=donors) + sick)[:, None] + 0.6 * rng.normal(size=(donors, clones))
    plates = 2 * rng.normal(size=(3, 1)) + 0.5 * rng.normal(size=(3, 2))
    value = (line[:, :, None] + 0.4 * rng.normal(size=(donors, clones, 3)))[..., None] + plates
    # Within each batch the classes are as many.
    home = np.arange(3) == (places // classes % 3)[:, None]
    wells = rng.integers(1, 5, value.shape) * (crossed | home)[:, None, :, None]
    donor, clone, batch, plate = (np.repeat(one.ravel(), wells.ravel()) for one in np.indices(value.shape))
    names = np.array([[f"d{one}c{other}" for other in range(clones)] for one in range(donors)], dtype=object)
    return pd.DataFrame(
        {
            "donor": np.array([f"d{one}" for one in range(donors)], dtype=object)[donor],
            "group": names[donor, clone],
            "label": np.array([f"class{one}" for one in range(classes)], dtype=object)[donor % classes],
            "batch": np.array(["b0", "b1", "b2"], dtype=object)[batch],
            "plate": np.array([[f"b{one}p{other}" for other in range(2)] for one in range(3)])[batch, plate],
            "value": value[donor, clone, batch, plate] + 0.7 * rng.normal(size=len(donor)),
        }
    )


def covers(low: float, high: float, truth: float) -> float:
    """Whether limits hold the truth; NaN without any."""
    return np.nan if isnan(low) else float(low <= truth <= high)


def by_groups(rng: Rng, kind: str, column: str = "p", **design: Any) -> float:
    """One test of two or more classes."""
    found = group_test(experiment(rng, **design), "value")
    rows = found.omnibus if len(found.omnibus) and kind.startswith(("Kruskal", "Welch's a")) else found.table
    return float(rows.loc[rows["test"].str.startswith(kind), column].min())


def groups_cover(rng: Rng, kind: str, scale: float = 1.0, **design: Any) -> float:
    """Limits of one effect of two classes."""
    rows = group_test(experiment(rng, effect=EFFECT, **design), "value").table
    row = rows[rows["test"].str.startswith(kind)].iloc[0]
    return covers(row["low"], row["high"], EFFECT / scale)


def scored(table: pd.DataFrame) -> pd.DataFrame:
    """Clones with their mean as the probability of a model that knows nothing of the class."""
    units = table.groupby(["donor", "group", "label"], as_index=False)["value"].mean()
    return units.assign(model="cnn", probability=1 / (1 + np.exp(-units["value"])))


def by_calls(rng: Rng, batch: bool = False, **design: Any) -> float:
    """Labels moved among clones or donors."""
    table = experiment(rng, crossed=not batch, **design)
    wells = {"wells": table, "batch": "batch", "clone": "group"} if batch else {}
    return clone_calls(scored(table), "class0", **wells).tests["cnn"].value


def calls_cover(rng: Rng, donors: int, clones: int) -> float:
    """Newcombe's limits of the area over donors, all of one value but for what clones and wells add."""
    units = scored(experiment(rng, donors, clones))
    units["label"] = rng.permutation(np.repeat(["class0", "class1"], donors // 2))[
        pd.factorize(units["donor"])[0]
    ]
    found = clone_calls(units, "class0").table
    row = found[(found["measure"] == "auc") & (found["method"] == "newcombe")].iloc[0]
    return covers(row["low"], row["high"], 0.5)


def by_batches(rng: Rng, **design: Any) -> float:
    """The effect of the diagnosis within batches."""
    table = experiment(rng, **design)
    return float(diagnosis_effect(table, "value", batch="batch").table["p"].iloc[0])


def batches_cover(rng: Rng, **design: Any) -> float:
    """Its limits."""
    table = experiment(rng, effect=EFFECT, **design)
    row = diagnosis_effect(table, "value", batch="batch").table.iloc[0]
    return covers(row["low"], row["high"], EFFECT)


def paired(rng: Rng, pairs: int, effect: float = 0.0) -> pd.DataFrame:
    """Lines of patients and their corrected ones: two clones of a donor, one of each class."""
    table = experiment(rng, pairs, 2)
    second = table["group"].str.endswith("c1")
    moved = table.assign(label=np.where(second, "corrected", "ALS"), isogenic_pair=table["donor"])
    return moved.assign(value=moved["value"] + effect * ~second)


def by_pairs(rng: Rng, kind: str, pairs: int) -> float:
    """One test of pairs."""
    rows = isogenic_pairs(paired(rng, pairs), "value", batch="batch").table
    return float(rows.loc[rows["test"].str.startswith(kind), "p"].iloc[0])


def pairs_cover(rng: Rng, kind: str, pairs: int) -> float:
    """Limits of one effect of pairs."""
    rows = isogenic_pairs(paired(rng, pairs, EFFECT), "value", batch="batch").table
    row = rows[rows["test"].str.startswith(kind)].iloc[0]
    return covers(row["low"], row["high"], EFFECT)


def with_passage(rng: Rng, donors: int, effect: float, **design: Any) -> pd.DataFrame:
    """Values that follow the passage, which lies four higher in the first class."""
    table = experiment(rng, donors, effect=effect, **design)
    names = table["group"].unique()
    first = table.drop_duplicates("group")["label"].eq("class0").to_numpy()
    passage = pd.Series(rng.integers(15, 30, len(names)) + 4.0 * first, index=names)
    table["passage"] = table["group"].map(passage)
    return table.assign(value=table["value"] + 0.2 * table["passage"])


def by_passage(rng: Rng, donors: int, **design: Any) -> float:
    """The effect at the same passage."""
    batch = None if design.get("crossed", True) else "batch"
    table = with_passage(rng, donors, 0.0, **design)
    return float(adjusted_effect(table, "value", "passage", batch=batch).table["p"].iloc[0])


def passage_covers(rng: Rng, donors: int, **design: Any) -> float:
    """Its limits."""
    batch = None if design.get("crossed", True) else "batch"
    row = adjusted_effect(with_passage(rng, donors, EFFECT, **design), "value", "passage", batch=batch).table
    return covers(row["low"].iloc[0], row["high"].iloc[0], EFFECT)


def patients(rng: Rng, n: int, pearson: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Patients, two clones each, whose months follow their score as a normal pair does."""
    own = rng.normal(size=n)
    months = pearson * own + np.sqrt(1 - pearson**2) * rng.normal(size=n)
    names = [f"p{place}" for place in range(n)]
    rows = {"group": [f"{name}{clone}" for name in names for clone in "ab"], "label": "ALS"}
    scores = pd.DataFrame(rows).assign(probability=np.repeat(1 / (1 + np.exp(-own)), 2))
    clinical = pd.DataFrame({"months": months, "sex": rng.permutation(np.arange(n) % 2 == 0)}, index=names)
    return scores, clinical


def by_score(rng: Rng, compared: str, n: int) -> float:
    """One comparison of patients by their score."""
    scores, clinical = patients(rng, n, 0.0)
    donors = pd.Series(scores["group"].str[:-1].to_numpy(), index=scores["group"].to_numpy())
    rows = stratification(scores, clinical, "ALS", donors=donors).table
    return float(rows.loc[rows["compared"] == compared, "p"].iloc[0])


def score_covers(rng: Rng, n: int, pearson: float = 0.5) -> float:
    """Limits of Spearman's correlation."""
    scores, clinical = patients(rng, n, pearson)
    donors = pd.Series(scores["group"].str[:-1].to_numpy(), index=scores["group"].to_numpy())
    row = stratification(scores, clinical, "ALS", columns=["months"], donors=donors).table.iloc[0]
    return covers(row["low"], row["high"], 6 / pi * asin(pearson / 2))


TESTS = ("Welch's t", "Permutation")
SD = float(np.sqrt(1 + 0.36 + 0.16 / 3 + 0.49 / 12))
"""Of clones around their class, with two wells a plate in six plates."""


RATES: tuple[Rate, ...] = (
    *(
        Rejected(f"groups, {test}, n = {n} clones", partial(by_groups, kind=test, donors=n))
        for n in (12, 30)
        for test in TESTS
    ),
    *(
        Rejected(f"groups, {test}, 10 donors of 3 clones", partial(by_groups, kind=test, donors=10, clones=3))
        for test in TESTS
    ),
    *(
        Covered(f"groups, {test} interval, n = {n} clones", partial(groups_cover, kind=test, donors=n))
        for n in (12, 30)
        for test in ("Welch's t", "Mann–Whitney")
    ),
    *(
        Covered(f"groups, Hedges' g, n = {n} clones", partial(groups_cover, kind="Perm", scale=SD, donors=n))
        for n in (12, 30)
    ),
    *(
        Rejected(f"three classes, {test}, n = {n} clones", partial(by_groups, kind=test, donors=n, classes=3))
        for n in (12, 30)
        for test in ("Kruskal–Wallis", "Welch's analysis")
    ),
    *(
        Rejected(
            f"three classes, any pair by {test} after Holm (family-wise, so at most 5 %), n = {n} clones",
            partial(by_groups, kind=test, column="p_adjusted", donors=n, classes=3),
            low=0.0,
        )
        for n in (12, 30)
        for test in ("Welch's t", "Permutation")
    ),
    *(Rejected(f"calls, n = {n} clones", partial(by_calls, donors=n), runs=400) for n in (12, 30)),
    Rejected("calls, 10 donors of 3 clones", partial(by_calls, donors=10, clones=3), runs=400),
    Rejected("calls within batches, n = 30 clones", partial(by_calls, donors=30, batch=True), runs=400),
    *(
        Covered(f"calls, area, {n} donors of 2 clones", partial(calls_cover, donors=n, clones=2), runs=400)
        for n in (12, 30)
    ),
    *(
        Rejected(
            f"diagnosis within batches, n = {n} clones, {word}",
            partial(by_batches, donors=n, crossed=how),
        )
        for n in (12, 30)
        for word, how in (("each in all", True), ("each in one", False))
    ),
    Rejected("diagnosis within batches, 12 donors of 2 clones", partial(by_batches, donors=12, clones=2)),
    *(
        Covered(
            f"diagnosis within batches, n = {n} clones, {word}", partial(batches_cover, donors=n, crossed=how)
        )
        for n in (12, 30)
        for word, how in (("each in all", True), ("each in one", False))
    ),
    Rejected(
        "pairs, flipped signs, n = 12 clones (64 flips: p is 0.03 or 0.06)",
        partial(by_pairs, kind="Sign", pairs=6),
        low=0.0,
    ),
    Rejected("pairs, flipped signs, n = 30 clones", partial(by_pairs, kind="Sign", pairs=15)),
    Rejected("pairs, paired t, n = 12 clones", partial(by_pairs, kind="Paired", pairs=6)),
    Rejected("pairs, paired t, n = 30 clones", partial(by_pairs, kind="Paired", pairs=15)),
    *(
        Covered(f"pairs, {test} interval, n = {2 * n} clones", partial(pairs_cover, kind=test, pairs=n))
        for n in (6, 15)
        for test in ("Sign", "Paired", "Wilcoxon")
    ),
    *(
        Rejected(f"at the same passage, n = {n} clones, {word}", partial(by_passage, donors=n, crossed=how))
        for n in (12, 30)
        for word, how in (("each in all batches", True), ("each in one", False))
    ),
    *(Covered(f"at the same passage, n = {n} clones", partial(passage_covers, donors=n)) for n in (12, 30)),
    *(
        Rejected(
            f"patients by score, {compared}, n = {n} patients of 2 clones",
            partial(by_score, compared=compared, n=n),
        )
        for n in (12, 30)
        for compared in ("rank correlation", "upper half minus lower", "score between groups")
    ),
    *(Covered(f"patients by score, rho, n = {n} patients", partial(score_covers, n=n)) for n in (12, 30)),
)
