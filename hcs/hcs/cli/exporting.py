"""The command `export`: a plate, or what was measured of it, in a format of other tools."""

from pathlib import Path
from typing import Annotated

import typer

from hcs.cli.options import Overwrite, Scheduler, Workers
from hcs.cli.progress import progress_bar
from hcs.cli.workers import connect
from hcs.wording import counted

PLATE = "ome-zarr-0.4"
FORMATS = {PLATE: "a copy for tools that read no 0.5", "parquet": "profiles", "anndata": "profiles"}


def export(
    plate: Annotated[
        Path, typer.Argument(help="The plate, such as P1.ome.zarr; of profiles, a measured one.")
    ],
    out: Annotated[Path, typer.Option(help="What to make: P1.zarr, profiles.parquet, profiles.h5ad.")],
    to: Annotated[
        str, typer.Option(help="; ".join(f"{name}: {what}" for name, what in FORMATS.items()))
    ] = PLATE,
    level: Annotated[str, typer.Option(help="Of profiles: wells or fields.")] = "wells",
    overwrite: Overwrite = False,
    scheduler: Scheduler = None,
    workers: Workers = None,
) -> None:
    """Copy a plate as OME-Zarr 0.4, or write its measurements as profiles of pycytominer or scverse.

    Example: hcs export plates/P1.ome.zarr --to ome-zarr-0.4 --out P1.zarr
    """
    from hcs.measure.measured import Measurements, default_place
    from hcs.measure.profiles import profiles, write_anndata, write_parquet
    from hcs.study.places import RECORD
    from hcs_plates.errors import ArgumentError, nearest
    from hcs_plates.exporting import export_ome_zarr_04
    from hcs_plates.plate import open_plate

    if to not in FORMATS:
        raise ArgumentError(f"There is no format {to!r}; {nearest(to, list(FORMATS))}")
    if (plate / RECORD).is_file():
        raise ArgumentError(f"{plate} holds a study's results; hcs study export takes those.")
    one = open_plate(plate)
    if to == PLATE:
        with connect(scheduler, workers) as client, progress_bar("fields") as progress:
            made = export_ome_zarr_04(one, out, overwrite=overwrite, client=client, progress=progress)
        size = f"{counted(len(one), 'well')}, {counted(len(one.fields), 'field')}"
        typer.echo(f"{made}: plate {one.name} as OME-Zarr 0.4, {size}; its wells table is wells.csv in it")
        return
    found = profiles(Measurements.open(default_place(one), one), level)
    write = write_parquet if to == "parquet" else write_anndata
    made = write(found, out, overwrite=overwrite)
    size = f"{counted(len(found.metadata), level[:-1])}, {counted(len(found.features.columns), 'feature')}"
    typer.echo(f"{made}: profiles of plate {one.name}, {size}")
