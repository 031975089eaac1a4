"""Isogenic pairs: a line and its corrected or mutated sister, compared within each pair.

Both lines of a pair share all of the genome but the variant, so a difference within pairs is free of what
donors differ in. n counts pairs, and donors where one gave several.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.clones.compared import ClassRows, class_rows
from hcs.analysis.clones.effect_rows import asked_columns, corrected, drawn, stated
from hcs.analysis.clones.effect_words import answer, outstanding, shared_caveats
from hcs.analysis.clones.groups import two_classes
from hcs.analysis.clones.stratified_units import scored_wells, stratified_units
from hcs.analysis.clones.units import DONOR, PAIR_NAMES, pair_name
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.analysis.stated import statistics_table
from hcs.figures.panels import Panels
from hcs.statistics.bootstrap import Interval
from hcs.statistics.means import paired_difference
from hcs.statistics.paired_shift import paired_shift, signed_ranks
from hcs.statistics.pvalues import PValue, no_pvalue
from hcs.statistics.stratified import stratified_difference
from hcs.tables.compared import Classes
from hcs.wording import counted, plural, sentence, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.names import as_names

LEAST = 3
"""Fewest pairs that are compared at all."""
FLIPS, RANKS = "Sign-flip test of pairs", "Wilcoxon signed-rank test (sign flips)"
TABLE = (
    "measurement", "test", "n", "effect", "estimate", "low", "high", "p", "smallest_p", "p_adjusted",
)  # fmt: skip


@dataclass(frozen=True, repr=False)
class IsogenicPairs(Shown):
    """Two classes compared within pairs.

    Parameters
    ----------
    table
        One row per measurement and test: measurement, test, n (pairs), effect (mean difference,
        Hodges–Lehmann shift), estimate (first minus second), low, high (95 %), p, smallest_p, p_adjusted.
    pairs
        measurement, pair, the value of either class, difference; one row per pair.
    classes
        The two classes.
    correction
        How p_adjusted was made.
    noun
        What a unit is: pair, or donor where one gave several pairs.
    """

    table: pd.DataFrame
    pairs: pd.DataFrame
    classes: tuple[str, str]
    correction: str
    caveats: tuple[str, ...]
    noun: str = "pair"

    def headline(self) -> str:
        """Say which measurements differ within pairs, which way, and by how much."""
        return answer(self._flips(), self.classes, self.noun, "within pairs", correction=self.correction)

    def summary(self) -> str:
        """Give the headline, what stands out, and the caveats."""
        return sentence(self.headline(), *outstanding(self._flips()), *self.caveats)

    @property
    def statistics(self) -> pd.DataFrame:
        """Every test and estimate."""
        return statistics_table(stated(self.table, self.classes, self.noun, self.correction))

    def plot(self) -> Panels:
        """Draw the mean difference of every measurement in SD of differences, with its interval; its axes."""
        rows = self._flips()
        spread = rows["measurement"].map(self.pairs.groupby("measurement")["difference"].std())
        first, second = map(spaced, self.classes)
        over = f"{first} − {second} within {plural(self.noun)} (in SD of differences)"
        return drawn(rows, spread, over, self.caveats)

    def _flips(self) -> pd.DataFrame:
        return self.table[self.table["test"] == FLIPS]


def isogenic_pairs(  # noqa: PLR0913 – the table's columns and the classes, each by its own name
    table: pd.DataFrame,
    value: str | Sequence[str],
    *,
    pair: str | None = None,
    group: str = "group",
    label: str = "label",
    labels: Sequence[str] | None = None,
    batch: str | None = None,
    correction: str = "holm",
    noun: str = "clone",
    seed: int = 0,
) -> IsogenicPairs:
    """Compare two classes within isogenic pairs on one or several measurements.

    Parameters
    ----------
    table
        Rows of wells or images, averaged per plate and clone.
    value
        Column or columns of numbers.
    pair
        Column that names the pair, or the line from which an edited clone was made (blank for that line
        itself); by default the one there of `PAIR_NAMES`, or else ``donor``.
    group, label
        Columns that name the clone and its class.
    labels
        The two classes, effects being first minus second; by default the two there are, in rising order.
    batch
        Column of the batch: where a pair stands in several, only those count in which both classes are.
    correction
        For several measurements: ``holm`` or ``bh``.
    noun, seed
        What a clone is called; of the signs drawn where there are many pairs.

    Returns
    -------
    IsogenicPairs
        Flipped signs with the mean difference and the interval of that test, the paired t test, and
        Wilcoxon's signed ranks with the shift of Hodges & Lehmann (1963).

    Raises
    ------
    ArgumentError
        A column that is not there or holds no numbers, no column of pairs, a clone of two pairs, fewer than
        three pairs of both classes.

    Examples
    --------
    >>> clones = pd.DataFrame({"group": list("abcdefgh"), "label": ["ALS", "corrected"] * 4})
    >>> clones = clones.assign(isogenic_pair=list("11223344"), area=[5.0, 3, 6, 4.5, 9, 6, 4, 3.5])
    >>> found = isogenic_pairs(clones, "area")
    >>> found.table[["test", "estimate", "p", "smallest_p"]].round(3).values.tolist()[0]
    ['Sign-flip test of pairs', 1.75, 0.125, 0.125]
    """
    table, columns = asked_columns(table, value, (group, label, pair, batch), correction)
    pair = pair_column(table, label) if pair is None else pair
    classes = two_classes(table, label, labels)
    table = table.assign(_pair=_pairs(table, pair, group))
    chosen, said = _paired(table, group, Classes(*classes, label, noun))
    noun = chosen.classes.noun
    rows: list[dict[str, Any]] = []
    parts, told = [], {}
    for column in columns:
        units = stratified_units(chosen, column, batch)
        wide = units.values.pivot(index="group", columns="label", values="value").reindex(columns=classes)
        whole = wide.dropna()
        rows += [{"measurement": column} | row for row in _tests(whole.to_numpy(), noun, seed)]
        parts.append(whole.assign(difference=whole[classes[0]] - whole[classes[1]], measurement=column))
        told[spaced(column)] = (*units.caveats, *_lost(len(whole), len(wide), noun))
    every = pd.concat(parts).rename_axis(index="pair", columns=None).reset_index()
    caveats = tuple(dict.fromkeys((*said, *shared_caveats(told))))
    return IsogenicPairs(corrected(rows, TABLE, correction), every, classes, correction, caveats, noun)


def pair_column(table: pd.DataFrame, label: str) -> str:
    """Name the column of a table that tells which clones are a pair.

    Raises
    ------
    ArgumentError
        There is none.
    """
    found = pair_name(table)
    if found is None and DONOR in table and (table.groupby(DONOR)[label].nunique() > 1).any():
        found = DONOR
    if found is None:
        raise ArgumentError(
            f"No column names isogenic pairs ({PAIR_NAMES[0]}, parent, or donors of both classes); add one, "
            "as in isogenic_pair = P1 for a patient's line and its corrected one."
        )
    return found


def _pairs(table: pd.DataFrame, pair: str, group: str) -> pd.Series:
    """Pair of every row; a line that others name as theirs belongs to them."""
    named = as_names(table[pair])
    there = set(named.dropna())
    for column in (group, DONOR):
        if column in table:
            own = as_names(table[column])
            named = named.where(named.notna(), own.where(own.isin(there)))
    return named


def _paired(table: pd.DataFrame, group: str, classes: Classes) -> tuple[ClassRows, tuple[str, ...]]:
    """Rows of clones of a pair, the pair (or the donor of several) being the unit."""
    rows = table[table["_pair"].notna()]
    several = rows.groupby(group)["_pair"].nunique() > 1
    if several.any():
        raise ArgumentError(f"{classes.noun} {several.idxmax()!r} has several pairs; it can have one.")
    lost = table.loc[table["_pair"].isna(), group].dropna().nunique()
    said: tuple[str, ...] = (f"{counted(lost, classes.noun)} of no pair left out.",) if lost else ()
    chosen = class_rows(rows.drop(columns=DONOR, errors="ignore"), group, classes)
    unit, noun = rows["_pair"], "pair"
    if DONOR in rows and rows[DONOR].notna().all():
        pairs = rows.groupby(rows[DONOR].map(str))["_pair"].nunique()
        donors = rows.groupby("_pair")[DONOR].nunique()
        if (donors == 1).all() and (pairs > 1).any():
            unit, noun = as_names(rows[DONOR]), DONOR
            told = f"{counted(len(donors), 'pair')} come from {counted(len(pairs), DONOR)}"
            said += (f"{told}: pairs of one donor are averaged, and n counts donors.",)
    whole = chosen.rows.groupby(unit)[classes.label].nunique() > 1
    if whole.sum() < LEAST:
        verb = "has" if whole.sum() == 1 else "have"
        raise ArgumentError(
            f"{counted(int(whole.sum()), noun)} {verb} both {spaced(classes.positive)} and "
            f"{spaced(classes.negative)}; a comparison within pairs needs {LEAST} or more."
        )
    of = dict(zip(rows[group], unit, strict=True))
    own = Classes(*classes.both, classes.label, noun)
    return ClassRows(chosen.rows, group, own, of, ()), (*said, *chosen.caveats)


def _lost(whole: int, there: int, noun: str) -> tuple[str, ...]:
    """Say which pairs do not take part."""
    said = (f"{counted(there - whole, noun)} of one class only left out.",) if whole < there else ()
    return said if whole >= LEAST else (*said, f"only {counted(whole, noun)} with a value: no test is made.")


def _tests(values: np.ndarray[Any, np.dtype[np.float64]], noun: str, seed: int) -> list[dict[str, Any]]:
    """Make the three tests of pairs, of shape (n_pairs, 2)."""
    differences, n, nouns = values[:, 0] - values[:, 1], len(values), plural(noun)
    if n < LEAST:
        none = {"effect": "mean difference", "estimate": np.nan, "low": np.nan, "high": np.nan}
        return [none | no_pvalue(FLIPS, n, nouns).row()]
    first, strata = np.tile([True, False], n), np.repeat(np.arange(n), 2).tolist()
    found = stratified_difference(values.ravel(), first, strata, seed=seed)
    mean, interval, paired = paired_difference(values[:, 0], values[:, 1], noun=nouns)
    shift, *limits = paired_shift(differences)
    ranks = signed_ranks(differences)
    ranked = stratified_difference(np.stack([ranks, -ranks], axis=1).ravel(), first, strata, seed=seed)
    made = (
        (
            "mean difference",
            found.estimate,
            found.interval,
            PValue(found.p, FLIPS, n, found.smallest_p, nouns),
        ),
        ("mean difference", mean, interval, paired),
        ("shift", shift, Interval(*limits), PValue(ranked.p, RANKS, n, ranked.smallest_p, nouns)),
    )
    return [
        {"effect": effect, "estimate": estimate, "low": ends.low, "high": ends.high} | p.row()
        for effect, estimate, ends, p in made
    ]


def _ask(asked: Question) -> IsogenicPairs:
    wells, names = scored_wells(asked)
    batch = asked.batch if asked.evidence.has(asked.batch) else None
    labels = asked.evidence.classes.both
    return isogenic_pairs(wells, names, labels=labels, batch=batch, **asked.common)


ANALYSIS = Analysis("isogenic_pairs", "Isogenic pairs", StudySection.GROUPS, _ask)
