"""What the columns of a table of features are."""

from dataclasses import dataclass

import pandas as pd

from hcs.tables.classes import NamedClasses, two_classes
from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.names import as_names


@dataclass(frozen=True)
class TableSpec:
    """What the columns of a table of features are.

    Parameters
    ----------
    label, positive, negative
        What is told apart, and its two values.
    batch
        The column whose effect is asked for.
    group
        What n counts: ``clone``, ``donor``, or ``well`` where every well stands for itself. Empty text is
        the clone, and the donor where a donor gave several clones.
    features
        Patterns of the columns that are features (``ImageQuality_*``), and names of such as are taken
        whatever they look like; if empty, all numbers that can be measurements
        (`hcs.tables.measuredcolumns.measured_columns`).
    chosen
        How it was found which value is positive, a sentence; may be empty.
    wells
        How many wells a plate has, if that is known.
    """

    label: str
    positive: str
    negative: str
    batch: str = "plate"
    group: str = ""
    features: tuple[str, ...] = ()
    chosen: str = ""
    wells: int | None = None


def label_values(table: pd.DataFrame, label: str, positive: str | None, negative: str | None) -> NamedClasses:
    """Find the two values of a label, and which is positive (`hcs.tables.classes.two_classes`).

    Raises
    ------
    ArgumentError
        No such column, one value only, more than two and none chosen, or a value that no row has.
    """
    if label not in table:
        raise ArgumentError(f"The table has no column {label!r}; {nearest(label, list(table.columns))}")
    return two_classes(as_names(table[label]).dropna(), label, positive, negative)
