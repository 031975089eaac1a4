"""What readers answered: a log in one SQLite file, to which every click is one transaction more.

Nothing is ever changed in it: an undo is a row that withdraws the answer before. Rows are ordered by their
number, never by a clock. Each row carries a digest of itself and of the row before, so that a log that was
changed, or that lost a row in between, is refused. A click names the revision of its reader's state that it
was made on; one that was made on an older state (a second tab) is refused with the state that stands.
"""

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from hcs.readerstudy.clicks import Click, ReaderState, StaleError
from hcs.readerstudy.flushing import SharedFlush, refuse_part
from hcs_plates.errors import (
    ArgumentError,
    BusyError,
    NotThereError,
    PlaceError,
    StoreError,
    UnreachableError,
    system_reason,
)

if TYPE_CHECKING:
    import pandas as pd

FILE = "responses.sqlite"
APPLICATION, FORMAT = 0x68637352, 1
"""``application_id`` and ``user_version`` of the file (SQLite file format, section 1.3)."""
MOST_PAGES = 20_000
"""Pages (4 KiB) of the write-ahead log, some 5,000 clicks, before it is moved into the file while everybody
waits for the disk; it always is when the last one closes the file."""
PATIENCE = 10.0
"""Seconds that a transaction waits for another process to end its own."""

COLUMNS = (
    "sequence",
    "reader",
    "revision",
    "position",
    "image",
    "call",
    "sure",
    "seconds",
    "answered_at",
    "click",
    "session",
)

_MAKE = """
CREATE TABLE pack (digest TEXT NOT NULL);
CREATE TABLE log (
    sequence INTEGER PRIMARY KEY,
    reader TEXT NOT NULL,
    revision INTEGER NOT NULL,
    position INTEGER NOT NULL,
    image TEXT NOT NULL,
    call TEXT,
    sure INTEGER,
    seconds REAL NOT NULL,
    answered_at TEXT NOT NULL,
    click TEXT NOT NULL,
    session TEXT NOT NULL,
    standing INTEGER NOT NULL,
    chain TEXT NOT NULL,
    UNIQUE (reader, revision),
    UNIQUE (reader, click)
);
CREATE TRIGGER log_is_not_changed BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'a log is not changed'); END;
CREATE TRIGGER log_is_not_cut BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'a log is not cut'); END;
"""


def pack_digest(folder: Path) -> str:
    """SHA-256 (hex) of what a pack asks of whom: its description and its schedule."""
    state = hashlib.sha256()
    for name in ("pack.json", "schedule.json"):
        state.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return state.hexdigest()


class Responses:
    """The answers of a pack.

    Parameters
    ----------
    folder
        The pack.
    create
        Whether the file is made where there is none.

    Raises
    ------
    NotThereError
        No reader has answered yet.
    StoreError
        The file is damaged, is another program's, or belongs to another pack; it is left as it is.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     for name in ("pack.json", "schedule.json"):
    ...         _ = Path(folder, name).write_text("{}")
    ...     with Responses(Path(folder), create=True) as responses:
    ...         state = responses.record([Click("R01", 0, "f3", "ALS", True, revision=0, click="a")])
    ...         responses.table()[["reader", "position", "call", "sure"]].to_numpy().tolist()
    [['R01', 0, 'ALS', True]]
    """

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        self.path = folder / FILE
        self._lock, self._looking = threading.Lock(), threading.Lock()
        there = self.path.exists()
        if not there and not create:
            raise NotThereError(f"{self.path} is not there: no reader of this pack has answered yet.")
        if self.path.is_file():
            refuse_part(self.path)
        digest = pack_digest(folder)
        with self._told():
            self._held = self._connect()
            try:
                if there:
                    self._check(digest)
                else:
                    self._make(digest)
                # Changes go to the write-ahead log, which is flushed before a click is acknowledged: what
                # `synchronous = FULL` does, but once for all clicks that came while a flush ran.
                self._held.execute("PRAGMA journal_mode = WAL")
                self._held.execute("PRAGMA synchronous = NORMAL")
                self._held.execute(f"PRAGMA wal_autocheckpoint = {MOST_PAGES}")
                self._held.execute("SELECT 1 FROM pack").fetchall()
                # Who only looks waits for nobody who writes.
                self._seen = self._connect()
                self._disk = SharedFlush(self.path.with_name(f"{FILE}-wal"))
            except BaseException:
                self._held.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was acknowledged is in it, and nowhere else once nobody has it open."""
        self._disk.close()
        self._seen.close()
        with suppress(sqlite3.Error):
            self._held.execute("PRAGMA busy_timeout = 0")
            self._held.execute("PRAGMA journal_mode = DELETE")
        self._held.close()

    def state(self, reader: str) -> ReaderState:
        """Where a reader stands."""
        with self._looking, self._told():
            return _state(self._seen, reader)

    def record(self, clicks: Sequence[Click]) -> ReaderState:
        """Store clicks in one transaction, all or none; they are on the disk when this returns.

        Returns
        -------
        ReaderState
            State of the last click's reader.

        Raises
        ------
        StaleError
            A click was made on another state than the reader's.
        ArgumentError
            A click has the name of another one.
        """
        if not clicks:
            raise ArgumentError("There is no click to store.")
        with self._told(), self._lock:
            self._held.execute("BEGIN IMMEDIATE")
            try:
                for click in clicks:
                    state = self._append(click)
                self._held.execute("COMMIT")
            except BaseException:
                if self._held.in_transaction:
                    self._held.execute("ROLLBACK")
                raise
        with self._told():
            self._disk.wait()
        return state

    def log(self) -> "pd.DataFrame":
        """Every click in the order in which it was stored; a withdrawal has no call.

        Returns
        -------
        pandas.DataFrame
            sequence, reader, revision, position, image, call, sure, seconds, answered_at, click, session.
        """
        import pandas as pd

        with self._lock, self._told():
            rows = [row[: len(COLUMNS)] for row in self._rows()]
        table = pd.DataFrame(rows, columns=list(COLUMNS))
        return table.astype({"sure": "boolean"})

    def table(self) -> "pd.DataFrame":
        """Tell the answers that stand: the last one of each position that was not withdrawn.

        Returns
        -------
        pandas.DataFrame
            reader, position, image, call, sure, seconds, answered_at, revision; by reader and position.
        """
        log = self.log()
        last = log.drop_duplicates(["reader", "position"], keep="last")
        stands = last[last["call"].notna()].sort_values(["reader", "position"], ignore_index=True)
        named = ["reader", "position", "image", "call", "sure", "seconds", "answered_at", "revision"]
        return stands[named].astype({"sure": bool})

    def _append(self, click: Click) -> ReaderState:
        """Store one click inside the transaction that is open."""
        state = _state(self._held, click.reader)
        again = "SELECT position, call FROM log WHERE reader = ? AND click = ?"
        if found := self._held.execute(again, (click.reader, click.click)).fetchone():
            if found != (click.position, click.call):
                raise ArgumentError("This click was stored already, as another answer; load the page again.")
            return state
        step = 1 if click.call is not None else -1
        expected = state.answered if step == 1 else state.answered - 1
        if click.revision != state.revision or click.position != expected or expected < 0:
            raise StaleError(state)
        after = ReaderState(state.revision + 1, state.answered + step)
        last = self._held.execute("SELECT sequence, chain FROM log ORDER BY sequence DESC LIMIT 1").fetchone()
        sequence, chain = last or (0, "")
        row = (
            sequence + 1,
            click.reader,
            after.revision,
            click.position,
            click.image,
            click.call,
            None if click.sure is None else int(click.sure),
            float(click.seconds),
            click.answered_at or datetime.now(UTC).isoformat(timespec="milliseconds"),
            click.click,
            click.session,
            after.answered,
        )
        marks = ", ".join("?" * (len(row) + 1))
        self._held.execute(f"INSERT INTO log VALUES ({marks})", (*row, _chained(chain, row)))
        return after

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)

    def _make(self, digest: str) -> None:
        """Lay out an empty file, in one transaction."""
        marks = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT};"
        filled = f"INSERT INTO pack VALUES ('{digest}');"
        self._held.executescript(f"BEGIN EXCLUSIVE; {marks} {_MAKE} {filled} COMMIT;")

    def _check(self, digest: str) -> None:
        """Refuse a file that is not this pack's log, before anything in it is touched."""
        if self.path.stat().st_size == 0:
            raise StoreError(
                self.path,
                "is empty. Put a copy of it back; if no reader has answered yet, remove it and start again.",
            )
        application, version = (
            self._held.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
        )
        if application != APPLICATION:
            raise StoreError(
                self.path,
                "is a database of another program. Move it out of the pack; it was not touched.",
            )
        if version != FORMAT:
            raise StoreError(self.path, f"has format {version}, and this hcs reads {FORMAT}; update hcs.")
        if (found := self._held.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise self._damaged(found)
        if self._held.execute("SELECT digest FROM pack").fetchall() != [(digest,)]:
            raise StoreError(
                self.path,
                "holds answers to another pack, or pack.json or schedule.json were changed since. "
                "Put the pack back as it was when it was answered.",
            )
        for _ in self._rows():
            pass

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        """Rows in order, each held against its digest."""
        chain = ""
        for number, row in enumerate(self._held.execute("SELECT * FROM log ORDER BY sequence"), start=1):
            chain = _chained(chain, row[:-1])
            if chain != row[-1] or row[0] != number:
                raise self._damaged(f"row {number} is not as it was written")
            yield row[:-1]

    def _damaged(self, how: object) -> StoreError:
        return StoreError(
            self.path, f"is damaged ({how}). Nothing was written to it; put a copy of the pack back."
        )

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell what SQLite refuses in a sentence."""
        try:
            yield
        except OSError as error:
            raise UnreachableError(
                f"{self.path}: {system_reason(error)}; the click was not stored."
            ) from error
        except sqlite3.DatabaseError as error:
            said = str(error)
            if "locked" in said or "busy" in said:
                raise BusyError(f"{self.path} is being written by another process; try again.") from error
            if "full" in said or "I/O" in said:
                raise UnreachableError(f"{self.path}: {said}; the click was not stored.") from error
            if "open" in said or "readonly" in said:
                raise PlaceError(f"{self.path} cannot be written: {said}.") from error
            raise self._damaged(said) from error


def _state(link: sqlite3.Connection, reader: str) -> ReaderState:
    last = "SELECT revision, standing FROM log WHERE reader = ? ORDER BY revision DESC LIMIT 1"
    found = link.execute(last, (reader,)).fetchone()
    return ReaderState(*found) if found else ReaderState()


def _chained(chain: str, row: Sequence[Any]) -> str:
    """Digest of a row and of what came before it."""
    return hashlib.sha256(f"{chain}{json.dumps(list(row))}".encode()).hexdigest()
