"""Two processes into one place at the same moment: one is refused in a sentence, the other goes on."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.faults.commands import COMMANDS, PLATES, STUDIES, hcs
from tests.faults.kills import contents
from tests.faults.noise import ingest_words, noise_export

from hcs.report.reported import Study
from hcs.study.standing import damaged_files
from hcs_plates.ingestion import ingest

pytestmark = pytest.mark.faults

TOGETHER = """
import sys
from importlib import import_module
for name in sys.argv[1].split():
    import_module(name)
print("ready", flush=True)
sys.stdin.readline()
from hcs.cli import main
main(sys.argv[2:])
"""
"""Imports everything, says so, and begins when it is told to."""


def together(modules: tuple[str, ...], *words: str) -> list[tuple[int, str]]:
    """Run a command twice at the same moment; exit codes and what was said as an error, the first refused."""
    program = [sys.executable, "-c", TOGETHER, " ".join(modules), *words]
    pipe = subprocess.PIPE
    two = [subprocess.Popen(program, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(2)]
    for one in two:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in two:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    said = [one.communicate(timeout=120)[1] for one in two]
    return sorted(((one.returncode, text) for one, text in zip(two, said, strict=True)), reverse=True)


def check_refused(ended: list[tuple[int, str]], place: Path) -> None:
    """Exactly one was refused, in one sentence that says who works there."""
    (refused, sentence), (done, _) = ended
    assert (refused, done) == (2, 0), ended
    last = sentence.splitlines()[-1]
    assert last.startswith(f"hcs: Another run is working in {place} (process "), ended
    assert "Traceback" not in sentence


def test_one_plate(tmp_path: Path) -> None:
    """Ingested by two at once; the plate is as one alone makes it."""
    export = noise_export(tmp_path / "export", wells=24, fields=2, side=128)
    whole = contents(ingest(export, tmp_path / "whole.ome.zarr").path)
    place = tmp_path / "two" / "P.ome.zarr"
    check_refused(together(PLATES, *ingest_words(export, place)), place)
    assert contents(place) == whole
    assert [path.name for path in place.parent.iterdir()] == ["P.ome.zarr"]


def test_one_folder_of_measurements(tmp_path: Path) -> None:
    """Measured by two at once."""
    plate = ingest(noise_export(tmp_path / "export", wells=24, fields=2, side=128), tmp_path / "P.ome.zarr")
    words = ["measure", str(plate.path), "--nuclei", "DAPI", "--out"]
    place = tmp_path / "two" / "M"
    check_refused(together(PLATES, *words, str(place)), place)
    assert hcs(*words, str(tmp_path / "one" / "M")).returncode == 0
    assert contents(place) == contents(tmp_path / "one" / "M")
    assert [path.name for path in place.parent.iterdir()] == ["M"]


def test_one_folder_of_results(tmp_path: Path) -> None:
    """A study run by two at once; its results are whole."""
    words = COMMANDS["study"]("study", tmp_path)["words"][:-1]
    place = tmp_path / "R"
    check_refused(together((*STUDIES, "hcs.study.run"), *words, str(place)), place)
    study = Study.open(place)
    assert damaged_files(study) == []
    assert len(study.table("scores"))
    assert not (place / ".lock").exists()
