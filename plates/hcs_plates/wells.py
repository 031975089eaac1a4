"""Wells and plate formats: names such as ``B03`` and the grids they stand in (ANSI/SLAS 1–4 layouts)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import TypeAlias

from hcs_plates.errors import ArgumentError
from hcs_plates.spelling import visible

_WELL = re.compile(r"([A-Za-z]{1,2})\s*[-\u2010-\u2013]?\s*0*([1-9][0-9]?)")
_QUARTERED = re.compile(r"[A-H][a-d]")
"""Rows of 1536-well plates as quarters of the 8 rows of a 96-well plate: Aa, Ab, Ac, Ad, Ba, … Hd."""


def row_name(row: int) -> str:
    """Letter of a row, counted from 0.

    Examples
    --------
    >>> row_name(0), row_name(25), row_name(26), row_name(31)
    ('A', 'Z', 'AA', 'AF')
    """
    if not 0 <= row < 26 * 27:
        raise ArgumentError(f"Row index {row} has no letter; rows count from 0 (A) to {26 * 27 - 1} (ZZ).")
    return chr(65 + row) if row < 26 else row_name(row // 26 - 1) + chr(65 + row % 26)


def row_index(name: str) -> int:
    """Index, counted from 0, of a row's letters.

    A capital with a small letter is a quarter of a row of 96 wells, as some programs name the 32 rows of 1536
    wells: Aa, Ab, Ac, Ad, Ba, … Hd. Two letters of one case follow Z: AA is the row after it.

    Examples
    --------
    >>> row_index("A"), row_index("af"), row_index("AA"), row_index("Aa"), row_index("Hd")
    (0, 31, 26, 0, 31)
    """
    letters = visible(name)
    if _QUARTERED.fullmatch(letters):
        return 4 * (ord(letters[0]) - 65) + ord(letters[1]) - 97
    if not letters.isascii() or not letters.isalpha() or len(letters) > 2 or _mixed(letters):
        raise ArgumentError(f"{name!r} is not a row; rows are letters such as 'B' or 'AC', or 'Aa' to 'Hd'.")
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def _mixed(letters: str) -> bool:
    """Whether letters are of both cases."""
    return letters not in (letters.upper(), letters.lower())


@dataclass(frozen=True, order=True)
class WellPosition:
    """Where a well stands: row and column, both counted from 0."""

    row: int
    column: int

    @property
    def name(self) -> str:
        """The well's name, ``B03``."""
        return f"{row_name(self.row)}{self.column + 1:02d}"


def parse_well(name: str) -> WellPosition:
    """Read a well's name in any of the spellings instruments use.

    Parameters
    ----------
    name
        ``B3``, ``B03``, ``b003``, ``B-3`` or ``B - 03`` (IN Cell); ``AF48`` or ``Hd48`` on 1536-well plates.

    Raises
    ------
    ArgumentError
        The text is not a well name.

    Examples
    --------
    >>> parse_well("B3").name, parse_well("b - 03"), parse_well("AF48").name, parse_well("Hd48").name
    ('B03', WellPosition(row=1, column=2), 'AF48', 'AF48')
    >>> parse_well("3B")
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: '3B' is not a well; expected a row letter and a column number, 'B03'.
    """
    match = _WELL.fullmatch(visible(str(name)))
    if match is None or (_mixed(match[1]) and not _QUARTERED.fullmatch(match[1])):
        raise ArgumentError(f"{name!r} is not a well; expected a row letter and a column number, 'B03'.")
    return WellPosition(row_index(match[1]), int(match[2]) - 1)


def well_name(row: int, column: int) -> str:
    """Name of the well at a row and column counted from 0.

    Examples
    --------
    >>> well_name(1, 2)
    'B03'
    """
    return WellPosition(row, column).name


@dataclass(frozen=True)
class PlateFormat:
    """A plate's grid of wells.

    Parameters
    ----------
    rows, columns
        How many of each.
    """

    rows: int
    columns: int

    @property
    def size(self) -> int:
        """Number of wells."""
        return self.rows * self.columns

    def __contains__(self, position: WellPosition) -> bool:
        return 0 <= position.row < self.rows and 0 <= position.column < self.columns

    def at_edge(self, position: WellPosition) -> bool:
        """Whether a well stands in the first or last row or column."""
        return position.row in (0, self.rows - 1) or position.column in (0, self.columns - 1)

    def parse(self, name: str) -> WellPosition:
        """Read a well's name and check that it is on the plate.

        Raises
        ------
        ArgumentError
            Not a well name, or outside this format.

        Examples
        --------
        >>> PlateFormat(16, 24).parse("Q03")
        Traceback (most recent call last):
            ...
        hcs_plates.errors.ArgumentError: Well 'Q03' is outside a 384-well plate (rows A–P, columns 1–24).
        """
        position = parse_well(name)
        if position not in self:
            raise ArgumentError(
                f"Well {name!r} is outside a {self.size}-well plate "
                f"(rows A–{row_name(self.rows - 1)}, columns 1–{self.columns})."
            )
        return position

    def wells(self) -> list[str]:
        """All well names, row by row."""
        return [well_name(row, column) for row in range(self.rows) for column in range(self.columns)]


FORMATS = {
    rows * columns: PlateFormat(rows, columns)
    for rows, columns in ((2, 3), (3, 4), (4, 6), (6, 8), (8, 12), (16, 24), (32, 48))
}
SURE = 96
"""Wells of the smallest format that is taken for what it is when all four of its sides are used."""
Formats: TypeAlias = PlateFormat | int | Mapping[str, PlateFormat | int] | None
"""How many wells plates have: one format for all, or one by plate; None where it is to be guessed."""


def smallest_format(wells: Iterable[str]) -> PlateFormat:
    """Smallest standard plate that has all the wells named.

    Examples
    --------
    >>> smallest_format(["A01", "D06"]).size, smallest_format(["E01"]).size
    (24, 48)
    """
    positions = [parse_well(well) for well in wells]
    for size in sorted(FORMATS):
        if all(position in FORMATS[size] for position in positions):
            return FORMATS[size]
    furthest = max(positions)
    raise ArgumentError(f"Well {furthest.name!r} is outside every standard plate (6 to 1536 wells).")


def full_format(wells: Iterable[str]) -> PlateFormat | None:
    """Find the format of plates that are used to all four sides; None where it could only be guessed.

    Wells that fill a format of fewer than 96 may as well fill the corner of a larger plate.

    Examples
    --------
    >>> full_format(["A01", "H12"])
    PlateFormat(rows=8, columns=12)
    >>> full_format(["C03", "H12"]) is None
    True
    """
    names = list(wells)
    if not names:
        return None
    guess = smallest_format(names)
    places = [parse_well(name) for name in names]
    rows, columns = {place.row for place in places}, {place.column for place in places}
    if guess.size < SURE:
        return None
    return guess if {0, guess.rows - 1} <= rows and {0, guess.columns - 1} <= columns else None


def format_of(plate: str, wells: Iterable[str], formats: Formats) -> PlateFormat:
    """Find the format of one plate: as it was given, or the smallest standard one that has its wells.

    Raises
    ------
    ArgumentError
        No format is given for this plate, or no plate has so many wells.

    Examples
    --------
    >>> format_of("P", ["A01", "D06"], None).size, format_of("P", [], {"P": 96}).size
    (24, 96)
    """
    if isinstance(formats, Mapping):
        given = {str(name): one for name, one in formats.items()}
        if plate not in given:
            raise ArgumentError(f"Plate {plate!r} has no format; formats are given for {', '.join(given)}.")
        return format_of(plate, wells, given[plate])
    if formats is None or isinstance(formats, PlateFormat):
        return formats or smallest_format(set(wells))
    if not isinstance(formats, Integral) or formats not in FORMATS:
        raise ArgumentError(f"No plate has {formats} wells; give one of {', '.join(map(str, FORMATS))}.")
    return FORMATS[int(formats)]


def guessed_format(size: int, so: str = "") -> str:
    """Say that plates are drawn in a format that could only be guessed.

    Examples
    --------
    >>> print(guessed_format(96)[:78])
    Plates are drawn with 96 wells, the smallest standard format that has them all
    """
    return (
        f"Plates are drawn with {size} wells, the smallest standard format that has them all: a guess"
        f"{f', {so}' if so else ''}. Give the format with wells (--wells) if you know it."
    )
