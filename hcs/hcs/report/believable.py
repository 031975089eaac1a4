"""What was checked beside the answer, with the place where it is shown, and what nobody asked."""

from dataclasses import dataclass

from hcs.kept import ANALYSE, PERMUTE, KeptAnalyses
from hcs.report.analysed import TITLES
from hcs.report.verdict import Verdict
from hcs.verdict.check import Check, Outcome
from hcs.wording import listed

NAMED = {
    "sides": "Both sides of a set",
    "donors_apart": "Donors",
    "tied": "What is one with the label",
    "compartments": "Where the network looks",
} | {
    name: TITLES[name]
    for name in ("design", "permutations", "baselines", "batches", "probes", "passages", "covariates")
}
"""Titles of the checks beside the answer."""
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
        Checked(NAMED[one.name], _anchor(one, analysed), _sentence(one), WORDS.get(one.outcome, ""))
        for one in verdict.checks
        if one.name in NAMED and one.sentence
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


def unchecked(verdict: Verdict) -> list[str]:
    """Name what nobody asked, and the command that asks it."""
    names = [
        one.name
        for one in verdict.checks
        if one.name in NAMED and one.outcome is Outcome.NOT_ASKED and not one.sentence
    ]
    analyses = [NAMED[name].lower() for name in names if name != "permutations"]
    said = []
    if analyses:
        said.append(f"{listed(analyses, len(analyses))}. {ANALYSE.strip('`')} on the results asks all of it.")
    if "permutations" in names:
        said.append(
            f"what the same study finds with labels permuted. {PERMUTE.strip('`')} on the results asks it."
        )
    return said
