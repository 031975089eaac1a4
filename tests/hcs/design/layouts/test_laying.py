"""Layouts are held against every layout there is on small plates, and against what a reader could count."""

from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs.design.layouts.factors import OVERALL
from hcs.design.layouts.laying import layout_plates
from hcs.design.layouts.layout import COLUMNS, PlateLayout
from hcs.statistics.arrays import Bools, Floats
from hcs.statistics.contingency import cramers_v
from hcs_plates.errors import HcsError
from hcs_plates.wells import FORMATS, parse_well


def _lines(*diagnoses: int, names: str = "ALS control third") -> pd.DataFrame:
    """So many lines of each diagnosis."""
    made = [name for name, n in zip(names.split(), diagnoses, strict=False) for _ in range(n)]
    return pd.DataFrame({"clone": [f"c{place:03d}" for place in range(len(made))], "diagnosis": made})


def _own(layout: PlateLayout) -> pd.DataFrame:
    """Wells with a line, with their row, column and edge."""
    shape = FORMATS[layout.settings["wells"]]
    own = layout.wells[layout.wells["role"] == "sample"].reset_index(drop=True)
    at = [parse_well(well) for well in own["well"]]
    return own.assign(
        row=[one.row for one in at],
        column=[one.column for one in at],
        edge=[shape.at_edge(one) for one in at],
    )


def _overall(layout: PlateLayout) -> pd.DataFrame:
    """Imbalances of the diagnosis over all plates."""
    rows = layout.imbalances
    return rows[(rows["of"] == "diagnosis") & rows["factor"].isin(OVERALL)].set_index("factor")


def _every_v(n_wells: int, n_first: int, plates: int) -> dict[str, Floats]:
    """Cramér's V of every way to put the first diagnosis on full plates, by factor."""
    shape = FORMATS[n_wells]
    total = n_wells * plates
    chosen = np.zeros((0, total), dtype=bool)
    picks = list(combinations(range(total), n_first))
    chosen = np.zeros((len(picks), total), dtype=bool)
    chosen[np.arange(len(picks))[:, None], picks] = True
    at = [parse_well(well) for well in shape.wells()] * plates
    levels = {
        "plate": np.repeat(np.arange(plates), n_wells),
        "edge": np.array([shape.at_edge(one) for one in at], dtype=int),
        "row": np.array([one.row for one in at]),
        "column": np.array([one.column for one in at]),
    }
    return {name: _v(chosen, level) for name, level in levels.items() if len(set(level.tolist())) > 1}


def _v(chosen: Bools, level: np.ndarray) -> Floats:
    """Cramér's V of many labellings with one factor."""
    members = (level[:, None] == np.unique(level)).astype(float)
    first, all_of = chosen @ members, members.sum(axis=0)
    return cramers_v(np.stack([first, all_of - first], axis=1))


@pytest.mark.parametrize(
    ("wells", "first", "second", "plates"),
    [(6, 3, 3, 1), (6, 2, 4, 1), (6, 1, 5, 1), (12, 6, 6, 1), (12, 5, 7, 1), (12, 4, 8, 1), (6, 6, 6, 2)],
)
def test_no_layout_of_a_small_plate_is_better(wells: int, first: int, second: int, plates: int) -> None:
    """Every factor's least is the least over all layouts, and none comes nearer to all at once."""
    every = _every_v(wells, first, plates)
    for seed in range(2):
        layout = layout_plates(_lines(first, second), replicates=1, wells=wells, plates=plates, seed=seed)
        found = _overall(layout)
        assert set(found.index) == set(every)
        for name, values in every.items():
            assert found.loc[name, "least"] == pytest.approx(values.min(), abs=1e-9)
        above = sum(found.loc[name, "value"] ** 2 - found.loc[name, "least"] ** 2 for name in every)
        best = min(sum(values**2 - values.min() ** 2 for values in every.values()))
        assert above == pytest.approx(best, abs=1e-9)


def test_three_diagnoses_on_a_small_plate_are_as_even_as_any() -> None:
    """Two lines of each of three diagnoses in six wells: 90 layouts, none nearer to all leasts."""
    sums = []
    every = (one for one in product(range(3), repeat=6) if sorted(one) == [0, 0, 1, 1, 2, 2])
    for labels in every:
        grid = np.array(labels).reshape(2, 3)
        rows = np.array([[(row == k).sum() for row in grid] for k in range(3)], dtype=float)
        columns = np.array([[(column == k).sum() for column in grid.T] for k in range(3)], dtype=float)
        sums.append(float(cramers_v(rows[None])[0] ** 2 + cramers_v(columns[None])[0] ** 2))
    for seed in range(3):
        found = _overall(layout_plates(_lines(2, 2, 2), replicates=1, wells=6, seed=seed))
        assert float((found["value"] ** 2).sum()) == pytest.approx(min(sums), abs=1e-9)


def test_the_lines_of_a_small_plate_are_as_spread_as_any() -> None:
    """Three lines of one diagnosis with two wells each in six wells: 90 layouts, none nearer to all."""
    lines = pd.DataFrame({"clone": list("abc"), "diagnosis": "ALS"})
    layout = layout_plates(lines, replicates=2, wells=6, seed=4)
    own = layout.imbalances[layout.imbalances["of"] == "clone"].set_index("factor")
    assert own["value"].to_dict() == pytest.approx({"row": 0, "column": 0.5})
    assert "one diagnosis" in layout.summary()


def test_the_reference_design_is_balanced_over_everything() -> None:
    """30 clones with 8 wells on ten 24-well plates in 2 batches: counts by hand, diagnosis and clone."""
    layout = layout_plates(_lines(15, 15), replicates=8, batches=2, seed=11)
    own = _own(layout)
    assert len(own) == 240
    for column, wanted in (("plate", 12), ("differentiation_batch", 60), ("row", 30), ("column", 20)):
        assert (pd.crosstab(own["diagnosis"], own[column]) == wanted).to_numpy().all()
    assert (pd.crosstab(own["diagnosis"], own["edge"]) == [40, 80]).to_numpy().all()
    assert (pd.crosstab(own["clone"], own["row"]) == 2).to_numpy().all()
    assert pd.crosstab(own["clone"], own["plate"]).to_numpy().max() == 1
    assert set(pd.crosstab(own["clone"], own["edge"])[True]) <= {5, 6}
    assert set(np.unique(pd.crosstab(own["clone"], own["column"]))) <= {1, 2}
    assert layout.imbalances["reached"].all()
    assert layout.headline() == (
        "30 lines on 10 plates of 24 wells, randomised; "
        "diagnosis is balanced over plate, batch, edge, row and column."
    )


def test_isogenic_lines_stand_on_the_same_plates_in_the_same_numbers() -> None:
    """Three pairs among single lines, over batches and plates that do not hold all."""
    lines = _lines(5, 5).assign(pair=[*(f"p{at}" for at in range(3)), *[None] * 2] * 2)
    own = _own(layout_plates(lines, replicates=3, plates=4, wells=12, batches=2, seed=0))
    where = pd.crosstab(own["clone"], own["plate"])
    pairs = lines.dropna(subset=["pair"]).groupby("pair")["clone"].agg(tuple).tolist()
    for one, other in pairs:
        assert where.loc[one].tolist() == where.loc[other].tolist()


def test_replicates_on_each_plate_are_not_parted() -> None:
    """2 wells a plate: 8 lines stand on 3 of 4 plates each, 2 wells at a time, 6 lines a plate."""
    layout = layout_plates(_lines(4, 4), replicates=2, per_plate=True, plates=4, wells=12, seed=0)
    where = pd.crosstab(_own(layout)["clone"], _own(layout)["plate"])
    assert set(np.unique(where)) == {0, 2}
    assert ((where > 0).sum(axis=1) == 3).all()
    assert ((where > 0).sum(axis=0) == 6).all()


def test_controls_and_empty_wells_are_where_they_were_asked_for() -> None:
    """Named wells alike on all plates, drawn ones elsewhere and otherwise on each, the ring empty."""
    controls: dict[str, int | list[str]] = {"negative_control": 4, "positive_control": ["B02", "c3"]}
    layout = layout_plates(_lines(9, 9), replicates=2, wells=48, controls=controls, empty="edge", seed=2)
    wells = layout.wells
    assert len(wells) == 96
    assert wells["plate"].nunique() == 2
    edge = [FORMATS[48].at_edge(parse_well(well)) for well in wells["well"]]
    assert set(wells["role"][edge]) == {"empty"}
    assert (wells["included"] == (wells["role"] != "empty")).all()
    for _, own in wells.groupby("plate"):
        assert own["well"][own["role"] == "positive_control"].tolist() == ["B02", "C03"]
        assert (own["role"] == "negative_control").sum() == 4
    drawn = wells[wells["role"] == "negative_control"].groupby("plate")["well"].agg(tuple)
    assert drawn.nunique() == 2
    assert wells.loc[wells["role"] != "sample", ["clone", "diagnosis"]].isna().to_numpy().all()


def test_wells_left_over_are_told_and_shared_by_the_plates() -> None:
    """20 lines of 2 wells on 2 plates of 24: 4 wells of each are free, and diagnoses are even."""
    layout = layout_plates(_lines(10, 10), replicates=2, plates=2, seed=5)
    assert (layout.wells[layout.wells["role"] == "empty"].groupby("plate").size() == 4).all()
    assert "8 wells are left over and stay empty." in layout.summary()
    assert (_overall(layout)["value"] == 0).all()


def test_a_seed_gives_one_layout_and_other_seeds_others() -> None:
    """The same layout twice, and as many as there are seeds."""
    lines = _lines(6, 6)
    made = [
        tuple(layout_plates(lines, replicates=1, wells=12, seed=seed).wells["clone"])
        for seed in (*range(6), 0)
    ]
    assert made[0] == made[-1]
    assert len(set(made)) == 6
    drawn = [layout_plates(lines, replicates=1, wells=12) for _ in range(2)]
    assert drawn[0].seed != drawn[1].seed


def test_one_plate_may_be_named_and_numbers_may_be_of_any_kind() -> None:
    """A name is no list of letters, and numbers of NumPy count."""
    named = layout_plates(_lines(3, 3), replicates=1, wells=6, plates="P7", batches="b", seed=0)
    assert set(named.wells["plate"]) == {"P7"}
    assert set(named.wells["differentiation_batch"]) == {"b"}
    asked = {"controls": {"dmso": np.int64(2)}, "plates": np.int64(2), "batches": np.int64(2)}
    counted = layout_plates(_lines(3, 3), replicates=1, wells=6, seed=0, **asked)  # type: ignore[arg-type]
    assert counted.wells["role"].value_counts().to_dict() == {"sample": 6, "dmso": 4, "empty": 2}


def test_columns_of_lines_are_carried_over() -> None:
    """Known columns first, all others behind, each beside its clone."""
    lines = _lines(3, 3).assign(donor=list("uvwxyz"), passage=[5, 6, 7, 8, 9, 10], sex=list("fmfmfm"))
    wells = layout_plates(lines, replicates=1, wells=6, seed=0).wells
    assert list(wells.columns) == [*COLUMNS, "passage", "sex"]
    joined = wells.merge(lines, on="clone", suffixes=("", "_of_line"))
    assert len(joined) == 6
    for name in ("donor", "diagnosis", "passage", "sex"):
        assert (joined[name] == joined[f"{name}_of_line"]).all()
    assert wells["differentiation_batch"].isna().all()


def test_lines_that_are_not_eligible_are_set_aside() -> None:
    """They stand in no well, and are listed with the reason."""
    lines = _lines(4, 4).assign(eligibility=["not eligible", *["eligible"] * 7], eligibility_reason=None)
    layout = layout_plates(lines, replicates=1, wells=12, seed=0)
    assert "c000" not in set(layout.wells["clone"])
    assert layout.aside[["clone", "reason"]].to_numpy().tolist() == [["c000", "not eligible"]]
    assert "1 line is set aside (c000)." in layout.summary()


def test_a_line_of_one_batch_stays_in_it_and_confounding_is_told() -> None:
    """All ALS in batch x, all controls in y: laid out as asked, and said first of all."""
    lines = _lines(4, 4).assign(differentiation_batch=["x"] * 4 + ["y"] * 4)
    layout = layout_plates(lines, replicates=3, wells=12, plates=2, batches=["x", "y"], seed=0)
    own = _own(layout)
    assert set(map(tuple, own[["diagnosis", "differentiation_batch"]].to_numpy())) == {
        ("ALS", "x"),
        ("control", "y"),
    }
    assert "confounded with plate and batch" in layout.headline()
    assert "ALS only in x, control only in y; no analysis can separate them." in layout.summary()


def test_a_diagnosis_that_cannot_be_on_all_plates_is_told() -> None:
    """One ALS line with one well on two plates: one plate is without ALS, and its line is alone."""
    layout = layout_plates(_lines(1, 11), replicates=1, wells=6, plates=2, seed=0)
    assert "1 plate of 2 is without a diagnosis: P" in layout.summary()
    assert "ALS has one line" in layout.summary()


def test_a_blinded_layout_tells_no_name_and_keeps_the_seed_to_itself() -> None:
    """No clone, donor, diagnosis or seed in the record, whatever is confounded; the layout holds the seed."""
    lines = _lines(4, 4).assign(
        donor=[f"donor{at}" for at in range(8)], differentiation_batch=["x"] * 4 + ["y"] * 4
    )
    layout = layout_plates(lines, replicates=3, wells=12, plates=2, batches=["x", "y"], blinded=True)
    text = layout.record().model_dump_json()
    for name in [*lines["clone"], *lines["donor"], "ALS", 'control"', str(layout.seed)]:
        assert name not in text.replace("controls", "")
    assert layout.record().settings["seed"] == "sealed with the key"
    assert layout.seed > 2**32
    asked: dict[str, Any] = {"replicates": 3, "wells": 12, "plates": 2, "batches": ["x", "y"]}
    again = layout_plates(lines, **asked, seed=layout.seed, blinded=True)
    assert again.wells.equals(layout.wells)
    assert layout_plates(lines, **asked, seed=4).record().settings["seed"] == 4


def test_the_record_holds_what_was_asked_and_the_imbalances() -> None:
    """A reader can lay the same lines out again from it, and sees every V with its least."""
    layout = layout_plates(_lines(3, 3), replicates=2, wells=12, seed=9, controls={"blank": 0})
    record = layout.record({"lines.csv": "0" * 64})
    assert record.kind == "layout"
    assert record.settings["seed"] == 9
    assert record.settings["replicates"] == 2
    assert len(record.tables["imbalances"]) == len(layout.imbalances)
    assert record.files == {"lines.csv": "0" * 64}
    assert layout.summary().startswith(layout.headline())
    assert len(layout.headline().split()) <= 30
    assert layout.statistics["value"].tolist() == layout.imbalances["value"].tolist()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"replicates": 4, "plates": 1}, "need 32 wells; 1 plate of 24 wells has 24"),
        ({"replicates": 4, "plates": 1}, "Ask for 2 plates or 3 replicates"),
        ({"replicates": 3, "plates": 1, "empty": "edge"}, "has 8 after 16 wells of each for controls"),
        ({"replicates": 7, "plates": 2, "per_plate": True}, "a line's wells on a plate are not parted"),
        ({"replicates": 0}, "cannot have 0 wells"),
        ({"replicates": 2.5}, "a whole number"),
        ({"replicates": 1, "wells": 25}, "No plate has 25 wells"),
        ({"replicates": 1, "plates": 0}, "at least one plate"),
        ({"replicates": 1, "plates": ["a", "a"]}, "Two plates are called 'a'"),
        ({"replicates": 1, "plates": 2, "batches": 3}, "cannot be parted into 3 batches"),
        ({"replicates": 1, "plates": 2, "batches": ["x"]}, "name the batch of each plate"),
        ({"replicates": 1, "controls": {"blank": ["E01"]}}, "outside a 24-well plate"),
        ({"replicates": 1, "controls": {"blank": ["A01"]}, "empty": ["A1"]}, "and to be kept empty"),
        ({"replicates": 1, "controls": {"blank": ["A01"], "dmso": ["A01"]}}, "is to hold blank and dmso"),
        ({"replicates": 1, "controls": {"dmso": 25}}, "a plate has 24 that are neither"),
        ({"replicates": 1, "controls": {"dmso": -1}}, "cannot have -1 wells"),
        ({"replicates": 1, "controls": {"sample": 2}}, "no role of a control"),
        ({"replicates": 1, "wells": 6, "empty": "edge"}, "all are kept empty"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_the_reason(asked: dict[str, object], said: str) -> None:
    """One sentence: what is asked, what there is, what to do."""
    with pytest.raises(HcsError) as refused:
        layout_plates(_lines(4, 4), **asked)  # type: ignore[arg-type]
    assert said in str(refused.value)


def test_lines_that_cannot_be_laid_out_are_refused() -> None:
    """A line without a diagnosis, batches that no plate has, a pair of two batches, no lines at all."""
    with pytest.raises(HcsError, match=r"1 line has no diagnosis \(c001\)"):
        layout_plates(_lines(2, 2).assign(diagnosis=["a", None, "b", "b"]), replicates=1)
    batches = _lines(1, 1).assign(differentiation_batch=["x", "y"])
    with pytest.raises(HcsError, match="no batches are asked for"):
        layout_plates(batches, replicates=1)
    with pytest.raises(HcsError, match="the batches of the plates are 1 and 2"):
        layout_plates(batches, replicates=1, plates=2, batches=2)
    with pytest.raises(HcsError, match="pair p are of different batches"):
        layout_plates(batches.assign(pair="p"), replicates=1, plates=2, batches=["x", "y"])
    with pytest.raises(HcsError, match=r"all are set aside \(not eligible\)"):
        layout_plates(_lines(1, 1).assign(eligibility="not eligible"), replicates=1)
    with pytest.raises(HcsError, match="no plan keeps"):
        layout_plates(
            _lines(9, 1).assign(differentiation_batch=["x"] * 9 + ["y"]),
            replicates=1,
            wells=6,
            plates=2,
            batches=["x", "y"],
        )
