"""What a permutation of batches exchanges: wells of a group, whole groups, or whole plates."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.statistics.folds import Folds
from hcs.statistics.permutation import block_places
from hcs.wording import plural

Codes = npt.NDArray[np.intp]
CROSSED, NESTED = "crossed", "nested"
PARTLY = "partly crossed"
"""Some groups stand in one batch, some in several."""
PLATE, PLATE_SET = "plate", "plate set"
"""What is exchanged where plates lie in batches: a plate, or those that share groups of one batch."""


WELL = "well"


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
        Groups, or plates, whose value can become another.
    words
        What is exchanged, as in "wells within clones".
    noun
        What `n_moved` counts.
    """

    design: str
    values: Codes
    blocks: tuple[object, ...]
    unit: Codes
    n_moved: int
    words: str
    noun: str


def plate_sets(wells: pd.DataFrame, column: str, *, ordered: bool = False) -> Codes:
    """Give each well the number of its set of plates that is exchanged whole; -1 for wells of none.

    Wells of a plate resemble each other, whatever its batch does. So where a value has several plates, each
    at this value alone, plates are the units of evidence on it, and those that share a group met at no other
    value are one. Where each value has one plate, and its order means nothing, plate and value are the same
    thing. A plate of one group is no more than its group.

    Parameters
    ----------
    wells
        With the columns group and plate.
    column
        Of the values, none missing.
    ordered
        Whether they are numbers whose order means something.

    Examples
    --------
    >>> wells = pd.DataFrame({"plate": list("11223344"), "batch": list("xxxxyyyy")})
    >>> plate_sets(wells.assign(group=list("abababab")), "batch").tolist()
    [0, 0, 1, 1, 2, 2, 3, 3]
    >>> plate_sets(wells.assign(group=list("ababcdcd")), "batch").tolist()
    [0, 0, 0, 0, 1, 1, 1, 1]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    whole = (wells.groupby("plate")[column].transform("nunique") == 1).to_numpy()
    inside = wells[whole]
    made = np.full(len(wells), -1, dtype=np.intp)
    several = inside.groupby(column)["plate"].nunique().max() > 1
    if inside.empty or inside[column].nunique() < 2 or not (several or ordered):
        return made
    plates, groups = (pd.factorize(inside[name])[0] for name in ("plate", "group"))
    own = (wells.groupby("group")[column].transform("nunique") == 1).to_numpy()[whole]
    size = int(plates.max()) + 1
    ties = coo_array(
        (np.ones(own.sum()), (plates[own], size + groups[own])), shape=(size + int(groups.max()) + 1,) * 2
    )
    sets = connected_components(ties, directed=False)[1][plates]
    if pd.Series(groups).groupby(sets).nunique().max() > 1:
        made[whole] = pd.factorize(sets)[0]
    return made


def batch_exchange(wells: pd.DataFrame, noun: str) -> Exchange:
    """Exchange batches among wells of a group that stands in several, and among whole groups in one.

    Where a batch has several plates of its own, whole plates are exchanged (`plate_sets`). Always within a
    label, so that what belongs to the label is not taken for the batch's. Wells have columns group, plate,
    batch and label.

    Examples
    --------
    >>> wells = pd.DataFrame({"group": list("aabbcd"), "batch": list("xyxyxy"), "label": list("ssssss")})
    >>> found = batch_exchange(wells.assign(plate="1"), "clone")
    >>> found.design, found.unit.tolist(), found.n_moved
    ('partly crossed', [0, 1, 2, 3, 4, 5], 4)
    >>> found = batch_exchange(wells.assign(plate=list("123412")), "clone")
    >>> found.words, found.n_moved, found.noun
    ('whole plates', 4, 'plate')
    """
    several = (wells.groupby("group")["batch"].transform("nunique") > 1).to_numpy()
    sets = plate_sets(wells, "batch")
    held = _sorted(wells, "label", by="group"), wells.assign(set=sets).pipe(_sorted, "label", by="set")
    alone = wells.groupby(sets)["group"].transform("nunique").to_numpy() == 1
    names: list[object] = []
    blocks: list[object] = []
    rows = zip(wells["group"], wells["label"], *held, several, sets, alone, strict=True)
    for place, (group, label, labels, of_set, crossed, number, single) in enumerate(rows):
        if number >= 0:
            names.append(("set", number))
            blocks.append(("plates within", group) if single and crossed else ("plates", of_set))
        else:
            names.append((place, group) if crossed else (-1, group))
            blocks.append(("within", group, label) if crossed else ("among", "", labels))
    design = CROSSED if several.all() else PARTLY if several.any() else NESTED
    units = plural(noun)
    words = {
        CROSSED: f"wells within {units}",
        NESTED: f"whole {units} within labels",
        PARTLY: f"wells within {units} of several batches and of whole {units} of one batch within labels",
    }[design]
    whole, counts = plate_words(wells, sets)
    if whole:
        words = whole if (sets >= 0).all() else f"{whole}, elsewhere {words}"
    owners = np.where(sets >= 0, sets, wells["group"].to_numpy(dtype=object))
    return _exchange(wells, "batch", (names, blocks), design, (words, counts or noun), owners)


def plate_words(wells: pd.DataFrame, sets: Codes) -> tuple[str, str]:
    """Say what is exchanged where there are `plate_sets`, and what one of it is called; else empty."""
    if (sets < 0).all():
        return "", ""
    plates = wells["plate"].groupby(sets).nunique().drop(-1, errors="ignore")
    counts = PLATE if plates.max() == 1 else PLATE_SET
    return f"whole {plural(counts)}", counts if (sets >= 0).all() else "unit"


def label_exchange(wells: pd.DataFrame, noun: str) -> Exchange | None:
    """Exchange labels among whole groups of the same batches.

    None where a group has several labels, or where groups share plates of one label: then label and plate
    cannot be told apart.

    Examples
    --------
    >>> wells = pd.DataFrame({"group": list("abcc"), "batch": list("xxxy"), "label": list("stss")})
    >>> found = label_exchange(wells.assign(plate="1"), "clone")
    >>> found.blocks, found.n_moved
    (('x', 'x', 'x y'), 2)
    """
    if (wells.groupby("group")["label"].nunique() > 1).any() or (plate_sets(wells, "label") >= 0).any():
        return None
    units = list(wells["group"]), list(_sorted(wells, "batch", by="group"))
    words = f"whole {plural(noun)} within batches", noun
    return _exchange(wells, "label", units, "", words, wells["group"].to_numpy(dtype=object))


def value_exchange(wells: pd.DataFrame, folds: Folds, noun: str, *, ordered: bool) -> Exchange:
    """Exchange a target of wells (group, plate, value) among whole plates, wells of a group, or whole groups.

    Whole groups are exchanged within the folds that test them, so that folds keep their shares.
    """
    sets = plate_sets(wells, "value", ordered=ordered)
    groups, tested = wells["group"].to_numpy(dtype=object), folds.tested
    alone = wells.groupby(sets)["group"].transform("nunique").to_numpy() == 1
    whole, counts = plate_words(wells, sets)
    rest = f"{plural(noun)} within folds" if folds.clonal else f"wells within {plural(noun)}"
    names: list[object] = []
    blocks: list[object] = []
    for place, (group, number, single) in enumerate(zip(groups, sets, alone, strict=True)):
        if number >= 0:
            names.append(("set", number))
            blocks.append(("plates", group if single and not folds.clonal else ""))
        else:
            names.append(group if folds.clonal else place)
            blocks.append(int(tested[place]) if folds.clonal else group)
    words = rest if not whole else whole if (sets >= 0).all() else f"{whole}, elsewhere {rest}"
    owners = np.where(sets >= 0, sets, groups)
    called = words, counts or (noun if folds.clonal else WELL)
    return _exchange(wells, "value", (names, blocks), "", called, owners)


def _sorted(wells: pd.DataFrame, column: str, *, by: str) -> pd.Series:
    """Values of each well's group or set of plates, as one text."""
    return wells.groupby(by)[column].transform(lambda held: " ".join(sorted(set(held))))


def _exchange(
    wells: pd.DataFrame,
    column: str,
    units: tuple[list[object], list[object]],
    design: str,
    words: tuple[str, str],
    owners: npt.NDArray[np.object_],
) -> Exchange:
    """Gather by units what is given per well: its unit, block and owner, and the column's value."""
    unit, met = pd.factorize(pd.Series(units[0], dtype=object))
    first = np.unique(unit, return_index=True)[1]
    codes = pd.factorize(wells[column], sort=True)[0][first]
    blocks = tuple(units[1][place] for place in first)
    moved: set[object] = set()
    for places in block_places(len(met), blocks):
        if len(set(codes[places])) > 1:
            moved |= set(owners[first][places])
    return Exchange(design, codes, blocks, np.asarray(unit, dtype=np.intp), len(moved), *words)
