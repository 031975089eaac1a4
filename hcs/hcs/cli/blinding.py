"""Commands that take names away and put them back: blind, unblind."""

from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from hcs.cli.options import Overwrite, Plates, SheetOfTable, tell_next
from hcs.cli.passphrase import PassphraseFile, passphrase
from hcs.wording import counted, listed

Key = Annotated[Path, typer.Argument(help="The sealed key, such as study.key.")]


def blind(
    lines: Annotated[
        Path, typer.Argument(help="Table of lines (one row a clone), or a platemap with one row per well.")
    ],
    key: Annotated[Path, typer.Option(help="The sealed key to write; keep a copy where nobody measures.")],
    out: Annotated[Path, typer.Option(help="The coded table to write (CSV), and its record beside it.")],
    keep: Annotated[
        list[str] | None, typer.Option(help="Column that stays in the coded table; repeat for more.")
    ] = None,
    eligibility: Annotated[
        Path | None, typer.Option(help="Eligibility of the lines, as hcs variants writes it.")
    ] = None,
    sheet: SheetOfTable = None,
    passphrase_file: PassphraseFile = None,
    overwrite: Overwrite = False,
) -> None:
    """Give samples codes, and seal which is which in a key.

    Example: hcs blind lines.csv --key study.key --out coded.csv
    """
    from hcs.design.blinding.sealing import blind_table

    made = blind_table(
        lines,
        key,
        out,
        lambda: passphrase(passphrase_file, twice=True),
        keep=tuple(keep or ()),
        eligibility=eligibility,
        sheet=sheet,
        overwrite=overwrite,
    )
    typer.echo(f"{out}: {made.record.headline}")
    for sentence in (*made.record.sentences, *made.notices):
        typer.echo(f"note: {sentence}")
    typer.echo(
        f"key: {key} (SHA-256 {str(made.key.fingerprint)[:12]}); without it and its passphrase no name comes "
        "back"
    )
    typer.echo(f"record: {made.place}")
    if {"well", "row"} & set(made.record.settings["columns"]):
        tell_next("hcs", "ingest", "EXPORT", "--platemap", out, "--out", "P1.ome.zarr")


def unblind(
    key: Key,
    plate: Plates,
    study: Annotated[
        list[Path] | None,
        typer.Option(help="Results folder of hcs study prepare, to be written down; repeat for more."),
    ] = None,
    out: Annotated[Path, typer.Option(help="The record to write.")] = Path("unblinding.json"),
    passphrase_file: PassphraseFile = None,
    overwrite: Overwrite = False,
) -> None:
    """Put names back on coded plates, and write down what had been made by then.

    Example: hcs unblind study.key plates/P1.ome.zarr plates/P2.ome.zarr --study als-results
    """
    from hcs.design.blinding.key import Key as SealedKey
    from hcs.design.blinding.unblinding import Unblinded, unblind_plates
    from hcs_plates.errors import ExistsError
    from hcs_plates.files import write_file

    if out.exists() and not overwrite:
        raise ExistsError(f"{out} exists already; choose another --out or replace it with --overwrite.")
    opened = SealedKey.open(key, passphrase(passphrase_file))
    made: list[Unblinded] = []

    def name(stream: BinaryIO) -> None:
        made.append(unblind_plates(opened, plate, study or ()))
        stream.write(made[0].record.content())

    # A place that cannot be written to is found out before any plate has its names.
    write_file(out, name)
    (found,) = made
    typer.echo(found.record.headline)
    for sentence in found.record.sentences:
        typer.echo(f"note: {sentence}")
    for one in found.plates:
        wells = one.spec.wells
        columns = one.spec.unblinding.columns if one.spec.unblinding else ()
        n = int(wells["code"].notna().sum())
        named = listed(["clone", *columns], 12)
        typer.echo(f"{one.path}: {counted(n, 'well')} of plate {one.name} have {named} now")
    typer.echo(f"record: {out}")
    tell_next("hcs", "study", "run", "STUDY.toml", about="with the settings that were written before")
