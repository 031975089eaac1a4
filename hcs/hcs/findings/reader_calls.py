"""Calls of people who judged a study's pictures, kept with the study, and what they show."""

from pathlib import Path

import pandas as pd

from hcs.analysis.clones.reader_agreement import reader_agreement
from hcs.analysis.clones.reader_calls import reader_calls
from hcs.analysis.clones.reader_counts import POSITION
from hcs.analysis.clones.reader_model import reader_model
from hcs.analysis.clones.reader_pace import reader_pace
from hcs.analysis.clones.reader_responses import reader_responses
from hcs.analysis.finding import Finding
from hcs.analysis.kept import KeptAnalyses, keep_analyses
from hcs.findings.reader_table import read_calls
from hcs.study.folder import StudyResults, working_in
from hcs.study.places import KEPT_READERS, READERS, table_place
from hcs.tables.compared import Classes
from hcs.wording import spaced
from hcs_plates.errors import ArgumentError, NotThereError, StoreError
from hcs_plates.files import write_table
from hcs_plates.units import file_digest

TITLES = {
    READERS: "Shares called right",
    "reader_model": "Readers and the model on the same images",
    "reader_agreement": "Agreement of readers",
    "reader_responses": "Answers to each class",
    "reader_pace": "Along the order",
}
"""What is asked of calls, in this order."""


def keep_calls(study: StudyResults, path: Path | str) -> Path:
    """Read the calls of a study's readers and keep them with its tables; calls kept earlier are replaced.

    Parameters
    ----------
    study
        One that has run to its end.
    path
        The table, as `read_calls` takes it.

    Returns
    -------
    Path
        ``tables/readers.parquet`` in the study's folder.

    Raises
    ------
    InputFileError, NotThereError
        From `read_calls`; or the study has no table of wells.
    """
    data = study.config.data
    groups = study.table("wells")[["group", "label"]]
    calls = read_calls(path, groups, positive=data.positive, negative=data.negative, group=data.group)
    written = write_table(study.results / table_place(READERS), calls)
    kept_calls(study)
    return written


def kept_calls(study: StudyResults) -> KeptAnalyses:
    """Read what the calls of a study's readers show; where that was not kept yet, it is made and kept.

    Raises
    ------
    NotThereError, StoreError
        No calls are kept; their table, or one of the study's, is damaged.
    PlaceError
        A finding that is lacking cannot be written.
    """
    calls, written = study.table(READERS), study.results / table_place(READERS)
    asked = {"inputs": study.record.get("inputs"), "calls": file_digest(written), "of": list(TITLES)}
    try:
        kept = study.kept_readers()
    except (NotThereError, StoreError):
        kept = KeptAnalyses()
    if {name: kept.asked.get(name) for name in asked} != asked:
        data, left_out = study.config.data, {}
        classes, findings = Classes(data.positive, data.negative, data.label, spaced(data.group)), {}
        try:
            findings = reader_findings(calls, classes, **first_model(study, classes))
        except ArgumentError as error:
            left_out[READERS] = f"The readers' calls do not fit: {error.message}"
        with working_in(study.results):
            keep_analyses(findings, left_out, asked, study.results / KEPT_READERS)
        kept = study.kept_readers()
    return kept


def reader_findings(
    calls: pd.DataFrame,
    classes: Classes,
    groups: pd.DataFrame | None = None,
    scores: pd.DataFrame | None = None,
) -> dict[str, Finding]:
    """Ask everything of readers' calls that the table can be asked; by the names of `TITLES`.

    Parameters
    ----------
    calls
        As `read_calls` gives them.
    classes
        The two classes, and what a group is.
    groups, scores
        Scores of one model by group, and by tile (`hcs.study.folder.StudyResults.table`); None without.

    Raises
    ------
    ArgumentError
        The calls do not fit.
    """
    known = {"positive": classes.positive, "negative": classes.negative, "noun": classes.noun}
    found: dict[str, Finding] = {READERS: reader_calls(calls, **known, models=groups)}
    if scores is not None:
        found["reader_model"] = reader_model(calls, scores, **known)
    found["reader_agreement"] = reader_agreement(calls, **known)
    found["reader_responses"] = reader_responses(calls, **known)
    if POSITION in calls:
        found["reader_pace"] = reader_pace(calls, **known)
    return found


def first_model(study: StudyResults, classes: Classes) -> dict[str, pd.DataFrame | None]:
    """Read the held-out scores of a study's first model, by group and by tile, where there are any."""
    found: dict[str, pd.DataFrame | None] = {}
    for name in ("groups", "scores"):
        table = study.table(name) if study.has_table(name) else pd.DataFrame()
        if len(table):
            known = table.astype({"label": str})
            known = known[known["label"].isin(classes.both) & known["probability"].notna()]
            table = known[known["model"] == known["model"].iloc[0]] if len(known) else known
        found[name] = table if len(table) else None
    return found
