"""Thresholds: an explicit rule for the level from which on a cell is positive in a marker."""

from dataclasses import dataclass
from math import isfinite
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy import stats

from hcs.measure.limits import FROM_0
from hcs.measure.pictures import Array
from hcs.statistics.frames import require_columns
from hcs.tables.rolenames import wells_of
from hcs_plates.errors import ArgumentError

MIN_CONTROLS = 3
"""Fewest measured control cells that a level is taken from."""
CELLS = "The table of cells"
Kind = Literal["fixed", "otsu", "controls"]


@dataclass(frozen=True)
class ThresholdRule:
    """Where the level above which a cell is positive comes from.

    Parameters
    ----------
    kind
        ``fixed``: `level`. ``otsu``: the level that best divides all measured cells of a plate in two (Otsu,
        IEEE Trans Syst Man Cybern 1979); it always divides, also where there is one population only.
        ``controls``: from the cells of the wells whose role is `role`.
    level
        The fixed level, in the marker's units.
    k
        Standard deviations above the mean of the control cells.
    quantile
        Share of the control cells that stay negative, between 0 and 1; takes the place of `k`.
    robust
        Take median and scaled median absolute deviation (× 1.4826) for mean and SD: a few stained cells in
        the controls then hardly move the level.
    role
        Role of the control wells.

    Raises
    ------
    ArgumentError
        Settings that do not make a level.

    Examples
    --------
    >>> ThresholdRule("controls", quantile=0.99).describe()
    "the 0.99 quantile of the cells in 'negative_control' wells"
    >>> ThresholdRule("fixed")
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: A fixed threshold has level None; give a finite number.
    """

    kind: Kind
    level: float | None = None
    k: float = 3.0
    quantile: float | None = None
    robust: bool = False
    role: str = "negative_control"

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ArgumentError(
                f"Threshold kind {self.kind!r} is unknown; give one of fixed, otsu, controls."
            )
        if self.kind == "fixed" and (self.level is None or not isfinite(self.level)):
            raise ArgumentError(f"A fixed threshold has level {self.level}; give a finite number.")
        if self.kind != "fixed" and self.level is not None:
            raise ArgumentError(f"level is {self.level} for kind {self.kind!r}; only 'fixed' takes a level.")
        FROM_0.check(self, "k")
        if self.quantile is not None and not 0 < self.quantile < 1:
            raise ArgumentError(f"quantile is {self.quantile}; give a share between 0 and 1.")
        if self.quantile is not None and (self.kind != "controls" or self.robust):
            raise ArgumentError(
                "quantile goes with kind 'controls' and without robust; leave one of them out."
            )

    def describe(self) -> str:
        """Say the rule in words, for a report or a caption."""
        if self.kind == "fixed":
            return f"the fixed level {self.level:g}"
        if self.kind == "otsu":
            return "Otsu's threshold over all cells of the plate"
        if self.quantile is not None:
            return f"the {self.quantile:g} quantile of the cells in {self.role!r} wells"
        centre, spread = ("median", "1.4826·MAD") if self.robust else ("mean", "SD")
        return f"{centre} + {self.k:g}·{spread} of the cells in {self.role!r} wells"


def threshold(rule: ThresholdRule, cells: pd.DataFrame, marker: str) -> float:
    """Find the level, in the marker's units, strictly above which a cell of one plate counts as positive.

    Cells whose marker is not finite are left out; a role is also found under its other names.

    Raises
    ------
    ArgumentError
        No such column, no control well, too few cells, or values all alike where Otsu needs two.

    Examples
    --------
    >>> cells = pd.DataFrame({"TUJ1": [1.0, 2.0, 1.0, 9.0, 10.0]})
    >>> threshold(ThresholdRule("otsu"), cells, "TUJ1")
    5.5
    """
    if rule.kind == "fixed":
        assert rule.level is not None
        return float(rule.level)
    chosen = cells
    if rule.kind == "controls":
        require_columns(cells, ["role"], CELLS)
        chosen = cells[wells_of(cells["role"], rule.role)]
    values = intensities_of(chosen, marker)
    values = values[np.isfinite(values)]
    if rule.kind == "otsu":
        return _otsu(values, marker)
    if len(values) < MIN_CONTROLS:
        raise ArgumentError(
            f"{len(values)} cells in {rule.role!r} wells have a measured {marker!r}; "
            f"a level from controls needs {MIN_CONTROLS} or more."
        )
    if rule.quantile is not None:
        return float(np.quantile(values, rule.quantile))
    if rule.robust:
        return float(np.median(values) + rule.k * stats.median_abs_deviation(values, scale="normal"))
    return float(values.mean() + rule.k * values.std(ddof=1))


def _otsu(values: Array, marker: str) -> float:
    """Otsu's threshold over single values, without bins: half way between the two classes it makes."""
    ordered = np.sort(values)
    if len(ordered) < 2 or ordered[0] == ordered[-1]:
        raise ArgumentError(
            f"All {len(ordered)} measured values of {marker!r} are alike, and Otsu's threshold needs two; "
            "check the column or give a fixed level."
        )
    below = np.arange(1, len(ordered))
    # Centred first: sums of large levels would lose the digits that tell splits apart.
    sums = np.cumsum(ordered - ordered.mean())[:-1]
    between = sums**2 / (below * (len(ordered) - below))
    between[ordered[1:] == ordered[:-1]] = -1.0
    split = int(np.argmax(between))
    return float((ordered[split] + ordered[split + 1]) / 2)


def intensities_of(cells: pd.DataFrame, marker: str) -> Array:
    """Values of a marker, one per cell; those that were not measured stay NaN."""
    require_columns(cells, [marker], CELLS)
    column = cells[marker]
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        raise ArgumentError(f"Column {marker!r} holds {column.dtype}; intensities must be numbers.")
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
