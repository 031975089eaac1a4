"""Commands on studies: demo, init, prepare, run, report, export, predict."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hcs.cli.concluding import conclude
from hcs.cli.options import (
    Format,
    Json,
    Model,
    Overwrite,
    Plates,
    Results,
    Scheduler,
    Workers,
    alike,
    as_workbook,
    records,
    tell_next,
    tell_workbook,
)
from hcs.cli.progress import progress_bar
from hcs.cli.workers import connect

if TYPE_CHECKING:
    from hcs.answer.facts import StudyFacts
    from hcs.report.crate.spec import CrateSpec
    from hcs.study.folder import StudyResults


def init(
    plates: Plates,
    out: Annotated[Path, typer.Option(help="The study file to write.")] = Path("study.toml"),
    label: Annotated[
        str, typer.Option(help="Column of the wells table to tell from the images.")
    ] = "diagnosis",
    positive: Annotated[str | None, typer.Option(help="Its positive value; found if there are two.")] = None,
    negative: Annotated[str | None, typer.Option(help="Its negative value; found if there are two.")] = None,
    group: Annotated[
        str | None,
        typer.Option(
            help="Column whose groups are never trained on and tested both; clone, or donor of several."
        ),
    ] = None,
    design: Annotated[
        list[Path] | None,
        typer.Option(help="Record of eligibility, layout, blinding or power (JSON); repeat for more."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file.")] = False,
) -> None:
    """Write a study file with every setting, its default and what it means.

    Example: hcs study init plates/*.ome.zarr --out als.toml
    """
    from hcs.study.new import write_study_file

    data = {"label": label, "positive": positive, "negative": negative, "group": group}
    chosen, said = write_study_file(plates, out, data, records=design or (), overwrite=overwrite)
    typer.echo(
        f"{out}: {chosen['positive']} against {chosen['negative']} by {chosen['group']}; edit what is not so"
    )
    for notice in said:
        typer.echo(f"note: {notice}")
    if any("under codes" in notice for notice in said):
        tell_next(
            "hcs", "study", "prepare", out, about="tiles, measurements and features, before names are known"
        )
        return
    tell_next("hcs", "study", "run", out, "--dry-run", about="what it would do, how long, how much disk")


def prepare(
    study: Annotated[Path, typer.Argument(help="The study file (TOML).")],
    out: Annotated[
        Path | None, typer.Option(help="Results folder; <study>-results beside the file if left out.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what was made with other settings or coded maps.")
    ] = False,
    scheduler: Scheduler = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Make tiles, measurements and features of a study whose samples are under codes still.

    Example: hcs study prepare als.toml
    """
    from hcs.study.run import StudyRun

    one = StudyRun.from_toml(study, out)
    with connect(scheduler, workers) as client:
        made = one.prepare(overwrite=overwrite, client=client, steps=progress_bar)
    if as_json:
        typer.echo(json.dumps({"results": str(one.results)} | made.model_dump(mode="json"), indent=1))
        return
    typer.echo(f"{one.results}: {', '.join(made.files)}")
    for notice in made.notices:
        typer.echo(f"note: {notice}")
    plates = [str(plate) for plate in one.config.data.plates]
    tell_next("hcs", "unblind", "KEY", *plates, "--study", one.results, about="once nothing is left to set")


def run(
    study: Annotated[Path, typer.Argument(help="The study file (TOML).")],
    out: Annotated[
        Path | None, typer.Option(help="Results folder; <study>-results beside the file if left out.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results of other settings.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done, how long, and how much disk.")
    ] = False,
    format: Format = "parquet",
    scheduler: Scheduler = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Run a study: tiles, features, clone-disjoint sets, search, models, tables and report.

    Example: hcs study run als.toml --workers 2
    """
    from hcs.report.gather import table_facts
    from hcs.report.reported import Study
    from hcs.study.places import REPORT, WORKBOOK

    wanted, one = as_workbook(format), Study.from_toml(study, out)
    if dry_run:
        from hcs.study.dry_run import forecast

        plan = forecast(one)
        if as_json:
            typer.echo(json.dumps(plan.to_json(), indent=1))
            return
        typer.echo(plan.summary())
        tell_next("hcs", "study", "run", study, *(["--out", out] if out else []))
        return
    with connect(scheduler, workers) as client:
        one.run(overwrite=overwrite, client=client, steps=progress_bar)
    page = one.results / REPORT
    if one.anew or not page.is_file():
        _report(one, as_json)
    else:
        typer.echo(f"{one.results} is finished and whole: nothing was made again.", err=True)
        _show(one, table_facts(one), page, as_json)
    if wanted:
        tell_workbook(one.save_tables(one.results / WORKBOOK, overwrite=True), quiet=as_json)


def report(
    results: Results,
    readers: Annotated[
        Path | None, typer.Option(help="Table of people's calls: reader, clone, call; kept with the study.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a finished study's report again.

    Example: hcs study report als-results --readers calls.csv
    """
    from hcs.findings.reader_calls import keep_calls
    from hcs.report.reported import Study

    one = Study.open(results)
    if readers is not None:
        keep_calls(one, readers)
    _report(one, as_json)


def export(
    results: Results,
    out: Annotated[
        Path, typer.Option(help="Folder for set-0001.keras and set-0001.json, …, or the crate's.")
    ],
    number: Annotated[
        list[int] | None, typer.Option("--set", help="Set whose model to export; repeat for more.")
    ] = None,
    model: Model = None,
    crate: Annotated[
        bool,
        typer.Option("--crate", help="Export the study as an RO-Crate: tables, report, settings, protocol."),
    ] = False,
    license: Annotated[
        str | None, typer.Option(help="Of a crate: SPDX identifier (CC-BY-4.0), or address.")
    ] = None,
    author: Annotated[
        list[str] | None, typer.Option(help="Of a crate: NAME or 'NAME <ORCID address>'; repeat for more.")
    ] = None,
    organization: Annotated[
        str | None,
        typer.Option(help="Of a crate: 'NAME <address>'; publishes it, and the authors belong to it."),
    ] = None,
    with_plates: Annotated[
        bool, typer.Option("--with-plates", help="Into a crate: copies of the plates, which may be large.")
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Export models of a study (.keras, .npz), or the whole study as an RO-Crate.

    Example: hcs study export als-results --set 1 --model cnn --model forest --out models

    Example: hcs study export als-results --crate --license CC-BY-4.0 --out als-crate
    """
    from hcs.classifiers.registry import FIRST
    from hcs.report.crate.spec import CrateSpec
    from hcs.study.export import export_model
    from hcs.study.folder import StudyResults
    from hcs_plates.errors import ArgumentError

    spec = CrateSpec(license, tuple(author or ()), organization, with_plates)
    if crate == bool(number):
        raise ArgumentError("Say what to export: --set 1 (a model of that set) or --crate (the whole study).")
    if crate and model:
        raise ArgumentError("--model goes with --set: a crate holds no trained models.")
    if not crate and spec != CrateSpec():
        raise ArgumentError("--license, --author, --organization and --with-plates go with --crate.")
    study = StudyResults.open(results)
    if crate:
        _export_crate(study, out, spec, overwrite=overwrite)
    for one in number or ():
        for name in model or (FIRST,):
            made = export_model(study, one, out, name, overwrite=overwrite)
            typer.echo(made)
            if made.suffix == ".keras":
                typer.echo(
                    f"next: keras.saving.load_model({str(made)!r}) in Python; {made.stem}.json says how"
                )


def _export_crate(study: "StudyResults", out: Path, spec: "CrateSpec", *, overwrite: bool) -> None:
    """Write a crate, and say what it holds."""
    from hcs.report.crate.write import write_crate

    made = write_crate(study, out, spec, overwrite=overwrite)
    typer.echo(f"{made.path}: an RO-Crate 1.1 of {made.files} files, described in ro-crate-metadata.json")
    for sentence in made.said:
        typer.echo(f"note: {sentence}")


def predict(
    results: Results,
    plate: Plates,
    out: Annotated[Path, typer.Option(help="Folder for tiles, features and tables of the scores.")],
    model: Model = None,
    overwrite: Overwrite = False,
    format: Format = "parquet",
    scheduler: Scheduler = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Score new plates by all models of a study that are blind to them.

    Example: hcs predict als-results plates/P9.ome.zarr --out p9-scores
    """
    from hcs.report.predicted.page import classes_of, predicted_headline, write_predicted
    from hcs.study.folder import StudyResults
    from hcs.study.places import PREDICTIONS_WORKBOOK, TABLES
    from hcs.study.predict import predict_plates

    wanted, study = as_workbook(format), StudyResults.open(results)
    with connect(scheduler, workers) as client:
        found = predict_plates(
            study, plate, out, models=model or None, overwrite=overwrite, client=client, steps=progress_bar
        )
    page = write_predicted(found, study, out)
    if as_json:
        document = {"groups": records(found.groups), "wells": records(found.wells), "notices": found.notices}
        typer.echo(json.dumps(document | {"tables": str(out / TABLES), "page": str(page)}, indent=1))
    else:
        typer.echo(predicted_headline(found, classes_of(study)))
        for notice in found.notices:
            typer.echo(f"note: {notice}")
        typer.echo(f"every clone and well: {page.resolve()}")
        typer.echo(f"tables: {(out / TABLES).resolve()}")
    if wanted:
        tell_workbook(found.save_tables(out / PREDICTIONS_WORKBOOK, overwrite=True), quiet=as_json)
    left_out = [(f"{what} {where}", reason) for what, where, reason in found.left_out.itertuples(index=False)]
    for place, reason in alike(left_out):
        typer.echo(f"left out: {place} ({reason})", err=True)
    if any(str(what) == "field" for what in found.left_out["what"]):
        raise typer.Exit(1)


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the demo.")] = Path("hcs-demo"),
    overwrite: Overwrite = False,
    scheduler: Scheduler = None,
    workers: Workers = None,
) -> None:
    """Simulate two plates of 12 clones and take them all the way to a report.

    Example: hcs demo
    """
    from hcs.demo import STUDY, run_demo
    from hcs.report.gather import table_facts
    from hcs.study.places import beside

    with connect(scheduler, workers) as client:
        one, page = run_demo(out, overwrite=overwrite, client=client, steps=progress_bar)
    _show(one, table_facts(one), page, as_json=False)
    tell_next("hcs", "serve", beside(out / STUDY), about="its plates in the web browser")


def _report(study: "StudyResults", as_json: bool) -> None:
    """Write a study's report, and end its command with what it says."""
    from hcs.report.gather import study_facts
    from hcs.report.study.page import write_report

    facts = study_facts(study)
    _show(study, facts, write_report(study, facts), as_json)


def _show(study: "StudyResults", facts: "StudyFacts", page: Path, as_json: bool) -> None:
    """End a study's command: every model's clones, the verdict, and where the report is."""
    from hcs.answer.verdict import verdict
    from hcs.figures.theme import model_name

    if as_json:
        table = facts.comparison().to_dict("records")
        told = {"results": str(study.results), "report": str(page), "models": table}
        told |= {"verdict": verdict(facts).to_json()}
        typer.echo(json.dumps(told, indent=1, ensure_ascii=False))
        return
    lines, nouns = [], facts.classes.nouns
    for model in facts.models:
        found = facts.group_result(model)
        lines.append(
            f"{model_name(model)}: {found.right} of {found.n_groups} {nouns} right (95 % interval "
            f"{found.low:.2f}–{found.high:.2f}), AUC over {nouns} {found.auc:.2f}"
        )
    lines += [
        f"{model_name(str(row.model))}: {row.treatment} dose against score, Spearman's rho "
        f"{row.spearman_rho:.2f} ({row.n_wells} wells)"
        for row in facts.trends.itertuples(index=False)
    ]
    if left_out := len(facts.left_out):
        lines.append(f"{left_out} wells or fields were left out; the report lists them with the reasons.")
    conclude(study, facts, page, *lines)
