"""Which sheet of a workbook is meant: the one asked for, the plate's, or the only one with a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hcs_plates.platenames import fitting, of_another_plate, same_name
from hcs_plates.rows import UnreadableError
from hcs_plates.workbook import Cells, SheetName

_REMEDY = "say with --sheet which one is meant"


@dataclass(frozen=True)
class SheetChoice:
    """Chooses a workbook's sheet; with several tables in it none is taken silently.

    Parameters
    ----------
    asked
        Name of the sheet, if it was said.
    plate
        Name of the plate whose sheet is wanted, if any.
    fits
        Whether cells are a table of the kind wanted (a platemap); None takes any table.
    """

    asked: str | None = None
    plate: str | None = None
    fits: Callable[[Cells], bool] | None = None

    def __call__(
        self, sheets: Sequence[SheetName], cells: Callable[[str], Cells]
    ) -> tuple[str, tuple[str, ...]]:
        """Name of the sheet to read, and notices on which it is.

        Raises
        ------
        UnreadableError
            No such sheet; several that may be meant; one that is of another plate by its name.
        """
        if self.asked is not None:
            return self._as_asked([sheet.name for sheet in sheets if sheet.cells]), ()
        shown = [sheet.name for sheet in sheets if sheet.cells and not sheet.hidden]
        if not shown:
            raise UnreadableError(f"holds hidden sheets only ({_named([one.name for one in sheets])})")
        name = shown[0] if len(shown) == 1 else self._of_plate(shown) or self._of_tables(shown, cells)
        if self.plate is not None and of_another_plate(self.plate, name):
            raise UnreadableError(
                f"its sheet {name!r} is of another plate than {self.plate!r} by its name; if it is this "
                f"plate's, say so with --sheet {name!r}"
            )
        others = [sheet.name for sheet in sheets if sheet.name != name]
        of_plate = "" if self.plate is None or len(shown) == 1 else f" for plate {self.plate!r}"
        return name, (f"Sheet {name!r} is read{of_plate}, not {_named(others)}.",) if others else ()

    def _as_asked(self, names: Sequence[str]) -> str:
        found = [name for name in names if name == self.asked] or [
            name for name in names if same_name(name, str(self.asked))
        ]
        if len(found) != 1:
            raise UnreadableError(f"has no one sheet {self.asked!r}; its sheets are {_named(names)}")
        return found[0]

    def _of_plate(self, names: Sequence[str]) -> str | None:
        """Find the sheet that is called as the plate is."""
        found = fitting(self.plate, names) if self.plate is not None else []
        if len(found) > 1:
            raise UnreadableError(
                f"has several sheets that can be of plate {self.plate!r}: {_named(found)}; {_REMEDY}"
            )
        return found[0] if found else None

    def _of_tables(self, names: Sequence[str], cells: Callable[[str], Cells]) -> str:
        """Find the one sheet that holds a table, of the kind wanted if there is any."""
        tables = [name for name in names if self.fits is not None and self.fits(cells(name))]
        tables = tables or [name for name in names if _is_table(cells(name))]
        tables = tables or [name for name in names if cells(name)]
        if len(tables) > 1:
            why = "" if self.plate is None else f", and none is called as plate {self.plate!r} is"
            raise UnreadableError(f"has several sheets with tables ({_named(tables)}){why}; {_REMEDY}")
        return tables[0] if tables else names[0]


def _is_table(cells: Cells) -> bool:
    """Whether there are headings of several columns, and a row below: notes are no table."""
    return sum(len(row) > 1 for row in cells.values()) > 1


def _named(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
