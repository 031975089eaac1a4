"""Whether batches are mixed in the features: neighbourhoods, silhouettes and explained variance.

A metric's value has no level that chance gives in every study, since wells of one clone resemble each other:
it is held beside the same metric under batches exchanged where the null hypothesis lets them be.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.batches.exchange import Exchange, batch_exchange, label_exchange
from hcs.analysis.batches.mixing_design import design_words, inseparable
from hcs.analysis.batches.well_features import Columns, Features, averaged, categories, matched
from hcs.analysis.finding import Shown
from hcs.analysis.question import ASKED_BATCH, Analysis, BatchSection, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.figures.intervals import Rows
from hcs.figures.panels import Panels, stacked
from hcs.figures.points import mixing_figure
from hcs.figures.theme import NEGATIVE, POSITIVE
from hcs.statistics.arrays import Floats
from hcs.statistics.levels import checked_draws
from hcs.statistics.neighbours import (
    METRICS,
    NEIGHBOURS,
    SMALLEST,
    Embedding,
    embed,
    neighbourhood_size,
)
from hcs.statistics.permutation import permutation_test
from hcs.statistics.pvalues import ALPHA, PValue, adjust_pvalues
from hcs.wording import counted, listed, sentence, spaced
from hcs_plates.errors import ArgumentError

PERMUTATIONS = 199
LABEL = "clisi"
"""The metric of the label; all others are of the batches."""
NAMES = {**METRICS, LABEL: "cLISI"}
REVERSED = ("pc_regression", LABEL)
"""Metrics of which 0 is mixed."""
BETTER = (
    "The batch silhouette is closer to 1 than that of permuted batches, but need not fall as batches part "
    "(Rautenstrauch & Ohler 2025): go by the other metrics."
)
COLUMNS = (
    "metric", "name", "about", "value", "mixed_is", "null_mean", "null_low", "null_high", "p", "smallest_p",
    "p_holm", "test", "n", "unit", "n_groups", "n_wells", "n_values", "neighbours",
)  # fmt: skip


@dataclass(frozen=True, repr=False)
class BatchMixing(Shown):
    """How well batches are mixed among wells, beside batches exchanged at random.

    Parameters
    ----------
    table
        One row per metric: metric (kbet, ilisi, batch_silhouette, pc_regression; clisi, of the label), name
        (in words), about (column whose values are mixed), value, mixed_is (value of perfect mixing: 1 or 0),
        null_mean, null_low and null_high (mean and 95 % of permutations), p (one-sided: less mixed than
        permuted), smallest_p, p_holm (over the batch's four), test, n (how many of what the permutation
        exchanges), unit (what that is: the group's noun, or ``plate`` where plates lie in batches), n_groups,
        n_wells, n_values (batches or labels), neighbours (wells of a neighbourhood, itself counted). NaN
        where the data cannot answer.
    points
        One row per well: group, plate, well, batch, label, and its first two principal components pc1, pc2.
    design
        ``nested`` (each group in one batch), ``crossed`` (each in several), ``partly crossed``, or empty
        where mixing cannot be asked.
    caveats
        What was left out and what the numbers cannot say.
    batch, label
        Names of the columns.
    noun
        What a group is called.
    """

    table: pd.DataFrame
    points: pd.DataFrame
    design: str
    caveats: tuple[str, ...]
    batch: str = "differentiation_batch"
    label: str = "label"
    noun: str = "clone"

    def headline(self) -> str:
        """Say whether cells of one batch look more alike than chance explains, by how much."""
        known = self.table.set_index("metric")["value"]
        if known.isna().all():
            return next(iter(self.caveats), "How batches mix could not be measured.")
        batch, row = spaced(self.batch), self.table.set_index("metric").loc["pc_regression"]
        share = f"{batch} explains {_percent(row['value'])} of the variance between wells"
        tested = self._tested()
        if tested.empty:
            return f"Whether cells of one {batch} look more alike was not tested: {share}."
        if (tested["p_holm"] <= ALPHA).any():
            chance = f", {_percent(row['null_mean'])} by chance"
            return f"Yes, cells of one {batch} look more alike than chance explains: {share}{chance}."
        if _least(tested) > ALPHA:
            n = counted(int(tested["n"].iloc[0]), str(tested["unit"].iloc[0]))
            return f"Whether cells of one {batch} look more alike cannot be known with {n}: {share}."
        between = f"chance gives {_percent(row['null_low'])} to {_percent(row['null_high'])}"
        return f"No sign that cells of one {batch} look more alike: {share} ({between})."

    def summary(self) -> str:
        """Say whether batches lie apart, by how many metrics, and what stands in the way of asking."""
        tested, said = self._tested(), []
        apart = tested[tested["p_holm"] <= ALPHA]
        if len(apart):
            said.append(f"{len(apart)} of {counted(len(tested), 'metric')} show it: {listed(apart['name'])}.")
        headline = self.headline()
        return sentence(headline, *said, *(part for part in self.caveats if part != headline))

    @property
    def statistics(self) -> pd.DataFrame:
        """Each metric with its test."""
        rows = self.table[self.table["value"].notna()].to_dict("records")
        corrected = f"Holm over {counted(len(self._tested()), 'metric')}"
        return statistics_table(
            Stated(
                f"{row['name']} of {spaced(row['about'])}",
                f"{row['mixed_is']:g} is mixed",
                row["value"],
                pvalue=None if np.isnan(row["p"]) else PValue.of(row, row["unit"], "one-sided"),
                corrected=row["p_holm"],
                correction="" if np.isnan(row["p_holm"]) else corrected,
            )
            for row in rows
        )

    def _tested(self) -> pd.DataFrame:
        """Rows of the batch's metrics that have a p-value."""
        return self.table[(self.table["metric"] != LABEL) & self.table["p"].notna()]

    def plot(self) -> Panels:
        """Draw the metrics beside what permutations give, and the wells on two components; its axes."""
        if self.table["value"].notna().sum() == 0:
            said = sentence("Mixing could not be measured.", *self.caveats)
            return Panels.none(said, self.table)
        batch, label, named = spaced(self.batch), spaced(self.label), self.table.drop(columns="n")
        rows = named.rename(columns={"value": "estimate", "null_mean": "expected"}).assign(
            label=[
                f"{name}\n{spaced(about)}, mixed: {mixed:g}"
                for name, about, mixed in zip(named["name"], named["about"], named["mixed_is"], strict=True)
            ],
            group=np.where(named["metric"] == LABEL, label, batch),
        )
        looks = {batch: (NEGATIVE, "o"), label: (POSITIVE, "D")}
        panel = Rows(rows, "Value of the metric", f"How well {batch} is mixed", looks=looks)
        words = {"expected": "mean of permutations", "null": "95 % of permutations"}
        figure = mixing_figure(panel, self.points, words, batch=batch, label=label)
        return Panels.of(figure, stacked({"metrics": self.table, "wells": self.points}))


def batch_mixing(  # noqa: PLR0913 – public: columns and options by keyword
    features: Features,
    table: pd.DataFrame,
    *,
    batch: str = "differentiation_batch",
    label: str = "label",
    group: str = "group",
    plate: str = "plate",
    well: str = "well",
    noun: str = "clone",
    neighbours: int = NEIGHBOURS,
    standardise: bool = True,
    seed: int = 0,
    permutations: int = PERMUTATIONS,
) -> BatchMixing:
    """Measure how well batches are mixed, and test whether less than permuted batches are.

    Tiles are first averaged to wells, and wells reduced to at most 50 principal components. Four metrics:
    kBET's acceptance rate (Büttner et al. 2019), iLISI (Korsunsky et al. 2019), the batch silhouette within
    labels (Luecken et al. 2022) and principal-component regression (Büttner et al. 2019); and beside them
    cLISI of the label. Each is held against batches exchanged within a label: among the wells of a clone
    that stands in several batches, among whole clones that stand in one, and among whole plates where a batch
    has several plates of its own. Labels are exchanged among whole clones of the same batches.

    Parameters
    ----------
    features
        Array of shape (n_rows, n_features): tiles, fields or wells.
    table
        What each row is: group, plate, well, label and batch; rows without one of these are left out.
    batch, label, group, plate, well, noun
        Names of columns; what a group is called.
    neighbours
        Most wells in a neighbourhood; see `hcs.statistics.neighbours.neighbourhood_size`.
    standardise
        Whether every feature counts alike, or by its variance.
    seed, permutations
        Permutations drawn where there are more arrangements than that.

    Raises
    ------
    ArgumentError
        Rows that do not match, features that are no numbers, a lacking column, a batch that is the column of
        the label, group or well, fewer than 6 neighbours, no permutations.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> wells = pd.DataFrame([(f"c{i}", f"P{j}", f"B{i + 1:02d}") for i in range(16) for j in range(2)])
    >>> wells = wells.set_axis(["group", "plate", "well"], axis=1).assign(label=["x", "x", "y", "y"] * 8)
    >>> features = rng.normal(size=(32, 5)) + 9 * (wells[["plate"]] == "P1").to_numpy()
    >>> found = batch_mixing(features, wells, batch="plate")
    >>> found.table.set_index("metric").loc["ilisi", ["value", "p", "smallest_p"]].tolist()
    [0.0, 0.005, 0.005]
    """
    columns = Columns(label, group, plate, well, batch, noun)
    asked = _Asked(columns, neighbours, standardise, seed, checked_draws(permutations, "permutations"))
    return asked.mixing(*asked.wells(features, table))


@dataclass(frozen=True)
class _Asked:
    """What is asked of features, and what has been said of them so far."""

    columns: Columns
    neighbours: int
    standardise: bool
    seed: int
    draws: int
    said: list[str] = field(default_factory=list)

    def wells(self, features: Features, table: pd.DataFrame) -> tuple[Floats, pd.DataFrame]:
        """Features and names of the wells whose batch and label are known."""
        columns, keys = self.columns, self.columns.keys
        taken = [columns.batch, columns.label]
        for what in ("group", "well", "label"):
            if getattr(columns, what) == columns.batch:
                raise ArgumentError(
                    f"batch and {what} are one column, {columns.batch!r}; name the batch's own."
                )
        values, rows = averaged(*matched(features, table, [*keys, *taken]), keys, taken, self.said)
        known = rows[taken].notna().all(axis=1).to_numpy()
        if not known.all():
            lost = counted(int((~known).sum()), "well")
            self.said.append(f"{lost} without {spaced(columns.batch)} or {spaced(columns.label)} left out.")
        if np.isnan(values[known]).any():
            self.said.append("Missing features count as the mean of all wells.")
        names = ["group", "plate", "well", "batch", "label"]
        wells = rows.loc[known, [*keys, *taken]].set_axis(names, axis=1).reset_index(drop=True)
        return values[known], categories(wells, "plate", "batch", "label")

    def mixing(self, values: Floats, wells: pd.DataFrame) -> BatchMixing:
        """Measure all metrics, and say what stands in the way."""
        embedded = embed(values, standardise=self.standardise, seed=self.seed)
        size = neighbourhood_size(len(wells), max(1, wells["batch"].nunique()), self.neighbours)
        made = {name: self._empty(name, wells, size) for name in NAMES}
        problem = inseparable(wells, self.columns)
        if not problem and not embedded.size:
            problem = "All features are constant: they can tell nothing."
        design, words = "", [problem]
        if not problem:
            exchange = batch_exchange(wells, self.columns.noun)
            design, words = exchange.design, design_words(wells, exchange, self.columns)
            of_label = label_exchange(wells, self.columns.noun) if wells["label"].nunique() > 1 else None
            rows = Embedding.of(embedded, size, pd.factorize(wells["label"], sort=True)[0])
            for name in NAMES:
                held = of_label if name == LABEL else exchange
                made[name] |= {} if held is None else self._measured(rows, name, held)
            if size == 0:
                few = f"{counted(len(wells), 'well')} are too few for neighbourhoods"
                self.said.append(f"{few}: kBET and LISI need {2 * SMALLEST} or more.")
        if made["batch_silhouette"]["value"] > made["batch_silhouette"]["null_high"]:
            words.insert(0, BETTER)
        found = pd.DataFrame(list(made.values()), columns=list(COLUMNS))
        own = (found["metric"] != LABEL).to_numpy()
        found.loc[own, "p_holm"] = adjust_pvalues(found.loc[own, "p"].to_numpy(dtype=float), "holm")
        points = wells.assign(**{f"pc{at + 1}": _component(embedded, at) for at in range(2)})
        caveats = tuple(dict.fromkeys([*words, *self.said]))
        columns = self.columns
        return BatchMixing(found, points, design, caveats, columns.batch, columns.label, columns.noun)

    def _empty(self, name: str, wells: pd.DataFrame, size: int) -> dict[str, Any]:
        """Row of a metric that is not measured."""
        what = "label" if name == LABEL else "batch"
        row: dict[str, Any] = dict.fromkeys(COLUMNS, np.nan)
        row |= {"metric": name, "name": NAMES[name], "about": getattr(self.columns, what)}
        row |= {"test": "", "n": 0, "unit": ""}
        row |= {"mixed_is": float(name not in REVERSED), "n_groups": wells["group"].nunique()}
        return row | {"n_wells": len(wells), "n_values": wells[what].nunique(), "neighbours": size}

    def _measured(self, rows: Embedding, name: str, exchange: Exchange) -> dict[str, Any]:
        """Value of one metric, and what exchanged units give of it."""

        def statistic(units: Floats) -> Floats:
            return np.asarray(getattr(rows, name)(units[:, exchange.unit].astype(np.intp)))

        values = exchange.values.astype(float)
        value = float(statistic(values[None])[0])
        if np.isnan(value) or exchange.n_moved == 0:
            return {"value": value}
        test = permutation_test(
            statistic, values, blocks=exchange.blocks, seed=self.seed, draws=self.draws, exact=self.draws,
            sided="greater" if name in REVERSED else "less",
        )  # fmt: skip
        low, high = np.quantile(test.null, [0.025, 0.975])
        null = {"null_mean": float(test.null.mean()), "null_low": float(low), "null_high": float(high)}
        words = f"permutation test of {exchange.words}"
        p = {"p": test.p, "smallest_p": test.smallest_p, "test": words, "n": exchange.n_moved}
        return {"value": value, "unit": exchange.noun} | null | p


def _component(embedded: Floats, at: int) -> Floats:
    """One principal component; 0 where there are fewer."""
    return embedded[:, at] if embedded.shape[1] > at else np.zeros(len(embedded))


def _least(tested: pd.DataFrame) -> float:
    """Smallest corrected p that the design can give."""
    return float(adjust_pvalues(tested["smallest_p"].to_numpy(dtype=float), "holm").min())


def _percent(share: float) -> str:
    """Write a share of variance, small ones with a decimal."""
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.1f} %"


def _ask(asked: Question) -> BatchMixing:
    seen = asked.evidence
    return batch_mixing(
        seen.features, asked.tiles, batch=asked.batch, label=seen.classes.label, **asked.common
    )


ANALYSIS = Analysis(
    "mixing", "Do batches lie apart?", StudySection.BATCHES, _ask, BatchSection.FEATURES, needs=(ASKED_BATCH,)
)
