"""What is compared between two classes: one value a clone or donor, or pairs of one donor."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.clones.units import DONOR, come_from
from hcs.statistics.frames import as_numbers
from hcs.statistics.means import paired_difference
from hcs.statistics.permutation import permutation_test
from hcs.statistics.pvalues import PValue
from hcs.tables.compared import Classes
from hcs.wording import counted, spaced
from hcs_plates.names import as_names, told_alike

Floats = npt.NDArray[np.float64]

LABELS = "Permutation test of labels"


@dataclass(frozen=True)
class ClassRows:
    """Rows of named clones of two classes, and the donor of each clone where donors are the units."""

    rows: pd.DataFrame
    group: str
    classes: Classes
    donors: dict[str, str]
    caveats: tuple[str, ...]

    def of(self, first: str, second: str) -> "ClassRows":
        """Rows of two of the classes."""
        pair = replace(self.classes, positive=first, negative=second)
        return replace(self, rows=self.rows[self.rows[pair.label].isin(pair.both)], classes=pair)

    def units(self, names: pd.Series) -> pd.Series:
        """Name the unit of each clone."""
        return pd.Series([self.donors.get(name, name) for name in names], index=names.index, dtype=object)


@dataclass(frozen=True)
class Units:
    """One row (group, label, value, n_rows) per unit, or per unit and class where these are pairs."""

    values: pd.DataFrame
    paired: bool
    caveats: tuple[str, ...]


def class_rows(table: pd.DataFrame, group: str, classes: Classes, among: Sequence[str] = ()) -> ClassRows:
    """Take the rows of named clones of two classes (or of those `among`), and find out who is independent.

    Where the table has a column ``donor`` and a donor gave several clones, donors are the units.
    """
    label, noun, said = classes.label, classes.noun, []
    kept = table[table[group].notna() & table[label].notna()]
    if len(kept) < len(table):
        said.append(f"{counted(len(table) - len(kept), 'row')} without {noun} or {spaced(label)} left out.")
    chosen = kept[kept[label].isin(among or classes.both)]
    if len(chosen) < len(kept):
        said.append(f"{counted(len(kept) - len(chosen), 'row')} of other classes left out.")
    said += told_alike(chosen[group], noun, chosen[label])
    donors = {} if noun == DONOR else several_clones(chosen, group)
    if donors:
        n = len({donors.get(name, name) for name in chosen[group].unique()})
        said.append(come_from(chosen[group].nunique(), n, noun))
        classes = replace(classes, noun=DONOR)
    return ClassRows(chosen, group, classes, donors, tuple(said))


def unit_values(chosen: ClassRows, column: str) -> Units:
    """Average the rows of each clone, and the clones of each donor where these are the units.

    Units of both classes are compared as pairs where they are at least half of all; else they are left out.
    """
    values, noun, said = as_numbers(chosen.rows, column), chosen.classes.noun, []
    keys = [chosen.group, chosen.classes.label]
    named = chosen.rows.assign(_value=values).groupby(keys, sort=True)["_value"]
    units = named.agg(value="mean", n_rows="count").reset_index()
    units.columns = pd.Index(["group", "label", "value", "n_rows"])
    known = units.dropna(subset=["value"])
    if missing := int(values.isna().sum()):
        lost = len(units) - len(known)
        of = "clone" if chosen.donors else noun
        wholly = f", and with them {counted(lost, of)} wholly" if lost else ""
        said.append(f"{counted(missing, 'row')} without a value left out{wholly}.")
    if chosen.donors:
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
            f"{counted(len(both), noun)} (first {both[0]}) {does} left out: isogenic pairs stand apart."
        )
    kept = known[known["group"].isin(both) == paired] if len(both) else known
    return Units(kept.sort_values(["group", "label"]).reset_index(drop=True), paired, tuple(said))


def compare_pairs(units: pd.DataFrame, classes: Classes, seed: int) -> list[dict[str, object]]:
    """Make both tests of one measurement of the differences within units, each of which has both classes."""
    wide = units.pivot(index="group", columns="label", values="value")
    first, second = (wide[name].to_numpy(dtype=float) for name in classes.both)
    n, nouns = len(wide), classes.nouns
    mean, interval, p = paired_difference(first, second, noun=nouns)
    spread = float((first - second).std(ddof=1))
    permuted = moved_labels(first, second, f"{LABELS} (within {nouns})", nouns, seed, paired=True)
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
    return rows


def moved_labels(
    first: Floats, second: Floats, name: str, nouns: str, seed: int, *, paired: bool = False
) -> PValue:
    """Test the difference of two samples' sums by moving labels among all, or within pairs.

    The sum of the first, given that of all, says as much as a difference of means, or of ranks.
    """
    values, m, n = np.r_[first, second], len(first), len(first) + len(second)
    centred = (values - values.mean()) / (values.std() or 1.0)
    truth, blocks = (np.arange(n) < m).astype(float), [*range(m), *range(m)] if paired else None
    done = permutation_test(lambda rows: np.asarray(rows @ centred), truth, blocks=blocks, seed=seed)
    return PValue(done.p, name, m if paired else n, done.smallest_p, nouns)


def several_clones(rows: pd.DataFrame, group: str) -> dict[str, str]:
    """Donor of each clone, where one of several donors gave several clones and each clone has one."""
    if DONOR not in rows or group == DONOR:
        return {}
    known = rows[rows[DONOR].notna()]
    held = pd.DataFrame({"clone": known[group], "donor": as_names(known[DONOR])}).drop_duplicates()
    # One donor of all is no unit to count; what clones of one donor say is said of that donor.
    if (
        held["clone"].duplicated().any()
        or not held["donor"].duplicated().any()
        or held["donor"].nunique() == 1
    ):
        return {}
    return dict(held.itertuples(index=False, name=None))
