"""A platemap that names its clones, taken apart: what stays on the coded map, and what goes into the key."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hcs.design.blinding.blinded import TELLING
from hcs.design.blinding.key import CLONE, CODE
from hcs.design.lines import read_lines
from hcs.wording import are, listed, plural
from hcs_plates.columns import is_missing
from hcs_plates.errors import PlatemapError
from hcs_plates.headings import names_wells, read_headings
from hcs_plates.mapcells import PLACES, read_words
from hcs_plates.mapchecks import CheckedMap, check_clones, check_dates, check_spelling
from hcs_plates.sheet import Sheet, read_sheet


@dataclass(frozen=True, eq=False)
class NamedMap:
    """A platemap before it is coded.

    Parameters
    ----------
    cells
        One row a well, text as it is written, missing cells None.
    lines
        One row a clone: what the key is to hold.
    """

    cells: pd.DataFrame
    lines: pd.DataFrame

    def coded(self, key: pd.DataFrame, keep: Sequence[str]) -> pd.DataFrame:
        """Give the map under codes: places, `clone` with the code, and the columns that stay, by place."""
        codes = dict(zip(key[CLONE], key[CODE], strict=True))
        own = [name for name in self.cells if name in PLACES]
        coded = self.cells[[*own, CLONE, *keep]].copy()
        coded[CLONE] = coded[CLONE].map(codes)
        # The order of the rows may be that of the clones.
        places = [name for name in ("plate", "row", "column", "well") if name in own]
        return coded.sort_values(places, key=_in_order, ignore_index=True)


def read_named_map(source: Path, *, sheet: str | None, keep: Sequence[str]) -> NamedMap | None:
    """Read a platemap with one row per well; None where the table says nothing of wells.

    Raises
    ------
    NotThereError, PlatemapError
        No such file; with all faults at once: no clones, a clone that is two things, columns that neither the
        key (one row a clone) nor the coded map would hold.
    """
    table = read_sheet(source, PlatemapError, sheet=sheet)
    if not names_wells(table.headings):
        return None
    work = _checked(source, table)
    cells = work.cells
    apart = [name for name in cells if name not in (*PLACES, CLONE)]
    unnamed = cells[CLONE].isna()
    several = cells[~unnamed].groupby(CLONE)[apart].nunique(dropna=False).gt(1).any()
    of_wells = [name for name in apart if several[name] or cells.loc[unnamed, name].notna().any()]
    faults = [*work.faults]
    if secret := [name for name in of_wells if name in TELLING]:
        faults.append(f"{listed(secret)} {are(len(secret))} told of wells without a clone, and not of a line")
    if lost := [name for name in of_wells if name not in (*keep, *TELLING)]:
        it = "it" if len(lost) == 1 else "them"
        faults.append(
            f"{plural('column', len(lost))} {listed(lost, 12)} {are(len(lost))} not the same in all wells of "
            f"a clone, so that the key (one row a clone) cannot hold {it}: let {it} stay in the coded map "
            f"(--keep), or take {it} out of the map"
        )
    if faults:
        raise PlatemapError(source, faults)
    kept = [CLONE, *(name for name in apart if name not in of_wells)]
    lines = read_lines(cells.loc[~unnamed, kept].drop_duplicates(CLONE).reset_index(drop=True))
    return NamedMap(cells, lines)


def _checked(source: Path, table: Sheet) -> CheckedMap:
    """Read headings and words as where a plate is ingested; faults are kept."""
    rows = [[None if is_missing(cell) else cell for cell in row.cells] for row in table.rows]
    columns = read_headings(table.headings, list(zip(*rows, strict=True)))
    faults = list(columns.faults)
    if not columns.faults and CLONE not in columns.names:
        faults = ["has no column 'clone', whose names are to be coded"]
    if faults:
        raise PlatemapError(source, faults)
    lines = pd.Index([row.line for row in table.rows], name="line", dtype=object)
    cells = pd.DataFrame(rows, index=lines, columns=list(columns.names), dtype=object)
    work = CheckedMap(cells, table.line_word)
    read_words(work, table, columns.units)
    check_dates(work, table, columns.names)
    check_clones(work)
    check_spelling(work)
    if work.cells[CLONE].isna().all():
        work.faults.append("names no clone in any well")
    return work


def _in_order(values: pd.Series) -> pd.Series:
    """Sort A2 before A10."""
    return values.astype(str).str.replace(r"\d+", lambda found: found[0].zfill(6), regex=True)
