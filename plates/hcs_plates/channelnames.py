"""Channels by name: one rule by which every command and function finds the channel that is meant.

IN Cell names are "excitation - emission", and nobody writes them whole: ``FITC`` is "Blue - FITC" where no
other channel could be meant.
"""

import re
from collections.abc import Callable, Sequence

from hcs_plates.errors import ArgumentError


def find_channel(wanted: str, names: Sequence[str], owner: str) -> int:
    """Find the channel that a name, or a part of it, means.

    The first of these that any channel meets decides: its whole name; its whole name in any case; its last
    part (the emission); any part between dashes; any piece of it that does not cut a number (``Cy3`` is no
    piece of "Cy3.5" or "Cy35").

    Parameters
    ----------
    wanted
        As the user wrote it.
    names
        The channels.
    owner
        Whose they are, for messages: ``Plate P1``.

    Returns
    -------
    int
        Its place in `names`.

    Raises
    ------
    ArgumentError
        No such channel, or several; the sentence lists them.

    Examples
    --------
    >>> find_channel("FITC", ["UV - DAPI", "Blue - FITC"], "Plate P1")
    1
    >>> find_channel("Blue", ["Blue - DAPI", "Blue - FITC"], "Plate P1")
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: Plate P1 has several channels 'Blue': Blue - DAPI, Blue - FITC; name \
one in full.
    """
    if wanted in names:
        return list(names).index(wanted)
    asked = _plain(wanted)
    for meets in _rules(asked) if asked else ():
        found = [place for place, name in enumerate(names) if meets(_plain(name))]
        if len(found) == 1:
            return found[0]
        if found:
            shown = ", ".join(names[place] for place in found)
            raise ArgumentError(f"{owner} has several channels {wanted!r}: {shown}; name one in full.")
    raise ArgumentError(f"{owner} has no channel {wanted!r}; it has {', '.join(names)}.")


def _plain(name: str) -> str:
    """Spell a name without what the eye does not tell apart: case, and how many spaces there are."""
    return " ".join(name.split()).casefold()


def _rules(asked: str) -> tuple[Callable[[str], bool], ...]:
    """Say what a channel's name may be to be the one asked for, the strictest first."""
    before = r"(?<![\d])(?<!\d\.)" if asked[0].isdigit() else ""
    after = r"(?!\.?\d)" if asked[-1].isdigit() else ""
    piece = re.compile(before + re.escape(asked) + after)
    return (
        lambda name: name == asked,
        lambda name: name.split(" - ")[-1] == asked,
        lambda name: asked in name.split(" - "),
        lambda name: piece.search(name) is not None,
    )
