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

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hcs.analysis.clones.biomarkers import MarkedClones, Wanted, marked_clones
from hcs.analysis.clones.clone_calls import SHARED_TRAINING
from hcs.analysis.clones.nested_areas import (
    BOTH,
    COEFFICIENTS,
    COMPARISON,
    PROBABILITIES,
    TABLE,
    NestedAreas,
)
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.figures.intervals import Rows, interval_figure
from hcs.figures.panels import Panels, stacked
from hcs.figures.theme import NEGATIVE, POSITIVE
from hcs.statistics.pvalues import PValue, told
from hcs.wording import counted, listed, plural, sentence, spaced
from hcs_plates.errors import ArgumentError

EVENTS = 5
"""Clones of the smaller class that each coefficient asks for: events per variable, as relaxed by Vittinghoff
& McCulloch (2007). With fewer, only the penalty stands against over-fitting; a caveat says so."""
LEAST_PER_CLASS = 2 * EVENTS
"""With fewer independent clones of a class nothing is fitted: the smallest fusion has two coefficients, of
the score and of one biomarker."""
PERMUTATIONS = 199
ALPHA = 0.05


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

    def summary(self) -> str:
        """Give the areas beside what chance gives, what the biomarkers add, and their weights."""
        if self.table.empty:
            return sentence("Score and biomarkers are not put together.", *self.caveats)
        rows = self.table.to_dict("records")
        tests = told(PValue.of(row, self.noun, "one-sided") for row in rows if row["p"] == row["p"])
        said = []
        for place, row in enumerate(rows):
            interval = f"{row['low']:.2f}–{row['high']:.2f}" + ("" if place else ", Newcombe")
            words = f"{row['inputs']} {row['auc']:.2f} ({'' if place else '95 % interval '}{interval}"
            words += f"; Brier score {row['brier']:.2f}"
            if row["p"] == row["p"]:
                words += f"; by chance {row['expected']:.2f}, {tests.pop(0)}"
            said.append(f"{words})")
        head = (
            f"Of {counted(int(rows[0]['n']), self.noun)} ({int(rows[0]['n_positive'])} "
            f"{spaced(self.positive)}), each left out once, ROC AUC: {'; '.join(said)}."
        )
        return sentence(head, self._added(), self._weights(), *self.caveats)

    def plot(self) -> Panels:
        """Draw the areas over what chance gives, and the coefficients; its axes."""
        if self.table.empty:
            return Panels.none(self.summary(), self.table)
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

    def _added(self) -> str:
        """Say what the biomarkers add to the score."""
        delong, permuted = self.comparison.to_dict("records")
        names, add = listed(map(spaced, self.columns)), "adds" if len(self.columns) == 1 else "add"
        paired, tested = PValue.of(delong, self.noun), PValue.of(permuted, self.noun, "one-sided")
        said = f"Both against the score alone: area {_signed(delong['difference'])}"
        if np.isfinite(delong["low"]):
            said += f" (95 % interval {_signed(delong['low'])} to {_signed(delong['high'])})"
        if np.isnan(tested.value):
            return f"{said}; {paired.sentence()}. Whether {names} {add} to the score cannot be tested here."
        said += (
            f"; {paired.sentence()}; with permuted biomarkers {_signed(permuted['expected'])} on average; "
            f"{tested.sentence()}."
        )
        if tested.value <= ALPHA and delong["difference"] > 0:
            return f"{said} So {names} {add} to the score."
        return f"{said} That {names} {add} to the score is not shown."

    def _weights(self) -> str:
        """Say how much each column weighs where both are fitted."""
        rows = self.coefficients[self.coefficients["inputs"] == BOTH].to_dict("records")
        said = [f"{spaced(row['column'])} {_signed(row['mean'])} (SD {row['sd']:.2f})" for row in rows]
        return f"Log-odds per standard deviation, mean over the fits: {listed(said, most=len(said))}."


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
        return (
            f"Too few {plural(clones.unit_noun)}: {positive} {spaced(clones.positive)} and {other} of the "
            f"other class have score and biomarkers, and {LEAST_PER_CLASS} of each are needed ({EVENTS} for "
            "each of the two coefficients of the smallest model): with fewer, a fit follows chance."
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
    said += [
        f"{spaced(name)} tells the classes apart without an exception: how much it weighs is set by the "
        "penalty, not by the data."
        for name in nest.separating()
    ]
    if nest.strata is None:
        said.append(
            "Class and block are the same thing: nothing can be permuted within blocks, and no test can tell "
            "the classes from the blocks."
        )
    return [
        *said,
        f"Leaving out one by one pulls areas below 0.5 where there is nothing to tell {nouns} by: hold areas "
        "against those by chance.",
        "Both classes weigh alike, so probabilities and Brier scores hold for equal shares of them.",
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
