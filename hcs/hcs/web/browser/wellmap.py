"""The heatmap of a value over all plates, as a piece of a page; made as `hcs heatmap` makes its pages."""

from typing import Any

import pandas as pd

from hcs.figures.theme import label_colours, score_map
from hcs.heatmaps.heatmap import WellHeatmap, rows_heatmap
from hcs.heatmaps.plates import page_plates
from hcs.heatmaps.rows import ABOUT, joined_rows
from hcs.heatmaps.values import View
from hcs.pages.page import render
from hcs.web.browser.mappedwells import LEFT_OUT, TAKES_PART
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
    rows = {name: table[f"platemap.{name}"] for name in about}
    shown = pd.DataFrame({"plate": table["name"], "well": table["well"], **rows, "value": table[key]})
    if value.kind != "state":
        # What says why a well is left out is told of those that are.
        shown["included"] = table[TAKES_PART] != LEFT_OUT
    read = joined_rows([(shown, wells.fields)], list(wells.formats.values()), column)
    return rows_heatmap(read, value.title, view, **_colours(wells, value, view))


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
