"""Rows of tab-separated text with their lines, as plate readers and older programs write it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hcs.wording import counted, listed
from hcs_plates.errors import InputFileError, NotThereError, nearest

ENCODINGS = ("utf-8-sig", "cp1252", "latin-1")
MOST = 5
"""Faults of a file that are told; of the others, their number."""


@dataclass
class TextRows:
    """A file of text while it is read: its rows by line, and what is wrong with it.

    Parameters
    ----------
    path
        The file.
    rows
        Line and cells of every row that is not blank; cells without outer blanks and quotes.
    faults
        Sentences; `close` refuses the file where there are any.
    """

    path: Path
    rows: list[tuple[int, list[str]]]
    faults: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path, named_by: str = "") -> "TextRows":
        """Read a file; `named_by` says where it is named, for the sentence where it is not there.

        Raises
        ------
        NotThereError
            No such file.
        """
        if not path.is_file():
            raise NotThereError(f"There is no '{path}'{f', which {named_by} names' if named_by else ''}.")
        held = path.read_bytes()
        text = next(text for text in (_decoded(held, name) for name in ENCODINGS) if text is not None)
        split = [line.split("\t") for line in text.splitlines()]
        rows = [
            (number, [cell.strip().strip('"') for cell in cells]) for number, cells in enumerate(split, 1)
        ]
        return cls(path, [(number, cells) for number, cells in rows if any(cells)])

    def table(self, needed: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
        """Rows below the headings, by heading in small letters; refused without one that is needed.

        Raises
        ------
        InputFileError
            A heading is lacking or stands twice, or there is no row.
        """
        heads = [cell.casefold() for cell in self.rows[0][1]] if self.rows else []
        for name in needed:
            if name.casefold() not in heads:
                remedy = nearest(name, self.rows[0][1]) if heads else "it is empty"
                raise InputFileError(self.path, f"has no column {name!r}; {remedy.rstrip('.')}")
        twice = [name for name in heads if heads.count(name) > 1]
        if twice:
            raise InputFileError(self.path, f"has the heading {twice[0]!r} twice")
        if len(self.rows) < 2:
            raise InputFileError(self.path, "has no rows below its headings")
        made = []
        for number, cells in self.rows[1:]:
            if any(cells[len(heads) :]):
                self.fault(
                    number, f"has {counted(len(cells), 'cell')} below {counted(len(heads), 'heading')}"
                )
            padded = cells + [""] * (len(heads) - len(cells))
            made.append((number, dict(zip(heads, padded, strict=False))))
        return made

    def fault(self, line: int, what: str) -> None:
        """Note what is wrong with a line."""
        self.faults.append(f"line {line} {what}")

    def close(self) -> None:
        """Refuse the file where something is wrong with it.

        Raises
        ------
        InputFileError
            With the first faults, and the number of the others.
        """
        if self.faults:
            raise InputFileError(self.path, listed(self.faults, most=MOST))


def _decoded(held: bytes, encoding: str) -> str | None:
    try:
        return held.decode(encoding)
    except UnicodeDecodeError:
        return None
