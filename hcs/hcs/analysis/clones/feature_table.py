"""Which features differ between two classes: the effect of every feature at the level of clones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from hcs.analysis.clones.compared import ClassRows, class_rows
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.analysis.wells.features import compared_columns, study_features
from hcs.figures.panels import Panels
from hcs.figures.volcano import volcano_figure
from hcs.statistics.arrays import Floats
from hcs.statistics.bootstrap import Interval
from hcs.statistics.columns import contrast_columns, largest_contrast
from hcs.statistics.frames import as_numbers, named_rows, require_columns
from hcs.statistics.levels import RATE
from hcs.statistics.means import WELCH
from hcs.statistics.pvalues import PValue, adjust_pvalues
from hcs.tables.compared import Classes
from hcs.wording import counted, plural, sentence, spaced
from hcs_plates.errors import ArgumentError, nearest

MOST_STATED = 10
"""Features of the statistics beside the words; the table has all."""
MAX_T = "Permutation test of the largest |t|"
COLUMNS = [
    "feature", "n_first", "n_second", "mean_first", "mean_second", "g", "low", "high", "t", "p", "p_adjusted",
    "p_max_t",
]  # fmt: skip
SELECTED = "Effects picked from many are too large on average; intervals hold for each feature by itself."


@dataclass(frozen=True, repr=False)
class FeatureTable(Shown):
    """Every feature compared between two classes.

    Parameters
    ----------
    table
        One row per feature, the smallest p first: feature, n_first, n_second (clones, or donors), mean_first,
        mean_second, g (Hedges' g, first minus second), low, high (95 %), t, p (Welch), p_adjusted
        (Benjamini–Hochberg), p_max_t (permutation, over all features). NaN where it cannot be compared.
    left_out
        feature, reason: columns that were not compared.
    first, second
        Classes; effects are first minus second.
    largest
        Permutation test of the largest |t| of all features.
    caveats
        What the numbers cannot say.
    noun
        What a unit is.
    """

    table: pd.DataFrame
    left_out: pd.DataFrame
    first: str
    second: str
    largest: PValue
    caveats: tuple[str, ...]
    noun: str = "clone"

    def called(self) -> pd.DataFrame:
        """Rows that differ at a false-discovery rate of 5 %."""
        return self.table[self.table["p_adjusted"] <= RATE]

    def headline(self) -> str:
        """Say how many features differ, and which most."""
        known = self.table[self.table["p"].notna()]
        sides = f"{spaced(self.first)} and {spaced(self.second)}"
        n, unknown = (
            counted(self.largest.n, self.noun),
            f"Which features differ between {sides} cannot be known",
        )
        if not self.largest.n:
            return f"{unknown}: no {self.noun} is of one class alone."
        if known.empty or self.largest.smallest > RATE:
            return f"{unknown} with {n}."
        top, called = known.iloc[0], self.called()
        g = f"{top['g']:.2f}".replace("-", "−")
        of = f"{len(called)} of {counted(len(known), 'feature')}" if len(called) else "No feature"
        verb = "differ" if len(called) > 1 else "differs"
        return (
            f"{of} {verb} between {sides} over {n} (false-discovery rate 5 %); the clearest is "
            f"{spaced(top['feature'])}, Hedges' g {g}."
        )

    def summary(self) -> str:
        """Give the headline, whether permuted labels agree, and what the numbers cannot say."""
        said = []
        if len(self.called()) and self.largest.value > RATE:
            said.append("Permuted labels reach effects as large (p above 0.05): take this for a hint.")
        return sentence(self.headline(), *said, *self.caveats)

    @property
    def statistics(self) -> pd.DataFrame:
        """The permutation test of all features, and the features of the smallest p."""
        n = int(self.table["p"].notna().sum())
        rows = [Stated(f"any of {counted(n, 'feature')}", pvalue=self.largest)]
        for row in self.table[self.table["p"].notna()].head(MOST_STATED).to_dict("records"):
            units = int(row["n_first"] + row["n_second"])
            rows.append(
                Stated(
                    spaced(row["feature"]), "Hedges' g", row["g"], Interval(row["low"], row["high"]),
                    "large-sample variance", PValue(row["p"], WELCH, units, noun=plural(self.noun)),
                    row["p_adjusted"], f"Benjamini–Hochberg over {counted(n, 'feature')}",
                )
            )  # fmt: skip
        return statistics_table(rows)

    def plot(self) -> Panels:
        """Draw the volcano: −log10 p of every feature against its effect; its axes."""
        known = self.table[self.table["p"].notna()]
        if known.empty:
            return Panels.none(self.summary(), self.table)
        figure = volcano_figure(known, first=self.first, second=self.second, rate=RATE, noun=self.noun)
        return Panels.of(figure, self.table)


def feature_table(  # noqa: PLR0913 – public: columns and options by keyword
    table: pd.DataFrame,
    columns: Sequence[str] | None = None,
    *,
    group: str = "group",
    label: str = "label",
    labels: tuple[str, str] | None = None,
    noun: str = "clone",
    seed: int = 0,
) -> FeatureTable:
    """Compare two classes of clones in every feature of a table.

    Parameters
    ----------
    table
        Rows of cells, tiles or wells: group, label, features, and plate and well where known. Rows are averaged
        to wells, wells to clones, and clones to donors where a column ``donor`` shows that one gave several.
    columns
        Features by name, used whatever they are; by default all columns of numbers that can be measurements.
        Constant ones, and those collinear with one before them (|r| ≥ 0.999 over wells), are left out.
    group, label
        Columns that name the clone and its class.
    labels
        The two classes, effects being first minus second; by default the two there are, in rising order.
    noun, seed
        What a unit is; of the permutations.

    Returns
    -------
    FeatureTable
        Hedges' (1981) g and Welch's (1947) t test of each feature, corrected over features for the
        false-discovery rate (Benjamini & Hochberg 1995); and for all together the permutation test of the
        largest |t| (Westfall & Young 1993).

    Raises
    ------
    ArgumentError
        A column that is not there or holds no numbers, other than two classes without `labels`.

    Examples
    --------
    >>> wells = pd.DataFrame({"group": list("abcdefgh"), "label": ["ALS"] * 4 + ["control"] * 4})
    >>> wells = wells.assign(area=[8.0, 9, 8, 9, 2, 3, 2, 3], speed=[1.0, 4, 2, 3, 2, 1, 4, 3])
    >>> found = feature_table(wells, ["area", "speed"])
    >>> print(found.headline())
    1 of 2 features differs between ALS and control over 8 clones (false-discovery rate 5 %); the clearest is area, Hedges' g 9.04.
    """  # noqa: E501 - one sentence
    require_columns(table, [group, label, *(columns or ())], "The table")
    rows = named_rows(table, group, label)
    chosen = class_rows(rows, group, Classes(*_classes(rows, label, labels), label, noun))
    told = [name for name in ("plate", "well", label, "donor") if name in rows]
    if columns is None and not {"plate", "well"} <= set(rows):
        raise ArgumentError("The table names no plate and well, so name its features: give columns.")
    compared = compared_columns(chosen.rows, columns, told, group)
    values, units, said = _unit_features(chosen, list(compared.names))
    first = (units == chosen.classes.both[0]).to_numpy()
    n, nouns = len(units), chosen.classes.nouns
    found = contrast_columns(values, first)
    whole = {name: getattr(found, name) for name in COLUMNS if hasattr(found, name)}
    made = pd.DataFrame({"feature": list(compared.names), **whole})
    made["p_adjusted"] = adjust_pvalues(made["p"].to_numpy(), "bh")
    made["p_max_t"], largest = np.nan, PValue(np.nan, MAX_T, n, np.nan, nouns, "one-sided")
    if made["p"].notna().any():
        test, made["p_max_t"] = largest_contrast(values, first, seed=seed)
        largest = PValue(test.p, MAX_T, n, test.smallest_p, nouns, "one-sided")
    made = made.sort_values("p", kind="stable").reset_index(drop=True)[COLUMNS]
    picked = (SELECTED,) if (made["p_adjusted"] <= RATE).any() else ()
    caveats = (*chosen.caveats, *said, *compared.caveats(), *picked)
    return FeatureTable(made, compared.left_out, *chosen.classes.both, largest, caveats, chosen.classes.noun)


def _classes(rows: pd.DataFrame, label: str, labels: tuple[str, str] | None) -> tuple[str, str]:
    """Take the two classes to compare."""
    there = sorted(rows[label].dropna().unique())
    if labels is None:
        if len(there) != 2:
            raise ArgumentError(f"{label} has {counted(len(there), 'value')}; name two with labels.")
        return there[0], there[1]
    for name in labels:
        if name not in there:
            raise ArgumentError(f"No row has the {label} {name!r}; {nearest(name, there)}")
    return labels


def _unit_features(chosen: ClassRows, names: list[str]) -> tuple[Floats, pd.Series, tuple[str, ...]]:
    """Means of every unit, its class, and what was left out: rows to wells, to clones, to donors."""
    label, group = chosen.classes.label, chosen.group
    keys = [group, label, *(name for name in ("plate", "well") if {"plate", "well"} <= set(chosen.rows))]
    held = [chosen.rows[keys], *(as_numbers(chosen.rows, name) for name in names)]
    rows = pd.concat(held, axis=1).set_axis([*keys, *range(len(names))], axis=1)
    wells = rows.groupby(keys, observed=True).mean()
    clones = wells.groupby(level=[group, label]).mean()
    donors = chosen.units(clones.index.get_level_values(group).to_series())
    labels = clones.index.get_level_values(label).to_numpy()
    units = clones.groupby([donors.to_numpy(), labels]).mean()
    named = units.index.get_level_values(0)
    both = named.duplicated(keep=False)
    said: tuple[str, ...] = ()
    if both.any():
        n = counted(named[both].nunique(), chosen.classes.noun)
        said = (f"{n} of both classes left out: isogenic pairs are compared apart.",)
    return units[~both].to_numpy(), pd.Series(units.index.get_level_values(1)[~both]), said


def _ask(asked: Question) -> FeatureTable:
    wells, names, said = study_features(asked)
    found = feature_table(wells, names, labels=asked.evidence.classes.both, **asked.common)
    return replace(found, caveats=(*found.caveats, *said))


ANALYSIS = Analysis("feature_table", "Every feature between the two classes", StudySection.GROUPS, _ask)
