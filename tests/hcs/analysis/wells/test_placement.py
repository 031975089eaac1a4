"""Tests of edge, row and column effects: planted ones are found, absent ones are not, layouts are named."""

import numpy as np
import pandas as pd
import pytest

from hcs.analysis.finding import Finding
from hcs.analysis.wells.placement import PositionEffects, position_effects
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import FORMATS


def plates(n: int, size: int = 96, seed: int = 0) -> pd.DataFrame:
    """Null plates with the place of each well."""
    shape = FORMATS[size]
    one = pd.DataFrame({"well": shape.wells()})
    one["row"], one["column"] = np.divmod(np.arange(size), shape.columns)
    one["ring"] = one["row"].isin([0, shape.rows - 1]) | one["column"].isin([0, shape.columns - 1])
    table = pd.concat([one.assign(plate=f"P{place}") for place in range(n)], ignore_index=True)
    return table.assign(cells=np.random.default_rng(seed).normal(1000, 100, len(table)))


def of(found: PositionEffects, effect: str) -> pd.DataFrame:
    """Rows of an effect."""
    return found.table[found.table["effect"] == effect]


def test_hand_worked_plate() -> None:
    """Six wells, all at the edge: rows 1, 2, 3 and 4, 5, 6."""
    table = pd.DataFrame({"plate": "P", "well": FORMATS[6].wells(), "cells": [1.0, 2, 3, 4, 5, 6]})
    found = position_effects(table, "cells", formats=6)
    row, column, edge = (of(found, name).iloc[0] for name in ("row", "column", "edge"))
    # Ranks' sum of squares 17.5; rows 3 × 1.5² × 2 = 13.5; columns 2 × (1 + 0 + 1) = 4.
    assert row["eta2"] == pytest.approx(13.5 / 17.5)
    assert column["eta2"] == pytest.approx(4 / 17.5)
    # 2 of the 20 ways to deal ranks to rows are as extreme.
    assert row["p"] == row["smallest_p"] == pytest.approx(0.1)
    assert row["spread"] == pytest.approx(3 / (1.4826 * 1.5))
    assert np.isnan(edge["p"])
    assert "No edge effect can be tested on 1 plate" in found.summary()


def test_no_edge_is_tested_on_a_guess() -> None:
    """Inner wells alone do not tell the format: rows and columns are tested, edges once it is given."""
    table = plates(2)
    inner = table[~table["ring"] | (table["column"] == 11)]
    found = position_effects(inner, "cells", draws=99)
    assert set(found.table["effect"]) == {"row", "column"}
    assert "No edge is known of 2 plates" in found.summary()
    assert found.plot() is not None
    assert of(position_effects(inner, "cells", formats=96, draws=99), "edge")["p"].notna().all()
    with pytest.raises(ArgumentError, match="give formats"):
        position_effects(inner, "cells", inner_only=True)


def test_planted_edge_is_found_on_those_plates_only() -> None:
    """A −1.5 SD edge on 4 of 10 plates: called there, with its size, and not elsewhere."""
    table = plates(10)
    hit = table["plate"].isin(["P0", "P1", "P2", "P3"]) & table["ring"]
    table.loc[hit, "cells"] -= 150
    found = position_effects(table, "cells", draws=999)
    assert set(found.called("edge")["plate"]) == {"P0", "P1", "P2", "P3"}
    called = found.called("edge")
    assert (called["shift"] < -0.7).all()
    assert (called["shift_high"] < 0).all()
    assert (called["cliffs_delta"] < -0.5).all()
    relative = -100 * 150 / 1000
    assert called["shift_percent"].tolist() == pytest.approx([relative] * 4, abs=6)
    assert "edge on 4 of 10 plates (outer wells 1" in found.headline()
    assert "An edge effect shows in rows and columns too." in found.caveats
    inner = position_effects(table, "cells", draws=199, inner_only=True)
    assert inner.called("row").empty
    assert "The outermost ring (360 wells) is left out." in inner.summary()


def test_planted_row_and_column() -> None:
    """Gradients down and across are told apart."""
    table = plates(4)
    table.loc[table["plate"] == "P0", "cells"] += 40 * table["row"]
    table.loc[table["plate"] == "P1", "cells"] += 30 * table["column"]
    found = position_effects(table, "cells", draws=499)
    assert "P0" in set(found.called("row")["plate"])
    assert "P1" in set(found.called("column")["plate"])
    assert "P1" not in set(found.called("row")["plate"])
    assert of(found, "row").set_index("plate")["epsilon2"]["P0"] > 0.3


def test_clones_in_columns_are_tied() -> None:
    """One clone per column: the column effect is not given, and the reason is; rows still are."""
    table = plates(2)
    table["clone"] = "c" + table["column"].astype(str)
    table["cells"] += 100 * table["column"]
    naive = position_effects(table, "cells", draws=199)
    assert len(naive.called("column")) == 2
    assert "Samples laid out by row, column or ring" in naive.summary()
    found = position_effects(table, "cells", groups="clone", draws=199)
    assert of(found, "column")["p"].isna().all()
    assert (of(found, "column")["tied"] == 1).all()
    assert of(found, "row")["p"].notna().all()
    assert "Clone and column are confounded on 2 plates" in found.summary()


def test_groups_take_a_treatment_away() -> None:
    """Treatments by half plate look like a column effect; within them there is none."""
    table = plates(3)
    table["treatment"] = np.where(table["column"] < 6, "drug", "vehicle")
    table["cells"] += 400 * (table["treatment"] == "drug")
    assert len(position_effects(table, "cells", draws=199).called("column")) == 3
    found = position_effects(table, "cells", groups="treatment", draws=199)
    assert found.called("column").empty
    table.loc[table["ring"], "cells"] -= 200
    assert len(position_effects(table, "cells", groups="treatment", draws=199).called("edge")) == 3


def test_lone_and_nameless_wells_of_groups_are_counted() -> None:
    """Wells that no other of their group stands beside cannot tell position."""
    table = plates(1, 24).assign(clone="a")
    table.loc[0, "clone"] = "b"
    table.loc[1, "clone"] = None
    said = position_effects(table, "cells", groups="clone", draws=99).summary()
    assert "1 well without a clone is left out." in said
    assert "1 well alone in its clone on a plate is left out" in said


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (plates(1, 24).assign(cells=5.0), "No row effect can be tested on 1 plate"),
        (plates(1, 24).assign(cells=np.nan), "No well is left with a cells to test"),
        (plates(1, 24).iloc[:1], "No column effect can be tested on 1 plate"),
        (plates(1, 24).iloc[:0], "No well is left"),
        (plates(1, 24).iloc[:12], "fewer than 4 wells on average"),
        (plates(1, 24).iloc[:6], "No column effect can be tested on 1 plate"),
        (
            plates(1, 24).assign(cells=[*[1.0] * 20, 2, 3, 4, 5]),
            "no sizes in robust SDs",
        ),
        (plates(1, 24).assign(included=False), "Left out: 24 flagged wells"),
    ],
)
def test_degenerate_plates_are_answered_in_words(table: pd.DataFrame, sentence: str) -> None:
    """A sentence and a figure, never a crash."""
    found = position_effects(table, "cells", draws=99)
    assert isinstance(found, Finding)
    assert sentence in found.summary()
    assert found.plot() is not None


def test_too_few_draws_for_many_plates_are_told() -> None:
    """With 9 draws no single plate of 10 could stand."""
    said = position_effects(plates(10), "cells", draws=9).summary()
    assert "a single plate whose edge matters could not be found" in said


def test_same_seed_same_numbers_whatever_the_other_plates() -> None:
    """A plate's p depends on the plate and the seed alone."""
    table = plates(3)
    three = position_effects(table, "cells", draws=99).table
    one = position_effects(table[table["plate"] == "P2"], "cells", draws=99).table
    assert three[three["plate"] == "P2"]["p"].tolist() == one["p"].tolist()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"groups": "clon"}, "has no column 'clon'"),
        ({"draws": 0}, "draws is 0"),
        ({"draws": 9.5}, "draws is 9.5"),
        ({"plate": "barcode"}, "has no column 'barcode'"),
    ],
)
def test_refusals(arguments: dict[str, object], sentence: str) -> None:
    """Wrong arguments are refused."""
    with pytest.raises(ArgumentError, match=sentence):
        position_effects(plates(1, 24), "cells", **arguments)  # type: ignore[arg-type]


def test_plot_of_no_plate() -> None:
    """A plate that is not there is refused by name."""
    with pytest.raises(ArgumentError, match="There is no plate 'P7'"):
        position_effects(plates(2, 24), "cells", draws=99).plot("P7")


def test_the_headline_counts_plates() -> None:
    """Plates with each effect, of those where it could be tested; without a test the reason."""
    table = plates(3)
    found = position_effects(table.assign(cells=table["cells"] + 400 * table["ring"]), "cells")
    assert len(found.called("edge")) == 3
    size = found.called("edge")["shift_percent"].median()
    assert found.headline().startswith(
        f"Effects of position on cells: edge on 3 of 3 plates (outer wells {size:.2g} % higher), row on "
    )
    assert found.summary().startswith(found.headline())
    none = position_effects(table, "cells", draws=99)
    assert none.headline() == "No effect of edge, row or column on cells is seen on any of 3 plates."
    flat = position_effects(table.assign(cells=1.0), "cells")
    assert flat.headline() == "No effect of position on cells can be tested."
