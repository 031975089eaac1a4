"""The command `verify`: everything read again against its checksums."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hcs.cli.options import Json, Scheduler, Workers
from hcs.cli.progress import progress_bar
from hcs.cli.workers import connect

if TYPE_CHECKING:
    from hcs.verification.verified import Verified

MOST_LISTED = 50


def verify(
    path: Annotated[
        list[Path],
        typer.Argument(help="Plates, tile sets, feature sets, measurements or results folders of studies."),
    ],
    scheduler: Scheduler = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Read everything again against its checksums: what is missing, damaged, stale, and what makes it anew.

    Example: hcs verify plates/P1.ome.zarr als-results
    """
    from hcs.verification.verified import inspect, verified

    # What is nothing to verify is told before anything long is read.
    inspected = [inspect(one) for one in path]
    found = []
    with connect(scheduler, workers) as client:
        for one in inspected:
            with progress_bar(one.noun) as progress:
                found.append(verified(one, client=client, progress=progress))
            if not as_json:
                _tell(found[-1])
    if as_json:
        typer.echo(json.dumps([one.to_json() for one in found], indent=1, ensure_ascii=False))
    if not all(one.sound for one in found):
        raise typer.Exit(1)


def _tell(found: "Verified") -> None:
    """Say the sentence, every fault with its remedy, and the notes."""
    typer.echo(found.summary())
    for fault in found.faults[:MOST_LISTED]:
        typer.echo(f"{fault.kind}: {fault.what}: found {fault.found}, expected {fault.expected}")
        typer.echo(f"  at {fault.where}")
        typer.echo(f"  again: {fault.remedy}")
    if len(found.faults) > MOST_LISTED:
        typer.echo(f"  … and {len(found.faults) - MOST_LISTED} more (--json lists all)")
    for note in found.notes:
        typer.echo(f"note: {note}")
