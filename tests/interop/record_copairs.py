"""Record what copairs says of small plates, for `tests/hcs/statistics/test_average_precision.py`.

Run in an environment of its own (`requirements-copairs.txt`), since it brings DuckDB; give the file to write:
`python tests/interop/record_copairs.py tests/hcs/statistics/copairs.json`. The file holds the data too, so
that no random stream has to be the same twice.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from copairs.map import average_precision

PLATES = ["P", "Q", "R"]


def made(seed: int, groups: int) -> pd.DataFrame:
    """Wells of groups on three plates, one to three on each, with five features."""
    rng = np.random.default_rng(seed)
    own = rng.normal(size=(groups, 5))
    rows = [
        (f"g{group}", plate, *(own[group] + rng.normal(size=5)).round(4))
        for plate in PLATES
        for group in range(groups)
        for _ in range(rng.integers(1, 4))
    ]
    return pd.DataFrame(rows, columns=["group", "plate", *"abcde"])


def recorded(wells: pd.DataFrame, across: bool) -> dict[str, Any]:
    """Average precision of every well: pairs on different plates, or on one."""
    same = [] if across else ["plate"]
    found = average_precision(
        wells[["group", "plate"]],
        wells[list("abcde")].to_numpy(),
        pos_sameby=["group", *same],
        pos_diffby=["plate"] if across else [],
        neg_sameby=same,
        neg_diffby=["group", "plate"] if across else ["group"],
        progress_bar=False,
    )
    each = found["average_precision"].where(found["n_pos_pairs"] > 0)
    mean = each.groupby(wells["group"]).mean()
    return {
        "across": across,
        "wells": wells.to_dict("list"),
        "precision": [None if np.isnan(one) else round(float(one), 7) for one in each],
        "mean": {name: round(float(one), 7) for name, one in mean.items()},
    }


if __name__ == "__main__":
    sets = [recorded(made(seed, 4 + seed), across) for seed in range(3) for across in (True, False)]
    told = {"copairs": version("copairs"), "sets": sets}
    Path(sys.argv[1]).write_text(json.dumps(told, indent=None) + "\n", encoding="utf-8")
