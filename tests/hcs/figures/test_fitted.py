"""Figures at a journal's width."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from hcs.figures.fitted import SMALLEST_PT, fitted
from hcs.figures.keys import key, line
from hcs.figures.panels import Panels, figure_bytes
from hcs.figures.theme import new_grid, theme
from hcs.heatmaps.heatmap import heatmap
from hcs_plates.errors import ArgumentError

TITLE = "A title that is much too long for a panel of one column's width"


def two_panels() -> Figure:
    """Two panels side by side with long titles and a key of four entries, and an empty place."""
    with theme():
        figure, axes = new_grid(2, 2, 5, 3, sharey=True)
        for axis in axes:
            axis.plot([0, 1], [0, 1])
            axis.set_title(TITLE)
            axis.set_xlabel("Share of clones")
        key(figure, [line(f"an entry of the key, number {n}", "#000000") for n in range(4)])
    return figure


@pytest.mark.parametrize(("width", "columns"), [(85, 1), (174, 2)])
def test_a_figure_is_as_wide_as_asked_and_can_be_read(width: float, columns: int) -> None:
    """Exactly so wide; letters stay above the least; nothing reaches over the edge; the original stays."""
    figure = two_panels()
    before = figure_bytes(figure, ".png")
    made = fitted(figure, width)
    assert made.get_figwidth() * 25.4 == pytest.approx(width)
    with theme():
        made.draw_without_rendering()
    lefts = {round(axis.get_position().x0, 2) for axis in made.axes}
    assert len(lefts) == columns
    texts = [text for text in made.findobj(Text) if isinstance(text, Text) and text.get_text().strip()]
    assert min(float(text.get_fontsize()) for text in texts) >= SMALLEST_PT
    edge = made.bbox.x1 + 1
    assert all(axis.title.get_window_extent().x1 <= edge for axis in made.axes)
    assert all(legend.get_window_extent().x1 <= edge for legend in made.legends)
    assert [axis.title.get_text() or axis.get_title(loc="left") for axis in figure.axes] == [TITLE, TITLE]
    assert figure_bytes(figure, ".png") == before


def test_saved_figures_have_their_width_and_fonts(tmp_path: Path) -> None:
    """A PNG of 85 mm at 100 dpi has 334 pixels; a PDF has TrueType fonts, the same bytes each time."""
    import cv2

    shown = Panels.of(two_panels(), pd.DataFrame({"a": [1]}))
    picture, _ = shown.save(tmp_path / "f.png", width_mm=85, dpi=100)
    assert np.asarray(cv2.imread(str(picture))).shape[1] == 334
    one, _ = shown.save(tmp_path / "one.pdf", width_mm=85)
    two, _ = shown.save(tmp_path / "two.pdf", width_mm=85)
    assert one.read_bytes() == two.read_bytes()
    assert b"/Type3" not in one.read_bytes()
    assert b"/FontFile2" in one.read_bytes()
    for words in ({"width_mm": 8.5}, {"width_mm": 2000}, {"dpi": 20}):
        with pytest.raises(ArgumentError, match="give 50 to"):
            shown.save(tmp_path / "no.png", **words)


def test_a_reason_for_no_drawing_is_set_anew(tmp_path: Path) -> None:
    """The sentence that stands for a drawing is wrapped to the width."""
    said = "There is nothing to draw, " * 8
    narrow = Panels.none(said, pd.DataFrame()).drawn_at(85)
    (text,) = (one for one in narrow.axes[0].texts)
    with theme():
        narrow.draw_without_rendering()
    assert text.get_window_extent().x1 <= narrow.bbox.x1


def test_plates_are_laid_out_anew(tmp_path: Path) -> None:
    """Plates that stood side by side stand one below the other in one column, and no letter is too small."""
    wells = pd.DataFrame({"well": ["A01", "D06"] * 2, "plate": ["P1"] * 2 + ["P2"] * 2, "n": [1, 2, 3, 4]})
    made = heatmap(wells, "n", plate_format=24).plot().drawn_at(85)
    assert made.get_figwidth() * 25.4 == pytest.approx(85)
    first, second = (axis.get_position() for axis in made.axes[:2])
    assert second.y1 < first.y0
    texts = [text for text in made.findobj(Text) if isinstance(text, Text) and text.get_text().strip()]
    assert min(float(text.get_fontsize()) for text in texts) >= SMALLEST_PT
    with pytest.raises(ArgumentError, match="A page fits its window"):
        heatmap(wells, "n").save(tmp_path / "page.html", width_mm=85)
