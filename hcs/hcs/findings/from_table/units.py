"""What n counts in a table: clones, or donors where a donor gave several clones."""

import pandas as pd

from hcs.tables.columnnames import plain_name
from hcs.tables.independence import DONOR, contradictions, isogenic_pairs
from hcs.wording import counted, have, listed, plural, spaced
from hcs_plates.errors import ArgumentError

CLONE, WELL = "clone", "well"
DONORS = frozenset({
    "donor", "donor_id", "donor_name", "patient", "patient_id", "subject", "subject_id", "individual",
    "individual_id", "participant", "participant_id", "person", "person_id",
})  # fmt: skip
"""Names of columns that name the person cells come from, in plain spelling."""
PLACES = ("plate", "well", "clone")


def known_columns(table: pd.DataFrame, asked: tuple[str, ...]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Call plate, well, clone and donor by these names, however the table spells them; and say so.

    `asked` are columns that are asked for by the table's own names; these stay.

    Examples
    --------
    >>> table = pd.DataFrame(columns=["Metadata_Plate", "Metadata_Well", "Patient ID"])
    >>> known_columns(table, ())[0].columns.tolist()
    ['plate', 'well', 'donor']
    """
    renamed = {}
    for name in (*PLACES, DONOR):
        words = DONORS if name == DONOR else frozenset({name})
        fitting = [column for column in table if plain_name(column) in words and column not in asked]
        exact = [column for column in fitting if plain_name(column) == name]
        if name not in table and len(exact or fitting) == 1:
            renamed[(exact or fitting)[0]] = name
    if not renamed:
        return table, ()
    read = listed(f"{old} as {new}" for old, new in renamed.items())
    return table.rename(columns=renamed), (f"Read {read}.",)


def unit_of(rows: pd.DataFrame, group: str) -> tuple[str, pd.DataFrame, tuple[str, ...]]:
    """Decide what n counts, so that nothing of one person stands on both sides of a split.

    Gives the column that n counts, the rows with donors filled in, and sentences. Groups that were asked for
    (`group`; empty text if none was) and share donors are refused.

    Examples
    --------
    >>> rows = pd.DataFrame({"clone": list("abc"), "donor": ["d1", "d1", "d2"], "label": list("xxy")})
    >>> unit, _, said = unit_of(rows, "")
    >>> unit, said[0]
    ('donor', '1 of 2 donors gave several clones: n counts donors, and clones of a donor are held together.')
    """
    chosen = group or CLONE
    if chosen == DONOR:
        return chosen, rows, isogenic_pairs(rows, DONOR, DONOR)
    if DONOR not in rows or not rows[DONOR].notna().any():
        return chosen, rows, ()
    if chosen == WELL:
        own = "Wells count for themselves although their donors are known"
        return chosen, rows, (f"{own}: wells of one donor may stand on both sides of a set.",)
    known = rows[rows[DONOR].notna() & rows[chosen].notna()]
    if several_donors := contradictions(known, unit=chosen, columns=(DONOR,)):
        raise ArgumentError(f"The table contradicts itself: {'; '.join(several_donors)}.")
    of = known.groupby(known[DONOR].astype(str))[chosen].nunique()
    several, noun, nouns = of.index[of > 1], spaced(chosen), plural(spaced(chosen))
    lacking = sorted(set(rows[chosen].dropna().astype(str)) - set(known[chosen].astype(str)))
    n = len(lacking)
    blank = f"{counted(n, noun)} {have(n)} no donor ({listed(lacking, 6)}): each counts as of its own."
    said = [blank] if n else []
    if several.empty:
        return chosen, rows, tuple(said)
    if len(of) == 1 and not n:
        return chosen, rows, (f"All {nouns} come from one donor: nothing is said of other donors.",)
    if group:
        raise ArgumentError(
            f"Donor {several[0]!r} gave {of[several[0]]} of the {nouns}: {nouns} of one donor are not "
            f"independent, and would stand on both sides; count donors (--group {DONOR})."
        )
    gave = f"{len(several)} of {counted(len(of), DONOR)} gave several {nouns}"
    own = rows[chosen].map(lambda name: f"{name} (no {DONOR})", na_action="ignore")
    rows = rows.assign(**{DONOR: rows[DONOR].where(rows[DONOR].notna(), own)})
    held = f"{gave}: n counts donors, and {nouns} of a donor are held together."
    return DONOR, rows, (held, *said, *isogenic_pairs(rows, DONOR, DONOR))
