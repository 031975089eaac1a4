"""Any table of wells, fields or cells as somebody saved it: CSV, TSV, XLSX or Parquet."""

import gzip
import tempfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from hcs.tables.types import typed_table
from hcs_plates.decimals import Said, decimal_points
from hcs_plates.errors import InputFileError, NotThereError
from hcs_plates.names import names_things
from hcs_plates.numbers import MARKS, cell_kind
from hcs_plates.readers.pixels import refused_by_system
from hcs_plates.sheet import Head, Sheet, read_sheet

PARQUET = (".parquet", ".pq")
PACKED = ".gz"
MOST_PACKED = 50
"""How many times smaller a table can be when packed; unpacked sizes up to `SMALL` bytes are always read."""

SMALL = 64 * 2**20
MOST_CELLS = 200_000_000
"""Of a Parquet table: a file of a few bytes can say the same row a billion times."""


def read_table(
    path: Path | str, names: Collection[str | None] = (), *, sheet: str | None = None
) -> pd.DataFrame:
    """Read a table: columns that name things are the file's own text, columns of numbers are numbers.

    Clone 1.10 is not 1.1, plate 01 is not 1, and a label yes is not true. Which columns name things is seen
    by their headings (clone, donor, plate, batch and the like, in any case), and said with `names` of others.

    Parameters
    ----------
    path
        Ends in .csv, .tsv, .tab or .txt (UTF-8, one line of headings, packed with .gz or not), .xlsx, .xlsm,
        .parquet or .pq.
    names
        Further columns that name things in the use at hand (a group, a label, a batch); None is passed over.
    sheet
        Sheet of a workbook; None takes the only one that holds a table.

    Returns
    -------
    DataFrame
        ``attrs["notices"]`` has a sentence on each thing that was not read as written: cells among numbers
        that are none and count as missing, columns that mix numbers and text, what a workbook holds besides.

    Raises
    ------
    NotThereError, InputFileError
        No such file; a file that is no table, has a heading twice, or no rows; numbers that can be read in
        several ways (1,5); a column of `names` that holds decimal numbers and not the text of the file.
    """
    place = Path(path)
    asked = [name for name in names if name is not None]
    if place.suffix.lower() == PACKED:
        with _unpacked(place) as plain:
            return read_table(plain, asked, sheet=sheet)
    faults: list[str] = []
    if place.suffix.lower() in PARQUET:
        if sheet is not None:
            raise InputFileError(place, f"is a Parquet table and has no sheet {sheet!r}; leave out --sheet")
        table, lines, word = _parquet(place), None, "row"
    else:
        saved = read_sheet(place, _fault, sheet=sheet)
        lines, word = [int(row.line) for row in saved.rows], saved.line_word
        table, faults = _cells(saved, asked)
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise InputFileError(place, f"has the heading {str(twice[0])!r} twice; give each column its own name")
    if table.empty:
        raise InputFileError(place, "has no rows")
    typed, untyped = typed_table(table, asked, lines=lines, word=word)
    if faults or untyped:
        raise InputFileError(place, [*faults, *untyped])
    return typed


def read_cells(path: Path | str, head: Head, *, sheet: str | None = None) -> Sheet:
    """Read the cells of a table as text with their lines, where columns have words of their own.

    Parameters
    ----------
    path
        CSV, TSV (packed with .gz or not) or XLSX.
    head
        Tells the row of the column names, which may stand below titles and comments.
    sheet
        Sheet of a workbook; None takes the only one that holds a table.

    Raises
    ------
    NotThereError, InputFileError
        No such file, or no table.
    """
    place = Path(path)
    if place.suffix.lower() == PACKED:
        with _unpacked(place) as plain:
            return read_cells(plain, head, sheet=sheet)
    return read_sheet(place, _fault, sheet=sheet, head=head)


def _cells(saved: Sheet, asked: Collection[str]) -> tuple[pd.DataFrame, list[str]]:
    """Give the cells of a sheet, decimal commas read; and faults of its names and numbers."""
    table = pd.DataFrame([row.cells for row in saved.rows], columns=list(saved.headings), dtype=object)
    table.attrs["notices"] = saved.notices
    called = {name.strip().casefold() for name in asked}
    naming = {
        place: name
        for place, name in enumerate(saved.headings)
        if names_things(name) or name.casefold() in called
    }
    faults = saved.numbers_for_names(naming)
    if saved.commas and table.columns.is_unique:
        faults += _read_commas(table, set(naming.values()), saved)
    return table, faults


def _read_commas(table: pd.DataFrame, names: Collection[str], saved: Sheet) -> list[str]:
    """Read decimal commas where they can be nothing else; give faults of what may be thousands."""
    numbers: dict[str, list[str | None]] = {
        str(name): [None if cell.casefold() in MARKS else cell for cell in table[name]]
        for name in table
        if name not in names
    }
    read = decimal_points(numbers, commas=True)
    for name, points in read.changed.items():
        table[name] = [
            cell if point is None else point for cell, point in zip(table[name], points, strict=True)
        ]

    def told(said: Said) -> str:
        cell = numbers[said.column][said.place]
        return f"{said.sentence} ({saved.line_word} {saved.rows[said.place].line}: {cell!r})"

    table.attrs["notices"] = (*saved.notices, *(f"{told(one)}." for one in read.notices))
    # What no number can be is refused with the column's type, and said once.
    return [told(one) for one in read.faults if cell_kind(str(numbers[one.column][one.place])) == "number"]


def _fault(path: Path, faults: list[str] | str) -> InputFileError:
    """Speak of rows where the reader of tables, made for platemaps, speaks of wells."""
    said = [faults] if isinstance(faults, str) else faults
    return InputFileError(
        path, [one.replace("each well", "each row").replace("no wells", "no rows") for one in said]
    )


def _parquet(place: Path) -> pd.DataFrame:
    if not place.is_file():
        raise NotThereError(f"There is no '{place}'; expected a table.")
    import pyarrow as pa
    from pyarrow import parquet

    try:
        rows, schema = parquet.read_metadata(place).num_rows, parquet.read_schema(place)
        if rows * len(schema) > MOST_CELLS:
            raise InputFileError(place, f"holds {rows:,} rows of {len(schema)} columns; give a part of it")
        nested = [field.name for field in schema if pa.types.is_nested(field.type)]
        if nested:
            raise InputFileError(
                place, f"column {nested[0]!r} holds lists, not single values; leave it out or split it"
            )
        table = pd.read_parquet(place)
    except InputFileError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, NotImplementedError) as error:
        if refused_by_system(error):
            raise
        raise InputFileError(place, "is no readable Parquet table") from error
    named = [name for name in table.index.names if name is not None and name not in table]
    return table.reset_index(named) if named else table


@contextmanager
def _unpacked(place: Path) -> Iterator[Path]:
    """Unpack a table of text for as long as it is read; refusals name the file that was given."""
    if not place.is_file():
        raise NotThereError(f"There is no '{place}'; expected a table.")
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / place.stem
        try:
            _unpack(place, plain)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InputFileError(place, "cannot be unpacked; it is damaged or no gzip file") from error
        try:
            yield plain
        except InputFileError as error:
            raise InputFileError(place, str(error.message).replace(str(plain), plain.name)) from error


def _unpack(place: Path, plain: Path) -> None:
    """Unpack a file piece by piece, up to what a table can be packed to."""
    most = max(SMALL, MOST_PACKED * place.stat().st_size)
    with gzip.open(place) as packed, plain.open("wb") as unpacked:
        while piece := packed.read(1 << 20):
            if unpacked.tell() > most:
                raise InputFileError(
                    place, f"unpacks to more than {MOST_PACKED} times its size, which no table does"
                )
            unpacked.write(piece)
