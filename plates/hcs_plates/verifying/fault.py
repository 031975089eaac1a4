"""One thing that is not as it was stored: what, where, of which kind, and the command that makes it anew."""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hcs_plates.errors import HcsError, InputFileError, NotThereError, StaleError

MISSING, DAMAGED, STALE, STRANGE = "missing", "damaged", "stale", "not part of it"
NOTHING = "nothing"
AS_WRITTEN = "as it was written"
MOVE = "move it elsewhere"


@dataclass(frozen=True)
class Fault:
    """One fault.

    Parameters
    ----------
    what
        Such as ``field A01/1, level 0``.
    where
        The file or folder.
    kind
        ``missing``, ``damaged``, ``stale`` (whole, and made of something that is another now) or
        ``not part of it``.
    found, expected
        What is there, and what should be.
    remedy
        The command that makes it anew.
    """

    what: str
    where: str
    kind: str
    found: str
    expected: str
    remedy: str

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        return asdict(self)


def fault_of(error: HcsError, what: str, where: Path, remedy: str) -> Fault:
    """Write down what a reader was refused with: its own judgement, whatever else is known."""
    kind = STALE if isinstance(error, StaleError) else DAMAGED
    if isinstance(error, NotThereError):
        return missing(what, where, remedy)
    said = "; ".join(error.faults) if isinstance(error, InputFileError) else error.message
    expected = "made of what is there now" if kind == STALE else AS_WRITTEN
    # The sentence ends with a remedy of its own.
    return Fault(what, str(where), kind, said.partition("; ")[0].rstrip("."), expected, remedy)


def missing(what: str, where: Path, remedy: str) -> Fault:
    """Say that something is not there."""
    return Fault(what, str(where), MISSING, NOTHING, AS_WRITTEN, remedy)


def damaged(what: str, where: Path, found: str, remedy: str) -> Fault:
    """Say that something is not as it was written."""
    return Fault(what, str(where), DAMAGED, found, AS_WRITTEN, remedy)


def strange(where: Path) -> Fault:
    """Say that something stands where nothing was written."""
    what = "a folder" if where.is_dir() and not where.is_symlink() else "a file"
    return Fault(what, str(where), STRANGE, "what hcs did not write", NOTHING, MOVE)


def strangers(folder: Path, files: Collection[str], open_folders: Collection[str] = ()) -> list[Fault]:
    """List what stands in a folder that does not belong there; hidden files are looked over.

    Parameters
    ----------
    folder
        Where.
    files
        Files that belong there, by their path below the folder.
    open_folders
        Folders that are not looked into.
    """
    way = {parent.as_posix() for one in (*files, *open_folders) for parent in Path(one).parents}
    found = []

    def walk(place: Path, name: str) -> None:
        for one in sorted(place.iterdir()):
            below = f"{name}{one.name}"
            if one.name.startswith(".") or below in files or below in open_folders:
                continue
            if below in way and one.is_dir():
                walk(one, f"{below}/")
            else:
                found.append(strange(one))

    if folder.is_dir():
        walk(folder, "")
    return found


def document_fault(what: str, file: Path, remedy: str) -> Fault | None:
    """Say what is wrong with a JSON document that nothing more is known of; None if nothing is."""
    try:
        found = json.loads(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return missing(what, file, remedy)
    except (ValueError, RecursionError):
        return damaged(what, file, "no JSON", remedy)
    return None if isinstance(found, dict) else damaged(what, file, "no JSON object", remedy)
