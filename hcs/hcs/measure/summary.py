"""Summaries of measurements: fields and cells to wells, wells to clones; every column says what it is."""

import pandas as pd

from hcs.statistics.frames import require_columns

PLACE = ("plate", "well", "field", "included", "reason", "cell", "counted", "x_px", "y_px")


def well_table(fields: pd.DataFrame, cells: pd.DataFrame, wells: pd.DataFrame) -> pd.DataFrame:
    """Summarise the included fields of every well.

    Parameters
    ----------
    fields
        One row per field: ``plate, well, field, included`` and measurements.
    cells
        One row per cell: ``plate, well, field, included, counted`` and measurements.
    wells
        The plate's wells table, index `well`; all its wells get a row.

    Returns
    -------
    DataFrame
        The wells table (a column of it named like a measurement becomes ``platemap_NAME``), ``n_fields``,
        ``n_fields_included`` and ``n_cells``; of each measurement of fields ``NAME_mean`` and ``NAME_sd``
        over the included fields; of each of cells ``cell_NAME_mean``, ``cell_NAME_sd`` and
        ``cell_NAME_median`` over the counted cells of those fields. NaN where there are none.
    """
    counted, members = fields[fields["included"]], cells[cells["included"] & cells["counted"]]
    by_field = _numbers(counted).groupby(counted["well"], observed=True).agg(["mean", "std"])
    by_cell = _numbers(members).groupby(members["well"], observed=True).agg(["mean", "std", "median"])
    rows = {"n_fields": fields, "n_fields_included": counted, "n_cells": members}
    counts = pd.DataFrame({name: table.groupby("well", observed=True).size() for name, table in rows.items()})
    measured = pd.concat([counts, _flat(by_field, ""), _flat(by_cell, "cell_")], axis=1)
    taken = {name: f"platemap_{name}" for name in wells.columns if name in measured}
    table = wells.rename(columns=taken).join(measured, how="left")
    table[list(rows)] = table[list(rows)].fillna(0).astype(int)
    return table.rename_axis("well").reset_index()


def group_table(wells: pd.DataFrame, group: str = "clone") -> pd.DataFrame:
    """Summarise wells by clone, or by any other column of the wells table.

    Parameters
    ----------
    wells
        As `well_table` gives it; of several plates, one below the other.
    group
        The column that names the unit of evidence.

    Returns
    -------
    DataFrame
        One row per group: ``n_wells`` (with an included field), ``n_plates``, ``n_cells``; of each column of
        means ``NAME_mean``, its mean over the group's wells, each well counting once, and ``NAME_sd``, its
        SD over them.

    Raises
    ------
    ArgumentError
        No such column.

    Examples
    --------
    >>> wells = pd.DataFrame({"plate": "P", "clone": ["C1", "C1", "C2"], "n_fields_included": [1, 1, 0],
    ...                       "n_cells": [3, 5, 0], "cell_count_mean": [3.0, 5.0, float("nan")]})
    >>> group_table(wells)[["clone", "n_wells", "n_cells", "cell_count_mean"]].values.tolist()
    [['C1', 2, 8, 4.0], ['C2', 0, 0, nan]]
    """
    require_columns(wells, [group], "The table of wells")
    named = wells[wells[group].notna()]
    keys = named[group]
    table = pd.DataFrame(
        {
            "n_wells": (named["n_fields_included"] > 0).groupby(keys, observed=True).sum(),
            "n_plates": named["plate"].groupby(keys, observed=True).nunique(),
            "n_cells": named["n_cells"].groupby(keys, observed=True).sum(),
        }
    )
    means = named.filter(regex="_mean$").rename(columns=lambda name: name.removesuffix("_mean"))
    spread = _flat(means.groupby(keys, observed=True).agg(["mean", "std"]), "")
    return table.join(spread).rename_axis(group).reset_index()


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Columns of measurements."""
    return table[[name for name in table.columns if name not in PLACE]].astype("float64")


def _flat(table: pd.DataFrame, prefix: str) -> pd.DataFrame:
    """Name columns of (measurement, statistic) as one word."""
    words = {"mean": "mean", "std": "sd", "median": "median"}
    table.columns = pd.Index([f"{prefix}{name}_{words[statistic]}" for name, statistic in table.columns])
    return table
