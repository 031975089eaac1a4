"""Names in tables: which columns hold them, and their text whatever type a table gave them."""

import datetime
import re
from decimal import Decimal
from numbers import Integral, Real

import pandas as pd

from hcs_plates.columns import KNOWN, known_name
from hcs_plates.errors import ArgumentError
from hcs_plates.spelling import alike, visible

_OF_PEOPLE = ("donor", "patient", "person", "subject", "operator", "experimenter", "reader", "cohort")
_OF_CELLS = ("clone", "line", "group", "label", "class", "differentiation", "condition", "compound")
_OF_RUNS = ("plate", "batch", "lot", "screen", "instrument", "microscope", "scanner")
NAMING = frozenset((*_OF_PEOPLE, *_OF_CELLS, *_OF_RUNS, "barcode", "name", "well"))
"""Headings, and last words of headings, that say of themselves that a column names things."""

_NUMBERED = frozenset({"id", "name", "number", "no", "nr", "code", "label", "barcode"})
_METADATA = re.compile(r"^(?:image_)?metadata_", re.IGNORECASE)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_MOST_WORDS = 2


def names_things(heading: str) -> bool:
    """Whether a column holds names by its heading: that of a known text column, or one that says so.

    Examples
    --------
    >>> [names_things(one) for one in ("Clone", "Metadata_Plate", "donor ID", "Diff batch", "cell line")]
    [True, True, True, True, True]
    >>> [names_things(one) for one in ("neurite_line_length", "cell_count", "replicate", "passage")]
    [False, False, False, False]
    """
    bare = _METADATA.sub("", heading.strip())
    known = KNOWN.get(known_name(bare))
    if known is not None:
        return known.kind == "text" or known.name == "well"
    words = [word.casefold() for word in _WORD.findall(bare)]
    while len(words) > 1 and (words[-1] in _NUMBERED or words[-1].isdigit()):
        words.pop()
    return 0 < len(words) <= _MOST_WORDS and words[-1] in NAMING


def as_names(values: pd.Series, what: str = "", *, numbers: bool = False) -> pd.Series:
    """Text of a column that names things, whatever type it came with; what is missing stays missing.

    Text is kept as it is seen: outer spaces and characters that take no room go, as where a file is read.
    Whole numbers, Decimals, booleans and days are written as they are printed. Floats that are whole are
    whole numbers that a missing cell made floats: 1.0 is named 1.

    Parameters
    ----------
    values
        Of any type: text, whole numbers, categories, Arrow's.
    what
        The column in messages; the name of `values` if empty.
    numbers
        Take numbers as they are printed, as where wells are held together by a number such as their day, and
        platemaps keep what is written otherwise as text; known columns of numbers always are.

    Returns
    -------
    pandas.Series
        Text (dtype str), index and name as given.

    Raises
    ------
    ArgumentError
        Floats that are not whole, as they have lost what stood in the file (1.1 and 1.10 are one number);
        values of two types with the same text; lists and the like.

    Examples
    --------
    >>> as_names(pd.Series([1.0, None, 12.0])).tolist()
    ['1', nan, '12']
    >>> as_names(pd.Series([" c1", True, Decimal("1.10")])).tolist()
    ['c1', 'True', '1.10']
    >>> as_names(pd.Series([1.1, 1.2], name="clone"))
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: The column 'clone' names things and holds 1.1 as a number, which may be \
1.10 in the file; read it as text, with pandas: dtype={'clone': str}.
    """
    column = what or str(values.name)
    known = KNOWN.get(known_name(column))
    numbers = numbers or (known is not None and known.kind in ("number", "whole"))
    if isinstance(values.dtype, pd.StringDtype):
        # Text alone needs no look at types: each name is read once, however many rows have it.
        spelt = {name: visible(name) or None for name in values.dropna().unique()}
        return values.map(spelt).astype("str")
    # As text at once: 1.10 and 1.1 are equal as Decimals.
    values = values.astype(object).map(lambda value: str(value) if isinstance(value, Decimal) else value)
    present = values[values.notna()]
    try:
        kinds = dict.fromkeys((type(value), value) for value in present)
    except TypeError:
        raise ArgumentError(f"The column {column!r} holds lists, not single values.") from None
    texts: dict[tuple[type, object], str] = {kind: _text(kind[1], column, numbers) for kind in kinds}
    by_text: dict[str, object] = {}
    for (_, value), text in texts.items():
        differs = text and by_text.setdefault(text, value) != value
        if differs and not numbers and not (isinstance(value, str) and isinstance(by_text[text], str)):
            raise ArgumentError(
                f"The column {column!r} has {text!r} both as text and as a number; use one of them."
            )
    named = [None if pd.isna(value) else texts[type(value), value] or None for value in values]
    return pd.Series(named, index=values.index, name=values.name, dtype="str")


def told_alike(
    names: pd.Series, noun: str, labels: pd.Series | None = None, *, dealt: bool = False
) -> tuple[str, ...]:
    """Say which names look alike and count as several; refuse them where that would mislead.

    Parameters
    ----------
    names
        Text; missing ones are passed over.
    noun
        What they name: clone.
    labels
        Of each row: names that look alike and have two labels are one thing with two, and refused.
    dealt
        Whether names are dealt to parts of which one is tested by what was learnt of others: names that look
        alike could then stand in both, and are refused.

    Raises
    ------
    ArgumentError
        As above.

    Examples
    --------
    >>> told_alike(pd.Series(["C1", "c1", "C2"]), "clone")
    ("'C1' and 'c1' (clone) look alike and count as 2; spell them the same if they are one.",)
    >>> told_alike(pd.Series(["C1", "c1"]), "clone", pd.Series(["A", "B"]))
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: 'C1' and 'c1' (clone) look alike and have different labels (A, B); \
spell them the same, or name them apart.
    """
    said = []
    for same in alike(names.dropna().unique()):
        shown = f"{' and '.join(map(repr, same))} ({noun}) look alike and"
        held = [] if labels is None else sorted(set(labels[names.isin(same)].dropna().astype(str)))
        remedy = "spell them the same, or name them apart."
        if len(held) > 1:
            raise ArgumentError(f"{shown} have different labels ({', '.join(held)}); {remedy}")
        if dealt:
            raise ArgumentError(
                f"{shown} would be told apart: one could be tested by what was learnt of the other; {remedy}"
            )
        said.append(f"{shown} count as {len(same)}; spell them the same if they are one.")
    return tuple(said)


def _text(value: object, column: str, numbers: bool) -> str:
    """Text of one value."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, bool | Integral):
        return str(value)
    if isinstance(value, Real):
        number = float(value)
        if number.is_integer():
            return str(int(number))
        if numbers:
            return repr(number)
        raise ArgumentError(
            f"The column {column!r} names things and holds {number!r} as a number, which may be "
            f"{number!r}0 in the file; read it as text, with pandas: dtype={{{column!r}: str}}."
        )
    if isinstance(value, datetime.datetime):
        return (value.date() if value.time() == datetime.time() else value).isoformat()
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        return str(value)
    if type(value).__module__ == "numpy":
        return visible(str(value))
    raise ArgumentError(f"The column {column!r} holds {value!r}, which is no name; give text.")
