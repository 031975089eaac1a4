"""Groups and their labels, as tables of wells name them: group and label, or clone and diagnosis."""

import pandas as pd

from hcs_plates.errors import ArgumentError
from hcs_plates.names import as_names

PAIRS = (("group", "label"), ("clone", "diagnosis"))
"""Columns that name groups and labels; each pair is taken whole."""


def group_labels(groups: pd.DataFrame | pd.Series) -> dict[str, tuple[str, ...]]:
    """Labels that each group holds, both sorted.

    Of a wells table, wells that are not included and wells of nobody (controls of the staining) have no part.

    Examples
    --------
    >>> wells = {"clone": ["a", "b", None, "c"], "diagnosis": ["ALS", "C", None, "C"], "included": [True] * 3 + [False]}
    >>> group_labels(pd.DataFrame(wells))
    {'a': ('ALS',), 'b': ('C',)}
    """  # noqa: E501 - a table is one line
    if isinstance(groups, pd.DataFrame):
        table = with_groups(groups)
        if "included" in table and pd.api.types.is_bool_dtype(table["included"]):
            table = table[table["included"]]
        table = table[table["group"].notna() | table["label"].notna()]
        names, labels = table["group"], table["label"]
    else:
        names, labels = pd.Series(groups.index), groups
    pairs = pd.DataFrame({"group": names.to_numpy(), "label": labels.to_numpy()})
    nameless = int(pairs.isna().any(axis=1).sum())
    if nameless:
        raise ArgumentError(f"{nameless} rows have no group or no label; leave them out before splitting.")
    held = pairs.apply(as_names).groupby("group")["label"]
    return {str(group): tuple(sorted(set(labels))) for group, labels in held}


def with_groups(table: pd.DataFrame) -> pd.DataFrame:
    """Give a table the columns group and label, from its own two of these names or from clone and diagnosis.

    A platemap may have a column group or label of its own: each pair is taken whole, or not at all.

    Raises
    ------
    ArgumentError
        Neither pair is there, or both are and tell different groups or labels.

    Examples
    --------
    >>> wells = pd.DataFrame({"clone": ["a", "b"], "diagnosis": ["x", "y"], "label": ["tube 1", "tube 1"]})
    >>> with_groups(wells)[["group", "label"]].values.tolist()
    [['a', 'x'], ['b', 'y']]
    """
    own, other = (set(pair) <= set(table.columns) for pair in PAIRS)
    if not own and not other:
        there = [name for pair in PAIRS for name in pair if name in table.columns]
        has = f"has {' and '.join(there)} alone" if there else "has neither"
        raise ArgumentError(f"The table of groups {has}; it needs group and label, or clone and diagnosis.")
    for first, second in zip(*PAIRS, strict=True) if own and other else ():
        both = table[[first, second]].dropna().apply(as_names).drop_duplicates()
        if both[first].duplicated().any() or both[second].duplicated().any():
            raise ArgumentError(
                f"The table of groups has {first} and {second}, which differ: leave out group and label, or "
                "clone and diagnosis, whichever is not meant."
            )
    return table if own else table.assign(group=table["clone"], label=table["diagnosis"])
