"""Passages, covariates, donors and readers: what is called related, and intervals over clones."""

from collections.abc import Callable
from functools import partial
from math import nan, sqrt

import numpy as np
import pandas as pd
from scipy.stats import norm, spearmanr
from tests.hcs.analysis.calibration.rates import Covered, Rate, Rejected

from hcs.analysis.clones.covariates import covariate_effects
from hcs.analysis.clones.donors import donor_level, intraclass_correlation
from hcs.analysis.clones.passage_relations import WithinClones, within_clones
from hcs.analysis.clones.passages import passage_effect
from hcs.analysis.clones.reader_calls import reader_calls
from hcs.statistics.association import rank_association
from hcs.statistics.contrast import group_contrast
from hcs.statistics.equivalence import BOUND, equivalence_test, verdicts
from hcs.statistics.gee import odds_trend
from hcs.statistics.words import Words

Rng = np.random.Generator
PLATE, WELL = 0.05, 0.05
"""SD of accuracy between plates, and between wells of one."""


def held(interval: tuple[float, float], truth: float) -> float:
    """Whether an interval holds the truth; NaN where there is none."""
    low, high = interval
    return nan if np.isnan(low) else float(low <= truth <= high)


def cells(rng: Rng, clones: int, design: str, passages: int = 3) -> pd.DataFrame:
    """Accuracy of clones at some passages: their levels differ, and so do their (mean 0) slopes.

    Each passage of a clone has a plate of its own (own), also in a batch with all clones (batched), a plate
    with all clones (shared), two of these (batches), or stands on one plate with its others (side).
    """
    level, slope = (
        0.1 * rng.normal(size=clones),
        0.004 * rng.normal(size=clones) * (design in ("own", "side")),
    )
    plates: dict[str, float] = {}
    rows = []
    for clone in range(clones):
        # Unequal: some clones lack a passage.
        for passage in range(passages - (clone % 3 == 0)):
            names = {
                "own": [f"{clone}-{passage}"],
                "batched": [f"{clone}-{passage}"],
                "shared": [f"{passage}"],
                "batches": [f"{passage}a", f"{passage}b"],
                "side": [f"{clone % 4}"],
            }[design]
            batch = plates.setdefault(f"batch {passage}", PLATE * rng.normal()) * design.startswith("batch")
            for name in names:
                effect = plates.setdefault(name, PLATE * rng.normal()) + batch
                well = WELL * rng.normal()
                accuracy = 0.7 + level[clone] + slope[clone] * 5 * (passage - 1) + effect + well
                known = f"{passage}" if design == "batched" else ""
                rows.append((f"c{clone}", 10 + 5 * passage, name, known, accuracy, rng.normal()))
    table = pd.DataFrame(rows, columns=["group", "passage", "plate", "batch", "correct", "probability"])
    return table.assign(model="cnn", label="ALS")


def trend(rng: Rng, clones: int, design: str, passages: int = 3) -> WithinClones:
    """Of accuracy."""
    made = cells(rng, clones, design, passages)
    of = {name: name for name in made["group"]}
    return within_clones(made, of, "clone", ("clone", "passage"), int(rng.integers(9999)))[0]


def trend_p(rng: Rng, clones: int, design: str, passages: int = 3) -> float:
    """P of no change of accuracy with passage."""
    return trend(rng, clones, design, passages).trend.pvalue.value


def trend_held(rng: Rng, clones: int, design: str, passages: int = 3) -> float:
    """Whether the interval of the change holds 0."""
    return held(trend(rng, clones, design, passages).trend.interval, 0.0)


def study(rng: Rng, clones: int, each: int = 1) -> pd.DataFrame:
    """Clones with label, passage, accuracy, score; `each` of a donor, who sets most of all of these."""
    donors = clones // each
    of = np.repeat(np.arange(donors), each)
    own, shared = rng.normal(size=(3, clones)), rng.normal(size=(3, donors))[:, of]
    passage, accuracy, score = sqrt(0.7) * shared + sqrt(0.3) * own if each > 1 else own
    table = pd.DataFrame({"group": [f"c{one}" for one in range(clones)], "donor": [f"d{one}" for one in of]})
    trials = rng.integers(50, 400, clones)
    correct = rng.binomial(trials, 1 / (1 + np.exp(-1.2 - accuracy))) / trials
    table = table.assign(label=np.where(of % 2, "ALS", "control"), correct=correct, n_tiles=trials)
    return table.assign(model="cnn", probability=1 / (1 + np.exp(-score)), passage=np.round(25 + 5 * passage))


def passages_said(rng: Rng, clones: int, each: int = 1) -> float:
    """Smallest corrected p of what a summary calls associated."""
    table = study(rng, clones, each)
    by_clone = table.set_index("group")
    donors = by_clone["donor"] if each > 1 else None
    found = passage_effect(table, by_clone["passage"], donors=donors, seed=int(rng.integers(9999)))
    return float(min(one.holm for one in found.relations))


def covariates_said(rng: Rng, clones: int, each: int = 1) -> float:
    """Smallest corrected p of five covariates and two outcomes."""
    table = study(rng, clones, each)
    known = pd.DataFrame(rng.normal(size=(clones, 3)), index=table["group"], columns=list("xyz"))
    known = known.assign(
        sex=rng.permutation(["f", "m"] * (clones // 2)), site=rng.permutation(np.arange(clones) % 3)
    )
    known["site"] = known["site"].map("abc".__getitem__)
    donors = table.set_index("group")["donor"] if each > 1 else None
    found = covariate_effects(table, known, donors=donors, seed=int(rng.integers(9999)))
    return float(found.table["holm"].min())


def covariates_cleared(rng: Rng) -> float:
    """Smallest corrected p of equivalence of ten numbers over 300 clones that do correlate, by the bound."""
    n, pearson = 300, 2 * np.sin(np.pi * BOUND / 6)
    score = rng.normal(size=n)
    known = pearson * score[:, None] + sqrt(1 - pearson**2) * rng.normal(size=(n, 10))
    found = [equivalence_test(float(spearmanr(score, one).statistic), n) for one in known.T]
    return float(min(verdicts([0.5] * 10, [one.pvalue.value for one in found])[1]))


def odds_p(rng: Rng, clones: int) -> float:
    """P of no change of the odds."""
    table = study(rng, clones)
    return odds_trend(table["passage"], table["correct"], table["n_tiles"], Words()).pvalue.value


def odds_held(rng: Rng, clones: int) -> float:
    """Whether the interval of the odds ratio per 5 holds 1."""
    table = study(rng, clones)
    return held(
        odds_trend(table["passage"], table["correct"], table["n_tiles"], Words()).odds_ratio(5)[1:], 1.0
    )


def rho_held(rng: Rng, clones: int, true: float, groups: int = 1) -> float:
    """Whether a correlation's interval holds the truth, within groups that differ much or of all."""
    pearson = 2 * np.sin(np.pi * true / 6)
    x = rng.normal(size=clones)
    y = pearson * x + sqrt(1 - pearson**2) * rng.normal(size=clones)
    within = np.arange(clones) % groups
    found = rank_association(x, y + 9 * within, within=within if groups > 1 else None)
    return held(found.interval, true)


def effect_held(rng: Rng, first: int, second: int, area: float, strata: int = 1) -> float:
    """Whether the rank-biserial correlation's interval holds the truth."""
    apart = sqrt(2) * norm.ppf(area)
    y = np.r_[rng.normal(size=first), apart + rng.normal(size=second)]
    within = np.r_[np.arange(first), np.arange(second)] % strata
    found = group_contrast(
        [*"a" * first, *"b" * second], y + 9 * within, within=within if strata > 1 else None
    )
    return held(found.interval, 2 * area - 1)


def shift_held(rng: Rng, first: int, second: int, strata: int = 1) -> float:
    """Whether the shift's interval holds the truth."""
    y = np.r_[rng.normal(size=first), 1 + rng.normal(size=second)]
    within = np.r_[np.arange(first), np.arange(second)] % strata
    found = group_contrast(
        [*"a" * first, *"b" * second], y + 9 * within, within=within if strata > 1 else None
    )
    return held(found.shift_interval, 1.0)


def icc_held(rng: Rng, sizes: tuple[int, ...], true: float) -> float:
    """Whether the interval of the correlation within donors of two classes holds the truth."""
    places = np.repeat(np.arange(2 * len(sizes)), sizes * 2)
    values = sqrt(true) * rng.normal(size=2 * len(sizes))[places] + sqrt(1 - true) * rng.normal(
        size=len(places)
    )
    classes = (places >= len(sizes)).astype(np.intp)
    return held(intraclass_correlation(values + 9 * classes, places, classes)[1], true)


def donors_p(rng: Rng, part: Callable[[object], float], alike: float) -> float:
    """P of calls, or of agreement, over 12 donors with one to four clones each."""
    of = np.repeat(np.arange(12), np.arange(12) % 4 + 1)
    raw = sqrt(alike) * rng.normal(size=12)[of] + sqrt(1 - alike) * rng.normal(size=len(of))
    names = [f"c{one}" for one in range(len(of))]
    table = pd.DataFrame({"model": "cnn", "group": names, "label": np.where(of < 6, "ALS", "control")})
    wells = pd.DataFrame({"clone": names, "donor": of.astype(str)})
    return part(donor_level(table.assign(probability=1 / (1 + np.exp(-raw))), wells, "ALS"))


def readers_held(rng: Rng) -> float:
    """Whether the interval over eight readers of different skill holds their mean share."""
    share = np.clip(rng.normal(0.65, 0.1, 8), 0, 1)
    rows = [
        (f"r{reader}", f"c{clone}", "ALS" if clone % 2 else "C", rng.random() < share[reader])
        for reader in range(8)
        for clone in range(20)
    ]
    calls = pd.DataFrame(rows, columns=["reader", "group", "label", "right"])
    other = calls["label"].map({"ALS": "C", "C": "ALS"})
    calls["call"] = calls["label"].where(calls["right"], other)
    found = reader_calls(calls.drop(columns="right"), positive="ALS", negative="C").tests.iloc[0]
    return held((found["low"], found["high"]), 0.65)


def _agreement(found: object) -> float:
    return float(found.agreement["p"].iloc[0])  # type: ignore[attr-defined]


def _calls(found: object) -> float:
    return float(found.donors.tests["cnn"].value)  # type: ignore[attr-defined]


UNEQUAL, EVEN, STEEP = (1, 1, 2, 2, 3, 5), (3,) * 6, (1, 1, 1, 6)
RATES: tuple[Rate, ...] = (
    *(
        Rejected(f"trend within clones, {words}, {n} clones", partial(trend_p, clones=n, design=design))
        for design, words in (("own", "a plate each"), ("side", "passages side by side on plates"))
        for n in (12, 30)
    ),
    Rejected(
        "trend within clones, a plate each, 6 clones (of 64 flips 2 reach 0.03)",
        partial(trend_p, clones=6, design="own"),
        low=0,
    ),
    *(
        Rejected(f"trend within clones, {words}", partial(trend_p, clones=12, design=design, passages=n))
        for design, n, words in (
            ("shared", 6, "6 plates of all 12 clones"),
            ("shared", 12, "12 plates of all 12 clones"),
            ("batches", 6, "6 batches of 2 plates of all 12 clones"),
            ("batched", 6, "6 batches of all 12 clones, a plate each"),
        )
    ),
    *(
        Covered(f"trend within clones, a plate each, {n} clones", partial(trend_held, clones=n, design="own"))
        for n in (6, 12, 30)
    ),
    *(
        Covered(
            f"trend within clones, {n} plates of all",
            partial(trend_held, clones=12, design="shared", passages=n),
        )
        for n in (6, 12)
    ),
    *(
        Rejected(f"passages: any association after Holm, {n} clones", partial(passages_said, clones=n), low=0)
        for n in (12, 30)
    ),
    Rejected(
        "passages: any association after Holm, 36 clones of 12 donors",
        partial(passages_said, clones=36, each=3),
        low=0,
    ),
    *(
        Rejected(
            f"covariates: any relation after Holm, {n} clones", partial(covariates_said, clones=n), runs=300
        )
        for n in (12, 30)
    ),
    Rejected(
        "covariates: any relation after Holm, 36 clones of 12 donors",
        partial(covariates_said, clones=36, each=3),
        runs=300,
        low=0.02,
    ),
    Rejected("covariates: any of ten at the bound called unrelated", covariates_cleared, low=0),
    *(Rejected(f"odds of a right call, {n} clones", partial(odds_p, clones=n)) for n in (12, 30)),
    *(Covered(f"odds ratio of a right call, {n} clones", partial(odds_held, clones=n)) for n in (12, 30)),
    *(
        Covered(f"Spearman's rho {true}, {n} clones", partial(rho_held, clones=n, true=true), runs=400)
        for n in (6, 12, 30)
        for true in (0.0, 0.5, 0.8)
    ),
    *(
        Covered(
            f"Spearman's rho 0.5 within two groups, {n} clones",
            partial(rho_held, clones=n, true=0.5, groups=2),
        )
        for n in (6, 12, 30)
    ),
    *(
        Covered(
            f"rank-biserial, area {area}, {m} and {n} clones",
            partial(effect_held, first=m, second=n, area=area),
        )
        for m, n in ((4, 4), (6, 6), (4, 20), (15, 15))
        for area in (0.5, 0.8, 0.95)
    ),
    *(
        Covered(f"rank-biserial within {strata} strata, {n} and {n} clones", one, runs=400)
        for strata, n in ((2, 6), (3, 15))
        for one in (partial(effect_held, first=n, second=n, area=0.8, strata=strata),)
    ),
    *(
        Covered(
            f"shift, {m} and {n} clones, {strata} strata",
            partial(shift_held, first=m, second=n, strata=strata),
        )
        for m, n, strata in ((4, 4, 1), (6, 6, 1), (6, 6, 2), (15, 15, 3), (35, 40, 2))
    ),
    *(
        Covered(
            f"likeness of clones of a donor, {words}, true {true}",
            partial(icc_held, sizes=sizes, true=true),
            quick=60 if (sizes, true) == (UNEQUAL, 0.5) else 0,
        )
        for sizes, words in ((EVEN, "3 each"), (UNEQUAL, "1 to 5"), (STEEP, "1 or 6"))
        for true in (0.0, 0.5, 0.9)
    ),
    Rejected("clones of a donor alike, 12 donors of 1 to 4", partial(donors_p, part=_agreement, alike=0.0)),
    Rejected("calls over donors of 1 to 4 clones that are alike", partial(donors_p, part=_calls, alike=0.6)),
    Covered("mean share over 8 readers", readers_held),
)
