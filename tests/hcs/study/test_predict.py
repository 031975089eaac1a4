"""New plates scored by a study: by every head that is blind to them, and by no other."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs.classifiers.cnn import Network
from hcs.classifiers.forest import Forest
from hcs.measure.measurements import measure_plate
from hcs.report.reported import Study
from hcs.study.folder import StudyResults
from hcs.study.measured import field_specs, measured_alike
from hcs.study.predict import Predictions, predict_plates
from hcs_plates.errors import ArgumentError, ExistsError, NotThereError, WeightsError
from hcs_plates.plate import Plate, create_plate, open_plate
from hcs_plates.readers.acquisition import Channel
from hcs_plates.store import rewrite_description

NEW = {"a0": "n0", "a1": "n1", "c0": "m0", "c1": "m1"}


def of(table: pd.DataFrame, model: str) -> pd.DataFrame:
    """Rows of one model."""
    return table[table["model"] == model]


@pytest.fixture(scope="module")
def new_plate(tmp_path_factory: pytest.TempPathFactory, write_plate: Any) -> Plate:
    """A third plate: its first clones are new lines, the others are the study's own; one line has no name."""
    plate: Plate = write_plate(tmp_path_factory.mktemp("new"), "P3", renamed=NEW)
    return plate


@pytest.fixture(scope="module")
def found(small_study: Study, new_plate: Plate, tmp_path_factory: pytest.TempPathFactory) -> Predictions:
    """The new plate, scored."""
    return predict_plates(small_study, [new_plate.path], tmp_path_factory.mktemp("scores") / "out")


def test_new_clones_are_scored_by_all_heads(found: Predictions, small_study: Study) -> None:
    """Mean over heads of each head's mean over tiles; the disease's stripes are told from the others'."""
    groups = of(found.groups, "cnn").set_index("group")
    new = groups.loc[list(NEW.values())]
    assert (new["n_heads"] == 4).all()
    assert (new.loc[["n0", "n1"], "probability"] > 0.5).all()
    assert (new.loc[["m0", "m1"], "probability"] < 0.5).all()
    one = of(found.tiles, "cnn").query("group == 'n0'")
    assert groups.loc["n0", "n_tiles"] == len(one)
    assert groups.loc["n0", "probability"] == pytest.approx(one["probability"].mean())


def test_numbers_are_the_heads_own(
    found: Predictions, small_study: Study, new_plate: Plate, tmp_path: Path
) -> None:
    """Every head by hand on the features of one tile: mean and spread."""
    from hcs.study.network import feature_spec
    from hcs_models.features import extract_features
    from hcs_plates.tiles import create_tiles
    from hcs_plates.tiling import TileSpec

    tiles = create_tiles([new_plate], tmp_path / "tiles", TileSpec(size=64))
    features = extract_features(tiles, tmp_path / "features", feature_spec(small_study)).load(
        tiles.index, view=0
    )
    row = found.tiles.index[found.tiles["group"] == "m1"][0]
    by_hand = [small_study.trained(n, Network()).predict_proba(features[[row]])[0, 1] for n in range(1, 5)]
    assert found.tiles.loc[row, "probability"] == pytest.approx(np.mean(by_hand))
    assert found.tiles.loc[row, "sd"] == pytest.approx(np.std(by_hand, ddof=1))


def test_the_forest_scores_what_it_would_have_measured(
    found: Predictions, small_study: Study, new_plate: Plate, tmp_path: Path
) -> None:
    """Its trees as they were kept, on the new plate's cells measured as the study's; the CNN comes first."""
    spec = field_specs(small_study.config.forest, [new_plate])[0]
    fields = measure_plate(new_plate, spec, tmp_path / "measured").fields
    columns = small_study.record["measured"]
    rows = of(found.tiles, "forest").merge(fields[["well", "field", *columns]], on=["well", "field"])
    rows = rows[rows["group"] == "n0"]
    forests = [small_study.trained(n, Forest()) for n in range(1, 5)]
    by_hand = np.mean([forest.predict_proba(rows[columns])[:, 1] for forest in forests], axis=0)
    np.testing.assert_allclose(rows["probability"], by_hand)
    assert found.groups["model"].tolist() == ["cnn"] * 8 + ["forest"] * 8
    assert found.summary().index("by the CNN") < found.summary().index("by the random forest")


def test_cells_are_measured_as_the_study_s_or_not_at_all(
    small_study: Study, new_plate: Plate, tmp_path: Path
) -> None:
    """The study's one channel shows the neurites beside others too; a nuclear stain counts other cells."""
    layout = replace(new_plate.spec.layout, n_channels=2)
    spec = replace(new_plate.spec, channels=(Channel("FITC"), Channel("TRITC")), layout=layout, missing={})

    def black(well: str, number: int) -> np.ndarray[Any, Any]:
        return np.zeros((2, 64, 64), dtype="uint16")

    two = create_plate(tmp_path / "P3.ome.zarr", spec, black)
    assert measured_alike(small_study, [two]).neurites == "FITC"
    stained = replace(spec, channels=(Channel("FITC"), Channel("DAPI")))
    with pytest.raises(ArgumentError, match=r"P3 would be measured otherwise .nuclei in DAPI; .* --model"):
        predict_plates(
            small_study, [create_plate(tmp_path / "P4.ome.zarr", stained, black).path], tmp_path / "out"
        )
    assert not (tmp_path / "out").exists()


def test_a_study_that_kept_the_network_alone(
    small_study: Study, new_plate: Plate, found: Predictions, tmp_path: Path
) -> None:
    """Results of earlier versions score as they did, and say what is gone; asked for, it is refused."""
    results = tmp_path / "results"
    shutil.copytree(small_study.results, results)
    record = json.loads((results / "record.json").read_text())
    record["files"] = {name: one for name, one in record["files"].items() if not name.endswith("forest.npz")}
    (results / "record.json").write_text(json.dumps(record))
    for file in results.glob("sets/*/forest.npz"):
        file.unlink()
    study = StudyResults.open(results)
    alone = predict_plates(study, [new_plate.path], tmp_path / "out")
    pd.testing.assert_frame_equal(alone.groups, of(found.groups, "cnn"))
    assert "Not scored by the random forest" in alone.notices[0]
    with pytest.raises(NotThereError, match="holds no random forest of its sets"):
        predict_plates(study, [new_plate.path], tmp_path / "two", models=["forest"])
    assert not (tmp_path / "two").exists()
    with pytest.raises(ArgumentError, match="no model 'forrest'; did you mean 'forest'"):
        predict_plates(study, [new_plate.path], tmp_path / "out", models=["forrest"])


def test_known_clones_are_scored_by_blind_heads_only(found: Predictions, small_study: Study) -> None:
    """Their number of heads is that of the sets that neither trained nor validated on them."""
    splits = small_study.table("splits")
    learnt = splits[splits["part"] != "test"].groupby("group")["set"].nunique()
    for model in ("cnn", "forest"):
        groups = of(found.groups, model).set_index("group")
        for clone in ("a2", "a3", "c2", "c3"):
            assert groups.loc[clone, "n_heads"] == 4 - learnt[clone]


def test_wells_without_a_clone_are_scored_by_well(found: Predictions) -> None:
    """They stand among tiles and wells, not among groups, and the notices say so."""
    assert of(found.wells, "cnn")["group"].isna().sum() == 1
    assert not found.groups["group"].isna().any()
    assert any("wells without a clone" in notice for notice in found.notices)
    assert "clone n0: ALS" in found.summary()
    assert "not an interval" in found.summary()


def test_the_study_s_own_images_under_other_names(
    small_study: Study, small_plates: Path, tmp_path: Path
) -> None:
    """A copy of a training plate with other clone names: pixels are recognised, blind heads alone score."""
    copy = tmp_path / "copy.ome.zarr"
    shutil.copytree(small_plates / "P1.ome.zarr", copy)
    spec = open_plate(copy).spec
    renamed = spec.wells.assign(clone="x" + spec.wells["clone"])
    rewrite_description(copy, replace(spec, wells=renamed))
    assert "xa0" in set(open_plate(copy).wells["clone"].dropna())
    found = predict_plates(small_study, [copy], tmp_path / "out")
    splits = small_study.table("splits")
    learnt = splits[splits["part"] != "test"].groupby("group")["set"].nunique()
    groups = of(found.groups, "cnn").set_index("group")
    expected = {f"x{clone}": 4 - count for clone, count in learnt.items()}
    assert groups["n_heads"].to_dict() == expected
    assert groups.loc[groups["n_heads"] == 0, "probability"].isna().all()
    pd.testing.assert_frame_equal(
        pd.read_parquet(tmp_path / "out" / "tables" / "groups.parquet"), found.groups
    )


def test_other_weights_and_channels_are_refused(
    small_study: Study, new_plate: Plate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Heads fit one network only; a plate without the study's channel is named."""
    results = tmp_path / "results"
    shutil.copytree(small_study.results, results)
    text = (results / "record.json").read_text()
    (results / "record.json").write_text(text.replace(small_study.record["weights"]["sha256"], "0" * 64))
    with pytest.raises(WeightsError, match="its heads fit the first only"):
        predict_plates(StudyResults.open(results), [new_plate.path], tmp_path / "out")
    monkeypatch.setattr("hcs_plates.tiles.TileSet.channels", ("TRITC",))
    with pytest.raises(ArgumentError, match="TRITC"):
        predict_plates(small_study, [new_plate.path], tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_folders_of_something_else_are_refused(
    small_study: Study, small_plates: Path, tmp_path: Path
) -> None:
    """A study's results, whose tables have the same names, and predictions of other plates."""
    plates = [small_plates / "P1.ome.zarr"]
    before = {path: path.read_bytes() for path in small_study.results.rglob("*") if path.is_file()}
    with pytest.raises(ArgumentError, match="is not empty and holds no predictions"):
        predict_plates(small_study, plates, small_study.results, overwrite=True)
    assert {path: path.read_bytes() for path in small_study.results.rglob("*") if path.is_file()} == before
    (tmp_path / "predictions.json").write_text('{"study": "another"}')
    with pytest.raises(ExistsError, match="predictions of other plates or of another study"):
        predict_plates(small_study, plates, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.json"]
