"""The plate browser in Chromium: plates to wells to fields, by mouse and by keys, on this machine alone."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.hcs.conftest import replace_table
from tests.hcs.report.chromium import place_of
from tests.hcs.web.browser.wells import EVIL, measure, write_plate

from hcs.study.folder import StudyResults
from hcs.web.browser.serve import serve
from hcs.web.serving import Serving
from hcs_plates.plate import Plate

pytestmark = pytest.mark.browser
WRONG = {"a1": 0.41, "c2": 0.72}
"""Clones whose scores are made wrong, by their class: ALS is 1."""
MAP = """(() => {
  const map = document.getElementById("map").cloneNode(true);
  map.querySelectorAll(".mark, .chosen").forEach((one) => one.remove()); // Where the pointer is.
  return map.innerHTML;
})()"""


@pytest.fixture(scope="module")
def study(small_plates: Path, tmp_path_factory: pytest.TempPathFactory) -> StudyResults:
    """The small study, in which all clones but two are called right; not to be changed."""
    results = tmp_path_factory.mktemp("browsed") / "results"
    shutil.copytree(small_plates / "small-results", results)
    groups = pd.read_parquet(results / "tables/groups.parquet")
    right = (groups["label"] == "ALS").map({True: 0.9, False: 0.1})
    groups["probability"] = groups["group"].map(WRONG).fillna(right)
    replace_table(results, "tables/groups.parquet", groups)
    return StudyResults.open(results)


@pytest.fixture(scope="module")
def served(study: StudyResults) -> Iterator[Serving]:
    """The small study in the browser."""
    with serve(study.results, port=0, block=False) as server:
        yield server


Seen = tuple[Any, list[str], list[str]]


@pytest.fixture
def look(browser: Any) -> Iterator[Callable[..., Seen]]:
    """Open an address; nothing may be complained of, and nothing asked of another machine."""
    seen: list[Seen] = []
    contexts = []

    def opened(address: str, *, width: int = 1200, scheme: str = "light") -> Seen:
        context = browser.new_context(
            accept_downloads=True, viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        contexts.append(context)
        page = context.new_page()
        errors: list[str] = []
        requests: list[str] = []
        page.on("console", lambda message: errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(address, wait_until="load")
        page.wait_for_selector("#map svg.plate")
        page.wait_for_selector("#record dl, #record p")
        seen.append((page, errors, requests))
        return seen[-1]

    yield opened
    for page, errors, requests in seen:
        home = page.evaluate("location.origin")
        assert errors == []
        assert [one for one in requests if not one.startswith((f"{home}/", "blob:", "data:"))] == []
    for context in contexts:
        context.close()


def state(page: Any) -> dict[str, str]:
    """What the address says."""
    return dict(page.evaluate("[...new URLSearchParams(location.hash.slice(1))]"))


def until(page: Any, true: str) -> None:
    """Wait for something; the page's policy forbids what `wait_for_function` does."""
    for _ in range(400):
        if page.evaluate(true):
            return
        page.wait_for_timeout(25)
    raise AssertionError(f"It never became true: {true}")


def settled(page: Any, title: str) -> None:
    """Wait for a well."""
    until(page, f"document.getElementById('well-title').textContent === {title!r}")


def drawn(page: Any, act: Callable[[], object]) -> None:
    """Do something, and wait for the heatmap that follows."""
    with page.expect_response(lambda answer: "/api/heatmap" in answer.url):
        act()
    until(page, "!document.getElementById('map').hasAttribute('aria-busy')")


def record(page: Any) -> dict[str, str]:
    """The picked well's row of the platemap."""
    pairs = page.locator("#record dl div").evaluate_all(
        "found => found.map(one => [...one.children].map(part => part.textContent))"
    )
    return dict(pairs)


def test_a_well_is_picked_by_mouse_and_by_keys(served: Serving, look: Callable[..., Seen]) -> None:
    """Its row, numbers and fields are shown, the plate outlines it, and Back goes back."""
    page, _, _ = look(served.address)
    settled(page, "P1, A01")
    page.mouse.click(*place_of(page, (1, 1)))
    settled(page, "P1, B02")
    until(page, "document.querySelector('#record dd')?.textContent === 'c3'")
    assert record(page)["diagnosis"] == "control"
    assert (state(page)["plate"], state(page)["well"], state(page)["field"]) == ("0", "B02", "1")
    assert page.locator("#field .strip button").count() == 2
    page.keyboard.press("e")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    settled(page, "P1, A02")
    marks = page.locator("#map .chosen").evaluate_all(
        "found => found.map(one => [one.getAttribute('x'), one.getAttribute('y')])"
    )
    assert marks == [["1", "0"]]
    # With Shift it is shown beside.
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+Enter")
    until(page, "document.querySelectorAll('#field .view').length === 2")
    assert state(page)["beside"] == "0/A03/1"
    assert page.locator("#compare").input_value() == "0/A03"
    page.select_option("#compare", "1/B01")
    until(page, "location.hash.includes('beside=1/B01/1')")
    page.go_back()
    page.go_back()
    until(page, "document.querySelectorAll('#field .view').length === 1")
    page.go_back()
    settled(page, "P1, B02")


def test_no_well_stands_under_another_ones_name(served: Serving, look: Callable[..., Seen]) -> None:
    """Until a well's row is here none is shown; and it is asked for anew, as it may be another by now."""
    page, _, _ = look(served.address)
    waits: list[Any] = []
    page.route("**/api/well/0/B02", lambda route: waits.append(route))
    for asked in (1, 2):
        page.evaluate("location.hash = 'plate=0&well=B02&field=1'")
        until(page, "getComputedStyle(document.getElementById('record')).visibility === 'hidden'")
        assert len(waits) == asked
        waits[-1].continue_()
        until(page, "getComputedStyle(document.getElementById('record')).visibility === 'visible'")
        assert record(page)["clone"] == "c3"
        page.evaluate("location.hash = 'plate=0&well=A01&field=1'")
        until(page, "document.querySelector('#record dd').textContent !== 'c3'")


def test_wells_are_coloured_by_what_is_chosen(
    served: Serving, look: Callable[..., Seen], study: StudyResults
) -> None:
    """The key says of what; the file of the wells holds the study's own numbers."""
    page, _, _ = look(served.address)
    drawn(page, lambda: page.select_option("#value", "clone_score.cnn"))
    assert page.locator("#map .key strong").inner_text() == "score of the clone (ALS is 1)"
    printed = page.locator('#map svg[data-number="0"] g text').evaluate_all(
        "found => found.map(one => one.textContent)"
    )
    assert {"0.41", "0.72", "0.90", "0.10"} <= set(printed)
    drawn(page, lambda: page.select_option("#view", "difference"))
    assert "minus plate median" not in page.locator("#map .key strong").inner_text()
    assert page.locator("#map .key strong").inner_text().endswith("− plate median")
    drawn(page, lambda: page.select_option("#view", "value"))
    with page.expect_download() as waiting:
        page.click("#wells-csv")
    saved = pd.read_csv(waiting.value.path())
    assert waiting.value.suggested_filename == "wells.csv"
    expected = study.table("well_scores")
    expected = expected[expected["model"] == "cnn"].set_index(["plate", "well"])["probability"]
    found = saved.dropna(subset="well_score_cnn").set_index(["plate", "well"])["well_score_cnn"]
    pd.testing.assert_series_equal(found.sort_index(), expected.sort_index(), check_names=False)
    # A category has no difference from a median.
    drawn(page, lambda: page.select_option("#value", "platemap.clone"))
    assert page.locator("#view").is_disabled()


def test_filters_leave_wells_pale_and_are_passed_over(served: Serving, look: Callable[..., Seen]) -> None:
    """Counted, cleared, and walked past by the keys of the viewer."""
    page, _, _ = look(served.address)
    assert page.locator("#map .counts").inner_text() == "20 wells"
    page.keyboard.press("f")
    assert page.evaluate("document.activeElement.closest('#filters .row label, #filters .row') !== null")
    drawn(page, lambda: page.get_by_label("diagnosis", exact=True).select_option("control"))
    assert page.locator("#map .counts").inner_text() == "8 of 20 wells"
    assert page.locator("#map .dimmed").count() == 2
    assert page.locator("#filters > summary").inner_text() == "Filters (1 on)"
    page.locator("#map").click(position={"x": 1, "y": 1})
    for well in ("A05", "A06", "B01", "B02"):
        page.keyboard.press("N")
        settled(page, f"P1, {well}")
    page.keyboard.press("N")
    settled(page, "P2, A05")
    drawn(page, lambda: page.get_by_role("button", name="Clear filters").click())
    assert page.locator("#map .counts").inner_text() == "20 wells"
    drawn(page, lambda: page.get_by_label("called by CNN").select_option("clone-wrong"))
    assert page.locator("#map .counts").inner_text() == "4 of 20 wells"


def test_from_a_clone_called_wrong_to_its_cells(
    served: Serving, look: Callable[..., Seen], study: StudyResults
) -> None:
    """One key: the field is shown, and whose it is, as the study's tables have it, well after well."""
    page, _, _ = look(served.address)
    page.set_viewport_size({"width": 1200, "height": 560})
    wells = study.table("wells").sort_values(["plate", "well"])
    wrong = wells[wells["group"].isin(WRONG)]
    called = {"a1": "control", "c2": "ALS"}
    for number, row in enumerate(wrong.itertuples(), start=1):
        page.keyboard.press("w")
        settled(page, f"{row.plate}, {row.well}")
        until(page, "!!document.getElementById('walked').textContent")
        of = 1 + ["P1", "P2"].index(row.plate)
        assert page.locator("#walked").inner_text() == (
            f"clone {row.group}, called {called[row.group]} (score {WRONG[row.group]:.2f}), well {of} of 2; "
            f"{number} of 4 wells of all clones called wrong"
        )
    page.wait_for_selector("#field .view canvas")
    # The plates have scrolled to the well.
    box = page.locator("#map .chosen").bounding_box()
    assert 0 < box["y"] < 560 - box["height"]
    page.keyboard.press("W")
    settled(page, f"{wrong['plate'].iloc[2]}, {wrong['well'].iloc[2]}")
    drawn(page, lambda: page.get_by_label("clone", exact=True).select_option("a0"))
    page.locator("#wrong button").last.click()
    page.wait_for_selector("text=No clone called wrong meets the filters.")


def test_a_link_shows_the_same(served: Serving, look: Callable[..., Seen]) -> None:
    """Value, view, filters, well, field and the second view; in another browser."""
    page, _, _ = look(served.address)
    drawn(page, lambda: page.select_option("#value", "well_score.forest"))
    drawn(page, lambda: page.select_option("#view", "difference"))
    drawn(page, lambda: page.get_by_label("clone", exact=True).select_option("c1"))
    page.mouse.click(*place_of(page, (0, 5), 1))
    settled(page, "P2, A06")
    page.keyboard.press("n")
    until(page, "new URLSearchParams(location.hash.slice(1)).get('field') === '2'")
    page.select_option("#compare", "0/A06")
    until(page, "location.hash.includes('beside')")
    link = page.evaluate("import('/static/state.js').then(({ state }) => state.link())")
    other, _, _ = look(link)
    settled(other, "P2, A06")
    for one in ("#value", "#view", "#compare"):
        assert other.locator(one).input_value() == page.locator(one).input_value()
    assert other.get_by_label("clone", exact=True).input_value() == "c1"
    assert other.evaluate(MAP) == page.evaluate(MAP)
    until(other, "document.querySelectorAll('#field .view').length === 2")
    assert state(other)["field"] == "2"


def test_the_well_as_a_file(served: Serving, look: Callable[..., Seen], study: StudyResults) -> None:
    """Its row and its fields' numbers are those of the page, and of the study."""
    page, _, _ = look(served.address)
    with page.expect_download() as waiting:
        page.click("#well-csv")
    assert waiting.value.suggested_filename == "P1-A01.csv"
    saved = pd.read_csv(waiting.value.path(), dtype=str)
    assert saved.loc[saved["what"] == "clone", "value"].tolist() == [record(page)["clone"]]
    tiles = study.table("scores")
    own = tiles[(tiles["model"] == "cnn") & (tiles["plate"] == "P1") & (tiles["well"] == "A01")]
    expected = own.groupby("field")["probability"].mean()
    found = saved[(saved["what"] == "cnn") & saved["field"].notna()].set_index("field")["value"].astype(float)
    assert found.tolist() == pytest.approx(expected.tolist())


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Plate:
    """A measured plate whose clones are called as markup; no study."""
    plate = write_plate(
        tmp_path_factory.mktemp("evil"), "P7", bare="B01", clone=[EVIL, "=1+1", "c", EVIL, "b", "a"]
    )
    measure(plate, {"A01": (3.0, 5.0)})
    return plate


def test_names_stay_text_and_nothing_is_offered_that_is_not_there(
    evil: Plate, look: Callable[..., Seen]
) -> None:
    """In the key, the tip, the row, the lists; without a study there are no scores and no walk."""
    with serve(evil.path, port=0, block=False) as server:
        page, errors, _ = look(server.address)
        drawn(page, lambda: page.select_option("#value", "platemap.clone"))
        assert EVIL in page.locator("#map .key > span").evaluate_all(
            "found => found.map(one => one.textContent)"
        )
        page.mouse.move(*place_of(page, (0, 0)))
        assert f"clone: {EVIL}" in page.locator(".tip").inner_text()
        assert record(page)["clone"] == EVIL
        assert EVIL in page.locator("#compare").inner_text()
        drawn(page, lambda: page.get_by_label("clone", exact=True).select_option(EVIL))
        assert page.locator("#map .counts").inner_text() == "2 of 6 wells"
        assert page.locator("#record img, #map img, #plates img").count() == 0
        assert not page.locator("#wrong").is_visible()
        assert "No study is shown" in page.locator("#notes").inner_text()
        fields = page.locator("#numbers table").first.inner_text().split()
        assert {"3", "5"} <= set(fields)
        # A well that was never imaged leaves nothing of another one beside it, and is gone on from.
        page.mouse.click(*place_of(page, (1, 0)))
        settled(page, "B01")
        page.get_by_text("Well B01 of plate P7 has no images.").wait_for()
        page.get_by_text("Plate P7 has no images of well B01").wait_for()
        until(page, "!document.querySelector('#field .channel')?.checkVisibility()")
        page.keyboard.press("P")
        settled(page, "A01")
        page.wait_for_selector("#field .channel")
        # A plate that was moved away is told in words, and so is one that has come back.
        away = evil.path.with_name("away")
        evil.path.rename(away)
        page.select_option("#value", "platemap.diagnosis")
        until(page, "document.getElementById('map-alert').textContent.includes('not there any more')")
        away.rename(evil.path)
        drawn(page, lambda: page.select_option("#value", "platemap.clone"))
        assert page.locator("#map-alert").inner_text() == ""
        assert all("404" in one for one in errors)
        errors.clear()


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "dark")])
def test_everybody_can_use_it(served: Serving, look: Callable[..., Seen], width: int, scheme: str) -> None:
    """axe-core finds nothing, before and after things are picked; the page is no wider than the window."""
    from axe_playwright_python.sync_playwright import Axe

    page, _, _ = look(served.address, width=width, scheme=scheme)
    page.wait_for_selector("#field .view canvas")
    drawn(page, lambda: page.get_by_label("diagnosis", exact=True).select_option("ALS"))
    page.locator("#numbers details").evaluate_all("found => found.forEach(one => { one.open = true; })")
    page.keyboard.press("w")
    until(page, "!!document.getElementById('walked').textContent")
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
