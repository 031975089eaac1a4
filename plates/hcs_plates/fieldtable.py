"""What a plate has and lacks, as tables."""

from collections.abc import Mapping

import pandas as pd

from hcs_plates.description import PlateSpec
from hcs_plates.readers.acquisition import Channel, PlaneKey, missing_rows


def field_table(spec: PlateSpec) -> pd.DataFrame:
    """List a plate's fields: well, field, missing_planes; acquisition and imaged_at where there are any."""
    gone = pd.Series([(key.well, key.field) for key in spec.missing], dtype=object).value_counts()
    rows = [
        (well, number, int(gone.get((well, number), 0)))
        for well, numbers in spec.fields.items()
        for number in numbers
    ]
    table = pd.DataFrame(rows, columns=["well", "field", "missing_planes"])
    if spec.other is not None and (named := spec.other.acquisitions()):
        table["acquisition"] = pd.Series([named.get(row[:2]) for row in rows], dtype=object)
    if spec.imaged_at:
        table["imaged_at"] = pd.Series([spec.imaged_at.get(row[:2]) for row in rows], dtype=object)
    return table


def missing_table(missing: Mapping[PlaneKey, str], channels: tuple[Channel, ...]) -> pd.DataFrame:
    """List planes that are not there: well, field, channel, time, z, reason."""
    columns = ["well", "field", "channel", "time", "z", "reason"]
    return pd.DataFrame(missing_rows(missing, channels), columns=columns)
