"""Cells of text in columns of numbers: which are numbers, which stand for none, which cannot be told."""

import re
from collections.abc import Sequence
from typing import Literal

from hcs_plates.columns import MISSING_WORDS, NUMBER, is_plain_number

CellKind = Literal["number", "mark", "doubtful", "name", "word"]

_WORDS = ("none", "<na>", "n.a.", "n.a", "n.d.", "n.d", "nd", "n/d", "nil", "missing", "undefined")
_SIGNS = ("-", "--", "---", ".", "?", "*")
_BEYOND = ("inf", "-inf", "+inf", "infinity", "-infinity", "+infinity", "ovrflw", "overflow", "saturated")
_FAULTS = ("#div/0!", "#value!", "#num!", "#ref!", "#name?", "#null!")
MARKS = MISSING_WORDS | {*_WORDS, *_SIGNS, *_BEYOND, *_FAULTS}
"""What programs write where a number could not be had, whatever the case."""

LEAST_NUMBERS = 3
"""A column with words in it is one of numbers if it has so many different ones, and fewer words."""

_MINUS = str.maketrans(dict.fromkeys("\u2212\u2013\ufe63\uff0d", "-"))
_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[,.' \u00a0\u202f\u2019]\d{3})+(?:[.,]\d+)?")
_PERCENT = re.compile(rf"(?:{NUMBER}|[+-]?\d+,\d+)\s*%")


def plain_minus(cell: str) -> str:
    """Write a number's minus as computers do: U+2212 and dashes before a digit become a hyphen."""
    if cell.isascii():
        return cell
    spelt = cell.translate(_MINUS)
    return spelt if re.fullmatch(NUMBER, spelt) else cell


def cell_kind(cell: str) -> CellKind:
    """Say what a cell of text is in a column that may be one of numbers.

    Returns
    -------
    str
        ``number``; ``mark`` for a number that is missing; ``doubtful`` for one that can be read in two ways
        (1,5; 1,234.5; 45%); ``name`` for digits that a number would change (007); ``word`` for others.

    Examples
    --------
    >>> [cell_kind(one) for one in ("1e-3", "OVRFLW", "1,5", "45%", "007", ">65535")]
    ['number', 'mark', 'doubtful', 'doubtful', 'name', 'word']
    """
    spelt = plain_minus(cell)
    if is_plain_number(spelt):
        return "number"
    if cell.casefold() in MARKS:
        return "mark"
    if re.fullmatch(NUMBER, spelt):
        return "name"
    if any(rule.fullmatch(spelt) for rule in (_COMMA, _GROUPED, _PERCENT)):
        return "doubtful"
    return "word"


def meant_as_numbers(cells: Sequence[str], kinds: Sequence[CellKind]) -> bool:
    """Whether a column is one of numbers: most of its cells are, or all that are neither blank nor a mark.

    Examples
    --------
    >>> cells = ["1", "2", "3.5", ">65535"]
    >>> meant_as_numbers(cells, [cell_kind(cell) for cell in cells])
    True
    >>> meant_as_numbers(["1", "high"], ["number", "word"])
    False
    """
    if "name" in kinds:
        return False
    numbers = [cell for cell, kind in zip(cells, kinds, strict=True) if kind in ("number", "doubtful")]
    words = sum(kind == "word" for kind in kinds)
    return len(numbers) > words and (not words or len(set(numbers)) >= LEAST_NUMBERS)
