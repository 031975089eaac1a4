"""Whether readers agree: Fleiss' kappa over what all of them called."""

from typing import Any

import numpy as np
import pandas as pd

from hcs.tables.compared import Classes
from hcs.wording import counted, plural

CHANCE = 0.5
"""Share of a clone's images called right where a reader's calls of it are tied."""
AGREEMENT = ["level", "n_readers", "n", "kappa"]


def whole_calls(clones: pd.DataFrame, classes: Classes) -> pd.DataFrame:
    """Name what each reader called each clone; a tie is no call."""
    whole = clones[clones["right"] != CHANCE]
    as_positive = (whole["label"] == classes.positive) == (whole["right"] == 1)
    return whole.assign(call=np.where(as_positive, *classes.both))


def fleiss_row(level: str, units: pd.DataFrame, keys: list[str]) -> tuple[dict[str, Any], str]:
    """Fleiss' kappa over the units that all readers called, or why there is none."""
    n_readers, none = units["reader"].nunique(), f"There is no kappa between readers over {plural(level)}: "
    wide = units.set_index([*keys, "reader"])["call"].unstack("reader").dropna()
    row: dict[str, Any] = {"level": level, "n_readers": n_readers, "n": len(wide), "kappa": np.nan}
    if n_readers < 2:
        return row, f"{none}it needs two readers or more."
    if len(wide) < 2:
        return row, f"{none}all readers called {counted(len(wide), level)} in common; two are needed."
    if len(np.unique(wide.to_numpy(dtype=str))) == 1:
        return row, f"{none}every call is the same."
    from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

    counts, _ = aggregate_raters(wide.to_numpy(dtype=str))
    return row | {"kappa": float(fleiss_kappa(counts))}, ""
