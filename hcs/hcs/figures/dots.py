"""Dots of clones in rows: their scores over wells and sets, and what each was called."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hcs.figures.keys import class_marks, key, line, mark
from hcs.figures.theme import INK, NEGATIVE, OTHER, POSITIVE, empty_figure, model_name, new_figure, theme
from hcs.wording import capital, counted, spaced

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WRONG, WELL, SETS = "#000000", "#5d6975", "#9aa5b1"


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
    groups: pd.DataFrame, wells: pd.DataFrame, predictions: pd.DataFrame, *, positive: str, negative: str
) -> "Figure":
    """Draw every group's mean score, one panel per model, in one order.

    Parameters
    ----------
    groups
        Table of groups (model, group, label, probability), not empty; those of neither class are grey.
    wells
        Mean score of every well (model, group, label, probability), for the small dots. May be empty.
    predictions
        Table of test tiles, for the bars: lowest to highest mean over the sets that tested it. May be empty.
    positive, negative
        The two classes; the score is the probability of the positive one.
    """
    models = list(dict.fromkeys(groups["model"]))
    order = group_order(groups, negative)
    single = len({group for group, _ in order}) == len(order)
    names = [group if single else f"{group} · {spaced(label)}" for group, label in order]
    marks = {positive: (POSITIVE, "D"), negative: (NEGATIVE, "o")}
    with theme():
        figure = new_figure(10, max(2.6, 0.24 * len(order) + 1.35))
        panels = figure.subplots(1, len(models), sharey=True, squeeze=False)[0]
        for axis, model in zip(panels, models, strict=True):
            axis.axvspan(0.5, 1.03, color=POSITIVE, alpha=0.06, lw=0)
            axis.axvspan(-0.03, 0.5, color=NEGATIVE, alpha=0.06, lw=0)
            axis.axvline(0.5, color=INK, lw=1, ls="--", gid="half")
            _draw_behind(axis, _of(wells, model), _of(predictions, model), order)
            own = _of(groups, model)
            means = dict(zip(_keys(own), own["probability"].to_numpy(dtype=float), strict=True))
            for row, at in enumerate(order):
                colour, shape = marks.get(at[1], (OTHER, "s"))
                style: Any = {"ms": 7.5, "mec": "white", "mew": 0.8}
                axis.plot([means.get(at, np.nan)], [row], shape, color=colour, zorder=4, gid="group", **style)
            axis.set(xlim=(-0.03, 1.03), ylim=(-0.7, len(order) - 0.3), title=capital(model_name(model)))
            axis.set_xlabel(f"Mean score: probability of {spaced(positive)}")
            axis.grid(True, axis="x")
        panels[0].set_yticks(range(len(order)), names)
        behind = [mark("one well", WELL, size=4.5)] if len(wells) else []
        behind += [line("lowest to highest test set", SETS, width=3.5)] if len(predictions) else []
        others = dict.fromkeys(label for _, label in order if label not in marks)
        named = [mark(spaced(label), OTHER, "s") for label in others]
        key(figure, [*class_marks(positive, negative), *named, *behind])
    return figure


def _of(table: pd.DataFrame, model: str) -> pd.DataFrame:
    return table[table["model"] == model] if "model" in table else table


def _keys(rows: pd.DataFrame) -> list[tuple[str, str]]:
    return [(str(group), str(label)) for group, label in zip(rows["group"], rows["label"], strict=True)]


def _draw_behind(
    axis: "Axes", wells: pd.DataFrame, tiles: pd.DataFrame, order: list[tuple[str, str]]
) -> None:
    """Wells as small dots, the range over sets as a bar behind each group's dot."""
    rows = {at: row for row, at in enumerate(order)}
    if not wells.empty:
        known = wells.dropna(subset=["probability", "label", "group"])
        up = pd.Series([rows.get(at, np.nan) for at in _keys(known)], dtype=float)
        drawn = up.notna().to_numpy()
        across = known["probability"].to_numpy(dtype=float)[drawn]
        axis.scatter(across, up[drawn], s=14, color=WELL, alpha=0.55, lw=0, zorder=3, gid="wells")
    if not tiles.empty:
        by_set = tiles.groupby(["group", "label", "set"], observed=True)["probability"].mean()
        spans = by_set.groupby(["group", "label"], observed=True).agg(["min", "max"]).reset_index()
        for at, low, high in zip(_keys(spans), spans["min"], spans["max"], strict=True):
            if at in rows:
                axis.plot([low, high], [rows[at]] * 2, color=SETS, lw=3.5, zorder=2, gid="sets")


def clone_figure(calls: pd.DataFrame, *, positive: str, threshold: float, noun: str = "clone") -> "Figure":
    """Draw each clone's score, sorted within its class; a wrong call has a cross and its name.

    Parameters
    ----------
    calls
        model, group, label, probability, correct (True or False); one row per model and clone.
    positive
        The label whose probability is given; drawn above the other.
    threshold
        At and above it a clone is called positive.
    noun
        What a row is, in the singular.

    Examples
    --------
    >>> calls = pd.DataFrame({"model": "cnn", "group": ["a", "b"], "label": ["ALS", "control"]})
    >>> calls = calls.assign(probability=[0.9, 0.6], correct=[True, False])
    >>> clone_figure(calls, positive="ALS", threshold=0.5).axes[0].get_title("left")
    'CNN: 1 of 2 clones called right'
    """
    if calls.empty:
        return empty_figure(f"No {noun} has a score.")
    models = list(dict.fromkeys(calls["model"]))
    rows = int(calls.groupby("model").size().max())
    with theme():
        figure = new_figure(10, max(3.0, 0.17 * rows + 1.5))
        panels = figure.subplots(1, len(models), squeeze=False)[0]
        for axis, model in zip(panels, models, strict=True):
            part = calls[calls["model"] == model]
            part = part.assign(_up=part["label"] == positive).sort_values(["_up", "probability"])
            _draw_calls(axis, part, positive, threshold)
            right = int(part["correct"].sum())
            axis.set_title(
                f"{capital(model_name(str(model)))}: {right} of {counted(len(part), noun)} called right"
            )
            axis.set_xlabel(f"Mean score: probability of {spaced(positive)}")
        first = calls[calls["model"] == models[0]]
        n, others = int((first["label"] == positive).sum()), dict.fromkeys(calls["label"])
        named = " / ".join(spaced(name) for name in others if name != positive)
        entries = [
            mark(f"{spaced(positive)}, {counted(n, noun)}", POSITIVE, "D"),
            mark(f"{named}, {counted(len(first) - n, noun)}", NEGATIVE),
            mark("called wrong", WRONG, "x", 8),
            line("threshold of the call", INK, "--", 1),
        ]
        key(figure, entries)
    return figure


def _draw_calls(axis: "Axes", part: pd.DataFrame, positive: str, threshold: float) -> None:
    """One model's clones from the bottom up, the positive class above."""
    scores, up = part["probability"].to_numpy(), part["_up"].to_numpy()
    right = part["correct"].to_numpy(dtype=bool)
    places = np.arange(len(part)) + up
    axis.axvline(threshold, color=INK, lw=1, ls="--", gid="threshold")
    for upper, colour, shape in ((False, NEGATIVE, "o"), (True, POSITIVE, "D")):
        chosen = up == upper
        axis.plot(
            scores[chosen], places[chosen], shape, color=colour, ms=6, mec="white", mew=0.5, gid="clone"
        )
    axis.plot(scores[~right], places[~right], "x", color=WRONG, ms=9, mew=1.6, ls="", gid="wrong", zorder=4)
    for score, place, name in zip(scores[~right], places[~right], part["group"][~right], strict=True):
        side = -1 if score > threshold + 0.3 else 1
        axis.annotate(
            str(name), (score, place), xytext=(8 * side, 0), textcoords="offset points", va="center",
            ha="left" if side > 0 else "right", fontsize=7,
        )  # fmt: skip
    axis.set(ylim=(-0.8, len(part) + 0.8), yticks=[])
    if len(part) and scores.min() >= 0 and scores.max() <= 1:
        axis.set_xlim(-0.03, 1.03)
    axis.grid(True, axis="x")
