"""The page of the plate browser asks for its modules at once."""

import re

from hcs.web.resources import resources

IMPORTED = re.compile(r'(?:from|import\()\s*"\./([\w.]+)"')


def imported(name: str, found: set[str]) -> set[str]:
    """A module and all that it imports."""
    if name not in found:
        found.add(name)
        for one in IMPORTED.findall(resources()[name].content.decode()):
            imported(one, found)
    return found


def test_every_module_is_named_by_the_page() -> None:
    """What is imported, and nothing else, stands in the page, so that no import waits for the one before."""
    page = resources()["index.html"].content.decode()
    named = re.findall(r'rel="modulepreload" href="/static/([\w.]+)"', page)
    assert sorted([*named, "browser.js"]) == sorted(imported("browser.js", set()))
