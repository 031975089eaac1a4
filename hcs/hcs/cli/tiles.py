"""Command on plates: tile."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hcs.cli.options import Overwrite, Plates, Scheduler, Time, Workers, alike, tell_codes
from hcs.cli.progress import progress_bar
from hcs.cli.workers import connect

if TYPE_CHECKING:
    from hcs_plates.plate import Plate


def tile(
    plate: Plates,
    size: Annotated[int, typer.Option(help="Side of a tile, pixels.")] = 256,
    grid: Annotated[int, typer.Option(help="Tiles along each side of a field.")] = 1,
    channel: Annotated[
        list[str] | None,
        typer.Option("--channel", "--channels", help="Channel to take; repeat for more. All if left out."),
    ] = None,
    time: Time = 0,
    z: Annotated[str, typer.Option("--z", help="Of a z stack: its max, mean or best-focus plane.")] = "max",
    out: Annotated[
        Path | None, typer.Option(help="Where; inside the plate if left out, beside one of another tool.")
    ] = None,
    overwrite: Overwrite = False,
    scheduler: Scheduler = None,
    workers: Workers = None,
) -> None:
    """Rescale every field to square tiles and store them.

    Example: hcs tile plates/P1.ome.zarr --size 256 --grid 2
    """
    from hcs_plates.errors import ArgumentError
    from hcs_plates.plate import open_plate
    from hcs_plates.tiles import create_tiles, tiles_folder
    from hcs_plates.tiling import TileSpec

    if out is None and len(plate) > 1:
        raise ArgumentError("Tiles of several plates need a place of their own: give --out.")
    named = f"{size}px-grid{grid}" + (f"-time{time}" if time else "") + (f"-{z}" if z != "max" else "")
    plates = [open_plate(path) for path in plate]
    place = out or tiles_folder(plates[0]) / named
    spec = TileSpec(size, grid, tuple(channel) if channel else None, time, z)
    with connect(scheduler, workers) as client, progress_bar("shards of tiles") as progress:
        tiles = create_tiles(plates, place, spec, overwrite=overwrite, client=client, progress=progress)
    typer.echo(f"{place}: {len(tiles)} tiles of {size} × {size}, channels {', '.join(tiles.channels)}")
    tell_codes(plates)
    for one in plates:
        for note in _tiles_told(one, time, z):
            typer.echo(f"note: {note}")
    left_out = [(f"{what} {where}", reason) for what, where, reason in tiles.left_out.itertuples(index=False)]
    for where, reason in alike(left_out):
        typer.echo(f"left out: {where} ({reason})")
    typer.echo(f"next: hcs.TileSet.open({str(place)!r}) in Python; a study cuts its own (hcs study init)")
    if (tiles.left_out["what"] == "field").any():
        raise typer.Exit(1)


def _tiles_told(plate: "Plate", time: int, z: str) -> Iterator[str]:
    """Say what of a plate tiles show where there is more, and where their scales differ."""
    from hcs_plates.made import SAID

    moment, shapes = plate.spec.moment(time), plate.spec.shapes_told
    if moment is not None:
        yield f"{moment.rstrip('.')}; --time takes another."
    if plate.spec.layout.n_z > 1:
        yield f"Of each stack in z of plate {plate.name} tiles show {SAID[z]} (--z)."
    if shapes is not None:
        yield f"{shapes} Their tiles show cells at other sizes."
