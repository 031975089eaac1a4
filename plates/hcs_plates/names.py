"""Names in tables: which columns hold them, and their text whatever type a table gave them."""

import datetime
import re
from decimal import Decimal
from numbers import Integral, Real

import pandas as pd

from hcs_plates.columns import KNOWN, known_name
from hcs_plates.errors import ArgumentError
from hcs_plates.spelling import visible

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


def as_names(values: pd.Series, what: str = "") -> pd.Series:
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
    values = values.astype(object)
    present = values[values.notna()]
    try:
        kinds = dict.fromkeys((type(value), value) for value in present)
    except TypeError:
        raise ArgumentError(f"The column {column!r} holds lists, not single values.") from None
    texts: dict[tuple[type, object], str] = {kind: _text(kind[1], column) for kind in kinds}
    by_text: dict[str, object] = {}
    for (_, value), text in texts.items():
        if text and by_text.setdefault(text, value) != value and not _both_text(by_text[text], value):
            raise ArgumentError(
                f"The column {column!r} has {text!r} both as text and as a number; use one of them."
            )
    named = [None if pd.isna(value) else texts[type(value), value] or None for value in values]
    return pd.Series(named, index=values.index, name=values.name, dtype="str")


def _both_text(one: object, other: object) -> bool:
    return isinstance(one, str) and isinstance(other, str)


def _text(value: object, column: str) -> str:
    """Text of one value."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, bool | Integral | Decimal):
        return str(value)
    if isinstance(value, Real):
        number = float(value)
        if number.is_integer():
            return str(int(number))
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
