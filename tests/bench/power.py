"""Whether a pilot predicts the intervals that a larger study then has: simulated plates, real networks.

    python tests/bench/power.py FOLDER                 # the demo's experiment: 6 clones a class, then 12
    python tests/bench/power.py FOLDER --beading 0.2   # a weaker disease, not at the ceiling

About 20 minutes on one core; what is done in FOLDER is kept. Nothing here is a test: a table is printed, and
a person reads it.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import pandas as pd

from hcs.answer.result import group_result
from hcs.demo import DATA, EXPERIMENT, SETTINGS
from hcs.design.power.planning import plan_clones
from hcs.report.reported import Study
from hcs.statistics.auc import newcombe_limits
from hcs.study.folder import StudyResults
from hcs.study.settings import template
from hcs.tables.compared import Classes
from hcs_plates.files import write_file
from hcs_plates.ingestion import ingest
from hcs_plates.simulate import DiseaseEffect, simulate_export

PILOT, LARGER = 6, 12
"""Clones of each class."""
CLASSES = Classes("ALS", "control")


def studied(folder: Path, name: str, n: int, beading: float, seed: int) -> StudyResults:
    """Run a study of n clones of each class, with the shares of training and test of the demo."""
    spec = replace(
        EXPERIMENT, name=name, clones_per_class=n, seed=seed, disease=DiseaseEffect(beading=beading)
    )
    folder = folder / name
    plates = {one: folder / "plates" / f"{one}.ome.zarr" for one in spec.plate_names()}
    splits = {"n_sets": 6, "train": n // 2, "validation": n // 6, "test": n // 3}
    data = {"plates": [str(path.relative_to(folder)) for path in plates.values()], **DATA}
    file = folder / f"{name}.toml"
    if not file.exists():
        write_file(file, template({**SETTINGS, "splits": splits, "data": data}).encode())
    simulate_export(folder / "export", spec)
    for one, path in plates.items():
        ingest(folder / "export" / one, path, folder / "export" / one / "platemap.csv")
    return Study.from_toml(file).run()


def compared(pilot: StudyResults, larger: StudyResults, model: str) -> list[dict[str, object]]:
    """Say what the pilot predicts of a study of `LARGER` clones, and what that has."""
    held = group_result(larger.table("groups"), model, CLASSES)
    low, high = newcombe_limits(held.auc, held.n_positive, held.n_negative)
    rows: list[dict[str, object]] = []
    for goal, width in (("accuracy", held.high - held.low), ("auc", high - low)):
        curve = plan_clones(pilot, goal=goal, model=model).curve
        at = curve[(curve["n_per_class"] == LARGER) & (curve["quantity"] == goal)].set_index("at")
        rows.append(
            {
                "model": model,
                "interval": goal,
                "predicted": at.loc["estimate", "value"],
                "95 % of studies from": at.loc["estimate", "low"],
                "to": at.loc["estimate", "high"],
                "at the pilot's best": at.loc["best", "value"],
                "at its worst": at.loc["worst", "value"],
                "observed": width,
            }
        )
    return rows


def main() -> None:
    """Run both studies and print the table."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("folder", type=Path)
    asked.add_argument("--beading", type=float, default=EXPERIMENT.disease.beading)
    asked.add_argument("--seed", type=int, default=EXPERIMENT.seed)
    given = asked.parse_args()
    pilot, larger = (
        studied(given.folder, name, n, given.beading, given.seed + place)
        for place, (name, n) in enumerate((("pilot", PILOT), ("larger", LARGER)))
    )
    rows = [row for model in ("cnn", "forest") for row in compared(pilot, larger, model)]
    print(pd.DataFrame(rows).round(3).to_string(index=False))


if __name__ == "__main__":
    main()
