"""The least table is held against every table there is, and against closed forms."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from hcs.statistics.margins import chi_square, least_table, least_v, margins_v


def _tables(rows: Sequence[int], columns: Sequence[int]) -> Iterator[list[list[int]]]:
    """Every table of whole counts with these sums."""
    if len(rows) == 1:
        yield [list(columns)]
        return
    for first in _rows(rows[0], columns):
        for rest in _tables(rows[1:], [have - took for have, took in zip(columns, first, strict=True)]):
            yield [first, *rest]


def _rows(total: int, columns: Sequence[int]) -> Iterator[list[int]]:
    """Every row of whole counts with this sum, none above its column's."""
    if len(columns) == 1:
        if total <= columns[0]:
            yield [total]
        return
    for first in range(min(total, columns[0]) + 1):
        for rest in _rows(total - first, columns[1:]):
            yield [first, *rest]


def test_no_table_with_the_same_sums_is_nearer_to_independence() -> None:
    """Of 15 random tables of 2 or 3 rows and 2 to 4 columns, every other one with their sums is looked at."""
    rng = np.random.default_rng(0)
    for _ in range(15):
        table = rng.integers(0, 4, (rng.integers(2, 4), rng.integers(2, 5))).astype(float)
        table[:, 0] += 1
        table[0] += 1
        found = least_table(table)
        assert (found.sum(axis=0) == table.sum(axis=0)).all()
        assert (found.sum(axis=1) == table.sum(axis=1)).all()
        assert (found >= 0).all()
        sums = table.sum(axis=1).astype(int).tolist(), table.sum(axis=0).astype(int).tolist()
        best = min(chi_square(np.array(one, dtype=float)) for one in _tables(*sums))
        assert chi_square(found) == pytest.approx(best, abs=1e-9)


def test_where_counts_divide_the_least_is_independence() -> None:
    """12 lines of 8 wells, each in one column of 16: least V is 0."""
    table = np.kron(np.eye(4), np.full((3, 1), 8.0))
    assert margins_v(table) == pytest.approx(1)
    assert least_v(table) == 0


def test_where_counts_do_not_divide_the_least_has_a_closed_form() -> None:
    """Two groups of n wells over k columns of 3 each: 1 or 2 a column, V = 1/3."""
    for columns in (2, 4, 6):
        table = np.zeros((2, columns))
        table[0, : columns // 2], table[1, columns // 2 :] = 3, 3
        assert least_v(table) == pytest.approx(1 / 3)


def test_rows_and_columns_without_counts_do_not_count() -> None:
    """An empty level is no level; one row or column alone has V = 0."""
    assert least_v(np.array([[3.0, 0, 0], [0, 0, 3.0], [0, 0, 0]])) == pytest.approx(1 / 3)
    assert margins_v(np.array([[3.0, 2.0]])) == least_v(np.array([[3.0], [2.0]])) == 0


def test_a_table_that_is_least_stays_as_it_is() -> None:
    """Nothing is exchanged where nothing can be gained."""
    table = np.array([[2.0, 1, 1, 2], [1, 2, 2, 1]])
    assert least_table(table).tolist() == table.tolist()
