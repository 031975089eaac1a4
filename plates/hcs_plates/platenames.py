"""Which of several names is that of a plate: sheets and tables call plates otherwise than exports do."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise

from hcs_plates.spelling import visible

_PLATE_WORDS = frozenset({"plate", "platemap", "p", "pl", "platte", "plaque"})
_NO_NAME = frozenset({"map", "layout"})
_SEPARATORS = re.compile(r"(?<!\d)[\W_]+|[\W_]+(?!\d)")


def same_name(one: str, other: str) -> bool:
    """Whether two names are one: case, spaces, ``_``, ``-`` and zeros before numbers do not count.

    Examples
    --------
    >>> same_name("NFH_P1", "nfh p01"), same_name("P1-1", "P11")
    (True, False)
    """
    return _folded(one) == _folded(other)


def fitting(plate: str, names: Iterable[str]) -> list[str]:
    """Find the names that can be that of a plate: the same, or else those that share its number.

    Parameters
    ----------
    plate
        Name of the plate.
    names
        Of sheets, or as a table's column has them.

    Returns
    -------
    list of str
        Those that are the same name; where there is none, those of which one holds the other as whole words
        and numbers ("Plate 2" of "NFH_P2", "P2" of "NFH P2 clones").

    Examples
    --------
    >>> fitting("NFH_P2", ["Plate 1", "Plate 2", "Plate 12"]), fitting("NFH_P1", ["P1", "nfh p1"])
    (['Plate 2'], ['nfh p1'])
    >>> fitting("sim-2", ["Plate 2"]), fitting("P3_day7", ["Plate 7", "3"])
    ([], ['3'])
    """
    known = list(dict.fromkeys(names))
    same = [name for name in known if name == visible(plate)] or [
        name for name in known if same_name(name, plate)
    ]
    if same:
        return same
    mine = _words(plate)
    return [
        name for name in known if _numbered_part(_words(name), mine) or _numbered_part(mine, _words(name))
    ]


def of_another_plate(plate: str, name: str) -> bool:
    """Whether a name gives the number of another plate than this one's name does.

    Examples
    --------
    >>> of_another_plate("NFH_P1", "Plate 2"), of_another_plate("NFH_P1", "Sheet2")
    (True, False)
    """
    mine, its = _plate_numbers(_words(plate)), _plate_numbers(_words(name))
    return bool(mine and its) and not mine & its


def names_a_plate(text: str) -> bool:
    """Whether a text gives the number of a plate.

    Examples
    --------
    >>> names_a_plate("NFH plate 2"), names_a_plate("P3"), names_a_plate("clone"), names_a_plate("3")
    (True, True, False, False)
    """
    return bool(_plate_numbers(_words(text))) and not text.strip().isdigit()


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKC", visible(name)).casefold()
    return re.sub(r"(?<!\d)0+(?=\d)", "", re.sub(r"(?<=\d)[\W_]+(?=\d)", "-", _SEPARATORS.sub("", plain)))


def _words(name: str) -> tuple[str, ...]:
    """Words and numbers of a name; what means plate is called so, and a bare number is a plate's."""
    plain = unicodedata.normalize("NFKC", visible(name)).casefold()
    found = [part.lstrip("0") or "0" for part in re.findall(r"[^\W\d_]+|\d+", plain)]
    words = ["plate" if part in _PLATE_WORDS else part for part in found if part not in _NO_NAME]
    return ("plate", *words) if len(words) == 1 and words[0].isdigit() else tuple(words)


def _numbered_part(part: Sequence[str], whole: Sequence[str]) -> bool:
    """Whether one name stands in the other and has a number that tells plates apart."""
    size = len(part)
    return any(map(str.isdigit, part)) and any(
        tuple(whole[at : at + size]) == tuple(part) for at in range(len(whole) - size + 1)
    )


def _plate_numbers(words: Sequence[str]) -> set[str]:
    return {number for word, number in pairwise(words) if word == "plate" and number.isdigit()}
