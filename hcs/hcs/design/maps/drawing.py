"""Maps of plates drawn on A4 sheets, for paper: all is said in black and white alone."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hcs.design.maps.lettering import NOTE, Lettering, lettering, width_of
from hcs.design.maps.mapped import MappedPlate, MappedWell
from hcs.design.maps.paper import (
    EDGE,
    HEIGHT,
    MARGIN,
    WIDTH,
    ListPlace,
    MapPlace,
    PlacedRow,
    Sheet,
    sheets,
    windows,
)
from hcs.design.maps.pen import BOX, GREY, PALE, RULE, Pen
from hcs.figures.theme import theme
from hcs_plates.units import Progress
from hcs_plates.wells import WellPosition, row_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TICKED_CELL = 11.0
"""Side of a well from which on it has a box of its own, mm."""
NAME_SIZE, WELL_SIZE, NOTE_SIZE = 1.85, 1.7, 1.4
"""Letters of the list, pt for each mm that a line is high."""
SHORTEST_NAME, LONGEST_NAME = 5.0, 8.0
"""Room for names in the list, in heights of a line; longer ones are set smaller."""
_UNDATED: dict[str, Any] = {"CreationDate": None, "Creator": None, "Producer": None}


def maps_pdf(plates: Sequence[MappedPlate], *, noun: str = "line", progress: Progress | None = None) -> bytes:
    """Draw the maps of plates as one PDF of A4 sheets; the same plates give the same bytes.

    Parameters
    ----------
    plates
        In their order.
    noun
        What names stand for: ``line``, or ``code``.
    progress
        Told of each plate that is drawn.
    """
    from matplotlib.backends.backend_pdf import PdfPages

    stream = io.BytesIO()
    if progress is not None:
        progress(0, len(plates))
    with theme(), PdfPages(stream, metadata=_UNDATED) as pdf:
        for number, plate in enumerate(plates, start=1):
            for figure in plate_sheets(plate, noun=noun, of=(number, len(plates))):
                figure.savefig(pdf, format="pdf")
            if progress is not None:
                progress(number, len(plates))
    return stream.getvalue()


def plate_sheets(plate: MappedPlate, *, noun: str = "line", of: tuple[int, int] = (1, 1)) -> "list[Figure]":
    """Draw the sheets of one plate; `of` is its number and how many plates there are."""
    cell = MapPlace.of(windows(plate.format)[0]).cell
    ticked = BOX + 1 if cell >= TICKED_CELL else 0.0
    letters = lettering(plate, cell, ticked)
    setting = ListPlace.of(plate, _names_room(plate, letters))
    made = sheets(plate, setting)
    figures = []
    for place, sheet in enumerate(made, start=1):
        pen = Pen()
        _head(pen, plate, sheet, f"{of[0]} of {of[1]}", f"{place} of {len(made)}" if len(made) > 1 else "")
        if sheet.map is not None:
            _map(pen, plate, sheet.map, letters)
            _key(pen, plate, sheet.map, letters)
        if sheet.rows:
            _list(pen, sheet.rows, letters, setting, noun)
        pen.text(MARGIN, HEIGHT - 7, "Made by hcs. For research use only.", 7, color=GREY)
        figures.append(pen.sheet())
    return figures


def _names_room(plate: MappedPlate, letters: Lettering) -> float:
    """Room before the wells in the list, in heights of a line; names of controls are set smaller."""
    names = [width_of(row.name, NAME_SIZE, bold=True) for row in plate.rows if not row.control]
    notes = [width_of(row.note, NOTE_SIZE) for row in plate.rows]
    widest = min(LONGEST_NAME, max([SHORTEST_NAME, *names, *notes]))
    return 1.2 + (1.3 if letters.numbered else 0) + widest + 0.6


def _head(pen: Pen, plate: MappedPlate, sheet: Sheet, number: str, part: str) -> None:
    """Name the plate, and leave lines for what is filled in by hand."""
    pen.text(MARGIN, 19, f"Plate {plate.name}", 22, weight="bold")
    pen.text(WIDTH - MARGIN, 19, f"Plate {number}{f', sheet {part}' if part else ''}", 9, ha="right")
    batch = f"Differentiation batch {plate.batch}. " if plate.batch else ""
    pen.text(MARGIN, 26, f"{batch}{plate.counts()}.", 9.5)
    if sheet.map is None:
        return
    for left, what, right in ((MARGIN, "Date", 48.0), (54.0, "Pipetted by", 112.0), (118.0, "Notes", 198.0)):
        pen.text(left, 34.5, what, 9, color=GREY)
        start = left + width_of(what, 9) + 2
        pen.line((start, 35), (right, 35), color=RULE)
    if plate.format.columns > len(sheet.map.window.columns):
        pen.text(MARGIN, 42, f"Wells {sheet.map.window.whole}", 11, weight="bold")


def _map(pen: Pen, plate: MappedPlate, at: MapPlace, letters: Lettering) -> None:
    """Draw the wells in view, the names of rows and columns around them, and the corner A1."""
    for row in at.window.rows:
        for column in at.window.columns:
            place = WellPosition(row, column)
            _well(pen, plate.wells.get(place, MappedWell("empty", "")), at.corner(place), at.cell, letters)
    _grid(pen, at)
    if at.window.rows[0] == 0 and at.window.columns[0] == 0:
        x, y = at.left - 5.8, at.top - 5.8
        pen.area((x, y), (x + 5.4, y), (x, y + 5.4), color="#000000")


def _well(pen: Pen, well: MappedWell, corner: tuple[float, float], side: float, letters: Lettering) -> None:
    """Draw one well."""
    left, top = corner
    right, bottom = left + side, top + side
    if well.kind == "empty":
        near, far = 0.15 * side, 0.85 * side
        pen.line((left + near, top + near), (left + far, top + far), color=RULE)
        pen.line((left + near, top + far), (left + far, top + near), color=RULE)
        return
    if well.kind == "control":
        inset = 0.05 * side
        pen.area((left, top), (right, top), (right, bottom), (left, bottom), color=PALE)
        pen.frame(left + inset, top + inset, 0.9 * side, width=1.3 if side > 9 else 0.8)
    text, size = letters.texts[well.name, well.kind == "control"]
    ticked = side >= TICKED_CELL
    low = bottom - (BOX + 0.05 * side + 0.8 if ticked else 0)
    if well.note and ticked:
        low -= NOTE
        small = min(7.0, (side - 1.4) / width_of(well.note, 1))
        pen.text(left + side / 2, low + 0.7 * NOTE, well.note, small, ha="center")
    middle = (top + 0.5 + low) / 2
    look = {"ha": "center", "va": "center_baseline", "linespacing": 1.0, "weight": "bold"}
    pen.text(left + side / 2, middle, text, size, **look)
    if ticked:
        inset = 0.05 * side + 0.8
        pen.box(right - BOX - inset, bottom - BOX - inset)


def _grid(pen: Pen, at: MapPlace) -> None:
    """Draw the lines between wells, and name rows and columns on both sides."""
    rows, columns = at.window.rows, at.window.columns
    for count in range(len(rows) + 1):
        y = at.top + at.cell * count
        heavy = count % 4 == 0 and len(rows) > 8
        width = 1.6 if count in (0, len(rows)) else 1.1 if heavy else 0.4
        pen.line((at.left, y), (at.right, y), width=width)
    for count in range(len(columns) + 1):
        x = at.left + at.cell * count
        heavy = count % 6 == 0 and len(columns) > 12
        width = 1.6 if count in (0, len(columns)) else 1.1 if heavy else 0.4
        pen.line((x, at.top), (x, at.bottom), width=width)
    size = 11 if at.cell > 9 else 8
    for count, row in enumerate(rows):
        y = at.top + at.cell * (count + 0.5)
        look = {"va": "center_baseline"}
        pen.text(at.left - 2, y, row_name(row), size, weight="bold", ha="right", **look)
        pen.text(at.right + 2, y, row_name(row), size, color=GREY, **look)
        pen.box(at.right + EDGE + 1.5, y - BOX / 2)
    for count, column in enumerate(columns):
        x = at.left + at.cell * (count + 0.5)
        pen.text(x, at.top - 2, str(column + 1), size, weight="bold", ha="center")
        pen.text(x, at.bottom + 2, str(column + 1), size, color=GREY, ha="center", va="top")


def _key(pen: Pen, plate: MappedPlate, at: MapPlace, letters: Lettering) -> None:
    """Say what the signs mean."""
    kinds = {well.kind for well in plate.wells.values()}
    said = ["Black corner: well A1."]
    said += ["Grey with a frame: control."] if "control" in kinds else []
    said += ["Crossed: stays empty."] if "empty" in kinds else []
    said += ["Wells hold the numbers of the list."] if letters.numbered else []
    said += [f"{sign}: {role}." for sign, role in letters.short.items()]
    y = at.bottom + EDGE + 2.5
    pen.text(MARGIN, y, "  ".join(said), 8, color=GREY)
    pen.text(
        MARGIN, y + 4, "Tick what is pipetted; the boxes on the right are for whole rows.", 8, color=GREY
    )


def _list(pen: Pen, rows: Sequence[PlacedRow], letters: Lettering, setting: ListPlace, noun: str) -> None:
    """Set the pipetting list."""
    line, top = setting.line, min(placed.top for placed in rows)
    signs = {role: sign for sign, role in letters.short.items()}
    more = ", continued" if rows[0].number > 1 else ""
    pen.text(MARGIN, top - 2, f"Pipetting list by {noun}{more}", 10, weight="bold")
    for placed in rows:
        y = placed.top + 0.72 * line
        pen.box(placed.left, y - 0.58 * line, 0.64 * line)
        x = placed.left + 1.2 * line
        if letters.numbered:
            number = "" if placed.row.control else str(placed.number)
            pen.text(x, y, number, NAME_SIZE * line, color=GREY)
            x += 1.3 * line
        name = signs.get(placed.row.name, placed.row.name) if placed.row.control else placed.row.name
        room = placed.left + (setting.names - 0.6) * line - x
        size = NAME_SIZE * line * min(1.0, room / max(width_of(name, NAME_SIZE * line, bold=True), 0.01))
        pen.text(x, y, name, size, weight="bold")
        pen.text(x, y + 0.8 * line, placed.row.note, NOTE_SIZE * line, color=GREY)
        x = placed.left + setting.names * line
        for start in range(0, len(placed.row.wells), setting.wells):
            wells = "".join(f"{well:5}" for well in placed.row.wells[start : start + setting.wells])
            pen.text(x, y, wells, WELL_SIZE * line, family="DejaVu Sans Mono")
            y += line
