"""Rows of a text table: its encoding, what separates its columns, and its lines."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from hcs_plates.rows import Row, UnreadableError, seen

DELIMITERS = "\t;,"
"""In the order in which they are believed: every line may hold a decimal comma, and hardly a tab."""

_SEPARATOR = re.compile(r'"?sep=([,;|\t])"?', re.IGNORECASE)
_SNIFFED = 200
_MULTIBYTE = re.compile(
    rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|\xc2[\x80-\xbf]"
)


@dataclass(frozen=True)
class TextTable:
    """A text table.

    Parameters
    ----------
    rows
        Every row with its true line number.
    delimiter
        What separates the columns.
    notices
        An encoding that was guessed.
    """

    rows: tuple[Row, ...]
    delimiter: str
    notices: tuple[str, ...]


def read_text(path: Path) -> TextTable:
    """Read a text table: UTF-8 or UTF-16, else Windows-1252, which is told.

    Raises
    ------
    UnreadableError
        Not text, damaged, or not a table's rows.
    OSError
        The file cannot be reached.
    """
    text, notices = _decoded(path.read_bytes())
    if "\0" in text:
        raise UnreadableError("is not a text file; save the table as CSV, TSV or XLSX")
    above = 0
    # Excel's own first line for a file that it is to split otherwise than by commas.
    first = text.splitlines(keepends=True)[0] if text else ""
    stated = _SEPARATOR.fullmatch(first.strip(" \r\n"))
    if stated is not None:
        delimiter, text, above = stated[1], text[len(first) :], 1
    elif path.suffix.lower() in (".tsv", ".tab"):
        delimiter = "\t"
    else:
        delimiter = _delimiter(text)
    return TextTable(tuple(_rows(text, delimiter, above)), delimiter, notices)


def _decoded(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """Decode a file's bytes, and tell what was guessed."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return raw.decode("utf-16"), ()
        except UnicodeDecodeError as error:
            raise UnreadableError("is no whole UTF-16 text; copy or save it again") from error
    try:
        return raw.decode("utf-8-sig"), ()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        wrong = UnreadableError(
            f"is not UTF-8 text (line {line}, byte 0x{raw[error.start]:02x}); save it as 'CSV UTF-8'"
        )
        # Whole characters of UTF-8 beside broken ones: damage, and no other encoding.
        if _MULTIBYTE.search(raw):
            raise wrong from error
        try:
            text = raw.decode("cp1252")
        except UnicodeDecodeError:
            raise wrong from error
    odd = next(word for word in re.split(r"[\s,;\"]+", text) if not word.isascii())
    return text, (f"The file is not UTF-8 and was read as Windows-1252 (line {line}: {odd[:40]!r}).",)


class _Seen(dict[str, str]):
    """What is visible of each cell that was met."""

    def __missing__(self, cell: str) -> str:
        self[cell] = seen(cell)
        return self[cell]


def _rows(text: str, delimiter: str, above: int) -> Iterator[Row]:
    """Rows with their true line numbers; `above` lines stand before the text."""
    line = 1 + above
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    # Tables repeat their words: each is looked at once.
    known = _Seen()
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableError(
                f"line {above + reader.line_num} cannot be read as a table row ({error})"
            ) from error
        yield Row(line, tuple(map(known.__getitem__, cells)) or ("",))
        line = above + reader.line_num + 1


def _delimiter(text: str) -> str:
    r"""Find what separates the columns: what cuts most of the first rows into as many cells as each other.

    Examples
    --------
    >>> _delimiter("Plate 1, NFH\nwell;dose\nA01;0,5\nA02;1\n"), _delimiter("well,note\nA01,a;b\n")
    (';', ',')
    """
    best, sign = 0, ","
    for delimiter in DELIMITERS:
        try:
            rows = list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), _SNIFFED))
        except csv.Error:
            continue
        widths = Counter(len(row) for row in rows if any(row) and not row[0].lstrip().startswith("#"))
        cut = [(count, width) for width, count in widths.items() if width > 1]
        most = max(cut, default=(0, 0))[0]
        if most > best:
            best, sign = most, delimiter
    return sign
