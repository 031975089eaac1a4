"""Calibration of features, profiles, doses and charts: calls where nothing is, and what intervals hold."""

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd
from tests.hcs.analysis.calibration.rates import Covered, Rate, Rejected

from hcs.analysis import control_charts, feature_batches, feature_table, profile_reproducibility
from hcs.analysis.wells.dose_response import dose_response

Floats = npt.NDArray[np.float64]
Generator = np.random.Generator
FEATURES = [f"f{at}" for at in range(40)]


def clones(
    rng: Generator, n: int, *, plates: int = 3, batches: int = 1, shift: float = 0.3, shared: float = 0.0,
    effect: float = 0.0, skewed: bool = False, donors: bool = False, nested: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """Wells of clones on plates inside batches, one to three on each plate, or on one plate (`nested`).

    Of eight clones four share a donor with another, and with it 0.6 of the variance of clones. `shift` is the
    SD of plates, `shared` what features have in common, and `effect` the difference of the first class.
    """
    at = np.arange(n)
    donor = np.where(at // 4 % 2, at // 2 * 2, at)
    label = np.where(at // 2 % 2, "control", "ALS")
    parts = [rng.normal(size=(n, len(FEATURES))) for _ in range(2)]
    own = np.sqrt(0.4) * parts[0] + np.sqrt(0.6) * parts[1][donor]
    if not donors:
        own = parts[0]
    own = np.sqrt(1 - shared) * own + np.sqrt(shared) * rng.normal(size=(n, 1))
    own = np.exp(own) if skewed else own
    own += effect * (label == "ALS")[:, None]
    moved = shift * rng.normal(size=(plates, len(FEATURES)))
    rows, values = [], []
    for clone in range(n):
        for plate in [clone // 4 % plates] if nested else range(plates):
            for place in range(1 + (clone + plate) % 3):
                well = f"{'ABCDEFGHIJKLMNOP'[clone % 16]}{3 * (clone // 16) + place + 1:02d}"
                rows.append(
                    (f"c{clone}", label[clone], f"d{donor[clone]}", f"P{plate}", well, f"b{plate % batches}")
                )
                values.append(own[clone] + moved[plate] + rng.normal(size=len(FEATURES)))
    table = pd.DataFrame(rows, columns=["group", "label", "donor", "plate", "well", "differentiation_batch"])
    table = table if donors else table.drop(columns="donor")
    return pd.concat([table, pd.DataFrame(values, columns=FEATURES)], axis=1)


def any_feature(rng: Generator, n: int, **design: float) -> float:
    """Smallest p of all features, corrected for their number."""
    return float(feature_table(clones(rng, n, **design), FEATURES).table["p_adjusted"].min())  # type: ignore[arg-type]


def largest_t(rng: Generator, n: int, **design: float) -> float:
    """Permutation test of the largest |t|."""
    return feature_table(clones(rng, n, **design), FEATURES).largest.value  # type: ignore[arg-type]


def effect_held(rng: Generator, n: int) -> float:
    """Whether the interval of one feature's effect, 1 SD of clones' means, holds it."""
    truth = 1.0 / np.sqrt(
        1 + np.mean([1 / sum(1 + (at + plate) % 3 for plate in range(3)) for at in range(3)])
    )
    row = feature_table(clones(rng, n, effect=1.0), FEATURES[:1]).table.iloc[0]
    return float(row["low"] <= truth <= row["high"])


def one_profile(rng: Generator, n: int, **design: float) -> float:
    """Permutation test of one clone's mean average precision; clones have nothing of their own."""
    table = clones(rng, n, **design)  # type: ignore[arg-type]
    noise = rng.normal(size=(len(table), 10)) + 0.5 * rng.normal(size=(9, 10))[table["plate"].factorize()[0]]
    found = profile_reproducibility(noise, table, permutations=199).table
    return float(found.set_index("group").loc["c1", "p"])


def any_profile(rng: Generator, n: int, **design: float) -> float:
    """Smallest corrected p of all clones."""
    table = clones(rng, n, **design)  # type: ignore[arg-type]
    return float(
        profile_reproducibility(rng.normal(size=(len(table), 10)), table, permutations=999)
        .table["p_adjusted"]
        .min()
    )


def any_batch(rng: Generator, n: int, **design: float) -> float:
    """Permutation test of the largest share of 40 features between batches that do nothing."""
    table = clones(rng, n, **design)  # type: ignore[arg-type]
    return float(feature_batches(table, FEATURES, permutations=199).table["p_max"].min())


def doses(rng: Generator, steps: int, repeats: int, zero: int, sd: float, hill: float) -> pd.DataFrame:
    """Wells of one compound of EC50 30 from dose 1 to 1000, beside wells without it; rises from 10 to 90."""
    given = np.r_[np.repeat(np.geomspace(1, 1000, steps), repeats), np.zeros(zero)]
    values = 10 + 80 / (1 + (30 / np.maximum(given, 1e-9)) ** hill) + rng.normal(0, sd, len(given))
    wells = [f"{'ABCDEFGH'[at // 12]}{at % 12 + 1:02d}" for at in range(len(given))]
    return pd.DataFrame({"plate": "P", "well": wells, "treatment": "drug", "dose": given, "count": values})


def ec50_held(rng: Generator, *design: float) -> float:
    """Whether the interval holds the EC50; NaN where none is given."""
    row = dose_response(doses(rng, *design), "count").table.iloc[0]  # type: ignore[arg-type]
    return np.nan if row["reason"] else float(row["ec50_low"] <= 30 <= row["ec50_high"])


def no_response(rng: Generator, steps: int, repeats: int) -> float:
    """Test of a response of what does nothing."""
    table = doses(rng, steps, repeats, 4, 1.0, 1.0).assign(
        count=lambda rows: np.exp(rng.normal(size=len(rows)))
    )
    return float(dose_response(table, "count").table["p"].iloc[0])


def steady(rng: Generator, plates: int, draw: Callable[[Generator, int], Floats]) -> float:
    """Test of the chart of plates of 16 wells where nothing changes."""
    wells = pd.DataFrame(
        {"plate": np.repeat([f"P{at}" for at in range(plates)], 16), "count": draw(rng, 16 * plates)}
    )
    wells["well"] = [f"{'AB'[at // 8 % 2]}{at % 8 + 1:02d}" for at in range(len(wells))]
    return float(control_charts(wells, "count").charts["p"].iloc[0])


def normal(rng: Generator, n: int) -> Floats:
    """Wells that are normal."""
    return rng.normal(100, 15, size=n)


def skewed(rng: Generator, n: int) -> Floats:
    """Wells that are log-normal."""
    return rng.lognormal(size=n)


RATES: tuple[Rate, ...] = (
    *(Rejected(f"features, any called, {n} clones", partial(any_feature, n=n), runs=400) for n in (12, 30)),
    *(
        Rejected(
            f"features, any called, {n} clones of fewer donors",
            partial(any_feature, n=n, donors=True),
            runs=400,
        )
        for n in (12, 30)
    ),
    *(
        Rejected(
            f"features, any called, {n} skewed (Welch's t is careful)",
            partial(any_feature, n=n, skewed=True),
            low=0.0,
            runs=400,
        )
        for n in (12, 30)
    ),
    Rejected(
        "features, any called, 12, correlated (BH is careful)",
        partial(any_feature, n=12, shared=0.7),
        low=0.0,
        runs=400,
    ),
    Rejected(
        "features, largest t, 12 clones, skewed, correlated",
        partial(largest_t, n=12, shared=0.5, skewed=True),
        runs=400,
    ),
    Rejected(
        "features, largest t, 30 clones of fewer donors (of one or two: unlike spread)",
        partial(largest_t, n=30, donors=True),
        low=0.0,
        runs=300,
    ),
    *(Covered(f"effect of a feature, {n} clones", partial(effect_held, n=n)) for n in (12, 30)),
    *(
        Rejected(f"profile of one of {n} clones, 3 plates", partial(one_profile, n=n), runs=400)
        for n in (12, 30)
    ),
    Rejected(
        "profile of one of 30 clones, each on one of 3 plates",
        partial(one_profile, n=30, nested=True),
        runs=400,
    ),
    Rejected("profiles, any of 12 clones called", partial(any_profile, n=12), low=0.0, runs=200),
    *(
        Rejected(
            f"features moved by batches, {n} clones, each in one of 3",
            partial(any_batch, n=n, nested=True, batches=3, shift=0.0),
            runs=400,
        )
        for n in (12, 30)
    ),
    Rejected(
        "features moved by batches, 8 plates in 2 (35 arrangements)",
        partial(any_batch, n=12, plates=8, batches=2),
        low=0.0,
        runs=300,
    ),
    Covered("EC50, 8 doses thrice, 4 wells of dose 0", lambda rng: ec50_held(rng, 8, 3, 4, 8.0, 1.0)),
    Covered("EC50, 8 doses twice, noisy, many refused", lambda rng: ec50_held(rng, 8, 2, 2, 12.0, 1.5)),
    Covered("EC50, 6 doses thrice, steep", lambda rng: ec50_held(rng, 6, 3, 4, 8.0, 3.0)),
    Rejected("response to doses that do nothing, 8 thrice", lambda rng: no_response(rng, 8, 3), runs=400),
    Rejected("response to doses that do nothing, 5 twice", lambda rng: no_response(rng, 5, 2), runs=400),
    *(
        Rejected(
            f"chart of {n} steady plates (runs are whole numbers)",
            partial(steady, plates=n, draw=normal),
            low=0.0,
        )
        for n in (8, 20, 136)
    ),
    Rejected("chart of 20 steady plates, skewed wells", partial(steady, plates=20, draw=skewed), low=0.0),
)
