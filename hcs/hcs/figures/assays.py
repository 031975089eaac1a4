"""Pictures of wells and assays: plates before and after normalisation, controls, polish, replicates."""

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.figures.theme import FAINT, INK, NEGATIVE, OTHER, POSITIVE, new_figure, theme
from hcs.wording import counted
from hcs_plates.wells import row_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_STRIPS = 12
"""Up to this many plates each well is a dot; beyond, a plate is its median with the middle 80 %."""
MOST_NAMES = 24
"""Up to this many plates are named at the axis."""
MOST_PAIRS = 6
CROWDED = 1_000
"""Beyond this many wells of a kind their dots are small and see-through."""
DENSE = 2_000
"""Beyond this many wells a scatter is drawn as a density."""
_KINDS = {
    "sample": ("samples", OTHER, "o", 9, 0.45),
    "other": ("other wells", FAINT, "x", 12, 0.7),
    "negative": ("negative controls", NEGATIVE, "s", 20, 0.9),
    "positive": ("positive controls", POSITIVE, "D", 20, 0.9),
}
"""What wells count as: legend, colour, mark, size, opacity; drawn in this order."""


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
        _legend(figure, drawn)
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
        _legend(figure, wells)
    return figure


def polish_figure(grids: pd.DataFrame, *, label: str, n_plates: int) -> "Figure":
    """Draw the plate before and after polishing: medians over plates, well by well.

    Parameters
    ----------
    grids
        row, column (from 0), before, after; both in robust SD of the residuals.
    label
        What was scored.
    n_plates
        Behind the medians.
    """
    limit = float(np.nanquantile(np.abs(grids[["before", "after"]].to_numpy()), 0.98)) or 1.0
    rows, columns = int(grids["row"].max()) + 1, int(grids["column"].max()) + 1
    with theme():
        figure = new_figure(10, 1.3 + min(3.4, max(1.2, 4.2 * rows / columns)))
        panels = figure.subplots(1, 2)
        for axis, column, title in zip(
            panels, ("before", "after"), ("Before: beside the plate's median", "After: B-score"), strict=True
        ):
            image = np.full((rows, columns), np.nan)
            image[grids["row"], grids["column"]] = grids[column]
            axis.patch.set(hatch="////", facecolor="#f3f4f6")
            shown = axis.imshow(image, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="equal", gid=column)
            step = 1 if columns <= 12 else 4 if columns <= 24 else 8
            marks = [0, *range(step - 1, columns, step)] if step > 1 else list(range(columns))
            axis.set_xticks(marks, [str(mark + 1) for mark in marks])
            down = range(0, rows, 1 if rows <= 16 else 4)
            axis.set_yticks(list(down), [row_name(row) for row in down])
            axis.tick_params(length=0)
            axis.set_title(title)
        figure.colorbar(
            shown, ax=list(panels), shrink=0.85, extend="both", label="robust SD of the residuals"
        )
        over = f"median over {counted(n_plates, 'plate')}" if n_plates > 1 else "one plate"
        figure.supxlabel(f"{label}, {over}; hatched: no sample scored there", fontsize=8, color=INK)
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
        _legend(figure, controls)
    return figure


def replicate_figure(pairs: pd.DataFrame, overall: pd.DataFrame, *, label: str) -> "Figure":
    """Draw wells of two replicates against each other, a panel for each pair of replicates.

    Parameters
    ----------
    pairs
        first, second, x, y; one row per well that stands in both.
    overall
        first, second, n, pearson, concordance; one row per pair, drawn in this order up to `MOST_PAIRS`.
    label
        What was measured.
    """
    shown = overall.head(MOST_PAIRS)
    across = min(3, len(shown))
    down = -(-len(shown) // across)
    with theme():
        figure = new_figure(max(4.4, 3.6 * across), 3.7 * down)
        panels = figure.subplots(down, across, squeeze=False).ravel()
        for axis, row in zip(panels, shown.itertuples(), strict=False):
            own = pairs[(pairs["first"] == row.first) & (pairs["second"] == row.second)]
            _draw_pair(axis, own["x"].to_numpy(dtype=float), own["y"].to_numpy(dtype=float))
            axis.set_xlabel(f"{label}, replicate {row.first}")
            axis.set_ylabel(f"{label}, replicate {row.second}")
            axis.set_title(
                f"r {row.pearson:.2f}, concordance {row.concordance:.2f}\n{counted(row.n, 'well')}"
            )
        for axis in panels[len(shown) :]:
            axis.set_axis_off()
        notes = ["dashed: equal in both"]
        if overall["n"].max() > DENSE:
            notes.append("the lighter, the more wells (log scale)")
        if len(overall) > MOST_PAIRS:
            notes.append(f"{counted(len(overall) - MOST_PAIRS, 'more pair')} of replicates not drawn")
        figure.supxlabel("; ".join(notes), fontsize=8, color=INK)
    return figure


def _strips(axis: "Axes", wells: pd.DataFrame) -> None:
    """Values of each plate: a dot per well where plates are few, else medians and the middle 80 %."""
    plates = list(dict.fromkeys(wells["plate"].dropna()))
    places = {plate: place for place, plate in enumerate(plates)}
    known = wells.dropna(subset=["value", "plate"])
    rng = np.random.default_rng(0)
    for kind, (_, colour, mark, size, opacity) in _KINDS.items():
        own = known[known["kind"] == kind]
        if own.empty:
            continue
        across = own["plate"].map(places).to_numpy(dtype=float)
        if len(plates) > MOST_STRIPS and kind in ("sample", "other"):
            if kind == "sample":
                _bars(axis, own, places)
            continue
        spread = 0.28 if kind in ("sample", "other") else 0.12
        across = across + (rng.uniform(-spread, spread, len(own)) if len(plates) <= MOST_STRIPS else 0)
        size, opacity = (4, 0.35) if len(own) > CROWDED else (size, opacity)
        axis.scatter(
            across, own["value"], s=size, color=colour, marker=mark, alpha=opacity, lw=0.8 * (mark == "x"),
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
    axis.vlines(across, spans[0.1], spans[0.9], color=OTHER, alpha=0.45, lw=2, zorder=2, gid="middle")
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
        _, colour, mark, size, opacity = _KINDS[kind]
        across = place + rng.uniform(-0.2, 0.2, len(values))
        axis.scatter(across, values, s=size, color=colour, marker=mark, alpha=0.7 * opacity, lw=0)
        if len(values):
            axis.hlines(np.median(values), place - 0.3, place + 0.3, color=INK, lw=1.5)
    names = [f"{kind}\n({counted(int((controls['kind'] == kind).sum()), 'well')})" for kind in kinds]
    axis.set_xticks(range(len(kinds)), names)
    axis.set_xlim(-0.6, len(kinds) - 0.4)
    axis.grid(True, axis="y")


def _draw_pair(axis: "Axes", x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> None:
    """Dots with the line of equality; a density where dots would hide each other."""
    both = np.concatenate([x, y])
    ends = [float(both.min()), float(both.max())]
    if len(x) > DENSE:
        axis.hexbin(x, y, gridsize=60, bins="log", mincnt=1, cmap="cividis", lw=0, gid="wells")
    else:
        axis.scatter(x, y, s=12, color=NEGATIVE, alpha=0.55, lw=0, gid="wells")
    axis.plot(ends, ends, color=POSITIVE, lw=1, ls="--", gid="equal")
    axis.grid(True)


def _legend(figure: "Figure", wells: pd.DataFrame) -> None:
    """Name the kinds that are drawn, and the bars where there are some."""
    from matplotlib.lines import Line2D

    many = wells["plate"].nunique() > MOST_STRIPS
    met = [kind for kind in _KINDS if (wells["kind"] == kind).any() and not (many and kind == "other")]
    handles: Sequence[Line2D] = [
        Line2D([], [], marker=mark, ls="", color=colour, ms=5, label=words)
        for words, colour, mark, _, _ in (_KINDS[kind] for kind in met if not (many and kind == "sample"))
    ]
    if many and "sample" in met:
        handles = [
            Line2D([], [], marker="o", ls="", color=INK, ms=4, label="median of a plate's samples"),
            Line2D([], [], color=OTHER, alpha=0.45, lw=2, label="their middle 80 %"),
            *handles,
        ]
    if len(handles) > 1:
        figure.legend(handles=handles, loc="outside lower center", ncols=4)
