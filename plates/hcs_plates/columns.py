"""The columns of a wells table that the toolkit knows by name, and how the cells of each are read."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

import pandas as pd

from hcs_plates.eligibility import ELIGIBILITY, REASON, ineligible_reasons
from hcs_plates.quantities import expected_dilution, read_dilution

Kind = Literal["text", "whole", "number", "dilution", "boolean", "place"]

MISSING_WORDS = frozenset({"", "na", "n/a", "nan", "null", "#n/a"})
"""Cells that stand for no value, whatever their case. ``None`` is not among them: it is a treatment."""

TRUE_WORDS = frozenset({"true", "yes", "y", "t", "1", "1.0"})
FALSE_WORDS = frozenset({"false", "no", "n", "f", "0", "0.0"})

NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
WHOLE = r"\d{1,15}(?:\.0*)?"
"""No more digits than a float tells apart."""

BOOLEAN = "|".join(sorted(re.escape(word) for word in TRUE_WORDS | FALSE_WORDS))
_RULES: Mapping[str, tuple[str, str]] = {
    "whole": (WHOLE, "a whole number of at most 15 digits"),
    "number": (f"(?!-){NUMBER}", "a number from 0 (with a decimal point)"),
    "boolean": (f"(?i:{BOOLEAN})", "true or false"),
}
# Without a leading zero: "01" is a name that happens to be written in digits.
_PLAIN_NUMBER = re.compile(r"[+-]?(?=\.?\d)(?:0|[1-9]\d*)?(?:\.\d*)?(?:[eE][+-]?\d+)?")
_PLAIN_WHOLE = re.compile(r"[+-]?(?:0|[1-9]\d*)")
_LARGEST_EXACT = 2**53


@dataclass(frozen=True)
class KnownColumn:
    """One known column.

    Parameters
    ----------
    name
        As later code asks for it.
    kind
        ``text`` keeps every cell as written ("01" stays "01"); ``whole`` and ``number`` are not negative;
        ``dilution`` is kept as the n of 1:n; ``boolean``; ``place`` says which well the row is.
    meaning
        One line for messages and documentation.
    """

    name: str
    kind: Kind
    meaning: str


KNOWN: Mapping[str, KnownColumn] = {
    column.name: column
    for column in (
        KnownColumn("well", "place", "name of the well, 'B03'"),
        KnownColumn("plate", "text", "name of the plate, where a map describes several"),
        KnownColumn("row", "place", "row of the well, 'B' or 2"),
        KnownColumn("column", "place", "column of the well, counted from 1"),
        KnownColumn("clone", "text", "cell line; has one donor and one diagnosis"),
        KnownColumn("donor", "text", "person the clone comes from"),
        KnownColumn("diagnosis", "text", "diagnosis or class of the clone"),
        KnownColumn("passage", "whole", "passage number"),
        KnownColumn("differentiation_batch", "text", "differentiation the cells come from"),
        KnownColumn("role", "text", "role of the well in the design, 'negative_control'"),
        KnownColumn("treatment", "text", "compound or other treatment"),
        KnownColumn("dose", "number", "dose of the treatment"),
        KnownColumn("dose_unit", "text", "unit of the dose"),
        KnownColumn("seeding_density", "number", "cells seeded"),
        KnownColumn("seeding_density_unit", "text", "cells/well or cells/cm²"),
        KnownColumn("source_tissue", "text", "tissue that the clone was reprogrammed from, 'fibroblast'"),
        KnownColumn("reprogramming_vector", "text", "vector that the clone was reprogrammed with"),
        KnownColumn("day", "number", "days in culture when imaged"),
        KnownColumn("differentiation_day", "number", "day of the differentiation when fixed or imaged"),
        KnownColumn("fixation", "text", "fixative, its strength and time"),
        KnownColumn("stain", "text", "stain"),
        KnownColumn("primary_antibody", "text", "first antibody"),
        KnownColumn("primary_dilution", "dilution", "dilution of the first antibody, 1:1,000"),
        KnownColumn("secondary_antibody", "text", "second antibody"),
        KnownColumn("secondary_dilution", "dilution", "dilution of the second antibody, 1:500"),
        KnownColumn(ELIGIBILITY, "text", "eligible, not eligible or undetermined; as of the clone"),
        KnownColumn(REASON, "text", "why the clone is not eligible or undetermined"),
        KnownColumn("included", "boolean", "whether the well takes part in analyses; blank is true"),
    )
}
"""Known columns by name, in the order of the wells table."""

UNIT_OF: Mapping[str, str] = {"dose": "dose_unit", "seeding_density": "seeding_density_unit"}
"""The column that says the unit of another one."""

DENSITY_UNITS: Mapping[str, str] = {
    "cells/well": r"(?i:(?:cells?)?\s*(?:/|per|\s)\s*well)",
    "cells/cm²": r"(?i:(?:cells?)?\s*(?:/|per|\s)\s*cm\s*(?:\^?2|²))",
}
"""How units of a seeding density are written."""


NOTES = ("notes", "note", "comment", "comments", "remark", "remarks", "reason")
"""Headings, in small letters, of a column in which people say why a well is not to be used."""


def known_name(heading: str) -> str:
    """Spell a heading as a known column's name is spelt: case, spaces and hyphens do not count.

    Examples
    --------
    >>> known_name(" Differentiation Batch"), known_name("Genotype")
    ('differentiation_batch', 'Genotype')
    """
    spelt = re.sub(r"[\s_-]+", "_", heading.strip().casefold())
    return spelt if spelt in KNOWN else heading.strip()


def misspelt(names: Sequence[str]) -> dict[str, str]:
    """Find columns that are nearly spelt like a known one that is not there.

    Examples
    --------
    >>> misspelt(["well", "clones", "genotype"])
    {'clones': 'clone'}
    """
    alike = {}
    for name in names:
        close = get_close_matches(name.casefold(), KNOWN, n=1, cutoff=0.8)
        if name not in KNOWN and close and close[0] not in names:
            alike[name] = close[0]
    return alike


def left_out_reasons(wells: pd.DataFrame) -> pd.Series:
    """Say of every well why its platemap would leave it out: a clone that is not eligible, or its own notes.

    Examples
    --------
    >>> left_out_reasons(pd.DataFrame({"well": ["A01", "A02"], "Notes": ["2nd ab only", None]})).tolist()
    ['not included (platemap: 2nd ab only)', 'not included (platemap)']
    """
    said = pd.Series("not included (platemap)", index=wells.index, dtype=object)
    for name in wells.columns:
        if str(name).casefold() in NOTES:
            noted = wells[name].notna() & (wells[name].astype(str).str.strip() != "")
            said = said.where(~noted, "not included (platemap: " + wells[name].astype(str).str.strip() + ")")
            break
    barred = ineligible_reasons(wells)
    return said.where(barred.isna(), barred)


def place_hints(names: Sequence[str]) -> dict[str, str]:
    """Find what other programs call the well, or its row and column.

    Examples
    --------
    >>> place_hints(["WellRow", "WellCol", "well_position"]), place_hints(["row", "col"])
    ({'well_position': 'well'}, {'col': 'column'})
    """
    hints = {}
    for name in names:
        spelt = name.casefold()
        if name not in KNOWN and spelt.startswith(("well", "row", "col")):
            hints[name] = "row" if "row" in spelt else "column" if "col" in spelt else "well"
    wells = {name: known for name, known in hints.items() if known == "well"}
    return wells or hints


def is_missing(cell: str) -> bool:
    """Whether a cell stands for no value."""
    return cell.strip().casefold() in MISSING_WORDS


def known_values(column: KnownColumn, cells: Sequence[str | None]) -> pd.Series:
    """Convert the checked cells of a known column (None is missing) to its type."""
    if column.kind == "whole":
        return pd.Series([None if cell is None else int(float(cell)) for cell in cells], dtype="Int64")
    if column.kind == "dilution":
        return pd.Series(
            [float("nan") if cell is None else read_dilution(cell) for cell in cells], dtype="float64"
        )
    if column.kind == "number":
        return pd.Series([float("nan") if cell is None else float(cell) for cell in cells], dtype="float64")
    if column.kind == "boolean":
        return pd.Series([cell is None or cell.casefold() in TRUE_WORDS for cell in cells], dtype="bool")
    return text_values(cells)


def wrong_cells(cells: pd.DataFrame) -> list[tuple[int, str, str, str]]:
    """Hold the cells of known columns against their types.

    Parameters
    ----------
    cells
        Text (None where missing) by column, indexed by line.

    Returns
    -------
    list of (line, column, cell, what was expected)
        All of them, in the order of the lines.
    """
    wrong = []
    for name, known in KNOWN.items():
        if known.kind == "dilution" and name in cells:
            wrong += [
                (line, name, cell, expected_dilution(cell))
                for line, cell in cells[name].dropna().items()
                if not _is_dilution(cell)
            ]
        if known.kind not in _RULES or name not in cells:
            continue
        rule, expected = _RULES[known.kind]
        wrong += [
            (line, name, cell, expected)
            for line, cell in cells[name].dropna().items()
            if not re.fullmatch(rule, cell) or (known.kind == "number" and not math.isfinite(float(cell)))
        ]
    return sorted(wrong)


def _is_dilution(cell: str) -> bool:
    try:
        read_dilution(cell)
    except ValueError:
        return False
    return True


def text_values(cells: Sequence[str | None]) -> pd.Series:
    """Text as written, missing cells as missing."""
    return pd.Series(list(cells), dtype="str")


def guessed_values(cells: Sequence[str | None], *, exact: bool = False) -> tuple[pd.Series, int | None]:
    """Type a column the toolkit does not know by what stands in it.

    Parameters
    ----------
    cells
        As written, None where missing.
    exact
        Keep text where a value would be printed otherwise than written: any column may be used for its names,
        and 1.10 is not 1.1.

    Returns
    -------
    (pandas.Series, int or None)
        Whole numbers, numbers, booleans (words only: 0 and 1 are numbers) or else text; and, where numbers
        and text are mixed, the place of the first cell that is no number.

    Examples
    --------
    >>> guessed_values(["1", None, "3"])[0].dtype, guessed_values(["01", "02"])[0].tolist()
    (Int64Dtype(), ['01', '02'])
    >>> guessed_values(["1", "high"])[1]
    1
    >>> guessed_values(["0.5", "1.10"], exact=True)[0].tolist()
    ['0.5', '1.10']
    """
    made, odd = _guessed(cells)
    if exact and any(
        cell is not None and cell != printed(value) for cell, value in zip(cells, made, strict=True)
    ):
        return text_values(cells), odd
    return made, odd


def printed(value: object) -> str:
    """Text of a value that names something: a number without the decimals that a missing cell gives it.

    Examples
    --------
    >>> printed(12.0), printed(12.5), printed(True)
    ('12', '12.5', 'True')
    """
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _guessed(cells: Sequence[str | None]) -> tuple[pd.Series, int | None]:
    """Type a column."""
    present = [cell for cell in cells if cell is not None]
    numbers = [is_plain_number(cell) for cell in present]
    if present and all(numbers):
        if all(_PLAIN_WHOLE.fullmatch(cell) for cell in present):
            whole = pd.Series([None if cell is None else int(cell) for cell in cells], dtype="Int64")
            return (whole if whole.hasnans else whole.astype("int64")), None
        return known_values(KNOWN["dose"], cells), None
    words = [cell.casefold() for cell in present]
    if present and set(words) <= {"true", "false", "yes", "no"}:
        flags = [None if cell is None else cell.casefold() in TRUE_WORDS for cell in cells]
        return pd.Series(flags, dtype="boolean" if None in flags else "bool"), None
    odd = [place for place, cell in enumerate(cells) if cell is not None and not re.fullmatch(NUMBER, cell)]
    return text_values(cells), odd[0] if odd and any(numbers) else None


def decimal_commas(cells: Sequence[str | None]) -> bool:
    """Whether cells are numbers of which some are written with a decimal comma.

    Examples
    --------
    >>> decimal_commas(["98,5", None, "100"]), decimal_commas(["98.5", "1"]), decimal_commas(["1,2", "a"])
    (True, False, False)
    """
    present = [cell for cell in cells if cell is not None]
    return any("," in cell for cell in present) and all(
        cell.count(",") < 2 and re.fullmatch(NUMBER, cell.replace(",", ".")) for cell in present
    )


def is_plain_number(cell: str) -> bool:
    """Whether a cell is a number and nothing else (no leading zero, finite and exact as a float)."""
    if not _PLAIN_NUMBER.fullmatch(cell) or not math.isfinite(float(cell)):
        return False
    # The length first: Python refuses to read thousands of digits.
    return not _PLAIN_WHOLE.fullmatch(cell) or (len(cell) < 20 and abs(int(cell)) <= _LARGEST_EXACT)
