"""Sending what hcs made to the address of an object store, whole or not at all."""

import hashlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hcs_plates.errors import ArgumentError, ExistsError, NotThereError, StoreError, reachable
from hcs_plates.objects import ObjectPath, answered, as_place, server
from hcs_plates.paths import local_path
from hcs_plates.storedfield import METADATA

AT_ONCE = 16
"""Objects on their way at a time."""
IN_PARTS = 64 * 2**20
"""Bytes from which on a file is sent in parts."""
KINDS = ("hcs", "hcs_tiles", "hcs_features")
"""Attributes by which plates, tiles and features are known."""


@dataclass(frozen=True)
class Sent:
    """What was sent.

    Parameters
    ----------
    address
        Where it is now.
    objects, size
        How many objects it has, and their bytes.
    kept
        Objects that were there already, from a run that was killed.
    """

    address: str
    objects: int
    size: int
    kept: int


def send(folder: Path | str, address: str, *, progress: Callable[[int, int], None] | None = None) -> Sent:
    """Copy a plate, tiles or features to an address; it opens there when all of it has arrived.

    Its root document goes last, and only where none is yet, so that a reader finds all or nothing and of two
    runs one is refused. A run that was killed goes on: what the server holds with the same size and MD5 is
    not sent again (S3 gives an object's MD5 as its ETag; other servers are sent everything anew).

    Parameters
    ----------
    folder
        The plate, tile set or feature set.
    address
        Where: ``s3://``, ``gs://`` or ``az://``.
    progress
        Called with objects done and in all.

    Raises
    ------
    ArgumentError, NotThereError, StoreError
        No such address; no folder; something else than what hcs made.
    ExistsError
        Something else stands there.
    UnreachableError
        The server refuses, or did not answer for three minutes.
    """
    source, target = local_path(folder), as_place(address)
    if not isinstance(target, ObjectPath) or target.root.startswith("https:") or not target.key:
        raise ArgumentError(
            f"{address!r} is no address that can be written to; give s3://BUCKET/NAME, gs:// or az://."
        )
    root = _root(source)
    with reachable(f"sending {source.name}"), answered(target):
        standing = _standing(target)
        if standing is not None and standing != root:
            raise ExistsError(
                f"{target} is taken; choose another name, or remove what is there by the storage's own tools."
            )
        files = sorted(_files(source))
        there = _listed(target)
        sent: dict[str, tuple[int, str]] = {}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for file, facts in pool.map(partial(_put, source, target, there), files):
                sent[file] = facts
                if progress is not None:
                    progress(len(sent), len(files) + 1)
        _check(sent, target)
        if standing is None:
            _put_root(target, root)
    if progress is not None:
        progress(len(files) + 1, len(files) + 1)
    kept = sum(there.get(file) == facts for file, facts in sent.items())
    return Sent(str(target), len(files) + 1, sum(size for size, _ in sent.values()) + len(root), kept)


def _root(source: Path) -> bytes:
    """Read the root document, which says what this is."""
    if not source.is_dir():
        raise NotThereError(f"{source} does not exist; give a plate, tiles or features that hcs made.")
    try:
        root = (source / METADATA).read_bytes()
        attributes = json.loads(root)["attributes"]
        known = any(kind in attributes for kind in KINDS)
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        known = False
    if not known:
        raise StoreError(source, "is no plate, tile set or feature set of hcs, which alone are sent")
    return root


def _files(source: Path) -> Iterator[str]:
    """Name every file below, but the root document and what is hidden (receipts, locks)."""
    for path in source.rglob("*"):
        name = path.relative_to(source)
        if path.is_file() and name.as_posix() != METADATA and not any(p.startswith(".") for p in name.parts):
            yield name.as_posix()


def _standing(target: ObjectPath) -> bytes | None:
    """Root document that stands there; None where none does."""
    try:
        return (target / METADATA).read_bytes()
    except FileNotFoundError:
        return None


def _listed(target: ObjectPath) -> dict[str, tuple[int, str]]:
    """Size and ETag of every object there, by name."""
    import obstore

    start = len(target.key) + 1
    pages = obstore.list(server(target.root), f"{target.key}/")
    return {
        one["path"][start:]: (one["size"], (one["e_tag"] or "").strip('"')) for page in pages for one in page
    }


def _put(
    source: Path, target: ObjectPath, there: dict[str, tuple[int, str]], file: str
) -> tuple[str, tuple[int, str]]:
    """Send a file that is not there yet; give its name, size and MD5 ("" of one that is sent in parts)."""
    import obstore

    path = source / file
    size = path.stat().st_size
    if size >= IN_PARTS:
        obstore.put(server(target.root), f"{target.key}/{file}", path)
        return file, (size, "")
    content = path.read_bytes()
    facts = (len(content), hashlib.md5(content, usedforsecurity=False).hexdigest())
    if there.get(file) != facts:
        obstore.put(server(target.root), f"{target.key}/{file}", content, use_multipart=False)
    return file, facts


def _check(sent: dict[str, tuple[int, str]], target: ObjectPath) -> None:
    """Hold what the server lists against what was sent: sizes, and the MD5 where it gives one."""
    there = _listed(target)
    for file, (size, md5) in sent.items():
        found, tag = there.get(file, (-1, ""))
        known = md5 and target.root.startswith("s3:") and len(tag) == len(md5)
        if found != size or (known and tag != md5):
            raise StoreError(str(target / file), "is not what was sent; send it again")


def _put_root(target: ObjectPath, root: bytes) -> None:
    """Send the root document, if nobody has."""
    import obstore
    from obstore.exceptions import AlreadyExistsError

    try:
        obstore.put(server(target.root), f"{target.key}/{METADATA}", root, mode="create")
    except AlreadyExistsError as error:
        raise ExistsError(
            f"{target} was made by another run meanwhile; nothing of it was replaced."
        ) from error
