"""Commands that write reports: of batches, of a study, and of what differs between two."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from hcs.cli import studies
from hcs.cli.options import Json, Overwrite, SheetOfTable, TableWells, records
from hcs.cli.progress import progress_bar
from hcs.wording import listed
from hcs_plates.errors import ArgumentError, NotThereError

NEITHER = "Give one results folder for its report, or --diff A B for what differs between two"


def batch(
    source: Annotated[
        Path,
        typer.Argument(help="Results folder of `hcs study run`, or a table of features (CSV, Parquet, …)."),
    ],
    out: Annotated[Path, typer.Option(help="The report, one HTML file.")] = Path("batch-report.html"),
    sheet: SheetOfTable = None,
    batch: Annotated[
        str | None,
        typer.Option(help="Column of the batch: differentiation_batch of a study, plate of a table."),
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="A table's column to tell apart; diagnosis if left out.")
    ] = None,
    positive: Annotated[str | None, typer.Option(help="Its positive value.")] = None,
    negative: Annotated[str | None, typer.Option(help="Its negative value.")] = None,
    group: Annotated[
        str | None,
        typer.Option(
            help="A table's column that n counts, or well; if left out, the clone, or the donor where one "
            "gave several clones."
        ),
    ] = None,
    feature: Annotated[
        list[str] | None,
        typer.Option(
            help="Pattern of a table's features ('Texture_*'), or the name of one that is used whatever it "
            "looks like; repeat for more."
        ),
    ] = None,
    wells: TableWells = None,
    seed: Annotated[
        int | None, typer.Option(help="Of permutations and resamples; 0, or that of a study's kept analyses.")
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Report whether a study's answer, or a table's, holds in every batch, and what else goes with batches.

    Example: hcs batch als-results --out batches.html
    """
    from hcs.analysis.question import BATCH
    from hcs.report.batches.page import write_batch_report
    from hcs.report.batches.write import BatchRequest, batch_facts
    from hcs.study.folder import StudyResults
    from hcs.tables.file import read_table
    from hcs.tables.spec import TableSpec, label_values

    if not source.exists():
        raise NotThereError(f"There is no '{source}'; give a study's results folder or a table of features.")
    if out.exists() and out.samefile(source):
        raise ArgumentError(f"--out {out} is what the report is to be made from; give it another name.")
    made: dict[str, Any] = {"seed": seed, "overwrite": overwrite, "steps": progress_bar}
    if source.is_dir():
        told: dict[str, Any] = {"label": label, "positive": positive, "negative": negative, "group": group}
        told |= {"feature": feature, "wells": wells, "sheet": sheet}
        if needless := [f"--{name}" for name, value in told.items() if value]:
            raise ArgumentError(
                f"Leave out {listed(needless)}: the study's own file says what its wells are."
            )
        study = StudyResults.open(source)
        facts = batch_facts(study, BatchRequest(out, batch=batch or BATCH, **made))
    else:
        label, batch = label or "diagnosis", batch or "plate"
        table = read_table(source, names=(label, batch, group or "clone"), sheet=sheet)
        found = label_values(table, label, positive, negative)
        positive, negative, features = found.positive, found.negative, tuple(feature or ())
        spec = TableSpec(label, positive, negative, batch, group or "", features, found.reason, wells)
        if not as_json:
            typer.echo(f"note: {found.reason}")
        facts = batch_facts(table, BatchRequest(out, spec, title=source.stem.replace("_", " "), **made))
    path, verdict = write_batch_report(facts, out).resolve(), facts.verdict
    if as_json:
        typer.echo(json.dumps(verdict.to_json() | {"report": str(path)}, indent=1, ensure_ascii=False))
        return
    typer.echo(verdict.summary())
    typer.echo(f"report: {path}")


def report(
    results: Annotated[Path | None, typer.Argument(help="Results folder of `hcs study run`.")] = None,
    diff: Annotated[
        tuple[Path, Path] | None,
        typer.Option("--diff", metavar="A B", help="Two results folders: what changed from A to B."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="File for the difference; A-against-B.html here if left out.")
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Write a finished study's report again, or set two studies side by side.

    Example: hcs report --diff als-results als-block4-results --out diff.html
    """
    if diff is None:
        if results is None:
            raise ArgumentError(f"{NEITHER}; there is neither.")
        if out is not None or overwrite:
            raise ArgumentError(
                "--out and --overwrite go with --diff; a study's own report stands in its results folder."
            )
        studies.report(results, as_json=as_json)
        return
    if results is not None:
        raise ArgumentError(f"{NEITHER}; there are both.")
    _difference(*diff, out, overwrite=overwrite, as_json=as_json)


def _difference(a: Path, b: Path, out: Path | None, *, overwrite: bool, as_json: bool) -> None:
    """Compare two studies and write the page."""
    from hcs.figures.panels import refuse_existing
    from hcs.report.difference.comparison import compare_studies
    from hcs.report.difference.page import write_diff
    from hcs.study.folder import StudyResults

    one, other = StudyResults.open(a), StudyResults.open(b)
    path = out or Path(f"{a.resolve().name}-against-{b.resolve().name}.html")
    refuse_existing([path], overwrite=overwrite)
    found = compare_studies(one, other)
    page = write_diff(found, path)
    if as_json:
        document = {
            "a": str(a),
            "b": str(b),
            "headline": found.headline(),
            "summary": found.summary(),
            "reasons": found.reasons,
            "missing": found.missing,
            "tables": {name: records(table) for name, table in found.tables.items()},
            "report": str(page),
        }
        typer.echo(json.dumps(document, indent=1, ensure_ascii=False))
        return
    typer.echo(found.summary())
    typer.echo(f"report: {page.resolve()}")
