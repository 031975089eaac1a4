"""What the browser shows: plates that are held open, and the study that they are of."""

import threading
from dataclasses import dataclass, replace
from pathlib import Path

from hcs.study.folder import StudyResults
from hcs.web.browser.sources import PLATE_MARKS, Asked
from hcs_plates.errors import HcsError, LookupRefusedError, NotThereError, StoreError
from hcs_plates.plate import Plate
from hcs_plates.units import digest
from hcs_plates.viewing import ViewedField, ViewedPlate, open_view

AT_ONCE = 4
"""Pieces that are read at the same time: more would take memory and no less time."""


@dataclass(frozen=True)
class OpenPlate:
    """A plate as it was when it was opened.

    Parameters
    ----------
    view
        The plate.
    stamp
        What its description's file was.
    version
        What tells its images from those that stood there before or will: it is part of their addresses.
    gone
        Why it cannot be opened any more; empty where it can.
    """

    view: ViewedPlate
    stamp: tuple[int, ...]
    version: str
    gone: str = ""


class Site:
    """The plates of one server, each by its number.

    A plate that was made anew meanwhile is opened again when it is next asked for.

    Parameters
    ----------
    asked
        The plates and their study.

    Raises
    ------
    StoreError, NotThereError
        One of the plates cannot be opened.
    """

    def __init__(self, asked: Asked) -> None:
        self.study: StudyResults | None = asked.study
        self.notices = asked.notices
        self._paths = asked.plates
        self._lock = threading.Lock()
        self.reading = threading.BoundedSemaphore(AT_ONCE)
        self._open = [_opened(path) for path in asked.plates]

    def __len__(self) -> int:
        return len(self._paths)

    def opened(self, number: int) -> OpenPlate:
        """Give a plate as it stands now.

        Raises
        ------
        LookupRefusedError, NotThereError, StoreError
            No such number; the plate is gone, or cannot be opened any more.
        """
        if not 0 <= number < len(self._paths):
            raise LookupRefusedError(f"There is no plate {number} here; there are {len(self._paths)}.")
        path, held = self._paths[number], self._open[number]
        if _stamp(path) != held.stamp:
            with self._lock:
                held = self._open[number]
                if _stamp(path) != held.stamp:
                    held = self._open[number] = _opened(path)
        return held

    def all(self) -> tuple[OpenPlate, ...]:
        """Give all plates as they stand now, by number; one that is gone as it was, for the others' sake.

        Raises
        ------
        NotThereError, StoreError
            None of them can be opened any more.
        """
        found, faults = list[OpenPlate](), list[HcsError]()
        for number in range(len(self)):
            try:
                found.append(self.opened(number))
            except (NotThereError, StoreError) as error:
                faults.append(error)
                found.append(replace(self._open[number], gone=error.message))
        if len(faults) == len(found):
            raise faults[0]
        return tuple(found)

    @property
    def views(self) -> tuple[ViewedPlate, ...]:
        """All plates, by number; raises as `all`."""
        return tuple(one.view for one in self.all())

    @property
    def plates(self) -> tuple[Plate, ...]:
        """Those that hcs wrote: they have measurements beside them, and scores in a study."""
        return tuple(view.plate for view in self.views if view.plate is not None)

    def field(self, number: int, well: str, key: str) -> ViewedField:
        """Give a field.

        Raises
        ------
        LookupRefusedError
            No such plate, well or field.
        """
        return self.opened(number).view.field(well, key)


def _opened(path: Path) -> OpenPlate:
    # Looked at first: what changes while it is opened is found out at the next request.
    stamp = _stamp(path)
    view = open_view(path)
    version = digest(list(stamp)) if view.plate is None else view.plate.digest
    return OpenPlate(view, stamp, version[:16])


def _stamp(path: Path) -> tuple[int, ...]:
    """Give what tells a plate's description from another one that stood there."""
    found: list[int] = []
    for mark in PLATE_MARKS:
        try:
            now = (path / mark).stat()
        except OSError:
            continue
        found += [now.st_mtime_ns, now.st_size, now.st_ino]
    if not found:
        raise NotThereError(f"{path} is not there any more; put it back, or start hcs serve anew.")
    return tuple(found)
