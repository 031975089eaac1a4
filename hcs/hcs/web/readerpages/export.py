"""A pack as one HTML file for each reader, for where no server can run: the same page, without one.

Labels of the training round stand in the file, since nobody else could tell them; no other label does.
"""

import base64
import hashlib
import json
from functools import partial
from pathlib import Path
from typing import BinaryIO

from hcs.readerstudy.answerfile import COLUMNS
from hcs.readerstudy.pack import Pack
from hcs.readerstudy.responses import pack_digest
from hcs.web.readerpages.desk import about
from hcs.web.resources import resources
from hcs_plates.errors import ExistsError
from hcs_plates.files import write_files
from hcs_plates.paths import check_name, local_path

STYLE = '<link rel="stylesheet" href="/static/reader.css">'
SERVER = '<script src="/static/reader_server.js"></script>'
SCRIPT = '<script src="/static/reader.js"></script>'
HEAD = '<meta name="viewport"'


def export_pages(pack: Path | str, out: Path | str, *, overwrite: bool = False) -> tuple[Path, ...]:
    """Write one self-contained page for each reader, called by the reader's name alone.

    Parameters
    ----------
    pack
        The folder.
    out
        Folder for the pages.
    overwrite
        Replace pages that are there.

    Returns
    -------
    tuple of Path
        The pages, ``OUT/READER.html``.

    Raises
    ------
    ExistsError, PlaceError, ArgumentError
        A page is there already; it cannot be written; a reader's name cannot be a file's.
    """
    opened, folder = Pack.open(pack), local_path(out)
    pages = {
        folder / f"{check_name(reader, 'reader')}.html": partial(_write, opened, reader)
        for reader in opened.readers
    }
    if not overwrite and (there := [page for page in pages if page.exists()]):
        raise ExistsError(f"{there[0]} exists already; choose another --out or replace it with --overwrite.")
    write_files(pages)
    return tuple(pages)


def _write(pack: Pack, reader: str, stream: BinaryIO) -> None:
    """Write one reader's page."""
    items = pack.items(reader)
    data = {
        "about": about(pack, reader),
        "pack": pack_digest(pack.folder),
        "columns": COLUMNS,
        "labels": [item.answer for item in items if item.training],
        "images": [f"data:image/png;base64,{_base64(pack.image(item.image))}" for item in items],
    }
    stream.write(_page(json.dumps(data, ensure_ascii=False)).encode())


def _page(data: str) -> str:
    """Put style, scripts and data into the page, and their digests into its policy: nothing else runs."""
    style, own, script = (_text(name) for name in ("reader.css", "reader_file.js", "reader.js"))
    policy = (
        f"default-src 'none'; img-src data:; style-src {_digest(style)}; "
        f"script-src {_digest(own)} {_digest(script)}; base-uri 'none'; form-action 'none'"
    )
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
    # No "<" of a name can end the block that the data stand in.
    block = data.replace("<", "\\u003c")
    held = f'<script type="application/json" id="pack">{block}</script>\n<script>{own}</script>'
    page = _text("reader.html")
    for mark, new in (
        (HEAD, meta + HEAD),
        (STYLE, f"<style>{style}</style>"),
        (SERVER, held),
        (SCRIPT, f"<script>{script}</script>"),
    ):
        page = page.replace(mark, new, 1)
    return page


def _text(name: str) -> str:
    return resources()[name].content.decode()


def _digest(text: str) -> str:
    """Name an inlined text as a policy does (CSP level 3)."""
    return f"'sha256-{_base64(hashlib.sha256(text.encode()).digest())}'"


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
