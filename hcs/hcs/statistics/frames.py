"""Tables as analyses take them: required columns, usable numbers, and one row per unit of evidence."""

import re
from collections.abc import Sequence
from decimal import Decimal
from numbers import Real

import numpy as np
import pandas as pd

from hcs.wording import counted, listed, spaced
from hcs_plates.columns import KNOWN, NUMBER, is_missing, known_values, wrong_cells
from hcs_plates.eligibility import ineligible
from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.names import as_names
from hcs_plates.numbers import plain_minus
from hcs_plates.wells import parse_well

_ENDLESS = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)


def require_columns(table: pd.DataFrame, columns: Sequence[str], what: str) -> None:
    """Refuse a table (called `what` in the sentence) without these columns."""
    for column in columns:
        if column not in table.columns:
            have = [str(name) for name in table.columns]
            raise ArgumentError(f"{what} has no column {column!r}; {nearest(str(column), have)}")


def as_numbers(table: pd.DataFrame, column: str, what: str = "The table") -> pd.Series:
    """Take a column as floating-point numbers, whatever type it came with; infinite ones become NaN.

    Text that is a number is one (with a minus of any kind), Decimals and Arrow's numbers are; blank text and
    NA are missing. Cells that are no number are refused by their row, counted from 0.
    """
    require_columns(table, [column], what)
    values = table[column]
    if pd.api.types.is_numeric_dtype(values.dtype):
        made = pd.Series(values.to_numpy(dtype=float, na_value=np.nan), index=values.index, name=column)
        return made.where(np.isfinite(made))
    cells = list(values.astype(object))
    numbers = [_number(cell) for cell in cells]
    strange = [(cells[place], place) for place, number in enumerate(numbers) if number is None]
    if strange:
        (first, row), others = strange[0], len(strange) - 1
        more = f" (so in {counted(others, 'other row')})" if others else ""
        raise ArgumentError(
            f"{what} has {first!r} as {column} (row {row}); give numbers, or leave it empty{more}."
        )
    made = pd.Series(numbers, index=values.index, name=column, dtype=float)
    return made.where(np.isfinite(made))


def _number(cell: object) -> float | None:
    """Read one cell: NaN where it is blank, None where it is no number."""
    if isinstance(cell, str):
        spelt = plain_minus(cell.strip())
        if is_missing(spelt) or _ENDLESS.fullmatch(spelt):
            return np.nan
        return float(spelt) if re.fullmatch(NUMBER, spelt) else None
    if isinstance(cell, Real | Decimal):
        return float(cell)
    return np.nan if pd.api.types.is_scalar(cell) and pd.isna(cell) else None


def well_names(values: pd.Series) -> pd.Series:
    """Spell wells as hcs does, ``A1``, ``a01`` and ``A-001`` as ``A01``; what is no well stays as it is.

    Examples
    --------
    >>> well_names(pd.Series(["A1", "a01", "H - 12", "Ad7", None, "pool"])).tolist()
    ['A01', 'A01', 'H12', 'D07', nan, 'pool']
    """
    named = as_names(values)
    return named.map({name: _well(name) for name in named.dropna().unique()})


def named_rows(table: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Take columns of names as text, wells in one spelling; no level of the index is called as a column."""
    levels = [None if level in table.columns else level for level in table.index.names]
    return table.rename_axis(index=levels).assign(**{name: key_names(table, name) for name in names})


def key_names(table: pd.DataFrame, column: str) -> pd.Series:
    """Names of a column by which rows are held together: wells in one spelling, others as text."""
    return well_names(table[column]) if column == "well" else as_names(table[column])


def _well(name: str) -> str:
    try:
        return parse_well(name).name
    except ArgumentError:
        return name


def takes_part(table: pd.DataFrame, column: str = "included") -> pd.Series:
    """Tell which rows take part: those not left out by a word for false (blank, or no column, does not).

    Nor do rows of clones that are not eligible, where the table says so (`hcs_plates.eligibility`).

    Raises
    ------
    ArgumentError
        Something that is neither true nor false, as a platemap may spell it.

    Examples
    --------
    >>> takes_part(pd.DataFrame({"included": ["yes", "No", None, 0]})).tolist()
    [True, False, True, False]
    >>> takes_part(pd.DataFrame({"included": ["maybe"]}))
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: The column 'included' holds 'maybe'; give true or false, or a blank.
    """
    barred = ineligible(table)
    if column not in table:
        return ~barred
    values = table[column].astype(object)
    values = values.where(values.notna(), "")
    known = list(dict.fromkeys(values))
    # As a platemap's cells are read.
    cells = [None if is_missing(str(value)) else str(value).strip() for value in known]
    for line, *_ in wrong_cells(pd.DataFrame({"included": cells}, dtype=object)):
        raise ArgumentError(f"The column {column!r} holds {known[line]!r}; give true or false, or a blank.")
    kept = values.map(dict(zip(known, known_values(KNOWN["included"], cells), strict=True))).astype(bool)
    return kept & ~barred


def per_unit(
    table: pd.DataFrame, unit: str, columns: Sequence[str], *, rows: str = "wells", noun: str = ""
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Take one value per unit of columns that belong to a unit, such as a clone's passage.

    Rows that name no unit are left out. Numbers that differ within a unit are averaged, other values that
    differ become missing; a sentence says so of either kind. The table's index is the unit.
    """
    require_columns(table, [unit, *columns], "The table")
    table = named_rows(table, unit)
    named = table[table[unit].notna()]
    grouped = named.groupby(unit, sort=True, observed=True)
    made: dict[str, pd.Series] = {}
    differ: dict[str, dict[str, pd.Index]] = {}
    for column in columns:
        several = grouped[column].nunique() > 1
        if pd.api.types.is_numeric_dtype(named[column]) and not pd.api.types.is_bool_dtype(named[column]):
            made[column] = grouped[column].mean().astype(float)
            done = "the mean of each is taken"
        else:
            made[column] = grouped[column].first().where(~several)
            done = "they count as not known"
        if several.any():
            differ.setdefault(done, {})[column] = several.index[several]
    said = []
    for done, held in differ.items():
        verb, most = ("differs", "") if len(held) == 1 else ("differ", "up to ")
        n, first = max(map(len, held.values())), next(iter(held.values()))[0]
        of = f"{most}{counted(n, noun or unit)} (first {first})"
        said.append(f"{listed(map(spaced, held))} {verb} between the {rows} of {of}: {done}.")
    return pd.DataFrame(made, index=grouped.size().index), tuple(said)


def one_row_per_clone(
    groups: pd.DataFrame, *, group: str = "group", label: str = "label", noun: str = "clone"
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Take a study's table of clones as model, group, label, correct, probability, n_tiles.

    Clones without a share of right calls (of no class, or never tested) are left out, and a sentence says so.
    Without n_tiles all clones count alike (1); without model it is empty text.

    Raises
    ------
    ArgumentError
        A column is missing or holds no numbers, or a clone stands there twice for a model.
    """
    what = "The table of clones"
    require_columns(groups, [group, label, "correct", "probability"], what)
    held = pd.DataFrame(
        {
            "model": groups["model"].astype(str) if "model" in groups else "",
            "group": as_names(groups[group]),
            "label": as_names(groups[label]),
            "correct": as_numbers(groups, "correct", what),
            "probability": as_numbers(groups, "probability", what),
            "n_tiles": as_numbers(groups, "n_tiles", what) if "n_tiles" in groups else 1.0,
        }
    )
    known = held[held["correct"].notna()]
    twice = known[known.duplicated(["model", "group"])]
    if len(twice):
        raise ArgumentError(
            f"{what} has {twice['group'].iloc[0]!r} twice; give one row per {noun} (and model)."
        )
    left = held.loc[~held["group"].isin(known["group"]), "group"].nunique()
    said = (f"{counted(left, noun)} without calls {'is' if left == 1 else 'are'} left out.",) if left else ()
    return known.reset_index(drop=True), said
