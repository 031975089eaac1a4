"""A table as a file of ours: written whole, and held against the digest that was written down for it."""

import hashlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from hcs_plates.errors import NotThereError, StoreError
from hcs_plates.files import write_table
from hcs_plates.units import digest, file_digest


def save_table(table: pd.DataFrame, path: Path, *, index: bool = False) -> str:
    """Write a table as Parquet so that a reader sees the old file or the new one; give the file's SHA-256."""
    return file_digest(write_table(path, table, index=index))


def load_table(path: Path, written: str | None, remedy: str) -> pd.DataFrame:
    """Read a table.

    `written` is the SHA-256 that was written down for it, if one was; `remedy` ends a sentence with how to
    get the table again.

    Raises
    ------
    NotThereError, StoreError
        No such file; it is damaged, or is not the file that was written.
    """
    try:
        held = path.read_bytes()
    except FileNotFoundError as error:
        raise NotThereError(f"{path} is not there; {remedy}.") from error
    if written is not None and hashlib.sha256(held).hexdigest() != written:
        raise StoreError(path, f"is not the table that hcs wrote (its digest differs); {remedy}")
    return _decoded(held, path, remedy)


def _decoded(held: bytes, path: Path, remedy: str) -> pd.DataFrame:
    try:
        return pd.read_parquet(BytesIO(held))
    # A damaged file fails in as many ways as the decoders of Parquet have.
    except Exception as error:
        raise StoreError(path, f"is damaged and cannot be read; {remedy}") from error


class Unchanged:
    """What was read of files, kept for as long as each file stands as it was when it was read."""

    def __init__(self) -> None:
        self._held: dict[Path, tuple[tuple[int, ...], Any]] = {}

    def once(self, path: Path, read: Callable[[], Any]) -> Any:
        """Give what was read of a file (an absolute path); read it if it was not yet, or is another file now.

        What `read` refuses is raised and not kept.
        """
        held, stamp = self._held.get(path), _stamp(path)
        if held is not None and held[0] == stamp:
            return held[1]
        found = read()
        if stamp is not None:
            self._held[path] = (stamp, found)
        return found

    def keep(self, path: Path, found: Any) -> None:
        """Take what was read of a file elsewhere, just now."""
        self.once(path, lambda: found)


def _stamp(path: Path) -> tuple[int, ...] | None:
    """Give what tells a file from the one that stood there before."""
    try:
        now = path.stat()
    except OSError:
        return None
    return now.st_mtime_ns, now.st_size, now.st_ino


def box_digest(path: Path) -> str | None:
    """Digest of a file's bytes, or of all files in a folder but hidden ones; None where neither stands."""
    if path.is_file():
        return file_digest(path)
    if not path.is_dir():
        return None
    files = sorted(file for file in path.rglob("*") if file.is_file() and file.name[0] != ".")
    return digest([[file.relative_to(path).as_posix(), file_digest(file)] for file in files])
