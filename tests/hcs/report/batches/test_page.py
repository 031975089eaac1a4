"""The page of a batch report: whole, escaped, every table with it, and alive without a network."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.hcs.report.chromium import Opened, chromium, open_folds, open_offline
from tests.hcs.report.reading import Page

from hcs.analysis.kept import KeptAnalyses, KeptFinding
from hcs.analysis.registry import ANALYSES
from hcs.answer.basis import Basis
from hcs.heatmaps.heatmap import heatmap
from hcs.report.batches.page import (
    SECTIONS,
    BatchFacts,
    batch_page,
    groups_by_batch,
    write_batch_report,
)
from hcs.tables.compared import Classes
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import FORMATS

EVIL = '<b>x</b><script>alert("x")</script>\'&{{ 7*7 }}'
SHOWN = [name for name, row in ANALYSES.items() if row.in_batches]
ENDS = [*(one.value for one in SECTIONS), "left-out", "methods", "tables"]


def wells() -> pd.DataFrame:
    """Four clones, one with an evil name, on two plates, one with an evil name."""
    names = ["a0", EVIL, "c0", "c1"]
    rows = [
        (plate, f"A0{place + 1}", name) for plate in ("P1", f"P2{EVIL}") for place, name in enumerate(names)
    ]
    made = pd.DataFrame(rows, columns=["plate", "well", "group"])
    return made.assign(
        label=["ALS", "ALS", "control", "control"] * 2,
        differentiation_batch=["B1", "B2", "B1", f"B2{EVIL}"] * 2,
        probability=[0.9, 0.8, 0.2, 0.1, 0.7, 0.4, 0.3, 0.6],
    )


def calls() -> KeptFinding:
    """Calls of both batches, and their test."""
    rows = [("B1", 2, 2.0, 1.0), (f"B2{EVIL}", 2, 1.0, 0.5)]
    table = pd.DataFrame(rows, columns=["batch", "n", "n_right", "value"]).assign(
        model="cnn", level="clone", measure="accuracy", method="exact", low=0.1, high=1.0
    )
    tests = pd.DataFrame({"model": ["cnn"], "measure": "accuracy", "p": 0.5, "smallest_p": 0.25, "n": 4})
    said = f"B2{EVIL} is another. All clones were called."
    tables = {"batches": table, "batches_tests": tests.assign(test="Permutation test of homogeneity")}
    return KeptFinding("batches", said.split(". ")[0] + ".", said, ("A caveat.",), tables, "<svg/>")


def design() -> KeptFinding:
    """A design check of one column with an evil name."""
    table = pd.DataFrame({"column": [EVIL], "tied": [False], "cramers_v": [0.2], "p": [0.6]})
    tables = {"design": table.assign(smallest_p=0.01, p_holm=0.6)}
    return KeptFinding("design", "No sign.", "No sign.", (), tables, "<svg/>")


def facts() -> BatchFacts:
    """Facts whose every name is evil."""
    own = wells()
    shown = {
        f"Scores {EVIL}": heatmap(own, "probability", limits=(0.0, 1.0)),
        f"Labels {EVIL}": heatmap(own, "label"),
    }
    return BatchFacts(
        title=f"ALS {EVIL}",
        basis=Basis(
            Classes("ALS", "control"),
            models=("cnn",),
            scores=own.drop_duplicates("group").assign(model="cnn"),
            splits=own.drop_duplicates("group").assign(set=1, part="test"),
            wells=own,
            analysed=KeptAnalyses(
                {"batches": calls(), "design": design()}, {"drift": f"No order {EVIL}."}, {"batch": "b"}
            ),
        ),
        scored=f"Wells were scored {EVIL}.",
        groups=own[["group", "label", "differentiation_batch"]].drop_duplicates(),
        heatmaps=shown,
        left_out=pd.DataFrame({"what": ["well"], "where": [f"P9/{EVIL}"], "reason": ["not included"]}),
        record=pd.DataFrame({"part": ["study"] * 2, "name": ["hcs", "digest"], "value": ["0.1.0", EVIL]}),
        notices=(f"A notice {EVIL}",),
    )


@pytest.fixture(scope="module")
def text() -> str:
    """The page of evil facts."""
    return batch_page(facts())


def test_it_needs_nothing_from_outside(text: str) -> None:
    """Addresses are anchors that lead somewhere, or data; the only script is ours, named by its digest."""
    page = Page(text)
    assert not {"iframe", "object", "embed", "form"} & set(page.names)
    for address in page.addresses:
        assert address.startswith("data:") or address[1:] in page.ids, address[:60]
    assert len(page.ids) == len(set(page.ids))
    assert page.scripts.count(None) == 1
    assert set(page.scripts) == {None, "application/json"}
    assert re.search(r"default-src 'none'; .*script-src 'sha256-[\w+/=]+'\"", text)
    assert not re.search(r"url\(\s*['\"]?https?:|@import", text)


def test_everything_is_escaped(text: str) -> None:
    """Names of clones, plates, batches, labels, sentences and settings are text."""
    page = Page(text)
    assert "<script>alert" not in text
    assert "b" not in page.names
    for said in (
        f"ALS {EVIL}: effects",
        f"Scores {EVIL}",
        f"A notice {EVIL}",
        f"No order {EVIL}",
        f"P9/{EVIL}",
        f"B2{EVIL}",
        f"Wells were scored {EVIL}",
    ):
        assert said in page.text, said
    assert "49" not in page.text.replace("7*7", "")


def test_the_verdict_comes_first(text: str) -> None:
    """Then every section in its order; n is of clones, and stands in the question and the paragraph."""
    page = Page(text)
    places = [page.ids.index(name) for name in ("verdict", *ENDS)]
    assert places == sorted(places)
    assert (
        "Does the answer on ALS against control depend on the differentiation batch? n = 4 clones"
        in page.text
    )
    assert "The sample size is 4 clones" in page.text
    assert page.text.index(
        "whether the answer depends on the differentiation batch: the CNN"
    ) < page.text.index("Clones of each class")


def test_every_table_is_carried(text: str) -> None:
    """Groups, what was left out, settings, wells of the heatmaps, and all tables of every finding."""
    page = Page(text)
    given = facts()
    for name, table in calls().tables.items():
        pd.testing.assert_frame_equal(page.table(f"{name}.csv"), table, check_dtype=False)
        pd.testing.assert_frame_equal(page.table(f"analysis_{name}.csv"), table, check_dtype=False)
    pd.testing.assert_frame_equal(
        page.table("groups.csv"), given.groups.reset_index(drop=True), check_dtype=False
    )
    pd.testing.assert_frame_equal(page.table("left_out.csv"), given.left_out, check_dtype=False)
    pd.testing.assert_frame_equal(page.table("record.csv"), given.record, check_dtype=False)
    pd.testing.assert_frame_equal(
        page.table("groups_by_batch.csv"), groups_by_batch(given), check_dtype=False
    )
    for number, shown in enumerate(given.heatmaps.values(), start=1):
        saved = page.table(f"wells_{number}.csv")
        assert saved["value"].tolist() == shown.table["value"].tolist()
        assert saved["plate"].tolist() == shown.table["plate"].tolist()


def test_methods_and_settings(text: str) -> None:
    """What was done in words, with n's noun; versions and digests as a table."""
    said = Page(text).text
    assert "The unit of evidence is the clone" in said
    assert "kBET (Büttner et al., Nat Methods 2019)" in said
    assert "hcs 0.1.0" in said


def test_groups_by_batch() -> None:
    """Clones of each class in every batch; a clone in two batches counts in both."""
    table = groups_by_batch(facts())
    assert table["differentiation batch"].tolist() == ["B1", "B2", f"B2{EVIL}"]
    assert table[["ALS", "control", "in all"]].to_numpy().tolist() == [[1, 1, 2], [1, 0, 1], [0, 1, 1]]
    twice = replace(facts(), groups=pd.concat([facts().groups.assign(differentiation_batch=b) for b in "xy"]))
    assert groups_by_batch(twice)["in all"].tolist() == [4, 4]
    assert twice.n_groups == 4
    empty = replace(facts(), groups=facts().groups.assign(differentiation_batch=None))
    assert groups_by_batch(empty).empty
    one = replace(facts(), groups=facts().groups.query("label == 'ALS'"))
    assert groups_by_batch(one)["control"].tolist() == [0, 0]


def test_nothing_at_all_is_a_page_too() -> None:
    """No analysis, wells, record or groups: each is said to be missing, with no script and no number."""
    bare = BatchFacts(
        title="Bare",
        basis=Basis(
            Classes("ALS", "control"),
            batch="plate",
            analysed=KeptAnalyses({}, dict.fromkeys(SHOWN, "The table of wells is missing.")),
        ),
        scored="",
        groups=pd.DataFrame(columns=["group", "label", "plate"]),
        any_score=False,
    )
    page = Page(batch_page(bare))
    assert "script" not in page.names
    assert "No verdict: the table of wells is missing." in page.text
    assert page.text.count("The table of wells is missing.") >= len(SHOWN)
    assert "there is no heatmap" in page.text
    assert "Nothing was left out." in page.text
    assert set(ENDS) <= set(page.ids)
    unscored = Page(batch_page(replace(facts(), any_score=False)))
    assert "No well has a score" in unscored.text
    assert f"Labels {EVIL}" in unscored.text


def test_written_whole(tmp_path: Path, text: str) -> None:
    """The same page each time, in a folder that is made; a folder is refused."""
    path = write_batch_report(facts(), tmp_path / "new" / "batches.html")
    assert path.read_text(encoding="utf-8") == text
    assert [one.name for one in path.parent.iterdir()] == ["batches.html"]
    with pytest.raises(ArgumentError, match="is a folder; give the report a file name"):
        write_batch_report(facts(), tmp_path)


@pytest.fixture(scope="module")
def opened(text: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """The page in headless Chromium with the network off: page, console messages, requests."""
    path = tmp_path_factory.mktemp("page") / "batches.html"
    path.write_text(text, encoding="utf-8")
    with chromium() as browser:
        yield open_offline(browser, path)


@pytest.mark.slow
def test_many_plates_are_no_large_file() -> None:
    """Twenty 384-well plates, a row for each of their wells in eight tables: below 15 MB, all there."""
    rng = np.random.default_rng(0)
    own = pd.DataFrame([(f"P{k}", well) for k in range(20) for well in FORMATS[384].wells()])
    own = own.set_axis(["plate", "well"], axis=1).assign(probability=rng.random(7680), label="ALS")
    found = {
        name: KeptFinding(name, "Said.", "Said.", (), {name: own.assign(x=rng.random(7680))}, "<svg/>")
        for name in (
            "plates",
            "positions",
            "neighbours",
            "drift",
            "correction_centre",
            "correction_combat",
            "mixing",
            "feature_variance",
        )
    }
    shown = {value: heatmap(own, value) for value in ("probability", "label")}
    basis = replace(facts().basis, analysed=KeptAnalyses(found))
    text = batch_page(replace(facts(), basis=basis, heatmaps=shown))
    assert len(text.encode()) < 15e6
    page = Page(text)
    assert all(page.downloads.values())
    assert len(page.table("mixing.csv.gz")) == 7680


@pytest.mark.browser
@pytest.mark.parametrize("width", [1200, 390])
def test_browser_nothing_sticks_out(opened: Opened, width: int) -> None:
    """On a desk and on a telephone, offline: nothing is asked for, nothing complains, nothing overflows."""
    page, errors, requests = opened
    page.set_viewport_size({"width": width, "height": 800})
    open_folds(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert errors == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert len([url for url in requests if url.startswith("file:")]) == 1


@pytest.mark.browser
def test_browser_a_well_answers(opened: Opened) -> None:
    """Clicked, it says plate, well, value and clone as text."""
    page, errors, _ = opened
    page.set_viewport_size({"width": 1200, "height": 900})
    open_folds(page)
    plate = page.locator("#plates-1 svg.plate").first
    plate.scroll_into_view_if_needed()
    box = plate.bounding_box()
    _, top, width, height = (float(part) for part in plate.get_attribute("viewBox").split())
    left = float(plate.get_attribute("viewBox").split()[0])
    # The second well: its clone has the evil name.
    plate.click(
        position={"x": (1.5 - left) / width * box["width"], "y": (0.5 - top) / height * box["height"]}
    )
    said = page.locator("#plates-1 .picked").inner_text()
    assert "A02" in said
    assert "0.8" in said
    assert EVIL in said
    assert errors == []


@pytest.mark.browser
def test_browser_a_table_is_saved(opened: Opened, tmp_path: Path) -> None:
    """A click on its link saves the table that was kept."""
    page, errors, _ = opened
    open_folds(page)
    with page.expect_download() as waiting:
        page.locator("#tables a[download='batches.csv']").click()
    waiting.value.save_as(tmp_path / "batches.csv")
    saved = pd.read_csv(tmp_path / "batches.csv")
    pd.testing.assert_frame_equal(saved, calls().table, check_dtype=False)
    assert errors == []


@pytest.mark.browser
def test_browser_prints_it(opened: Opened) -> None:
    """To PDF, without a complaint."""
    page, errors, _ = opened
    printed = page.pdf(format="A4")
    assert printed.startswith(b"%PDF")
    assert len(printed) > 10_000
    assert errors == []
