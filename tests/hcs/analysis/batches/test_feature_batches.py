"""Features that batches move: shares by an analysis of variance, planted shifts, designs that cannot tell."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs.analysis.batches.feature_batches import feature_batches
from hcs_plates.errors import ArgumentError

NAMES = [f"f{at}" for at in range(6)]


def study(n: int = 12, batches: int = 2, *, nested: bool = False, seed: int = 0) -> pd.DataFrame:
    """Clones in every batch (a plate each), or in one by turns; f0 goes by batch, f1 by label."""
    rng = np.random.default_rng(seed)
    own = rng.normal(size=(n, len(NAMES)))
    rows = []
    for clone in range(n):
        for batch in [clone // 2 % batches] if nested else range(batches):
            for at in range(2):
                values = own[clone] + rng.normal(size=len(NAMES))
                values[0] += 5.0 * batch
                values[1] += 5.0 * (clone % 2)
                well = f"{'ABCDEFGHIJKLMNOP'[clone]}{at + 1:02d}"
                rows.append((f"c{clone:02d}", "xy"[clone % 2], f"P{batch}", well, f"b{batch}", *values))
    columns = ["group", "label", "plate", "well", "differentiation_batch", *NAMES]
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.parametrize("nested", [False, True])
def test_a_planted_batch_is_found_and_no_other_feature(nested: bool) -> None:
    """Clones in all batches, or each in one; the label's feature is not taken for the batch's."""
    found = feature_batches(study(16, nested=nested), NAMES, permutations=499)
    assert found.moved()["feature"].tolist() == ["f0"]
    rows = found.table.set_index("feature")
    assert rows.loc["f0", "batch_driven"]
    assert not rows.loc["f1", "batch_driven"]
    assert rows.loc["f1", "diagnosis_share"] > 0.5 > 0.1 > rows.loc["f0", "diagnosis_share"]
    assert found.table["feature"].iloc[0] == "f0"
    assert found.headline().startswith(
        "1 of 6 features differs between differentiation batches beyond chance"
    )
    assert found.summary().startswith(found.headline())
    assert (len(found.headline().split()) <= 30, len(found.summary().split()) <= 120) == (True, True)
    assert len(found.plot())


def test_shares_are_those_of_an_analysis_of_variance() -> None:
    """Of all wells' sum of squares between batches, clones' means taken off, less the mean of permutations.

    In a balanced design the mean over all exchanges of a clone's wells is that of the degrees of freedom.
    """
    table = study()
    found = feature_batches(table, NAMES, permutations=4999).table.set_index("feature")
    for name in NAMES:
        values = table[name].to_numpy()
        total = ((values - values.mean()) ** 2).sum()
        left = values - table.groupby("group")[name].transform("mean").to_numpy()
        means = pd.Series(left).groupby(table["differentiation_batch"]).transform("mean")
        # 12 clones of four wells: 36 degrees of freedom within clones, of which one is the batch's.
        chance = (left**2).sum() / 36
        share = ((means**2).sum() - chance) / total
        assert found.loc[name, "batch_share"] == pytest.approx(share, abs=0.004)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (study().assign(differentiation_batch="b"), "there is one only"),
        (
            study().assign(differentiation_batch=lambda rows: rows["label"]),
            "label is confounded with differentiation batch",
        ),
        (study(4, nested=True), "cannot be known with 4 clones"),
    ],
)
def test_designs_that_cannot_tell_are_said(table: pd.DataFrame, said: str) -> None:
    """In words, with no feature called."""
    found = feature_batches(table, NAMES)
    assert said in found.summary()
    assert found.moved().empty or found.smallest_p > 0.05
    assert "nan" not in found.summary()
    assert len(found.plot())


def test_tiles_are_wells_and_scale_does_not_matter() -> None:
    """Rows of one well are averaged; a feature in other units has the same share; a copy is left out."""
    table = study()
    one = feature_batches(table, NAMES, permutations=99)
    change = {name: 1e-9 * table[name] + 5 for name in NAMES}
    both = pd.concat([table.assign(**change)] * 2, ignore_index=True).assign(copy=lambda rows: -rows["f2"])
    two = feature_batches(both, [*NAMES, "copy"], permutations=99)
    pd.testing.assert_frame_equal(one.table, two.table, rtol=1e-4)
    assert two.left_out["reason"].tolist() == ["collinear with f2"]


def test_bad_arguments_are_refused() -> None:
    """One column for two things, one that is not there, no permutations."""
    asked: list[tuple[dict[str, Any], str]] = [
        ({"batch": "label"}, "must be four columns"),
        ({"batch": "day"}, "no column 'day'"),
        ({"permutations": 0}, "permutations is 0"),
    ]
    for words, wanted in asked:
        with pytest.raises(ArgumentError, match=wanted):
            feature_batches(study(), NAMES, **words)
