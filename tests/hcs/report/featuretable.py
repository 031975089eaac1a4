"""A small table of features: three plates with the same clones of two genotypes, which differ by plate."""

import numpy as np
import pandas as pd

from hcs.tables.spec import TableSpec

SPEC = TableSpec("genotype", "Null", "WT")


def feature_table(plates: tuple[str, ...] = ("P1", "P2", "P3"), clones: int = 8) -> pd.DataFrame:
    """Two fields of one well a clone and plate; the first feature tells the genotype, all tell the plate."""
    rng = np.random.default_rng(0)
    rows = [
        (
            plate,
            f"{'AB'[(clone + clone // 2) % 2]}{clone // 2 + 1:02d}",
            field,
            f"c{clone}",
            ("WT", "Null")[clone % 2],
        )
        for plate in plates
        for clone in range(clones)
        for field in (1, 2)
    ]
    table = pd.DataFrame(rows, columns=["plate", "well", "field", "clone", "genotype"])
    number = table["plate"].map({name: place for place, name in enumerate(plates)})
    values = rng.normal(size=(len(table), 3)) * 0.3 + 0.5 * number.to_numpy()[:, None]
    values[:, 0] += 2 * (table["genotype"] == "Null")
    return table.join(pd.DataFrame(values, columns=["f_0", "f_1", "f_2"]))
