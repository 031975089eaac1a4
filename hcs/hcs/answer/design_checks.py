"""Checks of the design: what the label is confounded with, and who is on both sides of a set."""

import pandas as pd

from hcs.answer.basis import Basis
from hcs.answer.check import Check, Outcome
from hcs.statistics.pvalues import ALPHA
from hcs.wording import are, capital, counted, listed, spaced

NEVER = 1e-9
"""V of a column whose values hold the same share of every group."""
MOST = 12


def sides_check(basis: Basis) -> Check:
    """Whether a group stands in more than one part of a set."""
    name, table = "sides", "splits"
    if not {"set", "part", "group"} <= set(basis.splits):
        said = (
            f"It is not known whether a {basis.classes.noun} was both trained on and tested: the table of "
            "splits is missing."
        )
        return Check(name, Outcome.NOT_KNOWN, said, table)
    shared = leaking(basis.splits)
    n_sets = int(basis.splits["set"].nunique())
    numbers = {"n_sets": n_sets, "n_shared": len(shared)}
    if shared.empty:
        said = f"No {basis.classes.noun} is in two parts of any of {counted(n_sets, 'set')}."
        return Check(name, Outcome.HOLDS, said, table, numbers)
    first = shared.iloc[0]
    said = (
        f"Leak: {basis.classes.noun} {first['group']} is in {first['parts']} of set {first['set']} "
        f"({counted(len(shared), 'such case')}). The numbers cannot be trusted."
    )
    brief = f"{basis.classes.nouns} are in more than one part of a set"
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
        said = "It is not known whether a donor was both trained on and tested: a table is missing."
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
            f"Each donor gave one {basis.classes.noun}."
            if n_groups == n_donors
            else f"{come}; no donor is on both sides of a set."
        )
        return Check(name, Outcome.HOLDS, said, table, numbers)
    first, number = next(iter(shared.items()))
    said = (
        f"{counted(len(shared), 'donor')} {are(len(shared))} on both sides of a set (first: {first} in set "
        f"{number}): a model may recognise the donor, and n is at most {counted(n_donors, 'donor')}."
    )
    brief = f"{basis.classes.nouns} of one donor are on both sides of a set"
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
            f"It is not known whether {label} is confounded with a batch, a property or a position: the "
            "table of the design check is missing."
        )
        return Check(name, Outcome.NOT_KNOWN, said, table)
    tied = [str(column) for column in rows.loc[_flag(rows, "tied") & ~_flag(rows, "nested"), "column"]]
    looked = [str(column) for column in rows["column"]] if len(rows) else []
    numbers = {"tied": tied, "looked_at": looked}
    if not tied:
        said = (
            f"{capital(label)} is fully confounded with none of {counted(len(looked), 'column')} looked at."
        )
        return Check(name, Outcome.HOLDS, said, table, numbers)
    brief = f"{label} is fully confounded with {listed(map(spaced, tied), MOST)}"
    said = f"{capital(brief)}: no score can tell one from the other, and no correction can separate them."
    return Check(name, Outcome.FAILS, said, table, numbers, brief)


def design_check(basis: Basis) -> Check:
    """Whether the label is associated with a column beside a full confounding; what is balanced or nested."""
    name, rows, label = "design", basis.associations, spaced(basis.classes.label)
    if rows.empty:
        if {"column", "tied"} <= set(basis.design):
            said = f"No column of the wells could be confounded with {label}."
            return Check(name, Outcome.HOLDS, said, name)
        return Check(name, Outcome.NOT_KNOWN, f"What {label} is confounded with is not known.", name)
    tied, nested = _flag(rows, "tied"), _flag(rows, "nested")
    nothing = pd.Series(1.0, index=rows.index)
    even = (rows.get("cramers_v", nothing) < NEVER) & (rows.get("chance_v", nothing) < NEVER)
    balanced = _flag(rows, "balanced") | _flag(rows, "even") | even
    rest = rows[~(tied & ~nested) & ~nested & ~balanced]
    p, least = (rest.get(column, pd.Series(float("nan"), index=rest.index)) for column in ("p", "smallest_p"))
    goes = rest.get("p_holm", p) <= ALPHA
    floor = (p <= least * (1 + NEVER)) | (least > ALPHA) | p.isna()
    unclear = ~goes & ((p <= ALPHA) | floor)
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
    brief = f"{label} is associated with {columns}" if numbers["goes_with"] else ""
    return Check(name, outcome, _design_sentence(basis, parts), name, numbers, brief)


def _design_sentence(basis: Basis, parts: dict[str, pd.DataFrame]) -> str:
    """Say of every column how it stands to the label."""
    label, nouns = spaced(basis.classes.label), basis.classes.nouns
    named = {part: listed(map(spaced, rows["column"]), MOST) for part, rows in parts.items()}
    said = {
        "goes_with": f"{capital(label)} is associated with {named['goes_with']}: a model may "
        "see that instead.",
        "unclear": f"Whether {label} is associated with {named['unclear']} cannot be known with so few "
        f"{nouns}.",
        "balanced": f"{capital(label)} is balanced over {named['balanced']}.",
        "free": f"No sign that {label} is associated with {named['free']}.",
        "nested": f"Each {listed(map(spaced, parts['nested']['column']))} holds one {basis.classes.noun} "
        "only: their differences cannot be separated.",
    }
    return " ".join(text for part, text in said.items() if len(parts[part]))


def _flag(rows: pd.DataFrame, name: str) -> "pd.Series[bool]":
    """Read a column of yes and no; nobody where it is not there."""
    if name not in rows:
        return pd.Series(False, index=rows.index)
    return rows[name].astype("boolean").fillna(False).astype(bool)
