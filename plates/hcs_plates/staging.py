"""Staging: a new thing is made beside its final place and moved there only when it is whole.

What a run makes lies in ``.NAME.partial`` beside its place, with the receipts of its units, and is named only
when it is whole and on the disk; what stood there before is removed after that. A run that is killed, at
whatever moment, leaves the old thing or the new one, and the next run completes or undoes what it began.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from hcs_plates.errors import ArgumentError, ExistsError, HcsError, PlaceError, system_reason
from hcs_plates.files import flush_folder, flush_tree, remove, sweep
from hcs_plates.lock import Lock
from hcs_plates.paths import local_path
from hcs_plates.runlog import LOG, is_logged, logged
from hcs_plates.units import write_json

RECEIPTS = ".receipts"
"""Folder of the receipts of the units that make a thing."""
WHOLE = "whole"
PLAN = "plan.json"


@dataclass(frozen=True)
class Kind:
    """A kind of folder that hcs makes, and how one is told from any other folder.

    Parameters
    ----------
    name
        What it is called.
    document
        The JSON file in it that says what it is.
    keys
        Where in that file hcs says so, from the outermost key.
    owned
        Pattern of the names that stand in it; anything else is somebody's own.
    """

    name: str
    document: str
    keys: tuple[str, ...]
    owned: str = r"\..*|.*\.(parquet|json)"

    def made(self, folder: Path) -> bool:
        """Whether hcs made the folder, as one of this kind; one whose document is damaged counts."""
        try:
            found = json.loads((folder / self.document).read_bytes())
        except ValueError:
            return True
        except OSError:
            return False
        for key in self.keys:
            if not isinstance(found, dict) or key not in found:
                return False
            found = found[key]
        return True

    def foreign(self, folder: Path) -> list[str]:
        """Names of what stands in the folder and is not of hcs."""
        return sorted(path.name for path in folder.iterdir() if not re.fullmatch(self.owned, path.name))


def staging_path(final: Path) -> Path:
    """Where a thing is made before it stands at `final`; a killed run leaves it there to be resumed.

    Absolute, for workers that stand in folders of their own.

    Examples
    --------
    >>> staging_path(Path("plates/P1.ome.zarr")).relative_to(Path.cwd()).as_posix()
    'plates/.P1.ome.zarr.partial'
    """
    return companion(final, "partial")


def companion(final: Path, ending: str) -> Path:
    """Where the ``lock`` of a thing lies that is to stand at `final`, or what it ``replaced``."""
    whole = final.absolute()
    return whole.with_name(f".{whole.name}.{ending}")


class Place:
    """Where one thing is made and where it stands.

    Parameters
    ----------
    path
        Where it is to stand. A symbolic link is followed: what it points to is replaced, the link stays.
    kind
        What it is; nothing of another kind is ever replaced.
    overwrite
        Whether what stands there may be replaced, once the new thing is whole.

    Raises
    ------
    ArgumentError
        An address, or no name.

    Attributes
    ----------
    final
        The place, absolute.
    staged
        Where the thing is made.
    receipts
        Folder of its units' receipts.
    """

    def __init__(self, path: Path | str, kind: Kind, *, overwrite: bool = False) -> None:
        self.asked = local_path(path)
        self.kind = kind
        self.overwrite = overwrite
        self.final = self._followed()
        self._work = staging_path(self.final)
        self._aside = companion(self.final, "replaced")
        self._lock = Lock(companion(self.final, "lock"), self.asked)
        self._resumed = False
        self._logging = ExitStack()
        self.staged = self._work / WHOLE
        self.receipts = self._work / RECEIPTS

    def _followed(self) -> Path:
        """Absolute path, behind a symbolic link what it points to."""
        try:
            final = self.asked.absolute()
            if final.name in ("", ".."):
                final = final.resolve()
            if final.is_symlink():
                target = final.resolve()
                if not target.exists():
                    raise ArgumentError(
                        f"{self.asked} is a link to {target}, which is not there; remove the link, or make "
                        "what it points to."
                    )
                final = target
        except (OSError, RuntimeError) as error:
            raise self._refusal(error) from error
        if not final.name:
            raise ArgumentError(f"{self.asked} is no place for {self.kind.name}; give it a name of its own.")
        return final

    def _refusal(self, error: Exception) -> PlaceError:
        why = system_reason(error) if isinstance(error, OSError) else str(error)
        return PlaceError(f"{self.asked} cannot be written: {why}.")

    def check(self) -> None:
        """Refuse a place that cannot be taken, before any work is done and with nothing written.

        Raises
        ------
        ExistsError
            Something is there and may not be replaced.
        ArgumentError
            What is there was not made by hcs as this kind of thing, or holds something else besides.
        PlaceError
            Nothing can be written there.
        """
        try:
            self._check_standing()
            self._check_writable()
        except OSError as error:
            if isinstance(error, HcsError):
                raise
            raise self._refusal(error) from error

    def _check_standing(self) -> None:
        if not _stands(self.final):
            return
        if not self.overwrite:
            raise ExistsError(
                f"{self.asked} exists already; choose another place or ask to overwrite it (--overwrite)."
            )
        if not self.final.is_dir():
            raise ArgumentError(
                f"{self.asked} is a file, not {self.kind.name} of hcs, so it is not overwritten; choose "
                "another place."
            )
        if not any(self.final.iterdir()):
            return
        if not self.kind.made(self.final):
            raise ArgumentError(
                f"{self.asked} is not something hcs wrote as {self.kind.name}, so it is not overwritten; "
                "choose another place."
            )
        if others := self.kind.foreign(self.final):
            raise ArgumentError(
                f"{self.asked} also holds what hcs did not write ({', '.join(others[:3])}), so it is not "
                "overwritten; move that elsewhere first."
            )

    def _check_writable(self) -> None:
        for path in (self._work, self._aside):
            if _stands(path) and not path.is_dir():
                raise PlaceError(
                    f"{self.asked} cannot be written: {path}, where hcs keeps it until it is whole, is a "
                    "file; move it elsewhere."
                )
        folder = next(one for one in self.final.parents if _stands(one))
        if not folder.is_dir():
            raise PlaceError(f"{self.asked} cannot be written: {folder} is a file, not a folder.")
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            raise PlaceError(
                f"{self.asked} cannot be written: {folder} is on a read-only file system; choose another "
                "place."
            )
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PlaceError(
                f"{self.asked} cannot be written: you have no permission to write into {folder}; ask for it, "
                "or choose another place."
            )

    @contextmanager
    def claim(self) -> Iterator[Self]:
        """Take the place: no second run may work there, and what an interrupted one left is set right.

        Raises
        ------
        BusyError
            Another run works there.
        ExistsError, ArgumentError, PlaceError
            As `check`; or the system refuses something later, then what is done is kept and gone on with.
        """
        self.check()
        try:
            self.final.parent.mkdir(parents=True, exist_ok=True)
            with self._lock, self._logging:
                self._recover()
                self._check_standing()
                yield self
        except OSError as error:
            if isinstance(error, HcsError):
                raise
            at = f" at {os.fsdecode(error.filename)}" if isinstance(error.filename, str | bytes) else ""
            raise PlaceError(f"{self.asked} is not finished{at}: {system_reason(error)}.") from error

    def _recover(self) -> None:
        """Complete or undo a replacement that was cut short."""
        if not _stands(self._aside):
            return
        if _stands(self.final):
            remove(self._aside)
        else:
            self._aside.rename(self.final)

    def recover(self) -> None:
        """Complete or undo a replacement that a kill cut short, before looking at what stands there."""
        if _stands(self._aside):
            with self._lock:
                self._recover()

    def published(self, plan: str) -> bool:
        """Whether an interrupted run of this plan had come as far as moving the whole thing to its place."""
        return self._planned() == plan and not _stands(self.staged) and _stands(self.final)

    def start(self, plan: str, allocate: Callable[[Path], Any] = Path.mkdir) -> Path:
        """Begin the thing in its staging place, or go on with what an interrupted run of the plan left.

        Parameters
        ----------
        plan
            Digest of all that the thing depends on.
        allocate
            Makes the empty thing at the path it is given.

        Returns
        -------
        Path
            `staged`.
        """
        self._resumed = self._planned() == plan and _stands(self.staged)
        if not self._resumed:
            remove(self._work)
            self._work.mkdir()
            allocate(self.staged)
            # Last: without it, what is there was never finished.
            write_json(self._work / PLAN, {"kind": self.kind.name, "plan": plan})
        if not is_logged():
            self._logging.enter_context(logged(self._work / LOG, f"making {self.kind.name}"))
        return self.staged

    def publish(self) -> None:
        """Move the whole thing to its place; what stood there, and the receipts, are removed after that."""
        if self._resumed:
            sweep(self.staged)
        flush_tree(self.staged)
        if _stands(self.final):
            self.final.rename(self._aside)
        try:
            self.staged.rename(self.final)
        except OSError:
            self._recover()
            raise
        flush_folder(self.final.parent)
        remove(self._aside)
        self.discard()

    def scratch(self, name: str) -> Path:
        """Make a folder for what is needed until the thing is whole; it goes when the receipts go."""
        folder = self._work / name
        folder.mkdir(exist_ok=True)
        return folder

    def discard(self) -> None:
        """Remove what was needed to make the thing, or what of it was begun; the plan goes last."""
        if self._work.is_dir():
            for path in self._work.iterdir():
                if path.name != PLAN:
                    remove(path)
        remove(self._work)

    def tidy(self, plan: str) -> None:
        """Clean up what an interrupted run left beside the thing that stands whole.

        What another plan has made so far stays, and all does where nothing may be written.
        """
        lock = self._lock.file
        if not any(map(_stands, (self._work, self._aside, lock))):
            return
        try:
            with self._lock:
                self._recover()
                if self._planned() in (None, plan) or not _stands(self.staged):
                    self.discard()
        except OSError:
            # Another run works there, or the folder is read-only: the thing itself is whole.
            return

    def _planned(self) -> str | None:
        """Plan of the run that left something in the staging place."""
        try:
            return str(json.loads((self._work / PLAN).read_text(encoding="utf-8"))["plan"])
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _stands(path: Path) -> bool:
    """Whether anything stands there, a link to nowhere included; errors but absence are raised."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
