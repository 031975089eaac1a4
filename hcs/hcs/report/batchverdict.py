"""The verdict of a batch-effect report, worded from the tables of its analyses."""

from typing import Any

import pandas as pd

from hcs.figures.theme import model_name
from hcs.kept import KeptAnalyses
from hcs.report.verdict import Verdict
from hcs.statistics.pvalues import PValue
from hcs.wording import counted, listed, plural, sentence, spaced

CLEAR = 0.05
MOST = 8
"""More batches than this are not all named in the paragraph."""
HALF, RANKED = 0.5, 0.8
"""Calls no better than a coin's; an area from which ranks are good."""
MEASURES = {"accuracy": "share of calls that are right", "auc": "ROC AUC"}


def batch_verdict(analysed: KeptAnalyses, batch: str, label: str, noun: str, n_groups: int) -> Verdict:
    """Word the verdict: whether the answer holds in every batch, and whether batches can be seen otherwise.

    Parameters
    ----------
    analysed
        The analyses.
    batch, label
        Columns of the wells table.
    noun
        What n counts.
    n_groups
        How many.
    """
    tied = _tied(analysed, batch)
    sentences = [_calls(analysed, batch, noun), _sample_size(noun, n_groups)]
    points = [
        *_by_batch(analysed, noun),
        *_said(analysed, "design"),
        *_baseline(analysed),
        *(_probe(analysed, batch, noun) or _said(analysed, "mixing")),
        *_variance(analysed, batch, noun),
    ]
    cautions = []
    if tied:
        cautions.append(
            f"{spaced(label).capitalize()} and {spaced(batch)} are the same thing here: no score can tell "
            "one from the other, and no correction can keep one and take away the other."
        )
    headline = _headline(analysed, batch, label, noun, tied)
    return Verdict(headline, tuple(filter(None, sentences)), tuple(cautions), tuple(points))


def _sample_size(noun: str, n_groups: int) -> str:
    n = counted(n_groups, noun)
    if noun != "well":
        return f"The sample size is {n}; wells and images of one {noun} add no evidence beyond it."
    return (
        f"The sample size is {n}, each standing for itself: if wells of a class share one line of cells, "
        "nothing here speaks for lines that were not grown."
    )


def _headline(analysed: KeptAnalyses, batch: str, label: str, noun: str, tied: bool) -> str:
    name, names = spaced(batch), plural(spaced(batch))
    if tied:
        return f"No verdict: {spaced(label)} and {name} are the same thing here."
    rows = _values(analysed, noun)
    tests = _tests(analysed)
    if rows.empty or rows["batch"].nunique() < 2:
        why = analysed.left_out.get("batches", f"there are not two {names} with scores")
        return f"No verdict: {why[:1].lower()}{why[1:].rstrip('.')}."
    calls = f"the {model_name(str(rows['model'].iloc[0]))} calls {_ends(rows, batch, noun)}"
    if tests.empty and rows["value"].nunique() > 1:
        return f"Undecided: whether the answer depends on the {name} cannot be tested; {calls}."
    if tests.empty:
        return f"No sign that the answer depends on the {name}: {calls}, so there is no difference to test."
    # Holm's first step: the smaller of two p-values counts twice.
    if tests["p"].min() * len(tests) <= CLEAR:
        return f"The answer depends on the {name}: {calls}."
    if tests["smallest_p"].min() * len(tests) > CLEAR:
        return (
            f"Undecided: {calls}; with so few {plural(noun)} no difference between {names} could have had "
            f"a p of {CLEAR:g} or less."
        )
    return f"No sign that the answer depends on the {name}: {calls}."


def _ends(rows: pd.DataFrame, batch: str, noun: str) -> str:
    """Give the lowest and the highest share of right calls, or the one there is."""
    worst, best = (rows.loc[row] for row in (rows["value"].idxmin(), rows["value"].idxmax()))
    if worst["value"] < best["value"]:
        return (
            f"{_right(worst)} {plural(noun, int(worst['n']))} right in {worst['batch']} and {_right(best)} "
            f"in {best['batch']}"
        )
    share = "all" if worst["value"] == 1 else f"{100 * worst['value']:.0f} % of"
    return f"{share} {plural(noun)} right in every {spaced(batch)}"


def _right(row: "pd.Series[Any]") -> str:
    return f"{row['n_right']:.0f} of {row['n']:.0f}"


def _tied(analysed: KeptAnalyses, batch: str) -> bool:
    found = analysed.findings.get("design")
    if found is None:
        return False
    rows = found.table[found.table["column"] == batch]
    return bool(len(rows) and rows["tied"].iloc[0])


def _values(
    analysed: KeptAnalyses, noun: str, measure: str = "accuracy", method: str = "exact"
) -> pd.DataFrame:
    """Take a measure over groups of the first model in every batch."""
    found = analysed.findings.get("batches")
    if found is None or found.table.empty:
        return pd.DataFrame(columns=["model", "batch", "n", "n_right", "value"])
    table = found.table
    first = table[table["model"] == table["model"].iloc[0]]
    chosen = (first["level"] == noun) & (first["measure"] == measure) & (first["method"] == method)
    return first[chosen & first["value"].notna()]


def _tests(analysed: KeptAnalyses) -> pd.DataFrame:
    """Take the first model's tests of homogeneity that have a p."""
    found = analysed.findings.get("batches")
    table = pd.DataFrame() if found is None else found.tables.get("batches_tests", pd.DataFrame())
    if table.empty or found is None:
        return pd.DataFrame(columns=["p", "smallest_p"])
    return table[(table["model"] == found.table["model"].iloc[0]) & table["p"].notna()]


def _calls(analysed: KeptAnalyses, batch: str, noun: str) -> str:
    """Give every batch's calls."""
    rows = _values(analysed, noun)
    if rows.empty:
        return ""
    areas = _values(analysed, noun, "auc", "newcombe").set_index("batch")["value"]
    shown, rest = rows, ""
    if len(rows) > MOST:
        order = rows.sort_values("value", kind="stable")
        shown = pd.concat([order.head(MOST // 2), order.tail(MOST // 2)])
        rest = f", the lowest and the highest of {counted(len(rows), spaced(batch))}"
    each = "; ".join(
        f"{row['batch']} {_right(row)} (exact 95 % interval {row['low']:.2f}–{row['high']:.2f}"
        + (f"; ROC AUC {areas[row['batch']]:.2f})" if row["batch"] in areas else ")")
        for row in shown.to_dict("records")
    )
    model = model_name(str(rows["model"].iloc[0]))
    shifted = [str(name) for name in rows["batch"][rows["low"] <= HALF] if areas.get(name, 0.0) >= RANKED]
    note = (
        f"In {listed(shifted)} {plural(noun)} are ranked well and called badly: the scores are shifted as a "
        "whole there."
    )
    said = f"{plural(noun).capitalize()} that the {model} called right, by {spaced(batch)}{rest}: {each}."
    above = int((rows["low"] > HALF).sum())
    over = f"The interval lies above one half in {above} of {counted(len(rows), spaced(batch))}."
    return sentence(said, over, note if shifted else "")


def _baseline(analysed: KeptAnalyses) -> list[str]:
    """Say what the layout tells, where it tells the label at all."""
    found = analysed.findings.get("baselines")
    if found is None:
        return []
    rows = found.table[found.table["kind"] == "baseline"]
    return [found.headline] if (rows["p"] <= CLEAR).any() else []


def _by_batch(analysed: KeptAnalyses, noun: str) -> list[str]:
    """Give the tests of homogeneity, and what the models had seen."""
    said = []
    for row in _tests(analysed).to_dict("records"):
        p = PValue(row["p"], row["test"], int(row["n"]), row["smallest_p"], plural(noun), "one-sided")
        said.append(f"Do they differ in {MEASURES.get(row['measure'], row['measure'])}? {p.sentence()}.")
    if len(said) > 1:
        said.append("Of two tests the smaller p counts twice (Holm).")
    found = analysed.findings.get("batches")
    if found is None:
        return []
    # What cannot be tested is said of every model; here of the first.
    others = tuple(f"{model_name(name)}: " for name in found.table["model"].unique()[1:])
    told = sentence(*said, *(text for text in found.caveats if not text.startswith(others)))
    return [told] if told else []


def _probe(analysed: KeptAnalyses, batch: str, noun: str) -> list[str]:
    """Say whether the features tell the batch of groups that were not trained on."""
    found = analysed.findings.get("probes")
    if found is None:
        return []
    rows = found.table[(found.table["target"] == batch) & found.table["p"].notna()]
    if rows.empty:
        return []
    row = rows.iloc[0]
    p = PValue(row["p"], row["test"], int(row["n_groups"]), row["smallest_p"], plural(noun), "one-sided")
    tell = "tell" if row["p"] <= CLEAR else "do not clearly tell"
    between = "" if pd.isna(row["low"]) else f", 95 % interval {row['low']:.2f}–{row['high']:.2f}"
    return [
        f"The features {tell} the {spaced(batch)} of {plural(noun)} that were not trained on (AUC "
        f"{row['score']:.2f}{between}; {p.sentence()})"
        + (": what a model could lean on, not that it does." if row["p"] <= CLEAR else ".")
    ]


def _variance(analysed: KeptAnalyses, batch: str, noun: str) -> list[str]:
    """Say how much of the scores' variance lies between batches, and between groups of a batch."""
    found = analysed.findings.get("variance")
    if found is None:
        return []
    shares = found.table.set_index("factor")["share"].dropna()
    told = [
        f"{spaced(name)} {100 * shares[name]:.0f} %"
        for name in dict.fromkeys((batch, noun))
        if name in shares
    ]
    return [f"Shares of the variance of the scores: {listed(told)}."] if told else []


def _said(analysed: KeptAnalyses, name: str) -> list[str]:
    return [analysed.findings[name].headline] if name in analysed.findings else []
