"""Verifying stored measurements: tables against their digests, and whether the plate is still the same."""

from pathlib import Path

from hcs.measure.measured import RECORD, TABLES, WORKBOOK, Measurements
from hcs.verification.files import StoredPart, TablePart
from hcs_plates.errors import NotThereError, StoreError
from hcs_plates.staging import companion
from hcs_plates.verifying.fault import fault_of, missing, strangers
from hcs_plates.verifying.inspection import Inspection, Part, busy

OVERLAYS = "overlays"


def inspect_measurements(path: Path, *, alone: bool = True) -> Inspection:
    """See what of measurements is to be read.

    Parameters
    ----------
    path
        The folder.
    alone
        Whether they are held against the plate that lies beside them; those of a study are not.

    Raises
    ------
    UnreachableError
        A disk or a share that fails.
    """
    place, again = path.absolute(), "hcs measure PLATE --overwrite"
    try:
        found = Measurements.read(place)
        found.illumination()
    except (NotThereError, StoreError) as error:
        file, what = place / RECORD, "record of the measurements"
        fault = fault_of(error, what, file, again) if file.is_file() else missing(what, file, again)
        return Inspection(f"measurement folder {place.name}", place, faults=(fault,))
    written = found.record.get("files", {})
    parts: list[Part] = []
    for name in TABLES:
        what, table = f"table of {name}", place / f"{name}.parquet"
        digest = written.get(table.name)
        parts.append(
            TablePart(what, table, again) if digest is None else StoredPart(what, table, digest, again)
        )
    faults = strangers(place, [RECORD, WORKBOOK, *(f"{name}.parquet" for name in TABLES)], [OVERLAYS])
    notes = [*busy(companion(place, "lock"))]
    if not written:
        notes.append("These measurements are of an earlier version, which kept no digests: tables only open.")
    if alone:
        try:
            opened = Measurements.open(place)
            if opened.plate() is None:
                notes.append(f"Plate {found.record['plate']} is not beside: not held against it.")
        except StoreError as error:
            faults.append(fault_of(error, "measurements", place, again))
    return Inspection(f"measurement folder {place.name}", place, parts, tuple(faults), tuple(notes))
