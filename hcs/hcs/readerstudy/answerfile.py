"""The file of answers that a reader's page writes where there is no server, read and held against the pack.

Comma-separated, UTF-8: a row for every click, the withdrawn ones and the withdrawals too, and a last line
``end,ROWS,CRC32`` over all before it (CRC-32 of ISO 3309, as of zip files), so that a file that was cut or
edited is noticed.
"""

import csv
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

from pydantic import ValidationError

from hcs.readerstudy.clicks import Click, Said, checked_click
from hcs.readerstudy.pack import Pack
from hcs.readerstudy.responses import pack_digest
from hcs_plates.csvcells import unquoted
from hcs_plates.errors import ArgumentError, InputFileError, NotThereError, nearest
from hcs_plates.paths import local_path

COLUMNS = ("reader", "pack", "session", "click", "position", "call", "sure", "seconds", "answered_at")
LARGEST = 4_000_000
"""Bytes; ten thousand clicks have a tenth of it."""
SURE = {"yes": True, "no": False, "": None}


@dataclass(frozen=True)
class AnswerFile:
    """One file of answers.

    Parameters
    ----------
    path
        The file.
    reader
        Whose answers they are.
    session
        What the page called itself when it was first opened; another where the reader began anew.
    clicks
        In order, from the first; revisions count from 0.
    """

    path: Path
    reader: str
    session: str
    clicks: tuple[Click, ...]


def read_answers(path: Path | str, pack: Pack) -> AnswerFile:
    """Read a file of answers to a pack.

    Raises
    ------
    NotThereError
        There is no such file.
    InputFileError
        It was cut or changed, or does not fit the pack, with all that is wrong.
    """
    file = local_path(path)
    if not file.is_file():
        raise NotThereError(f"There is no file {file}.")
    rows = _whole_rows(file)
    readers, packs, sessions = ({row[place] for row in rows} for place in range(3))
    if packs != {pack_digest(pack.folder)}:
        raise InputFileError(file, f"holds answers to another pack than {pack.folder.name}")
    if len(readers) != 1 or len(sessions) != 1:
        raise InputFileError(file, "holds answers of several readers; give one file for each")
    (reader,) = readers
    if reader not in pack.readers:
        raise InputFileError(
            file, f"is of no reader of the pack: {reader!r}; {nearest(reader, pack.readers)}"
        )
    clicks, faults = _clicks(rows, pack, reader)
    if faults:
        raise InputFileError(file, faults)
    return AnswerFile(file, reader, sessions.pop(), tuple(clicks))


def _whole_rows(file: Path) -> list[list[str]]:
    """Read the rows of a file that is as the page wrote it."""
    if file.stat().st_size > LARGEST:
        raise InputFileError(file, f"has more than {LARGEST:,} bytes, and is no file of answers")
    # Mail turns ends of lines into those of the receiver's system.
    text = file.read_bytes().replace(b"\r\n", b"\n").removeprefix(b"\xef\xbb\xbf")
    body, _, last = text.removesuffix(b"\n").rpartition(b"\n")
    body += b"\n"
    end = last.decode("ascii", "replace").split(",")
    try:
        rows = [
            [unquoted(cell) for cell in row] for row in csv.reader(StringIO(body.decode("utf-8"), newline=""))
        ]
    except (UnicodeDecodeError, csv.Error):
        rows = []
    if not rows or rows[0] != list(COLUMNS):
        raise InputFileError(file, f"is no file of answers (expected columns {', '.join(COLUMNS)})")
    rows = rows[1:]
    whole = end == ["end", str(len(rows)), f"{zlib.crc32(body):08x}"]
    if not whole or any(len(row) != len(COLUMNS) for row in rows):
        raise InputFileError(
            file,
            "was cut or changed after the page wrote it; ask its reader to save and send it again",
        )
    if not rows:
        raise InputFileError(file, "holds no answer yet")
    return rows


def _clicks(rows: Sequence[Sequence[str]], pack: Pack, reader: str) -> tuple[list[Click], list[str]]:
    """Give the clicks of rows, and all that is wrong with them."""
    clicks: list[Click] = []
    faults: list[str] = []
    answered = 0
    for number, (*_, session, click, position, call, sure, seconds, at) in enumerate(rows):
        try:
            said = Said(
                position=int(position),
                call=call or None,
                sure=SURE[sure],
                revision=number,
                click=click,
                seconds=float(seconds),
            )
            made = checked_click(pack, reader, said)
        except (ValidationError, KeyError):
            faults.append(f"row {number + 1} is no click")
            continue
        except ArgumentError as error:
            faults.append(f"row {number + 1}: {error.message}")
            continue
        except ValueError:
            faults.append(f"row {number + 1} has no number where one should be")
            continue
        if said.position != (answered if said.call else answered - 1):
            faults.append(f"row {number + 1} is about position {said.position}, out of order")
        answered = said.position + 1 if said.call else said.position
        clicks.append(replace(made, answered_at=at, session=session))
    return clicks, faults
