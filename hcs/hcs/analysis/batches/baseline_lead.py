"""A model's lead over the best baseline without pixels: scores described and held against each other."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.stated import Stated, statistics_table
from hcs.figures.theme import model_name
from hcs.statistics.auc import auc_interval, pair_wins, resampled_area, roc_area
from hcs.statistics.bootstrap import NO_INTERVAL, Interval, bootstrap_interval
from hcs.statistics.pvalues import ALPHA, PValue
from hcs.tables.compared import Classes
from hcs.wording import capital, listed, plural
from hcs_models.pairing import pair_groups
from hcs_models.scores import called, wilson_interval

CHANCE = "chance"
"""What a model is held against where the best baseline is worse than a coin."""
HALF = 0.5
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
        classes; NaN where all resamples agree), lead_p (two-sided), lead_smallest_p. Empty where the groups
        have one class.
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
    # Where all resamples agree, as of a model without error against chance, they give no interval.
    low, high = interval if interval.high > interval.low else NO_INTERVAL
    test = pair_groups(pd.concat(ranks), positive, "own", "base", seed)
    return {
        "lead": lead(np.arange(len(pair))), "lead_low": low, "lead_high": high,
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
    return bool(row["lead"] > 0 and not row["lead_low"] <= 0 and row["lead_p"] <= ALPHA)


def baseline_headline(table: pd.DataFrame, positive: str, noun: str) -> str:
    """Say whether the best baseline predicts the label, and whether the first model does better."""
    known = table[table["auc"].notna()]
    baselines = known[known["kind"] == "baseline"].sort_values("auc", ascending=False, kind="stable")
    if baselines.empty:
        return "No baseline could be made."
    said = _alone(baselines, positive, noun)
    rows = known[(known["kind"] == "model") & known["lead"].notna()]
    if rows.empty:
        return f"{said}."
    return f"{said}; {_against(dict(rows.iloc[0]), dict(baselines.iloc[0]))}."


def _alone(baselines: pd.DataFrame, positive: str, noun: str) -> str:
    """Say which baselines predict the label, those that do first."""
    tells = baselines[baselines["p"] <= ALPHA]
    if len(tells):
        verb = "predicts" if len(tells) == 1 else "predict"
        return f"Without images, {_areas(tells)} alone {verb} {positive}"
    nouns = Classes(positive, "", noun=noun).nouns
    n = f"{int(baselines['n_groups'].iloc[0])} {nouns}" if "n_groups" in baselines else f"so few {nouns}"
    if not (baselines["smallest_p"] <= ALPHA).any():
        either = _areas(baselines).replace(" and ", " or ")
        return f"Whether {either} alone predicts {positive} cannot be known with {n}"
    if len(baselines) == 1:
        return f"Without images, {_areas(baselines)} does not clearly predict {positive}"
    return (
        f"Without images, neither {_areas(baselines).replace(' and ', ' nor ')} clearly predicts {positive}"
    )


def _areas(rows: pd.DataFrame) -> str:
    """Name baselines with their areas."""
    return listed(f"{row['model']} (AUC {row['auc']:.2f})" for row in rows.to_dict("records"))


def _against(row: dict[str, Any], best: dict[str, Any]) -> str:
    """Say whether a model does better than the best baseline, or than chance where that is worse."""
    rival = str(best["model"]) if best["auc"] >= HALF else CHANCE
    verb = "does better than" if is_beaten(row, best) else "is not shown to do better than"
    lead = row["auc"] - max(best["auc"], HALF)
    return f"the {model_name(row['model'])} (AUC {row['auc']:.2f}) {verb} {rival} ({lead:+.2f})"


def further_models(table: pd.DataFrame) -> list[str]:
    """Say of every model but the first whether it does better, and what it means where any does not."""
    best, known = best_baseline(table), table[(table["kind"] == "model") & table["lead"].notna()]
    if best is None:
        return []
    rows = known.to_dict("records")
    said = [capital(f"{_against(row, best)}.") for row in rows[1:]]
    if not all(is_beaten(row, best) for row in rows):
        said.append("A model that does no better may have learnt the layout or the cell density.")
    return said


def baseline_statistics(table: pd.DataFrame, positive: str, noun: str) -> pd.DataFrame:
    """Areas and accuracies of baselines and models, and every model's lead, each with interval and test."""
    made, best = [], best_baseline(table)
    for row in table[table["auc"].notna()].to_dict("records"):
        name, test = model_name(row["model"]), None
        if not np.isnan(row["p"]):
            test = PValue.of(row | {"n": row["n_groups"]}, noun, "one-sided")
        what = f"{name} predicts {positive}"
        made.append(Stated(what, "ROC AUC", row["auc"], Interval(row["low"], row["high"]), "Newcombe", test))
        limits = Interval(row["accuracy_low"], row["accuracy_high"])
        made.append(Stated(what, "accuracy", row["accuracy"], limits, "Wilson"))
        if best is not None and not np.isnan(row["lead"]):
            rival = best["model"] if best["auc"] >= HALF else CHANCE
            limits = Interval(row["lead_low"], row["lead_high"])
            how = "" if np.isnan(limits.low) else f"bootstrap over {plural(noun)}"
            p = PValue(
                row["lead_p"],
                "sign-flip test of ranks",
                row["n_groups"],
                row["lead_smallest_p"],
                plural(noun),
            )
            made.append(Stated(f"{name} against {rival}", "difference of AUCs", row["lead"], limits, how, p))
    return statistics_table(made)
