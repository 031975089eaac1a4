"""The addresses of the plate browser; all are read, none changes anything."""

from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hcs.web.browser import wellroutes
from hcs.web.browser.held import held_wells
from hcs.web.browser.overlays.addresses import offered
from hcs.web.browser.overlays.addresses import routes as overlay_routes
from hcs.web.browser.pixels import TILE, asked_piece, whole
from hcs.web.browser.site import OpenPlate, Site
from hcs.web.guard import Entry
from hcs.web.resources import resources, static_route
from hcs.web.serving import guarded
from hcs_plates.errors import HcsError, StoreError
from hcs_plates.viewing import ViewedPlate

PLACE = "/{plate}/{well}/{field}"
KEPT_S = 7 * 24 * 3600
"""How long a browser keeps pixels of a plate whose address has the digest of its images."""
KEPT_OF_OTHERS_S = 300
"""The same of plates of others, whose pixels could be written anew without a word in their description."""


def browser(site: Site, entry: Entry) -> Starlette:
    """Give the whole browser, behind the guard."""
    return guarded(routes(site), entry)


def routes(site: Site) -> list[Route]:
    """List the browser's addresses."""
    return [
        Route("/", page),
        static_route(),
        Route("/api/plates", partial(plates, site)),
        Route(f"/api/field{PLACE}", partial(field, site)),
        Route(f"/api/pixels{PLACE}/{{level}}/{{row}}/{{column}}", partial(pixels, site)),
        *overlay_routes(site),
        *wellroutes.routes(site),
    ]


def look_ahead(site: Site) -> None:
    """Do once what the first page would wait for: wells read, a heatmap drawn, the contrast learned."""
    # What cannot be done is told when it is asked for.
    with suppress(HcsError):
        wellroutes.heatmap(site, Request({"type": "http", "query_string": b"", "headers": []}))
        view = site.opened(0).view
        for well, keys in islice(view.fields.items(), 1):
            _ = view.field(well, keys[0]).channels


def page(request: Request) -> Response:
    """Send the page, which asks for all else."""
    return resources()["index.html"].answer(request)


def plates(site: Site, request: Request) -> Response:
    """Tell which plates there are, what of them has images, and which study they are of."""
    study = site.study
    told = {
        "study": None if study is None else {"title": study.title},
        "notices": list(site.notices),
        "plates": [_plate(site, number, one) for number, one in enumerate(site.all())],
        **wellroutes.described(site),
    }
    return JSONResponse(told)


def _plate(site: Site, number: int, opened: OpenPlate) -> dict[str, Any]:
    view = opened.view
    return {
        "number": number,
        # Told from others of that name, as wherever wells are listed.
        "name": held_wells(site).wells.names[number],
        "version": view.version,
        "images": opened.version,
        "format": {"rows": view.format.rows, "columns": view.format.columns, "size": view.format.size},
        "notices": [*view.notices, *filter(None, [opened.gone])],
        "wells": list(view.fields),
        "fields": {well: [str(key) for key in keys] for well, keys in view.fields.items()},
        "channels": list(view.channels),
    }


def field(site: Site, request: Request) -> Response:
    """Tell what a field is, so that the browser can ask for its pixels."""
    number, well, key = _place(request)
    shown = site.field(number, well, key)
    opened = site.opened(number)
    told = {
        "plate": str(number),
        "well": well,
        "field": key,
        "version": opened.version,
        "dtype": shown.dtype,
        "times": shown.n_times,
        "steps": shown.n_z,
        "pixel_um": None if shown.pixel_size_um is None else list(shown.pixel_size_um),
        "channels": [
            {
                "name": channel.name,
                "colour": channel.colour,
                "low": channel.low,
                "high": channel.high,
                "limits": list(channel.limits),
            }
            for channel in shown.channels
        ],
        "levels": [
            {"height": level.height, "width": level.width, "chunk": [level.chunk_height, level.chunk_width]}
            for level in shown.levels
        ],
        "tile": TILE,
        "missing": sorted(list(plane) for plane in shown.missing),
        "overlays": offered(site, number, well, key),
        "place": _stage(opened.view, well, key),
    }
    return JSONResponse(told)


def _stage(view: ViewedPlate, well: str, key: str) -> dict[str, float | str | None] | None:
    """Tell where the stage stood, and how its y runs on images, where the export said so."""
    if view.plate is None:
        return None
    spec = view.plate.spec
    found = spec.positions_um.get((well, int(key)))
    return None if found is None else {"x_um": found[0], "y_um": found[1], "y_axis": spec.y_axis}


def pixels(site: Site, request: Request) -> Response:
    """Send the samples of a piece of a level; the browser keeps them: their address names the images."""
    number, well, key = _place(request)
    opened, asked = site.opened(number), request.query_params.get("v")
    if asked not in (None, opened.version):
        raise StoreError(opened.view.path, "has changed since this page was opened; load the page again")
    piece = asked_piece(request.path_params, request.query_params)
    with site.reading:
        content = piece.read(site.field(number, well, key))
    kept = KEPT_OF_OTHERS_S if opened.view.plate is None else KEPT_S
    said = "no-store" if asked is None else f"private, max-age={kept}, immutable"
    return Response(content, media_type="application/octet-stream", headers={"cache-control": said})


def _place(request: Request) -> tuple[int, str, str]:
    """Read which field is meant."""
    path = request.path_params
    return whole("plate", path["plate"]), path["well"], path["field"]
