"""Label images of a measured plate: nuclei, somas and neurites stored in it, for any viewer."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from hcs.measure.again import differences, measure_again, measuring_spec
from hcs.measure.labelimages import check_labels, label_origin, labelling, write_field_labels
from hcs.measure.measured import Measurements, default_place
from hcs_plates.errors import StoreError
from hcs_plates.members import Field
from hcs_plates.plate import Plate
from hcs_plates.storedlabels import stored_labels
from hcs_plates.units import Output, Progress, Unit, digest, run_units


@dataclass(frozen=True)
class _Work:
    """Payload of one unit: a field, its row of the table of fields, and what was measured on its plate."""

    field: Field
    row: pd.Series
    measured: Measurements
    origin: dict[str, Any]


def write_labels(
    plate: Plate,
    measured: Measurements | None = None,
    *,
    client: Any = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> int:
    """Write label images of every measured field into a plate of hcs, at every level of the field.

    Those that hcs wrote before are replaced; those of fields that were not measured this time go. A run that
    was killed goes on where it was.

    Parameters
    ----------
    plate, measured
        The plate, and what `hcs measure` stored of it; what stands beside the plate if None.
    client, workers, progress
        As in `hcs_plates.units.run_units`; a unit is a field.

    Returns
    -------
    int
        Number of fields that have label images now.

    Raises
    ------
    ArgumentError
        A plate of another tool.
    ExistsError
        Labels of these names, of another tool.
    StoreError
        A field in which other things are found now than when it was measured.
    """
    check_labels(plate)
    if measured is None:
        measured = Measurements.open(default_place(plate))
    measured.check(plate)
    recipe, time = measured.record["recipe"], measuring_spec(measured).time
    origin = label_origin(plate, measured.path, recipe, time)
    rows = {(str(row["well"]), int(row["field"])): row for _, row in measured.fields.iterrows()}
    units = [
        Unit(
            f"labels-{well}-{number}",
            digest(recipe, well, number),
            _Work(plate[well][number], row, measured, origin),
        )
        for (well, number), row in rows.items()
    ]
    with labelling(plate, rows) as receipts:
        summary = run_units(_write, units, receipts, client=client, workers=workers, progress=progress)
        summary.check()
    return len(units)


def labels_written(plate: Plate, measured: Measurements) -> bool:
    """Whether every field that was measured has the labels of just these measurements."""
    recipe = measured.record["recipe"]
    there = {(one.well, one.number) for one in stored_labels(plate) if one.measurements == recipe and one.sum}
    return all((str(row.well), int(row.field)) in there for row in measured.fields.itertuples())


def _write(work: _Work) -> Output:
    """Measure a field again, and write what was found."""
    field = work.field
    found = measure_again(work.measured, field)
    if said := differences(found, work.row):
        raise StoreError(
            work.measured.path,
            f"has other numbers of {field.well} field {field.number} than are found now ({said[0]}); measure "
            f"the plate again with `hcs measure {field.plate.path} --overwrite`",
        )
    return write_field_labels(field, found, work.origin)
