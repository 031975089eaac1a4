"""Examples that need a study: an analysis and a model of one's own."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from tests.test_examples import load

from hcs.analysis.registry import ANALYSES
from hcs.classifiers.registry import MODELS
from hcs.report.reported import Study


def test_new_analysis(
    small_study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undrawn: None
) -> None:
    """Its table is kept, its sentence stands in the report; its numbers are the wells' scores."""
    # Set, so that it is gone afterwards.
    monkeypatch.setitem(ANALYSES, "well_spread", ANALYSES["design"])
    for name in [*ANALYSES]:
        monkeypatch.delitem(ANALYSES, name)
    results = shutil.copytree(small_study.results, tmp_path / "results")
    found = load("new_analysis").main(results)
    scores = small_study.table("well_scores").query("model == 'cnn' and probability.notna()")
    expected = scores.groupby("group")["probability"].std()
    pd.testing.assert_series_equal(found.table.set_index("group")["sd"], expected, check_names=False)
    assert (results / "analyses" / "well_spread.parquet").is_file()
    assert "Wells of one clone differ by an SD of" in (results / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_new_model(
    small_study: Study, small_plates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undrawn: None
) -> None:
    """Scored on every set like the others, by training tiles of that set alone."""
    example = load("new_model")
    monkeypatch.setattr("hcs.classifiers.registry.MODELS", MODELS)
    own = shutil.copytree(small_plates, tmp_path / "plates", ignore=shutil.ignore_patterns("*-results"))
    text = (own / "small.toml").read_text(encoding="utf-8").replace("trials = 3", 'sampler = "none"')
    (own / "small.toml").write_text(f'{text}\n[models]\nfitted = ["cnn", "nearest"]\n', encoding="utf-8")
    try:
        study = example.main(own / "small.toml")
    finally:
        del MODELS["nearest"]
    scored = study.table("predictions")
    assert list(scored["model"].unique()) == ["cnn", "nearest"]
    assert scored.groupby("model")["set"].nunique().tolist() == [4, 4]
    assert (study.results / "sets" / "0001" / "nearest.npz").is_file()
