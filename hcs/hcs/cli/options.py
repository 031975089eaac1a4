"""Options that several commands share, and how they are told."""

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.wells import FORMATS

if TYPE_CHECKING:
    from pandas import DataFrame

    from hcs_plates.plate import Plate

MOST_ALIKE = 3
"""Names that are told of those that share a reason."""
TABLE_FORMATS = ("parquet", "xlsx")
Plates = Annotated[list[Path], typer.Argument(help="One or more plates.")]
Results = Annotated[Path, typer.Argument(help="Results folder of `hcs study run`.")]
Scheduler = Annotated[
    str | None, typer.Option(help="Address of a Dask scheduler to run on, such as tcp://10.0.0.5:8786.")
]
Workers = Annotated[int | None, typer.Option(help="Run on this many local worker processes.")]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace what stands at --out, once the new is whole.")
]
Model = Annotated[
    list[str] | None,
    typer.Option(help="This model of the study (cnn, forest, …); repeat for more."),
]
Reader = Annotated[str, typer.Option(help="auto, or the name of a reader; `hcs info --readers` lists them.")]
Pattern = Annotated[
    str | None,
    typer.Option(
        help="File names of the tiffs reader: 'Channel{channel}-{n}-{row}-{column}.tif' or a regex."
    ),
]
Channels = Annotated[
    str | None, typer.Option(help="Names for the channels as the files spell them: 1=GFP,2=DNA.")
]
SheetOfMap = Annotated[
    str | None,
    typer.Option("--sheet", help="Sheet of a workbook; the one called as the plate is if left out."),
]
WetLab = Annotated[
    Path | None,
    typer.Option("--protocol", help="TOML: culture, fixation, antibodies, imaging of the whole plate."),
]
SheetOfTable = Annotated[
    str | None, typer.Option("--sheet", help="Sheet of a workbook; the only one with a table if left out.")
]
MapFile = Annotated[
    Path | None,
    typer.Option(help="CSV, TSV, XLSX: one row per well or drawn as the plate is; or Harmony's XML."),
]
Pages = Annotated[
    str | None,
    typer.Option(
        help="What the pages of TIFFs that do not say it run over, fastest first: z, c, t or f (fields), or "
        "c3z (3 channels, then z)."
    ),
]
PixelSize = Annotated[
    str | None,
    typer.Option(
        "--pixel-size", help="Side of a pixel in µm, or its height,width; as the export says if left out."
    ),
]
Time = Annotated[int, typer.Option(help="Which time point of a film, counted from 0.")]
PLANES = "Planes and places"
"""Panel of the options on what becomes of an export's planes."""
Z = Annotated[
    str,
    typer.Option(
        "--z", help="Of a z stack: keep, or its max, mean or best-focus plane.", rich_help_panel=PLANES
    ),
]
Times = Annotated[
    str | None,
    typer.Option("--times", help="Time points to take, counted from 0: 0,2.", rich_help_panel=PLANES),
]
Light = Annotated[
    str,
    typer.Option(
        "--flat-field",
        help="keep the export's illumination profiles beside the pixels, or apply them.",
        rich_help_panel=PLANES,
    ),
]
YAxis = Annotated[
    str | None,
    typer.Option(
        "--y-axis",
        help="up or down: how the stage's y runs on images; as the export says if left out.",
        rich_help_panel=PLANES,
    ),
]
Stitch = Annotated[
    bool,
    typer.Option("--stitch", help="One field a well, put together by the stage.", rich_help_panel=PLANES),
]
Incomplete = Annotated[
    bool,
    typer.Option(
        "--allow-incomplete",
        help="Take an export that disagrees with its own counts.",
        rich_help_panel=PLANES,
    ),
]
Wells = Annotated[
    int | None,
    typer.Option(
        "--wells", "--format", help="Wells of the plate: 6 … 1536; as the export says, else guessed."
    ),
]
TableWells = Annotated[
    int | None, typer.Option("--wells", help=f"Wells of a table's plates: {', '.join(map(str, FORMATS))}.")
]
Format = Annotated[
    str,
    typer.Option(
        "--format",
        help="parquet, or xlsx: all tables besides as one workbook, a sheet each, for a spreadsheet.",
    ),
]
Width = Annotated[
    float | None,
    typer.Option("--width", help="Width of the figure, mm: 85 and 174 are a journal's one and two columns."),
]
Dpi = Annotated[int | None, typer.Option("--dpi", help="Pixels per inch of a .png; 150 if left out.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def channel_names(text: str | None) -> dict[str, str] | None:
    """Read ``1=GFP,2=DNA``.

    Examples
    --------
    >>> channel_names("1=GFP, 2=DNA")
    {'1': 'GFP', '2': 'DNA'}
    """
    if text is None:
        return None
    names: dict[str, str] = {}
    for part in text.split(","):
        match = re.fullmatch(r"\s*([^=]+?)\s*=\s*([^=]+?)\s*", part)
        if match is None:
            raise ArgumentError(
                f"--channels {text!r}: {part!r} is not 'spelling=name'; expected 1=GFP,2=DNA."
            )
        if match[1] in names:
            raise ArgumentError(f"--channels {text!r} names channel {match[1]!r} twice.")
        names[match[1]] = match[2]
    return names


def pixel_size(text: str | None) -> float | tuple[float, float] | None:
    """Read ``0.65`` or ``0.65,0.65``.

    Examples
    --------
    >>> pixel_size("0.65"), pixel_size("0.65,0.325")
    (0.65, (0.65, 0.325))
    """
    if text is None:
        return None
    try:
        lengths = [float(part) for part in text.split(",")]
    except ValueError:
        lengths = []
    if len(lengths) not in (1, 2):
        raise ArgumentError(
            f"--pixel-size {text!r} is no length; expected µm with a decimal point, such as 0.65, or "
            "height,width."
        )
    return lengths[0] if len(lengths) == 1 else (lengths[0], lengths[1])


def time_points(text: str | None) -> tuple[int, ...] | None:
    """Read ``0,2``.

    Examples
    --------
    >>> time_points("0, 2")
    (0, 2)
    """
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise ArgumentError(f"--times {text!r} names no time points; expected numbers from 0, such as 0,2.")
    return tuple(map(int, parts))


def as_workbook(format: str) -> bool:
    """Whether tables are wanted as a workbook too.

    Examples
    --------
    >>> as_workbook("xlsx"), as_workbook("parquet")
    (True, False)
    >>> as_workbook("xls")
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: --format 'xls' is not known; did you mean 'xlsx'?
    """
    if format not in TABLE_FORMATS:
        raise ArgumentError(f"--format {format!r} is not known; {nearest(format, TABLE_FORMATS)}")
    return format == "xlsx"


def tell_workbook(written: tuple[Path, tuple[str, ...]], *, quiet: bool = False) -> None:
    """Say where a workbook was written, and what of the tables did not fit it."""
    path, told = written
    if not quiet:
        typer.echo(f"workbook: {path.resolve()}")
    for sentence in told:
        typer.echo(f"note: {sentence}", err=quiet)


def tell_next(*words: object, about: str = "") -> None:
    """Say what to do next: a command as it is typed, and what for."""
    command = shlex.join(map(str, words))
    typer.echo(f"next: {command}{f'   # {about}' if about else ''}")


def tell_codes(plates: Iterable["Plate"]) -> None:
    """Say of which plates samples are, or were, under codes."""
    for plate in plates:
        if plate.spec.coding:
            typer.echo(f"note: {plate.spec.coding}")


def alike(rows: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Give names and reasons, a reason that many share once, with the first names and the number of the rest.

    Examples
    --------
    >>> list(alike([*((f"A0{n}", "cut short") for n in range(1, 7)), ("B01", "not there")]))
    [('A01, A02, A03 and 3 more', 'cut short'), ('B01', 'not there')]
    """
    shared: dict[str, list[str]] = {}
    for name, reason in rows:
        shared.setdefault(reason, []).append(name)
    for reason, names in shared.items():
        if len(names) <= MOST_ALIKE:
            yield from ((name, reason) for name in names)
        else:
            first = ", ".join(names[:MOST_ALIKE])
            yield f"{first} and {len(names) - MOST_ALIKE} more", reason


def records(table: "DataFrame") -> Any:
    """Give a table's rows as JSON has them: what is missing is null."""
    return json.loads(table.to_json(orient="records"))
