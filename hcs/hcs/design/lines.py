"""The table of lines: which clones there are, whose they are, and which of them may be on the plates."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hcs.tables.file import read_cells
from hcs.wording import counted, have, listed, plural
from hcs_plates.columns import is_missing, wrong_cells
from hcs_plates.eligibility import (
    ELIGIBILITY,
    REASON,
    UNDETERMINED,
    VERDICTS,
    ineligible_reasons,
    spelt_verdict,
)
from hcs_plates.errors import ArgumentError, InputFileError, nearest
from hcs_plates.headings import meant, plain, read_headings
from hcs_plates.mapcells import read_words, typed_columns
from hcs_plates.mapchecks import ONE_PER_CLONE, CheckedMap, check_dates
from hcs_plates.names import as_names, names_things
from hcs_plates.rows import Row
from hcs_plates.sheet import Sheet
from hcs_plates.spelling import alike

PAIR = "pair"
OF_LINES = ("clone", "donor", "diagnosis", PAIR, ELIGIBILITY, REASON)
"""Columns of the table in their order; `clone` is needed, others follow as they are."""
OF_ELIGIBILITY = ("sequenced", "c9orf72_repeats")
"""Columns that `hcs.design.eligibility` reads."""

DECIDED = ("plate", "well", "row", "column", "role")
"""Columns of a platemap that a layout fills; a differentiation batch may be known of a line before."""

_PAIRS = frozenset({"pair", "pair id", "isogenic pair", "isogenic pair id", "isogenic group"})
_NAMES = ("clone", "donor", "diagnosis", PAIR)


def read_lines(
    source: Path | str | pd.DataFrame,
    *,
    sheet: str | None = None,
    eligibility: Path | str | pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Read and check the table of the lines (clones) of an experiment: one row a line.

    Parameters
    ----------
    source
        CSV, TSV, XLSX or a data frame. `clone` names the line, and `donor`, `diagnosis` and `pair` (isogenic
        lines) say whose it is; headings are understood as a platemap's are ("Cell line"). Other columns are
        kept, typed as a platemap's.
    sheet
        Sheet of a workbook; None takes the only one that holds a table.
    eligibility
        What `hcs variants` says of the lines: `clone`, `eligibility` ("eligible", "not eligible" or
        "undetermined") and `eligibility_reason`. A line that it does not name is undetermined.

    Returns
    -------
    pandas.DataFrame
        A row a line in the order of the file: `clone`, then `donor`, `diagnosis`, `pair`, `eligibility` and
        `eligibility_reason` as far as they are there, then all others. ``attrs["notices"]`` are sentences on
        what was guessed, or looks odd.

    Raises
    ------
    NotThereError, InputFileError, ArgumentError
        No such file; with all faults at once: a clone twice, names that look alike, a clone without a name.

    Examples
    --------
    >>> lines = pd.DataFrame({"Cell line": ["c1", "c2"], "Disease": ["ALS", "control"]})
    >>> list(read_lines(lines))
    ['clone', 'diagnosis']
    >>> read_lines(pd.DataFrame({"clone": ["c1", "C1"]}))
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: The table of lines: clone 'c1' (row 1) and 'C1' (row 2) look alike; \
spell them the same if they are one, name them apart if not.
    """
    lines = _checked(source, sheet, "lines")
    if eligibility is None:
        return lines
    return _joined(lines, read_eligibility(eligibility))


def read_eligibility(source: Path | str | pd.DataFrame) -> pd.DataFrame:
    """Read what was decided of lines: a row a line, `clone`, `eligibility` and `eligibility_reason`.

    Raises
    ------
    NotThereError, InputFileError, ArgumentError
        As `read_lines`; or there is no column `eligibility`.
    """
    table = _checked(source, None, "eligibility")
    if ELIGIBILITY not in table:
        raise _refusal(source, [_without(ELIGIBILITY, table.columns)], "eligibility")
    if REASON not in table:
        table[REASON] = pd.Series([None] * len(table), dtype="str")
    return table[["clone", ELIGIBILITY, REASON]]


def split_eligible(lines: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part the lines that may be on the plates from those set aside, which have a column `reason`.

    Set aside are lines that the table leaves out (`included`), and where eligibility is told, those that are
    not eligible or undetermined.

    Examples
    --------
    >>> lines = pd.DataFrame({"clone": ["c1", "c2"], "eligibility": ["eligible", "undetermined"]})
    >>> taken, aside = split_eligible(lines)
    >>> taken["clone"].tolist(), aside[["clone", "reason"]].to_numpy().tolist()
    (['c1'], [['c2', 'eligibility undetermined']])
    """
    reason = ineligible_reasons(lines)
    if "included" in lines:
        reason[~lines["included"]] = "not included (table of lines)"
    aside = lines[reason.notna()].assign(reason=reason.dropna().astype("str"))
    return lines[reason.isna()].reset_index(drop=True), aside.reset_index(drop=True)


def _checked(source: Path | str | pd.DataFrame, asked: str | None, what: str) -> pd.DataFrame:
    """Read a table of one row a line, whole or not at all."""
    if isinstance(source, pd.DataFrame):
        table = _frame_sheet(source)
    else:
        table = read_cells(source, _names_lines, sheet=asked)
    rows = [[None if is_missing(cell) else cell for cell in row.cells] for row in table.rows]
    if not rows:
        raise _refusal(source, ["has no rows"], what)
    headings = [_own_name(heading) for heading in table.headings]
    found = read_headings(
        headings, list(zip(*rows, strict=True)), placed=False, also=(*OF_LINES, *OF_ELIGIBILITY)
    )
    faults = [*found.faults, *_misplaced(table.headings, found.names)]
    if "clone" not in found.names:
        faults.append(_without("clone", table.headings))
    if faults:
        raise _refusal(source, faults, what)
    index = pd.Index([row.line for row in table.rows], name="line", dtype=object)
    cells = pd.DataFrame(rows, index=index, columns=list(found.names), dtype=object)
    work = CheckedMap(cells, table.line_word, notices=[*table.notices, *found.notices])
    read_words(work, table, found.units)
    check_dates(work, table, found.names)
    _check_names(work)
    _check_verdicts(work)
    work.faults += [
        f"{work.word} {line}: {column} {cell!r} is not {expected}"
        for line, column, cell, expected in wrong_cells(work.cells)
    ]
    if work.faults:
        raise _refusal(source, work.faults, what)
    return _table(work)


def _names_lines(cells: Sequence[str]) -> bool:
    """Whether a row of cells are the headings of a table of lines."""
    return any((meant(cell) or ("",))[0] == "clone" for cell in cells if cell)


def _frame_sheet(frame: pd.DataFrame) -> Sheet:
    """Take a data frame for what its file would have held."""
    table = frame.reset_index([name for name in frame.index.names if name is not None and name not in frame])
    texts = [
        as_names(table.iloc[:, place], str(name), numbers=not names_things(str(name)))
        .astype(object)
        .fillna("")
        for place, name in enumerate(table.columns)
    ]
    rows = tuple(Row(line, cells) for line, cells in enumerate(zip(*texts, strict=True), start=1))
    return Sheet(tuple(map(str, table.columns)), rows, "row")


def _own_name(heading: str) -> str:
    """Name a column that only a table of lines has."""
    words = plain(heading)
    if words in _PAIRS:
        return PAIR
    spelt = words.replace(" ", "_")
    return spelt if spelt in (ELIGIBILITY, REASON, *OF_ELIGIBILITY) else heading


def _misplaced(headings: Sequence[str], names: Sequence[str]) -> list[str]:
    """Find columns of what the layout decides: where wells stand, their role, their batch."""
    placed = [repr(heading) for heading, name in zip(headings, names, strict=True) if name in DECIDED]
    if not placed:
        return []
    says = "says" if len(placed) == 1 else "say"
    return [
        f"{plural('column', len(placed))} {listed(placed)} {says} what a layout decides (where wells stand "
        "and their role); a table of lines has one row a line and nothing of wells"
    ]


def _without(column: str, headings: Sequence[str]) -> str:
    return f"has no column {column!r}; {nearest(column, list(map(str, headings)))}"


def _check_names(work: CheckedMap) -> None:
    """Find clones without a name, clones that are there twice, and names that look alike."""
    cells = work.cells
    unnamed = cells.index[cells["clone"].isna()]
    if len(unnamed):
        work.faults.append(f"{work.where(unnamed)}: no clone is named")
    for clone, rows in cells.groupby("clone", sort=False):
        if len(rows) == 1:
            continue
        several = [
            f"{len(values)} values of {column} ({listed(map(repr, values))})"
            for column in ONE_PER_CLONE
            if column in rows and len(values := rows[column].dropna().unique()) > 1
        ]
        has = f" and has {' and '.join(several)}" if several else ""
        work.faults.append(
            f"clone {clone!r} is there {len(rows)} times ({work.where(rows.index)}){has}; keep one"
        )
    for column in _NAMES:
        if column not in cells:
            continue
        for same in alike(cells[column].dropna()):
            spelt = [f"{one!r} ({work.where(cells.index[cells[column] == one])})" for one in same]
            work.faults.append(
                f"{column} {listed(spelt)} look alike; spell them the same if they are one, name them apart "
                "if not"
            )


def _check_verdicts(work: CheckedMap) -> None:
    """Spell what is said of eligibility as hcs does, and refuse what is none of it."""
    if ELIGIBILITY not in work.cells:
        return
    cells = work.cells[ELIGIBILITY]
    spelt = [UNDETERMINED if cell is None else spelt_verdict(cell) for cell in cells]
    work.faults += [
        f"{work.word} {line}: eligibility {cells[line]!r} is none of {', '.join(VERDICTS)}"
        for line, verdict in zip(cells.index, spelt, strict=True)
        if verdict not in VERDICTS
    ]
    work.cells[ELIGIBILITY] = pd.Series(spelt, index=cells.index, dtype=object)


def _table(work: CheckedMap) -> pd.DataFrame:
    """Type the columns, in their order, and say what looks odd in them."""
    typed = typed_columns(work)
    if "included" not in work.cells:
        del typed["included"]
    for name in (PAIR, ELIGIBILITY, REASON):
        if name in work.cells:
            typed[name] = pd.array(list(work.cells[name]), dtype="str")
    first = [name for name in OF_LINES if name in typed]
    table = pd.DataFrame(
        {name: typed[name] for name in [*first, *(name for name in typed if name not in first)]}
    )
    table.attrs["notices"] = [*work.notices, *_oddities(table)]
    return table


def _oddities(lines: pd.DataFrame) -> list[str]:
    """Say which lines lack what others have, and which pairs are none."""
    said = []
    for column in ("donor", "diagnosis"):
        blank = lines[column].isna() if column in lines else pd.Series(dtype=bool)
        if blank.any():
            names = listed(lines["clone"][blank], most=12)
            said.append(f"{counted(int(blank.sum()), 'line')} {have(int(blank.sum()))} no {column}: {names}.")
    for pair, own in lines.groupby(PAIR) if PAIR in lines else ():
        if len(own) == 1:
            said.append(f"Pair {pair!r} is one line ({own['clone'].iloc[0]}), and no pair.")
        elif "diagnosis" in own and own["diagnosis"].nunique() < 2:
            said.append(f"The lines of pair {pair!r} ({listed(own['clone'])}) have one diagnosis.")
    return said


def _joined(lines: pd.DataFrame, verdicts: pd.DataFrame) -> pd.DataFrame:
    """Put what is said of each line beside it; a line of which nothing is said is undetermined."""
    notices = [*lines.attrs["notices"]]
    own = set(lines["clone"])
    for same in alike([*lines["clone"], *verdicts["clone"]]):
        if not set(same) <= own:
            raise ArgumentError(
                f"The lines and what is said of their eligibility spell {listed(map(repr, same))} otherwise; "
                "spell them the same if they are one, name them apart if not."
            )
    said = verdicts.set_index("clone")
    found = lines["clone"].map(said[ELIGIBILITY])
    why = lines["clone"].map(said[REASON])
    if ELIGIBILITY in lines and (differ := found.notna() & (found != lines[ELIGIBILITY])).any():
        raise ArgumentError(
            f"The table of lines says otherwise of the eligibility of {listed(lines['clone'][differ])} than "
            "the eligibility that was given; leave one of the two out."
        )
    unsaid = lines["clone"][found.isna()]
    if len(unsaid):
        notices.append(
            f"Nothing is said of the eligibility of {counted(len(unsaid), 'line')}, undetermined therefore: "
            f"{listed(unsaid, most=12)}."
        )
    if others := [name for name in verdicts["clone"] if name not in own]:
        notices.append(
            f"Eligibility is told of {counted(len(others), 'line')} that the table of lines does not hold: "
            f"{listed(others, most=12)}."
        )
    joined = lines.assign(
        **{
            ELIGIBILITY: found.fillna(UNDETERMINED).astype("str"),
            REASON: why.where(found.notna(), "no verdict on this line").astype("str"),
        }
    )
    first = [name for name in OF_LINES if name in joined]
    joined = joined[[*first, *joined.columns.drop(first)]]
    joined.attrs["notices"] = notices
    return joined


def _refusal(
    source: Path | str | pd.DataFrame, faults: list[str], what: str
) -> ArgumentError | InputFileError:
    """Refuse a file with its name, a table with what it is."""
    if isinstance(source, pd.DataFrame):
        return ArgumentError(f"The table of {what}: {'; '.join(faults)}.")
    return InputFileError(source, faults)
