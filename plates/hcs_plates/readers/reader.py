"""What a reader of exports is: how it recognises one, and how it scans it."""

from collections.abc import Callable, Set
from dataclasses import dataclass
from pathlib import Path

from hcs_plates.readers.acquisition import Acquisition


@dataclass(frozen=True)
class Reader:
    """How the exports of one kind of instrument are read.

    Parameters
    ----------
    title
        The instrument or layout, as users call it.
    scan
        Called with the folder (or the file of `files` in it) and the options that it takes, gives the plate.
        It reads no pixels.
    recognises
        Why a folder, or a file of it, is such an export, in a few words (``"9987.HTD"``); ``""`` where it is
        none. It reads no more than it must, and raises nothing.
    looks_for
        What it recognises an export by, in a few words, for whoever has a folder that no reader takes.
    files
        Endings, in lower case, of a file that may be given instead of its folder: ``(".xdce",)``.
    takes
        Options of its own: ``"pages"`` (a `PageOrder`), ``"pattern"`` (of file names).
    """

    title: str
    scan: Callable[..., Acquisition]
    recognises: Callable[[Path], str]
    looks_for: str = ""
    files: tuple[str, ...] = ()
    takes: Set[str] = frozenset()


def never(_: Path) -> str:
    """Recognise nothing: a reader that is used where it is asked for."""
    return ""
