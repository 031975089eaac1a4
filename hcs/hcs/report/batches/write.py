"""The batch-effect report of a finished study, or of any table of features."""

from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from hcs.analysis.batches.transfer import MODEL
from hcs.analysis.evidence import Evidence
from hcs.analysis.kept import ANALYSED, KeptAnalyses, keep_analyses, read_analyses
from hcs.analysis.question import BATCH, Question
from hcs.analysis.registry import ANALYSES
from hcs.answer.basis import Basis
from hcs.classifiers.registry import FIRST
from hcs.figures.theme import label_colours, model_name, score_map
from hcs.findings.from_study import study_evidence
from hcs.findings.from_table.evidence import table_evidence
from hcs.findings.run import analyse
from hcs.heatmaps.heatmap import WellHeatmap, heatmap
from hcs.report.batches.page import BatchFacts, write_batch_report
from hcs.report.gather import table_facts
from hcs.study.folder import StudyResults
from hcs.study.places import KEPT_ANALYSES
from hcs.study.steps import Steps, silent
from hcs.tables.compared import Classes
from hcs.tables.spec import TableSpec
from hcs.wording import spaced
from hcs_plates.errors import ArgumentError, ExistsError, HcsError, nearest
from hcs_plates.paths import local_path
from hcs_plates.staging import Place
from hcs_plates.units import digest
from hcs_plates.wells import PlateFormat, guessed_format, smallest_format

LINEAR = (
    "Wells were scored by linear discriminants on standardised features reduced to 50 principal components; "
    "every {batch} was scored by a model of the others."
)
STUDY = "Wells were scored by the study's models, each blind to the {noun} of the wells it scored."


@dataclass(frozen=True)
class BatchRequest:
    """What a batch-effect report is asked for.

    Parameters
    ----------
    out
        File to write. Analyses made for it are kept beside it, in ``NAME-analyses``.
    spec
        What a table's columns are.
    batch
        The column whose effect is asked of a study.
    title
        Of a table; a study has its own.
    seed
        Of permutations and resamples: 0 if None, and kept analyses of any seed are taken.
    overwrite
        Replace the file and the folder beside it.
    steps
        Shows progress.
    """

    out: Path | str
    spec: TableSpec | None = None
    batch: str = BATCH
    title: str = ""
    seed: int | None = None
    overwrite: bool = False
    steps: Steps = silent

    @property
    def beside(self) -> Path:
        """Folder of the analyses that are made for it."""
        place = local_path(self.out)
        return place.resolve().with_name(f"{place.stem}-{KEPT_ANALYSES}")

    def check_beside(self) -> None:
        """Refuse a folder of that name that may not be replaced."""
        Place(self.beside, ANALYSED, overwrite=self.overwrite).check()


def batch_report(  # noqa: PLR0913 – keywords of users
    source: StudyResults | pd.DataFrame,
    out: Path | str,
    *,
    spec: TableSpec | None = None,
    batch: str = BATCH,
    title: str = "",
    seed: int | None = None,
    overwrite: bool = False,
    steps: Steps = silent,
) -> Path:
    """Write a batch-effect report as one self-contained file.

    Parameters
    ----------
    source
        A finished study; its kept analyses are taken where they were asked for this batch. Or a table of
        features, one row per field, tile or well.
    out, spec, batch, title, seed, overwrite, steps
        As in `BatchRequest`.

    Raises
    ------
    ArgumentError, ExistsError
        A table without `spec`, or whose columns are not there; a file, or a folder beside it, that is there
        already.
    """
    wanted = BatchRequest(out, spec, batch, title, seed, overwrite, steps)
    return write_batch_report(batch_facts(source, wanted), local_path(out))


def batch_facts(source: StudyResults | pd.DataFrame, wanted: BatchRequest) -> BatchFacts:
    """Gather what a batch-effect report says, and keep its analyses beside where the report is to stand."""
    place = local_path(wanted.out)
    if place.is_dir():
        raise ArgumentError(f"{place} is a folder; give the report a file name such as 'batches.html'.")
    if place.exists() and not wanted.overwrite:
        raise ExistsError(f"{place} exists already; choose another name, or replace it with --overwrite.")
    if isinstance(source, StudyResults):
        return _of_study(source, wanted)
    wanted.check_beside()
    return _of_table(source, wanted)


def _of_study(study: StudyResults, wanted: BatchRequest) -> BatchFacts:
    """Facts of a study; analyses that fit are not made again, and what is missing is said."""
    batch, seed = wanted.batch, wanted.seed
    facts, model = table_facts(study), FIRST
    classes, record, left_out, groups = facts.classes, facts.record, facts.left_out, facts.class_groups
    wells, scores = (
        table if table.empty else classes.rows(table) for table in (facts.wells, facts.well_scores)
    )
    if not wells.empty and batch != BATCH and batch not in wells:
        raise ArgumentError(f"The wells of {study.results} have no {batch!r}; {nearest(batch, list(wells))}")
    analysed = _kept(facts.analysed, batch, model, seed)
    if analysed is None:
        wanted.check_beside()
        try:
            asked = Question(study_evidence(study), model=model, batch=batch, seed=seed or 0)
        except (HcsError, OSError, ValueError) as error:
            analysed = KeptAnalyses({}, dict.fromkeys(_asked(), f"{error}"))
        else:
            analysed = _made(asked, wanted)
    rows = [
        ("study", "hcs", record.get("hcs")),
        ("study", "features digest", record.get("features_digest")),
        *(("plate", name, one.get("digest")) for name, one in record.get("plates", {}).items()),
        *(("analyses", name, value) for name, value in analysed.asked.items() if name != "clinical_notes"),
    ]
    missing = [
        f"The study's table {name!r} is missing or damaged."
        for name in ("wells", "well_scores", "left_out")
        if getattr(facts, name).columns.empty
    ]
    scored = scores[scores["model"] == model] if len(scores) else pd.DataFrame()
    return BatchFacts(
        title=study.title,
        basis=Basis(
            classes,
            batch=batch,
            models=(model,) if model in facts.models else (),
            scores=groups,
            splits=facts.splits,
            wells=wells,
            analysed=analysed,
            permuted=facts.permuted,
        ),
        scored=STUDY.format(noun=classes.noun),
        groups=_groups(groups if wells.empty else wells, batch),
        heatmaps=_heatmaps(wells, scored, classes, batch, facts.plate_formats() or None),
        any_score=len(scored) > 0,
        left_out=_left_out(left_out, analysed),
        record=_record(rows),
        notices=(*record.get("notices", ()), *missing),
    )


def _kept(found: KeptAnalyses | None, batch: str, model: str, seed: int | None) -> KeptAnalyses | None:
    """Analyses that the study keeps, if they were asked for this batch, model and seed."""
    if found is None:
        return None
    asked: dict[str, Any] = {"batch": batch, "model": model}
    asked |= {} if seed is None else {"seed": seed}
    if {name: found.asked.get(name) for name in asked} != asked:
        return None
    absent = dict.fromkeys(_asked(), "It is not among the analyses that the study keeps.")
    return replace(
        found,
        findings={name: found.findings[name] for name in absent if name in found.findings},
        left_out={
            name: found.left_out.get(name, why) for name, why in absent.items() if name not in found.findings
        },
    )


def _of_table(table: pd.DataFrame, wanted: BatchRequest) -> BatchFacts:
    """Facts of a table of features."""
    spec, seed = wanted.spec, wanted.seed or 0
    if spec is None:
        raise ArgumentError("A table needs a TableSpec that says what its columns are.")
    evidence, said = table_evidence(table, spec, seed=seed)
    asked = Question(evidence, model=MODEL, batch=spec.batch, seed=seed)
    analysed = _made(asked, wanted)
    rows = [
        ("table", "hcs", version("hcs")),
        ("table", "rows", f"{len(table):,}"),
        ("table", "digest", digest(table.to_csv(index=False))),
        ("table", "features", ", ".join(evidence.feature_names)),
        *(("table", name, getattr(spec, name)) for name in ("label", "positive", "negative", "batch")),
        ("table", "group", evidence.classes.noun),
        *(("analyses", name, value) for name, value in analysed.asked.items() if name != "clinical_notes"),
    ]
    scored = evidence.well_scores
    classes = Classes(spec.positive, spec.negative, spec.label, evidence.classes.noun)
    shape = evidence.plate_format or smallest_format(evidence.wells["well"])
    guess = (
        "" if evidence.plate_format else guessed_format(shape.size, "so no well counts as one of the edge")
    )
    rows.append(("table", "plate format", guess or f"{shape.size} wells"))
    formats = {str(plate): shape for plate in evidence.wells["plate"].unique()}
    return BatchFacts(
        title=wanted.title or "Table of features",
        basis=Basis(
            classes,
            batch=spec.batch,
            models=(MODEL,) if len(evidence.groups) else (),
            scores=evidence.groups,
            splits=evidence.splits,
            wells=evidence.wells,
            analysed=analysed,
        ),
        scored=LINEAR.format(batch=spaced(spec.batch)),
        groups=_groups(evidence.wells, spec.batch),
        heatmaps=_heatmaps(evidence.wells, scored, classes, spec.batch, formats),
        any_score=len(scored) > 0,
        left_out=_left_out(_of_rows(evidence, said), analysed),
        record=_record(rows),
        notices=evidence.notices,
    )


def _of_rows(evidence: Evidence, said: tuple[str, ...]) -> pd.DataFrame:
    """List what of a table took no part: columns, wells and rows."""
    rows = [("rows", "table", one) for one in said]
    return pd.DataFrame([*evidence.left_out, *rows], columns=["what", "where", "reason"])


def _asked() -> tuple[str, ...]:
    """Names of the analyses that the report shows."""
    return tuple(name for name, row in ANALYSES.items() if row.in_batches is not None)


def _made(asked: Question, wanted: BatchRequest) -> KeptAnalyses:
    """Make analyses, keep them beside the report and read them back: the page shows what is kept."""
    found = analyse(asked, _asked(), wanted.steps)
    return read_analyses(keep_analyses(found.findings, found.left_out, found.asked, wanted.beside))


def _left_out(rows: pd.DataFrame, analysed: KeptAnalyses) -> pd.DataFrame:
    """Rows and wells that were left out, and analyses that could not be made."""
    made = [("analysis", spaced(name), reason) for name, reason in analysed.left_out.items()]
    others = pd.DataFrame(made, columns=["what", "where", "reason"], dtype=object)
    return pd.concat([rows.astype(object), others], ignore_index=True).drop_duplicates()


def _groups(wells: pd.DataFrame, batch: str) -> pd.DataFrame:
    """List groups with their label and the batches they stand in."""
    rows = wells.reindex(columns=list(dict.fromkeys(["group", "label", batch]))).dropna(subset=["group"])
    rows = rows.astype(object).drop_duplicates()
    return rows.sort_values(list(rows), key=lambda column: column.map(str)).reset_index(drop=True)


def _heatmaps(
    wells: pd.DataFrame,
    scores: pd.DataFrame,
    classes: Classes,
    batch: str,
    formats: dict[str, PlateFormat] | None,
) -> dict[str, WellHeatmap]:
    """Scores of wells, their labels, and where batches differ within plates, these."""
    if wells.empty:
        return {}
    shown, label = {}, classes.label
    colours = label_colours(classes.both, positive=classes.positive, negative=classes.negative)
    if len(scores):
        own, model = scores[["plate", "well", "probability"]], model_name(str(scores["model"].iloc[0]))
        told = (
            f"Mean score (probability of {spaced(classes.positive)}) of every well by the {model}, on "
            "one scale: plates that differ as a whole, rows, columns and edges stand out."
        )
        shown[told] = heatmap(
            wells.merge(own, how="left", on=["plate", "well"]),
            "probability",
            limits=(0.0, 1.0),
            colours=score_map(),
            plate_format=formats,
        )
    named = wells.drop(columns=label if label != "label" else [], errors="ignore")
    shown[f"Where the classes of {spaced(label)} stood."] = heatmap(
        named.rename(columns={"label": label}), label, colours=colours, plate_format=formats
    )
    if batch in wells and (wells.groupby("plate")[batch].nunique() > 1).any():
        shown[f"Where every {spaced(batch)} stood."] = heatmap(wells, batch, plate_format=formats)
    return shown


def _record(rows: list[tuple[str, str, object]]) -> pd.DataFrame:
    named = [(part, name, "–" if value in (None, "") else str(value)) for part, name, value in rows]
    return pd.DataFrame(named, columns=["part", "name", "value"])
