"""Tables of a study from hand-made scores."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hcs.study.sets import SetWork
from hcs.study.settings import StudyConfig
from hcs.study.tables import blind_scores, collect_scores, dose_trends, predictions
from hcs_models.splits import Split

TILES = pd.DataFrame(
    {
        "tile_id": ["P/A01/1/0", "P/A02/1/0", "P/A03/1/0", "P/A04/1/0"],
        "plate": "P",
        "well": ["A01", "A02", "A03", "A04"],
        "field": 1,
        "tile": 0,
        "group": ["a", "b", "c", None],
        "label": ["ALS", "control", "ALS", None],
        "positive": pd.array([True, False, True, None], dtype="boolean"),
    }
)


@pytest.fixture
def work(tmp_path: Path) -> list[SetWork]:
    """Two sets that scored what they were blind to."""
    splits = [Split(1, ("a",), (), ("b",)), Split(2, ("b",), ("c",), ("a",))]
    config = StudyConfig.model_validate({"data": {"plates": ["P"]}})
    works = [SetWork(tmp_path, split, config, 0, "") for split in splits]
    blind = {
        1: {"P/A02/1/0": 0.2, "P/A03/1/0": 0.6, "P/A04/1/0": 0.5},
        2: {"P/A01/1/0": 0.9, "P/A04/1/0": 0.7},
    }
    for one in works:
        one.folder.mkdir(parents=True)
        values = blind[one.split.set]
        table = pd.DataFrame({"tile_id": list(values), "model": "cnn", "probability": list(values.values())})
        table.to_parquet(one.folder / "scores.parquet")
    return works


def test_only_test_groups_are_predictions(work: list[SetWork]) -> None:
    """Tiles outside both classes and groups that a set leaves out are scored, but are no predictions."""
    table = predictions(collect_scores(work, TILES), work)
    assert table[["set", "group", "probability"]].to_numpy().tolist() == [[1, "b", 0.2], [2, "a", 0.9]]


def test_blind_scores_are_means_over_sets(work: list[SetWork]) -> None:
    """Mean, spread and number of sets; a tile nobody was blind to stands without a score."""
    table = blind_scores(collect_scores(work, TILES), TILES, ["cnn", "forest"]).set_index(["model", "well"])
    both = table.loc[("cnn", "A04")]
    assert (both["probability"], both["n_sets"]) == (pytest.approx(0.6), 2)
    assert both["sd"] == pytest.approx(np.std([0.5, 0.7], ddof=1))
    assert table.loc[("cnn", "A03"), "n_sets"] == 1
    assert (table.loc["forest", "n_sets"] == 0).all()
    assert table.loc["forest", "probability"].isna().all()
    assert len(table) == 8


def dosed(**changes: object) -> pd.DataFrame:
    """Wells table of a dose series with its controls."""
    wells = {
        "plate": "P",
        "well": [f"A{number:02d}" for number in range(1, 8)],
        "drug": "X",
        "dose": [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 150.0],
        "dose_unit": "nM",
        "positive": pd.array([False, None, None, None, None, None, True], dtype="boolean"),
    }
    return pd.DataFrame({**wells, **changes})


def scored(values: list[float]) -> pd.DataFrame:
    """One score a well."""
    wells = [f"A{number:02d}" for number in range(1, 8)]
    return pd.DataFrame({"model": "cnn", "plate": "P", "well": wells, "probability": values})


def test_trend_is_spearman_of_treated_wells() -> None:
    """Ranks by hand: 1 − 6 Σd² / n(n² − 1) with two neighbours swapped; controls do not count."""
    trends = dose_trends(scored([0.9, 0.1, 0.3, 0.2, 0.4, 0.5, 0.0]), dosed())
    (row,) = trends.to_dict("records")
    assert (row["model"], row["treatment"], row["unit"], row["n_wells"]) == ("cnn", "X", "nM", 5)
    assert row["spearman_rho"] == pytest.approx(1 - 6 * 2 / (5 * 24))


def test_no_doses_no_trends() -> None:
    """Without doses, treatments, or more than two doses there is nothing to correlate."""
    assert dose_trends(scored([0.5] * 7), dosed().drop(columns="dose")).empty
    assert dose_trends(scored([0.5] * 7), dosed().drop(columns="drug")).empty
    two = dosed(dose=[0.0, 1.0, 1.0, 1.0, 2.0, 2.0, 150.0])
    assert dose_trends(scored([0.1 * i for i in range(7)]), two).empty
