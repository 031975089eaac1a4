"""Time, memory and size of what is looked at: heatmaps, pages of plates, the report of a study.

    python -m tests.bench.reports plate          # one 384-well plate as SVG, after import
    python -m tests.bench.reports plates         # 136 plates of 384 wells, one figure and one page
    python -m tests.bench.reports report         # a study of 30 clones, 225 images each, 55 sets × 20 trials
    python -m tests.bench.reports study RESULTS  # the report of a study that was run

The study of `report` is drawn at random at the reference study's size, with all its analyses; its folder
holds every table and no pictures. Nothing here is a test: numbers are printed, and a person reads them.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from tests.bench.analyses import drawn_evidence

from hcs.analysis.question import Question
from hcs.findings.run import analyse
from hcs.heatmaps.heatmap import heatmap
from hcs.study.settings import StudyConfig
from hcs.study.tables import well_scores
from hcs_models.calibration import brier, confusion, reliability
from hcs_models.overfitting import validation_rise
from hcs_models.pairing import pair_sets
from hcs_models.scores import score_groups, score_sets
from hcs_plates.wells import FORMATS

SETS, EPOCHS, TRIALS = 55, 64, 20
PLATE = ["plate", "well"]


def plate() -> None:
    """Median time of one plate, drawn and written as SVG."""
    wells = FORMATS[384].wells()
    table = pd.DataFrame({"well": wells, "cells": np.random.default_rng(0).normal(size=384)})
    with tempfile.TemporaryDirectory() as folder:
        spent = []
        for number in range(8):
            start = time.perf_counter()
            heatmap(table, "cells").save(Path(folder) / f"{number}.svg")
            spent.append(time.perf_counter() - start)
    print(f"first {spent[0]:.3f} s, median of the others {np.median(spent[1:]):.3f} s")


def plates() -> None:
    """Time and size of 136 plates."""
    wells = FORMATS[384].wells()
    rng = np.random.default_rng(0)
    parts = [
        pd.DataFrame({"plate": f"P{number:03d}", "well": wells, "cells": rng.normal(number % 7, 1, 384)})
        for number in range(136)
    ]
    found = heatmap(pd.concat(parts), "cells")
    with tempfile.TemporaryDirectory() as folder:
        for ending in (".html", ".svg", ".png"):
            start = time.perf_counter()
            path = found.save(Path(folder) / ending[1:] / f"plates{ending}")
            print(f"{ending} {time.perf_counter() - start:.1f} s, {path.stat().st_size / 1e6:.1f} MB")


def drawn_study(folder: Path) -> Path:
    """Write a results folder of the reference study's size, with all analyses."""
    evidence, clinical = drawn_evidence()
    tables = _tables(evidence.predictions, evidence.splits, evidence.wells)
    (folder / "tables").mkdir(parents=True)
    for name, table in tables.items():
        table.to_parquet(folder / "tables" / f"{name}.parquet", index=False)
    config = StudyConfig.model_validate(
        {"data": {"plates": ["P0"], "positive": "ALS", "negative": "control"}}
    )
    shape = {"rows": 4, "columns": 6, "digest": "0" * 32, "path": "/nowhere", "missing_planes": 0}
    record = {
        "hcs": version("hcs"),
        "config": config.model_dump(mode="json"),
        "source": "drawn.toml",
        "plates": dict.fromkeys(sorted(evidence.wells["plate"].unique()), shape),
        "nested": True,
        "notices": [],
        "features_digest": "drawn",
    }
    (folder / "record.json").write_text(json.dumps(record), encoding="utf-8")
    analyse(Question(evidence, clinical, ("nfl_pg_ml",))).save(folder / "analyses")
    return folder


def _tables(predictions: pd.DataFrame, splits: pd.DataFrame, wells: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Every table of a study that follows from its predictions, and a search and training at random."""
    rng = np.random.default_rng(1)
    place = [*PLATE, "field", "tile", "group", "label"]
    scores = predictions.groupby(["model", *place], as_index=False)["probability"].agg(
        ["mean", "std", "size"]
    )
    scores = scores.rename(columns={"mean": "probability", "std": "sd", "size": "n_sets"})
    metrics = score_sets(predictions, positive="ALS").table
    epochs = pd.MultiIndex.from_product([range(SETS), range(1, EPOCHS + 1)], names=["set", "epoch"])
    history = pd.DataFrame(rng.uniform(0.2, 0.9, (len(epochs), 4)), epochs).reset_index()
    history.columns = ["set", "epoch", "loss", "accuracy", "validation_loss", "validation_accuracy"]
    trials = pd.MultiIndex.from_product([range(SETS), range(TRIALS)], names=["set", "trial"]).to_frame(
        index=False
    )
    trials = trials.assign(
        learning_rate=10 ** rng.uniform(-4, -2, len(trials)),
        momentum=rng.uniform(0.7, 1, len(trials)),
        value=rng.uniform(0.5, 1, len(trials)),
        validation_loss=0.5,
    )
    heads = trials.loc[trials.groupby("set")["value"].idxmax()].rename(
        columns={"value": "validation_accuracy"}
    )
    return {
        "predictions": predictions,
        "metrics": metrics,
        "scores": scores,
        "well_scores": well_scores(scores),
        "groups": score_groups(predictions, positive="ALS"),
        "paired": pair_sets(metrics, "cnn", "forest"),
        "reliability": reliability(predictions, "ALS"),
        "brier": brier(predictions, "ALS"),
        "confusion": confusion(predictions, "ALS"),
        "history": history,
        "overfitting": validation_rise(history),
        "trials": trials,
        "heads": heads.drop(columns="trial").assign(epoch=EPOCHS, diverged=False, train_accuracy=0.9),
        "splits": splits,
        "left_out": pd.DataFrame(columns=["what", "where", "reason"]),
        "wells": wells.assign(included=True),
    }


def report() -> None:
    """Write the drawn study's report in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        drawn_study(Path(folder) / "drawn")
        subprocess.run([sys.executable, "-m", "tests.bench.reports", "study", f"{folder}/drawn"], check=True)


def study(results: Path) -> None:
    """Time, peak memory and size of one report, imports included."""
    start = time.perf_counter()
    from hcs.report.study.page import write_report
    from hcs.study.folder import StudyResults

    path = write_report(StudyResults.open(results))
    spent = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"report {spent:.1f} s, peak {peak:,.0f} MB, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    chosen = sys.argv[1] if len(sys.argv) > 1 else ""
    if chosen == "study":
        study(Path(sys.argv[2]))
    else:
        {"plate": plate, "plates": plates, "report": report}[chosen]()
