"""The verdict of a batch-effect report: whether what a model tells depends on the batch."""

from collections.abc import Mapping

from hcs.answer.answer import Answer, Kind, batch_answer, checks_of
from hcs.answer.basis import Basis
from hcs.answer.batch_check import HALF, batch_values
from hcs.answer.check import Check, Outcome
from hcs.answer.verdict import Verdict, cautions_of, no_verdict
from hcs.figures.theme import model_name
from hcs.wording import counted, listed, plural, sentence, spaced

RANKED = 0.8
"""An area from which a ranking is good."""


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
    sentences = (_calls(basis), _seen(basis), _sample_size(basis.classes.noun, n_groups))
    return Verdict(
        _headline(answer, checks, basis),
        tuple(filter(None, sentences)),
        (*notices, *cautions_of(checks)),
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
        return f"The sample size is {n}, not wells or images."
    return (
        f"The sample size is {n}: if wells of a class share one line of cells, nothing here speaks for other "
        "lines."
    )


def _calls(basis: Basis) -> str:
    """Count the batches with calls better than a coin's, and name those whose scores are shifted."""
    rows, noun = batch_values(basis), basis.classes.noun
    if rows.empty:
        return ""
    areas = batch_values(basis, "auc").set_index("batch")["value"]
    shifted = [str(name) for name in rows["batch"][rows["low"] <= HALF] if areas.get(name, 0.0) >= RANKED]
    note = (
        f"In {listed(shifted)} {plural(noun)} are ranked well and called badly: all scores are shifted there."
    )
    above = int((rows["low"] > HALF).sum())
    over = (
        f"The 95 % interval of the share called right is above one half in {above} of "
        f"{counted(len(rows), spaced(basis.batch))}."
    )
    return sentence(over, note if shifted else "")


def _seen(basis: Basis) -> str:
    """Say what the models had seen of the batch they were tested in."""
    if "held_out" not in basis.splits or batch_values(basis).empty:
        return ""
    batch = spaced(basis.batch)
    if basis.splits["held_out"].astype(str).str.startswith(f"{basis.batch}=").all():
        return (
            f"Every {batch} was held out: models had seen neither its wells nor the {basis.classes.noun} "
            "tested."
        )
    return (
        f"No {batch} was held out: models were trained on other {basis.classes.nouns} of it, so how a model "
        "does in a new one is not known."
    )
