"""Tests of the pictures of wells and assays: what is drawn is what the tables hold."""

import numpy as np
import pandas as pd

from hcs.figures.assays import MOST_STRIPS, polish_figure, replicate_figure, statistics_figure


def test_statistics_are_a_dot_per_well_with_values() -> None:
    """Wells without rows are not drawn."""
    table = pd.DataFrame({"plate": ["P", "P", "Q"], "n": [3, 0, 2], "median": [1.0, np.nan, 2.0]})
    figure = statistics_figure(table, label="area")
    (dots,) = [part for part in figure.axes[0].collections if part.get_gid() == "sample"]
    assert np.asarray(dots.get_offsets())[:, 1].tolist() == [1, 2]
    assert figure.axes[0].get_title(loc="left") == "2 wells on 2 plates"


def test_many_plates_are_medians_with_spans() -> None:
    """Beyond a dozen plates each is one dot at its median, and a bar."""
    n = MOST_STRIPS + 3
    table = pd.DataFrame(
        {"plate": np.repeat(np.arange(n), 5), "n": 1, "median": np.tile([1.0, 2, 3, 4, 9], n)}
    )
    figure = statistics_figure(table, label="area")
    (dots,) = [part for part in figure.axes[0].collections if part.get_gid() == "sample"]
    assert np.asarray(dots.get_offsets())[:, 1].tolist() == [3] * n


def test_maps_hold_the_grid_with_gaps() -> None:
    """A well without a score is a gap, not a zero; few columns are all named."""
    grids = pd.DataFrame({"row": [0, 1], "column": [0, 2], "before": [1.0, -2.0], "after": [0.5, 0.0]})
    figure = polish_figure(grids, label="count", n_plates=3)
    image: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = np.ma.filled(
        np.ma.asarray(figure.axes[0].images[0].get_array()), np.nan
    )
    assert np.array_equal(image, [[1, np.nan, np.nan], [np.nan, np.nan, -2]], equal_nan=True)
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()] == ["1", "2", "3"]


def test_replicates_are_drawn_up_to_a_number() -> None:
    """Each pair a panel with its n; those beyond are counted at the foot."""
    pairs = pd.concat(
        [
            pd.DataFrame({"first": "1", "second": str(other), "x": [1.0, 2, 3], "y": [1.0, 2, 4]})
            for other in range(2, 10)
        ]
    )
    overall = pairs.drop_duplicates(["first", "second"]).assign(n=3, pearson=0.98, concordance=0.9)
    figure = replicate_figure(pairs, overall, label="count")
    assert "3 wells" in figure.axes[0].get_title(loc="left")
    assert figure.get_supxlabel().endswith("2 more pairs of replicates not drawn")
