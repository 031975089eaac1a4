"""Commands on plates: ingest, platemap, info."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hcs.cli.options import (
    Channels,
    Incomplete,
    Json,
    Light,
    MapFile,
    Overwrite,
    Pages,
    Pattern,
    PixelSize,
    Reader,
    Scheduler,
    SheetOfMap,
    Stitch,
    Times,
    Wells,
    WetLab,
    Workers,
    YAxis,
    Z,
    alike,
    channel_names,
    pixel_size,
    tell_next,
    time_points,
)
from hcs.cli.progress import progress_bar
from hcs.cli.workers import connect
from hcs.wording import are, counted, listed, plural, spaced
from hcs_plates.errors import NotThereError
from hcs_plates.objects import readable_path

if TYPE_CHECKING:
    from hcs_plates.plate import Plate
    from hcs_plates.remapping import MapChange

MOST_LISTED = 20
GUESSED = " (guessed from the wells that were imaged)"


def ingest(
    export: Annotated[Path, typer.Argument(help="The instrument's export folder.")],
    out: Annotated[Path, typer.Option(help="The plate to make, such as P1.ome.zarr.")],
    platemap: MapFile = None,
    sheet: SheetOfMap = None,
    protocol: WetLab = None,
    reader: Reader = "auto",
    pattern: Pattern = None,
    channels: Channels = None,
    name: Annotated[str | None, typer.Option(help="The plate's name, if not the export's own.")] = None,
    wells: Wells = None,
    pages: Pages = None,
    pixel: PixelSize = None,
    z: Z = "keep",
    times: Times = None,
    flat_field: Light = "keep",
    y_axis: YAxis = None,
    stitch: Stitch = False,
    allow_incomplete: Incomplete = False,
    overwrite: Overwrite = False,
    complete: Annotated[
        bool, typer.Option(help="Read the missing planes of the plate at --out, now that they are there.")
    ] = False,
    scheduler: Scheduler = None,
    workers: Workers = None,
) -> None:
    """Turn an instrument's export into an OME-Zarr plate.

    Example: hcs ingest exports/P1 --platemap P1.csv --out plates/P1.ome.zarr
    """
    from hcs_plates.export import Export
    from hcs_plates.ingestion import ingest as ingest_plate

    source = Export(
        export, reader, pattern, channel_names(channels), name, wells, pages, pixel_size(pixel), z,
        time_points(times), flat_field, y_axis, stitch, allow_incomplete,
    )  # fmt: skip
    with connect(scheduler, workers) as client, progress_bar("fields") as progress:
        plate = ingest_plate(
            source,
            out,
            platemap,
            sheet=sheet,
            protocol=protocol,
            overwrite=overwrite,
            complete=complete,
            client=client,
            progress=progress,
        )
    facts = plate.info()
    typer.echo(
        f"{out}: plate {plate.name}, {counted(facts['wells'], 'well')}, {counted(facts['fields'], 'field')}, "
        f"channels {', '.join(plate.channels)}"
    )
    tell_map(plate)
    if missing := facts["missing_planes"]:
        typer.echo(f"{len(missing)} planes are missing; their places stay empty and are listed in the plate:")
        _list_missing(missing)
    _tell_next(plate)
    if missing:
        raise typer.Exit(1)


def _tell_wells(plate: "Plate") -> None:
    """Say how many wells take part, which do not and why, and how many of whom there are."""
    from hcs_plates.columns import left_out_reasons

    wells = plate.spec.wells
    kept, why = wells[wells["included"]], left_out_reasons(wells)
    counts = [
        f"{kept[name].nunique()} {name}s"
        for name in ("clone", "donor")
        if name in kept and kept[name].notna().any()
    ]
    if "diagnosis" in kept:
        classes = kept["diagnosis"].value_counts()
        counts += [f"{name} in {n} wells" for name, n in classes.items()]
    typer.echo(f"take part: {len(kept)} of {len(wells)} wells" + "".join(f"; {one}" for one in counts))
    for well in wells.index[~wells["included"]][:MOST_LISTED]:
        typer.echo(f"  {well}: {why[well]}")


def _tell_next(plate: "Plate") -> None:
    """Say what a plate is ready for: a study, or its platemap first."""
    if "clone" in plate.spec.wells or "diagnosis" in plate.spec.wells:
        tell_next(
            "hcs", "study", "init", plate.path, "--out", "study.toml", about="with all plates of the study"
        )
    elif plate.spec.other is not None:
        tell_next(
            "hcs", "adopt", plate.path, "--platemap", "MAP", about="no well says whose cells it holds yet"
        )
    else:
        tell_next("hcs", "platemap", plate.path, "MAP", about="no well says whose cells it holds yet")


def tell_map(plate: "Plate") -> None:
    """Say which columns of the platemap were understood, and what was guessed."""
    from hcs_plates.columns import KNOWN

    known = [name for name in plate.spec.wells if name in KNOWN and KNOWN[name].kind != "place"]
    named = [name for name in known if name not in ("plate", "included")]
    kept = plate.spec.wells["included"]
    if named:
        typer.echo(
            f"platemap: {int(kept.sum())} of {len(kept)} wells take part; understood: {', '.join(named)}"
        )
    facts = plate.info()
    for note in facts["notes"]:
        typer.echo(f"note: {note}")
    _tell_protocol(facts)


def _tell_protocol(facts: Mapping[str, Any]) -> None:
    """Say what of the protocol is known, and what contradicts it."""
    from hcs_plates.protocol import Protocol

    if facts["protocol"] is not None:
        for name, value in Protocol.model_validate(facts["protocol"]).stated().items():
            typer.echo(f"protocol: {name}: {value}")
    for sentence in facts["contradictions"]:
        typer.echo(f"contradiction: {sentence}")


def platemap(
    plate: Annotated[Path, typer.Argument(help="The plate, such as P1.ome.zarr.")],
    map_file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[MAP]",
            help="CSV, TSV, XLSX: one row per well or drawn as the plate is; or Harmony's XML.",
        ),
    ] = None,
    sheet: SheetOfMap = None,
    protocol: WetLab = None,
    write_protocol: Annotated[
        Path | None, typer.Option(help="Write the plate's protocol as TOML, to be filled in; nothing else.")
    ] = None,
) -> None:
    """Put a corrected platemap or a wet-lab protocol on a plate, without ingesting it again.

    Example: hcs platemap plates/P1.ome.zarr P1.xlsx --sheet "Plate 1" --protocol protocol.toml
    """
    from hcs_plates.remapping import replace_platemap

    if write_protocol is not None:
        _write_protocol(plate, write_protocol, alone=map_file is None and protocol is None)
        return
    changed = replace_platemap(plate, map_file, sheet=sheet, protocol=protocol)
    if changed.protocol:
        typer.echo(f"{plate}: the protocol is told otherwise now: {listed(changed.protocol, MOST_LISTED)}")
    elif protocol is not None:
        typer.echo(f"{plate}: the protocol says of plate {changed.plate.name} what it said before")
    if not changed.wells and map_file is not None:
        typer.echo(f"{plate}: the platemap says of plate {changed.plate.name} what it said before")
    elif changed.wells:
        columns = ", ".join(f"{name} in {wells}" for name, wells in changed.columns.items())
        n = len(changed.wells)
        typer.echo(
            f"{plate}: {counted(n, 'well')} of plate {changed.plate.name} {are(n)} told otherwise now: "
            f"{columns} ({plural('well', n)} {listed(changed.wells, MOST_LISTED)})"
        )
    tell_map(changed.plate)
    for sentence in _made_before(changed):
        typer.echo(f"again: {sentence}")
    _tell_next(changed.plate)


def _write_protocol(plate: Path, file: Path, *, alone: bool) -> None:
    """Write the protocol of a plate, or one to fill in; a file that is there stays."""
    from hcs_plates.errors import ArgumentError, ExistsError
    from hcs_plates.files import write_file
    from hcs_plates.plate import open_plate
    from hcs_plates.protocol import protocol_template

    if not alone:
        raise ArgumentError("--write-protocol goes alone: it writes a file, and puts nothing on the plate.")
    if file.exists():
        raise ExistsError(f"{file} exists already; choose another name.")
    one = open_plate(plate)
    write_file(file, protocol_template(one.spec.protocol, one.channels).encode())
    typer.echo(f"{file}: the protocol of plate {one.name}, to be filled in; what is left out is not stated")
    tell_next("hcs", "platemap", plate, "--protocol", file)


def _made_before(changed: "MapChange") -> list[str]:
    """Say what was made of the plate with the map before, and how it is made again."""
    from hcs.measure.measured import default_place
    from hcs_plates.tiles import tiles_folder

    if not changed.wells:
        return []
    plate, made = changed.plate, []
    measured = default_place(plate)
    if measured.is_dir():
        made.append(f"{measured} was measured with the map before; hcs measure {plate.path} … --overwrite")
    tiles = tiles_folder(plate)
    if changed.taking_part and tiles.is_dir():
        sets = ", ".join(sorted(path.name for path in tiles.iterdir() if not path.name.startswith(".")))
        made.append(
            f"tiles {sets} are of the wells that took part before, {', '.join(changed.taking_part)} changed; "
            "hcs tile … --overwrite"
        )
    return [
        *made,
        "studies with this plate keep the results of the map before; hcs study run says so, and needs "
        "another --out or --overwrite",
    ]


def _list_readers(asked: bool) -> None:
    """List the readers of exports and what each knows one by."""
    if not asked:
        return
    from hcs_plates.readers.detect import known_readers, readers_table

    readers, broken = known_readers()
    typer.echo("\n".join([readers_table(readers), *(f"note: {sentence}" for sentence in broken)]))
    raise typer.Exit


def info(
    path: Annotated[Path, typer.Argument(help="A plate, or an instrument's export.")],
    reader: Reader = "auto",
    pattern: Pattern = None,
    channels: Channels = None,
    wells: Wells = None,
    pages: Pages = None,
    as_json: Json = False,
    readers: Annotated[
        bool,
        typer.Option("--readers", callback=_list_readers, is_eager=True, help="List the readers of exports."),
    ] = False,
) -> None:
    """Say what a plate or an export holds, and what is missing.

    Example: hcs info plates/P1.ome.zarr --json
    """
    from hcs.measure.labelstanding import info_with_labels
    from hcs_plates.export import Export
    from hcs_plates.plate import open_plate
    from hcs_plates.store import is_plate

    plate, path = None, readable_path(path)
    if not path.exists():
        raise NotThereError(f"There is no '{path}'; give a plate (P1.ome.zarr) or an instrument's export.")
    if is_plate(path):
        plate = open_plate(path)
        facts = info_with_labels(plate)
    else:
        export = Export(path, reader, pattern, channel_names(channels), format=wells, pages=pages)
        facts = export.scan().summary()
    if as_json:
        typer.echo(json.dumps(facts, indent=1))
        return
    for key, value in facts.items():
        if key == "format":
            typer.echo(f"format: {value}{'' if facts['format_stated'] else GUESSED}")
        elif key == "missing_planes":
            typer.echo(f"missing planes: {len(value)}")
            _list_missing(value)
        elif key == "never_acquired":
            typer.echo(f"never acquired: {len(value) * facts['fields']} planes, {len(value)} of each field")
        elif key == "disagreements":
            for sentence in value:
                typer.echo(f"disagrees: {sentence} (hcs ingest --allow-incomplete takes it as it is)")
        elif key == "notes":
            for note in value:
                typer.echo(f"note: {note}")
        elif key == "protocol":
            _tell_protocol(facts)
        elif key == "imaged_with":
            for name, said in value.items():
                if name not in facts:
                    typer.echo(f"{spaced(name)}: {said}")
        elif key == "contradictions":
            continue
        elif key != "format_stated":
            typer.echo(f"{key.replace('_', ' ')}: {_plain(value)}")
    if plate is not None:
        _tell_wells(plate)
        _tell_next(plate)
    else:
        tell_next("hcs", "ingest", path, "--platemap", "MAP", "--out", f"{path.resolve().name}.ome.zarr")


def _plain(value: Any) -> str:
    if value is None:
        return "not known"
    if isinstance(value, dict):
        return ", ".join(f"{key} ({kind})" for key, kind in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _list_missing(missing: list[dict[str, Any]]) -> None:
    place = "{well} field {field} channel {channel} time {time} z {z}"
    rows = list(alike((place.format(**row), row["reason"]) for row in missing))
    for named, reason in rows[:MOST_LISTED]:
        typer.echo(f"  {named}: {reason}")
    if len(rows) > MOST_LISTED:
        typer.echo(f"  … and {len(rows) - MOST_LISTED} more (hcs info PLATE --json lists all)")
