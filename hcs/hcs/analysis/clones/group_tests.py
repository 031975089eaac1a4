"""Tests of one measurement over clones: two classes, pairs within units, or several classes at once."""

from math import comb, nan

import numpy as np
import pandas as pd
from scipy.stats import mannwhitneyu, rankdata

from hcs.analysis.clones.compared import LABELS, moved_labels
from hcs.statistics.arrays import Floats
from hcs.statistics.contrast import group_contrast
from hcs.statistics.means import STUDENT, WELCH, hedges_g, mean_difference
from hcs.statistics.permutation import EXACT
from hcs.statistics.pvalues import NO_BOUND, PValue, no_pvalue
from hcs.statistics.shifts import EXACT_RANKS, hodges_lehmann
from hcs.statistics.words import Words
from hcs.tables.compared import Classes
from hcs.wording import plural, spaced

RANKS, WELCH_ANOVA = "Mann–Whitney test", "Welch's analysis of variance"


def compare_classes(
    units: pd.DataFrame, classes: Classes, seed: int
) -> tuple[list[dict[str, object]], tuple[str, ...]]:
    """All four tests of one measurement."""
    first, second = (units.loc[units["label"] == name, "value"].to_numpy() for name in classes.both)
    nouns, n = classes.nouns, len(first) + len(second)
    sizes = {"n_first": len(first), "n_second": len(second)}

    def row(effect: str, estimate: tuple[float, float, float], p: PValue) -> dict[str, object]:
        of = dict(zip(("estimate", "low", "high"), estimate, strict=True))
        return sizes | {"effect": effect} | of | p.row()

    if reason := why_not(first, second, classes.noun):
        mean = float(first.mean() - second.mean()) if len(first) and len(second) else nan
        effects = {STUDENT: "mean difference", WELCH: "mean difference", RANKS: "shift", LABELS: "Hedges' g"}
        return [
            row(effect, (nan if test == LABELS else mean, nan, nan), no_pvalue(test, n, nouns))
            for test, effect in effects.items()
        ], (reason,)
    made = []
    for equal in (True, False):
        difference, interval, p = mean_difference(first, second, equal=equal, noun=nouns)
        made.append(row("mean difference", (difference, interval.low, interval.high), p))
    permuted = moved_labels(first, second, LABELS, nouns, seed)
    made.append(row("shift", hodges_lehmann(first, second), _rank_test(first, second, nouns, seed)))
    made.append(row("Hedges' g", hedges_g(first, second), permuted))
    return made, tuple(
        f"all {nouns} of {spaced(name)} have the same value: the spread is that of the other class."
        for name, part in zip(classes.both, (first, second), strict=True)
        if np.ptp(part) == 0
    )


def why_not(first: Floats, second: Floats, noun: str) -> str:
    """Reason why two samples cannot be tested, or nothing."""
    few = min(len(first), len(second))
    if few == 0:
        return f"only one class has {plural(noun)} with a value: nothing to compare."
    if few < 2:
        return f"a class has one {noun} only: its spread is not known, so no test is made."
    spread = max(np.ptp(first), np.ptp(second))
    if spread <= 1e-12 * max(1e-300, np.abs(np.r_[first, second]).max()):
        return f"all {plural(noun)} of a class have the same value: there is no spread to test against."
    return ""


def _rank_test(first: Floats, second: Floats, nouns: str, seed: int) -> PValue:
    """Mann & Whitney's test: exact wherever that can be."""
    n, m = len(first) + len(second), len(first)
    values = np.r_[first, second]
    tied = len(np.unique(values)) < n
    if tied and comb(n, m) <= EXACT:
        ranks = rankdata(values)
        return moved_labels(ranks[:m], ranks[m:], f"{RANKS} (exact, with ties)", nouns, seed)
    if tied or n > EXACT_RANKS:
        name = f"{RANKS} (normal approximation{', ties' if tied else ''})"
        p = mannwhitneyu(first, second, method="asymptotic").pvalue
        return PValue(float(p), name, n, NO_BOUND, nouns)
    p = float(mannwhitneyu(first, second, method="exact").pvalue)
    return PValue(p, f"{RANKS} (exact)", n, min(1.0, 2 / comb(n, m)), nouns)


def compare_several(
    units: pd.DataFrame, noun: str, seed: int
) -> tuple[list[dict[str, object]], tuple[str, ...]]:
    """Test whether several classes differ at all: Kruskal & Wallis's (1952) test and Welch's (1951).

    Units (group, label, value) that all have every class are compared within themselves, by ranks alone;
    where only some have several classes, there is no test.
    """
    several = units["group"].duplicated(keep=False)
    if several.any() and not (units.groupby("group").size() == units["label"].nunique()).all():
        return [], (f"some {plural(noun)} have several classes, so only pairs of classes are compared.",)
    units = units.reset_index(drop=True)
    within = units["group"].tolist() if several.any() else None
    words = Words("class", "value", plural(noun), noun)
    found = group_contrast(units["label"], units["value"], within=within, words=words, seed=seed)
    effect = {"effect": "epsilon squared", "estimate": found.effect}
    rows = [found.pvalue.row() | effect]
    samples = [part["value"].to_numpy() for _, part in units.groupby("label")]
    if within is None and min(map(len, samples)) > 1 and min(map(np.ptp, samples)) > 0:
        from statsmodels.stats.oneway import anova_oneway

        p = float(anova_oneway(samples, use_var="unequal").pvalue)
        rows.append(
            PValue(p, WELCH_ANOVA, len(units), noun=plural(noun)).row() | {"effect": "", "estimate": nan}
        )
    said = found.caveats if np.isnan(found.pvalue.value) else ()
    return rows, tuple(one[:1].lower() + one[1:] for one in said)
