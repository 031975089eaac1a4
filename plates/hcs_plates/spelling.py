"""Names as the eye reads them: what cannot be seen in them, and which of them look alike."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

# Letters of Cyrillic and Greek that are drawn as Latin ones are (after Unicode's confusables, UTS 39).
_DRAWN_ALIKE = str.maketrans(
    "АВЕЅІЈКМНОРСТУХавеѕіјкорсухΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρ",
    "ABESIJKMHOPCTYXaBesijkopcyxABEZHIKMNOPTYXovp",
)

_LOOSE_SPACE = re.compile(r"(?<!\d)\s|\s(?!\d)")


def visible(text: str) -> str:
    """Text without what cannot be seen.

    Characters that take no room (zero-width spaces, direction marks) and outer spaces go, every other space
    becomes a plain one, and letters with accents are one character each (NFC).

    Examples
    --------
    >>> visible(chr(0xFEFF) + "C" + chr(0xA0) + "7" + chr(0x200B))
    'C 7'
    """
    if text.isascii():
        return text.strip()
    plain = "".join(
        " " if unicodedata.category(sign) == "Zs" else sign
        for sign in text
        if unicodedata.category(sign) != "Cf"
    )
    return unicodedata.normalize("NFC", plain).strip()


def alike(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Find names that are written differently and look the same, or nearly.

    Case, spaces (but for those between digits), widths of letters, and alphabets do not count.

    Returns
    -------
    list of tuples of str
        Each of two or more names.

    Examples
    --------
    >>> alike(["C05", "c05", "C06", "C 05"])
    [('C05', 'c05', 'C 05')]
    >>> alike(["C05", chr(0x421) + "05"])  # the second begins with a Cyrillic letter
    [('C05', 'С05')]
    """
    looks: dict[str, list[str]] = defaultdict(list)
    for name in dict.fromkeys(names):
        drawn = unicodedata.normalize("NFKC", visible(name)).translate(_DRAWN_ALIKE).casefold()
        # Between digits a space tells numbers apart: 1 11 is not 11 1.
        looks[_LOOSE_SPACE.sub("", re.sub(r"\s+", " ", drawn))].append(name)
    return [tuple(same) for same in looks.values() if len(same) > 1]
