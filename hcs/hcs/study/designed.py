"""The records of an experiment's design in a study: those that it names, kept as they are, and read back."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hcs.study.designrecord import DesignRecord
from hcs.study.places import DESIGN, RECORD
from hcs.study.record import read_record
from hcs_plates.errors import ConfigError, HcsError, StoreError
from hcs_plates.files import remove, write_file
from hcs_plates.units import file_digest, write_json


def named_records(files: Sequence[Path], source: Path) -> dict[str, Path]:
    """Look at the records that a study names.

    Parameters
    ----------
    files
        The records.
    source
        The study file, for the errors.

    Returns
    -------
    dict of str to Path
        The files by their place in the results: named by their kind, and numbered from the second of a kind.

    Raises
    ------
    ConfigError
        Every file that is not there or is no record.
    """
    seen: Counter[str] = Counter()
    places, faults = {}, []
    for file in files:
        try:
            kind = DesignRecord.read(file).kind
        except HcsError as error:
            faults.append(f"[design] records: {error.message.rstrip('.')}")
            continue
        seen[kind] += 1
        places[f"{DESIGN}/{kind}{'' if seen[kind] == 1 else f'-{seen[kind]}'}.json"] = file
    if faults:
        raise ConfigError(source, faults)
    return places


def keep_records(results: Path, named: Mapping[str, Path]) -> dict[str, str]:
    """Copy a study's records into its results, byte by byte, and drop those that it does not name any more.

    Returns
    -------
    dict of str to str
        SHA-256 by place.
    """
    for stale in (results / DESIGN).glob("*"):
        if f"{DESIGN}/{stale.name}" not in named:
            remove(stale)
    if named:
        (results / DESIGN).mkdir(exist_ok=True)
    return {place: file_digest(write_file(results / place, one.read_bytes())) for place, one in named.items()}


def note_records(results: Path, named: Mapping[str, Path]) -> None:
    """Keep records that a study names only after it was run."""
    record = read_record(results)
    former = kept_places(record)
    files = {place: written for place, written in record["files"].items() if place not in former}
    write_json(results / RECORD, record | {"files": files | keep_records(results, named)})


def records_differ(record: Mapping[str, Any], named: Mapping[str, Path]) -> bool:
    """Whether a run kept other records of the design than the study names now."""
    return kept_places(record) != {place: file_digest(file) for place, file in named.items()}


def kept_places(record: Mapping[str, Any]) -> dict[str, str]:
    """SHA-256 of the kept records by place, as a run's record says."""
    files: Mapping[str, str] = record.get("files", {})
    return {place: written for place, written in files.items() if place.startswith(f"{DESIGN}/")}


def kept_records(results: Path, record: Mapping[str, Any]) -> tuple[DesignRecord, ...]:
    """Read the records that a study kept, in the order in which it named them.

    Raises
    ------
    NotThereError, StoreError
        One is gone, or is not the one that was kept.
    """
    found = []
    for place, written in kept_places(record).items():
        one = DesignRecord.read(results / place)
        if file_digest(results / place) != written:
            raise StoreError(results / place, "is not the record that the study kept (its digest differs)")
        found.append(one)
    return tuple(found)
