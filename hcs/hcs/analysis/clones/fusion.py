"""Score and biomarkers together: whether what is known of the blood adds to what is seen in the images.

Everything is judged on clones that took no part: penalised logistic regression, fitted without the clone,
with a penalty that was chosen without it too. The score enters as its logit, clipped at probabilities of 0.01
and 0.99; in each fit both classes weigh alike, columns are standardised on the training clones, and the
penalty is the one of `hcs.statistics.ridge.PENALTIES` with the smallest log loss when each training clone is
left out in turn. Clones of one donor each count in a fit, are left out together, and are averaged before
areas, Brier scores and tests, which count donors.

Two permutation tests run the whole nested fit anew. Score and biomarkers moved together over the clones give
the area by chance, which leaving out one by one pulls below 0.5. Biomarkers moved alone, the score staying
with its clone, give the area that biomarkers without meaning add. Both are moved without a look at the
classes; areas that tie are ordered by their Brier score.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hcs.analysis.clones.biomarkers import MarkedClones, Wanted, marked_clones
from hcs.analysis.clones.clone_calls import SHARED_TRAINING
from hcs.analysis.clones.nested_areas import (
    COEFFICIENTS,
    COMPARISON,
    GIVEN,
    PROBABILITIES,
    TABLE,
    NestedAreas,
)
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.figures.intervals import Rows, interval_figure
from hcs.figures.panels import Panels, stacked
from hcs.figures.theme import NEGATIVE, POSITIVE
from hcs.statistics.bootstrap import Interval
from hcs.statistics.pvalues import ALPHA, PValue, no_pvalue
from hcs.wording import capital, counted, listed, plural, sentence, spaced
from hcs_plates.errors import ArgumentError

EVENTS = 5
"""Clones of the smaller class that each coefficient asks for: events per variable, as relaxed by Vittinghoff
& McCulloch (2007). With fewer, only the penalty stands against over-fitting; a caveat says so."""
LEAST_PER_CLASS = 2 * EVENTS
"""With fewer independent clones of a class nothing is fitted: the smallest fusion has two coefficients, of
the score and of one biomarker."""
PERMUTATIONS = 199


@dataclass(frozen=True, repr=False)
class Fusion(Shown):
    """Score, biomarkers, and both, each judged on clones left out.

    Parameters
    ----------
    table
        One row per inputs (score as given, which is fitted to nothing; score alone; biomarkers alone; both):
        n and n_positive (independent units), auc with its 95 % limits (Newcombe's method 5), expected (mean
        area when classes are permuted and everything is fitted anew), null_low, null_high (95 % of these), p
        (one-sided), smallest_p, test, brier (mean squared error of the probability), penalty (the median of
        those chosen). Empty where nothing could be fitted.
    probabilities
        inputs, group, label, probability (from the fit without the clone), correct (at 0.5), penalty.
    coefficients
        inputs, column, mean, sd, low, high (over the fits, each without one unit; log-odds per standard
        deviation), same_sign (share of fits with the mean's sign), n_fits.
    comparison
        Area of both minus that of the score alone: first, second, difference, low, high (DeLong), expected
        (where biomarkers are permuted), p, smallest_p, test, n; one row per test.
    positive
        Label that the probability speaks of.
    columns
        Biomarkers that were used.
    left_out
        Clones without a biomarker.
    caveats
        What was left out and what the numbers cannot say.
    noun
        What the independent units are.
    """

    table: pd.DataFrame
    probabilities: pd.DataFrame
    coefficients: pd.DataFrame
    comparison: pd.DataFrame
    positive: str
    columns: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    noun: str = "clone"

    @property
    def statistics(self) -> pd.DataFrame:
        """Areas and Brier scores of every choice of inputs, what biomarkers add, and their weights."""
        return statistics_table(self._stated())

    def _stated(self) -> Iterator[Stated]:
        for row in self.table.to_dict("records"):
            limits, p = Interval(row["low"], row["high"]), PValue.of(row, self.noun, "one-sided")
            p = no_pvalue("", p.n, p.noun) if row["inputs"] == GIVEN else p
            yield Stated(row["inputs"], "ROC AUC", row["auc"], limits, "Newcombe", p)
            if row["p"] == row["p"]:
                by_chance = Interval(row["null_low"], row["null_high"])
                yield Stated(
                    row["inputs"], "ROC AUC by chance", row["expected"], by_chance, "95 % of permutations"
                )
            yield Stated(row["inputs"], "Brier score", row["brier"])
        for row, sided, method in zip(
            self.comparison.to_dict("records"), ("two-sided", "one-sided"), ("DeLong", ""), strict=False
        ):
            asked, limits = f"{row['first']} minus {row['second']}", Interval(row["low"], row["high"])
            p = PValue.of(row, self.noun, sided)
            yield Stated(asked, "difference of ROC AUCs", row["difference"], limits, method, p)
        for row in self.coefficients.to_dict("records"):
            asked = f"weight of {spaced(row['column'])} in {row['inputs']}"
            yield Stated(asked, "log-odds per SD, mean over the fits", row["mean"])

    def headline(self) -> str:
        """Say whether the biomarkers add to the score, by how much, over how many."""
        if self.table.empty:
            return self.caveats[0]
        delong, permuted = self.comparison.to_dict("records")
        markers, add = listed(map(spaced, self.columns), most=2), "adds" if len(self.columns) == 1 else "add"
        n, gain = counted(int(self.table["n"].iloc[0]), self.noun), delong["difference"]
        size = f"ROC AUC {_signed(gain)}"
        if np.isfinite(delong["low"]):
            size += f" (95 % interval {_signed(delong['low'])} to {_signed(delong['high'])}; {n})"
        if permuted["p"] <= ALPHA and gain > 0:
            return f"{capital(markers)} {add} to the score: {size}."
        if not permuted["smallest_p"] <= ALPHA:
            return f"Whether {markers} {add} to the score cannot be known with {n}: {size}."
        return f"That {markers} {add} to the score is not shown: {size}."

    def summary(self) -> str:
        """Give the headline, the areas behind it, and what the numbers cannot say."""
        areas = [
            f"{row['inputs']} {row['auc']:.2f} ({row['low']:.2f}–{row['high']:.2f})"
            for row in self.table.to_dict("records")
        ]
        behind = f"ROC AUC when each {self.noun} is left out: {listed(areas)}." if areas else ""
        return sentence(self.headline(), behind, *self.caveats)

    def plot(self) -> Panels:
        """Draw the areas over what chance gives, and the coefficients; its axes."""
        if self.table.empty:
            return Panels.none(self.headline(), self.table)
        every = self.table["inputs"].iloc[-1]
        weights = self.coefficients[self.coefficients["inputs"] == every]
        last, n = {every: (POSITIVE, "D")}, counted(int(self.table["n"].iloc[0]), self.noun)
        areas = self.table.drop(columns="n").rename(columns={"auc": "estimate"})
        areas = areas.assign(label=areas["inputs"], group=np.where(areas["inputs"] == every, every, ""))
        left = Rows(
            areas,
            f"ROC AUC over {n}",
            "Told apart when left out",
            reference=0.5,
            looks=last | {"": (NEGATIVE, "o")},
        )
        drawn = weights.drop(columns="n", errors="ignore").rename(columns={"mean": "estimate"})
        drawn = drawn.assign(
            label=weights["column"].map(spaced), group=every, said=weights["mean"].map(_signed)
        )
        title = f"Weights in the fits of {every}"
        right = Rows(drawn, "Log-odds per standard deviation", title, None, reference=0.0, looks=last)
        words = {
            "interval": f"95 % interval over {plural(self.noun)}; range over the fits",
            "null": "95 % by chance (permuted, fitted anew)",
            "expected": "mean by chance",
            "reference": "0.5; no weight",
        }
        figure = interval_figure(left, right, words=words)
        return Panels.of(figure, stacked({"areas": self.table, "weights": weights}))


def fuse(  # noqa: PLR0913 – one table's columns, the biomarkers and their tests, each by its own name
    groups: pd.DataFrame,
    clinical: pd.DataFrame,
    columns: Sequence[str],
    positive: str,
    *,
    model: str | None = None,
    logged: Sequence[str] = (),
    donors: pd.Series | None = None,
    block: str | None = None,
    group: str = "group",
    label: str = "label",
    probability: str = "probability",
    permutations: int = PERMUTATIONS,
    noun: str = "clone",
    seed: int = 0,
) -> Fusion:
    """Put the model's score and biomarkers together by ridge logistic regression, nested leave-one-clone-out.

    Parameters
    ----------
    groups
        One row per clone (and model): group, label, probability, of models that did not train on the clone.
    clinical
        Biomarkers by clone or donor (the index), as `read_clinical` gives them.
    columns, logged
        Biomarkers, which must be numbers; those of them to take the logarithm of.
    positive
        The label that `probability` speaks of; every other label is negative.
    model
        Whose scores; None if there is one model only.
    donors
        Donor of every clone (index: clone); without it a column ``donor`` of `clinical` is used, if there.
    block
        Column of `clinical` (a site, an assay run) within whose values the permutations move.
    group, label, probability, noun
        Names of columns of `groups`; what a row of it is.
    permutations, seed
        Drawn for each test where there are more arrangements than that.

    Returns
    -------
    Fusion
        With an empty table and the reason in words where a class has fewer than `LEAST_PER_CLASS` clones
        (donors) or no biomarker varies.

    Raises
    ------
    ArgumentError
        A lacking column, label or model; a biomarker that is no number; a clone with two rows or two donors.
    """
    if permutations < 1:
        raise ArgumentError(f"permutations {permutations} must be at least 1; 199 reach a p of 0.005.")
    names = (group, label, probability)
    wanted = Wanted(columns, positive, model, logged, donors, block, names, noun)
    return _fused(marked_clones(groups, clinical, wanted), permutations, seed)


def _fused(clones: MarkedClones, permutations: int, seed: int) -> Fusion:
    """Fit and test, or say why nothing can be."""
    table, probabilities, coefficients, comparison = (
        pd.DataFrame(columns=list(names)) for names in (TABLE, PROBABILITIES, COEFFICIENTS, COMPARISON)
    )
    why = _why_not(clones)
    said = (why, *clones.notices)
    if not why:
        nest = NestedAreas(clones, permutations, seed)
        table, probabilities = nest.table(), nest.by_clone()
        coefficients, comparison = nest.coefficients(), nest.comparison()
        said = (*clones.notices, *_caveats(nest))
    return Fusion(
        table,
        probabilities,
        coefficients,
        comparison,
        clones.positive,
        clones.names[1:],
        clones.left_out,
        said,
        clones.unit_noun,
    )


def _why_not(clones: MarkedClones) -> str:
    """Reason why nothing can be fitted, or nothing."""
    positive, other = clones.count()
    if min(positive, other) < LEAST_PER_CLASS:
        markers, others = listed(map(spaced, clones.asked), most=2), counted(other, clones.unit_noun)
        add = "adds" if len(clones.asked) == 1 else "add"
        return (
            f"Whether {markers} {add} to the score cannot be known with {positive} {spaced(clones.positive)} "
            f"and {others} of the other class: {LEAST_PER_CLASS} of each are needed."
        )
    return "There is no biomarker to put beside the score." if len(clones.names) == 1 else ""


def _caveats(nest: NestedAreas) -> list[str]:
    """Say what the numbers cannot."""
    clones, said = nest.clones, []
    nouns, k, few = plural(clones.unit_noun), len(clones.names), min(clones.count())
    if few < EVENTS * k:
        said.append(
            f"{counted(few, clones.unit_noun)} of the smaller class for {k} coefficients are fewer than "
            f"{EVENTS} each: only the penalty stands against over-fitting."
        )
    if names := nest.separating():
        alone = capital(listed(map(spaced, names)))
        said.append(f"{alone} alone separates the classes, so the penalty sets its weight.")
    if nest.strata is None:
        said.append("Class and block are confounded: no test can be made within blocks.")
    return [
        *said,
        "By chance such areas lie below 0.5.",
        SHARED_TRAINING.format(nouns=nouns),
    ]


def _signed(number: float) -> str:
    return f"{round(number, 2) or 0.0:+.2f}".replace("-", "−")


def _ask(asked: Question) -> Fusion:
    table, seen = asked.clinical_table(), asked.evidence
    if not asked.biomarkers:
        raise ArgumentError("No biomarkers were named; name columns of the clinical table to ask this.")
    known = seen.groups, table.values, asked.biomarkers, seen.classes.positive
    donors = seen.donors if seen.has("donor") else None
    return fuse(*known, model=asked.model, donors=donors, **asked.common)


ANALYSIS = Analysis("fusion", "Score and biomarkers together", StudySection.COVARIATES, _ask)
