"""Files and folders whose digest was written down, as parts of what is verified."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from hcs.study.places import SCORES
from hcs.tables.stored import box_digest, load_table
from hcs_plates.errors import NotThereError, StoreError
from hcs_plates.units import digest
from hcs_plates.verifying.fault import Fault, damaged, fault_of, missing
from hcs_plates.verifying.inspection import Inspection


@dataclass(frozen=True)
class StoredPart:
    """A file or folder, against the digest that was written down for it.

    Parameters
    ----------
    what, place
        What it is, and where.
    written
        As `hcs.tables.stored.box_digest` gave it.
    again
        The command that makes it anew.
    inside
        Says what of a folder is to be read to tell which of its files it is; None of files.
    """

    noun: ClassVar[str] = "file"
    what: str
    place: Path
    written: str
    again: str
    inside: Callable[[Path], Inspection] | None = None

    def faults(self) -> list[Fault]:
        """Read it and list what is wrong."""
        found = box_digest(self.place)
        if found == self.written:
            return []
        if found is None:
            return [missing(self.what, self.place, self.again)]
        if self.place.is_file() and not self.place.stat().st_size:
            return [damaged(self.what, self.place, "0 bytes", self.again)]
        faults: list[Fault] = []
        if self.inside is not None and self.place.is_dir():
            inner = self.inside(self.place)
            faults = [*inner.faults, *(fault for part in inner.parts for fault in part.faults())]
        own = [replace(fault, remedy=self.again) for fault in faults]
        return own or [damaged(self.what, self.place, "another digest", self.again)]


@dataclass(frozen=True)
class TablePart:
    """A table of which no digest was kept: it has to be one."""

    noun: ClassVar[str] = "file"
    what: str
    place: Path
    again: str

    def faults(self) -> list[Fault]:
        """Read it and list what is wrong."""
        try:
            load_table(self.place, None, self.again)
        except (NotThereError, StoreError) as error:
            return [fault_of(error, self.what, self.place, self.again)]
        return []


@dataclass(frozen=True)
class ReceiptPart:
    """The receipt of a set, against the files that it names.

    Parameters
    ----------
    place, sets
        The receipt; the folder of the set's own files.
    files
        Digest of each of them as the run's record has it; a scores table that is damaged says nothing here.
    inputs
        Digest of all that the set depends on; None where that cannot be told.
    """

    noun: ClassVar[str] = "file"
    place: Path
    sets: Path
    files: Mapping[str, str]
    inputs: str | None

    def faults(self) -> list[Fault]:
        """Read it and list what is wrong."""
        again = "remove it: a finished run needs it no more"
        what = f"receipt of set {self.sets.name}"
        try:
            receipt = json.loads(self.place.read_bytes())
            output = receipt["output"]
            facts = receipt["unit"], output["files"]
            right = facts == (self.place.stem, dict(self.files))
            right &= self.inputs in (None, receipt["inputs"])
            if right and box_digest(self.sets / SCORES) == self.files.get(SCORES):
                scores = load_table(self.sets / SCORES, None, again)
                right = output["checksum"] == digest(scores["probability"].to_numpy())
        except (ValueError, LookupError, TypeError, RecursionError):
            return [damaged(what, self.place, "no receipt", again)]
        return [] if right else [damaged(what, self.place, "other files or inputs than the run's", again)]
