"""The heatmap of a value over all plates, as a piece of a page; made as `hcs heatmap` makes its pages."""

from dataclasses import replace
from typing import Any

import pandas as pd

from hcs.figures.theme import label_colours, score_map
from hcs.heatmaps.heatmap import WellHeatmap, rows_heatmap
from hcs.heatmaps.plates import page_plates
from hcs.heatmaps.rows import ABOUT, joined_rows
from hcs.heatmaps.values import View
from hcs.pages.page import render
from hcs.web.browser.mappedwells import MAPPED
from hcs.web.browser.measuredwells import SOURCES, counting_fields
from hcs.web.browser.scoredwells import LEVELS
from hcs.web.browser.value import RIGHT, WRONG, Value
from hcs.web.browser.values import SiteWells
from hcs.wording import counted

IDENT = "wells"
ROOM = 20.0
"""Width of the plates' column, rem."""
VERDICTS = {RIGHT: "#009e73", WRONG: "#cc79a7"}


def site_heatmap(wells: SiteWells, key: str, view: View = "value") -> WellHeatmap:
    """Lay a value of all plates out on one scale.

    Raises
    ------
    ArgumentError
        No such value or view, or a difference of a category.
    """
    value = wells.value(key)
    table = wells.table
    column = key.partition(".")[2]
    about = [name for name in ABOUT if f"platemap.{name}" in table and f"platemap.{name}" != key]
    named = {name: table[f"platemap.{name}"] for name in about}
    shown = pd.DataFrame({"plate": table["name"], "well": table["well"], **named, "value": table[key]})
    if value.kind != "state":
        # What says why a well is left out is told of those that are.
        shown["included"] = table[MAPPED]
    rows, unit = _behind(wells, key)
    read = replace(joined_rows([(shown, rows)], list(wells.formats.values()), column), unit=unit)
    return rows_heatmap(read, value.title, view, **_colours(wells, value, view))


def _behind(wells: SiteWells, key: str) -> tuple[pd.DataFrame, str]:
    """List what a value of wells sums up, and what one row of it is; nothing where it is no such sum."""
    source, _, model = key.partition(".")
    if source in SOURCES:
        several = zip(wells.names, wells.measured, strict=True)
        parts = [
            counting_fields(one).assign(plate=plate)
            for plate, found in several
            for one in found.measured
            if one.source == source
        ]
        return pd.concat(parts, ignore_index=True), "field"
    places = wells.table[["name", "well"]].rename(columns={"name": "plate"})
    if source.startswith(f"{LEVELS[1]}_"):
        tiles = wells.table[f"tiles.{model}"].fillna(0).astype(int)
        return places.loc[places.index.repeat(tiles)].reset_index(drop=True), "tile"
    return places.head(0), ""


def _colours(wells: SiteWells, value: Value, view: str) -> dict[str, Any]:
    """Colours of scores, classes and verdicts, as the study's report has them; others as they come."""
    kind = value.kind
    if kind == "score" and view == "value":
        return {"limits": (0.0, 1.0), "colours": score_map()}
    labelled = wells.scores is not None and value.key == f"platemap.{wells.scores.classes.label}"
    if wells.scores is not None and (kind == "label" or labelled):
        positive, negative = wells.scores.classes.both
        return {"colours": label_colours([negative, positive], positive=positive, negative=negative)}
    return {"colours": VERDICTS} if kind == "verdict" else {}


def heatmap_piece(wells: SiteWells, found: WellHeatmap, met: pd.Series) -> str:
    """Write the plates as a piece of HTML, wells that do not meet the filters pale, and how many do."""
    passed = wells.table.loc[~met, ["name", "well"]]
    shown = page_plates(
        found,
        ident=IDENT,
        caption=found.summary(),
        alone=True,
        room=ROOM,
        dimmed=list(passed.itertuples(index=False, name=None)),
    )
    total = counted(len(met), "well")
    said = total if met.all() else f"{int(met.sum()):,} of {total}"
    return render("browserplates.html.j2", counts=said, plates=shown)
