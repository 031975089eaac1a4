"""What speaks for and against the verdict, one sentence each, with the place where it is shown."""

from dataclasses import dataclass

from hcs.kept import KeptAnalyses
from hcs.report.analysed import TITLES
from hcs.report.batchverdict import batch_verdict
from hcs.report.facts import StudyFacts

CHECKED = ("design", "baselines", "batches", "probes", "passages", "covariates")
"""Analyses that are named beside the verdict."""

LOOKS = "Where the network looks"


@dataclass(frozen=True)
class Checked:
    """One check.

    Parameters
    ----------
    title
        What was asked.
    anchor
        Where on the page it stands.
    sentence
        What was found, or why it could not be asked.
    """

    title: str
    anchor: str
    sentence: str


def checked(facts: StudyFacts) -> list[Checked]:
    """Gather the checks that were made; empty where the study was neither analysed nor explained."""
    found = []
    if facts.analysed is not None:
        for name in CHECKED:
            said = _said(name, facts, facts.analysed)
            if said:
                found.append(Checked(TITLES[name], f"analysis-{name}", said))
    if facts.explained is not None:
        looks = facts.explained.findings.get("compartments")
        if looks is not None:
            found.append(Checked(LOOKS, "saliency", looks.headline()))
    return found


def _said(name: str, facts: StudyFacts, analysed: KeptAnalyses) -> str:
    """Headline of an analysis; of batches the verdict that their own report would give."""
    if name in analysed.left_out:
        return f"Not asked: {analysed.left_out[name]}"
    if name not in analysed.findings:
        return ""
    if name != "batches":
        return analysed.findings[name].headline
    n = facts.class_groups["group"].nunique() if len(facts.class_groups) else 0
    batch = str(analysed.asked.get("batch", "batch"))
    return batch_verdict(analysed, batch, facts.label, facts.noun, n).headline
