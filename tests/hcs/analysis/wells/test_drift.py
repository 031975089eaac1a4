"""Tests of drift with acquisition: paths, slopes, assumed orders, calibration."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr, theilslopes

from hcs.analysis.evidence import Evidence
from hcs.analysis.finding import Finding
from hcs.analysis.question import Question
from hcs.analysis.wells.drift import ANALYSIS, acquisition_drift, acquisition_order
from hcs.tables.compared import Classes
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import FORMATS


def whole(size: int = 24, plate: str = "P", seed: int = 0) -> pd.DataFrame:
    """One null plate with a random order."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "plate": plate,
            "well": FORMATS[size].wells(),
            "cells": rng.normal(1000, 100, size),
            "taken": rng.permutation(size),
        }
    )


def test_paths_worked_by_hand() -> None:
    """A 2 × 3 plate on three paths."""
    six = pd.DataFrame({"plate": "P", "well": FORMATS[6].wells()})
    assert acquisition_order(six).tolist() == [1, 2, 3, 6, 5, 4]
    assert acquisition_order(six, "rows").tolist() == [1, 2, 3, 4, 5, 6]
    assert acquisition_order(six, "columns").tolist() == [1, 3, 5, 2, 4, 6]


def test_order_counts_the_wells_there_are_plate_by_plate() -> None:
    """Skipped wells leave no gap, the index is kept, a nameless well has no place."""
    table = pd.DataFrame(
        {"plate": ["Q", "P", "P", None], "well": ["C3", "B2", "A5", "A1"]}, index=[7, 7, 1, 0]
    )
    order = acquisition_order(table)
    assert order.index.tolist() == [7, 7, 1, 0]
    assert order.tolist()[:3] == [1, 2, 1]
    assert np.isnan(order.iloc[3])


def test_numbers_are_scipys() -> None:
    """Spearman and Theil–Sen with its interval."""
    table = whole(96)
    table["cells"] += 2 * table["taken"]
    one = acquisition_drift(table, "cells", order="taken", draws=199).table.iloc[0]
    assert one["spearman"] == pytest.approx(spearmanr(table["cells"], table["taken"]).statistic)
    slope, _, low, high = theilslopes(table["cells"], table["taken"])
    assert [one["slope"], one["slope_low"], one["slope_high"]] == pytest.approx([slope, low, high])
    spread = 1.4826 * (table["cells"] - table["cells"].median()).abs().median()
    assert one["drift"] == pytest.approx(slope * 95 / spread)


def test_the_numbers_of_the_figure_are_one_plates_wells_and_all_plates() -> None:
    """Those of the plate that is drawn, and the drift of every plate."""
    found = acquisition_drift(
        pd.concat([whole(plate="P"), whole(plate="Q", seed=1)]), "cells", order="taken", draws=99
    )
    numbers = found.plot("Q").numbers
    assert numbers["panel"].value_counts().to_dict() == {"wells": 24, "plates": 2}
    wells = numbers[numbers["panel"] == "wells"]
    assert set(wells["plate"]) == {"Q"}
    assert sorted(wells["value"]) == sorted(whole(seed=1)["cells"])


def test_planted_drift_is_found_there_only() -> None:
    """2 of 8 plates fade during the run."""
    parts = [whole(96, f"P{place}", place) for place in range(8)]
    for part in parts[:2]:
        part["cells"] -= 3 * part["taken"]
    found = acquisition_drift(pd.concat(parts), "cells", order="taken", draws=999)
    assert isinstance(found, Finding)
    called = found.table[found.table["p_adjusted"] <= 0.05]
    assert set(called["plate"]) == {"P0", "P1"}
    size = abs(called["drift_percent"].median())
    assert found.headline() == f"A drift of cells on 2 of 8 plates: 2 down, by {size:.2g} % over the run."
    assert size == pytest.approx(100 * 3 * 95 / 860, abs=8)
    assert "assumed" not in found.summary()


def test_times_are_orders_too() -> None:
    """Datetimes, as such or read from a CSV as text, give what their ranks give; the slope is per second."""
    table = whole()
    table["at"] = pd.Timestamp("2024-05-01 09:00") + pd.to_timedelta(table["taken"] * 30, unit="s")
    ranks = acquisition_drift(table, "cells", order="taken", draws=99).table.iloc[0]
    for at in (table["at"], table["at"].astype(str), table["at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")):
        times = acquisition_drift(table.assign(at=at), "cells", order="at", draws=99).table.iloc[0]
        assert times["spearman"] == pytest.approx(ranks["spearman"])
        assert times["drift"] == pytest.approx(ranks["drift"])
        assert times["slope"] == pytest.approx(ranks["slope"] / 30)


def test_a_study_whose_wells_know_their_times_is_asked_by_these() -> None:
    """Of a table of features too, which says nothing of an order; without times that one is refused."""
    table = whole(96).assign(group="c", label="ALS")
    scores = table.assign(model="cnn", probability=table["cells"] - 3 * table["taken"])
    empty, features = pd.DataFrame(), np.zeros((0, 1), np.float32)
    classes = Classes("ALS", "control")

    def asked(wells: pd.DataFrame) -> Question:
        tables = (wells, empty, empty, scores, empty, empty, features, empty)
        return Question(Evidence(*tables, classes, in_order=False))

    timed = table.drop(columns="cells").assign(acquisition_time=table["taken"].astype(str))
    found = ANALYSIS(asked(timed))
    assert "Imaging in the order of acquisition time." in found.summary()
    assert found.table["spearman"][0] < -0.5
    with pytest.raises(ArgumentError, match="does not say in which order"):
        ANALYSIS(asked(timed.drop(columns="acquisition_time")))


def test_assumed_order_says_so_and_what_it_is_tied_to() -> None:
    """Rows are taken one after the other: a gradient down the plate looks the same."""
    said = acquisition_drift(whole(96), "cells", draws=99).summary()
    assert "order assumed: row by row, every other row backwards" in said
    assert "drift is confounded with a gradient down the rows" in said
    said = acquisition_drift(whole(96), "cells", path="columns", draws=99).summary()
    assert "drift is confounded with a gradient along the columns" in said


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (whole().assign(cells=3.0), "1 plate cannot be tested"),
        (whole().assign(taken=3), "1 plate cannot be tested"),
        (whole().iloc[:3], "fewer than 4 wells"),
        (whole().iloc[:0], "No well is left"),
        (whole().assign(taken=[np.nan] * 4 + list(range(20))), "4 wells without taken are left out."),
        (whole().assign(cells=[1.0] * 20 + [2, 3, 4, 5]), "no drift in robust SDs"),
    ],
)
def test_degenerate_plates_are_answered_in_words(table: pd.DataFrame, sentence: str) -> None:
    """A sentence and a figure, never a crash."""
    found = acquisition_drift(table, "cells", order="taken", draws=99)
    assert sentence in found.summary()
    assert found.plot() is not None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"path": "spiral"}, "A stage's path cannot be 'spiral'; give serpentine, rows, columns."),
        ({"order": "when"}, "has no column 'when'"),
        ({"order": "well"}, "has 'A01' as well"),
        ({"draws": -1}, "draws is -1"),
    ],
)
def test_refusals(arguments: dict[str, object], sentence: str) -> None:
    """Wrong arguments are refused."""
    with pytest.raises(ArgumentError, match=sentence):
        acquisition_drift(whole(), "cells", **arguments)  # type: ignore[arg-type]
