"""What is wrong or odd in a platemap's names: dates, spellings, contradictions."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from hcs_plates.columns import KNOWN
from hcs_plates.eligibility import ELIGIBILITY
from hcs_plates.headings import meant
from hcs_plates.names import names_things
from hcs_plates.sheet import Sheet
from hcs_plates.spelling import alike

SHOWN_WELLS = 12
ONE_PER_CLONE = ("diagnosis", "donor", "source_tissue", "reprogramming_vector", ELIGIBILITY)
"""Columns of which a clone has one value."""

_MONTH = r"(?:jan|feb|m[aä]r|mrz|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-zä]*\.?"
# As a spreadsheet writes into a CSV what was typed as 1-2.
_SHORT_DATE = re.compile(
    rf"\d{{1,2}}[-. ]+{_MONTH}(?:[-. ]+\d{{2,4}})?|{_MONTH}[-. ]+\d{{2,4}}", re.IGNORECASE
)


@dataclass
class CheckedMap:
    """A platemap while it is checked: cells as text by column, None where missing, indexed by line."""

    cells: pd.DataFrame
    word: str
    faults: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def where(self, lines: Iterable[int | str]) -> str:
        """Name lines: ``lines 3, 4``."""
        numbers = sorted(lines, key=lambda line: (str(type(line)), line))
        first = ", ".join(map(str, numbers[:SHOWN_WELLS]))
        more = f" and {len(numbers) - SHOWN_WELLS} more" if len(numbers) > SHOWN_WELLS else ""
        return f"{self.word}{'s' if len(numbers) > 1 else ''} {first}{more}"


def check_dates(plate_map: CheckedMap, sheet: Sheet, names: Sequence[str]) -> None:
    """Find names that a spreadsheet turned into dates: 1-2 was typed, and the second of January is kept.

    Also names that a workbook keeps as numbers with decimals.
    """
    held: dict[str, dict[int | str, str]] = defaultdict(dict)
    for (line, place), address in sheet.dates.items():
        if line in plate_map.cells.index:
            held[names[place]][line] = address
    for name in ("clone", "donor"):
        if name in plate_map.cells:
            cells = plate_map.cells[name].dropna()
            held[name] |= {
                line: f"{plate_map.word} {line}"
                for line, cell in cells.items()
                if line not in held[name] and _SHORT_DATE.fullmatch(cell)
            }
    for name, found in held.items():
        if name not in KNOWN or KNOWN[name].kind != "text" or not found:
            continue
        # Batches may be called by their day; among other names, or as a clone, a date is damage.
        if name in ("clone", "donor") or len(found) < plate_map.cells[name].notna().sum():
            plate_map.faults.append(
                f"{_in_cells(found, sheet)}: {name} is a date ({plate_map.cells[name][next(iter(found))]}), "
                "which the spreadsheet made of what was typed; format the column as text and type the "
                "names again"
            )
    naming = {place: name for place, name in enumerate(names) if names_things(name)}
    plate_map.faults += sheet.numbers_for_names(naming)


def _in_cells(found: Mapping[int | str, str], sheet: Sheet) -> str:
    """Name cells of a workbook by their addresses, of a text by their lines."""
    word = f"cell{'s' if len(found) > 1 else ''} " if sheet.dates else ""
    return f"{word}{_shown(found.values())}"


def _shown(places: Iterable[str]) -> str:
    """Name places in a file, the first dozen of many."""
    known = list(places)
    more = f" and {len(known) - SHOWN_WELLS} more" if len(known) > SHOWN_WELLS else ""
    return f"{', '.join(known[:SHOWN_WELLS])}{more}"


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
    """Find clones of two donors, diagnoses, tissues or vectors, on whichever plate of the map they stand."""
    cells = plate_map.cells
    if "clone" not in cells:
        return
    lines_of_it = [name for name in cells if name not in KNOWN and (meant(name) or ("",))[0] == "clone"]
    for column in (*ONE_PER_CLONE, *lines_of_it):
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
