"""One test on every plate: its wells exchanged, its p-value corrected over plates, and how that is said."""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from hcs.analysis.stated import Stated
from hcs.statistics.arrays import Floats
from hcs.statistics.bootstrap import NO_INTERVAL, Interval
from hcs.statistics.levels import RATE, checked_draws, coarse_draws
from hcs.statistics.means import median_interval
from hcs.statistics.pvalues import PValue, adjust_pvalues
from hcs.wording import counted, noted, spaced
from hcs_plates.units import digest

DRAWS = 1_999
BY_RANKS = "permutation test of ranks"
SIDED = {BY_RANKS: "one-sided"}
"""Of the tests that are not two-sided."""
PlateTest = Callable[[pd.DataFrame, int, int], Iterable[dict[str, object]]]
"""From one plate's wells, a number of permutations and a seed to rows of its table."""


def by_plate(
    placed: pd.DataFrame, test: PlateTest, columns: list[str], *, draws: int, seed: int
) -> pd.DataFrame:
    """Test plate after plate; each plate's permutations are its own, whatever other plates there are.

    Parameters
    ----------
    placed
        Wells, as `hcs.analysis.wells.layout.well_positions` gives them.
    test
        Its rows have ``p`` (NaN, or none, where the plate cannot be tested) and ``smallest_p``, and
        ``effect`` where one plate has several.
    columns
        Of the table, ``plate`` and ``p_adjusted`` among them.
    draws, seed
        Of the permutations.

    Returns
    -------
    DataFrame
        ``p_adjusted`` is corrected over plates (Benjamini–Hochberg), each effect apart.

    Raises
    ------
    ArgumentError
        No permutations.
    """
    checked_draws(draws)
    rows = [
        {"plate": str(name), **row}
        for name, own in placed.groupby("plate", sort=False)
        for row in test(own, draws, int(digest(seed, str(name)), 16))
    ]
    table = pd.DataFrame(rows, columns=columns).astype({"p": float, "p_adjusted": float})
    effects = table["effect"] if "effect" in table else pd.Series("", index=table.index)
    for _, own in table.groupby(effects):
        table.loc[own.index, "p_adjusted"] = adjust_pvalues(own["p"].to_numpy(), "bh")
    return table


def tested(table: pd.DataFrame) -> pd.DataFrame:
    """Rows with a p-value."""
    return table[table["p"].notna()]


def called(table: pd.DataFrame) -> pd.DataFrame:
    """Rows that stand at a false-discovery rate of 5 %."""
    return table[table["p_adjusted"] <= RATE]


def on_plates(number: int, of: int) -> str:
    """Say on how many of the plates that were tested something stands; of none, on how many it might have.

    Examples
    --------
    >>> on_plates(0, 8), on_plates(1, 1), on_plates(2, 8)
    ('on any of 8 plates', 'on the plate', 'on 2 of 8 plates')
    """
    return f"on {number or 'any'} of {counted(of, 'plate')}" if of > 1 else "on the plate"


def in_percent(values: Floats, size: float) -> float:
    """Give a size in percent of the median of values; NaN where some lie below 0, or the median is 0.

    Examples
    --------
    >>> in_percent(np.array([90.0, 100, 130]), -5), in_percent(np.array([-1.0, 2, 3]), 1)
    (-5.0, nan)
    """
    middle = float(np.median(values))
    return 100 * size / middle if middle > 0 and values.min() >= 0 else np.nan


def changed(percent: pd.Series, sds: pd.Series) -> str:
    """Say how much lower or higher, in the median: in percent of the plate's median, or in robust SDs.

    Examples
    --------
    >>> changed(pd.Series([-10.0, -14.0]), pd.Series([1.0])), changed(pd.Series([np.nan]), pd.Series([0.5]))
    ('12 % lower', '0.50 robust SDs higher')
    """
    known = percent if percent.notna().any() else sds
    if not known.notna().any():
        return "by a size that robust SDs cannot give"
    size = float(known.median())
    unit = f"{abs(size):.2g} %" if known is percent else f"{abs(size):.2f} robust SDs"
    return f"{unit} {'lower' if size < 0 else 'higher'}"


def plate_rows(
    rows: pd.DataFrame, question: str, estimate: tuple[str, str], ends: tuple[str, str] | None = None
) -> list[Stated]:
    """Give the tests of one question, plate by plate, and the median of the estimate over plates.

    `estimate` is its name and its column, `ends` the columns of its limits. The median has the exact interval
    of order statistics, from 6 plates on.
    """
    name, column = estimate
    correction = f"Benjamini–Hochberg over {counted(len(rows), 'plate')}" if len(rows) > 1 else ""
    made = [
        Stated(
            f"{question}, plate {row['plate']}",
            name,
            row[column],
            Interval(row[ends[0]], row[ends[1]]) if ends else NO_INTERVAL,
            "as if wells were independent" if ends else "",
            PValue.of(row, "well", SIDED.get(row["test"], "two-sided")),
            row["p_adjusted"] if correction else np.nan,
            correction,
        )
        for _, row in rows.iterrows()
    ]
    if len(rows) > 1 and rows[column].notna().any():
        middle, interval = median_interval(rows[column].dropna().to_numpy(dtype=float))
        made.append(Stated(f"{question}, median over plates", name, middle, interval, "order statistics"))
    return made


def untested(table: pd.DataFrame, value: str, why: str, what: str) -> list[str]:
    """Say that there was nothing to test, which plates could not be, and where permutations were too few.

    `why` a plate cannot be tested, and `what` one with an effect is called.
    """
    lacking = int(table["p"].isna().sum())
    coarse = coarse_draws(table, what)
    left = noted((lacking, f"{counted(lacking, 'plate')} cannot be tested: {why}."), (coarse, coarse))
    return [*no_wells(table, value), *left]


def no_wells(table: pd.DataFrame, value: str) -> list[str]:
    """Say that no plate is left."""
    return noted((table.empty, f"No well is left with a {spaced(value)} to test."))
