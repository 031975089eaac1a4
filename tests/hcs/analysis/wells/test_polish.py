"""Tests of median polish and B-scores: a hand-worked plate, a published table, what layouts forbid."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from hcs.analysis.finding import Finding
from hcs.analysis.wells.polish import b_score
from hcs.statistics.polishing import median_polish
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import well_name

NOISE = np.array(
    [[1, -2, 0, 52, -1], [-2, 1, 0, -1, 2], [0, 0, 0, 0, 0], [2, -1, 0, 1, -2], [-1, 2, 0, -2, 1.0]]
)
"""Every row and column has the median 0, the middle ones hold nothing else; one well is a hit."""
ROWS, COLUMNS = np.array([-2, -1, 0, 1, 2.0]) * 7, np.array([-20, -10, 0, 10, 20.0])
PLATE = 100 + ROWS[:, None] + COLUMNS + NOISE


def as_wells(grid: npt.NDArray[np.float64], plate: str = "P") -> pd.DataFrame:
    """A grid as a table of wells."""
    places = [(row, column) for row in range(grid.shape[0]) for column in range(grid.shape[1])]
    return pd.DataFrame(
        {"plate": plate, "well": [well_name(*place) for place in places], "count": grid.ravel()}
    )


def test_a_hand_worked_plate() -> None:
    """Row medians are 100 + row effect, then column medians are the column effects: one round does it."""
    found = median_polish(PLATE)
    assert found.overall == 100
    assert found.rows.tolist() == ROWS.tolist()
    assert found.columns.tolist() == COLUMNS.tolist()
    assert np.array_equal(found.residuals, NOISE)
    assert found.converged
    # Of 25 residuals 9 are 0 and 8 are ±1: their median absolute deviation is 1.
    scores = b_score(as_wells(PLATE), "count")
    assert isinstance(scores, Finding)
    assert scores.table["b_score"].to_numpy() == pytest.approx(NOISE.ravel() / 1.4826)
    assert scores.plates["mad"].tolist() == [1]
    assert scores.table["b_score"].idxmax() == 3
    assert scores.caveats == ()
    assert "Count of 25 wells is freed of row effects" in scores.summary()


def test_a_published_table() -> None:
    """Sport parachuting deaths (Velleman and Hoaglin 1981), as R's medpolish gives them."""
    deaths = np.array([[14, 15, 14], [7, 4, 7], [8, 2, 10], [15, 9, 10], [0, 2, 0.0]])
    found = median_polish(deaths)
    assert (found.overall, found.rows.tolist()) == (8, [6, -1, 0, 2, -8])
    assert found.columns.tolist() == [0, -1, 0]
    assert found.residuals.tolist() == [[0, 2, 0], [0, -2, 0], [0, -5, 2], [5, 0, 0], [0, 3, 0]]


@pytest.mark.parametrize("seed", range(5))
def test_polish_with_gaps_is_as_nanmedian_does_it(seed: int) -> None:
    """An independent loop over nanmedian gives the same residuals; level and effects add up to the grid."""
    rng = np.random.default_rng(seed)
    grid = rng.normal(size=(16, 24)) + rng.normal(size=(16, 1)) + rng.normal(size=24)
    grid[rng.random(grid.shape) < 0.2] = np.nan
    found = median_polish(grid)
    left = grid.copy()
    for _ in range(found.n_rounds):
        left -= np.nanmedian(left, axis=1, keepdims=True)
        left -= np.nanmedian(left, axis=0, keepdims=True)
    assert found.residuals == pytest.approx(left, abs=1e-10, nan_ok=True)
    level = found.overall + found.rows[:, None] + found.columns
    assert level + found.residuals == pytest.approx(grid, abs=1e-10, nan_ok=True)
    assert abs(np.median(found.rows)) + abs(np.median(found.columns)) < 0.2


def test_planted_row_and_column_effects_are_found_and_removed() -> None:
    """Effects ten times the noise are given back within it; scores hold none of them."""
    rng = np.random.default_rng(1)
    rows, columns = rng.normal(0, 10, 16), rng.normal(0, 10, 24)
    grid = 500 + rows[:, None] + columns + rng.normal(size=(16, 24))
    found = median_polish(grid)
    assert np.corrcoef(found.rows, rows)[0, 1] > 0.99
    assert np.corrcoef(found.columns, columns)[0, 1] > 0.99
    scores = b_score(as_wells(grid), "count").table["b_score"].to_numpy().reshape(grid.shape)
    assert np.abs(np.median(scores, axis=0)).max() < 1e-3
    assert 0.9 < scores.std() < 1.15


def test_controls_in_a_column_are_eaten_unless_fitted_on_samples() -> None:
    """Fitted on all wells a column of controls has no effect left, which is said; on samples it keeps it."""
    rng = np.random.default_rng(2)
    wells = as_wells(100 + rng.normal(size=(8, 12)))
    first = wells["well"].str.endswith("01")
    wells["role"] = np.where(first, "positive_control", "sample")
    wells.loc[first & wells["well"].str.startswith(("A", "B", "C")), "role"] = "sample"
    control = wells["role"] == "positive_control"
    wells.loc[control, "count"] += 50
    eaten = b_score(wells, "count", fit="all")
    assert eaten.table.loc[control, "b_score"].abs().median() < 2
    assert any("controls in half or more of column 1 (P)" in said for said in eaten.caveats)
    kept = b_score(wells, "count")
    assert kept.caveats == ()
    assert kept.table.loc[control, "b_score"].min() > 20
    whole = wells.assign(role=np.where(first, "positive_control", "sample"))
    blind = b_score(whole, "count")
    assert blind.table.loc[first, "b_score"].isna().all()
    assert blind.table.loc[~first, "b_score"].notna().all()
    assert any("controls without a fitted row or column (P)" in said for said in blind.caveats)


def test_flagged_and_missing_wells_keep_their_row() -> None:
    """They have no score, take no part, and are counted; the others score as if they were not there."""
    wells = as_wells(PLATE).assign(included=True)
    wells.loc[3, "included"] = False
    wells.loc[6, "count"] = np.nan
    found = b_score(wells, "count")
    assert found.table["b_score"].isna().sum() == 2
    assert found.table.index.equals(wells.index)
    assert found.caveats == ("Left out: 1 flagged well (P A04), 1 well without count.",)
    changed = b_score(wells.assign(count=wells["count"].mask(wells.index == 3, 1e9)), "count")
    assert changed.table["b_score"].equals(found.table["b_score"])


@pytest.mark.parametrize(
    ("grid", "caveat"),
    [
        (
            np.ones((1, 12)),
            "1 plate has too few wells to a row and column for a median polish (P): no score.",
        ),
        (np.ones((4, 6)), "1 plate has residuals without any spread (P): no score there."),
        (np.full((4, 6), np.nan), "Left out: 24 wells without count."),
        (np.empty((0, 0)), ""),
    ],
)
def test_no_score_is_said_in_words(grid: npt.NDArray[np.float64], caveat: str) -> None:
    """A row of wells, a constant plate, no values, no wells: no number, a sentence, a picture of it."""
    found = b_score(as_wells(grid), "count")
    assert found.table["b_score"].isna().all()
    assert caveat in found.summary()
    assert found.summary().startswith("No well has a B-score of count.")
    assert found.plot()[0].texts


def test_a_short_line_has_no_score() -> None:
    """A row with two wells would score by itself only: it is left out and named."""
    grid = np.random.default_rng(0).normal(size=(8, 12))
    grid[7, 2:] = np.nan
    found = b_score(as_wells(grid), "count")
    assert found.table.loc[found.table["well"].str.startswith("H"), "b_score"].isna().all()
    assert "1 plate has fewer than 3 wells to fit in row H (P): no score there." in found.caveats


def test_plot_shows_the_plate_before_and_after() -> None:
    """Two maps on one scale, in the plate's shape."""
    drawn = b_score(as_wells(PLATE), "count").plot()
    before, after = (
        next(part for part in axis.collections if part.get_gid() == "wells") for axis in drawn[:2]
    )
    assert [len(part.get_paths()) for part in (before, after)] == [25, 25]
    assert [axis.get_title(loc="left") for axis in drawn[:2]] == [
        "Before: count beside the plate's median",
        "After: B-score, one plate",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fit": "controls"}, "No fit on 'controls'; give samples or all."),
        ({"plate": "barcode"}, "The table of wells has no column 'barcode'"),
        ({"samples": "sample"}, "samples is the text 'sample'; give a list"),
    ],
)
def test_wrong_arguments_are_refused(change: dict[str, str], message: str) -> None:
    """What, where, what was expected."""
    with pytest.raises(ArgumentError, match=message.replace("(", r"\(")):
        b_score(as_wells(PLATE), "count", **change)


def test_wrong_wells_are_refused() -> None:
    """A well that is no well, or stands twice, is named."""
    with pytest.raises(ArgumentError, match="'3B' is not a well"):
        b_score(as_wells(PLATE).assign(well="3B").head(1), "count")
    with pytest.raises(ArgumentError, match="has plate P well A01 twice"):
        b_score(pd.concat([as_wells(PLATE)] * 2), "count")
