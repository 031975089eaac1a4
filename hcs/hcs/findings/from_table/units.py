"""What n counts in a table: clones, or donors where a donor gave several clones."""

import pandas as pd

from hcs.tables.columnnames import plain_name
from hcs.tables.independence import DONOR, contradictions, shared_donors
from hcs.wording import capital, listed, plural, spaced
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
    >>> unit, said[0].partition(": ")[0]
    ('donor', 'Donors are what n counts, and clones of a donor are held together')
    """
    chosen = group or CLONE
    if chosen == WELL:
        own = "Wells count for themselves although their donors are known"
        told = f"{own}: wells of one donor may stand on both sides of a set."
        return chosen, rows, (told,) if DONOR in rows and rows[DONOR].notna().any() else ()
    known = rows[rows[chosen].notna()]
    if several := contradictions(known, unit=chosen, columns=(DONOR,)):
        raise ArgumentError(f"The table contradicts itself: {'; '.join(several)}.")
    refusal, said = shared_donors(known.assign(group=known[chosen].astype(str)), chosen)
    if not refusal:
        return chosen, rows, said
    if group:
        raise ArgumentError(
            f"{capital(refusal)}, and would stand on both sides; count donors (--group {DONOR})."
        )
    own = rows[chosen].map(lambda name: f"{name} (no {DONOR})", na_action="ignore")
    rows = rows.assign(**{DONOR: rows[DONOR].where(rows[DONOR].notna(), own)})
    nouns = plural(spaced(chosen))
    held = f"Donors are what n counts, and {nouns} of a donor are held together: {refusal}."
    return DONOR, rows, (held, *said, *shared_donors(rows.assign(group=rows[DONOR]), DONOR)[1])
