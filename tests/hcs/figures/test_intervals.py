"""Tests of forest plots: estimates, intervals and what chance gives stand where the table has them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from hcs.figures.intervals import Rows, interval_figure, rows_key
from hcs.figures.theme import NEGATIVE, POSITIVE, to_svg

TABLE = pd.DataFrame(
    {
        "label": ["score", "both", "alone", "none"],
        "estimate": [0.7, 0.9, 0.6, np.nan],
        "low": [0.5, 0.75, np.nan, np.nan],
        "high": [0.85, 0.97, np.nan, np.nan],
        "n": [30, 30, 1200, np.nan],
        "group": ["one", "two", "one", "one"],
        "null_low": [np.nan, 0.1, np.nan, np.nan],
        "null_high": [np.nan, 0.7, np.nan, np.nan],
        "expected": [np.nan, 0.42, np.nan, np.nan],
        "beside": [0.65, np.nan, np.nan, np.nan],
        "p": [np.nan, 0.005, np.nan, np.nan],
    }
)
WORDS = {name: name for name in ("interval", "null", "expected", "reference", "band", "beside")}


def across(axis: Axes, name: str) -> list[list[float]]:
    """Where the lines of a kind stand."""
    return [np.asarray(line.get_xdata()).tolist() for line in axis.lines if line.get_gid() == name]


def texts(found: Any) -> list[str]:
    """Words of a legend or of ticks."""
    return [text.get_text() for text in found]


def test_everything_stands_where_the_table_has_it() -> None:
    """Estimates, intervals, chance, the second mark; numbers at the right, and words where there are none."""
    figure = interval_figure(Rows(TABLE, "AUC", "title", reference=0.5, band=(0.4, 0.6)), words=WORDS)
    (axis,) = figure.axes
    assert across(axis, "estimate") == [[0.7], [0.9], [0.6]]
    assert across(axis, "interval") == [[0.5, 0.85], [0.75, 0.97]]
    assert across(axis, "expected") == [[0.42, 0.42]]
    assert across(axis, "beside") == [[0.65]]
    assert across(axis, "reference") == [[0.5, 0.5]]
    ends = {
        patch.get_gid(): patch.get_path().get_extents(patch.get_patch_transform()) for patch in axis.patches
    }
    assert (ends["null"].x0, ends["null"].x1) == pytest.approx((0.1, 0.7))
    assert (ends["band"].x0, ends["band"].x1) == pytest.approx((0.4, 0.6))
    assert texts(axis.texts) == [
        "0.70  [0.50, 0.85]",
        "0.90  [0.75, 0.97]  p = 0.005",
        "0.60  [no interval]",
        "cannot be told from these wells",
    ]
    assert texts(axis.get_yticklabels()) == [
        "score  (n = 30)",
        "both  (n = 30)",
        "alone  (n = 1,200)",
        "none",
    ]
    low, high = axis.get_ylim()
    assert low > high
    assert set(texts(figure.legends[0].get_texts())) == {"one", "two", *WORDS}


def test_groups_have_a_look_each_and_a_mark_without_interval_is_open() -> None:
    """Looks that are given are kept; where no row has an interval, no mark is open."""
    looks = {"one": (NEGATIVE, "o"), "two": (POSITIVE, "D")}
    lines = list(interval_figure(Rows(TABLE, "x", looks=looks)).axes[0].lines)
    drawn = [line for line in lines if line.get_gid() == "estimate"]
    assert [(line.get_color(), line.get_marker()) for line in drawn] == [*looks.values(), looks["one"]]
    assert [line.get_markerfacecolor() for line in drawn] == [NEGATIVE, POSITIVE, "white"]
    bare = Rows(TABLE[["label", "estimate"]], "x")
    assert bare.groups == {"": bare.groups[""]}
    (first, *_) = [line for line in interval_figure(bare).axes[0].lines if line.get_gid() == "estimate"]
    assert first.get_markerfacecolor() == first.get_color()


def test_the_key_tells_no_more_than_is_drawn() -> None:
    """No entry for chance, intervals or lines that are not there; without groups and words no key at all."""
    bare = Rows(TABLE[["label", "estimate", "group"]], "x")
    assert [entry.get_label() for entry in rows_key([bare], WORDS)] == ["one", "two"]
    assert not interval_figure(Rows(TABLE[["label", "estimate"]], "x")).legends


def test_pairs_share_a_place() -> None:
    """Before stands above after, joined by an arrow; a pair that is not known is one row in words."""
    rows = [("AUC", "before", 0.7), ("AUC", "after", 0.8), ("kBET", "before", np.nan)]
    table = pd.DataFrame(rows, columns=["label", "group", "estimate"])
    axis = interval_figure(Rows(table, "x", paired=True, missing="cannot be measured")).axes[0]
    heights = [np.asarray(line.get_ydata()).item() for line in axis.lines if line.get_gid() == "estimate"]
    assert heights == [pytest.approx(-0.16), pytest.approx(0.16)]
    assert texts(axis.get_yticklabels()) == ["AUC", "kBET"]
    assert texts(axis.texts) == ["0.70", "0.80", "", "cannot be measured"]


def test_panels_stand_side_by_side() -> None:
    """Each with its own title and limits; the heading stands above."""
    right = Rows(TABLE[["label", "estimate"]], "weight", "right", None)
    figure = interval_figure(Rows(TABLE, "AUC", "left"), right, heading="ComBat")
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["left", "right"]
    assert figure.get_suptitle() == "ComBat"


def test_names_are_shown_as_they_are() -> None:
    """Neither markup nor mathematics; a drawing repeats to the letter."""
    named = Rows(TABLE.replace({"label": {"both": "<b>B</b> $x$"}}), "x")
    first, second = (to_svg(interval_figure(named), name="rows") for _ in range(2))
    assert first == second
    assert "&lt;b&gt;B&lt;/b&gt; $x$" in first
    assert "<b>B" not in first
