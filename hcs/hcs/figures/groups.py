"""Scores of the groups: one dot per clone, spread over its wells and over the sets that tested it."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hcs.figures.theme import INK, NEGATIVE, POSITIVE, model_name, new_figure, theme
from hcs.wording import spaced

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def well_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean score of every well that a blind model scored.

    Parameters
    ----------
    scores
        The study's table of tiles: model, plate, well, group, label, probability.

    Returns
    -------
    DataFrame
        model, plate, well, group, label, probability (mean), n_tiles (those with a score; 0 with NaN).
    """
    keys = ["model", "plate", "well", "group", "label"]
    wells = scores.groupby(keys, dropna=False, sort=True, observed=True)["probability"]
    return wells.agg(probability="mean", n_tiles="count").reset_index()


def group_order(groups: pd.DataFrame, negative: str) -> list[tuple[str, str]]:
    """Order groups for drawing: the negative class first, each class by rising score of the first model.

    Parameters
    ----------
    groups
        Table with the columns model, group, label, probability.
    negative
        The label drawn first.

    Returns
    -------
    list of (group, label)

    Examples
    --------
    >>> table = pd.DataFrame({"group": ["a", "b", "c"], "label": ["x", "y", "y"]})
    >>> table = table.assign(model="cnn", probability=[0.9, 0.8, 0.1])
    >>> group_order(table, "y")
    [('c', 'y'), ('b', 'y'), ('a', 'x')]
    """
    first = groups[groups["model"] == groups["model"].iloc[0]]
    rows = [(str(row.group), str(row.label), float(row.probability)) for row in first.itertuples()]
    ordered = sorted(rows, key=lambda row: (row[1] != negative, np.nan_to_num(row[2], nan=-1.0), row[0]))
    return [(group, label) for group, label, _ in ordered]


def group_figure(
    groups: pd.DataFrame, scores: pd.DataFrame, predictions: pd.DataFrame, *, positive: str, negative: str
) -> "Figure":
    """Draw every group's mean score, one panel per model, in one order.

    Parameters
    ----------
    groups
        Table of groups of the two classes (model, group, label, probability), not empty.
    scores
        Table of tiles, for the small dots: one per well. May be empty.
    predictions
        Table of test tiles, for the bars: lowest to highest mean over the sets that tested it. May be empty.
    positive, negative
        The two classes; the score is the probability of the positive one.
    """
    models = list(dict.fromkeys(groups["model"]))
    order = group_order(groups, negative)
    single = len({group for group, _ in order}) == len(order)
    names = [group if single else f"{group} · {spaced(label)}" for group, label in order]
    colours = [POSITIVE if label == positive else NEGATIVE for _, label in order]
    marks = ["D" if label == positive else "o" for _, label in order]
    with theme():
        figure = new_figure(10, max(2.6, 0.24 * len(order) + 1.35))
        panels = figure.subplots(1, len(models), sharey=True, squeeze=False)[0]
        for axis, model in zip(panels, models, strict=True):
            axis.axvspan(0.5, 1.03, color=POSITIVE, alpha=0.06, lw=0)
            axis.axvspan(-0.03, 0.5, color=NEGATIVE, alpha=0.06, lw=0)
            axis.axvline(0.5, color=INK, lw=1, ls="--", gid="half")
            _draw_model(axis, _of(groups, model), _of(scores, model), _of(predictions, model), order)
            means = _means(_of(groups, model), order)
            for row, (mean, colour, mark) in enumerate(zip(means, colours, marks, strict=True)):
                axis.plot(
                    [mean], [row], mark, color=colour, ms=7.5, mec="white", mew=0.8, zorder=4, gid="group"
                )
            axis.set(xlim=(-0.03, 1.03), ylim=(-0.7, len(order) - 0.3), title=_title(model))
            axis.set_xlabel(f"Mean score: probability of {spaced(positive)}")
            axis.grid(True, axis="x")
        panels[0].set_yticks(range(len(order)), names)
        _legend(figure, positive, negative)
    return figure


def _of(table: pd.DataFrame, model: str) -> pd.DataFrame:
    return table[table["model"] == model] if "model" in table else table


def _title(model: str) -> str:
    name = model_name(model)
    return name[:1].upper() + name[1:]


def _means(groups: pd.DataFrame, order: list[tuple[str, str]]) -> list[float]:
    """Mean score of each group in the order; NaN where the model has none."""
    means = {(str(row.group), str(row.label)): float(row.probability) for row in groups.itertuples()}
    return [means.get(key, np.nan) for key in order]


def _draw_model(
    axis: "Axes", groups: pd.DataFrame, scores: pd.DataFrame, predictions: pd.DataFrame, order: Any
) -> None:
    """Wells as small dots, the range over sets as a bar behind each group's dot."""
    rows = {key: row for row, key in enumerate(order)}
    if not scores.empty:
        wells = well_scores(scores).dropna(subset=["probability", "label", "group"])
        places = [
            (float(well.probability), rows[(str(well.group), str(well.label))])
            for well in wells.itertuples()
            if (str(well.group), str(well.label)) in rows
        ]
        if places:
            across, up = zip(*places, strict=True)
            axis.scatter(across, up, s=14, color="#5d6975", alpha=0.55, lw=0, zorder=3, gid="wells")
    if not predictions.empty:
        by_set = predictions.groupby(["group", "label", "set"], observed=True)["probability"].mean()
        spans = by_set.groupby(["group", "label"], observed=True).agg(["min", "max"])
        for (group, label), span in spans.iterrows():
            row = rows.get((str(group), str(label)))
            if row is not None:
                axis.plot(
                    [span["min"], span["max"]], [row, row], color="#9aa5b1", lw=3.5, zorder=2, gid="sets"
                )


def _legend(figure: "Figure", positive: str, negative: str) -> None:
    from matplotlib.lines import Line2D

    def dot(mark: str, colour: str, size: float, label: str) -> Line2D:
        return Line2D([], [], marker=mark, ls="", color=colour, ms=size, mec="white", mew=0.5, label=label)

    handles = [
        dot("o", NEGATIVE, 8, spaced(negative)),
        dot("D", POSITIVE, 7.5, spaced(positive)),
        dot("o", "#5d6975", 4.5, "one well"),
        Line2D([], [], color="#9aa5b1", lw=3.5, label="lowest to highest test set"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
