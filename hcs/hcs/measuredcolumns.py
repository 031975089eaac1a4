"""Which columns of numbers can be measurements, and which are names, counts, places or properties.

A row's number in a table sorted by diagnosis, an image's number or a time of the run, tells the diagnosis of
every well. Names say much, and what a column does says the rest.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.columnnames import no_measurement
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
    """Columns of numbers, parted.

    Parameters
    ----------
    used
        Those that may be measurements, in the table's order.
    left_out
        Of all others, what they are instead.
    """

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
    columns
        Columns of numbers that are asked for.
    told
        Other columns that say what a row is: label, batch, donor, operator.
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

    Parameters
    ----------
    numbers
        The columns in question.
    orders
        Name and rows of each order in which a count may run, and the part (plate) that a row belongs to.
    keys
        What may fix a column's value, as codes of rows (−1 where it is not known), by name.
    """

    numbers: dict[str, Floats]
    orders: list[tuple[str, Order, Order]]
    keys: dict[str, Order]

    @classmethod
    def of(cls, table: pd.DataFrame, columns: list[str], told: Iterable[str], group: str) -> "_Behaviour":
        numbers = {name: _numbers(table[name]) for name in columns}
        plates = _codes(table["plate"])
        whole = np.zeros(len(table), dtype=np.intp)
        rows = np.arange(len(table))
        places = _places(table["well"])
        orders = [("rises with the rows of the table", rows, whole)]
        if plates.max(initial=0) > 0:
            orders.append(("rises with the rows of each plate", rows, plates))
        orders += [("rises with the wells of each plate", order, plates) for order in _ways(places)]
        place = _codes(pd.Series(list(zip(*places.T, strict=True))))
        fixed = {"plate": plates, "row of the plate": places[:, 0], "column of the plate": places[:, 1]}
        fixed |= {"place on the plate": place, "well": _pairs(plates, place)}
        fixed |= {spaced(name): _codes(table[name]) for name in (group, *told) if name in table}
        # A key must hold several rows for each value; one that every row has for its own fixes all.
        keys = {
            name: codes for name, codes in fixed.items() if _informative(codes) and _varied(numbers, codes)
        }
        return cls(numbers, orders, keys)

    def reason(self, name: str) -> str:
        """Why a column is no measurement, nothing where it may be one."""
        values = self.numbers[name]
        known = np.isfinite(values)
        if not known.any():
            return "has no number"
        if np.ptp(values[known]) == 0:
            return "is the same in all rows"
        counts = _count(values[known])
        if counts:
            return counts
        for said, order, parts in self.orders:
            if _rises(values[order], parts[order]):
                return said
        for key, codes in self.keys.items():
            if _fixed(values, codes):
                return f"has one value for each {key}"
        return ""


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


def _informative(codes: Order) -> bool:
    """Whether values of a key hold several rows each, and there are several."""
    known = codes[codes >= 0]
    n_values = len(np.unique(known))
    return n_values > 1 and len(known) >= 2 * n_values


def _varied(numbers: Mapping[str, Floats], codes: Order) -> bool:
    """Whether half of the columns vary within the values of a key: else it fixes whatever is measured."""
    free = [not _fixed(values, codes) for values in numbers.values()]
    return bool(free) and 2 * sum(free) >= len(free)


def _fixed(values: Floats, codes: Order) -> bool:
    """Whether a column has one value for each value of a key, and several in all."""
    known = np.isfinite(values) & (codes >= 0)
    if len(np.unique(values[known])) < 2:
        return False
    held = pd.Series(values[known]).groupby(codes[known])
    sizes = held.size()
    several = sizes > 1
    # A value that one row alone has says nothing of whether the key fixes it.
    return (
        bool(several.any())
        and 2 * int(sizes[several].sum()) > int(sizes.sum())
        and bool(((held.max() - held.min())[several] <= ROUNDING * np.ptp(values[known])).all())
    )


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
