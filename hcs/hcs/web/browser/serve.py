"""`hcs.serve`: plates in the web browser, from a notebook or a script."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

from hcs.web.extra import need_web

if TYPE_CHECKING:
    from hcs.web.serving import Serving


@overload
def serve(
    *sources: Path | str, host: str | None = None, port: int | None = None, block: Literal[True] = True
) -> None: ...


@overload
def serve(
    *sources: Path | str, host: str | None = None, port: int | None = None, block: Literal[False]
) -> "Serving": ...


def serve(
    *sources: Path | str, host: str | None = None, port: int | None = None, block: bool = True
) -> "Serving | None":
    """Show plates in the web browser: heatmaps, wells, fields at full resolution.

    Parameters
    ----------
    sources
        Plates (those of hcs, and OME-Zarr 0.4 or 0.5 plates of others), folders of plates, or the results
        folder of one study, which knows its plates.
    host
        An address of this machine in its network, where the pages are to be reached from other machines too,
        by a link that holds a token and without encryption; if None only this machine is answered, whoever
        is logged in on it (from elsewhere: ``ssh -L 8737:localhost:8737 MACHINE``).
    port
        Port; 0 takes any that is free, None takes 8737 or else any.
    block
        Print the address, and answer until Ctrl-C; else give back a server that runs beside.

    Returns
    -------
    Serving or None
        With ``block=False``: its ``.address`` is the link; ``.close()`` ends it, or the end of its ``with``.

    Raises
    ------
    ArgumentError, PlaceError, NotThereError, StoreError
        The web server is not installed; nothing to show, a study beside other things; the port is taken; a
        plate cannot be opened.

    Examples
    --------
    >>> with hcs.serve("plates/P1.ome.zarr", block=False) as server:  # doctest: +SKIP
    ...     print(server.address)
    http://127.0.0.1:8737/
    """
    server = prepare(*sources, host=host, port=port)
    if not block:
        server.note()
        return server.start()
    server.tell()
    server.run()
    return None


def prepare(*sources: Path | str, host: str | None = None, port: int | None = None) -> "Serving":
    """Open plates and take a port; nothing is answered yet. Raises as `serve`."""
    need_web()
    from hcs.web.browser.app import browser, look_ahead
    from hcs.web.browser.site import Site
    from hcs.web.browser.sources import find_plates
    from hcs.web.serving import Serving, listen

    site = Site(find_plates(sources))
    listening = listen(host, port)
    threading.Thread(target=look_ahead, args=(site,), name="hcs.serve first look", daemon=True).start()
    return Serving(browser(site, listening.entry), listening, site.notices)
