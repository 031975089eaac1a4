"""Classes of clones compared on any measurement: t tests, rank test and permutation, n = clones.

Images of one clone are not independent. A test over images takes 6,750 of them for as many witnesses and
finds differences between any two sets of clones (pseudo-replication; Hurlbert 1984, Lazic 2010), so rows are
averaged per clone before anything is tested, and clones per donor.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.clones.compared import LABELS, ClassRows, class_rows, compare_pairs, unit_values
from hcs.analysis.clones.effect_rows import asked_columns, corrected
from hcs.analysis.clones.effect_words import NONE, answer, outstanding, shared_caveats
from hcs.analysis.clones.group_tests import compare_classes, compare_several, why_not
from hcs.analysis.clones.units import pair_name
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.figures.intervals import Rows, interval_figure
from hcs.figures.panels import Panels
from hcs.statistics.bootstrap import Interval
from hcs.statistics.contrast import MOST_LEVELS
from hcs.statistics.frames import as_numbers
from hcs.statistics.means import PAIRED, WELCH, mean_difference
from hcs.statistics.pvalues import METHODS, PValue
from hcs.tables.compared import Classes
from hcs.wording import counted, listed, plural, sentence, spaced
from hcs_plates.errors import ArgumentError, nearest

Row = dict[Any, Any]

COLUMNS = [
    "measurement", "first", "second", "test", "n", "n_first", "n_second", "effect", "estimate", "low", "high",
    "p", "smallest_p", "p_adjusted",
]  # fmt: skip
INTERVALS = {
    "mean difference": "t",
    "difference in SD of differences": "t",
    "shift": "rank test inverted",
    "Hedges' g": "large-sample",
}
PAIR = ["measurement", "first", "second"]
OMNIBUS = ["measurement", "test", "n", "classes", "effect", "estimate", "p", "smallest_p", "p_adjusted"]


@dataclass(frozen=True, repr=False)
class GroupTest(Shown):
    """Classes compared on some measurements.

    Parameters
    ----------
    table
        One row per measurement, pair of classes and test: measurement, first, second, test, n, n_first,
        n_second, effect (which of mean difference, Hedges' g, Hodges–Lehmann shift; first minus second),
        estimate, low, high (95 %), p, smallest_p, p_adjusted (for measurements and pairs, each test apart).
    units
        measurement, group, label, value, n_rows; one row per clone.
    classes
        The classes compared.
    correction
        How p_adjusted was made.
    caveats
        What the numbers cannot say.
    noun
        What a unit is.
    omnibus
        Several classes: whether they differ at all; measurement, test, n, classes, effect, estimate, p,
        smallest_p, p_adjusted.
    by_rows
        What Welch's test would say of images or wells as if these were independent, by measurement.
    """

    table: pd.DataFrame
    units: pd.DataFrame
    classes: tuple[str, ...]
    correction: str
    caveats: tuple[str, ...]
    noun: str = "clone"
    omnibus: pd.DataFrame = field(default_factory=pd.DataFrame)
    by_rows: dict[str, PValue] = field(default_factory=dict)

    def headline(self) -> str:
        """Say which measurements differ between the classes, which way, and by how much."""
        if len(self.omnibus):
            known = self.omnibus[self.omnibus["effect"] != ""]
            return answer(known, self.classes, self.noun, correction=self.correction)
        # The smallest p is that of permuted labels: the t test has none, however few clones there are.
        permuted = self.table[self.table["test"].str.startswith(LABELS)]
        rows = self._differences().merge(permuted[[*PAIR, "smallest_p"]], on=PAIR, suffixes=("_t", ""))
        # Without a test of all classes at once, the pair that differs most answers for a measurement.
        first = rows.sort_values("p_adjusted", kind="stable").drop_duplicates("measurement").sort_index()
        return answer(first, self.classes, self.noun, correction=self.correction)

    def summary(self) -> str:
        """Give the headline, the differences that stand out most, and the caveats."""
        return sentence(self.headline(), *outstanding(self._differences()), *self.caveats)

    @property
    def statistics(self) -> pd.DataFrame:
        """Every test and effect, with what rows taken for independent would have said."""
        how = f"{METHODS[self.correction]} over {counted(self._number(), 'comparison')}"
        rows = [
            self._stated(row, f"{spaced(row['measurement'])}, {row['classes']} classes", how)
            for row in self.omnibus.to_dict("records")
        ]
        for row in self.table.to_dict("records"):
            sides = f"{spaced(row['first'])} minus {spaced(row['second'])}"
            rows.append(self._stated(row, f"{spaced(row['measurement'])}, {sides}", how))
        for name, p in self.by_rows.items():
            rows.append(Stated(f"{spaced(name)}, {p.noun} taken for independent", pvalue=p))
        return statistics_table(rows)

    def plot(self) -> Panels:
        """Draw Hedges' g of every measurement with its interval; its axes."""
        rows = self.table[self.table["test"].str.startswith(LABELS)]
        if rows["estimate"].isna().all():
            return Panels.none(sentence(*self.caveats) or "There is no estimate to draw.", rows)
        sides = rows["first"].map(spaced) + " − " + rows["second"].map(spaced)
        names = rows["measurement"].map(spaced)
        several = len(self.classes) > 2
        drawn = rows.drop(columns="p").assign(label=names + "\n" + sides if several else names)
        over = f"Hedges' g over {plural(self.noun)}{'' if several else f': {sides.iloc[0]}'} (in SD)"
        figure = interval_figure(Rows(drawn, over, limits=None, reference=0.0))
        return Panels.of(figure, rows)

    def _number(self) -> int:
        """Count the comparisons that p is corrected for."""
        return len(self.table.drop_duplicates(["measurement", "first", "second"]))

    def _stated(self, row: Row, asked: str, how: str) -> Stated:
        several = row["p_adjusted"] == row["p_adjusted"] and self._number() > 1
        return Stated(
            asked,
            row["effect"],
            row["estimate"],
            Interval(row.get("low", np.nan), row.get("high", np.nan)),
            INTERVALS.get(row["effect"], ""),
            pvalue=PValue.of(row, self.noun),
            corrected=row["p_adjusted"] if several else np.nan,
            correction=how if several else "",
        )

    def _differences(self) -> pd.DataFrame:
        """Mean differences with the interval that is quoted: Welch's, or that of pairs."""
        return self.table[self.table["test"].isin([WELCH, PAIRED])]


def group_test(  # noqa: PLR0913 – the table's columns and the classes, each by its own name
    table: pd.DataFrame,
    value: str | Sequence[str],
    *,
    group: str = "group",
    label: str = "label",
    labels: Sequence[str] | None = None,
    correction: str = "holm",
    noun: str = "clone",
    seed: int = 0,
) -> GroupTest:
    """Compare two or more classes of clones on one or several measurements.

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
        The classes, effects being first minus second; by default those there are, in rising order.
    correction
        For several measurements or pairs of classes: ``holm`` or ``bh``, for each test apart.
    noun, seed
        What a unit is; of the permutations.

    Returns
    -------
    GroupTest
        Student's and Welch's t with the mean difference, Mann–Whitney with the shift of Hodges & Lehmann
        (1963), permutation of labels (mean difference) with Hedges' (1981) g. Where units have both classes,
        as isogenic pairs do, the paired t and labels permuted within pairs. Of several classes every pair,
        and before them Kruskal & Wallis's test by permutation and Welch's (1951) analysis of variance.

    Raises
    ------
    ArgumentError
        A column that is not there or holds no numbers, more than eight classes without `labels`.

    Examples
    --------
    >>> cells = pd.DataFrame({"group": list("abcdef"), "label": ["ALS"] * 3 + ["control"] * 3})
    >>> found = group_test(cells.assign(cell_count=[80, 90, 85, 120, 110, 130]), "cell_count")
    >>> found.table[["test", "estimate", "p"]].round(3).values.tolist()[1]
    ["Welch's t-test", -35.0, 0.013]
    """
    table, columns = asked_columns(table, value, (group, label), correction)
    names = _classes(table, label, labels)
    chosen = class_rows(table, group, Classes(names[0], names[1], label, noun), names)
    return _compared(chosen, names, columns, correction, seed)


def _compared(
    chosen: ClassRows, names: tuple[str, ...], columns: list[str], correction: str, seed: int
) -> GroupTest:
    """Test every measurement and pair of classes, and correct each test for their number."""
    rows: list[Row] = []
    omnibus: list[Row] = []
    units, of_rows, noun = [], {}, chosen.classes.noun
    said: dict[str, tuple[str, ...]] = {}
    for column in columns:
        whole = unit_values(chosen, column)
        units.append(whole.values.assign(measurement=column))
        told = list(whole.caveats)
        if len(names) > 2:
            found, more = compare_several(whole.values, noun, seed)
            omnibus += [{"measurement": column, "classes": len(names)} | row for row in found]
            told += more
        for pair in combinations(names, 2):
            own = chosen.of(*pair)
            taken = whole if len(names) == 2 else unit_values(own, column)
            if taken.paired:
                made, more = compare_pairs(taken.values, own.classes, seed), ()
            else:
                made, more = compare_classes(taken.values, own.classes, seed)
            rows += [{"measurement": column, "first": pair[0], "second": pair[1]} | row for row in made]
            told += more
        said[spaced(column)] = tuple(told)
        if len(names) == 2 and not whole.paired and (p := _of_rows(chosen, column, whole.values)):
            of_rows[column] = p
    every = pd.concat(units, ignore_index=True)[["measurement", "group", "label", "value", "n_rows"]]
    caveats = (*chosen.caveats, *_pairs(chosen), *shared_caveats(said), *_not_rows(of_rows, every, noun))
    return GroupTest(
        corrected(rows, COLUMNS, correction),
        every,
        names,
        correction,
        tuple(dict.fromkeys(caveats)),
        noun,
        corrected(omnibus, OMNIBUS, correction) if omnibus else pd.DataFrame(),
        of_rows,
    )


def _pairs(chosen: ClassRows) -> tuple[str, ...]:
    """Say where clones come in isogenic pairs, which a test within pairs sees more of."""
    name = pair_name(chosen.rows)
    if name is None or (chosen.rows.groupby(name)[chosen.classes.label].nunique() < 2).all():
        return ()
    return (f"Column {name!r} names isogenic pairs, which are compared apart.",)


def _classes(table: pd.DataFrame, label: str, labels: Sequence[str] | None) -> tuple[str, ...]:
    """Take the classes to compare, two at least."""
    there = sorted(table[label].dropna().unique())
    if labels is None:
        if len(there) > MOST_LEVELS:
            raise ArgumentError(
                f"{label} has {len(there)} values ({listed(there)}); name those to compare, as in "
                f"labels=({there[0]!r}, {there[1]!r})."
            )
        return tuple([*there, NONE, NONE][: max(2, len(there))])
    names = tuple(str(name) for name in labels)
    for name in names:
        if name not in there:
            raise ArgumentError(f"No row has the {label} {name!r}; {nearest(name, there)}")
    if len(set(names)) < max(2, len(names)):
        raise ArgumentError(f"labels are {listed(map(repr, names))}; give different classes, two or more.")
    return names


def two_classes(table: pd.DataFrame, label: str, labels: Sequence[str] | None) -> tuple[str, str]:
    """Take the two classes to compare, of a table whose labels are text.

    Raises
    ------
    ArgumentError
        More or fewer than two; a class that no row has.
    """
    names = _classes(table, label, labels)
    if len(names) != 2:
        raise ArgumentError(
            f"{label} has {len(names)} values ({listed(names)}); name the two to compare, as in "
            f"labels=({names[0]!r}, {names[1]!r})."
        )
    return names[0], names[1]


def _of_rows(chosen: ClassRows, column: str, units: pd.DataFrame) -> PValue | None:
    """Test rows as if they were independent, where there are more of them than clones."""
    taken = chosen.rows[chosen.units(chosen.rows[chosen.group]).isin(units["group"])]
    numbers, labels = as_numbers(taken, column), taken[chosen.classes.label]
    first, second = (numbers[numbers.notna() & (labels == name)].to_numpy() for name in chosen.classes.both)
    if len(first) + len(second) <= len(units) or why_not(first, second, chosen.classes.noun):
        return None
    row = "image" if {"field", "tile"} & set(taken.columns) else "well" if "well" in taken.columns else "row"
    return mean_difference(first, second, noun=plural(row))[2]


def _not_rows(of_rows: dict[str, PValue], units: pd.DataFrame, noun: str) -> tuple[str, ...]:
    """Say what n is not."""
    if not of_rows:
        return ()
    most = max(of_rows.values(), key=lambda p: p.n)
    return (f"n is {counted(units['group'].nunique(), noun)}, not {most.n:,} {most.noun}.",)


def _ask(asked: Question) -> GroupTest:
    seen, measured = asked.evidence, asked.evidence.measured
    columns = [name for name in measured.columns if name not in ("plate", "well", "group", "label")]
    if not columns:
        raise ArgumentError("The study's forest saw tiles: cells were not measured ([forest] measured).")
    if seen.has("donor") and seen.classes.noun != "donor":
        measured = measured.assign(donor=measured["group"].map(seen.donors))
    return group_test(measured, columns, labels=seen.classes.both, **asked.common)


ANALYSIS = Analysis("measurements", "Measurements of the two classes", StudySection.GROUPS, _ask)
