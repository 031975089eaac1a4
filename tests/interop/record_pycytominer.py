"""Record what pycytominer makes, in an environment of its own (requirements-pycytominer.txt).

Run as ``python record_pycytominer.py ../hcs/statistics/pycytominer.json``. Its added constants are set to 0:
they are in other units than the regularisation here.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pycytominer import aggregate
from pycytominer.operations import RobustMAD, Spherize

METHODS = ("PCA", "ZCA", "PCA-cor", "ZCA-cor")


def main(path: Path) -> None:
    """Sphere rows by other rows, bring the samples of two plates to robust z, and wells to profiles."""
    rng = np.random.default_rng(0)
    mixed = rng.normal(size=(5, 5)) * [1, 3, 0.5, 10, 2]
    controls = (rng.normal(size=(40, 5)) @ mixed + [0, 5, -3, 100, 1]).round(4)
    rows = (rng.normal(size=(6, 5)) @ mixed + [1, 4, -3, 110, 1]).round(4)
    made: dict[str, Any] = {"controls": controls.tolist(), "rows": rows.tolist(), "sphered": {}}
    for method in METHODS:
        fitted = Spherize(epsilon=0, method=method, return_numpy=True).fit(pd.DataFrame(controls))
        made["sphered"][method] = np.asarray(fitted.transform(pd.DataFrame(rows))).tolist()
    counts = np.stack([level * rng.normal(1, 0.1, 96) for level in (100, 300)]).round(4)
    counts[:, 11::12] = (counts[:, 11::12] / 5).round(4)
    # Plates are read row by row: the first and the last of 12 columns hold controls.
    samples = (np.arange(96) % 12 > 0) & (np.arange(96) % 12 < 11)
    scaled = []
    for plate in counts:
        own = RobustMAD(epsilon=0).fit(pd.DataFrame(plate[samples]))
        scaled.append(own.transform(pd.DataFrame(plate))[0].tolist())
    made["aggregate"] = medians(np.random.default_rng(1))
    made |= {"counts": counts.tolist(), "samples": samples.tolist(), "robust_z": scaled}
    path.write_text(json.dumps({"pycytominer": version("pycytominer"), **made}) + "\n")


def medians(rng: np.random.Generator) -> dict[str, Any]:
    """Bring wells of clones and treatments to one profile each, as `aggregate` does where nothing is said."""
    wells = pd.DataFrame(
        {
            "Metadata_clone": [*"aaaaabbbbcc"],
            "Metadata_treatment": [None, None, None, "x", "x", None, None, None, None, "x", "x"],
            "area": rng.normal(80, 5, 11).round(3),
            "count": rng.integers(0, 20, 11).astype(float),
        }
    )
    wells.loc[[1, 9, 10], "area"] = np.nan
    keys = ["Metadata_clone", "Metadata_treatment"]
    found = aggregate(wells, strata=keys, features=["area", "count"])
    return {
        "wells": json.loads(wells.to_json(orient="records")),
        "profiles": json.loads(found.to_json(orient="records")),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
