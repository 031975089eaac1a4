"""A model's lead over the best baseline without pixels: scores described and held against each other."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.figures.theme import model_name
from hcs.statistics.auc import auc_interval, pair_wins, resampled_area, roc_area
from hcs.statistics.bootstrap import bootstrap_interval, span
from hcs.statistics.pvalues import brief
from hcs.tables.compared import Classes
from hcs.wording import counted, listed
from hcs_models.pairing import pair_groups
from hcs_models.scores import called, wilson_interval

CHANCE = "chance"
"""What a model is held against where the best baseline is worse than a coin."""
HALF = 0.5
CLEAR = 0.05
RESAMPLES = 1_999


def described(groups: pd.DataFrame, positive: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Area under the curve and accuracy of groups' probabilities, with Newcombe's and Wilson's interval."""
    scores = groups["probability"].to_numpy(dtype=float)
    interval = auc_interval(scores, positive)
    right = int((called(scores) == positive).sum())
    low, high = wilson_interval(right, len(scores))
    return {
        "n_groups": len(scores), "auc": roc_area(scores, positive),
        "low": interval.low, "high": interval.high,
        "accuracy": right / len(scores), "accuracy_low": low, "accuracy_high": high,
    }  # fmt: skip


def lead_over(own: pd.DataFrame, base: pd.DataFrame, positive: str, seed: int) -> dict[str, Any]:
    """Compare the areas of two models' scores (group, label, probability) over the groups that both scored.

    The test flips which score is whose, group by group, on ranks: the mean difference of ranks given to the
    true label is the difference of areas but for a factor (Bandos et al. 2005, Stat. Med. 24).

    Returns
    -------
    dict
        lead (area of own less that of base), lead_low and lead_high (95 %, bootstrap over groups within
        classes), lead_p (two-sided), lead_smallest_p. Empty where the groups have one class.
    """
    pair = own.merge(base, on=["group", "label"], suffixes=("", "_base"))
    positives = (pair["label"] == positive).to_numpy()
    if not 0 < positives.sum() < len(pair):
        return {}
    first, second = (pair[column].to_numpy(dtype=float) for column in ("probability", "probability_base"))
    lead = resampled_area(pair_wins(first, positives) - pair_wins(second, positives), positives)
    interval = bootstrap_interval(lead, len(pair), strata=positives, draws=RESAMPLES, seed=seed)
    ranks = [
        pair[["group", "label"]].assign(model=name, probability=pair[column].rank() / (len(pair) + 1))
        for name, column in (("own", "probability"), ("base", "probability_base"))
    ]
    test = pair_groups(pd.concat(ranks), positive, "own", "base", seed)
    return {
        "lead": lead(np.arange(len(pair))), "lead_low": interval.low, "lead_high": interval.high,
        "lead_p": test.p, "lead_smallest_p": test.smallest_p,
    }  # fmt: skip


def best_baseline(table: pd.DataFrame) -> dict[str, Any] | None:
    """Row of the baseline with the highest AUC, as a mapping; None where there is none."""
    known = table[(table["kind"] == "baseline") & table["auc"].notna()]
    return None if known.empty else dict(known.loc[known["auc"].astype(float).idxmax()])


def is_beaten(row: dict[str, Any], best: dict[str, Any]) -> bool:
    """Whether a model's lead over the best baseline, and over one half, is shown."""
    if best["auc"] < HALF and not row["low"] > HALF:
        return False
    return bool(row["lead_low"] > 0 and row["lead_p"] <= CLEAR)


def baseline_headline(table: pd.DataFrame, positive: str, noun: str, models: Sequence[str] = ()) -> str:
    """Name the best baseline, whether any tells the label, and whether the first model beats the best.

    The table is that of `PixelFreeBaselines`; models are taken in the order given, or in the table's.
    """
    known = table[table["auc"].notna()]
    baselines = known[known["kind"] == "baseline"].sort_values("auc", ascending=False, kind="stable")
    if baselines.empty:
        return "No baseline could be made."
    tells = baselines["p"] <= CLEAR
    few = ~tells & ~(baselines["smallest_p"] <= CLEAR)
    nouns = Classes(positive, "", noun=noun).nouns
    parts = []
    for kept, one, several in (
        (tells, f"tells {positive}", f"tell {positive}"),
        (few, *[f"may or may not tell {positive}, undecided with so few {nouns}"] * 2),
        (~tells & ~few, f"does not clearly tell {positive}", f"do not clearly tell {positive}"),
    ):
        rows = baselines[kept]
        if rows.empty:
            continue
        areas = listed(f"AUC {row['auc']:.2f}, p = {row['p']:.2g}" for row in rows.to_dict("records"))
        parts.append(f"{listed(rows['model'])} alone {several if len(rows) > 1 else one} ({areas})")
    said = f"Without a pixel, {'; '.join(parts)}."
    rows = known[known["kind"] == "model"].set_index("model", drop=False)
    first = next((name for name in models if name in rows.index), next(iter(rows.index), None))
    if first is None or np.isnan(rows.loc[first, "lead"]):
        return said
    row, best = dict(rows.loc[first]), dict(baselines.iloc[0])
    verb = "beats" if is_beaten(row, best) else "is not shown to beat"
    rival = best["model"] if best["auc"] >= HALF else CHANCE
    lead = row["auc"] - max(best["auc"], HALF)
    return f"{said} The {model_name(first)} (AUC {row['auc']:.2f}) {verb} {rival} ({lead:+.2f})."


def baseline_sentences(table: pd.DataFrame, classes: Classes) -> list[str]:
    """Say how far each baseline and model of a table comes, and once how intervals and p-values were made."""
    known = table[table["auc"].notna()].to_dict("records")
    best = best_baseline(table)
    said = [_baseline(row, classes) for row in known if row["kind"] == "baseline"]
    said += [_model(row, best, classes) for row in known if row["kind"] == "model"]
    methods = ["In brackets are 95 % intervals, of AUCs by Newcombe, of accuracies by Wilson"]
    if best is not None and best["test"]:
        methods.append(
            f"baselines' p are one-sided, of a {best['test']}, smallest possible {best['smallest_p']:.2g}"
        )
    if any(not np.isnan(row["lead"]) for row in known):
        methods.append(
            f"leads rest on a bootstrap and a two-sided sign-flip test of ranks over {classes.nouns}"
        )
    return [*said, f"{'; '.join(methods)}."] if said else []


def _described(row: dict[str, Any], noun: str) -> str:
    """Give area and accuracy with their intervals."""
    low, high = 100 * row["accuracy_low"], 100 * row["accuracy_high"]
    return (
        f"AUC {row['auc']:.2f} over {counted(row['n_groups'], noun)} ({span(row['low'], row['high'])}), "
        f"accuracy {100 * row['accuracy']:.0f} % ({low:.0f}–{high:.0f} %)"
    )


def _baseline(row: dict[str, Any], classes: Classes) -> str:
    """Say how far a baseline comes, against its own chance level."""
    told = "tells" if row["p"] <= CLEAR else "does not clearly tell"
    return (
        f"Without a pixel, {row['model']} alone {told} {classes.positive}: {_described(row, classes.noun)}; "
        f"p = {row['p']:.2g}, chance gives AUC {row['null_mean']:.2f} ({row['null_low']:.2f}–"
        f"{row['null_high']:.2f})."
    )


def _model(row: dict[str, Any], best: dict[str, Any] | None, classes: Classes) -> str:
    """Say whether a model beats the best baseline, or chance where that is worse than a coin."""
    said = f"{model_name(row['model'])}: {_described(row, classes.noun)}"
    if best is None or np.isnan(row["lead"]):
        return f"{said}; there is no baseline to hold it against."
    beaten = is_beaten(row, best)
    p, lead = brief(row["lead_p"], row["lead_smallest_p"]), span(row["lead_low"], row["lead_high"])
    rival = f"the best baseline, {best['model']}" if best["auc"] >= HALF else "chance, and no baseline does"
    why = "" if beaten else " Such a model may have learnt the layout or the density."
    verb = "It beats" if beaten else "It is not shown to beat"
    return f"{said}. {verb} {rival}: AUC {row['lead']:+.2f} ({lead}); {p}.{why}"
