"""The command `verify`: its sentence, its table, its exit codes."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hcs.cli import main
from hcs_plates.plate import Plate


@pytest.fixture
def plate(write_plate: Callable[..., Plate], tmp_path: Path) -> Path:
    """A plate of twenty fields, one plane of which is listed as missing."""
    return write_plate(tmp_path, "P1").path


def ran(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[Any, str, str]:
    """Exit code, output and errors of a command."""
    with pytest.raises(SystemExit) as ended:
        main(["verify", *map(str, words)])
    return ended.value.code, *capsys.readouterr()


def test_a_sound_plate(plate: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence and what is known; exit code 0."""
    code, said, _ = ran(capsys, plate)
    assert (code, said.splitlines()) == (
        0,
        [
            "Plate P1 is sound: 20 fields read, no fault.",
            "note: Plate P1 lists 1 plane as missing: known, and no fault.",
        ],
    )


def test_faults_are_listed(plate: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every fault with its place and remedy, as text and as JSON; exit code 1."""
    shard = plate / "A/01/1/0/c/0/0/0"
    shard.unlink()
    code, said, _ = ran(capsys, plate)
    assert (code, said.splitlines()[:4]) == (
        1,
        [
            "Plate P1 has 1 fault (1 missing); 20 fields read.",
            "missing: field A01/1, level 0: found nothing, expected as it was written",
            f"  at {shard}",
            f"  again: hcs ingest EXPORT --platemap MAP --out {plate} --overwrite",
        ],
    )
    code, said, _ = ran(capsys, plate, "--json")
    (told,) = json.loads(said)
    assert (code, told["sound"], [one["where"] for one in told["faults"]]) == (1, False, [str(shard)])


def test_nothing_could_be_checked(plate: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second path that is not there is told before the first is read; exit code 2."""
    code, said, errors = ran(capsys, plate, plate.parent / "P2")
    assert (code, said) == (2, "")
    assert "P2 does not exist; expected a plate, a tile set, a feature set, measurements, or a" in errors
    shutil.rmtree(plate)
    assert ran(capsys, plate)[0] == 2
