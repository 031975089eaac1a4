"""What else may differ between wells: batches, positions and properties, under whatever name they stand.

A label that goes with any of them may be told by it. Labs call them as they like (imaging_day, operator,
lot), so a column is looked at for what it holds: few values, or one on every plate or for every clone.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from hcs.tables.columnnames import BOOKKEEPING, no_measurement, plain_name
from hcs.tables.types import are_dates
from hcs_plates.wells import PlateFormat, full_format

BATCH, POSITION, PROPERTY = "batch", "position", "property"
FIRST = (
    "differentiation_batch", "plate", "row", "column", "edge", "passage", "day", "stain", "seeding_density",
)  # fmt: skip
"""Columns that hcs knows, in the order in which they are looked at; all others follow as they stand."""
PLACES = ("row", "column", "edge")
FEW = 3
"""A column of few values has this many wells for each, on average."""
MANY = 8
"""Numbers with more different values than this are taken in their order."""

UNITS = frozenset({
    "well", "wellid", "wellname", "wellposition", "clone", "cloneid", "group", "donor", "donorid", "patient",
    "patientid", "subject", "subjectid", "individual", "individualid", "participant", "participantid",
    "person", "personid", "isogenicpair", "isogenicparent", "pair", "parent", "parentline", "parentalline",
})  # fmt: skip
"""Names of wells and of what grows in them: these are counted, not held against the label."""
LABELS = frozenset({
    "label", "positive", "diagnosis", "disease", "diseasestatus", "diseasestate", "genotype", "gene",
    "mutation", "mutations", "variant", "allele", "phenotype", "status", "class", "casecontrol",
    "isogenic", "target",
})  # fmt: skip
"""Names of what a line of cells is: where one of them is the label, the others are words for it."""
ROWS = frozenset({
    "field", "site", "tile", "tileid", "cell", "model", "set", "included", "reason", "eligibility",
    "eligibilityreason", "missingplanes", "probability", "doseunit", "seedingdensityunit",
})  # fmt: skip
"""Names of parts of a well, and of how a row came out."""
PROPERTIES = re.compile(
    r"passage|(^|_)p(assage)?_?n(o|um|umber)?$|(^|_)age($|_)|(^|_)sex($|_)|gender|density|confluen|viab|karyo"
    r"|ethnic|ancestry|(^|_)race($|_)|tissue|reprogram|treatment|compound|drug|dose|role|concentration|cells_?seeded"
)
"""Words in the names of what cells are or were given, which is no batch."""
NAMES = re.compile(r"batch|plate|barcode|(^|_)lot($|_)|(^|_)id$|operator|scope|(^|_)(number|no|nr|index)$")
"""Words in the names of columns whose numbers are names: 2 does not lie between 1 and 3."""


@dataclass(frozen=True)
class Factor:
    """A column that may go with the label.

    Parameters
    ----------
    name
        Of the column.
    kind
        ``batch``, ``position`` (on the plate) or ``property`` (of the cells).
    ordered
        Whether it holds numbers or dates, whose order means something.
    """

    name: str
    kind: str
    ordered: bool


def factors(
    wells: pd.DataFrame,
    known: Iterable[str] = (),
    *,
    label: str = "diagnosis",
    plate_format: PlateFormat | None = None,
) -> tuple[Factor, ...]:
    """Find the columns of a wells table that the label may go with.

    Parameters
    ----------
    wells
        One row per well. Where it has a column well, row, column and edge can be read from it.
    known
        Columns that are something else: features, scores.
    label
        Name of the label's column.
    plate_format
        Without it there is an edge only where the wells reach all four sides of a standard plate.

    Returns
    -------
    tuple of Factor
        Those that hcs knows first, then others with one value on every plate, one in every group, or few
        values in all. Names of units (clone, donor), other words for the label, parts of a well and columns
        that only name the group again are none.

    Examples
    --------
    >>> wells = pd.DataFrame({"plate": list("1122"), "clone": list("abab"), "Imaging day": [3, 3, 5, 5]})
    >>> factors(wells.assign(diagnosis=list("xyxy"), sex=list("ffmm")))[1]
    Factor(name='Imaging day', kind='batch', ordered=True)
    """
    group = next(
        (name for name in ("group", "clone") if name in wells and wells[name].duplicated().any()), None
    )
    # Prepared wells name the label twice: in their own column, whatever the user calls it.
    other = {*known, label, *(("label", "positive") if {"group", "label"} <= set(wells) else ())}
    first = [name for name in FIRST if _there(wells, name, plate_format)]
    found = [name for name in first if name not in other]
    for name in map(str, wells.columns):
        if name in (*FIRST, *other) or _is_other(name, label):
            continue
        if "well" in wells and _kind(plain_name(name)) == POSITION:
            # Read from the well's name.
            continue
        if plain_name(name) == "role" and _same(wells, name, "label" if "label" in wells else label):
            continue
        if _may_vary(wells, name, group):
            found.append(name)
    return tuple(factor(wells, name) for name in found)


def factor(wells: pd.DataFrame, name: str) -> Factor:
    """Say what kind of factor a column is, whatever it holds."""
    return Factor(name, _kind(plain_name(name)), _ordered(wells, name))


def _there(wells: pd.DataFrame, name: str, plate_format: PlateFormat | None) -> bool:
    """Whether a column is there, or can be read from the wells' names."""
    if name in wells or name not in PLACES or "well" not in wells:
        return name in wells
    named = wells["well"].dropna().astype(str).unique()
    return name != "edge" or plate_format is not None or full_format(named) is not None


def _is_other(name: str, label: str) -> bool:
    """Whether a name stands for a unit, the label, a part of a well, or a row of a table."""
    bare, own = plain_name(name).replace("_", ""), plain_name(label).replace("_", "")
    words = bare in UNITS | ROWS or (bare in LABELS and own in LABELS)
    return words or no_measurement(name) in BOOKKEEPING


def _may_vary(wells: pd.DataFrame, name: str, group: str | None) -> bool:
    """Whether a column has several values, and so few that several wells share them."""
    rows = wells[wells[name].notna()]
    values = rows[name].astype(str)
    n = values.nunique()
    if n < 2:
        return False
    per_group = group is not None and _constant(values, rows[group])
    if per_group and group is not None and _constant(rows[group].astype(str), values):
        # One value for each group and one group for each value: its name once more, unless it is a number.
        return _ordered(wells, name)
    return per_group or ("plate" in rows and _constant(values, rows["plate"])) or n * FEW <= len(rows)


def _same(wells: pd.DataFrame, name: str, other: str) -> bool:
    """Whether two columns tell each other without fail: the roles of cases and controls are the label."""
    if other not in wells:
        return False
    known = wells[[name, other]].dropna().astype(str)
    return _constant(known[name], known[other]) and _constant(known[other], known[name])


def _constant(values: pd.Series, within: pd.Series) -> bool:
    known = within.notna()
    return bool((values[known].groupby(within[known].astype(str)).nunique() <= 1).all())


def _kind(name: str) -> str:
    if name in PLACES or re.fullmatch(r"(well_?)?(row|col|column)s?(_?(number|index|letter|name))?", name):
        return POSITION
    return PROPERTY if PROPERTIES.search(name) else BATCH


def _ordered(wells: pd.DataFrame, name: str) -> bool:
    """Whether a column holds numbers, or rows of plates, in an order that means something."""
    if name in ("row", "column") and name not in wells:
        return True
    if name not in wells or NAMES.search(plain_name(name)):
        return False
    values = wells[name]
    if pd.api.types.is_numeric_dtype(values):
        return not pd.api.types.is_bool_dtype(values)
    if are_dates(values):
        return True
    return name == "row" and bool(values.dropna().astype(str).str.fullmatch("[A-Za-z]{1,2}").all())
