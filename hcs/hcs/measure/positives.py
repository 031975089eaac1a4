"""Positive cells: which cells express a marker, by a rule that is written down, and their share per well.

Cell death, purity and protein loss are scored as shares of cells, so the number that decides is the
threshold. A `ThresholdRule` says where it comes from; the tables carry the level that it gave.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hcs.measure.thresholds import CELLS, ThresholdRule, intensities_of, threshold
from hcs.statistics.frames import require_columns
from hcs_models.scores import wilson_interval
from hcs_plates.errors import ArgumentError

if TYPE_CHECKING:
    from hcs.analysis.clones.groups import GroupTest

WELLS = "The table of wells"
COUNTS = ["n_cells", "n_unmeasured", "n_reference", "n_positive"]


def count_positives(
    cells: pd.DataFrame,
    marker: str,
    rule: ThresholdRule,
    reference: tuple[str, ThresholdRule] | None = None,
    by: Sequence[str] = ("plate", "well"),
    wells: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Count the cells of each well that are positive in a marker, among those positive in a reference.

    Thresholds are found plate by plate. The interval is that of the share among the well's cells and says
    nothing on how wells or donors differ: see `positives_by_group`.

    Parameters
    ----------
    cells
        One row per cell: columns `by`, `marker`, the reference's, and ``role`` for rules by controls.
    marker, rule, reference
        Column of intensities, and the rule for its threshold; the same of the marker that says which cells
        count at all (None: all).
    by
        Columns that name a well: those of the plate, then one that tells its wells apart.
    wells
        Wells to report, also those without a cell; their other columns are carried along.

    Returns
    -------
    DataFrame
        Per well: `by`, the other columns of `wells`, ``n_cells`` (all rows), ``n_unmeasured`` (marker or
        reference not finite; in no other count), ``n_reference``, ``n_positive`` (in both markers), ``share``
        (of the reference cells; NaN without any), ``low`` and ``high`` (its 95 % Wilson interval),
        ``threshold`` and ``reference_threshold`` (NaN without one, or in a well without a cell).

    Raises
    ------
    ArgumentError
        Columns that are missing or not numbers, no cells, cells in no well that is listed, or no level.

    Examples
    --------
    >>> cells = pd.DataFrame({"plate": "P1", "well": ["A01", "A01", "A02"], "SMN": [5.0, 1.0, float("nan")]})
    >>> table = count_positives(cells, "SMN", ThresholdRule("fixed", level=3))
    >>> table[["well", "n_reference", "n_positive", "share", "n_unmeasured"]].values.tolist()
    [['A01', 2, 1, 0.5, 0], ['A02', 0, 0, nan, 1]]
    """
    keys = list(by)
    _check_cells(cells, keys, [marker, *([reference[0]] if reference else [])])
    plates = [plate for _, plate in cells.groupby(keys[:-1], sort=True)] if keys[1:] else [cells]
    scored = pd.concat([_score(plate, marker, rule, reference) for plate in plates])
    scored[keys] = cells.loc[:, keys]
    table = scored.groupby(keys, sort=True, observed=True, as_index=False).agg(
        n_cells=("measured", "size"),
        n_unmeasured=("measured", lambda measured: int((~measured).sum())),
        n_reference=("counted", "sum"),
        n_positive=("positive", "sum"),
        threshold=("threshold", "first"),
        reference_threshold=("reference_threshold", "first"),
    )
    return _shares(table if wells is None else _spread(table, wells, keys), keys)


def positives_by_group(wells: pd.DataFrame, group: str = "clone") -> pd.DataFrame:
    """Sum wells up by group: each well counts once, however many cells it has.

    Parameters
    ----------
    wells
        As `count_positives` gives it, with a column `group`.
    group
        Column of what is compared, such as clone or donor.

    Returns
    -------
    DataFrame
        One row per group, also for wells without one: `group`, ``share`` (mean of the wells' shares), ``sd``
        (over the wells; NaN for fewer than two), ``n_wells`` (with a share), ``n_wells_without``,
        ``n_reference`` and ``n_positive`` (cells).

    Raises
    ------
    ArgumentError
        A column that is missing.

    Examples
    --------
    >>> wells = pd.DataFrame({"clone": "C1", "share": [0.2, 0.4], "n_reference": [10, 90]})
    >>> wells["n_positive"] = [2, 36]
    >>> positives_by_group(wells).round(3).values.tolist()
    [['C1', 0.3, 0.141, 2, 0, 100, 38]]
    """
    require_columns(wells, [group, "share", "n_reference", "n_positive"], WELLS)
    return wells.groupby(group, sort=True, dropna=False, observed=True, as_index=False).agg(
        share=("share", "mean"),
        sd=("share", "std"),
        n_wells=("share", "count"),
        n_wells_without=("share", lambda share: int(share.isna().sum())),
        n_reference=("n_reference", "sum"),
        n_positive=("n_positive", "sum"),
    )


def compare_positives(wells: pd.DataFrame, label: str, group: str = "clone") -> "GroupTest":
    """Compare the shares of classes, a group (clone, donor) counting once however many wells it has.

    Controls and other wells beside the samples are left out where the wells say their role.

    Parameters
    ----------
    wells
        As `count_positives` gives it, with columns `label` and `group`.
    label, group
        Columns of the class and of the unit of evidence.

    Returns
    -------
    GroupTest
        Of ``share``: means of the wells' shares per group; every pair of classes by Welch's t-test and the
        permutation of labels, with the smallest p that they can reach.

    Raises
    ------
    ArgumentError
        One class alone, a group of several, or columns that are not there.
    """
    from hcs.analysis.clones.groups import group_test
    from hcs.tables.rolenames import beside_samples

    require_columns(wells, ["share", label, group], WELLS)
    beside, _ = beside_samples(wells)
    compared = wells[~beside & wells["share"].notna()]
    n_classes = compared.groupby(group, observed=True)[label].nunique()
    if (n_classes > 1).any():
        both = ", ".join(map(str, n_classes.index[n_classes > 1][:5]))
        raise ArgumentError(
            f"{group} {both} has wells of more than one {label}; correct the map or name another "
            "unit (--group)."
        )
    return group_test(compared, "share", group=group, label=label, noun=group)


def _check_cells(cells: pd.DataFrame, keys: list[str], markers: list[str]) -> None:
    """Refuse a table of cells that lacks columns, rows or places."""
    if not keys:
        raise ArgumentError("by is empty; name the column of the well.")
    require_columns(cells, [*keys, *markers], CELLS)
    if cells.empty:
        raise ArgumentError("The table of cells has no row; measure cells first.")
    if unplaced := int(cells[keys].isna().any(axis=1).sum()):
        raise ArgumentError(f"{unplaced} cells have no {' or '.join(keys)}; say where every cell lies.")


def _score(
    cells: pd.DataFrame, marker: str, rule: ThresholdRule, reference: tuple[str, ThresholdRule] | None
) -> pd.DataFrame:
    """Tell of each cell of one plate whether it was measured, counts, and is positive."""
    values = intensities_of(cells, marker)
    measured = np.isfinite(values)
    level = threshold(rule, cells, marker)
    counted, reference_level = np.ones(len(cells), dtype=bool), np.nan
    if reference is not None:
        others = intensities_of(cells, reference[0])
        measured &= np.isfinite(others)
        reference_level = threshold(reference[1], cells, reference[0])
        counted = others > reference_level
    counted &= measured
    levels = {"threshold": level, "reference_threshold": reference_level}
    told = {"measured": measured, "counted": counted, "positive": counted & (values > level)}
    return pd.DataFrame(told, index=cells.index).assign(**levels)


def _spread(table: pd.DataFrame, wells: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Put the counts beside the wells they belong to; a well without a cell has zeros."""
    require_columns(wells, keys, WELLS)
    if wells.duplicated(keys).any():
        raise ArgumentError(f"The table of wells lists a {' and '.join(keys)} twice; give each well one row.")
    made = {*table.columns, "share", "low", "high"} - set(keys)
    clash = [name for name in wells.columns if name in made]
    if clash:
        raise ArgumentError(f"The table of wells has columns {', '.join(clash)} already; leave them out.")
    joined = wells.merge(table, on=keys, how="outer", indicator=True, sort=False)
    strays = joined.loc[joined["_merge"] == "right_only", keys]
    if len(strays):
        first = "/".join(str(part) for part in strays.iloc[0])
        raise ArgumentError(
            f"{len(strays)} wells with cells are not in the table of wells, first {first}; add them there."
        )
    joined = joined.drop(columns="_merge")
    joined[COUNTS] = joined[COUNTS].fillna(0).astype(np.int64)
    return joined


def _shares(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Add the share and its interval, in the table's order of columns."""
    counted = table["n_reference"].to_numpy() > 0
    share, limits = np.full(len(table), np.nan), np.full((len(table), 2), np.nan)
    positive = table["n_positive"].to_numpy()[counted]
    total = table["n_reference"].to_numpy()[counted]
    share[counted] = positive / total
    if counted.any():
        limits[counted] = [wilson_interval(*pair) for pair in zip(positive, total, strict=True)]
    levels = ["threshold", "reference_threshold"]
    carried = [name for name in table.columns if name not in {*keys, *COUNTS, *levels}]
    table = table.assign(share=share, low=limits[:, 0], high=limits[:, 1])
    return table[[*keys, *carried, *COUNTS, "share", "low", "high", *levels]]
