"""Whether a network looks at somata, neurites or background beyond their area, and whether it matters there.

Enrichment is a compartment's share of the saliency over its share of the area. Maps of networks that have
learnt nothing of the classes (Adebayo et al., NeurIPS 2018) stand beside the clones: only what those maps do
not show is learnt.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.figures.theme import (
    INK,
    NEGATIVE,
    OKABE_ITO,
    OTHER,
    POSITIVE,
    empty_figure,
    new_figure,
    theme,
)
from hcs.wording import counted, listed, plural, spaced
from hcs_plates.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COMPARTMENTS = ("soma", "neurite", "background")
"""Drawn first and in this order; any other follows."""
CONTROLS = {
    "random heads": ("#39424c", "s"),
    "permuted labels": ("#6b7784", "^"),
    "shuffled weights": ("#949fab", "X"),
}
"""Grey and marker of each control."""
LOWEST = 2.0**-6
"""The axis of enrichment begins here at the lowest; what is below it stands on its end, hollow."""
KINDS = {
    "deletion": ("Deletion: the highest pixels are blurred first", "Pixels blurred (%)"),
    "insertion": ("Insertion: the highest pixels are put back first", "Pixels put back (%)"),
}
REFERENCES: dict[str, tuple[str, Any]] = {
    "random": (OTHER, (0, (1, 1.2))),
    "brightness": (INK, (0, (4, 1.5))),
}
"""Colour and dash of the orders that know nothing of the network."""

_COLOURS = tuple(OKABE_ITO[place] for place in (1, 0, 2, 5, 3, 4))
_DASHES: tuple[Any, ...] = ("-", (0, (6, 1.5)), (0, (6, 1.5, 1, 1.5)), (0, (3, 1.5)))


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
        The two classes; clones of neither are grey.
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
    met = list(dict.fromkeys(clones["compartment"]))
    order = sorted(met, key=lambda name: COMPARTMENTS.index(name) if name in COMPARTMENTS else len(met) + 3)
    blocks = list(dict.fromkeys(clones["block"]))
    looks = _looks(controls["control"] if len(controls) else ())
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
        _legend(figure, _sides(clones, positive, negative), controls, noun, below=low)
    return figure


def _finite(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Rows with a number in a column; an empty table may lack all columns."""
    if len(table) == 0:
        return table
    return table[np.isfinite(table[column].to_numpy(dtype=float))]


def _values(controls: pd.DataFrame, block: str, compartment: str, control: str) -> npt.NDArray[np.float64]:
    here = (controls["block"] == block) & (controls["compartment"] == compartment)
    return np.asarray(controls.loc[here & (controls["control"] == control), "enrichment"], dtype=np.float64)


def _looks(names: Sequence[str] | pd.Series) -> dict[str, tuple[str, str]]:
    """Grey and marker of the controls met: those known first, in their order."""
    met = list(dict.fromkeys(names))
    spare = iter("DPv*<>" * (1 + len(met)))
    looks = {name: look for name, look in CONTROLS.items() if name in met}
    return looks | {name: (OTHER, next(spare)) for name in met if name not in looks}


def _limits(clones: pd.DataFrame, controls: pd.DataFrame) -> tuple[float, float]:
    """Find the ends of the axis, with a margin: all values above zero, at least from a half to two."""
    values = [clones["enrichment"].to_numpy(dtype=float)]
    values += [controls["enrichment"].to_numpy(dtype=float)] if len(controls) else []
    every = np.concatenate(values)
    low = max(LOWEST, min([0.5, *every[every > 0]]))
    return low / 1.25, 1.25 * max(2.0, float(every.max()))


def _sides(clones: pd.DataFrame, positive: str, negative: str) -> list[tuple[str, str, str, pd.DataFrame]]:
    """Name, colour, marker and rows of the negative class, the positive class and, where met, of neither."""
    labels = clones["label"].astype(object)
    sides = [
        (spaced(negative), NEGATIVE, "o", clones[labels == negative]),
        (spaced(positive), POSITIVE, "D", clones[labels == positive]),
        ("neither class", OTHER, "s", clones[~labels.isin([positive, negative])]),
    ]
    return sides if len(sides[2][3]) else sides[:2]


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
    for (_, colour, mark, rows), shift in zip(sides, (-0.12, 0.12, 0.0), strict=False):
        values = rows.sort_values("group")["enrichment"].to_numpy(dtype=float)
        across = middle + shift + 0.09 * np.linspace(-1, 1, len(values)) * (len(values) > 1)
        under = values < low
        axis.plot(
            across[~under], values[~under], mark, color=colour, ms=5, mec="white", mew=0.5, alpha=0.8,
            zorder=4, gid="clones",
        )  # fmt: skip
        foot = np.full(under.sum(), low * (high / low) ** 0.02)
        axis.plot(across[under], foot, mark, mec=colour, mfc="none", ms=5, zorder=4, gid="below")
    mean = max(float(every.mean()), low)
    axis.plot([middle - 0.23, middle + 0.23], [mean, mean], color=INK, lw=2.4, zorder=3, gid="mean")


def _draw_control(
    axis: "Axes", at: float, values: npt.NDArray[np.float64], look: tuple[str, str], low: float
) -> None:
    """Range of a control's replicates as a line, their median as its marker."""
    if values.size == 0:
        return
    colour, mark = look
    drawn = np.maximum(values, low)
    axis.plot([at, at], [drawn.min(), drawn.max()], color=colour, lw=2, zorder=3, gid="control-range")
    axis.plot([at], [np.median(drawn)], mark, color=colour, ms=6, zorder=4, gid="control")


def _log_axis(axis: "Axes", low: float, high: float) -> None:
    """Powers of two, written as plain numbers."""
    axis.set_yscale("log", base=2)
    axis.set_ylim(low, high)
    powers = range(math.ceil(math.log2(low)), math.floor(math.log2(high)) + 1)
    names = [f"1/{2**-power}" if power < 0 else f"{2**power}" for power in powers]
    axis.set_yticks([2.0**power for power in powers], names)
    axis.minorticks_off()


def _legend(
    figure: "Figure",
    sides: list[tuple[str, str, str, pd.DataFrame]],
    controls: pd.DataFrame,
    noun: str,
    *,
    below: float,
) -> None:
    from matplotlib.lines import Line2D

    handles = []
    for name, colour, mark, rows in sides:
        text = f"{name} ({counted(rows['group'].nunique(), noun)})"
        handles.append(Line2D([], [], marker=mark, ls="", color=colour, ms=6, mec="white", label=text))
    handles.append(Line2D([], [], color=INK, lw=2.4, label=f"mean of {plural(noun)}"))
    if any((rows["enrichment"] < below).any() for *_, rows in sides):
        text = "hollow: below the axis"
        handles.append(Line2D([], [], marker="o", ls="", mec=OTHER, mfc="none", ms=5, label=text))
    for name, (colour, mark) in _looks(controls["control"] if len(controls) else ()).items():
        n = controls.loc[controls["control"] == name, "replicate"].nunique()
        text = f"{name}: median and range of {n}" if n > 1 else f"{name} (one)"
        handles.append(Line2D([], [], marker=mark, color=colour, lw=2, ms=6, label=text))
    figure.legend(handles=handles, loc="outside lower center", ncols=3 if len(handles) > 4 else len(handles))


def curves_figure(
    curves: pd.DataFrame,
    *,
    score: str = "Probability of the class",
    band: str = "95 % interval over clones",
) -> "Figure":
    """Draw how the score falls as pixels are blurred, and rises as they are put back, for each order.

    The method is Petsiuk, Das & Saenko's (BMVC 2018). A map that finds what the network uses falls early in
    deletion (small area) and rises early in insertion (large area).

    Parameters
    ----------
    curves
        kind (``deletion`` or ``insertion``), order, fraction (0 to 1), mean, low, high (over clones; a curve
        without intervals has NaN). Areas in the legend are trapezoidal.
    score, band
        What the mean is of, and what lies between low and high.

    Raises
    ------
    ArgumentError
        A kind of another name.

    Examples
    --------
    >>> table = pd.DataFrame({"kind": "deletion", "order": "random", "fraction": [0, 1], "mean": [1.0, 0.5]})
    >>> figure = curves_figure(table.assign(low=0.5, high=1.0))
    >>> [text.get_text() for text in figure.legends[0].get_texts()]
    ['random (0.75)']
    """
    curves = _finite(curves, "mean")
    if curves.empty:
        return empty_figure("No curve of deletion or insertion could be measured.")
    strange = [kind for kind in dict.fromkeys(curves["kind"]) if kind not in KINDS]
    if strange:
        raise ArgumentError(f"A curve is of deletion or of insertion, not of {listed(strange)}.")
    kinds = [kind for kind in KINDS if (curves["kind"] == kind).any()]
    lines = _lines(curves["order"])
    with theme():
        figure = new_figure(10 if len(kinds) > 1 else 6, 4.0)
        panels = figure.subplots(1, len(kinds), sharey=True, squeeze=False)[0]
        for axis, kind in zip(panels, kinds, strict=True):
            for order, (colour, dash) in lines.items():
                own = curves[(curves["kind"] == kind) & (curves["order"] == order)].sort_values("fraction")
                across = 100 * own["fraction"].to_numpy(dtype=float)
                axis.fill_between(across, own["low"], own["high"], color=colour, alpha=0.13, lw=0, gid="band")
                axis.plot(across, own["mean"], color=colour, ls=dash, lw=1.8, marker="o", ms=3, gid="curve")
            axis.set(title=KINDS[kind][0], xlabel=KINDS[kind][1], xlim=(-1.5, 101.5))
            axis.grid(True)
        panels[0].set_ylabel(score)
        _curves_legend(figure, curves, kinds, band if curves["low"].notna().any() else "")
    return figure


def _lines(orders: pd.Series) -> dict[str, tuple[str, Any]]:
    """Colour and dash of every order, the same in both panels; references last."""
    met = list(dict.fromkeys(orders))
    own = [name for name in met if name not in REFERENCES]
    lines = {name: (_COLOURS[n % len(_COLOURS)], _DASHES[n % len(_DASHES)]) for n, name in enumerate(own)}
    return lines | {name: look for name, look in REFERENCES.items() if name in met}


def _curves_legend(figure: "Figure", curves: pd.DataFrame, kinds: list[str], band: str) -> None:
    """Name every order with the areas under its mean curves."""
    from matplotlib.lines import Line2D

    handles = []
    for order, (colour, dash) in _lines(curves["order"]).items():
        areas = []
        for kind in kinds:
            own = curves[(curves["kind"] == kind) & (curves["order"] == order)].sort_values("fraction")
            area = np.trapezoid(own["mean"].to_numpy(dtype=float), own["fraction"].to_numpy(dtype=float))
            areas.append(f"{area:.2f}" if len(own) > 1 else "–")
        label = f"{order} ({' | '.join(areas)})"
        handles.append(Line2D([], [], color=colour, ls=dash, lw=1.8, label=label))
    title = f"Order (area under the curve: {' | '.join(kinds)})" + (f"; band: {band}" if band else "")
    across = len(handles) if len(handles) < 5 else 3
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=across,
        title=title,
        title_fontsize=8,
        handlelength=3.5,
    )
