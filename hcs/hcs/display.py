"""How results show themselves: a sentence in a console, in a notebook with the first rows of a table."""

from html import escape

import pandas as pd

ROWS = 5


def preview(said: str, table: pd.DataFrame, rows: int = ROWS) -> str:
    """Write a sentence and the first rows of a table as HTML; how many rows there are is said.

    Examples
    --------
    >>> preview("1 of 2 clones right.", pd.DataFrame({"clone": ["<C1>"]})).count("&lt;C1&gt;")
    1
    """
    shown = table.head(rows).to_html(index=False, border=0, na_rep="–", max_cols=12)
    more = f"<p>{rows} of {len(table):,} rows</p>" if len(table) > rows else ""
    return f"<div><p>{escape(said)}</p>{shown if len(table.columns) else ''}{more}</div>"
