"""The command that scores wells: wells."""

import json
from pathlib import Path
from typing import Annotated

import typer

from hcs.cli.options import (
    Format,
    Json,
    Overwrite,
    SheetOfTable,
    TableWells,
    as_workbook,
    records,
)
from hcs.cli.progress import progress_bar
from hcs.wording import spaced


def wells(
    source: Annotated[
        list[Path],
        typer.Argument(
            help="Measured plates, a table of wells (CSV, TSV, XLSX, Parquet), or a folder of plate-reader "
            "files with a Platelist.txt."
        ),
    ],
    value: Annotated[
        str | None, typer.Option(help="Column that was measured; needed where there are several.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for tables and the page.")] = Path("scored-wells"),
    group: Annotated[
        str | None,
        typer.Option(
            help="Column of what is scored (gene, compound, clone); if left out, each well of a layout over "
            "its replicates, or the first such column."
        ),
    ] = None,
    method: Annotated[
        str,
        typer.Option(
            help="robust_z, z, percent_of_samples, percent_of_control, normalised_percent_inhibition or "
            "b_score."
        ),
    ] = "robust_z",
    fit: Annotated[
        str, typer.Option(help="Wells that give each plate its centre and spread: samples or negative.")
    ] = "samples",
    log: Annotated[bool, typer.Option("--log", help="Take logarithms of the values first.")] = False,
    count: Annotated[
        str | None, typer.Option(help="Column of cell counts, to mark cytotoxic wells; cell_count if there.")
    ] = None,
    annotation: Annotated[
        list[Path] | None,
        typer.Option(
            help="Table of what plates, layouts or wells hold, joined to the wells; repeat for more."
        ),
    ] = None,
    wells: TableWells = None,
    sheet: SheetOfTable = None,
    format: Format = "parquet",
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Score the wells of a screen: plates on one scale, controls, replicates, hits; tables and a page.

    Example: hcs wells screen/ --method percent_of_samples --out screen-scores
    """
    from hcs.report.wells.scores import score_wells
    from hcs.report.wells.write import PAGE, scores_document, scores_place

    workbook = as_workbook(format)
    scores_place(out, overwrite=overwrite).check()
    found = score_wells(
        source,
        value,
        group=group,
        method=method,
        fit=fit,
        log=log,
        count=count,
        annotation=annotation or (),
        sheet=sheet,
        plate_format=wells,
        steps=progress_bar,
    )
    folder = found.save(out, overwrite=overwrite, workbook=workbook)
    if as_json:
        document = scores_document(found) | {"folder": str(folder), "hits": records(found.called)}
        typer.echo(json.dumps(document, indent=1, ensure_ascii=False))
        return
    for note in found.notices:
        typer.echo(f"note: {note}")
    for name, finding in found.findings.items():
        typer.echo(f"{spaced(name)}: {finding.headline()}")
    for caution in found.cautions:
        typer.echo(f"caution: {caution}")
    for name, why in found.missing.items():
        typer.echo(f"not made: {spaced(name)} ({why})", err=True)
    typer.echo(f"tables: {folder} (hits.csv, wells.csv, plates.csv and others, also as .parquet)")
    typer.echo(f"report: {folder / PAGE}")
    typer.echo("next: open the report; `hcs heatmap` of wells.parquet draws any other column well by well")
