"""Tests of a study's plots by name: each gives axes and its numbers, or says which table is missing."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from hcs.answer.facts import StudyFacts
from hcs.figures.panels import Panels
from hcs.report.plots import PLOTS, layout, scores
from hcs_plates.errors import NotThereError


@pytest.mark.parametrize("name", [name for name in PLOTS if name != "doses"])
def test_every_plot_is_drawn_and_kept(neurons: StudyFacts, name: str, tmp_path: Path) -> None:
    """Axes, and numbers that are written beside the figure."""
    drawn = PLOTS[name][1](neurons)
    assert isinstance(drawn, Panels)
    figure, numbers = drawn.save(tmp_path / f"{name}.svg")
    assert figure.read_text(encoding="utf-8").count("<svg") == 1
    assert len(pd.read_csv(numbers)) == len(drawn.numbers) > 0


def test_doses_are_drawn_where_there_are_any(drugs: StudyFacts, neurons: StudyFacts) -> None:
    """A study without doses is refused in a sentence."""
    assert len(PLOTS["doses"][1](drugs).numbers) > 0
    with pytest.raises(NotThereError, match="has no doses"):
        PLOTS["doses"][1](neurons)


def test_scores_of_wells_are_means_of_their_tiles(neurons: StudyFacts) -> None:
    """The heatmap's values are the study's own table of wells; a picked well has its tiles."""
    found = scores(neurons)
    expected = neurons.well_table().query("model == 'cnn'").set_index(["plate", "well"])["probability"]
    shown = found.table.set_index(["plate", "well"])["shown"].dropna()
    assert len(shown) == expected.notna().sum()
    pd.testing.assert_series_equal(
        shown.sort_index(), expected.dropna().sort_index(), check_names=False, check_dtype=False
    )
    tiles = neurons.scores.query("model == 'cnn'")
    assert len(found.rows) == len(tiles)
    assert found.unit == "tile"


def test_layout_leaves_out_what_is_not_included(neurons: StudyFacts) -> None:
    """Wells that take no part are not in it, so they are hatched."""
    found = layout(neurons)
    assert len(found.table) == int(neurons.wells["included"].sum())
    assert set(found.table["shown"]) == {"ALS", "control"}


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("roc", "predictions"), ("clones", "groups"), ("layout", "wells"), ("scores", "scores"),
        ("training", "history"), ("reliability", "reliability"), ("search", "trials"),
    ],
)  # fmt: skip
def test_a_missing_table_is_named(neurons: StudyFacts, name: str, table: str) -> None:
    """One sentence, and no half-drawn figure."""
    missing = {table: pd.DataFrame()}
    with pytest.raises(NotThereError, match=f"has no table of {table}"):
        PLOTS[name][1](replace(neurons, **missing))
