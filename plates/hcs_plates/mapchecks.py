"""What is wrong or odd in a platemap's names: dates, spellings, contradictions."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from hcs_plates.columns import KNOWN
from hcs_plates.sheet import Sheet
from hcs_plates.spelling import alike

SHOWN_WELLS = 12
ONE_PER_CLONE = ("diagnosis", "donor")
"""Columns of which a clone has one value."""


@dataclass
class CheckedMap:
    """A platemap while it is checked: cells as text by column, None where missing, indexed by line."""

    cells: pd.DataFrame
    word: str
    faults: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def where(self, lines: Iterable[int]) -> str:
        """Name lines: ``lines 3, 4``."""
        numbers = sorted(lines)
        first = ", ".join(map(str, numbers[:SHOWN_WELLS]))
        more = f" and {len(numbers) - SHOWN_WELLS} more" if len(numbers) > SHOWN_WELLS else ""
        return f"{self.word}{'s' if len(numbers) > 1 else ''} {first}{more}"


def check_dates(plate_map: CheckedMap, sheet: Sheet, names: Sequence[str]) -> None:
    """Find names that a spreadsheet turned into dates: 1-2 was typed, and the second of January is kept."""
    held: dict[str, list[int]] = defaultdict(list)
    for line, place in sorted(sheet.dates):
        if place < len(names) and line in plate_map.cells.index:
            held[names[place]].append(line)
    for name, lines in held.items():
        if name not in KNOWN or KNOWN[name].kind != "text":
            continue
        # Batches may be called by their day; among other names, or as a clone, a date is damage.
        if name in ("clone", "donor") or len(lines) < plate_map.cells[name].notna().sum():
            plate_map.faults.append(
                f"{plate_map.where(lines)}: {name} is a date ({plate_map.cells[name][lines[0]]}), which the "
                "spreadsheet made of what was typed; format the column as text and type the names again"
            )


def check_spelling(plate_map: CheckedMap) -> None:
    """Notice names that look alike and are told apart: a clone spelt in two ways counts as two."""
    for name, column in KNOWN.items():
        if column.kind != "text" or name not in plate_map.cells:
            continue
        cells = plate_map.cells[name].dropna()
        for same in alike(cells):
            spelt = ", ".join(f"{one!r} ({plate_map.where(cells.index[cells == one])})" for one in same)
            plate_map.notices.append(
                f"The column {name!r} has {len(same)} spellings that look alike and count as {len(same)} "
                f"values: {spelt}; spell them the same if they are one."
            )


def check_clones(plate_map: CheckedMap) -> None:
    """Find clones of two donors or two diagnoses, on whichever plate of the map they stand."""
    cells = plate_map.cells
    if "clone" not in cells:
        return
    for column in ONE_PER_CLONE:
        if column not in cells:
            continue
        for clone, rows in cells.groupby("clone"):
            lines = {value: same.index for value, same in rows.groupby(column)}
            if len(lines) > 1:
                values = ", ".join(f"{value!r} ({plate_map.where(at)})" for value, at in lines.items())
                plate_map.faults.append(
                    f"clone {clone!r} has {len(lines)} values of {column}: {values}; expected one"
                )
            blank = rows.index[rows[column].isna()]
            if lines and len(blank):
                plate_map.notices.append(
                    f"Clone {clone!r} has no {column} in {len(blank)} of its wells "
                    f"({plate_map.where(blank)})."
                )
