"""Calibration of hit lists: p of a gene without effect, and how often a screen without any has a hit."""

import numpy as np
import pandas as pd
from tests.hcs.analysis.calibration.rates import Rejected

from hcs.analysis import call_hits
from hcs_plates.wells import well_name


def screen(rng: np.random.Generator, n: int, wells: int, between: float, n_plates: int = 2) -> pd.DataFrame:
    """Things without effect on plates, so many wells each a plate; plates differ in level and spread."""
    parts = []
    own = rng.normal(0, between, n)
    for plate in range(n_plates):
        value = 10 * rng.normal() + rng.uniform(0.5, 2) * (np.repeat(own, wells) + rng.normal(size=n * wells))
        places = rng.permutation(384)[: n * wells]
        part = pd.DataFrame({"plate": f"P{plate}", "well": [well_name(*divmod(one, 24)) for one in places]})
        parts.append(part.assign(clone=np.repeat([f"c{k}" for k in range(n)], wells), value=value))
    return pd.concat(parts, ignore_index=True)


def p_of_one(rng: np.random.Generator, n: int, wells: int, between: float) -> float:
    """Give p of one thing among others like it."""
    found = call_hits(screen(rng, n, wells, between), "value", "clone")
    return float(found.table.set_index("name").loc["c0", "p"])


def unequal(rng: np.random.Generator, n: int) -> float:
    """Give p of a thing that half the replicates were lost of, among others."""
    made = screen(rng, n, 1, 0.5, n_plates=4)
    lost = made["clone"].isin([f"c{k}" for k in range(n // 4)]) & made["plate"].isin(["P2", "P3"])
    return float(call_hits(made[~lost], "value", "clone").table.set_index("name").loc["c0", "p"])


def any_hit(rng: np.random.Generator, n: int) -> float:
    """0 where a screen without effects has a hit, 1 where it has none: a p-value of its hit list."""
    return float(not call_hits(screen(rng, n, 1, 1.0), "value", "clone").table["hit"].any())


def of_one(name: str, n: int, wells: int, between: float) -> Rejected:
    """How often one of n things without effect is called different."""
    return Rejected(f"hits: {name}", lambda rng: p_of_one(rng, n, wells, between))


RATES = (
    of_one("n = 12 clones, 8 wells on each of 2 plates", 12, 8, 1.0),
    of_one("n = 30 clones, 8 wells on each of 2 plates", 30, 8, 1.0),
    of_one("n = 300 genes, one well on each of 2 plates", 300, 1, 1.0),
    of_one("n = 300 genes that differ in nothing at all", 300, 1, 0.0),
    Rejected("hits: a gene of 2 replicates among n = 80 of 4", lambda rng: unequal(rng, 80)),
    Rejected(
        "hits: any among n = 300 genes without effect (single replicates take some away)",
        lambda rng: any_hit(rng, 300),
        low=0.0,
    ),
)
