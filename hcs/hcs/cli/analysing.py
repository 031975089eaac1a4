"""Commands on what a finished study shows: analyse, permute."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hcs.cli.concluding import conclude, headlines
from hcs.cli.options import (
    Format,
    Json,
    Results,
    Scheduler,
    SheetOfTable,
    Workers,
    as_workbook,
    tell_workbook,
)
from hcs.cli.progress import progress_bar
from hcs.cli.workers import connect
from hcs_plates.errors import ArgumentError

if TYPE_CHECKING:
    from hcs.study.folder import StudyResults


def analyse(
    results: Results,
    clinical: Annotated[
        Path | None, typer.Option(help="Table (CSV, TSV, XLSX) of what is known of clones or donors.")
    ] = None,
    sheet: SheetOfTable = None,
    key: Annotated[str, typer.Option(help="Its column that names them: clone or donor.")] = "clone",
    biomarker: Annotated[
        list[str] | None, typer.Option(help="Its column to join with the model's score; repeat for more.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="This analysis only; repeat for more. Nothing is kept.")
    ] = None,
    batch: Annotated[
        str, typer.Option(help="Column of the wells table that names the batch.")
    ] = "differentiation_batch",
    format: Format = "parquet",
    as_json: Json = False,
) -> None:
    """Ask of a finished study what would make it believable: design, batches, passages, positions, clones.

    Example: hcs study analyse als-results --clinical clinical.csv --biomarker nfl_pg_ml
    """
    from hcs.findings.run import analyse_study
    from hcs.report.gather import study_verdict
    from hcs.study.folder import StudyResults
    from hcs.study.places import ANALYSES_WORKBOOK, KEPT_ANALYSES

    wanted = as_workbook(format)
    if wanted and only:
        raise ArgumentError("--only keeps nothing, and so no workbook either; leave out --format or --only.")
    study = StudyResults.open(results)
    found = analyse_study(
        study,
        clinical=clinical,
        key=key,
        sheet=sheet,
        biomarkers=tuple(biomarker or ()),
        only=only or None,
        batch=batch,
        steps=progress_bar,
    )
    if wanted:
        tell_workbook(found.save_tables(study.results / ANALYSES_WORKBOOK, overwrite=True), quiet=as_json)
    if as_json:
        kept = {} if only else {"verdict": study_verdict(study).to_json()}
        typer.echo(json.dumps(found.to_json() | kept, indent=1, ensure_ascii=False))
        return
    for note in found.clinical_notes:
        typer.echo(f"clinical table: {note}")
    headlines({name: finding.headline() for name, finding in found.items()})
    for name, reason in found.left_out.items():
        typer.echo(f"not made: {name} ({reason})", err=True)
    if only:
        typer.echo("every word and number: --json")
    else:
        typer.echo("")
        _conclude(study, f"every word and number: --json, or {(study.results / KEPT_ANALYSES).resolve()}")


def permute(
    results: Results,
    number: Annotated[
        int, typer.Option("--permutations", min=1, help="How many, besides the labels as they are.")
    ] = 20,
    within: Annotated[
        str | None,
        typer.Option(help="Column of the wells table: labels move among groups of one value only."),
    ] = None,
    searched: Annotated[
        bool, typer.Option("--search", help="Search learning rate and momentum anew for every set.")
    ] = False,
    trials: Annotated[
        int | None, typer.Option(min=1, help="Trials of each search; the study's if left out.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of permutations and sets.")] = 0,
    model: Annotated[
        list[str] | None, typer.Option(help="Train this model of the study anew too, besides its first.")
    ] = None,
    scheduler: Scheduler = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Permute the labels of a finished study's groups, and deal, search, train and test anew each time.

    Example: hcs study permute als-results --permutations 99 --within differentiation_batch
    """
    from hcs.findings.permuted import permute_labels
    from hcs.report.gather import study_verdict
    from hcs.study.folder import StudyResults

    study = StudyResults.open(results)
    with connect(scheduler, workers) as client, progress_bar("permutations") as progress:
        found = permute_labels(
            study,
            number,
            models=model or (),
            within=within,
            seed=seed,
            searched=searched,
            trials=trials,
            client=client,
            progress=progress,
        )
    if as_json:
        means = found.table.groupby(["model", "permutation"], as_index=False, sort=False).mean()
        told = {"means": means.to_dict("records"), "summary": found.summary()}
        told |= {"verdict": study_verdict(study).to_json()}
        typer.echo(json.dumps(told, indent=1, ensure_ascii=False))
    else:
        typer.echo(found.headline())
        _conclude(study)


def _conclude(study: "StudyResults", *places: str) -> None:
    """Write the report anew, and end with the verdict as it is now."""
    from hcs.report.gather import study_facts
    from hcs.report.study.page import write_report

    facts = study_facts(study)
    conclude(study, facts, write_report(study, facts), *places)
