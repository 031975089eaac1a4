"""Calibration of what is said of wells: positions, drift, neighbours, controls, replicates, medians."""

from collections.abc import Callable
from functools import partial
from math import sqrt

import numpy as np
import pandas as pd
from tests.hcs.analysis.calibration.rates import Covered, Rejected

from hcs.analysis import (
    acquisition_drift,
    assay_quality,
    position_effects,
    replicate_correlation,
    spatial_autocorrelation,
)
from hcs.statistics.means import median_interval
from hcs_plates.wells import FORMATS

DRAWS = 99
SPOTS = np.array(FORMATS[96].wells(), dtype=object)


def plate(rng: np.random.Generator, clones: int) -> pd.DataFrame:
    """Make clones at random places of a plate, 1 to 5 wells each, skewed values; some spots are empty."""
    clone = np.repeat(np.arange(clones), rng.integers(1, 6, clones))[:90]
    value = np.exp(rng.normal(size=clones)[clone] + rng.normal(size=len(clone)))
    places = rng.choice(SPOTS, len(clone), replace=False)
    return pd.DataFrame({"plate": "P", "well": places, "clone": clone, "value": value})


def of_position(effect: str, groups: str | None, clones: int, rng: np.random.Generator) -> float:
    """Give p of an effect of position that is not there."""
    found = position_effects(plate(rng, clones), "value", formats=96, groups=groups, draws=DRAWS).table
    return float(found.set_index("effect")["p"][effect])


def of_drift(clones: int, rng: np.random.Generator) -> float:
    """Give p of a drift that is not there."""
    return float(acquisition_drift(plate(rng, clones), "value", formats=96, draws=DRAWS).table["p"][0])


def of_neighbours(clones: int, rng: np.random.Generator) -> float:
    """Give p of neighbours that are not alike."""
    return float(spatial_autocorrelation(plate(rng, clones), "value", formats=96, draws=DRAWS).table["p"][0])


def controls(n: int, plates: int, name: str, rng: np.random.Generator) -> float:
    """Tell whether the interval of Z′ or SSMD holds the truth: n wells a kind on each plate, gap 10 SD."""
    between = 0.5 if plates > 1 else 0.0
    rows = pd.DataFrame(
        [(p, kind, place) for p in range(plates) for kind in (1, 0) for place in range(n)],
        columns=["p", "kind", "place"],
    )
    value = 10 * rows["kind"] + between * rng.normal(size=plates)[rows["p"]] + rng.normal(size=len(rows))
    wells = pd.DataFrame(
        {
            "plate": "P" + rows["p"].astype(str),
            "well": SPOTS[rows["kind"] * n + rows["place"]],
            "role": rows["kind"].map({1: "positive_control", 0: "negative_control"}),
            "value": value,
        }
    )
    whole = assay_quality(wells, "value").table.iloc[-1]
    sd = sqrt(1 + between**2)
    true = {"z_prime": 1 - 6 * sd / 10, "ssmd": 10 / (sqrt(2) * sd)}[name]
    return float(whole[f"{name}_low"] <= true <= whole[f"{name}_high"])


def replicates(n: int, plates: int, rng: np.random.Generator) -> float:
    """Tell whether the interval of Pearson's r holds 0.8: n wells on each plate, plates alike in level."""
    truth = 2 * rng.normal(size=plates * n)
    names = np.repeat([f"P{p}" for p in range(plates)], n)
    one = pd.DataFrame({"plate": names, "well": np.tile(SPOTS[:n], plates)})
    both = pd.concat([one.assign(replicate=k, value=truth + rng.normal(size=len(truth))) for k in (1, 2)])
    whole = replicate_correlation(both, "value").table.iloc[-1]
    return float(whole["pearson_low"] <= 0.8 <= whole["pearson_high"])


def median(n: int, rng: np.random.Generator) -> float:
    """Tell whether the interval of the median over n plates, of skewed values, holds it; NaN without one."""
    low, high = median_interval(rng.exponential(size=n))[1]
    return np.nan if np.isnan(low) else float(low <= np.log(2) <= high)


def on_plates(name: str, once: Callable[[int, np.random.Generator], float]) -> list[Rejected]:
    """Rows for plates of 12 and 30 clones in unequal numbers of wells."""
    return [
        Rejected(f"{name}, n = {clones} clones in unequal wells", partial(once, clones), runs=1000)
        for clones in (12, 30)
    ]


RATES = (
    *on_plates("edge", partial(of_position, "edge", None)),
    *on_plates("row", partial(of_position, "row", None)),
    *on_plates("column, within clones", partial(of_position, "column", "clone")),
    *on_plates("drift", of_drift),
    *on_plates("neighbours", of_neighbours),
    *(
        Covered(f"{name}, {n} controls of a kind", partial(controls, n, 1, name))
        for name in ("z_prime", "ssmd")
        for n in (4, 8, 16, 32)
    ),
    *(
        Covered(f"{name} over 8 plates, 2 controls of a kind on each", partial(controls, 2, 8, name))
        for name in ("z_prime", "ssmd")
    ),
    Covered("replicates' r, 8 wells", partial(replicates, 8, 1)),
    Covered("replicates' r, 24 wells", partial(replicates, 24, 1)),
    Covered("replicates' r, 8 plates of 12 wells", partial(replicates, 12, 8), runs=300),
    *(Covered(f"median over {n} plates", partial(median, n)) for n in (6, 8, 12, 30)),
)
