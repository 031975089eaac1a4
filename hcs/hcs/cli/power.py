"""The command that plans how many clones a study takes: power."""

import json
from pathlib import Path
from typing import Annotated

import typer

from hcs.cli.options import Json, Overwrite, records, tell_next
from hcs_plates.errors import ArgumentError


def power(
    pilot: Annotated[Path | None, typer.Option(help="Results folder of a finished study.")] = None,
    assume: Annotated[
        str | None,
        typer.Option(
            help="Without a pilot: accuracy, auc or d (SD between clones), and icc or clone_sd, well_sd, "
            "image_sd, such as auc=0.9,icc=0.3.",
            metavar="NAME=NUMBER,…",
        ),
    ] = None,
    goal: Annotated[
        str,
        typer.Option(
            help="Narrow interval: accuracy, auc. Power: yes (of the report), separation (AUC above 0.5), "
            "difference."
        ),
    ] = "accuracy",
    width: Annotated[float, typer.Option(help="Wanted width of the 95 % interval.")] = 0.2,
    wanted: Annotated[float, typer.Option("--power", help="Wanted power.")] = 0.8,
    images: Annotated[
        int | None, typer.Option(help="Images a clone; the pilot's, or 225 if left out.")
    ] = None,
    wells: Annotated[int | None, typer.Option(help="Wells a clone; the pilot's, or 1 if left out.")] = None,
    ratio: Annotated[float, typer.Option(help="Clones of the other class for each positive one.")] = 1.0,
    pairs: Annotated[bool, typer.Option("--pairs", help="Isogenic pairs.")] = False,
    correlation: Annotated[
        float | None, typer.Option(help="Of the two of a pair; told by the pilot's pairs if left out.")
    ] = None,
    test: Annotated[str, typer.Option(help="Of the difference: welch or mann-whitney.")] = "welch",
    gain: Annotated[
        float,
        typer.Option(
            help="Images are enough where doubling them lowers a clone's variance by less than this."
        ),
    ] = 0.05,
    model: Annotated[str, typer.Option(help="Whose scores of the pilot: cnn, forest, …")] = "cnn",
    seed: Annotated[int, typer.Option(help="Of the simulated studies.")] = 0,
    record: Annotated[
        Path | None,
        typer.Option(help="Design record (JSON), which a study file names under design."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for tables (CSV), picture and design record.")
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Tell how many clones, wells and images a clone a study takes, from a pilot or from assumptions.

    Example: hcs power --pilot als-results --goal auc --width 0.15 --out power
    """
    from hcs.design.power.assumed import read_assumed
    from hcs.design.power.planning import plan_clones
    from hcs.figures.panels import refuse_existing

    if (pilot is None) == (assume is None):
        both = "not both" if pilot is not None else "one of them"
        raise ArgumentError(f"Give a finished study (--pilot) or assumptions (--assume), {both}.")
    if record is not None:
        refuse_existing([record], overwrite=overwrite)
    plan = plan_clones(
        pilot if pilot is not None else read_assumed(assume or ""),
        goal=goal, width=width, power=wanted, images=images, wells=wells, ratio=ratio, pairs=pairs,
        correlation=correlation, test=test, gain=gain, model=model, seed=seed,
    )  # fmt: skip
    files = plan.save(out, overwrite=overwrite) if out is not None else {}
    if record is not None:
        plan.record().write(record)
        files = {**files, "record": record}
    if as_json:
        document = {
            "headline": plan.headline(),
            "sentences": list(plan.sentences()),
            "needed": records(plan.table),
            "images": records(plan.images),
            "pilot": records(plan.pilot),
            "settings": dict(plan.settings),
            "files": {name: str(path) for name, path in files.items()},
        }
        typer.echo(json.dumps(document, indent=1))
        return
    typer.echo(plan.summary())
    for name, path in files.items():
        typer.echo(f"{name}: {path.resolve()}")
    tell_next("hcs", "layout", "LINES", "--replicates", "N", about="where the clones stand on the plates")
