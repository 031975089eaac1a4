"""What is said of batches, of experiments in which batches and labels do nothing."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from tests.hcs.analysis.calibration.rates import Rate, Rejected

from hcs.analysis.batches.baselines import pixel_free_baselines
from hcs.analysis.batches.by_batch import batch_test
from hcs.analysis.batches.correction import correction_effect
from hcs.analysis.batches.design import design_check
from hcs.analysis.batches.mixing import batch_mixing
from hcs.analysis.batches.probes import shortcut_probes
from hcs.statistics.arrays import Floats
from hcs.statistics.pvalues import adjust_pvalues

PLATES = 0.3
"""What plates differ by, in standard deviations of wells: batches and labels differ by nothing."""
FEATURES = 5
DRAWS = 99
Once = Callable[[np.random.Generator], float]


def experiment(rng: np.random.Generator, n: int, design: str, plates: int = 4) -> pd.DataFrame:
    """Wells of n clones, one to three of each on a plate; labels are dealt at random.

    In ``plates`` every clone is on all plates, the first half of which is one batch; in ``crossed`` a batch
    has one plate; in ``nested`` a clone is in one of three batches, and on all plates.
    """
    wells = [(clone, plate, well) for clone in range(n) for plate in range(plates) for well in range(3)]
    table = pd.DataFrame(wells, columns=["clone", "plate", "spot"])
    # Every clone on every plate, in one well to three.
    table = table[(table["spot"] == 0) | (rng.random(len(table)) < 0.5)].reset_index(drop=True)
    batch = {
        "plates": 2 * table["plate"] // plates,
        "crossed": table["plate"],
        "nested": pd.Series(rng.permutation(np.arange(n) % 3))[table["clone"]].reset_index(drop=True),
    }[design]
    label = rng.permutation(np.arange(n) % 2)[table["clone"]]
    place = 3 * table["clone"] + table["spot"]
    return pd.DataFrame(
        {
            "group": "c" + table["clone"].astype(str).str.zfill(2),
            "label": np.where(label, "ALS", "control"),
            "plate": "P" + table["plate"].astype(str),
            "well": [f"{'ABCDEFGH'[at // 12]}{at % 12 + 1:02d}" for at in place],
            "batch": "B" + batch.astype(str),
        }
    )


def values(
    rng: np.random.Generator, table: pd.DataFrame, number: int = FEATURES, plates: float = PLATES
) -> Floats:
    """Features of clones and of plates, with noise; in a design of one plate a batch, plates do nothing."""
    parts = ((table["group"], 1.0), (table["plate"], plates))
    codes = [(pd.factorize(names)[0], size) for names, size in parts]
    own = [size * rng.normal(size=(code.max() + 1, number))[code] for code, size in codes]
    return np.asarray(sum(own) + rng.normal(size=(len(table), number)))


def differing(design: str) -> float:
    """What plates differ by: nothing where they are the batches."""
    return 0.0 if design == "crossed" else PLATES


def mixing(rng: np.random.Generator, n: int, design: str, plates: int = 4) -> float:
    """Smallest p of the four metrics, corrected for their number."""
    table = experiment(rng, n, design, plates)
    features = values(rng, table, plates=differing(design))
    found = batch_mixing(features, table, batch="batch", permutations=DRAWS, seed=int(rng.integers(2**31)))
    return float(found.table["p_holm"].min())


def probe(rng: np.random.Generator, n: int, design: str, target: str, plates: int = 4) -> float:
    """How well features tell a batch, or the label, that does nothing."""
    table = experiment(rng, n, design, plates)
    features = values(rng, table, plates=differing(design))
    targets = [] if target == "label" else [target]
    seed = int(rng.integers(2**31))
    found = shortcut_probes(features, table, targets=targets, permutations=DRAWS, seed=seed)
    return float(found.table.set_index("target")["p"][target])


def by_batch(rng: np.random.Generator, n: int, design: str, plates: int = 4) -> float:
    """Smaller p of calls and areas, corrected for both, of scores that know nothing."""
    table = experiment(rng, n, design, plates)
    score = values(rng, table, 1, differing(design))[:, 0]
    tiles = table.assign(model="cnn", set=1, probability=1 / (1 + np.exp(-score)))
    found = batch_test(
        tiles.drop(columns="batch"), table, "ALS", batch="batch", seed=int(rng.integers(2**31))
    )
    p = adjust_pvalues(found.tests["p"].to_numpy(dtype=float), "holm")
    return float(np.nanmin(p)) if np.isfinite(p).any() else 1.0


def design(rng: np.random.Generator, n: int, column: str) -> float:
    """A batch of each clone, or its passage, against labels dealt at random."""
    wells = experiment(rng, n, "nested").drop_duplicates("group").drop(columns="well")
    wells["passage"] = rng.integers(10, 40, n)
    found = design_check(
        wells, [column], draws=DRAWS, label="label", group="group", seed=int(rng.integers(2**31))
    )
    return float(found.table["p"].iloc[0])


def baseline(rng: np.random.Generator, n: int, model: str) -> float:
    """Labels dealt at random, told from the layout or the cell count."""
    wells = experiment(rng, n, "nested")
    wells["cells"] = np.exp(values(rng, wells, 1)[:, 0])
    found = pixel_free_baselines(
        wells, positive="ALS", columns=["plate", "row", "column", "batch"], count="cells", group="group",
        label="label", permutations=DRAWS, seed=int(rng.integers(2**31)),
    )  # fmt: skip
    return float(found.table.set_index("model")["p"][model])


def correction(rng: np.random.Generator, n: int, side: str) -> float:
    """Whether centring is said to gain or to lose signal of a label, where batches do nothing."""
    table = experiment(rng, n, "nested", 2)
    features = values(rng, table) + 0.8 * (np.arange(FEATURES) == 0) * (table[["label"]] == "ALS").to_numpy()
    found = correction_effect(features, table, "centre", batch="batch", seed=int(rng.integers(2**31)))
    row = found.table.set_index("measure").loc["label_auc"]
    claimed = row["change_low"] > 0 if side == "gain" else row["change_high"] < 0
    return 0.0 if claimed else 1.0


HALVES: dict[str, object] = {"design": "plates"}
NESTED: dict[str, object] = {"design": "nested"}
CROSSED: dict[str, object] = {"design": "crossed"}
BATCH: dict[str, object] = {"target": "batch"}
ASKED: tuple[tuple[str, Callable[..., float], dict[str, object], float, int], ...] = (
    ("mixing, 4 plates in 2 batches (3 arrangements: never)", mixing, HALVES, 0.0, 100),
    ("mixing, 12 plates in 2 batches (Holm over 4)", mixing, HALVES | {"plates": 12}, 0.0, 200),
    ("mixing, a plate a batch (Holm over 4)", mixing, CROSSED, 0.0, 300),
    ("mixing, clones in batches (Holm over 4)", mixing, NESTED, 0.0, 300),
    ("probe of a batch, 4 plates in 2 (3 arrangements: never)", probe, HALVES | BATCH, 0.0, 100),
    ("probe of a batch, 8 plates in 2 (at most 1 of 35)", probe, HALVES | BATCH | {"plates": 8}, 0.01, 400),
    ("probe of a plate", probe, CROSSED | {"target": "plate"}, 0.03, 400),
    ("probe of a batch of clones", probe, NESTED | BATCH, 0.03, 400),
    ("probe of the label (few arrangements within folds)", probe, NESTED | {"target": "label"}, 0.01, 400),
    ("calls and areas, 4 plates in 2 batches (3 arrangements: never)", by_batch, HALVES, 0.0, 100),
    ("calls and areas, 12 plates in 2 batches (Holm over 2)", by_batch, HALVES | {"plates": 12}, 0.01, 300),
    ("calls and areas, a plate a batch (Holm over 2)", by_batch, CROSSED, 0.01, 400),
    ("calls and areas, clones in batches (Holm over 2)", by_batch, NESTED, 0.01, 400),
    ("design and batch (few categories)", design, {"column": "batch"}, 0.01, 600),
    ("design and passage (quarters)", design, {"column": "passage"}, 0.01, 600),
    ("plate metadata alone (ties of few clones)", baseline, {"model": "plate metadata"}, 0.01, 500),
    ("cell count alone (ties of few clones)", baseline, {"model": "cell count"}, 0.01, 500),
    ("correction said to gain (its interval is wide)", correction, {"side": "gain"}, 0.0, 100),
    ("correction said to lose (its interval is wide)", correction, {"side": "loss"}, 0.0, 100),
)
"""Name, experiment, its design, least share of rejections and why that is low, experiments."""
RATES: tuple[Rate, ...] = tuple(
    Rejected(f"{name}, n = {n} clones", partial(once, n=n, **options), low=low, runs=runs)
    for name, once, options, low, runs in ASKED
    for n in (12, 30)
)
