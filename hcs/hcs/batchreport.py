"""The batch-effect report of a finished study, or of any table of features."""

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from hcs.analyses import analyse
from hcs.archive import StudyResults
from hcs.evidence import Evidence
from hcs.figures.theme import label_colours, model_name, score_map
from hcs.heatmaps import WellHeatmap, heatmap
from hcs.kept import FOLDER, SUMMARIES, KeptAnalyses, keep_analyses, read_analyses
from hcs.questions import BATCH, Question
from hcs.report.batch import ANALYSES, BatchFacts, write_batch_report
from hcs.results import left_out_table
from hcs.steps import Steps, silent
from hcs.tableevidence import ANALYSED, TableSpec, table_evidence
from hcs.wording import spaced
from hcs_plates.errors import ArgumentError, ExistsError, HcsError, NotThereError, StoreError
from hcs_plates.staging import check_free
from hcs_plates.units import digest

LINEAR = (
    "Wells were scored by linear discriminants on standardised features reduced to 50 principal components; "
    "every {batch} was scored by a model of the others."
)
STUDY = "Wells were scored by the study's models, each blind to the {noun} of the wells it scored."


def batch_report(
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

    Raises
    ------
    ArgumentError, ExistsError
        A table without `spec`, or whose columns are not there; a file, or a folder beside it, that is there
        already.
    """
    place = Path(out)
    if place.is_dir():
        raise ArgumentError(f"{place} is a folder; give the report a file name such as 'batches.html'.")
    if place.exists() and not overwrite:
        raise ExistsError(f"{place} exists already; choose another name, or replace it with --overwrite.")
    beside = place.with_name(f"{place.stem}-{FOLDER}")
    if isinstance(source, StudyResults):
        facts = _of_study(source, beside, overwrite, batch, seed, steps)
    else:
        check_free(beside, overwrite=overwrite, marker=SUMMARIES)
        facts = _of_table(source, spec, beside, title, seed or 0, steps)
    return write_batch_report(facts, place)


def _of_study(study: StudyResults, beside: Path, batch: str, seed: int, steps: Steps) -> BatchFacts:
    """Facts of a study; analyses that fit are not made again."""
    evidence = Evidence.of(study)
    model = "cnn"
    analysed = _kept(study, batch, model)
    if analysed is None:
        analysed = _made(Question(evidence, model=model, batch=batch, seed=seed), ANALYSES, beside, steps)
    config, record = study.config.data, study.record
    rows = [
        ("study", "hcs", record.get("hcs", "")),
        ("study", "features digest", record.get("features_digest", "")),
        *(("plate", name, one["digest"]) for name, one in record["plates"].items()),
        *(("analyses", name, value) for name, value in analysed.asked.items()),
    ]
    left_out = study.table("left_out") if study.has_table("left_out") else pd.DataFrame()
    return BatchFacts(
        title=study.title,
        label=config.label,
        positive=config.positive,
        negative=config.negative,
        batch=batch,
        noun=evidence.noun,
        scored=STUDY.format(noun=evidence.noun),
        groups=_groups(evidence, batch),
        analysed=analysed,
        heatmaps=_heatmaps(evidence, model, batch),
        left_out=left_out,
        record=_record(rows),
        notices=tuple(record.get("notices", ())),
    )


def _kept(study: StudyResults, batch: str, model: str) -> KeptAnalyses | None:
    """Analyses that the study keeps, if they were asked for this batch and model."""
    try:
        found = read_analyses(study.results / FOLDER)
    except (NotThereError, StoreError):
        return None
    asked = {"batch": batch, "model": model, "features": study.record.get("features_digest", "")}
    return found if {name: found.asked.get(name) for name in asked} == asked else None


def _of_table(
    table: pd.DataFrame, spec: TableSpec | None, beside: Path, title: str, seed: int, steps: Steps
) -> BatchFacts:
    """Facts of a table of features."""
    if spec is None:
        raise ArgumentError("A table needs a TableSpec that says what its columns are.")
    evidence, said = table_evidence(table, spec, seed=seed)
    asked = Question(evidence, model="linear", batch=spec.batch, seed=seed)
    analysed = _made(asked, ANALYSED, beside, steps)
    rows = [
        ("table", "hcs", version("hcs")),
        ("table", "rows", f"{len(table):,}"),
        ("table", "digest", digest(table.to_csv(index=False))),
        ("table", "features", ", ".join(evidence.feature_names)),
        *(
            ("table", name, getattr(spec, name))
            for name in ("label", "positive", "negative", "batch", "group")
        ),
        *(("analyses", name, value) for name, value in analysed.asked.items()),
    ]
    return BatchFacts(
        title=title or "Table of features",
        label=spec.label,
        positive=spec.positive,
        negative=spec.negative,
        batch=spec.batch,
        noun=evidence.noun,
        scored=LINEAR.format(batch=spaced(spec.batch)),
        groups=_groups(evidence, spec.batch),
        analysed=analysed,
        heatmaps=_heatmaps(evidence, "linear", spec.batch),
        left_out=left_out_table([("rows", "table", one) for one in said]),
        record=_record(rows),
    )


def _made(asked: Question, names: tuple[str, ...], beside: Path, steps: Steps) -> KeptAnalyses:
    """Make analyses, keep them beside the report and read them back: the page shows what is kept."""
    found = analyse(asked, names, steps)
    return read_analyses(keep_analyses(found.findings, found.left_out, found.asked, beside))


def _groups(evidence: Evidence, batch: str) -> pd.DataFrame:
    """List groups with their label and the batches they stand in."""
    columns = ["group", "label", *([batch] if batch in evidence.wells else [])]
    rows = evidence.wells[columns].drop_duplicates().sort_values(columns).reset_index(drop=True)
    return rows.assign(**{batch: rows.get(batch, pd.Series(None, index=rows.index, dtype=object))})


def _heatmaps(evidence: Evidence, model: str, batch: str) -> dict[str, WellHeatmap]:
    """Scores of wells, and where batches differ within plates, these."""
    scored = evidence.scored(model)
    if scored.empty:
        return {}
    formats, classes = evidence.plate_format, (evidence.positive, evidence.negative)
    scale = (
        f"Mean score (probability of {spaced(evidence.positive)}) of every well by the {model_name(model)}"
    )
    colours = label_colours(classes, positive=classes[0], negative=classes[1])
    shown = {
        f"{scale}, on one scale: plates that differ as a whole, rows, columns and edges stand out.": heatmap(
            scored, "probability", limits=(0.0, 1.0), colours=score_map(), plate_format=formats
        ),
        f"Where the {evidence.label_name} stood.": heatmap(
            evidence.wells, "label", colours=colours, plate_format=formats
        ),
    }
    if batch in evidence.wells and (evidence.wells.groupby("plate")[batch].nunique() > 1).any():
        shown[f"Where every {spaced(batch)} stood."] = heatmap(evidence.wells, batch, plate_format=formats)
    return shown


def _record(rows: list[tuple[str, str, object]]) -> pd.DataFrame:
    named = [(part, name, "–" if value in (None, "") else str(value)) for part, name, value in rows]
    return pd.DataFrame(named, columns=["part", "name", "value"])
