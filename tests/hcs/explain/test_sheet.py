"""Numbers of a batch: shares on compartments as if maps were brought to pixels, and Spearman's likeness."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import spearmanr

from hcs.explain.maps import to_pixels, unit_sum
from hcs.explain.sheet import COLUMNS, Sheet, block_weights, likeness, shares_on

Array = npt.NDArray[Any]
SMALL = arrays(np.float64, (4, 5), elements=st.integers(0, 6).map(float))
TILES = pd.DataFrame(
    {"tile_id": ["t1", "t2"], "group": ["g", "h"], "label": ["ALS", "control"], "more": [1, 2]}
)


def compartments(n: int, side: int, seed: int = 0) -> Array:
    """Random shares of every pixel that sum to 1."""
    drawn = np.random.default_rng(seed).dirichlet([0.3] * 3, (n, side, side))
    return np.asarray(drawn, dtype=np.float32)


@given(SMALL, SMALL)
def test_likeness_is_spearmans(first: Array, second: Array) -> None:
    """As scipy has it, ties and all."""
    assume(np.ptp(first) > 0)
    assume(np.ptp(second) > 0)
    expected = spearmanr(first.ravel(), second.ravel()).statistic
    assert likeness(first, second) == pytest.approx(expected, abs=1e-9)
    assert likeness(first, first) == 1.0
    assert likeness(first, -(first**3)) == -1.0


def test_a_flat_or_silent_map_is_like_nothing() -> None:
    """NaN, without a warning."""
    some = np.arange(4.0).reshape(2, 2)
    for other in (np.full((2, 2), 0.25), np.full((2, 2), np.nan)):
        assert np.isnan(likeness(some, other))
        assert np.isnan(likeness(other, some))


@pytest.mark.parametrize(("block", "cells"), [("block1", 70), ("block2", 35), ("block3", 17), ("block5", 4)])
def test_shares_are_those_of_the_map_in_pixels(block: str, cells: int) -> None:
    """Whether the map is brought up or the compartments down, also where cells do not fill the tile."""
    covered = compartments(3, 70)
    maps = unit_sum(np.random.default_rng(1).random((3, cells, cells)) ** 8)
    maps[1] = np.nan
    found = shares_on(maps, block_weights(covered, block))
    grown = to_pixels(maps, block, 70).astype(np.float64)
    for place in (0, 2):
        expected = (grown[place, ..., None] * covered[place]).sum(axis=(0, 1))
        assert found[place] == pytest.approx(expected, abs=1e-5)
        assert found[place].sum() == pytest.approx(1, abs=1e-5)
    assert np.isnan(found[1]).all()


def test_all_saliency_on_one_compartment() -> None:
    """The left half is soma and the map lies well within it; a flat map has the shares of the area."""
    covered = np.zeros((2, 16, 16, 3), np.float32)
    covered[:, :, :8, 0] = covered[:, :, 8:, 2] = 1
    maps = np.zeros((2, 8, 8), np.float32)
    maps[0, 3, 1] = 1
    maps[1] = 1 / 64
    shares = shares_on(maps, block_weights(covered, "block2"))
    assert shares[0] == pytest.approx([1, 0, 0])
    assert shares[1] == pytest.approx([0.5, 0, 0.5])


def test_rows_are_as_the_tables_have_them() -> None:
    """One row per tile, with its name first, in the columns' order."""
    covered = compartments(2, 8)
    sheet = Sheet(TILES, covered, ("block2", "block3"))
    cams = {"block2": np.full((2, 4, 4), 1 / 16, np.float32), "block3": np.full((2, 2, 2), 0.25, np.float32)}
    sheet.add_shares("trained heads", 7, cams)
    own = {"block3": np.array([[[0.1, 0.2], [0.3, 0.4]], [[0.4, 0.3], [0.2, 0.1]]], np.float32)}
    sheet.keep_own(own)
    sheet.compare("random heads", {"block3": own["block3"][::-1]})
    tables = {name: pd.DataFrame(rows, columns=COLUMNS[name]) for name, rows in sheet.rows.items()}
    assert tables["areas"]["group"].tolist() == ["g", "h"]
    shares = ["soma", "neurite", "background"]
    assert tables["areas"][shares].to_numpy() == pytest.approx(covered.mean(axis=(1, 2)), abs=1e-6)
    found = tables["shares"]
    assert found["tile_id"].tolist() == ["t1", "t2", "t1", "t2"]
    assert found["block"].tolist() == ["block2", "block2", "block3", "block3"]
    assert set(found["source"]) == {"trained heads"}
    assert set(found["replicate"]) == {7}
    assert found[shares].sum(axis=1).to_numpy() == pytest.approx(np.ones(4))
    assert tables["likeness"].to_numpy().tolist() == [
        ["t1", "g", "ALS", "block3", "random heads", -1.0],
        ["t2", "h", "control", "block3", "random heads", -1.0],
    ]
    assert tables["curves"].empty
    assert tables["occlusion"].empty


def test_without_compartments_there_are_no_shares() -> None:
    """Likeness is taken all the same, and a silent map's is missing."""
    sheet = Sheet(TILES, None, ("block2",))
    maps = {"block2": np.array([[[0.25, 0.75]], [[np.nan, np.nan]]], np.float32)}
    sheet.add_shares("trained heads", 1, maps)
    sheet.keep_own(maps)
    sheet.compare("random heads", maps)
    assert sheet.rows["shares"] == sheet.rows["areas"] == []
    first, second = sheet.rows["likeness"]
    assert first[-1] == 1.0
    assert np.isnan(second[-1])
