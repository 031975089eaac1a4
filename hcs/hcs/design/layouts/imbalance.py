"""How far a layout is from balanced, and how near the counts allow it to come."""

from collections.abc import Mapping

import pandas as pd

from hcs.analysis.stated import Stated, statistics_table
from hcs.design.layouts.factors import OVERALL, Factors, counts
from hcs.statistics.arrays import Codes
from hcs.statistics.margins import least_v, margins_v
from hcs.statistics.pvalues import PValue
from hcs.wording import are, counted, listed

MEASURE = "Cramér's V"
COLUMNS = ("of", "factor", "levels", "measure", "value", "least", "reached", "note")
"""Of the table of imbalances.

of (``diagnosis``, ``clone``, ``donor``, ``pair``), factor (``plate``, ``batch``, ``edge``, ``row``,
``column``, ``edge of each plate`` …), levels (how many), measure (Cramér's V: 0 where every level has its
share, 1 where levels tell which), value, least (the smallest V of whole wells with the same sums), reached,
note.
"""
NEAR = 1e-6
"""Closer than this, V is the least one."""
CONFOUNDED = "confounded"
"""Note on a factor whose levels tell the diagnosis without fail, and need not."""
TIED = 0.999
"""From this V on, levels tell the diagnosis."""


def imbalances(labels: Mapping[str, Codes], factors: Factors) -> pd.DataFrame:
    """Measure how labels go with every factor of position.

    Parameters
    ----------
    labels
        Codes of diagnosis, clone and what else, by name; each array of shape (n_wells,).
    factors
        Of the same wells.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`; no rows of labels with one value.
    """
    rows = []
    for of, codes in labels.items():
        for name in factors.names if codes.max() > 0 else ():
            table = counts(codes, factors.of(name))
            value, least = margins_v(table), least_v(table)
            reached = value <= least + NEAR
            value = least if reached else value
            note = _note(of, name, value, least)
            rows.append((of, name, table.shape[1], MEASURE, value, least, reached, note))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"reached": bool})


def _note(of: str, factor: str, value: float, least: float) -> str:
    """Say what a value means."""
    reached = value <= least + NEAR
    if of == "diagnosis" and value >= TIED and (not reached or factor in ("plate", "batch")):
        return CONFOUNDED
    if reached:
        return "balanced" if value < NEAR else "as balanced as whole wells allow"
    return "above the least"


def balance_sentence(table: pd.DataFrame, of: str) -> str:
    """Say over which factors of all plates a label is balanced, and over which not; empty without any."""
    own = table[(table["of"] == of) & table["factor"].isin(OVERALL)]
    if own.empty:
        return ""
    tied = own["note"] == CONFOUNDED
    even, odd = own[own["reached"] & ~tied], own[~own["reached"] & ~tied]
    parts = [f"confounded with {listed(own['factor'][tied])}"] if tied.any() else []
    if len(even):
        exact = bool((even["value"] < NEAR).all())
        parts.append(
            f"balanced over {listed(even['factor'])}{'' if exact else ' as far as whole wells allow'}"
        )
    if len(odd):
        values = (f"{row.factor} (V {row.value:.2f}, least {row.least:.2f})" for row in odd.itertuples())
        parts.append(f"{'not' if len(even) else 'not balanced'} over {listed(values)}")
    return f"{of} is {', '.join(parts)}"


def confounded_sentence(labels: pd.Series, levels: pd.Series, *, named: bool = True) -> str:
    """Say which diagnosis stands at which levels of a factor that tells them apart.

    Examples
    --------
    >>> confounded_sentence(pd.Series(["ALS", "control"]), pd.Series(["P1", "P2"], name="plate"))
    'Diagnosis is confounded with plate: ALS only in P1, control only in P2; no analysis can separate them.'
    """
    where = levels.groupby(labels).unique()
    which = (
        f": {', '.join(f'{one} only in {listed(held, 3)}' for one, held in where.items())}" if named else ""
    )
    return f"Diagnosis is confounded with {levels.name}{which}; no analysis can separate them."


def lacking_sentence(labels: pd.Series, levels: pd.Series, *, named: bool = True) -> str:
    """Say which levels (plates, batches) have no well of a diagnosis; empty where all have.

    Examples
    --------
    >>> wells = pd.DataFrame({"diagnosis": ["ALS", "control", "control"], "plate": ["P1", "P1", "P2"]})
    >>> lacking_sentence(wells["diagnosis"], wells["plate"])
    '1 plate of 2 is without a diagnosis: P2 without ALS.'
    """
    table = pd.crosstab(labels, levels)
    lacking = table.columns[(table == 0).any(axis=0)]
    if not len(lacking):
        return ""
    of_each = (f"{level} without {listed(table.index[table[level] == 0], 3)}" for level in lacking)
    which = f": {listed(of_each, 4)}" if named else ""
    n = len(lacking)
    return f"{counted(n, str(levels.name))} of {table.shape[1]} {are(n)} without a diagnosis{which}."


def imbalance_statistics(
    table: pd.DataFrame, pvalues: Mapping[tuple[str, str], PValue] | None = None
) -> pd.DataFrame:
    """Give each Cramér's V as a statement, with its test where there is one."""
    tests = pvalues or {}
    return statistics_table(
        Stated(
            f"{row.of} and {row.factor} (least {row.least:.2f})",
            MEASURE,
            row.value,
            pvalue=tests.get((row.of, row.factor)),
        )
        for row in table.itertuples()
    )
