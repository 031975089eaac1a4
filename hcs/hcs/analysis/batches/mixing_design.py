"""The design of a test of mixing: whether a permutation exchanges wells of a group or whole groups."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.batches.homogeneity import CROSSED, NESTED, nested_words
from hcs.analysis.batches.well_features import Columns, tied
from hcs.statistics.permutation import block_places
from hcs.wording import counted, listed, plural, spaced

Codes = npt.NDArray[np.intp]
PARTLY = "partly crossed"
"""Some groups stand in one batch, some in several."""


@dataclass(frozen=True)
class Exchange:
    """Units that exchange their values within blocks, and the wells of each.

    Parameters
    ----------
    design
        `NESTED`, `CROSSED` or `PARTLY`.
    values, blocks
        Number of each unit's batch (or label), and the block within which it is exchanged.
    unit
        Unit of each well.
    n_moved
        Groups whose value can become another.
    words
        What is exchanged, as in "wells within clones".
    """

    design: str
    values: Codes
    blocks: tuple[object, ...]
    unit: Codes
    n_moved: int
    words: str


def batch_exchange(wells: pd.DataFrame, noun: str) -> Exchange:
    """Exchange batches among the wells of a group that stands in several, and among whole groups in one.

    Either way within a label, so that what belongs to the label is not taken for the batch's. Wells have
    columns group, batch and label.

    Examples
    --------
    >>> wells = pd.DataFrame({"group": list("aabbcd"), "batch": list("xyxyxy"), "label": list("ssssss")})
    >>> found = batch_exchange(wells, "clone")
    >>> found.design, found.unit.tolist(), found.n_moved
    ('partly crossed', [0, 1, 2, 3, 4, 5], 4)
    >>> batch_exchange(wells[4:], "clone").words
    'whole clones within labels'
    """
    several = (wells.groupby("group")["batch"].transform("nunique") > 1).to_numpy()
    rows = zip(wells["group"], wells["label"], _sorted(wells, "label"), several, strict=True)
    names: list[object] = []
    blocks: list[object] = []
    for place, (group, label, labels, crossed) in enumerate(rows):
        names.append((place, group) if crossed else (-1, group))
        blocks.append(("within", group, label) if crossed else ("among", "", labels))
    design = CROSSED if several.all() else PARTLY if several.any() else NESTED
    units = plural(noun)
    words = {
        CROSSED: f"wells within {units}",
        NESTED: f"whole {units} within labels",
        PARTLY: f"wells within {units} of several batches and of whole {units} of one batch within labels",
    }[design]
    return _exchange(wells, "batch", (names, blocks), design, words)


def label_exchange(wells: pd.DataFrame, noun: str) -> Exchange | None:
    """Exchange labels among whole groups of the same batches; None where a group has several labels.

    Examples
    --------
    >>> wells = pd.DataFrame({"group": list("abcc"), "batch": list("xxxy"), "label": list("stss")})
    >>> found = label_exchange(wells, "clone")
    >>> found.blocks, found.n_moved
    (('x', 'x', 'x y'), 2)
    """
    if (wells.groupby("group")["label"].nunique() > 1).any():
        return None
    units = list(wells["group"]), list(_sorted(wells, "batch"))
    return _exchange(wells, "label", units, "", f"whole {plural(noun)} within batches")


def _sorted(wells: pd.DataFrame, column: str) -> pd.Series:
    """Values of each well's group, as one text."""
    return wells.groupby("group")[column].transform(lambda held: " ".join(sorted(set(held))))


def _exchange(
    wells: pd.DataFrame, column: str, units: tuple[list[object], list[object]], design: str, words: str
) -> Exchange:
    """Gather by units what is given per well: its unit and block, and the column's value."""
    unit, met = pd.factorize(pd.Series(units[0], dtype=object))
    first = np.unique(unit, return_index=True)[1]
    codes = pd.factorize(wells[column], sort=True)[0][first]
    blocks = tuple(units[1][place] for place in first)
    owners = wells["group"].to_numpy(dtype=object)[first]
    moved: set[object] = set()
    for places in block_places(len(met), blocks):
        if len(set(codes[places])) > 1:
            moved |= set(owners[places])
    return Exchange(design, codes, blocks, np.asarray(unit, dtype=np.intp), len(moved), words)


def inseparable(wells: pd.DataFrame, columns: Columns) -> str:
    """Say why batches cannot be compared in these wells (group, batch, label); empty where they can.

    Examples
    --------
    >>> wells = pd.DataFrame({"group": list("abcd"), "batch": list("xxyy"), "label": list("sstt")})
    >>> inseparable(wells, Columns("label", "clone", "plate", "well", "batch"))
    'batch and label are the same thing in these wells: whether batches are mixed cannot be asked, as no analysis can separate the two.'
    """  # noqa: E501 - a sentence is one line
    batch, label, no_more = (
        spaced(columns.batch),
        spaced(columns.label),
        "whether batches are mixed cannot be asked",
    )
    if wells.empty:
        return f"No well has features, {batch} and {label}: {no_more}."
    if wells["batch"].nunique() < 2:
        return f"There is one {batch} only: {no_more}."
    for column, name in (("label", label), ("group", columns.noun)):
        if tied(wells, "batch", column):
            same = f"{batch} and {name} are the same thing in these wells"
            return f"{same}: {no_more}, as no analysis can separate the two."
    if (wells.groupby("label")["batch"].nunique() == 1).all():
        return f"Each {label} stands in one {batch} only: {no_more} within a {label}."
    return ""


def design_words(wells: pd.DataFrame, exchange: Exchange, columns: Columns) -> list[str]:
    """Say what permutations of the batches of wells (group, plate, batch, label) can and cannot tell."""
    said, batch, noun = [], spaced(columns.batch), columns.noun
    if exchange.design == NESTED:
        said.append(nested_words(batch, noun))
    total = wells["group"].nunique()
    if exchange.n_moved == 0:
        said.append(f"No well can change its {batch} alone, so nothing can be permuted: no p-value.")
    elif exchange.n_moved < total:
        still = counted(total - exchange.n_moved, noun)
        said.append(f"{still} cannot change {batch} by permutation and tell nothing of it.")
    alone = wells.groupby("label")["batch"].nunique()
    if (alone == 1).any():
        names = listed(alone.index[alone == 1])
        said.append(f"{spaced(columns.label)} {names} stands in one {batch} only: no silhouette there.")
    if columns.plate != columns.batch and (wells.groupby("plate")["batch"].nunique() == 1).all():
        said.append(
            f"Each {spaced(columns.plate)} stands in one {batch}: what it does counts as the batch's."
        )
    return said
