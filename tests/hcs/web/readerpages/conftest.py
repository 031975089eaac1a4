"""A pack on a desk, and a client that is in no network."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.hcs.web.readerpages.packs import MadePack, make_pack

from hcs.readerstudy.responses import Responses
from hcs.web.guard import Entry
from hcs.web.readerpages.app import reader_pages
from hcs.web.readerpages.desk import Desk
from hcs.web.serving import LOCAL_NAMES


class Browser:
    """What a browser sends and keeps, without a network."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.cookies = httpx.Cookies()

    def get(self, path: str) -> httpx.Response:
        """Ask for a page."""
        return self.send("GET", path)

    def post(self, path: str, **words: Any) -> httpx.Response:
        """Post a body."""
        return self.send("POST", path, **words)

    def send(self, method: str, path: str, **words: Any) -> httpx.Response:
        """Send a request, and keep the cookies of the answer."""

        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1:8737", cookies=self.cookies
            ) as client:
                answer = await client.request(method, path, **words)
                self.cookies = client.cookies
                return answer

        return asyncio.run(sent())


@dataclass
class Served:
    """Pages of a pack in this process, and what they stored."""

    made: MadePack
    responses: Responses
    app: Any

    def client(self, reader: str | None = "reader 1") -> Browser:
        """A browser of its own, logged in unless told otherwise."""
        client = Browser(self.app)
        if reader is not None:
            assert client.post("/login", json={"token": self.made.tokens[reader]}).status_code == 200
        return client


def click(position: int, revision: int, /, call: Any = "ALS", **other: Any) -> dict[str, Any]:
    """The body of a click of reader 1."""
    body = {"reader": "reader 1", "position": position, "call": call, "sure": None if call is None else True}
    return {**body, "revision": revision, "click": f"{revision:024x}", "seconds": 1.5, **other}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Two training images and eight of the test, two readers."""
    made = make_pack(tmp_path / "pack")
    with Responses(made.pack.folder, create=True) as responses:
        yield Served(made, responses, reader_pages(Desk(made.pack, responses), Entry(LOCAL_NAMES)))
