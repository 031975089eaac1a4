"""Tests of plate and date effects: shares by hand, whole plates moved, ties named."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kruskal

from hcs.analysis.clones.donors import intraclass_correlation
from hcs.analysis.finding import Finding
from hcs.analysis.wells.plates import plate_effects
from hcs_plates.errors import ArgumentError


def made(n_dates: int, n_plates: int, n_wells: int, *, date: float, plate: float, seed: int) -> pd.DataFrame:
    """Balanced wells with these SDs between dates and plates, and 1 between wells."""
    rng = np.random.default_rng(seed)
    shape = (n_dates, n_plates, n_wells)
    values = (
        rng.normal(size=shape)
        + plate * rng.normal(size=(n_dates, n_plates, 1))
        + date * rng.normal(size=(n_dates, 1, 1))
    )
    days, names, _ = np.indices(shape)
    return pd.DataFrame(
        {
            "date": np.char.add("d", days.ravel().astype(str)),
            "plate": np.char.add("p", (days * n_plates + names).ravel().astype(str)),
            "layout": np.char.add("l", names.ravel().astype(str)),
            "cells": values.ravel(),
        }
    )


def test_balanced_shares_are_the_textbook_mean_squares() -> None:
    """Nested analysis of variance in closed form."""
    table = made(4, 5, 6, date=0, plate=1, seed=0)
    table["cells"] += 3 * table["date"].str[1:].astype(int)
    grid = table["cells"].to_numpy().reshape(4, 5, 6)
    within = grid.var(axis=2, ddof=1).mean()
    between = 6 * grid.mean(axis=2).var(axis=1, ddof=1).mean()
    dates = 30 * grid.mean(axis=(1, 2)).var(ddof=1)
    expected = [(dates - between) / 30, (between - within) / 6, within]
    assert min(expected) > 0
    found = plate_effects(table, "cells", date="date", draws=99).table
    assert found["factor"].tolist() == ["date", "plate", "well"]
    assert found["variance"].tolist() == pytest.approx(expected)
    assert found["share"].sum() == pytest.approx(1)
    assert (found["share_low"] <= found["share"]).all()
    assert (found["share"] <= found["share_high"]).all()


def test_negative_estimates_are_zero_and_said() -> None:
    """Dates more alike than their plates: none of the variance, with an upper limit."""
    table = made(5, 4, 6, date=0, plate=1, seed=0)
    table["cells"] -= table.groupby("date")["cells"].transform("mean")
    found = plate_effects(table, "cells", date="date", draws=99)
    row = found.table.iloc[0]
    assert row["share"] == row["share_low"] == 0 < row["share_high"]
    assert f" and none (up to {100 * row['share_high']:.0f} %) of the variance in cells." in found.headline()


@pytest.mark.parametrize("sizes", [(5, 5, 5, 5), (3, 9, 4, 12, 7)])
def test_without_dates_the_share_has_the_limits_of_f(sizes: tuple[int, ...]) -> None:
    """Those of the one-way intraclass correlation, cut at 0, however many wells a plate has."""
    code = np.repeat(np.arange(len(sizes)), sizes)
    values = np.random.default_rng(3).normal(size=len(code)) + code
    table = pd.DataFrame({"plate": np.char.add("p", code.astype(str)), "cells": values})
    row = plate_effects(table, "cells", draws=99).table.iloc[0]
    icc, limits = intraclass_correlation(values, code)
    assert row["share"] == pytest.approx(icc)
    assert [row["share_low"], row["share_high"]] == pytest.approx(list(limits), abs=3e-3)


def test_plates_alone_are_kruskal_and_wallis() -> None:
    """Without dates, SciPy's p."""
    table = made(1, 6, 8, date=0, plate=0.3, seed=1)
    found = plate_effects(table, "cells").table.set_index("factor")
    oracle = kruskal(*(own for _, own in table.groupby("plate")["cells"])).pvalue
    assert found["p"]["plate"] == pytest.approx(oracle)
    assert found["n"]["plate"] == 48


def test_layouts_restrict_the_moves() -> None:
    """With layouts that differ more than dates, moving within layouts finds the dates."""
    table = made(2, 8, 10, date=0, plate=0, seed=2)
    table["cells"] += 20 * table["layout"].str[1:].astype(int) + 2 * (table["date"] == "d1")
    free = plate_effects(table, "cells", date="date", draws=499).table["p"][0]
    within = plate_effects(table, "cells", date="date", layout="layout", draws=499).table["p"][0]
    assert within < 0.02 < 0.2 < free


def test_layout_tied_to_date() -> None:
    """Each layout on one date: no p, and the reason."""
    table = made(3, 4, 5, date=2, plate=0, seed=3).assign(layout=lambda own: "l" + own["date"])
    found = plate_effects(table, "cells", date="date", layout="layout", draws=99)
    assert np.isnan(found.table["p"][0])
    assert "Layout and date are confounded" in found.summary()


def test_what_is_left_out_is_said() -> None:
    """Plates without a date, wells without a plate or value, flagged ones."""
    table = made(3, 3, 4, date=1, plate=1, seed=4).assign(included=True)
    table.loc[table["plate"] == "p0", "date"] = None
    table.loc[[4, 5], "cells"] = np.nan
    table.loc[6, "plate"] = None
    table.loc[12, "included"] = False
    found = plate_effects(table, "cells", date="date", draws=99)
    said = found.summary()
    assert isinstance(found, Finding)
    assert "1 plate without one date left out." in said
    assert "1 flagged well (p3), 2 wells without cells, 1 row without the name of a plate or well" in said
    assert int(found.medians["n"].sum()) == 36 - 4 - 4


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (made(1, 4, 5, date=0, plate=1, seed=5), "All plates are of one date"),
        (made(3, 1, 5, date=1, plate=0, seed=5), "Each date has one plate"),
        (made(1, 1, 5, date=0, plate=0, seed=5), "There is one plate only"),
        (made(2, 3, 1, date=1, plate=0, seed=5), "Each plate has one well"),
        (made(2, 3, 4, date=1, plate=0, seed=5).assign(cells=1.0), "All wells have one cells"),
        (made(2, 3, 4, date=1, plate=0, seed=5).iloc[:0], "No well is left"),
        (made(2, 3, 4, date=1, plate=0, seed=5), "fewer than 5 wells"),
        (made(2, 3, 9, date=1, plate=0, seed=5), "dates cannot be tested with 6 plates"),
    ],
)
def test_degenerate_designs_are_answered_in_words(table: pd.DataFrame, sentence: str) -> None:
    """A sentence and a figure, never a crash."""
    found = plate_effects(table, "cells", date="date", draws=99)
    assert sentence in found.summary()
    assert found.plot() is not None


def test_refusals() -> None:
    """A missing column is refused by name."""
    with pytest.raises(ArgumentError, match="has no column 'day'"):
        plate_effects(made(2, 2, 2, date=0, plate=0, seed=0), "cells", date="day")


def test_without_dates_every_plate_counts() -> None:
    """No column of dates: wells and plates are counted, and plates alone share the variance with wells."""
    table = made(3, 4, 5, date=0, plate=2, seed=1)
    found = plate_effects(table, "cells", date=None)
    assert "60 wells on 12 plates" in found.summary()
    assert found.headline().startswith("Plates differ: ")
    assert len(found.medians) == 12
    assert found.table["share"].sum() == pytest.approx(1)
