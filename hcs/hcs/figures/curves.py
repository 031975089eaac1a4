"""Curves: ROC of sets and groups, reliability, deletion and insertion."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.figures.keys import key, line
from hcs.figures.theme import (
    FAINT,
    INK,
    OKABE_ITO,
    OTHER,
    empty_figure,
    model_line,
    model_name,
    new_figure,
    theme,
)
from hcs.wording import capital

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]

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


def roc_figure(curves: Sequence[Any], group: str) -> "Figure":
    """Draw tile-level ROC of every set with mean ± SD, and the group-level ROC beside it.

    Parameters
    ----------
    curves
        One per model, as `hcs.statistics.roc.ModelRoc`: model; curves and areas of sets, with grid, mean and
        sd; steps, area, n and limits of groups.
    group
        What several groups are called, ``clones``.
    """
    with theme():
        figure = new_figure(10, 4.7)
        tiles, whole = figure.subplots(1, 2)
        for place, curve in enumerate(curves):
            colour, dash = model_line(curve.model, place)
            if len(curve.areas):
                _draw_band(tiles, curve, colour, dash)
            if curve.steps is not None:
                name = f"{model_name(curve.model)}: AUC {curve.area:.2f} (n = {curve.n} {group})"
                whole.plot(*curve.steps, color=colour, ls=dash, lw=2, label=name, marker="o", ms=3.5)
            if curve.limits is not None:
                whole.fill_between(*curve.limits, color=colour, alpha=0.16, lw=0, step="post", gid="band")
        titles = (
            "Tiles: every test set, mean ± SD over sets",
            f"{capital(group)}: mean score of their test tiles",
        )
        rates = "False-positive rate (1 − specificity)", "True-positive rate (sensitivity)"
        for axis, title in zip((tiles, whole), titles, strict=True):
            _finish_square(axis, (title, "chance", *rates), (0.56, 0.52), "lower right")
    return figure


def _draw_band(axis: "Axes", curve: Any, colour: str, dash: str) -> None:
    """Every set thin, the mean thick, ± SD as a band within 0 and 1."""
    for of_set in curve.curves:
        axis.plot([0, *curve.grid], [0, *of_set], color=colour, lw=0.6, alpha=0.35, gid="set")
    areas = curve.areas
    spread = f" ± {areas.std(ddof=1):.2f}" if len(areas) > 1 else ""
    name = f"{model_name(curve.model)}: AUC {areas.mean():.2f}{spread} ({len(areas)} sets)"
    axis.plot([0, *curve.grid], [0, *curve.mean], color=colour, ls=dash, lw=2.4, label=name, gid="mean")
    low, high = np.clip(curve.mean - curve.sd, 0, 1), np.clip(curve.mean + curve.sd, 0, 1)
    axis.fill_between(curve.grid, low, high, color=colour, alpha=0.16, lw=0)


def _finish_square(
    axis: "Axes",
    words: tuple[str, str, str, str],
    at: tuple[float, float],
    corner: Literal["lower right", "upper left"],
) -> None:
    """Diagonal with its name, axes from 0 to 1, title, and the key in the free corner."""
    title, diagonal, across, up = words
    axis.plot([0, 1], [0, 1], color=FAINT, lw=1, ls=":", zorder=1)
    axis.text(*at, diagonal, color="#5d6975", fontsize=8, rotation=45, va="top")
    axis.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal", title=title, xlabel=across, ylabel=up)
    axis.grid(True)
    if axis.get_legend_handles_labels()[0]:
        axis.legend(loc=corner)


def reliability_figure(curve: pd.DataFrame, nouns: str) -> "Figure":
    """Draw observed share against mean probability, over tiles and over groups.

    Parameters
    ----------
    curve
        As `hcs_models.calibration.reliability` makes it.
    nouns
        What the groups are called, ``clones``.
    """
    panels = (("group", f"{nouns.capitalize()}, Wilson 95 %"), ("tile", "Tiles"))
    with theme():
        figure = new_figure(10, 4.6)
        for axis, (level, title) in zip(figure.subplots(1, 2), panels, strict=True):
            here = curve[curve["level"] == level]
            for place, (model, part) in enumerate(here.groupby("model", sort=False)):
                _draw_curve(axis, part, str(model), place)
            words = (title, "as it should be", "Mean predicted probability", "Share of positives")
            _finish_square(axis, words, (0.3, 0.25), "upper left")
    return figure


def _draw_curve(axis: "Axes", part: pd.DataFrame, model: str, place: int) -> None:
    """One model's points, sized by how many they stand for; intervals where there are any."""
    colour, dash = model_line(model, place)
    axis.plot(part["mean_probability"], part["observed"], color=colour, ls=dash, lw=1.6, zorder=2)
    sizes = 12 + 90 * part["n"] / part["n"].max()
    name = f"{model_name(model)} (n = {int(part['n'].sum()):,})"
    axis.scatter(part["mean_probability"], part["observed"], s=sizes, color=colour, label=name, zorder=3)
    known = part[part["low"].notna()]
    # The models' bins share places; moved a little apart their intervals stay readable.
    axis.vlines(
        known["mean_probability"] + 0.006 * place, known["low"], known["high"], color=colour, lw=1, alpha=0.7
    )


def curves_figure(curves: pd.DataFrame) -> "Figure":
    """Draw how the score falls as pixels are blurred, and rises as they are put back, for each order.

    The method is Petsiuk, Das & Saenko's (BMVC 2018). A map that finds what the network uses falls early in
    deletion (small area) and rises early in insertion (large area).

    Parameters
    ----------
    curves
        kind (``deletion`` or ``insertion``), order, fraction (0 to 1), mean, low, high (95 % over clones; a
        curve without intervals has NaN). Areas in the legend are trapezoidal.

    Examples
    --------
    >>> table = pd.DataFrame({"kind": "deletion", "order": "random", "fraction": [0, 1], "mean": [1.0, 0.5]})
    >>> figure = curves_figure(table.assign(low=0.5, high=1.0))
    >>> [text.get_text() for text in figure.legends[0].get_texts()]
    ['random (0.75)']
    """
    curves = curves[np.isfinite(curves["mean"].to_numpy(dtype=float))] if len(curves) else curves
    if curves.empty:
        return empty_figure("No curve of deletion or insertion could be measured.")
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
        panels[0].set_ylabel("Probability of the class")
        title = f"Order (area under the curve: {' | '.join(kinds)})"
        title += "; band: 95 % interval over clones" if curves["low"].notna().any() else ""
        entries = [line(_with_areas(curves, order, kinds), *look, 1.8) for order, look in lines.items()]
        across = len(entries) if len(entries) < 5 else 3
        key(figure, entries, across, title=title, title_fontsize=8, handlelength=3.5)
    return figure


def _lines(orders: pd.Series) -> dict[str, tuple[str, Any]]:
    """Colour and dash of every order, the same in both panels; references last."""
    met = list(dict.fromkeys(orders))
    own = [name for name in met if name not in REFERENCES]
    lines = {name: (_COLOURS[n % len(_COLOURS)], _DASHES[n % len(_DASHES)]) for n, name in enumerate(own)}
    return lines | {name: look for name, look in REFERENCES.items() if name in met}


def _with_areas(curves: pd.DataFrame, order: str, kinds: list[str]) -> str:
    """Name an order with the areas under its mean curves."""
    areas = []
    for kind in kinds:
        own = curves[(curves["kind"] == kind) & (curves["order"] == order)].sort_values("fraction")
        area = np.trapezoid(own["mean"].to_numpy(dtype=float), own["fraction"].to_numpy(dtype=float))
        areas.append(f"{area:.2f}" if len(own) > 1 else "–")
    return f"{order} ({' | '.join(areas)})"
