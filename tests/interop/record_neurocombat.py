"""Record what neuroCombat makes of small tables, in an environment of its own (requirements-neurocombat.txt).

Run as ``python record_neurocombat.py ../hcs/statistics/neurocombat.json``. Every table is recorded twice:
``plain`` as neuroCombat comes, whose rounds end at relative changes of 1e-4 and do not look at locations
below 0; ``closed`` with the limit at 1e-14.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from neuroCombat import neuroCombat

PLAIN, CLOSED = 1e-4, 1e-14
CASES: dict[str, dict[str, Any]] = {
    "two batches": {"sizes": [8, 12]},
    "three unequal batches": {"sizes": [5, 9, 16]},
    "a protected class and number": {"sizes": [10, 10, 8], "protect": ["group"], "numbers": ["age"]},
    "shifts only": {"sizes": [6, 10], "mean_only": True},
}


def main(path: Path) -> None:
    """Draw tables with batches, a class and a number, and write them beside neuroCombat's results."""
    cases = []
    for place, (name, case) in enumerate(CASES.items()):
        rng = np.random.default_rng(place)
        batches = np.repeat(np.arange(len(case["sizes"])), case["sizes"])
        group, age = np.arange(len(batches)) % 2, rng.integers(40, 80, len(batches)).astype(float)
        features = rng.normal(10, 2, (len(batches), 6)) + 3 * group[:, None] * (np.arange(6) < 2)
        features = (
            features * (1 + 0.4 * batches[:, None]) + rng.normal(0, 3, (len(case["sizes"]), 6))[batches]
        )
        features = (features + 0.05 * age[:, None]).round(4)
        table = pd.DataFrame({"batch": batches, "group": group, "age": age})
        covariates = [*case.get("protect", []), *case.get("numbers", [])]
        made: dict[str, Any] = {"name": name, "features": features.tolist(), "batches": batches.tolist()}
        made |= {
            "mean_only": case.get("mean_only", False),
            "covariates": table[covariates].to_numpy().tolist(),
        }
        for ending, limit in (("plain", PLAIN), ("closed", CLOSED)):
            importlib.import_module("neuroCombat.neuroCombat").it_sol.__defaults__ = (limit,)
            found = neuroCombat(
                features.T, table, "batch", categorical_cols=case.get("protect"),
                continuous_cols=case.get("numbers"), mean_only=made["mean_only"],
            )  # fmt: skip
            made[ending] = {
                "data": found["data"].T.tolist(),
                "gamma": np.asarray(found["estimates"]["gamma.star"]).tolist(),
                "delta": np.asarray(found["estimates"]["delta.star"]).astype(float).tolist(),
                "variance": found["estimates"]["var.pooled"].ravel().tolist(),
            }
        cases.append(made)
    path.write_text(json.dumps({"neuroCombat": "0.2.12", "cases": cases}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
