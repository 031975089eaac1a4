"""The addresses that tell of wells: heatmap, tables, one well, and the next one."""

from functools import partial
from typing import Any, cast
from urllib.parse import quote

import pandas as pd
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from hcs.heatmaps.values import View
from hcs.web.browser.filters import asked_filters, chosen_wells
from hcs.web.browser.held import Held, held_wells
from hcs.web.browser.site import Site
from hcs.web.browser.value import Value
from hcs.web.browser.values import SiteWells
from hcs.web.browser.wellmap import heatmap_piece, site_heatmap
from hcs.web.browser.wellrecord import record_table, well_record
from hcs.web.browser.wrongclones import next_wrong
from hcs_plates.csvcells import csv_text
from hcs_plates.errors import ArgumentError

OFFERED_FIRST = ("well_score.", "platemap.diagnosis", "platemap.clone", "measured.", "platemap.")
"""What is shown where nothing is asked for: the first of these that there is."""


def routes(site: Site) -> list[Route]:
    """List the addresses."""
    return [
        Route("/api/heatmap", partial(heatmap, site)),
        Route("/api/wells.csv", partial(wells_csv, site)),
        Route("/api/well/{plate}/{well}.csv", partial(well_csv, site)),
        Route("/api/well/{plate}/{well}", partial(well, site)),
        Route("/api/next", partial(step, site)),
    ]


def described(site: Site) -> dict[str, Any]:
    """Tell which values wells have, which of them is shown first, and what wells can be filtered by."""
    held = held_wells(site)
    told = list(held.wells.notices)
    if site.plates and not any(one.measured for one in held.wells.measured):
        told.append("Nothing measured is shown: hcs measure PLATE counts cells and traces neurites.")
    if site.study is None:
        told.append("No study is shown: hcs serve RESULTS shows its scores and calls beside its plates.")
    return {
        "values": [
            {**value.document(), "numeric": _numeric(held.wells.table[value.key])}
            for value in held.wells.values
        ],
        "first": first_value(held.wells).key,
        "filters": [one.document() for one in held.filters],
        "wrong": held.wells.scores is not None and any(one.key == "called" for one in held.filters),
        "noun": "" if held.wells.scores is None else held.wells.scores.classes.noun,
        "told": told,
    }


def _numeric(values: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values))


def first_value(wells: SiteWells) -> Value:
    """Choose what is shown where nothing is asked for."""
    for beginning in OFFERED_FIRST:
        for value in wells.values:
            if value.key.startswith(beginning):
                return value
    return wells.values[0]


def heatmap(site: Site, request: Request) -> Response:
    """Send the plates with a value of every well, as a piece of a page."""
    held = held_wells(site)
    found = site_heatmap(held.wells, _value(held, request), _view(request))
    return HTMLResponse(heatmap_piece(held.wells, found, _met(held, request)))


def wells_csv(site: Site, request: Request) -> Response:
    """Send the wells that meet the filters, with every value that they have; the shown one first."""
    held = held_wells(site)
    wells, shown, view = held.wells, _value(held, request), _view(request)
    headings = wells.headings()
    table, first = wells.table, shown
    if view == "difference":
        found = site_heatmap(wells, shown, view).table[["plate", "well", "shown"]]
        table = table.merge(found.rename(columns={"plate": "name"}), on=["name", "well"], how="left")
        first, headings["shown"] = "shown", f"{headings[shown]}_minus_plate_median"
    kept = dict.fromkeys(["name", "well", first, *wells.by_key])
    named = {**headings, "name": "plate"}
    return _csv(table.loc[_met(held, request).to_numpy(), [*kept]].rename(columns=named), "wells.csv")


def well(site: Site, request: Request) -> Response:
    """Tell what is known of one well."""
    plate, name = request.path_params["plate"], request.path_params["well"]
    held = held_wells(site)
    held.wells.row(plate, name)
    return JSONResponse(well_record(held.wells, site.opened(int(plate)).view, plate, name))


def well_csv(site: Site, request: Request) -> Response:
    """Send what is known of one well and its fields as a table."""
    plate, name = request.path_params["plate"], request.path_params["well"]
    held = held_wells(site)
    row = held.wells.well(plate, name)
    table = record_table(held.wells, site.opened(int(plate)).view, plate, name)
    return _csv(table, f"{row['name']}-{name}.csv")


def step(site: Site, request: Request) -> Response:
    """Tell which well of a clone called wrong comes next among those that meet the filters."""
    query = request.query_params
    steps = {"1": 1, "-1": -1}
    if (asked := query.get("step", "1")) not in steps:
        raise ArgumentError(f"A step is 1 or -1, not {asked!r}.")
    held = held_wells(site)
    at = query.get("plate", ""), query.get("well", "")
    return JSONResponse(next_wrong(held.wells, _met(held, request), at, steps[asked]).document())


def _value(held: Held, request: Request) -> str:
    asked = request.query_params.get("value")
    return (held.wells.value(asked) if asked else first_value(held.wells)).key


def _view(request: Request) -> View:
    return cast("View", request.query_params.get("view") or "value")


def _met(held: Held, request: Request) -> pd.Series:
    """Wells that meet the filters of an address."""
    return chosen_wells(held.wells, held.filters, asked_filters(dict(request.query_params)))


def _csv(table: pd.DataFrame, name: str) -> Response:
    """Send a table as a file."""
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return Response(csv_text(table), media_type="text/csv; charset=utf-8", headers=headers)
