"""Pictures of mixing: every metric beside its permutations, every well by batch and label."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from hcs.figures.mixing import COLOURS, mixing_figure
from hcs.figures.theme import OTHER, to_svg

TABLE = pd.DataFrame(
    {
        "metric": ["kbet", "pc_regression", "clisi"],
        "name": ["kBET acceptance rate", "principal-component regression", "cLISI"],
        "about": ["seeding_day", "seeding_day", "label"],
        "value": [0.2, 0.4, np.nan],
        "mixed_is": [1.0, 0.0, 0.0],
        "null_mean": [0.9, 0.1, np.nan],
        "null_low": [0.8, 0.05, np.nan],
        "null_high": [0.95, 0.15, np.nan],
        "p": [0.005, np.nan, np.nan],
    }
)


def points(batches: int) -> pd.DataFrame:
    """Wells of so many batches and two labels; the first batch has one well more."""
    names = [f"b{place}" for place in range(batches) for _ in range(2)] + ["b0"]
    n = len(names)
    return pd.DataFrame(
        {"batch": names, "label": [("ALS", "control")[i % 2] for i in range(n)], "pc1": range(n), "pc2": 1.0}
    )


def test_values_stand_beside_their_permutations() -> None:
    """Dots at the values, bars over 95 % of permutations, p where there is one; words where nothing is."""
    axis = mixing_figure(TABLE, points(3), batch="seeding_day").axes[0]
    dots = [line for line in axis.lines if line.get_gid() == "value"]
    assert sorted(float(np.asarray(dot.get_xdata())[0]) for dot in dots) == [0.2, 0.4]
    bars = [patch for patch in axis.patches if patch.get_gid() == "null"]
    edges = sorted(tuple(bar.get_extents().transformed(axis.transData.inverted()).intervalx) for bar in bars)
    assert np.array(edges) == pytest.approx(np.array([[0.05, 0.15], [0.8, 0.95]]))
    assert [text.get_text() for text in axis.texts] == [
        "cannot be told from these wells",
        "0.40",
        "0.20, p = 0.005",
    ]
    assert [label.get_text() for label in axis.get_yticklabels()] == [
        "cLISI\nlabel, mixed: 0",
        "principal-component regression\nseeding day, mixed: 0",
        "kBET acceptance rate\nseeding day, mixed: 1",
    ]


def test_every_well_is_drawn_by_batch_and_label() -> None:
    """One colour for each batch, one marker for each label, both named."""
    axis = mixing_figure(TABLE, points(3), batch="seeding_day").axes[1]
    drawn = [found for found in axis.collections if found.get_gid() == "wells"]
    assert [np.asarray(found.get_offsets()).shape[0] for found in drawn] == [4, 3]
    colours = {to_hex(colour).upper() for found in drawn for colour in np.asarray(found.get_facecolor())}
    assert colours == set(COLOURS[:3])
    legend = axis.get_legend()
    assert legend is not None
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["seeding day:", "b0", "b1", "b2", "", "label:", "ALS", "control"]


def test_more_batches_than_colours_are_counted_together() -> None:
    """The largest keep a colour; the others are grey, and the legend says how many they are."""
    axis = mixing_figure(TABLE, points(12)).axes[1]
    legend = axis.get_legend()
    assert legend is not None
    names = [text.get_text() for text in legend.get_texts()]
    assert names[:8] == ["batch:", "b0", "b1", "b10", "b11", "b2", "b3", "6 others"]
    grey = sum(
        to_hex(colour) == OTHER
        for found in axis.collections
        if found.get_gid() == "wells"
        for colour in np.asarray(found.get_facecolor())
    )
    assert grey == 12


def test_the_picture_is_the_same_twice() -> None:
    """As an element of a page, to the letter."""
    first, second = (to_svg(mixing_figure(TABLE, points(3))) for _ in range(2))
    assert first == second
    assert "seeding day, mixed: 1" in first
