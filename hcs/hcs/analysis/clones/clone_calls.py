"""Clones called right and told apart: the accuracy and the ROC AUC that a study may claim, n = clones.

Proportions have Clopper & Pearson's (1934) exact interval and Wilson's (1927); areas those of
`hcs.statistics.auc`. The test permutes labels over clones, one-sided since a score has a direction: within
the batches where they are given, so that a difference between batches cannot pass for one between classes.
"""

from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from hcs.analysis.clones.units import batch_blocks, label_blocks, shared_donors
from hcs.analysis.finding import Shown
from hcs.analysis.question import ASKED_BATCH, Analysis, BatchSection, Question, StudySection
from hcs.figures.dots import clone_figure
from hcs.figures.panels import Panels
from hcs.figures.theme import model_name
from hcs.statistics.auc import compare_areas, rank_areas
from hcs.statistics.calls import COLUMNS, area_rows, call_rows, image_rows, unit_scores
from hcs.statistics.permutation import block_places, count_arrangements, permutation_test
from hcs.statistics.pvalues import PValue, no_pvalue, told
from hcs.wording import capital, counted, plural, sentence, spaced
from hcs_models.scores import THRESHOLD, called, called_right
from hcs_plates.errors import ArgumentError

TEST = "Permutation test of labels on the scores as given"
EXACT = "exact 95 % interval "
SHARED_TRAINING = (
    "Scores are taken as given: for training {nouns} that models share, which make them not quite "
    "independent, only labels permuted before training account."
)


@dataclass(frozen=True, repr=False)
class CloneCalls(Shown):
    """Calls and areas of every model, over clones first and over images beside.

    Parameters
    ----------
    table
        One row per model, level (clone or image), measure and interval method: model, level, measure
        (accuracy, sensitivity, specificity, auc), method, n, n_right, value, low, high.
    calls
        model, group, label, probability, called (positive), correct; one row per model and clone.
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
    """

    table: pd.DataFrame
    calls: pd.DataFrame
    tests: dict[str, PValue]
    comparisons: pd.DataFrame
    positive: str
    threshold: float
    caveats: tuple[str, ...]
    noun: str = "clone"

    def summary(self) -> str:
        """Give calls, area with interval, and test per model; then models compared."""
        said = list(map(self._model_sentence, self.tests, told(self.tests.values())))
        said[1:] = [one.replace(EXACT, "") for one in said[1:]]
        known = [row for row in self.comparisons.to_dict("records") if row["p"] == row["p"]]
        paired = told(PValue.of(row, self.noun) for row in known)
        for row, test in zip(known, paired, strict=True):
            said.append(
                f"ROC AUC of {model_name(row['first'])} minus that of {model_name(row['second'])}: "
                f"{row['difference']:+.2f} ({row['low']:+.2f} to {row['high']:+.2f}; {test})."
            )
        if len(known) < len(self.comparisons):
            said.append("The other areas cannot be told apart." if known else "No areas can be told apart.")
        return sentence(*said, *self.caveats)

    def plot(self) -> Panels:
        """Draw every clone's score and call; its axes."""
        figure = clone_figure(self.calls, positive=self.positive, threshold=self.threshold, noun=self.noun)
        return Panels.of(figure, self.calls)

    def _model_sentence(self, model: str, test: str) -> str:
        mine = self.table[self.table["model"] == model].set_index(["level", "measure", "method"])
        said = []
        for measure, words in (
            ("accuracy", f"{plural(self.noun)} called right"),
            ("sensitivity", spaced(self.positive)),
            ("specificity", "others"),
        ):
            n, right, value, low, high = mine.loc[(self.noun, measure, "exact"), COLUMNS[4:]]
            kind = EXACT if measure == "accuracy" else ""
            said += [f"{right:.0f} of {n:.0f} {words} ({value:.2f}, {kind}{low:.2f}–{high:.2f})"] if n else []
        said = [", ".join(said), f"ROC AUC {area_words(mine.loc[(self.noun, 'auc', 'newcombe')])}", test]
        beside = ""
        if "image" in mine.index:
            n, _, accuracy, *_ = mine.loc[("image", "accuracy", "none"), COLUMNS[4:]]
            area = mine.loc[("image", "auc", "none"), "value"]
            known = "no ROC AUC" if np.isnan(area) else f"ROC AUC {area:.2f}"
            beside = f" Over {counted(int(n), 'image')}: accuracy {accuracy:.2f}, {known}."
        return f"{capital(model_name(model))}: {'; '.join(said)}.{beside}"


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

    Parameters
    ----------
    groups
        One row per model and clone; several are averaged.
    positive
        The label that `probability` speaks of; every other label is negative.
    predictions
        Table of test images with the same columns, for the image-level numbers beside.
    wells, batch
        Wells table (its column ``donor`` tells which clones are not independent), and its column within whose
        values labels are permuted. Clones that stand in the same set of batches form a block.
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
    >>> clone_calls(groups.assign(probability=[0.9, 0.4, 0.3, 0.2]), "ALS").calls["correct"].tolist()
    [True, False, True, True]
    """
    names = (model, group, label, probability)
    units, said = unit_scores(groups, positive, names=names, noun=noun)
    blocks, more = label_blocks(units, wells, batch, clone, noun)
    said += more + shared_donors(units["group"], wells, clone, noun)
    beside: list[dict[str, object]] = []
    if predictions is not None:
        beside = image_rows(predictions, positive, names, threshold)
        said += (f"Images of one {noun} are not independent: their numbers stand here without interval.",)
    return _Judge(positive, threshold, noun, seed).judged(units, blocks, beside, said)


@dataclass(frozen=True)
class _Judge:
    """How units are judged."""

    positive: str
    threshold: float
    noun: str
    seed: int

    def judged(
        self,
        units: pd.DataFrame,
        blocks: pd.Series | None,
        beside: list[dict[str, object]],
        said: tuple[str, ...],
    ) -> CloneCalls:
        """Call and test the units of every model, and put rows beside."""
        units["called"] = called(units["probability"], self.threshold)
        units["correct"] = called_right(units, self.positive, self.threshold)
        rows: list[dict[str, object]] = []
        tests: dict[str, PValue] = {}
        for name, part in units.groupby("model", sort=False):
            rows += call_rows(part, self.positive, self.noun)
            rows += area_rows(part, self.positive, self.noun, self.seed)
            own = None if blocks is None else blocks.loc[part["group"]].tolist()
            tests[str(name)], more = self.tested(part, own)
            said += more
        if len(units):
            said += (SHARED_TRAINING.format(nouns=plural(self.noun)),)
        return CloneCalls(
            pd.DataFrame([*rows, *beside], columns=COLUMNS),
            units.reset_index(drop=True),
            tests,
            self.compared(units),
            self.positive,
            self.threshold,
            tuple(dict.fromkeys(said)),
            self.noun,
        )

    def tested(self, part: pd.DataFrame, blocks: list[object] | None) -> tuple[PValue, tuple[str, ...]]:
        """Permutation test of the labels over one model's clones."""
        truth, n, nouns = (part["label"] == self.positive).to_numpy(dtype=float), len(part), plural(self.noun)
        test = TEST if blocks is None else f"{TEST}, within blocks"
        if truth.all() or not truth.any():
            return no_pvalue(TEST, n, nouns), (f"All {nouns} are of one class: there is no AUC.",)
        ranks = rankdata(part["probability"].to_numpy())
        if count_arrangements(truth, block_places(n, blocks)) == 1:
            return no_pvalue(test, n, nouns), (
                "Class and block are the same thing: labels cannot be permuted within blocks, and no test "
                "can tell a difference between the classes from one between the batches.",
            )
        done = permutation_test(
            partial(rank_areas, ranks), truth, blocks=blocks, sided="greater", seed=self.seed
        )
        p = PValue(done.p, test, n, done.smallest_p, nouns, "one-sided")
        if np.ptp(ranks) == 0:
            name = model_name(part["model"].iloc[0])
            return p, (f"{name}: all {nouns} have the same score, which tells nothing of their class.",)
        return p, (
            f"With so few {nouns} no result could have had a p below 0.05.",
        ) if p.smallest > 0.05 else ()

    def compared(self, units: pd.DataFrame) -> pd.DataFrame:
        """Areas of each pair of models on the clones that both scored."""
        columns = ["first", "second", "difference", "low", "high", "p", "smallest_p", "test", "n"]
        wide = units.pivot_table(
            index=["group", "label"], columns="model", values="probability", observed=True
        )
        rows = []
        for first, second in combinations(dict.fromkeys(units["model"]), 2):
            both = wide[[first, second]].dropna()
            truth = (both.index.get_level_values("label") == self.positive).astype(bool)
            difference, interval, p = compare_areas(
                both[first].to_numpy(), both[second].to_numpy(), truth, noun=plural(self.noun)
            )
            cells = (first, second, difference, interval.low, interval.high, *p.row().values())
            rows.append(dict(zip(columns, cells, strict=True)))
        return pd.DataFrame(rows, columns=columns)


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
            f"Every {seen.classes.noun} stands in the same {plural(spaced(asked.batch))}: labels within "
            "these are labels among all, as in calls."
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
