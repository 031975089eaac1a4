"""Repeats of C9orf72 of each line, which are counted apart from sequencing, held against the threshold.

Expansions of 30 repeats or more are the usual convention (DeJesus-Hernandez et al., Neuron 2011;72:245;
Renton et al., Neuron 2011;72:257); the reference study tells no number.
"""

import re
from dataclasses import dataclass

import pandas as pd

from hcs.design.eligibility.headings import folded
from hcs.design.eligibility.predictors import NO, NOT_KNOWN, YES
from hcs.wording import listed
from hcs_plates.columns import is_missing
from hcs_plates.errors import ArgumentError

COLUMN = "c9orf72_repeats"
_HEADING = re.compile(
    r"(?:c9(?:orf72)?)(?:ggggcc|g4c2|hexanucleotide)?"
    r"(?:repeats?|repeat(?:s?(?:count|length|number|size|no))|expansion)?|repeats?(?:count|number)?"
)
_BOUND = re.compile(r"(>=|<=|[<>≥≤~])?\s*(\d{1,6})(?:\.0+)?\s*(?:repeats?)?", re.IGNORECASE)
_EXPANDED = frozenset({"expanded", "expansion", "positive", "pathogenic"})
_NORMAL = frozenset({"not expanded", "no expansion", "negative", "normal", "unexpanded", "wild type", "wt"})


@dataclass(frozen=True)
class Repeats:
    """Repeats of lines.

    Parameters
    ----------
    texts
        What was found, by line.
    readings
        `YES` for an expansion, `NO`, or `NOT_KNOWN`, by line.
    notices
        Texts that could not be read.
    """

    texts: dict[str, str]
    readings: dict[str, int]
    notices: tuple[str, ...] = ()


def expansion(text: str, threshold: int) -> int | None:
    """Read a count of repeats, of one allele or of both; None for what is no count.

    Examples
    --------
    >>> expansion("2/8", 30), expansion("8, >145", 30), expansion(">20", 30), expansion("30", 30)
    (1, 2, 0, 2)
    >>> expansion("Not expanded", 30), expansion("see blot", 30) is None
    (1, True)
    """
    spelt = " ".join(text.casefold().replace("-", " ").replace("_", " ").split())
    if spelt in _EXPANDED | _NORMAL:
        return YES if spelt in _EXPANDED else NO
    parts = [part.strip() for part in re.split(r"[/;,|]", text)]
    found = [_of_allele(part, threshold) for part in parts if not is_missing(part)]
    known = [one for one in found if one is not None]
    if len(known) < len(found) or not known:
        return None
    if YES in known:
        return YES
    return NOT_KNOWN if NOT_KNOWN in known else NO


def _of_allele(part: str, threshold: int) -> int | None:
    """Read the count of one allele, which may be a bound."""
    matched = _BOUND.fullmatch(part)
    if matched is None:
        return None
    sign, count = matched[1] or "", int(matched[2])
    if sign in (">", ">=", "≥"):
        return YES if count + (sign == ">") >= threshold else NOT_KNOWN
    if sign in ("<", "<=", "≤"):
        return NO if count - (sign == "<") < threshold else NOT_KNOWN
    return YES if count >= threshold else NO


def repeats_column(table: pd.DataFrame) -> str | None:
    """Find the column of repeats of a table of lines.

    Examples
    --------
    >>> repeats_column(pd.DataFrame(columns=["clone", "C9orf72 repeats"]))
    'C9orf72 repeats'
    """
    found = [str(name) for name in table if _HEADING.fullmatch(folded(str(name)))]
    if len(found) > 1:
        raise ArgumentError(f"{listed(map(repr, found))} may all be the repeats of C9orf72; keep one.")
    return found[0] if found else None


def read_repeats(lines: pd.DataFrame | None, counts: pd.DataFrame | None, threshold: int) -> Repeats:
    """Read the repeats of lines from the table of lines, from a table of their own, or from both.

    Parameters
    ----------
    lines, counts
        Tables with `clone` (`hcs.design.lines.read_lines`); of `counts` the column of repeats is needed.
    threshold
        Repeats from which a line is expanded.

    Raises
    ------
    ArgumentError
        The table of repeats has no such column, or says otherwise than the table of lines.
    """
    texts: dict[str, str] = {}
    for table, needed in ((lines, False), (counts, True)):
        if table is None:
            continue
        column = repeats_column(table)
        if column is None:
            if needed:
                names = listed(map(repr, table.columns))
                raise ArgumentError(f"The table of repeats has no column {COLUMN!r}; it has {names}.")
            continue
        for clone, value in zip(table["clone"], table[column], strict=True):
            text = "" if pd.isna(value) else _text(value)
            if not text or is_missing(text):
                continue
            if texts.setdefault(clone, text) != text:
                raise ArgumentError(
                    f"Line {clone!r} has {texts[clone]} repeats in the table of lines and {text} in that of "
                    "repeats; correct one."
                )
    read = {clone: expansion(text, threshold) for clone, text in texts.items()}
    unread = [f"{texts[clone]!r} ({clone})" for clone, one in read.items() if one is None]
    said = (f"Repeats {listed(unread)} cannot be read and count as not known.",) if unread else ()
    return Repeats(texts, {clone: NOT_KNOWN if one is None else one for clone, one in read.items()}, said)


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
