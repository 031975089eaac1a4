"""Commands that draw: heatmap, plot."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from hcs.cli.options import (
    Dpi,
    Json,
    Overwrite,
    Results,
    SheetOfTable,
    TableWells,
    Width,
    records,
    tell_codes,
    tell_next,
)
from hcs_plates.errors import ArgumentError, NotThereError, nearest


def heatmap(
    source: Annotated[
        list[Path],
        typer.Argument(
            help="Plates, measurements, or one table (CSV, TSV, XLSX, Parquet) with a column well."
        ),
    ],
    value: Annotated[str, typer.Option(help="Column of the platemap, the measurements or the table.")],
    out: Annotated[Path, typer.Option(help="A figure (.png, .svg, .pdf) or a page (.html).")] = Path(
        "heatmap.html"
    ),
    view: Annotated[str, typer.Option(help="value, or difference from the plate's median.")] = "value",
    limits: Annotated[
        tuple[float, float] | None, typer.Option(metavar="LOW HIGH", help="Limits of the colours.")
    ] = None,
    wells: TableWells = None,
    sheet: SheetOfTable = None,
    plate: Annotated[str, typer.Option(help="A table's column that names the plate.")] = "plate",
    well: Annotated[str, typer.Option(help="A table's column that names the well.")] = "well",
    fields: Annotated[int, typer.Option(min=0, help="Pictures of each well's fields on the page.")] = 4,
    channel: Annotated[str | None, typer.Option(help="Which one they show; the first if left out.")] = None,
    time: Annotated[
        int | None,
        typer.Option(
            help="Time point of a film that they show, counted from 0; the channel's first if left out."
        ),
    ] = None,
    width: Width = None,
    dpi: Dpi = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Show a value of every well of one plate or many, on one scale.

    Example: hcs heatmap plates/*.ome.zarr --value cell_count --out cells.html
    """
    from hcs.heatmaps.heatmap import heatmap as show

    read = _source(source, {"plate": plate, "well": well}, sheet)
    found = show(read, value, view=view, limits=limits, plate_format=wells)  # type: ignore[arg-type]
    size: dict[str, Any] = {"width_mm": width, "dpi": dpi}
    path = found.save(out, fields=fields, channel=channel, time=time, **size, overwrite=overwrite)
    if as_json:
        document = {"file": str(path), "summary": found.summary(), "wells": records(found.table)}
        typer.echo(json.dumps(document, indent=1))
        return
    typer.echo(found.summary())
    if isinstance(read, list):
        tell_codes(read)
    typer.echo(f"heatmap: {path.resolve()}")
    if path.suffix.lower() == ".html":
        typer.echo("next: open it in a browser; a well that is clicked shows its fields")


def _source(paths: list[Path], names: dict[str, str], sheet: str | None) -> Any:
    """Open plates, measurements or a table whose plates and wells stand in columns of these names."""
    from hcs.measure.measured import RECORD, Measurements
    from hcs.tables.file import read_table
    from hcs_plates.plate import open_plate

    for path in paths:
        if not path.exists():
            raise NotThereError(f"There is no '{path}'; give plates, measurements or a table.")
    folders = [path for path in paths if path.is_dir()]
    if folders and sheet is not None:
        raise ArgumentError("Leave out --sheet: only a workbook has sheets.")
    if len(folders) == len(paths):
        if len(paths) == 1 and (paths[0] / RECORD).is_file():
            return Measurements.open(paths[0])
        if any((path / RECORD).is_file() for path in paths):
            raise ArgumentError(
                "Give the plates themselves: what was measured of them is read from beside them."
            )
        return [open_plate(path) for path in paths]
    if len(paths) > 1:
        raise ArgumentError("Give plates, or one table; several tables are put together before.")
    table = read_table(paths[0], names=names.values(), sheet=sheet)
    for own, name in names.items():
        if name != own and name not in table:
            raise ArgumentError(f"{paths[0]} has no column {name!r}; {nearest(name, list(table.columns))}")
    return table.assign(**{own: table[name] for own, name in names.items() if name in table})


def plot(
    results: Results,
    name: Annotated[str | None, typer.Argument(help="Which plot; without it all are listed.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="A figure (.svg, .png, .pdf); NAME.svg here if left out.")
    ] = None,
    width: Width = None,
    dpi: Dpi = None,
    overwrite: Overwrite = False,
) -> None:
    """Draw a plot of a finished study, with its numbers as CSV beside it.

    Example: hcs plot als-results roc --out roc.pdf --width 85
    """
    from hcs.report.named_plots import plot_names, save_plot
    from hcs.study.folder import StudyResults

    study = StudyResults.open(results)
    if name is None:
        for known, about in plot_names(study).items():
            typer.echo(f"{known:24} {about}")
        tell_next("hcs", "plot", results, "NAME", "--out", "NAME.pdf", "--width", "85")
        return
    place = out or Path(f"{name}.svg")
    figure, numbers = save_plot(study, name, place, width_mm=width, dpi=dpi, overwrite=overwrite)
    typer.echo(f"figure: {figure.resolve()}")
    typer.echo(f"numbers: {numbers.resolve()}")
