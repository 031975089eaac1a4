"""Two finished studies side by side: the answer of both, their numbers, their clones, and what differs.

A is the earlier study and B the later one: differences are B − A. Groups (clones) are matched by their names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hcs.analysis.finding import Shown
from hcs.answer.verdict import verdict
from hcs.figures.theme import model_name
from hcs.report.difference.pairs import ClonePairs, clone_table, number_table, pair_clones
from hcs.report.difference.parts import DIGESTS, PARTS, beside, compare_wells
from hcs.report.difference.sides import StudySide, other_questions, read_sides
from hcs.statistics.pvalues import ALPHA
from hcs.study.folder import StudyResults
from hcs.wording import counted, have, listed, plural, sentence, spaced

if TYPE_CHECKING:
    from hcs.figures.panels import Panels


@dataclass(frozen=True, repr=False)
class StudyComparison(Shown):
    """What differs between two studies.

    Parameters
    ----------
    a, b
        The studies.
    reasons
        Why their answers cannot be compared; empty where they ask the same question.
    parts
        Tables of what either has, A's value beside B's, by the names of `hcs.report.difference.parts.PARTS`.
    wells
        As `hcs.report.difference.parts.compare_wells` makes it.
    numbers, clones
        As `hcs.report.difference.pairs` makes them; without differences where there are reasons.
    pairs
        Tests over the groups that both scored, one per model.
    """

    a: StudySide
    b: StudySide
    reasons: tuple[str, ...]
    parts: Mapping[str, pd.DataFrame]
    wells: pd.DataFrame
    numbers: pd.DataFrame
    clones: pd.DataFrame
    pairs: tuple[ClonePairs, ...]

    @property
    def noun(self) -> str:
        """What one group is called."""
        return self.a.facts.classes.noun

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """All tables by name, and the tests of `pairs`."""
        pairs = pd.DataFrame([pair.row() for pair in self.pairs])
        answers = {"numbers": self.numbers, "clones": self.clones, "pairs": pairs}
        return answers | dict(self.parts) | {"wells": self.wells}

    @property
    def table(self) -> pd.DataFrame:
        """The clones, by what changed most."""
        return self.clones

    @property
    def missing(self) -> tuple[str, ...]:
        """Sentences on what could not be read."""
        return (*self.a.missing, *self.b.missing)

    def other(self, part: str) -> pd.DataFrame:
        """Rows of a part that differ."""
        return self.parts[part][~self.parts[part]["same"]]

    @cached_property
    def differing(self) -> dict[str, str]:
        """Parts in which the studies differ, each with how; what follows from others (digests) is no part."""
        of = {"left_out": " of what was left out", "provenance": " of what the numbers were made with"}
        found = {}
        for name, part in PARTS.items():
            things = self.other(name)[part.thing]
            things = things[~things.isin(DIGESTS)]
            if len(things) and name != "analyses":
                number = counted(len(things), self.noun if part.thing == "group" else part.thing)
                found[name] = f"{number}{of.get(name, '')} ({listed(things)})"
        if n_wells := len(self.wells[["plate", "well"]].drop_duplicates()):
            found["wells"] = f"{counted(n_wells, 'well')} of the plates they share"
        return found

    @property
    def same_numbers(self) -> bool:
        """Whether every number of every model, set and clone is the same."""
        pairs = [self.numbers[["a", "b"]], self.clones[["score_a", "score_b"]]]
        values = [table.to_numpy(dtype=float) for table in pairs]
        return all(np.array_equal(one[:, 0], one[:, 1], equal_nan=True) for one in values)

    @cached_property
    def identical(self) -> bool:
        """Whether nothing differs in anything that both hold."""
        return (
            not self.reasons
            and all(table["same"].all() for table in self.parts.values())
            and self.wells.empty
            and self.same_numbers
            and verdict(self.a.facts).to_json() == verdict(self.b.facts).to_json()
            and [text[1:] for text in self.a.missing] == [text[1:] for text in self.b.missing]
        )

    def headline(self) -> str:
        """Say in one sentence what changed of the answer."""
        if self.reasons:
            return "A and B ask different questions: their answers cannot be compared."
        if self.identical:
            return "Nothing differs." if not self.missing else "Nothing differs in what can be read."
        if not self.pairs:
            return f"No {self.noun} was scored in both A and B: the answers cannot be paired."
        pair = self.pairs[0]
        nouns, name = plural(self.noun, pair.n), f"the {model_name(pair.model)}"
        if 2 * pair.n < min(side.facts.group_result(pair.model).n_groups for side in (self.a, self.b)):
            label = spaced(self.a.facts.classes.label)
            return f"Only {pair.n} {nouns} stood in both under one {label}: the answers can hardly be paired."
        if not pair.changed:
            return f"All {pair.n} {nouns} that both scored are called the same by {name} in A and B."
        if pair.right_a == pair.right_b:
            alike = "the same ones" if pair.only_a == 0 else "not the same ones"
            return f"{pair.right_a} of {pair.n} {nouns} are called right by {name} in A and in B, {alike}."
        chance = "more of a difference than chance alone gives"
        if pair.calls.value >= ALPHA:
            chance = "a difference that chance alone can give"
        called = f"{pair.right_a} of {pair.n} {nouns} are called right by {name} in A and {pair.right_b} in B"
        return f"{called}, {chance}."

    def summary(self) -> str:
        """Say what changed: the answer first, clones before tiles, then what may have changed it."""
        return sentence(self.headline(), *self.answers(), *self.causes(), *self.caveats)

    def answers(self) -> tuple[str, ...]:
        """Say what each study answers, and where the same clones are called otherwise; paragraphs."""
        if self.reasons:
            return (sentence(*self.reasons), *self._alone())
        if self.identical:
            plates, made = self.parts["plates"], self.parts["provenance"].set_index("entry")["a"]
            held = [
                f"plate {name} {digest}" for name, digest in zip(plates["plate"], plates["a"], strict=True)
            ]
            held += [f"{said} {made[name]}" for name, said in DIGESTS.items() if name in made]
            return (
                "Plates, wells, settings, software, numbers and sets are the same in both. "
                f"Digests: {'; '.join(held)}.",
            )
        said = [sentence(*pair.sentences()) for pair in self.pairs]
        whole = all(
            pair.n == side.facts.group_result(pair.model).n_groups
            for pair in self.pairs
            for side in (self.a, self.b)
        )
        alone = () if whole and self.pairs else self._alone()
        return (*self._verdicts(), *alone, *said)

    def _verdicts(self) -> tuple[str, ...]:
        """Repeat the answers of the studies' own reports where these are not the same."""
        a, b = (verdict(side.facts).headline for side in (self.a, self.b))
        return () if a == b else (f"A's own report says: {a} B's says: {b}",)

    def _alone(self) -> tuple[str, ...]:
        """Count what each study calls right over all of its own clones, one sentence a study."""
        said = []
        for side in (self.a, self.b):
            classes = side.facts.classes
            counts = [
                f"the {model_name(found.model)} {found.right} of {found.n_groups} right (95 % interval "
                f"{found.low:.2f}–{found.high:.2f})"
                for found in map(side.facts.group_result, side.facts.models)
            ]
            there = f"Over all {classes.nouns} of {side.letter}: {'; '.join(counts)}."
            said.append(there if counts else f"{side.letter} has no {classes.noun}-level score.")
        return tuple(said)

    def causes(self) -> tuple[str, ...]:
        """Say what differs that can have changed the answer."""
        if self.identical:
            return ()
        if not self.differing:
            if self.same_numbers:
                return ("Inputs, settings, software, sets and numbers are the same in both.",)
            return ("Nothing that was recorded differs, and still the numbers do.",)
        said = f"Different between A and B: {'; '.join(self.differing.values())}."
        causes = {"settings", "provenance", "plates"} & set(self.differing)
        inputs = {"wells", "groups", "left_out"} & set(self.differing)
        if len(causes) + (not causes and bool(inputs)) > 1 or len(self.other("settings")) > 1:
            return said, "Several things changed at once: their effects cannot be separated."
        return (said,)

    @cached_property
    def caveats(self) -> tuple[str, ...]:
        """Sentences on what the comparison cannot say."""
        said, nouns = [*self._of_inputs()], plural(self.noun)
        if self.pairs and len(self.other("sets")):
            said.append(
                f"The sets are not the same: part of any difference is which {nouns} the models were trained "
                "on."
            )
        if self.pairs and not self.identical:
            said.append(
                f"Models of one study share training {nouns}, so the tests take scores for more independent "
                "than they are."
            )
        return (*said, *self.missing)

    def _of_inputs(self) -> list[str]:
        """Warn of plates, names and labels that are not what they seem."""
        said, plates = [], self.parts["plates"]
        there = plates[(plates[["a", "b"]] != PARTS["plates"].absent).all(axis=1)]
        other = there.loc[~there["same"], "plate"]
        if len(other):
            said.append(f"Other pixels under the same name: {plural('plate', len(other))} {listed(other)}.")
        if self.pairs and not plates["same"].any():
            said.append(
                f"No plate has the same pixels in A and B: {plural(self.noun)} are matched by their names "
                "alone."
            )
        groups = self.other("groups")
        changed = groups.loc[(groups[["a", "b"]] != PARTS["groups"].absent).all(axis=1), "group"]
        if len(changed):
            said.append(
                f"{counted(len(changed), self.noun)} {have(len(changed))} another "
                f"{spaced(self.a.facts.classes.label)} in B than in A ({listed(changed)}): left out here. "
                f"A name may stand for another {self.noun}."
            )
        return said

    def cautions(self) -> tuple[str, ...]:
        """Repeat what each study's own report warns of, once where it is the same."""
        a, b = (verdict(side.facts).cautions for side in (self.a, self.b))
        return (
            *(f"A and B: {text}" for text in a if text in b),
            *(f"A: {text}" for text in a if text not in b),
            *(f"B: {text}" for text in b if text not in a),
        )

    def plot(self) -> "Panels":
        """Draw the clones' scores in A against those in B."""
        from hcs.figures.panels import Panels
        from hcs.figures.points import agreement_figure

        positive, negative = self.a.facts.classes.both
        figure = agreement_figure(self.clones, positive=positive, negative=negative, noun=self.noun)
        return Panels.of(figure, self.clones)


def compare_studies(a: StudyResults, b: StudyResults) -> StudyComparison:
    """Hold two finished studies against each other.

    Parameters
    ----------
    a, b
        The earlier and the later one; neither is changed. Tables that one lacks are told in `missing`.
    """
    one, other = read_sides(a, b)
    reasons = other_questions(one.facts, other.facts)
    numbers, clones = number_table(one.facts, other.facts), clone_table(one.facts, other.facts)
    if reasons:
        numbers, clones = numbers.assign(difference=np.nan), clones.iloc[:0]
    parts = {name: beside(part, one, other) for name, part in PARTS.items()}
    if one.facts.group != other.facts.group:
        parts["groups"] = parts["groups"].iloc[:0]
    return StudyComparison(
        one,
        other,
        reasons,
        parts,
        compare_wells(one, other),
        numbers,
        clones,
        pairs=() if reasons else pair_clones(clones, one.facts, other.facts),
    )
