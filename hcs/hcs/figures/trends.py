"""Trends: score or accuracy of clones against a number, wells against dose, training, power."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.figures.keys import class_looks, class_marks, key, line, mark
from hcs.figures.theme import (
    FAINT,
    INK,
    NEGATIVE,
    OTHER,
    POSITIVE,
    TRAIN,
    VALIDATION,
    label_colours,
    new_figure,
    new_grid,
    theme,
)
from hcs.wording import capital, counted, plural, spaced

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKS = ("o", "D", "s", "^", "v", "P", "X")
WRAP = 60
DIM = "#5d6975"
QUANTITIES = (
    ("power", NEGATIVE, "Power of the test", "t-test formula"),
    ("width", POSITIVE, "Width of the AUC's 95 % interval", "Hanley–McNeil formula"),
)


@dataclass(frozen=True)
class TrendPanel:
    """One scatter of clones.

    Parameters
    ----------
    values
        x, y and within (label, whose colour the dot has), one row per clone.
    x_name, y_name
        Names of the axes.
    title
        Heading; lines are kept.
    lines
        Fitted ones: label whose colour each has (empty: grey), and its points, arrays x and y.
    paths
        The same for the dots of one clone that are joined.
    """

    values: pd.DataFrame
    x_name: str
    y_name: str
    title: str
    lines: tuple[tuple[str, npt.NDArray[np.float64], npt.NDArray[np.float64]], ...] = ()
    paths: tuple[tuple[str, npt.NDArray[np.float64], npt.NDArray[np.float64]], ...] = ()


def trend_figure(
    panels: Sequence[TrendPanel], *, noun: str, legend: str, positive: str = "", negative: str = ""
) -> "Figure":
    """Draw one dot per clone in each panel, two side by side, coloured by label, with Theil–Sen lines.

    Parameters
    ----------
    panels
        At least one.
    noun
        What a dot is.
    legend
        What the labels are ("diagnosis").
    positive, negative
        Labels that keep the colours of the classes.
    """
    labels = sorted({str(label) for panel in panels for label in panel.values["within"].dropna()})
    # Dot for the negative class and diamond for the positive one, as in the figure of groups.
    labels.sort(key=lambda label: {negative: 0, positive: 1}.get(label, 2))
    colours = label_colours(labels, positive=positive, negative=negative)
    looks = {label: (colours[label], MARKS[at % len(MARKS)]) for at, label in enumerate(labels)}
    with theme():
        figure, axes = new_grid(len(panels), 2, 4.8, 3.3)
        for axis, panel in zip(axes, panels, strict=True):
            _draw_panel(axis, panel, looks)
        entries = [mark(spaced(label), *look) for label, look in looks.items()]
        entries += [line("Theil–Sen line", FAINT, "--", 1.8)] if any(panel.lines for panel in panels) else []
        joined = any(panel.paths for panel in panels)
        entries += [line(f"one {noun} at its passages", FAINT, "-", 0.9)] if joined else []
        key(figure, entries, 5, title=f"One dot is one {noun}; colour: {spaced(legend)}")
    return figure


def _draw_panel(axis: "Axes", panel: TrendPanel, looks: Mapping[str, tuple[str, str]]) -> None:
    for label, x, y in panel.lines:
        colour = looks[label][0] if label in looks else FAINT
        axis.plot(x, y, color=colour, lw=1.8, ls="--", zorder=2, gid="trend")
    for label, x, y in panel.paths:
        axis.plot(x, y, color=looks[label][0] if label in looks else FAINT, lw=0.9, zorder=1, gid="clone")
    held = panel.values["within"]
    groups = [(held.isna(), INK, "o"), *((held.map(str) == label, *look) for label, look in looks.items())]
    for chosen, colour, shape in groups:
        table = panel.values[chosen]
        style: dict[str, Any] = {"marker": shape, "color": colour, "ec": "white", "gid": "clones"}
        axis.scatter(table["x"], table["y"], s=42, alpha=0.8, lw=0.7, zorder=3, **style)
    if panel.values["y"].between(0, 1).all():
        axis.set_ylim(-0.04 if panel.values["y"].min() < 0.4 else 0.36, 1.04)
    axis.set(xlabel=capital(spaced(panel.x_name)), ylabel=capital(spaced(panel.y_name)))
    axis.set_title("\n".join(fill(text, WRAP) for text in panel.title.splitlines()), fontsize=9)
    axis.grid(True)


def dose_figure(wells: pd.DataFrame, *, positive: str, negative: str) -> "Figure":
    """Draw the mean score of every dosed well, with the median per dose.

    Parameters
    ----------
    wells
        One row per well: treatment, dose, dose_unit, probability and label (wells outside both classes are
        grey). Doses are drawn on a logarithmic axis with dose 0 apart at its left.
    positive, negative
        The two classes; the score is the probability of the positive one.
    """
    wells = wells[wells["treatment"].notna() & wells["dose"].notna() & wells["probability"].notna()]
    treatments = list(dict.fromkeys(wells["treatment"].astype(str)))
    with theme():
        wide = 10 / min(3, len(treatments)) if len(treatments) > 1 else 6
        figure, axes = new_grid(len(treatments), 3, wide, 3.2, sharey=True)
        for axis, treatment in zip(axes, treatments, strict=True):
            rows = wells[wells["treatment"].astype(str) == treatment]
            _draw_treatment(axis, rows, treatment, positive, negative)
        figure.axes[0].set_ylabel(f"Mean score: probability of {spaced(positive)}")
        median = line("median per dose", FAINT, width=1.2)
        key(figure, [*class_marks(positive, negative, "neither class (never trained on)"), median])
    return figure


def dose_places(doses: Any) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Where doses stand on the axis: log10, dose 0 one step (at least half a decade) left of the smallest.

    Examples
    --------
    >>> dose_places([0, 1, 10])
    array([-1.,  0.,  1.])
    """
    amounts = np.asarray(doses, dtype=float)
    above = np.unique(amounts[amounts > 0])
    if above.size == 0:
        return np.zeros_like(amounts)
    logs = np.log10(above)
    step = max(0.5, float(np.median(np.diff(logs)))) if above.size > 1 else 1.0
    places = np.full(amounts.shape, logs[0] - step)
    places[amounts > 0] = np.log10(amounts[amounts > 0])
    return places


def _draw_treatment(axis: "Axes", rows: pd.DataFrame, treatment: str, positive: str, negative: str) -> None:
    """Dots, median line and an axis labelled with the doses themselves."""
    places = dose_places(rows["dose"])
    labels = rows["label"].astype(object)
    axis.axhline(0.5, color=INK, lw=0.8, ls=":")
    scores = rows["probability"].to_numpy(dtype=float)
    others = ~labels.isin([positive, negative]).to_numpy()
    looks = [((labels == name).to_numpy(), *look) for name, *look in class_looks(positive, negative)]
    for here, colour, shape in ((others, OTHER, "s"), *looks):
        style: Any = {"ms": 5.5, "alpha": 0.8, "mec": "white", "mew": 0.5}
        axis.plot(places[here], scores[here], shape, color=colour, gid="wells", **style)
    medians = pd.Series(scores).groupby(places).median()
    axis.plot(medians.index, medians, color=FAINT, lw=1.2, zorder=1, gid="median")
    marks = pd.Series(rows["dose"].to_numpy(dtype=float)).groupby(places).first()
    shown = _apart(list(marks.index))
    axis.set_xticks(shown, [f"{marks[place]:.3g}" for place in shown])
    units = [str(unit) for unit in rows["dose_unit"].dropna().unique()] if "dose_unit" in rows else []
    axis.set(title=treatment, xlabel=f"Dose ({', '.join(units)})" if units else "Dose", ylim=(-0.05, 1.05))
    axis.grid(True, axis="y")


def _apart(places: list[float]) -> list[float]:
    """Keep the places whose labels do not touch: an eighth of the axis apart, from the left."""
    least = (places[-1] - places[0]) / 8
    kept = places[:1]
    for place in places[1:]:
        if place - kept[-1] >= least * 0.999:
            kept.append(place)
    return kept


def training_figure(history: pd.DataFrame) -> "Figure":
    """Draw loss and accuracy by epoch, training against validation: sets thin, their median thick.

    The loss axis ends above 19 of 20 values: a single head with a momentum near 1 would flatten all others.

    Parameters
    ----------
    history
        Table with the columns set, epoch, loss, accuracy, validation_loss, validation_accuracy.
    """
    panels = (("loss", "Loss"), ("accuracy", "Accuracy (tiles)"))
    parts = (("", "training", TRAIN, "-"), ("validation_", "validation", VALIDATION, "--"))
    with theme():
        figure = new_figure(10, 3.4)
        for axis, (column, title) in zip(figure.subplots(1, 2), panels, strict=True):
            for prefix, name, colour, dash in parts:
                courses = history.pivot_table(index="epoch", columns="set", values=prefix + column)
                for number in courses.columns:
                    axis.plot(courses.index, courses[number], color=colour, lw=0.6, alpha=0.4, gid="set")
                middle = courses.median(axis=1)
                axis.plot(middle.index, middle, color=colour, ls=dash, lw=2.4, label=name, gid="median")
            axis.set(title=title, xlabel="Epoch")
            axis.grid(True)
            axis.locator_params(axis="x", integer=True)
            if column == "accuracy":
                axis.axhline(0.5, color=INK, lw=0.8, ls=":")
                axis.set_ylim(top=1.02)
            else:
                values = history[["loss", "validation_loss"]].to_numpy(dtype=float)
                high = np.nanquantile(values, 0.95) if np.isfinite(values).any() else 1.0
                axis.set_ylim(0, 1.25 * max(high, 0.1))
            axis.legend(loc="best")
    return figure


def power_figure(
    table: pd.DataFrame,
    *,
    wanted: Mapping[str, float],
    needed: Mapping[str, int | None],
    title: str,
    noun: str = "clone",
) -> "Figure":
    """Draw power and interval width against clones per class, with bands of two Monte Carlo errors.

    Parameters
    ----------
    table
        Columns n_per_class, power, power_se, power_formula, width, width_se, width_formula.
    wanted, needed
        Wanted ``power`` and ``width``, and the clones per class that reach them, or None.
    title
        What effect is looked for.
    noun
        What is counted.
    """
    with theme():
        figure = new_figure(10, 3.8)
        panels = figure.subplots(1, 2)
        for axis, (name, colour, label, rule) in zip(panels, QUANTITIES, strict=True):
            _draw_quantity(axis, table, name, colour, rule)
            axis.axhline(
                wanted[name], color=DIM, lw=1, ls=":", label=f"wanted: {wanted[name]:g}", gid="wanted"
            )
            size = needed[name]
            if size is not None:
                axis.axvline(size, color=DIM, lw=1, gid="needed")
                said = f"{counted(size, noun)} per class"
                axis.annotate(said, (size, 0), (4, 4), textcoords="offset points", size=8)
            axis.legend(loc="lower right" if name == "power" else "upper right")
            axis.set(xlabel=f"{plural(noun).capitalize()} per class", ylabel=label)
        panels[0].set_ylim(0, 1.04)
        panels[1].set_ylim(0, max(0.1, float(np.nanmax([*table["width"], *table["width_formula"]])) * 1.1))
        figure.suptitle(title, x=0.01, ha="left", size=10, weight="bold")
    return figure


def _draw_quantity(axis: "Axes", table: pd.DataFrame, name: str, colour: str, rule: str) -> None:
    """One quantity with its error band and its closed form."""
    n, made, error = (table[column].to_numpy(dtype=float) for column in ("n_per_class", name, f"{name}_se"))
    axis.fill_between(n, made - 2 * error, made + 2 * error, color=colour, alpha=0.25, lw=0)
    axis.plot(n, made, "o-", color=colour, ms=3.5, label="simulated (band: ± 2 Monte Carlo errors)")
    axis.plot(n, table[f"{name}_formula"], ls="--", lw=1.1, color=INK, label=rule)
    axis.grid(True)
