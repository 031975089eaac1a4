import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from tests.hcs.web.asked import talk

from hcs.web import guard, serving, timely
from hcs.web.serving import PORT, Serving, guarded, listen
from hcs_plates.errors import ArgumentError, PlaceError

LINE = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"


async def _count(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


def _serving(**words: object) -> Serving:
    listening = listen(port=0, **words)  # type: ignore[arg-type]
    return Serving(guarded([Route("/", _count, methods=["GET", "POST"])], listening.entry), listening)


def _told(port: int, status: bytes) -> bool:
    """Whether the page answers so within some seconds."""
    for _ in range(50):
        if talk(port, LINE + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 " + status):
            return True
        time.sleep(0.05)
    return False


@pytest.fixture(scope="module")
def running() -> Iterator[int]:
    """Port of a server that has little patience."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timely, "ARRIVAL_S", 0.2)
        patch.setattr(guard, "ARRIVAL_S", 0.1)
        with _serving().start() as server:
            yield server.listening.port


class TestListening:
    """Where a server listens."""

    def test_this_machine_alone(self) -> None:
        """Unless it is asked for more, only this machine reaches it, and needs no token."""
        with listen(port=0).socket as bound:
            assert bound.getsockname()[0] == "127.0.0.1"
        listening = listen(port=0)
        listening.socket.close()
        assert (listening.entry.token, listening.entry.anywhere, listening.notices) == (None, False, ())

    @pytest.mark.parametrize("host", ["0.0.0.0", "::"])
    def test_network(self, host: str) -> None:
        """In a network there is a token of 192 bits, another one each time, and a link that can be opened."""
        listening, again = listen(host, 0), listen(host, 0)
        for one in (listening, again):
            one.socket.close()
        assert listening.entry.token is not None
        assert len(listening.entry.token) == 32
        assert listening.entry.token != again.entry.token
        assert listening.address.endswith(f"/?token={listening.entry.token}")
        assert listening.notices == (serving.OPENLY,)
        assert httpx.URL(listening.address).host not in {"0.0.0.0", "::"}

    def test_own_login(self) -> None:
        """Pages that let nobody in by themselves need no token of the server."""
        listening = listen("0.0.0.0", 0, own_login=True)
        listening.socket.close()
        assert listening.entry.token is None
        assert listening.entry.knows("10.0.0.7:80")

    def test_port_taken(self) -> None:
        """A port that was asked for and is taken is refused in a sentence that names the remedy."""
        with listen(port=0).socket as first:
            port = first.getsockname()[1]
            with pytest.raises(PlaceError, match=f"^Port {port} of 127.0.0.1 is taken; choose another"):
                listen(port=port)

    def test_usual_port_taken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where none was asked for another is taken, which is told."""
        with listen(port=0).socket as first:
            monkeypatch.setattr(serving, "PORT", first.getsockname()[1])
            other = listen()
            other.socket.close()
        assert other.notices == (f"Port {serving.PORT} of 127.0.0.1 is taken; another one was taken.",)

    @pytest.mark.parametrize(
        ("host", "port"),
        [("192.0.2.7", 0), ("no.such.host.invalid", 0), ("a b", 0), (None, 70000), (None, -1)],
    )
    def test_no_address(self, host: str | None, port: int) -> None:
        """An address of another machine, or none at all, is refused."""
        with pytest.raises(ArgumentError, match=r"^--(host|port) .* is no .*; expected"):
            listen(host, port)

    def test_usual_port(self) -> None:
        """The usual port is one that no standard service has."""
        assert 1024 < PORT < 32768


class TestPatience:
    """A client that dawdles, or floods, is let go; others are answered meanwhile."""

    @pytest.mark.parametrize(
        "parts",
        [[], [b"GET"], [LINE], [LINE + b"Content-Length: 100\r\n\r\n", b"x"], [LINE + b"\r\n", LINE]],
        ids=["silent", "first word", "no end of headers", "body of a page", "second request"],
    )
    def test_slow(self, running: int, parts: list[bytes]) -> None:
        """A request that does not arrive ends its connection."""
        begun = time.monotonic()
        talk(running, *parts)
        assert time.monotonic() - begun < 3

    def test_drops(self, running: int) -> None:
        """One byte at a time is no arrival either."""
        begun = time.monotonic()
        with socket.create_connection(("127.0.0.1", running), 5) as line, pytest.raises(ConnectionError):  # noqa: PT012
            for byte in (LINE + b"X: " + b"x" * 200) * 4:
                line.sendall(bytes([byte]))
                time.sleep(0.01)
        assert time.monotonic() - begun < 2

    def test_slow_body(self, running: int) -> None:
        """A body that does not come is answered so."""
        answer = talk(running, b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n", b"1234")
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'{"error": "The request did not arrive in time."}' in answer

    @pytest.mark.parametrize("flood", [b"X-Y: " + b"a" * 2000 + b"\r\n", b"a" * 5000])
    def test_headers(self, running: int, flood: bytes) -> None:
        """Headers without end are refused long before they fill the memory."""
        answer = talk(running, LINE, *[flood] * 200)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")

    def test_others_meanwhile(self, running: int) -> None:
        """While some dawdle, others are answered."""
        held = [socket.create_connection(("127.0.0.1", running)) for _ in range(30)]
        assert httpx.get(f"http://127.0.0.1:{running}/").status_code == 200
        for one in held:
            one.close()

    def test_many(self) -> None:
        """Connections are counted: one too many is told so; when others have gone the next is answered."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(serving, "CONNECTIONS", 5)
            server = _serving().start()
        with server:
            port = server.listening.port
            held = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
            assert _told(port, b"503")
            for one in held:
                one.close()
            assert _told(port, b"200")


def test_tells_nothing_of_itself(running: int) -> None:
    """No answer names the program or the hour, not even to what is no request."""
    page, odd = LINE + b"Connection: close\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n"
    for sent in (page, odd, b"\x16\x03\x01 no words\r\n\r\n"):
        answer = talk(running, sent).lower()
        assert answer.startswith(b"http/1.1 ")
        assert b"server:" not in answer
        assert b"date:" not in answer
        assert b"uvicorn" not in answer


def test_beside_a_notebook() -> None:
    """It answers beside what else runs, and its port is free again afterwards."""
    before = threading.enumerate()
    with _serving().start() as server:
        assert httpx.get(server.address).text == "0"
        assert "running" in repr(server)
        assert f'href="{server.address}"' in server._repr_html_()
        port = server.listening.port
    assert "ended" in repr(server)
    assert "hcs.serve" not in {thread.name for thread in threading.enumerate() if thread not in before}
    listen(port=port).socket.close()


def test_interrupted() -> None:
    """Ctrl-C ends it at once and without an error, also while somebody's connection is open."""
    server = _serving()
    with socket.create_connection(("127.0.0.1", server.listening.port)):
        begun = time.monotonic()
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        server.run()
    assert time.monotonic() - begun < 2
    listen(port=server.listening.port).socket.close()


HANGS = """
import time
from starlette.routing import Route
from hcs.web.serving import Serving, guarded, listen

listening = listen(port=0)
server = Serving(guarded([Route("/", lambda request: time.sleep(60))], listening.entry), listening)
server.tell()
server.run()
server.leave()
"""


@pytest.mark.slow
def test_leaves_what_hangs() -> None:
    """A share that hangs does not keep the process after Ctrl-C."""
    with subprocess.Popen([sys.executable, "-c", HANGS], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(re.findall(r":(\d+)/", process.stdout.readline())[0])
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(LINE + b"\r\n")
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
