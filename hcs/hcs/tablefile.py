"""Any table of wells, fields or cells as somebody saved it: CSV, TSV, XLSX or Parquet."""

import gzip
import tempfile
import zlib
from pathlib import Path

import pandas as pd

from hcs_plates.columns import decimal_commas, guessed_values
from hcs_plates.errors import InputFileError, NotThereError
from hcs_plates.readers.acquisition import refused_by_system
from hcs_plates.sheet import Sheet, read_sheet

PARQUET = (".parquet", ".pq")
PACKED = ".gz"
MOST_PACKED = 50
"""How many times smaller a table can be when packed; unpacked sizes up to `SMALL` bytes are always read."""

SMALL = 64 * 2**20
MOST_CELLS = 200_000_000
"""Of a Parquet table: a file of a few bytes can say the same row a billion times."""

NO_NUMBER = frozenset({"na", "nan", "n/a", "inf", "-inf"})
"""What stands for a missing number; in a column of words they are words, as Null is a genotype."""


def read_table(path: Path | str) -> pd.DataFrame:
    """Read a table; columns of numbers become numbers, names stay text (plate 01 is not plate 1).

    Parameters
    ----------
    path
        Ends in .csv, .tsv, .tab or .txt (UTF-8, one line of headings, packed with .gz or not), .xlsx, .xlsm,
        .parquet or .pq.

    Raises
    ------
    NotThereError, InputFileError
        No such file; a file that is no table, has a heading twice, or no rows.
    """
    place = Path(path)
    if place.suffix.lower() in PARQUET:
        table = _parquet(place)
    elif place.suffix.lower() == PACKED:
        table = _unpacked(place)
    else:
        table = _typed(place, read_sheet(place, _fault))
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise InputFileError(place, f"has the heading {str(twice[0])!r} twice; give each column its own name")
    if table.empty:
        raise InputFileError(place, "has no rows")
    return table


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


def _unpacked(place: Path) -> pd.DataFrame:
    """Unpack a table of text; what is in it is read as if it lay there plain."""
    if not place.is_file():
        raise NotThereError(f"There is no '{place}'; expected a table.")
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / place.stem
        try:
            _unpack(place, plain)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InputFileError(place, "cannot be unpacked; it is damaged or no gzip file") from error
        try:
            return read_table(plain)
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


def _typed(place: Path, sheet: Sheet) -> pd.DataFrame:
    """Type every column by what stands in it; blank cells are missing."""
    made, faults = {}, []
    for number, heading in enumerate(sheet.headings):
        cells = [row.cells[number] or None for row in sheet.rows]
        numbers = [None if cell is None or cell.casefold() in NO_NUMBER else cell for cell in cells]
        if decimal_commas(numbers):
            first = next(row for row in sheet.rows if "," in row.cells[number])
            faults.append(
                f"column {heading!r} has decimal commas ({sheet.line_word} {first.line}: "
                f"{first.cells[number]!r}); save the table with decimal points"
            )
        typed, _ = guessed_values(numbers)
        made[number] = typed if pd.api.types.is_numeric_dtype(typed) else guessed_values(cells)[0]
    if faults:
        raise InputFileError(place, faults)
    return pd.DataFrame(made).set_axis(list(sheet.headings), axis=1)
