"""The study's test, batch by batch: whether what models learnt in other batches holds in each of them.

A batch's accuracy and area rest on its clones. Whether batches differ is tested by moving scores where the
null hypothesis lets them move: between the batches of one clone where clones stand in several (crossed), and
between clones of one class where each clone stands in one batch (nested).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hcs.analysis.batches.exchange import CROSSED, NESTED
from hcs.analysis.batches.homogeneity import MEASURES, WORDS, differences, homogeneity_tests, nested_words
from hcs.analysis.batches.plate_scores import PlateScores
from hcs.analysis.finding import Shown
from hcs.analysis.question import ASKED_BATCH, Analysis, BatchSection, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.figures.intervals import Rows, interval_figure
from hcs.figures.panels import Panels
from hcs.figures.theme import model_name
from hcs.statistics.bootstrap import Interval, bootstrap_interval, span
from hcs.statistics.calls import COLUMNS, area_rows, call_rows, image_rows, unit_scores
from hcs.statistics.frames import as_numbers, key_names, named_rows, require_columns
from hcs.statistics.pvalues import PValue, adjust_pvalues
from hcs.wording import counted, listed, plural, sentence, spaced
from hcs_models.scores import THRESHOLD, called_right
from hcs_plates.errors import ArgumentError
from hcs_plates.names import as_names

NAMES = ("model", "group", "label", "probability")
QUOTED = {"accuracy": "exact", "auc": "newcombe"}
"""Interval that is quoted of each measure."""
METHODS = {"exact": "Clopper–Pearson", "newcombe": "Newcombe"}


@dataclass(frozen=True, repr=False)
class BatchTest(Shown):
    """Accuracy and area of every batch, and whether batches differ.

    Parameters
    ----------
    table
        One row per model, batch, level (clone or image), measure (accuracy, sensitivity, specificity, auc)
        and interval method: model, batch, level, measure, method, n, n_right, value, low, high.
    tests
        One row per model and measure (accuracy, auc): model, measure, statistic (spread of the batches'
        values around their weighted mean), p, smallest_p, test, n, unit (what n counts: the group's noun, or
        ``plate`` where plates lie in batches).
    design
        ``crossed`` (a clone stands in several batches), ``nested``, or empty with one batch.
    left_out
        Whether models had seen no tile of the batch they are tested in.
    batch
        What a batch is called.
    caveats
        What the numbers cannot say.
    noun
        What a unit is.
    """

    table: pd.DataFrame
    tests: pd.DataFrame
    design: str
    left_out: bool
    batch: str
    caveats: tuple[str, ...]
    noun: str = "clone"

    def headline(self) -> str:
        """Say whether the first model's answer depends on the batch, and give its best and worst batch."""
        calls = self._rows("accuracy")
        if len(calls) < 2:
            return next(iter(self.caveats), "No batch has a score.")
        batch, model = spaced(self.batch), model_name(calls["model"].iloc[0])
        tests = self._tests(calls["model"].iloc[0])
        values = {measure: self._rows(measure)["value"].dropna().tolist() for measure in QUOTED}
        held = differences(values, tests)
        if held["differ"]:
            what = " and ".join(WORDS[one] for one in held["differ"])
            return f"Yes, the {model}'s {what} depend on {batch}: {self._ends(calls)}."
        if held["undecided"]:
            units = tests if len(tests) else self.tests
            n = counted(int(units["n"].iloc[0]), str(units["unit"].iloc[0]))
            depends = f"Whether the {model}'s answer depends on {batch} cannot be known with {n}"
            return f"{depends}: {self._ends(calls)}."
        return f"No sign that the {model}'s answer depends on {batch}: {self._ends(calls)}."

    def summary(self) -> str:
        """Give the first model's calls in its best and worst batch, its areas, and what stands in the way."""
        ends = [f"{area:.2f}" for area in sorted(self._rows("auc")["value"].dropna())]
        ranks = f"ROC AUC: {' to '.join(dict.fromkeys([ends[0], ends[-1]]))}." if ends else ""
        headline = self.headline()
        return sentence(headline, ranks, *(part for part in self.caveats if part != headline))

    @property
    def statistics(self) -> pd.DataFrame:
        """Every model's accuracy and area in each batch, and the tests that batches are alike."""
        made = []
        for row in self.table[self.table["level"] == self.noun].to_dict("records"):
            if QUOTED.get(row["measure"]) == row["method"]:
                question = f"{model_name(row['model'])}, {spaced(self.batch)} {row['batch']}"
                limits, method = Interval(row["low"], row["high"]), METHODS[row["method"]]
                made.append(Stated(question, MEASURES[row["measure"]], row["value"], limits, method))
        for row in self.tests.dropna(subset=["p"]).to_dict("records"):
            question = f"{model_name(row['model'])}, {MEASURES[row['measure']]} differs between batches"
            made.append(Stated(question, pvalue=PValue.of(row, row["unit"], "one-sided")))
        return statistics_table(made)

    def _rows(self, measure: str) -> pd.DataFrame:
        """One measure of the first model in every batch, over clones."""
        rows = self.table[(self.table["level"] == self.noun) & (self.table["measure"] == measure)]
        return rows[(rows["method"] == QUOTED[measure]) & (rows["model"] == rows["model"].head(1).squeeze())]

    def _tests(self, model: str) -> pd.DataFrame:
        """Take the tests of one model by measure, corrected by Holm's steps."""
        known = self.tests[(self.tests["model"] == model) & self.tests["p"].notna()]
        p = adjust_pvalues(known["p"].to_numpy(dtype=float), "holm")
        return known.assign(p_holm=p).set_index("measure")

    def _ends(self, calls: pd.DataFrame) -> str:
        """Give the lowest and the highest share of right calls, or the one there is."""
        rows = [
            calls.loc[place] for place in dict.fromkeys((calls["value"].idxmin(), calls["value"].idxmax()))
        ]
        shares = [
            f"{row['n_right']:.0f} of {row['n']:.0f} ({span(row['low'], row['high'])}) in {row['batch']}"
            for row in rows
        ]
        if len(shares) == 1:
            share = f"{100 * rows[0]['value']:.0f} % of {plural(self.noun)}"
            return f"{share} are right in every {spaced(self.batch)}"
        return f"{plural(self.noun)} right {', '.join(shares)}"

    def plot(self) -> Panels:
        """Draw area and accuracy over clones for every batch; its axes."""
        rows = self.table[self.table["level"] == self.noun]
        if rows.empty:
            return Panels.none(self.summary(), self.table)
        rows = rows[[QUOTED.get(a) == b for a, b in zip(rows["measure"], rows["method"], strict=True)]]
        models = rows["model"].nunique()
        labels = [
            (f"{model_name(model)}, " if models > 1 else "") + f"{MEASURES[measure]}, {batch}"
            for model, measure, batch in zip(rows["model"], rows["measure"], rows["batch"], strict=True)
        ]
        rows = rows.assign(
            label=labels, group=[MEASURES[name] for name in rows["measure"]], estimate=rows["value"]
        )
        rows = rows.sort_values(["model", "measure", "batch"], ascending=[True, False, True])
        seen = "" if self.left_out else "\nModels had seen other wells of the batch they are tested in."
        over = f"Share of {plural(self.noun)} called right / ROC AUC over {plural(self.noun)} (n){seen}"
        figure = interval_figure(Rows(rows, over, reference=0.5), words={"reference": "chance"})
        return Panels.of(figure, rows[list(self.table)])


def batch_test(  # noqa: PLR0913 – public: columns and options by keyword
    predictions: pd.DataFrame,
    wells: pd.DataFrame,
    positive: str,
    *,
    splits: pd.DataFrame | None = None,
    batch: str = "differentiation_batch",
    threshold: float = THRESHOLD,
    noun: str = "clone",
    seed: int = 0,
) -> BatchTest:
    """Score every batch and test whether batches differ.

    A clone's score in a batch is the mean over sets of its mean over that batch's tiles. The statistic is
    the sum over batches of n (value - mean)², for accuracy as in Cochran's Q (1950, crossed) and the
    chi-square test (nested); its p is of permutations, exact where arrangements are few. Where a batch has
    several plates of its own, whole plates are exchanged, since wells of a plate resemble each other.

    Parameters
    ----------
    predictions
        Test tiles: model, set, plate, well, group, label, probability.
    wells, batch
        plate, well and the column of the batch.
    positive, threshold
        The label that `probability` speaks of, every other being negative; from it on a clone is called so.
    splits
        The study's table of sets (set, held_out): tells whether sets left out the batch they were tested in.
    noun
        What a unit is.
    seed
        Of bootstrap and permutations.

    Raises
    ------
    ArgumentError
        A column or the positive label is lacking, or a probability is no number.

    Examples
    --------
    >>> tiles = pd.DataFrame({"group": list("abcdabcd"), "label": ["x", "x", "y", "y"] * 2, "set": 1})
    >>> tiles = tiles.assign(model="cnn", plate=["P"] * 4 + ["Q"] * 4, well=["A01", "A02", "A03", "A04"] * 2)
    >>> tiles["probability"] = [0.9, 0.8, 0.3, 0.2, 0.6, 0.4, 0.7, 0.1]
    >>> wells = tiles[["plate", "well"]].assign(run=["1"] * 4 + ["2"] * 4)
    >>> found = batch_test(tiles, wells, "x", batch="run")
    >>> found.design, found.tests["p"].tolist()
    ('crossed', [0.5, 0.25])
    """
    require_columns(predictions, [*NAMES, "set", "plate", "well"], "The predictions")
    require_columns(wells, ["plate", "well", batch], "The wells table")
    predictions, wells = named_rows(predictions), named_rows(wells)
    unit_scores(predictions, positive, names=NAMES, noun=noun)  # refuses what is no score or no label
    tiles, caveats = _with_batch(predictions, wells, batch)
    tiles = _known(tiles, positive, caveats)
    units = _units(tiles)
    units["correct"] = called_right(units, positive, threshold)
    rows: list[dict[str, object]] = []
    for name, part in units.groupby("batch", sort=True):
        found = []
        for _, mine in part.groupby("model", sort=False):
            found += call_rows(mine, positive, noun) + area_rows(mine, positive, noun, seed)
            found.append(_bootstrapped(mine, positive, noun, seed))
        found += image_rows(tiles[tiles["batch"] == name], positive, NAMES, threshold)
        rows += [row | {"batch": name} for row in found]
        if part["label"].nunique() < 2:
            caveats.append(f"{spaced(batch)} {name} holds one class only: its accuracy is of that class.")
    design = _design(units, batch, noun, caveats)
    left_out = _held_out(tiles, splits, batch, noun, caveats)
    plates = {}
    for model, part in tiles.groupby("model", sort=False):
        if (held := PlateScores.of(part, positive, threshold, noun)) is not None:
            plates[str(model)] = held
    tests, few = homogeneity_tests(units, positive, design, noun, seed, plates)
    table = pd.DataFrame(rows, columns=[COLUMNS[0], "batch", *COLUMNS[1:]])
    return BatchTest(table, tests, design, left_out, batch, tuple(dict.fromkeys([*caveats, *few])), noun)


def _with_batch(predictions: pd.DataFrame, wells: pd.DataFrame, batch: str) -> tuple[pd.DataFrame, list[str]]:
    """Tiles with the batch of their well; those without one are left out, in words."""
    keys, said = ["plate", "well"], []
    # Text, since a plate of one file may be 1 and that of another "1".
    names = {key: key_names(wells, key) for key in keys}
    known = pd.DataFrame(names | {"batch": as_names(wells[batch], numbers=True)}).dropna().drop_duplicates()
    several = known.duplicated(keys, keep=False)
    if several.any():
        first = known[several].iloc[0]
        several_wells = counted(len(known[several].drop_duplicates(keys)), "well")
        said.append(
            f"{several_wells} (first {first['plate']}/{first['well']}) have several values of "
            f"{spaced(batch)}: they count as not known."
        )
    named = predictions.drop(columns="batch", errors="ignore")
    named = named.assign(**{key: key_names(predictions, key) for key in keys})
    tiles = named.merge(known[~several], on=keys, how="left", validate="many_to_one")
    lost = tiles["batch"].isna()
    if lost.any():
        said.append(f"{counted(int(lost.sum()), 'image')} of wells without {spaced(batch)} left out.")
    return tiles[~lost].reset_index(drop=True), said


def _known(tiles: pd.DataFrame, positive: str, said: list[str]) -> pd.DataFrame:
    """Tiles with a score and a label, named by text."""
    if tiles.empty:
        said.append("No image has a batch: there is nothing to compare.")
        return tiles
    scores = tiles.assign(probability=as_numbers(tiles, "probability", "The predictions"))
    known = scores.dropna(subset=list(NAMES)).astype({"group": str, "label": str, "model": str})
    if len(known) < len(tiles):
        said.append(f"{counted(len(tiles) - len(known), 'image')} without a score or label left out.")
    others = [name for name in dict.fromkeys(known["label"]) if name != positive]
    if len(others) > 1:
        said.append(f"Labels {listed(others)} are together the negative class.")
    return known.reset_index(drop=True)


def _units(tiles: pd.DataFrame) -> pd.DataFrame:
    """One score per model, batch and clone: model, batch, group, label, probability."""
    keys = ["model", "batch", "group", "label"]
    per_set = tiles.groupby([*keys, "set"], sort=False)["probability"].mean()
    return per_set.groupby(keys, sort=False).mean().reset_index()


def _bootstrapped(part: pd.DataFrame, positive: str, noun: str, seed: int) -> dict[str, object]:
    """Accuracy of one model in one batch with the bootstrap interval over clones."""
    right, n = part["correct"].to_numpy(dtype=float), len(part)
    found = bootstrap_interval(
        lambda places: float(right[places].mean()), n, strata=(part["label"] == positive).tolist(), seed=seed
    )
    # All right or all wrong, every resample says the same: no interval, rather than one without width.
    limits = (np.nan, np.nan) if right.all() or not right.any() else (found.low, found.high)
    name = str(part["model"].iloc[0])
    cells = (name, noun, "accuracy", "bootstrap", n, right.sum(), right.mean(), *limits)
    return dict(zip(COLUMNS, cells, strict=True))


def _design(units: pd.DataFrame, batch: str, noun: str, said: list[str]) -> str:
    """How clones stand in batches."""
    alone, number = units.groupby("group")["batch"].nunique() < 2, units["batch"].nunique()
    if number < 2:
        if number:
            said.append(f"There is one {spaced(batch)} only: whether batches differ cannot be known.")
        return ""
    if alone.all():
        said.append(nested_words(spaced(batch), noun))
        return NESTED
    if alone.any():
        few = counted(int(alone.sum()), noun)
        said.append(f"{few} in one batch only cannot show whether batches differ.")
    return CROSSED


def _held_out(
    tiles: pd.DataFrame, splits: pd.DataFrame | None, batch: str, noun: str, said: list[str]
) -> bool:
    """Whether every tile was tested by a model that had left out its batch."""
    if splits is not None:
        require_columns(splits, ["set", "held_out"], "The table of sets")
        by_set = splits.drop_duplicates("set").set_index("set")["held_out"].astype(str)
        if (tiles["set"].map(by_set) == f"{batch}=" + tiles["batch"]).all() and len(tiles):
            seen = f"neither its wells nor the {noun} tested was trained on"
            said.append(f"Every {spaced(batch)} was held out: {seen}.")
            return True
    said.append(
        f"Models were trained on other {plural(noun)} of the same {spaced(batch)}; a new one was not tried."
    )
    return False


def _ask(asked: Question) -> BatchTest:
    seen = asked.evidence
    if lacking := sorted({seen.classes.positive, seen.classes.negative} - set(seen.predictions["label"])):
        none = f"No well of {listed(lacking)} has a score"
        raise ArgumentError(f"{none}, so no {spaced(asked.batch)} can be held against another.")
    scores = seen.predictions, seen.wells, seen.classes.positive
    return batch_test(*scores, splits=seen.splits, batch=asked.batch, **asked.common)


ANALYSIS = Analysis(
    "batches",
    "Batch by batch",
    StudySection.BATCHES,
    _ask,
    BatchSection.BATCHES,
    checked=True,
    needs=(ASKED_BATCH,),
)
