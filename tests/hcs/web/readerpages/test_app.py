"""What a reader's browser, and what somebody else's, gets from the pages of a reader study."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.hcs.web.readerpages.conftest import Served, click
from tests.hcs.web.readerpages.packs import make_pack

from hcs.web.readerpages import app as pages
from hcs_plates.errors import StoreError


def test_a_reader_goes_through_training_and_test(served: Served) -> None:
    """Labels are told in training, after the answer; never in the test; the state counts what is stored."""
    client, made = served.client(), served.made
    about = client.get("/state").json()
    assert (about["reader"], about["training"], about["total"], about["answered"]) == ("reader 1", 2, 10, 0)
    for position in range(10):
        assert client.get(f"/image/{position}").content == made.pack.image(
            made.pack.items("reader 1")[position].image
        )
        said = client.post("/click", json=click(position, position)).json()
        label = made.label("reader 1", position) if position < 2 else None
        assert said == {"state": {"revision": position + 1, "answered": position + 1}, "label": label}
    assert len(served.responses.table()) == 10


def test_who_is_not_logged_in_gets_nothing(served: Served) -> None:
    """No image, no click; the state says that nobody is there."""
    client = served.client(None)
    assert client.get("/state").json() == {"reader": None}
    assert client.get("/image/0").status_code == 401
    assert client.post("/click", json=click(0, 0)).status_code == 401
    client.cookies.set("hcs-reader-8737", served.made.tokens["reader 1"][:-1])
    assert client.get("/image/0").status_code == 401
    assert served.responses.log().empty


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(served: Served) -> None:
    """HttpOnly, SameSite=Strict; named by the port, which browsers do not keep cookies apart by."""
    answer = served.client(None).post("/login", json={"token": served.made.tokens["reader 1"]})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert cookie.startswith("hcs-reader-")
    client = served.client()
    client.post("/logout", json={})
    assert client.get("/state").json() == {"reader": None}


def test_a_wrong_token_costs_time_and_tries_are_bounded(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is waited for, at most eight at a time; a right one is let in meanwhile."""
    monkeypatch.setattr(pages, "WRONG_S", 0.6)
    reader = served.made.pack.schedules["reader 1"]
    wrong = ["x", "", served.made.tokens["reader 1"] + "x", reader.token_sha256] * 3
    began = time.monotonic()
    with ThreadPoolExecutor(len(wrong)) as pool:
        tried = [pool.submit(served.client(None).post, "/login", json={"token": one}) for one in wrong]
        assert served.client("reader 2").get("/state").json()["reader"] == "reader 2"
        answers = [one.result() for one in tried]
    assert time.monotonic() - began >= 0.6
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {403, 429}
    assert statuses.count(403) >= pages.WRONG_AT_ONCE
    assert not any("set-cookie" in answer.headers for answer in answers)


def test_another_reader_in_the_same_browser_answers_for_nobody(served: Served) -> None:
    """A tab of reader 1, in whose browser reader 2 has logged in since, stores nothing under either name."""
    client = served.client("reader 2")
    answer = client.post("/click", json=click(0, 0))
    assert answer.status_code == 401
    assert "reader 2 has logged in" in answer.json()["error"]
    assert served.responses.log().empty


def test_only_what_is_shown_now_next_and_before(served: Served) -> None:
    """The present image, the one after it, and those that are answered; all others are refused alike."""
    client = served.client()
    for position in range(3):
        client.post("/click", json=click(position, position))
    statuses = [client.get(f"/image/{position}").status_code for position in range(12)]
    assert statuses == [200] * 5 + [404] * 7
    refusals = {(answer.content, tuple(answer.headers.items())) for answer in map(client.get, AHEAD)}
    assert len(refusals) == 1


AHEAD = [f"/image/{position}" for position in (5, 9, 10, 11, 10**6, 10**30)]


PATHS = [
    "/image/-1",
    "/image/0x1",
    "/image/1.0",
    "/image/",
    "/image/..%2f..%2fpack.json",
    "/image/0/../../pack.json",
    "/static/../pack.json",
    "/static/..%2f..%2freaderpages%2fapp.py",
    "/static/%2e%2e/%2e%2e/readerpages/app.py",
    "/static//etc/passwd",
    "/pack.json",
    "/schedule.json",
    "/responses.sqlite",
    "/images/",
]


def test_no_path_leads_out(served: Served) -> None:
    """Addresses are positions and a list of names; whatever else is asked is not there."""
    client = served.client()
    for path in PATHS:
        answer = client.get(path)
        assert (answer.status_code, set(answer.json())) == (404, {"error"}), path


FOREIGN = [
    {"origin": "http://evil.example"},
    {"origin": "http://127.0.0.1:1"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
]


def test_other_pages_cannot_answer(served: Served) -> None:
    """A post of another site or port is refused, whoever is logged in."""
    client = served.client()
    for headers in FOREIGN:
        assert client.post("/click", json=click(0, 0), headers=headers).status_code == 403, headers
    assert served.responses.log().empty


def test_a_form_cannot_answer(served: Served) -> None:
    """What another page could send without asking (a form, plain text) is no click."""
    client = served.client()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        answer = client.post("/click", content=json.dumps(click(0, 0)), headers={"content-type": kind})
        assert answer.status_code == 415
    assert served.responses.log().empty


MALFORMED: list[Any] = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"\xff\xfe{}",
    b"[" * 3000,
    click(0, 0, position="0"),
    click(0, 0, position=True),
    click(0, 0, position=-1),
    click(0, 0, position=10**400),
    click(0, 0, position=99),
    click(0, 0, call="healthy"),
    click(0, 0, call=["ALS"]),
    click(0, 0, sure=1),
    click(0, 0, sure=None),
    click(0, 0, call=None, sure=True),
    click(0, 0, revision=0.5),
    click(0, 0, click="'; DROP TABLE log; --"),
    click(0, 0, seconds=-1),
    click(0, 0, seconds="NaN"),
    click(0, 0, image="x"),
    click(0, 0, answered_at="1999"),
    {key: value for key, value in click(0, 0).items() if key != "sure"},
    json.dumps(click(0, 0)).replace("1.5", "NaN").encode(),
    json.dumps(click(0, 0)).replace("1.5", "1e999").encode(),
]


def test_what_is_no_click_is_refused_in_a_sentence(served: Served) -> None:
    """Nothing is stored, and nothing is a fault."""
    client = served.client()
    for body in MALFORMED:
        content = body if isinstance(body, bytes) else json.dumps(body)
        answer = client.post("/click", content=content, headers={"content-type": "application/json"})
        assert (answer.status_code, set(answer.json())) == (400, {"error"}), body
    assert served.responses.log().empty


def test_a_large_body_is_not_read(served: Served) -> None:
    """Neither one that says its length nor one that does not."""

    async def parts() -> Any:
        for part in [b"x" * 1000] * 100:
            yield part

    client = served.client()
    words = {"content-type": "application/json"}
    assert client.post("/click", content=b"x" * 100_000, headers=words).status_code == 413
    assert client.post("/click", content=parts(), headers=words).status_code == 413


def test_two_tabs(served: Served) -> None:
    """The second tab's answer on the older state is refused with the state that stands; nothing is lost."""
    client = served.client()
    for position in range(3):
        client.post("/click", json=click(position, position))
    answer = client.post("/click", json=click(2, 2, call="control", click="f" * 24))
    assert answer.status_code == 409
    assert answer.json()["state"] == {"revision": 3, "answered": 3}
    assert list(served.responses.table()["call"]) == ["ALS"] * 3


def test_a_click_sent_again_is_acknowledged_once(served: Served) -> None:
    """Its acknowledgement was lost on the way: the same answer, the label of training too, and one row."""
    client = served.client()
    first, again = (client.post("/click", json=click(0, 0)).json() for _ in range(2))
    assert first == again
    assert len(served.responses.log()) == 1


def test_a_label_is_not_told_for_another_answer_sent_again(served: Served) -> None:
    """The name of a stored click, with the position of the next training image: refused, no label."""
    client = served.client()
    first = click(0, 0)
    client.post("/click", json=first)
    answer = client.post("/click", json={**first, "position": 1})
    assert (answer.status_code, set(answer.json())) == (400, {"error"})
    assert len(served.responses.log()) == 1


def test_undo_goes_back_to_the_first_image_of_the_test(served: Served) -> None:
    """By one and more; answers of the training round stand, since their labels were told."""
    client = served.client()
    for position in range(4):
        client.post("/click", json=click(position, position))
    assert client.post("/click", json=click(3, 4, call=None)).json()["state"]["answered"] == 3
    assert client.post("/click", json=click(2, 5, call=None)).json() == {
        "state": {"revision": 6, "answered": 2},
        "label": None,
    }
    refused = client.post("/click", json=click(1, 6, call=None))
    assert refused.status_code == 400
    assert "training" in refused.json()["error"]


def test_a_break_counts_as_an_hour(served: Served) -> None:
    """A duration is bounded, however long the page lay open."""
    served.client().post("/click", json=click(0, 0, seconds=1e12))
    assert list(served.responses.table()["seconds"]) == [3600.0]


@pytest.mark.parametrize("change", [b"\x00", b"tEXt"])
def test_images_that_could_be_told_apart_are_not_served(served: Served, change: bytes) -> None:
    """One with a byte more, or one that carries more than pixels."""
    from hcs.web.readerpages.desk import Desk

    pack = served.made.pack
    file = pack.folder / "images" / f"{pack.items('reader 1')[0].image}.png"
    content = file.read_bytes()
    file.write_bytes(content + change if change == b"\x00" else content.replace(b"IDAT", change))
    with pytest.raises(StoreError, match="holds images"):
        Desk(pack, served.responses)


def test_names_are_data(tmp_path: Any) -> None:
    """HTML in the question and in a reader's name goes out as JSON that no browser takes for a page."""
    from hcs.readerstudy.responses import Responses
    from hcs.web.guard import Entry
    from hcs.web.readerpages.desk import Desk
    from hcs.web.serving import LOCAL_NAMES

    name = "<script>alert(1)</script>"
    made = make_pack(tmp_path / "pack", readers=(name,), question="<img src=x onerror=alert(1)>")
    with Responses(made.pack.folder, create=True) as responses:
        served = Served(made, responses, pages.reader_pages(Desk(made.pack, responses), Entry(LOCAL_NAMES)))
        answer = served.client(name).get("/state")
    assert answer.json()["reader"] == name
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
