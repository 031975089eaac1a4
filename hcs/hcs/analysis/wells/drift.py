"""Does a value drift while a plate is being imaged? Trend with the order of acquisition."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata, theilslopes

from hcs.analysis.finding import Shown
from hcs.analysis.wells.layout import well_positions
from hcs.analysis.wells.roles import robust_sd
from hcs.figures.panels import Panels, stacked
from hcs.figures.ranked import drift_figure
from hcs.statistics.frames import as_numbers, require_columns
from hcs.statistics.levels import RATE, Floats, checked_draws, coarse_draws
from hcs.statistics.permutation import permutation_test
from hcs.statistics.pvalues import PValue, adjust_pvalues
from hcs.wording import counted, sentence, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.units import digest

DRAWS = 1_999
PATHS = {
    "serpentine": "row by row, every other row backwards",
    "rows": "row by row from the left",
    "columns": "column by column from the top",
}
LEAST = 4
"""With fewer wells than this no order has a small p."""
ALIKE = 0.9
"""From this Spearman correlation on, order and place on the plate are one thing."""
TEST = "permutation test of Spearman's correlation"
COLUMNS = [
    "plate", "n", "spearman", "slope", "slope_low", "slope_high", "drift", "drift_low", "drift_high",
    "p", "smallest_p", "p_adjusted", "order_row", "order_column", "test",
]  # fmt: skip


@dataclass(frozen=True, repr=False)
class AcquisitionDrift(Shown):
    """Trend of a value with the order of acquisition, plate by plate.

    Parameters
    ----------
    table
        One row per plate: plate, n (wells), spearman, slope (Theil–Sen, value per unit of the order) with its
        95 % interval as if wells were independent, drift (slope over the whole run in the plate's robust SDs)
        with its, p (two-sided), smallest_p, p_adjusted (Benjamini–Hochberg over plates), order_row and
        order_column (Spearman's correlation of the order with the place), test.
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

    def summary(self) -> str:
        """Say how the value drifts over the run."""
        rows = self.table[self.table["p"].notna()]
        name = spaced(self.value)
        if rows.empty:
            return sentence(f"Drift of {name} with acquisition cannot be tested.", *self.caveats)
        if len(rows) == 1:
            one = rows.iloc[0]
            p = PValue(one["p"], "permutation test", int(one["n"]), one["smallest_p"], "wells")
            size = (
                "no robust SD to give it in"
                if np.isnan(one["drift"])
                else f"{one['drift']:+.2f} robust SDs from the first well to the last (Theil–Sen, 95 % "
                f"interval {one['drift_low']:.2f} to {one['drift_high']:.2f})"
            )
            return sentence(
                f"Drift of {name} with acquisition ({self.order}): {size}, Spearman's correlation "
                f"{one['spearman']:.2f}; {p.sentence()}.",
                *self.caveats,
            )
        called = rows[rows["p_adjusted"] <= RATE]
        up = int((called["spearman"] > 0).sum())
        drift = rows["drift"].dropna()
        size = ""
        if len(drift):
            low, middle, high = np.quantile(drift, [0.25, 0.5, 0.75])
            size = (
                f": {middle:+.2f} robust SDs over the run on the median plate (quartiles {low:+.2f} to "
                f"{high:+.2f})"
            )
        return sentence(
            f"{name[:1].upper()}{name[1:]} drifts with acquisition ({self.order}) on {len(called)} of "
            f"{len(rows)} plates, up on {up} and down on {len(called) - up}, at a false-discovery rate of "
            f"5 % (permutation tests of one plate's wells, smallest possible p "
            f"{rows['smallest_p'].max():.2g}){size}.",
            *self.caveats,
        )

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
    wells: pd.DataFrame,
    path: str = "serpentine",
    *,
    plate: str = "plate",
    well: str = "well",
    formats: int | Mapping[str, int] | None = None,
) -> pd.Series:
    """Give every well its place in the order a stage would take on a path.

    Parameters
    ----------
    wells
        One row per well.
    path
        ``serpentine`` (row by row, every other row backwards), ``rows`` or ``columns``.
    plate, well, formats
        See `hcs.analysis.wells.layout.well_positions`.

    Returns
    -------
    Series
        Index as in `wells`; 1 for the first of the plate's wells, in float; NaN without a plate or well name.

    Raises
    ------
    ArgumentError
        Another path; as `well_positions`.

    Examples
    --------
    >>> table = pd.DataFrame({"plate": "P", "well": ["A1", "A2", "B1", "B2"]})
    >>> acquisition_order(table).tolist()
    [1.0, 2.0, 4.0, 3.0]
    >>> acquisition_order(table, "columns").tolist()
    [1.0, 3.0, 2.0, 4.0]
    """
    if path not in PATHS:
        raise ArgumentError(f"A stage's path cannot be {path!r}; give {', '.join(PATHS)}.")
    require_columns(wells, [plate, well], "The table of wells")
    bare = pd.DataFrame({"plate": wells[plate].to_numpy(), "well": wells[well].to_numpy(), "value": 0.0})
    placed, _ = well_positions(bare, "value", formats=formats, included="")
    row, column = placed["row"], placed["column"]
    wide = int(column.max()) + 1 if len(column) else 1
    deep = int(row.max()) + 1 if len(row) else 1
    along = column.where(row % 2 == 0, wide - 1 - column) if path == "serpentine" else column
    key = column * deep + row if path == "columns" else row * wide + along
    ranks = key.groupby(placed["plate"]).rank().reindex(bare.index)
    return pd.Series(ranks.to_numpy(dtype=float), index=wells.index, name="acquisition")


def acquisition_drift(
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
        Column of times or ranks; wells without one are left out. Without it, the order is assumed from
        `path`, and a caveat says so.
    path
        See `acquisition_order`.
    plate, well, formats, included
        See `hcs.analysis.wells.layout.well_positions`.
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
    checked_draws(draws)
    placed, said = well_positions(wells, value, plate=plate, well=well, included=included, formats=formats)
    caveats = list(said)
    if order is None:
        taken = acquisition_order(wells, path, plate=plate, well=well, formats=formats)
        words = f"order assumed: {PATHS[path]}"
        caveats.append(f"The order of acquisition is not known but assumed: {PATHS[path]}.")
    else:
        taken, words = _given_order(wells, order), f"by {spaced(order)}"
    placed["order"] = taken.to_numpy(dtype=float)[placed.index]
    timeless = placed["order"].isna()
    if timeless.any():
        caveats.append(f"{counted(int(timeless.sum()), 'well')} without {spaced(order or '')} left out.")
    placed = placed[~timeless]
    rows, shown = [], [pd.DataFrame(columns=["plate", "order", "value", "scaled"])]
    for name, own in placed.groupby("plate", sort=False):
        rows.append(_plate_row(str(name), own, draws, int(digest(seed, str(name)), 16)))
        scaled = (own["value"] - own["value"].median()) / robust_sd(own["value"].to_numpy(dtype=float))
        shown.append(own[["plate", "order", "value"]].assign(scaled=scaled))
    table = pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "p_adjusted"])
    table["p_adjusted"] = adjust_pvalues(table["p"].to_numpy(dtype=float), "bh")
    caveats += _caveats(table, value)
    held = pd.concat(shown[1:] or shown, ignore_index=True)
    return AcquisitionDrift(table[COLUMNS], held, value, words, tuple(caveats))


def _given_order(wells: pd.DataFrame, order: str) -> pd.Series:
    """Take times (as seconds) or numbers."""
    require_columns(wells, [order], "The table of wells")
    given = wells[order]
    if pd.api.types.is_datetime64_any_dtype(given):
        return (given - given.min()).dt.total_seconds()
    if pd.api.types.is_timedelta64_dtype(given):
        return given.dt.total_seconds()
    return as_numbers(wells, order, "The table of wells")


def _plate_row(name: str, own: pd.DataFrame, draws: int, seed: int) -> dict[str, object]:
    values, order = own["value"].to_numpy(dtype=float), own["order"].to_numpy(dtype=float)
    row: dict[str, object] = {"plate": name, "n": len(own), "test": TEST}
    if len(own) < LEAST or np.ptp(values) == 0 or np.ptp(order) == 0:
        return row
    across = _standard(order)

    def spearman(arranged: Floats) -> Floats:
        return np.asarray(arranged @ across)

    test = permutation_test(spearman, _standard(values), draws=draws, seed=seed)
    slope, _, low, high = theilslopes(values, order)
    run = np.ptp(order) / robust_sd(values)
    return row | {
        "spearman": test.statistic, "slope": slope, "slope_low": low, "slope_high": high,
        "drift": slope * run, "drift_low": low * run, "drift_high": high * run,
        "p": test.p, "smallest_p": test.smallest_p,
        "order_row": _correlation(across, own["row"]), "order_column": _correlation(across, own["column"]),
    }  # fmt: skip


def _standard(values: Floats) -> Floats:
    """Centred ranks of length 1: their product is Spearman's correlation."""
    ranks = rankdata(values)
    ranks -= ranks.mean()
    return np.asarray(ranks / np.linalg.norm(ranks))


def _correlation(across: Floats, place: pd.Series) -> float:
    return np.nan if place.nunique() < 2 else float(across @ _standard(place.to_numpy(dtype=float)))


def _caveats(table: pd.DataFrame, value: str) -> list[str]:
    said = [] if len(table) else [f"No well is left with a {spaced(value)} to test."]
    tested = table[table["p"].notna()]
    lacking = len(table) - len(tested)
    if lacking:
        said.append(
            f"{counted(lacking, 'plate')} cannot be tested: fewer than {LEAST} wells, or one value or one "
            "time only."
        )
    for place, toward in (("row", "down the rows"), ("column", "along the columns")):
        alike = int((tested[f"order_{place}"].abs() >= ALIKE).sum())
        if alike:
            said.append(
                f"On {counted(alike, 'plate')} wells were taken {place} after {place}: drift cannot be told "
                f"from a gradient {toward}."
            )
    flat = int(tested["drift"].isna().sum())
    if flat:
        said.append(
            f"On {counted(flat, 'plate')} more than half of the wells have one value: no drift in robust SDs."
        )
    said.append(coarse_draws(table, "plate with drift"))
    if len(tested):
        said.append(
            "The tests take the layout for random: clones or treatments that were imaged one after the other "
            "drift like an instrument."
        )
    return [part for part in said if part]
