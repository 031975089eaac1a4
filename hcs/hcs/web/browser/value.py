"""A value that a well may have: its name in an address, what it is called, and who says it."""

from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

PLATEMAP, IMAGES = "Platemap", "Images and wells"
"""Groups of values that every plate may have; those of measurements and scores name their source."""

Kind = Literal["", "score", "label", "verdict", "state"]
RIGHT, WRONG = "right", "wrong"


@dataclass(frozen=True)
class Value:
    """A value of wells.

    Parameters
    ----------
    key
        Its name in an address: source and column, so that two sources of one column are told apart.
    title
        What it is, with its unit.
    group
        Heading that it stands below where values are chosen.
    kind
        ``score`` (0 to 1, of the positive class), ``label`` (classes), ``verdict`` (right or wrong),
        ``state`` (also of wells that are left out), or nothing of these.
    """

    key: str
    title: str
    group: str
    kind: Kind = ""

    def document(self) -> dict[str, str]:
        """Give what the page is told of it."""
        return {"key": self.key, "title": self.title, "group": self.group}


@dataclass(frozen=True)
class WellPart:
    """What one source says of the wells of one plate.

    Parameters
    ----------
    values
        In the order in which they are offered.
    table
        Index: well. A column for each value, by its key.
    notices
        What is not shown, and why.
    """

    values: tuple[Value, ...] = ()
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    notices: tuple[str, ...] = ()
