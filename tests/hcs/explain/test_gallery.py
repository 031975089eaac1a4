"""Explained tiles as pictures, and the pages that show them."""

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from hcs.explain.explanations import Explanations, Findings
from hcs.explain.gallery import GAP, panels, saliency_rows, shown_tiles, strip, write_strips
from hcs.explain.likeness import GUIDED_SENTENCE
from hcs.figures.saliency import SaliencyRow, guided_grey, overlay
from hcs.pages.pictures import tile_picture
from hcs.report.explained import write_explained
from hcs.report.gather import explained_facts, study_facts
from hcs.report.reported import Study
from hcs.study.folder import StudyResults
from hcs.wording import block_name
from hcs_plates.errors import NotThereError

# A study that is explained takes half a minute to make.
pytestmark = pytest.mark.slow

SIDE = 32
Written = tuple[StudyResults, Explanations, Path]


def a_row(n_blocks: int = 2, *, guided: bool = True, colour: bool = False) -> SaliencyRow:
    """A tile with maps that have their maximum in different corners."""
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (SIDE, SIDE, 3) if colour else (SIDE, SIDE)).astype(np.uint8)
    maps = {block_name(f"block{n + 2}"): np.roll(np.eye(SIDE)[::-1], n, axis=0) for n in range(n_blocks)}
    return SaliencyRow(picture, maps, rng.random((SIDE, SIDE)) if guided else None, "title", "note")


@pytest.mark.parametrize(
    ("row", "n"),
    [(a_row(), 4), (a_row(1), 3), (a_row(guided=False), 3), (a_row(colour=True), 4)],
    ids=["two blocks", "one block", "without guided", "colour"],
)
def test_panels_side_by_side(row: SaliencyRow, n: int) -> None:
    """Tile, overlays, guided map: all in colour and of one size, with white between them alone."""
    pictures = panels(row)
    assert [one.shape for one in pictures] == [(SIDE, SIDE, 3)] * n
    assert {one.dtype for one in pictures} == {np.dtype(np.uint8)}
    joined = strip(row)
    assert joined.shape == (SIDE, n * SIDE + (n - 1) * GAP, 3)
    for place, one in enumerate(pictures):
        first = place * (SIDE + GAP)
        assert np.array_equal(joined[:, first : first + SIDE], one)
        assert (joined[:, first + SIDE : first + SIDE + GAP] == 255).all()


def test_panels_are_the_pictures(explained: Explanations, explained_study: StudyResults) -> None:
    """Grey is the same in all three colours; overlays and guided maps are those of the figure."""
    row = a_row()
    tile, first, _, guided = panels(row)
    assert (tile == row.picture[..., None]).all()
    assert np.array_equal(first, overlay(row.picture, row.maps["block 2"]))
    assert row.guided is not None
    assert (guided == guided_grey(row.guided)[..., None]).all()


def kept(tiles: list[tuple[str, bool, bool, str]]) -> Explanations:
    """Explanations of so many tiles: clone, whether positive, whether called so, and why pictured."""
    table = pd.DataFrame(tiles, columns=["group", "positive", "called", "reason"])
    return Explanations(Path(), table, {}, {})


def test_shown_are_tiles_called_right() -> None:
    """Of each class the first and the last clone's surest tile; wrong ones and unsure ones are not shown."""
    found = kept(
        [
            ("p1", True, True, "lowest, border"), ("p1", True, True, "highest"),
            ("p2", True, True, "highest"),
            ("p3", True, True, "highest, lowest, border"),
            ("p4", True, False, "highest, lowest, border, wrong"),
            ("n1", False, False, "highest"), ("n1", False, False, "lowest"),
            ("n2", False, True, "highest, wrong"), ("n2", False, True, "lowest"),
        ]
    )  # fmt: skip
    assert shown_tiles(found).index.tolist() == [1, 3, 6]


def test_nothing_right_is_nothing_shown() -> None:
    """An empty table with the same columns."""
    found = shown_tiles(kept([("p", True, False, "highest, lowest, wrong")]))
    assert found.empty
    assert list(found) == ["group", "positive", "called", "reason"]


def test_rows_go_with_their_maps(explained: Explanations, explained_study: StudyResults) -> None:
    """Of any selection in any order: each tile's own picture, its own maps, its clone and score."""
    maps, some = explained.maps(), explained.tiles.iloc[[5, 2, 11]]
    rows = list(saliency_rows(explained_study, explained, some))
    assert len(rows) == 3
    for (place, tile), row in zip(some.iterrows(), rows, strict=True):
        assert isinstance(place, int)
        assert np.array_equal(row.picture, tile_picture(explained_study.tiles, int(tile["row"])))
        assert tuple(row.maps) == ("block 2", "block 3")
        for name, cells in (("block 2", 32), ("block 3", 16)):
            assert row.maps[name].shape == (64, 64)
            stride = 64 // cells
            means = row.maps[name].reshape(cells, stride, cells, stride).mean(axis=(1, 3))
            assert np.corrcoef(means.ravel(), maps[name.replace(" ", "")][place].ravel())[0, 1] > 0.95
        assert row.guided is not None
        assert np.array_equal(row.guided, maps["guided"][place])
        assert row.title.startswith(f"{tile['group']} ({tile['label']})")
        assert row.title.endswith("ALS" if tile["called"] else "control")
        for word in (f"{tile['probability']:.2f}", tile["plate"], tile["well"], tile["reason"]):
            assert word in row.note


@pytest.fixture(scope="module")
def written(
    explained: Explanations,
    explained_study: StudyResults,
    findings: Findings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Written:
    """Copy of the explained study with its strips and its gallery page."""
    folder = shutil.copytree(explained_study.results, tmp_path_factory.mktemp("written") / "results")
    study = StudyResults.open(folder)
    found = Explanations.open(study)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Explanations, "findings", lambda self: findings)
        return study, found, write_explained(study, found)


def test_a_strip_for_every_tile(written: Written) -> None:
    """Named by the tile, in the colours of the page."""
    study, found, _ = written
    folder = found.folder / "overlays"
    names = {tile.replace("/", "-") + ".png" for tile in found.tiles["tile_id"]}
    assert {path.name for path in folder.iterdir()} == names
    (row,) = saliency_rows(study, found, found.tiles.iloc[[3]])
    stored = cv2.imread(str(folder / f"{found.tiles['tile_id'].iloc[3].replace('/', '-')}.png"))
    assert stored is not None
    assert np.array_equal(stored[..., ::-1], strip(row))
    assert write_strips(study, found) == folder


def test_the_gallery_page(written: Written, findings: Findings) -> None:
    """Every clone and tile, the sentence on guided maps, the tables; it runs nothing and asks for nothing."""
    _, found, path = written
    text = path.read_text(encoding="utf-8")
    assert path == found.folder / "explanations.html"
    assert "<script" not in text.lower()
    for outside in ('src="http', 'href="http', "url(http", "@import", "//cdn"):
        assert outside not in text
    assert GUIDED_SENTENCE in text
    for tile in found.tiles.to_dict("records"):
        assert (
            f"score {tile['probability']:.2f}, {tile['plate']} {tile['well']} field {tile['field']}" in text
        )
    for number, group in enumerate(found.tiles["group"].unique(), start=1):
        assert f'<h2 id="clone-{number}-title">{group}</h2>' in text
    assert text.count("<img") == 4 * len(found.tiles) + len(findings)
    for name in ("tiles", *found.tables):
        assert f'download="{name}.csv' in text


def test_facts_once_explained(
    written: Written, findings: Findings, small_study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tiles of both classes, the findings as they were kept (nothing is tested again), and no notice."""
    study, _, _ = written
    monkeypatch.delattr(Explanations, "findings")
    assert explained_facts(small_study) == (None, ())
    facts, notices = explained_facts(study)
    assert facts is not None
    assert notices == ()
    assert facts.blocks == ("block 2", "block 3")
    assert {name: one.summary for name, one in facts.findings.items()} == {
        name: one.summary() for name, one in findings.items()
    }
    for name, one in findings.items():
        assert_frame_equal(facts.findings[name].table, one.table, check_dtype=False)
    assert facts.guided == GUIDED_SENTENCE
    titles = [row.title for row in facts.rows]
    assert 2 <= len(titles) <= 4
    assert any(title.endswith("called ALS") for title in titles)
    assert any(title.endswith("called control") for title in titles)


def test_the_report_says_that_explanations_are_stale(written: Written, tmp_path: Path) -> None:
    """A notice in place of the section, and no gallery page is made of them."""
    study, found, _ = written
    folder = shutil.copytree(study.results, tmp_path / "results")
    record: dict[str, Any] = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    (folder / "record.json").write_text(json.dumps(record | {"inputs": "others"}), encoding="utf-8")
    stale = StudyResults.open(folder)
    explained, notices = explained_facts(stale)
    assert explained is None
    assert len(notices) == 1
    assert "hcs explain" in notices[0]
    facts = study_facts(stale)
    assert facts.explained is None
    assert notices[0] in facts.notices
    with pytest.raises(NotThereError):
        write_explained(stale, found)
