"""Well heatmaps: plates of 6 to 1536 wells side by side on one scale, numbers or categories.

A well without a value is hatched, so that missing is never mistaken for low.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hcs.figures.places import WIDTH, PlatePlaces
from hcs.figures.theme import new_figure, theme
from hcs.figures.wellcolours import HATCH, MISSING, WellColours, ink_on
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import PlateFormat, row_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

PRINTED_WELLS = 96
"""Largest format whose values are printed in the wells."""

OUTSIDE = 0.02
"""Share of the wells that robust limits leave beyond each end."""

PRINTED_SIGNS = 7
"""Longest name that is printed in a well whole."""

_LONGEST_NAME = 40
"""Longest name in the legend."""

_SMALLEST_TEXT = 4.2
_SMALLEST_TITLE = 5.5


@dataclass(frozen=True)
class HeatmapSpec:
    """How a heatmap is drawn.

    Parameters
    ----------
    label
        What the numbers are; stands at the colour bar or legend.
    limits
        Lowest and highest value of the colour scale; without them, the robust range (`robust_limits`).
    colours
        A matplotlib colour map (or its name) for numbers.
    categories
        Colour of each category, in the legend's order; without it Okabe and Ito's
        for the most frequent.
    printed
        Whether values are printed in the wells; by default up to 96 wells.
    """

    label: str = ""
    limits: tuple[float, float] | None = None
    colours: "str | Colormap" = "cividis"
    categories: Mapping[str, str] = field(default_factory=dict)
    printed: bool | None = None


def robust_limits(values: pd.DataFrame | pd.Series) -> tuple[float, float]:
    """Colour limits that a few extreme wells cannot stretch.

    Parameters
    ----------
    values
        Numbers per well; NaN and infinite ones are left out.

    Returns
    -------
    tuple of float
        Low and high, never equal: the whole range where all but a few wells have one value, and (0, 1) where
        there is no number at all.

    Examples
    --------
    >>> robust_limits(pd.Series([*range(100), 1e9]))
    (2.0, 98.0)
    >>> robust_limits(pd.Series([2.0, 2.0])), robust_limits(pd.Series([0.0] * 99 + [8.0]))
    ((1.5, 2.5), (0.0, 8.0))
    """
    numbers = np.asarray(values, dtype=float).ravel()
    numbers = numbers[np.isfinite(numbers)]
    if numbers.size == 0:
        return 0.0, 1.0
    for beyond in (OUTSIDE, 0.0):
        low, high = (float(limit) for limit in np.quantile(numbers, [beyond, 1 - beyond]))
        # What differs in its last digits only is one value.
        if high - low > 1e-9 * max(abs(low), abs(high)):
            return low, high
    aside = max(0.5, 1e-3 * abs(low))
    return low - aside, low + aside


def plate_heatmap(
    values: pd.Series | pd.DataFrame,
    format: PlateFormat | Mapping[str, PlateFormat],
    spec: HeatmapSpec | None = None,
    *,
    width: float = WIDTH,
    smallest: float = _SMALLEST_TEXT,
) -> "Figure":
    """Draw the values of one plate, or of several side by side on one scale.

    Parameters
    ----------
    values
        Index: wells in any spelling. A Series is one plate (its name is the title), a DataFrame one plate a
        column. Numbers are coloured on a scale, anything else by category. Wells that are not in the index
        or have no value are hatched.
    format
        The plates' format, or one per column.
    spec
        How to draw it.
    width
        Most that the figure is wide, inches.
    smallest
        Letters of a well's value that would be smaller, pt, are left out.

    Raises
    ------
    ArgumentError
        A well outside the format or named twice, a plate without a format, no plate at all.
    """
    spec = spec or HeatmapSpec()
    plates = values.to_frame(str(values.name or "")) if isinstance(values, pd.Series) else values
    if plates.columns.empty:
        raise ArgumentError("There is no plate to draw; give one column of values per plate.")
    formats = {str(name): _format_of(str(name), format) for name in plates.columns}
    grids = [_grid(plates[name], formats[str(name)]) for name in plates.columns]
    colours = well_colours(plates, spec)
    names = [_shortened(name, _LONGEST_NAME) for name in colours.legend()]
    place = _places(list(formats.values()), names, width)
    with theme():
        figure = new_figure(place.width, place.height, constrained=False)
        for number, (grid, name) in enumerate(zip(grids, plates.columns, strict=True)):
            shape = formats[str(name)]
            axis = figure.add_axes(place.plate(number, shape))
            _draw_plate(axis, shape, str(name), place, smallest - 0.2)
            shown = _colour_wells(axis, grid, colours, place.cell * 72)
            if shape.size <= PRINTED_WELLS if spec.printed is None else spec.printed:
                _print_wells(axis, grid, shown, place.cell * 72, smallest)
        _key(figure, colours, spec.label, place)
    return figure


def well_colours(plates: pd.DataFrame, spec: HeatmapSpec) -> WellColours:
    """Find the colours of all plates' wells; numbers get a scale, anything else categories."""
    if all(pd.api.types.is_numeric_dtype(kind) for kind in plates.dtypes):
        return WellColours.of_numbers(plates, spec.limits or robust_limits(plates), spec.colours)
    values = [value for name in plates.columns for value in plates[name].dropna()]
    return WellColours.of_categories(values, spec.categories)


def _format_of(name: str, format: PlateFormat | Mapping[str, PlateFormat]) -> PlateFormat:
    if isinstance(format, PlateFormat):
        return format
    if name not in format:
        raise ArgumentError(f"Plate {name!r} has no format; formats are given for {', '.join(format)}.")
    return format[name]


def _grid(values: pd.Series, shape: PlateFormat) -> "np.ndarray[Any, np.dtype[np.object_]]":
    """Values on the plate's grid, None where there is none."""
    grid = np.full((shape.rows, shape.columns), None, dtype=object)
    met: set[str] = set()
    # Side by side with a larger plate, a plate's column has empty entries for wells it has not.
    for well, value in values.dropna().items():
        position = shape.parse(str(well))
        if position.name in met:
            raise ArgumentError(f"Well {position.name} has two values; give one value per well.")
        met.add(position.name)
        grid[position.row, position.column] = value
    return grid


def _draw_plate(axis: "Axes", shape: PlateFormat, title: str, place: PlatePlaces, least: float) -> None:
    """Outline, row letters and column numbers (of `least` pt) of an empty plate whose wells are all hatched.

    Ticks would do the same and take half of the time of the whole drawing.
    """
    from matplotlib.patches import Rectangle

    axis.set_xlim(-0.5, shape.columns - 0.5)
    axis.set_ylim(shape.rows - 0.5, -0.5)
    axis.set_aspect("equal")
    axis.set_axis_off()
    whole = Rectangle((-0.5, -0.5), shape.columns, shape.rows, facecolor=MISSING, hatch="////", lw=0)
    whole.set_edgecolor(HATCH)
    axis.add_patch(whole)
    points = place.cell * 72
    size = min(8.0, max(least, 0.5 * points * place.step))
    # Two digits and the room between them and the next.
    apart = max(place.step, ceil(1.5 * size / points))
    beside: dict[str, Any] = {"fontsize": size, "gid": "edge", "va": "center_baseline"}
    title = "".join(sign if sign.isprintable() else "\ufffd" for sign in title)
    away = 1.5 / points
    for row in range(0, shape.rows, place.step):
        axis.text(-0.5 - 2 * away, row, row_name(row), ha="right", **beside)
    for column in range(0, shape.columns, apart):
        axis.text(column, -0.5 - away - 0.5 * size / points, str(column + 1), ha="center", **beside)
    room = place.cell * shape.columns * 72
    axis.set_title(
        _shortened(title, max(8, int(room / (0.62 * _SMALLEST_TITLE)))),
        pad=size + 5,
        fontsize=min(10.0, max(_SMALLEST_TITLE, room / (0.66 * max(len(title), 1)))),
    )


def _shortened(name: str, most: int) -> str:
    """Take the middle out of a name that is too long.

    Examples
    --------
    >>> _shortened("iPSC-control-12", 7), _shortened("C-12", 7)
    ('iPS…-12', 'C-12')
    """
    head, tail = most // 2, (most - 1) // 2
    return name if len(name) <= most else f"{name[:head]}…{name[-tail:]}"


def _places(shapes: list[PlateFormat], names: list[str], page: float) -> PlatePlaces:
    """Places of plates and of a legend of these names (none: a colour bar), as many side by side as fit."""
    place = PlatePlaces.of(shapes, len(names), page=page)
    wide = 0.5 + 0.075 * max(map(len, [*names, "no value"]))
    legend = max(1, min(place.legend, int((place.width - 0.4) / wide)))
    return PlatePlaces.of(shapes, len(names), legend, page)


def _colour_wells(
    axis: "Axes", grid: "np.ndarray[Any, Any]", colours: WellColours, points: float
) -> dict[tuple[int, int], "np.ndarray[Any, Any]"]:
    """Cover the wells that have a value with its colour; the colour by row and column."""
    from matplotlib.collections import PolyCollection

    there = [(row, column) for row, column in np.ndindex(grid.shape) if grid[row, column] is not None]
    rgba = colours.rgba([grid[place] for place in there])
    corners = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
    middles = np.array([(column, row) for row, column in there], dtype=float).reshape(-1, 1, 2)
    line = min(0.8, 0.07 * points)
    wells = PolyCollection(middles + corners, facecolors=rgba, edgecolors="white", linewidths=line)
    wells.set_gid("wells")
    axis.add_collection(wells, autolim=False)
    # Wells without a value are told apart by the same white lines.
    rows, columns = grid.shape
    axis.hlines(np.arange(-0.5, rows), -0.5, columns - 0.5, colors="white", linewidths=line)
    axis.vlines(np.arange(-0.5, columns), -0.5, rows - 0.5, colors="white", linewidths=line)
    return dict(zip(there, rgba, strict=True))


def _print_wells(
    axis: "Axes",
    grid: "np.ndarray[Any, Any]",
    shown: Mapping[tuple[int, int], "np.ndarray[Any, Any]"],
    points: float,
    smallest: float,
) -> None:
    """Print the value of every well that has one, if there is room for it."""
    words = {place: brief_value(grid[place]) for place in shown}
    longest = max((len(word) for word in words.values()), default=1)
    size = min(8.0, points * 0.9 / (0.62 * max(longest, 1)), points * 0.6)
    if size < smallest:
        return
    for (row, column), word in words.items():
        ink = ink_on(shown[row, column])
        axis.text(column, row, word, ha="center", va="center_baseline", fontsize=size, color=ink, gid="well")


def brief_value(value: Any) -> str:
    """Write a value in as few signs as a well has room for.

    Examples
    --------
    >>> brief_value(0.123), brief_value(1234.5), brief_value("C07"), brief_value(3)
    ('0.12', '1234', 'C07', '3')
    >>> brief_value(999.7), brief_value(-123456.0), brief_value("negative_control")
    ('1000', '-1e+05', 'neg…rol')
    """
    if isinstance(value, float | np.floating):
        number = float(value)
        size = abs(number)
        if size < 999.5:
            return f"{number:.2f}" if size < 10 else f"{number:.3g}"
        return f"{number:.0f}" if size < 99_999.5 else f"{number:.0e}"
    return _shortened(str(value), PRINTED_SIGNS)


def _legend_name(name: str) -> str:
    """Leave a name as it is (a clone may be called C_01); a legend hides those that start with a low line."""
    return ("\u200b" if name.startswith("_") else "") + _shortened(name, _LONGEST_NAME)


def _key(figure: "Figure", colours: WellColours, label: str, place: PlatePlaces) -> None:
    """Colour bar of numbers or legend of categories, with the hatch of wells without a value."""
    from matplotlib.patches import Patch

    missing = Patch(facecolor=MISSING, edgecolor=HATCH, hatch="////", label="no value")
    handles = [missing]
    if colours.scale is None:
        named = colours.legend().items()
        handles = [*(Patch(color=colour, label=_legend_name(name)) for name, colour in named), missing]
    else:
        box = place.colour_bar()
        axis = figure.add_axes(box)
        lines = wrap(label, max(12, int(box[3] * place.height / 0.08)), max_lines=2, placeholder=" …")
        bar = figure.colorbar(colours.scale, cax=axis, label="\n".join(lines), extend=colours.beyond())
        bar.outline.set_visible(False)
    figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=((place.side - 0.1) / place.width, 0.0),
        ncols=min(len(handles), place.legend),
        title=_shortened(label, 2 * _LONGEST_NAME) if colours.scale is None else None,
        alignment="left",
    )
