"""Which columns of a table are its features: those that were asked for, or all that can be measurements."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

import pandas as pd

from hcs.analysis.factors import FIRST
from hcs.heatmaps.rows import ABOUT, PARTS, STATE
from hcs.tables.measuredcolumns import measured_columns
from hcs.wording import are, counted, listed
from hcs_plates.errors import ArgumentError, nearest

KNOWN = frozenset({*PARTS, *ABOUT, *FIRST, *STATE, "plate", "well", "site"})
"""Columns that say what a row is."""
SHOWN = 8
"""How many columns a sentence names."""


@dataclass(frozen=True)
class TableFeatures:
    """Columns that are features; why others are not, and why some asked for by name would not be."""

    names: tuple[str, ...]
    left_out: Mapping[str, str]
    insisted: Mapping[str, str]

    def sentences(self) -> tuple[str, ...]:
        """Say how many columns are used and left out, and what was insisted on."""
        said = []
        strange = [name for name in self.left_out if name not in KNOWN]
        if n := len(strange):
            said.append(
                f"{counted(len(self.names), 'column')} {are(len(self.names))} used as features; "
                f"{counted(n, 'column')} of numbers that cannot be measurements {are(n)} left out "
                f"({listed(strange, SHOWN)}); --feature NAME uses one all the same."
            )
        said += [
            f"{name} is used as a feature as it was asked for, although it looks like no measurement: {why}."
            for name, why in self.insisted.items()
        ]
        return tuple(said)


def table_features(
    table: pd.DataFrame, patterns: Iterable[str], told: Iterable[str] = (), group: str = ""
) -> TableFeatures:
    """Find the features of a table: columns that `patterns` fit, or all numbers that can be measurements.

    A column that is named without a wildcard is used whatever it is. `told` are columns that say what a row
    is (label, batch), `group` is that of what n counts. A pattern that fits no column, a feature that is no
    number, and no feature at all are refused.
    """
    wanted, by_name = _fitting(table, list(patterns))
    known = {*KNOWN, *told, group} - {""}
    about = [name for name in table if name in told or not pd.api.types.is_numeric_dtype(table[name])]
    found = measured_columns(table, wanted, told=about, group=group)
    left_out = dict(found.left_out)
    left_out |= {name: "says what a row is" for name in found.used if name in known}
    insisted = {name: why for name, why in left_out.items() if name in by_name}
    names = [name for name in wanted if name not in left_out or name in insisted]
    left_out = {name: left_out[name] for name in wanted if name in left_out and name not in insisted}
    if not names:
        none = "The table has no column of numbers that can be a measurement"
        whys = dict.fromkeys(left_out.values())
        first = {why: [name for name, own in left_out.items() if own == why] for why in whys}
        why = "; ".join(f"{listed(names, 3)}: {why}" for why, names in first.items())
        raise ArgumentError(f"{none} ({why}); name those to use with --feature." if why else f"{none}.")
    return TableFeatures(tuple(names), left_out, insisted)


def _fitting(table: pd.DataFrame, patterns: list[str]) -> tuple[list[str], frozenset[str]]:
    """Columns that patterns fit, and those that were named without a wildcard."""
    if not patterns:
        return [str(name) for name in table.select_dtypes("number").columns], frozenset()
    found: list[str] = []
    for pattern in patterns:
        fitting = [str(name) for name in table if str(name) == pattern or fnmatchcase(str(name), pattern)]
        if not fitting:
            raise ArgumentError(f"No column fits {pattern!r}; {nearest(pattern, list(map(str, table)))}")
        found += fitting
    found = list(dict.fromkeys(found))
    words = [name for name in found if not pd.api.types.is_numeric_dtype(table[name])]
    if words:
        hold = "holds" if len(words) == 1 else "hold"
        raise ArgumentError(f"{listed(words)} {hold} text, and features are numbers; narrow the patterns.")
    return found, frozenset(patterns) & frozenset(found)
