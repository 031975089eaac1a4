"""Well heatmaps: plates of 6 to 1536 wells side by side on one scale, numbers or categories.

A well without a value is hatched, so that missing is never mistaken for low.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hcs.figures.places import LEGEND_COLUMNS, PlatePlaces
from hcs.figures.theme import INK, OKABE_ITO, OTHER, new_figure, theme
from hcs.wording import spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import PlateFormat, row_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

PRINTED_WELLS = 96
"""Largest format whose values are printed in the wells."""

_SMALLEST_TEXT = 4.2


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
        Colour of each category, in the legend's order; without it Okabe and Ito's.
    text
        What to print in the wells instead of the value, of the same shape as the values.
    printed
        Whether anything is printed in the wells; by default up to 96 wells.
    """

    label: str = ""
    limits: tuple[float, float] | None = None
    colours: "str | Colormap" = "cividis"
    categories: Mapping[str, str] = field(default_factory=dict)
    text: pd.DataFrame | pd.Series | None = None
    printed: bool | None = None


def robust_limits(values: pd.DataFrame | pd.Series, *, outside: float = 0.02) -> tuple[float, float]:
    """Colour limits that a few extreme wells cannot stretch.

    Parameters
    ----------
    values
        Numbers per well; NaN and infinite ones are left out.
    outside
        Share of the wells to leave beyond each limit (quantiles `outside` and 1 − `outside`).

    Returns
    -------
    tuple of float
        Low and high, never equal; (0, 1) where there is no number at all.

    Examples
    --------
    >>> robust_limits(pd.Series([*range(100), 1e9]), outside=0.05)
    (5.0, 95.0)
    >>> robust_limits(pd.Series([2.0, 2.0]))
    (1.5, 2.5)
    """
    numbers = np.asarray(values, dtype=float).ravel()
    numbers = numbers[np.isfinite(numbers)]
    if numbers.size == 0:
        return 0.0, 1.0
    low, high = (float(limit) for limit in np.quantile(numbers, [outside, 1 - outside]))
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def plate_heatmap(
    values: pd.Series | pd.DataFrame,
    format: PlateFormat | Mapping[str, PlateFormat],
    spec: HeatmapSpec | None = None,
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
    numeric = all(pd.api.types.is_numeric_dtype(kind) for kind in plates.dtypes)
    grids = [_grid(plates[name], formats[str(name)]) for name in plates.columns]
    texts = _texts(plates, spec, formats)
    mapping = _scale(plates, spec) if numeric else _categories(plates, spec)
    place = PlatePlaces.of(list(formats.values()), len(mapping) if isinstance(mapping, dict) else 0)
    with theme():
        figure = new_figure(place.width, place.height, constrained=False)
        for number, (grid, text, name) in enumerate(zip(grids, texts, plates.columns, strict=True)):
            axis = figure.add_axes(place.plate(number, formats[str(name)]))
            _draw_plate(axis, formats[str(name)], str(name))
            _colour_wells(axis, grid, mapping)
            _print_wells(axis, grid, text, mapping, place.cell * 72)
        _key(figure, mapping, spec.label, place)
    return figure


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


def _texts(
    plates: pd.DataFrame, spec: HeatmapSpec, formats: Mapping[str, PlateFormat]
) -> "list[np.ndarray[Any, Any] | None]":
    """Lay out what is printed in the wells of each plate; None: nothing."""
    text = spec.text.to_frame(str(plates.columns[0])) if isinstance(spec.text, pd.Series) else spec.text
    printed: list[np.ndarray[Any, Any] | None] = []
    for name in plates.columns:
        shape = formats[str(name)]
        wanted = shape.size <= PRINTED_WELLS if spec.printed is None else spec.printed
        printed.append(_grid((plates if text is None else text)[name], shape) if wanted else None)
    return printed


def _scale(plates: pd.DataFrame, spec: HeatmapSpec) -> Any:
    """Colour mapping of numbers."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    low, high = spec.limits or robust_limits(plates)
    mapping = ScalarMappable(Normalize(low, high), spec.colours)
    mapping.set_array(np.asarray(plates, dtype=float).ravel())
    return mapping


def _categories(plates: pd.DataFrame, spec: HeatmapSpec) -> dict[str, str]:
    """Colour mapping of categories; those beyond the palette are grey."""
    met = {str(value) for name in plates.columns for value in plates[name].dropna()}
    colours = {name: colour for name, colour in spec.categories.items() if name in met}
    spare = [colour for colour in OKABE_ITO[:7] if colour not in colours.values()]
    for value in sorted(met - set(colours)):
        colours[value] = spare.pop(0) if spare else OTHER
    return colours


def _draw_plate(axis: "Axes", shape: PlateFormat, title: str) -> None:
    """Outline, row letters and column numbers of an empty plate whose wells are all hatched."""
    from matplotlib.patches import Rectangle

    axis.set_xlim(-0.5, shape.columns - 0.5)
    axis.set_ylim(shape.rows - 0.5, -0.5)
    axis.set_aspect("equal")
    whole = Rectangle((-0.5, -0.5), shape.columns, shape.rows, facecolor="#f4f6f8", hatch="////", lw=0)
    whole.set_edgecolor("#b4bdc7")
    axis.add_patch(whole)
    step = max(1, -(-shape.columns // 24), -(-shape.rows // 16))
    columns, rows = range(0, shape.columns, step), range(0, shape.rows, step)
    axis.set_xticks(list(columns), [str(column + 1) for column in columns])
    axis.set_yticks(list(rows), [row_name(row) for row in rows])
    axis.tick_params(length=0, labeltop=True, labelbottom=False, pad=2)
    axis.spines[:].set_visible(False)
    axis.set_title(title, pad=6)


def _colour_wells(axis: "Axes", grid: "np.ndarray[Any, Any]", mapping: Any) -> None:
    """Cover the wells that have a value with its colour."""
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    there = [(row, column) for row, column in np.ndindex(grid.shape) if grid[row, column] is not None]
    wells = PatchCollection(
        [Rectangle((column - 0.5, row - 0.5), 1, 1) for row, column in there],
        facecolors=[_colour(grid[place], mapping) for place in there],
        edgecolors="white",
        linewidths=0.8 if grid.size <= 384 else 0.25,
    )
    wells.set_gid("wells")
    axis.add_collection(wells, autolim=False)
    axis.set_xticks(np.arange(-0.5, grid.shape[1]), minor=True)
    axis.set_yticks(np.arange(-0.5, grid.shape[0]), minor=True)
    axis.grid(which="minor", color="white", linewidth=0.8 if grid.size <= 384 else 0.25)
    axis.tick_params(which="minor", length=0)


def _colour(value: Any, mapping: Any) -> tuple[float, float, float, float]:
    """Colour of one value under either mapping."""
    from matplotlib.colors import to_rgba

    if isinstance(mapping, dict):
        return to_rgba(mapping[str(value)])
    red, green, blue, alpha = mapping.to_rgba(float(value))
    return float(red), float(green), float(blue), float(alpha)


def _print_wells(axis: "Axes", grid: Any, text: Any, mapping: Any, points: float) -> None:
    """Print a value in every well that has room for it."""
    if text is None:
        return
    shown = {place: _short(text[place]) for place in np.ndindex(text.shape) if text[place] is not None}
    longest = max((len(word) for word in shown.values()), default=1)
    size = min(8.0, points * 0.9 / (0.62 * max(longest, 1)), points * 0.6)
    if size < _SMALLEST_TEXT:
        return
    for (row, column), word in shown.items():
        value = grid[row, column]
        ink = INK if value is None else _ink_on(_colour(value, mapping))
        axis.text(column, row, word, ha="center", va="center_baseline", fontsize=size, color=ink)


def _short(value: Any) -> str:
    """Write a value in as few signs as a well has room for.

    Examples
    --------
    >>> _short(0.123), _short(1234.5), _short("C07"), _short(3)
    ('0.12', '1.23e+03', 'C07', '3')
    """
    if isinstance(value, float | np.floating):
        number = float(value)
        return f"{number:.2f}" if abs(number) < 10 else f"{number:.3g}"
    return str(value)


def _ink_on(colour: Sequence[float]) -> str:
    """Dark or white text, whichever has the higher contrast (WCAG 2 relative luminance)."""
    channels = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]]
    light = 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
    return INK if (light + 0.05) / 0.069 > 1.05 / (light + 0.05) else "#ffffff"


def _key(figure: "Figure", mapping: Any, label: str, place: PlatePlaces) -> None:
    """Colour bar of numbers or legend of categories, with the hatch of wells without a value."""
    from matplotlib.patches import Patch

    missing = Patch(facecolor="#f4f6f8", edgecolor="#b4bdc7", hatch="////", label="no value")
    handles = [missing]
    if isinstance(mapping, dict):
        handles = [Patch(color=colour, label=spaced(name)) for name, colour in mapping.items()] + [missing]
    else:
        bar = figure.colorbar(
            mapping, cax=figure.add_axes(place.colour_bar()), label=label, extend=_beyond(mapping)
        )
        bar.outline.set_visible(False)
    figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=((place.side - 0.1) / place.width, 0.0),
        ncols=min(len(handles), LEGEND_COLUMNS),
        title=label if isinstance(mapping, dict) else None,
        alignment="left",
    )


def _beyond(mapping: Any) -> str:
    """Find at which ends of the colour bar a point says that wells lie beyond the limits."""
    numbers = mapping.get_array()
    numbers = numbers[np.isfinite(numbers)]
    below, above = bool((numbers < mapping.norm.vmin).any()), bool((numbers > mapping.norm.vmax).any())
    return {(True, True): "both", (True, False): "min", (False, True): "max"}.get((below, above), "neither")
