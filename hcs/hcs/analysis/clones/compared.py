"""What is compared between two classes: one value a clone or donor, or pairs of one donor."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hcs.statistics.frames import as_numbers
from hcs.statistics.means import paired_difference
from hcs.statistics.permutation import permutation_test
from hcs.statistics.pvalues import PValue
from hcs.wording import counted, plural, spaced
from hcs_plates.names import as_names, told_alike

DONOR = "donor"
LABELS = "Permutation test of labels"


@dataclass(frozen=True)
class ClassRows:
    """Rows of named clones of two classes.

    Parameters
    ----------
    rows
        group, label and the table's other columns.
    donors
        Donor of each clone where donors are the units, else None.
    noun
        What a unit is.
    caveats
        What fell away, and what n counts.
    """

    rows: pd.DataFrame
    donors: dict[str, str] | None
    noun: str
    caveats: tuple[str, ...]

    def units(self, names: pd.Series) -> pd.Series:
        """Name the unit of each clone."""
        donors = self.donors or {}
        return pd.Series([donors.get(name, name) for name in names], index=names.index, dtype=object)


@dataclass(frozen=True)
class Units:
    """One value per unit, or per unit and class where these are pairs.

    Parameters
    ----------
    values
        group, label, value, n_rows.
    paired
        Whether every unit has both classes.
    caveats
        What fell away.
    """

    values: pd.DataFrame
    paired: bool
    caveats: tuple[str, ...]


def class_rows(table: pd.DataFrame, group: str, label: str, pair: tuple[str, str], noun: str) -> ClassRows:
    """Take the rows of named clones of two classes, and find out who is independent.

    Where the table has a column ``donor`` and a donor gave several clones, donors are the units.
    """
    said = []
    kept = table[table[group].notna() & table[label].notna()]
    if len(kept) < len(table):
        said.append(f"{counted(len(table) - len(kept), 'row')} without {noun} or {spaced(label)} left out.")
    among = kept[kept[label].isin(pair)]
    if len(among) < len(kept):
        said.append(f"{counted(len(kept) - len(among), 'row')} of other classes left out.")
    said += told_alike(among[group], noun, among[label])
    donors = _donors(among, group)
    if donors is None or noun == DONOR:
        return ClassRows(among, None, noun, tuple(said))
    clones, n = among[group].nunique(), len({donors.get(name, name) for name in among[group].unique()})
    said.append(
        f"{counted(clones, noun)} come from {counted(n, DONOR)}: {plural(noun)} of one donor are averaged, "
        "and n counts donors."
    )
    return ClassRows(among, donors, DONOR, tuple(said))


def unit_values(chosen: ClassRows, column: str, group: str, label: str) -> Units:
    """Average the rows of each clone, and the clones of each donor where these are the units.

    Units of both classes are compared as pairs where they are at least half of all; else they are left out.
    """
    values = as_numbers(chosen.rows, column)
    named = chosen.rows.assign(_value=values).groupby([group, label], sort=True)["_value"]
    units = named.agg(value="mean", n_rows="count").reset_index()
    units.columns = pd.Index(["group", "label", "value", "n_rows"])
    noun, said = chosen.noun, []
    known = units.dropna(subset=["value"])
    if missing := int(values.isna().sum()):
        lost = len(units) - len(known)
        of = "clone" if chosen.donors is not None else noun
        wholly = f", and with them {counted(lost, of)} wholly" if lost else ""
        said.append(f"{spaced(column)}: {counted(missing, 'row')} without a value left out{wholly}.")
    if chosen.donors is not None:
        averaged = known.assign(group=chosen.units(known["group"])).groupby(["group", "label"])
        known = averaged.agg(value=("value", "mean"), n_rows=("n_rows", "sum")).reset_index()
    held = known.groupby("group")["label"].nunique()
    both = held.index[held > 1]
    paired = len(both) >= 2 and 2 * len(both) >= len(held)
    if paired and len(both) < len(held):
        said.append(f"{counted(len(held) - len(both), noun)} of one class only left out: pairs are compared.")
    if paired:
        said.append(f"Each {noun} has both classes: they are compared as pairs, and n counts pairs.")
    elif len(both):
        does = "holds both classes and is" if len(both) == 1 else "hold both classes and are"
        said.append(
            f"{counted(len(both), noun)} (first {both[0]}) {does} left out: that needs a paired test."
        )
    kept = known[known["group"].isin(both) == paired] if len(both) else known
    return Units(kept.sort_values(["group", "label"]).reset_index(drop=True), paired, tuple(said))


def compare_pairs(
    units: pd.DataFrame, pair: tuple[str, str], noun: str, seed: int, prefix: str
) -> tuple[list[dict[str, object]], tuple[str, ...]]:
    """Both tests of one measurement where every unit has both classes: of the differences within units."""
    wide = units.pivot(index="group", columns="label", values="value")
    first, second = (wide[name].to_numpy(dtype=float) for name in pair)
    n, nouns = len(wide), plural(noun)
    mean, interval, p = paired_difference(first, second, noun=nouns)
    spread = float((first - second).std(ddof=1))
    values, truth = np.r_[first, second], np.r_[np.ones(n), np.zeros(n)]
    centred, blocks = values - values.mean(), [*wide.index, *wide.index]
    done = permutation_test(lambda rows: np.asarray(rows @ centred), truth, blocks=blocks, seed=seed)
    permuted = PValue(done.p, f"{LABELS} (within {nouns})", n, done.smallest_p, nouns)
    effects = {
        "mean difference": 1.0,
        "difference in SD of differences": 1 / spread if spread > 0 else np.nan,
    }
    rows = [
        {"n_first": n, "n_second": n, "effect": effect, "estimate": mean * scale}
        | {"low": interval.low * scale, "high": interval.high * scale}
        | test.row()
        for (effect, scale), test in zip(effects.items(), (p, permuted), strict=True)
    ]
    few = f"{prefix}with so few {nouns} no permutation could have had a p below 0.05."
    return rows, (few,) if permuted.smallest > 0.05 else ()


def _donors(rows: pd.DataFrame, group: str) -> dict[str, str] | None:
    """Donor of each clone, where one of several donors gave several clones and each clone has one."""
    if DONOR not in rows or group == DONOR:
        return None
    known = rows[rows[DONOR].notna()]
    held = pd.DataFrame({"clone": known[group], "donor": as_names(known[DONOR])}).drop_duplicates()
    # One donor of all is no unit to count; what clones of one donor say is said of that donor.
    if (
        held["clone"].duplicated().any()
        or not held["donor"].duplicated().any()
        or held["donor"].nunique() == 1
    ):
        return None
    return dict(held.itertuples(index=False, name=None))
