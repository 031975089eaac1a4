"""What baselines without pixels came to, in words: the best of them, and whether a model beats it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from hcs.figures.theme import model_name
from hcs.statistics.bootstrap import Interval
from hcs.statistics.pvalues import PValue
from hcs.wording import counted, listed, plural

CHANCE = "chance"
"""What a model is held against where the best baseline is worse than a coin."""
HALF = 0.5
CLEAR = 0.05


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

    Parameters
    ----------
    table
        As of `hcs.analysis.batches.baselines.PixelFreeBaselines`.
    positive, noun
        The class that scores speak of; what a group is called.
    models
        Models in their order; those of the table if empty.
    """
    known = table[table["auc"].notna()]
    baselines = known[known["kind"] == "baseline"].sort_values("auc", ascending=False, kind="stable")
    if baselines.empty:
        return "No baseline could be made."
    words = {
        "yes": (f"tells {positive}", f"tell {positive}"),
        "few": (f"may or may not tell {positive}, undecided with so few {plural(noun)}",) * 2,
        "no": (f"does not clearly tell {positive}", f"do not clearly tell {positive}"),
    }
    parts = []
    for name, kept in _telling(baselines).items():
        rows = baselines[kept]
        if rows.empty:
            continue
        verb = words[name][len(rows) > 1]
        areas = listed(f"AUC {row['auc']:.2f}, p = {row['p']:.2g}" for row in rows.to_dict("records"))
        parts.append(f"{listed(rows['model'])} alone {verb} ({areas})")
    said = f"Without a pixel, {'; '.join(parts)}."
    rows = known[known["kind"] == "model"].set_index("model", drop=False)
    first = next((name for name in models if name in rows.index), next(iter(rows.index), None))
    if first is None:
        return said
    row, best = dict(rows.loc[first]), dict(baselines.iloc[0])
    if np.isnan(row["lead"]):
        return said
    verb = "beats" if is_beaten(row, best) else "is not shown to beat"
    rival = best["model"] if best["auc"] >= HALF else CHANCE
    lead = row["auc"] - max(best["auc"], HALF)
    return f"{said} The {model_name(first)} (AUC {row['auc']:.2f}) {verb} {rival} ({lead:+.2f})."


def _telling(baselines: pd.DataFrame) -> "dict[str, pd.Series[bool]]":
    """Which baselines tell the label, which cannot be judged with so few groups, and which do not."""
    tells = baselines["p"] <= CLEAR
    few = ~tells & ~(baselines["smallest_p"] <= CLEAR)
    return {"yes": tells, "few": few, "no": ~tells & ~few}


def auc_sentence(row: dict[str, Any], noun: str) -> str:
    """Give area and accuracy with their intervals."""
    interval = Interval(row["low"], row["high"], "Newcombe", row["n_groups"])
    return (
        (
            f"AUC {row['auc']:.2f} over {counted(row['n_groups'], noun)}, {interval.sentence()}; accuracy "
            f"{row['accuracy']:.0%}, Wilson {row['accuracy_low']:.0%} to {row['accuracy_high']:.0%}"
        )
        .replace("%", " %")
        .replace("95  %", "95 %")
    )


def baseline_sentence(row: dict[str, Any], positive: str, noun: str) -> str:
    """Say how far a baseline comes, against its own chance level."""
    p = PValue(row["p"], row["test"], row["n_groups"], row["smallest_p"], plural(noun), "one-sided")
    told = "tells" if row["p"] <= CLEAR else "does not clearly tell"
    chance = f"{row['null_mean']:.2f} in these sets, {row['null_low']:.2f} to {row['null_high']:.2f}"
    return (
        f"Without a pixel, {row['model']} alone {told} {positive}: {auc_sentence(row, noun)}; "
        f"{p.sentence()}; chance gives AUC {chance}."
    )


def model_sentence(row: dict[str, Any], best: dict[str, Any] | None, noun: str) -> str:
    """Say whether a model beats the best baseline, or chance where that is worse than a coin."""
    said = f"{model_name(row['model'])}: {auc_sentence(row, noun)}"
    if best is None or np.isnan(row["lead"]):
        return f"{said}; there is no baseline to hold it against."
    test = PValue(
        row["lead_p"], "sign-flip test of ranks", row["n_groups"], row["lead_smallest_p"], plural(noun)
    )
    interval = Interval(row["lead_low"], row["lead_high"], f"bootstrap over {plural(noun)}", row["n_groups"])
    beaten = is_beaten(row, best)
    words = "It beats" if beaten else "It is not shown to beat"
    rival = f"the best baseline, {best['model']}" if best["auc"] >= HALF else "chance, and no baseline does"
    why = "" if beaten else " A model that does not beat them may have learnt the layout or the density."
    return f"{said}. {words} {rival}: AUC {row['lead']:+.2f}, {interval.sentence()}; {test.sentence()}.{why}"
