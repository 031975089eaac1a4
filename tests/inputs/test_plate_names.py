"""Which plate a row stands on, what n counts, and which format plates have: kept apart, told, or refused."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from hcs.findings.from_table.evidence import table_evidence
from hcs.findings.from_table.plates import plates_apart, table_format
from hcs.findings.from_table.rows import table_rows
from hcs.tables.spec import TableSpec
from hcs_plates.errors import ArgumentError

SPEC = TableSpec("diagnosis", "ALS", "HC")
INNER = [f"{row}{column:02d}" for row in "CDEF" for column in range(3, 9)]
Change = Callable[[pd.DataFrame], pd.DataFrame]


def layout(**columns: object) -> pd.DataFrame:
    """Three plates with a well of each of 4 + 4 clones, the same layout on each."""
    rng = np.random.default_rng(1)
    rows = [
        (f"{plate}", INNER[place], f"{'pc'[place % 2]}{place // 2}") for plate in "123" for place in range(8)
    ]
    table = pd.DataFrame(rows, columns=["plate", "well", "clone"])
    table["diagnosis"] = np.where(table["clone"].str[0] == "p", "ALS", "HC")
    table[["f1", "f2"]] = rng.normal(0, 1, (len(table), 2))
    return table.assign(**columns)


def twice(name: str, one: object, other: object) -> pd.DataFrame:
    """The same plate names in two batches."""
    second = layout()
    second[["f1", "f2"]] += 1.5
    return pd.concat([layout(**{name: one}), second.assign(**{name: other})], ignore_index=True)


APART = [
    ("differentiation_batch", twice("differentiation_batch", "2024-03-01", "2024-06-01"), 6),
    ("numbers of batches", twice("differentiation_batch", 1, 2), 6),
    ("measurement", twice("Measurement", "m1", "m2"), 6),
    ("barcode", twice("Barcode", "A7", "B9"), 6),
    ("run", twice("run", 1, 2), 6),
    ("Metadata_Batch", twice("Metadata_Batch", "x", "y"), 6),
    ("imaging date", twice("imaging date", "1 March", "2 March"), 6),
    ("experiment", twice("Experiment Name", "E1", "E2"), 6),
    ("screen", twice("screen", "S1", "S2"), 6),
    ("one of three repeats", twice("run", 1, 2)[lambda rows: (rows["plate"] == "1") | (rows["run"] == 1)], 4),
    ("names with a prefix", layout().replace({"plate": {"2": "P2", "3": "plate 3"}}), 3),
    ("one batch", layout(differentiation_batch="b1"), 3),
    ("batches of plates", layout(differentiation_batch=["b1"] * 8 + ["b2"] * 16), 3),
    ("batches within plates", layout(differentiation_batch=["b1", "b2"] * 12), 3),
]


@pytest.mark.parametrize(("table", "n"), [one[1:] for one in APART], ids=[one[0] for one in APART])
def test_plates_of_one_name_are_kept_apart(table: pd.DataFrame, n: int) -> None:
    """As many plates as there are, one row of each well on each, and a sentence where names were repeated."""
    found = table_rows(table, SPEC)
    assert found.rows["plate"].nunique() == n
    assert not found.rows.duplicated(["plate", "well"]).any()
    assert any("plate name" in said for said in found.notices) == (n not in (3,))


def test_repeated_plates_give_the_scores_of_plates_with_names_of_their_own() -> None:
    """Named anew by hand, every well has the score that it has when plates are told apart."""
    table = twice("differentiation_batch", "a", "b")
    named = table.assign(plate=table["differentiation_batch"] + table["plate"])
    one, other = (table_evidence(rows, SPEC)[0].predictions for rows in (table, named))
    keys = ["differentiation_batch", "well", "group", "probability"]
    pd.testing.assert_frame_equal(
        one.sort_values(keys)[["well", "group", "probability"]].reset_index(drop=True),
        other.sort_values(keys)[["well", "group", "probability"]].reset_index(drop=True),
    )


REFUSED: list[tuple[str, pd.DataFrame, str]] = [
    (
        "two clones in a well",
        pd.concat([layout(), layout(clone=layout()["clone"] + "x")]),
        "2 values of 'clone'",
    ),
    ("two labels in a well", pd.concat([layout(), layout(diagnosis="ALS")]), "2 values of 'diagnosis'"),
    ("two donors of a clone", layout(donor=["d1", *["d2"] * 23]), "donor"),
]


@pytest.mark.parametrize(("table", "said"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_what_cannot_be_told_apart_is_refused(table: pd.DataFrame, said: str) -> None:
    """No column says that they are two plates, or two persons: the cause and the remedy."""
    with pytest.raises(ArgumentError) as refused:
        table_rows(table.reset_index(drop=True), SPEC)
    assert said in refused.value.message


def test_rows_that_nothing_tells_apart_are_told() -> None:
    """Two rows a well without a field: fields of one well, or wells of two plates."""
    rows, said = plates_apart(pd.concat([layout(), layout()], ignore_index=True), "plate")
    assert rows["plate"].nunique() == 3
    assert any("24 wells have up to 2 rows" in one for one in said)
    fields = pd.concat([layout(Field=1), layout(Field=2)], ignore_index=True)
    assert plates_apart(fields, "plate")[1] == ()


DONORS = layout()["clone"].str[0] + (layout()["clone"].str[1:].astype(int) // 2).astype(str)
PAIRS = "d" + layout()["clone"].str[1:]
UNITS: list[tuple[str, pd.DataFrame, str, int]] = [
    ("donor", layout(donor=DONORS), "donor", 4),
    ("Donor", layout(Donor=DONORS), "donor", 4),
    ("Metadata_donor", layout(Metadata_donor=DONORS), "donor", 4),
    ("Donor ID", layout(**{"Donor ID": DONORS}), "donor", 4),
    ("patient_id", layout(patient_id=DONORS), "donor", 4),
    ("Subject", layout(Subject=DONORS), "donor", 4),
    ("isogenic pairs", layout(donor=PAIRS), "donor", 4),
    ("a donor for each clone", layout(donor="d" + layout()["clone"]), "clone", 8),
    ("some donors blank", layout(donor=DONORS.where(DONORS != "p0", None)), "donor", 5),
    ("all of one donor", layout(donor="d"), "clone", 8),
    ("no donor", layout(), "clone", 8),
    ("donors alone", layout(donor=DONORS).drop(columns="clone"), "donor", 4),
]


@pytest.mark.parametrize(("table", "unit", "n"), [one[1:] for one in UNITS], ids=[one[0] for one in UNITS])
def test_donors_are_what_n_counts(table: pd.DataFrame, unit: str, n: int) -> None:
    """Where a donor gave several clones, none of it is trained on where it is tested."""
    found, _ = table_evidence(table, SPEC)
    assert found.classes.noun == unit
    assert found.wells["group"].nunique() == n
    for _, part in found.splits.groupby("set"):
        sides = part.groupby("part")["group"].agg(set)
        assert not sides["train"] & sides["test"]


def test_clones_that_share_donors_are_not_counted_apart() -> None:
    """Asked for by name, they are refused with the remedy."""
    spec = TableSpec("diagnosis", "ALS", "HC", group="clone")
    with pytest.raises(ArgumentError, match="--group donor"):
        table_rows(layout(donor=DONORS), spec)
    assert (
        table_rows(layout(donor=DONORS), TableSpec("diagnosis", "ALS", "HC", group="donor")).unit == "donor"
    )


@pytest.mark.parametrize(
    ("wells", "size", "known"),
    [
        (INNER, None, None),
        ([*INNER, "H12"], None, None),
        (["A01", "H12"], None, 96),
        (["A01", "H12", "B03"], 384, 384),
        (["A01", "P24"], None, 384),
        (["B02", "O23"], None, None),
        (["A01", "D06"], None, None),
        (["A01", "D06"], 24, 24),
        (["A01", "B03"], 96, 96),
        (["A01", "AF48"], None, 1536),
        (["AA47"], None, None),
    ],
)
def test_a_format_is_known_or_not(wells: list[str], size: int | None, known: int | None) -> None:
    """The smallest that has all wells is for drawing; no well is at the edge of it."""
    found = table_format(pd.DataFrame({"plate": "P", "well": wells}), size)
    assert (found.size if found else None) == known
    with pytest.raises(ArgumentError, match="No plate has 95 wells"):
        table_format(pd.DataFrame({"plate": "P", "well": wells}), 95)


@pytest.mark.parametrize(
    ("change", "rows", "wells"),
    [
        (lambda table: table["plate"] == "2", 16, 8),
        (lambda table: table["well"] == "C03", 21, 3),
        (lambda table: table["clone"] == "p0", 21, 3),
        (lambda table: table.index == 5, 23, 1),
        (lambda table: table.index < 0, 24, 0),
    ],
    ids=["a plate", "a place", "a clone", "a well", "none"],
)
def test_what_was_not_measured_has_no_score(change: Change, rows: int, wells: int) -> None:
    """Wells without a feature, or with infinite ones only, are listed and take no part."""
    table = layout()
    table.loc[change(table), "f1"] = np.nan
    table.loc[change(table), "f2"] = np.inf
    found, _ = table_evidence(table, SPEC)
    assert len(found.predictions) == rows
    lost = [where for what, where, _ in found.left_out if what == "well"]
    assert sorted(lost) == sorted((table["plate"] + "/" + table["well"])[change(table)])
    assert len(lost) == wells
    assert any("no measured feature" in one for one in found.notices) == bool(wells)


def test_nothing_measured_at_all_is_refused() -> None:
    """There is no score to give."""
    with pytest.raises(ArgumentError, match="can be a measurement"):
        table_rows(layout(f1=np.nan, f2=np.nan), SPEC)
    asked = TableSpec("diagnosis", "ALS", "HC", features=("f1",))
    with pytest.raises(ArgumentError, match="No row has a measured feature"):
        table_rows(layout(f1=np.nan), asked)
