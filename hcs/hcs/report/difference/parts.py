"""Two studies part by part: what either has, A's value beside B's, in one shape of table for every part."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from hcs.report.difference.sides import StudySide
from hcs.report.record import flat
from hcs.wording import spaced
from hcs_plates.protocol import Protocol

DIGESTS = {
    "features_digest": "the features' digest",
    "inputs": "the digest of features, measurements and tiles",
}
"""Entries of the record that follow from others, and what they are."""
ELSEWHERE = (
    "config", "seeds", "plates", "tiles", "source", "notices", "audit", "confounding", "design", "files",
    "begun", "finished",
)  # fmt: skip
"""Entries of the record that are other parts, or words on them."""
DERIVED = ("positive", "label", "group", "row", "column")
"""Columns of the wells table that follow from the settings or from the well's name."""


@dataclass(frozen=True)
class Part:
    """Something that studies can differ in.

    Parameters
    ----------
    title
        What it is called.
    thing
        One entry of it, in the singular; heading of its table.
    absent
        What stands where one study has no such entry.
    read
        Text of every entry of a study, by its name.
    """

    title: str
    thing: str
    absent: str
    read: Callable[[StudySide], Mapping[str, str]]


def beside(part: Part, a: StudySide, b: StudySide) -> pd.DataFrame:
    """Hold two studies' entries against each other.

    Returns
    -------
    DataFrame
        the part's `thing`, a, b, same.
    """
    one, other = part.read(a), part.read(b)
    rows = [
        (name, one.get(name, part.absent), other.get(name, part.absent))
        for name in dict.fromkeys([*one, *other])
    ]
    table = pd.DataFrame(rows, columns=[part.thing, "a", "b"])
    return table.assign(same=table["a"] == table["b"])


def _plates(side: StudySide) -> dict[str, str]:
    return {name: str(one.get("digest")) for name, one in side.facts.record.get("plates", {}).items()}


def _settings(side: StudySide) -> dict[str, str]:
    record = side.facts.record
    return flat(record.get("config", {})) | flat(record.get("seeds", {}), "seeds")


def _provenance(side: StudySide) -> dict[str, str]:
    kept = {
        name: value
        for name, value in side.facts.record.items()
        if name not in ELSEWHERE and not name.startswith("durations")
    }
    return flat(kept)


def _protocols(side: StudySide) -> dict[str, str]:
    """Give what protocol and export state of every plate, by the plate's name and theirs."""
    said: dict[str, str] = {}
    for plate, kept in side.facts.record.get("plates", {}).items():
        protocol = Protocol.model_validate(kept.get("protocol") or {}).stated()
        exported = {f"{spaced(name)} (export)": str(one) for name, one in kept.get("imaged_with", {}).items()}
        said |= {f"{plate}: {name}": one for name, one in {**exported, **protocol}.items()}
    return said


def _groups(side: StudySide) -> dict[str, str]:
    """Label of every group of the two classes."""
    wells = side.facts.wells
    if wells.empty:
        return {}
    classed = wells[wells["label"].isin(side.facts.classes.both) & wells["group"].notna()]
    labels = classed["label"].groupby(classed["group"].astype(str))
    return dict(labels.agg(lambda values: " and ".join(sorted(set(values)))))


def _left_out(side: StudySide) -> dict[str, str]:
    """Reasons why something took no part; those of wells stand with the wells."""
    rows = side.facts.left_out
    if rows.empty:
        return {}
    rows = rows[rows["what"] != "well"]
    named = rows["what"].astype(str) + " " + rows["where"].astype(str)
    return dict(zip(named, rows["reason"].astype(str), strict=True))


def _sets(side: StudySide) -> dict[str, str]:
    """Name the groups of every set's parts; what a set holds out besides its groups belongs to them."""
    splits = side.facts.splits
    if splits.empty:
        return {}
    named = splits["group"].astype(str)
    if "held_out" in splits:
        without = splits["held_out"].fillna("").astype(str)
        named = named.where(without == "", named + " (" + without + " held out)")
    parts = named.groupby([splits["set"], splits["part"].astype(str)])
    listed = parts.agg(lambda names: ", ".join(sorted(set(names))))
    return {
        str(number): "; ".join(f"{part}: {names}" for (_, part), names in rows.items())
        for number, rows in listed.groupby(level=0)
    }


def _analyses(side: StudySide) -> dict[str, str]:
    """Everything that every analysis says, or why it was not made."""
    kept = side.facts.analysed
    if kept is None:
        return {}
    said = {spaced(name): one.summary for name, one in kept.findings.items()}
    return said | {spaced(name): f"not made: {why}" for name, why in kept.left_out.items()}


PARTS = {
    "settings": Part("Settings and seeds", "setting", "not recorded", _settings),
    "provenance": Part("What the numbers were made with", "entry", "not recorded", _provenance),
    "plates": Part("Plates, by the digest of their pixels", "plate", "not there", _plates),
    "protocols": Part(
        "Protocols of the plates, and what their exports say", "entry", "not stated", _protocols
    ),
    "groups": Part("Who took part", "group", "took no part", _groups),
    "left_out": Part("What was left out", "entry", "not left out", _left_out),
    "sets": Part("Sets", "set", "no such set", _sets),
    "analyses": Part("Analyses", "analysis", "not made", _analyses),
}
"""Parts by name, in the order they are shown."""


def compare_wells(a: StudySide, b: StudySide) -> pd.DataFrame:
    """Every change of a well on the plates that both have: whether it took part, and its platemap.

    Returns
    -------
    DataFrame
        plate, well, what (``took part`` or a column of the platemap), a, b.
    """
    keys = ["plate", "well", "what"]
    if a.facts.wells.empty or b.facts.wells.empty:
        return pd.DataFrame(columns=[*keys, "a", "b"])
    wells = [side.facts.wells.astype({"plate": str, "well": str}) for side in (a, b)]
    shared = [name for name in wells[0] if name in wells[1] and name not in (*DERIVED, "plate", "well")]
    plates = set(_plates(a)) & set(_plates(b))
    told = []
    for table in wells:
        here = table[table["plate"].isin(plates)].assign(**{"took part": "yes"})
        long = here.melt(["plate", "well"], ["took part", *shared], "what").set_index(keys)["value"]
        told.append(long.map(_text))
    found = pd.concat(told, axis=1, keys=["a", "b"]).reset_index()
    both = found["a"].notna() & found["b"].notna()
    found = found[(both & (found["a"] != found["b"])) | (~both & (found["what"] == "took part"))]
    places = found["plate"] + "/" + found["well"]
    for side, column in ((a, "a"), (b, "b")):
        why = _reasons(side)
        reasons = [f"no: {why.get(place, 'no reason kept')}" for place in places]
        found[column] = found[column].where(found[column].notna(), reasons)
    return found.sort_values(["plate", "well"], kind="stable", ignore_index=True)


def _text(value: object) -> str:
    """Write a value of the platemap; 3 and 3.0 are the same."""
    if pd.isna(value):
        return "–"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _reasons(side: StudySide) -> dict[str, str]:
    """Why wells were left out, by ``plate/well``."""
    rows = side.facts.left_out
    if rows.empty:
        return {}
    wells = rows[rows["what"] == "well"]
    return dict(zip(wells["where"].astype(str), wells["reason"].astype(str), strict=True))
