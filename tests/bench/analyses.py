"""Time of all analyses of a study of 30 clones and 6,750 images, each by itself and together.

    python tests/bench/analyses.py           # all
    python tests/bench/analyses.py mixing    # one

The study is drawn at random at the reference study's size: 30 clones, 225 images each, 512 features, 55 sets,
3 batches, 24-well plates. Nothing here is a test: a table is printed, and a person reads it.
"""

import sys
import time

import numpy as np
import pandas as pd

from hcs.analysis.clinical import ClinicalTable
from hcs.analysis.evidence import Evidence
from hcs.analysis.question import Question
from hcs.analysis.registry import ANALYSES
from hcs.tables.compared import Classes
from hcs_models.scores import score_groups
from hcs_models.splits import clone_splits
from hcs_plates.errors import HcsError
from hcs_plates.wells import FORMATS

IMAGES, WELLS, WIDTH = 225, 5, 512


def drawn_wells(rng: np.random.Generator) -> pd.DataFrame:
    """Five wells of each clone at random positions of 24-well plates."""
    clones = [f"{label}{number:02d}" for label in ("ALS", "C") for number in range(15)]
    wells = pd.DataFrame({"group": rng.permutation(np.repeat(clones, WELLS))})
    names = [f"{'ABCD'[place // 6]}{place % 6 + 1:02d}" for place in range(24)]
    places = [(f"P{number // 24}", names[number % 24]) for number in range(len(wells))]
    wells[["plate", "well"]] = places
    wells["label"] = np.where(wells["group"].str.startswith("ALS"), "ALS", "control")
    wells["differentiation_batch"] = "B" + wells["plate"].str[1:].astype(int).floordiv(3).astype(str)
    passage = dict(zip(clones, rng.integers(15, 40, 30), strict=True))
    return wells.assign(
        clone=wells["group"],
        diagnosis=wells["label"],
        donor="D" + wells["group"],
        passage=wells["group"].map(passage).astype(float),
    )


def drawn_evidence(seed: int = 0) -> tuple[Evidence, ClinicalTable]:
    """Tables and features of the study, with clone, plate and batch effects and a class effect."""
    rng = np.random.default_rng(seed)
    wells = drawn_wells(rng)
    per_well = IMAGES // WELLS
    tiles = wells.loc[wells.index.repeat(per_well)].reset_index(drop=True)
    tiles = tiles.assign(field=np.tile(np.arange(per_well), len(wells)), tile=0)
    tiles["tile_id"] = [f"t{number}" for number in range(len(tiles))]
    level = {
        name: rng.normal(0, 0.3, (tiles[name].nunique(), WIDTH))[tiles[name].factorize()[0]]
        for name in ("group", "plate", "differentiation_batch")
    }
    features = sum(level.values()) + rng.normal(0, 1, (len(tiles), WIDTH))
    features += 0.1 * (tiles["label"] == "ALS").to_numpy()[:, None]
    plan = clone_splits(tiles[["group", "label"]], 55, seed=seed)
    clone = dict(zip(sorted(set(tiles["group"])), rng.normal(0, 1, 30), strict=True))
    parts = []
    for split in plan.splits:
        tested = tiles[tiles["group"].isin(split.test)]
        for model, effect in (("cnn", 1.5), ("forest", 0.2)):
            logit = tested["group"].map(clone) + effect * (2 * (tested["label"] == "ALS") - 1)
            own = logit + rng.normal(0, 1, len(tested))
            parts.append(tested.assign(model=model, set=split.set, probability=1 / (1 + np.exp(-own))))
    columns = ["model", "set", "plate", "well", "field", "tile", "group", "label", "probability"]
    predictions = pd.concat(parts, ignore_index=True)[columns]
    keys = ["model", "plate", "well", "group", "label"]
    scores = predictions.groupby(keys, as_index=False)["probability"].mean().assign(n_tiles=per_well)
    measured = wells[["plate", "well", "group", "label"]].assign(
        cell_count=rng.poisson(80, len(wells)), neurite_length_um=rng.normal(9e3, 900, len(wells))
    )
    clinical = pd.DataFrame(
        {"nfl_pg_ml": rng.lognormal(3, 0.6, 30), "age_at_onset": rng.normal(60, 9, 30)},
        index=pd.Index(sorted(set(wells["clone"])), name="clone"),
    )
    found = Evidence(
        wells=wells,
        groups=score_groups(predictions, positive="ALS"),
        predictions=predictions,
        well_scores=scores,
        splits=plan.table(),
        tiles=tiles,
        features=features.astype(np.float32),
        measured=measured,
        classes=Classes("ALS", "control"),
        plate_format=FORMATS[24],
    )
    return found, ClinicalTable(clinical)


def main(wanted: list[str]) -> None:
    """Print seconds and the first words of every analysis."""
    evidence, clinical = drawn_evidence()
    asked = Question(evidence, clinical, ("nfl_pg_ml",))
    total = 0.0
    for name in wanted or list(ANALYSES):
        start = time.perf_counter()
        try:
            said = ANALYSES[name](asked).summary()
        except HcsError as error:
            said = f"not made: {error}"
        spent = time.perf_counter() - start
        total += spent
        print(f"{name:<22} {spent:7.1f} s   {said[:110]}", flush=True)
    print(f"{'together':<22} {total:7.1f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
