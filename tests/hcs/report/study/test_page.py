"""Tests of the study report: one file that opens offline, complete, escaped, and never without the clones."""

import base64
import io
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.hcs.report.chromium import Opened, chromium, open_folds, open_offline, place_of
from tests.hcs.report.reading import Page
from tests.hcs.report.scripts import check_scripts

from hcs.figures.gallery import GalleryTile
from hcs.pages.page import Section
from hcs.report.facts import ReportFacts
from hcs.report.study.methods import methods_section
from hcs.report.study.page import study_page
from hcs.tables.compared import Classes

EVIL = '<script>alert("x")</script>\'&{{ 7*7 }}'


@pytest.fixture(scope="module")
def neuron_page(neurons: ReportFacts) -> str:
    """Report of the clones."""
    return study_page(neurons)


@pytest.fixture(scope="module")
def drug_page(drugs: ReportFacts) -> str:
    """Report of the rows."""
    return study_page(drugs)


def test_page_needs_nothing_from_outside(neuron_page: str) -> None:
    """Every address is an anchor of the page or a data address; the only script is ours; it is under 5 MB."""
    page = Page(neuron_page)
    assert {address.split(":", 1)[0] if address[0] != "#" else "#" for address in page.addresses} == {
        "data",
        "#",
    }
    assert check_scripts(neuron_page) == 2
    assert "url(http" not in neuron_page
    assert "@import" not in neuron_page
    assert len(neuron_page.encode()) < 5_000_000
    assert neuron_page.lstrip().startswith("<!DOCTYPE html>")


def test_ids_are_unique_and_anchors_lead_somewhere(neuron_page: str) -> None:
    """Figures, sections and the table of contents share one page."""
    page = Page(neuron_page)
    assert len(page.ids) == len(set(page.ids))
    assert {address[1:] for address in page.addresses if address.startswith("#")} <= set(page.ids)


def test_verdict_stands_first_and_clones_before_tiles(neuron_page: str) -> None:
    """The first section is the verdict; the comparison's group columns come before its tile columns."""
    page = Page(neuron_page)
    sections = re.findall(r'<section id="([^"]+)"', neuron_page)
    assert sections[0] == "verdict"
    ids = [one for one in page.ids if one in ("verdict", "why-1-title", "design", "models", "tables")]
    assert ids == ["verdict", "why-1-title", "design", "models", "tables"]
    headings = re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', neuron_page.split('id="models"')[1])
    assert headings[:8] == [
        "model",
        "clones right",
        "95 % interval",
        "clone ROC AUC",
        "clone accuracy by set",
        "clone AUC by set",
        "tile accuracy by set",
        "tile AUC by set",
    ]
    assert "For research use only, not for diagnosis." in page.text


def test_page_one_is_short(neuron_page: str) -> None:
    """Question, answer, why and why not are read before anything is opened; all else is closed."""
    text = " ".join(Page(neuron_page).visible)
    assert len(text.partition("What it rests on:")[0].split()) <= 350
    assert "Can images tell ALS from control in clones that the models were not trained on?" in text
    assert text.index("Why to believe it") < text.index("Why not") < text.index("Design certificate")
    assert "Leak check" not in text


def test_every_picture_says_what_it_shows(neuron_page: str) -> None:
    """Images have an alt text; figures, and each plate of two heatmaps, a label and the role of an image."""
    images = Page(neuron_page).images
    assert sum("aria-label" in image for image in images) == 5 + 2 * 2
    assert sum("alt" in image for image in images) == 12
    assert all(image.get("alt") or image.get("aria-label") or image.get("aria-hidden") for image in images)


def test_every_table_can_be_downloaded(neurons: ReportFacts, neuron_page: str) -> None:
    """The links give the study's tables back, number for number."""
    links = Page(neuron_page).downloads
    for name in ("predictions", "metrics", "scores", "groups", "history", "splits", "left_out", "wells"):
        filename = name + (".csv.gz" if f"{name}.csv.gz" in links else ".csv")
        data = base64.b64decode(links[filename].split(",", 1)[1])
        packed: Any = "gzip" if filename.endswith("gz") else None
        saved = pd.read_csv(io.BytesIO(data), compression=packed)
        table: pd.DataFrame = getattr(neurons, name)
        assert list(saved.columns) == list(table.columns)
        assert len(saved) == len(table)
    saved = pd.read_csv(io.BytesIO(base64.b64decode(links["metrics.csv"].split(",", 1)[1])))
    assert saved["accuracy"].to_numpy() == pytest.approx(neurons.metrics["accuracy"].to_numpy())


def test_page_is_the_same_every_time(drugs: ReportFacts, drug_page: str) -> None:
    """The same facts give the same page, so that two reports can be compared."""
    assert study_page(drugs) == drug_page


def test_page_of_rows_speaks_of_rows(drug_page: str) -> None:
    """Terms come from the group's column; dose trends are shown where there are any."""
    text = Page(drug_page).text
    assert "clone" not in text.lower()
    assert "8 of 8 rows right" in text
    assert "Dose trends" in text
    assert "0.92" in text
    assert "Nothing was left out." in text


def test_weights_and_settings_are_named_without_folders(neuron_page: str) -> None:
    """Weights with source and digest stand beside the results; of paths only the last name is shown."""
    text = Page(neuron_page).text
    assert text.count("3f" * 32) >= 2
    assert "P1.ome.zarr, P2.ome.zarr" in text
    assert "/home" not in neuron_page


def test_methods_are_written_from_the_settings(neurons: ReportFacts, neuron_page: str) -> None:
    """Recorded settings stand in the sentences; a sentence whose settings are not recorded is left out."""
    text = Page(neuron_page).text
    assert "Every field was cut into 2 × 2 tiles, each area-averaged to 256 × 256 pixels." in text
    assert "SGD with momentum (batches of 32, 20 epochs, weights of the last epoch kept)" in text
    assert "Learning rate 0.001 and momentum 0.9 were set, not searched." in text
    config = {name: part for name, part in neurons.record["config"].items() if name != "train"}
    config["tiles"] = {"size": 256, "grid": 1}
    section = methods_section(replace(neurons, record=dict(neurons.record) | {"config": config}))
    assert any(
        one.startswith("Every field was taken whole, as one tile, and area-averaged")
        for one in section.paragraphs
    )
    assert "SGD" not in " ".join(section.paragraphs)


def test_everything_the_user_wrote_is_escaped(neurons: ReportFacts) -> None:
    """Markup in names, labels, captions, reasons, titles and settings is shown, not run."""

    def spoilt(table: pd.DataFrame) -> pd.DataFrame:
        names = {"C02": EVIL, "ALS": EVIL, "P1": EVIL}
        return table.assign(**{name: table[name].replace(names) for name in table.columns if name != "well"})

    frames = [one.name for one in fields(neurons) if "DataFrame" in str(one.type)]
    tables = {name: spoilt(getattr(neurons, name)) for name in frames}
    left_out = pd.DataFrame({"what": ["field"], "where": [EVIL], "reason": [EVIL]})
    tile = GalleryTile(np.zeros((8, 8), np.uint8), EVIL, EVIL)
    record = {"hcs": EVIL, "config": {EVIL: {"a": EVIL}}, "weights": {"source": EVIL}}
    facts = replace(
        neurons,
        **(tables | {"left_out": left_out}),
        title=EVIL,
        classes=Classes(EVIL, "control"),
        formats={EVIL: (4, 6), "P2": (4, 6)},
        gallery=(tile,),
        notices=(EVIL,),
        record=record,
    )
    text = study_page(facts)
    page = Page(text)
    assert check_scripts(text) == 2
    assert page.text.count("7*7") > 20
    assert len(page.ids) == len(set(page.ids))


def test_an_empty_study_says_what_is_missing() -> None:
    """No table at all still gives a report with every section, each naming what it lacks."""
    page = Page(study_page(ReportFacts("Empty", Classes("ALS", "control"), "clone", True)))
    for sentence in (
        "No verdict.",
        "The wells table is missing",
        "The table of splits is missing",
        "The table of clone-level scores is missing",
        "The table of scores is missing",
        "The table of training histories is missing",
        "No images were chosen",
        "The list of what was left out is missing.",
        "The run record is missing.",
    ):
        assert sentence in page.text


TABLES = ["predictions", "metrics", "scores", "groups", "history", "splits", "left_out", "wells"]


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("name", ["predictions", "metrics", "scores", "groups", "splits", "wells"])
def test_any_missing_table_leaves_the_rest(neurons: ReportFacts, name: str) -> None:
    """Without one of the tables the page is made; without the groups it has no tile-level number."""
    missing: Any = {name: pd.DataFrame()}
    page = Page(study_page(replace(neurons, gallery=(), **missing)))
    assert "Answer" in page.text
    assert f"{name}: missing" in page.text
    if name == "groups":
        assert "Single tiles" not in page.text
        assert "tile accuracy" not in page.text


def test_tables_with_columns_but_no_rows(neurons: ReportFacts) -> None:
    """A study in which nothing was scored has tables without rows; its report is made all the same."""
    empty: Any = {name: getattr(neurons, name).iloc[:0] for name in TABLES}
    assert "No verdict." in Page(study_page(replace(neurons, gallery=(), **empty))).text


@pytest.mark.parametrize("label", ["ALS", "control"])
def test_one_class_alone(neurons: ReportFacts, label: str) -> None:
    """A study whose other class has no well gives a report: no verdict, and nothing is compared."""
    tables: dict[str, Any] = {}
    for name in ("predictions", "scores", "groups"):
        table = getattr(neurons, name)
        tables[name] = table[table["label"] == label]
    tables["wells"] = neurons.wells[neurons.wells["diagnosis"] == label]
    tables["metrics"] = neurons.metrics.assign(auc=np.nan, group_auc=np.nan)
    page = Page(study_page(replace(neurons, gallery=(), **tables)))
    assert f"No verdict: every scored clone is {label}" in page.text
    assert "ROC AUC nan" not in page.text


def test_a_section_is_one_function_and_one_line(
    neurons: ReportFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Added to the list, it has its place on the page; without content it has none."""

    def toy_section(facts: ReportFacts) -> Section | None:
        return Section("toy", "Toys", [f"{facts.n_tiles} toys."]) if facts.n_tiles else None

    monkeypatch.setattr("hcs.report.study.page.SECTIONS", (toy_section,))
    page = Page(study_page(neurons))
    assert "toy" in page.ids
    assert f"{neurons.n_tiles} toys." in page.text
    assert "toy" not in Page(study_page(replace(neurons, predictions=pd.DataFrame()))).ids


@pytest.fixture(scope="module")
def opened(neuron_page: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """The report in headless Chromium with the network off: page, console errors, requests."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(neuron_page, encoding="utf-8")
    with chromium() as browser:
        yield open_offline(browser, path)


@pytest.mark.browser
def test_browser_opens_it_offline(opened: Opened) -> None:
    """Nothing but the file and its own data is asked for, nothing is complained of, all pictures are "
    "drawn.
    """
    page, errors, requests = opened
    assert errors == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert len([url for url in requests if url.startswith("file:")]) == 1
    widths = page.eval_on_selector_all("img", "found => found.map(one => one.naturalWidth)")
    assert widths == [256] * 12


@pytest.mark.browser
def test_browser_links_open_what_is_closed(opened: Opened) -> None:
    """A check named on page one leads to its section, which opens; without any script."""
    page, _, _ = opened
    assert not page.locator("#design").is_visible()
    page.click('section.why a[href="#design"] >> nth=0')
    page.wait_for_function("document.querySelector('#design').closest('details').open")


@pytest.mark.browser
def test_browser_downloads_a_table(opened: Opened, neurons: ReportFacts) -> None:
    """A click on a link saves the CSV."""
    page, errors, _ = opened
    open_folds(page)
    with page.expect_download() as waiting:
        page.click('#tables a[download="metrics.csv"]')
    saved = pd.read_csv(waiting.value.path())
    assert saved["auc"].to_numpy() == pytest.approx(neurons.metrics["auc"].to_numpy())
    assert errors == []


@pytest.mark.browser
def test_browser_wells_answer(opened: Opened, neurons: ReportFacts) -> None:
    """A picked well tells its clone, its score and every one of its tiles."""
    page, errors, _ = opened
    row = neurons.scores.query("model == 'cnn' and plate == 'P1' and well == 'B03'")
    second = page.locator("svg.plate").evaluate_all(
        "all => all.findIndex(one => one.closest('#scores-by-well'))"
    )
    page.mouse.click(*place_of(page, (1, 2), second))
    picked = page.locator("#scores-by-well .picked")
    assert picked.locator("h3").inner_text() == "P1, B03"
    assert row["group"].iloc[0] in picked.locator("dl").inner_text()
    assert picked.locator("tbody tr").count() == len(row) == 16
    assert errors == []


@pytest.mark.browser
def test_browser_finds_nothing_against_accessibility(opened: Opened) -> None:
    """Contrast, labels, landmarks and names by axe-core, which the page's policy has to be lifted for."""
    from axe_playwright_python.sync_playwright import Axe

    page, _, _ = opened
    context = page.context.browser.new_context(bypass_csp=True)
    again = context.new_page()
    again.goto(page.url.partition("#")[0])
    open_folds(again)
    found = Axe().run(again).response["violations"]
    context.close()
    assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [1200, 768, 390])
def test_browser_page_never_overflows(opened: Opened, width: int) -> None:
    """Wide tables and figures scroll inside their frames; the page itself does not scroll sideways."""
    page, _, _ = opened
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_browser_prints_it(opened: Opened) -> None:
    """Printing gives a PDF of a few pages."""
    page, _, _ = opened
    data = page.pdf(prefer_css_page_size=True)
    assert data.startswith(b"%PDF")
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", data)) <= 14
