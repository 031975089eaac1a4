"""The page of a heatmap: plates whose wells answer, in one file that opens with no network."""

from importlib.metadata import version
from pathlib import Path

from hcs.figures.heatmap import well_colours
from hcs.heatmaps.plates import Pictures, page_plates
from hcs.heatmaps.values import WellValues
from hcs.pages.page import render, write_page
from hcs.wording import listed, sentence


def write_heatmap(found: WellValues, path: Path, pictures: Pictures, said: str) -> Path:
    """Write a heatmap as a page, or replace it; pictures as of `hcs.heatmaps.fields.field_pictures`."""
    text = render(
        "heatmap.html.j2",
        answering=True,
        title=f"{found.label} on {listed(found.formats, most=3)}",
        question=found.summary(),
        plates=page_plates(found, ident="wells", caption=sentence(_scale(found), said), pictures=pictures),
        version=version("hcs"),
    )
    return write_page(path, text)


def _scale(found: WellValues) -> str:
    """Say what the colours cover."""
    if not found.numeric:
        known = found.table["shown"].nunique()
        grey = len(well_colours(found.grids(), found.spec()).grey)
        shared = f", the {grey} rarest of {known} in one grey" if grey > 1 else ""
        return f"Colours are categories{shared}."
    middle = ", even about 0" if found.view == "difference" else ""
    limits = "from the 2nd to the 98th percentile of all wells"
    if found.limits is not None:
        limits = "with the limits that were given"
    return f"One colour scale for all plates, {limits}{middle}."
