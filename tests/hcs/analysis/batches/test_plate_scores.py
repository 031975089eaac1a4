"""Scores of groups however plates are dealt: those of the plain means, spreads by hand, missing wells."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from hcs.analysis.batches.plate_scores import PlateScores


def tiles(clones: int = 6, seed: int = 0) -> pd.DataFrame:
    """Tiles of clones on four plates in two batches, in two sets; some are missing."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"c{clone}", "ALS" if clone % 2 else "control", f"P{plate}", f"B{plate // 2}", number)
        for clone in range(clones)
        for plate in range(4)
        for number in (1, 2)
        for _ in range(2)
    ]
    table = pd.DataFrame(rows, columns=["group", "label", "plate", "batch", "set"])
    kept = rng.random(len(table)) < 0.7
    return table[kept].assign(probability=rng.random(kept.sum())).reset_index(drop=True)


def plain(table: pd.DataFrame, batch: pd.Series) -> pd.DataFrame:
    """Mean over sets of the means over tiles, of every batch and group."""
    named = table.assign(batch=batch)
    scores = named.groupby(["batch", "group", "label", "set"])["probability"].mean()
    return scores.groupby(["batch", "group", "label"]).mean().reset_index()


@pytest.mark.parametrize("dealt", [(0, 0, 1, 1), (0, 1, 0, 1), (1, 0, 0, 1)])
def test_scores_and_spreads_are_those_of_plain_means(dealt: tuple[int, ...]) -> None:
    """For the plates as they are, and dealt otherwise; spreads are weighted by groups."""
    table = tiles()
    held = PlateScores.of(table, "ALS", 0.5, "clone")
    assert held is not None
    # Units are plates in the order in which they are met.
    plates = list(dict.fromkeys(table["plate"]))
    row = np.array([[dealt[int(name[1])] for name in plates]], dtype=float)
    scores = plain(table, table["plate"].str[1:].astype(int).map(dict(enumerate(dealt))))
    wide = scores.pivot(index="batch", columns="group", values="probability")
    order = list(dict.fromkeys(table["group"]))
    assert held.scores(row)[:, :, 0] == pytest.approx(wide[order].to_numpy(), nan_ok=True)
    parts = [part for _, part in scores.groupby("batch")]
    sizes = np.array([len(part) for part in parts])
    right = [((part["probability"] >= 0.5) == (part["label"] == "ALS")).mean() for part in parts]
    areas = [roc_auc_score(part["label"] == "ALS", part["probability"]) for part in parts]
    for found, values in ((held.accuracy_spread(row), right), (held.area_spread(row), areas)):
        mean = np.average(values, weights=sizes)
        assert found[0] == pytest.approx((sizes * np.square(np.array(values) - mean)).sum())


def test_plates_that_are_no_units_have_no_such_scores() -> None:
    """One plate a batch, or plates of both batches."""
    table = tiles()
    assert PlateScores.of(table.assign(batch=table["plate"]), "ALS", 0.5, "clone") is None
    assert PlateScores.of(table.assign(batch=table["set"].astype(str)), "ALS", 0.5, "clone") is None
