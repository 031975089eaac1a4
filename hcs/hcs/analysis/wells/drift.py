"""Does a value drift while a plate is being imaged? Trend with the order of acquisition."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata, theilslopes

from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, BatchSection, Question, StudySection
from hcs.analysis.stated import statistics_table
from hcs.analysis.wells.by_plate import (
    DRAWS,
    by_plate,
    called,
    changed,
    in_percent,
    on_plates,
    plate_rows,
    tested,
    untested,
)
from hcs.analysis.wells.columns import WellColumns
from hcs.analysis.wells.layout import well_positions, with_positions
from hcs.analysis.wells.roles import WELLS, robust_sd, scaled_from_median
from hcs.figures.panels import Panels, stacked
from hcs.figures.ranked import drift_figure
from hcs.statistics.arrays import Floats
from hcs.statistics.frames import as_numbers, require_columns
from hcs.statistics.levels import RATE
from hcs.statistics.permutation import permutation_test
from hcs.tables.types import are_dates
from hcs.wording import are, counted, listed, noted, sentence, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.names import as_names

PATHS = {
    "serpentine": "row by row, every other row backwards",
    "rows": "row by row from the left",
    "columns": "column by column from the top",
}
WIDEST = 100
"""More than any plate has rows or columns."""
LEAST = 4
"""With fewer wells than this no order has a small p."""
ALIKE = 0.9
"""From this Spearman correlation on, order and place on the plate are one thing."""
TIMES = ("acquisition_time", "acquisition_time_ms")
"""Columns of a study's wells that say when each was imaged."""
TEST = "permutation test of Spearman's correlation"
COLUMNS = [
    "plate", "n", "spearman", "slope", "slope_low", "slope_high", "drift", "drift_low", "drift_high",
    "drift_percent", "p", "smallest_p", "p_adjusted", "order_row", "order_column", "test",
]  # fmt: skip


@dataclass(frozen=True, repr=False)
class AcquisitionDrift(Shown):
    """Trend of a value with the order of acquisition, plate by plate.

    Parameters
    ----------
    table
        One row per plate: plate, n (wells), spearman, slope (Theil–Sen, value per unit of the order) with its
        95 % interval as if wells were independent, drift (slope over the whole run in the plate's robust SDs)
        with its, drift_percent (in percent of the plate's median), p (two-sided), smallest_p, p_adjusted
        (Benjamini–Hochberg over plates), order_row and order_column (Spearman's correlation of the order with
        the place), test.
    wells
        What was fitted: plate, order, value, scaled (in robust SDs from the plate's median).
    value
        What was measured.
    order
        The order, in words.
    caveats
        What the numbers cannot say.
    """

    table: pd.DataFrame
    wells: pd.DataFrame
    value: str
    order: str
    caveats: tuple[str, ...]

    @property
    def statistics(self) -> pd.DataFrame:
        """Trend of each plate with its limits and test, and the median over plates."""
        size, ends = ("Theil–Sen, robust SDs over the run", "drift"), ("drift_low", "drift_high")
        return statistics_table(plate_rows(tested(self.table), "drift", size, ends))

    def headline(self) -> str:
        """Count the plates that drift, and say how far."""
        rows, name = tested(self.table), spaced(self.value)
        if rows.empty:
            return f"A drift of {name} while plates are imaged cannot be tested."
        stand, n = called(rows), len(rows)
        if stand.empty:
            return (
                f"No {'plate shows a ' if n > 1 else ''}drift of {name}{f': {_run(rows)}' if n == 1 else ''}."
            )
        if n == 1:
            return f"A drift of {name} over the run: {_run(rows)}."
        up = int((stand["spearman"] > 0).sum())
        ways = listed(f"{number} {way}" for number, way in ((up, "up"), (len(stand) - up, "down")) if number)
        size = changed(stand["drift_percent"].abs(), stand["drift"].abs()).removesuffix(" higher")
        return f"A drift of {name} {on_plates(len(stand), n)}: {ways}, by {size} over the run."

    def summary(self) -> str:
        """Say how many plates drift, and every caveat."""
        return sentence(self.headline(), f"Imaging {self.order}.", *self.caveats)

    def plot(self, plate: str | None = None) -> Panels:
        """Draw the value against the order on one plate, and the drift of all; its axes.

        Parameters
        ----------
        plate
            Which one; without it, the one with the strongest correlation.

        Raises
        ------
        ArgumentError
            No such plate.
        """
        if plate is not None and plate not in set(self.table["plate"]):
            raise ArgumentError(f"There is no plate {plate!r} among the {len(self.table)} looked at.")
        known = self.table[self.table["p"].notna()]
        if known.empty or (plate is not None and plate not in set(known["plate"])):
            return Panels.none(self.summary(), self.table)
        chosen = plate or str(known.loc[known["spearman"].abs().idxmax(), "plate"])
        wells = self.wells[self.wells["plate"] == chosen]
        figure = drift_figure(self.table, wells, chosen, self.value, self.order, rate=RATE)
        return Panels.of(figure, stacked({"wells": wells, "plates": self.table}))


def acquisition_order(
    wells: pd.DataFrame, path: str = "serpentine", *, plate: str = "plate", well: str = "well"
) -> pd.Series:
    """Give every well its place in the order a stage would take on a path.

    Returns
    -------
    Series
        Index as in `wells`; 1 for the first of the plate's wells, in float; NaN without a plate or well name.

    Raises
    ------
    ArgumentError
        Another path than those of `PATHS`, a missing column, a name that is no well.

    Examples
    --------
    >>> table = pd.DataFrame({"plate": "P", "well": ["A1", "A2", "B1", "B2"]})
    >>> acquisition_order(table).tolist(), acquisition_order(table, "columns").tolist()
    ([1.0, 2.0, 4.0, 3.0], [1.0, 3.0, 2.0, 4.0])
    """
    if path not in PATHS:
        raise ArgumentError(f"A stage's path cannot be {path!r}; give {', '.join(PATHS)}.")
    require_columns(wells, [plate, well], "The table of wells")
    placed = with_positions(pd.DataFrame({"well": wells[well].to_numpy()}))
    row, column = placed["row"], placed["column"]
    along = column.where((row % 2 == 1) | (path != "serpentine"), -column)
    key = WIDEST * column + row if path == "columns" else WIDEST * row + along
    ranks = key.groupby(as_names(wells[plate]).to_numpy()).rank()
    return ranks.set_axis(wells.index).astype(float).rename("acquisition")


def acquisition_drift(  # noqa: PLR0913 – public: columns and options by keyword
    wells: pd.DataFrame,
    value: str,
    *,
    order: str | None = None,
    path: str = "serpentine",
    plate: str = "plate",
    well: str = "well",
    formats: int | Mapping[str, int] | None = None,
    included: str = "included",
    draws: int = DRAWS,
    seed: int = 0,
) -> AcquisitionDrift:
    """Test on every plate whether a value rises or falls with the order of acquisition.

    Spearman's correlation with a permutation test over the plate's wells, and the slope of Theil (1950) and
    Sen (1968, *JASA* 63:1379), which a few extreme wells do not move.

    Parameters
    ----------
    wells
        One row per well.
    value
        Column of numbers.
    order
        Column of times (as such, or written 2024-03-01 09:30) or ranks; wells without one are left out.
        Without it, the order is assumed from `path`, and the summary says so.
    path
        See `acquisition_order`.
    plate, well, formats, included
        See `hcs.analysis.wells.columns.WellColumns`.
    draws, seed
        Of the permutations.

    Raises
    ------
    ArgumentError
        As `well_positions`; another path, a column of order that holds neither numbers nor times.

    Examples
    --------
    >>> wells = pd.DataFrame({"plate": "P", "well": ["A1", "A2", "A3", "B3", "B2", "B1"]})
    >>> found = acquisition_drift(wells.assign(cells=[9, 8, 7, 6, 5, 3]), "cells")
    >>> found.table[["spearman", "slope", "p"]].round(4).values.tolist()
    [[-1.0, -1.0, 0.0028]]
    """
    columns = WellColumns(plate, well, included=included, formats=formats)
    placed, said = well_positions(wells, value, columns)
    caveats = list(said)
    if order is None:
        taken = acquisition_order(wells, path, plate=plate, well=well)
        words = f"order assumed: {PATHS[path]}"
    else:
        taken, words = _given_order(wells, order), f"in the order of {spaced(order)}"
    placed["order"] = taken.to_numpy(dtype=float)[placed.index]
    timeless = placed["order"].isna()
    if n := int(timeless.sum()):
        caveats.append(f"{counted(n, 'well')} without {spaced(order or '')} {are(n)} left out.")
    placed = placed[~timeless]
    table = by_plate(placed, _plate_rows, COLUMNS, draws=draws, seed=seed)
    held = placed[["plate", "order", "value"]].iloc[
        np.argsort(pd.factorize(placed["plate"])[0], kind="stable")
    ]
    held = held.assign(scaled=scaled_from_median(held["value"], held["plate"])).reset_index(drop=True)
    return AcquisitionDrift(table, held, value, words, (*caveats, *_caveats(table, value)))


def _given_order(wells: pd.DataFrame, order: str) -> pd.Series:
    """Take times (as seconds), as such or written, or numbers."""
    require_columns(wells, [order], WELLS)
    given = wells[order]
    if are_dates(given):
        moments = pd.to_datetime(given, format="ISO8601", utc=True)
        return (moments - moments.min()).dt.total_seconds()
    if pd.api.types.is_timedelta64_dtype(given):
        return given.dt.total_seconds()
    return as_numbers(wells, order, WELLS)


def _run(rows: pd.DataFrame) -> str:
    """Write the change over the run on one plate, with its interval in robust SDs."""
    one = rows.iloc[0]
    if pd.isna(one["drift"]):
        return f"Spearman's correlation {one['spearman']:.2f}"
    size = f"{changed(rows['drift_percent'], rows['drift'])} at the end"
    return f"{size}, 95 % interval {one['drift_low']:.1f} to {one['drift_high']:.1f} robust SDs"


def _plate_rows(own: pd.DataFrame, draws: int, seed: int) -> list[dict[str, object]]:
    values, order = own["value"].to_numpy(dtype=float), own["order"].to_numpy(dtype=float)
    row: dict[str, object] = {"n": len(own), "test": TEST}
    if len(own) < LEAST or np.ptp(values) == 0 or np.ptp(order) == 0:
        return [row]
    across = _standard(order)

    def spearman(arranged: Floats) -> Floats:
        return np.asarray(arranged @ across)

    test = permutation_test(spearman, _standard(values), draws=draws, seed=seed)
    slope, _, low, high = theilslopes(values, order)
    run = np.ptp(order) / robust_sd(values)
    row |= {
        "spearman": test.statistic, "slope": slope, "slope_low": low, "slope_high": high,
        "drift": slope * run, "drift_low": low * run, "drift_high": high * run,
        "drift_percent": in_percent(values, slope * np.ptp(order)),
        "p": test.p, "smallest_p": test.smallest_p,
        "order_row": _correlation(across, own["row"]), "order_column": _correlation(across, own["column"]),
    }  # fmt: skip
    return [row]


def _standard(values: Floats) -> Floats:
    """Centred ranks of length 1: their product is Spearman's correlation."""
    ranks = rankdata(values)
    ranks -= ranks.mean()
    return np.asarray(ranks / np.linalg.norm(ranks))


def _correlation(across: Floats, place: pd.Series) -> float:
    return np.nan if place.nunique() < 2 else float(across @ _standard(place.to_numpy(dtype=float)))


def _caveats(table: pd.DataFrame, value: str) -> list[str]:
    why = f"fewer than {LEAST} wells, or one value or one time only"
    said, rows = untested(table, value, why, "plate with drift"), tested(table)
    for place, toward in (("row", "down the rows"), ("column", "along the columns")):
        if alike := int((rows[f"order_{place}"].abs() >= ALIKE).sum()):
            said.append(
                f"On {counted(alike, 'plate')} wells were imaged {place} after {place}: drift is confounded "
                f"with a gradient {toward}."
            )
    flat = int(rows["drift"].isna().sum())
    return said + noted(
        (flat, f"On {counted(flat, 'plate')} half of the wells have one value: no drift in robust SDs."),
        (len(rows), "Clones imaged one after the other may look like a drift."),
    )


def _ask(asked: Question) -> AcquisitionDrift:
    seen = asked.evidence
    order = next((name for name in TIMES if seen.has(name)), None)
    if order is None and not seen.in_order:
        raise ArgumentError("A table of features does not say in which order wells were imaged.")
    return acquisition_drift(asked.scored, "score", order=order, formats=seen.sizes or None, seed=asked.seed)


ANALYSIS = Analysis("drift", "Order of imaging", StudySection.WELLS, _ask, BatchSection.PLATES)
