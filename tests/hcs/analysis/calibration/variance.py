"""Calibration of shares of variance and of the clones that a study needs: limits hold what was planted."""

from math import sqrt

import numpy as np
import pandas as pd
from statsmodels.stats.power import TTestIndPower
from tests.hcs.analysis.calibration.rates import Covered, Rejected

from hcs.analysis import clone_power, plate_effects, variance_components
from hcs_plates.wells import well_name

DESIGNS = ((4, 20, 0.05), (5, 5, 0.2), (12, 6, 0.1), (30, 6, 0.1))
"""Levels, rows of each, and the variance between levels beside 1 between rows."""


def plates(
    rng: np.random.Generator, n: int, dates: int, wells: tuple[int, int], between: tuple[float, float]
) -> pd.DataFrame:
    """So many plates on so many dates, wells each from … to …, with variances between dates and plates."""
    plate = np.repeat(np.arange(n), rng.integers(wells[0], wells[1] + 1, n))
    date = np.arange(n)[plate] % dates
    value = sqrt(between[0]) * rng.normal(size=dates)[date] + sqrt(between[1]) * rng.normal(size=n)[plate]
    names = {"plate": np.char.add("P", plate.astype(str)), "date": np.char.add("d", date.astype(str))}
    return pd.DataFrame({**names, "value": value + rng.normal(size=len(plate))})


def share(name: str, factor: str, n: int, dates: int = 0, wells: tuple[int, int] = (24, 24)) -> Covered:
    """Whether the interval of a share holds it: a fifth between plates, or a seventh beside dates."""
    between = (0.5, 0.25) if dates else (0.0, 0.25)
    true = dict(zip(("date", "plate"), between, strict=True))[factor] / (1 + sum(between))

    def once(rng: np.random.Generator) -> float:
        table = plates(rng, n, dates or 1, wells, between)
        found = plate_effects(table, "value", date="date" if dates else None, draws=9).table
        row = found.set_index("factor").loc[factor]
        return float(row["share_low"] <= true <= row["share_high"])

    return Covered(f"share between {factor}s, {name}", once)


def dates_differ(rng: np.random.Generator, wells: tuple[int, int]) -> float:
    """Give p of dates over 12 plates on 3 dates, where plates differ and dates do not."""
    table = plates(rng, 12, 3, wells, (0.0, 1.0))
    found = plate_effects(table, "value", date="date", draws=199).table
    return float(found.set_index("factor")["p"]["date"])


def plates_differ(rng: np.random.Generator) -> float:
    """Give p of 6 plates of unequal wells that do not differ."""
    return float(plate_effects(plates(rng, 6, 1, (8, 24), (0.0, 0.0)), "value", draws=9).table["p"][0])


def levels(rng: np.random.Generator, k: int, m: int, between: float) -> pd.DataFrame:
    """Make k clones of m rows."""
    clone = np.repeat(np.arange(k), m)
    return pd.DataFrame(
        {"clone": clone, "value": sqrt(between) * rng.normal(size=k)[clone] + rng.normal(size=k * m)}
    )


def component(k: int, m: int, true: float) -> Covered:
    """Whether the limits of the variance between clones hold it."""

    def once(rng: np.random.Generator) -> float:
        found = variance_components(levels(rng, k, m, true), "value", factors=["clone"])
        row = found.of("value").loc["clone"]
        return float(row["variance_low"] <= true <= row["variance_high"])

    return Covered(f"variance between {k} clones of {m} rows, true {true}", once)


def needed(k: int, m: int, true: float) -> Covered:
    """Whether the clones needed at the upper limit are as many as are needed in truth, or more."""
    enough = TTestIndPower().solve_power(0.5 / sqrt(true + 1 / m), power=0.8, alpha=0.05)

    def once(rng: np.random.Generator) -> float:
        found = variance_components(levels(rng, k, m, true), "value", factors=["clone"])
        asked = clone_power(found, effect=0.5, images=m, sizes=[3], draws=1).needed_at_limit
        return float(asked is None or asked >= enough)

    return Covered(f"clones needed at the upper limit, from {k} clones of {m} rows, true {true}", once)


def crossed(name: str, n: int, images: tuple[int, int]) -> Covered:
    """Whether the share between clones, each on 3 plates in 2 wells of unequal images, is held."""

    def once(rng: np.random.Generator) -> float:
        places = [(clone, plate, well) for clone in range(n) for plate in range(3) for well in range(2)]
        rows = pd.DataFrame(places, columns=["clone", "plate", "well"])
        value = sqrt(0.3) * rng.normal(size=n)[rows["clone"]] + sqrt(0.1) * rng.normal(size=3)[rows["plate"]]
        rows["value"] = value + sqrt(0.2) * rng.normal(size=len(rows))
        rows["well"] = [well_name(clone % 16, 2 * (clone // 16) + well) for clone, _, well in places]
        rows = rows.loc[rows.index.repeat(rng.integers(images[0], images[1] + 1, len(rows)))]
        rows["value"] += rng.normal(size=len(rows))
        found = variance_components(rows, "value", factors=["clone", "plate", "well"]).of("value")
        low, high = found.loc["clone", ["share_low", "share_high"]]
        return float(low <= 0.3 / 1.6 <= high)

    return Covered(f"share between clones, {name}", once)


RATES = (
    share("6 plates of 24 wells", "plate", 6),
    share("12 plates of 24 wells", "plate", 12),
    share("30 plates of 24 wells", "plate", 30),
    share("30 plates of 8 to 24 wells", "plate", 30, wells=(8, 24)),
    share("6 plates on 3 dates", "plate", 6, dates=3),
    share("12 plates on 3 dates", "plate", 12, dates=3),
    share("30 plates on 3 dates", "plate", 30, dates=3),
    share("30 plates of 8 to 24 wells on 10 dates", "plate", 30, dates=10, wells=(8, 24)),
    share("6 plates on 3 dates", "date", 6, dates=3),
    share("12 plates on 6 dates", "date", 12, dates=6),
    share("30 plates on 10 dates", "date", 30, dates=10),
    *(component(*design) for design in DESIGNS),
    *(needed(*design) for design in DESIGNS),
    crossed("n = 12 clones on 3 plates, 1 to 5 images a well", 12, (1, 5)),
    crossed("n = 30 clones on 3 plates, 1 to 5 images a well", 30, (1, 5)),
    Rejected("dates over 12 plates that differ, 20 wells", lambda rng: dates_differ(rng, (20, 20)), quick=30),
    Rejected("dates over 12 plates that differ, 6 to 24 wells", lambda rng: dates_differ(rng, (6, 24))),
    Rejected("6 plates of 8 to 24 wells that do not differ", plates_differ),
)
