"""Wells and fields in the names of positions: ``A01_0000``, ``Well B3, Field 2``."""

import re
from collections import Counter
from collections.abc import Sequence

from hcs_plates.wells import parse_well

_WELL = re.compile(
    r"(?<![A-Za-z0-9])(?:[Ww][Ee][Ll][Ll][ _:]*)?(?P<row>A[A-F]|[A-P])(?: ?[-_/] ?| )?"
    r"(?P<column>0?[1-9]|[1-4]\d)(?![A-Za-z0-9])"
)
# ZEN counts a plate's positions P1, P2, … before the name of the well: ``P1-B3``.
_POSITION = re.compile(r"P(\d{1,4})-")


def well_in(name: str) -> tuple[str, int | None] | None:
    """Read the well in a name, and the last number after it; None where there is no well, or several.

    A number before the well is that of a plate or a day, but for ZEN's of the position; one of more than four
    digits is a day's anywhere.

    Examples
    --------
    >>> well_in("A01_0002"), well_in("B - 03"), well_in("Well B3, Field 2"), well_in("P1-B3")
    (('A01', 2), ('B03', None), ('B03', 2), ('B03', 1))
    >>> well_in("Position 3") is None and well_in("A01 B02") is None
    True
    """
    found = list(_WELL.finditer(name))
    if len(found) > 1:
        found = [match for match in found if not _POSITION.match(name, match.start())]
    if len(found) != 1:
        return None
    (match,) = found
    numbers = re.findall(r"(?<!\d)\d{1,4}(?!\d)", name[match.end() :])
    numbers = numbers or _POSITION.findall(name[: match.start()])
    well = parse_well(f"{match['row']}{int(match['column'])}").name
    return well, int(numbers[-1]) if numbers else None


def numbered(places: Sequence[tuple[str, int | None]]) -> tuple[list[tuple[str, int]], bool]:
    """Give every place its field: the number its name shows, or else its order in the well, from 1.

    Returns
    -------
    places
        Well and field.
    shown
        Whether the numbers are the names' own: all have one, and no two of a well have the same.
    """
    own = [(well, number) for well, number in places if number is not None]
    if len(own) == len(places) == len(set(own)):
        return own, True
    counts: Counter[str] = Counter()
    counted = []
    for well, _ in places:
        counts[well] += 1
        counted.append((well, counts[well]))
    return counted, False
