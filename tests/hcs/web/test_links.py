"""Links to pages of a server, followed from a message that another site shows, in Chromium."""

from typing import Any

import pytest
from starlette.routing import Route
from tests.hcs.web.readerpages.packs import make_pack

from hcs.web.browser.app import page
from hcs.web.readerpages.serve import served_readers
from hcs.web.serving import Serving, guarded, listen

pytestmark = pytest.mark.browser
MAIL = "http://mail.example/"


def _follow(context: Any, link: str) -> Any:
    """Open a message with a link in it, and click the link."""
    message = context.new_page()
    message.route(
        MAIL, lambda route: route.fulfill(content_type="text/html", body=f'<a href="{link}">Look</a>')
    )
    message.goto(MAIL)
    with message.expect_navigation() as gone:
        message.click("a")
    return message, gone.value


def test_link_of_a_message(browser: Any) -> None:
    """The link with the token lets in at once; after that a link to a view without it does, too."""
    listening = listen("0.0.0.0", 0)
    app = guarded([Route("/", page)], listening.entry)
    with Serving(app, listening).start() as server:
        context = browser.new_context()
        shown, answer = _follow(context, server.address)
        assert answer.status == 200
        assert "token" not in shown.url
        assert _follow(context, f"{shown.url}#well=B03")[1].status == 200
        assert _follow(browser.new_context(), shown.url)[1].status == 401


def test_reader_follows_a_link(browser: Any, tmp_path: Any) -> None:
    """A reader's link logs in from a message, and so does the page's bare address later."""
    made = make_pack(tmp_path / "pack")
    with served_readers(made.pack.folder, host="0.0.0.0", port=0) as serving, serving.start() as server:
        context = browser.new_context()
        (reader, token), *_ = made.tokens.items()
        shown, _ = _follow(context, f"{server.address}#{token}")
        shown.wait_for_selector("#begin:visible")
        assert shown.inner_text("#who") == reader
        shown, _ = _follow(context, server.address)
        shown.wait_for_selector("#begin:visible")
