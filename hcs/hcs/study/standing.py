"""A finished run as it stands: which files are still those that it left, and where its plates are now."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hcs.analysis.kept import SUMMARIES
from hcs.study.claims import NOT_SETTINGS
from hcs.study.folder import StudyResults
from hcs.study.places import KEPT, RECORD
from hcs.study.protocols import protocol_facts
from hcs.study.record import NewerError, read_record
from hcs.study.settings import StudyConfig
from hcs.tables.stored import box_digest
from hcs_plates.errors import NotThereError, StoreError
from hcs_plates.objects import seen_from
from hcs_plates.plate import Plate
from hcs_plates.units import digest, file_digest, write_json

LATER = (
    "The protocol of plate {} is another than when the study ran: the design check did not look at it (a run "
    "into another folder, --out, does)."
)


def is_finished(study: StudyResults, plates: Sequence[Plate]) -> bool:
    """Whether a run of these plates came to its end in the study's folder, with a record that says enough.

    Raises
    ------
    NewerError
        It is a folder of a later version.
    """
    try:
        record = study.record
    except NewerError:
        raise
    except (NotThereError, StoreError):
        return False
    known = set(record.get("plates", {})) == {plate.name for plate in plates}
    return known and bool(record.get("files"))


def damaged_files(study: StudyResults) -> list[str]:
    """Files and folders of a finished run that are gone, or not as the run left them."""
    files = study.record["files"]
    return [name for name, written in files.items() if box_digest(study.results / name) != written]


def report_state(study: StudyResults) -> str:
    """Digest of what a report is made of: the record, but for places on this machine, and what was kept."""
    record, kept = study.record, [study.results / name / SUMMARIES for name in KEPT]
    for plate in record.get("plates", {}).values():
        for place in ("path", "beside"):
            plate.pop(place, None)
    for section, name in NOT_SETTINGS:
        record["config"].get(section, {}).pop(name, None)
    record.pop("source", None)
    return digest(record, [file_digest(file) if file.is_file() else None for file in kept])


def plate_place(plate: Plate, results: Path) -> dict[str, str]:
    """Where a plate lies: by itself, and beside the results, which may be moved together with it."""
    return {"path": str(plate.path), "beside": seen_from(results, plate.path)}


def plate_facts(plate: Plate, results: Path) -> dict[str, Any]:
    """Give what a record says of a plate."""
    return {
        **plate_place(plate, results),
        "digest": plate.digest,
        "rows": plate.spec.format.rows,
        "columns": plate.spec.format.columns,
        "format_stated": plate.spec.format_stated,
        "pixel_size_um": plate.spec.pixel_size_um,
        "plane": plate.spec.field_shape,
        "missing_planes": len(plate.missing),
        **protocol_facts(plate),
        "unblinding": None if plate.spec.unblinding is None else asdict(plate.spec.unblinding),
    }


def were_moved(record: Mapping[str, Any], plates: Sequence[Plate]) -> bool:
    """Whether a record has plates at other places than they are at now, or with other protocols."""
    return any(
        record["plates"][plate.name]["path"] != str(plate.path) or _other_protocol(record, plate)
        for plate in plates
    )


def _other_protocol(record: Mapping[str, Any], plate: Plate) -> bool:
    """Whether a plate has another protocol now than the record says."""
    return bool(record["plates"][plate.name].get("protocol") != protocol_facts(plate)["protocol"])


def note_places(
    folder: Path, results: Path, plates: Sequence[Plate], config: StudyConfig, source: Path
) -> None:
    """Write into the record of a folder where plates and study file are, seen from the results.

    A protocol that was put on a plate after the run is taken over, and told as such.
    """
    record = read_record(folder)
    for plate in plates:
        if _other_protocol(record, plate):
            record["plates"][plate.name] |= protocol_facts(plate)
            said = [*record.get("notices", []), LATER.format(plate.name)]
            record["notices"] = list(dict.fromkeys(said))
        record["plates"][plate.name] |= plate_place(plate, results)
    now = {"config": config.model_dump(mode="json"), "source": str(source)}
    write_json(folder / RECORD, record | now)
