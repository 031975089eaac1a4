"""Which wells are looked at: filters by the platemap, by who takes part, and by what a study called wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hcs.design.maps.mapped import natural
from hcs.figures.theme import model_name
from hcs.pages.page import cell
from hcs.tables.columnnames import plain_name
from hcs.web.browser.mappedwells import TAKES_PART
from hcs.web.browser.scoredwells import LEVELS
from hcs.web.browser.value import PLATEMAP, RIGHT, WRONG
from hcs.web.browser.values import SiteWells
from hcs.wording import spaced
from hcs_plates.errors import ArgumentError, nearest

FIRST = ("clone", "diagnosis", "differentiation_batch", "role")
"""Columns of platemaps that are offered first; there may be many clones."""
FEW = 24
"""Another column is offered if it has up to so many values."""
MOST = 1000
"""No list of values is longer."""
RESERVED = ("plate", "included", "called")
PREFIX = "f."


@dataclass(frozen=True)
class Filter:
    """Something that wells are chosen by.

    Parameters
    ----------
    key
        Its name in an address, after ``f.``.
    title
        What it is.
    choices
        What can be chosen, and how each is written.
    column
        Of the site's table; its text has to be what is chosen. Empty for what was called right or wrong.
    further
        Whether it is one of those that are not shown at once.
    """

    key: str
    title: str
    choices: Mapping[str, str]
    column: str = ""
    further: bool = False

    def document(self) -> dict[str, object]:
        """Give what the page is told of it."""
        choices = [list(pair) for pair in self.choices.items()]
        return {"key": self.key, "title": self.title, "choices": choices, "further": self.further}


def site_filters(wells: SiteWells) -> tuple[Filter, ...]:
    """Find what the wells can be chosen by: what differs between them and has few values."""
    table, found = wells.table, []
    titles = {value.key: value.title for value in wells.values if value.group == PLATEMAP}
    first = [key for name in FIRST if (key := f"platemap.{name}") in titles]
    first += [key for key in titles if key not in first and "batch" in plain_name(key)]
    for column in [*first, *(key for key in titles if key not in first)]:
        name = column.removeprefix("platemap.")
        choices = _choices(table[column])
        if 1 < len(choices) <= (MOST if name == FIRST[0] else FEW):
            key = column if name in RESERVED else name
            found.append(Filter(key, titles[column], choices, column, further=column not in first))
    plates = {str(number): name for number, name in enumerate(wells.names)}
    ends = [Filter("plate", "plate", plates, "plate")] if len(plates) > 1 else []
    if table[TAKES_PART].nunique() > 1:
        choices = {one: one for one in table[TAKES_PART].drop_duplicates()}
        ends.append(Filter("included", "takes part", choices, TAKES_PART))
    if wells.scores is not None and wells.scores.models and _called(wells).any(axis=None):
        ends.append(_called_filter(wells))
    return tuple(sorted([*found, *ends], key=lambda one: one.further))


def _choices(values: pd.Series) -> dict[str, str]:
    """Text of each value that is met, 2 before 10, and how it is written."""
    met = {str(one): one for one in values.dropna().unique()}
    return {
        text: cell(met[text]) if isinstance(met[text], bool | np.bool_) else text
        for text in sorted(met, key=natural)
    }


def _called_filter(wells: SiteWells) -> Filter:
    """Say by which model, and at which level, wells were called right or wrong."""
    assert wells.scores is not None
    nouns = {LEVELS[0]: wells.scores.classes.noun, LEVELS[1]: "well"}
    choices = {
        f"{level}-{word}": f"{nouns[level]} called {word}" for word in (WRONG, RIGHT) for level in LEVELS
    }
    return Filter("called", f"called by {model_name(wells.scores.models[0])}", choices)


def _called(wells: SiteWells) -> pd.DataFrame:
    """Whether wells and their clones were called right or wrong by the study's first model."""
    assert wells.scores is not None
    names = [f"{level}_right.{wells.scores.models[0]}" for level in LEVELS]
    return wells.table[[name for name in names if name in wells.table]].notna()


def chosen_wells(wells: SiteWells, filters: Sequence[Filter], asked: Mapping[str, str]) -> pd.Series:
    """Tell the wells of the site's table that meet all filters that are asked for.

    Parameters
    ----------
    asked
        What is chosen, by the filter's key.

    Raises
    ------
    ArgumentError
        No such filter, or no such choice of it.
    """
    known = {one.key: one for one in filters}
    met = pd.Series(True, index=wells.table.index)
    for key, choice in asked.items():
        if key not in known:
            raise ArgumentError(f"Wells cannot be chosen by {key!r}; {nearest(key, known)}")
        if choice not in known[key].choices:
            raise ArgumentError(
                f"No well has {spaced(key)} {choice!r}; {nearest(choice, known[key].choices)}"
            )
        column = known[key].column
        if not column:
            level, _, choice = choice.partition("-")
            assert wells.scores is not None
            column = f"{level}_right.{wells.scores.models[0]}"
        met &= wells.table[column].map(str, na_action="ignore") == choice
    return met


def asked_filters(query: Mapping[str, str]) -> dict[str, str]:
    """Read the filters that an address asks for, by key.

    Examples
    --------
    >>> asked_filters({"value": "platemap.clone", "f.clone": "C01", "f.plate": ""})
    {'clone': 'C01'}
    """
    return {
        key.removeprefix(PREFIX): value for key, value in query.items() if key.startswith(PREFIX) and value
    }
