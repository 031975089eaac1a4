"""Command that looks at a run from another terminal: status."""

import json
from pathlib import Path
from typing import Annotated

import typer

from hcs.cli.options import Json


def status(
    study: Annotated[
        Path,
        typer.Argument(help="Results folder, study file (TOML), or a plate that is being made."),
    ],
    as_json: Json = False,
) -> None:
    """Say where a run stands, from another terminal: steps, pace, what failed, who runs it. Writes nothing.

    Example: hcs status als-results
    """
    from hcs.study.status import study_status

    found = study_status(study)
    if as_json:
        typer.echo(json.dumps(found.to_json(), indent=1, ensure_ascii=False))
        return
    for line in (found.summary(), *found.lines()):
        typer.echo(line)
