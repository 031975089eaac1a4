"""The demo's whole way at a smaller size, and its images judged; `.ci/run` runs the demo in full."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.hcs.report.chromium import chromium, open_folds, open_offline
from tests.hcs.web.readerpages.process import serving
from typer.testing import CliRunner

from hcs import demo
from hcs.cli.app import app
from hcs.demo import run_demo
from hcs_plates.errors import ArgumentError, ExistsError
from hcs_plates.plate import open_plate
from hcs_plates.simulate import FieldSpec

pytestmark = pytest.mark.slow

READERS: dict[str, Callable[[str], str]] = {
    "knows": lambda label: label,
    "contrary": lambda label: {"ALS": "control", "control": "ALS"}[label],
    "biased": lambda label: "ALS",
}
"""What each reader says of an image of a class."""
DEALT = ("--per-reader", "12", "--repeats", "2", "--training", "0")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same demo on smaller fields."""
    experiment = replace(demo.EXPERIMENT, fields_per_well=1, field=FieldSpec(height=128, width=128))
    monkeypatch.setattr(demo, "EXPERIMENT", experiment)
    monkeypatch.setitem(demo.SETTINGS, "tiles", {"size": 64})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test leaves its demo for the second."""
    return tmp_path_factory.mktemp("made") / "demo"


def run(*words: str | Path) -> str:
    """A command that ends well; what it says."""
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_demo(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From simulated files to a report; kept unless asked, and going on where it was interrupted."""
    study, page = run_demo(tmp_path / "demo")
    shutil.copytree(tmp_path / "demo", made)
    assert sorted(path.name for path in (tmp_path / "demo").iterdir()) == [
        "demo-results", "demo.toml", "export", "plates",
    ]  # fmt: skip
    assert study.table("groups")["group"].nunique() == 12
    assert "12 clones" in page.read_text(encoding="utf-8")
    with pytest.raises(ExistsError):
        run_demo(tmp_path / "demo")
    # What follows is about folders: the analyses, which take longest, are made once.
    monkeypatch.setattr(demo, "analyse_study", lambda *_, **__: None)
    run_demo(tmp_path / "demo", overwrite=True)
    (page.parent / "report.html").unlink()
    run_demo(tmp_path / "demo")
    assert page.is_file()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(ArgumentError, match="something else than a demo"):
        run_demo(tmp_path / "mine", overwrite=True)


def judge(page: Any, link: str, says: Callable[[str], str], labels: list[str]) -> None:
    """One reader's whole session: by their link, with keys, to the end."""
    page.goto(link)
    page.click("#begin")
    for place, label in enumerate(labels, start=1):
        page.wait_for_function(
            "said => document.getElementById('place').textContent === said && "
            "document.getElementById('frame').ariaBusy === 'false'",
            arg=f"Image {place} of {len(labels)}",
        )
        page.keyboard.press({"ALS": "f", "control": "j"}[says(label)])
    page.get_by_text(f"All {len(labels)} images are answered.").wait_for()
    page.get_by_text("Saved").first.wait_for()


@pytest.mark.browser
def test_its_images_are_judged_by_simulated_readers(made: Path) -> None:
    """From the pack through a real browser to the report's section: what was put in is what it says."""
    if not made.exists():
        run_demo(made)
    results, pack = made / "demo-results", made / "pack"
    named = [word for name in READERS for word in ("--reader", name)]
    run(
        "readers",
        "new",
        results,
        "--out",
        pack,
        *named,
        "--per-reader",
        "12",
        "--repeats",
        "2",
        "--training",
        "0",
    )
    images = json.loads((made / "pack.key.json").read_text(encoding="utf-8"))["images"]
    label = {str(row["image"]): str(row["label"]) for row in images}
    order = {
        one["name"]: [label[item["image"]] for item in one["items"]]
        for one in json.loads((pack / "schedule.json").read_text(encoding="utf-8"))["readers"]
    }
    tokens = pd.read_csv(made / "pack.tokens.csv").set_index("reader")["token"]
    with serving(pack) as (_, port), chromium() as browser:
        for name, says in READERS.items():
            page = browser.new_page()
            judge(page, f"http://127.0.0.1:{port}/#{tokens[name]}", says, order[name])
    said = run("readers", "score", pack)
    assert "3 readers call 0.50 of the clones right" in said
    wells = open_plate(made / "plates" / "demo-1.ome.zarr").wells
    true = wells.drop_duplicates("clone").set_index("clone")["diagnosis"]
    calls = pd.read_csv(made / "pack.scores" / "calls.csv")
    first = calls[calls["repeat"] == 0]
    right = first["call"] == first["clone"].map(true)
    assert right.groupby(first["reader"]).mean().to_dict() == {"knows": 1.0, "contrary": 0.0, "biased": 0.5}
    run("study", "report", results, "--readers", made / "pack.scores" / "calls.csv")
    with chromium() as browser:
        page, errors, _ = open_offline(browser, results / "report.html")
        open_folds(page)
        section = page.inner_text("#readers")
    assert not errors
    assert "3 readers call 0.50 of the clones right" in section
