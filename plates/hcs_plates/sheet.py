"""A table as somebody saved it, CSV, TSV, XLSX or XML: headings, and rows of text with their lines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hcs_plates.assaylayout import SUFFIX, read_layout
from hcs_plates.errors import InputFileError, NotThereError
from hcs_plates.grid import is_grid, numbered, read_grid
from hcs_plates.rows import Row, UnreadableError, seen, without_trailing
from hcs_plates.sheetchoice import SheetChoice
from hcs_plates.textrows import read_text
from hcs_plates.wells import PlateFormat
from hcs_plates.workbook import Cells, column_letters, read_workbook

_TEXT_SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".txt"})
_SHEET_SUFFIXES = frozenset({".xlsx", ".xlsm"})
_SHOWN = 6

Head = Callable[[Sequence[str]], bool]
"""Whether a row of cells names the columns of the table that is wanted."""


@dataclass(frozen=True)
class Sheet:
    """A whole table.

    Parameters
    ----------
    headings
        As written, without outer spaces; columns without a heading and a value are dropped.
    rows
        As long as the headings; blank rows and rows that start with ``#`` are left out.
    line_word
        What a row of this file is called in messages: ``line``, in a workbook ``row``, and ``well`` where the
        table is drawn as the plate is, or is a layout of wells.
    notices
        What was not read (further sheets, titles), was read into several rows (merged cells) or was guessed.
    titles
        What stands above the headings, line by line.
    dates, fractions
        Addresses ("B3"), by line and place from 0, of a workbook's cells that hold a date, whatever was typed
        into them, and of numbers that are not whole.
    commas
        Whether a comma in a number can only be a decimal comma: other signs separate the columns.
    format
        The plate's grid where the file states it.
    """

    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    line_word: str = "line"
    notices: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    dates: Mapping[tuple[int | str, int], str] = field(default_factory=dict)
    fractions: Mapping[tuple[int | str, int], str] = field(default_factory=dict)
    commas: bool = False
    format: PlateFormat | None = None

    def numbers_for_names(self, columns: Mapping[int, str]) -> list[str]:
        """Find names that a workbook keeps as numbers with decimals: it cannot tell clone 1.10 from 1.1.

        Parameters
        ----------
        columns
            Columns that name things, by place.

        Returns
        -------
        list of str
            A fault for each such column, with its cells.
        """
        faults = []
        for place, name in columns.items():
            cells = [address for (_, at), address in self.fractions.items() if at == place]
            more = f" and {len(cells) - _SHOWN} more" if len(cells) > _SHOWN else ""
            if cells:
                faults.append(
                    f"cell{'s' if len(cells) > 1 else ''} {', '.join(cells[:_SHOWN])}{more}: {name!r} names "
                    "things and holds numbers with decimals, of which a workbook keeps no zeros (1.10 is "
                    "1.1); format the column as text and type the names again"
                )
        return faults


def read_sheet(
    path: Path,
    fault: Callable[[Path, list[str] | str], InputFileError],
    *,
    sheet: str | None = None,
    head: Head | None = None,
    plate: str | None = None,
) -> Sheet:
    """Read a table.

    Parameters
    ----------
    path
        A CSV (commas, semicolons or tabs), TSV, or a sheet of an XLSX file; text is UTF-8 or UTF-16, or is
        taken for Windows-1252, which is told.
    fault
        The error to raise for a file that is none.
    sheet
        Which sheet of a workbook; None takes the only one that holds a table, and refuses to choose.
    head
        Tells the row of the column names, which may stand below titles; None takes the first row that is no
        title of a single cell.
    plate
        The plate whose map is wanted: of a workbook its sheet is taken, and the table may be drawn as the
        plate is, or be an assay layout of Harmony (XML).

    Raises
    ------
    NotThereError
        No such file.
    InputFileError
        Made by `fault`: not readable, empty, ragged, columns without a name, or several sheets with tables.
    """
    if not path.exists():
        raise NotThereError(f"There is no '{path}'; expected a CSV, TSV or XLSX file.")
    if path.is_dir():
        raise fault(path, "is a folder; expected a CSV, TSV or XLSX file")
    suffix = path.suffix.lower()
    if suffix not in _TEXT_SUFFIXES | _SHEET_SUFFIXES and (suffix != SUFFIX or plate is None):
        raise fault(path, f"is a {suffix or 'nameless'} file; save the table as CSV, TSV or XLSX")
    if path.stat().st_size == 0:
        raise fault(path, "is empty; expected a line of column names and a line for each well")
    try:
        if suffix in _SHEET_SUFFIXES:
            choice = SheetChoice(sheet, plate, None if head is None else Fits(head, plate is not None))
            return _Table.of_workbook(path, choice).sheet(head, plate)
        if sheet is not None:
            raise UnreadableError(f"is a text file and has no sheet {sheet!r}; leave out --sheet")
        if suffix == SUFFIX:
            said = read_layout(path)
            return Sheet(said.headings, said.rows, "well", said.notices, format=said.format)
        return _Table.of_text(path).sheet(head, plate)
    except UnreadableError as error:
        raise fault(path, list(error.args)) from error


@dataclass(frozen=True)
class Fits:
    """Whether the cells of a sheet are a table of the kind wanted."""

    head: Head
    drawn: bool

    def __call__(self, cells: Cells) -> bool:
        """Look for the row of column names, or for a drawn plate."""
        rows = _filled_rows(
            [
                Row(line, tuple(seen(row.get(place, "")) for place in range(max(row) + 1)))
                for line, row in sorted(cells.items())
            ],
            self.head,
        )
        return any(self.head(row.cells) for row in rows) or (self.drawn and is_grid(_squared(rows)))


def _filled_rows(rows: Sequence[Row], head: Head | None) -> list[Row]:
    """Leave out blank rows and comments; a column may be called #."""
    return [
        row
        for row in rows
        if any(row.cells) and (not row.cells[0].startswith("#") or (head is not None and head(row.cells)))
    ]


def _squared(rows: Sequence[Row]) -> list[Row]:
    """Make all rows as long as the longest."""
    width = max((len(row.cells) for row in rows), default=0)
    return [
        row if len(row.cells) == width else replace(row, cells=row.cells + ("",) * (width - len(row.cells)))
        for row in rows
    ]


@dataclass(frozen=True)
class _Table:
    """What a file holds, before its headings are known."""

    rows: tuple[Row, ...]
    word: str
    notices: tuple[str, ...]
    commas: bool = False
    dates: frozenset[tuple[int, int]] = frozenset()
    fractions: frozenset[tuple[int, int]] = frozenset()
    wide: tuple[tuple[str, int, int, int, int], ...] = ()

    @classmethod
    def of_text(cls, path: Path) -> "_Table":
        text = read_text(path)
        return cls(text.rows, "line", text.notices, text.delimiter != ",")

    @classmethod
    def of_workbook(cls, path: Path, choice: SheetChoice) -> "_Table":
        book = read_workbook(path, choice)
        rows = tuple(Row(line, tuple(map(seen, cells))) for line, cells in book.rows.items())
        return cls(rows, "row", book.notices, dates=book.dates, fractions=book.fractions, wide=book.wide)

    def sheet(self, head: Head | None, plate: str | None) -> Sheet:
        """Tell headings, rows and titles apart."""
        rows = _filled_rows(self.rows, head)
        if not rows:
            raise UnreadableError("holds no table; expected a line of column names and a line for each well")
        drawn = is_grid(_squared(rows))
        listed = head is not None and any(head(row.cells) and not numbered(row.cells) for row in rows)
        if drawn and listed:
            raise UnreadableError(
                "holds a table of one row per well and another that is drawn as the plate is; keep one"
            )
        if drawn and plate is None:
            raise UnreadableError(
                "is drawn as the plate is (numbers across, letters down); expected one row per well: columns "
                "such as 'well' and 'clone', and below them 'B03' and 'c1'"
            )
        return self._drawn(rows, str(plate)) if drawn else self._listed(rows, head)

    def _drawn(self, rows: Sequence[Row], plate: str) -> Sheet:
        """Read a table that is drawn as the plate is."""
        values = {row.line: row.cells for row in rows}
        merged = {
            (line, place): values[top][left]
            for _, top, left, bottom, right in self.wide
            for line in range(top, bottom + 1)
            for place in range(left, right + 1)
            if top in values
        }
        grid = read_grid(_squared(rows), merged, self.word, plate)
        if grid is None:
            raise UnreadableError("holds no table; expected a line of column names and a line for each well")

        def moved(cells: frozenset[tuple[int, int]]) -> dict[tuple[int | str, int], str]:
            return {
                (well, number): _address(*source)
                for well, sources in grid.sources.items()
                for number, source in enumerate(sources, start=1)
                if source in cells
            }

        notices = [*self.notices, *grid.notices]
        if merged:
            notices.append(f"Each well of merged cells was given their value: {self._wide_names()}.")
        headings = ("well", *grid.names)
        return Sheet(
            headings,
            grid.rows,
            "well",
            tuple(notices),
            (),
            moved(self.dates),
            moved(self.fractions),
            self.commas,
        )

    def _wide_names(self) -> str:
        names = [name for name, *_ in self.wide]
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        return f"range{'s' if len(names) > 1 else ''} {', '.join(names[:_SHOWN])}{more}"

    def _listed(self, rows: Sequence[Row], head: Head | None) -> Sheet:
        """Read a table of one row per well."""
        at = _head(rows, head)
        top, body = rows[at], rows[at + 1 :]
        width = len(without_trailing(top.cells))
        # Spreadsheets write columns that hold nothing at all; there is nothing in them to be lost.
        kept = [place for place in range(width) if any(row.cell(place) for row in rows[at:])]
        faults = [
            f"column {place + 1} has no name ({self.word} {top.line})"
            for place in kept
            if not top.cells[place]
        ]
        names = without_trailing(top.cells)
        faults += [
            f"{self.word} {row.line} names the columns again; keep one table in a file, or one in each sheet"
            for row in body
            if row.cells[0] == names[0] and without_trailing(row.cells) == names
        ]
        faults += [
            f"merged cells {name} stand over several columns; unmerge them"
            for name, _, _, bottom, _ in self.wide
            if bottom >= int(top.line)
        ]
        faults = faults or self._ragged(top, body, width)
        if faults:
            raise UnreadableError(*faults)
        if not body:
            raise UnreadableError(f"holds column names ({self.word} {top.line}) but no wells")
        notices = list(self.notices)
        if at:
            told = ", ".join(f"{row.line} ({' '.join(row.filled)[:60]!r})" for row in rows[: min(at, _SHOWN)])
            notices.append(f"Not read, as it stands above the column names: {self.word} {told}.")
        moved = {place: number for number, place in enumerate(kept)}

        def among(cells: frozenset[tuple[int, int]]) -> dict[tuple[int | str, int], str]:
            return {
                (line, moved[place]): _address(line, place) for line, place in sorted(cells) if place in moved
            }

        return Sheet(
            tuple(top.cells[place] for place in kept),
            tuple(Row(row.line, tuple(row.cells[place] for place in kept)) for row in body),
            self.word,
            tuple(notices),
            tuple(" ".join(row.filled) for row in rows[:at]),
            among(self.dates),
            among(self.fractions),
            self.commas,
        )

    def _ragged(self, top: Row, body: Sequence[Row], width: int) -> list[str]:
        """Find rows with more or fewer values than there are names."""
        if self.word == "row":
            beside = [
                _address(int(row.line), place)
                for row in body
                for place, cell in enumerate(row.cells[width:], start=width)
                if cell
            ]
            more = f" and {len(beside) - _SHOWN} more" if len(beside) > _SHOWN else ""
            where = f"{', '.join(beside[:_SHOWN])}{more}"
            return [f"cells {where} stand beside the table, under no name; delete them"] if beside else []
        faults = []
        for row in body:
            if len(row.cells) == width:
                continue
            values = max(len(without_trailing(row.cells)), min(len(row.cells), width))
            if values != width:
                faults.append(
                    f"{self.word} {row.line} has {values} values where {self.word} {top.line} names {width} "
                    "columns"
                )
        return faults


def _address(line: int, place: int) -> str:
    return f"{column_letters(place)}{line}"


def _head(rows: Sequence[Row], head: Head | None) -> int:
    """Place of the row of column names: the one that is recognised, or the first that is no title."""
    fits = [at for at, row in enumerate(rows) if head is not None and head(row.cells)]
    if fits:
        # Of names that stand in two merged rows, the second has them all.
        return next(at for at in range(fits[0], len(rows)) if at + 1 not in fits)
    at, several = 0, [len(row.filled) > 1 for row in rows]
    while not several[at] and 2 * sum(several[at + 1 :]) > len(rows) - at - 1 > 0:
        at += 1
    return at
