import json
from collections.abc import AsyncIterator, Mapping
from http.cookies import SimpleCookie

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from tests.hcs.web.asked import HERE, ask, headers

from hcs.web.guard import BODY_BYTES, HEADERS, Entry
from hcs.web.serving import guarded
from hcs_plates.errors import ArgumentError, LookupRefusedError, StoreError

TOKEN = "t" * 32
LOCAL = Entry(frozenset({"127.0.0.1", "localhost", "::1"}))
NETWORK = Entry(frozenset({"127.0.0.1", "microscope"}), TOKEN, anywhere=True)


async def _echo(request: Request) -> Response:
    return PlainTextResponse(f"{len(await request.body())} bytes")


def _raise(request: Request) -> Response:
    kinds = {
        "bad": ArgumentError("No such thing."),
        "gone": LookupRefusedError("It is gone."),
        "changed": StoreError("P1.zarr", "has changed"),
    }
    raise kinds.get(request.path_params["kind"], ValueError("secret of the code"))


@pytest.fixture(params=[LOCAL, NETWORK], ids=["local", "network"])
def app(request: pytest.FixtureRequest) -> Starlette:
    """Pages for this machine alone, and for a network."""
    return _app(request.param)


def _app(entry: Entry) -> Starlette:
    def page(request: Request) -> Response:
        return PlainTextResponse(f"page {request.url.query}")

    return guarded(
        [
            Route("/", page),
            Route("/a/b", page),
            Route("/send", _echo, methods=["POST"]),
            Route("/no/{kind}", _raise),
        ],
        entry,
    )


def _pass(app: Starlette) -> Mapping[str, str]:
    """The cookie of somebody who followed the link."""
    return {"cookie": ask(app, f"/?token={TOKEN}").headers["set-cookie"].partition(";")[0]}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 200),
        ("localhost", 200),
        ("[::1]:8000", 200),
        ("evil.example:8000", 400),
        ("127.0.0.1.evil.example", 400),
        ("127.0.0.1@evil.example", 400),
        ("10.0.0.7:8000", 400),
        ("", 400),
    ],
)
def test_only_names_of_this_machine(host: str, status: int) -> None:
    """A name that was made to lead here (DNS rebinding) is refused, whatever it asks for."""
    assert ask(_app(LOCAL), "/", headers={"host": host}).status_code == status


def test_two_hosts() -> None:
    """Two names at once are none."""
    assert ask(_app(LOCAL), "/", headers=[("host", "127.0.0.1"), ("host", "evil.example")]).status_code == 400


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 200),
        ({"sec_fetch_site": "same-origin"}, 200),
        ({"sec_fetch_site": "none", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}, 200),
        # A link in a mail or a wiki is followed: the page shows, and tells nobody.
        ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}, 200),
        ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"}, 403),
        ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors", "sec_fetch_dest": "image"}, 403),
        ({"sec_fetch_site": "same-site", "sec_fetch_mode": "cors", "sec_fetch_dest": "empty"}, 403),
        ({"origin": HERE}, 200),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "https://127.0.0.1:8000"}, 403),
        ({"origin": "null"}, 403),
    ],
)
def test_requests_of_other_pages(sent: dict[str, str], status: int) -> None:
    """Other pages, those of other ports of this machine too, get nothing; what was typed or clicked does."""
    assert ask(_app(LOCAL), "/", headers=headers(**sent)).status_code == status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])
def test_pages_are_only_read(method: str) -> None:
    """A page that is only read takes no other method."""
    answer = ask(_app(LOCAL), "/", method=method)
    assert (answer.status_code, answer.json()) == (405, {"error": "This address is only read."})


def test_other_site_sends_nothing() -> None:
    """A cross-site request that would change something is refused, also one that opens a window."""
    sent = headers(sec_fetch_site="cross-site", sec_fetch_mode="navigate", sec_fetch_dest="document")
    assert ask(_app(LOCAL), "/send", method="POST", headers=sent).status_code == 403


class TestToken:
    """In a network, only who has the link gets in."""

    @pytest.mark.parametrize("path", ["/", "/a/b", "/nowhere", "/static/x.js", "/no/bad"])
    def test_no_token(self, path: str) -> None:
        """Without it nothing is told, not even which addresses there are."""
        answer = ask(_app(NETWORK), path)
        assert answer.status_code == 401
        (said,) = answer.json().values()
        assert said.startswith("This page is opened by the link that the server printed; ")

    @pytest.mark.parametrize(
        "query",
        ["token=" + "u" * 32, "token=", f"token={TOKEN}x", f"token={TOKEN}&token={TOKEN}", "token=%00"],
    )
    def test_wrong_token(self, query: str) -> None:
        """Another token is no token."""
        answer = ask(_app(NETWORK), f"/?{query}")
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers

    def test_exchange(self) -> None:
        """The link gives a cookie for no script and no other site's requests, and leads on without itself."""
        answer = ask(_app(NETWORK), f"/a/b?x=1&token={TOKEN}&y=2")
        assert (answer.status_code, answer.headers["location"]) == (303, "/a/b?x=1&y=2")
        (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
        assert cookie["httponly"]
        assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Lax", "/", "")
        assert TOKEN not in str(answer.headers)
        assert len(cookie.value) >= 32

    def test_in(self) -> None:
        """Who has the cookie gets in; whose cookie is of another server, or is made up, does not."""
        app, other = _app(NETWORK), _app(NETWORK)
        assert ask(app, "/", headers=_pass(app)).text == "page "
        beside = f"user[1]=x; =y; {_pass(app)['cookie']}; z"
        assert ask(app, "/", headers={"cookie": beside}).text == "page "
        for cookie in (
            _pass(other)["cookie"],
            "hcs-8000=",
            f"hcs-8000={TOKEN}",
            "hcs-8000",
            "\x00;=,",
            "a=b",
        ):
            assert ask(app, "/", headers={"cookie": cookie}).status_code == 401

    @pytest.mark.parametrize(
        "path",
        [
            "//evil.example/",
            "/%2fevil.example",
            "/%5cevil.example",
            "/\\evil.example",
            "/%0d%0aset-cookie:x=y",
        ],
    )
    def test_leads_nowhere_else(self, path: str) -> None:
        """The link cannot be bent to lead to another machine, or to say another header."""
        url = httpx.URL(f"{HERE}/").copy_with(raw_path=f"{path}?token={TOKEN}".encode())
        answer = ask(_app(NETWORK), str(url))
        assert answer.headers["location"].startswith("/")
        assert not answer.headers["location"].startswith(("//", "/\\"))
        assert len(answer.headers.get_list("set-cookie")) == 1


def test_headers_of_every_answer(app: Starlette) -> None:
    """Policy and its like stand on pages, refusals and faults alike; nothing is kept that does not say so."""
    opener = None if ask(app, "/").status_code == 401 else "same-origin"
    for path in ("/", "/nowhere", "/no/bad", "/no/fault", "/?token=x", f"/?token={TOKEN}"):
        answer = ask(app, path)
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS, path
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers.get("cross-origin-opener-policy") == opener
        assert not {"server", "date", "x-powered-by"} & set(answer.headers)
    assert "unsafe" not in HEADERS["content-security-policy"]


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [("bad", 400, "No such thing."), ("gone", 404, "It is gone."), ("changed", 409, "P1.zarr: has changed")],
)
def test_refusals(kind: str, status: int, said: str) -> None:
    """What hcs refuses arrives as its sentence."""
    answer = ask(_app(LOCAL), f"/no/{kind}")
    assert (answer.status_code, answer.json()) == (status, {"error": said})


def test_faults_tell_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A fault of the code is told in the terminal, in a line; the browser learns that there was one."""
    answer = ask(_app(LOCAL), "/no/fault")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    (line,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert line == "fault of hcs at '/no/fault': ValueError: secret of the code (_raise in test_guard.py)"


class TestBodies:
    """Bodies are small."""

    def test_small(self) -> None:
        """One that fits is taken."""
        assert (
            ask(_app(LOCAL), "/send", method="POST", content=b"x" * BODY_BYTES).text == f"{BODY_BYTES} bytes"
        )

    def test_said_to_be_large(self) -> None:
        """One that says it is too large is not even read."""
        answer = ask(_app(LOCAL), "/send", method="POST", content=b"x" * (BODY_BYTES + 1))
        assert (answer.status_code, answer.headers["connection"]) == (413, "close")
        assert json.loads(answer.text) == {"error": "A request may have 65,536 bytes at most."}

    @pytest.mark.parametrize("length", ["-1", "1e3", "", "9" * 5000, "12, 12"])
    def test_no_length(self, length: str) -> None:
        """A length that is none is refused."""
        assert ask(_app(LOCAL), "/send", method="POST", headers={"content-length": length}).status_code == 413

    def test_grows(self) -> None:
        """One that says nothing of its length is read up to the limit."""

        async def parts() -> AsyncIterator[bytes]:
            for _ in range(100):
                yield b"x" * 4096

        assert ask(_app(LOCAL), "/send", method="POST", content=parts()).status_code == 413
