"""Tests of the figure of a correction: both states of every measure, intervals, and gaps said."""

import numpy as np
import pandas as pd

from hcs.figures.correction import correction_figure

MEASURES = ["label_auc", "batch_auc", "kbet", "ilisi", "batch_silhouette", "pc_regression"]


def table() -> pd.DataFrame:
    """Numbers as an analysis gives them; iLISI could not be measured."""
    made = pd.DataFrame({"measure": MEASURES, "n_groups": 24, "n_wells": 96, "wanted": "higher"})
    made["before"], made["after"] = [0.7, 1.0, 0.1, np.nan, 0.6, 0.5], [0.8, 0.5, 0.4, np.nan, 0.9, 0.1]
    for side in ("before", "after"):
        made[f"{side}_low"], made[f"{side}_high"] = made[side] - 0.1, made[side] + 0.1
        made.loc[2:, [f"{side}_low", f"{side}_high"]] = np.nan
    made.loc[1, ["before_low", "before_high"]] = np.nan
    return made


def test_both_states_stand_where_they_were_measured() -> None:
    """Dots at the values, before above after; intervals only where there are some; a gap in words."""
    figure = correction_figure(table(), method="ComBat", label="diagnosis", batch="plate")
    left, right = figure.axes
    for axis, first in ((left, 0), (right, 2)):
        known = table()[first : first + (2 if axis is left else 4)].dropna(subset=["before"])
        for side in ("before", "after"):
            dots = [line for line in axis.lines if line.get_gid() == side]
            assert [float(np.asarray(dot.get_xdata())[0]) for dot in dots] == known[side].tolist()
    assert sum(line.get_gid() == "interval" for line in left.lines) == 3
    assert not [line for line in right.lines if line.get_gid() == "interval"]
    assert "cannot be measured" in [text.get_text() for text in right.texts]
    assert [name.get_text() for name in left.get_yticklabels()] == [
        "diagnosis\n24 clones, 96 wells",
        "plate\n24 clones, 96 wells",
    ]
    assert figure.get_suptitle() == "ComBat"
    assert [text.get_text() for text in figure.legends[0].get_texts()][:2] == ["before", "after correction"]
