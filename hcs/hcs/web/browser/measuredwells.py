"""What was measured in wells and their fields, beside the plates or by a study; only of these very plates."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from hcs.measure.measured import RECORD, Measurements, default_place
from hcs.measure.summary import PLACE
from hcs.study.folder import StudyResults
from hcs.web.browser.value import Value, WellPart
from hcs.wording import spaced
from hcs_plates.errors import HcsError
from hcs_plates.plate import Plate

STATISTICS = {"mean": "mean", "median": "median", "sd": "SD"}
COUNTS = {"n_fields": "fields", "n_fields_included": "fields that count", "n_cells": "cells"}
BESIDE, OF_STUDY = "measured", "study"
SOURCES = {BESIDE: "Measured by hcs measure", OF_STUDY: "Measured by the study"}


class Measured(NamedTuple):
    """Measurements of one plate, and where they come from: `BESIDE` the plate, or `OF_STUDY`."""

    source: str
    found: Measurements


@dataclass(frozen=True)
class PlateMeasurements:
    """What was measured on one plate that can be shown of it, and sentences on what cannot."""

    measured: tuple[Measured, ...] = ()
    notices: tuple[str, ...] = ()


def plate_measurements(plate: Plate, study: Mapping[str, Measurements]) -> PlateMeasurements:
    """Find what was measured on a plate.

    Parameters
    ----------
    plate
        The plate as it is now.
    study
        What the study measured, by the name of the plate.
    """
    kept, said = [], []
    place = default_place(plate)
    try:
        if (place / RECORD).is_file():
            kept.append(Measured(BESIDE, Measurements.open(place, plate)))
    except HcsError as error:
        said.append(f"Measurements of plate {plate.name} are left out: {error.message.rstrip('.')}.")
    if plate.name in study:
        try:
            study[plate.name].check(plate)
            kept.append(Measured(OF_STUDY, study[plate.name]))
        except HcsError:
            said.append(
                f"What the study measured on plate {plate.name} is left out: the plate has another platemap, "
                "other images, channels or pixels than when the study was run; run it again."
            )
    return PlateMeasurements(tuple(kept), tuple(said))


def study_measurements(study: StudyResults) -> tuple[dict[str, Measurements], tuple[str, ...]]:
    """Open what a study measured, by plate; or say why it is not shown."""
    try:
        return {str(one.record["plate"]): one for one in study.measurements()}, ()
    except HcsError as error:
        return {}, (f"What the study measured is left out: {error.message.rstrip('.')}.",)


def measured_wells(one: Measured) -> WellPart:
    """Take the summaries of wells: of each measurement of fields or cells its mean, median and SD."""
    source, title = one.source, SOURCES[one.source]
    try:
        wells, of_fields = one.found.wells.set_index("well"), set(one.found.fields)
    except HcsError as error:
        return WellPart(notices=(f"{title}: {error.message.rstrip('.')}; it is left out.",))
    names = list(wells)
    # What stands before these is the platemap as it was; a plate may have codes again where that had names.
    known = names[names.index("n_fields") :] if "n_fields" in names else names
    values = []
    for name in known:
        stem, _, statistic = str(name).rpartition("_")
        if name in COUNTS:
            values.append((name, COUNTS[name], f"{title}: counts", -1))
        elif statistic in STATISTICS and pd.api.types.is_numeric_dtype(wells[name]):
            cells = stem not in of_fields and stem.startswith("cell_")
            of, words = ("cells", stem.removeprefix("cell_")) if cells else ("fields", stem)
            rank = 3 * cells + list(STATISTICS).index(statistic)
            values.append((name, spaced(words), f"{title}: {STATISTICS[statistic]} of {of}", rank))
    values.sort(key=lambda value: value[3])
    offered = [Value(f"{source}.{name}", words, group) for name, words, group, _ in values]
    table = wells[[name for name, *_ in values]].set_axis([value.key for value in offered], axis=1)
    return WellPart(tuple(offered), table)


def counting_fields(one: Measured) -> pd.DataFrame:
    """List the fields that were measured, and whether they count: well, field, included.

    Raises
    ------
    HcsError
        The table is gone or damaged.
    """
    return one.found.fields[["well", "field", "included"]]


def measured_fields(one: Measured, well: str) -> pd.DataFrame:
    """Take the rows of a well's fields: field, measurements, included, reason; units in the names."""
    fields = one.found.fields
    own = fields[fields["well"] == well]
    kept = [name for name in own if name not in PLACE and own[name].notna().any()]
    return own[["field", *kept, "included", "reason"]].reset_index(drop=True)
