"""What was checked beside the answer, with the place where it is shown."""

from dataclasses import dataclass

from hcs.analysis.kept import KeptAnalyses
from hcs.answer.check import Check, Outcome
from hcs.answer.verdict import Verdict, named

ANCHORS = {"sides": "design", "donors_apart": "design", "tied": "design", "compartments": "saliency"}
WORDS = {Outcome.FAILS: "against it", Outcome.UNDECIDED: "undecided", Outcome.NOT_KNOWN: "not known"}


@dataclass(frozen=True)
class Checked:
    """One check as the page names it.

    Parameters
    ----------
    title
        What was asked.
    anchor
        Where on the page it stands.
    sentence
        What was found, or why it could not be asked.
    word
        How it came out, where that is no plain yes.
    """

    title: str
    anchor: str
    sentence: str
    word: str = ""


def checked(verdict: Verdict, analysed: KeptAnalyses | None) -> list[Checked]:
    """Lay out the checks that were made, and those that could not be, with the reason."""
    return [
        Checked(named(one.name), _anchor(one, analysed), _sentence(one), WORDS.get(one.outcome, ""))
        for one in verdict.checks
        if named(one.name) and one.sentence
    ]


def _anchor(check: Check, analysed: KeptAnalyses | None) -> str:
    """Give the place of a check: its finding's, or of the design the section."""
    if check.name == "design" and (analysed is None or "design" not in analysed.findings):
        return "design"
    return ANCHORS.get(check.name, f"analysis-{check.name}")


def _sentence(check: Check) -> str:
    analysis = check.name not in ANCHORS
    return (
        f"Not asked: {check.sentence}" if analysis and check.outcome is Outcome.NOT_ASKED else check.sentence
    )
