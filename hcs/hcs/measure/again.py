"""A field measured once more, as it was for its plate's stored measurements, and held against them."""

from dataclasses import replace

import numpy as np
import pandas as pd

from hcs.measure.fields import MeasuredField, MeasureSpec, measure_field
from hcs.measure.gaps import covered_part
from hcs.measure.measured import Measurements, square_pixel
from hcs.measure.measurements import planes
from hcs_models.engine import release_memory
from hcs_plates.errors import ArgumentError, StoreError
from hcs_plates.members import Field
from hcs_plates.opencv import one_thread

TOLERANCE = 1e-6
"""Share by which a number may differ that was summed up in another order."""
COMPARED = (
    "cell_count", "mean_nucleus_area_", "mean_soma_area_", "neurite_length_", "branch_points", "end_points",
    "neurite_segments",
)  # fmt: skip
"""Beginnings of the measurements that say whether the same things were found."""


def measuring_spec(measurements: Measurements) -> MeasureSpec:
    """Give the settings that a plate was measured with.

    Raises
    ------
    StoreError
        Settings that this version of hcs does not have.
    """
    try:
        return MeasureSpec.from_record(measurements.record["spec"])
    except (TypeError, KeyError, ArgumentError) as error:
        raise StoreError(
            measurements.path,
            "was measured with settings that this version of hcs does not have; measure the plate again with "
            "`hcs measure PLATE --overwrite`",
        ) from error


@one_thread()
def measure_again(measurements: Measurements, field: Field) -> MeasuredField:
    """Measure a field with the settings and the illumination of its plate's measurements.

    Markers are left out: they change nothing about nuclei, somas and neurites.

    Raises
    ------
    HcsError
        Settings that this version does not have, a plane that is missing or damaged.
    """
    spec = replace(measuring_spec(measurements), markers=())
    channels = planes(field, spec.channels, spec.time)
    # Packed planes were read in threads, whose pools keep as much again.
    release_memory()
    covered = covered_part(field, channels)
    return measure_field(channels, square_pixel(field.plate)[0], spec, measurements.illumination(), covered)


def differences(found: MeasuredField, stored: pd.Series) -> list[str]:
    """Say which numbers of a field are others than those in the stored table.

    Parameters
    ----------
    found
        The field measured again.
    stored
        Its row of `Measurements.fields`.

    Returns
    -------
    list of str
        Such as ``cell_count is 201 here and 215 in the table``; empty where the same was found.
    """
    said = []
    for name, here in found.values.items():
        if not name.startswith(COMPARED):
            continue
        there = float(stored.get(name, np.nan))
        if not np.isclose(here, there, rtol=TOLERANCE, atol=0, equal_nan=True):
            said.append(f"{name} is {here:,.6g} here and {there:,.6g} in the table")
    return said
