"""Clones needed: power of the clone-level test and width of the AUC's interval, by simulation.

A study is thought of as one score per clone: normal, with the clone's own variance and what wells and images
add to the mean of a clone. More images shrink only the latter; that is why the answer is in clones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite, nan, sqrt

import numpy as np
import pandas as pd

from hcs.analysis.clones.variance import VarianceComponents, score_components
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.figures.panels import Panels
from hcs.figures.trends import power_figure
from hcs.statistics.auc import Z
from hcs.statistics.binormal import Binormal
from hcs.statistics.power import (
    TESTS,
    Size,
    first_enough,
    hanley_mcneil_error,
    simulate,
    t_power,
    units_needed,
)
from hcs.wording import capital, counted, noted, percent, plural, sentence, spaced
from hcs_plates.errors import ArgumentError

SIZES = (*range(3, 21), 22, 25, 30, 35, 40, 50, 60, 75, 100)
OFFERED = ("welch", "mann-whitney")
DRAWS = 2_000
COLUMNS = ("n_per_class", "power", "power_se", "power_formula", "width", "width_se", "width_formula")


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
    at_limit
        Whether that is the upper limit of its 95 % interval, since the estimate is 0.
    score_sd
        That of a clone's mean score: clone, well and image together.
    effect, auc
        Difference of class means that is looked for; the area under the ROC curve of clones it gives.
    wanted_power, wanted_width
        What is asked for.
    needed_for_power, needed_for_width
        Clones per class; None where no size tried is enough.
    needed_at_limit
        Clones per class for the wanted power of a t-test if the variance between clones lies at the upper
        limit of its 95 % interval; None where that is not known, or no thinkable size is enough.
    test
        The test's name.
    value, noun
        What is scored; what is counted.
    """

    table: pd.DataFrame
    caveats: tuple[str, ...]
    clone_sd: float
    at_limit: bool
    score_sd: float
    effect: float
    auc: float
    wanted_power: float
    wanted_width: float
    needed_for_power: int | None
    needed_for_width: int | None
    needed_at_limit: int | None
    test: str
    value: str
    noun: str = "clone"

    @property
    def statistics(self) -> pd.DataFrame:
        """Clones needed for power and width, and at the upper limit of the variance between clones."""
        needed = f"{plural(self.noun)} needed per class"
        rows = (
            (
                f"power {self.wanted_power:g} of {self.test} (two-sided, α = 0.05)",
                needed,
                self.needed_for_power,
            ),
            ("the same at the upper limit of the variance, t-test", needed, self.needed_at_limit),
            (f"95 % interval of the AUC no wider than {self.wanted_width:g}", needed, self.needed_for_width),
            (f"difference of {spaced(self.value)} looked for", "difference of class means", self.effect),
            ("the same", "AUC", self.auc),
        )
        return statistics_table(
            Stated(question, estimate, float(value))
            for question, estimate, value in rows
            if value is not None and len(self.table)
        )

    def headline(self) -> str:
        """Say how many clones the wanted power takes."""
        units = plural(self.noun)
        if self.table.empty:
            (why, *_) = self.caveats
            return f"How many {units} would be needed cannot be told: {why[:1].lower()}{why[1:]}"
        aim = f"{percent(self.wanted_power)} power for a difference of {self.effect:.2g} (AUC {self.auc:.2f})"
        takes = f"{capital(aim)} takes {self._needed(self.needed_for_power)} per class"
        if self.at_limit:
            return f"{takes}, at the upper limit of a variance between {units} that is estimated at 0."
        if self.needed_at_limit is None:
            return f"{takes}; no upper limit can be given."
        return f"{takes}; {self.needed_at_limit:,} at the upper limit of the variance between {units}."

    def summary(self) -> str:
        """Say how many clones are needed, and every caveat."""
        if self.table.empty:
            return sentence(self.headline(), *self.caveats[1:])
        share = percent(self.clone_sd**2 / self.score_sd**2)
        return sentence(
            self.headline(),
            f"A 95 % interval of the AUC no wider than {self.wanted_width:g} takes "
            f"{self._needed(self.needed_for_width)} per class.",
            f"{share} of the variance of a {self.noun}'s mean score lies between {plural(self.noun)}, where "
            "more images do not help.",
            *self.caveats,
        )

    def plot(self) -> Panels:
        """Draw power and width against the number of clones; its axes."""
        if self.table.empty:
            return Panels.none(self.summary(), self.table)
        figure = power_figure(
            self.table,
            wanted={"power": self.wanted_power, "width": self.wanted_width},
            needed={"power": self.needed_for_power, "width": self.needed_for_width},
            title=f"{spaced(self.value)}: difference of {self.effect:.3g} "
            f"({self.effect / self.score_sd:.2g} SD, AUC {self.auc:.2f}), {self.test}"
            f"{', at the upper limit of the variance' if self.at_limit else ''}",
            noun=self.noun,
        )
        return Panels.of(figure, self.table)

    def _needed(self, size: int | None) -> str:
        if size is None:
            return f"more than {counted(int(self.table['n_per_class'].max()), self.noun)}"
        return counted(size, self.noun)


def clone_power(  # noqa: PLR0913 – what is looked for, how it is imaged and tested, and what is wanted
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
    value, factor
        Which of its values (may be left out where there is one); the unit of evidence.
    effect, d
        Difference of class means that is worth finding: in the value's unit, or in standard deviations
        between clones. One of them.
    images, wells
        Images and wells of each clone.
    power, width
        Wanted: power at α = 0.05 two-sided, and width of the AUC's 95 % interval.
    test
        ``welch`` or ``mann-whitney`` (a permutation test of ranks; exact up to 8 clones per class).
    sizes, draws, seed
        Clones per class to try; studies simulated of each size.

    Raises
    ------
    ArgumentError
        Numbers out of range, an unknown test, value or factor.

    Examples
    --------
    >>> from hcs.analysis.clones.variance import variance_components
    >>> scores = pd.DataFrame({"clone": list("aabbcc"), "score": [1.0, 2, 5, 6, 3, 4]})
    >>> components = variance_components(scores, "score", factors=["clone"])
    >>> clone_power(components, d=1.2, images=2, draws=99).needed_for_power
    13
    """
    wanted = (effect, d), (images, wells), (power, width)
    return _Plan(components, value, factor, *wanted, test, sorted(set(sizes)), draws, seed).found()


@dataclass(frozen=True)
class _Plan:
    """A study that is asked about: the parameters of `clone_power`."""

    components: VarianceComponents
    value: str | None
    factor: str
    difference: tuple[float | None, float | None]
    per_clone: tuple[int, int]
    wanted: tuple[float, float]
    test: str
    sizes: list[int]
    draws: int
    seed: int

    def checked(self) -> str:
        """Refuse what makes no study; give the value."""
        values = self.components.values
        if self.value is None and len(values) != 1:
            raise ArgumentError(f"There are components of {len(values)} values; name one as value.")
        value = self.value or values[0]
        if self.factor not in self.components.of(value).index:
            known = ", ".join(self.components.factors)
            raise ArgumentError(f"No component {self.factor!r}; give one of {known}.")
        given = [number for number in self.difference if number is not None]
        if len(given) != 1 or not isfinite(given[0]):
            raise ArgumentError(
                "Give the difference to look for either as effect (in the value's unit) or as d."
            )
        if self.test not in OFFERED:
            raise ArgumentError(f"No test {self.test!r} for power; give {' or '.join(OFFERED)}.")
        power, width = self.wanted
        if not (0 < power < 1 and 0 < width < 1):
            raise ArgumentError(f"Wanted power {power} and width {width} must lie between 0 and 1.")
        if min(*self.per_clone, self.draws) < 1 or not self.sizes or self.sizes[0] < 2:
            raise ArgumentError("Sizes start at 2 clones per class; images, wells and draws at 1.")
        return value

    def found(self) -> ClonePower:
        """Simulate studies of every size, or say why none can be."""
        value = self.checked()
        row = self.components.of(value).loc[self.factor]
        clone, noun = float(row["variance"]), spaced(self.factor)
        at_limit = clone <= 0
        if at_limit:
            clone = float(row["variance_high"])
        found = ClonePower(
            pd.DataFrame(columns=list(COLUMNS), dtype=float), (), sqrt(clone) if clone > 0 else nan, at_limit,
            nan, nan, 0.5, *self.wanted, None, None, None, TESTS[self.test], value, noun,
        )  # fmt: skip
        if not clone > 0:
            why = f" ({row['note']})" if row["note"] else ""
            return replace(found, caveats=(f"The variance between {plural(noun)} is not known{why}.",))
        effect, score_sd = self._sizes(value, clone)
        found = replace(found, effect=effect, score_sd=score_sd)
        if not effect > 0:
            return replace(found, caveats=("An effect of 0 is found by no study.",))
        law, rng = Binormal.apart(effect, score_sd), np.random.default_rng(self.seed)
        table = pd.DataFrame([self._row(law, n, rng) for n in self.sizes], columns=list(COLUMNS))
        high = float(row["variance_high"])
        return replace(
            found,
            table=table,
            auc=law.auc,
            needed_for_power=first_enough(table, table["power"] >= found.wanted_power),
            needed_for_width=first_enough(table, table["width"] <= found.wanted_width),
            needed_at_limit=units_needed(*self._sizes(value, high), found.wanted_power) if high > 0 else None,
            caveats=tuple(_caveats(noun, bool(self.components.fixed))),
        )

    def _row(self, law: Binormal, n: int, rng: np.random.Generator) -> list[float]:
        """Simulate studies of n clones per class; `COLUMNS`."""
        size = Size(n, n, self.test)
        given = simulate(law, size, self.draws, rng)
        # The formula's interval is cut at 0 and 1, as anybody would.
        half = Z * hanley_mcneil_error(law.auc, n)
        width = min(1.0, law.auc + half) - max(0.0, law.auc - half)
        found, wide = given["difference"], given["auc"]
        return [n, found.value, found.error, t_power(law, size), wide.value, wide.error, width]

    def _sizes(self, value: str, clone: float) -> tuple[float, float]:
        """Difference looked for, and SD of a clone's mean score, if the variance between clones were this."""
        variance, (images, wells) = self.components.of(value)["variance"], self.per_clone
        of_images = np.nan_to_num(variance.get("well", 0.0)) / wells + float(variance["residual"]) / images
        effect, d = self.difference
        difference = abs(effect) if effect is not None else abs(d or 0.0) * sqrt(clone)
        return float(difference), sqrt(clone + of_images)


def _caveats(noun: str, fixed: bool) -> list[str]:
    """Say what the simulation takes for granted."""
    return noted(
        (
            True,
            f"Scores of {plural(noun)} are taken as normal, batches and plates as balanced over the classes.",
        ),
        (
            not fixed,
            f"The variance between {plural(noun)} contains the difference of classes, as none was given as "
            "fixed effect: too many are asked for if they differ.",
        ),
    )


def _ask(asked: Question) -> ClonePower:
    seen = asked.evidence
    means = seen.groups[seen.groups["model"] == asked.model].groupby("label")["probability"].mean()
    effect = float(means.max() - means.min()) if len(means) > 1 else 0.0
    images = int(seen.tiles.groupby("group").size().median())
    components = asked.once(score_components)
    return clone_power(components, effect=effect, factor=seen.classes.noun, images=images, seed=asked.seed)


ANALYSIS = Analysis("power", "How many would be needed", StudySection.GROUPS, _ask)
