"""A server on this machine: where it listens, what it is asked, and how it ends."""

import logging
import os
import secrets
import socket
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from types import TracebackType
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from hcs.web.guard import BODY_BYTES, Entry, Guard, status_of
from hcs.web.timely import Timely
from hcs_plates.errors import ArgumentError, HcsError, PlaceError, system_reason

PORT = 8737
"""Taken where none is asked for; another one if it is not free."""
LOOPBACK = "127.0.0.1"
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
TOKEN_BYTES = 24
OPENLY = "What is sent over the network is not encrypted: do this only where you trust everybody in it."
HEAD_BYTES = 16 * 1024
CONNECTIONS = 400
KEPT_OPEN_S = 30
ENDING_S = 2
LEAVING_S = 0.2


@dataclass(frozen=True)
class Listening:
    """A port that is ours.

    Parameters
    ----------
    socket
        Bound to it.
    host, port
        The one as it was asked for, the other as it was given.
    entry
        Who is let in.
    notices
        What was done otherwise than asked.
    """

    socket: socket.socket
    host: str
    port: int
    entry: Entry
    notices: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Where a browser finds it; with the token that it needs, where it needs one."""
        shown = _reached_at(self.host)
        name = f"[{shown}]" if ":" in shown else shown
        query = "" if self.entry.token is None else f"?token={self.entry.token}"
        return f"http://{name}:{self.port}/{query}"


def listen(host: str | None = None, port: int | None = None, *, own_login: bool = False) -> Listening:
    """Take a port of this machine, or of an address in its network.

    Parameters
    ----------
    host
        An address or name of this machine; only programs on it are answered if None.
    port
        A number; 0 takes any that is free; None takes `PORT`, or any that is free, which is told.
    own_login
        The pages let nobody in by themselves: no token is made.

    Raises
    ------
    ArgumentError
        The host is not of this machine, or the port is taken.
    """
    asked = LOOPBACK if host is None else host
    alone = _is_loopback(asked)
    token = None if alone or own_login else secrets.token_urlsafe(TOKEN_BYTES)
    names = {*LOCAL_NAMES, asked.lower()}
    if not alone:
        own = socket.gethostname().lower()
        names |= {own, f"{own.partition('.')[0]}.local"}
    entry = Entry(frozenset(names), token, anywhere=not alone)
    said = () if alone else (OPENLY,)
    try:
        bound = _bound(asked, PORT if port is None else port)
    except PlaceError as error:
        if port is not None:
            raise
        bound = _bound(asked, 0)
        said = (f"{error.message.partition(';')[0]}; another one was taken.", *said)
    return Listening(bound, asked, bound.getsockname()[1], entry, said)


def _bound(host: str, port: int) -> socket.socket:
    """Bind a socket."""
    if not 0 <= port <= 65535:
        raise ArgumentError(f"--port {port} is no port; expected 0 to 65535.")
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise ArgumentError(
            f"--host {host!r} is no address of this machine; expected one such as 0.0.0.0 or 192.168.1.5."
        ) from error
    made = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(place)
        made.listen(128)
    except OSError as error:
        made.close()
        raise _refused(error, host, port) from error
    return made


def _refused(error: OSError, host: str, port: int) -> HcsError:
    """Say why a port cannot be had."""
    import errno

    if error.errno == errno.EADDRINUSE:
        return PlaceError(f"Port {port} of {host} is taken; choose another with --port, or leave it out.")
    if error.errno == errno.EADDRNOTAVAIL:
        return ArgumentError(
            f"--host {host!r} is no address of this machine; expected one such as 0.0.0.0 or 192.168.1.5."
        )
    return PlaceError(f"Port {port} of {host} cannot be had: {system_reason(error)}.")


def _is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address.

    Examples
    --------
    >>> [_is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "microscope")]
    [True, True, True, False, False]
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _reached_at(host: str) -> str:
    """Give an address for a browser: one of this machine's for "all of them"."""
    try:
        if not ip_address(host).is_unspecified:
            return host
    except ValueError:
        return host
    # Nothing is sent: the system says which of its addresses it would send from.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("192.0.2.1", 9))
        except OSError:
            return socket.gethostname()
        return str(asking.getsockname()[0])


def guarded(routes: Sequence[BaseRoute], entry: Entry, *, body_bytes: int = BODY_BYTES) -> Starlette:
    """Put pages behind the guard; refusals become ``{"error": "one sentence"}``.

    Parameters
    ----------
    routes
        The pages; each says which methods it takes.
    entry
        Who is let in: that of `listen`.
    body_bytes
        Largest body of a request.
    """
    app = Starlette(
        routes=list(routes),
        middleware=[Middleware(Guard, entry=entry, body_bytes=body_bytes)],
        exception_handlers={HTTPException: _answered, HcsError: _told},
    )
    # A slash too many is another address, not this one.
    app.router.redirect_slashes = False
    return app


SENTENCES = {
    404: "There is no such page or file here.",
    405: "This address is only read.",
}


def _answered(request: Request, error: Exception) -> Response:
    """Say in a sentence what the router refuses."""
    assert isinstance(error, HTTPException)
    sentence = SENTENCES.get(error.status_code, error.detail)
    return JSONResponse({"error": sentence}, error.status_code, error.headers)


def _told(request: Request, error: Exception) -> Response:
    """Say what hcs refuses."""
    assert isinstance(error, HcsError)
    return JSONResponse({"error": error.message}, status_of(error))


class Serving:
    """A server that runs: in this thread until Ctrl-C (`run`), or beside it (`start`, `close`).

    Parameters
    ----------
    app
        Pages behind the guard.
    listening
        Where.
    notices
        What its user should know beside the address.
    """

    def __init__(self, app: ASGIApp, listening: Listening, notices: Sequence[str] = ()) -> None:
        self.listening = listening
        self.notices = (*listening.notices, *notices)
        # Its words for the terminal are of no use to who looks at plates; ours are those of `hcs.web`.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=Timely,
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                limit_concurrency=CONNECTIONS,
                h11_max_incomplete_event_size=HEAD_BYTES,
                timeout_keep_alive=KEPT_OPEN_S,
                timeout_graceful_shutdown=ENDING_S,
            )
        )
        self._thread: threading.Thread | None = None
        self._working: set[threading.Thread] = set()

    def __repr__(self) -> str:
        state = "ended" if self._server.should_exit else "running"
        return f"<{type(self).__name__} at {self.address}: {state}>"

    def _repr_html_(self) -> str:
        from html import escape

        return f'<a href="{escape(self.address)}" target="_blank" rel="noopener">{escape(self.address)}</a>'

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return self.listening.address

    def tell(self) -> None:
        """Print the address, and what there is to know."""
        print(f"open {self.address}   (Ctrl-C ends)", flush=True)
        self.note()

    def note(self) -> None:
        """Print what there is to know."""
        for sentence in self.notices:
            print(f"note: {sentence}", flush=True)

    def run(self) -> None:
        """Answer until Ctrl-C."""
        before = set(threading.enumerate())
        try:
            self._server.run(sockets=[self.listening.socket])
        except KeyboardInterrupt:
            pass
        finally:
            self.listening.socket.close()
            self._working = {one for one in threading.enumerate() if not one.daemon} - before

    def leave(self) -> None:
        """After `run`: end the process, if an answer is still worked on that nobody waits for any more.

        Python would wait for it, for ever where a network share hangs.
        """
        for thread in self._working:
            thread.join(LEAVING_S)
        if any(thread.is_alive() for thread in self._working):
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)

    def start(self) -> Self:
        """Answer in a thread of its own, from now on until `close`."""
        self._thread = threading.Thread(target=self.run, name="hcs.serve", daemon=True)
        self._thread.start()
        return self

    def close(self) -> None:
        """End it; what is being answered is answered first."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(ENDING_S + 1)
        self.listening.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
