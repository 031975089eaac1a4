"""Headless Chromium for tests of pages: a file from the disk, the network off, every complaint noted."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
Opened = tuple[Any, list[str], list[str]]


@contextmanager
def chromium() -> Iterator[Any]:
    """Start Chromium; the test is skipped where there is none."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield started
        started.close()


def open_offline(browser: Any, path: Path, *, width: int = 1200, **words: Any) -> Opened:
    """Open a page in a context of its own: the page, its complaints and dialogs, its requests."""
    context = browser.new_context(
        accept_downloads=True, offline=True, viewport={"width": width, "height": 900}, **words
    )
    page = context.new_page()
    errors: list[str] = []
    requests: list[str] = []

    def refuse(dialog: Any) -> None:
        errors.append(dialog.message)
        dialog.dismiss()

    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", refuse)
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri(), wait_until="load")
    return page, errors, requests


def open_folds(page: Any) -> None:
    """Open everything that is closed."""
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")


def place_of(page: Any, well: tuple[int, int], plate: int = 0) -> tuple[float, float]:
    """Middle of a well (row, column) of a heatmap's plate on the screen."""
    svg = page.locator("svg.plate").nth(plate)
    svg.scroll_into_view_if_needed()
    place = svg.evaluate(
        "(svg, [row, column]) => { const at = new DOMPoint(column + .5, row + .5)"
        ".matrixTransform(svg.getScreenCTM()); return [at.x, at.y]; }",
        list(well),
    )
    return float(place[0]), float(place[1])
