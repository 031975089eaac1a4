"""Do neighbouring wells resemble each other? Moran's I on the grid of wells."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, BatchSection, Question, StudySection
from hcs.analysis.stated import statistics_table
from hcs.analysis.wells.by_plate import DRAWS, by_plate, called, on_plates, plate_rows, tested, untested
from hcs.analysis.wells.columns import WellColumns
from hcs.analysis.wells.layout import well_positions
from hcs.figures.panels import Panels
from hcs.figures.ranked import autocorrelation_figure
from hcs.statistics.arrays import Codes, Floats
from hcs.statistics.levels import RATE
from hcs.statistics.permutation import permutation_test
from hcs.wording import capital, counted, have, noted, sentence, spaced
from hcs_plates.errors import ArgumentError

ROOK = ((-1, 0), (1, 0), (0, -1), (0, 1))
NEIGHBOURS = {"rook": ROOK, "queen": (*ROOK, (-1, -1), (-1, 1), (1, -1), (1, 1))}
"""Steps in (row, column) to a well's neighbours: those that share a side, or a side or corner."""
TEST = "permutation test of Moran's I"
COLUMNS = [
    "plate", "n", "alone", "moran_i", "expected", "null_low", "null_high", "p", "smallest_p",
    "p_adjusted", "test",
]  # fmt: skip


@dataclass(frozen=True, repr=False)
class Autocorrelation(Shown):
    """Moran's I of each plate.

    Parameters
    ----------
    table
        One row per plate: plate, n (wells), alone (wells without a neighbour that has a value), moran_i,
        expected (−1 / (n − 1)), null_low and null_high (95 % of the permutations lie between), p (two-sided),
        smallest_p, p_adjusted (Benjamini–Hochberg over plates), test.
    value
        What was measured.
    neighbours
        ``rook`` or ``queen``.
    caveats
        What the numbers cannot say.
    """

    table: pd.DataFrame
    value: str
    neighbours: str
    caveats: tuple[str, ...]

    @property
    def statistics(self) -> pd.DataFrame:
        """Moran's I of each plate, its test, and the median over plates."""
        return statistics_table(
            plate_rows(tested(self.table), "neighbouring wells", ("Moran's I", "moran_i"))
        )

    def headline(self) -> str:
        """Count the plates on which neighbours are alike, or unlike."""
        rows, name = tested(self.table), spaced(self.value)
        if rows.empty:
            return f"Whether neighbouring wells resemble each other in {name} cannot be tested."
        stand = called(rows)
        unlike = stand["moran_i"] < stand["expected"]
        size = f"Moran's I {stand['moran_i'][~unlike].median():.2f}"
        less = (
            f"they differ more than by chance {on_plates(int(unlike.sum()), len(rows))}"
            if unlike.any()
            else ""
        )
        if unlike.all():
            more = f"neighbouring wells resemble each other in {name} no more than by chance"
            return f"{capital(more)} {on_plates(0, len(rows))}{f'; {less}' if less else ''}."
        more = (
            f"Neighbouring wells resemble each other in {name} {on_plates(int((~unlike).sum()), len(rows))}"
        )
        return f"{more} ({size}){f'; {less}' if less else ''}."

    def summary(self) -> str:
        """Say on how many plates neighbours are alike, and every caveat."""
        return sentence(self.headline(), *self.caveats)

    def plot(self) -> Panels:
        """Draw Moran's I of every plate beside what permutations give; its axes."""
        if not self.table["p"].notna().any():
            return Panels.none(self.summary(), self.table)
        figure = autocorrelation_figure(self.table, self.value, self.neighbours, rate=RATE)
        return Panels.of(figure, self.table)


def spatial_autocorrelation(  # noqa: PLR0913 – public: columns and options by keyword
    wells: pd.DataFrame,
    value: str,
    *,
    neighbours: str = "queen",
    plate: str = "plate",
    well: str = "well",
    formats: int | Mapping[str, int] | None = None,
    included: str = "included",
    draws: int = DRAWS,
    seed: int = 0,
) -> Autocorrelation:
    """Measure on every plate how alike neighbouring wells are, and test it.

    Moran's I (1950, *Biometrika* 37:17) with weights standardised by row: each well is held against the mean
    of its neighbours that have a value. 0 (−1 / (n − 1)) is no likeness, 1 a smooth gradient, below 0 a
    chequerboard. Values are exchanged over the wells of their plate.

    Parameters
    ----------
    wells
        One row per well.
    value
        Column of numbers.
    neighbours
        ``rook`` (wells that share a side) or ``queen`` (a side or a corner).
    plate, well, formats, included
        See `hcs.analysis.wells.columns.WellColumns`.
    draws, seed
        Of the permutations.

    Raises
    ------
    ArgumentError
        As `well_positions`; other neighbours; no permutations.

    Examples
    --------
    >>> from hcs_plates.wells import FORMATS
    >>> wells = pd.DataFrame({"plate": "P", "well": FORMATS[24].wells(), "cells": range(24)})
    >>> found = spatial_autocorrelation(wells, "cells", neighbours="rook", draws=199)
    >>> found.table[["n", "moran_i", "expected", "p"]].round(3).values.tolist()
    [[24.0, 0.774, -0.043, 0.005]]
    """
    if neighbours not in NEIGHBOURS:
        raise ArgumentError(f"Neighbours cannot be {neighbours!r}; give {' or '.join(NEIGHBOURS)}.")
    columns = WellColumns(plate, well, included=included, formats=formats)
    placed, said = well_positions(wells, value, columns)
    table = by_plate(placed, partial(_plate_rows, neighbours), COLUMNS, draws=draws, seed=seed)
    return Autocorrelation(table, value, neighbours, (*said, *_caveats(table, value, neighbours)))


def neighbour_weights(rows: Codes, columns: Codes, neighbours: str) -> csr_array:
    """Weights of each well's neighbours among the wells given: equal, and 1 together.

    From arrays of shape (n,) to a sparse one of shape (n, n); a well without neighbours has a row of zeros.

    Examples
    --------
    >>> neighbour_weights(np.array([0, 0, 1]), np.array([0, 1, 0]), "rook").toarray().tolist()
    [[0.0, 0.5, 0.5], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    """
    n = len(rows)
    # A margin of one empty well all round, so that no step leaves the grid.
    grid = np.full((rows.max(initial=0) + 3, columns.max(initial=0) + 3), -1)
    grid[rows + 1, columns + 1] = np.arange(n)
    near = np.array([grid[rows + 1 + down, columns + 1 + along] for down, along in NEIGHBOURS[neighbours]])
    place, met = np.nonzero(near.T >= 0)
    weights = 1 / np.bincount(place, minlength=n)[place]
    return csr_array((weights, (place, near.T[place, met])), shape=(n, n))


def morans_i(values: Floats, weights: csr_array) -> Floats:
    """Compute Moran's I of each row of values, none of them constant.

    From arrays of shape (n_rows, n) and (n, n) to one of shape (n_rows,).

    Examples
    --------
    Four wells in a line hold 1 to 4: deviations −1.5, −0.5, 0.5, 1.5 against their neighbours' means
    −0.5, −0.5, 0.5, 0.5 give (4 / 4) × (0.75 + 0.25 + 0.25 + 0.75) / 5 = 0.4; a chequerboard gives −1.

    >>> weights = neighbour_weights(np.zeros(4, dtype=int), np.arange(4), "rook")
    >>> morans_i(np.array([[1.0, 2.0, 3.0, 4.0], [1.0, -1.0, 1.0, -1.0]]), weights).round(3).tolist()
    [0.4, -1.0]
    """
    apart = values - values.mean(axis=1, keepdims=True)
    lagged = (weights @ apart.T).T
    scale = values.shape[1] / weights.sum()
    return np.asarray(scale * (apart * lagged).sum(axis=1) / np.square(apart).sum(axis=1), dtype=float)


def _plate_rows(neighbours: str, own: pd.DataFrame, draws: int, seed: int) -> list[dict[str, object]]:
    values = own["value"].to_numpy(dtype=float)
    weights = neighbour_weights(own["row"].to_numpy(), own["column"].to_numpy(), neighbours)
    n = len(values)
    alone = n - int(np.count_nonzero(weights.sum(axis=1)))
    row: dict[str, object] = {"n": n, "alone": alone, "test": TEST}
    if n < 3 or alone == n or np.ptp(values) == 0:
        return [row]
    expected = -1 / (n - 1)
    test = permutation_test(
        lambda arranged: morans_i(arranged, weights) - expected, values, draws=draws, seed=seed
    )
    low, high = np.quantile(test.null + expected, [0.025, 0.975])
    row |= {"moran_i": test.statistic + expected, "expected": expected, "null_low": low, "null_high": high}
    return [row | {"p": test.p, "smallest_p": test.smallest_p}]


def _caveats(table: pd.DataFrame, value: str, neighbours: str) -> list[str]:
    why = "fewer than 3 wells, one value only, or no two neighbours"
    said = untested(table, value, why, "plate whose neighbours are alike")
    rows = tested(table)
    alone = int(rows["alone"].sum())
    return said + noted(
        (
            alone,
            f"{counted(alone, 'well')} {have(alone)} no neighbour ({neighbours}).",
        ),
        (len(rows), "Replicates or doses side by side are alike too."),
    )


def _ask(asked: Question) -> Autocorrelation:
    sizes = asked.evidence.sizes or None
    return spatial_autocorrelation(asked.scored, "score", formats=sizes, seed=asked.seed)


ANALYSIS = Analysis("neighbours", "Neighbouring wells", StudySection.WELLS, _ask, BatchSection.PLATES)
