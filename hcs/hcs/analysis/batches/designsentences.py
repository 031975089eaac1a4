"""The design check in words: what is the label itself, what goes with it, and what cannot or does not."""

from typing import Any

import pandas as pd

from hcs.statistics.pvalues import PValue
from hcs.wording import counted, listed, plural, spaced

CLEAR = 0.05
TEST = "permutation test of labels"
MOST = 12
"""More columns than this are not all named in one sentence."""


def design_sentences(
    table: pd.DataFrame, places: list[dict[str, str]], label: str, noun: str
) -> tuple[str, ...]:
    """Say of each column how it goes with the label.

    Parameters
    ----------
    table
        As `hcs.analysis.batches.design.DesignCheck` holds it.
    places
        Of each row, where the wells of each label stand.
    label, noun
        What the label and a group are called.

    Returns
    -------
    tuple of str
        One per column that is tied or goes with the label, then one on those that are balanced, nested,
        without a sign of it, and such as cannot be judged.
    """
    names = {"label": label, "group": noun}
    rows = table.to_dict("records")
    said = [_association(row, where, names) for row, where in zip(rows, places, strict=True)]
    return (*filter(None, said), *_no_sign(table, names))


def _association(row: dict[str, Any], where: dict[str, str], names: dict[str, str]) -> str:
    """Say that a column is one with the label, or goes with it; nothing where it shows no sign of either."""
    name = spaced(row["column"])
    if row["tied"]:
        held = " and ".join(f"every {one} {names['group']} is in {at}" for one, at in where.items())
        return (
            f"{names['label']} and {name} are the same thing: {held}; no analysis of these wells can "
            "separate them."
        )
    if row["nested"] or not row["p"] <= CLEAR:
        return ""
    p = PValue(row["p"], TEST, row["n_groups"], row["smallest_p"], plural(names["group"]), "one-sided")
    share = f"{row['label_share']:.0%}".replace("%", " %")
    return (
        f"{names['label']} goes with {name} (Cramér's V {row['cramers_v']:.2f}; {name} tells {share} of "
        f"{names['label']} by mutual information; {p.sentence()}): a model may tell {name} apart instead."
    )


def _no_sign(table: pd.DataFrame, names: dict[str, str]) -> list[str]:
    """Say which columns show no sign of going with the label, or cannot, or cannot be judged, and why."""
    label, noun, units = names["label"], names["group"], plural(names["group"])
    other = table[~table["tied"] & (table["nested"] | ~(table["p"] <= CLEAR))]
    words = {
        row["column"]: f"{spaced(row['column'])} (V {row['cramers_v']:.2f}, p = {row['p']:.2g})"
        for row in other.to_dict("records")
    }
    over = f"{TEST} over {counted(int(table['n_groups'].max()), noun)}" if len(table) else ""
    balanced, nested = other[other["balanced"]], other[other["nested"]]
    rest = other[~other["balanced"] & ~other["nested"]]
    judged, coarse = rest[rest["smallest_p"] <= CLEAR], rest[rest["smallest_p"] > CLEAR]
    alone = rest[rest["p"].isna()]
    said = []
    if len(balanced):
        said.append(
            f"{label} is balanced over {listed(balanced['column'].map(spaced), MOST)}: every {noun} has the "
            "same share of wells in each, so they cannot go together."
        )
    if len(nested):
        said.append(
            f"{listed(nested['column'].map(spaced), MOST)}: every value holds one {noun} only, so what it "
            f"does is part of what {units} differ by; this ties nothing to {label}."
        )
    if len(judged):
        said.append(
            f"No sign that {label} goes with {listed(judged['column'].map(words), MOST)}; {over}, smallest p "
            f"possible {judged['smallest_p'].min():.2g}."
        )
    if len(coarse):
        said.append(
            f"Whether {label} goes with {listed(coarse['column'].map(words), MOST)} cannot be judged: with "
            f"so few {units} no p could be {CLEAR:g} or less ({over})."
        )
    if len(alone):
        said.append(
            f"Nothing can be held against {listed(alone['column'].map(spaced), MOST)}: {label} cannot move "
            f"among the {units}."
        )
    return said
