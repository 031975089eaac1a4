"""Passage numbers: whether accuracy and score of the clones follow them, and whether diagnoses share them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.figures.theme import model_name
from hcs.statistics.association import RankAssociation, rank_association
from hcs.statistics.contrast import Contrast, group_contrast
from hcs.statistics.equivalence import BOUND, Equivalence, equivalence_test
from hcs.statistics.frames import as_numbers, one_row_per_clone, per_unit, require_columns
from hcs.statistics.gee import OddsTrend, odds_trend
from hcs.wording import counted, sentence, spaced

if TYPE_CHECKING:
    from hcs.figures.panels import Panels

OUTCOMES = ("accuracy", "score")
COLUMNS = {"accuracy": "correct", "score": "probability"}


@dataclass(frozen=True)
class Relation:
    """One outcome of one model against the passage: the correlation, and what it means.

    Parameters
    ----------
    model, outcome
        ``accuracy`` or ``score``.
    association
        Spearman's correlation.
    equivalence
        Related, no relation, or undecided.
    """

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
            "within": held.within_name,
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

    def summary(self) -> str:
        """Give correlation and outcome."""
        said = [self.association.headline(), *self.association.caveats]
        if not np.isnan(self.association.rho):
            said += [self.equivalence.summary()]
        return sentence(*said)


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
            for found in trend.table.to_dict("records"):
                measure = f"odds ratio per {found['per']:g}"
                kept = {name: found[name] for name in ("low", "high", "p", "smallest_p", "test", "n")}
                effect = found["odds_ratio"]
                row = {"model": model, "outcome": "accuracy", "within": "", "measure": measure}
                rows.append({**row, "effect": effect, **kept})
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
        said = []
        for model, relations in self._by_model():
            trends = [trend.summary() for name, trend in self.trends if name == model]
            text = sentence(*(relation.summary() for relation in relations), *trends)
            said.append(f"{_capital(model_name(model))}: {text}" if several and model else text)
        return sentence(*said, self.imbalance.summary(), *self.caveats)

    def _by_model(self) -> Iterator[tuple[str, list[Relation]]]:
        for model in dict.fromkeys(relation.model for relation in self.relations):
            yield model, [relation for relation in self.relations if relation.model == model]

    def plot(self) -> "Panels":
        """Draw accuracy and score against passage, one dot per clone, coloured by diagnosis; its axes."""
        from hcs.figures.associations import trend_figure
        from hcs.figures.panels import Panels
        from hcs.figures.theme import empty_figure

        several = len({relation.model for relation in self.relations}) > 1
        panels, dots = [], []
        for model, relations in self._by_model():
            # Accuracy within diagnoses has the dots of accuracy over all clones.
            shown = {one.outcome: one for one in reversed(relations)}
            for relation in (shown[outcome] for outcome in OUTCOMES):
                panel = relation.association.panel(_capital(model_name(model)) if several else "")
                values = panel.values.assign(within=self.labels.reindex(panel.values.index))
                if len(values):
                    panels.append(replace(panel, values=values))
                    dots.append(values.assign(model=model, outcome=relation.outcome))
        if not panels:
            return Panels.of(empty_figure(self.summary()), self.table)
        others = [str(one) for one in self.labels.unique() if str(one) != self.positive]
        figure = trend_figure(
            panels,
            noun=self.noun,
            legend=self.imbalance.x_name,
            positive=self.positive,
            negative=others[0] if self.positive and len(others) == 1 else "",
        )
        numbers = pd.concat(dots).rename_axis(self.noun).reset_index()
        return Panels.of(figure, numbers.rename(columns={"x": self.passage, "y": "value", "within": "label"}))


def passage_effect(
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

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> table = pd.DataFrame({"group": [f"c{i}" for i in range(30)], "label": ["ALS", "control"] * 15})
    >>> table = table.assign(correct=rng.uniform(0.7, 1, 30), probability=rng.uniform(0, 1, 30), n_tiles=225)
    >>> found = passage_effect(table, pd.Series(rng.integers(15, 40, 30), index=table["group"]))
    >>> [(relation.outcome, relation.equivalence.verdict) for relation in found.relations]
    [('accuracy', 'undecided'), ('accuracy', 'undecided'), ('score', 'undecided')]
    """
    table, caveats = one_row_per_clone(groups, group=group, label=label, noun=noun)
    by_clone, said = passage_by_clone(wells, passage, unit)
    table["passage"] = table["group"].map(by_clone).astype(float)
    relations: list[Relation] = []
    trends = []
    for model, rows in table.groupby("model", sort=False):
        part = rows.set_index("group")
        names = {"x_name": passage, "label_name": label_name, "noun": noun}
        relations += _relations(str(model), part, bound, seed, names)
        trend = odds_trend(part["passage"], part["correct"], part["n_tiles"], x_name=passage, noun=noun)
        trends.append((str(model), trend))
    clones = table.drop_duplicates("group").set_index("group")
    imbalance = group_contrast(
        clones["label"], clones["passage"], x_name=label_name, y_name=passage, noun=noun, seed=seed
    )
    overlap, more = _overlap(imbalance, passage, label_name, noun)
    return PassageEffect(
        tuple(relations),
        tuple(trends),
        imbalance,
        overlap,
        clones["label"],
        passage,
        noun,
        (*caveats, *said, *more),
        positive,
    )


def _relations(
    model: str, part: pd.DataFrame, bound: float, seed: int, names: dict[str, str]
) -> Iterator[Relation]:
    """Correlate the outcomes of one model's clones with the passage."""
    passage, label_name, noun = names["x_name"], names["label_name"], names["noun"]
    several = part["label"].nunique() > 1
    # The score differs between diagnoses by design: over all clones it would show the diagnosis.
    for outcome, inside in (("accuracy", False), ("accuracy", True), ("score", several)):
        if inside and not several:
            continue
        found = rank_association(
            part["passage"],
            part[COLUMNS[outcome]],
            within=part["label"] if inside else None,
            x_name=passage,
            y_name=outcome,
            within_name=label_name,
            noun=noun,
            seed=seed,
        )
        judged = equivalence_test(
            found.rho,
            found.n,
            p=found.pvalue.value,
            bound=bound,
            adjusted=found.n_groups - 1,
            x_name=passage,
            y_name=f"{outcome} (within {spaced(label_name)})" if inside else outcome,
            noun=noun,
        )
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


def _overlap(
    imbalance: Contrast, passage: str, label_name: str, noun: str
) -> tuple[tuple[float, float], tuple[str, ...]]:
    """Find the passages that every diagnosis has, and say how many clones lie outside them."""
    values = imbalance.values
    if len(imbalance.levels) < 2:
        return (np.nan, np.nan), ()
    ranges = values.groupby("x")["y"].agg(["min", "max"])
    low, high = float(ranges["min"].max()), float(ranges["max"].min())
    name, of = spaced(passage), spaced(label_name)
    if low > high:
        said = f"No {name} is shared by the groups of {of}: {name} and {of} cannot be told apart."
        return (np.nan, np.nan), (said,)
    outside = int((~values["y"].between(low, high)).sum())
    lie = "lies" if outside == 1 else "lie"
    return (low, high), (
        f"The groups of {of} share {name} {low:g} to {high:g}; {counted(outside, noun)} {lie} outside.",
    )


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def _ask(asked: Question) -> PassageEffect:
    seen = asked.evidence
    passages = seen.wells[["group", "passage"]].rename(columns={"group": seen.noun})
    return passage_effect(
        seen.groups,
        passages,
        unit=seen.noun,
        label_name=seen.label_name,
        positive=seen.positive,
        noun=seen.noun,
        seed=asked.seed,
    )


ANALYSIS = Analysis("passages", "Passage", StudySection.COVARIATES, _ask, checked=True, needs=("passage",))
