"""Names as they fit into wells on paper: set in lines, as large as all of a plate allow, or as numbers."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from hcs.design.maps.mapped import MappedPlate

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties
    from matplotlib.ft2font import FT2Font

POINT = 25.4 / 72
"""A point, mm."""
LARGEST, SMALLEST = 13.0, 5.2
"""Sizes of letters in wells, pt; names that would have to be smaller are given as numbers."""
EASY = 6.0
"""Size from which on a name is not broken for larger letters, pt: a code is read as one."""
NOTE = 3.2
"""Height of what stands below a name, mm."""
LINE = 1.15
"""From one line to the next, in sizes of letters."""
MOST_LINES = 3
_BREAK = re.compile(r"(?<=[-_ ./])")


@dataclass(frozen=True)
class Lettering:
    """What stands in the wells of one plate.

    Parameters
    ----------
    texts
        By what is in a well, and whether it is a control: lines, and the size of their letters, pt.
    numbered
        Whether lines stand as their numbers in the pipetting list.
    short
        Roles of controls that were shortened, by what stands for them.
    """

    texts: Mapping[tuple[str, bool], tuple[str, float]]
    numbered: bool
    short: Mapping[str, str]


def lettering(plate: MappedPlate, side: float, ticked: float) -> Lettering:
    """Find the letters for the wells of a plate.

    Parameters
    ----------
    plate
        What is in its wells.
    side
        Of a well, mm.
    ticked
        Height that a box to tick takes of it, mm.
    """
    names = [row.name for row in plate.rows if not row.control]
    noted = NOTE if ticked and any(row.note for row in plate.rows) else 0.0
    room = _Room(0.86 * side - 0.4, side - 1.0 - ticked - noted)
    shown = {name: name for name in names}
    numbered = any(not printable(name) or room.set(name)[1] < SMALLEST for name in names)
    if numbered:
        shown = {name: str(number) for number, name in enumerate(names, start=1)}
    # Codes are all in one line, or all in two: K7 above QX is not to be taken for another.
    broken = any("\n" in room.set(text)[0] for text in shown.values() if not _BREAK.search(text))
    room = replace(room, broken=broken)
    sizes = sorted(room.set(text)[1] for text in shown.values())
    room = replace(room, most=sizes[len(sizes) // 2] if sizes else LARGEST)
    texts = {(name, False): room.set(text) for name, text in shown.items()}
    short: dict[str, str] = {}
    framed = _Room(0.78 * side - 0.4, 0.9 * side - 1.0 - ticked - noted, room.most)
    for role in (row.name for row in plate.rows if row.control):
        texts[role, True] = framed.set(role)
        if texts[role, True][1] < SMALLEST:
            sign = _initials(role, short)
            short[sign], texts[role, True] = role, framed.set(sign)
    return Lettering(texts, numbered, short)


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Width of a line of text, mm."""
    return _unit_width(text, bold) * size * POINT


def printable(text: str) -> bool:
    """Whether the letters of figures have every sign of a text.

    Examples
    --------
    >>> printable("C9-ALS µ"), printable("株1")
    (True, False)
    """
    font = _font()
    return all(font.get_char_index(ord(sign)) for sign in text)


def in_print(text: str) -> str:
    """Write a text with a box for each sign that the letters of figures do not have."""
    font = _font()
    return "".join(sign if sign == "\n" or font.get_char_index(ord(sign)) else "□" for sign in text)


@dataclass(frozen=True)
class _Room:
    """Room for letters in a well, mm; the most their size may be, pt; whether words are to be broken."""

    width: float
    height: float
    most: float = LARGEST
    broken: bool = False

    def set(self, text: str) -> tuple[str, float]:
        """Set a text in as few lines as can be easily read, or else as many as make its letters largest.

        Gives the lines, and the size of the letters, pt.
        """
        best = ("", 0.0)
        least = 2 if self.broken and len(text) > 1 and not _BREAK.search(text) else 1
        for n in range(least, MOST_LINES + 1):
            lines = _lines(text, n)
            wide = max(_unit_width(line, True) for line in lines)
            size = min(self.width / (wide * POINT), self.height / (len(lines) * LINE * POINT), self.most)
            if size > 1.1 * best[1]:
                best = ("\n".join(lines), size)
            if best[1] >= min(EASY, self.most):
                break
        return best


def _lines(text: str, n: int) -> list[str]:
    """Break a text into at most n lines, behind signs or spaces, and a text without any in pieces.

    Examples
    --------
    >>> _lines("HPS4290-c12", 2), _lines("K7QXM3", 2), _lines("negative control", 3)
    (['HPS4290-', 'c12'], ['K7Q', 'XM3'], ['negative', 'control'])
    """
    words = [word for word in _BREAK.split(text) if word]
    if len(words) == 1:
        step = -(-len(text) // n)
        return [text[start : start + step] for start in range(0, len(text), step)]
    n = min(n, len(words))
    ways = (
        ["".join(words[start:end]) for start, end in pairwise((0, *cuts, len(words)))]
        for cuts in combinations(range(1, len(words)), n - 1)
    )
    return [line.strip() for line in min(ways, key=lambda lines: max(map(len, lines)))]


def _initials(role: str, taken: Collection[str]) -> str:
    """Shorten a role to the first letters of its words; another of the same letters gets a number.

    Examples
    --------
    >>> _initials("negative control", {}), _initials("no cells", {"NC": "negative control"})
    ('NC', 'NC2')
    """
    words = role.split()
    sign = "".join(word[0] for word in words).upper() if len(words) > 1 else role[:3].upper()
    number = 1
    made = sign
    while made in taken:
        number += 1
        made = f"{sign}{number}"
    return made


@cache
def _unit_width(text: str, bold: bool) -> float:
    """Width of a line of letters of 1 pt, pt."""
    from matplotlib.textpath import TextPath

    if not text.strip():
        return 0.3
    return float(TextPath((0, 0), in_print(text), size=1, prop=_properties(bold)).get_extents().x1)


@cache
def _properties(bold: bool = False) -> "FontProperties":
    from matplotlib.font_manager import FontProperties

    return FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")


@cache
def _font() -> "FT2Font":
    from matplotlib.font_manager import findfont, get_font

    return get_font(findfont(_properties()))
