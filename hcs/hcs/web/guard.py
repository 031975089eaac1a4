"""What a request must be before a page answers it: from where it comes, who sends it, how large it is.

A server on this machine is reached by every page that its browser shows, so an address alone proves nothing:
names that lead here by a detour (DNS rebinding), requests of other pages and of other ports are refused.
"""

import asyncio
import json
import logging
import secrets
import traceback
from collections.abc import Collection, Mapping, MutableMapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hcs_plates.errors import ArgumentError, HcsError

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
"""Of every answer; one that says nothing else of it is not kept by the browser."""
OF_THIS_MACHINE = {"cross-origin-opener-policy": "same-origin"}
"""Of answers within this machine: in a network browsers heed it with encryption alone, and complain."""
BODY_BYTES = 64 * 1024
ARRIVAL_S = 10.0
"""A request has to be here in this time, and so has its body."""

log = logging.getLogger("hcs.web")


@dataclass(frozen=True)
class Entry:
    """Who is let in.

    Parameters
    ----------
    hosts
        Names by which a browser may call this machine.
    token
        What the link that is printed holds; None where the pages ask for something of their own, or where
        only this machine is answered.
    anywhere
        Addresses in figures are names of this machine too: it answers on its network.
    """

    hosts: Collection[str]
    token: str | None = None
    anywhere: bool = False

    def knows(self, host: str) -> bool:
        """Whether a ``Host`` header names this machine.

        Examples
        --------
        >>> here = Entry({"localhost", "127.0.0.1", "::1"})
        >>> [here.knows(host) for host in ("localhost:8000", "[::1]:80", "LOCALHOST", "evil.example:80", "")]
        [True, True, True, False, False]
        >>> Entry({"microscope"}, anywhere=True).knows("10.0.0.5:8000")
        True
        """
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        name = name.removeprefix("[").removesuffix("]").lower()
        if name in self.hosts:
            return True
        try:
            return self.anywhere and bool(ip_address(name))
        except ValueError:
            return False


class RefusedRequestError(Exception):
    """A request that is answered with a status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Guard:
    """Stands before every page (ASGI).

    Parameters
    ----------
    app
        The pages.
    entry
        Who is let in.
    body_bytes
        Largest body of a request.
    """

    def __init__(self, app: ASGIApp, entry: Entry, body_bytes: int = BODY_BYTES) -> None:
        self.app = app
        self.entry = entry
        self.body_bytes = body_bytes
        # The cookie is no copy of the link: whoever reads the one does not have the other.
        self._pass = secrets.token_urlsafe(32)
        self._headers = HEADERS if entry.anywhere else HEADERS | OF_THIS_MACHINE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] != "http":
            raise RuntimeError(f"Only HTTP is spoken here, not {scope['type']}.")
        started = False

        async def tell(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _protect(message, self._headers)
            await send(message)

        try:
            headers = Headers(scope=scope)
            self._came_from_here(scope, headers)
            if self.entry.token is not None and not self._has_pass(scope):
                await self._exchange(scope, tell)
            else:
                await self.app(scope, self._measured(headers, receive), tell)
        except RefusedRequestError as refused:
            if not started:
                await answer_error(refused.status, str(refused), tell)
        except Exception as error:
            log.error("%s", _fault(scope, error))
            log.debug("%s", scope["path"], exc_info=error)
            if started:
                raise
            await answer_error(500, "This is a fault of hcs; the terminal where it runs says which.", tell)

    def _came_from_here(self, scope: Scope, headers: Headers) -> None:
        """Refuse what another page sends, or what was led here under another name."""
        host = headers.get("host", "")
        if len(headers.getlist("host")) != 1 or not self.entry.knows(host):
            raise RefusedRequestError(
                400, "The address in the browser's bar is not one of this server: open the one it printed."
            )
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        opened = (
            scope["method"] == "GET"
            and headers.get("sec-fetch-mode") == "navigate"
            and headers.get("sec-fetch-dest") == "document"
        )
        # Browsers say the site where the connection cannot be listened to, as within this machine; the origin
        # is all there is in a network.
        if site is None:
            foreign = origin not in (None, f"{scope['scheme']}://{host}")
        else:
            foreign = site not in ("same-origin", "none")
        if foreign and not opened:
            raise RefusedRequestError(403, "Another page asked for this; only this server's own pages may.")

    def _has_pass(self, scope: Scope) -> bool:
        """Whether the browser has followed the link already."""
        given = HTTPConnection(scope).cookies.get(self._name(scope))
        return given is not None and _same(given, self._pass)

    def _name(self, scope: Scope) -> str:
        """Name the cookie by the port, which browsers do not keep cookies apart by."""
        return f"hcs-{(scope.get('server') or ('', 0))[1]}"

    async def _exchange(self, scope: Scope, send: Send) -> None:
        """Give a cookie for the token of the link, and lead to the address without it."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in query if name == "token"]
        if not given:
            # From a link on another site a browser sends no cookie, and sends it where the address is typed.
            raise RefusedRequestError(
                401,
                "This page is opened by the link that the server printed; if you did so before, press Enter "
                "in the address bar.",
            )
        if scope["method"] != "GET" or len(given) > 1 or not _same(given[0], self.entry.token or ""):
            raise RefusedRequestError(403, "The token in this link is not that of this server.")
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        # A path that began with two slashes, of either kind, would name another machine.
        path = "/" + quote(scope["path"].lstrip("/"))
        # Lax: links come by mail, and a browser would send a strict cookie with nothing that a mail led to,
        # not even after being led on. What else another site asks for is refused before.
        cookie = f"{self._name(scope)}={self._pass}; HttpOnly; SameSite=Lax; Path=/"
        answer = {"location": f"{path}?{rest}" if rest else path, "set-cookie": cookie, "content-length": "0"}
        await send(
            {
                "type": "http.response.start",
                "status": 303,
                "headers": [(name.encode(), value.encode("latin-1")) for name, value in answer.items()],
            }
        )
        await send({"type": "http.response.body", "body": b""})

    def _measured(self, headers: Headers, receive: Receive) -> Receive:
        """Give the body of a request as long as it is small and comes in time."""
        said = headers.get("content-length", "0")
        if not said.isdecimal() or int(said[:20]) > self.body_bytes:
            raise RefusedRequestError(413, f"A request may have {self.body_bytes:,} bytes at most.")
        got = 0
        ends = asyncio.get_running_loop().time() + ARRIVAL_S
        whole = False

        async def more() -> Message:
            nonlocal got, whole
            if whole:
                return await receive()
            try:
                async with asyncio.timeout_at(ends):
                    message = await receive()
            except TimeoutError:
                raise RefusedRequestError(408, "The request did not arrive in time.") from None
            got += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if got > self.body_bytes:
                raise RefusedRequestError(413, f"A request may have {self.body_bytes:,} bytes at most.")
            return message

        return more


def _same(given: str, kept: str) -> bool:
    """Compare in a time that tells nothing of where both differ."""
    return secrets.compare_digest(given.encode("utf-8", "replace"), kept.encode())


def _protect(message: MutableMapping[str, Any], said: Mapping[str, str]) -> None:
    """Add what every answer says to the browser."""
    headers = MutableHeaders(raw=message.setdefault("headers", []))
    for name, value in said.items():
        headers[name] = value
    headers.setdefault("cache-control", "no-store")


def _fault(scope: Scope, error: Exception) -> str:
    """Say in a line for the terminal what failed, and where."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    where = f"{place.name} in {place.filename.rpartition('/')[2]}"
    return f"fault of hcs at {scope['path'][:120]!r}: {what} ({where})"


async def answer_error(status: int, sentence: str, send: Send) -> None:
    """Answer with ``{"error": sentence}``."""
    body = json.dumps({"error": sentence}, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    # What is left of a request that was refused is not read.
    if status in (408, 413):
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def status_of(error: HcsError) -> int:
    """Give the status of a refusal: 404 not there, 400 cannot be asked, 409 has changed or is damaged."""
    if isinstance(error, LookupError | FileNotFoundError):
        return 404
    return 400 if isinstance(error, ArgumentError) else 409
