"""Rows of effects, one per measurement: asked for, corrected for their number, stated and drawn."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.stated import Stated
from hcs.figures.intervals import Rows, interval_figure
from hcs.figures.panels import Panels
from hcs.statistics.bootstrap import Interval
from hcs.statistics.frames import named_rows, require_columns
from hcs.statistics.pvalues import METHODS, PValue, adjust_pvalues
from hcs.wording import sentence, spaced
from hcs_plates.errors import ArgumentError

INVERTED = "the test inverted"


def asked_columns(
    table: pd.DataFrame, value: str | Sequence[str], names: Sequence[str | None], correction: str
) -> tuple[pd.DataFrame, list[str]]:
    """Take the table with its names (clone and class first) as text, and the columns to compare.

    Raises
    ------
    ArgumentError
        No column is asked for, one is not there, or an unknown correction.
    """
    columns = [value] if isinstance(value, str) else list(value)
    if not columns:
        raise ArgumentError("value is empty; name one column to compare or more.")
    require_columns(table, [*columns, *(name for name in names if name is not None)], "The table")
    if correction not in METHODS:
        raise ArgumentError(f"No correction {correction!r}; give {' or '.join(METHODS)}.")
    return named_rows(table, *(name for name in names[:2] if name is not None)), columns


def corrected(rows: Sequence[dict[str, Any]], columns: Sequence[str], correction: str) -> pd.DataFrame:
    """Make the table of rows, p of each kind of test corrected for their number (p_adjusted)."""
    made = pd.DataFrame(rows, columns=[name for name in columns if name != "p_adjusted"])
    kinds = made["test"].str.split(" (", regex=False).str[0]
    made["p_adjusted"] = made.groupby(kinds, sort=False)["p"].transform(
        lambda part: adjust_pvalues(part.to_numpy(dtype=float), correction)
    )
    return made[list(columns)]


def stated(rows: pd.DataFrame, classes: Sequence[str], noun: str, correction: str) -> list[Stated]:
    """State estimate, interval and test of each row: effect, and method of its interval if there is one."""
    names, made = rows["measurement"].nunique(), []
    sides = f"{spaced(classes[0])} minus {spaced(classes[1])}"
    for row in rows.to_dict("records"):
        several = names > 1 and row["p_adjusted"] == row["p_adjusted"]
        made.append(
            Stated(
                f"{spaced(row['measurement'])}, {sides}",
                row.get("effect", "mean difference"),
                row["estimate"],
                Interval(row["low"], row["high"]),
                row.get("method", INVERTED),
                PValue.of(row, noun),
                row["p_adjusted"] if several else np.nan,
                f"{METHODS[correction]} over {names} measurements" if several else "",
            )
        )
    return made


def drawn(rows: pd.DataFrame, spread: pd.Series, over: str, caveats: tuple[str, ...]) -> Panels:
    """Draw effects with their intervals in units of a spread, one value per row (index as of `rows`)."""
    known = rows[(spread > 0) & rows["estimate"].notna()]
    if known.empty:
        return Panels.none(sentence(*caveats) or "There is no effect to draw.", rows)
    scaled = known[["estimate", "low", "high"]].div(spread[known.index], axis=0)
    table = known[["n"]].join(scaled).assign(label=known["measurement"].map(spaced))
    return Panels.of(interval_figure(Rows(table, over, limits=None, reference=0.0)), rows)
