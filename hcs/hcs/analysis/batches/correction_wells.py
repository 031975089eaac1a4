"""Wells as corrections of batches take them: clones with one class each, their batches, negative controls."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.batches.exchange import plate_sets
from hcs.analysis.batches.well_features import IMPUTED, Columns, Features, averaged, categories, matched
from hcs.statistics.frames import as_numbers
from hcs.tables.rolenames import meant
from hcs.wording import counted, spaced

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

CONTROL = "\0control"
"""Stands for the clone of control wells that have none."""


@dataclass(frozen=True)
class Wells:
    """Wells of clones, and controls of none, as corrections take them.

    Parameters
    ----------
    values
        Array of shape (n_wells, n_features), NaN where not known.
    names, labels
        Of each clone: its name, and its class from 0.
    members
        Clone of each well; -1 for a control of no clone.
    batches
        Batch of each well, from 0.
    controls
        Which wells are negative controls.
    covariates
        To protect; array of shape (n_wells, n_covariates).
    classes, batch_names
        What the numbers of labels and batches stand for.
    n_plates
        How many plates lie in batches that have several of their own; 0 where plates are no units of batches.
    """

    values: Array
    names: npt.NDArray[np.object_]
    labels: Codes
    members: Codes
    batches: Codes
    controls: Mask
    covariates: Array
    classes: npt.NDArray[np.object_]
    batch_names: npt.NDArray[np.object_]
    n_plates: int = 0

    def of(self, groups: Codes) -> Mask:
        """Wells of these clones."""
        return np.isin(self.members, groups)

    def truth(self, rows: Codes) -> Codes:
        """Class of each of these wells."""
        return self.labels[self.members[rows]]

    def joined(self, groups: Codes) -> bool:
        """Whether batches can be told from classes among these clones.

        The two have separate effects only where the graph that ties each class to the batches it is met in
        is of one piece (a connected design; Bose 1947).

        Examples
        --------
        >>> each, names = np.arange(4), np.array(["", ""], dtype=object)
        >>> wells = Wells(np.ones((4, 1)), np.array(list("abcd")), np.array([0, 0, 1, 1]), each,
        ...     np.array([0, 1, 1, 1]), np.zeros(4, dtype=bool), np.ones((4, 0)), names, names)
        >>> wells.joined(each), wells.joined(np.array([0, 2, 3]))
        (True, False)
        """
        from scipy.sparse.csgraph import connected_components

        rows = np.flatnonzero(self.of(groups))
        if not len(rows):
            return False
        met = pd.crosstab(self.truth(rows), self.batches[rows]).to_numpy()
        corner = [np.zeros((n, n)) for n in met.shape]
        ties = np.block([[corner[0], met], [met.T, corner[1]]])
        return int(connected_components(ties, directed=False)[0]) == 1

    def strata(self) -> list[str]:
        """Class of each clone with the batches that it is met in."""
        met = pd.Series(self.batches).groupby(self.members).unique()
        return [" ".join(map(str, [label, *sorted(met[clone])])) for clone, label in enumerate(self.labels)]


def correctable(features: Features, table: pd.DataFrame, columns: Columns, said: list[str]) -> Wells:
    """Average tiles to wells, and keep those that a correction can be fitted on or held against.

    What was left out is added to `said`.

    Raises
    ------
    ArgumentError
        A lacking column, features that are no numbers or do not match.
    """
    taken = list(dict.fromkeys([columns.label, columns.batch, *columns.protect]))
    roles = [columns.role] if columns.role else []
    values, rows = matched(features, table, [*columns.keys, *taken, *roles])
    control = meant(rows[columns.role], columns.negative) if roles else pd.Series(False, index=rows.index)
    group = rows[columns.group].astype(object)
    rows = rows.assign(control=control, **{columns.group: group.mask(group.isna() & control, CONTROL)})
    values, rows = averaged(values, rows, columns.keys, [*taken, "control"], said)
    rows = categories(rows, columns.label, columns.batch)
    keep = _usable(rows, columns, said)
    rows, values = rows[keep].reset_index(drop=True), values[keep]
    if np.isnan(values).any():
        said.append(IMPUTED)
    owned = (rows[columns.group] != CONTROL).to_numpy()
    groups = rows[columns.group].to_numpy(dtype=object)[owned]
    names, first, placed = np.unique(groups, return_index=True, return_inverse=True)
    labels, classes = pd.factorize(rows[columns.label].to_numpy(dtype=object)[owned][first], sort=True)
    batches, batch_names = pd.factorize(rows[columns.batch].to_numpy(dtype=object), sort=True)
    members = np.full(len(rows), -1, dtype=np.intp)
    members[owned] = placed
    controls = rows["control"].eq(True).to_numpy()
    covariates = np.hstack(
        [np.zeros((len(rows), 0)), *(_covariate(rows, name, owned) for name in columns.protect)]
    )
    plated = rows.assign(group=rows[columns.group], plate=rows[columns.plate], batch=rows[columns.batch])
    inside = plated.loc[plate_sets(plated, "batch") >= 0, "plate"].nunique()
    return Wells(values, names, labels, members, batches, controls, covariates, classes, batch_names, inside)


def _usable(rows: pd.DataFrame, columns: Columns, said: list[str]) -> Mask:
    """Wells with batch, label and what is protected, of clones with one label; controls of no clone."""
    keep = np.ones(len(rows), dtype=bool)
    owned = (rows[columns.group] != CONTROL).to_numpy()
    for column in dict.fromkeys((columns.batch, columns.label, *columns.protect)):
        lost = keep & rows[column].isna().to_numpy() & (owned | (column == columns.batch))
        if lost.any():
            said.append(f"{counted(int(lost.sum()), 'well')} without {spaced(column)} left out.")
        keep &= ~lost
    held = rows[keep & owned].groupby(columns.group)[columns.label].nunique()
    several = keep & owned & rows[columns.group].isin(held.index[held > 1]).to_numpy()
    if several.any():
        lost_groups = counted(rows.loc[several, columns.group].nunique(), columns.noun)
        said.append(f"{lost_groups} with several values of {spaced(columns.label)} left out: each needs one.")
    return np.asarray(keep & ~several)


def _covariate(rows: pd.DataFrame, column: str, owned: Mask) -> Array:
    """Write a column to protect as numbers: values but the first as 0 and 1; 0 for controls of no clone."""
    if pd.api.types.is_numeric_dtype(rows[column]) and not pd.api.types.is_bool_dtype(rows[column]):
        held = as_numbers(rows, column).to_numpy()[:, None]
    else:
        named = categories(rows, column)[column].where(owned)
        held = pd.get_dummies(named, drop_first=True).to_numpy(dtype=float)
    return np.where(owned[:, None], held, 0.0)
