"""Two finished studies side by side: what went in, how, what came out, and what of it differs.

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
from hcs.report.difference.pairs import ALPHA, ClonePairs, clone_table, number_table, pair_clones
from hcs.report.difference.parts import (
    DIGESTS,
    OTHER,
    SAME,
    compare_analyses,
    compare_groups,
    compare_left_out,
    compare_plates,
    compare_provenance,
    compare_sets,
    compare_settings,
    compare_wells,
    renamed_plates,
)
from hcs.report.difference.sides import StudySide, other_questions, read_sides
from hcs.study.folder import StudyResults
from hcs.wording import counted, listed, plural, sentence, spaced

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
    plates, wells, groups, left_out, settings, provenance, sets, analyses
        As the functions of `hcs.report.difference.parts` make them.
    numbers, clones
        As `hcs.report.difference.pairs` makes them; without differences where there are reasons.
    pairs
        Tests over the groups that both scored, one per model.
    """

    a: StudySide
    b: StudySide
    reasons: tuple[str, ...]
    plates: pd.DataFrame
    wells: pd.DataFrame
    groups: pd.DataFrame
    left_out: pd.DataFrame
    settings: pd.DataFrame
    provenance: pd.DataFrame
    numbers: pd.DataFrame
    clones: pd.DataFrame
    sets: pd.DataFrame
    analyses: pd.DataFrame
    pairs: tuple[ClonePairs, ...]

    @property
    def noun(self) -> str:
        """What one group is called."""
        return self.a.facts.classes.noun

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """All tables by name, and the tests of `pairs`."""
        names = ("plates", "wells", "groups", "left_out", "settings", "provenance", "numbers", "clones")
        made = {name: getattr(self, name) for name in (*names, "sets", "analyses")}
        return made | {"pairs": pd.DataFrame([pair.row() for pair in self.pairs])}

    @property
    def table(self) -> pd.DataFrame:
        """The clones, by what changed most."""
        return self.clones

    @property
    def missing(self) -> tuple[str, ...]:
        """Sentences on what could not be read."""
        return (*self.a.missing, *self.b.missing)

    @cached_property
    def differing(self) -> dict[str, str]:
        """Parts in which the studies differ, each with how; what follows from others (digests) is no part."""
        settings, made = (table[~table["same"]] for table in (self.settings, self.provenance))
        made = made[~made["part"].isin(DIGESTS)]
        plates, groups = (
            table[table[column] != SAME]
            for table, column in ((self.plates, "pixels"), (self.groups, "took_part"))
        )
        n_wells = len(self.wells[["plate", "well"]].drop_duplicates())
        sets = self.sets[~self.sets["same"]]
        named = listed(made["part"].str.replace(".", " "))
        found = {
            "plates": (len(plates), f"{counted(len(plates), 'plate')} ({listed(plates['plate'])})"),
            "wells": (n_wells, f"{counted(n_wells, 'well')} of the plates they share"),
            "groups": (len(groups), f"{counted(len(groups), self.noun)} ({listed(groups['group'])})"),
            "left out": (len(self.left_out), f"what was left out ({counted(len(self.left_out), 'entry')})"),
            "settings": (
                len(settings),
                f"{counted(len(settings), 'setting')} ({listed(settings['setting'])})",
            ),
            "provenance": (len(made), f"what the numbers were made with ({named})"),
            "sets": (len(sets), f"{counted(len(sets), 'set')} of {len(self.sets)}"),
        }
        return {part: how for part, (number, how) in found.items() if number}

    @property
    def same_numbers(self) -> bool:
        """Whether every number of every model, set and clone is the same."""
        one, other = self.numbers["a"].astype(float), self.numbers["b"].astype(float)
        scores = self.clones[["score_a", "score_b"]].astype(float)
        return bool(
            np.array_equal(one, other, equal_nan=True)
            and np.array_equal(scores["score_a"], scores["score_b"], equal_nan=True)
        )

    @property
    def same_analyses(self) -> bool:
        """Whether both were analysed with the same words, or neither was."""
        return bool((self.analyses["words"] == SAME).all())

    @property
    def identical(self) -> bool:
        """Whether nothing differs in anything that both hold."""
        digests = self.provenance[self.provenance["part"].isin(DIGESTS)]
        return (
            not self.reasons
            and not self.differing
            and bool(digests["same"].all())
            and self.same_numbers
            and self.same_analyses
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
            return (
                f"Only {pair.n} {nouns} stood in both under one {spaced(self.a.facts.classes.label)}: the "
                "answers can hardly be paired."
            )
        if not pair.changed:
            return f"All {pair.n} {nouns} that both scored are called the same by {name} in A and B."
        if pair.right_a == pair.right_b:
            alike = "the same ones" if pair.only_a == 0 else "not the same ones"
            return f"{pair.right_a} of {pair.n} {nouns} are called right by {name} in A and in B, {alike}."
        chance = (
            "more of a difference than chance alone gives"
            if pair.calls.value < ALPHA
            else "a difference that chance alone can give"
        )
        return (
            f"{pair.right_a} of {pair.n} {nouns} are called right by {name} in A and {pair.right_b} in B, "
            f"{chance}."
        )

    def summary(self) -> str:
        """Say what changed: the answer first, clones before tiles, then what may have changed it."""
        return sentence(self.headline(), *self.answers(), *self.causes(), *self.caveats)

    def answers(self) -> tuple[str, ...]:
        """Say what each study answers, and where the same clones are called otherwise; paragraphs."""
        if self.reasons:
            return (sentence(*self.reasons), *self._alone())
        if self.identical:
            held = [f"plate {plate.plate} {plate.digest_a}" for plate in self.plates.itertuples()]
            held += [
                f"{DIGESTS[row.part]} {row.a}" for row in self.provenance.itertuples() if row.part in DIGESTS
            ]
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
        return (*self._verdicts(), *alone, *said, *self._tiles())

    def _verdicts(self) -> tuple[str, ...]:
        """Repeat the answers of the studies' own reports where these are not the same."""
        a, b = (verdict(side.facts).headline for side in (self.a, self.b))
        return () if a == b else (f"A's own report says: {a} B's says: {b}",)

    def _alone(self) -> tuple[str, ...]:
        """Count what each study calls right over all of its own clones, one sentence a study."""
        said = []
        for side in (self.a, self.b):
            facts = side.facts
            counts = [
                f"the {model_name(found.model)} {found.right} of {found.n_groups} right (95 % interval "
                f"{found.low:.2f}–{found.high:.2f})"
                for found in map(facts.group_result, facts.models)
            ]
            said.append(
                f"Over all {facts.classes.nouns} of {side.letter}: {'; '.join(counts)}."
                if counts
                else f"{side.letter} has no {facts.classes.noun}-level score."
            )
        return tuple(said)

    def _tiles(self) -> tuple[str, ...]:
        """Numbers over single tiles, of models whose group-level ones have been given."""
        parts = []
        for pair in self.pairs:
            a, b = (side.facts.over_sets(pair.model, "accuracy") for side in (self.a, self.b))
            if a.n_sets and b.n_sets:
                parts.append(f"{model_name(pair.model)} {a} in A and {b} in B")
        return (f"Accuracy of single tiles, mean ± SD over sets: {'; '.join(parts)}.",) if parts else ()

    def causes(self) -> tuple[str, ...]:
        """Say what differs that can have changed the answer."""
        if self.identical:
            return ()
        if not self.differing:
            if self.same_numbers:
                return ("Inputs, settings, software, sets and numbers are the same in both.",)
            return (
                "Nothing that was recorded of inputs, settings, software and sets differs, and still the "
                "numbers do.",
            )
        said = f"Different between A and B: {'; '.join(self.differing.values())}."
        causes = [part for part in self.differing if part not in ("groups", "wells", "left out", "sets")]
        causes += ["wells"] if not causes and {"wells", "groups", "left out"} & set(self.differing) else []
        n_settings = int((~self.settings["same"]).sum())
        if len(causes) > 1 or n_settings > 1:
            return (
                said,
                "So several things changed at once: what each of them did cannot be told apart.",
            )
        return (said,)

    @cached_property
    def caveats(self) -> tuple[str, ...]:
        """Sentences on what the comparison cannot say."""
        said = [*self._of_inputs()]
        if self.pairs and len(self.sets) and not self.sets["same"].all():
            said.append(
                f"The sets are not the same: part of any difference is which {plural(self.noun)} the models "
                "were trained on."
            )
        if self.pairs and not self.identical:
            said.append(
                f"Models of one study share training {plural(self.noun)}, so the tests take scores for more "
                "independent than they are."
            )
        return (*said, *self.missing)

    def _of_inputs(self) -> list[str]:
        """Warn of plates, names and labels that are not what they seem."""
        said = []
        other = self.plates.loc[self.plates["pixels"] == OTHER, "plate"]
        if len(other):
            said.append(f"Other pixels under the same name: {plural('plate', len(other))} {listed(other)}.")
        renamed = renamed_plates(self.plates)
        said += [f"Plate {old} of A is plate {new} of B: the pixels are the same." for old, new in renamed]
        if self.pairs and not (self.plates["pixels"] == SAME).any() and not renamed:
            said.append(
                f"No plate has the same pixels in A and B: {plural(self.noun)} are matched by their names "
                "alone."
            )
        changed = self.groups.loc[self.groups["took_part"] == "other label", "group"]
        if len(changed):
            said.append(
                f"{counted(len(changed), self.noun)} {'has' if len(changed) == 1 else 'have'} another "
                f"{spaced(self.a.facts.classes.label)} in B than in A ({listed(changed)}): left out here. "
                f"A name may stand for another {self.noun}."
            )
        return said

    def cautions(self) -> tuple[str, ...]:
        """Repeat what each study's own report warns of, once where it is the same."""
        warned = {side.letter: verdict(side.facts).cautions for side in (self.a, self.b)}
        both = [f"A and B: {text}" for text in warned["A"] if text in warned["B"]]
        alone = [
            f"{letter}: {text}"
            for letter, texts in warned.items()
            for text in texts
            if not (text in warned["A"] and text in warned["B"])
        ]
        return (*both, *alone)

    def plot(self) -> "Panels":
        """Draw the clones' scores in A against those in B."""
        from hcs.figures.agreement import agreement_figure
        from hcs.figures.panels import Panels

        facts = self.a.facts
        classes = {"positive": facts.classes.positive, "negative": facts.classes.negative}
        return Panels.of(agreement_figure(self.clones, **classes, noun=self.noun), self.clones)


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
    groups = compare_groups(one, other)
    if reasons:
        numbers, clones = numbers.assign(difference=np.nan), clones.iloc[:0]
    if one.facts.group != other.facts.group:
        groups = groups.iloc[:0]
    return StudyComparison(
        one,
        other,
        reasons,
        plates=compare_plates(one, other),
        wells=compare_wells(one, other),
        groups=groups,
        left_out=compare_left_out(one, other),
        settings=compare_settings(one, other),
        provenance=compare_provenance(one, other),
        numbers=numbers,
        clones=clones,
        sets=compare_sets(one, other),
        analyses=compare_analyses(one, other),
        pairs=() if reasons else pair_clones(clones, one.facts, other.facts),
    )
