"""The picture of a plan: what is wanted, needed, planned and enough are marked."""

import pandas as pd

from hcs.figures.planned import plan_figure

CURVE = pd.DataFrame(
    {
        "at": ["estimate"] * 3 + ["worst"] * 3 + ["best"] * 3,
        "n_per_class": [5, 10, 20] * 3,
        "value": [0.4, 0.3, 0.2, 0.5, 0.4, 0.3, 0.3, 0.2, 0.1],
        "value_se": 0.01,
        "formula": [0.4, 0.3, 0.2, 0.5, 0.4, 0.3, 0.3, 0.2, 0.1],
    }
)
IMAGES = pd.DataFrame(
    {"wells": [1, 1, 1, 2, 2], "images": [1, 8, 16, 8, 16], "value": [0.5, 0.3, 0.2, 0.25, 0.18]}
)
WORDS = ("clones per class", "clone", "Width of the 95 % interval of the accuracy")


def test_the_marks_of_a_plan() -> None:
    """Both panels have the wanted line; the number needed, what is planned, and where images are enough."""
    figure = plan_figure(CURVE, IMAGES, wanted=0.2, needed=20, enough=12.0, words=WORDS, planned=(8, 2))
    marks = [{line.get_gid() for line in axis.lines} for axis in figure.axes]
    assert {"wanted", "needed", "worst", "best"} <= marks[0]
    assert {"wanted", "enough", "planned"} <= marks[1]
    assert figure.axes[1].get_xlabel() == "Images a clone (20 clones per class)"
    assert figure.axes[0].get_ylim()[0] == 0


def test_without_a_number_nothing_is_marked() -> None:
    """No number of clones, images without end, nothing known of images: one panel, no marks."""
    alone = CURVE[CURVE["at"] == "estimate"]
    figure = plan_figure(
        alone, IMAGES[:0], wanted=0.01, needed=None, enough=None, words=WORDS, planned=(8, 2)
    )
    (axis,) = figure.axes
    assert not {"needed", "worst"} & {line.get_gid() for line in axis.lines}
    endless = plan_figure(
        alone, IMAGES, wanted=0.01, needed=None, enough=float("inf"), words=WORDS, planned=(8, 2)
    )
    assert "enough" not in {line.get_gid() for line in endless.axes[1].lines}
