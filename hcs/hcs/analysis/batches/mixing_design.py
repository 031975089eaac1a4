"""What a permutation of batches exchanges: wells of a group in several batches, or whole groups."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.batches.homogeneity import CROSSED, NESTED
from hcs.analysis.batches.well_features import tied
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
    values
        Number of each unit's batch (or label).
    blocks
        Units exchange values within their block only.
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

    Either way within a label, so that what belongs to the label is not taken for the batch's.

    Parameters
    ----------
    wells
        One row per well: group, batch, label.
    noun
        What a group is called.

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
    labels = wells.groupby("group")["label"].transform(lambda held: " ".join(sorted(set(held))))
    names: list[object] = [
        (place, group) if crossed else (-1, group)
        for place, (group, crossed) in enumerate(zip(wells["group"], several, strict=True))
    ]
    blocks: list[object] = [
        ("within", group, label) if crossed else ("among", "", own)
        for group, label, own, crossed in zip(wells["group"], wells["label"], labels, several, strict=True)
    ]
    design = CROSSED if several.all() else PARTLY if several.any() else NESTED
    units = plural(noun)
    words = {
        CROSSED: f"wells within {units}",
        NESTED: f"whole {units} within labels",
        PARTLY: f"wells within {units} of several batches and of whole {units} of one batch within labels",
    }[design]
    return _exchange(design, wells["batch"], names, blocks, wells["group"], words)


def label_exchange(wells: pd.DataFrame, noun: str) -> Exchange | None:
    """Exchange labels among whole groups that stand in the same batches.

    Parameters
    ----------
    wells, noun
        As for `batch_exchange`.

    Returns
    -------
    Exchange or None
        None where a group has several labels.

    Examples
    --------
    >>> wells = pd.DataFrame({"group": list("abcc"), "batch": list("xxxy"), "label": list("stss")})
    >>> found = label_exchange(wells, "clone")
    >>> found.blocks, found.n_moved
    (('x', 'x', 'x y'), 2)
    """
    if (wells.groupby("group")["label"].nunique() > 1).any():
        return None
    blocks = wells.groupby("group")["batch"].transform(lambda held: " ".join(sorted(set(held))))
    words = f"whole {plural(noun)} within batches"
    return _exchange("", wells["label"], list(wells["group"]), list(blocks), wells["group"], words)


def _exchange(
    design: str, values: pd.Series, names: list[object], blocks: list[object], groups: pd.Series, words: str
) -> Exchange:
    """Gather what is given per well by units."""
    unit, met = pd.factorize(pd.Series(names, dtype=object))
    first = np.unique(unit, return_index=True)[1]
    codes = pd.factorize(values, sort=True)[0][first]
    of_unit = [blocks[place] for place in first]
    owners = groups.to_numpy(dtype=object)[first]
    moved: set[object] = set()
    for places in block_places(len(met), of_unit):
        if len(set(codes[places])) > 1:
            moved |= set(owners[places])
    return Exchange(design, codes, tuple(of_unit), np.asarray(unit, dtype=np.intp), len(moved), words)


def inseparable(wells: pd.DataFrame, *, batch: str, label: str, noun: str) -> str:
    """Say why batches cannot be compared in these wells; empty where they can.

    Parameters
    ----------
    wells
        One row per well: group, batch, label.
    batch, label, noun
        What they are called.

    Examples
    --------
    >>> wells = pd.DataFrame({"group": list("abcd"), "batch": list("xxyy"), "label": list("sstt")})
    >>> inseparable(wells, batch="batch", label="label", noun="clone")
    'batch and label are the same thing in these wells: whether batches are mixed cannot be asked, as no analysis can separate the two.'
    """  # noqa: E501 - a sentence is one line
    batches, no_more = spaced(batch), "whether batches are mixed cannot be asked"
    if wells.empty:
        return f"No well has features, {batches} and {spaced(label)}: {no_more}."
    if wells["batch"].nunique() < 2:
        return f"There is one {batches} only: {no_more}."
    for column, name in (("label", spaced(label)), ("group", noun)):
        if tied(wells, "batch", column):
            return (
                f"{batches} and {name} are the same thing in these wells: {no_more}, as no analysis can "
                "separate the two."
            )
    if (wells.groupby("label")["batch"].nunique() == 1).all():
        return f"Each {spaced(label)} stands in one {batches} only: {no_more} within a {spaced(label)}."
    return ""


def design_words(
    wells: pd.DataFrame, exchange: Exchange, *, plate: str, batch: str, label: str, noun: str
) -> list[str]:
    """Say what the batches' permutations can and cannot tell in this design.

    Parameters
    ----------
    wells
        One row per well: group, plate, batch, label.
    exchange
        Of the batches of these wells.
    plate, batch, label, noun
        What they are called.
    """
    said, batches = [], spaced(batch)
    if exchange.design == NESTED:
        said.append(
            f"Each {noun} stands in one {batches}: batches are compared over different {plural(noun)}, so a "
            "difference may be one between these."
        )
    total = wells["group"].nunique()
    if exchange.n_moved == 0:
        said.append(f"No well can change its {batches} alone, so nothing can be permuted: no p-value.")
    elif exchange.n_moved < total:
        still = counted(total - exchange.n_moved, noun)
        said.append(f"{still} cannot change {batches} by permutation and tell nothing of it.")
    alone = wells.groupby("label")["batch"].nunique()
    if (alone == 1).any():
        said.append(
            f"{spaced(label)} {listed(alone.index[alone == 1])} stands in one {batches} only: no silhouette "
            "there."
        )
    if plate != batch and (wells.groupby("plate")["batch"].nunique() == 1).all():
        said.append(f"Each {spaced(plate)} stands in one {batches}: what it does counts as the batch's.")
    return said
