"""Where the network looks: the report's section and the gallery page, whole, escaped, asking for nothing."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.hcs.report.chromium import Opened, chromium, open_offline
from tests.hcs.report.fabricated import as_kept
from tests.hcs.report.reading import Page
from tests.hcs.report.scripts import check_scripts

from hcs.analysis.finding import Finding
from hcs.explain.clone import CEILING, GUIDED, PERMUTED, RANDOM, TRAINED
from hcs.explain.faithfulness import judge_faithfulness
from hcs.explain.gallery import panels
from hcs.explain.likeness import GUIDED_SENTENCE, compare_maps
from hcs.explain.shares import share_saliency
from hcs.explain.sheet import COLUMNS
from hcs.figures.saliency import SaliencyRow
from hcs.pages.page import PageFigure
from hcs.report.explained import ExplainedTile, explained_tile, write_explained_page
from hcs.report.facts import ExplainedFacts, ReportFacts
from hcs.report.study.analysed import PageFinding
from hcs.report.study.page import study_page
from hcs.report.study.saliency import saliency_section
from hcs.tables.compared import Classes

EVIL = '<b>x</b><script>alert("x")</script>\'&{{ 7*7 }}'
CLONES = {"a": "ALS", "b": "ALS", "c": "control", "d": "control"}
SIDE = 48
BLOCKS = ("block 2", "block 3")


def a_row(clone: str, seed: int) -> SaliencyRow:
    """A tile of noise with a bright place in each map."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:SIDE, :SIDE]
    maps = {
        block: np.exp(-((y - 12 * place) ** 2 + (x - 20) ** 2) / 60) for place, block in enumerate(BLOCKS, 1)
    }
    picture = rng.integers(0, 200, (SIDE, SIDE)).astype(np.uint8)
    return SaliencyRow(picture, maps, rng.random((SIDE, SIDE)), f"{clone} (ALS), called ALS", "score 0.93")


def shares() -> pd.DataFrame:
    """Shares of four clones' tiles, by trained heads and three controls of each kind."""
    rng = np.random.default_rng(1)
    sources = [(TRAINED, 1), (CEILING, 0), (CEILING, 1), (CEILING, 2)]
    sources += [(control, place) for control in (RANDOM, PERMUTED) for place in range(3)]
    rows = [
        (f"{clone}/0", clone, label, source, place, block, *rng.dirichlet((1, 2, 4)))
        for clone, label in CLONES.items()
        for source, place in sources
        for block in ("block2", "block3")
    ]
    return pd.DataFrame(rows, columns=COLUMNS["shares"])


def facts(rows: Sequence[SaliencyRow], left_out: dict[str, str] | None = None) -> ExplainedFacts:
    """Facts with all three findings."""
    areas = [(f"{clone}/0", clone, label, 0.1, 0.2, 0.7) for clone, label in CLONES.items()]
    likeness = [
        (f"{clone}/0", clone, label, method, RANDOM, 0.1 * place)
        for place, (clone, label) in enumerate(CLONES.items())
        for method in ("block2", GUIDED)
    ]
    curves = [
        (f"{clone}/0", clone, label, order, kind, fraction, 0.5 + (0.1 + 0.03 * place) * fraction)
        for place, (clone, label) in enumerate(CLONES.items())
        for order in ("block2", "random")
        for kind in ("deletion", "insertion")
        for fraction in (0.0, 0.5, 1.0)
    ]
    occlusion = [
        (f"{clone}/0", clone, label, "block2", 0.2 * place, 0.1)
        for place, (clone, label) in enumerate(CLONES.items())
    ]
    findings: dict[str, Finding] = {
        "compartments": share_saliency(
            shares(),
            pd.DataFrame(areas, columns=COLUMNS["areas"]),
            dict.fromkeys(CLONES, 1),
            blocks=("block2", "block3"),
            positive="ALS",
            negative="control",
        ),
        "likeness": compare_maps(pd.DataFrame(likeness, columns=COLUMNS["likeness"])),
        "faithfulness": judge_faithfulness(
            pd.DataFrame(curves, columns=COLUMNS["curves"]),
            pd.DataFrame(occlusion, columns=COLUMNS["occlusion"]),
        ),
    }
    return ExplainedFacts(tuple(rows), as_kept(findings), BLOCKS, GUIDED_SENTENCE, left_out or {})


@pytest.fixture(scope="module")
def explained() -> ExplainedFacts:
    """Two tiles, one of a clone with an evil name, and something left out."""
    rows = (a_row(EVIL, 0), a_row("a", 1))
    return facts(rows, {"heads on permuted labels": f"Group {EVIL} holds both labels."})


def test_the_section(explained: ExplainedFacts) -> None:
    """Pictures first; then each finding with its headline, figure and numbers; what was left out is said."""
    section = saliency_section(explained)
    assert section.ident == "saliency"
    kinds = [type(part) for part in section.parts]
    assert kinds == [PageFigure, PageFinding, PageFinding, PageFinding]
    pictures, *shown = section.parts
    assert isinstance(pictures, PageFigure)
    assert GUIDED_SENTENCE in pictures.caption
    assert "Selvaraju" in " ".join(section.paragraphs)
    assert len(section.missing) == 1
    assert "heads on permuted labels" in section.missing[0]
    for part, finding in zip(shown, explained.findings.values(), strict=True):
        assert isinstance(part, PageFinding)
        assert part.headline == finding.headline
        assert part.rest.startswith(("Share of saliency", "Likeness of the trained", "Probability of the"))
        for caveat in finding.caveats:
            assert caveat in part.rest
        table = part.tables[0]
        assert len(table.rows) == len(finding.table)
        assert table.download is not None
        assert table.download.rows == len(finding.table)


def test_no_tile_to_picture() -> None:
    """Where no tile is called right there is no figure, which is said, and the numbers are there."""
    section = saliency_section(replace(facts(()), noun="line"))
    assert any("No line has a tile that is called right" in text for text in section.missing)
    assert [type(part) for part in section.parts] == [PageFinding] * 3


def test_the_noun_is_the_studys(explained: ExplainedFacts) -> None:
    """The words of the section itself speak of the study's own unit."""
    section = saliency_section(replace(explained, findings={}, noun="line"))
    words = [*section.paragraphs, *(part.caption for part in section.parts if isinstance(part, PageFigure))]
    assert any("line" in text for text in words)
    assert not any("clone" in text for text in words)


def test_the_report_of_an_explained_study(explained: ExplainedFacts) -> None:
    """It has the section once, with its pictures and numbers; without explanations it has none."""
    bare = ReportFacts("Bare", Classes("ALS", "control"), "clone", True)
    assert "saliency" not in Page(study_page(bare)).ids
    page = Page(study_page(replace(bare, explained=explained)))
    assert page.ids.count("saliency") == 1
    assert len(page.ids) == len(set(page.ids))
    assert check_scripts(study_page(bare)) == 0
    assert "b" not in page.names
    assert EVIL in page.text
    assert GUIDED_SENTENCE in page.text
    for name in ("compartments", "likeness", "faithfulness"):
        assert f"explained_{name}.csv" in page.downloads


def gallery_tiles() -> list[ExplainedTile]:
    """Two tiles of a clone with an evil name, and one of another."""
    made = [(EVIL, a_row(EVIL, 0)), ("a", a_row("a", 1)), (EVIL, a_row(EVIL, 2))]
    return [explained_tile(clone, row, panels(row)) for clone, row in made]


@pytest.fixture(scope="module")
def written(explained: ExplainedFacts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gallery page, its name and its clones' names evil."""
    return write_explained_page(
        tmp_path_factory.mktemp("gallery") / "explanations.html",
        title=EVIL,
        explained=explained,
        tiles=gallery_tiles(),
        tables={"tiles": pd.DataFrame({"group": [EVIL]}), "shares": shares()},
        version="0.1.0",
    )


def test_a_tile_of_the_gallery() -> None:
    """Every picture has its heading, in the strip's order, and is carried along."""
    row = a_row("a", 0)
    tile = explained_tile("a", row, panels(row))
    heads = [head for head, _ in tile.pictures]
    assert heads == ["input", "Grad-CAM block 2", "Grad-CAM block 3", "guided Grad-CAM"]
    assert all(source.startswith("data:image/") for _, source in tile.pictures)
    assert tile.side == SIDE
    assert row.title in tile.caption
    assert row.note in tile.caption
    plain = replace(row, guided=None)
    assert len(explained_tile("a", plain, panels(plain)).pictures) == 3
    with pytest.raises(ValueError, match="zip"):
        explained_tile("a", plain, panels(row))


def test_the_gallery_page_stands_alone(written: Path) -> None:
    """No script, no request: every address is an anchor or data, and a policy forbids the rest."""
    text = written.read_text(encoding="utf-8")
    page = Page(text)
    assert "script" not in page.names
    assert not {"iframe", "object", "embed", "link rel=stylesheet"} & set(page.names)
    assert page.addresses
    for address in page.addresses:
        assert address.startswith(("data:", "#")), address[:60]
    for address in page.addresses:
        if address.startswith("#") and len(address) > 1 and not address.startswith("#explained"):
            assert address[1:] in page.ids, address
    assert "default-src 'none'" in text
    assert not re.search(r"url\(\s*['\"]?https?:|@import", text)


def test_names_are_text(written: Path) -> None:
    """What a platemap says is shown as it stands, and never becomes part of the page."""
    page = Page(written.read_text(encoding="utf-8"))
    assert "b" not in page.names
    assert EVIL in page.text
    assert "49" not in page.text.split("Where the network looks")[0]
    assert [str(image["alt"]) for image in page.pictures[:4]] == [
        f"{head}: {EVIL} (ALS), called ALS; score 0.93"
        for head in ("input", "Grad-CAM block 2", "Grad-CAM block 3", "guided Grad-CAM")
    ]


def test_tiles_stand_under_their_clone(written: Path) -> None:
    """Clone by clone in the order in which they come, with the sentence on guided maps, and all tables."""
    page = Page(written.read_text(encoding="utf-8"))
    assert len(page.pictures) == 3 * 4
    owners = ["a" if "a (ALS)" in str(image["alt"]) else "evil" for image in page.pictures]
    assert owners == ["evil"] * 8 + ["a"] * 4
    assert "3 tiles of 2 clones" in page.text
    assert GUIDED_SENTENCE in page.text
    assert {"clone-1", "clone-2", "saliency", "tables"} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert {"tiles.csv", "shares.csv"} <= set(page.downloads)


def test_the_same_page_again(written: Path, explained: ExplainedFacts, tmp_path: Path) -> None:
    """Character by character."""
    again = write_explained_page(
        tmp_path / "again.html",
        title=EVIL,
        explained=explained,
        tiles=gallery_tiles(),
        tables={"tiles": pd.DataFrame({"group": [EVIL]}), "shares": shares()},
        version="0.1.0",
    )
    assert again.read_text(encoding="utf-8") == written.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def opened(written: Path) -> Iterator[Opened]:
    """The gallery page in headless Chromium with the network off: page, console errors, requests."""
    with chromium() as browser:
        yield open_offline(browser, written)


@pytest.mark.browser
@pytest.mark.parametrize("width", [1200, 390])
def test_browser_shows_the_gallery(opened: Opened, width: int) -> None:
    """On a desk and on a telephone: all pictures are drawn, nothing is asked for, nothing sticks out."""
    page, errors, requests = opened
    page.set_viewport_size({"width": width, "height": 800})
    assert errors == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert len([url for url in requests if url.startswith("file:")]) == 1
    sizes = page.eval_on_selector_all(
        "figure.explained img",
        "found => found.map(one => [one.naturalWidth, one.getBoundingClientRect().right])",
    )
    assert [natural for natural, _ in sizes] == [SIDE] * 12
    assert max(right for _, right in sizes) <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width
