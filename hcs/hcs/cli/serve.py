"""The command that shows plates in the web browser: serve."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer


def serve(
    source: Annotated[
        list[Path],
        typer.Argument(help="Plates (OME-Zarr 0.4 or 0.5), folders of plates, or one study's results."),
    ],
    host: Annotated[
        str | None,
        typer.Option(
            help="Address here (0.0.0.0: all) that other machines reach, by a link with a token; unencrypted."
        ),
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port; 0 is any that is free. 8737, or else any, if left out.")
    ] = None,
    open_page: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in the web browser of this machine.")
    ] = True,
) -> None:
    """Show plates in the web browser: heatmaps, wells, fields, what was measured, scores.

    Only this machine is answered, unless --host is given.

    Example: hcs serve als-results
    """
    from hcs.web.browser.serve import prepare
    from hcs_models.engine import share_memory_pool

    # Of this process, which is ours: in a notebook's it is left as it is.
    share_memory_pool()
    server = prepare(*source, host=host, port=port)
    server.tell()
    # A browser's words are seen by everybody on this machine, a token among them.
    if open_page and server.listening.entry.token is None and _has_screen():
        import webbrowser

        webbrowser.open(server.address)
    server.run()
    server.leave()


def _has_screen() -> bool:
    """Whether somebody sits here; without a screen a browser of text would take the terminal."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY")
    return sys.stdout.isatty() and (sys.platform != "linux" or any(map(os.environ.get, screens)))
