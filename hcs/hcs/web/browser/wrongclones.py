"""From well to well: those that meet the filters, in plate and well order, and clones called wrong alone."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from hcs.web.browser.mappedwells import FIELDS
from hcs.web.browser.scoredwells import GROUP, LEVELS
from hcs.web.browser.value import WRONG
from hcs.web.browser.values import SiteWells
from hcs_plates.errors import ArgumentError, LookupRefusedError

AMONG = ("wells", "wrong")


@dataclass(frozen=True)
class Step:
    """A well that is next to another one, its place among all that are walked through, and what is said."""

    plate: str
    well: str
    place: int
    of: int
    said: str = ""

    def document(self) -> dict[str, Any]:
        """Give what the page is told."""
        return {"plate": self.plate, "well": self.well, "place": self.place, "of": self.of, "said": self.said}


def next_well(wells: SiteWells, met: pd.Series, at: tuple[str, str], among: str = "wells", step: int = 1) -> Step:
    """Find the next well with images, or the one before, and begin anew after the last.

    Parameters
    ----------
    wells
        The site's wells.
    met
        Which of them meet the filters.
    at
        Plate (its number) and well that is looked at; either may be empty.
    among
        ``wells``, or ``wrong``: of clones that the study's first model called wrong.
    step
        1 forwards, -1 backwards.

    Raises
    ------
    ArgumentError, LookupRefusedError
        Walking among something else; there is no such well.
    """
    if among not in AMONG:
        raise ArgumentError(f"Wells are walked through among {' or '.join(AMONG)}, not {among!r}.")
    table = wells.table[met & (wells.table[FIELDS] > 0)]
    if among == "wrong":
        table = table[table[_wrong(wells)] == WRONG]
    if table.empty:
        raise LookupRefusedError(_none(wells, met, among))
    order = list(zip(table["plate"].astype(int), table["well"], strict=True))
    places = {place: rank for rank, place in enumerate(_in_order(wells))}
    ranks = [places[place] for place in order]
    here = places.get((int(at[0]) if at[0].isdecimal() else -1, at[1]), -1 if step > 0 else len(places))
    beyond = [rank for rank in ranks if (rank > here if step > 0 else rank < here)]
    found = (min if step > 0 else max)(beyond or ranks)
    row = table.iloc[ranks.index(found)]
    said = _said(wells, row, table) if among == "wrong" else ""
    return Step(str(row["plate"]), str(row["well"]), 1 + sorted(ranks).index(found), len(ranks), said)


def _in_order(wells: SiteWells) -> list[tuple[int, str]]:
    """Places of all wells, plate after plate as they stand in the table."""
    return list(zip(wells.table["plate"].astype(int), wells.table["well"], strict=True))


def _wrong(wells: SiteWells) -> str:
    """Column that tells the clones that were called wrong by the study's first model.

    Raises
    ------
    LookupRefusedError
        There is no study, or it called nothing.
    """
    if wells.scores is None or not wells.scores.models:
        raise LookupRefusedError("Nothing was called wrong: no study is shown; give its results folder to hcs serve.")
    column = f"{LEVELS[0]}_right.{wells.scores.models[0]}"
    if column not in wells.table:
        raise LookupRefusedError("No plate that is shown has scores of the study.")
    return column


def _none(wells: SiteWells, met: pd.Series, among: str) -> str:
    """Say why there is no next well."""
    if among == "wells":
        return "No well with images meets the filters."
    whom = "" if wells.scores is None else wells.scores.classes.noun
    return f"No {whom} was called wrong." if met.all() else f"No {whom} that was called wrong meets the filters."


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
