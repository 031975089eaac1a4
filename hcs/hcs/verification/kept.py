"""Verifying what was kept beside a study's results: findings, explanations, the report."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hcs.analysis.kept import ANALYSE, EXPLAIN, PERMUTE, READ, SUMMARIES
from hcs.explain.explanations import RECORD as EXPLAINED
from hcs.explain.explanations import Explanations
from hcs.study.folder import StudyResults
from hcs.study.places import (
    ANALYSES_WORKBOOK,
    EXPLANATIONS,
    KEPT_ANALYSES,
    KEPT_EXPLANATIONS,
    KEPT_PERMUTATIONS,
    KEPT_READERS,
    READERS,
    REPORT,
    table_place,
)
from hcs.study.standing import report_state
from hcs.tables.stored import box_digest
from hcs_plates.errors import NotThereError, StoreError
from hcs_plates.units import file_digest
from hcs_plates.verifying.fault import (
    STALE,
    Fault,
    damaged,
    document_fault,
    fault_of,
    missing,
    strangers,
)

STATE = re.compile(r'<meta name="hcs-state" content="([0-9a-f]+)">')
HEAD = 4096
"""Bytes of a page in which its state stands."""
OF_PAGE = ("explanations.html",)


def kept_faults(study: StudyResults) -> Iterator[Fault]:
    """List what is wrong with all that was kept of a study after its run, by the commands that made it."""
    for name, maker, read in (
        (KEPT_ANALYSES, ANALYSE, study.kept_analyses),
        (KEPT_PERMUTATIONS, PERMUTE, study.kept_permutations),
        (KEPT_EXPLANATIONS, EXPLAIN, study.kept_explanations),
        (KEPT_READERS, READ, study.kept_readers),
    ):
        again = f"{maker.strip('`').removesuffix(' --readers')} {study.results}"
        yield from _folder(study.results / name, SUMMARIES, _drawn, again, read)
    again = f"hcs explain {study.results}"
    yield from _folder(
        study.results / EXPLANATIONS, EXPLAINED, lambda _: OF_PAGE, again, lambda: Explanations.open(study)
    )
    yield from _of_each_other(study)


def _drawn(document: dict[str, Any]) -> tuple[str, ...]:
    """Files of findings of which no digest is kept."""
    drawn = [f"{name}{ending}" for name in document["findings"] for ending in (".pdf", ".png", ".svg")]
    return (*drawn, *(f"{name}.parquet" for name in document["findings"]), Path(ANALYSES_WORKBOOK).name)


def _folder(
    folder: Path,
    record: str,
    unkept: Callable[[dict[str, Any]], tuple[str, ...]],
    again: str,
    read: Callable[[], Any],
) -> Iterator[Fault]:
    """Hold a folder against the digests in its record; what its reader refuses beyond that is a fault too."""
    if not folder.is_dir():
        return
    what = f"record of {folder.name}"
    if fault := document_fault(what, folder / record, again):
        yield fault
        return
    document, found = json.loads((folder / record).read_bytes()), []
    try:
        files = dict(document.get("files", {}))
        known = [record, *files, *unkept(document)]
    except (LookupError, TypeError, ValueError):
        yield damaged(what, folder / record, "another document", again)
        return
    for name, written in files.items():
        digest = box_digest(folder / name)
        if digest is None:
            found.append(missing(f"{folder.name}: {name}", folder / name, again))
        elif digest != written:
            found.append(damaged(f"{folder.name}: {name}", folder / name, "another digest", again))
    yield from found
    yield from strangers(folder, known, ("overlays",))
    if not found:
        try:
            read()
        except (NotThereError, StoreError) as error:
            yield fault_of(error, folder.name, folder, again)


def _of_each_other(study: StudyResults) -> Iterator[Fault]:
    """Look whether findings of readers and of explanations are of the calls and explanations that stand."""
    calls, again = study.results / table_place(READERS), f"hcs study report {study.results}"
    try:
        kept = study.kept_readers()
        if calls.is_file() and kept.asked.get("calls") not in (None, file_digest(calls)):
            yield _stale(study.results / KEPT_READERS, "findings of other calls", again)
    except (NotThereError, StoreError):
        pass  # Told above, or never made.
    try:
        found, kept = Explanations.open(study), study.kept_explanations()
        if kept.asked.get("recipe") not in (None, found.record["recipe"]):
            yield _stale(study.results / KEPT_EXPLANATIONS, "findings of other explanations", again)
    except (NotThereError, StoreError):
        pass


def report_faults(study: StudyResults) -> tuple[list[Fault], list[str]]:
    """Look whether the report was made of what stands now; and say where it does not tell."""
    page, again = study.results / REPORT, f"hcs study report {study.results}"
    if not page.is_file():
        return [], []
    with page.open("rb") as stream:
        head = stream.read(HEAD).decode("utf-8", "replace")
    said = STATE.search(head)
    if said is None:
        return [], [f"{REPORT} does not say what it was made of: whether it is stale is not known."]
    if said[1] == report_state(study):
        return [], []
    return [_stale(page, "a report of an earlier state of the results", again)], []


def _stale(where: Path, found: str, again: str) -> Fault:
    return Fault(where.name, str(where), STALE, found, "made of what is there now", again)
