"""Features of wells: what was measured, or what a network sees, and which columns are compared."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hcs.analysis.question import Question
from hcs.statistics.frames import as_numbers
from hcs.statistics.neighbours import embed
from hcs.tables.measuredcolumns import measured_columns
from hcs.wording import counted
from hcs_plates.errors import ArgumentError

KEYS = ["plate", "well", "group", "label"]
COLLINEAR = 0.999
"""Two features whose correlation over wells is this far from 0, or further, are one feature twice."""
FLAT = 1e-12
COMPONENTS = (
    "Features are principal components of what the network sees, as no measurement varies: the first has the "
    "most variance."
)


@dataclass(frozen=True)
class Compared:
    """Columns that are compared, and of the others why not.

    Parameters
    ----------
    names
        In the order of the table.
    left_out
        feature, reason.
    """

    names: tuple[str, ...]
    left_out: pd.DataFrame

    def caveats(self) -> tuple[str, ...]:
        """Say how many columns are left out."""
        n = len(self.left_out)
        return (f"{counted(n, 'column')} left out (constant, collinear or no measurement).",) if n else ()


def compared_columns(
    wells: pd.DataFrame, asked: Sequence[str] | None, told: Sequence[str], group: str
) -> Compared:
    """Choose the columns of a table of wells (or finer rows) that are compared as features.

    Columns of numbers that can be measurements (`hcs.tables.measuredcolumns`), or those that are asked for by
    name; without those that are constant, or collinear with one before them. `told` are columns that say what
    a row is, `group` names what n counts.

    Raises
    ------
    ArgumentError
        A column that is not there or holds no numbers, or none is left to compare.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [1.0, 2, 4], "b": [2.0, 4, 8], "c": 5.0, "d": [1.0, 0, 1]})
    >>> found = compared_columns(table, ["a", "b", "c", "d"], [], "clone")
    >>> found.names, found.left_out.values.tolist()
    (('a', 'd'), [['c', 'is the same in all rows'], ['b', 'collinear with a']])
    """
    left_out: dict[str, str] = {}
    if asked is None:
        numbers = [str(name) for name in wells.select_dtypes("number").columns if name not in (*told, group)]
        found = measured_columns(wells, numbers, told=[name for name in told if name in wells], group=group)
        names, left_out = list(found.used), dict(found.left_out)
    else:
        names = list(dict.fromkeys(map(str, asked)))
    values = {name: as_numbers(wells, name).to_numpy(dtype=float) for name in names}
    for name, own in values.items():
        known = own[np.isfinite(own)]
        if len(known) < 2 or np.ptp(known) <= FLAT * np.abs(known).max():
            left_out[name] = "is the same in all rows" if len(known) else "has no number"
    names = [name for name in names if name not in left_out]
    left_out |= _collinear({name: values[name] for name in names})
    names = [name for name in names if name not in left_out]
    if not names:
        raise ArgumentError("No column of the table can be compared: all are constant or no measurements.")
    return Compared(tuple(names), pd.DataFrame(list(left_out.items()), columns=["feature", "reason"]))


def study_features(asked: Question) -> tuple[pd.DataFrame, list[str], tuple[str, ...]]:
    """Features of a study's wells: measurements; else a table's columns; else components of the embedding.

    Returns
    -------
    DataFrame, list of str, tuple of str
        One row per well: plate, well, group, label, the batch and the donor where they are known, and the
        features; the names of these; and what they are, where they are components.
    """
    seen, said = asked.evidence, ""
    varied = seen.measured.nunique() > 1
    measured = [name for name in seen.measured.columns if name not in KEYS]
    if varied[measured].any():
        wells = seen.measured
    else:
        means = pd.DataFrame(seen.features.astype(float)).groupby(_places(seen.tiles)).mean()
        if seen.feature_names:
            measured, values = list(seen.feature_names), means.to_numpy()
        else:
            values = embed(means.to_numpy(), seed=asked.seed)
            measured = [f"component {at + 1}" for at in range(values.shape[1])]
            said = COMPONENTS
        named = seen.tiles[KEYS].groupby(_places(seen.tiles)).first().reset_index(drop=True)
        wells = pd.concat([named, pd.DataFrame(values, columns=measured)], axis=1)
    if seen.has("donor") and seen.classes.noun != "donor":
        wells = wells.assign(donor=wells["group"].map(seen.donors))
    return asked.with_batch(wells), measured, (said,) if said else ()


def _places(tiles: pd.DataFrame) -> pd.Series:
    """Give every tile the number of its well."""
    return tiles.groupby(KEYS, sort=True).ngroup()


def _collinear(values: dict[str, np.ndarray]) -> dict[str, str]:
    """Name the columns that say what one before them says."""
    if len(values) < 2:
        return {}
    names = list(values)
    held = np.array([np.where(np.isfinite(own), own, np.nanmean(own)) for own in values.values()])
    alike = np.abs(np.corrcoef(held)) >= COLLINEAR
    kept: list[int] = []
    found: dict[str, str] = {}
    for at, name in enumerate(names):
        before = next((one for one in kept if alike[at, one]), None)
        if before is None:
            kept.append(at)
        else:
            found[name] = f"collinear with {names[before]}"
    return found
