"""The verdict of a batch-effect report: whether what a model tells depends on the batch."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from hcs.answer.answer import Answer, Kind, batch_answer, checks_of
from hcs.answer.basis import Basis
from hcs.answer.batch_check import HALF, batch_tests, batch_values, right_of
from hcs.answer.check import CLEAR, Check, Outcome
from hcs.answer.verdict import Verdict, cautions_of, no_verdict
from hcs.figures.theme import model_name
from hcs.statistics.pvalues import PValue
from hcs.wording import counted, listed, plural, sentence, spaced

MOST = 8
"""More batches than this are not all named in the paragraph."""
RANKED = 0.8
"""An area from which ranks are good."""
ELSEWHERE = (Outcome.FAILS, Outcome.NOT_ASKED)
"""Outcomes that are said among the cautions, or that nothing can be said of."""
MEASURES = {"accuracy": "share of calls that are right", "auc": "ROC AUC"}


def batch_verdict(basis: Basis, n_groups: int, notices: tuple[str, ...] = ()) -> Verdict:
    """Give the verdict: whether the answer holds in every batch (`hcs.answer.answer.batch_answer`).

    Parameters
    ----------
    basis
        The tables.
    n_groups
        How many groups there are.
    notices
        Sentences the reader must see beside the verdict.
    """
    checks = checks_of(basis)
    answer = batch_answer(checks)
    points = [
        *_tests(basis),
        *(checks[name].sentence for name in ("design", "baselines") if checks[name].outcome not in ELSEWHERE),
        *(_probe(basis) or _said(basis, "mixing")),
        *_variance(basis),
    ]
    sentences = (_calls(basis), _sample_size(basis.classes.noun, n_groups))
    return Verdict(
        _headline(answer, checks, basis),
        tuple(filter(None, sentences)),
        (*notices, *cautions_of(checks)),
        tuple(filter(None, points)),
        kind=answer.kind,
        checks=tuple(one for one in checks.values() if one.outcome is not Outcome.NOT_ASKED or one.sentence),
    )


def _headline(answer: Answer, checks: Mapping[str, Check], basis: Basis) -> str:
    if answer.kind is Kind.NONE:
        return no_verdict(answer, basis.classes.label, spaced(basis.classes.positive))
    said, briefs = checks["batches"].sentence, "; ".join(one.brief for one in answer.because)
    if answer.kind is Kind.NO_SIGN_RESERVED:
        return f"{said[:-1]}; but {briefs}."
    if answer.kind is not Kind.NOT_SHOWN:
        return said
    scores = checks["scores"]
    name = f"the {model_name(scores.numbers['model'])}"
    classes = f"{spaced(basis.classes.positive)} from {spaced(basis.classes.negative)}"
    right = f"{scores.numbers['right']} of {counted(scores.numbers['n_groups'], basis.classes.noun)} right"
    if answer.because[0] is scores:
        return (
            f"Not shown that {name} tells {classes} at all ({right}): there is no answer that could depend "
            f"on the {spaced(basis.batch)}."
        )
    return f"Not shown that {name} sees {classes}: it calls {right}, but {briefs}."


def _sample_size(noun: str, n_groups: int) -> str:
    n = counted(n_groups, noun)
    if noun != "well":
        return f"The sample size is {n}; wells and images of one {noun} add no evidence beyond it."
    return (
        f"The sample size is {n}, each standing for itself: if wells of a class share one line of cells, "
        "nothing here speaks for lines that were not grown."
    )


def _calls(basis: Basis) -> str:
    """Give every batch's calls."""
    rows, batch, noun = batch_values(basis), spaced(basis.batch), basis.classes.noun
    if rows.empty:
        return ""
    areas = batch_values(basis, "auc").set_index("batch")["value"]
    shown, rest = rows, ""
    if len(rows) > MOST:
        order = rows.sort_values("value", kind="stable")
        shown = pd.concat([order.head(MOST // 2), order.tail(MOST // 2)])
        rest = f", the lowest and the highest of {counted(len(rows), batch)}"
    each = "; ".join(
        f"{row['batch']} {right_of(row)} (exact 95 % interval {row['low']:.2f}–{row['high']:.2f}"
        + (f"; ROC AUC {areas[row['batch']]:.2f})" if row["batch"] in areas else ")")
        for row in shown.to_dict("records")
    )
    model = model_name(str(rows["model"].iloc[0]))
    shifted = [str(name) for name in rows["batch"][rows["low"] <= HALF] if areas.get(name, 0.0) >= RANKED]
    note = (
        f"In {listed(shifted)} {plural(noun)} are ranked well and called badly: the scores are shifted as a "
        "whole there."
    )
    said = f"{plural(noun).capitalize()} that the {model} called right, by {batch}{rest}: {each}."
    above = int((rows["low"] > HALF).sum())
    over = f"The interval lies above one half in {above} of {counted(len(rows), batch)}."
    return sentence(said, over, note if shifted else "")


def _tests(basis: Basis) -> list[str]:
    """Give the tests of homogeneity, and what the models had seen."""
    said = [
        f"Do they differ in {MEASURES.get(row['measure'], row['measure'])}? {_p(row, basis)}."
        for row in batch_tests(basis).to_dict("records")
    ]
    if len(said) > 1:
        said.append("Of two tests the smaller p counts twice (Holm).")
    return [sentence(*said, _seen(basis))] if said else []


def _seen(basis: Basis) -> str:
    """Say what the models had seen of the batch they were tested in."""
    if "held_out" not in basis.splits:
        return ""
    batch = spaced(basis.batch)
    if (basis.splits["held_out"].astype(str).str.partition("=")[0] == basis.batch).all():
        return (
            f"Every {batch} was left out: models had seen neither its wells nor the {basis.classes.noun} "
            "tested."
        )
    return (
        f"Models had seen other {basis.classes.nouns} of the same {batch}: this shows how scores vary "
        f"between {plural(batch)}, not how a model does in one it never saw."
    )


def _p(row: Mapping[Any, Any], basis: Basis, n: str = "n") -> str:
    p = PValue(row["p"], row["test"], int(row[n]), row["smallest_p"], basis.classes.nouns, "one-sided")
    return p.sentence()


def _probe(basis: Basis) -> list[str]:
    """Say whether the features tell the batch of groups that were not trained on."""
    table = basis.table("probes")
    if not {"target", "p"} <= set(table):
        return []
    rows = table[(table["target"] == basis.batch) & table["p"].notna()]
    if rows.empty:
        return []
    row = rows.iloc[0]
    tell = "tell" if row["p"] <= CLEAR else "do not clearly tell"
    between = "" if pd.isna(row["low"]) else f", 95 % interval {row['low']:.2f}–{row['high']:.2f}"
    return [
        f"The features {tell} the {spaced(basis.batch)} of {basis.classes.nouns} that were not trained on "
        f"(AUC {row['score']:.2f}{between}; {_p(row, basis, 'n_groups')})"
        + (": what a model could lean on, not that it does." if row["p"] <= CLEAR else ".")
    ]


def _variance(basis: Basis) -> list[str]:
    """Say how much of the scores' variance lies between batches, and between groups of a batch."""
    table = basis.table("variance")
    if not {"factor", "share"} <= set(table):
        return []
    shares = table.set_index("factor")["share"].dropna()
    told = [
        f"{spaced(name)} {100 * shares[name]:.0f} %"
        if shares[name]
        else f"{spaced(name)} not known (estimated at 0)"
        for name in dict.fromkeys((basis.batch, basis.classes.noun))
        if name in shares
    ]
    return [f"Shares of the variance of the scores: {listed(told)}."] if told else []


def _said(basis: Basis, name: str) -> list[str]:
    found = basis.found(name)
    return [] if found is None else [found.headline]
