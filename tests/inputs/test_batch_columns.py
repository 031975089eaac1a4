"""Columns that differ between wells, under whatever name: tied, nested, balanced, or without a sign of it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs.analysis.batches.design import design_check
from hcs.analysis.factors import factors
from hcs_plates.wells import FORMATS

N = 6
CLONES = [f"{kind}{number}" for kind in "pc" for number in range(N)]


def wells(plates: int = 3) -> pd.DataFrame:
    """Two wells of each of 6 + 6 clones on every plate, dealt at random."""
    rng = np.random.default_rng(4)
    parts = []
    for plate in range(plates):
        clones = rng.permutation(np.repeat(CLONES, 2))
        parts.append(pd.DataFrame({"plate": f"P{plate + 1}", "clone": clones}))
    table = pd.concat(parts, ignore_index=True)
    table["diagnosis"] = np.where(table["clone"].str[0] == "p", "ALS", "HC")
    return table.assign(donor="D" + table["clone"])


def by_clone(values: dict[str, Any]) -> Callable[[pd.DataFrame], pd.Series]:
    """A value of each clone."""
    return lambda table: table["clone"].map(values)


def by_label(als: object, control: object) -> Callable[[pd.DataFrame], pd.Series]:
    """A value of each label."""
    return lambda table: table["diagnosis"].map({"ALS": als, "HC": control})


HIGH = {clone: (30 if clone[0] == "p" else 14) + int(clone[1]) for clone in CLONES}
PAIRS = {clone: f"{clone[0]}{int(clone[1]) // 2}" for clone in CLONES}
TIED = [
    ("imaging_day", "batch", by_label(20240301, 20240302)),
    ("Imaging Day", "batch", by_label("2024-03-01", "2024-03-02")),
    ("Operator", "batch", by_label("AB", "CD")),
    ("microscope", "batch", by_label(1, 2)),
    ("lot no.", "batch", by_label("L7", "L9")),
    ("Metadata_Batch", "batch", by_label(1.0, 2.0)),
    ("x7", "batch", by_label("a", "b")),
    ("stain", "batch", by_label("old", "new")),
    ("differentiation_batch", "batch", by_clone(PAIRS)),
    ("incubator", "batch", by_clone({c: "shared" if c[0] == "c" else c for c in CLONES})),
    ("Passage", "property", by_clone(HIGH)),
    ("passage", "property", by_clone(HIGH)),
    ("age_at_biopsy", "property", by_clone(HIGH)),
    ("sex", "property", by_label("f", "m")),
    ("days in vitro", "batch", by_clone(HIGH)),
    ("thawed", "batch", by_clone({clone: f"2024-01-{day - 10:02d}" for clone, day in HIGH.items()})),
]
NESTED = [
    ("differentiation_batch", lambda table: "diff-" + table["clone"]),
    ("plate", lambda table: table["clone"] + table["plate"]),
]
BALANCED = [
    ("plate", lambda table: table["plate"]),
    ("hour", lambda table: table["plate"].str[1].astype(int)),
]
NO_SIGN = [
    ("thawing", by_clone({c: int(c[1]) % 2 for c in CLONES})),
    ("operator", by_clone({c: "AB"[int(c[1]) % 2] for c in CLONES})),
    ("passage", by_clone({c: 20 + (7 * k) % 12 for k, c in enumerate(CLONES)})),
    ("thawed", by_clone({c: f"2024-01-{10 + (7 * k) % 12}" for k, c in enumerate(CLONES)})),
    ("lot", lambda table: np.where(table.index % 5 < 2, "x", "y")),
]
NO_FACTOR = [
    ("clone_id", lambda table: table["clone"]),
    ("Patient", by_clone(PAIRS)),
    ("donor", by_clone(PAIRS)),
    ("Metadata_Donor_ID", by_clone(PAIRS)),
    ("alias", lambda table: "line " + table["clone"]),
    ("clone_number", by_clone({clone: number for number, clone in enumerate(CLONES)})),
    ("genotype", by_label("SOD1", "wild type")),
    ("role", by_label("sample", "negative_control")),
    ("comment", lambda table: "seen " + table.index.astype(str)),
    ("barcode of the well", lambda table: range(len(table))),
    ("all alike", lambda table: 7),
]  # fmt: skip


def row(column: str, made: Callable[[pd.DataFrame], Any]) -> tuple[pd.Series, tuple[str, ...]]:
    """What the check says of a column."""
    table = wells()
    found = design_check(table.assign(**{column: made(table)}), draws=199)
    return found.table.set_index("column").loc[column], found.sentences


@pytest.mark.parametrize(("column", "kind", "made"), TIED, ids=[one[0] for one in TIED])
def test_a_column_that_is_the_label_is_tied(column: str, kind: str, made: Callable[..., Any]) -> None:
    """Whatever it is called, and whether its values are text or numbers."""
    found, said = row(column, made)
    assert found["tied"]
    assert not found["nested"]
    assert not found["balanced"]
    assert found["kind"] == kind
    assert any(column.replace("_", " ") in one and "no analysis can separate them" in one for one in said)


@pytest.mark.parametrize(("column", "made"), NESTED, ids=[one[0] for one in NESTED])
def test_a_value_for_each_clone_alone_is_no_tie(column: str, made: Callable[..., Any]) -> None:
    """It tells the label without fail, as the clone does: told as nested."""
    found, said = row(column, made)
    assert found["nested"]
    assert not found["tied"]
    assert found["cramers_v"] == pytest.approx(1)
    assert sum(column.replace("_", " ") in one for one in said) == 1


@pytest.mark.parametrize(("column", "made"), BALANCED, ids=[one[0] for one in BALANCED])
def test_a_balanced_design_is_called_balanced(column: str, made: Callable[..., Any]) -> None:
    """Every clone has the same share of wells at every value."""
    found, said = row(column, made)
    assert found["balanced"]
    assert not found["tied"]
    assert not found["nested"]
    assert found["cramers_v"] == pytest.approx(0, abs=1e-9)
    assert any("balanced" in one and f"{column}s" in one.lower() for one in said)


@pytest.mark.parametrize(("column", "made"), NO_SIGN, ids=[one[0] for one in NO_SIGN])
def test_a_column_dealt_over_the_labels_raises_no_alarm(column: str, made: Callable[..., Any]) -> None:
    """It is held against the label, and nothing is found."""
    found, _ = row(column, made)
    assert not found[["tied", "nested", "balanced"]].any()
    assert found["p"] > 0.05


@pytest.mark.parametrize(("column", "made"), NO_FACTOR, ids=[one[0] for one in NO_FACTOR])
def test_names_and_notes_are_not_held_against_the_label(column: str, made: Callable[..., Any]) -> None:
    """Clones under another name, other words for the label, notes and numbers of wells, one value."""
    table = wells()
    assert column not in [one.name for one in factors(table.assign(**{column: made(table)}))]


@pytest.mark.parametrize(
    ("used", "told", "known"),
    [
        (["C03", "H12"], None, False),
        (["B02", "G11"], None, False),
        (["A01", "H11"], None, False),
        (["A01", "H12"], None, True),
        (["A12", "H01"], None, True),
        (["C03", "H12"], 384, True),
        (["B02", "G11"], 96, True),
        (["A01", "P24"], None, True),
        (["A01", "O24"], None, False),
        (["A01", "C04"], None, False),
        (["A01", "B03"], None, False),
        (["A01", "D06"], 24, True),
    ],
)
def test_no_well_is_at_an_edge_by_a_guess(used: list[str], told: int | None, *, known: bool) -> None:
    """The last column used need not be the plate's last: without a format there is no edge."""
    table = pd.DataFrame({"clone": list("abcd"), "diagnosis": list("xxyy"), "well": used * 2})
    found = factors(table, plate_format=None if told is None else FORMATS[told])
    assert ("edge" in [one.name for one in found]) == known
