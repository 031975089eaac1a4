"""Disks that are full, read-only or forbidden: one sentence, exit code 2, and what stood stands."""

import ctypes
import os
import resource
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.faults.commands import hcs, told_rows
from tests.faults.full import remount, small_disk
from tests.faults.kills import contents
from tests.faults.noise import ingest_words, noise_export

from hcs.measure.fields import channel_spec
from hcs.measure.measurements import measure_plate
from hcs_plates.export import Export
from hcs_plates.ingestion import ingest

pytestmark = pytest.mark.faults

DROP, OVERRIDE, READ_SEARCH = 24, 1, 2
"""PR_CAPBSET_DROP, CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH of Linux (prctl(2), capabilities(7))."""


def bound_by_permissions() -> None:
    """Make root heed permissions from its next program on; anybody else does anyway."""
    if os.geteuid() == 0:
        for capability in (OVERRIDE, READ_SEARCH):
            if ctypes.CDLL(None).prctl(DROP, capability, 0, 0, 0) != 0:
                raise OSError


def small_files() -> None:
    """Let no file grow beyond 4 kB."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))


@pytest.fixture(scope="module")
def mounts(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip where no disk can be mounted."""
    try:
        with small_disk(tmp_path_factory.mktemp("disk"), 1 << 20):
            pass
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no disk can be mounted here: {error}")


@pytest.fixture
def export(tmp_path: Path) -> Export:
    """Four fields of two wells, and a platemap."""
    made = noise_export(tmp_path / "export", wells=2, fields=2)
    (made.path / "map.csv").write_text("Well,Cell line\nA1,L1\nA2,L2\n")
    return made


@pytest.fixture
def measured(export: Export, tmp_path: Path) -> Path:
    """A folder with their plate, and its measurements beside it."""
    plate = ingest(export, tmp_path / "plates" / "P.ome.zarr")
    measure_plate(plate, channel_spec(plate, None, "DAPI"))
    return plate.path.parent


def sentence(ended: subprocess.CompletedProcess[str]) -> str:
    """What a command was refused with: one line, exit code 2."""
    said = [line for line in ended.stderr.splitlines() if line.startswith("hcs: ")]
    assert (ended.returncode, len(said), "Traceback" in ended.stderr) == (2, 1, False), ended
    return said[0].removeprefix("hcs: ")


SHARES = {command: [0.02, 0.3, 0.6, 0.95] for command in ("ingest", "overwrite", "measure", "tile")}
SHARES["study"] = [0.4]
"""Of what a command makes, for how much there is room."""


@pytest.mark.usefixtures("mounts")
@pytest.mark.parametrize("command", SHARES)
def test_a_disk_that_fills_up(command: str, tmp_path: Path) -> None:
    """Wherever it does, the same command goes on once there is room, with what was done before."""
    rows = told_rows("full", command, tmp_path, shares=SHARES[command])
    for row in rows:
        said = [line for line in row["said"].splitlines() if line.startswith("hcs: ")]
        assert (row["code"], len(said), row["changed"]) == (2, 1, []), row
        assert "the disk is full; make room and run the same again" in said[0]
        assert (row["again"], row["differs"], row["twice"], row["left"]) == (0, [], [], []), row


def test_files_that_may_not_grow(tmp_path: Path) -> None:
    """A limit on the size of files is told as such; without it the command goes on."""
    words = ingest_words(noise_export(tmp_path / "export", wells=2, fields=2), tmp_path / "P.ome.zarr")
    said = sentence(hcs(*words, preexec_fn=small_files))
    assert "the file is larger than this place allows" in said
    assert not (tmp_path / "P.ome.zarr").exists()
    assert hcs(*words).returncode == 0


def writes(export: Export, place: Path) -> dict[str, list[str]]:
    """Commands that write into a folder with a measured plate."""
    plate = str(place / "P.ome.zarr")
    return {
        "ingest": ingest_words(export, place / "Q.ome.zarr"),
        "overwrite": [*ingest_words(export, plate), "--pixel-size", "0.5", "--overwrite"],
        "platemap": ["platemap", plate, str(export.path / "map.csv")],
        "tile": ["tile", plate, "--size", "32"],
        "measure": ["measure", plate, "--nuclei", "DAPI", "--neurites", "FITC", "--overwrite"],
    }


def check_refused(place: Path, commands: dict[str, list[str]], reason: str, **options: Any) -> None:
    """Each command is refused for that reason, and nothing there has changed."""
    before = contents(place)
    for name, words in commands.items():
        assert reason in sentence(hcs(*words, **options)), name
    assert contents(place) == before


@pytest.mark.usefixtures("mounts")
def test_a_disk_that_is_read_only(export: Export, measured: Path, tmp_path: Path) -> None:
    """Nothing is written, the plate can be read, and everything works once it may be written to."""
    with small_disk(tmp_path / "disk", 1 << 26) as disk:
        shutil.copytree(measured, disk, dirs_exist_ok=True)
        commands = writes(export, disk)
        remount(disk, "ro")
        check_refused(disk, commands, "read-only")
        assert hcs("info", str(disk / "P.ome.zarr")).returncode == 0
        remount(disk, "rw")
        for name in ("overwrite", "measure"):
            assert hcs(*commands[name]).returncode == 0


def test_a_folder_that_is_forbidden(export: Export, measured: Path) -> None:
    """The same without the permission to write, and what may not be read is named."""
    commands = writes(export, measured)
    folders = [measured, *(path for path in measured.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        check_refused(measured, commands, "permission", preexec_fn=bound_by_permissions)
    finally:
        for folder in folders:
            folder.chmod(0o755)
    shard = next(path for path in (measured / "P.ome.zarr" / "A" / "01").rglob("c/**/*") if path.is_file())
    shard.chmod(0)
    for name in ("tile", "measure"):
        said = sentence(hcs(*commands[name], preexec_fn=bound_by_permissions))
        assert "A01" in said, said
        assert "permission" in said
    shard.chmod(0o644)
    for name in ("tile", "measure"):
        assert hcs(*commands[name]).returncode == 0


@pytest.mark.usefixtures("mounts")
def test_results_that_are_read_only(ran: Path, tmp_path: Path) -> None:
    """What would be found of a study is refused before it is made, and the results stand."""
    with small_disk(tmp_path / "disk", 1 << 28) as disk:
        shutil.copytree(ran / "start", disk, dirs_exist_ok=True)
        commands = {
            "run": ["study", "run", str(ran / "small.toml"), "--out", str(disk / "X"), "--overwrite"],
            "permute": ["study", "permute", str(disk / "X")],
        }
        remount(disk, "ro")
        check_refused(disk, commands, "read-only")
