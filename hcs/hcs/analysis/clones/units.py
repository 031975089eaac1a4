"""Who is independent: every clone, or the donor where one gave several."""

import pandas as pd

from hcs.wording import counted, listed, plural
from hcs_plates.errors import ArgumentError

DONOR = "donor"


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

    Parameters
    ----------
    clones
        Names.
    clinical
        Its column ``donor`` is used, if there, without `donors`.
    donors
        Donor by clone (the index).
    noun
        What a clone is called.

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
