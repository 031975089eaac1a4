"""Clones called right and told apart: the accuracy and the ROC AUC that a study may claim, n = clones.

Proportions have Clopper & Pearson's (1934) exact interval and Wilson's (1927); areas those of
`hcs.statistics.auc`. The test permutes labels over clones, one-sided since a score has a direction: within
the batches where they are given, so that a difference between batches cannot pass for one between classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from hcs.analysis.clones.units import DONOR
from hcs.analysis.finding import Shown
from hcs.figures.theme import model_name
from hcs.statistics.auc import compare_areas
from hcs.statistics.calls import COLUMNS, area_rows, call_rows, image_rows, unit_scores
from hcs.statistics.frames import require_columns
from hcs.statistics.permutation import block_places, count_arrangements, permutation_test
from hcs.statistics.pvalues import PValue, no_pvalue, told
from hcs.wording import capital, counted, plural, sentence, spaced
from hcs_models.scores import THRESHOLD, called, called_right
from hcs_plates.errors import ArgumentError

if TYPE_CHECKING:
    from hcs.figures.panels import Panels

Floats = npt.NDArray[np.float64]

TEST = "Permutation test of labels on the scores as given"
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

    def plot(self) -> "Panels":
        """Draw every clone's score and call; its axes."""
        from hcs.figures.clones import clone_figure
        from hcs.figures.panels import Panels

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
            kind = "exact 95 % interval " if measure == "accuracy" else ""
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
    blocks, more = _blocks(units, wells, batch, clone, noun)
    said += more + _shared_donors(units, wells, clone, noun)
    beside: list[dict[str, object]] = []
    if predictions is not None:
        beside = image_rows(predictions, positive, names, threshold)
        said += (f"Images of one {noun} are not independent: their numbers stand here without interval.",)
    return _judged(units, Judge(positive, threshold, noun, seed), blocks, beside, said)


@dataclass(frozen=True)
class Judge:
    """How units are judged: the positive label, the threshold, what a unit is, and the seed."""

    positive: str
    threshold: float = THRESHOLD
    noun: str = "clone"
    seed: int = 0


def _judged(
    units: pd.DataFrame,
    judge: Judge,
    blocks: pd.Series | None = None,
    beside: Sequence[dict[str, object]] = (),
    said: tuple[str, ...] = (),
) -> CloneCalls:
    """Call and test the units of every model, of which there may be none."""
    units["called"] = called(units["probability"], judge.threshold)
    units["correct"] = called_right(units, judge.positive, judge.threshold)
    rows: list[dict[str, object]] = []
    tests: dict[str, PValue] = {}
    for name, part in units.groupby("model", sort=False):
        rows += call_rows(part, judge.positive, judge.noun)
        rows += area_rows(part, judge.positive, judge.noun, judge.seed)
        own = None if blocks is None else blocks.loc[part["group"]].tolist()
        tests[str(name)], more = _label_test(part, judge, own)
        said += more
    if len(units):
        said += (SHARED_TRAINING.format(nouns=plural(judge.noun)),)
    table = pd.DataFrame([*rows, *beside], columns=COLUMNS)
    compared, caveats = _comparisons(units, judge), tuple(dict.fromkeys(said))
    kept = units.reset_index(drop=True)
    return CloneCalls(table, kept, tests, compared, judge.positive, judge.threshold, caveats, judge.noun)


def area_words(row: pd.Series) -> str:
    """Give an area with its limits: value, low, high."""
    value, low, high = row[["value", "low", "high"]]
    return "none" if np.isnan(value) else f"{value:.2f} ({low:.2f}–{high:.2f})"


def batch_blocks(
    groups: Sequence[str], wells: pd.DataFrame, batch: str, *, clone: str = "clone", noun: str = "clone"
) -> tuple[pd.Series, tuple[str, ...]]:
    """Put clones that stand in the same set of batches into one block, within which labels may move.

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
    said = f"{counted(int(both.sum()), noun)} (first {both.idxmax()}) {hold} several labels: each counts "
    said += "once per label."
    if not both.all():
        return None, (said,)
    return pd.Series(both.index, index=both.index), (said, f"Labels are permuted within each {noun}.")


def _shared_donors(units: pd.DataFrame, wells: pd.DataFrame | None, clone: str, noun: str) -> tuple[str, ...]:
    """Say where clones of one donor are counted as independent."""
    if wells is None or not {clone, DONOR} <= set(wells.columns) or DONOR in (clone, noun):
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
    part: pd.DataFrame, judge: Judge, blocks: list[object] | None
) -> tuple[PValue, tuple[str, ...]]:
    """Permutation test of the labels over one model's clones."""
    truth, n, nouns = (part["label"] == judge.positive).to_numpy(dtype=float), len(part), plural(judge.noun)
    test = TEST if blocks is None else f"{TEST}, within blocks"
    if truth.all() or not truth.any():
        return no_pvalue(TEST, n, nouns), (f"All {nouns} are of one class: there is no AUC.",)
    ranks, m = rankdata(part["probability"].to_numpy()), truth.sum()
    if count_arrangements(truth, block_places(n, blocks)) == 1:
        return no_pvalue(test, n, nouns), (
            "Class and block are the same thing: labels cannot be permuted within blocks, and no test can "
            "tell a difference between the classes from one between the batches.",
        )

    def area(labels: Floats) -> Floats:
        return np.asarray((labels @ ranks - m * (m + 1) / 2) / (m * (n - m)))

    done = permutation_test(area, truth, blocks=blocks, sided="greater", seed=judge.seed)
    p = PValue(done.p, test, n, done.smallest_p, nouns, "one-sided")
    if np.ptp(ranks) == 0:
        name = model_name(part["model"].iloc[0])
        return p, (f"{name}: all {nouns} have the same score, which tells nothing of their class.",)
    return p, (f"With so few {nouns} no result could have had a p below 0.05.",) if p.smallest > 0.05 else ()


def _comparisons(units: pd.DataFrame, judge: Judge) -> pd.DataFrame:
    """Areas of each pair of models on the clones that both scored."""
    columns = ["first", "second", "difference", "low", "high", "p", "smallest_p", "test", "n"]
    wide = units.pivot_table(index=["group", "label"], columns="model", values="probability", observed=True)
    rows = []
    for first, second in combinations(dict.fromkeys(units["model"]), 2):
        both = wide[[first, second]].dropna()
        truth = (both.index.get_level_values("label") == judge.positive).astype(bool)
        scores = (both[name].to_numpy() for name in (first, second))
        difference, interval, p = compare_areas(*scores, truth, noun=plural(judge.noun))
        cells = (first, second, difference, interval.low, interval.high, *p.row().values())
        rows.append(dict(zip(columns, cells, strict=True)))
    return pd.DataFrame(rows, columns=columns)
