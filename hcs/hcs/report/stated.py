"""The statistics behind a finding's words as a page shows them: a row an estimate, with its interval."""

from collections.abc import Mapping
from math import isinf, isnan
from typing import Any

import pandas as pd

from hcs.pages.page import PageTable, cell, csv_download

CAPTION = "Statistics: estimates with 95 % intervals, tests, and the smallest p that each could reach."


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


NUMERIC = {"value (95 % interval)", "p", "smallest p", "corrected p"}


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
        "p": _number(row["p"]),
        "smallest p": _number(row["smallest_p"]),
        "corrected p": _number(row["p_corrected"]),
        "correction": row["correction"],
    }


def valued(value: float, low: float, high: float) -> str:
    """Write a number with its interval.

    Examples
    --------
    >>> valued(0.5, 0.25, 0.75), valued(-0.5, -1, 0.25), valued(3, 1, float("inf"))
    ('0.5 (0.25–0.75)', '-0.5 (-1 to 0.25)', '3 (1 or more)')
    >>> valued(0.5, float("nan"), float("nan")), valued(float("nan"), float("nan"), float("nan"))
    ('0.5', '')
    """
    if isnan(value):
        return ""
    if isnan(low) and isnan(high):
        return cell(float(value))
    if isinf(high) or isnan(high):
        return f"{cell(float(value))} ({cell(float(low))} or more)"
    if isinf(low) or isnan(low):
        return f"{cell(float(value))} ({cell(float(high))} or less)"
    between = " to " if low < 0 else "–"
    return f"{cell(float(value))} ({cell(float(low))}{between}{cell(float(high))})"


def _number(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.2g}"
