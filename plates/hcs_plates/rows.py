"""Rows of a table as it was saved, before it is known which of them are titles, headings or wells."""

from collections.abc import Sequence
from dataclasses import dataclass

from hcs_plates.csvcells import unquoted
from hcs_plates.spelling import visible


@dataclass(frozen=True)
class Row:
    """One row: its line in the file, counted from 1, and what is visible of its cells as text.

    Of a table drawn as the plate is, where a line holds many wells, the line is the well's name.
    """

    line: int | str
    cells: tuple[str, ...]

    @property
    def filled(self) -> tuple[str, ...]:
        """The cells that are not empty."""
        return tuple(cell for cell in self.cells if cell)

    def cell(self, place: int) -> str:
        """Give the cell at a place from 0; beyond the last it is empty."""
        return self.cells[place] if 0 <= place < len(self.cells) else ""


class UnreadableError(Exception):
    """Why a file is no table; its arguments are the faults."""


def seen(cell: str) -> str:
    """Read what is visible of a cell, without the apostrophe that keeps a spreadsheet from running it."""
    return unquoted(visible(cell))


def without_trailing(cells: Sequence[str]) -> tuple[str, ...]:
    """Cells up to the last that is not empty.

    Examples
    --------
    >>> without_trailing(("a", "", "b", ""))
    ('a', '', 'b')
    """
    last = max((place for place, cell in enumerate(cells) if cell), default=-1)
    return tuple(cells[: last + 1])
