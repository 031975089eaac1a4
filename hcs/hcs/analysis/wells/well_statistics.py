"""Statistics of wells from the cells, fields or tiles in them."""

from dataclasses import dataclass

import pandas as pd

from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.analysis.wells.columns import WellColumns
from hcs.analysis.wells.roles import are_named, read_wells, unnamed_rows
from hcs.analysis.wells.values import OfValues, of_parts
from hcs.figures.panels import Panels
from hcs.figures.strips import statistics_figure
from hcs.wording import are, capital, counted, listed, noted, percent, plural, rounded, sentence, spaced


@dataclass(frozen=True, repr=False)
class WellStatistics(Shown):
    """Statistics of the rows in each well.

    Parameters
    ----------
    table
        One row per well: plate, well, n, n_missing, n_flagged, mean, median, mad (not scaled), sd (n − 1),
        cv (sd / mean as a share; NaN where the mean is 0).
    value
        What was measured.
    noun
        What the rows are.
    caveats
        What the numbers cannot say.
    """

    table: pd.DataFrame
    value: str
    noun: str
    caveats: tuple[str, ...]

    @property
    def statistics(self) -> pd.DataFrame:
        """Median coefficient of variation within wells."""
        cv = self.table["cv"].dropna()
        made = Stated(
            f"{spaced(self.value)} of {plural(self.noun)} in a well", "median CV", float(cv.median())
        )
        return statistics_table([made] if len(cv) else [])

    def headline(self) -> str:
        """Say how much wells differ, and the parts of one well."""
        there, name = self.table[self.table["n"] > 0], spaced(self.value)
        if there.empty:
            return f"No well has values of {name}."
        cv, medians = there["cv"].dropna(), there["median"]
        within = (
            f"; {plural(self.noun)} of a well vary by {percent(cv.median())} (median CV)" if len(cv) else ""
        )
        spread = " to ".join(dict.fromkeys(map(rounded, (medians.min(), medians.max()))))
        return f"{capital(name)} of {counted(len(there), 'well')}, medians: {spread}{within}."

    def summary(self) -> str:
        """Say how much wells and their parts differ, what stands behind a well, and every caveat."""
        there = self.table[self.table["n"] > 0]
        if there.empty:
            return sentence(self.headline(), *self.caveats)
        rows, plates = there["n"], counted(there["plate"].nunique(), "plate")
        each = counted(round(rows.median()), self.noun)
        few = f" ({rows.min():,.0f} to {rows.max():,.0f})" if rows.min() < rows.max() else ""
        behind = f"On {plates}, {each}{' in the median' if few else ''} stand behind a well{few}."
        return sentence(self.headline(), behind, *self.caveats)

    def plot(self) -> Panels:
        """Draw each well's median, plate by plate; its axes."""
        if not (self.table["n"] > 0).any():
            return Panels.none(self.summary(), self.table)
        return Panels.of(statistics_figure(self.table, label=spaced(self.value)), self.table)


def well_statistics(
    table: pd.DataFrame, value: str, *, plate: str = "plate", well: str = "well", noun: str = "cell"
) -> WellStatistics:
    """Describe the cells, fields or tiles of every well.

    Rows of a well are parts of one culture: their number says how sure the well's value is, and is never the
    n of a comparison between clones.

    Parameters
    ----------
    table
        One row per cell, field or tile. Rows whose ``included`` is False are left out and counted.
    value
        Column of numbers.
    plate, well
        Names of columns.
    noun
        What the rows are.

    Raises
    ------
    ArgumentError
        A missing column, or a value that is no number.

    Examples
    --------
    >>> cells = pd.DataFrame({"plate": "P", "well": ["A01"] * 4, "area": [1.0, 2.0, 3.0, None]})
    >>> found = well_statistics(cells, "area")
    >>> found.table.round(3).to_dict("records")  # doctest: +NORMALIZE_WHITESPACE
    [{'plate': 'P', 'well': 'A01', 'n': 3, 'n_missing': 1, 'n_flagged': 0, 'mean': 2.0, 'median': 2.0,
      'mad': 1.0, 'sd': 1.0, 'cv': 0.5}]
    >>> found.summary()  # doctest: +NORMALIZE_WHITESPACE
    'Area of 1 well, medians: 2.00; cells of a well vary by 50 % (median CV). On 1 plate, 3 cells stand behind
     a well. 1 cell without a number of area is left out.'
    """
    rows = read_wells(table, value, WellColumns(plate, well), "The table")
    named = rows[are_named(rows)].assign(missing=lambda own: own["value"].isna() & ~own["flagged"])
    named["value"] = named["value"].where(~named["flagged"])
    named["size"] = named["value"].abs()
    wells = named.groupby(["plate", "well"], sort=False, observed=True)
    named["away"] = (named["value"] - wells["value"].transform("median")).abs()
    made = wells.agg(
        n=("value", "count"),
        n_missing=("missing", "sum"),
        n_flagged=("flagged", "sum"),
        mean=("value", "mean"),
        median=("value", "median"),
        mad=("away", "median"),
        sd=("value", "std"),
        largest=("size", "max"),
    )
    made["cv"] = (made["sd"] / made["mean"]).where(made["mean"].abs() > 1e-9 * made.pop("largest"))
    said = _caveats(made, named["value"], value, noun)
    if unnamed := len(rows) - len(named):
        said.append(f"Left out: {unnamed_rows(unnamed)}.")
    return WellStatistics(made.reset_index(), value, noun, tuple(said))


def _caveats(made: pd.DataFrame, used: pd.Series, value: str, noun: str) -> list[str]:
    """Rows left out, wells with nothing, and ratios to a mean that mean little."""
    missing, flagged = int(made["n_missing"].sum()), int(made["n_flagged"].sum())
    empty, alone = made.index[made["n"] == 0], int((made["n"] == 1).sum())
    zero = int((made["cv"].isna() & made["sd"].notna()).sum())
    wells = listed(f"{plate} {well}" for plate, well in empty)
    return noted(
        (missing, f"{counted(missing, noun)} without a number of {spaced(value)} {are(missing)} left out."),
        (flagged, f"{counted(flagged, f'flagged {noun}')} {are(flagged)} left out."),
        (len(empty), f"{counted(len(empty), 'well')} without any {noun} to judge: {wells}."),
        (alone, f"{counted(alone, 'well')} with one {noun} only: no SD and no CV there."),
        (zero, f"{counted(zero, 'well')} with a mean of 0: no CV there."),
        (
            (used < 0).any(),
            f"Some {spaced(value)} values lie below 0: a CV then depends on where 0 was put.",
        ),
    )


def _ask(asked: Question) -> OfValues:
    return of_parts(asked, lambda parts, value, noun: well_statistics(parts, value, noun=noun))


ANALYSIS = Analysis("well_statistics", "Spread within wells", StudySection.WELLS, _ask)
