"""One test on every plate: its wells exchanged, its p-value corrected over plates, and how that is said."""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from hcs.statistics.levels import RATE, checked_draws, coarse_draws
from hcs.statistics.pvalues import PValue, adjust_pvalues
from hcs.wording import counted, noted, spaced
from hcs_plates.units import digest

DRAWS = 1_999
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


def one_test(row: pd.Series, sided: str = "two-sided") -> str:
    """Say the p-value of a single plate."""
    p = PValue(row["p"], "permutation test", int(row["n"]), row["smallest_p"], "wells", sided)
    return p.sentence()


def many_tests(rows: pd.DataFrame, sided: str = "two-sided") -> str:
    """Say how several plates were tested."""
    return (
        f"{sided} permutation tests of each plate's wells, smallest possible p "
        f"{rows['smallest_p'].max():.2g}, false-discovery rate {RATE:.0%}"
    ).replace("%", " %")


def middle_of(values: pd.Series, sign: str = "") -> str:
    """Give the median plate's value with the quartiles.

    Examples
    --------
    >>> middle_of(pd.Series([1.0, 2.0, 3.0]), "+")
    '+2.00 on the median plate (quartiles +1.50 to +2.50)'
    """
    low, middle, high = np.quantile(values.dropna(), [0.25, 0.5, 0.75])
    return f"{middle:{sign}.2f} on the median plate (quartiles {low:{sign}.2f} to {high:{sign}.2f})"


def untested(table: pd.DataFrame, value: str, why: str, what: str) -> list[str]:
    """Say that there was nothing to test, which plates could not be, and where permutations were too few.

    Parameters
    ----------
    table
        As `by_plate` gives it, one row a plate.
    value
        What was measured.
    why
        What a plate has that cannot be tested.
    what
        A plate with an effect, as in `hcs.statistics.levels.coarse_draws`.
    """
    lacking = int(table["p"].isna().sum())
    coarse = coarse_draws(table, what)
    left = noted((lacking, f"{counted(lacking, 'plate')} cannot be tested: {why}."), (coarse, coarse))
    return [*no_wells(table, value), *left]


def no_wells(table: pd.DataFrame, value: str) -> list[str]:
    """Say that no plate is left."""
    return noted((table.empty, f"No well is left with a {spaced(value)} to test."))
