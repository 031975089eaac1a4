"""The page of a layout: its sentence, how balanced it is, and a map of each plate to be printed."""

import re
from collections.abc import Sequence
from importlib.metadata import version

import pandas as pd

from hcs.design.maps.mapped import MappedPlate
from hcs.pages.page import csv_download, page_table, render
from hcs.wording import counted

WELL_REM = {6: 4.6, 12: 3.6, 24: 2.35, 48: 1.7}
"""Side of a well on the screen, by how many columns the plate has at most."""
TICKED_COLUMNS = 12
"""Most columns of a plate whose wells have a box of their own to tick."""


def layout_page(
    plates: Sequence[MappedPlate],
    tables: dict[str, pd.DataFrame],
    said: tuple[str, str],
    cautions: Sequence[str] = (),
    *,
    noun: str = "line",
) -> str:
    """Write the page of a layout.

    Parameters
    ----------
    plates
        As `hcs.design.maps.mapped.map_plates` gives them.
    tables
        ``wells``, to be downloaded; ``imbalances``; and ``set aside`` where lines were left out.
    said
        Headline, and what follows it.
    cautions
        Sentences on what the layout cannot do.
    noun
        What names stand for: ``line``, or ``code``.
    """
    columns = max(plate.format.columns for plate in plates)
    size = next(most for most in WELL_REM if columns <= most)
    aside = tables.get("set aside")
    return render(
        "layout.html.j2",
        title=f"Layout of {counted(len(plates), 'plate')}",
        question=f"Which {noun} stands in which well.",
        headline=said[0],
        rest=said[1],
        cautions=tuple(cautions),
        imbalances=page_table(
            tables["imbalances"],
            "Association of what is compared with where it stands (Cramér's V: 0 none, 1 complete), and the "
            "least that the numbers of wells allow.",
            name="imbalances",
            formats=dict.fromkeys(("value", "least"), "{:.2f}".format),
            headings={"of": "what", "factor": "position", "reached": "least reached"},
        ),
        aside=None if aside is None else page_table(aside, "Lines that are on no plate.", name="set-aside"),
        next=(
            "Each plate's map is a file of its own, which hcs ingest takes with the images: "
            "hcs ingest EXPORT --name PLATE --platemap PLATE.csv."
        ),
        wells=csv_download(tables["wells"], "layout"),
        plates=[(plate, _across(plate), _longest(plate)) for plate in plates],
        well=WELL_REM[size],
        ticked=columns <= TICKED_COLUMNS,
        noun=noun,
        version=version("hcs"),
    )


def _across(plate: MappedPlate) -> int:
    """Columns of the pipetting list."""
    longest = max((len(row.wells) for row in plate.rows), default=1)
    return 3 if longest < 4 else 2 if longest < 9 else 1


def _longest(plate: MappedPlate) -> dict[str, int]:
    """Count the letters of the longest part of a name that is not broken, of samples and of controls."""
    return {
        kind: max(
            (
                len(part)
                for row in plate.rows
                if row.control == control
                for part in re.split(r"(?<=-)|\s", row.name)
            ),
            default=4,
        )
        for kind, control in (("sample", False), ("control", True))
    }
