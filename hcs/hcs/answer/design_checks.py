"""Checks of the design: what the label is tied to or goes with, and who stands on both sides of a set."""

import pandas as pd

from hcs.answer.basis import Basis
from hcs.answer.check import CLEAR, Check, Outcome
from hcs.wording import capital, counted, listed, plural, spaced

NEVER = 1e-9
"""V of a column whose values hold the same share of every group."""
MOST = 12


def sides_check(basis: Basis) -> Check:
    """Whether a group stands in more than one part of a set."""
    name, table = "sides", "splits"
    if not {"set", "part", "group"} <= set(basis.splits):
        said = (
            f"It is not known whether a {basis.classes.noun} stood on both sides: the table of splits is "
            "missing."
        )
        return Check(name, Outcome.NOT_KNOWN, said, table)
    shared = leaking(basis.splits)
    n_sets = int(basis.splits["set"].nunique())
    numbers = {"n_sets": n_sets, "n_shared": len(shared)}
    if shared.empty:
        said = f"In none of {counted(n_sets, 'set')} does a {basis.classes.noun} stand in more than one part."
        return Check(name, Outcome.HOLDS, said, table, numbers)
    first = shared.iloc[0]
    said = (
        f"Leak: {len(shared)} {plural(basis.classes.noun, len(shared))} × set stand in more than one part "
        f"(first: {basis.classes.noun} {first['group']} in set {first['set']}, {first['parts']}). The "
        "numbers cannot be trusted."
    )
    brief = f"{plural(basis.classes.noun)} stand in more than one part of a set"
    return Check(name, Outcome.FAILS, said, table, numbers, brief)


def leaking(splits: pd.DataFrame) -> pd.DataFrame:
    """Find groups that stand in more than one part of a set: set, group, parts."""
    plain = splits.assign(group=splits["group"].astype(str)).drop_duplicates(["set", "group", "part"])
    parts = plain.groupby(["set", "group"])["part"]
    table = parts.agg(lambda names: " + ".join(sorted(names))).rename("parts").reset_index()
    return table[(parts.size() > 1).to_numpy()].reset_index(drop=True)


def donors_check(basis: Basis) -> Check:
    """Whether a donor gave tested groups and others that the same set trained on."""
    name, table = "donors_apart", "splits"
    if not {"set", "part", "group"} <= set(basis.splits) or basis.wells.empty:
        said = "It is not known whether a donor stood on both sides: a table is missing."
        return Check(name, Outcome.NOT_KNOWN, said, table)
    donors = basis.donors
    if basis.classes.noun == "donor":
        return Check(name, Outcome.HOLDS, "Donors are what n counts.", table)
    if donors is None:
        said = f"The platemaps name no donor: each {basis.classes.noun} counts as one of its own."
        return Check(name, Outcome.NOT_ASKED, said, "wells")
    named = basis.splits.assign(donor=basis.splits["group"].astype(str).map(_single(donors)))
    named = named.dropna(subset=["donor"])
    shared: dict[str, object] = {}
    for number, one in named.groupby("set"):
        tested = one["part"] == "test"
        for donor in sorted(set(one.loc[tested, "donor"]) & set(one.loc[~tested, "donor"])):
            shared.setdefault(str(donor), number)
    n_groups, n_donors = donors.index.nunique(), donors.nunique()
    numbers = {"n_groups": n_groups, "n_donors": n_donors, "n_shared": len(shared)}
    come = f"{counted(n_groups, basis.classes.noun)} come from {counted(n_donors, 'donor')}"
    if not shared:
        said = (
            f"Each donor gave one {basis.classes.noun}: donors and {basis.classes.nouns} are the same thing "
            "here."
            if n_groups == n_donors
            else f"{come}, and in every set each donor stands on one side: donors are what n counts."
        )
        return Check(name, Outcome.HOLDS, said, table, numbers)
    first, number = next(iter(shared.items()))
    said = (
        f"{counted(len(shared), 'donor')} {'stands' if len(shared) == 1 else 'stand'} on both sides of a set "
        f"(first: {first} in set {number}): {come}, so a model may know the donor and not the "
        f"{spaced(basis.classes.label)}, and n is at most {counted(n_donors, 'donor')}."
    )
    brief = f"{basis.classes.nouns} of one donor stand on both sides of a set"
    return Check(name, Outcome.FAILS, said, table, numbers, brief)


def _single(donors: "pd.Series[str]") -> "pd.Series[str]":
    """Donor of each group, the first where a group has several."""
    return donors[~donors.index.duplicated()]


def tied_check(basis: Basis) -> Check:
    """Whether a batch, property or position tells the label without fail."""
    name, table, rows = "tied", "design", basis.associations
    label = spaced(basis.classes.label)
    if rows.empty and not {"column", "tied"} <= set(basis.design):
        said = (
            f"It is not known whether {label} is tied to a batch, a property or a position: the table of the "
            "design check is missing."
        )
        return Check(name, Outcome.NOT_KNOWN, said, table)
    tied = [str(column) for column in rows.loc[_flag(rows, "tied") & ~_flag(rows, "nested"), "column"]]
    looked = [str(column) for column in rows["column"]] if len(rows) else []
    numbers = {"tied": tied, "looked_at": looked}
    if not tied:
        among = f" ({listed(map(spaced, looked), MOST)})" if looked else ""
        said = f"{capital(label)} is tied to none of {counted(len(looked), 'column')} looked at{among}."
        return Check(name, Outcome.HOLDS, said, table, numbers)
    brief = f"{listed([label, *map(spaced, tied)], MOST)} are the same thing here"
    said = (
        f"{capital(brief)}: no score can tell one from the other, and no correction can keep one and take "
        "away the other."
    )
    return Check(name, Outcome.FAILS, said, table, numbers, brief)


def design_check(basis: Basis) -> Check:
    """Whether the label goes with a column that it is not tied to; what is balanced, and what is nested."""
    name, rows, label = "design", basis.associations, spaced(basis.classes.label)
    if rows.empty:
        if {"column", "tied"} <= set(basis.design):
            return Check(name, Outcome.HOLDS, f"No column of the wells could go with {label}.", name)
        return Check(name, Outcome.NOT_KNOWN, f"What goes with {label} is not known.", name)
    tied, nested = _flag(rows, "tied"), _flag(rows, "nested")
    nothing = pd.Series(1.0, index=rows.index)
    even = (rows.get("cramers_v", nothing) < NEVER) & (rows.get("chance_v", nothing) < NEVER)
    balanced = _flag(rows, "balanced") | even
    rest = rows[~(tied & ~nested) & ~nested & ~balanced]
    p, least = (rest.get(column, pd.Series(float("nan"), index=rest.index)) for column in ("p", "smallest_p"))
    goes = rest.get("p_holm", p) <= CLEAR
    floor = (p <= least * (1 + NEVER)) | (least > CLEAR) | p.isna()
    unclear = ~goes & ((p <= CLEAR) | floor)
    parts = {
        "goes_with": rest[goes], "unclear": rest[unclear], "free": rest[~goes & ~unclear],
        "balanced": rows[balanced & ~nested & ~tied], "nested": rows[nested],
    }  # fmt: skip
    numbers = {part: [str(column) for column in held["column"]] for part, held in parts.items()}
    outcome = Outcome.HOLDS
    if numbers["goes_with"]:
        outcome = Outcome.FAILS
    elif numbers["unclear"]:
        outcome = Outcome.UNDECIDED
    columns = listed(map(spaced, numbers["goes_with"]))
    brief = f"{label} goes with {columns}" if numbers["goes_with"] else ""
    return Check(name, outcome, _design_sentence(basis, parts), name, numbers, brief)


def _design_sentence(basis: Basis, parts: dict[str, pd.DataFrame]) -> str:
    """Say of every column how it stands to the label."""
    label, named = spaced(basis.classes.label), {}
    noun, nouns = basis.classes.noun, basis.classes.nouns
    for part, rows in parts.items():
        shown = part in ("goes_with", "unclear", "free") and {"cramers_v", "p"} <= set(rows)
        words = [
            f"{spaced(row['column'])}" + (f" (V {row['cramers_v']:.2f}, p = {row['p']:.2g})" if shown else "")
            for row in rows.to_dict("records")
        ]
        named[part] = listed(words, MOST)
    said = {
        "goes_with": f"{capital(label)} goes with {named['goes_with']}: a model may tell that apart instead.",
        "balanced": f"Balanced: {label} cannot go with {named['balanced']}, since every {noun} has the "
        "same share of wells in each.",
        "free": f"No sign that {label} goes with {named['free']}.",
        "unclear": f"Undecided: whether {label} goes with {named['unclear']}; so few {nouns} allow no "
        "smaller p, or it does not hold for so many columns at once (Holm).",
        "nested": f"Nested: each {listed(map(spaced, parts['nested']['column']))} holds wells of one "
        f"{noun} only. That is no tie, but its differences cannot be told from those between "
        f"{nouns}.",
    }
    return " ".join(text for part, text in said.items() if len(parts[part]))


def _flag(rows: pd.DataFrame, name: str) -> "pd.Series[bool]":
    """Read a column of yes and no; nobody where it is not there."""
    if name not in rows:
        return pd.Series(False, index=rows.index)
    return rows[name].astype("boolean").fillna(False).astype(bool)
