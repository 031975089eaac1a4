"""Who is independent: every clone, or the donor where one gave several; and who may change labels."""

from collections.abc import Sequence

import pandas as pd

from hcs.statistics.frames import require_columns
from hcs.tables.columnnames import plain_name
from hcs.wording import counted, listed, plural, spaced
from hcs_plates.errors import ArgumentError

DONOR = "donor"
PAIR_NAMES = ("isogenic_pair", "isogenic_parent", "parent", "parent_line", "parental_line", "pair")
"""Columns that name the isogenic pair, or the line from which one of the pair was made."""


def pair_name(table: pd.DataFrame) -> str | None:
    """Name the column of a table that tells which clones are an isogenic pair, if there is one.

    Examples
    --------
    >>> pair_name(pd.DataFrame({"clone": ["a", "b"], "Isogenic pair": ["P1", "P1"]}))
    'Isogenic pair'
    """
    known = {plain_name(str(name)): str(name) for name in table.columns if table[name].notna().any()}
    return next((known[name] for name in PAIR_NAMES if name in known), None)


def clinical_rows(clinical: pd.DataFrame) -> pd.DataFrame:
    """Take a clinical table by name as text, one row each.

    Raises
    ------
    ArgumentError
        A name has two rows.
    """
    known = clinical.set_axis(clinical.index.astype(str))
    if known.index.has_duplicates:
        twice = known.index[known.index.duplicated()][0]
        raise ArgumentError(f"The clinical table has {twice!r} twice; give one row for each.")
    return known


def donors_of(
    clones: pd.Series, clinical: pd.DataFrame, donors: pd.Series | None, noun: str
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Name the donor of each clone; one whose donor is not known stands for itself.

    Donors are given by clone (the index), or else taken from the column ``donor`` of `clinical`, if there.

    Raises
    ------
    ArgumentError
        A clone has two donors.

    Examples
    --------
    >>> donors_of(pd.Series(["a", "b"]), pd.DataFrame(), pd.Series({"a": "p"}), "clone")
    ({'a': 'p', 'b': 'b'}, ('1 clone without a donor counts as one of its own: b.',))
    """
    if donors is None and DONOR in clinical:
        donors = clinical[DONOR]
    if donors is None:
        return {name: name for name in clones}, ()
    held = donors.set_axis(donors.index.astype(str)).dropna().astype(str)
    grouped = held.groupby(level=0)
    several = grouped.nunique() > 1
    if several.any():
        raise ArgumentError(f"{noun} {several.idxmax()!r} has several donors; it can have one.")
    of = grouped.first()
    lacking = [name for name in dict.fromkeys(clones) if name not in of.index]
    verb = "counts as one of its own" if len(lacking) == 1 else "count as donors of their own"
    said = f"{counted(len(lacking), noun)} without a donor {verb}: {listed(lacking)}."
    return {name: of.get(name, name) for name in clones}, (said,) if lacking else ()


def come_from(clones: int, donors: int, noun: str, *, donor: str = DONOR, done: str = "averaged") -> str:
    """Say that donors gave several clones, and what is done about it; empty where each gave one.

    Examples
    --------
    >>> come_from(6, 4, "clone")
    '6 clones come from 4 donors: clones of one donor are averaged, and n counts donors.'
    """
    if donors >= clones:
        return ""
    return (
        f"{counted(clones, noun)} come from {counted(donors, donor)}: {plural(noun)} of one {donor} are "
        f"{done}, and n counts {plural(donor)}."
    )


def batch_blocks(
    groups: Sequence[str], wells: pd.DataFrame, batch: str, *, clone: str = "clone", noun: str = "clone"
) -> tuple[pd.Series, tuple[str, ...]]:
    """Put clones that stand in the same set of batches into one block, within which labels may move.

    Examples
    --------
    >>> wells = pd.DataFrame({"clone": list("aabc"), "run": ["1", "2", "1", "1"]})
    >>> batch_blocks(["a", "b", "c"], wells, "run")[0].tolist()
    ['1 + 2', '1', '1']
    """
    require_columns(wells, [clone, batch], "The wells table")
    known = wells.dropna(subset=[clone, batch])
    held = known.groupby(known[clone].astype(str))[batch].agg(
        lambda values: " + ".join(sorted(set(values.astype(str))))
    )
    lacking = [name for name in groups if name not in held.index]
    said = [f"Labels are permuted among {plural(noun)} of the same {spaced(batch)} only."]
    if lacking:
        form = "forms a block of its own" if len(lacking) == 1 else "form a block of their own"
        said.append(f"{counted(len(lacking), noun)} without {spaced(batch)} (first {lacking[0]}) {form}.")
    return held.reindex(list(groups)).fillna("(none)"), tuple(said)


def label_blocks(
    units: pd.DataFrame, wells: pd.DataFrame | None, batch: str | None, clone: str, noun: str
) -> tuple[pd.Series | None, tuple[str, ...]]:
    """Block of each clone, by name, within which labels may move."""
    if batch is not None:
        if wells is None:
            raise ArgumentError(f"Batches ({batch!r}) need the wells table that holds them; give wells.")
        names = list(dict.fromkeys(units["group"]))
        return batch_blocks(names, wells, batch, clone=clone, noun=noun)
    both = units.groupby("group")["label"].nunique() > 1
    if not both.any():
        return None, ()
    hold = "holds" if both.sum() == 1 else "hold"
    said = f"{counted(int(both.sum()), noun)} (first {both.idxmax()}) {hold} several labels: each counts "
    said += "once per label."
    if not both.all():
        return None, (said,)
    return pd.Series(both.index, index=both.index), (said, f"Labels are permuted within each {noun}.")
