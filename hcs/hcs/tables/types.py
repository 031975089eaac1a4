"""What the columns of a table become: names are text, numbers are numbers, wherever the table comes from."""

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from numbers import Real

import numpy as np
import pandas as pd

from hcs.wording import are, counted, have, listed, plural
from hcs_plates.columns import guessed_values
from hcs_plates.errors import ArgumentError
from hcs_plates.names import as_names, names_things
from hcs_plates.numbers import MARKS, CellKind, cell_kind, meant_as_numbers, plain_minus
from hcs_plates.spelling import visible

SHOWN = 6
"""How many columns, or cells of a column, a sentence names."""

NOTHING = frozenset({"", "na", "nan", "n/a", "#n/a"})
"""What programs write in place of a blank. Null is not among them: it is a genotype."""
DATE = r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d.*)?"


@dataclass
class Typed:
    """A table while its columns are typed.

    Parameters
    ----------
    lines, word
        Number of each row in messages (its line in the file), and what that is called: line, or row.
    columns
        Typed so far, by their place.
    faults, notices
        Columns that cannot be read, and sentences on others.
    missing
        Cells of columns of numbers that hold none, by heading: (cell, line).
    """

    lines: Sequence[int]
    word: str
    columns: dict[int, pd.Series] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    missing: dict[str, list[tuple[str, int]]] = field(default_factory=dict)

    def where(self, places: Sequence[int]) -> str:
        """Name rows by their lines: ``lines 3, 4``."""
        return (
            f"{plural(self.word, len(places))} {listed([self.lines[place] for place in places], most=SHOWN)}"
        )

    def sentences(self) -> tuple[str, ...]:
        """Say which cells hold no number, in one sentence, and what else there is to say."""
        if not self.missing:
            return tuple(self.notices)
        several = [
            f"{name!r} ({', '.join(f'{cell!r} in {self.word} {line}' for cell, line in cells[:2])}"
            f"{f' and {len(cells) - 2} more' if len(cells) > 2 else ''})"
            for name, cells in self.missing.items()
        ]
        n = sum(map(len, self.missing.values()))
        columns = f"{counted(len(several), 'column')} of numbers"
        said = f"{counted(n, 'cell')} of {columns} {have(n)} no number and {are(n)} missing: "
        return (f"{said}{listed(several, most=SHOWN)}.", *self.notices)


def typed_table(
    table: pd.DataFrame,
    names: Collection[str] = (),
    *,
    lines: Sequence[int] | None = None,
    word: str = "row",
) -> tuple[pd.DataFrame, list[str]]:
    """Give every column its type: text to those that name things, numbers to those that hold numbers.

    Parameters
    ----------
    table
        Of text as a file gave it, or of any types.
    names
        Columns (in any case) that name things in the use at hand, beside those whose heading says so.
    lines, word
        Line of each row in its file, and what that is called; rows are counted from 1 if None.

    Returns
    -------
    DataFrame, list of str
        Same rows and index; ``attrs["notices"]`` has sentences on cells of numbers that hold none and are
        missing, and on columns that mix numbers and text. And faults: columns that cannot be read.

    Examples
    --------
    >>> made = pd.DataFrame({"clone": ["1.1", "1.10"], "area": ["3.5", "n.d."]})
    >>> found, faults = typed_table(made)
    >>> found["clone"].tolist(), found["area"].tolist(), faults
    (['1.1', '1.10'], [3.5, nan], [])
    >>> found.attrs["notices"]
    ("1 cell of 1 column of numbers has no number and is missing: 'area' ('n.d.' in row 2).",)
    """
    work = Typed(range(1, len(table) + 1) if lines is None else lines, word)
    wanted = {name.strip().casefold() for name in names}
    for place, heading in enumerate(map(str, table.columns)):
        asked = heading.strip().casefold() in wanted
        work.columns[place] = _typed(work, table.iloc[:, place], heading, asked)
    made = pd.DataFrame({place: column.array for place, column in work.columns.items()}, index=table.index)
    made.columns = table.columns
    told = (*table.attrs.get("notices", ()), *work.sentences())
    made.attrs = {**table.attrs, "notices": tuple(dict.fromkeys(told))}
    return made, work.faults


def are_dates(values: pd.Series) -> bool:
    """Whether a column holds dates, as such or written 2024-03-01.

    Examples
    --------
    >>> are_dates(pd.Series(["2024-03-01", None])), are_dates(pd.Series(["2024-13-01"]))
    (True, False)
    """
    if pd.api.types.is_datetime64_any_dtype(values):
        return True
    if pd.api.types.is_numeric_dtype(values):
        return False
    text = values.dropna().astype(str)
    if text.empty or not text.str.fullmatch(DATE).all():
        return False
    return bool(pd.to_datetime(text, format="ISO8601", errors="coerce", utc=True).notna().all())


def read_typed(table: pd.DataFrame, names: Collection[str]) -> pd.DataFrame:
    """Type the columns of a table that is no file; see `typed_table`.

    Raises
    ------
    ArgumentError
        A column cannot be read.
    """
    typed, faults = typed_table(table, names)
    if faults:
        raise ArgumentError(f"The table cannot be read: {'; '.join(faults)}.")
    return typed


def _typed(work: Typed, values: pd.Series, heading: str, asked: bool) -> pd.Series:
    """Type one column."""
    if asked or names_things(heading):
        return _named(work, values, heading, asked)
    kind = values.dtype
    if isinstance(kind, pd.ArrowDtype) and str(kind).startswith("decimal"):
        return values.astype(float)
    if isinstance(kind, pd.CategoricalDtype):
        kind = kind.categories.dtype
    if not pd.api.types.is_string_dtype(kind) and not pd.api.types.is_object_dtype(kind):
        return values
    values = values.astype(object)
    present = values[values.notna()]
    numbers = [
        isinstance(value, Real | Decimal) and not isinstance(value, bool | np.bool_) for value in present
    ]
    if len(present) and all(numbers):
        return values.map(float, na_action="ignore").astype(float)
    if not all(number or isinstance(value, str) for number, value in zip(numbers, present, strict=True)):
        return values
    cells = [
        None if pd.isna(value) else visible(value) if isinstance(value, str) else str(value)
        for value in values
    ]
    return _of_text(work, cells, heading).set_axis(values.index)


def _named(work: Typed, values: pd.Series, heading: str, asked: bool) -> pd.Series:
    """Text of a column of names; what may stand for no name, as Null, is told."""
    try:
        named = as_names(values, heading)
    except ArgumentError as error:
        # A column that only looks like one of names may hold anything.
        if asked:
            work.faults.append(error.message.removesuffix("."))
        return values
    odd: dict[str, list[int]] = defaultdict(list)
    for place, cell in enumerate(named):
        # Null and None, so written, are words for a genotype and a treatment.
        if isinstance(cell, str) and cell.casefold() in MARKS - NOTHING and not cell.istitle():
            odd[cell].append(place)
    work.notices += [
        f"The column {heading!r} has {cell!r} in {work.where(places)}: it counts as a name; leave the cell "
        "blank if there is none."
        for cell, places in odd.items()
    ]
    return named.mask(named.map(lambda cell: cell.casefold() in NOTHING, na_action="ignore") == True)  # noqa: E712


def _of_text(work: Typed, cells: list[str | None], heading: str) -> pd.Series:
    """Numbers where the column is one of numbers, else its text."""
    there = [place for place, cell in enumerate(cells) if cell]
    kinds: dict[int, CellKind] = {place: cell_kind(str(cells[place])) for place in there}
    by_kind: dict[CellKind, list[int]] = defaultdict(list)
    for place, kind in kinds.items():
        by_kind[kind].append(place)
    text = [cell or None for cell in cells]
    if not meant_as_numbers([str(cells[place]) for place in there], list(kinds.values())):
        if by_kind["number"] and by_kind["word"]:
            place = by_kind["word"][0]
            work.notices.append(
                f"The column {heading!r} mixes numbers and text and is kept as text "
                f"({work.word} {work.lines[place]}: {cells[place]!r})."
            )
        return pd.Series(text, dtype="str")
    if by_kind["doubtful"]:
        work.faults.append(_doubtful(work, cells, by_kind["doubtful"], heading))
    held = set(by_kind["number"])
    told = sorted(place for kind in ("mark", "word") for place in by_kind[kind])
    lost = [
        (str(cells[place]), work.lines[place])
        for place in told
        if str(cells[place]).casefold() not in NOTHING
    ]
    if lost:
        work.missing[heading] = lost
    return guessed_values(
        [plain_minus(str(cell)) if place in held else None for place, cell in enumerate(cells)]
    )[0]


def _doubtful(work: Typed, cells: Sequence[str | None], places: Sequence[int], heading: str) -> str:
    """Say which cells of a column of numbers can be read in two ways."""
    shown = [f"{work.word} {work.lines[place]}: {cells[place]!r}" for place in places]
    where = f"column {heading!r} has {{}} ({listed(shown, most=SHOWN)}); save the table with decimal points"
    if all(re.fullmatch(r"[^.%]*,[^.%]*", str(cells[place])) for place in places):
        return where.format("decimal commas")
    return where.format("numbers that can be read in several ways") + ", without % or separators of thousands"
