"""The log of a run: whole lines, every ending told, appended to, and nothing in it that is secret."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hcs_plates.errors import ArgumentError, RefusedUnitsError
from hcs_plates.runlog import in_step, is_logged, logged, read_log, tell
from hcs_plates.staging import Kind, Place
from hcs_plates.units import Unit, run_units


def work(number: int) -> dict[str, Any]:
    """Refuse 3."""
    if number == 3:
        raise ArgumentError("three is refused")
    return {"checksum": ""}


def run(folder: Path, numbers: range, **where: Any) -> None:
    """Run units in the step `numbers`, with a log."""
    units = [Unit(f"u{number}", "x", number) for number in numbers]
    with logged(folder / "run.jsonl", "test"), in_step("numbers"):
        run_units(work, units, folder / "receipts", **where)


def test_what_is_told_of_a_run(tmp_path: Path) -> None:
    """Who, where and when; the step; each unit with its seconds and worker; the refusal; the end."""
    before = datetime.now(UTC)
    run(tmp_path, range(5), workers=1)
    lines = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    assert [line["event"] for line in lines] == [
        "started", "step began", "units", "unit", "unit", "unit", "refused", "unit", "step ended", "finished",
    ]  # fmt: skip
    assert set(lines[0]) == {"time", "event", "command", "hcs", "host", "pid", "cores"}
    assert (lines[0]["command"], lines[0]["pid"]) == ("test", os.getpid())
    assert lines[2] | {"time": ""} == {
        "time": "", "event": "units", "step": "numbers", "units": 5, "skipped": 0, "workers": 1,
    }  # fmt: skip
    assert (lines[6]["unit"], lines[6]["sentence"]) == ("u3", "three is refused")
    ended = [line for line in lines if line["event"] == "unit"]
    assert all(line["worker"] == "thread_0" and line["seconds"] >= 0 for line in ended)
    times = [datetime.fromisoformat(line["time"]) for line in lines]
    assert times == sorted(times)
    assert 0 <= (times[0] - before).total_seconds() + 0.001 < 10
    assert all(line["time"].endswith("Z") for line in lines)


def test_a_second_run_is_appended(tmp_path: Path) -> None:
    """What is there by its receipt is told as a number, and what was refused is tried again."""
    run(tmp_path, range(5))
    run(tmp_path, range(5))
    events = read_log(tmp_path / "run.jsonl")
    assert [event["event"] for event in events].count("started") == 2
    assert [event["skipped"] for event in events if event["event"] == "units"] == [0, 4]
    assert [event["unit"] for event in events if event["event"] == "refused"] == ["u3", "u3"]


def test_a_line_that_was_cut_spoils_no_other(tmp_path: Path) -> None:
    """A kill in the middle of a line: readers skip it, and the next run begins a line of its own."""
    file = tmp_path / "run.jsonl"
    run(tmp_path, range(2))
    whole = len(read_log(file))
    with file.open("a") as stream:
        stream.write('{"time":"2026-05-04T10:00:00Z","event":"un')
    assert len(read_log(file)) == whole
    run(tmp_path, range(2))
    assert len(read_log(file)) == whole + 5
    assert len(file.read_text().splitlines()) == whole + 6


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (KeyboardInterrupt(), {"event": "interrupted"}),
        (ArgumentError("cut short"), {"event": "failed", "sentence": "cut short"}),
        (ZeroDivisionError("by 0"), {"event": "failed", "sentence": "ZeroDivisionError: by 0"}),
    ],
)
def test_how_it_ended(error: BaseException, ending: dict[str, str], tmp_path: Path) -> None:
    """Whatever ends it is its last line, and is raised all the same."""
    with pytest.raises(type(error)), logged(tmp_path / "run.jsonl", "test"):
        raise error
    last = read_log(tmp_path / "run.jsonl")[-1]
    assert {name: value for name, value in last.items() if name != "time"} == ending
    assert not is_logged()


def test_a_line_is_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole, with its end; so that readers meanwhile see lines, and never two halves."""
    written: list[bytes] = []
    write = os.write

    def noted(held: int, text: bytes) -> int:
        written.append(text)
        return write(held, text)

    monkeypatch.setattr(os, "write", noted)
    with logged(tmp_path / "run.jsonl", "test"):
        tell("refused", unit="a", sentence="two\nlines, and a name that is no UTF-8: \udcff")
    assert [line.count(b"\n") for line in written] == [1, 1, 1]
    assert all(line.endswith(b"}\n") for line in written)
    assert read_log(tmp_path / "run.jsonl")[1]["sentence"].startswith("two\nlines")


def test_a_log_that_cannot_be_written_stops_no_run(tmp_path: Path) -> None:
    """The units are run all the same."""
    (tmp_path / "run.jsonl").mkdir()
    run(tmp_path, range(2))
    assert len(list((tmp_path / "receipts").glob("u*.json"))) == 2


def test_what_is_made_keeps_no_log(tmp_path: Path) -> None:
    """While a thing is made the log lies beside its receipts; it goes with them, and nothing of it stays."""
    place = Place(tmp_path / "X", Kind("a thing", "x.json", ()))
    log = tmp_path / ".X.partial" / "run.jsonl"

    def begin() -> None:
        with place.claim():
            place.start("plan")
            run_units(work, [Unit("a", "x", 3)], place.receipts).check()

    with pytest.raises(RefusedUnitsError):
        begin()
    assert [event["event"] for event in read_log(log)] == ["started", "units", "refused", "failed"]
    again = Place(tmp_path / "X", Kind("a thing", "x.json", ()))
    with again.claim():
        again.start("plan")
        assert [event["event"] for event in read_log(log)][-2:] == ["failed", "started"]
        again.publish()
    assert [path.name for path in tmp_path.iterdir()] == ["X"]
    assert not any((tmp_path / "X").iterdir())


def test_on_a_cluster(tmp_path: Path, two_workers: Any) -> None:
    """Each unit is of a worker by its address; the scheduler and how many workers it has are told."""
    run(tmp_path, range(3), client=two_workers)
    events = read_log(tmp_path / "run.jsonl")
    begun = next(event for event in events if event["event"] == "units")
    assert (begun["workers"], begun["scheduler"]) == (2, two_workers.scheduler.address)
    assert {event["worker"] for event in events if event["event"] == "unit"} <= set(two_workers.nthreads())
