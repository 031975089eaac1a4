"""Two groups of clones compared on any measurement: t tests, rank test and permutation, n = clones.

Images of one clone are not independent. A test over images takes 6,750 of them for as many witnesses and
finds differences between any two sets of clones (pseudo-replication; Hurlbert 1984, Lazic 2010), so rows are
averaged per clone before anything is tested.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, nan
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import mannwhitneyu, rankdata

from hcs.analysis.clones.compared import LABELS, class_rows, compare_pairs, unit_values
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.statistics.frames import as_numbers, named_rows, require_columns
from hcs.statistics.means import PAIRED, STUDENT, WELCH, hedges_g, mean_difference
from hcs.statistics.permutation import EXACT, permutation_test
from hcs.statistics.pvalues import METHODS, NO_BOUND, PValue, adjust_pvalues, no_pvalue
from hcs.statistics.shifts import EXACT_RANKS, hodges_lehmann
from hcs.wording import counted, listed, plural, sentence, spaced
from hcs_plates.errors import ArgumentError, nearest

if TYPE_CHECKING:
    from hcs.figures.panels import Panels

Floats = npt.NDArray[np.float64]

RANKS = "Mann–Whitney test"
QUOTED = (WELCH, LABELS)
"""Tests that the summary gives; the others stand in the table."""
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
        measurements = list(dict.fromkeys(self.table["measurement"]))
        several = len(measurements) > 1
        return sentence(*(self._sentence(name, several) for name in measurements), *self.caveats)

    def plot(self) -> "Panels":
        """Draw Hedges' g of every measurement with its interval; its axes."""
        from hcs.figures.intervals import interval_figure
        from hcs.figures.panels import Panels

        rows = self.table[self.table["test"].str.startswith(LABELS)]
        sides = f"{spaced(self.first)} − {spaced(self.second)}"
        figure = interval_figure(
            rows.assign(label=rows["measurement"].map(spaced)),
            xlabel=f"Hedges' g over {plural(self.noun)}: {sides} (in SD)",
            reference=0.0,
            note="" if rows["estimate"].notna().any() else sentence(*self.caveats),
        )
        return Panels.of(figure, rows)

    def _sentence(self, name: str, several: bool) -> str:
        rows = self.table[self.table["measurement"] == name].to_dict("records")
        by_test = {str(row["test"]).split(" (")[0]: row for row in rows}
        quoted = QUOTED if WELCH in by_test else (PAIRED, LABELS)
        mean, g = (by_test[test] for test in quoted)
        if np.isnan(mean["estimate"]) or np.isnan(mean["p"]):
            return f"{spaced(name)}: the two classes cannot be compared."
        tests = "; ".join(
            PValue(row["p"], row["test"], row["n"], row["smallest_p"], plural(self.noun)).sentence()
            + (f" ({METHODS[self.correction]}-corrected {row['p_adjusted']:.2g})" if several else "")
            for row in (mean, g)
        )
        return (
            f"{spaced(name)}: {spaced(self.first)} minus {spaced(self.second)} is {mean['estimate']:.3g} "
            f"(95 % interval {mean['low']:.3g} to {mean['high']:.3g}), {g['effect']} {g['estimate']:.2f} "
            f"({g['low']:.2f} to {g['high']:.2f}), {mean['n_first']} against "
            f"{counted(mean['n_second'], self.noun)}; {tests}."
        )


def group_test(
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
    noun
        What a unit is.
    seed
        Of the permutations.

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
    >>> found.table[["test", "estimate", "p"]].round(3).values.tolist()[:2]
    [["Student's t-test", -35.0, 0.006], ["Welch's t-test", -35.0, 0.013]]
    >>> group_test(cells, "soma_size")
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: The table has no column 'soma_size'; known: group, label
    """
    columns = [value] if isinstance(value, str) else list(value)
    if not columns:
        raise ArgumentError("value is empty; name one column to compare or more.")
    require_columns(table, [*columns, group, label], "The table")
    if correction not in METHODS:
        raise ArgumentError(f"No correction {correction!r}; give {' or '.join(METHODS)}.")
    table = named_rows(table, group, label)
    pair = _classes(table, label, labels)
    chosen = class_rows(table, group, label, pair, noun)
    noun, caveats = chosen.noun, chosen.caveats
    rows, units = [], []
    for column in columns:
        of_column = unit_values(chosen, column, group, label)
        units.append(of_column.values.assign(measurement=column))
        compare = compare_pairs if of_column.paired else _compare
        found, said = compare(of_column.values, pair, noun, seed, f"{spaced(column)}: ")
        rows += [{"measurement": column} | row for row in found]
        caveats += of_column.caveats + said
        if not of_column.paired:
            taken = chosen.rows[chosen.units(chosen.rows[group]).isin(of_column.values["group"])]
            caveats += _as_images(taken, column, label, pair, len(of_column.values), noun)
    made = pd.DataFrame(rows, columns=COLUMNS[:-1])
    made["p_adjusted"] = made["p"]
    if len(columns) > 1:
        kinds = made["test"].str.split(" (", regex=False).str[0]
        for kind in dict.fromkeys(kinds):
            same = (kinds == kind).to_numpy()
            made.loc[same, "p_adjusted"] = adjust_pvalues(made["p"].to_numpy(dtype=float)[same], correction)
    everything = pd.concat(units, ignore_index=True)[["measurement", "group", "label", "value", "n_rows"]]
    return GroupTest(made[COLUMNS], everything, *pair, correction, tuple(dict.fromkeys(caveats)), noun)


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
    units: pd.DataFrame, pair: tuple[str, str], noun: str, seed: int, prefix: str
) -> tuple[list[dict[str, object]], tuple[str, ...]]:
    """All four tests of one measurement."""
    first, second = (units.loc[units["label"] == name, "value"].to_numpy() for name in pair)
    sizes = {"n_first": len(first), "n_second": len(second)}
    reason = _why_not(first, second, noun)
    nouns, n = plural(noun), len(first) + len(second)
    if reason:
        difference = float(first.mean() - second.mean()) if len(first) and len(second) else nan
        effects = {STUDENT: "mean difference", WELCH: "mean difference", RANKS: "shift", LABELS: "Hedges' g"}
        made = []
        for test, effect in effects.items():
            value = nan if test == LABELS else difference
            row = sizes | {"effect": effect, "estimate": value, "low": nan, "high": nan}
            made.append(row | no_pvalue(test, n, nouns).row())
        return made, (prefix + reason,)
    made = []
    for equal in (True, False):
        difference, interval, p = mean_difference(first, second, equal=equal, noun=nouns)
        row = {"effect": "mean difference", "estimate": difference}
        made.append(sizes | row | {"low": interval.low, "high": interval.high} | p.row())
    ranked, permuted = _rank_test(first, second, nouns, seed), _label_test(first, second, nouns, seed)
    for effect, estimate, p in (
        ("shift", hodges_lehmann(first, second), ranked),
        ("Hedges' g", hedges_g(first, second), permuted),
    ):
        row = dict(zip(("estimate", "low", "high"), estimate, strict=True))
        made.append(sizes | {"effect": effect} | row | p.row())
    said = tuple(
        f"{prefix}all {nouns} of {spaced(name)} have the same value: the spread is that of the other class."
        for name, part in zip(pair, (first, second), strict=True)
        if np.ptp(part) == 0
    )
    if permuted.smallest > 0.05:
        said += (f"{prefix}with so few {nouns} no permutation could have had a p below 0.05.",)
    return made, said


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
    name = f"{RANKS} (exact)"
    if tied and comb(n, m) <= EXACT:
        ranks = rankdata(values) - (n + 1) / 2
        done = permutation_test(
            lambda rows: np.asarray(rows @ ranks), (np.arange(n) < m).astype(np.float64), seed=seed
        )
        return PValue(done.p, f"{name[:-1]}, with ties)", n, done.smallest_p, nouns)
    if tied or n > EXACT_RANKS:
        name = f"{RANKS} (normal approximation{', ties' if tied else ''})"
        p = mannwhitneyu(first, second, method="asymptotic").pvalue
        return PValue(float(p), name, n, NO_BOUND, nouns)
    p = float(mannwhitneyu(first, second, method="exact").pvalue)
    return PValue(p, name, n, min(1.0, 2 / comb(n, m)), nouns)


def _label_test(first: Floats, second: Floats, nouns: str, seed: int) -> PValue:
    """Permutation test of the difference of means."""
    values, m = np.r_[first, second], len(first)
    n = len(values)
    # A difference of means is a straight line in the first class's sum, given the sum of all.
    centred = (values - values.mean()) / values.std()
    done = permutation_test(
        lambda rows: np.asarray(rows @ centred), (np.arange(n) < m).astype(np.float64), seed=seed
    )
    return PValue(done.p, LABELS, n, done.smallest_p, nouns)


def _as_images(
    table: pd.DataFrame, column: str, label: str, pair: tuple[str, str], n: int, noun: str
) -> tuple[str, ...]:
    """Say what the test on rows would have said, where there are more rows than clones."""
    numbers, labels = as_numbers(table, column).to_numpy(), table[label].to_numpy()
    known = ~np.isnan(numbers)
    values, labels = numbers[known], labels[known]
    first, second = (values[labels == name] for name in pair)
    if len(values) <= n or _why_not(first, second, noun):
        return ()
    row = "image" if {"field", "tile"} & set(table.columns) else "well" if "well" in table.columns else "row"
    p = mean_difference(first, second)[2].value
    return (
        f"{spaced(column)}: n is {counted(n, noun)}, not {counted(len(values), row)}; the same test on "
        f"{plural(row)} would have said p = {p:.2g}, since it takes those of one {noun} for independent.",
    )


def _ask(asked: Question) -> GroupTest:
    seen, measured = asked.evidence, asked.evidence.measured
    columns = [name for name in measured.columns if name not in ("plate", "well", "group", "label")]
    if not columns:
        raise ArgumentError("The study's forest saw tiles: cells were not measured ([forest] measured).")
    if seen.has("donor") and seen.noun != "donor":
        measured = measured.assign(donor=measured["group"].map(seen.donors))
    return group_test(measured, columns, labels=seen.classes.both, noun=seen.noun, seed=asked.seed)


ANALYSIS = Analysis("measurements", "Measurements of the two classes", StudySection.GROUPS, _ask)
