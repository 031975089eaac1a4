"""Checks of the scores: against chance, against permuted labels, against what needs no pixel."""

from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.batches.baseline_lead import baseline_headline, best_baseline, is_beaten
from hcs.answer.basis import Basis
from hcs.answer.check import CLEAR, Check, Outcome
from hcs.figures.theme import model_name
from hcs.wording import plural, spaced

FLOOR = 1 + 1e-9


def scores_check(basis: Basis) -> Check:
    """Whether the first model's calls over groups are better than chance; numbers also hold its ranks."""
    name, table, result = "scores", "groups", basis.result
    positive, negative = spaced(basis.classes.positive), spaced(basis.classes.negative)
    if result is None:
        said = (
            f"There is no {basis.classes.noun}-level score of {positive} against {negative}, so nothing can "
            f"be said of {basis.classes.nouns} the models have not seen; tile-level numbers alone are not "
            "shown."
        )
        return Check(name, Outcome.NOT_KNOWN, said, table)
    if min(result.n_positive, result.n_negative) == 0:
        there = positive if result.n_positive else negative
        said = f"Every scored {basis.classes.noun} is {there}, so there is nothing to tell apart."
        return Check(name, Outcome.NOT_KNOWN, said, table, {"n_groups": result.n_groups})
    numbers = {
        "model": result.model, "right": result.right, "n_groups": result.n_groups, "low": result.low,
        "high": result.high, "chance": result.chance, "auc": result.auc, "auc_low": result.auc_low,
    }  # fmt: skip
    model = model_name(result.model)
    area = "" if np.isnan(result.auc) else f"; {basis.classes.noun}-level ROC AUC {result.auc:.2f}"
    said = (
        f"The {model} called {result.right} of {result.n_groups} "
        f"{plural(basis.classes.noun, result.n_groups)} right ({result.accuracy:.2f}; 95 % interval "
        f"{result.low:.2f}–{result.high:.2f}){area}."
    )
    outcome = Outcome.UNDECIDED
    if result.low > result.chance:
        outcome = Outcome.HOLDS
    elif result.high < result.chance:
        outcome = Outcome.FAILS
    return Check(name, outcome, said, table, numbers)


def baselines_check(basis: Basis) -> Check:
    """Whether plate metadata or cell count alone tell the label as well as the model does."""
    name, rows = "baselines", basis.table("baselines")
    if not {"model", "kind", "auc", "p", "smallest_p"} <= set(rows):
        return Check(name, Outcome.NOT_ASKED, basis.why_not(name), name)
    said = baseline_headline(rows, spaced(basis.classes.positive), basis.classes.noun, basis.models)
    best, model = best_baseline(rows), _model_row(rows, basis.models)
    if best is None:
        return Check(name, Outcome.UNDECIDED, said, name)
    known = rows[(rows["kind"] == "baseline") & rows["p"].notna()]
    telling = known[known["p"] <= CLEAR]
    numbers = {"best": best["model"], "auc": best["auc"], "p": best["p"], "telling": list(telling["model"])}
    beaten = as_good = False
    if model is not None:
        beaten = is_beaten(model, best)
        numbers |= {"model": model["model"], "model_auc": model["auc"], "lead_p": model["lead_p"]}
        as_good = bool(len(telling) and telling["auc"].max() >= model["auc"])
    numbers |= {"beaten": beaten, "as_good": as_good}
    if len(telling) and not beaten:
        first = telling.loc[telling["auc"].astype(float).idxmax()]
        brief = f"{first['model']} alone tells them apart too (AUC {first['auc']:.2f})"
        if model is not None:
            brief += f", and the {model_name(model['model'])} is not shown to do better"
        return Check(name, Outcome.FAILS, said, name, numbers, brief)
    weak = bool((known["smallest_p"] > CLEAR).any())
    outcome = Outcome.HOLDS if beaten or not weak else Outcome.UNDECIDED
    return Check(name, outcome, said, name, numbers)


def _model_row(rows: pd.DataFrame, models: tuple[str, ...]) -> dict[str, Any] | None:
    """Row of the first model that the verdict is about and that stands beside the baselines."""
    mine = rows[(rows["kind"] == "model") & rows["auc"].notna()].set_index("model", drop=False)
    first = next((model for model in models if model in mine.index), None)
    return None if first is None else dict(mine.loc[first])


def permutations_check(basis: Basis) -> Check:
    """Whether the scores beat those under permuted labels, sets and heads anew."""
    name, found = "permutations", basis.permuted
    tests = pd.DataFrame() if found is None else found.tables.get("permutations_tests", pd.DataFrame())
    if not {"score", "p", "smallest_p"} <= set(tests):
        return Check(name, Outcome.NOT_ASKED, "", name)
    tests = tests[tests["p"].notna()]
    if tests.empty:
        said = (
            f"There is no other arrangement of the labels over these {basis.classes.nouns} to hold the "
            "scores to."
        )
        return Check(name, Outcome.UNDECIDED, said, name)
    # The level of the groups stands first: tiles of one group are not independent.
    row = tests.iloc[0]
    p, least, n = float(row["p"]), float(row["smallest_p"]), int(row["n_permutations"])
    numbers = {"p": p, "smallest_p": least, "n_permutations": n, "observed": float(row["observed"])}
    numbers |= {"null_mean": float(row["null_mean"]), "null_high": float(row["null_high"])}
    values = (
        f"mean ROC AUC over {basis.classes.nouns} of a set {row['observed']:.2f}, against "
        f"{row['null_mean']:.2f} (at most {row['null_high']:.2f}) with labels permuted, sets dealt and heads "
        f"trained anew {n} times; p = {p:.2g}, smallest possible {least:.2g}"
    )
    if p <= CLEAR:
        return Check(
            name, Outcome.HOLDS, f"The scores beat those of permuted labels: {values}.", name, numbers
        )
    if p <= least * FLOOR:
        said = f"Undecided: no permutation came near, but with so few no p could be 0.05 or less: {values}."
        return Check(name, Outcome.UNDECIDED, said, name, numbers)
    said = f"The scores do not beat those of permuted labels: {values}."
    return Check(name, Outcome.FAILS, said, name, numbers, "with labels permuted the same study does as well")


def quoted(basis: Basis, name: str) -> Check:
    """Quote an analysis that does not change the answer; or say why it was not made."""
    found = basis.found(name)
    if found is not None:
        return Check(name, Outcome.TOLD, found.headline, name)
    return Check(name, Outcome.NOT_ASKED, basis.why_not(name), name)
