"""Where the network looks in each clone, compartment by compartment, beside networks that learnt nothing.

Enrichment is a compartment's share of the saliency over its share of the area. Maps of networks that have
learnt nothing of the classes (Adebayo et al., NeurIPS 2018) stand beside the clones: only what those maps do
not show is learnt.
"""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.figures.keys import class_looks, key, line, mark
from hcs.figures.theme import INK, OTHER, empty_figure, new_figure, theme
from hcs.wording import counted, plural, spaced

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COMPARTMENTS = ("soma", "neurite", "background")
"""In the order in which they are drawn."""
CONTROLS = {
    "random heads": ("#39424c", "s"),
    "permuted labels": ("#6b7784", "^"),
    "shuffled weights": ("#949fab", "X"),
}
"""Grey and marker of each control."""
LOWEST = 2.0**-6
"""The axis of enrichment begins here at the lowest; what is below it stands on its end, hollow."""


def enrichment_figure(
    clones: pd.DataFrame, controls: pd.DataFrame, *, positive: str, negative: str, noun: str = "clone"
) -> "Figure":
    """Draw one panel per compartment: the clones of each block, their mean, and the controls beside them.

    Parameters
    ----------
    clones
        block, compartment, group, label, enrichment (share of saliency over share of area; 1 is no
        preference). Rows without a finite enrichment are left out; the panel's title says how many clones
        are left.
    controls
        block, compartment, control, replicate, enrichment (mean over clones), for the blocks and compartments
        of the clones. May be empty.
    positive, negative
        The two classes.
    noun
        What a group is called.

    Examples
    --------
    >>> row = {"block": "block 2", "compartment": "soma", "group": "A1", "label": "ALS", "enrichment": 2.0}
    >>> figure = enrichment_figure(pd.DataFrame([row]), pd.DataFrame(), positive="ALS", negative="control")
    >>> figure.axes[0].get_title(loc="left")
    'Soma, 1 clone'
    """
    clones, controls = _finite(clones, "enrichment"), _finite(controls, "enrichment")
    if clones.empty:
        return empty_figure(f"No {noun} has a map whose enrichment could be measured.")
    order = [name for name in COMPARTMENTS if (clones["compartment"] == name).any()]
    blocks = list(dict.fromkeys(clones["block"]))
    looks = _looks(controls)
    low, high = _limits(clones, controls)
    # Without controls the clones stand above their block's name, else at the left of it.
    shift = -0.22 if looks else 0.0
    with theme():
        figure = new_figure(10, 4.2)
        panels = figure.subplots(1, len(order), sharey=True, squeeze=False)[0]
        for axis, compartment in zip(panels, order, strict=True):
            own = clones[clones["compartment"] == compartment]
            axis.axhline(1, color=INK, lw=1, ls="--", zorder=1, gid="one")
            for place, block in enumerate(blocks):
                here = _sides(own[own["block"] == block], positive, negative)
                _draw_clones(axis, place + shift, here, low, high)
                for which, (name, look) in enumerate(looks.items()):
                    at = place + 0.12 + 0.3 * (which + 0.5) / len(looks)
                    _draw_control(axis, at, _values(controls, block, compartment, name), look, low)
            axis.set_title(f"{spaced(compartment).capitalize()}, {_number(own, noun)}")
            axis.set_xticks(range(len(blocks)), [spaced(block) for block in blocks])
            axis.set_xlim(-0.6, len(blocks) - 0.4)
            axis.tick_params(axis="x", length=0)
            axis.grid(True, axis="y")
        _log_axis(panels[0], low, high)
        panels[0].set_ylabel("Enrichment: share of saliency\nover share of area (1: no preference)")
        key(figure, _entries(_sides(clones, positive, negative), controls, noun, below=low), columns=3)
    return figure


def _finite(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Rows with a number in a column; an empty table may lack all columns."""
    if len(table) == 0:
        return table
    return table[np.isfinite(table[column].to_numpy(dtype=float))]


def _values(controls: pd.DataFrame, block: str, compartment: str, control: str) -> npt.NDArray[np.float64]:
    here = (controls["block"] == block) & (controls["compartment"] == compartment)
    return np.asarray(controls.loc[here & (controls["control"] == control), "enrichment"], dtype=np.float64)


def _looks(controls: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Grey and marker of the controls met, in their order."""
    met = set(controls["control"]) if len(controls) else set()
    return {name: look for name, look in CONTROLS.items() if name in met}


def _limits(clones: pd.DataFrame, controls: pd.DataFrame) -> tuple[float, float]:
    """Find the ends of the axis, with a margin: all values above zero, at least from a half to two."""
    values = [clones["enrichment"].to_numpy(dtype=float)]
    values += [controls["enrichment"].to_numpy(dtype=float)] if len(controls) else []
    every = np.concatenate(values)
    low = max(LOWEST, min([0.5, *every[every > 0]]))
    return low / 1.25, 1.25 * max(2.0, float(every.max()))


def _sides(clones: pd.DataFrame, positive: str, negative: str) -> list[tuple[str, str, str, pd.DataFrame]]:
    """Name, colour, marker and rows of the negative class and the positive class."""
    looks = class_looks(positive, negative)
    return [(spaced(name), *look, clones[clones["label"] == name]) for name, *look in looks]


def _number(clones: pd.DataFrame, noun: str) -> str:
    """How many clones each block has: one number, or the fewest and the most."""
    n = clones.groupby("block", observed=True)["group"].nunique()
    return counted(int(n.max()), noun) if n.nunique() == 1 else f"{n.min()}–{n.max()} {plural(noun)}"


def _draw_clones(
    axis: "Axes", middle: float, sides: list[tuple[str, str, str, pd.DataFrame]], low: float, high: float
) -> None:
    """One column of dots per class in the order of their names, and a bar at the mean of all."""
    every = np.concatenate([rows["enrichment"].to_numpy(dtype=float) for *_, rows in sides])
    if every.size == 0:
        return
    for (_, colour, shape, rows), shift in zip(sides, (-0.12, 0.12), strict=True):
        values = rows.sort_values("group")["enrichment"].to_numpy(dtype=float)
        across = middle + shift + 0.09 * np.linspace(-1, 1, len(values)) * (len(values) > 1)
        under = values < low
        axis.plot(
            across[~under], values[~under], shape, color=colour, ms=5, mec="white", mew=0.5, alpha=0.8,
            zorder=4, gid="clones",
        )  # fmt: skip
        foot = np.full(under.sum(), low * (high / low) ** 0.02)
        axis.plot(across[under], foot, shape, mec=colour, mfc="none", ms=5, zorder=4, gid="below")
    mean = max(float(every.mean()), low)
    axis.plot([middle - 0.23, middle + 0.23], [mean, mean], color=INK, lw=2.4, zorder=3, gid="mean")


def _draw_control(
    axis: "Axes", at: float, values: npt.NDArray[np.float64], look: tuple[str, str], low: float
) -> None:
    """Range of a control's replicates as a line, their median as its marker."""
    if values.size == 0:
        return
    colour, shape = look
    drawn = np.maximum(values, low)
    axis.plot([at, at], [drawn.min(), drawn.max()], color=colour, lw=2, zorder=3, gid="control-range")
    axis.plot([at], [np.median(drawn)], shape, color=colour, ms=6, zorder=4, gid="control")


def _log_axis(axis: "Axes", low: float, high: float) -> None:
    """Powers of two, written as plain numbers."""
    axis.set_yscale("log", base=2)
    axis.set_ylim(low, high)
    powers = range(math.ceil(math.log2(low)), math.floor(math.log2(high)) + 1)
    names = [f"1/{2**-power}" if power < 0 else f"{2**power}" for power in powers]
    axis.set_yticks([2.0**power for power in powers], names)
    axis.minorticks_off()


def _entries(
    sides: list[tuple[str, str, str, pd.DataFrame]], controls: pd.DataFrame, noun: str, *, below: float
) -> "Iterator[Artist]":
    """Name classes and controls with their numbers."""
    for name, colour, shape, rows in sides:
        yield mark(f"{name} ({counted(rows['group'].nunique(), noun)})", colour, shape, 6)
    yield line(f"mean of {plural(noun)}", INK, width=2.4)
    if any((rows["enrichment"] < below).any() for *_, rows in sides):
        yield mark("hollow: below the axis", OTHER, "o", 5, "none")
    for name, (colour, shape) in _looks(controls).items():
        n = controls.loc[controls["control"] == name, "replicate"].nunique()
        yield line(f"{name}: median and range of {n}" if n > 1 else f"{name} (one)", colour, marker=shape)
