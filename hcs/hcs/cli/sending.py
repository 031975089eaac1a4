"""`hcs send`: a plate, tiles or features to an object store."""

from pathlib import Path
from typing import Annotated

import typer

from hcs.cli.progress import progress_bar
from hcs.wording import counted


def send(
    folder: Annotated[Path, typer.Argument(help="A plate, tiles or features that hcs made.")],
    address: Annotated[str, typer.Argument(help="Where, such as s3://bucket/plates/P1.ome.zarr.")],
) -> None:
    """Copy a plate, tiles or features to an object store, where it opens once all of it has arrived.

    Example: hcs send plates/P1.ome.zarr s3://screens/plates/P1.ome.zarr
    """
    from hcs_plates.sending import send

    with progress_bar("objects") as progress:
        sent = send(folder, address, progress=progress)
    before = f", {sent.kept} of them there already" if sent.kept else ""
    typer.echo(f"{sent.address}: {counted(sent.objects, 'object')}, {sent.size / 1e6:.1f} MB{before}")
