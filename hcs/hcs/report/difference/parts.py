"""Two studies part by part: plates, wells, clones, settings, software, sets and analyses.

Each function gives one tidy table with a row for every thing that either has, A's value beside B's.
"""

from collections.abc import Mapping

import pandas as pd

from hcs.report.difference.sides import StudySide, flat

NOT_RECORDED = "not recorded"
NOT_MADE = "not made"
SAME, OTHER = "same", "other"
ONLY = {"A": "only in A", "B": "only in B"}
BESIDE_PROVENANCE = (
    "config",
    "seeds",
    "plates",
    "tiles",
    "source",
    "notices",
    "audit",
    "confounding",
    "design",
    "files",
)
"""Entries of the record that stand elsewhere on the page, or are words on the others."""
DIGESTS = {
    "features_digest": "the features' digest",
    "inputs": "the digest of features, measurements and tiles",
}
"""Entries of the record that follow from others, and what they are."""
DERIVED = ("positive", "label", "group", "row", "column")
"""Columns of the wells table that follow from the settings or from the well's name."""


def compare_plates(a: StudySide, b: StudySide) -> pd.DataFrame:
    """Hold plates of one name against each other by the digest of their pixels.

    Returns
    -------
    DataFrame
        plate, pixels (same, other, only in A, only in B), digest_a, digest_b, wells_a, wells_b, tiles_a,
        tiles_b.
    """
    rows = []
    counts = {side.letter: (_per_plate(side.facts.wells), _per_plate(side.tiles)) for side in (a, b)}
    for name in dict.fromkeys([*a.plates, *b.plates]):
        digests = {side.letter: side.plates.get(name, {}).get("digest") for side in (a, b)}
        row: dict[str, object] = {"plate": name, "pixels": _status(name, a.plates, b.plates, "digest")}
        row |= {f"digest_{letter.lower()}": digest for letter, digest in digests.items()}
        for place, what in enumerate(("wells", "tiles")):
            row |= {
                f"{what}_{letter.lower()}": counted[place].get(name) for letter, counted in counts.items()
            }
        rows.append(row)
    columns = ["plate", "pixels", *(f"{what}_{one}" for what in ("digest", "wells", "tiles") for one in "ab")]
    table = pd.DataFrame(rows, columns=columns)
    whole = [f"{what}_{one}" for what in ("wells", "tiles") for one in "ab"]
    return table.astype(dict.fromkeys(whole, "Int64"))


def _per_plate(table: pd.DataFrame) -> dict[str, int]:
    return {} if table.empty else table["plate"].astype(str).value_counts().to_dict()


def _status(
    name: str, a: Mapping[str, Mapping[str, object]], b: Mapping[str, Mapping[str, object]], key: str
) -> str:
    if name not in b:
        return ONLY["A"]
    if name not in a:
        return ONLY["B"]
    return SAME if a[name].get(key) == b[name].get(key) else OTHER


def renamed_plates(plates: pd.DataFrame) -> list[tuple[str, str]]:
    """Pairs of plates with the same pixels under another name."""
    mine, theirs = (plates[plates["pixels"] == ONLY[letter]] for letter in "AB")
    joined = mine.merge(theirs, left_on="digest_a", right_on="digest_b").dropna(subset=["digest_a_x"])
    return list(zip(joined["plate_x"], joined["plate_y"], strict=True))


def compare_wells(a: StudySide, b: StudySide) -> pd.DataFrame:
    """Every change of a well on the plates that both have: whether it took part, and its platemap.

    Returns
    -------
    DataFrame
        plate, well, what (``took part`` or a column of the platemap), a, b.
    """
    columns = ["plate", "well", "what", "a", "b"]
    if a.facts.wells.empty or b.facts.wells.empty:
        return pd.DataFrame(columns=columns)
    one, other = _wells(a), _wells(b)
    why_a, why_b = _reasons(a), _reasons(b)
    rows: list[tuple[str, ...]] = []
    for plate, well in sorted(set(one.index) ^ set(other.index)):
        if plate in a.plates and plate in b.plates:
            said_a, said_b = (
                "yes" if (plate, well) in table.index else f"no: {why.get((plate, well), 'no reason kept')}"
                for table, why in ((one, why_a), (other, why_b))
            )
            rows.append((plate, well, "took part", said_a, said_b))
    both = one.index.intersection(other.index)
    for column in [name for name in one.columns if name in other.columns]:
        mine, theirs = (table.loc[both, column].map(_text) for table in (one, other))
        rows += [
            (plate, well, str(column), old, new)
            for (plate, well), old, new in zip(both, mine, theirs, strict=True)
            if old != new
        ]
    return pd.DataFrame(rows, columns=columns)


def _wells(side: StudySide) -> pd.DataFrame:
    """Wells by plate and name, with the platemap's columns."""
    wells = side.facts.wells
    keys = {name: wells[name].astype(str) for name in ("plate", "well")}
    kept = wells.assign(**keys).set_index(["plate", "well"])
    return kept.drop(columns=[name for name in DERIVED if name in kept])


def _text(value: object) -> str:
    """Write a value of the platemap; 3 and 3.0 are the same."""
    if pd.isna(value):
        return "–"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _reasons(side: StudySide) -> dict[tuple[str, str], str]:
    """Why wells were left out, by plate and well."""
    left_out = side.facts.left_out
    if left_out.empty:
        return {}
    wells = left_out[left_out["what"] == "well"]
    found = {}
    for where, reason in zip(wells["where"].astype(str), wells["reason"].astype(str), strict=True):
        plate, _, well = where.rpartition("/")
        found[plate, well] = reason
    return found


def compare_left_out(a: StudySide, b: StudySide) -> pd.DataFrame:
    """List what one left out and the other did not, or for another reason; wells stand in `compare_wells`.

    Returns
    -------
    DataFrame
        what, where, a, b (the reason; missing where it was not left out).
    """
    held = []
    for side in (a, b):
        table = side.facts.left_out
        kept = pd.DataFrame(columns=["what", "where", "reason"]) if table.empty else table
        held.append(kept[kept["what"] != "well"].set_index(["what", "where"])["reason"])
    table = pd.concat(held, axis=1, keys=["a", "b"]).reset_index()
    return table[table["a"].fillna("") != table["b"].fillna("")].reset_index(drop=True)


def compare_groups(a: StudySide, b: StudySide) -> pd.DataFrame:
    """Hold the groups (clones) that took part against each other, by their names.

    Returns
    -------
    DataFrame
        group, took_part (same, other label, only in A, only in B), label_a, label_b, wells_a, wells_b,
        tiles_a, tiles_b; the groups of the two classes.
    """
    sums = [_groups(side).add_suffix(f"_{side.letter.lower()}") for side in (a, b)]
    table = sums[0].join(sums[1], how="outer").reset_index(names="group")
    gone = {letter: table[f"label_{letter.lower()}"].isna() for letter in "AB"}
    status = pd.Series(SAME, index=table.index, dtype=object)
    status[table["label_a"] != table["label_b"]] = "other label"
    status[gone["B"]], status[gone["A"]] = ONLY["A"], ONLY["B"]
    table.insert(1, "took_part", status)
    order = ["label_a", "label_b", "wells_a", "wells_b", "tiles_a", "tiles_b"]
    return table[["group", "took_part", *order]].astype(dict.fromkeys(order[2:], "Int64"))


def _groups(side: StudySide) -> pd.DataFrame:
    """Labels in words, wells and tiles of every group of the two classes."""
    wells, tiles = side.facts.wells, side.tiles
    classes = [side.facts.classes.negative, side.facts.classes.positive]
    if wells.empty:
        return pd.DataFrame(columns=["label", "wells", "tiles"], index=pd.Index([], dtype=object))
    classed = wells[wells["label"].isin(classes) & wells["group"].notna()]
    by_group = classed.groupby(classed["group"].astype(str))
    counts = tiles["group"].dropna().astype(str).value_counts()
    table = pd.DataFrame(
        {
            "label": by_group["label"].agg(lambda values: " and ".join(sorted(set(values)))).astype(object),
            "wells": by_group.size(),
        }
    )
    return table.assign(tiles=counts.reindex(table.index) if len(tiles) else pd.NA)


def compare_settings(a: StudySide, b: StudySide) -> pd.DataFrame:
    """Hold every setting and seed against each other.

    Returns
    -------
    DataFrame
        setting (``section.name``), a, b, same.
    """
    values = [
        flat(side.facts.record.get("config", {})) | flat(side.facts.record.get("seeds", {}), "seeds")
        for side in (a, b)
    ]
    return _beside("setting", *values)


def compare_provenance(a: StudySide, b: StudySide) -> pd.DataFrame:
    """Hold against each other what the numbers were made with: software, weights, arithmetic, hardware.

    Returns
    -------
    DataFrame
        part, a, b, same; how long it took is no part of it.
    """
    values = [
        flat(
            {
                name: value
                for name, value in side.facts.record.items()
                if name not in BESIDE_PROVENANCE and not name.startswith("durations")
            }
        )
        for side in (a, b)
    ]
    return _beside("part", *values)


def _beside(name: str, a: Mapping[str, str], b: Mapping[str, str]) -> pd.DataFrame:
    rows = [
        (key, a.get(key, NOT_RECORDED), b.get(key, NOT_RECORDED), key in a and key in b and a[key] == b[key])
        for key in dict.fromkeys([*a, *b])
    ]
    return pd.DataFrame(rows, columns=[name, "a", "b", "same"]).astype({"same": bool})


def compare_sets(a: StudySide, b: StudySide) -> pd.DataFrame:
    """Hold sets of one number against each other.

    Returns
    -------
    DataFrame
        set, same (whether every group stands in the same part), test_a, test_b, validation_a, validation_b,
        train_a, train_b (names of groups).
    """
    parts = ("test", "validation", "train")
    columns = ["set", "same", *(f"{part}_{one}" for part in parts for one in "ab")]
    dealt = [_dealt(side.facts.splits) for side in (a, b)]
    rows = []
    for number in sorted(set(dealt[0]) | set(dealt[1])):
        held = [one.get(number, {}) for one in dealt]
        named = [", ".join(sorted(one.get(part, ()))) or "–" for part in parts for one in held]
        rows.append((number, held[0] == held[1], *named))
    return pd.DataFrame(rows, columns=columns).astype({"same": bool})


def _dealt(splits: pd.DataFrame) -> dict[int, dict[str, frozenset[str]]]:
    """Gather groups by set and part; what a set holds out besides its groups belongs to them."""
    if splits.empty:
        return {}
    named = splits["group"].astype(str)
    if "held_out" in splits:
        without = splits["held_out"].fillna("").astype(str)
        named = named.where(without == "", named + " (" + without + " held out)")
    found: dict[int, dict[str, frozenset[str]]] = {}
    for (number, part), rows in named.groupby([splits["set"], splits["part"].astype(str)]):
        found.setdefault(int(number), {})[str(part)] = frozenset(rows)
    return found


def compare_analyses(a: StudySide, b: StudySide) -> pd.DataFrame:
    """Hold the sentences of analyses against each other.

    Returns
    -------
    DataFrame
        analysis, words (same, other, only in A, only in B), a, b (the summary, or why there is none).
    """
    said = [_said(side) for side in (a, b)]
    made = [set(side.analyses.get("findings", {})) for side in (a, b)]
    rows = []
    for name in dict.fromkeys([*said[0], *said[1]]):
        one, other = (words.get(name, NOT_MADE) for words in said)
        status = SAME if one == other else OTHER
        for held in (said, made):
            if (name in held[0]) != (name in held[1]):
                status = ONLY["A" if name in held[0] else "B"]
        rows.append((name, status, one, other))
    return pd.DataFrame(rows, columns=["analysis", "words", "a", "b"])


def _said(side: StudySide) -> dict[str, str]:
    """Summary of every analysis, or why it was not made."""
    found = {name: str(one.get("summary", "")) for name, one in side.analyses.get("findings", {}).items()}
    left_out = side.analyses.get("left_out", {})
    return found | {name: f"{NOT_MADE}: {reason}" for name, reason in left_out.items()}
