"""Commands on layouts: layout, layout check."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from hcs.cli.options import (
    Json,
    Overwrite,
    SheetOfTable,
    TableWells,
    records,
    tell_next,
)
from hcs.cli.passphrase import PassphraseFile, passphrase
from hcs.cli.progress import progress_bar
from hcs.wording import counted
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import FORMATS

if TYPE_CHECKING:
    import pandas as pd

    from hcs.design.layouts.check import LayoutCheck
    from hcs.design.layouts.layout import PlateLayout

CHECK = "check"
MOST_LISTED = 20
KeyOption = Annotated[
    Path | None,
    typer.Option(
        "--key", help="Lay lines out under codes, sealed in this key; one that is there gives its own codes."
    ),
]


class LayoutCommand(TyperCommand):
    """`hcs layout LINES`, and `hcs layout check MAP…` under the same name."""

    @property
    def commands(self) -> dict[str, Any]:
        """Both commands by the word that follows ``layout``."""
        made = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
        made.command(CHECK)(check)
        return {"": self, CHECK: typer.main.get_command(made)}

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Hand the words on to `check` where they are for it; a table of that name is ``./check``."""
        if args[:1] == [CHECK]:
            return self.commands[CHECK].make_context(f"{info_name} {CHECK}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


def layout(
    lines: Annotated[Path, typer.Argument(help="Table of lines: CSV, TSV or XLSX, one row a clone.")],
    replicates: Annotated[int, typer.Option(help="Wells of each line, over all plates.")],
    per_plate: Annotated[
        bool, typer.Option("--per-plate", help="--replicates is of each plate that holds the line.")
    ] = False,
    plates: Annotated[
        str | None, typer.Option(help="How many, or their names: P1,P2; as few as hold all if left out.")
    ] = None,
    wells: Annotated[int, typer.Option(help=f"Wells of a plate: {', '.join(map(str, FORMATS))}.")] = 24,
    batches: Annotated[
        str | None,
        typer.Option(help="Differentiation batches: how many, or the batch of every plate: 1,1,2,2."),
    ] = None,
    control: Annotated[
        list[str] | None,
        typer.Option(
            help="Wells of a role on each plate: negative_control=2 (at random) or negative_control=A01,H12; "
            "repeat for more."
        ),
    ] = None,
    empty: Annotated[
        str | None, typer.Option(help="Wells that stay empty: edge, or their names: A01,H12.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Of all that is drawn; a new one if left out. Not with --key.")
    ] = None,
    eligibility: Annotated[
        Path | None, typer.Option(help="What hcs variants says of the lines; only eligible ones take part.")
    ] = None,
    key: KeyOption = None,
    passphrase_file: PassphraseFile = None,
    show_diagnosis: Annotated[
        bool, typer.Option("--show-diagnosis", help="Print diagnoses on the maps for the bench.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Folder for platemaps, maps to print and the record.")] = Path(
        "layout"
    ),
    sheet: SheetOfTable = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Lay lines out on plates: randomised, each diagnosis balanced over plates, batches, rows, columns, edge.

    hcs layout check MAP… judges layouts that there are.

    Example: hcs layout lines.csv --replicates 8 --batches 2 --control negative_control=2 --seed 3
    """
    from hcs.design.lines import read_lines
    from hcs.design.maps.files import layout_place

    _refuse_words(key, seed, out, show_diagnosis=show_diagnosis)
    asked: dict[str, Any] = {
        "replicates": replicates,
        "per_plate": per_plate,
        "plates": _number_or_names(plates),
        "wells": wells,
        "batches": _number_or_names(batches),
        "controls": asked_controls(control or ()),
        "empty": _words(empty) if empty and empty.strip().casefold() != "edge" else empty or (),
    }
    layout_place(out, overwrite=overwrite).check()
    table = read_lines(lines, sheet=sheet, eligibility=eligibility)
    with progress_bar("plates drawn") as progress:
        if key is None:
            from hcs.design.layouts.laying import layout_plates

            made = layout_plates(table, **asked, seed=seed)
            made.save(out, show_diagnosis=show_diagnosis, overwrite=overwrite, progress=progress)
        else:
            made = _under_codes(
                table, asked, key, passphrase_file, out, overwrite=overwrite, progress=progress
            )
    _tell_layout(made, table.attrs["notices"], out, key, as_json=as_json)


def _refuse_words(key: Path | None, seed: int | None, out: Path, *, show_diagnosis: bool) -> None:
    """Refuse options that contradict each other."""
    if key is None:
        return
    if seed is not None:
        raise ArgumentError(
            "With --key the seed is drawn and sealed: whoever knew it and the table of lines could make the "
            "layout again, names and all. Leave out --seed."
        )
    if show_diagnosis:
        raise ArgumentError("Codes hide the diagnosis: leave out --show-diagnosis, or --key.")
    if out.resolve() in key.resolve().parents:
        raise ArgumentError(f"{key} would stand among the layout's files; keep the key elsewhere.")


def _under_codes(
    table: "pd.DataFrame", asked: dict[str, Any], key: Path, file: Path | None, out: Path, **words: Any
) -> "PlateLayout":
    """Lay lines out under the codes of a key, a new one or one that is there."""
    from hcs.design.blinding.key import Key
    from hcs.design.blinding.seal import check_passphrase
    from hcs.design.coded import coded_layout, save_coded

    new = not key.exists()
    # Asked for before anything is worked out: what is too short is refused at once.
    secret = passphrase(file, twice=new)
    if new:
        check_passphrase(secret)
    made, own = coded_layout(table, asked, None if new else Key.open(key, secret))
    save_coded(made, out, own, (key, secret) if new else None, **words)
    return made


def _tell_layout(
    made: "PlateLayout", notices: list[str], out: Path, key: Path | None, *, as_json: bool
) -> None:
    """Say what was laid out, what was set aside, and what to do next."""
    plates = list(made.settings["plates"])
    if as_json:
        document = {
            "folder": str(out),
            "summary": made.summary(),
            "plates": plates,
            "imbalances": records(made.imbalances),
            "set_aside": records(made.aside[["clone", "reason"]]) if len(made.aside) else [],
            "record": str(out / "layout.json"),
        }
        typer.echo(json.dumps(document, indent=1, ensure_ascii=False))
        return
    for notice in notices:
        typer.echo(f"note: {notice}")
    typer.echo(made.summary())
    for row in made.aside[:MOST_LISTED].itertuples():
        typer.echo(f"set aside: {row.clone} ({row.reason})")
    if len(made.aside) > MOST_LISTED:
        typer.echo(f"  … and {len(made.aside) - MOST_LISTED} more")
    if key is not None:
        typer.echo(f"key: {key}; without it and its passphrase no name comes back")
    typer.echo(
        f"maps to print: {out / 'layout.pdf'} ({counted(len(plates), 'plate')}), {out / 'layout.html'}"
    )
    typer.echo(f"platemaps: {out / f'{plates[0]}.csv'} …; record: {out / 'layout.json'}")
    tell_next(
        *("hcs", "ingest", "EXPORT", "--name", plates[0], "--platemap", out / f"{plates[0]}.csv"),
        *("--out", f"{plates[0]}.ome.zarr"),
        about="each plate, once it is imaged",
    )


def check(
    maps: Annotated[
        list[Path],
        typer.Argument(metavar="MAP", help="Platemaps: CSV, TSV or XLSX, a sheet a plate; or layout.csv."),
    ],
    wells: TableWells = None,
    key: Annotated[
        Path | None, typer.Option(help="The key of coded maps; what is said may then tell diagnoses.")
    ] = None,
    passphrase_file: PassphraseFile = None,
    sheet: SheetOfTable = None,
    as_json: Json = False,
) -> None:
    """Judge layouts that there are, before anything is pipetted: what goes with position, and what to change.

    The exit code is 0 whatever is found; --json has `sound`.

    Example: hcs layout check P1.xlsx P2.csv --wells 96
    """
    from hcs.design.layouts.check import check_layout
    from hcs_plates.mapfiles import read_maps

    table = read_maps(maps, sheet=sheet)
    notices = list(table.attrs["notices"])
    if key is not None:
        table = _named_maps(table, key, passphrase_file)
    found = check_layout(table, wells=wells)
    if as_json:
        document = {
            "sound": found.sound,
            "summary": found.summary(),
            "caveats": list(found.caveats),
            "imbalances": records(found.imbalances),
            "notices": notices,
        }
        typer.echo(json.dumps(document, indent=1, ensure_ascii=False))
        return
    for notice in notices:
        typer.echo(f"note: {notice}")
    _tell_check(found)


def _named_maps(table: "pd.DataFrame", key: Path, file: Path | None) -> "pd.DataFrame":
    """Put what a key knows of lines beside the codes of maps."""
    from hcs.design.blinding.key import Key
    from hcs.design.coded import named_lines

    known = named_lines(Key.open(key, passphrase(file)), table["clone"].dropna()).set_index("clone")
    for name in ("donor", "diagnosis", "pair"):
        if name in known:
            table[name] = table["clone"].map(known[name])
    return table


def _tell_check(found: "LayoutCheck") -> None:
    """Say how layouts stand, factor by factor, and what to do."""
    from hcs.design.layouts.check import NO_DIAGNOSIS

    typer.echo(found.summary())
    rows = found.imbalances
    for row in rows[(rows["of"] == "diagnosis") | ~rows["reached"]].itertuples():
        typer.echo(f"  {row.of} and {row.factor}: V {row.value:.2f}, least {row.least:.2f} ({row.note})")
    if NO_DIAGNOSIS in found.caveats:
        tell_next("hcs", "layout", "check", "MAP", "--key", "KEY", about="where the maps hold codes")
    elif not found.sound:
        tell_next("hcs", "layout", "LINES", "--replicates", "N", about="a layout that is balanced")


def asked_controls(words: "list[str] | tuple[str, ...]") -> dict[str, int | list[str]]:
    """Read ``negative_control=2`` and ``positive_control=A01,H12``.

    Examples
    --------
    >>> asked_controls(["negative_control=2", "positive_control=A01, H12"])
    {'negative_control': 2, 'positive_control': ['A01', 'H12']}
    >>> asked_controls(["negative_control"])
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: --control 'negative_control' is not role=number or role=wells; expected \
negative_control=2 or negative_control=A01,H12.
    """
    found: dict[str, int | list[str]] = {}
    for text in words:
        role, _, wanted = (part.strip() for part in text.partition("="))
        if not role or not wanted:
            raise ArgumentError(
                f"--control {text!r} is not role=number or role=wells; expected negative_control=2 or "
                "negative_control=A01,H12."
            )
        if role in found:
            raise ArgumentError(f"--control names {role!r} twice; give all its wells in one.")
        found[role] = int(wanted) if wanted.isdecimal() else _words(wanted)
    return found


def _number_or_names(text: str | None) -> int | list[str] | None:
    """Read ``10`` as a number, and ``P1,P2`` as names."""
    if text is None or not text.strip():
        return None
    return int(text) if text.strip().isdecimal() else _words(text)


def _words(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
