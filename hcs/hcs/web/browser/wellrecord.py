"""What is known of one well, to be read beside its images: the platemap, its numbers, its fields."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from hcs.figures.theme import model_name
from hcs.pages.page import cell
from hcs.web.browser.mappedwells import REASON
from hcs.web.browser.measuredwells import SOURCES, measured_fields
from hcs.web.browser.scoredwells import GROUP, LABEL, LEVELS
from hcs.web.browser.value import PLATEMAP
from hcs.web.browser.values import SiteWells
from hcs.wording import spaced
from hcs_plates.errors import HcsError
from hcs_plates.viewing import ViewedPlate


def well_record(wells: SiteWells, view: ViewedPlate, plate: str, well: str) -> dict[str, Any]:
    """Give what is known of a well, as text for a page.

    Returns
    -------
    dict
        known (whether the plate's table has the well); left_out (the reason, or empty); map and groups:
        (title, value) of the platemap, and of every other group of values; study (what the study says of its
        clone, or empty); tables: of its fields, by source; told: sentences.

    Raises
    ------
    LookupRefusedError, ArgumentError
        There is no such plate, or no such place on it.
    """
    row = wells.row(plate, view.format.parse(well).name)
    images = [] if view.fields.get(well) else [f"Well {well} of plate {view.name} has no images."]
    if row is None:
        nothing: dict[str, Any] = {"known": False, "left_out": "", "map": [], "groups": [], "study": ""}
        return {**nothing, "tables": [], "told": [wells.without(plate, well), *images]}
    groups: dict[str, list[tuple[str, str]]] = {}
    for value in wells.values:
        if not pd.isna(row[value.key]):
            groups.setdefault(value.group, []).append((value.title, cell(row[value.key])))
    tables, told = _tables(wells, view, int(plate), well)
    return {
        "known": True,
        "left_out": "" if pd.isna(row[REASON]) else row[REASON],
        "map": groups.pop(PLATEMAP, []),
        "groups": list(groups.items()),
        "study": study_sentence(wells, row),
        "tables": tables,
        "told": [*told, *images],
    }


def study_sentence(wells: SiteWells, row: pd.Series) -> str:
    """Say how the study's first model called a well and its clone; empty where it did not."""
    if wells.scores is None or not wells.scores.models or pd.isna(row.get(GROUP)):
        return ""
    scores, said = wells.scores, []
    model = scores.models[0]
    for level, noun in ((LEVELS[0], f"{scores.classes.noun} {row[GROUP]}"), (LEVELS[1], "this well")):
        call, right = row.get(f"{level}_call.{model}"), row.get(f"{level}_right.{model}")
        if not pd.isna(call):
            truth = "" if pd.isna(right) else f", {right}"
            said.append(f"{noun} called {call}{truth} (score {row[f'{level}_score.{model}']:.2f})")
    label = "" if pd.isna(row[LABEL]) else f"{spaced(scores.classes.label)} {row[LABEL]}: "
    return f"{label}{'; '.join(said)}." if said else ""


def field_tables(
    wells: SiteWells, view: ViewedPlate, plate: int, well: str
) -> list[tuple[str, pd.DataFrame]]:
    """Give the numbers of a well's fields, a table for each source that has some.

    Raises
    ------
    HcsError
        What was measured is gone or damaged.
    """
    found = [(SOURCES[one.source], measured_fields(one, well)) for one in wells.measured[plate].measured]
    if wells.scores is not None and view.plate is not None and not wells.scores.silent(view.plate):
        scores = wells.scores.of_fields(view.name, well)
        found.append((f"Scores of {wells.scores.title}: mean of the field's images", scores))
    return [(title, table) for title, table in found if len(table)]


def _tables(
    wells: SiteWells, view: ViewedPlate, plate: int, well: str
) -> tuple[list[dict[str, Any]], list[str]]:
    """Write the fields' numbers as text; or say why they are not there."""
    try:
        found = field_tables(wells, view, plate, well)
    except HcsError as error:
        return [], [f"The numbers of the fields are left out: {error.message.rstrip('.')}."]
    return [
        {
            "title": title,
            "columns": [spaced(model_name(name)) for name in table],
            "rows": [[cell(value) for value in row] for row in table.itertuples(index=False, name=None)],
        }
        for title, table in found
    ], []


def record_table(wells: SiteWells, view: ViewedPlate, plate: str, well: str) -> pd.DataFrame:
    """Give a well's row and its fields' numbers in one table.

    Returns
    -------
    DataFrame
        plate, well, field (empty for the well as a whole), source, what, value; one row per number.
    """
    row = wells.well(plate, well)
    place = {"plate": wells.names[int(plate)], "well": well}
    rows: list[Mapping[str, Any]] = [
        {**place, "field": "", "source": value.group, "what": value.title, "value": row[value.key]}
        for value in wells.values
        if not pd.isna(row[value.key])
    ]
    for source, table in field_tables(wells, view, int(plate), well):
        for one in table.to_dict("records"):
            of = [str(name) for name in table if name != "field" and not pd.isna(one[name])]
            field = {"field": str(one["field"]), "source": source}
            rows += [{**place, **field, "what": name, "value": one[name]} for name in of]
    return pd.DataFrame(rows, columns=["plate", "well", "field", "source", "what", "value"])
