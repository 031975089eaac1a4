"""The plan of a study: its counts are those of the run, and nothing is written."""

import json
from pathlib import Path

import pytest

from hcs.report.reported import Study
from hcs.study.dry_run import forecast
from hcs_plates.errors import ArgumentError


def test_counts_are_those_of_the_run(small_study: Study, small_plates: Path, tmp_path: Path) -> None:
    """Tiles, sets, heads, passes and bytes as the run has them; the plan leaves no trace."""
    plan = forecast(Study.from_toml(small_plates / "small.toml", tmp_path / "results"))
    assert not (tmp_path / "results").exists()
    assert plan.tiles == small_study.record["tiles"] == len(small_study.tiles)
    assert plan.groups == {"ALS": 4, "control": 4}
    assert plan.sets == small_study.table("heads").shape[0]
    assert plan.trials == 3
    assert plan.heads == len(small_study.table("trials")) + plan.sets
    assert plan.passes == 2 * plan.tiles
    assert plan.bytes["features"] == len(small_study.features) * 2 * small_study.features.n_features * 2
    assert plan.bytes["heads"] == 4 * 4 * (256 * 16 + 16 + 16 * 2 + 2)
    assert plan.standing == ()
    assert all(seconds > 0 for seconds in plan.seconds.values())
    assert json.loads(json.dumps(plan.to_json()))["sets"] == 4
    lines = plan.summary()
    assert "groups: 4 ALS, 4 control" in lines
    assert "heads: 16 (3 trials and 1 final fit a set), 6 epochs each" in lines
    assert "from a short measurement here" in lines


def test_what_stands_is_not_made_again(small_study: Study) -> None:
    """Finished boxes are named, and their time is not counted."""
    plan = forecast(small_study)
    assert plan.standing == ("tiles.zarr", "features.zarr")
    assert plan.seconds["network"] == 0
    assert "finished already" in plan.summary()


def test_faults_are_those_of_the_run(small_plates: Path, tmp_path: Path) -> None:
    """Too few groups, or too few tiles to draw, are found here."""
    text = (small_plates / "small.toml").read_text().replace('"P', f'"{small_plates}/P')
    file = tmp_path / "many.toml"
    file.write_text(text.replace("train = 2", "train = 9"))
    with pytest.raises(ArgumentError, match="Class 'ALS' has 4 groups and each set needs 11"):
        forecast(Study.from_toml(file))
    file.write_text(text.replace("[data]", "[data]\nimages_per_clone = 99"))
    with pytest.raises(ArgumentError, match="99 tiles are to be drawn from each group, and a0 has 4"):
        forecast(Study.from_toml(file))
