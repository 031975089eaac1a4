"""How a heatmap's page looks: on any screen, on paper, to a screen reader, and where no script runs."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.hcs.report.chromium import Opened, place_of

from hcs.heatmaps.heatmap import heatmap
from hcs_plates.plate import Plate
from hcs_plates.wells import FORMATS

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def plate_page(measured_plate: Plate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Page of the measured plate, with pictures."""
    return heatmap(measured_plate, "cell_count").save(tmp_path_factory.mktemp("page") / "heatmap.html")


@pytest.fixture(scope="module")
def names_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Page of plates of one well each, by clones without a place to break them."""
    names = [f"{number}{'clone' * 30}" for number in range(4)]
    table = pd.DataFrame({"plate": names, "well": "A1", "clone": names})
    return heatmap(table, "clone").save(tmp_path_factory.mktemp("names") / "heatmap.html")


@pytest.fixture(scope="module")
def wide_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plates of 6 to 1536 wells, with long names."""
    parts = [
        pd.DataFrame(
            {"plate": f"{size}-" + "x" * 80, "well": FORMATS[size].wells(), "v": np.arange(size, dtype=float)}
        )
        for size in FORMATS
    ]
    table = pd.concat(parts).assign(clone="c" * 200)
    return heatmap(table, "v").save(tmp_path_factory.mktemp("wide") / "heatmap.html")


@pytest.fixture(scope="module")
def large_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One plate of 1536 wells, by category, with long names."""
    names = [f"{number % 9}-" + "compound" * 12 for number in range(1536)]
    table = pd.DataFrame({"well": FORMATS[1536].wells(), "v": names})
    return heatmap(table, "v").save(tmp_path_factory.mktemp("large") / "heatmap.html")


def test_browser_prints_it(open_page: Callable[..., Opened], plate_page: Path) -> None:
    """Plates and key go on paper; panel, tip, mark and links do not."""
    page, _, _ = open_page(plate_page)
    page.mouse.click(*place_of(page, (0, 2)))
    page.emulate_media(media="print")
    for hidden in (".picked", ".tip", ".mark", "a.download"):
        assert not page.locator(hidden).first.is_visible(), hidden
    for shown in ("svg.plate", ".key", "h1", ".use"):
        assert page.locator(shown).first.is_visible(), shown
    data = page.pdf(prefer_css_page_size=True)
    assert data.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", data)) == 1


@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.parametrize("which", ["plate_page", "wide_page", "large_page", "names_page"])
def test_browser_page_never_overflows(
    which: str, width: int, open_page: Callable[..., Opened], request: pytest.FixtureRequest
) -> None:
    """Wide plates scroll inside their frames, with wells that can be hit and names that can be read."""
    page, errors, _ = open_page(request.getfixturevalue(which), width=width)
    page.mouse.move(*place_of(page, (0, 0)))
    tip = page.locator(".tip").bounding_box()
    assert tip["x"] >= 0
    assert tip["x"] + tip["width"] <= width
    page.mouse.click(*place_of(page, (0, 0)))
    assert page.locator(".picked h3").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.wait_for_function("[...document.images].every(image => image.complete)")
    # The picked well is not under the panel that tells of it.
    assert page.evaluate(
        "(() => { const mark = document.querySelector('.mark').getBoundingClientRect();"
        "return mark.bottom <= document.querySelector('.picked').getBoundingClientRect().top })()"
    )
    sizes = page.evaluate(
        "[...document.querySelectorAll('svg.plate')].map(svg => [svg.getScreenCTM().a, "
        "svg.getScreenCTM().a * parseFloat(svg.getAttribute('font-size'))])"
    )
    assert all(well >= 6.9 and text >= 6.9 for well, text in sizes)
    assert all(text <= 15 for _, text in sizes)
    assert errors == []


@pytest.mark.parametrize("which", ["plate_page", "wide_page", "names_page", "large_page"])
def test_browser_page_is_accessible(
    which: str, open_page: Callable[..., Opened], request: pytest.FixtureRequest
) -> None:
    """Nothing serious is found by axe (a script, for which the policy is lifted), also in a picked well."""
    from axe_playwright_python.sync_playwright import Axe

    page, _, _ = open_page(request.getfixturevalue(which), bypass_csp=True)
    for picked in (False, True):
        if picked:
            page.mouse.click(*place_of(page, (0, 0)))
        found = Axe().run(page).response["violations"]
        grave = [(one["id"], [node["html"][:120] for node in one["nodes"]][:3]) for one in found
                 if one["impact"] in ("serious", "critical")]  # fmt: skip
        assert grave == []


def test_browser_shows_plates_where_no_script_runs(browser: Any, plate_page: Path) -> None:
    """Values and colours are in the page itself."""
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(plate_page.as_uri())
    assert page.locator("svg.plate path[fill^='#']").count() >= 1
    assert {"31.5", "A", "6"} < set(page.locator("svg.plate text").all_text_contents())
    assert not page.locator(".picked").is_visible()
    context.close()
