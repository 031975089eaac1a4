"""Reliability and search, as drawn: the numbers of the tables at their places."""

from typing import Any

import numpy as np
import pandas as pd

from hcs.figures.checks import reliability_figure, search_figure
from hcs.figures.theme import to_svg


def offsets(collection: Any) -> list[list[float]]:
    """Places of a scatter's points."""
    return [list(map(float, place)) for place in collection.get_offsets()]


def test_reliability_shows_both_levels() -> None:
    """Groups left with their intervals, tiles right without; every point where the table has it."""
    curve = pd.DataFrame(
        {
            "model": ["cnn", "cnn", "cnn", "forest"],
            "level": ["group", "group", "tile", "tile"],
            "bin": [1, 8, 3, 5],
            "n": [6, 4, 90, 10],
            "mean_probability": [0.15, 0.85, 0.35, 0.55],
            "observed": [0.0, 1.0, 0.3, 0.6],
            "low": [0.0, 0.5, np.nan, np.nan],
            "high": [0.4, 1.0, np.nan, np.nan],
        }
    )
    groups, tiles = reliability_figure(curve, "clones").axes
    assert offsets(groups.collections[0]) == [[0.15, 0.0], [0.85, 1.0]]
    assert len(groups.collections) == 2
    intervals = [np.asarray(path.vertices)[:, 1].tolist() for path in groups.collections[1].get_paths()]
    assert intervals == [[0.0, 0.4], [0.5, 1.0]]
    assert [len(offsets(collection)) for collection in tiles.collections[::2]] == [1, 1]
    legend = tiles.get_legend()
    assert legend is not None
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["CNN (n = 90)", "random forest (n = 10)"]


def test_search_rings_the_chosen() -> None:
    """Every trial is drawn; a diverged one does not set the colour scale; ticks are numbers, not markup."""
    trials = pd.DataFrame(
        {
            "set": [1, 1, 2, 2],
            "learning_rate": [1e-4, 1e-2, 1e-3, 2e-3],
            "momentum": [0.7, 1.0, 0.9, 0.8],
            "value": [0.6, 0.0, 0.8, 0.7],
        }
    )
    figure = search_figure(trials, trials.iloc[[0, 2]])
    shown, ringed = figure.axes[0].collections
    assert len(offsets(shown)) == 4
    assert shown.get_clim() == (0.6, 1.0)
    assert offsets(ringed) == [[1e-4, 0.7], [1e-3, 0.9]]
    text = to_svg(figure, name="search", alt="")
    assert "mathdefault" not in text
    assert "0.001" in text


def test_all_trials_diverged() -> None:
    """A search without a single head that held is drawn, and nothing warns."""
    trials = pd.DataFrame({"set": 1, "learning_rate": [1e-2], "momentum": [1.0], "value": [0.0]})
    assert search_figure(trials, trials).axes
