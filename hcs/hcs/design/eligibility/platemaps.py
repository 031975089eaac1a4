"""A platemap with what was decided of its clones: a study leaves out wells of those not eligible."""

from pathlib import Path

import pandas as pd

from hcs.tables.file import read_cells
from hcs.wording import counted, listed
from hcs_plates.eligibility import ELIGIBILITY, REASON, UNDETERMINED
from hcs_plates.errors import ArgumentError, InputFileError
from hcs_plates.headings import names_wells, read_headings
from hcs_plates.spelling import alike

NO_VERDICT = "no verdict on this clone"


def joined(platemap: Path | str | pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Put `eligibility` and `eligibility_reason` beside the wells of a platemap.

    Parameters
    ----------
    platemap
        CSV, TSV or XLSX of one row a well, or a data frame; cells of a file stay its text.
    lines
        clone, eligibility, eligibility_reason.

    Returns
    -------
    DataFrame
        The map's own columns, then the two. Wells without a clone have no eligibility, a clone of which
        nothing was decided is undetermined. ``attrs["notices"]`` says which, and what was replaced.

    Raises
    ------
    HcsError
        No table with a column of clones, or clones that look like lines and are spelt otherwise.
    """
    table, column, notices = _map(platemap)
    clones = table[column].astype(object).where(table[column].notna(), None)
    verdicts = lines.set_index("clone")
    for same in alike([*dict.fromkeys(filter(None, map(_name, clones))), *verdicts.index]):
        raise ArgumentError(
            f"The platemap and the lines spell {listed(map(repr, same))} otherwise; spell them the same if "
            "they are one, name them apart if not."
        )
    found = {name: (verdicts.at[name, ELIGIBILITY], verdicts.at[name, REASON]) for name in verdicts.index}
    names = [_name(clone) for clone in clones]
    said = [None if name is None else found.get(name, (UNDETERMINED, NO_VERDICT)) for name in names]
    unknown = dict.fromkeys(name for name in names if name is not None and name not in found)
    if unknown:
        notices.append(
            f"Nothing was decided of {counted(len(unknown), 'clone')} of the platemap, undetermined "
            f"therefore: {listed(unknown)}."
        )
    held = [name for name in (ELIGIBILITY, REASON) if name in table]
    if held:
        notices.append(f"The platemap's own {listed(held)} {'were' if len(held) > 1 else 'was'} replaced.")
    made = table.drop(columns=held)
    for place, name in enumerate((ELIGIBILITY, REASON)):
        texts = [None if one is None else one[place] for one in said]
        made[name] = pd.Series(texts, index=made.index, dtype=object)
    made.attrs["notices"] = notices
    return made


def _name(clone: object) -> str | None:
    return None if clone is None or not str(clone).strip() else str(clone).strip()


def _map(platemap: Path | str | pd.DataFrame) -> tuple[pd.DataFrame, str, list[str]]:
    """Give a platemap as a table, its column of clones, and what was left out in reading."""
    if isinstance(platemap, pd.DataFrame):
        headings = [str(name) for name in platemap.columns]
        table, notices = platemap.copy(), []
    else:
        saved = read_cells(platemap, names_wells)
        headings = list(saved.headings)
        rows = [[cell or None for cell in row.cells] for row in saved.rows]
        table, notices = pd.DataFrame(rows, columns=headings, dtype=object), list(saved.notices)
    columns = [list(table.iloc[:, place].astype(str)) for place in range(table.shape[1])]
    names = read_headings(headings, columns, placed=False).names if len(table) else ()
    if "clone" not in names:
        said = f"has no column of clones, only {listed(map(repr, headings))}"
        if isinstance(platemap, pd.DataFrame):
            raise ArgumentError(f"The platemap {said}.")
        raise InputFileError(platemap, said)
    return table, str(table.columns[names.index("clone")]), notices
