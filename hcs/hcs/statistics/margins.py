"""The table of counts nearest to independence that given margins allow, exactly.

Counts are whole, so rows and columns can seldom be independent to the last well: 15 wells do not part evenly
over 4 rows. What is left is the least that the counts allow, and a layout cannot be asked for less.
"""

import numpy as np

from hcs.statistics.arrays import Floats, Places
from hcs.statistics.contingency import cramers_v

TIE = 1e-9
"""Gains below it, relative to the dearest cell, are rounding."""
CELLS = 4_000_000
"""Of the moves that are looked at in one step."""


def chi_square(table: Floats) -> float:
    """Pearson's chi-square of a table whose margins are all above 0."""
    expected = _expected(table)
    return float((np.square(table - expected) / expected).sum())


def margins_v(table: Floats) -> float:
    """Cramér's V of a table of counts; 0 with fewer than two rows or columns that hold anything.

    Examples
    --------
    >>> margins_v(np.array([[4, 0], [0, 4]])), margins_v(np.array([[3, 3], [0, 0]]))
    (1.0, 0.0)
    """
    held = _held(table)
    return float(cramers_v(held[None])[0]) if min(held.shape) > 1 else 0.0


def least_v(table: Floats) -> float:
    """Give the smallest Cramér's V that a table of whole counts with these margins can have.

    Examples
    --------
    >>> least_v(np.array([[4, 0], [0, 4]]))
    0.0
    >>> round(least_v(np.array([[3, 0], [0, 3]])), 3)
    0.333
    """
    return margins_v(least_table(table))


def least_table(table: Floats) -> Floats:
    """Find a table of whole counts with the margins of a given one and the smallest chi-square there is.

    Pearson's chi-square with fixed margins is a sum of convex functions of the cells, so the table is the
    least one exactly when no exchange of single counts around a cycle of rows makes it smaller (Ahuja,
    Magnanti & Orlin 1993, *Network Flows*, 14.4: minimum convex cost flow, cancelling cycles).

    Parameters
    ----------
    table
        Whole counts, array of shape (n_rows, n_columns).

    Returns
    -------
    numpy.ndarray
        Of the same shape without the rows and columns that hold nothing.

    Examples
    --------
    >>> least_table(np.array([[6, 0, 0], [0, 4, 2]])).tolist()
    [[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]]
    """
    held = _held(table)
    if min(held.shape, default=0) < 2:
        return held
    turned = held.shape[0] > held.shape[1]
    counts = (held.T if turned else held).copy()
    dealt = _dealt(counts)
    counts = dealt if chi_square(dealt) < chi_square(counts) - TIE else counts
    expected = _expected(counts)
    while (cycle := _cheaper(counts, expected)) is not None:
        giving, taking, at = cycle
        counts[giving, at] -= 1
        counts[taking, at] += 1
    return counts.T if turned else counts


def _held(table: Floats) -> Floats:
    """Drop rows and columns without counts."""
    counts = np.asarray(table, dtype=float)
    return np.asarray(counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0])


def _expected(table: Floats) -> Floats:
    """Give the counts at independence."""
    return np.asarray(np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum())


def _dealt(counts: Floats) -> Floats:
    """Deal the counts of one column after the other to the rows by the largest remainder: a near start."""
    left, made = counts.sum(axis=1), np.zeros_like(counts)
    for column, total in enumerate(counts.sum(axis=0)):
        ideal = left * total / left.sum()
        made[:, column] = np.floor(ideal + TIE)
        short = int(total - made[:, column].sum())
        made[np.argsort(made[:, column] - ideal, kind="stable")[:short], column] += 1
        left = left - made[:, column]
    return made


def _cheaper(counts: Floats, expected: Floats) -> tuple[Places, Places, Places] | None:
    """Find exchanges around a cycle of rows that lower chi-square: from rows, to rows, in columns."""
    away = counts - expected
    less = np.where(counts > 0, (1 - 2 * away) / expected, np.inf)
    more = (1 + 2 * away) / expected
    step = max(1, CELLS // more.size)
    found = [(less[at : at + step, None] + more[None]) for at in range(0, len(counts), step)]
    columns = np.concatenate([moves.argmin(axis=2) for moves in found])
    price = np.concatenate([moves.min(axis=2) for moves in found])
    np.fill_diagonal(price, np.inf)
    slack = TIE * float(1 / expected.min())
    distance, before = np.zeros(len(counts)), np.zeros(len(counts), dtype=np.intp)
    for _ in range(len(counts)):
        through = distance[:, None] + price
        nearer = through.min(axis=0) < distance - slack
        if not nearer.any():
            return None
        before[nearer] = through.argmin(axis=0)[nearer]
        distance = np.where(nearer, through.min(axis=0), distance)
    return _cycle(int(np.argmax(nearer)), before, columns)


def _cycle(row: int, before: Places, columns: Places) -> tuple[Places, Places, Places]:
    """Walk back from a row until a cycle closes."""
    for _ in range(len(before)):
        row = int(before[row])
    rows = [row]
    while (row := int(before[row])) != rows[0]:
        rows.append(row)
    taking = np.array(rows, dtype=np.intp)
    giving = before[taking]
    return giving, taking, columns[giving, taking]
