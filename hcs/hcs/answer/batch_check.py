"""Whether the answer holds in every batch, from the calls of each and the tests that they are alike."""

from typing import Any

import pandas as pd

from hcs.analysis.batches.homogeneity import WORDS, differences
from hcs.answer.basis import Basis
from hcs.answer.check import Check, Outcome
from hcs.figures.theme import model_name
from hcs.statistics.pvalues import adjust_pvalues
from hcs.wording import counted, plural, spaced

HALF = 0.5
METHODS = {"accuracy": "exact", "auc": "newcombe"}
"""Interval that is quoted of each measure."""


def batch_values(basis: Basis, measure: str = "accuracy") -> pd.DataFrame:
    """Rows of a measure over groups of the first model, one per batch that has a value."""
    table = basis.table("batches")
    if not {"model", "batch", "level", "measure", "method", "value", "n", "n_right", "low"} <= set(table):
        return pd.DataFrame(columns=["model", "batch", "n", "n_right", "value", "low", "high"])
    chosen = (table["level"] == basis.classes.noun) & (table["measure"] == measure)
    chosen &= (table["method"] == METHODS[measure]) & table["value"].notna()
    return table[chosen & (table["model"] == _model(basis))].reset_index(drop=True)


def batch_tests(basis: Basis) -> pd.DataFrame:
    """Choose the first model's tests of homogeneity that have a p, with Holm's correction."""
    table = basis.table("batches", "tests")
    if not {"model", "measure", "p", "smallest_p"} <= set(table):
        return pd.DataFrame(columns=["model", "measure", "p", "smallest_p", "p_holm"])
    mine = table[(table["model"] == _model(basis)) & table["p"].notna()].reset_index(drop=True)
    return mine.assign(p_holm=adjust_pvalues(mine["p"].to_numpy(dtype=float), "holm"))


def _model(basis: Basis) -> str:
    """Name the model that the verdict is about, or the table's first."""
    there = list(dict.fromkeys(basis.table("batches")["model"]))
    return next((model for model in basis.models if model in there), there[0] if there else "")


def batches_check(basis: Basis) -> Check:
    """Whether calls or ranks differ between batches; undecided where a test could not have found it."""
    name, rows, batch = "batches", batch_values(basis), spaced(basis.batch)
    if len(rows) < 2:
        why = basis.why_not(name)
        known = basis.found(name) is not None
        said = why or (f"There are not two {plural(batch)} with scores." if known else "")
        return Check(name, Outcome.NOT_KNOWN if known else Outcome.NOT_ASKED, said, name)
    tests = batch_tests(basis).set_index("measure")
    held = differences({one: batch_values(basis, one)["value"].tolist() for one in METHODS}, tests)
    calls = f"the {model_name(_model(basis))} calls {_ends(rows, batch, basis.classes.noun)}"
    numbers: dict[str, Any] = {
        "n_batches": len(rows), "n_above": int((rows["low"] > HALF).sum()),
        "lowest": float(rows["value"].min()), "highest": float(rows["value"].max()), **held,
    }  # fmt: skip
    for measure, row in tests.iterrows():
        numbers |= {f"{measure}_p": float(row["p"]), f"{measure}_smallest_p": float(row["smallest_p"])}
    if held["differ"]:
        of = _of(held)
        said = f"The answer depends on the {batch}{of}: {calls}."
        return Check(name, Outcome.FAILS, said, name, numbers, f"it depends on the {batch}{of}")
    if held["undecided"]:
        few = counted(int(rows["n"].max()), basis.classes.noun)
        if "unit" in tests and len(tests):
            few = counted(int(tests["n"].iloc[0]), str(tests["unit"].iloc[0]))
        rest = f"; its {WORDS[held['alike'][0]]} shows no sign of it" if held["alike"] else ""
        said = f"Cannot be known with {few} whether the answer depends on the {batch}: {calls}{rest}."
        return Check(name, Outcome.UNDECIDED, said, name, numbers)
    said = f"No sign that the answer depends on the {batch}: {calls}."
    return Check(name, Outcome.HOLDS, said, name, numbers)


def _of(held: dict[str, list[str]]) -> str:
    """Say whether calls or ranking differ, where the other does not."""
    if len(held["differ"]) > 1 or not held["alike"]:
        return ""
    (differ,) = held["differ"]
    return f" in its {WORDS[differ]} alone"


def _ends(rows: pd.DataFrame, batch: str, noun: str) -> str:
    """Give the lowest and the highest share of right calls, or the one there is."""
    worst, best = (rows.loc[row] for row in (rows["value"].idxmin(), rows["value"].idxmax()))
    if worst["value"] < best["value"]:
        return (
            f"{right_of(worst)} {plural(noun, int(worst['n']))} right in {worst['batch']} and "
            f"{right_of(best)} in {best['batch']}"
        )
    share = "all" if worst["value"] == 1 else f"{100 * worst['value']:.0f} % of"
    return f"{share} {plural(noun)} right in every {batch}"


def right_of(row: "pd.Series[Any] | dict[str, Any]") -> str:
    """Write how many of how many are right."""
    return f"{row['n_right']:.0f} of {row['n']:.0f}"
