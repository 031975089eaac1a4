"""Wells under codes: how codes look, and a wells table on which names were put that a sealed key held back.

Until then the column `clone` holds the codes. Afterwards it holds the names, `code` keeps the codes, and the
key's other columns follow; `coded_wells` takes that back, so that what was made before can be recognised.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from hcs_plates.columns import NOTES
from hcs_plates.mapchecks import ONE_PER_CLONE

CLONE, CODE = "clone", "code"
LETTERS, DIGITS = "CDFHJKMNPQRTVWX", "23456789"
"""Signs of codes: no vowels, which make words, and none of those that are taken for another in handwriting
(0 O, 1 I L; of 2 Z, 5 S, 6 G and 8 B the digits stay)."""
SHORT, LONG = "LDLL", "LDLLDL"
"""Where a code has a letter and where a digit: it looks like no number, well or cell of a spreadsheet."""
_SIGN = {"L": f"[{LETTERS}]", "D": f"[{DIGITS}]"}
_CODE = re.compile("|".join("".join(_SIGN[kind] for kind in pattern) for pattern in (SHORT, LONG)))


@dataclass(frozen=True)
class Made:
    """Something that had been made of a plate when names were put on it.

    Parameters
    ----------
    what
        tiles, measurements, features, settings or results.
    place
        The file or folder, seen from the plate's own folder.
    digest
        Of its bytes.
    """

    what: str
    place: str
    digest: str


@dataclass(frozen=True)
class Unblinding:
    """The day of unblinding, and what had been made of it before.

    Parameters
    ----------
    at
        When, ISO 8601, UTC.
    hcs
        The version that did it.
    key
        SHA-256 of the sealed key.
    columns
        Columns of the wells table that came with the names, beside `clone`.
    images
        Digest of the plate's pixels.
    made
        What had been made by then.
    """

    at: str
    hcs: str
    key: str
    columns: tuple[str, ...]
    images: str
    made: tuple[Made, ...] = ()


def are_coded(wells: pd.DataFrame) -> bool:
    """Whether wells are under codes by their looks: every clone is a code, and nothing says whose they are.

    Examples
    --------
    >>> [are_coded(pd.DataFrame({"clone": names})) for names in (["K7QX", None, "M4CD"], ["C12"])]
    [True, False]
    """
    if CLONE not in wells or CODE in wells or set(ONE_PER_CLONE) & set(wells.columns):
        return False
    clones = wells[CLONE].dropna().astype(str)
    return bool(len(clones)) and bool(clones.map(lambda name: _CODE.fullmatch(name) is not None).all())


def named_wells(wells: pd.DataFrame, lines: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Put names on coded wells, and give the columns that came with them.

    Parameters
    ----------
    wells
        A wells table whose `clone` holds codes, all of them among `lines`.
    lines
        `code`, `clone`, and whatever else the key holds of each. What the wells table has already stays as it
        is there; notes on a line become `line_notes`, since those of a well say why it is left out.

    Examples
    --------
    >>> wells = pd.DataFrame({"clone": ["K7QX", None], "included": True}, index=["A01", "A02"])
    >>> lines = pd.DataFrame({"code": ["K7QX"], "clone": ["c1"], "diagnosis": ["ALS"]})
    >>> named, columns = named_wells(wells, lines)
    >>> named["clone"].tolist(), columns, coded_wells(named, columns).equals(wells)
    (['c1', nan], ('diagnosis',), True)
    """
    known = lines.set_index(CODE).rename(columns=_line_note)
    named, codes = wells.copy(), wells[CLONE]
    named[CLONE] = codes.map(known[CLONE]).astype(wells[CLONE].dtype)
    named.insert(list(wells.columns).index(CLONE) + 1, CODE, codes)
    columns = tuple(str(name) for name in known if name != CLONE and name not in wells)
    for name in columns:
        values = known[name].convert_dtypes() if known[name].dtype.kind in "biu" else known[name]
        named[name] = values.reindex(codes).set_axis(wells.index)
    return named, columns


def coded_wells(wells: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Take names off again: the wells table as it was under codes."""
    return wells.drop(columns=[*columns, CLONE]).rename(columns={CODE: CLONE})


def _line_note(name: str) -> str:
    return f"line_{name}" if str(name).strip().casefold() in NOTES else name


def typing_errors(code: str) -> Iterator[str]:
    """Give all that one typing error makes of a code, in the signs of codes.

    Examples
    --------
    >>> {"7KQX", "K7X", "K7QXX", "K8QX"} <= set(typing_errors("K7QX"))
    True
    """
    for place in range(len(code) + 1):
        before, after = code[:place], code[place:]
        yield from (before + sign + after for sign in LETTERS + DIGITS)
        if after:
            yield before + after[1:]
            yield from (before + sign + after[1:] for sign in LETTERS + DIGITS if sign != after[0])
        if len(after) > 1 and after[0] != after[1]:
            yield before + after[1] + after[0] + after[2:]


def meant(typed: str, codes: Collection[str]) -> list[str]:
    """List the codes that are one typing error away from what was typed.

    Examples
    --------
    >>> meant("K7XQ", ["K7QX", "M4CD"])
    ['K7QX']
    """
    near = set(typing_errors(typed.upper()))
    return [code for code in codes if code in near or code == typed.upper()]
