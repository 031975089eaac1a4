"""Files written so that readers, kills and power cuts find the old one or the new one, never half of it."""

import ctypes
import errno
import os
import shutil
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from hcs_plates.errors import PlaceError, system_reason
from hcs_plates.paths import local_path

Content = bytes | Callable[[BinaryIO], Any]
SCRATCH = ".part"
"""Ending of a file that is being written; zarr's own is ``.partial``."""


def write_file(path: Path | str, content: Content, *, durable: bool = True, private: bool = False) -> Path:
    """Write a file under another name, and give it its own when it is whole.

    Parameters
    ----------
    path
        The file; its folder is made where it is not there.
    content
        Its bytes, or what writes them into an open file.
    durable
        Whether it is on the disk, not only on its way there, when this returns.
    private
        Whether nobody but the owner may read it (mode 0600), from its first byte on.

    Raises
    ------
    PlaceError
        It cannot be written: a folder of that name, no permission, no room. Nothing is left of it.
    """
    file = local_path(path)
    write_files({file: content}, durable=durable, private=private)
    return file


def write_files(contents: Mapping[Path, Content], *, durable: bool = True, private: bool = False) -> None:
    """Write files that belong together, as `write_file` does: all of them, or none."""
    scratches: dict[Path, Path] = {}
    file = Path()
    try:
        for file, content in contents.items():
            if file.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            file.parent.mkdir(parents=True, exist_ok=True)
            _clear(file)
            ending = f"{os.getpid()}-{threading.get_ident()}{SCRATCH}"
            scratches[file] = file.with_name(f".{file.name}.{ending}")
            with open(scratches[file], "wb", opener=_private if private else None) as stream:
                if callable(content):
                    content(stream)
                else:
                    stream.write(content)
                if durable:
                    stream.flush()
                    os.fsync(stream.fileno())
        for file, scratch in scratches.items():
            scratch.replace(file)
        if durable:
            for folder in dict.fromkeys(file.parent for file in contents):
                flush_folder(folder)
    except OSError as error:
        raise PlaceError(f"{file} cannot be written: {system_reason(error)}.") from error
    finally:
        for scratch in scratches.values():
            # Where even that fails, the next writing removes it, and the first error is the one to tell.
            with suppress(OSError):
                scratch.unlink(missing_ok=True)


def write_table(path: Path | str, table: pd.DataFrame, *, index: bool = False, durable: bool = False) -> Path:
    """Write a table as one Parquet file, as `write_file` does."""
    return write_file(path, lambda stream: table.to_parquet(stream, index=index), durable=durable)


def remove(path: Path) -> None:
    """Remove a file, a link or a folder with all that is in it, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove what kills left of files that were being written below a folder.

    Only whoever holds the folder's lock may: nobody else is writing there.
    """
    for place, _, names in os.walk(folder):
        for name in names:
            hidden = name.startswith(".") and name.endswith(SCRATCH)
            if hidden or name.endswith(".partial"):
                Path(place, name).unlink(missing_ok=True)


def flush_tree(folder: Path) -> None:
    """Bring all that was written below a folder to the disk, at once: file by file takes 2 ms each."""
    held = os.open(folder, os.O_RDONLY)
    try:
        syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
        if syncfs is None:
            os.sync()
        elif syncfs(held) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(folder))
    finally:
        os.close(held)


def flush_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    held = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def _private(path: str, flags: int) -> int:
    """Open a file that only its owner may read."""
    return os.open(path, flags, 0o600)


def _clear(file: Path) -> None:
    """Remove what killed runs left of this file; what a run that is alive is writing stays."""
    start = f".{file.name}."
    for entry in os.scandir(file.parent):
        if entry.name.startswith(start) and entry.name.endswith(SCRATCH):
            writer = entry.name.removeprefix(start).removesuffix(SCRATCH).partition("-")[0]
            if writer.isdecimal() and not _runs(int(writer)):
                Path(entry.path).unlink(missing_ok=True)


def _runs(process: int) -> bool:
    """Whether there is a process of this number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
