"""The field viewer in a real browser: it draws the plate's pixels, and its controls do what they say."""

import base64
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from tests.hcs.report.chromium import chromium
from tests.hcs.web.looked_at import (
    TAU,
    Looked,
    channels_text,
    composed,
    stack_field,
    thirds_field,
    wide_field,
    write_plates,
)

from hcs.web.browser.serve import serve

pytestmark = pytest.mark.browser

Look = Callable[..., Looked]
LOOKS = {"DAPI": (True, "ff00ff", 400, 2500), TAU: (True, "40ff10", 300, 3500)}
ORACLE = [("ff00ff", 400.0, 2500.0), ("40ff10", 300.0, 3500.0)]
ONE_TO_ONE = "300,260,1"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of the plates."""
    folder = tmp_path_factory.mktemp("plates")
    write_plates(folder)
    with serve(folder, port=0, block=False) as server:
        yield server.address


@pytest.fixture(scope="module")
def started() -> Iterator[Any]:
    """One browser for all."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def opened(started: Any, address: str) -> Looked:
    """One page for most tests: each goes to a state of its own."""
    page = Looked(started, address)
    page.open(plate="0", well="B03", field="1")
    return page


@pytest.fixture
def looked(opened: Looked) -> Iterator[Looked]:
    """The page; nothing was complained of and nothing asked of another machine."""
    opened.requests.clear()
    yield opened
    assert opened.complaints() == []


@pytest.fixture
def look(started: Any, address: str) -> Iterator[Look]:
    """Open pages of one's own."""
    pages: list[Looked] = []

    def opened(**words: Any) -> Looked:
        pages.append(Looked(started, address, **words))
        return pages[-1]

    yield opened
    for page in pages:
        page.context.close()
        assert page.complaints() == []


def place_in(picture: Any, field: Any) -> tuple[slice, slice]:
    """Where a field of this shape lies on a canvas on which it is centred at 1:1."""
    starts = [round((side - whole) / 2) for side, whole in zip(picture.shape[:2], field, strict=True)]
    return slice(starts[0], starts[0] + field[0]), slice(starts[1], starts[1] + field[1])


def test_what_is_drawn_is_the_plates_pixels(looked: Looked) -> None:
    """At 1:1 every pixel on the screen is the sum of its channels' colours in their windows, to one level."""
    looked.go(plate="0", well="A01", field="2", ch=channels_text(**LOOKS), at=ONE_TO_ONE)
    picture = looked.picture()
    expected = composed(wide_field("A01", 2), ORACLE)
    rows, columns = place_in(picture, expected.shape[:2])
    assert np.abs(picture[rows, columns, :3] - expected).max() <= 1
    assert (picture[rows, columns, 3] == 255).all()
    # Beyond the field there is nothing.
    assert not picture[: rows.start].any()
    assert not picture[:, columns.stop :].any()


def test_a_fine_screen_shows_every_pixel(look: Look) -> None:
    """Where a point is two pixels of the screen, 1:1 is a pixel of the field on one of the screen."""
    looked = look(device_scale_factor=2, viewport={"width": 1000, "height": 800})
    page = looked.open(plate="0", well="A01", field="2", ch=channels_text(**LOOKS))
    page.keyboard.press("o")
    looked.settle()
    picture = looked.picture()
    expected = composed(wide_field("A01", 2), ORACLE)
    assert picture.shape[:2] == (2 * 528, 2 * 688)
    assert np.abs(picture[(*place_in(picture, expected.shape[:2]), slice(3))] - expected).max() <= 1


def test_many_channels_add_up(looked: Looked) -> None:
    """Colours of forty channels add up and stop at full; samples that are no numbers are black."""
    found = looked.page.evaluate(
        """() => import("/static/compose.js").then(({ compose }) => {
          const image = new ImageData(2, 1);
          const layer = (colour, values) => ({ values, colour, low: 0, high: 100 });
          compose(image, Array.from({ length: 40 }, () => layer("ff0101", Uint8Array.of(100, 50))));
          const many = [...image.data];
          compose(image, [layer("ffffff", Float32Array.of(50, NaN))]);
          return [many, [...image.data]];
        })"""
    )
    assert found == [[255, 40, 40, 255, 255, 20, 20, 255], [128, 128, 128, 255, 0, 0, 0, 255]]


def test_pixels_are_seen_as_pixels(looked: Looked) -> None:
    """At 8:1 a pixel of the field is a square of 64 equal ones."""
    looked.go(plate="0", well="A01", field="1", ch=channels_text(**LOOKS), at="300,260,8")
    picture = looked.picture()[..., :3].astype(int)
    expected = composed(wide_field("A01", 1), ORACLE)
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    source = (y + 0.5 - height / 2) / 8 + 260, (x + 0.5 - width / 2) / 8 + 300
    sure = [np.abs(one % 1 - 0.5) < 0.4 for one in source]
    there = expected[source[0].astype(int), source[1].astype(int)]
    assert np.abs(picture - there)[sure[0] & sure[1]].max() <= 1


def test_a_slider_asks_for_nothing(looked: Looked) -> None:
    """A handle that is dragged and a number that is typed change the picture without a request."""
    page = looked.go(plate="0", well="A01", field="1", ch=channels_text(**LOOKS), at=ONE_TO_ONE)
    looked.settle()
    asked, before = len(looked.requests), looked.picture()
    handle = page.get_by_label("DAPI: full at", exact=True)
    box = handle.bounding_box()
    low, high = (float(handle.get_attribute(name)) for name in ("min", "max"))
    at = box["x"] + 7 + (box["width"] - 14) * (2500 - low) / (high - low)
    page.mouse.move(at, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(at - 30, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    dragged = looked.picture()
    assert (dragged != before).any()
    page.get_by_label("DAPI: black at (grey level)").fill("1000")
    page.keyboard.press("Tab")
    full = float(handle.input_value())
    assert full < 2500
    picture = looked.picture()
    expected = composed(wide_field("A01", 1), [("ff00ff", 1000, full), ORACLE[1]])
    assert np.abs(picture[(*place_in(picture, expected.shape[:2]), slice(3))] - expected).max() <= 1
    assert looked.requests[asked:] == []
    assert f"DAPI:1:ff00ff:1000:{full:g}" in unquote(looked.state()["ch"])


def test_windows_of_what_is_seen_and_of_the_plate(looked: Looked) -> None:
    """Auto takes percentiles of what is on the screen; the plate's own windows come back."""
    page = looked.go(plate="0", well="A01", field="1")
    first = looked.state()["ch"]
    page.get_by_role("button", name="1:1").click()
    page.wait_for_timeout(100)
    page.keyboard.press("a")
    seen = [part.split(":") for part in looked.state()["ch"].split(";")]
    height, width = looked.picture().shape[:2]
    top, left = max(0, 260 - height // 2), max(0, 300 - width // 2)
    shown = wide_field("A01", 1)[:, top : 520 - top, left : 600 - left]
    for (*_, low, high), plane in zip(seen, shown, strict=True):
        assert float(low) == pytest.approx(np.percentile(plane, 1), abs=15)
        assert float(high) == pytest.approx(np.percentile(plane, 99.7), abs=15)
    page.keyboard.press("r")
    assert looked.state()["ch"] == first


def test_channels_are_switched_and_coloured(look: Look) -> None:
    """A channel that is off is not in the picture nor asked for; one that comes on is asked for alone."""
    looked = look()
    off = {**LOOKS, TAU: (False, *LOOKS[TAU][1:])}
    page = looked.open(plate="0", well="A01", field="1", ch=channels_text(**off), at=ONE_TO_ONE)
    looked.settle()
    assert all("c=0&" in url for url in looked.pixel_requests())
    asked = len(looked.requests)
    looked.press("2")
    own = [url for url in looked.requests[asked:] if "/0/A01/1/" in url]
    assert own
    assert all("c=1&" in url for url in own)
    page.get_by_label("Colour of DAPI", exact=True).select_option("cyan")
    picture = looked.picture()
    expected = composed(wide_field("A01", 1), [("00ffff", 400, 2500), ORACLE[1]])
    assert np.abs(picture[(*place_in(picture, expected.shape[:2]), slice(3))] - expected).max() <= 1


def test_a_link_is_the_view(look: Look) -> None:
    """What the address says is shown alike on another page: place, window, zoom, second view."""
    looked = look()
    page = looked.open(plate="0", well="A01", field="1", ch=channels_text(**LOOKS))
    looked.press("N")
    looked.press("n")
    page.locator(".frame").hover(position={"x": 200, "y": 150})
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(150)
    looked.press("s")
    looked.press("N")
    looked.settle()
    state = looked.state()
    assert (state["well"], state["field"], state["beside"]) == ("B03", "2", "0/A02/2")
    other = look()
    other.open(drawn=2, **state)
    other.settle()
    for view in (0, 1):
        assert (other.picture(view) == looked.picture(view)).all()


def test_back_moves_between_places(looked: Looked) -> None:
    """Back leads to the place before, not to the slider's step before; contrast stays."""
    page = looked.go(plate="0", well="A01", field="1")
    looked.press("n")
    page.get_by_label("DAPI: black at (grey level)").fill("777")
    page.keyboard.press("Tab")
    assert "DAPI:1:" in looked.state()["ch"]
    assert ":777:" in looked.state()["ch"]
    drawn = page.evaluate("window.drawn")
    page.go_back()
    looked.wait(drawn + 1)
    assert looked.state()["field"] == "1"
    assert ":777:" in looked.state()["ch"]
    assert page.get_by_label("Field", exact=True).input_value() == "1"
    page.go_forward()
    looked.wait(drawn + 2)
    assert looked.state()["field"] == "2"


def test_a_place_on_its_way_is_not_called_off(look: Look) -> None:
    """A channel that is switched while a field is on its way; until it is here no other stands for it."""
    looked = look()
    page = looked.open(plate="0", well="B03", field="1")
    waits: list[Any] = []
    page.route("**/api/field/0/A01/1", lambda route: waits.append(route))
    page.evaluate("location.hash = location.hash.replace('well=B03', 'well=A01')")
    page.wait_for_timeout(50)
    page.keyboard.press("2")
    page.wait_for_selector("text=Loading …")
    assert not looked.picture()[..., :3].any()
    (waiting,) = waits
    waiting.continue_()
    page.wait_for_selector('[aria-label="Image of well A01, field 1"]')
    assert looked.complaints() == []


def test_time_and_depth(looked: Looked) -> None:
    """Each time and depth shows its plane; the maximum is over the planes that are there, and says so."""
    window = channels_text(GFP=(True, "ffffff", 0, 255))
    page = looked.go(plate="1", well="A01", field="1", ch=window, z="0", at="64,48,1")
    field = stack_field("A01", 1)[:, 0]

    def shown() -> Any:
        picture = looked.picture()
        return picture[(*place_in(picture, (96, 128)), 0)]

    assert (shown() == field[0, 0]).all()
    page.get_by_label("Time").focus()
    looked.press("ArrowRight")
    assert (shown() == field[1, 0]).all()
    page.evaluate("document.activeElement.blur()")
    looked.press("d")
    assert (shown() == field[1, 1]).all()
    page.keyboard.press("d")
    page.locator(".hatch").wait_for()
    assert "No image of GFP here" in page.locator(".notice").inner_text()
    assert not looked.picture().any()
    looked.press("m")
    assert (shown() == field[1, :2].max(axis=0)).all()
    assert "maximum over 2 of 3 z planes" in page.locator(".notice").inner_text()
    assert "pixel size not known" in page.locator(".scalebar").inner_text()


def test_planes_without_an_image_are_said(looked: Looked) -> None:
    """One channel that is missing is named over the others; a field without any is hatched, not black."""
    page = looked.go(plate="0", well="A02", field="2", ch=channels_text(**LOOKS))
    assert f"No image of {TAU} here" in page.locator(".notice").inner_text()
    assert page.locator(".hatch").is_hidden()
    looked.settle()
    assert all("c=0&" in url for url in looked.pixel_requests() if "/A02/2/" in url)
    page.get_by_label("Well", exact=True).select_option("B03")
    page.get_by_label("Field", exact=True).select_option("3")
    page.locator(".hatch").wait_for()
    assert f"No image of DAPI and {TAU} here" in page.locator(".notice").inner_text()
    assert not looked.picture().any()


def test_a_place_that_is_not_there(look: Look) -> None:
    """A link to a field that the plate does not have says so in the server's sentence."""
    looked = look()
    page = looked.page
    page.goto(f"{looked.address}viewer.html#plate=0&well=F99&field=1")
    page.locator(".hatch").wait_for()
    assert "F99" in page.locator(".notice").inner_text()
    looked.errors.clear()  # the browser's own word on the status of the answer


def test_two_wells_beside_each_other(look: Look) -> None:
    """Both views zoom and move together with one contrast, or each for itself when they are not linked."""
    looked = look(reduced_motion="no-preference")
    page = looked.open(plate="0", well="A01", field="1", ch=channels_text(**LOOKS))
    looked.press("s")
    looked.press("N")
    assert looked.state()["beside"] == "0/A01/1"
    assert looked.state()["well"] == "A02"
    page.locator(".frame").nth(1).hover(position={"x": 100, "y": 100})
    page.mouse.wheel(0, -600)
    page.wait_for_timeout(500)
    bars = page.locator(".scalebar")
    assert bars.nth(0).inner_text() == bars.nth(1).inner_text() != ""
    looked.settle()
    before = looked.picture(0), looked.picture(1)
    page.keyboard.press("l")
    page.locator(".frame").nth(1).hover(position={"x": 100, "y": 100})
    page.mouse.wheel(0, -600)
    page.wait_for_timeout(500)
    looked.settle()
    assert (looked.picture(0) == before[0]).all()
    assert (looked.picture(1) != before[1]).any()
    assert ";" in looked.state()["at"]
    page.keyboard.press("1")
    page.wait_for_timeout(100)
    # Magenta is off in both: what is left has green above all.
    assert all((looked.picture(view)[..., 2] <= looked.picture(view)[..., 1]).all() for view in (0, 1))


def test_the_picture_is_what_is_seen(looked: Looked) -> None:
    """The PNG has the view's pixels, a scale bar of a round length, and a line that says what it is."""
    page = looked.go(plate="0", well="B03", field="1", ch=channels_text(**LOOKS), at=ONE_TO_ONE)
    seen = looked.picture()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save PNG").click()
    assert saved.value.suggested_filename == "P1_B03_field-1.png"
    png = np.asarray(Image.open(io.BytesIO(Path(saved.value.path()).read_bytes())).convert("RGB")).astype(int)
    height, width = seen.shape[:2]
    assert png.shape[1] == width
    assert png.shape[0] > height + 40
    field = place_in(seen, (520, 600))
    assert (png[field] == seen[field][..., :3]).mean() > 0.97
    # A run of white in the last rows: 50 µm at 0.5 µm a pixel are 100 pixels.
    rows = (png[height - 40 : height] == 255).all(axis=2)
    runs = [len(run) for row in rows for run in "".join("x" if one else " " for one in row).split()]
    assert max(runs) == 100
    assert page.locator(".scalebar").inner_text().strip() == "50 µm"
    assert (png[height:] < 128).any()
    assert (png[height:] == 255).mean() > 0.8


def test_others_plates_of_any_levels(look: Look) -> None:
    """Levels that are thirds of each other lie where they belong, on a plate of another tool."""
    looked = look(viewport={"width": 600, "height": 700})
    looked.open(plate="2", well="A01", field="0", at="215,155,0.34")
    picture, field = looked.picture(), thirds_field()
    level = next(url for url in looked.pixel_requests() if "/1/0/0?" in url)
    assert level
    filled = picture[..., 3] > 0
    rows, columns = np.flatnonzero(filled.any(axis=1)), np.flatnonzero(filled.any(axis=0))
    assert abs(len(rows) - 310 * 0.34) <= 1
    assert abs(len(columns) - 430 * 0.34) <= 1
    light = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1, :3].max(axis=2).astype(float)
    y = ((np.arange(light.shape[0]) + 0.5) / 0.34).astype(int).clip(0, 309)
    x = ((np.arange(light.shape[1]) + 0.5) / 0.34).astype(int).clip(0, 429)
    inside = (light > 10) & (light < 245)
    there = field[np.ix_(y, x)].astype(float)
    slope, shift = np.polyfit(there[inside], light[inside], 1)
    assert np.abs(there[inside] * slope + shift - light[inside]).max() < 4


def test_fields_of_a_well(looked: Looked) -> None:
    """The strip has a picture of each field, and leads there by click and by arrow."""
    page = looked.go(plate="0", well="A01", field="1", ch=channels_text(**LOOKS))
    looked.settle()
    small = page.locator(".strip button")
    assert small.count() == 3
    lit = page.evaluate(
        "[...document.querySelectorAll('.strip canvas')].map((one) => one.getContext('2d')"
        ".getImageData(0, 0, one.width, one.height).data.some((value, at) => at % 4 < 3 && value > 60))"
    )
    assert lit == [True, True, True]
    before = page.evaluate("window.drawn")
    small.nth(2).click()
    looked.wait(before + 1)
    looked.press("ArrowLeft")
    assert looked.state()["field"] == "2"
    assert small.nth(1).get_attribute("aria-current") == "true"


def test_the_next_field_is_fetched_ahead(looked: Looked) -> None:
    """After a rest the next field comes up without a request for the pixels that are shown."""
    looked.go(plate="0", well="A01", field="1", ch=channels_text(**LOOKS))
    looked.settle()
    asked = len(looked.pixel_requests())
    looked.press("n")
    looked.settle()
    fetched = [url for url in looked.pixel_requests()[asked:] if "/A01/2/0/" in url]
    assert fetched == []


def test_keys(looked: Looked) -> None:
    """Every key stands in the table; none is taken from a text field, and they can be switched off."""
    page = looked.go(plate="0", well="A01", field="1")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    told = dialog.inner_text()
    for title in ("next field", "next well", "save what is seen as PNG", "channel on or off", "these keys"):
        assert title in told
    dialog.get_by_label("Single keys work on this page").uncheck()
    page.keyboard.press("Escape")
    assert dialog.count() == 0 or dialog.is_hidden()
    page.keyboard.press("n")
    page.locator("#text").fill("")
    page.keyboard.type("nN?")
    assert looked.state()["field"] == "1"
    assert page.locator("#text").input_value() == "nN?"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    dialog.get_by_label("Single keys work on this page").check()
    page.keyboard.press("Escape")
    looked.press("n")
    assert looked.state()["field"] == "2"


OFFERS = [
    {"name": "nuclei", "title": "Nuclei", "kind": "outlines", "why": "", "said": ["Counted."], "time": None,
     "area": None,
     "key": {"label": "Nuclei", "stops": [], "ticks": [], "entries": [["#56B4E9", "a nucleus"]]}},
    {"name": "scores", "title": "Scores", "kind": "tiles", "why": "", "said": [], "time": None, "area": None,
     "key": None},
    {"name": "saliency", "title": "Saliency", "kind": "picture", "why": "", "said": [], "time": None,
     "area": {"x": 350, "y": 100, "width": 200, "height": 100}, "key": None},
    {"name": "somas", "title": "Somas", "kind": "outlines", "why": "Not measured.", "said": [], "time": None,
     "area": None, "key": None},
]  # fmt: skip


def with_overlays(looked: Looked) -> None:
    """Let the server's field offer overlays of each kind."""
    red = io.BytesIO()
    Image.new("RGBA", (2, 1), (255, 0, 0, 255)).save(red, "PNG")
    square = {"colour": "#56B4E9", "closed": True, "points": [[100, 100], [300, 100], [300, 300], [100, 300]]}
    tile = {"x": 350, "y": 300, "width": 128, "height": 128, "text": "0.93", "colour": "#ffff00"}

    def field(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "overlays": OFFERS})

    def overlay(route: Any) -> None:
        name = route.request.url.split("?")[0].rpartition("/")[2]
        if name == "saliency":
            route.fulfill(body=red.getvalue(), headers={"content-type": "image/png"})
        else:
            told = {"shapes": [square], "said": ["12 nuclei."]} if name == "nuclei" else {"tiles": [tile]}
            route.fulfill(json=told)

    looked.page.route("**/api/field/**", field)
    looked.page.route("**/api/overlay/**", overlay)


def test_overlays_lie_where_they_belong(look: Look) -> None:
    """Outlines, tiles and pictures follow the field; a line keeps its width; what cannot be had says why."""
    looked = look()
    with_overlays(looked)
    page = looked.open(plate="0", well="A01", field="1", ch=channels_text(**LOOKS), at=ONE_TO_ONE)
    for title in ("Nuclei", "Scores", "Saliency"):
        page.get_by_label(title, exact=True).check()
    page.get_by_text("12 nuclei. Counted.").wait_for()
    assert "Not available: Not measured." in page.locator(".switches").inner_text()
    assert looked.state()["over"] == "nuclei,scores,saliency"
    page.wait_for_timeout(200)

    def over() -> Any:
        return decoded_layer(page)

    layer = over()
    top, left = (round((side - whole) / 2) for side, whole in zip(layer.shape, (520, 600), strict=False))
    blue = (np.abs(layer[..., :3].astype(int) - (0x56, 0xB4, 0xE9)) < 4).all(axis=2) & (layer[..., 3] > 120)
    assert blue[top + 100, left + 150 : left + 250].all()
    assert blue[top + 150 : top + 250, left + 300].all()
    assert not blue[top + 110 : top + 290, left + 110 : left + 290].any()
    red = (layer == (255, 0, 0, 255)).all(axis=2)
    assert red[top + 101 : top + 199, left + 351 : left + 549].all()
    assert red.sum() <= 202 * 102
    yellow = (layer[..., :3] == (255, 255, 0)).all(axis=2)
    assert yellow[top + 300 : top + 303, left + 400 : left + 470].any(axis=0).all()
    page.keyboard.press("+")
    page.wait_for_timeout(150)
    column = (over()[:, layer.shape[1] // 2 - 225, 3] > 0).astype(int)
    lines = np.diff(np.flatnonzero(np.diff(np.r_[0, column, 0])))[::2]
    assert len(lines) == 2
    assert lines.max() <= 3
    page.keyboard.press("v")
    page.wait_for_timeout(200)
    assert not over().any()
    assert "over" not in looked.state()


def decoded_layer(page: Any) -> Any:
    """Array of shape (y, x, 4): what lies over the field."""
    text = page.evaluate("document.querySelector('canvas.overlay').toDataURL('image/png').split(',')[1]")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("RGBA"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(look: Look, scheme: str) -> None:
    """Axe finds nothing in either scheme, nor on a narrow screen, where nothing is wider than it."""
    looked = look(color_scheme=scheme)
    with_overlays(looked)
    page = looked.open(plate="1", well="A01", field="1", over="nuclei")
    looked.press("s")
    found = Axe().run(page)
    assert [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []
    page.keyboard.press("?")
    assert Axe().run(page).response["violations"] == []
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
