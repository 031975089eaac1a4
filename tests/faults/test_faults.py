"""Killed without warning: what a real SIGKILL leaves, and that the next run ends as if nothing had been."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from hcs_plates.plate import open_plate
from hcs_plates.runlog import read_log
from hcs_plates.simulate import ExperimentSpec, FieldSpec, simulate_export

pytestmark = pytest.mark.faults

COMMAND = [sys.executable, "-c", "from hcs.cli import main; main()"]
PATIENCE = 120
STUDY = """
[data]
plates = ["P.ome.zarr"]
[tiles]
size = 64
[model]
weights = "packaged"
features_at = ["block3"]
[splits]
n_sets = 6
train = 3
validation = 1
test = 2
[train]
epochs = 20
views = 2
[tuning]
trials = 4
"""


def start(*words: str) -> subprocess.Popen[bytes]:
    """Start a command as a process group of its own."""
    return subprocess.Popen(
        [*COMMAND, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def kill_when(process: subprocess.Popen[bytes], folder: Path, receipts: int) -> None:
    """SIGKILL the process group once so many units have left their receipt."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        if len(list(folder.glob("*-*.json"))) >= receipts:
            os.killpg(process.pid, signal.SIGKILL)
            break
        time.sleep(0.002)
    process.wait()
    assert process.returncode == -signal.SIGKILL, "the run ended before it could be killed"


def status(place: Path) -> str:
    """What another terminal is told."""
    told = subprocess.run([*COMMAND, "status", str(place)], check=True, capture_output=True, text=True)
    return told.stdout


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export large enough to be killed in the middle of."""
    spec = ExperimentSpec(
        clones_per_class=6, wells_per_clone=2, fields_per_well=6, field=FieldSpec(height=512, width=512)
    )
    (folder,) = simulate_export(tmp_path_factory.mktemp("faults") / "export", spec)
    return folder


def test_ingest_killed_twice(export: Path, tmp_path: Path) -> None:
    """After two kills the plate is not there; after a third run it is the one an undisturbed run makes."""
    out = tmp_path / "P.ome.zarr"
    words = ["ingest", str(export), "--platemap", str(export / "platemap.csv"), "--out", str(out)]
    for receipts in (10, 60):
        kill_when(start(*words), tmp_path / ".P.ome.zarr.partial" / ".receipts", receipts)
        assert not out.exists()
    kept = {
        path: path.stat().st_mtime_ns
        for path in (tmp_path / ".P.ome.zarr.partial").rglob("c/**/*")
        if path.is_file()
    }
    assert len(kept) >= 60
    subprocess.run([*COMMAND, *words], check=True, capture_output=True)
    undisturbed = [*words[:-1], str(tmp_path / "Q.ome.zarr")]
    subprocess.run([*COMMAND, *undisturbed], check=True, capture_output=True)
    killed, whole = open_plate(out), open_plate(tmp_path / "Q.ome.zarr")
    assert killed.digest == whole.digest
    for well in whole.values():
        for number, field in well.items():
            assert np.array_equal(killed[well.name][number].read(), field.read())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["P.ome.zarr", "Q.ome.zarr"]


def test_two_terminals(export: Path, tmp_path: Path) -> None:
    """A plate that is being ingested is looked at from another terminal, which changes nothing."""
    out = tmp_path / "P.ome.zarr"
    process = start("ingest", str(export), "--out", str(out))
    receipts, end = tmp_path / ".P.ome.zarr.partial" / ".receipts", time.monotonic() + PATIENCE
    while time.monotonic() < end and len(list(receipts.glob("*-*.json"))) < 5:
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGSTOP)
    looked = [status(out), status(out)]
    os.killpg(process.pid, signal.SIGCONT)
    assert process.wait(PATIENCE) == 0
    for told in looked:
        assert re.match(r"P\.ome\.zarr: making a plate is under way: \d+ of 144, .* left; process ", told)
        assert f"process {process.pid} on " in told
    assert open_plate(out).digest
    assert status(out) == "P.ome.zarr: stands there whole; nobody is working there.\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["P.ome.zarr"]


def test_overwriting_killed(export: Path, tmp_path: Path) -> None:
    """A plate that is being replaced is whole as long as the new one is not."""
    out = tmp_path / "P.ome.zarr"
    words = ["ingest", str(export), "--platemap", str(export / "platemap.csv"), "--out", str(out)]
    subprocess.run([*COMMAND, *words], check=True, capture_output=True)
    before = open_plate(out).digest
    kill_when(start(*words, "--overwrite"), tmp_path / ".P.ome.zarr.partial" / ".receipts", 10)
    after = open_plate(out)
    assert after.digest == before
    assert all(field.read().any() for well in after.values() for field in well.values())


@pytest.mark.timeout(900)
def test_study_killed_twice(export: Path, tmp_path: Path) -> None:
    """Killed in the middle of its sets and their searches, a study ends as one that was left in peace."""
    import pandas as pd

    ingest = ["ingest", str(export), "--platemap", str(export / "platemap.csv"), "--out"]
    subprocess.run([*COMMAND, *ingest, str(tmp_path / "P.ome.zarr")], check=True, capture_output=True)
    (tmp_path / "study.toml").write_text(STUDY)
    words = ["study", "run", str(tmp_path / "study.toml"), "--out"]
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    kill_when(start(*words, str(killed)), killed / ".features.zarr.partial" / ".receipts", 3)
    assert status(killed).startswith("killed: study run was killed in features")
    for sets in (1, 3):
        kill_when(start(*words, str(killed)), killed / "sets" / "receipts", sets)
        assert not (killed / "record.json").exists()
        assert status(killed).startswith("killed: study run was killed in sets")
    told = list(killed.glob("sets/*/trials-*.json"))
    assert told
    subprocess.run([*COMMAND, *words, str(killed)], check=True, capture_output=True)
    subprocess.run([*COMMAND, *words, str(whole)], check=True, capture_output=True)
    assert status(killed).startswith("killed: study run finished")
    assert [event["event"] for event in read_log(killed / "run.jsonl")].count("started") == 4
    assert "run.jsonl" not in (killed / "record.json").read_text()
    for name in ("predictions", "scores", "trials", "heads", "history", "splits"):
        pd.testing.assert_frame_equal(
            pd.read_parquet(killed / "tables" / f"{name}.parquet"),
            pd.read_parquet(whole / "tables" / f"{name}.parquet"),
        )
