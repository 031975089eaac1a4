"""Trained models as one file of plain arrays: reading one runs no code of it."""

import json
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from hcs_plates.errors import StoreError
from hcs_plates.files import write_file

# What a member that is cut, is no array, is another one, or lies about its size raises.
DAMAGED = (
    OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, MemoryError, NotImplementedError,
    zipfile.BadZipFile, zlib.error, tokenize.TokenError,
)  # fmt: skip


def write_arrays(
    path: Path | str, about: Mapping[str, Any], arrays: Mapping[str, Any], *, compressed: bool = False
) -> None:
    """Write one ``.npz`` file, with facts as JSON; a reader sees the old one or the new one whole."""
    save = np.savez_compressed if compressed else np.savez
    held = {**arrays, "about": np.array(json.dumps(about))}
    write_file(Path(path), lambda stream: save(stream, **held), durable=False)


@contextmanager
def read_arrays(path: Path | str, what: str) -> Iterator[tuple[Any, Any]]:
    """Open what `write_arrays` wrote: its facts, and its arrays by name.

    Parameters
    ----------
    path
        The file.
    what
        What it should be, for the error: "a head".

    Raises
    ------
    StoreError
        Not such a file: also where the ``with`` block finds that, by raising any of `DAMAGED`.
    """
    file = Path(path)
    try:
        # Opened here: of a damaged file NumPy would leave its own handle open.
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            yield json.loads(str(stored["about"])), stored
    except DAMAGED as error:
        raise StoreError(file, f"is not {what} of a study; run `hcs study run` again") from error
