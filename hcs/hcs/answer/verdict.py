"""The verdict in plain words: group-level numbers first, and never a tile-level number alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hcs.analysis.kept import ANALYSE, PERMUTE
from hcs.analysis.registry import ANALYSES
from hcs.answer.answer import GROUND, Answer, Kind, checks_of, study_answer
from hcs.answer.basis import Basis
from hcs.answer.check import Check, Outcome
from hcs.answer.dealt_sets import one_sided_plates
from hcs.answer.facts import StudyFacts
from hcs.answer.result import GroupResult
from hcs.classifiers.registry import fed
from hcs.display import preview
from hcs.figures.theme import model_name
from hcs.wording import counted, listed, plural, spaced

APART = {
    "sides": "Training and test apart",
    "donors_apart": "Donors apart",
    "tied": "Full confounding",
    "design": "Confounding",
    "baselines": "Without images",
    "eligible": "Eligibility",
    "as_laid_out": "Layout",
    "blinding": "Blinding",
    "recorded_late": "Settled beforehand",
    "compartments": "Where the network looks",
    "permutations": "Permuted labels",
    "readers": "Human readers",
}
"""Titles of the checks beside the answer that are no analyses of their own."""


def named(check: str) -> str:
    """Title of a check as it stands beside the answer; empty for one that is part of the answer itself."""
    row = ANALYSES.get(check)
    return APART.get(check, row.title if row is not None and row.checked else "")


@dataclass(frozen=True, repr=False)
class Verdict:
    """What the study says.

    Parameters
    ----------
    headline
        The answer in one sentence.
    sentences
        The paragraph.
    cautions
        What the reader has to know before believing it.
    kind
        Of the answer: what the checks decide.
    checks
        Every check as a value.
    unchecked
        What nobody asked, and by which commands it can be; empty where all was asked.
    """

    headline: str
    sentences: tuple[str, ...]
    cautions: tuple[str, ...]
    kind: Kind = Kind.NONE
    checks: tuple[Check, ...] = ()
    unchecked: str = ""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.headline}>"

    def _repr_html_(self) -> str:
        import pandas as pd

        rows = [(spaced(one.name), str(one.outcome), one.sentence) for one in self.checks]
        return preview(self.headline, pd.DataFrame(rows, columns=["check", "outcome", "found"]), len(rows))

    def summary(self) -> str:
        """Give the answer, every caution and what nobody asked, a line each."""
        cautions = [f"caution: {text}" for text in self.cautions]
        return "\n".join(
            [self.headline, *cautions, *([f"not checked yet: {self.unchecked}"] * bool(self.unchecked))]
        )

    def to_json(self) -> dict[str, Any]:
        """Verdict as a JSON-ready dictionary."""
        return {
            "answer": str(self.kind),
            "headline": self.headline,
            "sentences": list(self.sentences),
            "cautions": list(self.cautions),
            "not_checked": self.unchecked,
            "checks": [check.to_json() for check in self.checks],
        }


def study_basis(facts: StudyFacts) -> Basis:
    """Gather what the verdict of a study rests on."""
    asked = {} if facts.analysed is None else facts.analysed.asked
    return Basis(
        classes=facts.classes,
        batch=str(asked.get("batch", "batch")),
        models=facts.models,
        scores=facts.class_groups,
        splits=facts.splits,
        wells=facts.wells,
        design=facts.design,
        analysed=facts.analysed,
        permuted=facts.permuted,
    )


def verdict(facts: StudyFacts) -> Verdict:
    """Give the verdict of a study.

    The answer is "yes" only when the Wilson 95 % interval of the first model's share of groups called right
    lies above chance (`GroupResult.chance`), and no check of the design forbids it
    (`hcs.answer.answer.study_answer`).
    """
    basis = study_basis(facts)
    checks = checks_of(basis)
    checks |= {one.name: one for one in facts.settled}
    if facts.looks:
        checks["compartments"] = Check("compartments", Outcome.TOLD, facts.looks, "explanations")
    if people := _people(facts):
        checks["readers"] = Check("readers", Outcome.TOLD, people, "readers")
    answer = study_answer(checks)
    cautions = (*facts.notices, *cautions_of(checks), *_one_sided(facts))
    told = (_headline(answer, checks, facts), _sentences(checks, facts), cautions)
    made = tuple(checks.values())
    return Verdict(*told, kind=answer.kind, checks=made, unchecked=_unchecked(made))


def _people(facts: StudyFacts) -> str:
    """Say how people did on the same images, or else alone; nothing where none are kept."""
    found = {} if facts.readers is None else facts.readers.findings
    told = [
        found[name].headline
        for name in ("reader_model", "readers")
        if name in found and len(found[name].table)
    ]
    return told[0] if told else ""


def _unchecked(checks: Iterable[Check]) -> str:
    """Name what nobody asked, and the commands that ask it."""
    names = [
        one.name
        for one in checks
        if named(one.name) and one.outcome is Outcome.NOT_ASKED and not one.sentence
    ]
    analyses = [name for name in names if name != "permutations"]
    said = [f"{counted(len(analyses), 'analysis')} ({ANALYSE.strip('`')})"] if analyses else []
    if "permutations" in names:
        said.append(f"permuted labels ({PERMUTE.strip('`')})")
    return f"{'; '.join(said)}." if said else ""


def cautions_of(checks: Mapping[str, Check]) -> list[str]:
    """Sentences of checks that failed, and of those of the design that are not known."""
    return [
        one.sentence
        for one in checks.values()
        if one.name != "scores"
        and (one.outcome is Outcome.FAILS or (one.outcome is Outcome.NOT_KNOWN and one.name in GROUND))
    ]


def _sentences(checks: Mapping[str, Check], facts: StudyFacts) -> tuple[str, ...]:
    """Word the paragraph: calls of every model, tiles after them, and what n is."""
    if not facts.models:
        return (checks["scores"].sentence,)
    first, *others = (facts.group_result(model) for model in facts.models)
    sentences = [_counted(first, facts), *(_against(other, first, facts) for other in others)]
    return tuple(filter(None, [*sentences, _tile_level(facts), _sample_size(first, facts)]))


def _headline(answer: Answer, checks: Mapping[str, Check], facts: StudyFacts) -> str:
    positive, negative = spaced(facts.classes.positive), spaced(facts.classes.negative)
    if answer.kind is Kind.NONE:
        return "No verdict." if not facts.models else no_verdict(answer, facts.classes.label, positive)
    numbers = checks["scores"].numbers
    name, nouns = f"the {model_name(numbers['model'])}", plural(facts.classes.noun, numbers["n_groups"])
    right, n = (
        f"{numbers['right']} of {numbers['n_groups']}",
        counted(numbers["n_groups"], facts.classes.noun),
    )
    interval = f"(95 % interval {numbers['low']:.2f}–{numbers['high']:.2f})"
    briefs = "; ".join(one.brief for one in answer.because)
    if answer.kind is Kind.YES:
        return (
            f"Yes, in these plates: {name} tells {positive} from {negative} in {facts.classes.nouns} it was "
            f"not trained on, {right} right {interval}."
        )
    if answer.kind is Kind.RESERVED:
        return f"Yes, with reservations: {name} calls {right} {nouns} right {interval}, but {briefs}."
    if answer.kind is Kind.NO:
        return (
            f"No: {name} calls {right} {nouns} right {interval}, worse than chance, which points to a fault "
            "of the design."
        )
    if briefs:
        return f"Not shown: {name} calls {right} {nouns} right {interval}, but {briefs}."
    return (
        f"Not shown with {n}: {name} calls {right} right {interval}, no better than chance at telling "
        f"{positive} from {negative}."
    )


def no_verdict(answer: Answer, label: str, positive: str) -> str:
    """Say why there is no verdict."""
    first = answer.because[0]
    tied = first.numbers.get("tied")
    if tied:
        columns = " or ".join(plural(spaced(column)) for column in tied)
        return (
            f"No verdict: {first.brief}, so no score can separate {positive} from a difference between "
            f"{columns}."
        )
    if first.outcome is Outcome.FAILS:
        return f"No verdict: {listed(one.brief for one in answer.because)}."
    return f"No verdict: {first.sentence[:1].lower()}{first.sentence[1:].rstrip('.')}."


def _one_sided(facts: StudyFacts) -> list[str]:
    """Plates that hold one class only."""
    held: dict[str, list[str]] = {}
    for plate, label in one_sided_plates(facts).items():
        held.setdefault(label, []).append(plate)
    return [
        f"On {plural('plate', len(plates))} {listed(plates)} every well of the two classes is "
        f"{spaced(label)}: there, label and plate are confounded."
        for label, plates in held.items()
    ]


def _counted(result: GroupResult, facts: StudyFacts) -> str:
    """Give the number of groups right, its interval, the AUC, and what the groups are."""
    n = result.n_groups
    if facts.nested:
        held = (
            f"{result.n_positive} {spaced(facts.classes.positive)}, {result.n_negative} "
            f"{spaced(facts.classes.negative)}"
        )
        rule = "each by the mean score of its images"
    else:
        held = f"each with {spaced(facts.classes.positive)} and {spaced(facts.classes.negative)} wells"
        rule = f"a {facts.classes.noun} being right when both of its mean scores are on their sides of 0.5"
    area = "" if np.isnan(result.auc) else f"; ROC AUC over {facts.classes.nouns} {result.auc:.2f}"
    nouns = plural(facts.classes.noun, n)
    return (
        f"The {model_name(result.model)} called {result.right} of {n} {nouns} right ({result.accuracy:.2f}; "
        f"95 % interval {result.low:.2f}–{result.high:.2f}), {rule}, by models never trained on it{area} "
        f"(n = {n} {nouns}: {held})."
    )


def _against(other: GroupResult, first: GroupResult, facts: StudyFacts) -> str:
    """Compare another model with the first, in groups that only one of them calls right."""
    ours, theirs = facts.right_groups(first.model), facts.right_groups(other.model)
    shared = ours.index.intersection(theirs.index)
    only_first = int((ours[shared] & ~theirs[shared]).sum())
    only_other = int((theirs[shared] & ~ours[shared]).sum())
    area = "" if np.isnan(other.auc) else f", AUC {other.auc:.2f}"
    source = ", on simple measurements of the same images," if fed(other.model) == "measurements" else ""
    name, rival = model_name(first.model), model_name(other.model)
    return (
        f"The {rival}{source} called {other.right} of {other.n_groups} right ({other.accuracy:.2f}, "
        f"{other.low:.2f}–{other.high:.2f}{area}); {counted(only_first, facts.classes.noun)} by the {name} "
        f"alone, {only_other} by the {rival} alone."
    )


def _tile_level(facts: StudyFacts) -> str:
    """Tile-level numbers of all models, each already introduced by its group-level ones."""
    parts = []
    for model in facts.models:
        accuracy, area = facts.over_sets(model, "accuracy"), facts.over_sets(model, "auc")
        if accuracy.n_sets:
            parts.append(f"{model_name(model)} accuracy {accuracy}, ROC AUC {area}")
    if not parts:
        return ""
    n = facts.n_sets
    spread = "mean ± SD over" if n > 1 else "in"
    return f"For single image tiles ({spread} {n} {plural('test set', n)}): {'; '.join(parts)}."


def _sample_size(result: GroupResult, facts: StudyFacts) -> str:
    """Say what n is, and that neither tiles nor sets are."""
    return (
        f"The sample size is {counted(result.n_groups, facts.classes.noun)}: sets are not independent "
        f"observations, because they share {facts.classes.nouns}, and neither are tiles of one "
        f"{facts.classes.noun}; {counted(facts.n_sets, 'set')} and {counted(facts.n_tiles, 'tile')} add none."
    )
