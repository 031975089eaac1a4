"""The command `export`: a plate in a format of other tools."""

from pathlib import Path
from typing import Annotated

import typer

from hcs.cli.options import Overwrite, Scheduler, Workers, progress_bar
from hcs.cli.workers import connect
from hcs.wording import counted

FORMATS = ("ome-zarr-0.4",)


def export(
    plate: Annotated[Path, typer.Argument(help="The plate, such as P1.ome.zarr.")],
    out: Annotated[Path, typer.Option(help="The folder to make, such as P1.zarr.")],
    to: Annotated[str, typer.Option(help=f"What to make: {', '.join(FORMATS)}.")] = FORMATS[0],
    overwrite: Overwrite = False,
    scheduler: Scheduler = None,
    workers: Workers = None,
) -> None:
    """Copy a plate for tools that read OME-Zarr 0.4 (Zarr v2), every level, with its wells table.

    Example: hcs export plates/P1.ome.zarr --to ome-zarr-0.4 --out P1.zarr
    """
    from hcs_plates.errors import ArgumentError, nearest
    from hcs_plates.exporting import export_ome_zarr_04
    from hcs_plates.plate import open_plate

    if to not in FORMATS:
        raise ArgumentError(f"There is no format {to!r}; {nearest(to, FORMATS)}")
    one = open_plate(plate)
    with connect(scheduler, workers) as client, progress_bar("fields") as progress:
        made = export_ome_zarr_04(one, out, overwrite=overwrite, client=client, progress=progress)
    size = f"{counted(len(one), 'well')}, {counted(len(one.fields), 'field')}"
    typer.echo(f"{made}: plate {one.name} as OME-Zarr 0.4, {size}; its wells table is wells.csv in it")
