"""A pack opened with its key: when that was done first, and which answers were stored after that."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import pandas as pd
from pydantic import BaseModel, ConfigDict, ValidationError

from hcs.readerstudy.key import Key
from hcs.readerstudy.pack import Pack
from hcs.readerstudy.packing import KEY
from hcs.wording import counted
from hcs_plates.errors import StoreError
from hcs_plates.files import write_file

OPENED = ".opened.json"
"""Ending of the file beside the key, after the pack's name."""


class _Opened(BaseModel):
    """What the file holds."""

    model_config = ConfigDict(extra="forbid")
    pack: str
    time: str
    sequence: int


def open_with_key(pack: Path | str, key: Path | str | None = None) -> tuple[Pack, Key, Path]:
    """Open a pack and its key, ``PACK.key.json`` beside it if None; and where the key is.

    Raises
    ------
    NotThereError, StoreError
        As `Pack.open` and `Key.open`.
    """
    opened = Pack.open(pack)
    place = opened.folder.with_name(f"{opened.folder.name}{KEY}") if key is None else Path(key)
    return opened, Key.open(place, opened), place


@dataclass(frozen=True)
class KeyOpened:
    """The first time that a key was opened to score.

    Parameters
    ----------
    path
        Of the file.
    pack
        Id of the pack.
    time
        UTC; empty where it was not opened yet.
    sequence
        Number of the last click that was stored then.
    """

    path: Path
    pack: str
    time: str = ""
    sequence: int = 0

    @classmethod
    def at(cls, key: Path, pack: Pack) -> Self:
        """Read it from beside a key.

        Raises
        ------
        StoreError
            The file is damaged, or of another pack.
        """
        path, ident = key.absolute().with_name(f"{pack.folder.name}{OPENED}"), pack.info.pack
        try:
            read = _Opened.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return cls(path, ident)
        except ValidationError as error:
            raise StoreError(path, "is damaged: when the key was first opened is not known") from error
        if read.pack != ident:
            raise StoreError(path, f"is about another pack than {pack.folder}; move it away")
        return cls(path, ident, read.time, read.sequence)

    def note(self, sequence: int) -> Self:
        """Write down that it is opened now, if it was not before; gives the first time."""
        if self.time:
            return self
        time = datetime.now(UTC).replace(microsecond=0).isoformat()
        content = _Opened(pack=self.pack, time=time, sequence=sequence)
        write_file(self.path, content.model_dump_json(indent=1).encode(), private=True)
        return type(self)(self.path, self.pack, time, sequence)

    def late(self, log: pd.DataFrame) -> str:
        """Say how many clicks were stored after that; the order of the log counts, and no clock."""
        late = log[log["sequence"] > self.sequence]
        if late.empty:
            return ""
        who = counted(late["reader"].nunique(), "reader")
        return f"{counted(len(late), 'click')} of {who} came after the key was first opened ({self.time})."
