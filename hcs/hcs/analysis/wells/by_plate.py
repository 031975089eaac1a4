"""One test on every plate: its wells exchanged, its p-value corrected over plates, and how that is said."""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from hcs.statistics.levels import RATE, checked_draws, coarse_draws
from hcs.statistics.pvalues import adjust_pvalues
from hcs.wording import counted, noted, spaced
from hcs_plates.units import digest

DRAWS = 1_999
QUARTILES = (0.25, 0.5, 0.75)
RANDOM = "The tests take the layout for random"
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


def how_tested(rows: pd.DataFrame, sided: str = "two-sided") -> str:
    """Name the tests of one plate or of many.

    Examples
    --------
    >>> how_tested(pd.DataFrame({"n": [94], "smallest_p": 0.0005, "plate": "P"}))
    'two-sided permutation test over 94 wells, smallest possible p 0.0005'
    """
    smallest = f"smallest possible p {rows['smallest_p'].max():.2g}"
    if rows["plate"].nunique() == 1:
        return f"{sided} permutation test over {int(rows['n'].max()):,} wells, {smallest}"
    return f"{sided} permutation tests by plate, {smallest}, false-discovery rate {RATE * 100:.0f} %"


def middle_of(values: pd.Series, sign: str = "", unit: str = "") -> str:
    """Give the median over plates with the quartiles, and a single plate's value as it is.

    Examples
    --------
    >>> middle_of(pd.Series([1.0, 2.0, 3.0]), "+", " SDs"), middle_of(pd.Series([2.0]))
    ('+2.00 SDs in the median (quartiles +1.50 to +2.50)', '2.00')
    """
    low, middle, high = (f"{value:{sign}.2f}" for value in np.quantile(values.dropna(), QUARTILES))
    several = f" in the median (quartiles {low} to {high})" if len(values) > 1 else ""
    return f"{middle}{unit}{several}"


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
