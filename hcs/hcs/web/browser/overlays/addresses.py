"""The addresses of overlays, and the list of them that belongs to a field."""

from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hcs.web.browser.overlays.bench import Bench
from hcs.web.browser.overlays.overlay import Drawn, Overlay, Shown
from hcs.web.browser.overlays.registry import OVERLAYS
from hcs.web.browser.pixels import whole
from hcs.web.browser.site import Site
from hcs_models.engine import release_memory
from hcs_plates.errors import LookupRefusedError, nearest

HELD_BYTES = 32_000_000
"""Drawings that are kept: some dozen fields, more of sparse ones."""

Drawings = Mapping[str, Drawn]


def routes(site: Site) -> list[Route]:
    """List the addresses of overlays."""
    desk = _Desk(site)
    return [Route("/api/overlay/{plate}/{well}/{field}/{name}", desk.overlay)]


def offered(site: Site, number: int, well: str, key: str) -> list[dict[str, Any]]:
    """Tell every overlay of a field: what it is, or why it cannot be had; nothing is measured or drawn."""
    shown = _shown(site, number, well, key)
    return [offer.told() for overlay in OVERLAYS for offer in overlay.offers(shown)]


def _shown(site: Site, number: int, well: str, key: str) -> Shown:
    """Give a field (LookupRefusedError if it is not there)."""
    site.field(number, well, key)
    return Shown(site.opened(number).view.plate, well, key, site.study)


def _found(shown: Shown, name: str, time: int) -> tuple[Overlay, str]:
    """Find an overlay of a field that can be had at a time point, and the mark of what it is drawn from."""
    known = {offer.name: (overlay, offer) for overlay in OVERLAYS for offer in overlay.offers(shown)}
    if name not in known:
        raise LookupRefusedError(f"The field has no overlay {name[:40]!r}; {nearest(name[:40], known)}")
    overlay, offer = known[name]
    offer.check(time)
    return overlay, overlay.mark(shown)


class _Desk:
    """Answers for one site, and keeps what was drawn last."""

    def __init__(self, site: Site) -> None:
        self.site = site
        # One thread: a field takes all of a core for half a second, and pixels are asked for meanwhile.
        self.bench = Bench(ThreadPoolExecutor(1, thread_name_prefix="hcs-overlay"))
        self._held: OrderedDict[tuple[Any, ...], Drawings] = OrderedDict()

    async def overlay(self, request: Request) -> Response:
        """Send an overlay; what is slow to draw waits for its turn, and for nobody who has gone."""
        path = request.path_params
        number, time = whole("plate", path["plate"]), whole("t", request.query_params.get("t", "0"))
        well, key, name = path["well"], path["field"], path["name"]
        shown = await run_in_threadpool(_shown, self.site, number, well, key)
        overlay, mark = await run_in_threadpool(_found, shown, name, time)
        place = (number, well, key, type(overlay).__name__, mark)
        if place not in self._held:
            work = partial(_drawn, overlay, shown)
            if overlay.slow:
                made = await self.bench.done(place, work, request.is_disconnected)
            else:
                made = await run_in_threadpool(work)
            self._keep(place, made)
        self._held.move_to_end(place)
        return self._held[place][name].answer(request.headers.get("accept-encoding", ""))

    def _keep(self, place: tuple[Any, ...], made: Drawings) -> None:
        """Keep drawings, and let the oldest go."""
        self._held[place] = made
        while len(self._held) > 1 and sum(map(_size, self._held.values())) > HELD_BYTES:
            self._held.popitem(last=False)


def _drawn(overlay: Overlay, shown: Shown) -> Drawings:
    """Draw, and give back the memory of it: a large field takes hundreds of megabytes for a second."""
    try:
        return overlay.draw(shown)
    finally:
        release_memory()


def _size(made: Drawings) -> int:
    return sum(len(drawn.content) for drawn in made.values())
