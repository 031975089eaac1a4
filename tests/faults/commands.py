"""The commands that are killed: what each works on, and what its kills come to, by hand or in a test.

    python -m tests.faults.commands 20 ingest measure study analyse permute explain

kills each of these commands at twenty random moments, and prints a row a command.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hcs_plates.ingestion import ingest
from hcs_plates.simulate import ExperimentSpec, FieldSpec, simulate_export

PLATES = ("hcs.cli", "hcs_plates.ingestion", "hcs_plates.tiles", "hcs.measure.measurements")
STUDIES = ("hcs.cli", "hcs.report.gather", "hcs.report.study.page", "hcs_models.backbone", "tensorflow")
FOUND = ("hcs.findings.run", "hcs.findings.permuted", "hcs.explain.explanations", "hcs.report.explained")
Told = dict[str, Any]


def hcs(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command to its end in a process of its own."""
    program = [sys.executable, "-c", "from hcs.cli import main; main()"]
    return subprocess.run([*program, *words], capture_output=True, text=True, check=False, **options)


def little_export(folder: Path) -> Path:
    """An export of six wells, of two stains."""
    field = FieldSpec(height=128, width=128, channels=("FITC", "DAPI"))
    spec = ExperimentSpec(clones_per_class=3, wells_per_clone=1, fields_per_well=1, field=field)
    (export,) = simulate_export(folder / "export", spec)
    return export


def _of_export(command: str, folder: Path) -> Told:
    """Ingest an export: at first, over a plate that stands, or into one that lacks a plane."""
    export, start = little_export(folder), folder / "start"
    words = ["ingest", str(export), "--platemap", str(export / "platemap.csv"), "--out", "{}/X"]
    if command == "ingest":
        return {"words": words, "modules": PLATES}
    if command == "overwrite":
        ingest(export, start / "X")
        return {"words": [*words, "--overwrite"], "modules": PLATES, "start": str(start)}
    part = shutil.copytree(export, folder / "part" / export.name)
    sorted(part.rglob("*.tif"))[0].unlink()
    ingest(part, start / "X", part / "platemap.csv")
    return {"words": [*words, "--complete"], "modules": PLATES, "start": str(start)}


def _of_plate(command: str, folder: Path) -> Told:
    """Measure a plate, or cut it into tiles."""
    plate = folder / "P.ome.zarr"
    ingest(little_export(folder), plate)
    asked = {"measure": ["--nuclei", "UV - DAPI"], "tile": ["--size", "64", "--grid", "2"]}[command]
    return {"words": [command, str(plate), *asked, "--out", "{}/X"], "modules": PLATES}


def _study(command: str, folder: Path) -> Told:
    """Run a study of two small plates, from nothing."""
    from tests.hcs.conftest import STUDY, write_small_plate

    for name in ("P1", "P2"):
        write_small_plate(folder, name)
    (folder / "small.toml").write_text(STUDY)
    words = ["study", "run", str(folder / "small.toml"), "--out", "{}/X"]
    return {"words": words, "modules": [*STUDIES, "hcs.study.run"]}


def run_study(folder: Path) -> None:
    """Run that study in a folder, for `_of_study` to ask something of."""
    ran = [word.replace("{}", str(folder / "start")) for word in _study("study", folder)["words"]]
    hcs(*ran).check_returncode()


def _of_study(command: str, folder: Path) -> Told:
    """Ask something of a study that was run."""
    if not (folder / "start").is_dir():
        run_study(folder)
    words = {
        "analyse": ["study", "analyse", "{}/X"],
        "permute": ["study", "permute", "{}/X", "--permutations", "4"],
        "explain": ["explain", "{}/X", "--tiles", "1", "--controls", "1", "--networks", "1", "--judged", "0"],
    }[command]
    return {"words": words, "modules": [*STUDIES, *FOUND], "start": str(folder / "start")}


COMMANDS: dict[str, Callable[[str, Path], Told]] = {
    **dict.fromkeys(("ingest", "overwrite", "complete"), _of_export),
    **dict.fromkeys(("measure", "tile"), _of_plate),
    "study": _study,
    **dict.fromkeys(("analyse", "permute", "explain"), _of_study),
}


def told_rows(program: str, command: str, folder: Path, **how: Any) -> list[dict[str, Any]]:
    """Run a program of this folder on a command, in a process that has imported it; the rows it prints."""
    (folder / "scratch").mkdir(parents=True)
    told = {"out": "X", "scratch": str(folder / "scratch"), "start": None}
    told |= COMMANDS[command](command, folder) | how
    (folder / "told.json").write_text(json.dumps(told))
    words = [sys.executable, "-m", f"tests.faults.{program}", str(folder / "told.json")]
    place = os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])
    shown = subprocess.run(
        words, check=False, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": place}
    )
    assert shown.returncode == 0, shown.stderr[-2000:]
    return [json.loads(line) for line in shown.stdout.splitlines()]


def kill(command: str, folder: Path, *, spread: int, last: int, times: int) -> list[dict[str, Any]]:
    """Kill a command, as `tests.faults.kills.Kills.rows` does."""
    return told_rows("kills", command, folder, spread=spread, last=last, times=times)


def main() -> None:
    """Kill commands at random moments, and print what came of it."""
    times, commands = int(sys.argv[1]), sys.argv[2:] or list(COMMANDS)
    print(f"{'command':<10} kills whole   differs     twice      left      kept")
    for command in commands:
        with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as scratch:
            found = [
                row for row in kill(command, Path(scratch), spread=0, last=0, times=times) if row["killed"]
            ]
        wrong = [row for row in found if row["code"] or row["differs"] or row["twice"] or row["left"]]
        sums = [sum(len(row[name]) for row in found) for name in ("differs", "twice", "left")]
        sums += [sum(row["kept"] for row in found)]
        print(f"{command:<10} {len(found):5} {len(found) - len(wrong):5} " + " ".join(f"{n:9}" for n in sums))
        for row in wrong:
            print(json.dumps(row, indent=1))


if __name__ == "__main__":
    main()
