"""Checks of the scores: against chance, against permuted labels, against what needs no pixel."""

from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.batches.baseline_lead import best_baseline, is_beaten
from hcs.answer.basis import Basis
from hcs.answer.check import Check, Outcome
from hcs.figures.theme import model_name
from hcs.statistics.pvalues import ALPHA
from hcs.wording import capital, counted, listed, plural, spaced

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
    area = "" if np.isnan(result.auc) else f"; ROC AUC over {basis.classes.nouns} {result.auc:.2f}"
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
    best, model = best_baseline(rows), _model_row(rows, basis.models)
    if best is None:
        return Check(name, Outcome.UNDECIDED, "No baseline without images could be made.", name)
    known = rows[(rows["kind"] == "baseline") & rows["p"].notna()]
    telling = known[known["p"] <= ALPHA]
    numbers = {"best": best["model"], "auc": best["auc"], "p": best["p"], "telling": list(telling["model"])}
    beaten = as_good = False
    if model is not None:
        beaten = is_beaten(model, best)
        numbers |= {"model": model["model"], "model_auc": model["auc"], "lead_p": model["lead_p"]}
        as_good = bool(len(telling) and telling["auc"].max() >= model["auc"])
    numbers |= {"beaten": beaten, "as_good": as_good}
    weak = bool((known["smallest_p"] > ALPHA).any())
    outcome = Outcome.HOLDS if beaten or (model is None and not weak) else Outcome.UNDECIDED
    brief, positive = "", spaced(basis.classes.positive)
    if len(telling):
        first = telling.loc[telling["auc"].astype(float).idxmax()]
        alone = f"{first['model']} alone tells {positive} (AUC {first['auc']:.2f})"
        if not beaten:
            outcome, brief = Outcome.FAILS, alone
    elif weak:
        alone = f"whether {listed(known['model'])} alone tells {positive} cannot be known with so few "
        alone += basis.classes.nouns
    else:
        alone = f"{listed(known['model'])} alone {_does(known)} clearly tell {positive}"
        alone += f" (AUC at most {best['auc']:.2f})"
    said = capital(alone)
    if model is not None:
        verb = "does better" if beaten else "is not shown to do better"
        rest = f"the {model_name(model['model'])} (AUC {model['auc']:.2f}) {verb}"
        said = f"{said}; {rest}"
    return Check(name, outcome, f"{said}.", name, numbers, brief)


def _does(rows: pd.DataFrame) -> str:
    """Verb of so many things."""
    return "does not" if len(rows) == 1 else "do not"


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
        said = f"The labels of these {basis.classes.nouns} cannot be permuted: nothing to compare with."
        return Check(name, Outcome.UNDECIDED, said, name)
    # The level of the groups stands first: tiles of one group are not independent.
    row = tests.iloc[0]
    p, least, n = float(row["p"]), float(row["smallest_p"]), int(row["n_permutations"])
    numbers = {"p": p, "smallest_p": least, "n_permutations": n, "observed": float(row["observed"])}
    numbers |= {"null_mean": float(row["null_mean"]), "null_high": float(row["null_high"])}
    times = counted(n, "permutation")
    values = f"AUC {row['observed']:.2f}, with labels permuted at most {row['null_high']:.2f} ({times}"
    if p <= ALPHA:
        said = f"The scores beat those under permuted labels: {values}; p = {p:.2g})."
        return Check(name, Outcome.HOLDS, said, name, numbers)
    if p <= least * FLOOR:
        said = (
            f"Cannot be known with {times} whether permuted labels do as well: {values.rpartition(' (')[0]}."
        )
        return Check(name, Outcome.UNDECIDED, said, name, numbers)
    said = f"The scores do not beat those under permuted labels: {values}; p = {p:.2g})."
    return Check(name, Outcome.FAILS, said, name, numbers, "with labels permuted the same study does as well")


def quoted(basis: Basis, name: str) -> Check:
    """Quote an analysis that does not change the answer; or say why it was not made."""
    found = basis.found(name)
    if found is not None:
        return Check(name, Outcome.TOLD, found.headline, name)
    return Check(name, Outcome.NOT_ASKED, basis.why_not(name), name)
