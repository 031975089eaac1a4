"""Clones called right and told apart: the accuracy and the ROC AUC that a study may claim, n = clones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from hcs.analysis.finding import Shown
from hcs.analysis.question import ASKED_BATCH, Analysis, BatchSection, Question, StudySection
from hcs.figures.theme import model_name
from hcs.statistics.auc import compare_areas
from hcs.statistics.calls import COLUMNS, area_rows, call_rows, image_rows, unit_scores
from hcs.statistics.frames import require_columns
from hcs.statistics.permutation import block_places, count_arrangements, permutation_test
from hcs.statistics.pvalues import PValue, no_pvalue
from hcs.wording import counted, plural, sentence, spaced
from hcs_models.scores import THRESHOLD, called, called_right
from hcs_plates.errors import ArgumentError

if TYPE_CHECKING:
    from hcs.figures.panels import Panels

DONOR = "donor"
Floats = npt.NDArray[np.float64]

TEST = "Permutation test of labels on the scores as given"
SHARED_TRAINING = (
    "The scores are taken as given: models that share training {nouns} give scores that are not quite "
    "independent, which only labels permuted before training account for."
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
        """Give calls, area with interval, and test per model; then models compared; then images."""
        said = [self._model_sentence(model) for model in self.tests]
        for row in self.comparisons.to_dict("records"):
            first, second = model_name(row["first"]), model_name(row["second"])
            if np.isnan(row["p"]):
                said.append(f"The areas of {first} and {second} cannot be told apart here.")
                continue
            p = PValue(row["p"], row["test"], row["n"], noun=plural(self.noun))
            said.append(
                f"The area of {first} minus that of {second} is {row['difference']:+.2f} "
                f"(95 % interval {row['low']:+.2f} to {row['high']:+.2f}; {p.sentence()})."
            )
        return sentence(*said, *self.caveats)

    def plot(self) -> "Panels":
        """Draw every clone's score and call; its axes."""
        from hcs.figures.clones import clone_figure
        from hcs.figures.panels import Panels

        figure = clone_figure(self.calls, positive=self.positive, threshold=self.threshold, noun=self.noun)
        return Panels.of(figure, self.calls)

    def _model_sentence(self, model: str) -> str:
        mine = self.table[(self.table["model"] == model) & (self.table["level"] == self.noun)]
        parts = []
        for measure, words in (
            ("accuracy", f"{plural(self.noun)} called right"),
            ("sensitivity", f"{spaced(self.positive)} called so"),
            ("specificity", "of the others called other"),
        ):
            row = mine[(mine["measure"] == measure) & (mine["method"] == "exact")]
            parts += [
                f"{one['n_right']:.0f} of {one['n']} {words} ({one['value']:.2f}, exact 95 % interval "
                f"{one['low']:.2f}–{one['high']:.2f})"
                for one in row[row["n"] > 0].to_dict("records")
            ]
        area = mine[(mine["measure"] == "auc") & (mine["method"] == "newcombe")]
        parts += [
            f"ROC AUC over {counted(one['n'], self.noun)} {one['value']:.2f} (95 % interval "
            f"{one['low']:.2f}–{one['high']:.2f}, Newcombe's method 5)"
            for one in area.dropna(subset=["value"]).to_dict("records")
        ]
        images = self.table[(self.table["model"] == model) & (self.table["level"] == "image")]
        beside = ""
        if not images.empty:
            value = images.set_index("measure")["value"]
            area = "no ROC AUC" if np.isnan(value["auc"]) else f"ROC AUC {value['auc']:.2f}"
            beside = (
                f" Beside it, over {counted(int(images['n'].max()), 'image')}: accuracy "
                f"{value['accuracy']:.2f}, {area}."
            )
        return f"{model_name(model)}: {'; '.join(parts)}; {self.tests[model].sentence()}.{beside}"


def clone_calls(
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

    Proportions have Clopper & Pearson's (1934) exact interval and Wilson's (1927); areas those of
    `hcs.statistics.auc`. The test permutes labels over clones, one-sided since a score has a direction:
    within the batches where they are given, so that a difference between batches cannot pass for one
    between classes.

    Parameters
    ----------
    groups
        One row per model and clone; several are averaged.
    positive
        The label that `probability` speaks of; every other label is negative.
    predictions
        Table of test images with the same columns, for the image-level numbers beside.
    wells, batch
        Wells table (its column ``donor`` tells which clones are not independent), and its column within whose values labels are permuted. Clones that stand in the same
        set of batches form a block.
    model, group, label, probability, clone
        Names of columns; `clone` is that of the wells table.
    threshold
        At and above it a clone is called positive.
    noun
        What a unit is.
    seed
        Of bootstrap and permutations.

    Raises
    ------
    ArgumentError
        A column or the positive label is lacking, a score is no number, `batch` without `wells`.

    Examples
    --------
    >>> groups = pd.DataFrame({"model": "cnn", "group": list("abcdef"), "label": ["ALS"] * 3 + ["control"] * 3})
    >>> found = clone_calls(groups.assign(probability=[0.9, 0.8, 0.4, 0.3, 0.2, 0.1]), "ALS")
    >>> found.tests["cnn"].sentence()
    'Permutation test of labels on the scores as given over 6 clones, one-sided p = 0.05, smallest possible 0.05'
    >>> found.table.query("measure == 'accuracy' and method == 'exact'")["n_right"].tolist()
    [5.0]
    """  # noqa: E501 - a sentence is one line
    names = (model, group, label, probability)
    units, caveats = unit_scores(groups, positive, names=names, noun=noun)
    units["called"] = called(units["probability"], threshold)
    units["correct"] = called_right(units, positive, threshold)
    blocks, said = _blocks(units, wells, batch, clone, noun)
    caveats += said + _shared_donors(units, wells, clone, noun)
    rows: list[dict[str, object]] = []
    tests: dict[str, PValue] = {}
    for name, part in units.groupby("model", sort=False):
        rows += call_rows(part, positive, noun) + area_rows(part, positive, noun, seed)
        own = None if blocks is None else blocks.loc[part["group"]].tolist()
        tests[str(name)], said = _label_test(part, positive, own, noun, seed)
        caveats += said
    if predictions is not None:
        rows += image_rows(predictions, positive, names, threshold)
        caveats += (f"Images of one {noun} are not independent: their numbers stand here without interval.",)
    if len(units):
        caveats += (SHARED_TRAINING.format(nouns=plural(noun)),)
    return CloneCalls(
        pd.DataFrame(rows, columns=COLUMNS),
        units.reset_index(drop=True),
        tests,
        _comparisons(units, positive, noun),
        positive,
        threshold,
        tuple(dict.fromkeys(caveats)),
        noun,
    )


def batch_blocks(
    groups: Sequence[str], wells: pd.DataFrame, batch: str, *, clone: str = "clone", noun: str = "clone"
) -> tuple[pd.Series, tuple[str, ...]]:
    """Put clones that stand in the same set of batches into one block, within which labels may move.

    Parameters
    ----------
    groups
        Names of the clones.
    wells
        One row per well, with clone and batch.
    batch, clone
        Columns of the wells table.
    noun
        What a clone is called.

    Examples
    --------
    >>> wells = pd.DataFrame({"clone": list("aabc"), "run": ["1", "2", "1", "1"]})
    >>> batch_blocks(["a", "b", "c"], wells, "run")[0].tolist()
    ['1 + 2', '1', '1']
    """
    require_columns(wells, [clone, batch], "The wells table")
    known = wells.dropna(subset=[clone, batch])
    held = known.groupby(known[clone].astype(str))[batch].agg(
        lambda values: " + ".join(sorted(set(values.astype(str))))
    )
    lacking = [name for name in groups if name not in held.index]
    said = [f"Labels are permuted among {plural(noun)} of the same {spaced(batch)} only."]
    if lacking:
        form = "forms a block of its own" if len(lacking) == 1 else "form a block of their own"
        said.append(f"{counted(len(lacking), noun)} without {spaced(batch)} (first {lacking[0]}) {form}.")
    return held.reindex(list(groups)).fillna("(none)"), tuple(said)


def _blocks(
    units: pd.DataFrame, wells: pd.DataFrame | None, batch: str | None, clone: str, noun: str
) -> tuple[pd.Series | None, tuple[str, ...]]:
    """Block of each clone, by name, within which labels may move."""
    if batch is not None:
        if wells is None:
            raise ArgumentError(f"Batches ({batch!r}) need the wells table that holds them; give wells.")
        names = list(dict.fromkeys(units["group"]))
        return batch_blocks(names, wells, batch, clone=clone, noun=noun)
    both = units.groupby("group")["label"].nunique() > 1
    if not both.any():
        return None, ()
    hold = "holds" if both.sum() == 1 else "hold"
    said = [
        f"{counted(int(both.sum()), noun)} (first {both.index[both][0]}) {hold} several labels: each counts "
        "once per label."
    ]
    if both.all():
        said.append(f"Labels are permuted within each {noun}.")
        return pd.Series(both.index, index=both.index), tuple(said)
    return None, tuple(said)


def _shared_donors(units: pd.DataFrame, wells: pd.DataFrame | None, clone: str, noun: str) -> tuple[str, ...]:
    """Say where clones of one donor are counted as independent."""
    if wells is None or not {clone, DONOR} <= set(wells.columns) or clone == DONOR or noun == DONOR:
        return ()
    known = wells.dropna(subset=[clone, DONOR])
    held = known[known[clone].astype(str).isin(set(units["group"]))].drop_duplicates([clone, DONOR])
    clones, donors = held[clone].nunique(), held[DONOR].nunique()
    if clones == donors:
        return ()
    return (
        f"{counted(clones, noun)} come from {counted(donors, DONOR)} and count as independent here, which "
        f"{plural(noun)} of one donor are not: `donor_level` counts donors.",
    )


def _label_test(
    part: pd.DataFrame, positive: str, blocks: list[object] | None, noun: str, seed: int
) -> tuple[PValue, tuple[str, ...]]:
    """Permutation test of the labels over one model's clones."""
    truth, n = (part["label"] == positive).to_numpy(dtype=float), len(part)
    where = "" if blocks is None else ", within blocks"
    if truth.all() or not truth.any():
        return no_pvalue(TEST, n, plural(noun)), (f"All {plural(noun)} are of one class: there is no AUC.",)
    ranks = rankdata(part["probability"].to_numpy())
    m = truth.sum()

    def area(labels: Floats) -> Floats:
        return np.asarray((labels @ ranks - m * (m + 1) / 2) / (m * (n - m)))

    if count_arrangements(truth, block_places(n, blocks)) == 1:
        return no_pvalue(TEST + where, n, plural(noun)), (
            "Class and block are the same thing: labels cannot be permuted within blocks, and no test can "
            "tell a difference between the classes from one between the batches.",
        )
    done = permutation_test(area, truth, blocks=blocks, sided="greater", seed=seed)
    p = PValue(done.p, TEST + where, n, done.smallest_p, plural(noun), "one-sided")
    if np.ptp(ranks) == 0:
        name = model_name(part["model"].iloc[0])
        return p, (f"{name}: all {plural(noun)} have the same score, which tells nothing of their class.",)
    if done.smallest_p > 0.05:
        return p, (f"With so few {plural(noun)} no result could have had a p below 0.05.",)
    return p, ()


def _comparisons(units: pd.DataFrame, positive: str, noun: str) -> pd.DataFrame:
    """Areas of each pair of models on the clones that both scored."""
    wide = units.pivot_table(index=["group", "label"], columns="model", values="probability", observed=True)
    models, rows = list(dict.fromkeys(units["model"])), []
    for place, first in enumerate(models):
        for second in models[place + 1 :]:
            both = wide[[first, second]].dropna()
            truth = (both.index.get_level_values("label") == positive).astype(bool)
            difference, interval, p = compare_areas(
                both[first].to_numpy(), both[second].to_numpy(), truth, noun=plural(noun)
            )
            found = {"first": first, "second": second, "difference": difference}
            rows.append(found | {"low": interval.low, "high": interval.high} | p.row())
    return pd.DataFrame(
        rows, columns=["first", "second", "difference", "low", "high", "p", "smallest_p", "test", "n"]
    )


def _ask(asked: Question, batch: str | None = None) -> CloneCalls:
    seen = asked.evidence
    return clone_calls(
        seen.groups,
        seen.positive,
        predictions=seen.predictions,
        wells=seen.wells,
        batch=batch,
        clone="group",
        noun=seen.noun,
        seed=asked.seed,
    )


def _ask_within_batches(asked: Question) -> CloneCalls:
    seen = asked.evidence
    blocks, _ = batch_blocks(sorted(set(seen.groups["group"])), seen.wells, asked.batch, clone="group")
    if blocks.nunique() < 2:
        raise ArgumentError(
            f"Every {seen.noun} stands in the same {plural(spaced(asked.batch))}: labels within these are "
            "labels among all, as in calls."
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
