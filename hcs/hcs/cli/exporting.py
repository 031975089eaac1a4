"""The command `export`: a plate, or what was measured of it, in a format of other tools."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from hcs.cli.options import Overwrite, Scheduler, Workers
from hcs.cli.progress import progress_bar
from hcs.cli.workers import connect
from hcs.measure.exports.format import Asked
from hcs.measure.exports.registry import FIRST, FORMATS, find_format


def export(
    plate: Annotated[
        Path, typer.Argument(help="The plate, such as P1.ome.zarr; of profiles, a measured one.")
    ],
    out: Annotated[Path, typer.Option(help="What to make: P1.zarr, profiles.parquet, profiles.h5ad.")],
    to: Annotated[
        str, typer.Option(help="; ".join(f"{name}: {one.what}" for name, one in FORMATS.items()))
    ] = FIRST,
    level: Annotated[
        str, typer.Option(help="Of profiles: wells or fields; clones or donors, the median of their wells.")
    ] = "wells",
    overwrite: Overwrite = False,
    scheduler: Scheduler = None,
    workers: Workers = None,
) -> None:
    """Copy a plate as OME-Zarr 0.4, or write its measurements as profiles of pycytominer or scverse.

    Example: hcs export plates/P1.ome.zarr --to ome-zarr-0.4 --out P1.zarr
    """
    from hcs.study.places import RECORD
    from hcs_plates.errors import ArgumentError
    from hcs_plates.plate import open_plate

    format = find_format(to)
    if (plate / RECORD).is_file():
        raise ArgumentError(f"{plate} holds a study's results; hcs study export takes those.")
    asked = Asked(open_plate(plate), out, level, overwrite)
    if format.on_workers:
        with connect(scheduler, workers) as client, progress_bar("fields") as progress:
            said = format.write(replace(asked, client=client, progress=progress))
    else:
        said = format.write(asked)
    for sentence in said:
        typer.echo(sentence)
