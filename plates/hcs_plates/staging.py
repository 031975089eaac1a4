"""Staging: a new thing is made beside its final place and moved there only when it is whole."""

import shutil
from pathlib import Path

from hcs_plates.errors import ArgumentError, ExistsError

RECEIPTS = ".receipts"
"""Folder, inside a stored box, of the receipts of the units that made it."""


def staging_path(final: Path) -> Path:
    """Where a thing is made before it stands at `final`; a killed run leaves it there to be resumed.

    Absolute, for workers that stand in folders of their own.

    Examples
    --------
    >>> staging_path(Path("/plates/P1.ome.zarr")).as_posix()
    '/plates/.P1.ome.zarr.partial'
    """
    return final.absolute().with_name(f".{final.name}.partial")


def check_free(final: Path, *, overwrite: bool, marker: str | None = None) -> None:
    """Refuse a place that is taken, before any work is done.

    Parameters
    ----------
    final
        Where the new thing is to stand.
    overwrite
        Whether the user asked for what is there to be replaced.
    marker
        A file that things of this kind have inside; a folder without it is never replaced, asked or not.

    Raises
    ------
    ExistsError
        Something is there and `overwrite` is false.
    ArgumentError
        What is there is not of the kind that `overwrite` may replace.
    """
    if not final.exists():
        return
    if not overwrite:
        raise ExistsError(
            f"{final} exists already; choose another place or ask to overwrite it (--overwrite)."
        )
    empty = final.is_dir() and not any(final.iterdir())
    if marker is not None and not empty and not (final / marker).exists():
        raise ArgumentError(
            f"{final} is not something hcs wrote (it has no {marker}), so it is not overwritten; "
            "choose another place."
        )


def publish(staged: Path, final: Path) -> None:
    """Move a finished thing to its place; what stood there before is removed only afterwards."""
    if not final.exists():
        staged.rename(final)
        return
    aside = final.with_name(f".{final.name}.replaced")
    final.rename(aside)
    staged.rename(final)
    if aside.is_dir():
        shutil.rmtree(aside)
    else:
        aside.unlink()
