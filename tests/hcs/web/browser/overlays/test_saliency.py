"""Saliency, laid over its field: the maps that were kept, on the tiles that they are of, and told."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from tests.hcs.web.browser.overlays.conftest import ask, overlays, site_of

from hcs.explain.explanations import Explanations
from hcs.explain.maps import save_maps
from hcs.figures.saliencylayer import laid_over
from hcs.report.reported import Study
from hcs.study.folder import StudyResults
from hcs.web.browser.site import Site
from hcs_models.saliency import upsampled
from hcs_plates.tiling import TileSpec


def picture_of(content: bytes) -> npt.NDArray[np.uint8]:
    """Decode red, green, blue and alpha."""
    found = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    return np.asarray(cv2.cvtColor(found, cv2.COLOR_BGRA2RGBA), dtype=np.uint8)


def number_of(site: Site, plate: str) -> int:
    """Number of a plate by its name."""
    return [view.name for view in site.views].index(plate)


def explained_field(site: Site) -> tuple[int, str, str, int]:
    """Number of the plate, well and field of the first explained tile, and its row."""
    assert site.study is not None
    row = Explanations.open(site.study).tiles.iloc[0]
    return number_of(site, row.plate), row.well, str(row.field), 0


def test_the_kept_map_is_sent(study_site: Site) -> None:
    """Block by block, with the heads, the scale and the reason told; nothing is computed anew."""
    assert study_site.study is not None
    found = Explanations.open(study_site.study)
    number, well, key, place = explained_field(study_site)
    offers = {
        name: one for name, one in overlays(study_site, well, key, number).items() if "saliency" in name
    }
    assert list(offers) == [f"saliency-{block}" for block in found.blocks]
    row = found.tiles.iloc[place]
    for block in found.blocks:
        offer = offers[f"saliency-{block}"]
        assert offer["area"] == {"x": 0, "y": 0, "width": 64, "height": 64}
        said = " ".join(offer["said"])
        assert f"never saw clone {row.group}" in said
        assert f"chosen as {row.reason}" in said
        assert "its own maximum" in said
        (answer,) = ask(study_site, f"{number}/{well}/{key}/saliency-{block}")
        assert answer.headers["content-type"] == "image/png"
        kept = found.maps()[block][place : place + 1].astype(np.float32)
        stride = 128 // kept.shape[1]
        np.testing.assert_array_equal(picture_of(answer.content), laid_over(upsampled(kept, 128, stride)[0]))


@pytest.fixture
def two_of_nine(study_site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """As if fields were cut in three by three, and tiles 5 and 7 of A01 were explained, hot at one corner."""
    assert study_site.study is not None
    tiles = Explanations.open(study_site.study).tiles.iloc[[0, 0]].reset_index(drop=True)
    tiles = tiles.assign(plate="P1", well="A01", field=1, tile=[5, 7], group="a0", label="ALS")
    maps = np.zeros((2, 32, 32), np.float16)
    maps[0, 2, 28] = maps[1, 30, 4] = 1
    save_maps(tmp_path / "maps.npz", {"block2": maps})
    found = Explanations(tmp_path, tiles, {}, {"blocks": ["block2"], "recipe": str(tmp_path)})
    monkeypatch.setattr(Explanations, "open", lambda study: found)
    monkeypatch.setattr("hcs.web.browser.overlays.saliency.cut_as", lambda study: TileSpec(size=64, grid=3))
    return study_site


def test_a_map_lies_on_its_tile(two_of_nine: Site) -> None:
    """Two tiles of nine: the picture covers both, and what glows lies in the field where the maps have it."""
    offer = overlays(two_of_nine, "A01")["saliency-block2"]
    third = 64 / 3
    area = {name: pytest.approx(value) for name, value in offer["area"].items()}
    assert area == {"x": third, "y": third, "width": 2 * third, "height": 2 * third}
    assert "Explained are 2 of the field's 9 tiles; the others show nothing." in offer["said"]
    (answer,) = ask(two_of_nine, "0/A01/1/saliency-block2")
    picture = picture_of(answer.content).astype(float)
    side = offer["area"]["width"] / picture.shape[1]
    # Tile 5 is the last of the middle row, tile 7 the middle one of the last row.
    for tile_x, tile_y, cell_x, cell_y in ((2, 1, 28, 2), (1, 2, 4, 30)):
        # The line at half of the maximum is round the hottest place.
        x, y = tile_x * third + (cell_x + 0.5) / 32 * third, tile_y * third + (cell_y + 0.5) / 32 * third
        own = np.zeros(picture.shape[:2], dtype=bool)
        top, left = (tile_y - 1) * 128, (tile_x - 1) * 128
        own[top : top + 128, left : left + 128] = True
        down, across = np.nonzero(own & (picture[..., 3] > 0))
        assert across.mean() * side + offer["area"]["x"] == pytest.approx(x, abs=1)
        assert down.mean() * side + offer["area"]["y"] == pytest.approx(y, abs=1)
    assert (picture[:128, :128] == 0).all()
    assert (picture[128:, 128:] == 0).all()


def test_why_there_is_none(study_site: Site, small_study: Study, tmp_path: Path) -> None:
    """A study that was not explained; a field whose clone was, elsewhere; a well of no clone."""
    results = shutil.copytree(small_study.results, tmp_path / "results")
    why = overlays(site_of(results), "A01")["saliency"]["why"]
    assert why == f"Not explained; `hcs explain {results}` does it."
    assert study_site.study is not None
    tiles = Explanations.open(study_site.study).tiles
    places = set(tiles[["plate", "well", "field"]].itertuples(index=False, name=None))
    plate, well, key = next(
        (plate, well, key) for plate, well, _ in places for key in (1, 2) if (plate, well, key) not in places
    )
    why = overlays(study_site, well, str(key), number_of(study_site, plate))["saliency"]["why"]
    group = tiles[(tiles["plate"] == plate) & (tiles["well"] == well)]["group"].iloc[0]
    assert why.startswith(f"None of its tiles was explained; of {group} those of ")
    assert f"{plate} {well} field" in why
    assert "some of each clone" in overlays(study_site, "B03")["saliency"]["why"]


@pytest.mark.slow
def test_no_tensorflow(explained_study: StudyResults) -> None:
    """Neither scores nor saliency need the library that made them: a server has no room for it."""
    number, well, key, _ = explained_field(site_of(explained_study.results))
    code = f"""
import sys
from tests.hcs.web.browser.overlays.conftest import ask, overlays, site_of
from pathlib import Path
site = site_of(Path({str(explained_study.results)!r}))
names = overlays(site, {well!r}, {key!r}, {number})
ways = [f"{number}/{well}/{key}/{{name}}" for name in names if name[:3] in ("sal", "sco")]
assert [one.status_code for one in ask(site, *ways)] == [200] * len(ways) and len(ways) > 3, ways
print([name for name in sys.modules if name.split(".")[0] in ("tensorflow", "keras")])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=100
    )
    assert done.stdout.strip() == "[]", done.stderr


def as_shown(layer: npt.NDArray[np.uint8], grey: float) -> npt.NDArray[np.float64]:
    """Lay a layer over a grey picture as browsers do."""
    alpha = layer[..., 3:] / 255
    return np.asarray(layer[..., :3] * alpha + grey * (1 - alpha))


def test_the_layer_is_the_overlay_of_the_report(study_site: Site) -> None:
    """On black the colours are those of the report's picture; an empty map is an empty layer."""
    from hcs.figures.saliency import overlay

    steep = np.add.outer(np.arange(32.0), np.arange(32.0))
    report: Any = overlay(np.zeros((32, 32), np.uint8), steep).astype(float)
    plain = np.abs(as_shown(laid_over(steep), 0.0) - report).max(axis=-1)
    # Only along the line, whose edges are mixed, both differ.
    assert np.median(plain) <= 1
    assert (plain > 2).mean() < 0.2
    assert not laid_over(np.zeros((8, 8))).any()
