"""The `hcs` command: its groups, its exit codes, and how a refusal is shown.

Exit codes: 0 done; 1 finished with something missing (it is listed); 2 refused: input that cannot be used, a
place that cannot be written to; 70 a fault of hcs itself; 130 interrupted (Ctrl-C).
"""

import os
import re
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import version as installed
from typing import Any

import typer

from hcs.cli import (
    adopting,
    analysing,
    blinding,
    explaining,
    exporting,
    measuring,
    plates,
    plotting,
    power,
    readers,
    reporting,
    sending,
    serve,
    simulating,
    status,
    studies,
    tiles,
    variants,
    verifying,
)
from hcs.cli import layout as layouts
from hcs.cli import wells as scoring
from hcs_models.engine import OWN_PROCESS
from hcs_plates.errors import HcsError, system_sentence
from hcs_plates.objects import as_place
from hcs_plates.paths import local_path

REFUSED, FAULT, INTERRUPTED = 2, 70, 130
GOES_ON = (
    "ingest",
    "tile",
    "simulate",
    "measure",
    "labels",
    "study prepare",
    "study run",
    "study permute",
    "predict",
    "explain",
    "demo",
)
"""Commands that keep what is done, and go on from there."""
READ_ADDRESSES = ("info", "tile", "measure", "send")
"""Commands that take an address of an object store."""
USAGE: type[Exception] = typer.BadParameter.__mro__[2]
"""What typer raises for words that no command takes; the class has no public name."""

app = typer.Typer(
    name="hcs",
    help="High-content screening analysis: plates of cells from many donors in, a defensible answer out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    epilog="Errors are one sentence. For research use only.",
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(installed("hcs"))
        raise typer.Exit


@app.callback()
def hcs(
    version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_show_version, help="Print the version and stop."
    ),
    debug: bool = typer.Option(
        False, "--debug", help="Show where an error came from; anywhere in a command."
    ),
) -> None:
    """High-content screening analysis."""


MEASURING, STUDYING, SHOWING = "From an export to measurements", "The study", "Pages and figures"
"""Headings of `hcs --help`, in the order in which they are first used; `BEFORE` comes first."""
BEFORE = "Before the experiment"

app.command("variants", rich_help_panel=BEFORE)(variants.variants)
app.command("power", rich_help_panel=BEFORE)(power.power)
app.command("layout", rich_help_panel=BEFORE, cls=layouts.LayoutCommand)(layouts.layout)
app.command("blind", rich_help_panel=BEFORE)(blinding.blind)
app.command("unblind", rich_help_panel=BEFORE)(blinding.unblind)

app.command("ingest", rich_help_panel=MEASURING)(plates.ingest)
app.command("adopt", rich_help_panel=MEASURING)(adopting.adopt)
app.command("export", rich_help_panel=MEASURING)(exporting.export)
app.command("platemap", rich_help_panel=MEASURING)(plates.platemap)
app.command("info", rich_help_panel=MEASURING)(plates.info)
app.command("tile", rich_help_panel=MEASURING)(tiles.tile)
app.command("send", rich_help_panel=MEASURING)(sending.send)
app.command("verify", rich_help_panel=MEASURING)(verifying.verify)
app.command("simulate", rich_help_panel=MEASURING)(simulating.simulate)
app.command("measure", rich_help_panel=MEASURING)(measuring.measure)
app.command("labels", rich_help_panel=MEASURING)(measuring.labels)
app.command("positives", rich_help_panel=MEASURING)(measuring.positives)
app.command("demo", rich_help_panel=STUDYING)(studies.demo)
study = typer.Typer(no_args_is_help=True, help="Set up, run and report a study.")
study.command("init")(studies.init)
study.command("prepare")(studies.prepare)
study.command("run")(studies.run)
study.command("report")(studies.report)
study.command("export")(studies.export)
study.command("analyse")(analysing.analyse)
study.command("permute")(analysing.permute)
app.add_typer(study, name="study", rich_help_panel=STUDYING)
app.command("predict", rich_help_panel=STUDYING)(studies.predict)
reading = typer.Typer(no_args_is_help=True, help="Have people judge a study's images, blinded.")
reading.command("new")(readers.new)
reading.command("serve")(readers.serve)
reading.command("export")(readers.export)
reading.command("collect")(readers.collect)
reading.command("score")(readers.score)
reading.command("simulate")(readers.simulate)
app.add_typer(reading, name="readers", rich_help_panel=STUDYING)
app.command("status", rich_help_panel=STUDYING)(status.status)
app.command("explain", rich_help_panel=STUDYING)(explaining.explain)
app.command("heatmap", rich_help_panel=SHOWING)(plotting.heatmap)
app.command("plot", rich_help_panel=SHOWING)(plotting.plot)
app.command("serve", rich_help_panel=SHOWING)(serve.serve)
app.command("wells", rich_help_panel=SHOWING)(scoring.wells)
app.command("batch", rich_help_panel=SHOWING)(reporting.batch)
app.command("report", rich_help_panel=SHOWING)(reporting.report)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line (of the process, if no words are given) and leave with its exit code."""
    for name, value in OWN_PROCESS.items():
        os.environ.setdefault(name, value)
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    try:
        _refuse_addresses(words)
        code = app(args=words, prog_name="hcs", standalone_mode=False)
    except USAGE as error:
        code = _show_usage(error)
    except Exception as error:
        # typer takes the end of a damaged file for an interruption by the user.
        cause = error.__cause__ if isinstance(error, typer.Abort) and error.__cause__ else error
        if debug:
            traceback.print_exception(cause)
        code, sentence = _told(cause)
        typer.echo(f"hcs: {sentence}", err=True)
    if code == INTERRUPTED:
        typer.echo(f"hcs: {_interrupted(words)}", err=True)
    sys.exit(code if isinstance(code, int) else 0)


def _refuse_addresses(words: Sequence[str]) -> None:
    """Refuse ``s3://…`` where it is not read: as a path it would become a folder of that name."""
    reads = words[:1] and words[0] in READ_ADDRESSES
    for before, word in zip(["", *words], words, strict=False):
        value = word.partition("=")[2] if word.startswith("--") else word
        of_scheduler = before == "--scheduler" or word.startswith("--scheduler=")
        read = reads and as_place(value) is not None and not before.startswith("-")
        if "://" in value and not of_scheduler and not read:
            local_path(value)


def _interrupted(words: Sequence[str]) -> str:
    """Say after Ctrl-C how to go on."""
    if any(" ".join(words[:n]) in GOES_ON for n in (1, 2)):
        return "interrupted; what is done is kept: run the same command again and it goes on from there."
    return "interrupted; nothing was half written: run the same command again."


def _show_usage(error: Any) -> int:
    """Show what is wrong with the words of a command, as typer does; a file that may not be read is ours."""
    from typer.rich_utils import rich_format_error

    unknown = re.search(r"No such command '([^']*)'", error.format_message())
    if unknown and unknown[1] in {command.name for command in study.registered_commands}:
        typer.echo(f"hcs: {unknown[1]} is a command on studies: hcs study {unknown[1]}", err=True)
        return int(error.exit_code)
    if found := re.search(r"'([^']*)' is not readable", error.format_message()):
        typer.echo(f"hcs: {found[1]} may not be read by you; ask for permission.", err=True)
    else:
        rich_format_error(error)
    return int(error.exit_code)


def _told(error: BaseException) -> tuple[int, str]:
    """Exit code and sentence of what went wrong."""
    if isinstance(error, HcsError):
        return REFUSED, error.message
    if isinstance(error, OSError):
        return REFUSED, system_sentence(error)
    if isinstance(error, MemoryError):
        return REFUSED, (
            "There is not enough memory for this; end other programs, or run on fewer workers (--workers), "
            "and run the same again: what is done is kept."
        )
    place = traceback.extract_tb(error.__traceback__)[-1]
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    return FAULT, (
        f"This is a fault of hcs ({what}, {place.name} in {place.filename.rpartition('/')[2]}); run the same "
        "with --debug and report what it shows."
    )
