"""Where the network looks: saliency drawn over the tile, and rows of tiles with their maps side by side.

The map is added to the dimmed tile as light (screen blending), so cells stay the brightest thing in the
picture and are seen through the map. Its colours rise evenly in lightness and run from violet to yellow: the
order survives a grey-scale print and every common colour-vision deficiency. The line at half of the maximum
is blue inside black, which no neurite is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hcs.figures.gallery import check_picture, reduced
from hcs.figures.scalebar import with_scale_bar
from hcs.figures.theme import FAINT, OKABE_ITO, PAPER, empty_figure, new_figure, theme
from hcs.wording import listed
from hcs_plates.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

MOST_ROWS = 6
"""Rows of one figure; more would not fit on a page."""
LARGEST_SIDE = 256
"""Longer pictures are reduced (area average) to this side, pixels."""
STRENGTH = 0.65
"""Share of a colour's light that the map adds where it is greatest."""
DIMMED = 0.8
"""Share of its own light that the tile keeps under a map."""
CLIPPED = 99.5
"""Percentile of a guided map's values above zero from which on it is drawn black."""
STEP = 3
"""Grey levels told apart in the figure: no eye sees it, and an SVG is a third smaller."""

_WIDTH, _NAMES, _GAP, _TOP, _FOOT = 10.0, 1.65, 0.08, 0.5, 0.82
_LARGEST = 2.6
_SUBPIXEL = 4
_LETTERS, _NOTE = 14.5, "#5d6975"  # letters of size 8 per inch; the colour of small letters


@dataclass(frozen=True)
class SaliencyRow:
    """One tile and where the network looks in it.

    Parameters
    ----------
    picture
        uint8 array of shape (y, x), or (y, x, 3) in RGB order: what the network was shown.
    maps
        By block, array of shape (y, x), zero or above (Grad-CAM, Selvaraju et al. 2017).
    guided
        Array of shape (y, x) (guided Grad-CAM), of either sign: its size is drawn. None where there is none.
    title
        Clone, label, and what the tile was called with which probability.
    note
        Anything more, in small letters under the title.
    pixel_um
        Side of the picture's pixels, µm, for the scale bar; None where it is not known.
    """

    picture: Pixels
    maps: Mapping[str, npt.NDArray[Any]]
    guided: npt.NDArray[Any] | None = None
    title: str = ""
    note: str = ""
    pixel_um: float | None = None

    def barred(self, longest: int | None = None) -> Pixels:
        """Give the picture with its scale bar, no side longer than that."""
        small = self.picture if longest is None else reduced(self.picture, longest)
        smaller = self.picture.shape[1] / small.shape[1]
        return with_scale_bar(small, None if self.pixel_um is None else self.pixel_um * smaller)


def overlay(picture: Pixels, saliency: npt.NDArray[Any], *, contour: bool = True) -> Pixels:
    """Lay a saliency map over a tile so that both can be read.

    Parameters
    ----------
    picture
        uint8 array of shape (y, x), or (y, x, 3) in RGB order. It keeps 80 % of its light everywhere, also
        under a map of zeros, so that tiles stay comparable.
    saliency
        Array of shape (y, x), zero or above; scaled by its own maximum. Of a flat map nothing is drawn.
    contour
        Whether half of the maximum is drawn as a line.

    Returns
    -------
    array of shape (y, x, 3)
        uint8, RGB.

    Raises
    ------
    ArgumentError
        Another type or shape, a map with values below zero or not finite.

    Examples
    --------
    >>> tile, corner = np.full((4, 4), 100, np.uint8), np.zeros((4, 4))
    >>> corner[0, 0] = 7.0
    >>> overlay(tile, corner, contour=False)[..., 0]
    array([[192,  80,  80,  80],
           [ 80,  80,  80,  80],
           [ 80,  80,  80,  80],
           [ 80,  80,  80,  80]], dtype=uint8)
    >>> overlay(tile, corner[:2])
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: The saliency map has shape (2, 4); its tile (4, 4): give them one size.
    """
    check_picture(picture)
    relative = relative_saliency(saliency, picture.shape[:2])
    light = np.asarray(saliency_colours()(relative))[..., :3]
    tile = (picture if picture.ndim == 3 else picture[..., None]) * (DIMMED / 255)
    laid: Pixels = np.rint(255 * (1 - (1 - tile) * (1 - light))).astype(np.uint8)
    if contour and relative.any() and min(relative.shape) > 1:
        draw_half(laid, relative)
    return laid


def saliency_colours() -> "Colormap":
    """Colours that `overlay` gives to relative saliency over a black tile: what its colour bar shows.

    Examples
    --------
    >>> [round(float(value), 2) for value in saliency_colours()(1.0)]
    [0.64, 0.65, 0.42, 1.0]
    """
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    steps = np.asarray(colormaps["inferno"](np.linspace(0, 1, 256)))[:, :3]
    # Inferno begins with a trace of blue, which would be seen over a black tile.
    steps = np.maximum(steps - steps[0] * np.linspace(1, 0, len(steps))[:, None], 0) * STRENGTH
    return ListedColormap([tuple(step) for step in steps], name="hcs_inferno")


def guided_grey(guided: npt.NDArray[Any]) -> Pixels:
    """Draw a guided map dark on white: the larger a value's size, the darker.

    Parameters
    ----------
    guided
        Array of shape (y, x). Sizes from the 99.5th percentile of those above zero on are black, so that a
        few extreme pixels do not turn all others white; a map of zeros is white.

    Returns
    -------
    array of shape (y, x)
        uint8.

    Examples
    --------
    >>> guided_grey(np.array([[0.0, -2.0, 1.0, 2.0]])).tolist()
    [[255, 0, 128, 0]]
    """
    if guided.ndim != 2 or guided.size == 0 or not np.isfinite(guided).all():
        raise ArgumentError(f"A guided map is (y, x) and finite; this one has shape {guided.shape}.")
    size = np.abs(np.asarray(guided, dtype=np.float64))
    above = size[size > 0]
    if above.size == 0:
        return np.full(size.shape, 255, np.uint8)
    dark = np.minimum(size / np.percentile(above, CLIPPED), 1)
    return np.asarray(np.rint(255 * (1 - dark)), np.uint8)


def _check_size(name: str, found: npt.NDArray[Any], shape: tuple[int, ...]) -> None:
    if found.shape != shape:
        raise ArgumentError(f"The {name} map has shape {found.shape}; its tile {shape}: give them one size.")


def relative_saliency(saliency: npt.NDArray[Any], shape: tuple[int, ...]) -> Floats:
    """Saliency over its maximum; zeros where the map is flat."""
    _check_size("saliency", saliency, shape)
    values = np.asarray(saliency, dtype=np.float64)
    if not np.isfinite(values).all() or values.min() < 0:
        raise ArgumentError(
            "A saliency map is finite and nowhere below zero; take its positive part (Grad-CAM's ReLU) first."
        )
    highest = values.max()
    if highest - values.min() <= 1e-9 * highest:
        return np.zeros_like(values)
    return np.asarray(values / highest)


def draw_half(laid: Pixels, relative: Floats) -> None:
    """Draw the line at half of the maximum into RGB or RGBA; it stays open where the tile ends."""
    import cv2
    from skimage.measure import find_contours

    found = find_contours(relative, 0.5)
    lines = [np.rint(line[:, None, ::-1] * 2**_SUBPIXEL).astype(np.int32) for line in found]
    colour = tuple(int(OKABE_ITO[4][place : place + 2], 16) for place in (1, 3, 5))
    for ink, wide in (((0, 0, 0), 2), (colour, 1)):
        cv2.polylines(laid, lines, False, (*ink, 255)[: laid.shape[-1]], wide, cv2.LINE_AA, _SUBPIXEL)


def saliency_figure(rows: Sequence[SaliencyRow], blocks: Sequence[str], guided: bool = True) -> "Figure":
    """Draw one row per tile: the tile, the map of each block over it, and guided Grad-CAM.

    The layout is that of figure 4 of Imamura et al. (Ann Neurol 2021;89:1226). Each map is scaled by its own
    maximum: colours compare places within a picture, not pictures with each other.

    Parameters
    ----------
    rows
        Up to six tiles. Where a row lacks a map its place says so.
    blocks
        The blocks drawn, in order; their names head the columns.
    guided
        Whether there is a column of guided Grad-CAM.

    Raises
    ------
    ArgumentError
        More than six rows, or a block of which no row has a map.

    Examples
    --------
    >>> tile = np.arange(64, dtype=np.uint8).reshape(8, 8)
    >>> row = SaliencyRow(tile, {"block 3": np.eye(8)}, title="A12 (ALS), called ALS, 0.93")
    >>> axes = saliency_figure([row], ["block 3"], guided=False).axes
    >>> [axis.get_title(loc="center").split() for axis in axes]
    [['Input'], ['Grad-CAM', 'block', '3'], []]
    """
    if not rows:
        return empty_figure("There is no tile to show saliency for.")
    if len(rows) > MOST_ROWS:
        raise ArgumentError(f"{len(rows)} tiles do not fit one figure; give at most {MOST_ROWS}.")
    for row in rows:
        check_picture(row.picture)
    known = dict.fromkeys(name for row in rows for name in row.maps)
    for block in blocks:
        if block not in known:
            raise ArgumentError(f"No row has a map of {block!r}; there are: {listed(known) or 'none'}.")
    heads = ["Input", *(f"Grad-CAM\n{block}" for block in blocks), *(["Guided\nGrad-CAM"] if guided else [])]
    side = min(_LARGEST, (_WIDTH - _NAMES) / len(heads) - _GAP)
    tall = max(row.picture.shape[0] / row.picture.shape[1] for row in rows) * side
    width = _NAMES + len(heads) * (side + _GAP)
    height = _TOP + len(rows) * (tall + _GAP) + _FOOT
    with theme():
        figure = new_figure(width, height, constrained=False)
        for down, row in enumerate(rows):
            top = _TOP + down * (tall + _GAP)
            lefts = [_NAMES + across * (side + _GAP) for across in range(len(heads))]
            axes = [_axis(figure, left, top, side, tall) for left in lefts]
            _draw_row(axes, row, blocks, guided)
            _name_row(figure, row, top)
            for axis, head in zip(axes, heads if down == 0 else [""] * len(heads), strict=True):
                axis.set_title(head, loc="center")
        _legend(figure, len(blocks), guided, side)
    return figure


def _axis(figure: "Figure", left: float, top: float, wide: float, tall: float) -> "Axes":
    """Axis at a place given in inches from the figure's upper left corner."""
    width, height = figure.get_size_inches()
    return figure.add_axes((left / width, 1 - (top + tall) / height, wide / width, tall / height))


def _draw_row(axes: Sequence["Axes"], row: SaliencyRow, blocks: Sequence[str], guided: bool) -> None:
    """Draw a tile and its maps; what is missing or flat is said in its place."""
    tile, shape = reduced(row.picture, LARGEST_SIDE), row.picture.shape[:2]
    _show(axes[0], row.barred(LARGEST_SIDE), "input")
    for axis, block in zip(axes[1:], blocks, strict=False):
        found = row.maps.get(block)
        # A map is checked before it is reduced, which would hide a fault.
        flat = found is not None and not relative_saliency(found, shape).any()
        _show(axis, None if found is None else overlay(tile, reduced(found, LARGEST_SIDE)), "map")
        if flat:
            box = {"facecolor": PAPER, "edgecolor": "none", "pad": 2, "alpha": 0.85}
            axis.text(0.03, 0.97, "flat map", va="top", size=8, transform=axis.transAxes, bbox=box)
    if guided:
        if row.guided is not None:
            _check_size("guided", row.guided, shape)
        _show(
            axes[-1], None if row.guided is None else reduced(guided_grey(row.guided), LARGEST_SIDE), "guided"
        )


def _show(axis: "Axes", image: Pixels | None, name: str) -> None:
    """Show pixels, none mixed with its neighbours, within a thin frame."""
    if image is None:
        axis.text(0.5, 0.5, "no map", ha="center", va="center", color=_NOTE, transform=axis.transAxes)
    else:
        drawn = np.minimum(np.rint(image / STEP) * STEP, 255).astype(np.uint8)
        axis.imshow(drawn, cmap="gray", vmin=0, vmax=255, interpolation="none", gid=name)
    axis.set(xticks=[], yticks=[])
    for spine in axis.spines.values():
        spine.set(visible=True, color=FAINT, linewidth=0.6)


def _name_row(figure: "Figure", row: SaliencyRow, top: float) -> None:
    """Write title and note at the left of a row, from its upper edge (inches from the figure's) down."""
    width, height = figure.get_size_inches()
    title = "\n".join(fill(line, 19) for line in row.title.splitlines())
    note = "\n".join(fill(line, 23) for line in row.note.splitlines())
    figure.text(0.06 / width, 1 - top / height, title, va="top", weight="bold", size=8.5, gid="title")
    below = top + 0.15 * len(title.splitlines()) + 0.04
    figure.text(0.06 / width, 1 - below / height, note, va="top", size=8, color=_NOTE, gid="note")


def _legend(figure: "Figure", n_blocks: int, guided: bool, side: float) -> None:
    """Colour bar under the maps, and how guided Grad-CAM is drawn under its column."""
    from matplotlib.cm import ScalarMappable

    width, height = figure.get_size_inches()
    left, top = _NAMES + side + _GAP, height - _FOOT + 0.09
    if n_blocks:
        wide = min(n_blocks * (side + _GAP) - _GAP, 4.6)
        axis = _axis(figure, left, top, wide, 0.11)
        bar = figure.colorbar(ScalarMappable(cmap=saliency_colours()), cax=axis, orientation="horizontal")
        bar.set_ticks([0, 0.5, 1], labels=["0", "0.5", "1"])
        bar.outline.set(edgecolor=FAINT, linewidth=0.6)
        axis.axvline(0.5, color=OKABE_ITO[4], lw=1.2, gid="half")
        key = "Relative saliency, each map by its own maximum (line: half)"
        axis.set_xlabel(fill(key, round(wide * _LETTERS)), size=8, labelpad=1)
    if guided:
        across = (left + n_blocks * (side + _GAP)) / width
        key = fill("Dark: the strongest pixels of each map", round(side * _LETTERS))
        figure.text(across, 1 - top / height, key, va="top", size=8, gid="guided-key")
