"""Commands on studies: demo, init, run, report."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from hcs.cli.options import Json, Overwrite, Scheduler, Workers, progress_bar
from hcs.cluster import connect


def init(
    plates: Annotated[list[Path], typer.Argument(help="One or more plates.")],
    out: Annotated[Path, typer.Option(help="The study file to write.")] = Path("study.toml"),
    label: Annotated[
        str, typer.Option(help="Column of the wells table to tell from the images.")
    ] = "diagnosis",
    positive: Annotated[str | None, typer.Option(help="Its positive value; found if there are two.")] = None,
    negative: Annotated[str | None, typer.Option(help="Its negative value; found if there are two.")] = None,
    group: Annotated[str, typer.Option(help="Column whose groups never stand on both sides.")] = "clone",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file.")] = False,
) -> None:
    """Write a study file with every setting, its default and what it means.

    Example: hcs study init plates/*.ome.zarr --out als.toml
    """
    from hcs.setup import write_study_file

    data = {"label": label, "positive": positive, "negative": negative, "group": group}
    chosen = write_study_file(plates, out, data, overwrite=overwrite)
    typer.echo(
        f"{out}: {chosen['positive']} against {chosen['negative']} by {chosen['group']}; edit it, then:"
    )
    typer.echo(f"  hcs study run {out}")


def run(
    study: Annotated[Path, typer.Argument(help="The study file (TOML).")],
    out: Annotated[
        Path | None, typer.Option(help="Results folder; <study>-results beside the file if left out.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results of other settings.")
    ] = False,
    scheduler: Scheduler = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Run a study: tiles, features, clone-disjoint sets, CNN and forest, tables and report.

    Example: hcs study run als.toml --workers 2
    """
    from hcs.study import Study

    one = Study.from_toml(study, out)
    with connect(scheduler, workers) as client:
        one.run(overwrite=overwrite, client=client, steps=progress_bar)
    page = one.report()
    _show(one, page, as_json)


def report(
    results: Annotated[Path, typer.Argument(help="Results folder of `hcs study run`.")],
    as_json: Json = False,
) -> None:
    """Write a finished study's report again.

    Example: hcs study report als-results
    """
    from hcs.study import Study

    one = Study.open(results)
    _show(one, one.report(), as_json)


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the demo.")] = Path("hcs-demo"),
    overwrite: Overwrite = False,
    scheduler: Scheduler = None,
    workers: Workers = None,
) -> None:
    """Simulate two plates of 12 clones and take them all the way to a report.

    Example: hcs demo
    """
    from hcs.demo import run_demo

    with connect(scheduler, workers) as client:
        one, page = run_demo(out, overwrite=overwrite, client=client, steps=progress_bar)
    _show(one, page, as_json=False)


def _show(study: Any, page: Path, as_json: bool) -> None:
    """End a study's command: its numbers, clone level first, and where the report is."""
    from hcs.showcase import study_facts

    facts = study_facts(study)
    if as_json:
        table = facts.comparison().to_dict("records")
        typer.echo(
            json.dumps({"results": str(study.results), "report": str(page), "models": table}, indent=1)
        )
        return
    for notice in facts.notices:
        typer.echo(f"note: {notice}")
    for model in facts.models:
        found = facts.group_result(model)
        typer.echo(
            f"{model}: {found.right} of {found.n_groups} {facts.nouns} right "
            f"(Wilson 95 % {found.low:.2f}–{found.high:.2f}), {facts.noun} AUC {found.auc:.2f}; "
            f"tiles, over {facts.n_sets} sets: accuracy {facts.over_sets(model, 'accuracy')}, "
            f"AUC {facts.over_sets(model, 'auc')}"
        )
    for row in facts.trends.itertuples(index=False):
        typer.echo(
            f"{row.model}: {row.treatment} dose against score, Spearman's rho {row.spearman_rho:.2f} "
            f"({row.n_wells} wells)"
        )
    left_out = len(facts.left_out)
    if left_out:
        typer.echo(f"{left_out} wells or fields were left out; the report lists them with the reasons.")
    typer.echo(f"report: {page.resolve()}")
