"""Words of an effect: numbers as a reader writes them, and the answer to whether classes differ."""

from collections.abc import Sequence
from math import isnan

import pandas as pd

from hcs.statistics.pvalues import ALPHA, adjust_pvalues
from hcs.wording import capital, counted, listed, rounded, spaced

NONE = "(none)"
"""Stands for a class that the data lack."""


def answer(
    rows: pd.DataFrame, classes: Sequence[str], noun: str, how: str = "", *, correction: str = "holm"
) -> str:
    """Say which measurements differ between classes, which way and by how much; at most 30 words.

    Parameters
    ----------
    rows
        One per measurement: measurement, n, estimate (first class minus second), low, high, p, smallest_p,
        p_adjusted. Of more than two classes estimate and limits are not looked at.
    classes, noun
        What is compared; what n counts.
    how
        What was held alike, after the classes: ``within pairs``.
    correction
        How p_adjusted was made: where even the smallest p would be above 0.05 by it, nothing can be known.

    Examples
    --------
    >>> row = {"measurement": "soma_area", "n": 12, "estimate": -3.5, "low": -6.0, "high": -1.0}
    >>> rows = pd.DataFrame([row | {"p": 0.02, "smallest_p": 0.002, "p_adjusted": 0.02}])
    >>> answer(rows, ("ALS", "control"), "clone")
    'Soma area differs between ALS and control (12 clones): ALS minus control -3.50 (95 % interval -6.00 to -1.00).'
    >>> answer(rows.assign(smallest_p=0.1, low=float("nan")), ("ALS", "control"), "pair", "within pairs")
    'Whether soma area differs between ALS and control within pairs cannot be known with 12 pairs: ALS minus control -3.50 (no interval).'
    """  # noqa: E501 – a sentence is one line
    among = listed(spaced(name) for name in classes if name != NONE) + (f" {how}" if how else "")
    names = [spaced(name) for name in dict.fromkeys(rows["measurement"])]
    what = names[0] if len(names) == 1 else f"any of {len(names)} measurements"
    tested = rows.dropna(subset=["p"])
    if tested.empty:
        return f"Whether {what} differs between {among} cannot be known."
    n, size = counted(int(tested["n"].max()), noun), "."
    if len(names) == 1 and len(classes) == 2:
        size = f": {sized(tested.iloc[0].to_dict(), classes)}."
    if adjust_pvalues(tested["smallest_p"].to_numpy(dtype=float), correction).min() > ALPHA:
        return f"Whether {what} differs between {among} cannot be known with {n}{size}"
    hits = tested[tested["p_adjusted"] <= ALPHA]
    if hits.empty:
        if len(names) > 1:
            return f"None of {len(names)} measurements is shown to differ between {among}, with {n}."
        return f"No difference in {what} between {among} is shown with {n}{size}"
    if len(names) == 1:
        return f"{capital(what)} differs between {among} ({n}){size}"
    found, ways = [spaced(name) for name in hits["measurement"]], ""
    if len(classes) == 2:
        lower = hits["estimate"] < 0
        found = [f"{name} {'lower' if low else 'higher'}" for name, low in zip(found, lower, strict=True)]
        ways = f" in {spaced(classes[0])}"
    part = f"{len(found)} of {len(names)} measurements {'differs' if len(found) == 1 else 'differ'}"
    return f"{part} between {among} ({n}): {listed(found, most=3)}{ways}."


def sized(row: dict[str, float], classes: Sequence[str]) -> str:
    """Write the difference of two classes with its interval."""
    sides = f"{spaced(classes[0])} minus {spaced(classes[1])}"
    return f"{sides} {ranged(row['estimate'], row['low'], row['high'], named=True)}"


def outstanding(rows: pd.DataFrame, most: int = 3) -> list[str]:
    """Write the differences that stand out most, where there are several; columns as of `answer`."""
    known = rows.dropna(subset=["p"]).sort_values("p_adjusted", kind="stable")
    if len(known) < 2:
        return []
    several = known["measurement"].nunique() > 1
    said: list[str] = []
    for row in known.head(most).to_dict("records"):
        sides = f"{spaced(row['first'])} minus {spaced(row['second'])}" if "first" in row else ""
        name = ", ".join(filter(None, [spaced(row["measurement"]) if several else "", sides]))
        said.append(f"{capital(name)}: {ranged(row['estimate'], row['low'], row['high'], named=not said)}.")
    return said


def ranged(estimate: float, low: float, high: float, *, named: bool = False) -> str:
    """Write an estimate with its limits, which a first mention calls a 95 % interval.

    Examples
    --------
    >>> ranged(-35.04, -60, -10), ranged(1.5, float("nan"), float("nan"))
    ('-35.0 (-60.0 to -10.0)', '1.50 (no interval)')
    """
    limits = "no interval" if isnan(low) else f"{rounded(low)} to {rounded(high)}"
    named = named and not isnan(low)
    return f"{rounded(estimate)} ({'95 % interval ' if named else ''}{limits})"


def shared_caveats(said: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Say once what is true of several columns: without their names where it is true of all.

    Examples
    --------
    >>> shared_caveats({"area": ("one has no value.",), "count": ("one has no value.", "n is 3.")})
    ('One has no value.', 'count: n is 3.')
    """
    columns: dict[str, list[str]] = {}
    for column, sentences in said.items():
        for one in dict.fromkeys(sentences):
            columns.setdefault(one, []).append(column)
    return tuple(
        one[:1].upper() + one[1:]
        if len(names) == len(said)
        else f"{names[0] if len(names) == 1 else f'{len(names)} measurements'}: {one}"
        for one, names in columns.items()
    )
