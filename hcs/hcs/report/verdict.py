"""The verdict in plain words: group-level numbers first, and never a tile-level number alone."""

from dataclasses import dataclass

import numpy as np

from hcs.figures.theme import model_name
from hcs.report.design import leaks, one_sided_plates
from hcs.report.facts import GroupResult, StudyFacts
from hcs.wording import plural, spaced


@dataclass(frozen=True)
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
    points
        What speaks for and against it, one sentence or two each.
    """

    headline: str
    sentences: tuple[str, ...]
    cautions: tuple[str, ...]
    points: tuple[str, ...] = ()


def verdict(facts: StudyFacts) -> Verdict:
    """Word the verdict of a study.

    The answer is "yes" only when the Wilson 95 % interval of the first model's share of groups called right
    lies above chance (`GroupResult.chance`).
    """
    cautions = (*facts.notices, *_cautions(facts))
    if not facts.models:
        why = (
            f"The study has no {facts.noun}-level score ({spaced(facts.positive)} against "
            f"{spaced(facts.negative)}), so nothing can be said of {facts.nouns} the models have not seen; "
            f"tile-level numbers alone are not shown."
        )
        return Verdict("No verdict.", (why,), cautions)
    first, *others = (facts.group_result(model) for model in facts.models)
    sentences = [_counted(first, facts)]
    sentences += [_against(other, first, facts) for other in others]
    tiles = _tile_level(facts)
    if tiles:
        sentences.append(tiles)
    sentences.append(_sample_size(first, facts))
    return Verdict(_headline(first, facts), tuple(sentences), cautions)


def _headline(result: GroupResult, facts: StudyFacts) -> str:
    positive, negative = spaced(facts.positive), spaced(facts.negative)
    if min(result.n_positive, result.n_negative) == 0:
        there = positive if result.n_positive else negative
        return f"No verdict: every scored {facts.noun} is {there}, so there is nothing to tell apart."
    tied = _tied_to(facts)
    if tied:
        return (
            f"No verdict: {spaced(facts.label)} and {' and '.join(map(spaced, tied))} are the same thing "
            f"here, so no score can tell {positive} from a difference between "
            f"{' or '.join(plural(spaced(column)) for column in tied)}."
        )
    name = f"the {model_name(result.model)}"
    if result.low > result.chance:
        return (
            f"Yes, in these plates: {name} tells {positive} from {negative} "
            f"in {facts.nouns} it was not trained on."
        )
    if result.high < result.chance:
        return f"No: {name}'s calls are worse than chance, which points to a fault of the design."
    return (
        f"Not shown: with {result.n_groups} {plural(facts.noun, result.n_groups)}, {name}'s calls of "
        f"{positive} against {negative} cannot be told from chance."
    )


def _tied_sentences(facts: StudyFacts) -> list[str]:
    """Sentences of the design check on what is one with the label."""
    return [str(line) for line in facts.record.get("confounding", []) if "no analysis" in str(line)]


def _tied_to(facts: StudyFacts) -> list[str]:
    """Name the batch or plate that is one with the label: a score then is evidence of neither."""
    return [
        column
        for column in ("differentiation_batch", "plate")
        if any(f" and {spaced(column)} are the same thing" in line for line in _tied_sentences(facts))
    ]


def _counted(result: GroupResult, facts: StudyFacts) -> str:
    """Give the number of groups right, its interval, the AUC, and what the groups are."""
    n = result.n_groups
    if facts.nested:
        held = f"{result.n_positive} {spaced(facts.positive)}, {result.n_negative} {spaced(facts.negative)}"
        rule = f"each {facts.noun} by the mean score of its images"
    else:
        held = f"each with {spaced(facts.positive)} and {spaced(facts.negative)} wells"
        rule = f"a {facts.noun} being right when both of its mean scores are on their sides of 0.5"
    area = "" if np.isnan(result.auc) else f"; {facts.noun}-level ROC AUC {result.auc:.2f}"
    nouns = plural(facts.noun, n)
    return (
        f"The {model_name(result.model)} called {result.right} of {n} {nouns} right ({result.accuracy:.2f}; "
        f"95 % interval {result.low:.2f}–{result.high:.2f}), {rule}, in models never trained on it{area} (n "
        f"= {n} {nouns}: {held})."
    )


def _against(other: GroupResult, first: GroupResult, facts: StudyFacts) -> str:
    """Compare another model with the first, in groups that only one of them calls right."""
    ours, theirs = facts.right_groups(first.model), facts.right_groups(other.model)
    shared = ours.index.intersection(theirs.index)
    only_first = int((ours[shared] & ~theirs[shared]).sum())
    only_other = int((theirs[shared] & ~ours[shared]).sum())
    area = "" if np.isnan(other.auc) else f", AUC {other.auc:.2f}"
    source = ", on simple measurements of the same images," if other.model == "forest" else ""
    name, rival = model_name(first.model), model_name(other.model)
    return (
        f"The {rival}{source} called {other.right} of {other.n_groups} right ({other.accuracy:.2f}, "
        f"{other.low:.2f}–{other.high:.2f}{area}); {only_first} {plural(facts.noun, only_first)} "
        f"{'was' if only_first == 1 else 'were'} called right by the {name} alone, {only_other} by the "
        f"{rival} alone."
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
    """Say what n is, and why neither tiles nor sets are."""
    nouns = plural(facts.noun, result.n_groups)
    sets = f"{facts.n_sets} {plural('set', facts.n_sets)}"
    tiles = f"{facts.n_tiles:,} {plural('tile', facts.n_tiles)}"
    return (
        f"The sample size is {result.n_groups} {nouns}: sets are not independent observations, because they "
        f"share {facts.nouns}, and neither are tiles of one {facts.noun}, so {sets} and {tiles} do not add "
        f"evidence beyond these {result.n_groups} {nouns}."
    )


def _cautions(facts: StudyFacts) -> list[str]:
    """Faults of the design that the tables themselves show."""
    found = [f"{line[0].upper()}{line[1:]}" for line in _tied_sentences(facts)]
    leaking = leaks(facts)
    if len(leaking):
        row = leaking.iloc[0]
        found.append(
            f"Leak: {len(leaking)} {plural(facts.noun, len(leaking))} × set stand in more than one part "
            f"(first: {facts.noun} {row['group']} in set {row['set']}, {row['parts']}). The numbers cannot "
            "be trusted."
        )
    for plate, label in one_sided_plates(facts).items():
        found.append(
            f"On plate {plate} every well of the two classes is {spaced(label)}: there, the label cannot be "
            f"told from the plate."
        )
    return found
