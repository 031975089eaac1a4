"""A reader's page as one file: what stands in it, and what does not."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from tests.hcs.web.readerpages.packs import MadePack, make_pack

from hcs.web.readerpages.export import export_pages
from hcs_plates.errors import ArgumentError, ExistsError

NAME = "</script><script>alert(1)</script>"


@pytest.fixture
def made(tmp_path: Path) -> MadePack:
    """Two training images and eight of the test."""
    return make_pack(tmp_path / "pack", question=NAME)


def test_the_labels_of_training_stand_in_it_and_no_others(made: MadePack, tmp_path: Path) -> None:
    """Its data are what a served page is told, the pictures as they are in the pack, and two labels."""
    page, _ = export_pages(made.pack.folder, tmp_path / "pages")
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r'<script type="application/json" id="pack">(.*?)</script>', text, re.DOTALL)
    (data,) = map(json.loads, blocks)
    items = made.pack.items("reader 1")
    assert data["labels"] == [made.label("reader 1", position) for position in (0, 1)]
    images = [base64.b64decode(one.removeprefix("data:image/png;base64,")) for one in data["images"]]
    assert images == [made.pack.image(item.image) for item in items]
    assert set(data) == {"about", "pack", "columns", "labels", "images"}
    assert data["about"]["question"] == NAME
    told = json.dumps({**data, "images": []})
    assert not any(item.image in text for item in items)
    assert not any(token in text for token in made.tokens.values())
    assert told.count("ALS") == 1 + data["labels"].count("ALS")


def test_nothing_runs_but_its_two_scripts(made: MadePack, tmp_path: Path) -> None:
    """The policy names them and the style by digest; no address leads away, no name ends a block."""
    page, _ = export_pages(made.pack.folder, tmp_path / "pages")
    text = page.read_text(encoding="utf-8")
    policy = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)[0]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    inlined = [*scripts, *re.findall(r"<style>(.*?)</style>", text, re.DOTALL)]
    digests = {base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in inlined}
    assert set(re.findall(r"sha256-([^']*)", policy)) == digests
    assert (len(scripts), len(inlined)) == (2, 3)
    assert not re.findall(r'(?:src|href)="(?!data:)[^"]*"', text)


def test_pages_are_called_by_their_readers_and_not_replaced_unasked(made: MadePack, tmp_path: Path) -> None:
    """One is there: none is written, unless asked for."""
    out = tmp_path / "pages"
    out.mkdir()
    (out / "reader 2.html").write_text("mine")
    with pytest.raises(ExistsError, match=r"reader 2\.html exists already"):
        export_pages(made.pack.folder, out)
    assert [path.name for path in out.iterdir()] == ["reader 2.html"]
    export_pages(made.pack.folder, out, overwrite=True)
    assert sorted(path.name for path in out.iterdir()) == ["reader 1.html", "reader 2.html"]
    assert (out / "reader 2.html").read_text() != "mine"


def test_a_reader_whose_name_is_a_path_is_refused(tmp_path: Path) -> None:
    """Nothing is written outside the folder, nor in it."""
    made = make_pack(tmp_path / "pack", readers=("../evil",))
    with pytest.raises(ArgumentError, match="evil"):
        export_pages(made.pack.folder, tmp_path / "pages")
    assert not (tmp_path / "pages").exists()
    assert not (tmp_path / "evil.html").exists()
