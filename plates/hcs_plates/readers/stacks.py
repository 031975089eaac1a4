"""Files of several images: one entry a page, placed by the file's name and the axes of its pages."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from hcs_plates.errors import ReaderError
from hcs_plates.readers.headers import PlateHeaders
from hcs_plates.readers.names import NamedFile
from hcs_plates.readers.pages import WORDS, PageOrder, PagePlace, Stack, reordered

_PARTS = {"c": "channel", "t": "time", "z": "z", "f": "field"}


def paged(
    source: object, files: Sequence[NamedFile], headers: PlateHeaders, order: PageOrder | None
) -> tuple[list[NamedFile], list[str]]:
    """Put a page in the place of every file that has several.

    A file that cannot be read is taken to have the pages that most others have, so that each is missing.

    Parameters
    ----------
    source
        The folder, for messages.
    files
        What the names say.
    headers
        Of these files.
    order
        What the user says of the pages, for the notes.

    Returns
    -------
    files, notes
        As `files`, and sentences on how pages were read.

    Raises
    ------
    ReaderError
        An axis of the pages that the names have already.
    """
    if not headers.stacks:
        unused = f"Every TIFF holds one image, so --pages {order} is not used."
        return list(files), [] if order is None else [unused]
    if order is not None:
        # Those of MetaMorph are read without being asked what their planes are.
        asked = {
            path: stack if stack.said_by == "--pages" else reordered(path, stack, order)
            for path, stack in headers.stacks.items()
        }
        headers = replace(headers, stacks=asked)
    _check_axes(source, files, headers.stacks.values())
    usual = _usual(files, headers)
    named = {stack.channels for stack in headers.stacks.values() if stack.sizes["c"] > 1}
    channels = named.pop() if len(named) == 1 else ()
    several_fields = any(stack.sizes["f"] > 1 for stack in headers.stacks.values())
    found = []
    for file in files:
        stack = headers.stacks.get(file.path)
        if file.path in headers.damaged:
            stack = usual.get(file.channel)
        if several_fields:
            # Whatever the names call it: fields are counted, also in a file that holds one.
            file = replace(file, field=1)
        found += [file] if stack is None else _pages(file, stack, channels)
    return found, [*_told(headers), *(_unlike(named) if named else [])]


def _usual(files: Sequence[NamedFile], headers: PlateHeaders) -> dict[str, Stack | None]:
    """Find the pages that most files of each channel have; None where they are one image."""
    kinds: dict[str, Counter[tuple[PagePlace, ...]]] = defaultdict(Counter)
    for file in files:
        if file.path not in headers.damaged:
            stack = headers.stacks.get(file.path)
            kinds[file.channel][() if stack is None else tuple(stack.pages)] += 1
    examples = {tuple(stack.pages): stack for stack in headers.stacks.values()}
    return {channel: examples.get(counts.most_common(1)[0][0]) for channel, counts in kinds.items()}


def _check_axes(source: object, files: Sequence[NamedFile], stacks: Iterable[Stack]) -> None:
    """Refuse an axis that both the names and the pages run over."""
    for axis in {axis for stack in stacks for axis, size in stack.sizes.items() if size > 1}:
        part = _PARTS[axis]
        if len({getattr(file, part) for file in files}) > 1:
            raise ReaderError(
                str(source),
                f"the file names number {WORDS[axis]} and so do the pages in the files; leave {{{part}}} "
                "out of the pattern, or say what the pages are with --pages",
            )


def _pages(file: NamedFile, stack: Stack, channels: Sequence[str]) -> list[NamedFile]:
    """List the pages of one file."""
    found = []
    for (channel, time, z, number), page in stack.pages.items():
        more: dict[str, object] = {}
        if stack.sizes["c"] > 1:
            more["channel"] = channels[channel] if channels else str(channel + 1)
        if stack.sizes["t"] > 1:
            more["time"] = time
        if stack.sizes["z"] > 1:
            more["z"] = z
        if stack.sizes["f"] > 1:
            more["field"] = number + 1
        lost = f"{file.path.name}: the file states {len(stack.pages)} images and ends before this one"
        found.append(replace(file, page=page or 0, lost=lost if page is None else None, **more))  # type: ignore[arg-type]
    return found


def _told(headers: PlateHeaders) -> list[str]:
    """Say how pages were read."""
    kinds = Counter((stack.words(), stack.said_by, stack.overruled) for stack in headers.stacks.values())
    notes = []
    for (words, by, overruled), count in kinds.most_common(3):
        other = f"; {overruled}" if overruled else "" if by == "--pages" else "; --pages reads them otherwise"
        files = "file" if count == 1 else "files"
        notes.append(f"The pages of {count} {files} are read as {words}, as {by} says{other}.")
    return notes


def _unlike(named: Iterable[tuple[str, ...]]) -> list[str]:
    """Say that the files do not agree on the names of channels."""
    return (
        ["The files name the channels of their pages differently; they are numbered instead."]
        if any(named)
        else []
    )
