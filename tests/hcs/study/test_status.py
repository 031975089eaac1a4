"""Where a run stands, seen from outside: under way, ended in each way, killed, on another machine."""

import json
import os
import socket
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hcs.study.status import StudyStatus, study_status
from hcs_plates.errors import ArgumentError, NotThereError
from hcs_plates.lock import Lock
from hcs_plates.runlog import in_step, logged, tell_expected
from hcs_plates.staging import Kind, Place
from hcs_plates.units import Unit, run_units

HERE = socket.gethostname()


def write_log(folder: Path, *lines: dict[str, Any], ago: float, pid: int = 1, host: str = HERE) -> None:
    """Write a log whose first line is of `ago` seconds ago, and each other one 10 s later."""
    folder.mkdir(exist_ok=True)
    begun = {"event": "started", "command": "study run", "hcs": "0.1.0", "host": host, "pid": pid, "cores": 2}
    start = datetime.now(UTC) - timedelta(seconds=ago)
    with (folder / "run.jsonl").open("a") as stream:
        for number, line in enumerate((begun, *lines)):
            when = (start + timedelta(seconds=10 * number)).isoformat()
            stream.write(json.dumps({"time": when, **line}) + "\n")


def hold(folder: Path, pid: int, host: str = HERE) -> None:
    """Write whose the lock of a results folder is."""
    (folder / ".lock").write_text(json.dumps({"host": host, "pid": pid, "started": time.time()}))


def step(name: str) -> list[dict[str, Any]]:
    """A step that ended with two units, one of them there before."""
    return [
        {"event": "step began", "step": name},
        {"event": "units", "step": name, "units": 2, "skipped": 1, "workers": 4},
        {"event": "unit", "unit": "a", "seconds": 1.0},
        {"event": "step ended", "step": name},
    ]


def said(found: StudyStatus) -> list[str]:
    """All that is said, of a sentence that is short."""
    sentence = found.summary()
    assert sentence.endswith(".")
    assert len(sentence.split()) <= 30
    return [sentence, *found.lines()]


BEGUN: list[dict[str, Any]] = [
    {"event": "step began", "step": "features"},
    {"event": "units", "step": "features", "units": 100, "skipped": 60, "workers": 8,
     "scheduler": "tcp://node1:8786", "dashboard": "http://node1:8787/status"},
    *({"event": "unit", "unit": f"f{n}", "seconds": 9.0} for n in range(20)),
]  # fmt: skip


def test_under_way(tmp_path: Path) -> None:
    """Receipts are no speed: 20 units in the 200 s since the first began, so 20 more take another 200 s."""
    results = tmp_path / "als-results"
    # 4 lines of tiles, 1 of the step, then 20 units, the last of which has just ended.
    write_log(results, *step("tiles"), *BEGUN, ago=260, pid=os.getpid())
    hold(results, os.getpid())
    found = study_status(results)
    assert found.state == "running"
    table = found.table.set_index("step")
    assert table["state"].to_dict() == {
        "tiles": "done", "features": "under way", "measured wells": "to come", "sets": "to come",
    }  # fmt: skip
    present = table.loc["features"]
    assert (present["done"], present["units"], present["skipped"]) == (80, 100, 60)
    assert present["per_second"] == pytest.approx(0.1, rel=0.02)
    assert present["seconds_left"] == pytest.approx(200, rel=0.02)
    sentence, *rest = said(found)
    assert sentence.startswith(
        "als-results: study run is under way: features, 80 of 100, 6/min, about 0:03:2"
    )
    assert f"process {os.getpid()} on {HERE} since 20" in sentence
    assert {"where: 8 workers of tcp://node1:8786", "dashboard: http://node1:8787/status"} <= set(rest)
    assert any(line.startswith("last unit: 0:00:0") for line in rest)
    document = found.to_json()
    assert json.loads(json.dumps(document)) == document
    assert (document["state"], document["dashboard"]) == ("running", "http://node1:8787/status")


@pytest.mark.parametrize(
    ("ending", "state", "sentence"),
    [
        ([], "killed", "als-results: study run was killed in features, 20"),
        ([{"event": "interrupted"}], "interrupted", "als-results: study run was interrupted in features, 20"),
        (
            [{"event": "failed", "sentence": "The disk is full."}],
            "failed",
            "als-results: study run stopped in",
        ),
        ([{"event": "finished"}], "finished", "als-results: study run finished 20"),
    ],
)
def test_how_it_ended(ending: list[dict[str, Any]], state: str, sentence: str, tmp_path: Path) -> None:
    """A log without an ending whose process is gone is that of a killed run; no rate is told of any."""
    results = tmp_path / "als-results"
    write_log(results, *step("tiles"), *BEGUN, *ending, ago=1_000, pid=2**22 + 7)
    hold(results, 2**22 + 7)
    found = study_status(results)
    first, *rest = said(found)
    assert (found.state, found.owner) == (state, None)
    assert first.startswith(sentence)
    assert found.table["per_second"].isna().all()
    assert ("stopped by: The disk is full." in rest) == (state == "failed")
    assert not any("left" in line or "dashboard" in line for line in rest)


def test_another_machine(tmp_path: Path) -> None:
    """What runs on another machine is not guessed at."""
    results = tmp_path / "als-results"
    write_log(results, *BEGUN, ago=300, pid=4, host="node17")
    hold(results, 4, "node17")
    found = study_status(results)
    sentence, *_ = said(found)
    assert found.state == "unseen"
    assert "process 4 on node17" in sentence
    assert "whether it still runs cannot be seen from here" in sentence


def test_a_run_after_another(tmp_path: Path) -> None:
    """The last run counts; who holds the lock and has written no line yet is not taken for the one before."""
    results = tmp_path / "als-results"
    write_log(results, {"event": "failed", "sentence": "x"}, ago=900, pid=3)
    write_log(results, *step("tiles"), {"event": "finished"}, ago=500, pid=3)
    assert study_status(results).state == "finished"
    hold(results, os.getpid())
    found = study_status(results)
    assert (found.state, found.run) == ("running", None)
    assert "has written no log yet" in said(found)[0]


def test_lines_of_another_version(tmp_path: Path) -> None:
    """Kinds, keys and lines that are not known change nothing of what is."""
    results = tmp_path / "als-results"
    odd: list[dict[str, Any]] = [
        {"event": "unheard"},
        {"event": "units", "step": "tiles"},
        {"event": "refused"},
        {"event": "unit"},
    ]
    write_log(results, *odd, *step("tiles"), ago=200)
    with (results / "run.jsonl").open("a") as stream:
        stream.write('[1]\nnull\n{"event": 3}\n{"time": "noon", "event": "finished"}\n{"time":"2026-0')
    tiles = study_status(results).table.set_index("step").loc["tiles"]
    assert (tiles["done"], tiles["units"]) == (2, 2)


def test_analyses_that_lack_their_data(tmp_path: Path) -> None:
    """They count as done, are named, and are no refused units."""
    results = tmp_path / "als-results"
    lacking = {"event": "not made", "unit": "dose_response", "sentence": "The platemaps know no doses."}
    write_log(results, *step("analyses")[:3], lacking, *step("analyses")[3:], {"event": "finished"}, ago=90)
    found = study_status(results)
    assert found.table.set_index("step").loc["analyses", ["done", "refused"]].tolist() == [3, 0]
    assert found.to_json()["not_made"] == {"dose_response": "The platemaps know no doses."}
    assert "not made, since the study lacks what they ask (--json says what): dose_response" in said(found)


def test_where_nothing_ran(tmp_path: Path) -> None:
    """A study that has not begun is said to be one; of a place where nothing is, that it is not there."""
    (tmp_path / "als.toml").write_text("[data]\n")
    assert said(study_status(tmp_path / "als.toml")) == [
        "als-results: no run has begun; nobody is working there."
    ]
    with pytest.raises(NotThereError, match="nothing is being made at it"):
        study_status(tmp_path / "other")
    (tmp_path / "P1.ome.zarr").mkdir()
    assert said(study_status(tmp_path / "P1.ome.zarr")) == [
        "P1.ome.zarr: stands there whole; nobody is working there."
    ]


def test_results_that_replace_others(tmp_path: Path) -> None:
    """They are made beside the results that stand, which are said to stand there whole."""
    results, anew = tmp_path / "R", tmp_path / ".R.partial" / "whole"
    write_log(results, *step("tiles"), {"event": "finished"}, ago=9_000)
    (results / "record.json").write_text("{}")
    anew.mkdir(parents=True)
    write_log(anew, *BEGUN, ago=250, pid=os.getpid())
    hold(anew, os.getpid())
    sentence, *rest = said(study_status(results))
    assert sentence.startswith("R: study run is under way: features, 80 of 100")
    assert rest[-1] == "results of an earlier run stand there whole"


def looks(work: tuple[str, int]) -> dict[str, Any]:
    """Look, as a unit, at the place that it is a part of; refuse 1."""
    place, number = work
    if number == 1:
        raise ArgumentError("one is refused")
    found = study_status(place)
    present = found.table[found.table["state"] == "under way"].iloc[0]
    return {"state": found.state, "done": int(present["done"]), "units": int(present["units"])}


def look(place: Path, receipts: Path) -> list[tuple[str, int, int]]:
    """Run four units that look, one after the other, and give what each saw."""
    units = [Unit(f"u{number}", "x", (str(place), number)) for number in range(4)]
    summary = run_units(looks, units, receipts, workers=1)
    return [(one["state"], one["done"], one["units"]) for one in summary.outputs.values()]


def test_of_a_plate_while_it_is_made(tmp_path: Path) -> None:
    """A place is looked at before anything stands there: each unit sees those that ended before it."""
    place = Place(tmp_path / "X", Kind("a thing", "x.json", ()))
    with place.claim():
        place.start("plan")
        seen = look(tmp_path / "X", place.receipts)
        refused = said(study_status(tmp_path / "X"))
        place.publish()
    assert seen == [("running", 0, 4), ("running", 2, 4), ("running", 3, 4)]
    assert refused[0].startswith("X: making a thing is under way: 4 of 4")
    assert "1 of 4 units were refused; the others are done and kept:\n  u1  one is refused" in refused


def test_several_plates_are_one_step(tmp_path: Path) -> None:
    """Wells of plates to come count among all, as far as their number was said."""
    results = tmp_path / "R"
    results.mkdir()
    with (
        Lock(results / ".lock", results),
        logged(results / "run.jsonl", "study run"),
        in_step("measured wells"),
    ):
        tell_expected(12)
        first = look(results, results / "a")
        second = look(results, results / "b")
    assert [done for _, done, _ in (*first, *second)] == [0, 2, 3, 4, 6, 7]
    assert {units for *_, units in (*first, *second)} == {12}
    measured = study_status(results).table.set_index("step").loc["measured wells"]
    assert (measured["state"], measured["done"], measured["units"]) == ("done", 8, 8)
