"""Clinical data: a table of one row per clone or donor, read from a file and held against the study."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from hcs.analysis.finding import Shown
from hcs.statistics.frames import per_unit
from hcs.wording import counted, listed, plural, sentence, spaced
from hcs_plates.columns import NUMBER, guessed_values, is_missing, known_name, text_values
from hcs_plates.errors import InputFileError, nearest
from hcs_plates.names import names_things
from hcs_plates.numbers import plain_minus
from hcs_plates.sheet import Sheet, read_sheet

MEANT_AS_NUMBERS = 3
"""A column is meant to hold numbers if it has so many different ones, and fewer of other values."""
NEAR = 0.9
"""How alike two names must be to be taken for spellings of one: one letter of about ten."""
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


class ClinicalError(InputFileError):
    """A clinical table that cannot be read as one row per clone or donor."""


@dataclass(frozen=True, repr=False)
class ClinicalTable(Shown):
    """What is known of clones or donors beside their images.

    Parameters
    ----------
    values
        One row per clone (donor), index named as the key column ("clone"); columns named as in the file,
        units included; numbers, booleans or text by what stands in them.
    unknown
        Rows of clones that the study does not have; not in `values`.
    absent
        Clones of the study without a row; in `values` with nothing known.
    notices
        What was set aside or looks odd.
    """

    values: pd.DataFrame
    unknown: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Column that names the rows."""
        return str(self.values.index.name)

    @property
    def table(self) -> pd.DataFrame:
        """One row per column: column, kind, n (known), n_missing, distinct, lowest, highest."""
        rows = []
        for column in self.values.columns:
            known = self.values[column].dropna()
            numbers = is_number(known)
            rows.append(
                {
                    "column": column,
                    "kind": "number" if numbers else "category",
                    "n": len(known),
                    "n_missing": len(self.values) - len(known),
                    "distinct": known.nunique(),
                    "lowest": float(known.min()) if numbers and len(known) else float("nan"),
                    "highest": float(known.max()) if numbers and len(known) else float("nan"),
                }
            )
        names = ["column", "kind", "n", "n_missing", "distinct", "lowest", "highest"]
        return pd.DataFrame(rows, columns=names)

    @property
    def caveats(self) -> tuple[str, ...]:
        """Sentences on rows and clones that do not meet, and on odd columns."""
        said = list(self.notices)
        if self.unknown:
            verb = "is" if len(self.unknown) == 1 else "are"
            rows = counted(len(self.unknown), "row")
            said.append(f"{rows} of no {self.key} of the study {verb} left out: {listed(self.unknown)}.")
        if self.absent:
            verb = "has" if len(self.absent) == 1 else "have"
            said.append(f"{counted(len(self.absent), self.key)} {verb} no row: {listed(self.absent)}.")
        return tuple(said)

    def summary(self) -> str:
        """Say for how many clones each column is known."""
        known = [f"{spaced(row.column)} for {row.n}" for row in self.table.itertuples()]
        n = len(self.values)
        head = f"Of {counted(n, self.key)}, the clinical table knows {listed(known, most=6)}."
        return sentence(head if known else "The clinical table has no column to use.", *self.caveats)


def is_number(column: pd.Series) -> bool:
    """Whether a column holds numbers; true and false are none.

    Examples
    --------
    >>> is_number(pd.Series([1, 2])), is_number(pd.Series([True])), is_number(pd.Series(["f"]))
    (True, False, False)
    """
    return bool(pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column))


def read_clinical(
    path: Path | str,
    *,
    key: str = "clone",
    units: Collection[str] | None = None,
    sheet: str | None = None,
) -> ClinicalTable:
    r"""Read a clinical table and hold it against the clones (donors) of a study.

    Parameters
    ----------
    path
        CSV, TSV or XLSX with a line of column names; units belong into the names, as in
        ``disease_duration_months``. Empty cells and NA are not known; lines that start with ``#`` are
        skipped.
    key
        Column that names the clone, or the donor, of each row.
    units
        The study's clones (donors); None takes all rows.
    sheet
        Sheet of a workbook; None takes the only one with a column of that name.

    Returns
    -------
    ClinicalTable
        The table as it was read (`values`), for analyses that take one; no analysis of its own, so it draws
        nothing.

    Raises
    ------
    ClinicalError
        With all faults at once, each with its line: no key column, columns of one name, rows without a key or
        with the same key, text among numbers, decimal commas.
    NotThereError
        No such file.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "clinical.csv")
    ...     _ = path.write_text("clone,sex,months\nc1,f,12\nc2,m,\nx9,f,30\n")
    ...     found = read_clinical(path, units=["c1", "c2", "c3"])
    >>> found.table["n"].tolist(), found.unknown, found.absent
    ([2, 1], ('x9',), ('c3',))
    """
    path = Path(path)
    table = read_sheet(
        path, _not_read, sheet=sheet, head=lambda cells: any(known_name(cell) == key for cell in cells)
    )
    names, faults = _names(table, key)
    if faults:
        raise ClinicalError(path, faults)
    cells = pd.DataFrame(
        [[None if is_missing(cell) else plain_minus(cell) for cell in row.cells] for row in table.rows],
        index=[row.line for row in table.rows],
        columns=names,
        dtype=object,
    )
    columns = [name for name in names if name != key]
    faults = table.numbers_for_names({names.index(key): key}) + _key_faults(cells[key], key, table.line_word)
    for name in columns:
        faults += [] if names_things(name) else _number_faults(cells[name], name, table.line_word)
    if faults:
        raise ClinicalError(path, faults)
    return _held_against(cells, columns, key, units, table)


def _not_read(path: Path, faults: list[str] | str) -> InputFileError:
    """Speak of rows where the reader of tables, made for platemaps, speaks of wells."""
    said = [faults] if isinstance(faults, str) else faults
    return ClinicalError(
        path, [one.replace("each well", "each clone").replace("no wells", "no rows") for one in said]
    )


def _names(sheet: Sheet, key: str) -> tuple[list[str], list[str]]:
    """Names of the columns, the key as `known_name` spells it, and what is wrong with them."""
    names = [known_name(heading) if known_name(heading) == key else heading for heading in sheet.headings]
    faults = [
        f"column {name!r} is there {names.count(name)} times; keep one"
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if key not in names:
        faults.append(f"has no column {key!r} that names the {key} of each row; {nearest(key, names)}")
    return names, faults


def _key_faults(keys: pd.Series, key: str, word: str) -> list[str]:
    """Rows without a key, and keys of several rows."""
    blank = list(keys.index[keys.isna()])
    faults = [f"{_lines(word, blank)}: no {key} is named"] if blank else []
    for name, rows in keys.dropna().groupby(keys):
        if len(rows) > 1:
            faults.append(f"{key} {name!r} has {len(rows)} rows ({_lines(word, rows.index)}); keep one")
    return faults


def _number_faults(cells: pd.Series, name: str, word: str) -> list[str]:
    """Find cells that are no number in a column meant to hold numbers, one fault for each different cell."""
    places: dict[str, list[int]] = defaultdict(list)
    for line, cell in cells.dropna().items():
        places[cell].append(line)
    numbers = [cell for cell in places if re.fullmatch(NUMBER, cell)]
    commas = [cell for cell in places if _DECIMAL_COMMA.fullmatch(cell)]
    others = [cell for cell in places if cell not in numbers and cell not in commas]
    meant = len(numbers) + len(commas) >= MEANT_AS_NUMBERS and len(numbers) + len(commas) > len(others)
    if not (meant or (commas and not others)):
        return []
    said = [
        f"{_lines(word, places[cell])}: {name} {cell!r} has a decimal comma; write {cell.replace(',', '.')!r}"
        for cell in commas
    ]
    return said + [
        f"{_lines(word, places[cell])}: {name} {cell!r} is not a number, as the others are; "
        "write a number, or leave the cell empty"
        for cell in others
    ]


def _lines(word: str, lines: Sequence[int] | pd.Index) -> str:
    return f"{plural(word, len(lines))} {listed(lines)}"


def _held_against(
    cells: pd.DataFrame, columns: Sequence[str], key: str, units: Collection[str] | None, sheet: Sheet
) -> ClinicalTable:
    """Type the columns, and put the rows in the study's order."""
    notices = list(sheet.notices)
    typed: dict[str, object] = {}
    for name in columns:
        written = list(cells[name])
        series, odd = (text_values(written), None) if names_things(name) else guessed_values(written)
        # Whole numbers with gaps and plain floats alike: analyses take floats, NaN where not known.
        typed[name] = series.astype(float).array if is_number(series) else series.array
        if odd is not None:
            notices.append(
                f"Column {name!r} mixes numbers and text and is kept as categories "
                f"({sheet.line_word} {cells.index[odd]}: {cells[name].iloc[odd]!r})."
            )
        if not len(series.dropna()):
            notices.append(f"Column {name!r} is empty.")
    values = pd.DataFrame(typed, index=pd.Index(cells[key].astype(str), name=key))
    if units is None:
        return ClinicalTable(values, notices=tuple(notices))
    known = [str(unit) for unit in dict.fromkeys(units)]
    unknown = tuple(name for name in values.index if name not in set(known))
    absent = tuple(name for name in known if name not in set(values.index))
    notices += _meant(unknown, absent, key)
    kept = values.reindex(pd.Index(known, name=key))
    return ClinicalTable(kept, unknown, absent, tuple(notices))


def _meant(unknown: Sequence[str], absent: Sequence[str], key: str) -> list[str]:
    """Say which names of the table may be which of the study, spelt otherwise.

    Examples
    --------
    >>> _meant(["als01_3", "ALS-09"], ["ALS01-3", "C05"], "clone")
    ["The study has no clone 'als01_3'; did you mean 'ALS01-3'?"]
    """
    spelt = {_bare(name): name for name in reversed(absent)}
    said = []
    for name in unknown:
        near = [_bare(name)] if _bare(name) in spelt else get_close_matches(_bare(name), spelt, 1, NEAR)
        if near:
            said.append(f"The study has no {key} {name!r}; did you mean {spelt[near[0]]!r}?")
    return said


def _bare(name: str) -> str:
    """Write a name without case, spaces, signs and the zeros before a number."""
    letters = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name).casefold())
    return re.sub(r"(?<!\d)0+(?=\d)", "", letters)


def rows_of_donors(table: ClinicalTable, wells: pd.DataFrame) -> ClinicalTable:
    """Make of rows of clones one row a donor, for a study whose groups are donors.

    Parameters
    ----------
    table
        As `read_clinical` gives it.
    wells
        group (the donor), and the column that the table's rows are named by.
    """
    own = wells.dropna(subset=[table.key]).drop_duplicates(table.key)
    of = dict(zip(own[table.key].astype(str), own["group"].astype(str), strict=True))
    values, said = by_unit(table.values, of, list(table.values.columns))
    return replace(table, values=values.rename_axis("donor"), notices=(*table.notices, *said))


def by_unit(
    known: pd.DataFrame, units: dict[str, str], wanted: Sequence[str]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Take one row of covariates per unit; categories that differ within a donor count as not known."""
    held = known[list(wanted)].assign(unit=[units.get(name, name) for name in known.index])
    if not held["unit"].duplicated().any():
        return held.set_index("unit"), ()
    return per_unit(held, "unit", wanted, rows="clones", noun="donor")
