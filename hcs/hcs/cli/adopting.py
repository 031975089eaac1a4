"""The command `adopt`: a platemap for a plate that another tool wrote."""

from pathlib import Path
from typing import Annotated

import typer

from hcs.cli.options import MapFile, Overwrite, Scheduler, SheetOfMap, WetLab, Workers, tell_next
from hcs.cli.plates import tell_map
from hcs.cli.progress import progress_bar
from hcs.cli.workers import connect
from hcs.wording import counted


def adopt(
    plate: Annotated[Path, typer.Argument(help="An OME-Zarr plate (0.4 or 0.5) of another tool.")],
    platemap: MapFile = None,
    sheet: SheetOfMap = None,
    protocol: WetLab = None,
    overwrite: Overwrite = False,
    scheduler: Scheduler = None,
    workers: Workers = None,
) -> None:
    """Keep a platemap and sums of the pixels of a plate that another tool wrote; no pixel is touched.

    Example: hcs adopt facility/P1.zarr --platemap P1.csv
    """
    from hcs_plates.adopting import adopt as keep

    with connect(scheduler, workers) as client, progress_bar("fields read") as progress:
        adopted = keep(
            plate,
            platemap,
            sheet=sheet,
            protocol=protocol,
            overwrite=overwrite,
            client=client,
            progress=progress,
        )
    one = adopted.plate
    size = f"{counted(len(one), 'well')}, {counted(len(one.fields), 'field')}"
    typer.echo(f"{adopted.file}: plate {one.name}, {size}; every read is held against it")
    if adopted.replaced is not None:
        typer.echo(f"it holds instead of {adopted.replaced}, which cannot be written")
    tell_map(one)
    if "clone" in one.spec.wells or "diagnosis" in one.spec.wells:
        about = "with all plates of the study"
        tell_next("hcs", "study", "init", plate, "--out", "study.toml", about=about)
