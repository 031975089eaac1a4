"""A layout of plates: which line stands in which well, and how balanced that is."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from hcs.analysis.finding import Shown
from hcs.analysis.stated import Stated, statistics_table
from hcs.design.layouts.imbalance import imbalance_sentences, loose
from hcs.study.designrecord import DesignRecord
from hcs.wording import counted, sentence

SAMPLE, EMPTY = "sample", "empty"
"""Roles of wells with a line, and of wells with nothing; controls have the role they were asked under."""
COLUMNS = ("plate", "well", "clone", "donor", "diagnosis", "differentiation_batch", "role", "included")
"""Of the wells, before the columns carried over from the table of lines (`pair` and whatever else it has)."""


@dataclass(frozen=True, repr=False)
class PlateLayout(Shown):
    """Where every line stands.

    Parameters
    ----------
    wells
        One row for every well of every plate, by plate, row and column: `COLUMNS`, then the other columns of
        the table of lines. `role` is ``sample``, a control's role or ``empty``; empty wells are not
        `included`. `clone`, `donor` and `diagnosis` are missing in controls and empty wells,
        `differentiation_batch` is missing in all where no batches were asked.
    imbalances
        `hcs.design.layouts.imbalance.COLUMNS`: one row for each position factor of each of diagnosis, clone
        and (where several lines share one) donor.
    settings
        What was asked, for the record: plates, wells, replicates, controls, empty wells, seed.
    seed
        Of every random choice. With the table of lines it gives the layout again: in a blinded layout it
        belongs with the sealed key and stands in no record.
    blinded
        Whether the record may name no diagnosis, donor or clone.
    caveats
        What is confounded, left free or could not be balanced; none names a line of a blinded layout.
    """

    wells: pd.DataFrame
    imbalances: pd.DataFrame
    settings: dict[str, Any]
    seed: int
    blinded: bool = False
    caveats: tuple[str, ...] = field(default=())
