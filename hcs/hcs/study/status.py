"""Where a run stands, seen from outside: from its log and its lock, neither of which is touched."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from hcs.study.lastrun import LastRun, Step, last_run
from hcs.study.places import CLAIM, LOCK, PREDICTED, RECORD, beside
from hcs.wording import counted
from hcs_plates.errors import NotThereError, RefusedUnitsError
from hcs_plates.lock import Owner
from hcs_plates.paths import local_path
from hcs_plates.runlog import LOG, read_log
from hcs_plates.staging import WHOLE, companion, staging_path

SAID = {
    "finished": "finished",
    "interrupted": "was interrupted",
    "failed": "stopped",
    "killed": "was killed",
}
"""How a run ended, as a sentence says it."""
COLUMNS = ["step", "state", "done", "units", "skipped", "refused", "per_second", "seconds_left", "last_unit"]


@dataclass(frozen=True)
class StudyStatus:
    """Where a study, or a thing that is being made, stands.

    Parameters
    ----------
    path
        The results folder, or the place of what is made.
    state
        ``running``, ``finished``, ``interrupted``, ``failed``, ``killed`` (no ending, and nobody works
        there), ``unseen`` (on another machine: whether it runs cannot be seen from here), or ``none`` (no
        run is known).
    run
        The last run, from its log; None where there is none, or where who works there has written nothing.
    owner
        Who holds the lock; None where nobody does.
    now
        When it was looked at.
    whole
        Whether results of a run that came to its end stand there, or what was to be made does.
    """

    path: Path
    state: str
    run: LastRun | None
    owner: Owner | None
    now: datetime
    whole: bool

    @property
    def table(self) -> pd.DataFrame:
        """One row per step: state, units done, of all, skipped by their receipts, refused; pace."""
        return pd.DataFrame([self._row(step) for step in self._steps()], columns=COLUMNS)

    def _steps(self) -> list[Step]:
        return [] if self.run is None else self.run.steps

    def _row(self, step: Step) -> list[Any]:
        pace, state = step.pace(self.now), self._state_of(step)
        under_way = state == "under way"
        rate, left = (pace.rate, pace.left) if under_way else (None, None)
        counts = [pace.done, pace.units, step.skipped, step.refused]
        return [step.name, state, *counts, rate, left, step.last]

    def _state_of(self, step: Step) -> str:
        if step.begun is None:
            return "to come"
        if step.ended or self.state == "finished":
            return "done"
        return "under way" if self.state in ("running", "unseen") else self.state

    def summary(self) -> str:
        """Say it in one sentence."""
        name, run = self.path.name, self.run
        if run is None:
            return self._without_log()
        if self.state == "running":
            return f"{name}: {run.command} is under way{self._present()}; {self._who()}."
        if self.state == "unseen":
            unseen = "whether it still runs cannot be seen from here"
            return f"{name}: {run.command}{self._present()}; {self._who()}; {unseen}."
        present = run.present
        when, at = _moment(run.last), f" in {present.name}" if present and present.name != run.command else ""
        if self.state == "finished":
            took = _span((run.last - run.started).total_seconds())
            return f"{name}: {run.command} finished {when}, after {took}; nobody is working there."
        return f"{name}: {run.command} {SAID[self.state]}{at}, {when}; the same command goes on from there."

    def _without_log(self) -> str:
        if self.owner is not None:
            seen = "works" if self.state == "running" else "says that it works"
            return f"{self.path.name}: {self._who()}, {seen} there and has written no log yet."
        what = "stands there whole" if self.whole else "no run has begun"
        return f"{self.path.name}: {what}; nobody is working there."

    def _present(self) -> str:
        run, step = self.run, None if self.run is None else self.run.present
        if run is None or step is None:
            return ""
        pace = step.pace(self.now)
        # A thing that is made alone has one step, of its own name.
        said = [step.name] * (step.name != run.command) + [str(pace)] * (pace.units > 0)
        return ": " + ", ".join(said)

    def _who(self) -> str:
        if self.owner is None:
            return "nobody is working there"
        return f"process {self.owner.pid} on {self.owner.host} since {_moment(_since(self.owner))}"

    def lines(self) -> list[str]:
        """Say the rest: the steps as a small table, what was refused, why it stopped, where it runs."""
        run, lines = self.run, _aligned([self._told(step) for step in self._steps()])
        if run is None:
            return lines
        if self.state in ("running", "unseen"):
            last = max((step.last for step in run.steps if step.last), default=None)
            ago = "none yet" if last is None else f"{_span((self.now - last).total_seconds())} ago"
            lines.append(f"last unit: {ago}")
        if run.refused:
            units = sum(step.pace(self.now).units for step in run.steps)
            lines.append(str(RefusedUnitsError(run.refused, units)))
        if run.not_made:
            named = ", ".join(run.not_made)
            lines.append(f"not made, since the study lacks what they ask (--json says what): {named}")
        if run.failure:
            lines.append(f"stopped by: {run.failure}")
        if self.state in ("running", "unseen") and run.where:
            at = f" of {run.where['scheduler']}" if "scheduler" in run.where else ""
            lines.append(f"where: {counted(int(run.where['workers']), 'worker' if at else 'thread')}{at}")
            if "dashboard" in run.where:
                lines.append(f"dashboard: {run.where['dashboard']}")
        if self.whole and self.state != "finished":
            lines.append("results of an earlier run stand there whole")
        return lines

    def _told(self, step: Step) -> tuple[str, ...]:
        pace, state = step.pace(self.now), self._state_of(step)
        units = f"{pace.done:,} of {pace.units:,}" if pace.units else ""
        rate, left = (pace.rate_told, pace.left_told) if state == "under way" else ("", "")
        return step.name, state, units, rate, f"{left} left" if left else ""

    def to_json(self) -> dict[str, Any]:
        """Give all of it, ready for JSON; times are UTC."""
        run, owner = self.run, self.owner
        document: dict[str, Any] = {
            "path": str(self.path),
            "state": self.state,
            "sentence": self.summary(),
            "whole": self.whole,
            "works_there": owner and {"host": owner.host, "pid": owner.pid, "since": _utc(_since(owner))},
        }
        if run is None:
            return document | {"steps": []}
        return document | {
            "command": run.command,
            "hcs": run.hcs,
            "started": _utc(run.started),
            "last": _utc(run.last),
            "failure": run.failure,
            **run.where,
            "steps": json.loads(self.table.to_json(orient="records", date_format="iso")),
            "refused": run.refused,
            "not_made": run.not_made,
        }


def study_status(path: Path | str) -> StudyStatus:
    """Look where a study stands, or a plate, tiles or measurements that are being made; nothing is written.

    Parameters
    ----------
    path
        A results folder, a study's file (TOML; its results beside it), predictions, or the place that
        something is to be made at (``P1.ome.zarr``).

    Raises
    ------
    NotThereError
        Nothing of it is there.
    """
    asked = local_path(path).absolute()
    place = beside(asked) if asked.suffix == ".toml" and not asked.is_dir() else asked
    making = staging_path(place)
    if any((place / name).is_file() for name in (CLAIM, RECORD, PREDICTED, LOG)):
        # Results that replace others are made beside them, by a run of their own.
        anew = making / WHOLE
        replaced = (Owner.of(anew / LOCK) is not None) and (anew / LOG).is_file()
        folder, whole = (anew if replaced else place), (place / RECORD).is_file()
        return _look(place, folder / LOG, folder / LOCK, whole=whole)
    begun = place.exists() or making.exists()
    if not begun and not (place != asked and asked.is_file()):
        raise NotThereError(f"{path} is not there, and nothing is being made at it.")
    return _look(place, making / LOG, companion(place, "lock"), whole=place.exists())


def _look(place: Path, log: Path, lock: Path, *, whole: bool) -> StudyStatus:
    """Read a log and a lock."""
    for _ in range(2):
        run, owner = last_run(read_log(log)), Owner.of(lock)
        runs = None if owner is None else owner.runs()
        if owner is not None and runs is False:
            owner = None
        state = _state(run, owner, runs)
        # A run that ends between the two looks has an ending at the second.
        if state != "killed":
            break
    shown = run if owner is None or (run is not None and _is_of(run, owner)) else None
    return StudyStatus(place, state, shown, owner, datetime.now(UTC), whole)


def _is_of(run: LastRun, owner: Owner) -> bool:
    """Whether a run is that of the process that holds the lock."""
    return (run.host, run.pid) == (owner.host, owner.pid)


def _since(owner: Owner) -> datetime:
    """When a lock was taken."""
    return datetime.fromtimestamp(owner.started, UTC)


def _state(run: LastRun | None, owner: Owner | None, runs: bool | None) -> str:
    """Tell how a run stands; whoever holds the lock and did not write the run is at work on another one."""
    if owner is not None and (run is None or not _is_of(run, owner) or run.ending is None):
        return "running" if runs else "unseen"
    if run is None:
        return "none"
    return run.ending or "killed"


def _span(seconds: float) -> str:
    """Write a span of time as hours, minutes and seconds."""
    return str(timedelta(seconds=max(0, round(seconds))))


def _moment(when: datetime) -> str:
    """Write a time as the clock of this machine has it."""
    return when.astimezone().strftime("%Y-%m-%d %H:%M")


def _utc(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Write rows of a table in columns of one width each."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = [[f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)] for row in rows]
    return ["  " + "  ".join(row).rstrip() for row in padded]
