"""Links of an export that lead out of it: hcs opens nothing that lies elsewhere."""

import os
from collections.abc import Iterator
from pathlib import Path

from hcs_plates.errors import ReaderError
from hcs_plates.readers.names import shown


def check_links(folder: Path) -> None:
    """Refuse a folder in which a link leads out of it; the folder itself may be reached by one.

    A link to what is not there opens nothing, and is for the reader to tell. Hidden files are read by none.

    Raises
    ------
    ReaderError
        Names the links, and where they lead.
    """
    out = sorted(_leading_out(folder))
    if out:
        told = [f"{path.relative_to(folder).as_posix()} → {real}" for path, real in out]
        links = "a link that leads" if len(out) == 1 else f"{len(out)} links that lead"
        raise ReaderError(
            folder,
            f"holds {links} out of it ({shown(told)}), where hcs opens nothing; put the files themselves "
            "there, or remove the links",
        )


def _leading_out(folder: Path) -> Iterator[tuple[Path, Path]]:
    """List links below a folder, and what is there that they lead to and that does not lie in the folder."""
    root, places = folder.resolve(), [folder]
    while places:
        try:
            with os.scandir(places.pop()) as found:
                entries = list(found)
        # Whether a folder can be listed is for its reader to say.
        except OSError:
            continue
        for entry in entries:
            if not entry.is_symlink():
                places += [Path(entry.path)] if entry.is_dir() else []
            elif not entry.name.startswith("."):
                path = Path(entry.path)
                if path.exists() and not (real := path.resolve()).is_relative_to(root):
                    yield path, real
