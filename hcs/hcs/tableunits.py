"""What n counts in a table: clones, or donors where a donor gave several clones."""

import pandas as pd

from hcs.columnnames import plain_name
from hcs.wording import counted, have, listed, plural, spaced
from hcs_plates.errors import ArgumentError

CLONE, DONOR, WELL = "clone", "donor", "well"
DONORS = frozenset({
    "donor", "donor_id", "donor_name", "patient", "patient_id", "subject", "subject_id", "individual",
    "individual_id", "participant", "participant_id", "person", "person_id",
})  # fmt: skip
"""Names of columns that name the person cells come from, in plain spelling."""
PLACES = ("plate", "well", "clone")


def known_columns(table: pd.DataFrame, asked: tuple[str, ...]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Call plate, well, clone and donor by these names, however the table spells them.

    Parameters
    ----------
    table
        Any.
    asked
        Columns that are asked for by the table's own names; these stay.

    Returns
    -------
    DataFrame, tuple of str
        The table, and a sentence on what was renamed.

    Examples
    --------
    >>> table = pd.DataFrame(columns=["Metadata_Plate", "Metadata_Well", "Patient ID"])
    >>> known_columns(table, ())[0].columns.tolist()
    ['plate', 'well', 'donor']
    """
    renamed = {}
    for name in (*PLACES, DONOR):
        words = DONORS if name == DONOR else frozenset({name})
        fitting = [
            column
            for column in table
            if plain_name(column) in words and (column == name or column not in asked)
        ]
        exact = [column for column in fitting if plain_name(column) == name]
        if name not in table and len(fitting if not exact else exact) == 1:
            renamed[(exact or fitting)[0]] = name
    if not renamed:
        return table, ()
    read = listed(f"{old} as {new}" for old, new in renamed.items())
    return table.rename(columns=renamed), (f"Read {read}.",)


def unit_of(rows: pd.DataFrame, group: str) -> tuple[str, pd.DataFrame, tuple[str, ...]]:
    """Decide what n counts, so that nothing of one person stands on both sides of a split.

    Parameters
    ----------
    rows
        Rows of wells of the two classes: plate, well, label, and clone and donor as far as they are known.
    group
        Column that was asked for; empty text if none was.

    Returns
    -------
    str, DataFrame, tuple of str
        The column that n counts, the rows (with donors filled in), and sentences.

    Raises
    ------
    ArgumentError
        Groups that were asked for share donors.

    Examples
    --------
    >>> rows = pd.DataFrame({"clone": list("abc"), "donor": ["d1", "d1", "d2"], "label": list("xxy")})
    >>> unit, _, said = unit_of(rows, "")
    >>> unit, said
    ('donor', ('1 of 2 donors gave several clones: n counts donors, and clones of one donor are held together.',))
    """
    chosen = group or CLONE
    if DONOR not in rows or chosen == DONOR or not rows[DONOR].notna().any():
        return chosen, rows, _pairs(rows, chosen) if chosen == DONOR else ()
    if chosen == WELL:
        return (
            chosen,
            rows,
            (
                "Wells stand for themselves although their donors are known: wells of one donor may stand on both "
                "sides.",
            ),
        )
    known = rows[rows[DONOR].notna() & rows[chosen].notna()]
    _check_one_donor(known, chosen)
    of = known.groupby(known[DONOR].astype(str))[chosen].nunique()
    several, noun = of.index[of > 1], spaced(chosen)
    lacking = sorted(set(rows[chosen].dropna().astype(str)) - set(known[chosen].astype(str)))
    said = (
        [f"{counted(len(lacking), noun)} {have(len(lacking))} no donor ({listed(lacking, 6)})"]
        if lacking
        else []
    )
    if several.empty:
        return (
            chosen,
            rows,
            tuple(f"{one} and count{'s' if len(lacking) == 1 else ''} as independent." for one in said),
        )
    if len(of) == 1 and not lacking:
        return (
            chosen,
            rows,
            (
                f"All {plural(noun)} come from one donor: n counts {plural(noun)} of that donor, and nothing is said "
                "of others.",
            ),
        )
    if group:
        raise ArgumentError(
            f"Donor {several[0]!r} gave {of[several[0]]} of the {plural(noun)}: {plural(noun)} of one donor are "
            f"not independent, and would stand on both sides; count donors (--group {DONOR})."
        )
    filled = rows[DONOR].where(rows[DONOR].notna(), rows[chosen])
    rows = rows.assign(**{DONOR: filled})
    said = [f"{one}: each counts as a donor of its own." for one in said]
    return (
        DONOR,
        rows,
        (
            f"{len(several)} of {counted(len(of), 'donor')} gave several {plural(noun)}: n counts donors, and "
            f"{plural(noun)} of one donor are held together.",
            *said,
            *_pairs(rows, DONOR),
        ),
    )


def _check_one_donor(known: pd.DataFrame, unit: str) -> None:
    """Refuse a clone of two donors."""
    held = known.groupby(known[unit].astype(str))[DONOR].nunique()
    if (held > 1).any():
        name = held.index[held > 1][0]
        donors = known.loc[known[unit].astype(str) == name, DONOR].unique()
        raise ArgumentError(
            f"{spaced(unit).capitalize()} {name!r} has {len(donors)} donors ({listed(donors, 4)}); it comes from "
            "one: correct the table."
        )


def _pairs(rows: pd.DataFrame, unit: str) -> tuple[str, ...]:
    """Say which donors have both labels, as isogenic pairs do."""
    labels = rows.dropna(subset=[unit]).groupby(unit)["label"].nunique()
    both = labels.index[labels > 1]
    if both.empty:
        return ()
    return (
        f"{len(both)} of {counted(len(labels), unit)} {have(len(both))} wells of both labels, as isogenic pairs do: "
        "these are held together.",
    )
