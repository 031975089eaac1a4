"""The plate that an acquisition becomes, described before its pixels are read."""

from collections.abc import Mapping

import pandas as pd

from hcs_plates.description import PlateSpec
from hcs_plates.ngff import FieldLayout
from hcs_plates.readers.acquisition import Acquisition, PlaneKey


def spec_of(acquisition: Acquisition, wells: pd.DataFrame, missing: Mapping[PlaneKey, str]) -> PlateSpec:
    """Describe the plate that an acquisition becomes.

    Parameters
    ----------
    acquisition
        What a reader found.
    wells
        The wells table.
    missing
        Planes known to be missing (those of the acquisition, and any that failed to decode).
    """
    height, width = acquisition.shape
    fields: dict[str, set[int]] = {}
    for key in acquisition.planes:
        if key not in missing:
            fields.setdefault(key.well, set()).add(key.field)
    ordered = sorted(fields, key=acquisition.format.parse)
    read_as = [f"Read as {acquisition.read_as}."] if acquisition.read_as else []
    layout = FieldLayout(
        acquisition.n_times, len(acquisition.channels), acquisition.n_z, height, width, acquisition.dtype
    )
    return PlateSpec(
        name=acquisition.name,
        format=acquisition.format,
        channels=acquisition.channels,
        layout=layout,
        fields={well: tuple(sorted(fields[well])) for well in ordered},
        wells=wells,
        missing=dict(missing),
        never_acquired=acquisition.never_acquired,
        format_stated=acquisition.format_stated,
        pixel_size_um=acquisition.pixel_size_um,
        z_step_um=acquisition.z_step_um,
        instrument=acquisition.instrument,
        objective=acquisition.objective,
        reader=acquisition.reader,
        source=acquisition.source.name,
        positions_um=acquisition.positions_um,
        y_axis=acquisition.y_axis,
        shapes={key: shape for key, shape in acquisition.shapes.items() if key[1] in fields.get(key[0], ())},
        imaged_at={key: at for key, at in acquisition.imaged_at.items() if key[1] in fields.get(key[0], ())},
        notices=(*read_as, *acquisition.notes),
        map_notices=tuple(wells.attrs.get("notices", ())),
    )
