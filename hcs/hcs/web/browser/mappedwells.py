"""What a plate itself says of its wells: the platemap's columns, the images there are, and who takes part."""

from typing import TYPE_CHECKING

import pandas as pd

from hcs.statistics.frames import takes_part
from hcs.web.browser.value import IMAGES, PLATEMAP, Value, WellPart
from hcs.wording import spaced
from hcs_plates.columns import left_out_reasons

if TYPE_CHECKING:
    from hcs_plates.viewing import ViewedPlate

PLACES = ("well", "plate", "row", "column", "included")
"""Columns that say which well it is; whether it takes part is told with the reason."""

FIELDS, MISSING = "well.fields", "well.missing_planes"
TAKES_PART, REASON, MAPPED = "well.included", "well.reason", "well.mapped"
TAKEN, LEFT_OUT = "yes", "left out"


def mapped_wells(view: "ViewedPlate") -> WellPart:
    """Read the platemap of a plate and what was imaged; most plates of others have the latter alone.

    Every well has `TAKES_PART` (yes or left out), `REASON` (None where it takes part) and `MAPPED` (whether
    it takes part by the platemap; a study may leave out more).
    """
    wells = view.wells.reset_index(drop=True)
    names = [str(name) for name in wells if name not in PLACES and wells[name].notna().any()]
    values = [Value(f"platemap.{name}", spaced(name), PLATEMAP) for name in names]
    columns = {f"platemap.{name}": wells[name] for name in names}
    counts = {well: len(fields) for well, fields in view.fields.items()}
    columns[FIELDS] = wells["well"].map(counts).fillna(0).astype(int)
    values.append(Value(FIELDS, "fields with images", IMAGES))
    if view.plate is not None and (gone := view.plate.fields.groupby("well")["missing_planes"].sum()).any():
        columns[MISSING] = wells["well"].map(gone).fillna(0).astype(int)
        values.append(Value(MISSING, "missing planes", IMAGES))
    taken = takes_part(wells)
    columns[MAPPED] = taken
    columns[TAKES_PART] = taken.map({True: TAKEN, False: LEFT_OUT})
    columns[REASON] = left_out_reasons(wells).astype(object).where(~taken, None)
    return WellPart(tuple(values), pd.DataFrame(columns).set_axis(wells["well"].astype(str)))
