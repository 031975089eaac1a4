"""Tables as CSV that a spreadsheet can open without running anything in them.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, also one that somebody
typed into a platemap as the name of a clone. Such text is written with an apostrophe before it, as one types
it to a spreadsheet; numbers, and text that is a number, are written as they are. What hcs reads loses the
apostrophe again.
"""

import re

import pandas as pd

from hcs_plates.columns import NUMBER

_RUN = re.compile(r"'*(?:[=@\t\r\n]|[+\-].)", re.DOTALL)
_NUMBER = re.compile(NUMBER)


def csv_text(table: pd.DataFrame) -> str:
    r"""Write a table as CSV, without its index.

    Examples
    --------
    >>> csv_text(pd.DataFrame({"clone": ["=1+1", "-", "c1"], "shift": [-1, 0, 1]}))
    "clone,shift\n'=1+1,-1\n-,0\nc1,1\n"
    """
    safe = table.copy(deep=False)
    for place, kind in enumerate(table.dtypes):
        if not (pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind)):
            cells = table.iloc[:, place].astype(object)
            # A text once, however many cells hold it: few columns have a cell that must be changed.
            texts = {cell for cell in cells if isinstance(cell, str)}
            changed = {text: safe_text for text in texts if (safe_text := quoted(text)) != text}
            if changed:
                cells = cells.map(
                    lambda cell, of=changed: of.get(cell, cell) if isinstance(cell, str) else cell
                )
            safe.isetitem(place, cells)
    safe.columns = [quoted(str(name)) for name in table.columns]
    return str(safe.to_csv(index=False, lineterminator="\n"))


def quoted(text: str) -> str:
    """Text as it is written: with an apostrophe where a spreadsheet would take it for a formula."""
    return f"'{text}" if _RUN.match(text) and not _NUMBER.fullmatch(text) else text


def unquoted(text: str) -> str:
    """Text as it was before `quoted`.

    Examples
    --------
    >>> unquoted("'=1+1"), unquoted("'quoted'"), unquoted(quoted("''@x"))
    ('=1+1', "'quoted'", "''@x")
    """
    return text[1:] if text.startswith("'") and _RUN.match(text) else text
