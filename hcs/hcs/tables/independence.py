"""What must hold of wells before anything is measured: a clone is one thing, and nothing counts twice.

A platemap is checked by itself when a plate is ingested; what contradicts over plates, and who is independent
of whom, shows only where plates meet: in a study, or in a table.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from hcs.wording import counted, have, listed, plural, spaced
from hcs_plates.mapchecks import ONE_PER_CLONE
from hcs_plates.plate import Plate
from hcs_plates.units import pixel_digest

DONOR = "donor"
SHOWN = 6


def contradictions(
    wells: pd.DataFrame, *, unit: str = "clone", columns: Sequence[str] = ONE_PER_CLONE
) -> list[str]:
    """Find units (clones) with several values of columns of which a unit has one, one sentence each.

    `wells` has one row or more per well: plate, well, the unit and the columns, as far as they are there.

    Examples
    --------
    >>> wells = pd.DataFrame({"plate": ["P1", "P2"], "well": ["B03", "C04"], "clone": "c9"})
    >>> contradictions(wells.assign(diagnosis=["ALS", "control"]))
    ["clone 'c9' has 2 values of diagnosis: 'ALS' on plate P1 (B03) and 'control' on plate P2 (C04); expected one"]
    """  # noqa: E501 - a sentence is one line
    found = []
    for column in columns:
        if unit not in wells or column not in wells or column == unit:
            continue
        known = wells[wells[unit].notna() & wells[column].notna()]
        known = known.assign(**{unit: known[unit].astype(str), column: known[column].astype(str)})
        several = known.groupby(unit)[column].nunique()
        for name in several.index[several > 1]:
            own = known[known[unit] == name]
            values = [f"{value!r} {_places(rows)}" for value, rows in own.groupby(column)]
            found.append(
                f"{spaced(unit)} {name!r} has {len(values)} values of {spaced(column)}: {listed(values)}; "
                "expected one"
            )
    return found


def partly_blank(wells: pd.DataFrame, unit: str, column: str) -> tuple[str, ...]:
    """Name the units that have a value in some of their wells and none in others."""
    blank = wells[column].isna() & wells[unit].notna()
    known = set(wells.loc[wells[column].notna(), unit].dropna())
    own = wells[blank & wells[unit].isin(known)]
    return tuple(
        f"{spaced(unit).capitalize()} {name!r} has no {spaced(column)} in "
        f"{counted(len(rows), 'well')} {_places(rows)}, and has one in others."
        for name, rows in own.groupby(unit)
    )


def shared_donors(wells: pd.DataFrame, group: str) -> tuple[str, tuple[str, ...]]:
    """Tell whether groups share donors, so that they are not independent of one another.

    `wells` are of the two classes: group, label, and donor where it is known; `group` is what a group is called.
    Gives why the groups cannot be the unit, empty where they can; and what is to be said beside.

    Examples
    --------
    >>> wells = pd.DataFrame({"group": ["a", "b", "c"], "donor": ["d1", "d1", "d2"]})
    >>> print(shared_donors(wells, "clone")[0])
    donor 'd1' gave 2 of the clones (a and b): clones of one donor are not independent
    >>> shared_donors(wells[wells["donor"] == "d1"], "clone")
    ('', ("All clones come from one donor, 'd1': n counts clones of that donor, and nothing is said of others.",))
    """  # noqa: E501 - a sentence is one line
    if group == DONOR:
        return "", _pairs(wells, group)
    if DONOR not in wells or not wells[DONOR].notna().any():
        return "", ()
    known = wells[wells[DONOR].notna()]
    of = known.groupby(known[DONOR].astype(str))["group"].unique()
    several = of[of.map(len) > 1]
    unknown = sorted(set(wells["group"]) - set(known["group"]))
    noun, said = spaced(group), []
    if unknown:
        said.append(
            f"{counted(len(unknown), noun)} {have(len(unknown))} no donor and "
            f"{'counts' if len(unknown) == 1 else 'count'} as independent ({listed(unknown)})."
        )
    if several.empty:
        return "", tuple(said)
    if len(of) == 1 and not unknown:
        one = (
            f"All {plural(noun)} come from one donor, {of.index[0]!r}: n counts {plural(noun)} of that donor"
        )
        return "", (f"{one}, and nothing is said of others.",)
    more = len(several) - 1
    also = f", and {counted(more, 'other donor')} likewise" if more else ""
    return (
        f"donor {several.index[0]!r} gave {len(several.iloc[0])} of the {plural(noun)} "
        f"({listed(sorted(several.iloc[0]))}){also}: {plural(noun)} of one donor are not independent"
    ), tuple(said)


def _pairs(wells: pd.DataFrame, group: str) -> tuple[str, ...]:
    """Say which donors have both labels, as with corrected lines."""
    labels = wells.groupby("group")["label"].nunique()
    both = labels.index[labels > 1]
    if both.empty:
        return ()
    noun = spaced(group)
    return (
        f"{counted(len(both), noun)} of {len(labels)} {have(len(both))} wells of both labels, as isogenic "
        f"pairs do ({listed(both)}): they are held together and compared within the {noun}.",
    )


def copied_images(plates: Sequence[Plate]) -> list[str]:
    """Find plates, and fields of different wells, that hold the same images under two names.

    Whole fields are compared by the digest of their pixels; blank ones say nothing.
    """
    held: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for plate in plates:
        spec = plate.spec
        layouts = {spec.layout, *(spec.layout_of(*key) for key in spec.shapes)}
        blank = {pixel_digest(np.zeros(layout.shape, dtype=layout.dtype)) for layout in layouts}
        for place, digest in plate.spec.checksums.items():
            if digest not in blank:
                held[digest].append((plate.name, place))
    between: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for places in held.values():
        first = places[0]
        for other in places[1:]:
            if (first[0], _well(first[1])) != (other[0], _well(other[1])):
                between[first[0], other[0]].append((first[1], other[1]))
    fields = {plate.name: len(plate.spec.checksums) for plate in plates}
    return [
        _copy_sentence(one, other, same, min(fields[one], fields[other]))
        for (one, other), same in between.items()
    ]


def _copy_sentence(one: str, other: str, same: Sequence[tuple[str, str]], of: int) -> str:
    """Say which images are there twice."""
    first, second = same[0]
    if one == other:
        return (
            f"plate {one} holds the same image as field {first} and as field {second}"
            f"{_more(len(same) - 1)}; leave one of the wells out"
        )
    what = "the same images" if len(same) == of else f"{counted(len(same), 'image')} of the same pixels"
    return (
        f"plates {one} and {other} hold {what} (field {first} of the one is {second} of the other"
        f"{_more(len(same) - 1)}); name one of them"
    )


def _more(number: int) -> str:
    return f", and {number} more" if number else ""


def _well(place: str) -> str:
    return place.rpartition("/")[0]


def _places(rows: pd.DataFrame) -> str:
    """Name plates and their wells."""
    parts = [
        f"{plate} ({listed(dict.fromkeys(own['well']), most=SHOWN)})"
        for plate, own in rows.groupby("plate", sort=True)
    ]
    return f"on {plural('plate', len(parts))} {listed(parts)}"


def minority_of_both(wells: pd.DataFrame, group: str) -> Iterable[str]:
    """Name the groups of both labels where most groups have one: a typo looks like that."""
    labels = wells.groupby("group")["label"].nunique()
    both = labels.index[labels > 1]
    if not 0 < len(both) <= len(labels) / 2:
        return
    for name in both[:SHOWN]:
        own = wells[wells["group"] == name]
        values = listed(f"{label!r} {_places(rows)}" for label, rows in own.groupby("label"))
        yield f"{spaced(group).capitalize()} {name!r} has both labels, as most have not: {values}."
