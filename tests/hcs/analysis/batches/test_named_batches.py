"""Batches given as numbers: 1.0, 1 and "1" are one batch in every analysis."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from hcs.analysis.batches.baselines import pixel_free_baselines
from hcs.analysis.batches.correction import correction_effect
from hcs.analysis.batches.design import design_check
from hcs.analysis.batches.mixing import batch_mixing
from hcs.analysis.batches.probes import shortcut_probes
from hcs.analysis.batches.transfer import batch_transfer
from hcs.analysis.clones.variance import variance_components
from hcs.statistics.scaling import BatchScaler

Array = npt.NDArray[np.float64]
WELLS = pd.DataFrame(
    [
        (f"c{clone:02d}", f"P{well}", f"B{clone + 1:02d}", clone % 2, clone // 2 % 3 + 9)
        for clone in range(12)
        for well in range(2)
    ],
    columns=["group", "plate", "well", "label", "run"],
)
VALUES = np.random.default_rng(0).normal(size=(24, 4)) + WELLS[["run"]].to_numpy()

ASKED: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "design": lambda wells: design_check(wells, ["run"], draws=99).table,
    "mixing": lambda wells: batch_mixing(VALUES, wells, batch="run", permutations=9).table,
    "probes": lambda wells: shortcut_probes(VALUES, wells, targets=["run"], ordered=[], permutations=9).table,
    "baselines": lambda wells: (
        pixel_free_baselines(
            wells, positive="1", group="group", label="label", columns=["run"], numbers=[], permutations=9
        ).table
    ),
    "correction": lambda wells: correction_effect(VALUES, wells, "centre", batch="run").table,
    "transfer": lambda wells: batch_transfer(VALUES, wells, "1", batch="run").splits,
    "variance": lambda wells: (
        variance_components(
            wells.assign(score=VALUES[:, 0]), "score", factors=["group", "run"], method="anova"
        ).table
    ),
    "scaling": lambda wells: pd.DataFrame(BatchScaler().fit(VALUES, wells["run"]).centre_),
}


@pytest.mark.parametrize("analysis", ASKED)
def test_numbers_and_their_text_are_one_batch(analysis: str) -> None:
    """As floats, as text, and as both in one column: the same table, bit for bit."""
    text = WELLS.assign(run=WELLS["run"].astype(str), label=WELLS["label"].astype(str))
    floats = WELLS.assign(run=WELLS["run"].astype(float), label=WELLS["label"].astype(float))
    mixed = text.assign(run=text["run"].where(text.index % 4 < 2, floats["run"].astype(object)))
    expected = ASKED[analysis](text)
    for given in (floats, mixed):
        pd.testing.assert_frame_equal(ASKED[analysis](given), expected)
