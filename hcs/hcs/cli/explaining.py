"""The command on where a finished study's heads look: explain."""

import json
from typing import Annotated

import typer

from hcs.cli.concluding import conclude, headlines
from hcs.cli.options import Json, Results, Scheduler, Workers
from hcs.cli.progress import progress_bar
from hcs.cli.workers import connect


def explain(
    results: Results,
    block: Annotated[
        str | None, typer.Option(help="First block whose maps are made; block2 if left out.")
    ] = None,
    tiles: Annotated[int, typer.Option(help="Tiles of every clone that the numbers are taken from.")] = 4,
    controls: Annotated[
        int, typer.Option(help="Random heads, and as many on permuted labels; with 19, p can be 0.05.")
    ] = 19,
    networks: Annotated[int, typer.Option(help="Networks of shuffled weights.")] = 3,
    judged: Annotated[
        int, typer.Option(help="Tiles of every clone for occlusion, deletion and insertion; 0 for none.")
    ] = 1,
    seed: Annotated[int, typer.Option(help="Of controls and orders.")] = 0,
    model: Annotated[str | None, typer.Option(help="Of the study; one that is fed images.")] = None,
    scheduler: Scheduler = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Show where a finished study's heads look, and whether that is more than the frozen network's own.

    Example: hcs explain als-results
    """
    from hcs.classifiers.registry import FIRST
    from hcs.explain.explanations import explain_study
    from hcs.explain.found import kept_findings
    from hcs.explain.plan import ExplainSpec
    from hcs.report.explained import write_explained
    from hcs.report.gather import study_facts
    from hcs.report.reported import Study
    from hcs.report.study.page import write_report

    study = Study.open(results)
    spec = ExplainSpec(block, tiles, controls, networks, judged, seed)
    with connect(scheduler, workers) as client:
        found = explain_study(study, spec, model=model or FIRST, client=client, steps=progress_bar)
    facts, page = study_facts(study), write_explained(study, found)
    report, findings = write_report(study, facts), kept_findings(study).findings
    if as_json:
        said = {name: one.summary for name, one in findings.items()}
        document = {"findings": said, "left_out": found.left_out, "page": str(page)}
        typer.echo(json.dumps(document, indent=1, ensure_ascii=False))
    else:
        headlines({name: one.headline for name, one in findings.items()})
        conclude(study, facts, report, f"every word and number: --json, or page: {page.resolve()}")
    for what, why in found.left_out.items():
        typer.echo(f"left out: {what} ({why})", err=True)
    if found.left_out:
        raise typer.Exit(1)
