"""Clones called right and told apart: the accuracy and the ROC AUC that a study may claim, n = clones.

Proportions have Clopper & Pearson's (1934) exact interval and Wilson's (1927); areas those of
`hcs.statistics.auc`. The test permutes labels over clones, one-sided since a score has a direction: within
the batches where they are given, so that a difference between batches cannot pass for one between classes.
Where donors gave several clones the donor is the unit: of 30 clones of 10 donors without any difference, the
test over clones finds one in 16 of 100 experiments.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from hcs.analysis.clones.compared import several_clones
from hcs.analysis.clones.judge import Judge
from hcs.analysis.clones.units import DONOR, batch_blocks, come_from, label_blocks
from hcs.analysis.finding import Shown
from hcs.analysis.question import ASKED_BATCH, Analysis, BatchSection, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.figures.dots import clone_figure
from hcs.figures.panels import Panels
from hcs.figures.theme import model_name
from hcs.statistics.bootstrap import Interval
from hcs.statistics.calls import COLUMNS, image_rows, unit_scores
from hcs.statistics.pvalues import ALPHA, PValue, no_pvalue
from hcs.wording import capital, counted, listed, plural, sentence, spaced
from hcs_models.scores import THRESHOLD
from hcs_plates.errors import ArgumentError
from hcs_plates.names import as_names

SHARED_TRAINING = "Models share training {nouns}; `hcs study permute` accounts for that."
METHODS = {"exact": "Clopper–Pearson", "newcombe": "Newcombe"}
MEASURES = {"accuracy": "accuracy", "auc": "ROC AUC"}


@dataclass(frozen=True, repr=False)
class CloneCalls(Shown):
    """Calls and areas of every model, over clones first and over images beside.

    Parameters
    ----------
    table
        One row per model, level (clone, or donor where donors gave several; image), measure and interval
        method: model, level, measure (accuracy, sensitivity, specificity, auc), method, n, n_right, value,
        low, high.
    calls
        model, group, label, probability, called (positive), correct; one row per model and clone (donor).
    tests
        Per model, the permutation test that the area is above 0.5.
    comparisons
        first, second, difference of areas, low, high, p, smallest_p, test, n; one row per pair of models.
    positive
        The label whose probability is given.
    threshold
        At and above it a clone is called positive.
    caveats
        What the numbers cannot say.
    noun
        What a unit is.
    confusion
        Calls of every model by diagnosis: `hcs.analysis.clones.judge.CONFUSION`.
    """

    table: pd.DataFrame
    calls: pd.DataFrame
    tests: dict[str, PValue]
    comparisons: pd.DataFrame
    positive: str
    threshold: float
    caveats: tuple[str, ...]
    noun: str = "clone"
    confusion: pd.DataFrame = field(default_factory=pd.DataFrame)

    def headline(self) -> str:
        """Answer for the first model: its sensitivity and specificity by name, with exact intervals."""
        if not self.tests:
            return f"No {self.noun} has a score."
        model, p = next(iter(self.tests.items()))
        others = [name for name in dict.fromkeys(self.calls["label"]) if name != self.positive]
        apart = f"{spaced(self.positive)} from {spaced(others[0]) if len(others) == 1 else 'the others'}"
        name, rates = model_name(model), self._rates(model, named=len(others) < 2)
        if np.isnan(p.value) or p.smallest > ALPHA:
            n = counted(p.n, self.noun)
            return f"Whether {name} separates {apart} cannot be known with {n}: {rates}."
        seen = "separates" if p.value <= ALPHA else "is not shown to separate"
        return f"{capital(name)} {seen} {apart}: {rates}."

    def summary(self) -> str:
        """Give the rates of every model by name, its area, and whether the models differ."""
        models = list(self.tests)
        several = self.calls["label"].nunique() > 2 if models else False
        said = [f"{capital(model_name(one))}: {self._rates(one)}." for one in models[0 if several else 1 : 3]]
        areas = [f"{model_name(one)} {area}" for one in models[:3] if (area := self._area(one))]
        said += [f"ROC AUC: {listed(areas)}."] if areas else []
        return sentence(self.headline(), *said, *self._pairs(), *self.caveats)

    @property
    def statistics(self) -> pd.DataFrame:
        """Every proportion and area with its interval, test of each model, and every pair of models."""
        rows = []
        for row in self.confusion.to_dict("records"):
            of = no_pvalue("", int(row["n"]), plural(self.noun))
            asked = f"{capital(model_name(row['model']))}, {spaced(row['diagnosis'])}"
            limits = Interval(row["low"], row["high"])
            rows.append(Stated(asked, row["measure"], row["value"], limits, METHODS["exact"], of))
        quoted = self.table["measure"].isin(MEASURES) & self.table["method"].isin([*METHODS, "none"])
        for row in self.table[quoted].to_dict("records"):
            p = no_pvalue("", int(row["n"]), plural(row["level"]))
            if (row["measure"], row["level"]) == ("auc", self.noun):
                p = self.tests[row["model"]]
            asked = f"{capital(model_name(row['model']))}, all {plural(row['level'])}"
            limits, method = Interval(row["low"], row["high"]), METHODS.get(row["method"], "")
            rows.append(Stated(asked, MEASURES[row["measure"]], row["value"], limits, method, p))
        for row in self.comparisons.to_dict("records"):
            names = f"{capital(model_name(row['first']))} minus {model_name(row['second'])}"
            limits, p = Interval(row["low"], row["high"]), PValue.of(row, self.noun)
            rows.append(Stated(names, "difference of ROC AUCs", row["difference"], limits, "DeLong", p))
        return statistics_table(rows)

    def plot(self) -> Panels:
        """Draw every clone's score and call; its axes."""
        figure = clone_figure(self.calls, positive=self.positive, threshold=self.threshold, noun=self.noun)
        return Panels.of(figure, self.calls)

    def _rates(self, model: str, *, named: bool = True) -> str:
        """Sensitivity, and the specificity of each other diagnosis or of all: right of n, with limits."""
        rows = self.confusion[self.confusion["model"] == model]
        known = [tuple(row) for row in rows[["measure", "n", "value", "low", "high", "diagnosis"]].to_numpy()]
        if not named:
            of = self.table[(self.table["model"] == model) & (self.table["method"] == "exact")]
            pooled = of.set_index("measure").loc["specificity", ["n", "value", "low", "high"]]
            known = [*known[:1], ("specificity", *pooled, "others")]
        said: list[str] = []
        last = ""
        for measure, n, value, low, high, diagnosis in known:
            if n:
                word = "" if measure == last else f"{measure} "
                right = f"{round(n * value)} of {n:.0f} {spaced(diagnosis)}"
                kind = "" if said else "95 % interval "
                said.append(f"{word}{right} ({value:.2f}, {kind}{low:.2f}–{high:.2f})")
                last = measure
        return listed(said)

    def _area(self, model: str) -> str:
        rows = self.table[(self.table["model"] == model) & (self.table["level"] == self.noun)]
        area = rows[(rows["measure"] == "auc") & (rows["method"] == "newcombe")]
        return "" if area["value"].isna().all() else area_words(area.iloc[0])

    def _pairs(self) -> list[str]:
        """Say which models differ in their areas."""
        known = self.comparisons.dropna(subset=["p"]) if len(self.comparisons) else self.comparisons
        said = [
            f"ROC AUC of {model_name(row['first'])} minus that of {model_name(row['second'])}: "
            f"{row['difference']:+.2f} ({row['low']:+.2f} to {row['high']:+.2f})."
            for row in known.to_dict("records")
            if row["p"] <= ALPHA
        ]
        return said[:2] if said or known.empty else ["No difference between the models' ROC AUCs is shown."]


def clone_calls(  # noqa: PLR0913 – two tables' columns, each by its own name
    groups: pd.DataFrame,
    positive: str,
    *,
    predictions: pd.DataFrame | None = None,
    wells: pd.DataFrame | None = None,
    batch: str | None = None,
    model: str = "model",
    group: str = "group",
    label: str = "label",
    probability: str = "probability",
    clone: str = "clone",
    threshold: float = THRESHOLD,
    noun: str = "clone",
    seed: int = 0,
) -> CloneCalls:
    """Count clones called right and measure how well their scores tell the classes apart.

    Where a column ``donor`` (of `groups`, or else of `wells`) shows that donors gave several clones, clones
    of one donor are averaged, and calls, areas and tests are over donors.

    Parameters
    ----------
    groups
        One row per model and clone; several are averaged.
    positive
        The label that `probability` speaks of; every other label is negative, and counted by name.
    predictions
        Table of test images with the same columns, for the image-level numbers beside.
    wells, batch
        Wells table, and its column within whose values labels are permuted. Clones (donors) that stand in the
        same set of batches form a block.
    model, group, label, probability, clone
        Names of columns; `clone` is that of the wells table.
    threshold
        At and above it a clone is called positive.
    noun, seed
        What a unit is; of bootstrap and permutations.

    Raises
    ------
    ArgumentError
        A column or the positive label is lacking, a score is no number, `batch` without `wells`.

    Examples
    --------
    >>> groups = pd.DataFrame({"model": "cnn", "group": list("abcd"), "label": ["ALS"] * 2 + ["control"] * 2})
    >>> found = clone_calls(groups.assign(probability=[0.9, 0.4, 0.3, 0.2]), "ALS")
    >>> found.confusion[["diagnosis", "called_positive", "called_negative"]].values.tolist()
    [['ALS', 1, 1], ['control', 0, 2]]
    """
    names = (model, group, label, probability)
    units, said = unit_scores(groups, positive, names=names, noun=noun)
    donors, more = _donors(groups, wells, group, clone, noun)
    if donors:
        units = units.assign(group=units["group"].map(lambda name: donors.get(name, name)))
        units = units.groupby(["model", "group", "label"], sort=False, as_index=False)["probability"].mean()
        if wells is not None and clone in wells:
            wells = wells.assign(**{clone: wells[clone].map(lambda name: donors.get(str(name), name))})
        noun = DONOR
    blocks, blocked = label_blocks(units, wells, batch, clone, noun)
    beside: list[dict[str, object]] = []
    if predictions is not None:
        beside = image_rows(predictions, positive, names, threshold)
    judge = Judge(positive, threshold, noun, seed)
    units = judge.called(units)
    tests, untested = judge.tested(units, blocks)
    return CloneCalls(
        pd.DataFrame([*judge.rows(units), *beside], columns=COLUMNS),
        units,
        tests,
        judge.compared(units),
        positive,
        threshold,
        tuple(dict.fromkeys((*said, *more, *blocked, *untested, *_cautions(units, noun)))),
        noun,
        judge.confusion(units),
    )


def _donors(
    groups: pd.DataFrame, wells: pd.DataFrame | None, group: str, clone: str, noun: str
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Donor of each clone where donors are the units, and the sentence on it."""
    holder, name = (groups, group) if DONOR in groups or wells is None else (wells, clone)
    if DONOR in (noun, name) or not {name, DONOR} <= set(holder.columns):
        return {}, ()
    names = as_names(groups[group]).dropna().unique()
    rows = holder.assign(**{name: as_names(holder[name])})
    rows = rows[rows[name].isin(names)]
    donors = several_clones(rows, name)
    if donors:
        return donors, (come_from(len(names), len({donors.get(one, one) for one in names}), noun),)
    if len(names) > 1 and rows[DONOR].nunique() == 1 and rows[DONOR].notna().all():
        return {}, (f"{counted(len(names), noun)} come from 1 donor, of whom alone this says anything.",)
    return {}, ()


def _cautions(units: pd.DataFrame, noun: str) -> list[str]:
    """Say what the scores themselves leave open."""
    said = [
        f"{capital(model_name(str(name)))}: all {plural(noun)} have the same score."
        for name, part in units.groupby("model", sort=False)
        if len(part) > 1 and np.ptp(part["probability"]) == 0
    ]
    return [*said, SHARED_TRAINING.format(nouns=plural(noun))] if len(units) else said


def area_words(row: pd.Series) -> str:
    """Give an area with its limits: value, low, high."""
    value, low, high = row[["value", "low", "high"]]
    return "none" if np.isnan(value) else f"{value:.2f} ({low:.2f}–{high:.2f})"


def _ask(asked: Question, batch: str | None = None) -> CloneCalls:
    seen, more = asked.evidence, asked.common
    tables = {"predictions": seen.predictions, "wells": seen.wells}
    return clone_calls(seen.groups, seen.classes.positive, **tables, batch=batch, clone="group", **more)


def _ask_within_batches(asked: Question) -> CloneCalls:
    seen = asked.evidence
    blocks, _ = batch_blocks(sorted(set(seen.groups["group"])), seen.wells, asked.batch, clone="group")
    if blocks.nunique() < 2:
        raise ArgumentError(
            f"Every {seen.classes.noun} stands in the same {plural(spaced(asked.batch))}: a permutation "
            "within them is one among all, as in calls."
        )
    return _ask(asked, asked.batch)


ANALYSES = (
    Analysis("calls", "Calls over all of them", StudySection.GROUPS, _ask),
    Analysis(
        "calls_within_batches",
        "Calls within batches",
        StudySection.GROUPS,
        _ask_within_batches,
        BatchSection.BATCHES,
        needs=(ASKED_BATCH,),
    ),
)
