"""A model is one entry: a toy written here is fitted, shown, predicts and is handed out like the others."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from hcs.classifiers.model import Fitted, Model, Task
from hcs.classifiers.registry import MODELS
from hcs.explain.explanations import explain_study
from hcs.figures.theme import model_line, model_name
from hcs.findings.permuted import permute_labels
from hcs.report import named_plots as plots
from hcs.report.gather import study_facts
from hcs.report.reported import Study
from hcs.report.study.page import study_page
from hcs.study.claims import Claim
from hcs.study.export import export_model
from hcs.study.predict import predict_plates
from hcs.study.settings import ModelsSettings
from hcs_plates.errors import ArgumentError, ExistsError

NAMES = ["cnn", "forest", "logistic", "toy"]


@dataclass(frozen=True)
class Cut:
    """Calls positive what has more of the first measurement than the training tiles on average."""

    at: float
    settings: dict[str, Any] = field(default_factory=dict)

    def predict_proba(self, measured: pd.DataFrame) -> npt.NDArray[np.float64]:
        """One quarter below, three quarters above."""
        positive = np.where(measured.iloc[:, 0] > self.at, 0.75, 0.25)
        return np.stack([1 - positive, positive], axis=1)

    def save(self, path: Path) -> None:
        """Write the number."""
        path.write_text(str(self.at))


class Toy(Model):
    """All that a model must say of itself."""

    name = "toy"
    title = "toy model"
    colour, dash = "#123456", ":"
    file = "toy.txt"
    exported = ".txt"

    def fit(self, fed: pd.DataFrame, task: Task) -> Fitted:
        """Take the training tiles' mean."""
        return Fitted(Cut(float(fed.iloc[task.train, 0].mean())))

    def load(self, path: Path) -> Cut:
        """Read the number."""
        return Cut(float(path.read_text()))


@pytest.fixture(scope="module")
def study(small_study: Study, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    """The small study with two models more, on its own tiles, features and measurements."""
    results = tmp_path_factory.mktemp("toy") / "results"
    made = ("sets", "tables", "record.json", "report.html", "permut*", "analyses", "explanations", "*.lock")
    shutil.copytree(small_study.results, results, ignore=shutil.ignore_patterns(*made))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(MODELS, "toy", Toy())
        config, quick = small_study.config, {"epochs": 1}
        config = config.model_copy(
            update={
                "models": ModelsSettings(fitted=("toy", "logistic", "forest", "cnn")),
                "tuning": config.tuning.model_copy(update={"sampler": "none"}),
                "train": config.train.model_copy(update=quick),
            }
        )
        claim = Claim.read(results)
        assert claim is not None
        replace(claim, settings=config.model_dump(mode="json")).write(results)
        yield Study(config, small_study.source, results).run()


def test_its_scores_stand_in_every_table(study: Study, small_study: Study) -> None:
    """Models stand in the registry's order; the forest's scores are what they are without the others."""
    for name in ("predictions", "metrics", "scores", "groups", "well_scores", "brier", "confusion"):
        assert list(study.table(name)["model"].unique()) == NAMES, name
    paired, metrics = study.table("paired"), study.table("metrics").set_index(["model", "set"])
    assert list(paired["against"].unique()) == NAMES[1:]
    toy = paired[paired["against"] == "toy"].set_index("set")["auc"]
    expected = metrics.loc["cnn", "auc"] - metrics.loc["toy", "auc"]
    np.testing.assert_allclose(toy, expected.loc[toy.index])
    one, other = (each.table("predictions").query("model == 'forest'") for each in (study, small_study))
    pd.testing.assert_frame_equal(one.reset_index(drop=True), other.reset_index(drop=True))
    assert {f"sets/0003/{MODELS[name].file}" for name in NAMES} <= set(study.record["files"])


def test_it_is_shown(study: Study, undrawn: None) -> None:
    """A card, a row and a curve of its own, and a comparison with the first model."""
    assert (model_name("toy"), model_line("toy")) == ("toy model", ("#123456", ":"))
    facts = study_facts(study)
    page = study_page(facts)
    assert "CNN, random forest, logistic regression and toy model" in page
    assert "CNN against random forest, logistic regression and toy model, pair by pair" in page
    assert "The toy model, on simple measurements of the same images, called" in page
    assert "The random forest, logistic regression and toy model were trained on" in page
    legends = [axes.get_legend() for axes in plots.roc(facts)]
    legend = " ".join(text.get_text() for one in legends if one is not None for text in one.get_texts())
    assert "toy model" in legend
    assert "logistic regression" in legend


def test_it_predicts(study: Study, small_plates: Path, tmp_path: Path) -> None:
    """Of known clones by the sets that are blind to them; nothing goes through the network unasked."""
    plate = small_plates / "P1.ome.zarr"
    found = predict_plates(study, [plate], tmp_path / "out", models=["toy", "logistic"])
    assert list(found.groups["model"].unique()) == ["logistic", "toy"]
    assert not (tmp_path / "out" / "features.zarr").exists()
    splits, own = study.table("splits"), study.table("scores")
    clone = splits.loc[splits["part"] == "test", "group"].iloc[0]
    for model in ("toy", "logistic"):
        ours, theirs = (
            table[(table["model"] == model) & (table["group"] == clone) & (table["plate"] == "P1")]
            .set_index(["well", "field"])["probability"]
            .sort_index()
            for table in (found.tiles, own)
        )
        np.testing.assert_allclose(ours, theirs)


def test_it_permutes(study: Study) -> None:
    """Beside the first model, which the verdict is about; a model the study does not have is refused."""
    found = permute_labels(study, 1, models=["toy"], n_sets=1)
    assert found.tests[["model", "score"]].to_numpy().tolist() == [
        [model, score] for model in ("cnn", "toy") for score in ("group_auc", "auc")
    ]
    assert found.statistics["question"].str.contains("Toy model|toy model").any()
    assert len(found.plot()) == 4
    with pytest.raises(ArgumentError, match="no model 'tyo'; did you mean 'toy'"):
        permute_labels(study, 1, models=["tyo"])


@pytest.mark.parametrize("model", ["forest", "logistic", "toy"])
def test_it_is_handed_out(model: str, study: Study, tmp_path: Path) -> None:
    """A file of its own that reads back the same, and a JSON file that says what it takes and gives."""
    file = export_model(study, 2, tmp_path, model)
    rows = pd.read_parquet(study.results / "measurements.parquet")
    own = MODELS[model].predict(study.trained(2, MODELS[model]), rows)
    np.testing.assert_array_equal(MODELS[model].predict(MODELS[model].load(file), rows), own)
    said = json.loads(file.with_suffix(".json").read_text())
    assert said["input"]["measurements"] == list(rows.columns)
    assert (said["classes"], said["set"], said["model"]) == (["control", "ALS"], 2, model)
    with pytest.raises(ExistsError, match="exists already"):
        export_model(study, 2, tmp_path, model)


def test_what_sees_no_image_is_not_explained(study: Study) -> None:
    """Before anything is made."""
    with pytest.raises(ArgumentError, match="The random forest cannot be explained by maps"):
        explain_study(study, model="forest")
