"""The answer that follows from the checks: decided from their outcomes and numbers, never from words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hcs.analysis.registry import ANALYSES
from hcs.answer.basis import Basis
from hcs.answer.batch_check import batches_check
from hcs.answer.check import Check, Outcome
from hcs.answer.design_checks import design_check, donors_check, sides_check, tied_check
from hcs.answer.score_checks import baselines_check, permutations_check, quoted, scores_check

HALF = 0.5
GROUND = ("tied", "sides", "donors_apart")
"""Checks without which no score says anything: all must be known, and hold."""
RESERVATIONS = ("baselines", "design", "batches")
"""Checks that qualify an answer where they fail."""


class Kind(StrEnum):
    """Kind of an answer."""

    YES = "yes"
    RESERVED = "yes, with reservations"
    NOT_SHOWN = "not shown"
    NO = "no"
    NONE = "no verdict"
    DEPENDS = "depends"
    UNDECIDED = "undecided"
    NO_SIGN = "no sign"
    NO_SIGN_RESERVED = "no sign, with reservations"


@dataclass(frozen=True)
class Answer:
    """An answer and what it rests on.

    Parameters
    ----------
    kind
        Of the answer.
    because
        The checks that decide it: those that forbid or qualify a yes; none for a plain one.
    """

    kind: Kind
    because: tuple[Check, ...] = ()


def checks_of(basis: Basis) -> dict[str, Check]:
    """Make every check of a claim, by name, in the order they are told."""
    made = (
        scores_check(basis),
        sides_check(basis),
        donors_check(basis),
        tied_check(basis),
        design_check(basis),
        permutations_check(basis),
        baselines_check(basis),
        batches_check(basis),
    )
    checks = {check.name: check for check in made}
    told = [name for name, row in ANALYSES.items() if row.checked and name not in checks]
    return checks | {name: quoted(basis, name) for name in told}


def study_answer(checks: Mapping[str, Check]) -> Answer:
    """Answer whether a model tells the classes apart in groups that it was not trained on."""
    scores = checks["scores"]
    if scores.outcome is Outcome.NOT_KNOWN:
        return Answer(Kind.NONE, (scores,))
    if failed := _with(checks, GROUND, Outcome.FAILS):
        return Answer(Kind.NONE, failed)
    if scores.outcome is Outcome.FAILS:
        return Answer(Kind.NO, (scores,))
    if scores.outcome is not Outcome.HOLDS:
        return Answer(Kind.NOT_SHOWN, (scores,))
    if unknown := _with(checks, GROUND, Outcome.NOT_KNOWN):
        return Answer(Kind.NONE, unknown)
    if beaten := _beaten(checks):
        return Answer(Kind.NOT_SHOWN, beaten)
    reserved = _with(checks, RESERVATIONS, Outcome.FAILS)
    return Answer(Kind.RESERVED if reserved else Kind.YES, reserved)


def batch_answer(checks: Mapping[str, Check]) -> Answer:
    """Answer whether what a model tells depends on the batch."""
    batches, scores = checks["batches"], checks["scores"]
    if failed := _with(checks, GROUND, Outcome.FAILS):
        return Answer(Kind.NONE, failed)
    if batches.outcome in (Outcome.NOT_KNOWN, Outcome.NOT_ASKED):
        return Answer(Kind.NONE, (batches,))
    if unknown := (*_with(checks, ("scores", *GROUND), Outcome.NOT_KNOWN),):
        return Answer(Kind.NONE, unknown)
    if not _learnt(scores) and not batches.numbers["n_above"]:
        return Answer(Kind.NOT_SHOWN, (scores,))
    if batches.outcome is Outcome.FAILS:
        return Answer(Kind.DEPENDS, (batches,))
    if beaten := _beaten(checks):
        return Answer(Kind.NOT_SHOWN, beaten)
    if batches.outcome is Outcome.UNDECIDED:
        return Answer(Kind.UNDECIDED, (batches,))
    reserved = _with(checks, ("baselines", "design"), Outcome.FAILS)
    return Answer(Kind.NO_SIGN_RESERVED if reserved else Kind.NO_SIGN, reserved)


def _with(checks: Mapping[str, Check], names: tuple[str, ...], outcome: Outcome) -> tuple[Check, ...]:
    """Choose the checks of these names that came out so."""
    return tuple(checks[name] for name in names if checks[name].outcome is outcome)


def _beaten(checks: Mapping[str, Check]) -> tuple[Check, ...]:
    """Choose the checks that show a score to be worth nothing: permuted labels or no pixel do as well."""
    found = _with(checks, ("permutations", "baselines"), Outcome.FAILS)
    return tuple(one for one in found if one.name == "permutations" or one.numbers["as_good"])


def _learnt(scores: Check) -> bool:
    """Whether calls or ranks over all groups are better than chance."""
    return scores.outcome is Outcome.HOLDS or bool(scores.numbers["auc_low"] > HALF)
