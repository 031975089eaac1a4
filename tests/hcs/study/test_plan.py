"""From settings to sets and tiles, before anything is cut."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from hcs.report.reported import Study
from hcs.study.plan import plan_sets, tile_spec
from hcs.study.settings import SplitSettings
from hcs_plates.errors import ArgumentError
from hcs_plates.plate import Plate


@pytest.fixture
def classed() -> pd.DataFrame:
    """Eight clones on two plates of two batches."""
    rows = [(f"{kind}{n}", kind, plate, f"B{plate}") for kind in "ac" for n in range(4) for plate in "12"]
    return pd.DataFrame(rows, columns=["group", "label", "plate", "differentiation_batch"])


@pytest.mark.parametrize(
    ("scheme", "sets", "held_out"),
    [
        ("drawn", 3, {None}),
        ("leave-one-group-out", 8, {None}),
        ("leave-one-batch-out", 8, {("differentiation_batch", "B1"), ("differentiation_batch", "B2")}),
        ("leave-one-plate-out", 8, {("plate", "1"), ("plate", "2")}),
    ],
)
def test_schemes(classed: pd.DataFrame, scheme: str, sets: int, held_out: set[object]) -> None:
    """Each setting makes its kind of sets."""
    settings = SplitSettings(scheme=scheme, n_sets=3, train=2, validation=1, test=1)
    plan = plan_sets(settings, classed)
    assert len(plan.splits) == sets
    assert {split.held_out for split in plan.splits} == held_out


def test_a_column_that_is_not_there(classed: pd.DataFrame) -> None:
    """No batches, no batch to leave out."""
    settings = SplitSettings(scheme="leave-one-batch-out", train=2, validation=1, test=1)
    with pytest.raises(ArgumentError, match="no column 'differentiation_batch'"):
        plan_sets(settings, classed.drop(columns="differentiation_batch"))


def test_a_film_is_cut_at_the_moment_of_the_settings(small_plates: Path) -> None:
    """The settings' time point and channels are those of the tiles."""
    config = Study.from_toml(small_plates / "small.toml").config
    assert tile_spec(config).time == 0
    late = config.data.model_copy(update={"time": 2, "channels": ("FITC",)})
    spec = tile_spec(config.model_copy(update={"data": late}))
    assert (spec.time, spec.channels) == (2, ("FITC",))


def test_stacks_are_cut_as_the_settings_say(small_plates: Path) -> None:
    """The projection of the settings is that of the tiles, and is told where a plate has stacks."""
    study = Study.from_toml(small_plates / "small.toml")
    ready = study.prepared()
    assert not any("stacks" in notice for notice in ready.notices)
    config = ready.config.model_copy(update={"tiles": ready.config.tiles.model_copy(update={"z": "mean"})})
    assert (tile_spec(ready.config).z, tile_spec(config).z) == ("max", "mean")
    deep = [
        Plate(plate.path, replace(plate.spec, layout=replace(plate.spec.layout, n_z=3)))
        for plate in ready.plates
    ]
    told = replace(ready, config=config, plates=deep).notices
    assert "Of the stacks in z of P1 and P2 tiles show the mean." in told


@pytest.mark.slow
def test_a_plate_left_out_from_end_to_end(small_plates: Path, tmp_path: Path) -> None:
    """Test tiles are of a plate and of clones the set never saw; as many tiles of every clone."""
    text = (small_plates / "small.toml").read_text().replace('"P', f'"{small_plates}/P')
    file = tmp_path / "plates.toml"
    text = text.replace("[splits]", '[splits]\nscheme = "leave-one-plate-out"')
    file.write_text(
        text.replace("[data]", "[data]\nimages_per_clone = 2").replace("trials = 3", 'sampler = "none"')
    )
    study = Study.from_toml(file)
    ready = study.prepared()
    planned, undrawn = ready.tiles, ready.undrawn
    assert planned[planned["positive"].notna()]["group"].value_counts().unique().tolist() == [2]
    study.run()
    predicted, splits = study.table("predictions"), study.table("splits")
    held = splits.drop_duplicates("set").set_index("set")["held_out"]
    assert set(held) == {"plate=P1", "plate=P2"}
    assert (predicted["set"].map(held) == "plate=" + predicted["plate"]).all()
    assert study.table("trials").empty
    listed = study.table("left_out").query("what == 'tiles'")
    assert len(listed) == len(undrawn) > 0
    assert listed["reason"].str.endswith("not drawn (images_per_clone = 2)").all()
    page = study.report().read_text(encoding="utf-8")
    assert "Sets leave one plate out at a time" in page
