"""Page one: why to believe the answer and why not, check by check, with one figure each."""

from collections.abc import Iterable

from hcs.analysis.kept import KeptAnalyses, KeptFinding
from hcs.answer.answer import GROUND
from hcs.answer.check import Check, Outcome
from hcs.answer.verdict import Verdict, named
from hcs.pages.page import PageFigure, Point, Why
from hcs.report.study.analysed import page_drawing

ANCHORS = {
    "sides": "design", "donors_apart": "design", "tied": "design", "compartments": "saliency",
    "readers": "readers",
    "eligible": "before", "as_laid_out": "before", "blinding": "before",
    "recorded_late": "before",
}  # fmt: skip
SHOWN = ("permutations", "baselines", "batches", "design")
"""Checks whose figure may stand on page one, those first that say most."""
AGAINST = (Outcome.UNDECIDED, Outcome.NOT_KNOWN)
"""Outcomes that are no reason to believe; what fails stands in the box of the answer."""


def whys(
    verdict: Verdict,
    analysed: KeptAnalyses | None,
    permuted: KeptFinding | None = None,
    *,
    always: str = "",
    answered: str = "",
) -> tuple[Why, ...]:
    """Lay out the checks: those that hold, those that do not or cannot be known, and what else was asked.

    Parameters
    ----------
    verdict
        With its checks.
    analysed, permuted
        Findings that are kept, whose figures are shown.
    always
        What speaks against any such answer.
    answered
        The check that the headline tells.
    """
    shown = [one for one in verdict.checks if named(one.name) and one.sentence and one.name != answered]
    if any(one.name == "design" for one in shown):
        # What is fully confounded is a caution; that nothing is, the design check says too.
        shown = [one for one in shown if one.name != "tied"]
    holds = [one for one in shown if one.outcome is Outcome.HOLDS]
    fails = [one for one in shown if one.outcome is Outcome.FAILS]
    unknown = [one for one in shown if one.outcome in AGAINST]
    unknown += [one for one in shown if one.outcome is Outcome.NOT_ASKED and one.name in GROUND]
    also = [one for one in shown if one.outcome is Outcome.TOLD]
    found = {} if analysed is None else dict(analysed.findings)
    found |= {} if permuted is None else {permuted.name: permuted}
    end = [f"Not checked yet: {verdict.unchecked}"] if verdict.unchecked else []
    against = [*_points(unknown, found), *(Point("", "", text) for text in (*end, always) if text)]
    return (
        Why("Why to believe it", _points(holds, found), _figure(holds, found)),
        Why("Why not", against, _figure([*fails, *unknown], found)),
        Why("Also asked", _points(also, found)),
    )


def _points(checks: Iterable[Check], found: dict[str, KeptFinding]) -> list[Point]:
    return [Point(named(one.name), _anchor(one, found), one.sentence) for one in checks]


def _anchor(check: Check, found: dict[str, KeptFinding]) -> str:
    """Give the place of a check: its finding's, or of the design the section."""
    if check.name == "design" and "design" not in found:
        return "design"
    return ANCHORS.get(check.name, f"analysis-{check.name}")


def _figure(checks: Iterable[Check], found: dict[str, KeptFinding]) -> PageFigure | None:
    """Show the figure of the check that says most and has one."""
    names = {one.name for one in checks}
    drawings = ((name, page_drawing(found[name])) for name in SHOWN if name in names and name in found)
    return next((PageFigure(svg, "") for name, svg in drawings if svg is not None), None)
