"""The design check: what is tied to the label is said in words, and what is not is left in peace."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hcs_models.ties import confounding


def wells(n: int = 10, **columns: Any) -> pd.DataFrame:
    """One well of each of 2n clones."""
    table = pd.DataFrame({"clone": [f"{kind}{k}" for kind in "ac" for k in range(n)]})
    table["diagnosis"] = ["ALS"] * n + ["control"] * n
    return table.assign(**columns)


def test_tied_columns_are_named() -> None:
    """Every patient in one batch and every control in another: nothing can separate them."""
    found = confounding(wells(differentiation_batch=["B2"] * 10 + ["B1"] * 10))
    row = found.table.iloc[0]
    assert row["tied"]
    assert row["cramers_v"] == pytest.approx(1)
    assert found.sentences == (
        "diagnosis and differentiation batch are the same thing: every ALS clone is in B2 and every control "
        "clone is in B1; no analysis of these wells can separate them.",
    )


def test_tied_by_several_values() -> None:
    """Three batches of patients and two of controls are tied just the same."""
    batches = [f"b{k % 3}" for k in range(10)] + [f"d{k % 2}" for k in range(10)]
    found = confounding(wells(differentiation_batch=batches))
    assert found.table["tied"].tolist() == [True]
    assert "every ALS clone is in b0, b1, b2" in found.sentences[0]


def test_strength_is_cramer_s() -> None:
    """With whole clones V is scipy's, and p lies near Fisher's exact one-sided."""
    plates = ["1"] * 8 + ["2"] * 2 + ["1"] * 3 + ["2"] * 7
    found = confounding(wells(plate=plates)).table.iloc[0]
    counts = np.array([[8, 2], [3, 7]])
    assert found["cramers_v"] == pytest.approx(stats.contingency.association(counts, method="cramer"))
    two_sided = stats.fisher_exact(counts).pvalue
    assert found["p"] == pytest.approx(two_sided, abs=0.04)
    assert found["smallest_p"] == pytest.approx(1 / 1000)


def test_a_clone_counts_once() -> None:
    """Imaging a clone in a hundred wells adds no evidence; a clone over both plates counts half on each."""
    once = wells(plate=["1"] * 8 + ["2"] * 2 + ["1"] * 3 + ["2"] * 7)
    often = pd.concat([once, *[once[once["clone"] == "a0"]] * 100])
    pd.testing.assert_frame_equal(confounding(once).table, confounding(often).table)
    everywhere = pd.concat([wells(plate=["1"] * 20), wells(plate=["2"] * 20)])
    assert confounding(everywhere).table["cramers_v"].tolist() == pytest.approx([0.0])


def test_balanced_columns_are_said_to_be() -> None:
    """No sign, with V and p; many different numbers are taken by quarters."""
    found = confounding(wells(plate=["1", "2"] * 10, passage=[20.0 + k for k in range(10)] * 2))
    assert len(found.sentences) == 1
    assert found.sentences[0].startswith(
        "No sign that diagnosis goes with plate (V 0.00, p = 1), passage (V "
    )
    assert found.table.set_index("column").loc["passage", "n_values"] == 4


def test_the_null_is_calibrated() -> None:
    """With labels dealt at random, p is below 0.05 about one time in twenty."""
    rng = np.random.default_rng(0)
    low = 0
    for number in range(60):
        table = wells(8, plate=rng.choice(["1", "2", "3"], 16).tolist())
        low += bool((confounding(table, seed=number).table["p"] <= 0.05).any())
    assert low <= 9


@pytest.mark.parametrize(
    "columns",
    [{}, {"plate": ["1"] * 20}, {"plate": [None] * 20}, {"passage": [float("nan")] * 20}],
    ids=["none", "one value", "empty", "unknown"],
)
def test_nothing_to_compare(columns: dict[str, Any]) -> None:
    """Columns that are absent, empty or of one value say nothing."""
    found = confounding(wells(**columns))
    assert found.table.empty
    assert found.sentences == ()


def test_gaps_and_groups_with_both_labels() -> None:
    """Wells without a value are left out of that column; rows that hold both labels count once per label."""
    assert confounding(wells(plate=["1", None] * 10)).table.empty
    both = pd.DataFrame({"group": list("ABCABC"), "label": list("pppnnn"), "plate": list("111222")})
    assert confounding(both).table["tied"].tolist() == [True]
