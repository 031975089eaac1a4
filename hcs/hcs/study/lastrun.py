"""The last run of a log: its steps, how far each is, what was refused, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hcs.study.steps import PLANNED
from hcs_plates.pace import Pace
from hcs_plates.runlog import ENDINGS, Event

WHERE = ("workers", "scheduler", "dashboard")


@dataclass
class Step:
    """A step of a run.

    Parameters
    ----------
    name
        As the progress of a command names it.
    begun, ended
        When; None where it has not.
    counted
        When its first units began.
    expected
        Units in all, where that was said beforehand.
    units, skipped
        Units of the lists that have begun, and those of them that have their receipt from an earlier run.
    made, refused
        Units that ended in this run.
    last
        When the last one ended.
    """

    name: str
    begun: datetime | None = None
    ended: datetime | None = None
    counted: datetime | None = None
    expected: int = 0
    units: int = 0
    skipped: int = 0
    made: int = 0
    refused: int = 0
    last: datetime | None = None

    def pace(self, now: datetime) -> Pace:
        """Give its pace; refused units took their time too."""
        seconds = 0.0 if self.counted is None else (now - self.counted).total_seconds()
        ended = self.made + self.refused
        units = self.units if self.ended else max(self.units, self.expected)
        return Pace(units, self.skipped + ended, ended, seconds)


@dataclass
class LastRun:
    """What the last run of a log wrote.

    Parameters
    ----------
    command, hcs, host, pid
        What ran, and where.
    started, last
        Times of its first and last line.
    steps
        In the order they began, then those that its command has yet to begin.
    refused
        By unit name, the sentence.
    not_made
        By name, what an analysis asks that the study does not have.
    where
        Workers, and of a cluster its scheduler and dashboard, as far as they were said.
    ending
        ``finished``, ``interrupted`` or ``failed``; None where it says nothing of its end.
    failure
        Why it failed.
    """

    command: str
    hcs: str
    host: str
    pid: int
    started: datetime
    last: datetime
    steps: list[Step] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    not_made: dict[str, str] = field(default_factory=dict)
    where: dict[str, Any] = field(default_factory=dict)
    ending: str | None = None
    failure: str | None = None

    @property
    def present(self) -> Step | None:
        """The step that has begun and not ended; None before the first, and after the last."""
        return next((one for one in reversed(self.steps) if one.begun and not one.ended), None)

    def _step(self, name: str) -> Step:
        """Find a step, or add it."""
        found = next((one for one in self.steps if one.name == name), None)
        if found is None:
            found = Step(name)
            self.steps.append(found)
        return found

    def take(self, event: Event) -> None:
        """Take a line; one of a kind that is not known changes nothing."""
        kind, when = event["event"], _time(event)
        if "step" in event:
            self._take_of_step(kind, when, event)
        elif kind in ("unit", "refused", "not made") and (present := self.present) is not None:
            name = str(event["unit"])
            if kind == "refused":
                self.refused[name] = str(event["sentence"])
                present.refused += 1
            else:
                present.made += 1
            if kind == "not made":
                self.not_made[name] = str(event["sentence"])
            present.last = when
        elif kind in ENDINGS:
            self.ending, self.failure = kind, event.get("sentence")
        self.last = when

    def _take_of_step(self, kind: str, when: datetime, event: Event) -> None:
        """Take a line that names its step."""
        units, skipped = int(event.get("units", 0)), int(event.get("skipped", 0))
        step = self._step(str(event["step"]))
        # Of a thing that is made alone, the units are the step.
        step.begun = step.begun or when
        if kind == "step ended":
            step.ended = when
        elif kind == "expected":
            step.expected = units
        elif kind == "units":
            step.counted = step.counted or when
            step.units += units
            step.skipped += skipped
            # A list of which all is there runs nowhere.
            self.where = {key: event[key] for key in WHERE if key in event} or self.where


def _time(event: Event) -> datetime:
    """Read when a line was written, UTC."""
    return datetime.fromisoformat(event["time"]).astimezone(UTC)


def last_run(events: Sequence[Event]) -> LastRun | None:
    """Read the last run of a log's events; None where no run has begun.

    A line that lacks what its kind has is passed over, as one that was cut.

    Examples
    --------
    >>> begun = {"event": "started", "command": "study run", "hcs": "1", "host": "a", "pid": 4}
    >>> units = {"event": "units", "step": "tiles", "units": 9, "skipped": 2}
    >>> lines = [begun, units, {"event": "unit", "unit": "tiles-0"}]
    >>> run = last_run([{"time": f"2026-05-04T10:00:0{n}Z", **line} for n, line in enumerate(lines)])
    >>> print(run.steps[0].pace(run.last))
    3 of 9, 1/s, about 0:00:06 left
    """
    starts = [place for place, event in enumerate(events) if event["event"] == "started"]
    if not starts:
        return None
    first, *others = events[starts[-1] :]
    try:
        begun = _time(first)
        host, pid = str(first["host"]), int(first["pid"])
        run = LastRun(str(first["command"]), str(first["hcs"]), host, pid, begun, begun)
    except (KeyError, TypeError, ValueError):
        return None
    for event in others:
        try:
            run.take(event)
        except (KeyError, TypeError, ValueError):
            continue
    if run.ending != "finished":
        known = [step.name for step in run.steps]
        run.steps += [Step(name) for name in PLANNED.get(run.command, ()) if name not in known]
    return run
