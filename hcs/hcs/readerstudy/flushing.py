"""A file brought to the disk once for all who wait for it, and one that lacks its last changes."""

import os
import threading
from pathlib import Path

from hcs_plates.errors import StoreError
from hcs_plates.files import flush_folder


class SharedFlush:
    """Flushes of one file, shared: whoever has written waits for a flush that began after that.

    A flush takes as long as the disk wants, 1 to 20 ms. While one runs, all who come wait for the next one,
    which is one for all of them. After a flush that failed none is believed any more: what the system held
    of the file may be gone (Rebello et al., USENIX ATC 2020).

    Parameters
    ----------
    path
        The file, which is there until `close`.
    """

    def __init__(self, path: Path) -> None:
        self._held = os.open(path, os.O_RDONLY)
        self._turn = threading.Condition()
        self._asked = self._done = 0
        self._runs = False
        self._failed: OSError | None = None
        # The name of a file that was just made has to be on the disk too.
        flush_folder(path.parent)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._held)

    def wait(self) -> None:
        """Return when all that was written to the file before is on the disk.

        Raises
        ------
        OSError
            The disk did not take it, now or before.
        """
        with self._turn:
            self._asked += 1
            mine = self._asked
            while self._runs and self._done < mine and self._failed is None:
                self._turn.wait()
            if self._failed is not None:
                raise self._failed
            if self._done >= mine:
                return
            self._runs, reached = True, self._asked
        failed = None
        try:
            os.fsync(self._held)
        except OSError as error:
            failed = error
        with self._turn:
            self._runs = False
            self._failed = failed
            self._done = self._done if failed else reached
            self._turn.notify_all()
        if failed:
            raise failed


def refuse_part(path: Path) -> None:
    """Refuse a database whose last changes are in a file that is not beside it.

    The database says that there is one (SQLite file format, section 1.3.3); it is gone where the database
    alone was copied while a server ran.

    Raises
    ------
    StoreError
        With the remedy.
    """
    beside = path.with_name(f"{path.name}-wal")
    if path.read_bytes()[18:20] == b"\x02\x02" and not beside.exists():
        raise StoreError(
            path,
            f"was copied while its server ran, without {beside.name}, which holds the last answers; copy "
            "that too. If it is lost, an empty file of its name says so, and what came before is taken.",
        )
