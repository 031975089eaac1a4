"""Where and when the images of a `.xdce` were taken: positions of fields, the stage's direction, moments."""

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any, Literal

from hcs_plates.readers.xmlfile import every, first, number, text, whole
from hcs_plates.wells import parse_well

Point = tuple[float, float]
Direction = Literal["up", "down"]
_YEARS = range(1995, 2100)
_LEAST_UM = 1.0
"""Fields nearer than this in y say nothing of its direction."""


def read_offsets(root: Any) -> dict[int, Point]:
    """Position (x, y) of a field within its well, µm, by field index: the list that all wells share."""
    offsets = {}
    for order, element in enumerate(every(root, "offset_point")):
        index, x, y = whole(element, "index"), number(element, "x"), number(element, "y")
        if x is not None and y is not None:
            offsets[order if index is None else index] = (x, y)
    return offsets


def plate_position(image: Any) -> Point | None:
    """Position (x, y) of an image on the plate, µm, where it is stated."""
    place = first(image, "PlatePosition_um")
    x, y = number(place, "x"), number(place, "y")
    return None if x is None or y is None else (x, y)


def created_at(root: Any) -> datetime | None:
    """Read when the acquisition began, by the instrument's clock, where it is stated."""
    stated = first(root, "Creation")
    date, time = text(stated, "date") or "", text(stated, "time") or ""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", date):
        return None
    try:
        found = datetime.fromisoformat(f"{date}T{time}")
    except ValueError:
        return None
    return found if found.year in _YEARS else None


def taken_at(image: Any, created: datetime | None) -> str | None:
    """Read when an image was taken, ISO 8601: `timestamp_sec` counts from 1970, UTC; ms from the creation."""
    seconds = text(image, "timestamp_sec")
    if seconds is not None:
        try:
            found = datetime.fromtimestamp(float(seconds), UTC)
        except (ValueError, OverflowError, OSError):
            return None
        return found.isoformat() if found.year in _YEARS else None
    later = number(image, "acquisition_time_ms")
    if created is None or later is None or later < 0:
        return None
    return (created + timedelta(milliseconds=later)).isoformat(timespec="milliseconds")


def within_wells(places: Mapping[tuple[str, int], Point]) -> dict[tuple[str, int], Point]:
    """Positions within wells of positions on the plate: from the middle of the well's fields.

    Parameters
    ----------
    places
        On the plate, by well and field.
    """
    fields: dict[str, list[Point]] = defaultdict(list)
    for (well, _), place in places.items():
        fields[well].append(place)
    middles = {
        well: tuple((min(axis) + max(axis)) / 2 for axis in zip(*own, strict=True))
        for well, own in fields.items()
    }
    return {
        (well, field): (x - middles[well][0], y - middles[well][1])
        for (well, field), (x, y) in places.items()
    }


def plate_direction(places: Mapping[tuple[str, int], Point]) -> Direction | None:
    """Find whether y grows down the plate's rows or up, by one field in several rows; None where none tells.

    Examples
    --------
    >>> plate_direction({("A01", 0): (0, 10), ("B01", 0): (0, 9010)})
    'down'
    """
    columns: dict[tuple[int, int], list[tuple[int, float]]] = defaultdict(list)
    for (well, field), (_, y) in places.items():
        position = parse_well(well)
        columns[position.column, field].append((position.row, y))
    grows = {
        later > before
        for rows in columns.values()
        for (_, before), (_, later) in combinations(sorted(rows), 2)
    }
    return None if len(grows) != 1 else "down" if grows.pop() else "up"


def offset_direction(
    offsets: Mapping[int, Point], places: Mapping[tuple[str, int], Point]
) -> Direction | None:
    """Find the direction of y of offsets by where their fields lie on the plate; None where nothing tells."""
    wells: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for (well, field), (_, y) in places.items():
        if field in offsets:
            wells[well].append((offsets[field][1], y))
    alike = {
        math.copysign(1, later[0] - before[0]) == math.copysign(1, later[1] - before[1])
        for fields in wells.values()
        for before, later in combinations(fields, 2)
        if min(abs(later[0] - before[0]), abs(later[1] - before[1])) >= _LEAST_UM
    }
    direction = plate_direction(places)
    if direction is None or len(alike) != 1:
        return None
    other: Direction = "up" if direction == "down" else "down"
    return direction if alike.pop() else other


def differ_in_y(points: Sequence[Point]) -> bool:
    """Whether points lie at several heights, so that their direction matters."""
    heights = [y for _, y in points]
    return bool(heights) and max(heights) - min(heights) >= _LEAST_UM
