"""Wells plate by plate, in strips: measured, normalised, controls, and plates by their date."""

from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hcs.figures.keys import key, line, mark
from hcs.figures.theme import FAINT, INK, NEGATIVE, OKABE_ITO, OTHER, POSITIVE, new_figure, theme
from hcs.wording import counted, spaced

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_STRIPS = 12
"""Up to this many plates each well is a dot; beyond, a plate is its median with the middle 80 %."""
MOST_NAMES = 24
"""Up to this many plates are named at the axis."""
SPARSE = 100
"""Up to this many wells of a kind their dots are large and dark."""
CROWDED = 1_000
"""Beyond this many wells of a kind their dots are small and see-through."""
_KINDS = {
    "sample": ("samples", OTHER, "o", 9, 0.45),
    "other": ("other wells", FAINT, "x", 12, 0.7),
    "negative": ("negative controls", NEGATIVE, "s", 20, 0.9),
    "positive": ("positive controls", POSITIVE, "D", 20, 0.9),
}
"""What wells count as: legend, colour, mark, size, opacity; drawn in this order."""
CELLS = ("sample", "other")
"""Kinds that are many on a plate."""
SPAN = "#b5bbc1"


def statistics_figure(table: pd.DataFrame, *, label: str) -> "Figure":
    """Draw the median of every well, plate by plate.

    Parameters
    ----------
    table
        plate, n, median; one row per well.
    label
        What was measured.
    """
    wells = table[table["n"] > 0]
    drawn = pd.DataFrame({"plate": wells["plate"].astype(str), "kind": "sample", "value": wells["median"]})
    with theme():
        figure = new_figure(8.5, 3.4)
        axis = figure.subplots()
        _strips(axis, drawn)
        axis.set_ylabel(f"{label}: median of each well")
        axis.set_title(f"{counted(len(wells), 'well')} on {counted(wells['plate'].nunique(), 'plate')}")
        key(figure, _entries(drawn))
    return figure


def normalisation_figure(wells: pd.DataFrame, *, before: str, after: str) -> "Figure":
    """Draw wells before and after normalisation, one above the other, plate by plate.

    Parameters
    ----------
    wells
        plate, kind, before, after; one row per well, NaN where there is no value.
    before, after
        What the values are.
    """
    n, n_plates = int(wells["after"].notna().sum()), wells.loc[wells["after"].notna(), "plate"].nunique()
    with theme():
        figure = new_figure(9.5, 5.6)
        panels = figure.subplots(2, 1, sharex=True)
        for axis, column, words in zip(panels, ("before", "after"), (before, after), strict=True):
            _strips(axis, wells.assign(value=wells[column])[["plate", "kind", "value"]])
            axis.set_title(f"{column[:1].upper()}{column[1:]}: {words}")
        panels[0].set_ylabel("As measured")
        panels[1].set_ylabel("Normalised")
        panels[0].set_xlabel("")
        panels[1].set_xlabel(f"Plate ({counted(n_plates, 'plate')}, {counted(n, 'normalised well')})")
        key(figure, _entries(wells))
    return figure


def assay_figure(controls: pd.DataFrame, table: pd.DataFrame, *, label: str, pooled: str) -> "Figure":
    """Draw the control wells, and beside them the Z′ of each plate or, without any, the pooled controls.

    Parameters
    ----------
    controls
        plate, kind, value, pooled; one row per control well.
    table
        Table of `AssayQuality`; its last row is of all plates.
    label
        What was measured.
    pooled
        How plates were brought together, in words.
    """
    plates, whole = table.iloc[:-1], table.iloc[-1]
    by_plate = len(plates) > 1 and plates["z_prime"].notna().any()
    with theme():
        figure = new_figure(10, 3.8)
        left, right = figure.subplots(1, 2, width_ratios=[1.7, 1])
        _strips(left, controls[["plate", "kind", "value"]])
        left.set_ylabel(label)
        left.set_title("Control wells, as measured")
        if by_plate:
            _draw_z_primes(right, plates)
        else:
            _draw_pooled(right, controls)
            right.set_ylabel(fill(label if pooled == "as they are" else f"{label}, {pooled}", 40))
            right.set_title(f"All: Z′ {whole['z_prime']:.2f}, SSMD {whole['ssmd']:.1f}")
        key(figure, _entries(controls))
    return figure


def plates_figure(medians: pd.DataFrame, value: str, date: str) -> "Figure":
    """Draw median and quartiles of every plate, dates side by side.

    Parameters
    ----------
    medians
        plate, date, low, median, high; one row per plate.
    value, date
        What was measured, and the column of dates (empty without).
    """
    rows = medians.sort_values(["date", "plate"], kind="stable").reset_index(drop=True)
    with theme():
        figure = new_figure(10, 3.6)
        axis = figure.subplots()
        ticks = []
        for place, (name, own) in enumerate(rows.groupby("date", sort=False)):
            at = own.index.to_numpy() + place * 2.0
            colour = OKABE_ITO[place % 2]
            axis.vlines(at, own["low"], own["high"], color=colour, lw=2, alpha=0.35, gid="quartiles")
            axis.plot(at, own["median"], "o", color=colour, ms=4, gid="median")
            axis.hlines(own["median"].median(), at[0] - 0.5, at[-1] + 0.5, color=INK, lw=1.2, gid="date")
            ticks.append((float(at.mean()), f"{name}\n{counted(len(own), 'plate')}".strip()))
        axis.set_xticks([tick for tick, _ in ticks], [name for _, name in ticks])
        axis.set(title=f"Plates: {spaced(value)}", ylabel=f"{spaced(value).capitalize()} per well")
        axis.set_xlabel(spaced(date).capitalize())
        axis.grid(True, axis="y")
        middle = f"median plate of one {spaced(date)}" if date else "median plate"
        dots = mark("median of a plate's wells", OTHER, size=5)
        key(figure, [dots, line("their quartiles", SPAN), line(middle, INK, width=1.2)])
    return figure


def _strips(axis: "Axes", wells: pd.DataFrame) -> None:
    """Values of each plate: a dot per well where plates are few, else medians and the middle 80 %."""
    plates = list(dict.fromkeys(wells["plate"].dropna()))
    places = {plate: place for place, plate in enumerate(plates)}
    known = wells.dropna(subset=["value", "plate"])
    rng = np.random.default_rng(0)
    for kind, (_, colour, shape, size, opacity) in _KINDS.items():
        own = known[known["kind"] == kind]
        if own.empty:
            continue
        across = own["plate"].map(places).to_numpy(dtype=float)
        if len(plates) > MOST_STRIPS and kind in CELLS:
            if kind == "sample":
                _bars(axis, own, places)
            continue
        spread = 0.28 if kind in CELLS else 0.12
        across = across + (rng.uniform(-spread, spread, len(own)) if len(plates) <= MOST_STRIPS else 0)
        if len(own) > CROWDED:
            size, opacity = 4, 0.35
        elif len(own) <= SPARSE:
            size, opacity = max(size, 20), 0.85
        axis.scatter(
            across, own["value"], s=size, color=colour, marker=shape, alpha=opacity, lw=0.8 * (shape == "x"),
            zorder=3, gid=kind,
        )  # fmt: skip
    axis.set_xlim(-0.7, len(plates) - 0.3)
    if len(plates) <= MOST_NAMES:
        long = max((len(str(plate)) for plate in plates), default=0) * len(plates) > 70
        turned: dict[str, Any] = {"rotation": 30, "ha": "right"} if long else {}
        axis.set_xticks(range(len(plates)), plates, **turned)
        axis.set_xlabel("Plate")
    else:
        _number_plates(axis, len(plates))
    axis.grid(True, axis="y")


def _number_plates(axis: "Axes", n: int) -> None:
    """Write the numbers of plates, from 1, as many as can be read."""
    step = 10 if n <= 60 else 20
    numbers = [1, *range(step, n + 1, step)]
    axis.set_xticks([number - 1 for number in numbers], [str(number) for number in numbers])
    axis.set_xlabel(f"Plate, in the order of the table ({n})")


def _bars(axis: "Axes", samples: pd.DataFrame, places: dict[Any, int]) -> None:
    """Median of each plate's samples over a bar from the 10th to the 90th percentile."""
    spans = samples.groupby("plate", sort=False)["value"].quantile([0.1, 0.5, 0.9]).unstack()
    across = [places[plate] for plate in spans.index]
    axis.vlines(across, spans[0.1], spans[0.9], color=SPAN, lw=2, zorder=2, gid="middle")
    axis.scatter(across, spans[0.5], s=10, color=INK, zorder=4, gid="sample")


def _draw_z_primes(axis: "Axes", plates: pd.DataFrame) -> None:
    """Z′ of each plate with its interval, over the bands of Zhang et al. (1999)."""
    known = plates["z_prime"].notna().to_numpy()
    across = np.flatnonzero(known)
    axis.axhspan(0.5, 1, color="#009E73", alpha=0.1, lw=0)
    axis.axhspan(0, 0.5, color="#E69F00", alpha=0.1, lw=0)
    low, high = (plates[f"z_prime_{end}"].to_numpy(dtype=float)[known] for end in ("low", "high"))
    many = len(plates) > MOST_NAMES
    axis.vlines(across, low, high, color=OTHER if many else INK, lw=1.2, alpha=0.5 if many else 1, zorder=3)
    z_primes = plates["z_prime"].to_numpy(dtype=float)[known]
    axis.scatter(across, z_primes, s=8 if many else 22, color=INK, zorder=4, gid="z")
    floor = np.nanmin([-0.1, *plates["z_prime"].dropna(), *low])
    axis.set(xlim=(-0.7, len(plates) - 0.3), ylim=(max(-2, floor - 0.05), 1.02), ylabel="Z′")
    for height, word in ((0.75, "excellent"), (0.25, "marginal")):
        axis.text(
            1.02, height, word, va="center", fontsize=7, color=INK, rotation=90,
            transform=axis.get_yaxis_transform(),
        )  # fmt: skip
    axis.set_xlabel("Plate")
    if len(plates) <= MOST_STRIPS:
        axis.set_xticks(range(len(plates)), plates["plate"], rotation=30, ha="right")
    else:
        _number_plates(axis, len(plates))
    limits = "" if np.isnan(low).all() else ", 95 % intervals"
    axis.set_title(f"Z′ of {counted(len(across), 'plate')}{limits}")


def _draw_pooled(axis: "Axes", controls: pd.DataFrame) -> None:
    """All controls of either kind together."""
    rng = np.random.default_rng(0)
    kinds = [kind for kind in ("negative", "positive") if (controls["kind"] == kind).any()]
    for place, kind in enumerate(kinds):
        values = controls.loc[controls["kind"] == kind, "pooled"].dropna().to_numpy(dtype=float)
        _, colour, shape, size, opacity = _KINDS[kind]
        across = place + rng.uniform(-0.2, 0.2, len(values))
        axis.scatter(across, values, s=size, color=colour, marker=shape, alpha=0.7 * opacity, lw=0)
        if len(values):
            axis.hlines(np.median(values), place - 0.3, place + 0.3, color=INK, lw=1.5)
    names = [f"{kind}\n({counted(int((controls['kind'] == kind).sum()), 'well')})" for kind in kinds]
    axis.set_xticks(range(len(kinds)), names)
    axis.set_xlim(-0.6, len(kinds) - 0.4)
    axis.grid(True, axis="y")


def _entries(wells: pd.DataFrame) -> "list[Artist]":
    """Name the kinds that are drawn, if there are several, and the bars where there are some."""
    many = wells["plate"].nunique() > MOST_STRIPS
    dots = [kind for kind in _KINDS if (wells["kind"] == kind).any() and not (many and kind in CELLS)]
    entries = [mark(words, colour, shape, 5) for words, colour, shape, *_ in (_KINDS[kind] for kind in dots)]
    if many and (wells["kind"] == "sample").any():
        bars = [mark("median of a plate's samples", INK, size=4), line("their middle 80 %", SPAN)]
        return [*bars, *entries]
    return entries if len(entries) > 1 else []
