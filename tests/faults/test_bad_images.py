"""One bad image of a thousand: it is named, and what the others give is kept."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.faults.commands import hcs
from tests.faults.kills import contents
from tests.faults.noise import ingest_words, noise_export

from hcs.measure.fields import channel_spec
from hcs.measure.measurements import measure_plate
from hcs_plates.export import Export
from hcs_plates.ingestion import ingest
from hcs_plates.plate import Plate, open_plate
from hcs_plates.storedfield import field_path
from hcs_plates.tiles import create_tiles
from hcs_plates.tiling import TileSpec
from hcs_plates.units import Progress

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Export:
    """An export of 1,000 images: two channels of 500 fields in 50 wells."""
    return noise_export(tmp_path_factory.mktemp("images") / "export", wells=50, fields=10, side=32)


def test_an_image_that_is_cut_short(export: Export, tmp_path: Path) -> None:
    """The 999 others are in the plate, and nothing else of it differs; exit code 1."""
    whole = ingest(export, tmp_path / "whole" / "export.ome.zarr")
    bad, out = export.path / "C05_f7_FITC.tif", tmp_path / "export.ome.zarr"
    content = bad.read_bytes()
    bad.write_bytes(content[: len(content) // 2])
    try:
        ended = hcs(*ingest_words(export, out))
    finally:
        bad.write_bytes(content)
    assert (ended.returncode, "Traceback" in ended.stderr) == (1, False)
    assert "1 planes are missing" in ended.stdout
    assert bad.name in ended.stdout
    plate = open_plate(out)
    assert [(key.well, key.field, key.channel) for key in plate.spec.missing] == [("C05", 7, 1)]
    before, now = contents(whole.path), contents(out)
    changed = {name for name in before | now if before.get(name) != now.get(name)}
    assert all(name == "zarr.json" or name.startswith(field_path("C05", 7)) for name in changed)


def tile(plate: Plate, out: Path, progress: Progress | None = None) -> None:
    """Cut a plate into 2,000 tiles, 64 a shard."""
    create_tiles([plate], out, TileSpec(16, 2), progress=progress)


def measure(plate: Plate, out: Path, progress: Progress | None = None) -> None:
    """Measure a plate, well by well."""
    measure_plate(plate, channel_spec(plate, None, "DAPI"), out, progress=progress)


@pytest.mark.parametrize(
    ("command", "make", "units"),
    [("tile --size 16 --grid 2", tile, 32), ("measure --nuclei DAPI", measure, 50)],
    ids=["tile", "measure"],
)
def test_a_shard_that_is_damaged(
    command: str, make: Callable[..., None], units: int, export: Export, tmp_path: Path
) -> None:
    """It is named and nothing passes for whole without it; put right, what was done is not done again."""
    plate, out = ingest(export, tmp_path / "P.ome.zarr"), tmp_path / "made"
    level = plate.path / field_path("C05", 7) / "0"
    shard = next(path for path in level.rglob("c/**/*") if path.is_file())
    content = shard.read_bytes()
    shard.write_bytes(content[:60] + bytes([content[60] ^ 255]) + content[61:])
    ended = hcs(*command.split(), str(plate.path), "--out", str(out))
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False)
    assert "field C05/7 cannot be read" in ended.stderr
    assert not out.exists()
    shard.write_bytes(content)
    seen: list[tuple[int, int]] = []
    make(plate, out, lambda *now: seen.append(now))
    assert [now for now in seen if now[0] > 0] == [(units - 1, units), (units, units)]
    make(plate, tmp_path / "whole")
    assert contents(out) == contents(tmp_path / "whole")
