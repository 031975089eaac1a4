"""Passage numbers: whether accuracy and score of the clones follow them, and whether diagnoses share them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.figures.panels import Panels
from hcs.figures.theme import model_name
from hcs.figures.trends import TrendPanel, trend_figure
from hcs.statistics.association import RankAssociation, rank_association
from hcs.statistics.bootstrap import span
from hcs.statistics.contrast import Contrast, group_contrast
from hcs.statistics.equivalence import BOUND, POWER, Equivalence, equivalence_test
from hcs.statistics.frames import as_numbers, one_row_per_clone, per_unit, require_columns
from hcs.statistics.gee import STEPS, OddsTrend, odds_trend
from hcs.statistics.pvalues import told
from hcs.statistics.words import Words
from hcs.wording import capital, counted, percent, sentence, spaced

OUTCOMES = ("accuracy", "score")
COLUMNS = {"accuracy": "correct", "score": "probability"}


@dataclass(frozen=True)
class Relation:
    """One outcome (``accuracy`` or ``score``) of one model against the passage: rho, and what it means."""

    model: str
    outcome: str
    association: RankAssociation
    equivalence: Equivalence

    def row(self) -> dict[str, Any]:
        """One row of the table of all."""
        held, judged = self.association, self.equivalence
        return {
            "model": self.model,
            "outcome": self.outcome,
            "within": held.words.within,
            "measure": "spearman rho",
            "effect": held.rho,
            "low": held.interval.low,
            "high": held.interval.high,
            **held.pvalue.row(),
            "verdict": judged.verdict,
            "detectable": judged.detectable,
            "excluded": judged.excluded,
            "equivalence_p": judged.pvalue.value,
        }

    def words(self, tests: Iterator[str]) -> Iterator[str]:
        """Give correlation and outcome, with the tests as they are written, then the caveats."""
        held = self.association
        named = f"{capital(self.outcome)}{held.words.inside}"
        if np.isnan(held.rho):
            yield f"{named}: no correlation."
        else:
            said = f"{named}: Spearman's rho {held.rho:.2f} ({span(*held.interval)}; {next(tests)})"
            yield f"{said}, {self.equivalence.outcome(next(tests))}."
        yield from held.caveats


@dataclass(frozen=True, repr=False)
class PassageEffect(Shown):
    """What passage number does to accuracy and score of the clones.

    Parameters
    ----------
    relations
        Correlations: accuracy over all clones and within diagnoses, score within diagnoses.
    trends
        Logistic regression of right calls on passage, by model.
    imbalance
        Passage of the diagnoses against each other.
    overlap
        Lowest and highest passage that every diagnosis has; NaN where they do not overlap.
    labels
        Diagnosis by clone.
    passage, noun
        Words.
    caveats
        What the numbers cannot say.
    positive
        The label with the positive class's colour; empty where none is named.
    """

    relations: tuple[Relation, ...]
    trends: tuple[tuple[str, OddsTrend], ...]
    imbalance: Contrast
    overlap: tuple[float, float]
    labels: pd.Series
    passage: str = "passage"
    noun: str = "clone"
    caveats: tuple[str, ...] = ()
    positive: str = ""

    @property
    def table(self) -> pd.DataFrame:
        """One row per number: model, outcome, within, measure, effect, low, high, p, smallest_p, test, n.

        Correlations have verdict, detectable, excluded and equivalence_p besides.
        """
        rows: list[dict[str, Any]] = [relation.row() for relation in self.relations]
        for model, trend in self.trends:
            for step in STEPS:
                ratio, low, high = trend.odds_ratio(step)
                of = {
                    "model": model,
                    "outcome": "accuracy",
                    "within": "",
                    "measure": f"odds ratio per {step:g}",
                }
                rows.append({**of, "effect": ratio, "low": low, "high": high, **trend.pvalue.row()})
        contrast = self.imbalance
        between = {"model": "", "outcome": self.passage, "within": "", "measure": "rank-biserial correlation"}
        if len(contrast.levels) > 2:
            between["measure"] = "epsilon squared"
        limits = {"low": contrast.interval.low, "high": contrast.interval.high}
        rows.append({**between, "effect": contrast.effect, **limits, **contrast.pvalue.row()})
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """Say for each model what passage does, then how passages are spread over the diagnoses."""
        several = len({relation.model for relation in self.relations}) > 1
        known = [one for one in self.relations if not np.isnan(one.association.rho)]
        tests = iter(told(p for one in known for p in (one.association.pvalue, one.equivalence.pvalue)))
        odds = dict(zip(dict(self.trends), told(trend.pvalue for _, trend in self.trends), strict=True))
        said = []
        for model, relations in self._by_model():
            trend, words = dict(self.trends)[model], [said for one in relations for said in one.words(tests)]
            text = sentence(*words, trend.headline(odds[model]), *trend.caveats)
            said.append(f"{capital(model_name(model))}: {text}" if several and model else text)
        contrast = self.imbalance
        return sentence(
            *said,
            contrast.headline(contrast.pvalue.sentence()),
            *contrast.caveats,
            f"Intervals are of 95 %; what could have been seen is at {percent(POWER)} power.",
            *self.caveats,
        )

    def _by_model(self) -> Iterator[tuple[str, list[Relation]]]:
        for model in dict.fromkeys(relation.model for relation in self.relations):
            yield model, [relation for relation in self.relations if relation.model == model]

    def plot(self) -> Panels:
        """Draw accuracy and score against passage, one dot per clone, coloured by diagnosis; its axes."""
        several = len({relation.model for relation in self.relations}) > 1
        panels, dots = [], []
        for model, relations in self._by_model():
            # Accuracy within diagnoses has the dots of accuracy over all clones.
            shown = {one.outcome: one for one in reversed(relations)}
            for relation in (shown[outcome] for outcome in OUTCOMES):
                held = relation.association
                values = held.values.assign(within=self.labels.reindex(held.values.index))
                title = f"{capital(model_name(model))}\n{held.short()}" if several else held.short()
                if len(values):
                    panels.append(TrendPanel(values, held.words.x, held.words.y, title, held.lines()))
                    dots.append(values.assign(model=model, outcome=relation.outcome))
        if not panels:
            return Panels.none(self.summary(), self.table)
        others = [str(one) for one in self.labels.unique() if str(one) != self.positive]
        figure = trend_figure(
            panels,
            noun=self.noun,
            legend=self.imbalance.words.x,
            positive=self.positive,
            negative=others[0] if self.positive and len(others) == 1 else "",
        )
        numbers = pd.concat(dots).rename_axis(self.noun).reset_index()
        return Panels.of(figure, numbers.rename(columns={"x": self.passage, "y": "value", "within": "label"}))


def passage_effect(  # noqa: PLR0913 – two tables' columns and their words, each by its own name
    groups: pd.DataFrame,
    wells: pd.DataFrame | pd.Series,
    *,
    passage: str = "passage",
    unit: str = "clone",
    group: str = "group",
    label: str = "label",
    label_name: str = "diagnosis",
    positive: str = "",
    bound: float = BOUND,
    noun: str = "clone",
    seed: int = 0,
) -> PassageEffect:
    """Hold accuracy and score of every clone against its passage number.

    Accuracy is correlated over all clones and within diagnoses, the score (probability of the positive class)
    within diagnoses, since it differs between them by design.

    Parameters
    ----------
    groups
        One row per clone (and model): group, label, correct (share of its test tiles called right),
        probability; n_tiles and model where there are.
    wells
        Passage of every clone: a table of wells with the columns `unit` and `passage`, or a Series by clone.
    passage, unit, group, label
        Names of columns.
    label_name, noun
        Words for the label and the clone.
    positive
        The label that has the positive class's colour in the picture.
    bound
        Correlations within ±bound count as none.
    seed
        Of permutations and resamples.

    Raises
    ------
    ArgumentError
        A column is missing or holds no numbers, or a clone stands there twice.
    """
    table, caveats = one_row_per_clone(groups, group=group, label=label, noun=noun)
    by_clone, said = passage_by_clone(wells, passage, unit)
    table["passage"] = table["group"].map(by_clone).astype(float)
    words = Words(passage, within=label_name, noun=noun)
    return _effect(table, words, bound, seed, positive, caveats + said)


def _effect(
    table: pd.DataFrame, words: Words, bound: float, seed: int, positive: str, caveats: tuple[str, ...]
) -> PassageEffect:
    """Hold every model's clones against their passages, and these against the diagnoses."""
    relations: list[Relation] = []
    trends = []
    for model, rows in table.groupby("model", sort=False):
        part = rows.set_index("group")
        relations += _relations(str(model), part, words, bound, seed)
        counts = part["passage"], part["correct"], part["n_tiles"]
        trends.append((str(model), odds_trend(*counts, replace(words, y="accuracy"))))
    clones = table.drop_duplicates("group").set_index("group")
    between = Words(words.within, words.x, noun=words.noun)
    imbalance = group_contrast(clones["label"], clones["passage"], words=between, seed=seed)
    overlap, more = _overlap(imbalance)
    return PassageEffect(
        tuple(relations),
        tuple(trends),
        imbalance,
        overlap,
        clones["label"],
        words.x,
        words.noun,
        caveats + more,
        positive,
    )


def _relations(model: str, part: pd.DataFrame, words: Words, bound: float, seed: int) -> Iterator[Relation]:
    """Correlate the outcomes of one model's clones with the passage."""
    several = part["label"].nunique() > 1
    # The score differs between diagnoses by design: over all clones it would show the diagnosis.
    for outcome, inside in (("accuracy", False), ("accuracy", True), ("score", several)):
        if inside and not several:
            continue
        within, named = part["label"] if inside else None, replace(words, y=outcome)
        found = rank_association(
            part["passage"], part[COLUMNS[outcome]], within=within, words=named, seed=seed
        )
        p, adjusted = found.pvalue.value, found.n_groups - 1
        judged = equivalence_test(found.rho, found.n, p=p, bound=bound, adjusted=adjusted, noun=words.noun)
        yield Relation(model, outcome, found, judged)


def passage_by_clone(
    wells: pd.DataFrame | pd.Series, passage: str, unit: str
) -> tuple[pd.Series, tuple[str, ...]]:
    """Take the passage of every clone, index as text, from wells or from a Series by clone."""
    if isinstance(wells, pd.Series):
        wells = pd.DataFrame({unit: wells.index, passage: wells.to_numpy()})
    require_columns(wells, [unit, passage], "The table of wells")
    numbers = as_numbers(wells, passage, "The table of wells")
    values, said = per_unit(pd.DataFrame({unit: wells[unit], passage: numbers}), unit, [passage])
    return values[passage], said


def _overlap(imbalance: Contrast) -> tuple[tuple[float, float], tuple[str, ...]]:
    """Find the passages that every diagnosis has, and say how many clones lie outside them."""
    values, name, of = imbalance.values, spaced(imbalance.words.y), spaced(imbalance.words.x)
    if len(imbalance.levels) < 2:
        return (np.nan, np.nan), ()
    ranges = values.groupby("x")["y"].agg(["min", "max"])
    low, high = float(ranges["min"].max()), float(ranges["max"].min())
    if low > high:
        said = f"No {name} is shared by the groups of {of}: {name} and {of} cannot be told apart."
        return (np.nan, np.nan), (said,)
    outside = int((~values["y"].between(low, high)).sum())
    lie = "lies" if outside == 1 else "lie"
    return (low, high), (
        f"The groups of {of} share {name} {low:g} to {high:g}; {counted(outside, imbalance.words.noun)} "
        f"{lie} outside.",
    )


def _ask(asked: Question) -> PassageEffect:
    seen = asked.evidence
    passages = seen.wells[["group", "passage"]].rename(columns={"group": seen.classes.noun})
    label, positive = seen.classes.label, seen.classes.positive
    return passage_effect(
        seen.groups, passages, unit=seen.classes.noun, label_name=label, positive=positive, **asked.common
    )


ANALYSIS = Analysis("passages", "Passage", StudySection.COVARIATES, _ask, checked=True, needs=("passage",))
