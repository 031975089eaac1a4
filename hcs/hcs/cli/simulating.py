"""The command that simulates plates: of places that it draws, or of a layout."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hcs.cli.options import Overwrite, Scheduler, Workers, tell_next
from hcs.cli.passphrase import PassphraseFile, passphrase
from hcs.cli.progress import progress_bar
from hcs.cli.workers import connect
from hcs_plates.errors import ArgumentError

if TYPE_CHECKING:
    import pandas as pd

LAID_OUT = ("name", "plates", "batches", "clones", "wells_per_clone", "batch_by_label")
"""Options that a layout answers."""


def simulate(
    context: typer.Context,
    out: Annotated[
        Path, typer.Option(help="The export folder to make (one folder per plate inside if several).")
    ],
    layout: Annotated[
        Path | None,
        typer.Option(help="Folder of hcs layout, or one of its maps: plates as they were laid out."),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(help="Sealed key of a blinded layout: nature knows the diagnoses, no file tells them."),
    ] = None,
    passphrase_file: PassphraseFile = None,
    name: Annotated[str, typer.Option(help="Plates are called NAME-1, NAME-2, …")] = "sim",
    plates: Annotated[int, typer.Option(help="Plates.")] = 1,
    batches: Annotated[int, typer.Option(help="Differentiation batches, dealt over the plates.")] = 1,
    clones: Annotated[int, typer.Option(help="Clones per class (control, ALS).")] = 6,
    wells_per_clone: Annotated[int, typer.Option(help="Wells of each clone on each plate.")] = 2,
    fields: Annotated[int, typer.Option(help="Fields per well.")] = 4,
    size: Annotated[int, typer.Option(help="Side of a field, pixels (up to 2048).")] = 1024,
    wells: Annotated[int, typer.Option(help="Plate format: 6 … 1536.")] = 24,
    channel: Annotated[list[str] | None, typer.Option(help="FITC (neurofilament H), DAPI (nuclei).")] = None,
    beading: Annotated[
        float, typer.Option(help="Disease: beading of neurites, 0 to 1 (texture only).")
    ] = 0.0,
    soma: Annotated[float, typer.Option(help="Disease: relative change of soma area.")] = 0.0,
    count: Annotated[float, typer.Option(help="Disease: relative change of cell count.")] = 0.0,
    length: Annotated[float, typer.Option(help="Disease: relative change of neurite length.")] = 0.0,
    clone_sd: Annotated[float, typer.Option(help="SD of the clones' random effects.")] = 0.0,
    batch_sd: Annotated[float, typer.Option(help="SD of the batches' random effects.")] = 0.0,
    plate_sd: Annotated[float, typer.Option(help="SD of the plates' random effects.")] = 0.0,
    position_sd: Annotated[float, typer.Option(help="SD of the well positions' random effects.")] = 0.0,
    batch_by_label: Annotated[float, typer.Option(help="Confounding of batch and diagnosis, 0 to 1.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Fixes everything that is drawn.")] = 0,
    overwrite: Overwrite = False,
    scheduler: Scheduler = None,
    workers: Workers = None,
) -> None:
    """Simulate neurofilament-stained motor neurons and write them as an IN Cell Analyzer does.

    No effect is on unless asked for: a plate without options is truly null.

    Example: hcs simulate --out exports --plates 2 --batches 2 --beading 0.5 --clone-sd 0.1
    """
    from hcs_plates.simulate import (
        DiseaseEffect,
        ExperimentSpec,
        FieldSpec,
        LayoutSpec,
        RandomEffects,
        simulate_export,
        simulate_layout,
    )

    field = FieldSpec(height=size, width=size, channels=tuple(channel or ("FITC",)))
    disease = DiseaseEffect(beading, soma, count, length)
    random = RandomEffects(clone_sd, batch_sd, plate_sd, position_sd)
    if layout is not None:
        _refuse_beside_layout(context)
        table, diagnoses, seed = _laid_out(layout, key, passphrase_file, seed)
        known = table.get("diagnosis") if diagnoses is None else list(diagnoses.values())
        size_of_plates = wells if _given(context, "wells") else None
        grown = LayoutSpec(fields, size_of_plates, field, disease, random, _diseased(known), seed)
        write, beside = partial(simulate_layout, out, table, grown, diagnoses=diagnoses), "truth.csv"
    elif key is not None:
        raise ArgumentError("A key is of a blinded layout; name the layout too (--layout).")
    else:
        spec = ExperimentSpec(
            name, plates, batches, clones, wells_per_clone, fields, wells, field, disease, random,
            batch_by_label, seed,
        )  # fmt: skip
        write, beside = partial(simulate_export, out, spec), "platemap.csv and truth.csv"
    with connect(scheduler, workers) as client, progress_bar("fields") as progress:
        folders = write(client=client, overwrite=overwrite, progress=progress)
    for folder in folders:
        typer.echo(f"{folder}: an IN Cell style export, with {beside}")
    first = folders[0]
    maps = first / "platemap.csv" if layout is None else _map_of(layout, first.name)
    tell_next("hcs", "ingest", first, "--platemap", maps, "--out", f"{first.name}.ome.zarr")


def _map_of(layout: Path, plate: str) -> Path:
    """Where the platemap of a plate of a layout stands."""
    return layout / f"{plate}.csv" if layout.is_dir() else layout


def _refuse_beside_layout(context: typer.Context) -> None:
    """Refuse options that the layout answers."""
    given = [f"--{name.replace('_', '-')}" for name in LAID_OUT if _given(context, name)]
    if given:
        raise ArgumentError(f"The layout says what {', '.join(given)} would say; leave it out.")


def _given(context: typer.Context, name: str) -> bool:
    """Whether an option stands on the command line."""
    return getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"


def _laid_out(
    layout: Path, key: Path | None, passphrase_file: Path | None, seed: int
) -> tuple["pd.DataFrame", dict[str, str] | None, int]:
    """Read a layout, the diagnoses that only its key tells, and the seed of what grows."""
    from hcs.design.blinding.key import Key
    from hcs.design.maps.files import WELLS
    from hcs_plates.coding import are_coded
    from hcs_plates.mapfiles import read_maps
    from hcs_plates.units import digest

    table = read_maps(layout / WELLS if layout.is_dir() else layout)
    if key is None:
        if "diagnosis" not in table and "clone" in table and are_coded(table):
            raise ArgumentError(f"{layout} is blinded: name the sealed key of its codes (--key study.key).")
        return table, None, seed
    opened = Key.open(key, passphrase(passphrase_file))
    if "diagnosis" not in opened.lines:
        raise ArgumentError(f"{key} holds no diagnosis of its lines, so nature has none to give them.")
    known = opened.lines.dropna(subset="diagnosis")
    codes = dict(zip(known["code"], known["diagnosis"], strict=True))
    # With the seed alone a blinded experiment could be simulated again, once for every guess of its classes.
    return table, codes, int(digest("grown", opened.seed, seed), 16)


def _diseased(diagnoses: Any) -> str:
    """Name the diagnosis that has the disease: the one that bears no name of controls."""
    import pandas as pd

    from hcs.tables.classes import two_classes
    from hcs_plates.simulate.experiment import DISEASE

    if diagnoses is None:
        return DISEASE
    return two_classes(pd.Series(diagnoses).dropna(), "diagnosis", None, None).positive
