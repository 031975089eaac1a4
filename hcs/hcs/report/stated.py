"""The statistics behind a finding's words as a page shows them: a row an estimate, with its interval."""

from collections.abc import Mapping
from math import isinf, isnan
from typing import Any

import pandas as pd

from hcs.pages.page import PageTable, cell, csv_download

CAPTION = "Statistics"


def statistics_part(table: pd.DataFrame, name: str) -> PageTable | None:
    """Lay the statistics of a finding out; columns that say nothing are left out, and None where no row is.

    Parameters
    ----------
    table
        As `hcs.analysis.stated.statistics_table` makes it.
    name
        File name of its CSV, without ending.
    """
    if table.empty:
        return None
    rows = [_written(row) for row in table.to_dict("records")]
    shown = [head for head in rows[0] if any(row[head] for row in rows)]
    cells = [[row[head] or "–" for head in shown] for row in rows]
    numeric = [head in NUMERIC for head in shown]
    return PageTable(CAPTION, shown, cells, numeric, csv_download(table, name))


NUMERIC = {"value (95 % interval)", "p (smallest possible)"}


def _written(row: Mapping[Any, Any]) -> dict[str, str]:
    """Write one estimate with its interval and test."""
    n = "" if pd.isna(row["n"]) else f"{row['n']:,} {row['of']}".strip()
    return {
        "question": row["question"],
        "estimate": row["estimate"],
        "value (95 % interval)": valued(row["value"], row["low"], row["high"]),
        "interval": row["interval"],
        "test": row["test"],
        "n": n,
        "p (smallest possible)": _beside(row["p"], _p(row["smallest_p"]) if row["smallest_p"] else ""),
        "corrected p": _beside(row["p_corrected"], row["correction"]),
    }


def valued(value: float, low: float, high: float) -> str:
    """Write a number with its interval.

    Examples
    --------
    >>> valued(0.5, 0.25, 0.75), valued(-0.5, -1, 0.25), valued(3, 1, float("inf"))
    ('0.50 (0.25–0.75)', '−0.50 (−1.00 to 0.25)', '3.00 (1.00 or more)')
    >>> valued(0.5, float("nan"), float("nan")), valued(float("nan"), float("nan"), float("nan"))
    ('0.50', '')
    """
    if isnan(value):
        return ""
    said = _digits(value)
    if isnan(low) and isnan(high):
        return said
    if isinf(high) or isnan(high):
        return f"{said} ({_digits(low)} or more)"
    if isinf(low) or isnan(low):
        return f"{said} ({_digits(high)} or less)"
    return f"{said} ({_digits(low)}{' to ' if low < 0 else '–'}{_digits(high)})"


def _digits(number: float) -> str:
    """Write two digits behind the point, or three in all where that would say little."""
    short = number == 0 or 0.01 <= abs(number) < 10
    return (f"{number:.2f}" if short else cell(float(number))).replace("-", "−")


def _p(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.2g}"


def _beside(p: float, words: str) -> str:
    """Write a p-value, with what belongs to it in brackets."""
    return _p(p) and f"{_p(p)} ({words})" if words else _p(p)
