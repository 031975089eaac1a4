"""Fields by the places of the stage: one picture a well, and places for other viewers."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from hcs_plates.errors import ArgumentError, ReaderError
from hcs_plates.export import Export
from hcs_plates.fieldpixels import Rectangle
from hcs_plates.ingestion import ingest
from hcs_plates.plate import open_plate
from hcs_plates.readers.acquisition import Acquisition
from hcs_plates.readers.detect import scan
from hcs_plates.stitching import covered

HEIGHT, WIDTH, PIXEL = 30, 40, 0.5
SCENE = np.random.default_rng(3).integers(1, 60000, (100, 120), dtype="uint16")
CORNERS = {1: (0, 0), 2: (0, 35), 3: (28, 3), 7: (61, 80)}
"""Row and column of every field in the scene."""


def tile(number: int) -> Any:
    """What a field shows of the scene."""
    row, column = CORNERS[number]
    return SCENE[row : row + HEIGHT, column : column + WIDTH]


def positions(y_axis: str) -> dict[tuple[str, int], tuple[float, float]]:
    """Places of the stage, from somewhere on it."""
    sign = -1 if y_axis == "up" else 1
    return {
        (well, number): (1000 + PIXEL * column, -300 + sign * PIXEL * row)
        for well in ("A01", "B02")
        for number, (row, column) in CORNERS.items()
    }


@pytest.fixture
def scene(tmp_path: Path) -> Export:
    """Two wells of four fields of one scene, the same in both."""
    folder = tmp_path / "export"
    folder.mkdir()
    for well in ("A01", "B02"):
        for number in CORNERS:
            tifffile.imwrite(folder / f"{well}_f{number}_GFP.tif", tile(number))
    return Export(folder, pattern="{well}_f{field}_{channel}.tif", name="P1", pixel_size_um=PIXEL)


def found_with(monkeypatch: pytest.MonkeyPatch, **facts: Any) -> None:
    """Let every export say more than its files do."""

    def told(*args: Any, **settings: Any) -> Acquisition:
        return replace(scan(*args, **settings), **facts)

    monkeypatch.setattr("hcs_plates.export.scan", told)


def expected(without: tuple[int, ...] = ()) -> Any:
    """The scene where fields are, zero elsewhere."""
    shown = np.zeros((91, 120), "uint16")
    for number, (row, column) in CORNERS.items():
        if number not in without:
            shown[row : row + HEIGHT, column : column + WIDTH] = tile(number)
    return shown


@pytest.mark.parametrize("y_axis", ["up", "down"])
def test_a_scene_is_put_together_again(
    scene: Export, tmp_path: Path, y_axis: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fields cut out of a scene give it back, y either way; what no field shows is zero, told and listed."""
    found_with(monkeypatch, positions_um=positions(y_axis))
    cut = scene.path / "B02_f1_GFP.tif"
    cut.write_bytes(cut.read_bytes()[:900])
    plate = ingest(replace(scene, stitch=True, y_axis=y_axis), tmp_path / "P1.ome.zarr")
    assert plate.spec.fields == {"A01": (1,), "B02": (1,)}
    assert np.array_equal(plate["A01"][1].image("GFP"), expected())
    assert np.array_equal(plate["B02"][1].image("GFP"), expected(without=(1,)))
    assert plate.images.shape == (2, 1, 91, 120)
    listed = plate.stitched[plate.stitched["well"] == "A01"]
    assert {row.field: (row.row, row.column) for row in listed.itertuples()} == CORNERS
    far = 300 if y_axis == "up" else -300
    corners_um = {key: plate.spec.corner_of(*key) for key in plate.spec.positions_um}
    assert corners_um["A01", 1] == corners_um["B02", 1] == (far - 15 * PIXEL, 1000 - 20 * PIXEL)
    assert plate.lacking[["well", "field"]].to_numpy().tolist() == [["B02", 1]]
    assert open_plate(plate.path) == plate
    assert "of the area has no field" in " ".join(plate.info()["notes"])


def test_where_fields_overlap_the_lowest_number_is_seen(
    scene: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No blending: every pixel is one that a camera gave."""
    found_with(monkeypatch, positions_um=positions("down"), y_axis="down")
    tifffile.imwrite(scene.path / "A01_f1_GFP.tif", np.full((HEIGHT, WIDTH), 7, "uint16"))
    plate = ingest(replace(scene, stitch=True), tmp_path / "P1.ome.zarr")
    shown = plate["A01"][1].image("GFP")
    assert (shown[:HEIGHT, :WIDTH] == 7).all()
    assert np.array_equal(shown[:28, WIDTH:75], SCENE[:28, WIDTH:75])


@pytest.mark.parametrize(
    ("facts", "settings", "said"),
    [
        ({}, {}, "8 of 8 fields have no position of the stage"),
        ({"positions_um": {**positions("up"), ("A01", 2): (0.0, float("nan"))}}, {}, r"1 of 8 .*\(A01/2\)"),
        ({"positions_um": {**positions("up"), ("A01", 2): (1e300, 0.0)}}, {}, r"1 of 8 .*\(A01/2\)"),
        ({"positions_um": positions("up")}, {"y_axis": None}, "--y-axis up or down says it"),
        ({"positions_um": positions("up")}, {"pixel_size_um": None}, "--pixel-size says it"),
        ({"positions_um": dict.fromkeys(positions("up"), (0.0, 0.0))}, {}, "one would hide the other"),
        (
            {"positions_um": {key: (x * 1e4, y) for key, (x, y) in positions("up").items()}},
            {},
            "fields lie too far apart",
        ),
    ],
)
def test_what_makes_no_picture_is_refused(
    scene: Export,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    facts: dict[str, Any],
    settings: dict[str, Any],
    said: str,
) -> None:
    """Nothing is guessed, and nothing of an absurd size is made."""
    found_with(monkeypatch, **facts)
    with pytest.raises(ReaderError, match=said):
        ingest(replace(scene, **{"y_axis": "up", "stitch": True, **settings}), tmp_path / "P1.ome.zarr")
    assert [one.name for one in tmp_path.iterdir()] == ["export"]


def test_places_stand_in_the_metadata_of_fields(
    scene: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A translation puts each field's corner where the scene has it, y downward; none without a direction."""
    found_with(monkeypatch, positions_um=positions("up"))
    plate = ingest(replace(scene, y_axis="up"), tmp_path / "P1.ome.zarr")
    corners = {}
    for number in CORNERS:
        document = json.loads((plate.path / "A" / "01" / str(number) / "zarr.json").read_text())
        (multiscale,) = document["attributes"]["ome"]["multiscales"]
        assert [axis["name"] for axis in multiscale["axes"]] == ["c", "y", "x"]
        scale, move = multiscale["datasets"][0]["coordinateTransformations"]
        assert (scale["type"], move["type"]) == ("scale", "translation")
        corners[number] = np.array(move["translation"][1:]) / PIXEL
    assert {
        number: tuple(np.rint(corner - corners[1]).astype(int)) for number, corner in corners.items()
    } == CORNERS
    unknown = ingest(scene, tmp_path / "P2.ome.zarr")
    assert "translation" not in (unknown.path / "A" / "01" / "1" / "zarr.json").read_text()


def test_a_direction_that_is_none_is_refused(scene: Export) -> None:
    """Only up and down are directions of y."""
    with pytest.raises(ArgumentError, match="up or down"):
        replace(scene, y_axis="left").scan()


def test_covered_area_counts_overlap_once() -> None:
    """As painting the fields counts it."""
    rng = np.random.default_rng(1)
    for _ in range(20):
        places = {n: Rectangle(*map(int, rng.integers(1, 20, 4))) for n in range(6)}
        painted = np.zeros((40, 40), bool)
        for row, column, height, width in places.values():
            painted[row : row + height, column : column + width] = True
        assert covered(places) == painted.sum()


@pytest.mark.shared
def test_real_fields_lie_side_by_side(shared_data: Path, tmp_path: Path) -> None:
    """Two fields of a real export, one well apart by one width: the eastern one lies on the right."""
    images = shared_data / "operetta" / "operetta_plate" / "Images"
    plate = ingest(Export(images, stitch=True), tmp_path / "P1.ome.zarr")
    west, east = (tifffile.imread(images / f"r03c03f0{number}p01-ch1sk1fk1fl1.tiff") for number in (1, 2))
    index = (images / "Index.idx.xml").read_text(encoding="utf-8")
    xs = [float(one) for one in re.findall(r'<PositionX Unit="m">(.*?)</PositionX>', index)]
    assert xs[0] < xs[1]
    assert np.array_equal(plate["C03"][1].image("FITC"), np.hstack([west, east]))
