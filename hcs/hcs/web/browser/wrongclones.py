"""From well to well of the clones that a study called wrong, in plate and well order."""

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from hcs.web.browser.mappedwells import FIELDS
from hcs.web.browser.scoredwells import GROUP, LEVELS
from hcs.web.browser.value import WRONG
from hcs.web.browser.values import SiteWells
from hcs_plates.errors import LookupRefusedError


@dataclass(frozen=True)
class Step:
    """A well to go to, its place among all that are walked through, and what is said of it.

    Without a plate and a well there is none, and it is said why.
    """

    said: str
    plate: str | None = None
    well: str | None = None
    place: int = 0
    of: int = 0

    def document(self) -> dict[str, Any]:
        """Give what the page is told."""
        return asdict(self)


def next_wrong(wells: SiteWells, met: pd.Series, at: tuple[str, str], step: int = 1) -> Step:
    """Find the next well with images of a clone called wrong, or the one before; anew after the last.

    Parameters
    ----------
    wells
        The site's wells.
    met
        Which of them meet the filters.
    at
        Plate (its number) and well that is looked at; either may be empty.
    step
        1 forwards, -1 backwards.

    Raises
    ------
    LookupRefusedError
        There is no study, or it has no scores of these plates.
    """
    wrong = wells.table[_wrong(wells) & (wells.table[FIELDS] > 0)]
    table = wrong[met.loc[wrong.index]]
    if table.empty:
        noun = "" if wells.scores is None else wells.scores.classes.noun
        none = f"No {noun} was called wrong." if wrong.empty else f"No {noun} called wrong meets the filters."
        return Step(none)
    here = wells.table.index[(wells.table["plate"] == at[0]) & (wells.table["well"] == at[1])]
    # The table is in plate and well order, and so is its index.
    places = list(table.index)
    start = int(here[0]) if len(here) else -1 if step > 0 else len(wells.table)
    beyond = [place for place in places if (place > start if step > 0 else place < start)] or places
    row = table.loc[beyond[0] if step > 0 else beyond[-1]]
    number = 1 + places.index(row.name)
    return Step(_said(wells, row, table), str(row["plate"]), str(row["well"]), number, len(places))


def _wrong(wells: SiteWells) -> "pd.Series[bool]":
    """Tell the wells of clones that the study's first model called wrong.

    Raises
    ------
    LookupRefusedError
        There is no study, or it has no scores of these plates.
    """
    if wells.scores is None or not wells.scores.models:
        raise LookupRefusedError("No study is shown, whose calls could be wrong; give hcs serve its results.")
    column = f"{LEVELS[0]}_right.{wells.scores.models[0]}"
    if column not in wells.table:
        raise LookupRefusedError("No plate that is shown has scores of the study.")
    return wells.table[column] == WRONG


def _said(wells: SiteWells, row: pd.Series, table: pd.DataFrame) -> str:
    """Say whose well it is, how it was called and by which score, and which of its wells this is."""
    assert wells.scores is not None
    model = wells.scores.models[0]
    same = table[table[GROUP] == row[GROUP]]
    place = 1 + list(same.index).index(row.name)
    call, score = row[f"{LEVELS[0]}_call.{model}"], row[f"{LEVELS[0]}_score.{model}"]
    return (
        f"{wells.scores.classes.noun} {row[GROUP]}, called {call} (score {score:.2f}), "
        f"well {place} of {len(same)}"
    )
