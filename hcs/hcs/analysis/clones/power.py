"""Clones needed: power of the clone-level test and width of the AUC's interval, by simulation.

A study is thought of as one score per clone: normal, with the clone's own variance and what wells and images
add to the mean of a clone. More images shrink only the latter; that is why the answer is in clones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2, mannwhitneyu, norm, ttest_ind

from hcs.analysis.clones.variance import VarianceComponents, score_components
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.statistics.auc import newcombe_limits
from hcs.wording import counted, plural, sentence, spaced
from hcs_plates.errors import ArgumentError

if TYPE_CHECKING:
    from hcs.figures.panels import Panels

Floats = npt.NDArray[np.float64]

SIZES = (*range(3, 21), 22, 25, 30, 35, 40, 50, 60, 75, 100)
TESTS = {"welch": "Welch's t-test", "mann-whitney": "the Mann–Whitney test"}
DRAWS = 2_000
EXACT = 8
"""Up to this many clones per class Mann–Whitney's p is exact, which makes it a permutation test."""
GRID = 201
COLUMNS = (
    "n_per_class",
    "power",
    "power_se",
    "power_formula",
    "width",
    "width_se",
    "width_formula",
)


@dataclass(frozen=True, repr=False)
class ClonePower(Shown):
    """What studies of different sizes could show.

    Parameters
    ----------
    table
        One row per size: n_per_class; power with its Monte Carlo standard error, and by the formula of
        Student's t-test; width (mean of the AUC's Newcombe interval) with its Monte Carlo standard error, and
        by Hanley & McNeil's (1982) standard error at the true area.
    caveats
        What the numbers cannot say.
    clone_sd
        Standard deviation between clones of a class; NaN where it is not known.
    score_sd
        That of a clone's mean score: clone, well and image together.
    effect, auc
        Difference of class means that is looked for; the area under the ROC curve of clones it gives.
    wanted_power, wanted_width
        What is asked for.
    needed_for_power, needed_for_width
        Clones per class; None where no size tried is enough.
    test
        The test's name.
    value, noun
        What is scored; what is counted.
    """

    table: pd.DataFrame
    caveats: tuple[str, ...]
    clone_sd: float
    score_sd: float
    effect: float
    auc: float
    wanted_power: float
    wanted_width: float
    needed_for_power: int | None
    needed_for_width: int | None
    test: str
    value: str
    noun: str = "clone"

    def summary(self) -> str:
        """Say how many clones are needed, and every caveat."""
        if self.table.empty:
            (why, *rest) = self.caveats
            start = f"How many {plural(self.noun)} would be needed cannot be told"
            return sentence(f"{start}: {why[:1].lower()}{why[1:]}", *rest)
        share = f"{self.clone_sd**2 / self.score_sd**2:.0%}".replace("%", " %")
        return sentence(
            f"{spaced(self.value)}: a difference of {self.effect:.3g} between classes is "
            f"{self.effect / self.score_sd:.2g} standard deviations of a {self.noun}'s mean score "
            f"(AUC {self.auc:.2f} over {plural(self.noun)}); {share} of that score's variance lies between "
            f"{plural(self.noun)}, where more images do not help.",
            f"Power {self.wanted_power:g} of {self.test} (two-sided, α = 0.05) needs "
            f"{self._needed(self.needed_for_power, 'power')}.",
            f"A 95 % interval of the AUC no wider than {self.wanted_width:g} needs "
            f"{self._needed(self.needed_for_width, 'width')}.",
            *self.caveats,
        )

    def plot(self) -> "Panels":
        """Draw power and width against the number of clones; its axes."""
        from hcs.figures.panels import Panels
        from hcs.figures.shares import power_figure
        from hcs.figures.theme import empty_figure

        if self.table.empty:
            return Panels.of(empty_figure(self.summary()), self.table)
        figure = power_figure(
            self.table,
            wanted={"power": self.wanted_power, "width": self.wanted_width},
            needed={"power": self.needed_for_power, "width": self.needed_for_width},
            title=f"{spaced(self.value)}: difference of {self.effect:.3g} "
            f"({self.effect / self.score_sd:.2g} SD, AUC {self.auc:.2f}), {self.test}",
            noun=self.noun,
        )
        return Panels.of(figure, self.table)

    def _needed(self, size: int | None, of: str) -> str:
        if size is None:
            most = int(self.table["n_per_class"].max())
            return f"more than {counted(most, self.noun)} per class, the most tried"
        row = self.table.set_index("n_per_class").loc[size]
        error = row[f"{of}_se"]
        return f"{counted(size, self.noun)} per class ({of} {row[of]:.2f}, Monte Carlo error {error:.3f})"


def clone_power(
    components: VarianceComponents,
    value: str | None = None,
    *,
    effect: float | None = None,
    d: float | None = None,
    factor: str = "clone",
    images: int = 225,
    wells: int = 1,
    power: float = 0.8,
    width: float = 0.2,
    test: str = "welch",
    sizes: Sequence[int] = SIZES,
    draws: int = DRAWS,
    seed: int = 0,
) -> ClonePower:
    """Tell how many clones per class a study needs.

    Parameters
    ----------
    components
        From `variance_components`, best with the class as fixed effect. Batches and plates are taken to hold
        both classes alike, so that they cancel.
    value
        Which of its values; may be left out where there is one.
    effect, d
        Difference of class means that is worth finding: in the value's unit, or in standard deviations
        between clones. One of them.
    factor
        The unit of evidence.
    images, wells
        Images and wells of each clone.
    power, width
        Wanted: power at α = 0.05 two-sided, and width of the AUC's 95 % interval.
    test
        ``welch`` or ``mann-whitney`` (a permutation test of ranks; exact up to 8 clones per class).
    sizes
        Clones per class to try.
    draws, seed
        Studies simulated of each size.

    Raises
    ------
    ArgumentError
        Numbers out of range, an unknown test, value or factor.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> scores = pd.DataFrame({"clone": np.repeat(np.arange(20), 9)})
    >>> scores["score"] = rng.normal(0, 1, 20)[scores["clone"]] + rng.normal(0, 1, 180)
    >>> from hcs.analysis.clones.variance import variance_components
    >>> components = variance_components(scores, "score", factors=["clone"])
    >>> found = clone_power(components, d=1.2, images=9, draws=500)
    >>> found.needed_for_power
    16
    """
    value, tried = _checked(
        components, value, effect, d, factor, (images, wells), (power, width), test, sizes, draws
    )
    rows = components.of(value)
    clone, well, rest = (
        float(rows["variance"].get(name, 0.0)) if name != factor or name in rows.index else np.nan
        for name in (factor, "well", "residual")
    )
    clone_sd = sqrt(clone) if clone > 0 else float("nan")
    difference = abs(float(effect)) if effect is not None else abs(float(d or 0.0)) * clone_sd
    score_sd = sqrt(clone + np.nan_to_num(well) / wells + rest / images) if clone > 0 else float("nan")
    name, noun = TESTS[test], spaced(factor)
    if not (isfinite(score_sd) and score_sd > 0 and difference > 0):
        why = (
            f"The variance between {plural(spaced(factor))} is 0 or not known "
            f"({rows['note'].get(factor) or 'no estimate'})."
            if not isfinite(score_sd)
            else "An effect of 0 is found by no study."
        )
        empty = pd.DataFrame(columns=list(COLUMNS), dtype=float)
        return ClonePower(
            empty, (why,), clone_sd, score_sd, difference, 0.5, power, width, None, None, name, value, noun
        )
    shift = difference / score_sd
    auc = float(norm.cdf(shift / sqrt(2)))
    rng = np.random.default_rng(seed)
    table = pd.DataFrame([_size(n, shift, auc, test, draws, rng) for n in tried], columns=list(COLUMNS))
    return ClonePower(
        table,
        _caveats(components, rows, factor, difference, score_sd, clone, power),
        clone_sd,
        score_sd,
        difference,
        auc,
        power,
        width,
        _first(table, table["power"] >= power),
        _first(table, table["width"] <= width),
        name,
        value,
        noun,
    )


def hanley_mcneil_error(auc: float, n: int) -> float:
    """Compute an AUC's standard error with n clones in each class.

    The formula is Hanley & McNeil's (1982, *Radiology* 143:29).

    Examples
    --------
    >>> round(hanley_mcneil_error(0.9, 15), 4)
    0.0597
    """
    first, second = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    return sqrt((auc * (1 - auc) + (n - 1) * (first + second - 2 * auc**2)) / n**2)


def _checked(
    components: VarianceComponents,
    value: str | None,
    effect: float | None,
    d: float | None,
    factor: str,
    counts: tuple[int, int],
    wanted: tuple[float, float],
    test: str,
    sizes: Sequence[int],
    draws: int,
) -> tuple[str, list[int]]:
    """Refuse what makes no study; give the value and the sizes in order."""
    if value is None:
        if len(components.values) != 1:
            raise ArgumentError(
                f"There are components of {len(components.values)} values; name one as value."
            )
        value = components.values[0]
    if factor not in components.of(value).index:
        raise ArgumentError(f"No component {factor!r}; give one of {', '.join(components.factors)}.")
    given = [number for number in (effect, d) if number is not None]
    if len(given) != 1 or not isfinite(given[0]):
        raise ArgumentError("Give the difference to look for either as effect (in the value's unit) or as d.")
    if test not in TESTS:
        raise ArgumentError(f"No test {test!r} for power; give {' or '.join(TESTS)}.")
    if not (0 < wanted[0] < 1 and 0 < wanted[1] < 1):
        raise ArgumentError(f"Wanted power {wanted[0]} and width {wanted[1]} must lie between 0 and 1.")
    tried = sorted(set(sizes))
    if min(*counts, draws) < 1 or not tried or tried[0] < 2:
        raise ArgumentError("Sizes start at 2 clones per class; images, wells and draws at 1.")
    return value, tried


def _size(n: int, shift: float, auc: float, test: str, draws: int, rng: np.random.Generator) -> list[float]:
    """Row of the table for one size; scores in standard deviations."""
    from statsmodels.stats.power import TTestIndPower

    high, low = rng.normal(shift, 1, (draws, n)), rng.normal(0, 1, (draws, n))
    method = "exact" if n <= EXACT else "asymptotic"
    ranked = mannwhitneyu(high, low, axis=1, method=method)
    p = ranked.pvalue if test == "mann-whitney" else ttest_ind(high, low, axis=1, equal_var=False).pvalue
    reached = float((p < 0.05).mean())
    widths = _widths(ranked.statistic / n**2, n)
    formula = float(TTestIndPower().power(shift, n, 0.05))
    # The formula's interval is cut at 0 and 1, as anybody would.
    half = float(norm.ppf(0.975)) * hanley_mcneil_error(auc, n)
    return [
        n,
        reached,
        sqrt(reached * (1 - reached) / draws),
        formula,
        float(widths.mean()),
        float(widths.std() / sqrt(draws)),
        min(1.0, auc + half) - max(0.0, auc - half),
    ]


def _widths(areas: Floats, n: int) -> Floats:
    """Width of the Newcombe interval of each area, interpolated between a grid of areas."""
    grid = np.linspace(0, 1, GRID)
    limits = np.array([newcombe_limits(float(area), n, n) for area in grid])
    return np.asarray(np.interp(areas, grid, limits[:, 1] - limits[:, 0]), dtype=float)


def _first(table: pd.DataFrame, enough: pd.Series) -> int | None:
    """Smallest size from which on all sizes tried are enough."""
    held = enough[::-1].cummin()[::-1]
    return int(table.loc[held, "n_per_class"].min()) if held.any() else None


def _caveats(
    components: VarianceComponents,
    rows: pd.DataFrame,
    factor: str,
    difference: float,
    score_sd: float,
    clone: float,
    power: float,
) -> tuple[str, ...]:
    """Say what the simulation takes for granted, and what the error of the clone variance does."""
    from statsmodels.stats.power import TTestIndPower

    units = plural(spaced(factor))
    said = [f"Scores of {units} are taken as normal, and batches and plates as shared alike by the classes."]
    if not components.fixed:
        said.append(
            f"The variance between {units} contains the difference of classes, since none was given as fixed "
            "effect: too many are asked for if they differ."
        )
    df = float(rows["df"].get(factor, np.nan))
    if df >= 1:
        factor_high = df / chi2.ppf(0.025, df)
        high = sqrt(score_sd**2 + clone * (factor_high - 1))
        # Below 0.05 SD the formula's search has no end; nobody would run such a study.
        if difference / high > 0.05:
            worst = TTestIndPower().solve_power(difference / high, power=power, alpha=0.05)
            said.append(
                f"The variance between {units} comes from {counted(int(df), 'degree')} of freedom; at the "
                f"upper end of its 95 % interval ({factor_high:.1f} times) the t-test would need "
                f"{int(np.ceil(float(worst))):,} per class."
            )
    return tuple(said)


def _ask(asked: Question) -> ClonePower:
    seen = asked.evidence
    means = seen.groups[seen.groups["model"] == asked.model].groupby("label")["probability"].mean()
    effect = float(means.max() - means.min()) if len(means) > 1 else 0.0
    images = int(seen.tiles.groupby("group").size().median())
    components = asked.once(score_components)
    return clone_power(components, effect=effect, factor=seen.noun, images=images, seed=asked.seed)


ANALYSIS = Analysis("power", "How many would be needed", StudySection.GROUPS, _ask)
