"""Plates on a page: wells that can be pointed at and picked, readable as they stand where no script runs."""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hcs.figures.heatmap import PRINTED_WELLS, brief_value, well_colours
from hcs.figures.wellcolours import WellColours, ink_on
from hcs.heatmaps.rows import STATE
from hcs.heatmaps.values import WellValues
from hcs.pages.page import Download, cell, csv_download
from hcs.wording import counted, plural, spaced
from hcs_plates.wells import PlateFormat, WellPosition, parse_well, row_name

if TYPE_CHECKING:
    from markupsafe import Markup

Pictures = Mapping[tuple[str, str], Sequence[tuple[str, str]]]
"""By plate and well: caption and ``data:`` address of the fields' pictures."""
LARGEST_ROWS_BYTES = 3_000_000
"""Longer lists of the wells' own rows stay in their table: the page shows the wells alone."""

REM_PX = 16
CLOSEST_PX = 15
"""From one name at a plate's edge to the next."""

STEPS = 24
"""Colours of the key's gradient."""

RAMP_SIGNS = 36
"""Signs that have room below the gradient."""

LARGEST_WELL = 3.4
"""Side of a well, rem."""

SMALLEST_WELL = 0.44
"""Side of a well that can still be pointed at, rem."""

READ_PX = 9
"""Smallest size of the names at a plate's edge; narrower pages scroll it."""


@dataclass(frozen=True)
class Key:
    """What colours mean.

    For numbers the gradient's colours from low to high, with the position (0 to 1) and text of its marks; for
    categories the name and colour of each.
    """

    label: str
    stops: Sequence[str] = ()
    ticks: Sequence[tuple[float, str]] = ()
    entries: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class DrawnPlate:
    """One plate in units of its wells.

    Parameters
    ----------
    colours
        Colour and outline (the ``d`` of a path) of all wells of this colour.
    dimmed
        Outline of wells that are passed over.
    texts
        Column, row, text, ink of what is printed in wells.
    across, down
        Position and name of columns and rows at the edge.
    width
        In rem.
    unit_px
        Side of a well at that width, pixels.
    """

    name: str
    rows: int
    columns: int
    colours: Sequence[tuple[str, str]]
    lines: str
    dimmed: str
    texts: Sequence[tuple[int, int, str, str]]
    across: Sequence[tuple[int, str]]
    down: Sequence[tuple[int, str]]
    spoken: str
    width: float
    unit_px: float

    @property
    def edge_px(self) -> float:
        """Size of the names at the edge, pixels."""
        return max(7.0, min(13.0, 0.6 * self.unit_px))

    @property
    def least(self) -> float:
        """Least width at which it can be read, rem."""
        return self.width * min(1.0, READ_PX / self.edge_px)


@dataclass(frozen=True)
class PagePlates:
    """Plates as the page shows them.

    Parameters
    ----------
    ident
        Prefix of its ids.
    data
        What the script reads, as JSON.
    width
        Least width of the largest plate, rem.
    notes
        What is not shown.
    panel
        Whether there is a place below for what is told of a picked well.
    """

    ident: str
    caption: str
    key: Key
    plates: Sequence[DrawnPlate]
    data: "Markup"
    width: float
    download: Download | None = None
    notes: Sequence[str] = field(default_factory=tuple)
    panel: bool = True
    kind = "plates"

    @property
    def hatches(self) -> Mapping[int, float]:
        """Side of a well, pixels, by the plates' columns: the hatch is as fine on every format."""
        return {plate.columns: plate.unit_px for plate in self.plates}


def page_plates(  # noqa: PLR0913 – what a page may want of its plates
    found: WellValues,
    *,
    ident: str,
    caption: str,
    pictures: Pictures | None = None,
    text: str | None = None,
    alone: bool = False,
    room: float = math.inf,
    dimmed: Collection[tuple[str, str]] = (),
) -> PagePlates:
    """Lay plates out for a page.

    Parameters
    ----------
    found
        Wells with their values.
    ident
        Prefix of the ids that they have on the page.
    caption
        What is seen.
    pictures
        Of the wells' fields.
    text
        Column of the table that is printed in the wells; what is shown if None.
    alone
        Without the wells' rows, their table as a file, and the panel: for a page that shows these itself.
    room
        Most that a plate is wide, rem; it is wider only where its wells could not be pointed at.
    dimmed
        Plate and well of those that are passed over: they are drawn pale.
    """
    colours = well_colours(found.grids(), found.spec())
    width = _width(list(found.formats.values()), room)
    pale: dict[str, list[str]] = {}
    for plate, well in dimmed:
        pale.setdefault(plate, []).append(well)
    drawn = [
        _plate(
            str(name),
            found.formats[str(name)],
            wells,
            colours,
            text or "shown",
            width,
            pale.get(str(name), ()),
        )
        for name, wells in found.table.groupby("plate", sort=False)
    ]
    data, notes = _data(found, pictures or {}, pale, alone=alone)
    key, table = _key(found.label, colours), None if alone else csv_download(found.table, ident)
    return PagePlates(ident, caption, key, drawn, data, width, table, notes, not alone)


def _width(shapes: Sequence[PlateFormat], room: float) -> float:
    """Find the least width of a plate, rem: smaller where there are many."""
    columns = max(shape.columns for shape in shapes)
    n = len(shapes)
    most = 62.0 if n == 1 else 29.0 if n <= 6 else 19.0 if n <= 24 else 11.0
    return max(SMALLEST_WELL * (columns + 1.2), min(most, room, LARGEST_WELL * columns + 2))


def _plate(  # noqa: PLR0913 – all that is drawn of a plate
    name: str,
    shape: PlateFormat,
    wells: pd.DataFrame,
    colours: WellColours,
    text: str,
    width: float,
    dimmed: Collection[str],
) -> DrawnPlate:
    """Draw the wells that have a value, those of one colour as one path."""
    width = min(width, LARGEST_WELL * shape.columns + 2)
    unit = width * REM_PX / (shape.columns + 1.2)
    step = max(1, math.ceil(CLOSEST_PX / unit))
    known = wells[wells["shown"].notna()]
    places = [parse_well(well) for well in known["well"]]
    rgba = colours.rgba(known["shown"].tolist())
    hexes = ["#" + "".join(f"{round(255 * part):02x}" for part in one[:3]) for one in rgba]
    outlines: dict[str, list[str]] = {}
    for place, colour in zip(places, hexes, strict=True):
        outlines.setdefault(colour, []).append(_outline(place))
    texts = []
    if shape.size <= PRINTED_WELLS:
        for place, one, value in zip(places, rgba, known[text], strict=True):
            if not pd.isna(value):
                texts.append((place.column, place.row, brief_value(value), ink_on(one)))
    lines = [f"M{column} 0v{shape.rows}" for column in range(1, shape.columns)]
    lines += [f"M0 {row}h{shape.columns}" for row in range(1, shape.rows)]
    return DrawnPlate(
        name,
        shape.rows,
        shape.columns,
        [(colour, "".join(paths)) for colour, paths in outlines.items()],
        "".join(lines),
        "".join(_outline(parse_well(well)) for well in dimmed),
        texts,
        [(column, str(column + 1)) for column in range(0, shape.columns, step)],
        [(row, row_name(row)) for row in range(0, shape.rows, step)],
        f"Plate {name}, {shape.size} wells, {counted(len(known), 'well')} with a value",
        width,
        unit,
    )


def _outline(place: WellPosition) -> str:
    """Outline of a well, in units of wells."""
    return f"M{place.column} {place.row}h1v1h-1z"


def _key(label: str, colours: WellColours) -> Key:
    """Explain the colours; marks that would touch those at the ends are left out."""
    if colours.scale is None:
        return Key(label, entries=list(colours.legend().items()))
    from matplotlib.colors import to_hex
    from matplotlib.ticker import MaxNLocator

    low, high = (float(limit) for limit in colours.scale.get_clim())
    stops = [to_hex(tuple(one)) for one in colours.rgba(np.linspace(low, high, STEPS).tolist())]
    marks = [float(mark) for mark in MaxNLocator(4).tick_values(low, high) if low <= mark <= high]
    ticks = [((mark - low) / (high - low), cell(mark)) for mark in marks]
    beyond = colours.beyond()
    ends = [(0.0, f"≤ {cell(low)}")] if beyond in ("min", "both") else []
    ends += [(1.0, f"≥ {cell(high)}")] if beyond in ("max", "both") else []
    shown = list(ends)
    for place, text in ticks:
        if all(abs(place - other) * RAMP_SIGNS > (len(text) + len(near)) / 2 + 1 for other, near in shown):
            shown.append((place, text))
    return Key(label, stops, sorted(shown))


def _data(
    found: WellValues, pictures: Pictures, dimmed: Mapping[str, Sequence[str]], *, alone: bool
) -> tuple["Markup", tuple[str, ...]]:
    """Write what the script reads: wells by place, their rows, their pictures; and what is left out."""
    from markupsafe import Markup

    # Whether a well takes part is told in words, and the value but once.
    told = {"plate", "well", "value", "n", "shown", "included", found.value}
    about = [name for name in found.table if name not in told]
    quiet = {name for name in STATE if name in found.rows and _says_nothing(found.rows[name])}
    parts = [name for name in found.rows if name not in {"plate", "well"} | quiet]
    notes = []
    # A row has four signs at least for each part; many that are too many need not be written to be weighed.
    few = not alone and 4 * len(found.rows) * len(parts) <= LARGEST_ROWS_BYTES
    rows = _rows_by_well(found.rows, parts) if few else {}
    if alone:
        parts = []
    elif not few or len(json.dumps(list(rows.values()))) > LARGEST_ROWS_BYTES:
        notes.append(f"The page does not carry the {len(found.rows):,} {plural(found.unit)}, only the wells.")
        rows, parts = {}, []
    # Plates by number: a browser may read a name out of the page's markup otherwise than it was written.
    plates: dict[str, dict[str, Any]] = {
        name: {"name": name, "wells": {}, "rows": {}, "pictures": {}} for name in found.formats
    }
    words = _rows_by_well(found.table, ["value", "n", "shown", *about])
    wells = {place: own for place, (own,) in words.items()}
    held: dict[str, Mapping[tuple[str, str], Any]] = {"wells": wells, "rows": rows, "pictures": pictures}
    for kind, by_well in held.items():
        for (plate, well), own in by_well.items():
            plates[plate][kind][well] = own
    for plate, own in dimmed.items():
        plates[plate]["dimmed"] = list(own)
    document = {
        "value": spaced(found.value),
        "unit": found.unit,
        "units": plural(found.unit) if found.unit else "",
        "difference": found.view == "difference",
        "about": [spaced(name) for name in about],
        "parts": [spaced(found.value if name == "value" else name) for name in parts],
        "plates": list(plates.values()),
    }
    # Inside a script element nothing may look like its end or a comment.
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text), tuple(notes)


def _says_nothing(state: pd.Series) -> bool:
    """Whether no row is flagged, has a reason, or lacks a plane.

    Examples
    --------
    >>> [_says_nothing(pd.Series(one)) for one in ([True, True], [True, False], [0, 1], ["", None], [0, 0])]
    [True, False, False, True, True]
    """
    if pd.api.types.is_bool_dtype(state):
        return bool(state.all())
    return bool((state.isna() | state.isin([0, ""])).all())


def _rows_by_well(rows: pd.DataFrame, parts: Sequence[str]) -> dict[tuple[str, str], list[list[str]]]:
    """Rows as text, by plate and well."""
    words = [[cell(value) for value in rows[name]] for name in parts]
    found: dict[tuple[str, str], list[list[str]]] = {}
    for number, place in enumerate(zip(rows["plate"], rows["well"], strict=True)):
        found.setdefault(place, []).append([column[number] for column in words])
    return found
