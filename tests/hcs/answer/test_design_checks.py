"""Checks of the design: who stands on both sides, and what the label is one with, by name and number."""

import pandas as pd
import pytest

from hcs.answer.basis import Basis
from hcs.answer.check import Outcome
from hcs.answer.design_checks import design_check, donors_check, leaking, sides_check, tied_check
from hcs.tables.compared import Classes

SPLITS = pd.DataFrame(
    [(1, "train", "a"), (1, "validation", "b"), (1, "test", "c"), (2, "train", "c"), (2, "test", "a")],
    columns=["set", "part", "group"],
)


def basis(**tables: pd.DataFrame) -> Basis:
    """Tables of a study of clones."""
    return Basis(Classes("ALS", "control"), **tables)


@pytest.mark.parametrize(
    ("added", "found"),
    [
        ([], []),
        ([(1, "test", "a")], [{"set": 1, "group": "a", "parts": "test + train"}]),
        ([(1, "validation", "a")], [{"set": 1, "group": "a", "parts": "train + validation"}]),
        ([(1, "train", "a")], []),
        (
            [(2, "test", "c"), (2, "validation", "c")],
            [{"set": 2, "group": "c", "parts": "test + train + validation"}],
        ),
    ],
)
def test_groups_in_several_parts_are_named(
    added: list[tuple[int, str, str]], found: list[dict[str, object]]
) -> None:
    """Set, group and parts; several rows of one part are none."""
    splits = pd.concat([SPLITS, pd.DataFrame(added, columns=SPLITS.columns)], ignore_index=True)
    assert leaking(splits).to_dict("records") == found
    check = sides_check(basis(splits=splits))
    assert (check.outcome, check.numbers["n_shared"]) == (
        Outcome.FAILS if found else Outcome.HOLDS,
        len(found),
    )


@pytest.mark.parametrize(
    ("donors", "outcome", "n_shared"),
    [
        ({"a": "d1", "b": "d2", "c": "d3"}, Outcome.HOLDS, 0),
        ({"a": "d1", "b": "d1", "c": "d2"}, Outcome.HOLDS, 0),
        ({"a": "d1", "b": "d2", "c": "d1"}, Outcome.FAILS, 1),
        ({"a": "d1", "b": "d3", "c": "d3"}, Outcome.FAILS, 1),
        ({"a": "d1", "b": "d1", "c": "d1"}, Outcome.FAILS, 1),
        ({"a": None, "b": None, "c": None}, Outcome.NOT_ASKED, None),
        ({"a": "d1", "b": None, "c": None}, Outcome.HOLDS, 0),
    ],
)
def test_donors_of_tested_clones_are_in_no_other_part(
    donors: dict[str, str | None], outcome: Outcome, n_shared: int | None
) -> None:
    """Training and validation are both the other side; an unknown donor is nobody's."""
    wells = pd.DataFrame({"clone": list(donors), "donor": list(donors.values())})
    check = donors_check(basis(splits=SPLITS, wells=wells))
    assert check.outcome == outcome
    assert check.numbers.get("n_shared") == n_shared


def test_what_is_tied_stands_in_the_numbers() -> None:
    """Columns by name, those of the analysis before those of the run; nested ones are told and no tie."""
    rows = pd.DataFrame(
        {
            "column": ["plate", "lot", "day"],
            "tied": [True, True, False],
            "nested": [True, False, False],
            "cramers_v": [1.0, 1.0, 0.2],
            "p": [0.01, 0.01, 0.7],
            "smallest_p": 0.01,
        }
    )
    check = tied_check(basis(design=rows))
    assert check.numbers == {"tied": ["lot"], "looked_at": ["plate", "lot", "day"]}
    assert check.brief == "diagnosis is fully confounded with lot"
    beside = design_check(basis(design=rows))
    assert beside.numbers["nested"] == ["plate"]
    assert beside.numbers["free"] == ["day"]
    assert beside.outcome == Outcome.HOLDS
    assert "Each plate holds one clone only: their differences cannot be separated." in beside.sentence


def test_a_design_that_is_nearly_balanced_is_not_undecided() -> None:
    """A lost well leaves no arrangement with a small p: the design is good, and said to be."""
    row = {"column": "plate", "tied": False, "nested": False, "balanced": False, "even": True}
    rows = pd.DataFrame([row | {"cramers_v": 0.03, "chance_v": 0.05, "p": 1.0, "smallest_p": 0.6}])
    check = design_check(basis(design=rows))
    assert check.outcome == Outcome.HOLDS
    assert check.numbers["balanced"] == ["plate"]
