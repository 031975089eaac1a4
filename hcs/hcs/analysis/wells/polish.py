"""Row and column effects taken out of a plate by median polish, and the B-scores that remain."""

from collections.abc import Collection, Iterable
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.analysis.wells.columns import WellColumns
from hcs.analysis.wells.roles import is_flat, judge_wells, mad, plate_sentences
from hcs.analysis.wells.values import of_wells
from hcs.figures.heatmap import HeatmapSpec, plate_heatmap
from hcs.figures.panels import Panels
from hcs.statistics.outlying import MAD_TO_SD
from hcs.statistics.polishing import ROUNDS, Grid, median_polish
from hcs.tables.rolenames import NEGATIVE, POSITIVE, SAMPLE
from hcs.wording import capital, counted, listed, sentence, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import PlateFormat, parse_well, row_name

FITS = ("samples", "all")
"""Wells that row and column effects are taken from."""
PLATE_COLUMNS = ["plate", "n_fit", "overall", "row_effect", "column_effect", "mad", "n_rounds"]
LEAST_LINE = 3
"""Rows and columns with fewer wells behind them have no effect that a score could be freed of."""
FILLED = 0.5
"""Share of a row's or column's wells that are controls from which polishing takes them for its effect."""


@dataclass(frozen=True, repr=False)
class BScores(Shown):
    """Wells freed of the row and column effects of their plate.

    Parameters
    ----------
    table
        The wells as given with the columns ``residual`` and ``b_score``; NaN where there is none.
    plates
        One row per plate: plate, n_fit, overall, row_effect and column_effect (SD of the effects, in the unit
        of the value), mad (of the residuals fitted, not scaled), n_rounds.
    grids
        Medians over plates: row, column (from 0), before (value − plate median, scaled as after), after.
    value
        What was scored.
    fit
        Wells that effects were taken from.
    caveats
        What the scores cannot say.
    """

    table: pd.DataFrame
    plates: pd.DataFrame
    grids: pd.DataFrame
    value: str
    fit: str
    caveats: tuple[str, ...]

    @property
    def statistics(self) -> pd.DataFrame:
        """Median size of row and column effects over plates."""
        sizes = self._effects()
        return statistics_table(
            Stated(f"{line} effects of {spaced(self.value)}", "SD in robust SDs of the residuals", size)
            for line, size in sizes.items()
        )

    def headline(self) -> str:
        """Say how large row and column effects were beside the noise."""
        n, name, sizes = int(self.table["b_score"].notna().sum()), spaced(self.value), self._effects()
        if not n:
            return f"No well has a B-score of {name}."
        return (
            f"{capital(name)} of {counted(n, 'well')} is freed of row effects (SD {sizes['row']:.2f}) and "
            f"column effects (SD {sizes['column']:.2f}, in robust SDs of the residuals)."
        )

    def summary(self) -> str:
        """Say how large row and column effects were, how they were taken away, and every caveat."""
        if not self.table["b_score"].notna().any():
            return sentence(self.headline(), *self.caveats)
        fitted = "samples" if self.fit == "samples" else "all wells"
        plates = counted(int((self.plates["mad"] > 0).sum()), "plate")
        how = f"Effects are those of a median polish of {fitted} (medians over {plates})."
        return sentence(self.headline(), how, *self.caveats)

    def _effects(self) -> dict[str, float]:
        """Size of effects in robust SDs of the residuals, median over plates; none without a score."""
        scored = self.plates[self.plates["mad"] > 0]
        noise = MAD_TO_SD * scored["mad"]
        lines = ("row", "column") if len(scored) else ()
        return {line: float((scored[f"{line}_effect"] / noise).median()) for line in lines}

    def plot(self) -> Panels:
        """Draw the plate before and after: medians over plates, well by well; its axes."""
        if self.grids.empty:
            return Panels.none(self.summary(), self.grids)
        n_plates = int((self.plates["mad"] > 0).sum())
        over = f"median over {counted(n_plates, 'plate')}" if n_plates > 1 else "one plate"
        before, after = f"Before: {spaced(self.value)} beside the plate's median", f"After: B-score, {over}"
        wells = [
            f"{row_name(row)}{column + 1}"
            for row, column in zip(self.grids["row"], self.grids["column"], strict=True)
        ]
        drawn = self.grids[["before", "after"]].set_axis([before, after], axis=1).set_axis(wells)
        limit = float(np.nanquantile(np.abs(drawn.to_numpy()), 0.98)) or 1.0
        spec = HeatmapSpec("robust SD of the residuals", (-limit, limit), "RdBu_r", printed=False)
        shape = PlateFormat(int(self.grids["row"].max()) + 1, int(self.grids["column"].max()) + 1)
        return Panels.of(plate_heatmap(drawn, shape, spec), self.grids)


def b_score(  # noqa: PLR0913 – public: columns, roles and options by keyword
    wells: pd.DataFrame,
    value: str,
    *,
    fit: str = "samples",
    plate: str = "plate",
    well: str = "well",
    role: str = "role",
    positive: str | None = None,
    negative: str | None = None,
    samples: Collection[str] = (),
) -> BScores:
    """Score wells by their residual after median polish of the plate (Brideau et al. 2003).

    The residual is divided by 1.4826 × the median absolute deviation of the plate's residuals. Effects are
    taken from samples only, so that a column of controls is not taken for a bad column, and applied to
    controls where their row and column have samples too. As most wells of each row and column must be without
    effect, a layout with one clone to a row or column cannot be scored: polish would take the clone for a
    place.

    Parameters
    ----------
    wells
        One row per well; wells whose ``included`` is False are kept without a score.
    value
        Column of numbers.
    fit
        ``samples`` or ``all``.
    plate, well, role, positive, negative, samples
        See `hcs.analysis.wells.columns.WellColumns`.

    Raises
    ------
    ArgumentError
        An unknown fit, a missing column, a value that is no number, a well that stands twice or is no well.

    Examples
    --------
    >>> names = [f"{row}{column:02d}" for row in "ABCD" for column in range(1, 6)]
    >>> counts = np.add.outer([0, 10, 20, 30], [1, 2, 3, 4, 5]).ravel() + np.sin(np.arange(20))
    >>> counts[7] += 5
    >>> found = b_score(pd.DataFrame({"plate": "P", "well": names, "count": counts}), "count")
    >>> int(found.table["count"].idxmax()), int(found.table["b_score"].idxmax())
    (19, 7)
    """
    if fit not in FITS:
        raise ArgumentError(f"No fit on {fit!r}; give {' or '.join(FITS)}.")
    judged = judge_wells(wells, value, WellColumns(plate, well, role, positive, negative, samples))
    frame = judged.frame
    places = [(-1, -1) if pd.isna(name) else astuple(parse_well(name)) for name in frame["well"]]
    frame[["row", "column"]] = np.array(places, dtype=int).reshape(-1, 2)
    frame["residual"], frame["b_score"] = np.nan, np.nan
    rows: list[dict[str, object]] = []
    said: list[tuple[str, str]] = []
    for name, own in judged.plates():
        used = (own["value"].notna() & ((own["kind"] == SAMPLE) | (fit == "all"))).to_numpy()
        scores, row, reasons = _score_plate(own, used)
        frame.loc[own.index, ["residual", "b_score"]] = scores
        rows.append({"plate": name, **row})
        said.extend((name, reason) for reason in (*reasons, _filled(own) if fit == "all" else ""))
    plates = pd.DataFrame(rows, columns=PLATE_COLUMNS)
    table = wells.assign(residual=frame["residual"].to_numpy(), b_score=frame["b_score"].to_numpy())
    caveats = (*judged.caveats, *plate_sentences(said))
    shown = frame[(frame["kind"] == SAMPLE) | (fit == "all")]
    return BScores(table, plates, _grids(shown, plates), value, fit, caveats)


def _score_plate(
    own: pd.DataFrame, used: npt.NDArray[np.bool_]
) -> tuple[Grid, dict[str, object], tuple[str, ...]]:
    """Residual and score of each well, the plate's row of numbers, and what there is to say."""
    down, across = own["row"].to_numpy(), own["column"].to_numpy()
    values = own["value"].to_numpy(dtype=float)
    grid = np.full((down.max() + 1, across.max() + 1), np.nan)
    grid[down[used], across[used]] = values[used]
    short = _drop_short_lines(grid)
    fitted = ~np.isnan(grid)
    scores = np.full((len(own), 2), np.nan)
    if not fitted.any():
        few = "has too few wells to a row and column for a median polish ({}): no score."
        return scores, {"n_fit": 0}, (few,)
    found = median_polish(grid)
    level = found.overall + found.rows[:, None] + found.columns[None, :]
    scores[:, 0] = values - level[down, across]
    left = found.residuals[fitted]
    spread = mad(left)
    row: dict[str, object] = {
        "n_fit": int(fitted.sum()),
        "overall": found.overall,
        "row_effect": float(np.nanstd(found.rows)),
        "column_effect": float(np.nanstd(found.columns)),
        "mad": spread,
        "n_rounds": found.n_rounds,
    }
    reasons = [short] if short else []
    if (np.isnan(scores[:, 0]) & own["kind"].isin([POSITIVE, NEGATIVE]) & own["value"].notna()).any():
        reasons.append("has controls without a fitted row or column ({}): no score for them.")
    if not found.converged:
        reasons.append(f"did not settle within {ROUNDS} rounds of polishing ({{}}).")
    if is_flat(spread, values[used]):
        row["mad"] = 0.0
        return scores, row, (*reasons, "has residuals without any spread ({}): no score there.")
    scores[:, 1] = scores[:, 0] / (MAD_TO_SD * spread)
    return scores, row, tuple(reasons)


def _drop_short_lines(grid: Grid) -> str:
    """Empty the rows and columns of a grid that have too few values, in place; say so.

    A line of one well would have a residual of 0 whatever its value: its effect cannot be told from its own.
    """
    before = ~np.isnan(grid)
    while True:
        there = ~np.isnan(grid)
        short = [(there.sum(axis=axis) < LEAST_LINE) & there.any(axis=axis) for axis in (1, 0)]
        if not (short[0].any() or short[1].any()):
            break
        grid[short[0], :] = np.nan
        grid[:, short[1]] = np.nan
    gone = [before.any(axis=axis) & np.isnan(grid).all(axis=axis) for axis in (1, 0)]
    names = _lines(*map(np.flatnonzero, gone))
    return f"has fewer than {LEAST_LINE} wells to fit in {names} ({{}}): no score there." if names else ""


def _filled(own: pd.DataFrame) -> str:
    """Name the lines that controls fill: polish takes their effect for the line's."""
    control = own["kind"].isin([POSITIVE, NEGATIVE])
    shares = [control.groupby(own[line]).mean() for line in ("row", "column")]
    names = _lines(*(share.index[share >= FILLED] for share in shares))
    if not names:
        return ""
    return (
        f"has controls in half or more of {names} ({{}}): polish takes their effect for the place's; "
        "fit='samples' does not."
    )


def _lines(rows: Iterable[int], columns: Iterable[int]) -> str:
    """Name rows and columns."""
    names = [*(f"row {row_name(int(row))}" for row in rows), *(f"column {at + 1}" for at in columns)]
    return listed(names) if names else ""


def _grids(frame: pd.DataFrame, plates: pd.DataFrame) -> pd.DataFrame:
    """Medians over plates of each well, before and after, both in robust SD of the residuals."""
    usual = frame.groupby("plate", observed=True)["value"].transform("median")
    spread = dict(zip(plates["plate"], plates["mad"], strict=True))
    noise = frame["plate"].map(spread).astype(float)
    before = (frame["value"] - usual) / (MAD_TO_SD * noise.where(noise > 0))
    scored = frame.assign(before=before, after=frame["b_score"])
    scored = scored[scored["after"].notna()]
    return scored.groupby(["row", "column"])[["before", "after"]].median().reset_index()


ANALYSIS = Analysis(
    "b_score",
    "Wells without effects of row and column",
    StudySection.WELLS,
    lambda asked: of_wells(asked, b_score),
)
