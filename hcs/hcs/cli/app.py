"""The `hcs` command: its groups, its exit codes, and how a refusal is shown.

Exit codes: 0 done, 1 finished with something missing (it is listed), 2 bad input.
"""

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version as installed

import typer

from hcs.cli import analysing, explaining, measuring, plates, plotting, reporting, studies
from hcs_models.engine import ONE_THREAD
from hcs_plates.errors import HcsError

app = typer.Typer(
    name="hcs",
    help="High-content screening analysis: plates of cells from many donors in, a defensible answer out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    epilog="Errors are one sentence; --debug shows where it came from. For research use only.",
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
) -> None:
    """High-content screening analysis."""


app.command("ingest")(plates.ingest)
app.command("info")(plates.info)
app.command("tile")(plates.tile)
app.command("simulate")(plates.simulate)
app.command("measure")(measuring.measure)
app.command("positives")(measuring.positives)
app.command("demo")(studies.demo)
study = typer.Typer(no_args_is_help=True, help="Set up, run and report a study.")
study.command("init")(studies.init)
study.command("run")(studies.run)
study.command("report")(studies.report)
study.command("export")(studies.export)
study.command("analyse")(analysing.analyse)
study.command("permute")(analysing.permute)
app.command("predict")(studies.predict)
app.command("explain")(explaining.explain)
app.command("heatmap")(plotting.heatmap)
app.command("plot")(plotting.plot)
app.command("batch")(reporting.batch)
app.command("report")(reporting.report)
app.add_typer(study, name="study")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code.

    Parameters
    ----------
    arguments
        Words of the command; those of the process if None.
    """
    for name, value in ONE_THREAD.items():
        os.environ.setdefault(name, value)
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    try:
        app(args=words, prog_name="hcs")
    except HcsError as error:
        if debug:
            raise
        typer.echo(f"hcs: {error.message}", err=True)
        sys.exit(2)
