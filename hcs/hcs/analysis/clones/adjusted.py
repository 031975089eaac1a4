"""The effect of the diagnosis with passage or density held alike, and without that beside it.

Cultures that differ in passage or in how dense they grew look different whatever the diagnosis. An analysis
of covariance compares clones as if all had the same, as far as the classes overlap in it: where they do not,
a straight line would answer instead of the data, and nothing is adjusted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.clones.compared import class_rows
from hcs.analysis.clones.effect_rows import asked_columns, corrected, stated
from hcs.analysis.clones.effect_words import answer, ranged, shared_caveats
from hcs.analysis.clones.groups import two_classes
from hcs.analysis.clones.stratified_units import TRAINED, batch_column, scored_wells, stratified_units
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.figures.intervals import Rows, interval_figure
from hcs.figures.panels import Panels
from hcs.statistics.bootstrap import Interval
from hcs.statistics.covariance import AdjustedDifference, adjusted_difference
from hcs.statistics.pvalues import PValue, no_pvalue
from hcs.tables.compared import Classes
from hcs.wording import capital, counted, plural, sentence, spaced
from hcs_plates.errors import ArgumentError

COMMON = 1 / 3
"""Least share of the units in the range of the covariate that both classes have."""
TEST, CRUDE = "Analysis of covariance (t test)", "t test without the covariate"
TABLE = (
    "measurement", "n", "n_first", "n_second", "estimate", "low", "high", "slope", "crude", "crude_low",
    "crude_high", "crude_p", "first_low", "first_high", "second_low", "second_high", "n_common", "test", "p",
    "smallest_p", "p_adjusted",
)  # fmt: skip
DENSITY = ("cell_count", "nuclei_count", "n_cells", "seeding_density")
"""Measures of how dense cells stand, the first there is taken."""


@dataclass(frozen=True, repr=False)
class AdjustedEffect(Shown):
    """Effect of the diagnosis with one covariate held alike.

    Parameters
    ----------
    table
        One row per measurement: n, n_first, n_second (units), estimate (first class minus second at the same
        covariate), low, high (95 %), slope (change with one unit of the covariate), crude, crude_low,
        crude_high, crude_p (the same units without the covariate), first_low, first_high, second_low,
        second_high (its range in either class), n_common (units within the range of both), test, p,
        smallest_p, p_adjusted.
    units
        measurement, group, label, value, the covariate, stratum, n_rows; one row per unit.
    classes, covariate
        The two classes; the column that is held alike.
    batch, correction, noun
        Column within whose values classes are compared, or empty; how p_adjusted was made; what a unit is.
    """

    table: pd.DataFrame
    units: pd.DataFrame
    classes: tuple[str, str]
    covariate: str
    batch: str
    correction: str
    caveats: tuple[str, ...]
    noun: str = "clone"

    def headline(self) -> str:
        """Say which measurements differ at the same covariate, which way, and by how much."""
        how = f"adjusted for {spaced(self.covariate)}"
        return answer(self.table, self.classes, self.noun, how, correction=self.correction)

    def summary(self) -> str:
        """Give the headline, adjusted and unadjusted differences, and the caveats."""
        known = self.table.dropna(subset=["p"]).sort_values("p_adjusted", kind="stable")
        said = []
        for row in known.head(3).to_dict("records"):
            crude = ranged(row["crude"], row["crude_low"], row["crude_high"])
            size = ranged(row["estimate"], row["low"], row["high"])
            name = capital(spaced(row["measurement"]))
            said.append(f"{name}: {size}, unadjusted {crude}." if len(known) > 1 else f"Unadjusted: {crude}.")
        return sentence(self.headline(), *said, *self.caveats)

    @property
    def statistics(self) -> pd.DataFrame:
        """Adjusted and unadjusted difference of each measurement, and the slope on the covariate."""
        rows = self.table.assign(effect=f"mean difference at the same {spaced(self.covariate)}", method="t")
        made = stated(rows, self.classes, self.noun, self.correction)
        for one, row in zip(list(made), self.table.to_dict("records"), strict=True):
            p = PValue(row["crude_p"], CRUDE, row["n"], noun=plural(self.noun))
            limits = Interval(row["crude_low"], row["crude_high"])
            made.append(Stated(one.question, "mean difference, unadjusted", row["crude"], limits, "t", p))
            slope = f"slope on {spaced(self.covariate)}"
            made.append(Stated(spaced(row["measurement"]), slope, row["slope"]))
        return statistics_table(made)

    def plot(self) -> Panels:
        """Draw every effect before and after adjustment, in SD of units; its axes."""
        spread = self.units.groupby(["measurement", "label"])["value"].std().groupby("measurement").mean()
        parts = []
        for group, names in (("unadjusted", ("crude", "crude_low", "crude_high")), ("adjusted", ENDS)):
            part = self.table[[*names]].set_axis(ENDS, axis=1)
            scaled = part.div(self.table["measurement"].map(spread), axis=0)
            labels = self.table["measurement"].map(spaced)
            parts.append(scaled.assign(label=labels, group=group, n=self.table["n"]))
        rows = pd.concat(parts).sort_index(kind="stable").dropna(subset=["estimate"])
        if rows.empty:
            return Panels.none(sentence(*self.caveats) or "There is no effect to draw.", self.table)
        first, second = map(spaced, self.classes)
        over = f"{first} − {second} over {plural(self.noun)} (in SD)"
        over += f"; adjusted: at the same {spaced(self.covariate)}"
        panel = Rows(rows, over, limits=None, reference=0.0, paired=True)
        return Panels.of(interval_figure(panel), self.table)


ENDS = ["estimate", "low", "high"]


def adjusted_effect(  # noqa: PLR0913 – the table's columns and the classes, each by its own name
    table: pd.DataFrame,
    value: str | Sequence[str],
    covariate: str,
    *,
    group: str = "group",
    label: str = "label",
    labels: Sequence[str] | None = None,
    batch: str | None = None,
    correction: str = "holm",
    noun: str = "clone",
) -> AdjustedEffect:
    """Estimate the effect of the diagnosis on measurements at the same passage, density or other number.

    Parameters
    ----------
    table
        Rows of wells or images, averaged per plate, clone and batch, and per donor where the table has a
        column ``donor`` and a donor gave several clones.
    value, covariate
        Column or columns of numbers to compare; the number that is held alike.
    group, label
        Columns that name the clone and its class.
    labels
        The two classes, effects being first minus second; by default the two there are, in rising order.
    batch
        Column within whose values classes are compared; None compares all with all.
    correction
        For several measurements: ``holm`` or ``bh``.
    noun
        What a clone is called.

    Returns
    -------
    AdjustedEffect
        NaN with a sentence where less than a third of the units lie in the range that both classes have.

    Raises
    ------
    ArgumentError
        A column that is not there or holds no numbers, a covariate that is among the values, more than two
        classes without `labels`.

    Examples
    --------
    >>> clones = pd.DataFrame({"group": list("abcdefgh"), "label": ["ALS", "control"] * 4})
    >>> passages = [20, 22, 25, 24, 30, 31, 28, 29]
    >>> clones = clones.assign(passage=passages, area=[5, 4.2, 6.1, 4, 7, 5.6, 6.4, 5])
    >>> found = adjusted_effect(clones, "area", "passage")
    >>> found.table[["estimate", "crude", "n_common"]].round(2).values.tolist()
    [[1.56, 1.42, 6.0]]
    """
    table, columns = asked_columns(table, value, (group, label, covariate, batch), correction)
    if covariate in columns:
        raise ArgumentError(f"{covariate} is both compared and adjusted for; leave it out of value.")
    classes = two_classes(table, label, labels)
    chosen = class_rows(table, group, Classes(*classes, label, noun))
    noun = chosen.classes.noun
    rows, units, said = [], [], {}
    for column in columns:
        made = stratified_units(chosen, column, batch, [covariate])
        known = made.values.dropna(subset=[covariate])
        units.append(known.assign(measurement=column))
        row, why = _row(known, covariate, classes, noun)
        rows.append({"measurement": column} | row)
        lost = len(made.values) - len(known)
        lacking = (f"{counted(lost, noun)} without {spaced(covariate)} left out.",) if lost else ()
        said[spaced(column)] = (*made.caveats, *lacking, why)
    # A passage is set by hand; a density may be what the disease does.
    part = f"If the disease itself changes {spaced(covariate)}, that part of its effect is adjusted away."
    more = () if "passage" in covariate.lower() else (part,)
    caveats = tuple(dict.fromkeys((*chosen.caveats, *shared_caveats(said), *more)))
    result = corrected(rows, TABLE, correction)
    every = pd.concat(units, ignore_index=True)
    return AdjustedEffect(result, every, classes, covariate, batch or "", correction, caveats, noun)


def _row(
    units: pd.DataFrame, covariate: str, classes: tuple[str, str], noun: str
) -> tuple[dict[str, Any], str]:
    """Adjust one measurement, where the classes overlap; and what is to be said of that."""
    first = (units["label"] == classes[0]).to_numpy()
    held, values = units[covariate].to_numpy(dtype=float), units["value"].to_numpy(dtype=float)
    n, nouns, strata = len(units), plural(noun), units["stratum"].tolist()
    if not 0 < first.sum() < n:
        crude = AdjustedDifference(np.nan, Interval(np.nan, np.nan), np.nan, np.nan, 0)
        found, ranges, common, why = crude, [np.nan] * 4, 0, f"only one class has {nouns} with a value."
    else:
        ranges = [end(held[side]) for side in (first, ~first) for end in (np.min, np.max)]
        low, high = max(ranges[0], ranges[2]), min(ranges[1], ranges[3])
        inside = (held >= low) & (held <= high)
        common = int(inside.sum())
        spans = [f"{ranges[at]:.4g} to {ranges[at + 1]:.4g}" for at in (0, 2)]
        sides = f"{spaced(classes[0])} ({spans[0]}) and {spaced(classes[1])} ({spans[1]})"
        crude = adjusted_difference(values, first, strata)
        if common < COMMON * n:
            why = f"{spaced(covariate)} of {sides} hardly overlaps: nothing can be adjusted for it."
            found = AdjustedDifference(np.nan, Interval(np.nan, np.nan), np.nan, np.nan, 0)
        else:
            why = f"{common} of {counted(n, noun)} lie where {spaced(covariate)} of {sides} overlaps."
            found = adjusted_difference(values, first, strata, held)
    p = no_pvalue(TEST, n, nouns) if np.isnan(found.p) else PValue(found.p, TEST, n, noun=nouns)
    counts = {"n_first": int(first.sum()), "n_second": n - int(first.sum()), "n_common": common}
    spread = dict(zip(("first_low", "first_high", "second_low", "second_high"), ranges, strict=True))
    sizes = {"estimate": found.estimate, "low": found.interval.low, "high": found.interval.high}
    plain = {"crude": crude.estimate, "crude_low": crude.interval.low, "crude_high": crude.interval.high}
    more = {"slope": found.slope, "crude_p": crude.p}
    return counts | spread | sizes | plain | more | p.row(), why


def _ask(asked: Question, names: Sequence[str]) -> AdjustedEffect:
    wells, columns = scored_wells(asked)
    known = [*columns, *wells.columns]
    covariate = next((name for name in names if name in known and wells[name].notna().any()), None)
    if covariate is None:
        raise ArgumentError(f"Neither the platemaps nor the measurements know {spaced(names[0])}.")
    values = [name for name in columns if name != covariate]
    batch, labels = batch_column(asked, wells), asked.evidence.classes.both
    noun = asked.evidence.classes.noun
    found = adjusted_effect(wells, values, covariate, labels=labels, batch=batch, noun=noun)
    return replace(found, caveats=(*found.caveats, TRAINED))


ANALYSES = (
    Analysis(
        "adjusted_for_passage",
        "Effect of the diagnosis at the same passage",
        StudySection.GROUPS,
        partial(_ask, names=("passage",)),
        needs=("passage",),
    ),
    Analysis(
        "adjusted_for_density",
        "Effect of the diagnosis at the same cell density",
        StudySection.GROUPS,
        partial(_ask, names=DENSITY),
    ),
)
