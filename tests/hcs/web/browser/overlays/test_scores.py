"""Scores of tiles, laid over their field: those of the study's table, with the clone's own beside them."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from tests.hcs.conftest import replace_table
from tests.hcs.web.browser.overlays.conftest import ask, overlays, site_of

from hcs.report.reported import Study
from hcs.study.folder import StudyResults
from hcs.tables.compared import Classes
from hcs.web.browser.overlays.scores import score_colour, score_key, score_told
from hcs.web.browser.site import Site

CLASSES = Classes("ALS", "control", noun="clone")


def test_each_model_is_offered_with_the_clone_beside_it(study_site: Site) -> None:
    """What the number is, on which scale, and what the clone as a whole is called."""
    found = overlays(study_site, "A01")
    names = [name for name in found if name.startswith("scores")]
    assert names == ["scores-cnn", "scores-forest"]
    assert study_site.study is not None
    groups = study_site.study.table("groups")
    for name in names:
        model = name.removeprefix("scores-")
        own = groups[(groups["model"] == model) & (groups["group"] == "a0")].iloc[0]
        said = found[name]["said"]
        assert said[0].startswith("Probability of ALS, mean over the sets whose ")
        call = "ALS" if own["probability"] >= 0.5 else "control"
        assert said[1] == f"Clone a0 (ALS) as a whole: {own['probability']:.2f}, called {call}."
        assert found[name]["kind"] == "tiles"
        assert [text for _, text in found[name]["key"]["ticks"]] == ["0 control", "0.5", "1 ALS"]


def test_a_tile_has_its_own_score(study_site: Site) -> None:
    """Of both plates and several wells: the text is the table's mean and its number of sets."""
    assert study_site.study is not None
    table = study_site.study.table("scores").set_index(["model", "plate", "well", "field", "tile"])
    for number, plate in enumerate(("P1", "P2")):
        for well in ("A02", "B01"):
            (answer,) = ask(study_site, f"{number}/{well}/2/scores-cnn")
            (tile,) = answer.json()["tiles"]
            row = table.loc[("cnn", plate, well, 2, 0)]
            call = "ALS" if row["probability"] >= 0.5 else "control"
            verdict = "right" if call == row["label"] else "wrong"
            sets = "1 set" if row["n_sets"] == 1 else f"{row['n_sets']} sets"
            assert tile["text"] == f"{row['probability']:.2f} ({sets}), called {call}: {verdict}"
            assert tile["right"] is (verdict == "right")
            assert (tile["x"], tile["y"], tile["width"], tile["height"]) == (0, 0, 64, 64)


def test_why_there_is_none(study_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A well that was left out, codes, no study: each is a sentence, for scores and saliency alike."""
    assert study_site.study is not None
    left_out = overlays(study_site, "B04")["scores"]["why"]
    assert left_out.startswith("The study has no score of it: ")
    assert "not included" in left_out
    monkeypatch.setattr("hcs.web.browser.overlays.overlay.are_coded", lambda wells: True)
    found = overlays(study_site, "A01")
    for name in ("scores", "saliency"):
        assert found[name]["why"] == "Plate P1 holds codes, and this would tell classes."
    assert [answer.status_code for answer in ask(study_site, "0/A01/1/scores-cnn", "0/A01/1/scores")] == [
        404,
        400,
    ]
    plate = site_of(study_site.opened(0).view.path)
    assert overlays(plate, "A01")["scores"]["why"] == (
        "No study is shown; `hcs serve RESULTS` shows a study with its plates."
    )
    (refused,) = ask(plate, "0/A01/1/scores")
    assert refused.status_code == 400


def test_a_tile_that_every_model_was_trained_on(small_study: Study, tmp_path: Path) -> None:
    """It has no score, which is said; it has no colour of a class."""
    results = shutil.copytree(small_study.results, tmp_path / "results")
    table = StudyResults.open(results).table("scores")
    own = (table["well"] == "A01") & (table["field"] == 1)
    table.loc[own, ["probability", "sd"]] = np.nan
    table.loc[own, "n_sets"] = 0
    replace_table(results, "tables/scores.parquet", table)
    (answer,) = ask(site_of(results), "0/A01/1/scores-cnn")
    (tile,) = answer.json()["tiles"]
    assert tile["text"] == "no score: every model was trained on it"
    assert tile["right"] is None


def test_wells_of_neither_class_are_not_right_or_wrong() -> None:
    """A score and its sets, and no verdict."""
    row = SimpleNamespace(probability=0.7, n_sets=1, label="riluzole")
    assert score_told(row, CLASSES) == {"text": "0.70 (1 set)", "colour": score_colour(0.7), "right": None}


def test_colours_have_two_ends() -> None:
    """Blue to vermilion over near white: lightness falls from the middle to both ends, step by step."""
    key = score_key(CLASSES)
    light = [sum(bytes.fromhex(stop[1:])) for stop in key.stops]
    middle = len(light) // 2
    assert light[: middle + 1] == sorted(light[: middle + 1])
    assert light[middle:] == sorted(light[middle:], reverse=True)
    ends = np.array([list(bytes.fromhex(stop[1:])) for stop in (key.stops[0], key.stops[-1])], dtype=int)
    # Blue and red differ in different ways, for whoever lacks one kind of cone too.
    assert ends[0, 2] - ends[1, 2] > 100
    assert ends[1, 0] - ends[0, 0] > 100
    assert pd.Series(key.stops).is_unique
