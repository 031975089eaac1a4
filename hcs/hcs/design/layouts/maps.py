"""The maps of an existing layout: read, parted into lines and controls, and what is unwise in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hcs.statistics.frames import require_columns, well_names
from hcs.tables.independence import contradictions
from hcs.tables.rolenames import NEGATIVE, POSITIVE, aside_by_class, role_kind
from hcs.wording import are, counted, listed, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.mapfiles import read_maps as plate_maps
from hcs_plates.names import as_names
from hcs_plates.wells import Formats, PlateFormat, format_of, parse_well

BATCH = "differentiation_batch"
NAMES = ("plate", "clone", "donor", "diagnosis", "pair", BATCH, "role")


@dataclass(frozen=True)
class ReadMaps:
    """The maps of an existing layout.

    Parameters
    ----------
    wells
        Wells that hold a line: plate, well, clone, donor, diagnosis, pair, batch (missing where not known).
    controls
        Wells that hold a control: plate, well, role.
    formats
        Of every plate.
    notices
        How roles and formats were understood.
    """

    wells: pd.DataFrame
    controls: pd.DataFrame
    formats: Mapping[str, PlateFormat]
    notices: tuple[str, ...]


def read_maps(maps: pd.DataFrame | Path | str | Sequence[Path | str], formats: Formats = None) -> ReadMaps:
    """Read platemaps, or take a table for what they hold.

    Raises
    ------
    HcsError
        No maps; no wells or clones; a plate or a well twice; a clone of two diagnoses or donors.
    """
    table = _named(maps if isinstance(maps, pd.DataFrame) else plate_maps(maps))
    known = {
        plate: format_of(str(plate), own["well"], formats)
        for plate, own in table.groupby("plate", sort=False)
    }
    for plate, own in table.groupby("plate", sort=False):
        for well in own["well"]:
            known[plate].parse(well)
    notices = [] if formats is not None else _guessed(table, known)
    included = table["included"].astype(bool) if "included" in table else pd.Series(True, index=table.index)
    holds = table["clone"].notna() & included
    aside, told = aside_by_class(table["role"][holds], table["diagnosis"][holds])
    unlabelled = table["role"][holds & table["diagnosis"].isna()].map(role_kind).isin([NEGATIVE, POSITIVE])
    lines = table[holds].drop(index=[*aside.index[aside], *unlabelled.index[unlabelled]])
    if lines.empty:
        raise ArgumentError(
            "No well of the maps holds a line: column 'clone' names what stands in each well."
        )
    faults = contradictions(lines.assign(plate=lines["plate"].astype(str)))
    if faults:
        raise ArgumentError(f"The maps contradict each other: {'; '.join(faults)}.")
    kinds = table["role"].map(role_kind)
    controls = table[kinds.isin([NEGATIVE, POSITIVE]) & included & ~table.index.isin(lines.index)]
    columns = ["plate", "well", "clone", "donor", "diagnosis", "pair", BATCH]
    own = lines[columns].rename(columns={BATCH: "batch"}).reset_index(drop=True)
    return ReadMaps(own, controls[["plate", "well", "role"]].reset_index(drop=True), known, (*told, *notices))


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """Take the columns of names as text, and the wells in one spelling; refuse what is no layout."""
    if "well" not in table and "well" in table.index.names:
        table = table.reset_index()
    require_columns(table, ["well", "clone"], "The table of wells")
    table = table.reset_index(drop=True)
    made = {
        name: as_names(table[name], name) if name in table else pd.Series([None] * len(table), dtype="str")
        for name in NAMES
    }
    if "plate" not in table:
        made["plate"] = pd.Series(["plate"] * len(table), dtype="str")
    table = table.assign(**made, well=well_names(table["well"]))
    unnamed = table["well"].isna() | table["plate"].isna()
    if unnamed.any():
        raise ArgumentError(
            f"{counted(int(unnamed.sum()), 'row')} {are(int(unnamed.sum()))} without well or plate."
        )
    twice = table[table.duplicated(["plate", "well"])]
    if len(twice):
        where = (f"{row.well} of {row.plate}" for row in twice.itertuples())
        raise ArgumentError(f"Described more than once: {listed(where)}; give each well one row.")
    return table


def _guessed(table: pd.DataFrame, formats: Mapping[object, PlateFormat]) -> list[str]:
    """Say which formats are a guess: of plates that are not used to all four sides."""
    loose = set()
    for plate, own in table.groupby("plate", sort=False):
        places, shape = [parse_well(well) for well in own["well"]], formats[plate]
        rows, columns = {place.row for place in places}, {place.column for place in places}
        if not ({0, shape.rows - 1} <= rows and {0, shape.columns - 1} <= columns):
            loose.add(shape.size)
    if not loose:
        return []
    sizes = listed(sorted(loose))
    return [
        f"Plates are taken for those of {sizes} wells, the smallest that fit, a guess: edge follows from it."
    ]


def position_sentences(read: ReadMaps) -> list[str]:
    """Say what does not cancel over plates, and where controls or pairs stand unwisely."""
    wells = read.wells
    return [*_repeated(wells), *_alone(wells), *_parted_pairs(wells), *_controls(read)]


def _repeated(wells: pd.DataFrame) -> list[str]:
    """Layouts, or clones, that are in the same wells on every plate."""
    n_plates = wells["plate"].nunique()
    if n_plates < 2:
        return []
    where = wells.groupby(["clone", "plate"])["well"].agg(frozenset)
    kinds = where.groupby("clone").agg(["nunique", "size"])
    same = kinds.index[(kinds["nunique"] == 1) & (kinds["size"] == n_plates)]
    if len(same) == len(kinds):
        return [f"All {n_plates} plates have the same layout: effects of position do not cancel over plates."]
    if not len(same):
        return []
    n = len(same)
    return [
        f"{counted(n, 'clone')} of {len(kinds)} {'stands' if n == 1 else 'stand'} in the same wells on every "
        f"plate ({listed(same)}), and cannot be told from the position."
    ]


def _alone(wells: pd.DataFrame) -> list[str]:
    """Clones that are all on one plate each, with replicates that could have been spread."""
    plates = wells.groupby("clone")["plate"].agg(["nunique", "size"])
    if wells["plate"].nunique() < 2 or (plates["nunique"] > 1).any() or (plates["size"] < 2).all():
        return []
    return [
        "Every clone is on one plate alone, with all its replicates: clones and plates cannot be told apart."
    ]


def _parted_pairs(wells: pd.DataFrame) -> list[str]:
    """Isogenic pairs whose lines do not stand on the same plates."""
    parted = []
    for pair, own in wells.dropna(subset=["pair"]).groupby("pair"):
        plates = own.groupby("clone")["plate"].agg(frozenset)
        if plates.nunique() > 1:
            parted.append(pair)
    if not parted:
        return []
    n = len(parted)
    which = f"{counted(n, 'pair')} {are(n)} parted over plates ({listed(parted)})"
    return [f"{which}: isogenic lines are best compared on one plate."]


def _controls(read: ReadMaps) -> list[str]:
    """Find controls that all stand at the edge, in one row or in one column."""
    said = []
    for role, own in read.controls.groupby("role"):
        per_plate = own.groupby("plate").size()
        if per_plate.max() < 2:
            continue
        at = [parse_well(well) for well in own["well"]]
        edge = [read.formats[plate].at_edge(place) for plate, place in zip(own["plate"], at, strict=True)]
        inner = any(
            not read.formats[plate].at_edge(parse_well(well))
            for plate, well in zip(read.wells["plate"], read.wells["well"], strict=True)
        )
        places = [
            f"in one {name}"
            for name, many in (("column", {a.column for a in at}), ("row", {a.row for a in at}))
            if len(many) == 1
        ]
        places += ["at the edge"] if all(edge) and inner else []
        if places:
            said.append(f"All wells of {spaced(role)} stand {listed(places)}: they show that position alone.")
    return said
