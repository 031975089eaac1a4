"""Verifying a study's results folder: every file of the record, what was kept beside it, and its inputs."""

import json
from collections.abc import Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hcs.study.folder import StudyResults
from hcs.study.places import (
    CLAIM,
    EXPLANATIONS,
    FEATURES,
    FORMER,
    KEPT,
    LOCK,
    MEASURED,
    PERMUTING,
    PREPARED,
    READERS,
    RECEIPTS,
    RECORD,
    REPORT,
    SETS,
    SETTINGS,
    TILE_SET,
    WORKBOOK,
    set_place,
    table_place,
)
from hcs.study.preparation import Preparation
from hcs.study.record import NewerError
from hcs.study.sets import SetWork, stored_split
from hcs.tables.stored import box_digest
from hcs.verification.files import ReceiptPart, StoredPart, TablePart
from hcs.verification.inputs import study_inputs
from hcs.verification.kept import kept_faults, report_faults
from hcs.verification.measurements import inspect_measurements
from hcs_models.featureparts import inspect_features
from hcs_plates.errors import NotThereError, StoreError
from hcs_plates.runlog import LOG
from hcs_plates.verifying.boxes import inspect_tiles
from hcs_plates.verifying.fault import Fault, damaged, fault_of, strangers
from hcs_plates.verifying.inspection import Inspection, Part, busy

OWN = (RECORD, CLAIM, SETTINGS, REPORT, WORKBOOK, FORMER, PREPARED, LOG, table_place(READERS))
NO_DIGESTS = "The record is of an earlier version, which kept no digests of its files: they were not checked."
UNFINISHED = "holds no finished study to hold its files against; run `hcs study run` to its end"


def inspect_study(path: Path) -> Inspection:
    """See what of a study's results is to be read.

    Raises
    ------
    NotThereError, StoreError
        Nothing there; a study that was not run to its end; one of a later version.
    UnreachableError
        A disk or a share that fails.
    """
    place = path.absolute()
    try:
        study = StudyResults.open(place)
    except NewerError:
        raise
    except StoreError as error:
        if not (place / RECORD).is_file():
            return _prepared(place)
        fault = fault_of(error, "record of the run", place / RECORD, "hcs study run STUDY")
        note = "Its files were not checked: their digests stand in the record."
        return Inspection(f"study {place.name}", place, faults=(fault,), notes=(note,))
    again = f"hcs study run {study.source.name} --out {place}"
    files = {name: str(written) for name, written in study.record.get("files", {}).items()}
    inputs, (of_report, untold) = study_inputs(study), report_faults(study)
    faults = [
        *_prepared_fault(study, again),
        *_scratch(study),
        *kept_faults(study),
        *of_report,
        *inputs.faults,
    ]
    if files:
        faults += _strangers(study, files)
    notes = [*busy(place / LOCK), *([] if files else [NO_DIGESTS]), *inputs.notes, *untold]
    parts: list[Part] = [_part(place, name, written, again) for name, written in files.items()]
    parts += _receipts(study, files)
    if table_place(READERS) not in files and (place / table_place(READERS)).is_file():
        parts.append(TablePart("table of the readers' calls", place / table_place(READERS), again))
    return Inspection(f"study {place.name}", place, parts, tuple(faults), tuple(notes))


def _part(place: Path, name: str, written: str, again: str) -> StoredPart:
    """Say how one file or folder of the record is held against it."""
    inside: Any = None
    if name == TILE_SET:
        inside = partial(inspect_tiles, plates=())
    elif name == FEATURES:
        inside = inspect_features
    elif name.startswith(f"{MEASURED}/"):
        inside = partial(inspect_measurements, alone=False)
    return StoredPart(name, place / name, written, again, inside)


def _prepared(place: Path) -> Inspection:
    """See what of a folder is to be read that holds only what was made under codes."""
    made = Preparation.read(place)
    if made is None:
        raise StoreError(place, UNFINISHED)
    parts = [_part(place, name, written, "hcs study prepare STUDY") for name, written in made.files.items()]
    note = "Nothing was trained yet: it holds what was made under codes."
    return Inspection(f"study {place.name}", place, parts, notes=(*busy(place / LOCK), note))


def _prepared_fault(study: StudyResults, again: str) -> Iterator[Fault]:
    """Hold what was written down under codes against its digest in the record."""
    written, file = (study.record.get("prepared") or {}).get("digest"), study.results / PREPARED
    if written is not None and box_digest(file) != written:
        yield damaged("what was written down under codes", file, "another digest", again)


def _scratch(study: StudyResults) -> Iterator[Fault]:
    """Look at documents by which killed runs go on; no digest of them is kept."""
    results = study.results
    found = [*results.glob(f"{SETS}/*/trials-*.json"), *results.glob(f"{PERMUTING}/*.json")]
    for file in sorted(found):
        try:
            json.loads(file.read_bytes())
        except (ValueError, RecursionError):
            yield damaged(
                "document to go on by", file, "no JSON", "remove it: a finished run needs it no more"
            )


def _strangers(study: StudyResults, files: dict[str, str]) -> list[Fault]:
    """List what stands in the folder and is of no step of the study; boxes look into themselves."""
    results, sets = study.results, _sets(files)
    folders = [name for name in files if (results / name).is_dir()]
    known = [*OWN, *files]
    for number in sets:
        known += [one.relative_to(results).as_posix() for one in results.glob(f"{number}/trials-*.json")]
        known.append(f"{RECEIPTS}/set-{Path(number).name}.json")
    if not any(name.startswith(f"{MEASURED}/") for name in files):
        # Of tiles: the receipts of what was measured of them.
        known += [one.relative_to(results).as_posix() for one in results.glob(f"{MEASURED}/*.json")]
    return strangers(results, known, (*folders, *KEPT, EXPLANATIONS, PERMUTING))


def _sets(files: dict[str, str]) -> list[str]:
    """Places of the sets that a run left files of."""
    return list(dict.fromkeys(str(Path(name).parent) for name in files if name.startswith(f"{SETS}/")))


def _receipts(study: StudyResults, files: dict[str, str]) -> Iterator[ReceiptPart]:
    """Hold receipts of sets that stand against the record; none has to."""
    inputs = dict(_inputs(study))
    for folder in _sets(files):
        receipt = study.results / RECEIPTS / f"set-{Path(folder).name}.json"
        own = {Path(name).name: one for name, one in files.items() if str(Path(name).parent) == folder}
        if receipt.is_file():
            yield ReceiptPart(receipt, study.results / folder, own, inputs.get(folder))


def _inputs(study: StudyResults) -> Iterator[tuple[str, str]]:
    """Digest of all that each set depends on, by its place; none where another version would digest it."""
    if study.record.get("hcs") != version("hcs"):
        return
    try:
        splits = study.table("splits")
    except (NotThereError, StoreError):
        return
    config, inputs = study.config, str(study.record["inputs"])
    for number in splits["set"].unique():
        split = stored_split(splits, int(number))
        work = SetWork(study.results, split, config, config.splits.seed, inputs)
        yield set_place(int(number)), work.unit().inputs
