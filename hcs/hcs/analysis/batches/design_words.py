"""What the design check says of columns: confounded, associated, balanced, nested, or not known."""

from collections.abc import Mapping

import pandas as pd

from hcs.statistics.pvalues import ALPHA
from hcs.wording import capital, counted, listed, plural, spaced

NO_SIGN = "No sign that "
MOST = 12
"""More columns than this are not all named in one sentence."""


def design_sentences(
    table: pd.DataFrame, places: list[Mapping[str, str]], label: str, noun: str
) -> tuple[str, ...]:
    """Say of every column how it stands to the label, confounded ones first.

    The table is that of `DesignCheck`; places say where the wells of each label are, column by column.
    """
    n = counted(int(table["n_groups"].max()), noun) if len(table) else ""
    associated = ~table["tied"] & ~table["nested"] & (table["p"] <= ALPHA)
    rows = list(zip(table.to_dict("records"), places, associated, strict=True))
    said = [_confounded(row, where, label, n) for row, where, _ in rows if row["tied"]]
    said += [_associated(row, where, label, n) for row, where, goes in rows if goes]
    rest = table[~table["tied"] & ~associated]
    free = rest[~rest["nested"] & ~rest["balanced"]]
    judged = free[free["smallest_p"] <= ALPHA]
    groups = {
        "balanced": rest[rest["balanced"]], "even": free[free["even"]], "judged": judged,
        "unclear": free[~free["even"] & (free["smallest_p"] > ALPHA)], "nested": rest[rest["nested"]],
        "still": free[~free["even"] & free["p"].isna()],
    }  # fmt: skip
    names = {part: listed(map(spaced, held["column"]), MOST) for part, held in groups.items()}
    verb = "is" if len(groups["even"]) == 1 else "are"
    words = {
        "balanced": _balanced(groups["balanced"], noun),
        "even": f"{capital(names['even'])} {verb} nearly balanced over {label}.",
        "judged": f"{NO_SIGN}{label} is associated with {names['judged']} over {n}.",
        "unclear": f"Whether {label} is associated with {names['unclear']} cannot be known with {n}.",
        "nested": _nested(groups["nested"], names["nested"], noun),
        "still": f"{capital(label)} is the same in all {plural(noun)}: {names['still']} cannot be judged.",
    }
    return (*said, *(text for part, text in words.items() if len(groups[part])))


def _balanced(rows: pd.DataFrame, noun: str) -> str:
    """Say that every group is at all values alike."""
    names = listed((plural(spaced(name)) for name in rows["column"]), MOST)
    each, they = ("", "they") if len(rows) > 1 else (f" {names}", names)
    place = "on" if names == "plates" else "in"
    alike = f"every {noun} is {place} all{each} alike"
    return f"{capital(names)} are balanced: {alike}, so {they} cannot explain a difference."


def _confounded(row: Mapping[str, object], where: Mapping[str, str], label: str, n: str) -> str:
    """Say that a column tells the label without fail, and where each label is."""
    name = spaced(row["column"])
    if row["ranges"]:
        ranges = f"{_spans(where)}, no overlap"
        return f"{capital(label)} is confounded with {name}: {ranges}; no analysis can separate them."
    at = ", ".join(f"{one} only in {held}" for one, held in where.items())
    number = int(str(row["n_values"]))
    units = f"n is {counted(number, name)}, not {n}, and " if number > len(where) else ""
    return f"{capital(label)} is confounded with {name}: {at}; {units}no analysis can separate them."


def _associated(row: Mapping[str, object], where: Mapping[str, str], label: str, n: str) -> str:
    """Say that a column is associated with the label, and what follows."""
    name = spaced(row["column"])
    strength = f"Cramér's V {row['cramers_v']:.2f}, {n}"
    if row["ranges"]:
        strength = f"{_spans(where)}, overlapping; {strength}"
    return f"{capital(label)} is associated with {name} ({strength}): a model may recognise {name} instead."


def _spans(where: Mapping[str, str]) -> str:
    """Give the range of each label."""
    return ", ".join(f"{one} {span}" for one, span in where.items())


def _nested(rows: pd.DataFrame, names: str, noun: str) -> str:
    """Say that values belong to one group each."""
    own, its = (f"a {names} of its own", "its") if len(rows) == 1 else (f"its own {names}", "their")
    return f"Each {noun} has {own}: {its} differences count as differences between {plural(noun)}."
