"""Where the maps of plates and their pipetting lists stand on A4 paper: geometry in mm, without drawing."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from hcs.design.maps.mapped import ListRow, MappedPlate
from hcs_plates.wells import PlateFormat, WellPosition

WIDTH, HEIGHT, MARGIN = 210.0, 297.0, 12.0
TOP = 42.0
"""Where the map starts, below the name of the plate and what is filled in by hand."""
NEXT_TOP = 36.0
"""Where a pipetting list starts on a sheet without a map."""
EDGE = 7.0
"""Room for the letters of rows and the numbers of columns, on each side of a map."""
TICK = 7.0
"""Room for the boxes behind the rows of a map."""
LARGEST_CELL = 23.0
BOTTOM = HEIGHT - 13.0
KEY = 17.0
"""Room for the key below a map."""
MOST_COLUMNS = 24
"""Of a map on one sheet; plates with more are parted into quarters."""
LINES = (4.8, 4.4, 4.0, 3.6, 3.2)
"""Heights of a line of the list: the first with which the list ends on the sheet of the map."""
GAP = 5.0
"""Room between the columns of the list."""
WELL_NAME = 1.81
"""From one well's name to the next in the list, in heights of a line."""


@dataclass(frozen=True)
class Window:
    """The part of a plate that is drawn on one sheet."""

    rows: range
    columns: range

    @property
    def whole(self) -> str:
        """Name it: ``A01 to P24``."""
        first = WellPosition(self.rows[0], self.columns[0]).name
        return f"{first} to {WellPosition(self.rows[-1], self.columns[-1]).name}"


@dataclass(frozen=True)
class MapPlace:
    """Where a map stands on its sheet; wells are squares.

    Parameters
    ----------
    window
        What of the plate it shows.
    left, top
        Of its first well.
    cell
        Side of a well.
    """

    window: Window
    left: float
    top: float
    cell: float

    @classmethod
    def of(cls, window: Window) -> "MapPlace":
        """Make wells as large as the sheet is wide, within reason."""
        room = WIDTH - 2 * MARGIN - 2 * EDGE - TICK
        cell = min(LARGEST_CELL, room / len(window.columns))
        left = MARGIN + EDGE + (room - cell * len(window.columns)) / 2
        return cls(window, left, TOP + EDGE, cell)

    @property
    def right(self) -> float:
        """Right side of the last well."""
        return self.left + self.cell * len(self.window.columns)

    @property
    def bottom(self) -> float:
        """Lower side of the last well."""
        return self.top + self.cell * len(self.window.rows)

    def corner(self, place: WellPosition) -> tuple[float, float]:
        """Upper left corner of a well."""
        return (
            self.left + self.cell * (place.column - self.window.columns[0]),
            self.top + self.cell * (place.row - self.window.rows[0]),
        )


@dataclass(frozen=True)
class ListPlace:
    """How the pipetting list of a plate is set.

    Parameters
    ----------
    across
        Columns side by side.
    line
        Height of a line.
    names
        Room for the box, the number and the name before the wells, in heights of a line.
    """

    across: int
    line: float
    names: float

    @classmethod
    def of(cls, plate: MappedPlate, names: float) -> "ListPlace":
        """Set the list as large as it can be with its end on the sheet of the map, or else as it is shortest.

        Of several numbers of columns, rows are to have few lines.
        """
        parts = windows(plate.format)
        top = NEXT_TOP if len(parts) > 1 else MapPlace.of(parts[0]).bottom + EDGE + KEY
        settings = [cls(across, line, names) for line in LINES for across in (4, 3, 2, 1)]
        settings = [setting for setting in settings if setting.wells > 0]
        rows = list(enumerate(plate.rows, start=1))
        for line in LINES:
            fit = [one for one in settings if one.line == line and not _filled(rows, one, top)[1]]
            if fit:
                return min(fit, key=lambda one: max(map(one.height, plate.rows), default=0.0))
        return min(settings, key=lambda one: sum(map(one.height, plate.rows)) / one.across)

    @property
    def step(self) -> float:
        """From one column to the next."""
        return (WIDTH - 2 * MARGIN + GAP) / self.across

    @property
    def wells(self) -> int:
        """Wells in a line of a column; fewer than one where there is no room."""
        return int((self.step - GAP - self.names * self.line) // (WELL_NAME * self.line))

    def height(self, row: ListRow) -> float:
        """Height of one row."""
        return self.line * max(ceil(len(row.wells) / self.wells), 2 if row.note else 1)


@dataclass(frozen=True)
class PlacedRow:
    """A row of the list where it stands: its number from 1, and its upper left corner."""

    number: int
    row: ListRow
    left: float
    top: float


@dataclass(frozen=True)
class Sheet:
    """One side of paper: a part of the map, or none, and rows of the list, or none."""

    map: MapPlace | None
    rows: tuple[PlacedRow, ...]


def windows(format: PlateFormat) -> list[Window]:
    """Part a plate into what fits a sheet: the whole, or its quarters.

    Examples
    --------
    >>> [window.whole for window in windows(PlateFormat(32, 48))]
    ['A01 to P24', 'A25 to P48', 'Q01 to AF24', 'Q25 to AF48']
    """
    parts = ceil(format.columns / MOST_COLUMNS)
    tall, wide = ceil(format.rows / parts), ceil(format.columns / parts)
    return [
        Window(range(row, min(row + tall, format.rows)), range(column, min(column + wide, format.columns)))
        for row in range(0, format.rows, tall)
        for column in range(0, format.columns, wide)
    ]


def sheets(plate: MappedPlate, setting: ListPlace) -> list[Sheet]:
    """Lay the map of a plate and its list on sheets: the list begins below a map of one sheet."""
    maps = [MapPlace.of(window) for window in windows(plate.format)]
    numbered = list(enumerate(plate.rows, start=1))
    made: list[Sheet] = []
    if len(maps) == 1:
        rows, numbered = _filled(numbered, setting, maps[0].bottom + EDGE + KEY)
        made.append(Sheet(maps[0], rows))
    else:
        made += [Sheet(one, ()) for one in maps]
    while numbered:
        rows, numbered = _filled(numbered, setting, NEXT_TOP)
        made.append(Sheet(None, rows))
    return made


def _filled(
    rows: Sequence[tuple[int, ListRow]], setting: ListPlace, top: float
) -> tuple[tuple[PlacedRow, ...], list[tuple[int, ListRow]]]:
    """Set rows into columns below `top`, of even heights where all have room.

    Gives those that are set, and those that are left.
    """
    whole = sum(setting.height(row) for _, row in rows)
    tallest = max((setting.height(row) for _, row in rows), default=0.0)
    bottom = min(BOTTOM, top + max(whole / setting.across + tallest, tallest))
    placed: list[PlacedRow] = []
    column, at = 0, top
    for number, row in rows:
        if at + setting.height(row) > bottom and at > top:
            column, at = column + 1, top
        if column == setting.across:
            break
        placed.append(PlacedRow(number, row, MARGIN + column * setting.step, at))
        at += setting.height(row)
    return tuple(placed), list(rows[len(placed) :])
