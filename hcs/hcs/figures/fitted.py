"""Figures at a journal's width: the same drawing on less paper, with letters that can still be read.

Made smaller as a picture, a figure in a column of 85 mm would have letters of 3 pt. So letters, lines and
marks shrink less than the paper does; panels that stood side by side stand one below the other where they
have no room, and titles and keys are set in shorter lines.
"""

import pickle
from collections.abc import Iterator
from math import ceil
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.figures.theme import theme
from hcs_plates.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

MM = 25.4
LEAST_MM, MOST_MM = 50.0, 1000.0
SMALLEST_PT = 5.5
"""Letters of a fitted figure are no smaller: journals ask for 5 to 7 pt."""
SCALE = 0.75
"""Of letters, lines and marks in a figure that was made narrower; 8 pt becomes 6 pt."""
LONG_NAME = 26
"""Letters of a row's name from which on it is set in lines, in a narrow figure."""


def checked_width(width_mm: float) -> float:
    """Give a width in inches.

    Examples
    --------
    >>> round(checked_width(85), 2)
    3.35
    >>> checked_width(8.5)
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: A figure 8.5 mm wide cannot be drawn; give 50 to 1000 mm (85 or 174: \
one or two columns).
    """
    if not LEAST_MM <= width_mm <= MOST_MM:
        raise ArgumentError(
            f"A figure {width_mm:g} mm wide cannot be drawn; give {LEAST_MM:g} to {MOST_MM:g} mm (85 or 174: "
            "one or two columns)."
        )
    return width_mm / MM


def fitted(figure: "Figure", width_mm: float) -> "Figure":
    """Give a copy of a figure that is so wide; its height follows.

    Parameters
    ----------
    figure
        Drawn with `hcs.figures`; it stays as it is.
    width_mm
        Such as 85 (one column) or 174 (two).

    Raises
    ------
    ArgumentError
        Narrower than 50 mm or wider than 1000 mm.
    """
    wanted = checked_width(width_mm)
    with theme():
        copy: Figure = pickle.loads(pickle.dumps(figure))
        width, height = (float(side) for side in copy.get_size_inches())
        across = wanted / width
        # What is laid out by hand keeps its places only as a whole.
        scale = across if across >= 1 or copy.get_layout_engine() is None else max(across, SCALE)
        _scale(copy, scale)
        rows = _stacked(copy, across / scale) if across < scale else 1.0
        copy.set_size_inches(wanted, height * scale * rows)
        if across < scale:
            _shorten_names(copy)
            _shorten_keys(copy)
            _shorten_titles(copy)
    return copy


def _scale(figure: "Figure", scale: float) -> None:
    """Scale letters, lines and marks."""
    from matplotlib import rcParams
    from matplotlib.collections import Collection, PathCollection
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    from matplotlib.text import Text

    usual: dict[str, Any] = {str(name): value for name, value in rcParams.items()}
    for axis in figure.axes:
        for own, way in ((axis.xaxis, "xtick"), (axis.yaxis, "ytick")):
            known: dict[str, Any] = dict(own.get_tick_params() or {})
            size = known.get("labelsize") or usual[f"{way}.labelsize"]
            long = known.get("length", usual[f"{way}.major.size"])
            wide = scale * usual[f"{way}.major.width"]
            own.set_tick_params(labelsize=max(SMALLEST_PT, scale * size), length=scale * long, width=wide)
    ticks = {id(one) for axis in figure.axes for one in (*axis.get_xticklabels(), *axis.get_yticklabels())}
    for artist in {id(one): one for one in figure.findobj()}.values():
        if isinstance(artist, Text) and id(artist) not in ticks:
            artist.set_fontsize(max(SMALLEST_PT, scale * float(artist.get_fontsize())))
        elif isinstance(artist, Line2D):
            artist.set_linewidth(scale * artist.get_linewidth())
            artist.set_markersize(scale * artist.get_markersize())
        elif isinstance(artist, Patch):
            artist.set_linewidth(scale * artist.get_linewidth())
        elif isinstance(artist, Collection):
            artist.set_linewidth(scale * np.asarray(artist.get_linewidth()))  # type: ignore[arg-type]
            if isinstance(artist, PathCollection):
                artist.set_sizes(scale**2 * artist.get_sizes())


def _stacked(figure: "Figure", room: float) -> float:
    """Put fewer panels side by side, as there is less room; how many times as many rows there are then."""
    from matplotlib.gridspec import GridSpec

    for axis in list(figure.axes):
        if not axis.axison and not axis.has_data() and not axis.texts:
            axis.remove()
    panels = [axis for axis in figure.axes if axis.get_subplotspec() is not None]
    grid = panels[0].get_gridspec() if panels else None
    if grid is None or any(axis.get_gridspec() is not grid for axis in panels):
        return 1.0
    columns = max(1, round(grid.ncols * room))
    if columns == grid.ncols:
        return 1.0
    rows = ceil(len(panels) / columns)
    made = GridSpec(rows, columns, figure=figure)
    for place, axis in enumerate(panels):
        axis.set_subplotspec(made[place])
        if axis.get_shared_y_axes().get_siblings(axis) != [axis]:
            axis.tick_params(axis="y", labelleft=True)
    return rows / grid.nrows


def _shorten_names(figure: "Figure") -> None:
    """Set the names of rows in shorter lines."""
    from matplotlib.ticker import FixedFormatter

    for axis in figure.axes:
        formatter = axis.yaxis.get_major_formatter()
        if isinstance(formatter, FixedFormatter):
            formatter.seq = [fill(str(name), LONG_NAME) for name in formatter.seq]


def _shorten_keys(figure: "Figure") -> None:
    """Set keys that are wider than the figure in fewer columns."""
    for old in list(figure.legends):
        handles: list[Any] = list(old.legend_handles)
        names = [text.get_text() for text in old.get_texts()]
        look: dict[str, Any] = {"fontsize": old.get_texts()[0].get_fontsize()} if names else {}
        if old.get_title().get_text():
            look |= {"title": old.get_title().get_text(), "title_fontsize": old.get_title().get_fontsize()}
        columns = old._ncols  # type: ignore[attr-defined]
        figure.draw_without_rendering()
        while columns > 1 and old.get_window_extent().width > 0.96 * figure.bbox.width:
            old.remove()
            columns -= 1
            old = figure.legend(handles, names, loc="outside lower center", ncols=columns, **look)
            figure.draw_without_rendering()


def _shorten_titles(figure: "Figure") -> None:
    """Set titles and names of axes that have no room in shorter lines; again, as each line takes room."""
    for axis in figure.axes:
        left, right = axis._left_title, axis._right_title  # type: ignore[attr-defined]
        if left.get_text() and right.get_text():
            left.set_text(f"{left.get_text()}\n")
    for _ in range(4):
        figure.draw_without_rendering()
        long = [
            (text, room / wide)
            for text, room in _titles(figure)
            if text.get_text().strip() and (wide := _width(text)) > room
        ]
        for text, share in long:
            lines = text.get_text().split("\n")
            most = max(12, int(0.97 * share * max(map(len, lines))))
            text.set_text("\n".join(fill(line, most) for line in lines))
        if not long:
            return


def _width(text: "Text") -> float:
    """Length of a text's lines, dots; of what is written upwards, its height."""
    box = text.get_window_extent()
    return float(box.height if text.get_rotation() == 90 else box.width)


def _titles(figure: "Figure") -> "Iterator[tuple[Text, float]]":
    """Titles and names of axes, with the room that each has, dots."""
    for own in (figure._suptitle, figure._supxlabel):  # type: ignore[attr-defined]
        if own is not None:
            yield own, 0.97 * figure.bbox.width
    for axis in figure.axes:
        box, right = axis.get_window_extent(), _end(axis)
        for title in (axis.title, axis._left_title, axis._right_title):  # type: ignore[attr-defined]
            yield title, 0.94 * (right - box.x0)
        yield axis.xaxis.label, right - box.x0
        yield axis.yaxis.label, 1.1 * box.height


def _end(axis: "Axes") -> float:
    """Where a panel's room ends, at the right: the next panel, or the figure's edge; dots."""
    own = axis.get_window_extent()
    beside: list[Any] = [
        other.get_tightbbox()
        for other in axis.figure.axes
        if other is not axis and other.get_window_extent().x0 >= own.x1 and _overlap(other, axis)
    ]
    return min((box.x0 for box in beside if box is not None), default=axis.figure.bbox.x1)


def _overlap(one: "Axes", other: "Axes") -> bool:
    a, b = one.get_window_extent(), other.get_window_extent()
    return bool(a.y0 < b.y1 and b.y0 < a.y1)
