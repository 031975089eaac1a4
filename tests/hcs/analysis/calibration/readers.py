"""Readers of one study: intervals over readers and clones, tests, agreement, and the model beside them."""

from functools import partial

import numpy as np
import pandas as pd
from scipy.stats import multivariate_normal, norm
from tests.hcs.analysis.calibration.clones import Rng, held
from tests.hcs.analysis.calibration.rates import COVERED, Covered, Rate, Rejected

from hcs.analysis.clones.reader_calls import reader_calls
from hcs.analysis.clones.reader_crossed import label_test
from hcs.analysis.clones.reader_model import reader_model
from hcs.statistics.crossed import crossed_mean
from hcs.statistics.kappa import fleiss_kappa, over_clones, reader_sums
from hcs.tables.compared import Classes

CLASSES = Classes("ALS", "control")
BOTH = {"positive": "ALS", "negative": "control"}
IMAGES = 120
"""That each reader judges."""
CLONES, READERS, PREFERS = 0.5, 0.25, 0.4
"""SD of how hard clones are, of what readers see, and of which class they prefer; in probits."""
FLAT = float(np.sqrt(1 + CLONES**2 + READERS**2))


def judged(
    rng: Rng, readers: int, clones: int, share: float, lost: float = 0.0, able: float = READERS
) -> pd.DataFrame:
    """Cells of readers who are right of a share; some have not come to all clones."""
    side = np.where(np.arange(clones) % 2, 1.0, -1.0)
    hard, sees = CLONES * rng.normal(size=clones), able * rng.normal(size=(readers, 1))
    # What readers prefer moves the mean share too, so it differs about no preference.
    prefers = PREFERS * rng.normal(size=(readers, 1)) * side
    chance = norm.cdf(norm.ppf(share) * FLAT + hard + sees + prefers)
    n = IMAGES // clones * (rng.random((readers, clones)) >= lost)
    right = rng.binomial(n, chance) / np.maximum(n, 1)
    rows = pd.DataFrame(
        {
            "reader": np.repeat(np.arange(readers), clones),
            "group": np.tile(np.arange(clones), readers),
            "label": np.tile(np.where(side > 0, "ALS", "control"), readers),
            "value": right.ravel(),
            "n": n.ravel(),
        }
    )
    kept = rows[rows["n"] > 0]
    # What these readers would call right of all clones.
    seen = (norm.ppf(share) * FLAT + sees + prefers) / np.sqrt(1 + CLONES**2)
    kept.attrs["these"] = float(norm.cdf(seen).mean())
    return kept


def mean_share(share: float) -> float:
    """Share right of all readers and clones: what readers prefer flattens it a little."""
    return float(norm.cdf(norm.ppf(share) * FLAT / np.sqrt(FLAT**2 + PREFERS**2)))


def both_held(rng: Rng, readers: int, clones: int, share: float, lost: float = 0.0) -> float:
    """Whether the interval over readers and clones holds the share of all readers and clones."""
    found = crossed_mean(judged(rng, readers, clones, share, lost))
    return held(found.both, mean_share(share))


def clones_held(rng: Rng, readers: int, clones: int, share: float) -> float:
    """Whether the interval over clones holds what these readers would call right of all clones."""
    cells = judged(rng, readers, clones, share)
    return held(crossed_mean(cells).clones, cells.attrs["these"])


def both_p(rng: Rng, readers: int, clones: int) -> float:
    """P of one half over readers and clones, of readers who guess alike."""
    return crossed_mean(judged(rng, readers, clones, 0.5)).p(0.5)


def labels_p(rng: Rng, clones: int) -> float:
    """P of labels exchanged over clones, of readers who guess alike, and say ALS more often."""
    cells = judged(rng, 6, clones, 0.5, able=0.0)
    lean = 0.2 * np.where(cells["label"] == "ALS", 1, -1)
    return label_test(cells.assign(value=np.clip(cells["value"] + lean, 0, 1)), CLASSES).value


def called(rng: Rng, readers: int, clones: int, each: int, share: float) -> pd.DataFrame:
    """Calls of every image by every reader, images of a clone alike."""
    side = np.repeat(np.where(np.arange(clones) % 2, 1.0, -1.0), each)
    hard = np.repeat(CLONES * rng.normal(size=clones), each)
    flat = np.sqrt(1 + CLONES**2)
    right = rng.normal(size=(readers, clones * each)) < norm.ppf(share) * flat + hard
    said = np.where(right == (side > 0), "ALS", "control")
    table = pd.DataFrame(
        {
            "reader": np.repeat([f"r{one}" for one in range(readers)], clones * each),
            "group": np.tile(np.repeat([f"c{one}" for one in range(clones)], each), readers),
            "label": np.tile(np.where(side > 0, "ALS", "control"), readers),
            "call": said.ravel(),
        }
    )
    places = np.tile(np.arange(clones * each), readers)
    return table.assign(plate="P", well=[f"A{one // 8 + 1:02d}" for one in places], field=places % 8)


def kappa_held(rng: Rng, clones: int, each: int, share: float) -> float:
    """Whether the interval of Fleiss' kappa over clones holds that of all clones, in closed form."""
    alike, at = CLONES**2 / (1 + CLONES**2), norm.ppf(share)
    hard = np.repeat(CLONES * rng.normal(size=clones), each)[:, None]
    right = rng.normal(size=(clones * each, 5)) < at * np.sqrt(1 + CLONES**2) + hard
    clone = np.repeat(np.arange(clones), each)
    sums = reader_sums(right == (clone % 2 == 1)[:, None])
    _, interval = over_clones(lambda of: fleiss_kappa(of, 5), sums, clone)
    both = float(multivariate_normal([0, 0], [[1, alike], [alike, 1]]).cdf([at, at]))
    return held(interval, 2 * (1 - 2 * (share - both)) - 1)


def model_held(rng: Rng, readers: int, clones: int) -> float:
    """Whether the interval of model − readers holds the truth; the model finds the same clones hard."""
    calls = called(rng, readers, clones, 8, 0.6)
    images = calls.drop_duplicates(["well", "field"])
    again = called(rng, 1, clones, 8, 0.8)
    probability = np.where(again["call"] == "ALS", 0.9, 0.1)
    scores = images.assign(model="cnn", probability=probability)
    row = reader_model(calls, scores, **BOTH).differences.iloc[0]
    return held((row["low"], row["high"]), 0.2)


def said_above(rng: Rng) -> float:
    """0 where ten readers who guess alike are said to be above or below one half, else 1."""
    said = reader_calls(called(rng, 10, 12, 4, 0.5), **BOTH).headline()
    return float(not said.endswith(("above one half.", "below one half.")))


DESIGNS = [(readers, clones) for readers in (5, 10) for clones in (12, 30)]
RATES: tuple[Rate, ...] = (
    *(
        Covered(
            f"readers and clones crossed, {readers} × {clones}, share {share}{words}",
            partial(both_held, readers=readers, clones=clones, share=share, lost=lost),
            quick=100 if (readers, clones, share) == (10, 12, 0.7) and lost else 0,
        )
        for readers, clones in DESIGNS
        for share in (0.5, 0.7)
        for lost, words in ((0.0, ""), (0.2, ", a fifth of cells lacking"))
    ),
    *(
        Covered(
            f"readers as they are, over {clones} clones, share {share}",
            partial(clones_held, readers=6, clones=clones, share=share),
        )
        for clones in (12, 30)
        for share in (0.5, 0.7)
    ),
    *(
        Rejected(
            f"one half over readers and clones, {readers} × {clones}",
            partial(both_p, readers=readers, clones=clones),
            low=0.02,
        )
        for readers, clones in DESIGNS
    ),
    *(Rejected(f"labels of {n} clones exchanged", partial(labels_p, clones=n)) for n in (12, 30)),
    *(
        Covered(
            f"Fleiss' kappa over {n} clones of {each}, share {share}",
            partial(kappa_held, clones=n, each=each, share=share),
            # Twelve calls tell little of the variance between twelve clones: 0.89.
            low=0.87 if (n, each) == (12, 1) else COVERED,
        )
        for n in (12, 30)
        for each in (1, 4)
        for share in (0.5, 0.7)
    ),
    *(
        Covered(
            f"model against readers, {readers} × {clones}",
            partial(model_held, readers=readers, clones=clones),
            runs=150,
            # Of 150 experiments 0.95 is seen to within 0.036.
            low=0.9,
        )
        for readers, clones in (DESIGNS[0], DESIGNS[-1])
    ),
    Covered("ten readers who guess alike are not said to see anything", said_above, low=0.93, runs=150),
)
