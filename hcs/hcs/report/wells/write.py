"""The folder of scored wells: tables as Parquet and CSV, analyses with their figures, a page, a record."""

import uuid
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hcs.analysis.kept import keep_analyses, read_analyses
from hcs.pages.page import write_page
from hcs.report.wells.page import scores_page
from hcs.report.wells.scores import WellScores
from hcs.study.places import KEPT_ANALYSES
from hcs.tables.stored import save_table
from hcs.tables.workbook import write_workbook
from hcs_plates.csvcells import csv_text
from hcs_plates.files import write_file
from hcs_plates.staging import Kind, Place
from hcs_plates.units import write_json

DOCUMENT, PAGE, WORKBOOK = "scores.json", "report.html", "scores.xlsx"
SCORED = Kind(
    "scored wells", DOCUMENT, ("scored",), rf"\..*|.*\.(parquet|csv|json|html|xlsx)|{KEPT_ANALYSES}"
)


def scores_place(folder: Path | str, *, overwrite: bool = False) -> Place:
    """Where scored wells are to stand; `check` refuses a folder that may not be taken."""
    return Place(folder, SCORED, overwrite=overwrite)


def write_scores(
    scores: WellScores, folder: Path | str, *, overwrite: bool = False, workbook: bool = False
) -> Path:
    """Write scored wells; a folder of an earlier run is replaced when all is whole.

    Returns
    -------
    Path
        The folder: ``hits``, ``wells``, ``plates``, ``replicates`` and ``left_out``, each as .parquet and
        .csv; ``analyses`` with the tables, words and figures of each analysis; ``report.html``; and
        ``scores.json`` with how wells were scored and what was found in words. With `workbook` the tables
        also as ``scores.xlsx``, a sheet each.

    Raises
    ------
    ExistsError, ArgumentError, PlaceError
        The folder is there and may not be replaced, or cannot be written.
    """
    place = scores_place(folder, overwrite=overwrite)
    with place.claim():
        staged = place.start(uuid.uuid4().hex)
        tables, files = scores.tables(), {}
        for name, table in tables.items():
            files[f"{name}.parquet"] = save_table(table, staged / f"{name}.parquet")
            write_file(staged / f"{name}.csv", csv_text(table).encode(), durable=False)
        if workbook:
            write_workbook(tables, staged / WORKBOOK)
        asked = {"value": scores.asked.value, "method": scores.asked.spec.method}
        keep_analyses(scores.findings, scores.missing, asked, staged / KEPT_ANALYSES)
        write_page(staged / PAGE, scores_page(scores, read_analyses(staged / KEPT_ANALYSES), tables))
        write_json(staged / DOCUMENT, scores_document(scores) | {"files": files})
        place.publish()
    return place.final


def scores_document(scores: WellScores) -> dict[str, Any]:
    """How wells were scored, and what was found, as JSON has it."""
    spec = scores.asked.spec
    how = {name: getattr(spec, name) for name in ("method", "fit", "log", "group", "count")}
    return {
        "hcs": version("hcs"),
        "scored": {"source": scores.source.title, "value": scores.asked.value, **how},
        "headline": scores.headline(),
        "findings": {name: found.summary() for name, found in scores.findings.items()},
        "missing": dict(scores.missing),
        "notices": list(scores.notices),
    }
