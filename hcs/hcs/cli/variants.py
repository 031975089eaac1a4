"""The command that holds variants against a rule: variants."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hcs.cli.options import Json, Overwrite, SheetOfTable, records, tell_next
from hcs_plates.errors import ArgumentError, ExistsError

if TYPE_CHECKING:
    from hcs.design.eligibility.eligible import Eligibility

MOST_LISTED = 12


def variants(
    source: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Tables of annotated variants (CSV, TSV, XLSX, Parquet) or VCF files, of one genome build."
        ),
    ] = None,
    rule: Annotated[
        Path | None, typer.Option(help="The rule (TOML); the reference study's if left out.")
    ] = None,
    lines: Annotated[
        Path | None,
        typer.Option(help="Table of lines: clone, and as far as known sequenced and c9orf72_repeats."),
    ] = None,
    repeats: Annotated[
        Path | None, typer.Option(help="Table of clone and c9orf72_repeats, if they do not stand in --lines.")
    ] = None,
    build: Annotated[
        str | None, typer.Option(help="Genome build, where the files do not say it: GRCh37 or GRCh38.")
    ] = None,
    line: Annotated[str | None, typer.Option(help="Whose variants a file lists that names no line.")] = None,
    sheet: SheetOfTable = None,
    out: Annotated[
        Path, typer.Option(help="Table of lines to write (CSV); .variants.csv and .json stand beside it.")
    ] = Path("eligible.csv"),
    platemap: Annotated[
        Path | None, typer.Option(help="Platemap to put the verdicts on; needs --joined.")
    ] = None,
    joined: Annotated[Path | None, typer.Option(help="The platemap to write, with verdicts (CSV).")] = None,
    write_rule: Annotated[
        Path | None,
        typer.Option(help="Write the preset rule with what each setting means, and stop."),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Say which lines may take part: annotated variants and C9orf72 repeats held against a rule.

    Example: hcs variants variants.tsv --lines lines.csv --build GRCh38 --out eligible.csv
    """
    from hcs.design.eligibility.eligible import eligible_lines

    if write_rule is not None:
        _write_preset(write_rule, overwrite)
        return
    if not source:
        raise ArgumentError("No variants were given; name one or more tables or VCF files.")
    if (platemap is None) != (joined is None):
        raise ArgumentError("--platemap and --joined go together: the map to read, and the one to write.")
    found = eligible_lines(source, lines, rule=rule, repeats=repeats, build=build, line=line, sheet=sheet)
    joins = {} if platemap is None or joined is None else {joined: found.join(platemap)}
    given = [*source, *filter(None, (lines, repeats, rule, platemap))]
    written = found.save(out, sources=given, joins=joins, overwrite=overwrite)
    notices = [*found.notices, *(note for table in joins.values() for note in table.attrs["notices"])]
    if as_json:
        document = {"headline": found.headline(), "lines": records(found.lines), "notices": notices}
        document["files"] = [str(path) for path in written]
        typer.echo(json.dumps(document, indent=1, ensure_ascii=False))
        return
    _tell(found, notices, written)
    if joined is not None:
        tell_next("hcs", "ingest", "EXPORT", "--platemap", joined, "--out", "P1.ome.zarr")
    else:
        tell_next(
            "hcs",
            "layout",
            lines or out,
            "--eligibility",
            out,
            "--replicates",
            "N",
            about="wells of each line",
        )


def _tell(found: "Eligibility", notices: list[str], written: tuple[Path, ...]) -> None:
    """Say the answer, every line that is not eligible with its reason, and what it rests on."""
    typer.echo(found.headline())
    others = found.lines[found.lines["eligibility"] != "eligible"]
    for row in others.head(MOST_LISTED).itertuples(index=False):
        typer.echo(f"  {row.clone}: {row.eligibility}: {row.eligibility_reason}")
    if len(others) > MOST_LISTED:
        typer.echo(f"  and {len(others) - MOST_LISTED} more; {written[0]} has all")
    for note in notices:
        typer.echo(f"note: {note}")
    typer.echo(f"written: {', '.join(map(str, written))}")


def _write_preset(path: Path, overwrite: bool) -> None:
    from hcs.design.eligibility.rule import preset
    from hcs_plates.files import write_file

    if path.exists() and not overwrite:
        raise ExistsError(f"{path} exists already; choose another name, or replace it with --overwrite.")
    write_file(path, preset().encode())
    typer.echo(f"{path}: the reference study's rule; settings that are not the study's say so (ours)")
    tell_next("hcs", "variants", "VARIANTS", "--rule", path, "--lines", "LINES")
