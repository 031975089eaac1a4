"""Score and biomarkers together: whether what is known of the blood adds to what is seen in the images.

Everything is judged on clones that took no part: penalised logistic regression, fitted without the clone,
with a penalty that was chosen without it too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hcs.analysis.clones.biomarkers import MarkedClones, marked_clones
from hcs.analysis.clones.clone_calls import SHARED_TRAINING
from hcs.analysis.clones.nested_areas import (
    ADDED,
    BOTH,
    COEFFICIENTS,
    COMPARISON,
    PROBABILITIES,
    TABLE,
    NestedAreas,
)
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.statistics.bootstrap import Interval
from hcs.statistics.pvalues import PValue
from hcs.wording import counted, listed, plural, sentence, spaced
from hcs_plates.errors import ArgumentError

if TYPE_CHECKING:
    from hcs.figures.panels import Panels

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
        first = self.table.iloc[0]
        head = (
            f"Of {counted(int(first['n']), self.noun)} ({int(first['n_positive'])} {spaced(self.positive)}), "
            "each left out once: "
        )
        areas = "; ".join(_area_words(row) for row in self.table.to_dict("records"))
        return sentence(f"{head}{areas}.", self._added(), self._weights(), *self.caveats)

    def plot(self) -> "Panels":
        """Draw the areas over what chance gives, and the coefficients; its axes."""
        from hcs.figures.fusion import fusion_figure
        from hcs.figures.panels import Panels, stacked
        from hcs.figures.theme import empty_figure

        if self.table.empty:
            return Panels.of(empty_figure(self.summary()), self.table)
        weights = self.coefficients[self.coefficients["inputs"] == self.table["inputs"].iloc[-1]]
        figure = fusion_figure(self.table, weights, noun=self.noun)
        return Panels.of(figure, stacked({"areas": self.table, "weights": weights}))

    def _added(self) -> str:
        """Say what the biomarkers add to the score."""
        delong, permuted = self.comparison.to_dict("records")
        names, n = listed(map(spaced, self.columns)), plural(self.noun)
        add = "adds" if len(self.columns) == 1 else "add"
        paired = PValue(delong["p"], delong["test"], delong["n"], delong["smallest_p"], n)
        tested = PValue(permuted["p"], ADDED, permuted["n"], permuted["smallest_p"], n, "one-sided")
        said = f"Both against the score alone: area {_signed(delong['difference'])}"
        if np.isfinite(delong["low"]):
            said += f" (95 % interval {_signed(delong['low'])} to {_signed(delong['high'])}, DeLong)"
        if np.isnan(tested.value):
            return f"{said}; {paired.sentence()}. Whether {names} {add} to the score cannot be tested here."
        said += f", {_signed(permuted['expected'])} on average with permuted biomarkers"
        said += f"; {paired.sentence()}; {tested.sentence()}."
        if tested.value <= ALPHA and delong["difference"] > 0:
            return f"{said} So {names} {add} to the score."
        return f"{said} That {names} {add} to the score is not shown."

    def _weights(self) -> str:
        """Say how much each column weighs where both are fitted."""
        rows = self.coefficients[self.coefficients["inputs"] == BOTH].to_dict("records")
        said = [f"{spaced(row['column'])} {_signed(row['mean'])} (SD {row['sd']:.2f})" for row in rows]
        return f"Log-odds per standard deviation, mean over the fits: {listed(said, most=len(said))}."


def fuse(
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

    The score enters as its logit, clipped at probabilities of 0.01 and 0.99. In each fit both classes weigh
    alike, columns are standardised on the training clones, and the penalty is the one of
    `hcs.statistics.ridge.PENALTIES` with the smallest log loss when each training clone is left out in turn.
    Where a donor gave several clones each counts in a fit, they are left out together, and areas, Brier
    scores and tests count donors, whose clones are averaged.

    Two permutation tests run the whole nested fit anew. Score and biomarkers moved together over the clones
    give the area by chance, which leaving out one by one pulls below 0.5. Biomarkers moved alone, the score
    staying with its clone, give the area that biomarkers without meaning add. Both are moved without a look
    at the classes, within blocks where these are given; areas that tie are ordered by their Brier score.

    Parameters
    ----------
    groups
        One row per clone (and model): group, label, probability; scores of models that did not train on the
        clone.
    clinical
        Biomarkers by clone or donor (the index), as `read_clinical` gives them.
    columns
        Biomarkers, which must be numbers.
    positive
        The label that `probability` speaks of; every other label is negative.
    model
        Whose scores; None if there is one model only.
    logged
        Biomarkers to take the logarithm of.
    donors
        Donor of every clone (index: clone); without it a column ``donor`` of `clinical` is used, if there.
    block
        Column of `clinical` (a site, an assay run) within whose values the permutations move.
    group, label, probability
        Names of columns of `groups`.
    permutations
        Drawn for each test where there are more arrangements than that.
    noun
        What a row is.
    seed
        Of the permutations.

    Returns
    -------
    Fusion
        With an empty table and the reason in words where a class has fewer than `LEAST_PER_CLASS` clones
        (donors) or no biomarker varies.

    Raises
    ------
    ArgumentError
        A lacking column, label or model; a biomarker that is no number; a clone with two rows or two donors.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> names, sick = [f"c{i}" for i in range(24)], np.arange(24) < 12
    >>> groups = pd.DataFrame({"group": names, "label": np.where(sick, "ALS", "control")})
    >>> groups["probability"] = np.clip(rng.normal(0.4 + 0.2 * sick, 0.2), 0, 1)
    >>> clinical = pd.DataFrame({"nfl": np.exp(rng.normal(3 + 1.5 * sick, 0.8))}, index=names)
    >>> found = fuse(groups, clinical, ["nfl"], "ALS", logged=["nfl"], permutations=19)
    >>> found.table.set_index("inputs")["auc"].round(2).to_dict()
    {'score as given': 0.86, 'score alone': 0.84, 'biomarkers alone': 0.83, 'both': 0.9}
    >>> fuse(groups[4:], clinical, ["nfl"], "ALS").summary().split(": ")[0]
    'Score and biomarkers are not put together. Too few clones'
    """
    if permutations < 1:
        raise ArgumentError(f"permutations {permutations} must be at least 1; 199 reach a p of 0.005.")
    clones = marked_clones(
        groups,
        clinical,
        columns,
        positive,
        model=model,
        logged=logged,
        donors=donors,
        block=block,
        names=(group, label, probability),
        noun=noun,
    )
    why = _why_not(clones)
    if why:
        table, probabilities, coefficients, comparison = (
            pd.DataFrame(columns=list(names)) for names in (TABLE, PROBABILITIES, COEFFICIENTS, COMPARISON)
        )
        said = (why, *clones.notices)
    else:
        nest = NestedAreas(clones, permutations, seed)
        table, probabilities = nest.table(), nest.by_clone()
        coefficients, comparison = nest.coefficients(), nest.comparison()
        said = (*clones.notices, *_caveats(nest, table))
    return Fusion(
        table,
        probabilities,
        coefficients,
        comparison,
        positive,
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
    if len(clones.names) == 1:
        return "There is no biomarker to put beside the score."
    return ""


def _caveats(nest: NestedAreas, table: pd.DataFrame) -> tuple[str, ...]:
    """Say what the numbers cannot."""
    clones, said = nest.clones, []
    noun, k, few = clones.unit_noun, len(clones.names), min(clones.count())
    if few < EVENTS * k:
        said.append(
            f"{counted(few, noun)} of the smaller class for {k} coefficients are fewer than {EVENTS} each: "
            "only the penalty stands against over-fitting."
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
    expected = float(table.loc[table["inputs"] == BOTH, "expected"].iloc[0])
    level = "" if np.isnan(expected) else f" (for both {expected:.2f})"
    said.append(
        f"Areas pool {plural(noun)} from fits that each miss the one they judge, which pulls areas below 0.5 "
        f"where there is nothing to tell: hold them against the areas by chance{level}."
    )
    said.append("Both classes weigh alike, so probabilities and Brier scores hold for equal shares of them.")
    said.append(SHARED_TRAINING.format(nouns=plural(noun)))
    return tuple(said)


def _area_words(row: dict[Any, Any]) -> str:
    """One row of the table in words."""
    interval = Interval(row["low"], row["high"], "Newcombe", row["n"])
    said = f"{row['inputs']}: ROC AUC {row['auc']:.2f}, {interval.sentence()}, Brier score {row['brier']:.2f}"
    if np.isnan(row["p"]):
        return said
    bound = f"smallest possible {row['smallest_p']:.2g}"
    return f"{said}, by chance {row['expected']:.2f}, permutation p = {row['p']:.2g} ({bound})"


def _signed(number: float) -> str:
    return f"{round(number, 2) or 0.0:+.2f}".replace("-", "−")


def _ask(asked: Question) -> Fusion:
    table, seen = asked.clinical_table(), asked.evidence
    if not asked.biomarkers:
        raise ArgumentError("No biomarkers were named; name columns of the clinical table to ask this.")
    return fuse(
        seen.groups,
        table.values,
        asked.biomarkers,
        seen.positive,
        model=asked.model,
        donors=seen.donors if seen.has("donor") else None,
        noun=seen.noun,
        seed=asked.seed,
    )


ANALYSIS = Analysis("fusion", "Score and biomarkers together", StudySection.COVARIATES, _ask)
