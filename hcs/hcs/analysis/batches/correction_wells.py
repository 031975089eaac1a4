"""Wells as corrections of batches take them: clones with one class each, their batches, negative controls."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.batches.well_features import averaged, matched
from hcs.statistics.frames import as_numbers
from hcs.tables.rolenames import meant
from hcs.wording import counted, spaced

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

CONTROL = "\0control"
"""Stands for the clone of control wells that have none."""


@dataclass(frozen=True)
class Columns:
    """Names of columns of a table of features' rows, and what counts as a negative control.

    Parameters
    ----------
    label, group, batch, plate, well
        Columns.
    role, negative
        Column of roles, and the one of negative controls; an empty role where none are needed.
    protect
        Columns whose effects are to be kept.
    noun
        What a group is called.
    """

    label: str
    group: str
    batch: str
    plate: str
    well: str
    role: str
    negative: str
    protect: tuple[str, ...]
    noun: str


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
    """

    values: Array
    names: npt.NDArray[np.object_]
    labels: Codes
    members: Codes
    batches: Codes
    controls: Mask
    covariates: Array
    classes: tuple[str, ...]
    batch_names: tuple[str, ...]

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
        >>> each = np.arange(4)
        >>> wells = Wells(np.ones((4, 1)), np.array(list("abcd")), np.array([0, 0, 1, 1]), each,
        ...     np.array([0, 1, 1, 1]), np.zeros(4, dtype=bool), np.ones((4, 0)), ("x", "y"), ("p", "q"))
        >>> wells.joined(each), wells.joined(np.array([0, 2, 3]))
        (True, False)
        """
        from scipy.sparse.csgraph import connected_components

        rows = np.flatnonzero(self.of(groups))
        if not len(rows):
            return False
        truth, met = (
            np.unique(codes, return_inverse=True)[1] for codes in (self.truth(rows), self.batches[rows])
        )
        first = int(truth.max()) + 1
        ties = np.zeros((first + int(met.max()) + 1,) * 2)
        ties[truth, first + met] = 1
        return int(connected_components(ties, directed=False)[0]) == 1

    def strata(self) -> list[str]:
        """Class of each clone with the batches that it is met in."""
        met = pd.Series(self.batches).groupby(self.members).unique()
        return [" ".join(map(str, [label, *sorted(met[clone])])) for clone, label in enumerate(self.labels)]


def correctable(
    features: npt.NDArray[np.floating] | pd.DataFrame, table: pd.DataFrame, columns: Columns, said: list[str]
) -> Wells:
    """Average tiles to wells, and keep those that a correction can be fitted on or held against.

    Parameters
    ----------
    features
        Array of shape (n_rows, n_features).
    table
        What each row is.
    columns
        Their names in the table.
    said
        What was left out is added here.

    Raises
    ------
    ArgumentError
        A lacking column, features that are no numbers or do not match.
    """
    keys = [columns.group, columns.plate, columns.well]
    taken = [columns.label, columns.batch, *columns.protect]
    values, rows = matched(features, table, [*keys, *taken, *([columns.role] if columns.role else [])])
    nothing = pd.Series(False, index=rows.index)
    control = meant(rows[columns.role], columns.negative) if columns.role else nothing
    rows = rows.assign(control=control)
    rows[columns.group] = (
        rows[columns.group].astype(object).mask(rows[columns.group].isna() & control, CONTROL)
    )
    values, rows = averaged(values, rows, keys, [*dict.fromkeys(taken), "control"], said)
    keep = _usable(rows, columns, said)
    rows, values = rows[keep].reset_index(drop=True), values[keep]
    if np.isnan(values).any():
        said.append("Missing features count as the mean of the training wells.")
    owned = (rows[columns.group] != CONTROL).to_numpy()
    names, first, members = np.unique(
        rows.loc[owned, columns.group].to_numpy(dtype=object), return_index=True, return_inverse=True
    )
    of_clone = rows.loc[owned, columns.label].astype(str).to_numpy(dtype=object)[first]
    labels, classes = pd.factorize(of_clone, sort=True)
    batches, batch_names = pd.factorize(rows[columns.batch].astype(str), sort=True)
    placed = np.full(len(rows), -1, dtype=np.intp)
    placed[owned] = members
    return Wells(
        values, names, labels.astype(np.intp), placed, batches.astype(np.intp),
        rows["control"].eq(True).to_numpy(), _numbers(rows, owned, columns.protect),
        tuple(map(str, classes)), tuple(map(str, batch_names)),
    )  # fmt: skip


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
        lost_groups = rows.loc[several, columns.group].nunique()
        said.append(
            f"{counted(lost_groups, columns.noun)} with several values of {spaced(columns.label)} left out: "
            "each needs one."
        )
    return np.asarray(keep & ~several)


def _numbers(rows: pd.DataFrame, owned: Mask, protect: Sequence[str]) -> Array:
    """Columns to protect as numbers: categories as 0 and 1, without the first; 0 for controls of no clone."""
    made = [np.zeros((len(rows), 0))]
    for column in protect:
        if pd.api.types.is_numeric_dtype(rows[column]) and not pd.api.types.is_bool_dtype(rows[column]):
            held = as_numbers(rows, column).to_numpy()[:, None]
        else:
            held = pd.get_dummies(rows[column].astype(str).where(owned), drop_first=True).to_numpy(
                dtype=float
            )
        made.append(np.where(owned[:, None], held, 0.0))
    return np.hstack(made)
