"""A measured plate, a site of the small study explained, and askers of both."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.hcs.explain.conftest import copy_study, explained_study  # noqa: F401 – fixtures
from tests.hcs.measure.conftest import measured, small_plate  # noqa: F401 – fixtures

from hcs.measure.measured import Measurements
from hcs.study.folder import StudyResults
from hcs.web.browser.overlays.addresses import offered, routes
from hcs.web.browser.site import Site
from hcs.web.browser.sources import find_plates
from hcs.web.guard import Entry
from hcs.web.serving import guarded

HERE = "http://127.0.0.1:8000"


def ask(site: Site, *addresses: str, **words: Any) -> list[httpx.Response]:
    """Ask for overlays one after the other, through the guard."""
    app = guarded(routes(site), Entry({"127.0.0.1"}))

    async def asked() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE) as client:
            return [await client.get(f"/api/overlay/{one}", **words) for one in addresses]

    return asyncio.run(asked())


def overlays(site: Site, well: str, key: str = "1", number: int = 0) -> dict[str, dict[str, Any]]:
    """Overlays that a field is told to have, by name."""
    return {one["name"]: one for one in offered(site, number, well, key)}


def site_of(path: Path) -> Site:
    """Site of a plate or a study."""
    return Site(find_plates([path]))


@pytest.fixture(scope="session")
def measured_site(measured: Measurements) -> Site:  # noqa: F811
    """A plate with measurements beside it."""
    return site_of(measured.path.with_name("P1.ome.zarr"))


@pytest.fixture(scope="session")
def study_site(explained_study: StudyResults) -> Site:  # noqa: F811
    """The small study, explained; its forest saw tiles, so nothing was measured."""
    return site_of(explained_study.results)
