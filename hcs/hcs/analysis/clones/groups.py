"""Two groups of clones compared on any measurement: t tests, rank test and permutation, n = clones.

Images of one clone are not independent. A test over images takes 6,750 of them for as many witnesses and
finds differences between any two sets of clones (pseudo-replication; Hurlbert 1984, Lazic 2010), so rows are
averaged per clone before anything is tested.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import comb, nan
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import mannwhitneyu, rankdata

from hcs.analysis.clones.compared import (
    FEW,
    LABELS,
    ClassRows,
    class_rows,
    compare_pairs,
    moved_labels,
    unit_values,
)
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.figures.intervals import Rows, interval_figure
from hcs.figures.panels import Panels
from hcs.statistics.frames import as_numbers, named_rows, require_columns
from hcs.statistics.means import PAIRED, STUDENT, WELCH, hedges_g, mean_difference
from hcs.statistics.permutation import EXACT
from hcs.statistics.pvalues import METHODS, NO_BOUND, PValue, adjust_pvalues, no_pvalue, told
from hcs.statistics.shifts import EXACT_RANKS, hodges_lehmann
from hcs.tables.compared import Classes
from hcs.wording import counted, listed, plural, sentence, spaced
from hcs_plates.errors import ArgumentError, nearest

Floats = npt.NDArray[np.float64]
Row = dict[Any, Any]

RANKS = "Mann–Whitney test"
COLUMNS = [
    "measurement", "test", "n", "n_first", "n_second", "effect", "estimate", "low", "high", "p", "smallest_p",
    "p_adjusted",
]  # fmt: skip


@dataclass(frozen=True, repr=False)
class GroupTest(Shown):
    """Two classes compared on some measurements.

    Parameters
    ----------
    table
        One row per measurement and test: measurement, test, n, n_first, n_second, effect (which of mean
        difference, Hedges' g, Hodges–Lehmann shift), estimate, low, high (95 %), p, smallest_p, p_adjusted.
    units
        measurement, group, label, value, n_rows; one row per clone.
    first, second
        Classes; effects are first minus second.
    correction
        How p_adjusted was made.
    caveats
        What the numbers cannot say.
    noun
        What a unit is.
    """

    table: pd.DataFrame
    units: pd.DataFrame
    first: str
    second: str
    correction: str
    caveats: tuple[str, ...]
    noun: str = "clone"

    def summary(self) -> str:
        """Give difference, g and p per measurement, p also corrected where there are several."""
        kinds = self.table["test"].str.split(" (", regex=False).str[0]
        pairs: dict[str, list[Row]] = {}
        for name, part in self.table.set_index(kinds).groupby("measurement", sort=False):
            quoted = [WELCH if WELCH in part.index else PAIRED, LABELS]
            pairs[str(name)] = part.loc[quoted].to_dict("records")
        known = [row for pair in pairs.values() if pair[0]["p"] == pair[0]["p"] for row in pair]
        tests = iter(told(PValue.of(row, self.noun) for row in known))
        several = len(pairs) > 1
        said = [self._sentence(name, pair, tests, several) for name, pair in pairs.items()]
        return sentence(*said, *self.caveats)

    def plot(self) -> Panels:
        """Draw Hedges' g of every measurement with its interval; its axes."""
        rows = self.table[self.table["test"].str.startswith(LABELS)]
        if rows["estimate"].isna().all():
            return Panels.none(sentence(*self.caveats) or "There is no estimate to draw.", rows)
        sides = f"{spaced(self.first)} − {spaced(self.second)}"
        drawn = rows.drop(columns="p").assign(label=rows["measurement"].map(spaced))
        over = f"Hedges' g over {plural(self.noun)}: {sides} (in SD)"
        figure = interval_figure(Rows(drawn, over, limits=None, reference=0.0))
        return Panels.of(figure, rows)

    def _sentence(self, name: str, pair: list[Row], tests: Iterator[str], several: bool) -> str:
        mean, g = pair
        if np.isnan(mean["p"]):
            return f"{spaced(name)}: the two classes cannot be compared."
        corrected = METHODS[self.correction]
        said = [
            next(tests) + (f" ({corrected}-corrected {row['p_adjusted']:.2g})" if several else "")
            for row in pair
        ]
        return (
            f"{spaced(name)}: {spaced(self.first)} minus {spaced(self.second)} is {mean['estimate']:.3g} "
            f"(95 % interval {mean['low']:.3g} to {mean['high']:.3g}), {g['effect']} {g['estimate']:.2f} "
            f"({g['low']:.2f} to {g['high']:.2f}), {mean['n_first']} against "
            f"{counted(mean['n_second'], self.noun)}; {'; '.join(said)}."
        )


def group_test(  # noqa: PLR0913 – the table's columns and the classes, each by its own name
    table: pd.DataFrame,
    value: str | Sequence[str],
    *,
    group: str = "group",
    label: str = "label",
    labels: tuple[str, str] | None = None,
    correction: str = "holm",
    noun: str = "clone",
    seed: int = 0,
) -> GroupTest:
    """Compare two classes of clones on one or several measurements.

    Parameters
    ----------
    table
        Rows of clones, wells or images; rows are averaged per clone first, and per donor where the table has
        a column ``donor`` and a donor gave several clones.
    value
        Column or columns to compare.
    group, label
        Columns that name the clone and its class.
    labels
        The two classes, effects being first minus second; by default the two there are, in rising order.
    correction
        For several measurements: ``holm`` or ``bh``, for each test apart.
    noun, seed
        What a unit is; of the permutations.

    Returns
    -------
    GroupTest
        Student's and Welch's t with the mean difference, Mann–Whitney with the shift of Hodges & Lehmann
        (1963), permutation of labels (mean difference) with Hedges' (1981) g. Where units have both classes,
        as isogenic pairs do, the paired t and labels permuted within pairs.

    Raises
    ------
    ArgumentError
        A column that is not there or holds no numbers, more than two classes without `labels`.

    Examples
    --------
    >>> cells = pd.DataFrame({"group": list("abcdef"), "label": ["ALS"] * 3 + ["control"] * 3})
    >>> found = group_test(cells.assign(cell_count=[80, 90, 85, 120, 110, 130]), "cell_count")
    >>> found.table[["test", "estimate", "p"]].round(3).values.tolist()[1]
    ["Welch's t-test", -35.0, 0.013]
    """
    columns = [value] if isinstance(value, str) else list(value)
    if not columns:
        raise ArgumentError("value is empty; name one column to compare or more.")
    require_columns(table, [*columns, group, label], "The table")
    if correction not in METHODS:
        raise ArgumentError(f"No correction {correction!r}; give {' or '.join(METHODS)}.")
    table = named_rows(table, group, label)
    chosen = class_rows(table, group, Classes(*_classes(table, label, labels), label, noun))
    return _compared(chosen, columns, correction, seed)


def _compared(chosen: ClassRows, columns: list[str], correction: str, seed: int) -> GroupTest:
    """Test every measurement, and correct each test for their number."""
    rows, units, caveats, classes = [], [], chosen.caveats, chosen.classes
    for column in columns:
        of_column = unit_values(chosen, column)
        units.append(of_column.values.assign(measurement=column))
        compare = compare_pairs if of_column.paired else _compare
        found, said = compare(of_column.values, classes, seed)
        rows += [{"measurement": column} | row for row in found]
        caveats += of_column.caveats + tuple(f"{spaced(column)}: {one}" for one in said)
        if not of_column.paired:
            taken = chosen.rows[chosen.units(chosen.rows[chosen.group]).isin(of_column.values["group"])]
            caveats += _as_images(taken, column, classes, len(of_column.values))
    made = pd.DataFrame(rows, columns=COLUMNS[:-1])
    made["p_adjusted"] = made["p"]
    if len(columns) > 1:
        kinds = made["test"].str.split(" (", regex=False).str[0]
        made["p_adjusted"] = made.groupby(kinds, sort=False)["p"].transform(
            lambda part: adjust_pvalues(part.to_numpy(dtype=float), correction)
        )
    everything = pd.concat(units, ignore_index=True)[["measurement", "group", "label", "value", "n_rows"]]
    said = tuple(dict.fromkeys(caveats))
    return GroupTest(made[COLUMNS], everything, *classes.both, correction, said, classes.noun)


def _classes(table: pd.DataFrame, label: str, labels: tuple[str, str] | None) -> tuple[str, str]:
    """Take the two classes to compare."""
    there = sorted(table[label].dropna().unique())
    if labels is None:
        if len(there) > 2:
            raise ArgumentError(
                f"{label} has {len(there)} values ({listed(there)}); name the two to compare, as in "
                f"labels=({there[0]!r}, {there[1]!r})."
            )
        first, second = [*there, "(none)", "(none)"][:2]
        return first, second
    first, second = (str(name) for name in labels)
    for name in (first, second):
        if name not in there:
            raise ArgumentError(f"No row has the {label} {name!r}; {nearest(name, there)}")
    if first == second:
        raise ArgumentError(f"labels are both {first!r}; give two classes to compare.")
    return first, second


def _compare(
    units: pd.DataFrame, classes: Classes, seed: int
) -> tuple[list[dict[str, object]], tuple[str, ...]]:
    """All four tests of one measurement."""
    first, second = (units.loc[units["label"] == name, "value"].to_numpy() for name in classes.both)
    nouns, n = classes.nouns, len(first) + len(second)
    sizes = {"n_first": len(first), "n_second": len(second)}

    def row(effect: str, estimate: tuple[float, float, float], p: PValue) -> dict[str, object]:
        of = dict(zip(("estimate", "low", "high"), estimate, strict=True))
        return sizes | {"effect": effect} | of | p.row()

    if reason := _why_not(first, second, classes.noun):
        mean = float(first.mean() - second.mean()) if len(first) and len(second) else nan
        effects = {STUDENT: "mean difference", WELCH: "mean difference", RANKS: "shift", LABELS: "Hedges' g"}
        return [
            row(effect, (nan if test == LABELS else mean, nan, nan), no_pvalue(test, n, nouns))
            for test, effect in effects.items()
        ], (reason,)
    made = []
    for equal in (True, False):
        difference, interval, p = mean_difference(first, second, equal=equal, noun=nouns)
        made.append(row("mean difference", (difference, interval.low, interval.high), p))
    permuted = moved_labels(first, second, LABELS, nouns, seed)
    made.append(row("shift", hodges_lehmann(first, second), _rank_test(first, second, nouns, seed)))
    made.append(row("Hedges' g", hedges_g(first, second), permuted))
    said = tuple(
        f"all {nouns} of {spaced(name)} have the same value: the spread is that of the other class."
        for name, part in zip(classes.both, (first, second), strict=True)
        if np.ptp(part) == 0
    )
    return made, said + ((FEW.format(nouns=nouns),) if permuted.smallest > 0.05 else ())


def _why_not(first: Floats, second: Floats, noun: str) -> str:
    """Reason why two samples cannot be tested, or nothing."""
    few = min(len(first), len(second))
    if few == 0:
        return f"only one class has {plural(noun)} with a value: nothing to compare."
    if few < 2:
        return f"a class has one {noun} only: its spread is not known, so no test is made."
    spread = max(np.ptp(first), np.ptp(second))
    if spread <= 1e-12 * max(1e-300, np.abs(np.r_[first, second]).max()):
        return f"all {plural(noun)} of a class have the same value: there is no spread to test against."
    return ""


def _rank_test(first: Floats, second: Floats, nouns: str, seed: int) -> PValue:
    """Mann & Whitney's test: exact wherever that can be."""
    n, m = len(first) + len(second), len(first)
    values = np.r_[first, second]
    tied = len(np.unique(values)) < n
    if tied and comb(n, m) <= EXACT:
        ranks = rankdata(values)
        return moved_labels(ranks[:m], ranks[m:], f"{RANKS} (exact, with ties)", nouns, seed)
    if tied or n > EXACT_RANKS:
        name = f"{RANKS} (normal approximation{', ties' if tied else ''})"
        p = mannwhitneyu(first, second, method="asymptotic").pvalue
        return PValue(float(p), name, n, NO_BOUND, nouns)
    p = float(mannwhitneyu(first, second, method="exact").pvalue)
    return PValue(p, f"{RANKS} (exact)", n, min(1.0, 2 / comb(n, m)), nouns)


def _as_images(table: pd.DataFrame, column: str, classes: Classes, n: int) -> tuple[str, ...]:
    """Say what the test on rows would have said, where there are more rows than clones."""
    numbers = as_numbers(table, column)
    known = numbers.notna()
    first, second = (numbers[known & (table[classes.label] == name)].to_numpy() for name in classes.both)
    rows, noun = len(first) + len(second), classes.noun
    if rows <= n or _why_not(first, second, noun):
        return ()
    row = "image" if {"field", "tile"} & set(table.columns) else "well" if "well" in table.columns else "row"
    p = mean_difference(first, second)[2].value
    return (
        f"{spaced(column)}: n is {counted(n, noun)}, not {counted(rows, row)}, of which the same test would "
        f"have said p = {p:.2g}, taking those of one {noun} for independent.",
    )


def _ask(asked: Question) -> GroupTest:
    seen, measured = asked.evidence, asked.evidence.measured
    columns = [name for name in measured.columns if name not in ("plate", "well", "group", "label")]
    if not columns:
        raise ArgumentError("The study's forest saw tiles: cells were not measured ([forest] measured).")
    if seen.has("donor") and seen.classes.noun != "donor":
        measured = measured.assign(donor=measured["group"].map(seen.donors))
    return group_test(measured, columns, labels=seen.classes.both, **asked.common)


ANALYSIS = Analysis("measurements", "Measurements of the two classes", StudySection.GROUPS, _ask)
