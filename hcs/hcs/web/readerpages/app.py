"""The pages of a reader study over HTTP: login by token, images by position, clicks."""

import asyncio
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hcs.readerstudy.clicks import Said, StaleError
from hcs.web.guard import Entry
from hcs.web.readerpages.desk import Desk
from hcs.web.resources import resources, static_route
from hcs.web.serving import guarded

BODY_BYTES = 4096
"""Largest body of a request; a click has about 200 bytes."""
WRONG_S = 1.0
"""What a wrong token costs."""
WRONG_AT_ONCE = 8
"""Wrong tokens that are waited for at the same time; more are turned away. So there are 8 tries a second."""
COOKIE_DAYS = 90


Model = TypeVar("Model", bound=BaseModel)


class _Login(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    token: str = Field(max_length=200)


class _Clicked(Said):
    reader: str
    """Whom the page takes its reader for: another may have logged in in the same browser since."""


def reader_pages(desk: Desk, entry: Entry) -> Starlette:
    """Give the pages behind the guard.

    Parameters
    ----------
    desk
        What readers see and do.
    entry
        Which addresses are this server's (`listen`); readers log in by their own tokens.
    """
    pages = _Pages(desk)
    routes = [
        Route("/", pages.page),
        Route("/login", pages.login, methods=["POST"]),
        Route("/logout", pages.logout, methods=["POST"]),
        Route("/state", pages.state),
        Route("/image/{position:int}", pages.image),
        Route("/click", pages.click, methods=["POST"]),
        static_route(),
    ]
    return guarded(routes, entry, body_bytes=BODY_BYTES)


class _Pages:
    """The routes."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._wrong = 0

    def page(self, request: Request) -> Response:
        """Send the page, which is the same for everybody until it has asked who is there."""
        return resources()["reader.html"].answer(request)

    async def login(self, request: Request) -> Response:
        """Take a token, and give it back as a cookie that no script can read."""
        token = (await _body(request, _Login)).token
        if self._desk.reader_of(token) is not None:
            answer = JSONResponse({})
            answer.set_cookie(
                _cookie(request),
                token,
                max_age=COOKIE_DAYS * 86400,
                httponly=True,
                samesite="strict",
            )
            return answer
        if self._wrong >= WRONG_AT_ONCE:
            raise HTTPException(429, "Too many wrong tokens; wait a minute and try again.")
        self._wrong += 1
        try:
            await asyncio.sleep(WRONG_S)
        finally:
            self._wrong -= 1
        raise HTTPException(403, "This is nobody's token. Copy it whole from the link that you were given.")

    def logout(self, request: Request) -> Response:
        """Forget the token; answers stay."""
        answer = JSONResponse({})
        answer.delete_cookie(_cookie(request), httponly=True, samesite="strict")
        return answer

    def state(self, request: Request) -> Response:
        """Say what is asked, and where the reader stands; that nobody is logged in is no error."""
        reader = self._logged_in(request)
        return JSONResponse({"reader": None} if reader is None else self._desk.shown(reader))

    def image(self, request: Request) -> Response:
        """Send an image: its bytes, and nothing that differs between two of them."""
        content = self._desk.image(self._reader(request), request.path_params["position"])
        return Response(content, media_type="image/png")

    async def click(self, request: Request) -> Response:
        """Store an answer or take it back; what is acknowledged is on the disk."""
        reader = self._reader(request)
        clicked = await _body(request, _Clicked)
        if clicked.reader != reader:
            raise HTTPException(401, f"{reader} has logged in in this browser; the answer was not stored.")
        try:
            return JSONResponse(await run_in_threadpool(self._desk.click, reader, clicked))
        except StaleError as stale:
            state = {"revision": stale.state.revision, "answered": stale.state.answered}
            return JSONResponse({"error": stale.message, "state": state}, 409)

    def _reader(self, request: Request) -> str:
        """Name who is logged in; nobody else goes on."""
        reader = self._logged_in(request)
        if reader is None:
            raise HTTPException(401, "Log in with your token.")
        return reader

    def _logged_in(self, request: Request) -> str | None:
        token = request.cookies.get(_cookie(request))
        return None if token is None else self._desk.reader_of(token)


def _cookie(request: Request) -> str:
    """Name the cookie by the port, which browsers do not keep cookies apart by."""
    return f"hcs-reader-{(request.scope.get('server') or ('', 0))[1]}"


async def _body(request: Request, model: type[Model]) -> Model:
    """Read a body as JSON of one shape."""
    # A form of another page can send text and forms without being asked, and no JSON.
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "The body has to be JSON (content-type: application/json).")
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        fields = sorted({str(one["loc"][0]) for one in error.errors() if one["loc"]})
        which = f" (see {', '.join(fields)})" if fields else ""
        raise HTTPException(400, f"This is not what the page sends{which}; load the page again.") from error
