"""A reader's page in a real browser: keys, undo, reload, a lost connection, two tabs, the page as a file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.hcs.web.readerpages.packs import MadePack, make_pack

from hcs.readerstudy.collecting import collect_answers
from hcs.readerstudy.responses import Responses
from hcs.web.readerpages.export import export_pages
from hcs.web.readerpages.serve import served_readers

pytestmark = pytest.mark.browser

QUESTION = "<b>ALS</b> or control? <img src=x onerror=alert(1)>"
KEYS = {"d": ("ALS", False), "f": ("ALS", True), "j": ("control", True), "k": ("control", False)}
TEST_KEYS = "fdjkfjdk"


@dataclass
class Tab:
    """A page, all it complained about, and all it asked for."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def refuse(self, dialog: Any) -> None:
        """Note a dialog, and close it."""
        self.complaints.append(dialog.message)
        dialog.dismiss()

    def at(self, text: str) -> None:
        """Wait until this is the place that the page says."""
        self.page.wait_for_function(
            "text => document.getElementById('place').textContent === text && "
            "document.querySelector('#frame img')?.complete && "
            "document.getElementById('label').textContent === ''",
            arg=text,
            timeout=10_000,
        )

    def says(self, selector: str, text: str) -> None:
        """Wait until an element that is shown says this."""
        self.page.locator(selector).filter(has_text=text).wait_for(timeout=10_000)

    def keys(self, keys: str, first: int = 1, count: int = 8) -> None:
        """Answer images of the test, each as soon as it is there."""
        for place, key in enumerate(keys, start=first):
            self.at(f"Image {place} of {count}")
            self.page.keyboard.press(key)

    def train(self, made: MadePack, reader: str = "reader 1") -> None:
        """Go through the two images of the training round."""
        for place, key in enumerate("fj"):
            self.at(f"Training, image {place + 1} of 2")
            self.page.keyboard.press(key)
            self.says(
                "#label", f"The right answer is {made.label(reader, place)}. You answered {KEYS[key][0]}."
            )
            self.page.keyboard.press("Enter")
        self.says("#rest h2", "The training round is over")
        self.page.keyboard.press("Enter")


@pytest.fixture
def open_tab(browser: Any) -> Iterator[Callable[..., Tab]]:
    """Open an address in a browser of its own, or in that of another tab."""

    def opened(address: str, beside: Tab | None = None, **words: Any) -> Tab:
        context = beside.page.context if beside else browser.new_context(accept_downloads=True, **words)
        tab = Tab(context.new_page())
        tab.page.on("console", lambda message: tab.complaints.append(message.text))
        tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.page.on("dialog", tab.refuse)
        tab.page.on("request", lambda request: tab.asked.append(request.url))
        tab.page.goto(address)
        return tab

    yield opened
    for context in browser.contexts:
        context.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[MadePack, str]]:
    """A served pack of four readers, one a test, and its address."""
    names = tuple(f"reader {number}" for number in range(1, 5))
    made = make_pack(tmp_path_factory.mktemp("site") / "pack", readers=names, question=QUESTION, side=96)
    with served_readers(made.pack.folder, port=0) as server, server:
        server.start()
        yield made, server.address


def calls(made: MadePack, reader: str) -> list[tuple[str, bool]]:
    """What stands in the log for a reader, in order."""
    with Responses(made.pack.folder) as responses:
        table = responses.table()
    own = table[table["reader"] == reader]
    return list(zip(own["call"], own["sure"], strict=True))


def accessible(page: Any) -> list[tuple[str, str]]:
    """What axe-core finds against the page as it stands."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"][:120]) for one in found]


def test_a_reader_goes_through_with_keys_undoes_reloads_and_finishes(
    site: tuple[MadePack, str], open_tab: Callable[..., Tab]
) -> None:
    """No complaint, nothing asked from elsewhere; the log has what was pressed; the question is text."""
    made, address = site
    tab = open_tab(f"{address}#{made.tokens['reader 1']}")
    tab.says("#start h2", QUESTION)
    assert tab.page.url == address
    assert "ALS, sure" in tab.page.inner_text("#keys")
    tab.page.keyboard.press("Enter")
    tab.train(made)
    tab.keys("fdj")
    tab.at("Image 4 of 8")
    for place in (3, 2):
        tab.page.keyboard.press("z" if place == 3 else "Backspace")
        tab.at(f"Image {place} of 8")
    tab.keys("kk", first=2)
    tab.at("Image 4 of 8")
    tab.says("#saved", "All answers are saved.")
    tab.page.reload()
    tab.says("#round", "5 of 10 images are answered.")
    tab.page.keyboard.press("Enter")
    tab.keys("fjdkf"[:5], first=4)
    tab.says("#done", "All 10 images are answered. Everything is saved")
    assert calls(made, "reader 1") == [KEYS[key] for key in "fj" + "fkk" + "fjdkf"]
    assert tab.complaints == []
    assert {url for url in tab.asked if not url.startswith((address, "blob:", "data:"))} == set()
    # Nobody is told how well they did.
    assert not any(
        word in tab.page.inner_text("body").lower() for word in ("correct", "accuracy", "%", "right")
    )


def test_an_answer_that_did_not_arrive_waits_visibly_and_is_sent_again(
    site: tuple[MadePack, str], open_tab: Callable[..., Tab]
) -> None:
    """Nothing is called saved before the server said so; each answer is stored once."""
    made, address = site
    tab = open_tab(f"{address}#{made.tokens['reader 2']}")
    tab.page.click("#begin")
    tab.train(made, "reader 2")
    tab.keys("f")
    tab.at("Image 2 of 8")
    tab.says("#saved", "All answers are saved.")

    def lose(route: Any) -> None:
        # The first one arrives, and its acknowledgement is lost.
        if not lost:
            route.fetch()
        lost.append(route)
        route.abort()

    lost: list[Any] = []
    tab.page.route("**/click", lose)
    tab.page.keyboard.press("j")
    tab.says("#saved.late", "Not saved yet: 1 click")
    tab.at("Image 3 of 8")
    tab.page.keyboard.press("k")
    tab.says("#saved.late", "Not saved yet: 2 clicks")
    tab.page.unroute("**/click")
    tab.says("#saved", "All answers are saved.")
    assert calls(made, "reader 2")[2:] == [KEYS[key] for key in "fjk"]


def test_two_tabs_of_one_reader(site: tuple[MadePack, str], open_tab: Callable[..., Tab]) -> None:
    """The tab that stayed behind is told, and goes on from where the reader stands."""
    made, address = site
    first = open_tab(f"{address}#{made.tokens['reader 3']}")
    first.page.click("#begin")
    first.train(made, "reader 3")
    second = open_tab(address, beside=first)
    second.page.click("#begin")
    first.keys("ff")
    first.at("Image 3 of 8")
    first.says("#saved", "All answers are saved.")
    second.says("#rest h2", "The training round is over")
    second.page.keyboard.press("Enter")
    second.at("Image 1 of 8")
    second.page.keyboard.press("j")
    second.says("#notice", "answered on an older state")
    second.at("Image 3 of 8")
    second.page.keyboard.press("k")
    second.at("Image 4 of 8")
    second.says("#saved", "All answers are saved.")
    assert calls(made, "reader 3")[2:] == [KEYS[key] for key in "ffk"]


def test_a_narrow_screen_by_touch_and_axe(site: tuple[MadePack, str], open_tab: Callable[..., Tab]) -> None:
    """390 pixels, fingers alone; nothing scrolls sideways, and axe-core finds nothing in any view."""
    made, address = site
    reader = "reader 4"
    words: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    tab = open_tab(address, bypass_csp=True, **words)
    page = tab.page
    page.locator("#token").wait_for()
    assert accessible(page) == []
    page.fill("#token", made.tokens[reader])
    page.tap("#login button")
    page.locator("#begin").wait_for()
    assert accessible(page) == []
    page.tap("#begin")
    for place in (1, 2):
        tab.at(f"Training, image {place} of 2")
        page.tap("button.sure >> nth=0")
        page.locator("#next").wait_for()
        assert place == 2 or accessible(page) == []
        page.tap("#next")
    assert accessible(page) == []
    page.tap("#test")
    for place in range(1, 9):
        tab.at(f"Image {place} of 8")
        if place == 1:
            for theme in ("dark", "light"):
                page.emulate_media(color_scheme=theme)
                assert accessible(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            boxes = [button.bounding_box() for button in page.locator("#calls button").all()]
            assert min(min(box["width"], box["height"]) for box in boxes) >= 44
        page.tap(f"button.unsure >> nth={place % 2}")
    tab.says("#done", "All 10 images are answered.")
    assert accessible(page) == []
    assert calls(made, reader) == [("ALS", True)] * 2 + [("control", False), ("ALS", False)] * 4


def saved(tab: Tab, folder: Path, name: str) -> Path:
    """Save the answers, and give the file under another name."""
    with tab.page.expect_download() as download:
        tab.page.click("#save")
    assert download.value.suggested_filename == "reader 1.csv"
    download.value.save_as(folder / name)
    return folder / name


def test_the_page_as_a_file(tmp_path: Path, open_tab: Callable[..., Tab]) -> None:
    """Without any network: training, undo, a reload that keeps all, answers saved twice and collected."""
    classes = ('=ALS, "familial"', "control")
    made = make_pack(tmp_path / "pack", question=QUESTION, classes=classes)
    pages = export_pages(made.pack.folder, tmp_path / "pages")
    assert [page.name for page in pages] == ["reader 1.html", "reader 2.html"]
    tab = open_tab(pages[0].as_uri(), offline=True)
    tab.says("#start h2", QUESTION)
    tab.page.click("#begin")
    for _ in range(2):
        tab.page.keyboard.press("f")
        tab.says("#label", "The right answer is")
        tab.page.keyboard.press("Enter")
    tab.page.keyboard.press("Enter")
    tab.keys("fj")
    tab.at("Image 3 of 8")
    tab.page.keyboard.press("z")
    tab.at("Image 2 of 8")
    early = saved(tab, tmp_path, "early.csv")
    tab.page.reload()
    tab.says("#round", "3 of 10 images are answered.")
    tab.page.click("#begin")
    tab.keys("kkkkkkk", first=2)
    tab.says("#done", "Save the answers as a file")
    late = saved(tab, tmp_path, "late.csv")
    assert tab.complaints == []
    assert {url for url in tab.asked if not url.startswith(("file:", "blob:", "data:"))} == set()
    assert "3 of 10 images answered" in collect_answers(made.pack.folder, [early])[0]
    assert "10 of 10 images answered" in collect_answers(made.pack.folder, [late])[0]
    assert calls(made, "reader 1") == [(classes[0], True)] * 3 + [(classes[1], False)] * 7


def test_a_browser_that_keeps_nothing_says_so(tmp_path: Path, open_tab: Callable[..., Tab]) -> None:
    """Where storage is refused, the page works in one go and says that it must be saved first."""
    made = make_pack(tmp_path / "pack", training=0)
    (page, _) = export_pages(made.pack.folder, tmp_path / "pages")
    tab = open_tab("about:blank")
    tab.page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('no room'); }")
    tab.page.goto(page.as_uri())
    tab.page.click("#begin")
    tab.keys("fj")
    tab.at("Image 3 of 8")
    tab.says("#saved", "This browser keeps nothing of pages from a file")
    file = saved(tab, tmp_path, "answers.csv")
    assert "2 of 8 images answered" in collect_answers(made.pack.folder, [file])[0]
