"""Which columns of numbers can be measurements, and which are names, counts, places or properties.

A row's number in a table sorted by diagnosis, an image's number or a time of the run, tells the diagnosis of
every well. Names say much, and what a column does says the rest.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.tables.columnnames import no_measurement
from hcs.wording import spaced
from hcs_plates.wells import parse_well

Floats = npt.NDArray[np.float64]
Order = npt.NDArray[np.intp]

LEAST = 10
"""Fewer rows than this rise or fall one by one by chance."""
DENSE = 2
"""Whole numbers that are all different count something where they fill half of their range."""
ROUNDING = 1e-6


@dataclass(frozen=True)
class MeasuredColumns:
    """Columns of numbers: those that may be measurements, in their order, and what the others are instead."""

    used: tuple[str, ...]
    left_out: Mapping[str, str]


def measured_columns(
    table: pd.DataFrame, columns: Iterable[str], *, told: Iterable[str] = (), group: str = ""
) -> MeasuredColumns:
    """Part columns of numbers into measurements and others, by their names and by what they do.

    Parameters
    ----------
    table
        One row per cell, field, tile or well, with plate and well, in the order in which it was saved.
    told
        Columns besides `columns` that say what a row is: label, batch, donor, operator.
    group
        Column of what n counts.

    Examples
    --------
    >>> table = pd.DataFrame({"plate": "P", "well": [f"B{n:02d}" for n in range(1, 13)], "passage": 12})
    >>> table = table.assign(n=range(12), area=[5.2, 4.1, 6, 3, 7.5, 6.2, 4.4, 5, 6.1, 3.3, 4, 5.5])
    >>> found = measured_columns(table, ["passage", "n", "area"])
    >>> found.used, found.left_out["n"]
    (('area',), 'numbers the rows')
    """
    asked = list(dict.fromkeys(columns))
    left_out = {name: why for name in asked if (why := no_measurement(name))}
    behaviour = _Behaviour.of(table, [name for name in asked if name not in left_out], told, group)
    for name in asked:
        if name not in left_out and (why := behaviour.reason(name)):
            left_out[name] = why
    return MeasuredColumns(
        tuple(name for name in asked if name not in left_out),
        {name: left_out[name] for name in asked if name in left_out},
    )


@dataclass(frozen=True)
class _Behaviour:
    """A table as its columns are held against it.

    Orders in which a count may run have a name, their rows, and the part (plate) that each row belongs to.
    Fixed is, by the column's name, what has one value of it for each of its own.
    """

    numbers: dict[str, Floats]
    orders: list[tuple[str, Order, Order]]
    fixed: dict[str, str]

    @classmethod
    def of(cls, table: pd.DataFrame, columns: list[str], told: Iterable[str], group: str) -> "_Behaviour":
        numbers = {name: _numbers(table[name]) for name in columns}
        plates, places = _codes(table["plate"]), _places(table["well"])
        whole, rows = np.zeros(len(table), dtype=np.intp), np.arange(len(table))
        orders = [("rises with the rows of the table", rows, whole)]
        if plates.max(initial=0) > 0:
            orders.append(("rises with the rows of each plate", rows, plates))
        orders += [("rises with the wells of each plate", order, plates) for order in _ways(places)]
        place = _codes(pd.Series(list(zip(*places.T, strict=True))))
        keys = {"plate": plates, "row of the plate": places[:, 0], "column of the plate": places[:, 1]}
        keys |= {"place on the plate": place, "well": _pairs(plates, place)}
        keys |= {spaced(name): _codes(table[name]) for name in (group, *told) if name in table}
        fixed: dict[str, str] = {}
        values = np.stack(list(numbers.values()), axis=1) if numbers else np.empty((len(table), 0))
        for key, codes in keys.items():
            held = _fixed(values, codes)
            # A key that fixes most columns fixes whatever is measured, as a well does its means.
            if 2 * int(held.sum()) <= len(held):
                fixed |= {name: key for name in np.array(columns, dtype=object)[held] if name not in fixed}
        return cls(numbers, orders, fixed)

    def reason(self, name: str) -> str:
        """Why a column is no measurement, nothing where it may be one."""
        values = self.numbers[name]
        known = values[np.isfinite(values)]
        if not len(known):
            return "has no number"
        if np.ptp(known) == 0:
            return "is the same in all rows"
        if counts := _count(known):
            return counts
        rising = (said for said, order, parts in self.orders if _rises(values[order], parts[order]))
        fixed = f"has one value for each {self.fixed[name]}" if name in self.fixed else ""
        return next(rising, fixed)


def _numbers(column: pd.Series) -> Floats:
    made = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(made), made, np.nan)


def _codes(column: pd.Series) -> Order:
    return np.asarray(
        pd.factorize(column.astype(object).where(column.notna(), None).map(str, na_action="ignore"))[0]
    )


def _pairs(one: Order, other: Order) -> Order:
    made = one * (other.max(initial=0) + 1) + other
    return np.where((one < 0) | (other < 0), -1, made)


def _places(wells: pd.Series) -> Order:
    """Row and column of every well, from 0; array of shape (n_rows, 2)."""
    at = {name: parse_well(str(name)) for name in wells.dropna().unique()}
    made = np.full((len(wells), 2), -1, dtype=np.intp)
    known = wells.notna().to_numpy()
    made[known] = [(at[name].row, at[name].column) for name in wells[known]]
    return made


def _ways(places: Order) -> list[Order]:
    """Orders in which an instrument goes through a plate: by rows, by columns, to and fro."""
    row, column = places[:, 0], places[:, 1]
    across = np.where(row % 2, -column, column)
    down = np.where(column % 2, -row, row)
    keys = ((column, row), (row, column), (across, row), (down, column))
    return [np.lexsort(pair) for pair in keys]


def _fixed(values: Floats, codes: Order) -> npt.NDArray[np.bool_]:
    """Tell which columns have one value for each value of a key (−1 where not known), and several in all.

    Takes arrays of shape (n_rows, n_columns) and (n_rows,), gives one of shape (n_columns,).
    """
    order = np.argsort(codes, kind="stable")
    order = order[codes[order] >= 0]
    held, of = values[order], codes[order]
    starts = np.flatnonzero(np.r_[True, of[1:] != of[:-1]]) if len(of) else of
    if len(starts) < 2 or len(of) < 2 * len(starts):
        # A key that every row has for its own, or that is the same everywhere, says nothing.
        return np.zeros(values.shape[1], dtype=bool)
    ends = [np.fmax.reduceat(held, starts), np.fmin.reduceat(held, starts)]
    sizes = np.add.reduceat(np.isfinite(held).astype(int), starts)
    spread = np.fmax.reduce(held) - np.fmin.reduce(held)
    several = sizes > 1
    same = (ends[0] - ends[1] <= ROUNDING * spread) | ~several
    # A value of the key that one row alone has says nothing of whether the key fixes the column.
    enough = 2 * np.where(several, sizes, 0).sum(axis=0) > sizes.sum(axis=0)
    return np.asarray((spread > 0) & enough & same.all(axis=0))


def _count(values: Floats) -> str:
    """Whether numbers are all different and lie evenly, or are whole and dense: they count."""
    n = len(values)
    ordered = np.sort(values)
    steps = np.diff(ordered)
    if n < LEAST or not (steps > 0).all():
        return ""
    if np.ptp(steps) <= ROUNDING * steps.mean():
        return "numbers the rows"
    whole = bool((values == np.round(values)).all())
    return "numbers the rows" if whole and ordered[-1] - ordered[0] < DENSE * n else ""


def _rises(values: Floats, parts: Order) -> bool:
    """Whether numbers rise, or fall, from row to row within all parts of ten rows or more."""
    ways = set()
    for part in np.unique(parts[parts >= 0]):
        held = values[parts == part]
        held = held[np.isfinite(held)]
        if len(np.unique(held)) < LEAST:
            if len(held) >= LEAST:
                return False
            continue
        steps = np.diff(held)
        if not ((steps >= 0).all() or (steps <= 0).all()):
            return False
        ways.add(bool((steps >= 0).all()))
    return len(ways) == 1
