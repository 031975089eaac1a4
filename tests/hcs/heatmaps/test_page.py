"""The page of a heatmap: it opens offline, answers pointer and keyboard alike, and runs its script alone."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.hcs.report.chromium import Opened, place_of
from tests.hcs.report.scripts import check_scripts

from hcs.heatmaps.heatmap import heatmap
from hcs_plates.errors import ArgumentError, ExistsError
from hcs_plates.plate import Plate
from hcs_plates.wells import FORMATS

SIX = FORMATS[6].wells()
EVIL = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "\"'&{{7*7}}",
    "a\u2028b",
    "__proto__",
    "tab\there",
)


def page_of(source: Any, value: str, folder: Path, **words: Any) -> Path:
    """Write a heatmap's page."""
    return heatmap(source, value, **words).save(folder / "heatmap.html")


@pytest.fixture(scope="module")
def plate_page(measured_plate: Plate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Page of the measured plate, with pictures."""
    return page_of(measured_plate, "cell_count", tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def evil_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Page of plates and clones whose names are markup."""
    table = pd.DataFrame({"plate": EVIL, "well": "A1", "clone": EVIL, "v": EVIL})
    return page_of(table, "v", tmp_path_factory.mktemp("evil"))


def test_page_carries_everything(plate_page: Path) -> None:
    """One script, ours, named in the policy; data that nothing runs; no address but data."""
    text = plate_page.read_text(encoding="utf-8")
    assert check_scripts(text) == 1
    addresses = re.findall(r'(?:src|href|action)="([^"]*)"', text)
    assert addresses
    assert {one.split(":")[0] for one in addresses} <= {"data", "#main"}
    assert "<title>cell count on P1</title>" in text
    assert "on one grey scale per plate" in text
    assert "For research use only, not for diagnosis." in text


def test_same_heatmap_gives_the_same_page(measured_plate: Plate, plate_page: Path, tmp_path: Path) -> None:
    """So that two pages can be compared."""
    assert page_of(measured_plate, "cell_count", tmp_path).read_bytes() == plate_page.read_bytes()


def test_names_are_escaped_where_no_script_runs(evil_page: Path) -> None:
    """Titles, labels, legend and printed wells hold names as text."""
    text = evil_page.read_text(encoding="utf-8")
    check_scripts(text)
    assert "<img src=x" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    assert "{{7*7}}" in text


def test_pages_are_not_replaced_unasked(measured_plate: Plate, tmp_path: Path) -> None:
    """Nor is one written for a channel that is not there."""
    found = heatmap(measured_plate, "clone")
    with pytest.raises(ArgumentError, match="DAPI"):
        found.save(tmp_path / "h.html", channel="DAPI")
    assert not list(tmp_path.iterdir())
    found.save(tmp_path / "h.html", fields=0)
    without = (tmp_path / "h.html").stat().st_size
    with pytest.raises(ExistsError, match="exists already"):
        found.save(tmp_path / "h.html")
    found.save(tmp_path / "h.html", fields=2, overwrite=True)
    assert (tmp_path / "h.html").stat().st_size > without + 10_000


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({}, "from the 2nd to the 98th percentile of all wells."),
        ({"limits": (0, 1)}, "with the limits that were given."),
        ({"view": "difference"}, "percentile of all wells, even about 0."),
        ({"view": "difference", "limits": (0, 1)}, "with the limits that were given, even about 0."),
        ({"value": "few"}, "Colours are categories."),
        ({"value": "many"}, "Colours are categories, the 5 rarest of 12 in one grey."),
    ],
)
def test_the_page_says_what_its_colours_cover(words: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    """Which limits, and how many categories have no colour of their own."""
    table = pd.DataFrame(
        {"well": FORMATS[12].wells(), "v": range(12), "few": list("ab" * 6), "many": list("abcdefghijkl")}
    )
    assert sentence in page_of(table, words.pop("value", "v"), tmp_path, **words).read_text(encoding="utf-8")


def lines(page: Any, of: str) -> list[str]:
    """Lines of the tip or of the picked well's list."""
    if of == "tip":
        assert page.locator(".tip").is_visible()
        return list(page.locator(".tip > *").all_inner_texts())
    return [" ".join(text.split()) for text in page.locator(".picked dl > div").all_inner_texts()]


@pytest.mark.browser
def test_browser_opens_it_offline(open_page: Callable[..., Opened], plate_page: Path) -> None:
    """Nothing but the file and its own data is asked for, and nothing is complained of."""
    page, errors, requests = open_page(plate_page)
    page.mouse.click(*place_of(page, (0, 2)))
    page.wait_for_selector(".picked img")
    assert errors == []
    assert [url for url in requests if not url.startswith("data:")] == [plate_page.as_uri()]
    assert page.evaluate("document.querySelectorAll('svg.plate').length") == 1


@pytest.mark.browser
def test_browser_pointing_reads_a_well(open_page: Callable[..., Opened], plate_page: Path) -> None:
    """Well, value, n and clone; wells that are left out or not there say so; beside the plate is nothing."""
    page, errors, _ = open_page(plate_page)
    page.mouse.move(*place_of(page, (0, 2)))
    shown = lines(page, "tip")
    assert shown == ["P1 A03", "cell count: 31.5", "n (fields): 2", "clone: a2", "diagnosis: ALS"]
    page.mouse.move(*place_of(page, (1, 3)))
    assert lines(page, "tip")[:3] == ["P1 B04", "cell count: 102", "left out: included is false"]
    page.mouse.move(*place_of(page, (3, 5)))
    assert lines(page, "tip") == ["P1 D06", "well: not in the table"]
    page.mouse.move(2, 2)
    assert not page.locator(".tip").is_visible()
    assert errors == []


@pytest.mark.browser
def test_browser_clicking_shows_fields_and_pictures(
    open_page: Callable[..., Opened], plate_page: Path
) -> None:
    """The well's rows with what was flagged and why, and a picture of each field with its words."""
    page, errors, _ = open_page(plate_page)
    page.mouse.click(*place_of(page, (1, 0)))
    assert page.locator(".picked h3").inner_text() == "B01"
    assert lines(page, "picked")[:3] == ["cell count 71", "n (fields) 1", "clone c2"]
    assert page.locator(".picked th").all_inner_texts() == ["field", "cell count", "reason", "included"]
    rows = [one.split("\t") for one in page.locator(".picked tbody tr").all_inner_texts()]
    assert rows[0][:2] == ["1", "71"]
    assert rows[1] == ["2", "72", "focus: 0.1 below 0.4", "no"]
    images = page.locator(".picked img")
    assert images.evaluate_all("found => found.map(one => [one.alt, one.naturalWidth])") == [
        ["P1 B01, field 1", 64],
        ["P1 B01, field 2", 64],
    ]
    # Another well takes its place.
    page.mouse.click(*place_of(page, (0, 0)))
    assert page.locator(".picked h3").all_inner_texts() == ["A01"]
    assert errors == []


@pytest.mark.browser
def test_browser_keys_do_the_same(open_page: Callable[..., Opened], plate_page: Path) -> None:
    """Tab to the plate, arrows to a well, Enter to pick it; arrows stop at the rim, Escape hides the tip."""
    page, errors, _ = open_page(plate_page)
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('svg.plate')"):
            break
    assert lines(page, "tip")[0] == "P1 A01"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    assert lines(page, "tip")[0] == "P1 A01"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert lines(page, "tip") == [
        "P1 A03",
        "cell count: 31.5",
        "n (fields): 2",
        "clone: a2",
        "diagnosis: ALS",
    ]
    spoken = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert spoken == "P1 A03: cell count 31.5, n (fields) 2, clone a2, diagnosis ALS"
    page.keyboard.press("Enter")
    by_key = page.locator(".picked").inner_html()
    assert page.locator(".picked h3").inner_text() == "A03"
    assert page.locator(".picked img").count() == 2
    page.keyboard.press("Escape")
    assert not page.locator(".tip").is_visible()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowDown")
    assert lines(page, "tip")[0] == "P1 D06"
    page.keyboard.press("Tab")
    assert page.locator("svg.plate").get_attribute("aria-label") == "Plate P1, 24 wells, 8 wells with a value"
    page.mouse.click(*place_of(page, (0, 2)))
    assert page.locator(".picked").inner_html() == by_key
    assert errors == []


@pytest.mark.browser
def test_browser_downloads_the_table(
    open_page: Callable[..., Opened], plate_page: Path, measured_plate: Plate
) -> None:
    """A click saves the heatmap's table."""
    page, errors, _ = open_page(plate_page)
    with page.expect_download() as waiting:
        page.click("a.download")
    assert waiting.value.suggested_filename == "wells.csv"
    saved = pd.read_csv(waiting.value.path())
    expected = heatmap(measured_plate, "cell_count").table
    pd.testing.assert_frame_equal(saved, expected, check_dtype=False)
    assert errors == []


@pytest.mark.browser
def test_browser_shows_evil_names_as_they_are(open_page: Callable[..., Opened], evil_page: Path) -> None:
    """In headings, the legend, tips and panels; nothing runs, nothing is made of them."""
    page, errors, requests = open_page(evil_page)
    assert page.locator("figcaption").evaluate_all("found => found.map(one => one.textContent)") == list(EVIL)
    key = page.locator(".key > span").evaluate_all("found => found.map(one => one.textContent)")
    assert {*EVIL, "no value"} == set(key)
    for number, name in enumerate(EVIL):
        page.mouse.click(*place_of(page, (0, 0), number))
        tip = page.locator(".tip > *").evaluate_all("found => found.map(one => one.textContent)")
        assert tip == [f"{name} A01", f"v: {name}", "n (rows): 1", f"clone: {name}"]
        told = page.locator(".picked dd").evaluate_all("found => found.map(one => one.textContent)")
        assert told == [name, "1", name]
        assert page.locator(".picked h3").evaluate("one => one.textContent") == f"{name}, A01"
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2
    assert errors == []
    assert len(requests) == 1


@pytest.mark.browser
def test_browser_runs_no_other_script(
    open_page: Callable[..., Opened], plate_page: Path, tmp_path: Path
) -> None:
    """One that was written into the file, in an element, a handler or an address, stays dead; ours runs."""
    text = plate_page.read_text(encoding="utf-8")
    injected = (
        "<script>window.ran = 1</script><img src=x onerror='window.ran = 2'>"
        "<a id=lure href='javascript:window.ran = 3'>x</a><p id=run onclick='window.ran = 4'>y</p>"
    )
    spoilt = tmp_path / "spoilt.html"
    spoilt.write_text(text.replace('<main id="main">', f'<main id="main">{injected}'), encoding="utf-8")
    page, errors, requests = open_page(spoilt)
    page.click("#run")
    page.click("#lure")
    page.mouse.move(*place_of(page, (0, 2)))
    assert lines(page, "tip")[0] == "P1 A03"
    assert page.evaluate("window.ran") is None
    assert len([error for error in errors if "Content Security Policy" in error]) >= 3
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
