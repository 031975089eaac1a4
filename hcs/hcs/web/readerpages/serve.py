"""`hcs readers serve`: a pack's pages on a port of this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hcs.web.extra import need_web
from hcs_plates.errors import StoreError

if TYPE_CHECKING:
    from hcs.web.serving import Serving


@contextmanager
def served_readers(pack: Path, *, host: str | None = None, port: int | None = None) -> Iterator["Serving"]:
    """Open a pack and its answers, and take a port; the answers are closed at the end.

    Neither the key nor the study is opened, nor anything else beside the pack.

    Parameters
    ----------
    pack
        The folder.
    host, port
        As `hcs.serve` takes them; readers log in by tokens of their own.

    Raises
    ------
    ArgumentError, PlaceError, NotThereError, StoreError
        The web server is not installed; the port is taken; there is no pack; it or its answers are
        damaged, or of simulated readers.
    """
    need_web()
    from hcs.readerstudy.clicks import SIMULATED
    from hcs.readerstudy.pack import Pack
    from hcs.readerstudy.responses import Responses
    from hcs.web.readerpages.app import reader_pages
    from hcs.web.readerpages.desk import Desk
    from hcs.web.serving import Serving, listen

    opened = Pack.open(pack)
    with Responses(opened.folder, create=True) as responses:
        if (responses.log()["session"] == SIMULATED).any():
            raise StoreError(
                responses.path,
                "holds answers of simulated readers, from which people would go on. Move it out of the pack.",
            )
        desk = Desk(opened, responses)
        listening = listen(host, port, own_login=True)
        yield Serving(reader_pages(desk, listening.entry), listening)
