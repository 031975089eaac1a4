"""Files that are sent as they stand: a fixed list, read from the package once, with the digest of each."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

KINDS = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".txt": "text/plain",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}


@dataclass(frozen=True)
class Resource:
    """One file.

    Parameters
    ----------
    content
        Its bytes.
    kind
        Its media type.
    """

    content: bytes
    kind: str

    @property
    def mark(self) -> str:
        """What tells it from another version of it (an entity tag of RFC 9110)."""
        return f'"{hashlib.sha256(self.content).hexdigest()[:32]}"'

    def answer(self, request: Request) -> Response:
        """Send it, or say that the browser has it."""
        headers = {"etag": self.mark, "cache-control": "no-cache"}
        if request.headers.get("if-none-match") == self.mark:
            return Response(status_code=304, headers=headers)
        return Response(self.content, media_type=self.kind, headers=headers)


def static_route() -> Route:
    """Give the route of everything in ``static/``, and of the script that makes plates answer."""
    held = resources()

    def send(request: Request) -> Response:
        # Looked up, never made a path of: what is not in the list is not there.
        found = held.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        return found.answer(request)

    return Route("/static/{name:path}", send)


@cache
def resources() -> Mapping[str, Resource]:
    """Read all files that may be sent, by their name in addresses."""
    found = _within(files("hcs.web") / "static", "")
    found["plates.js"] = Resource((files("hcs.pages") / "plates.js").read_bytes(), KINDS[".js"])
    return found


def _within(folder: Traversable, before: str) -> dict[str, Resource]:
    found: dict[str, Resource] = {}
    for one in folder.iterdir():
        if one.is_dir():
            found |= _within(one, f"{before}{one.name}/")
        elif kind := KINDS.get(f".{one.name.rpartition('.')[2]}"):
            found[before + one.name] = Resource(one.read_bytes(), kind)
    return found
