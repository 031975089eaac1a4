"""Two fabricated studies: clones on two 24-well plates, and rows of a 96-well drug plate."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.hcs.report.chromium import Opened, chromium, open_offline

from hcs.analysis.finding import Finding
from hcs.analysis.kept import KeptFinding
from hcs.analysis.kept import tables_of as kept_tables
from hcs.figures.gallery import GalleryTile
from hcs.report.facts import ReportFacts
from hcs.study.tables import well_scores
from hcs.tables.compared import Classes
from hcs_models.calibration import brier, confusion, reliability
from hcs_models.overfitting import validation_rise
from hcs_models.pairing import pair_sets

RECORD = {
    "hcs": "0.1.0",
    "versions": {"numpy": "2.4.6", "tensorflow": "2.21.0"},
    "weights": {
        "source": "packaged",
        "sha256": "3f" * 32,
        "description": "VGG-16, ImageNet fine-tuned for edge detection",
    },
    "config": {
        "data": {"plates": ["/home/somebody/P1.ome.zarr", "/home/somebody/P2.ome.zarr"]},
        "tiles": {"size": 256, "grid": 2},
        "model": {
            "backbone": "vgg16",
            "features_at": ["block5"],
            "pool": "avg",
            "hidden": [256],
            "dropout": 0.5,
            "l2": 1e-4,
        },
        "splits": {"n_sets": 6, "train": 3, "validation": 1, "test": 2, "seed": 0},
        "train": {"batch_size": 32, "epochs": 20, "learning_rate": 0.001, "momentum": 0.9, "views": 4},
    },
    "seeds": {"splits": 0},
    "hardware": {"cores": 2, "machine": "x86_64"},
    "durations_s": {"features": 61.2, "train": 12.5},
}


def as_kept(findings: Mapping[str, Finding]) -> dict[str, KeptFinding]:
    """Findings as they are read from a folder, but for their drawings."""
    return {
        name: KeptFinding(
            name, one.headline(), one.summary(), one.caveats, kept_tables(name, one), "<svg></svg>"
        )
        for name, one in findings.items()
    }


def tables_of(
    tiles: pd.DataFrame, sets: pd.DataFrame, skill: dict[str, float], seed: int
) -> dict[str, pd.DataFrame]:
    """Fabricate scores whose distance from 0.5 is the skill, and every table that follows from them."""
    rng = np.random.default_rng(seed)
    side = tiles["side"].to_numpy()
    groups = {name: rng.normal(0, 0.12) for name in tiles["group"].unique()}
    shift = tiles["group"].map(groups).to_numpy()
    scores = []
    for model, distance in skill.items():
        noise = rng.normal(0, 0.16, len(tiles))
        probability = np.clip(0.5 + side * distance + shift + noise, 0.01, 0.99)
        scores.append(tiles.assign(model=model, probability=probability, sd=0.05, n_sets=2))
    score = pd.concat(scores, ignore_index=True)
    place = ["plate", "well", "field", "tile", "group", "label"]
    tested = sets.loc[sets["part"] == "test", ["set", "group"]].drop_duplicates()
    predictions = score[score["side"].abs() == 1].merge(tested, on="group")
    predictions["probability"] = np.clip(
        predictions["probability"] + rng.normal(0, 0.03, len(predictions)), 0, 1
    )
    predictions["right"] = (predictions["probability"] >= 0.5) == (predictions["side"] > 0)
    keys = ["model", "group", "label"]
    held = predictions.groupby(keys)
    group = held.agg(
        n_tiles=("probability", "size"),
        n_wells=("well", "nunique"),
        n_sets=("set", "nunique"),
        probability=("probability", "mean"),
        sd=("probability", "std"),
        correct=("right", "mean"),
    ).reset_index()
    return {
        "predictions": predictions[["model", "set", *place, "probability"]],
        "metrics": metrics_of(predictions),
        "scores": score[["model", *place, "probability", "sd", "n_sets"]],
        "well_scores": well_scores(score),
        "groups": group,
    }


def metrics_of(predictions: pd.DataFrame) -> pd.DataFrame:
    """Accuracy and AUC by set, tile level and group level, by rank sums."""

    def area(truth: pd.Series, score: pd.Series) -> float:
        ranks = score.rank()
        n_true, n_false = int(truth.sum()), int((~truth).sum())
        return float((ranks[truth].sum() - n_true * (n_true + 1) / 2) / (n_true * n_false))

    rows = []
    for (model, number), rows_of_set in predictions.groupby(["model", "set"]):
        means = rows_of_set.groupby(["group", "label", "side"], as_index=False)["probability"].mean()
        rows.append(
            {
                "model": model,
                "set": number,
                "accuracy": rows_of_set["right"].mean(),
                "auc": area(rows_of_set["side"] > 0, rows_of_set["probability"]),
                "n_tiles": len(rows_of_set),
                "n_groups": rows_of_set["group"].nunique(),
                "group_accuracy": ((means["probability"] >= 0.5) == (means["side"] > 0)).mean(),
                "group_auc": area(means["side"] > 0, means["probability"]),
            }
        )
    return pd.DataFrame(rows)


def design_of(*columns: str) -> pd.DataFrame:
    """Rows of a design check that found nothing."""
    table = pd.DataFrame(
        {"column": columns, "n_groups": 12, "n_values": 2, "cramers_v": 0.2, "chance_v": 0.6}
    )
    return table.assign(p=0.6, smallest_p=0.002, p_holm=1.0, tied=False, nested=False, balanced=False)


def history_of(n_sets: int, epochs: int = 20) -> pd.DataFrame:
    """Courses of training that fall and level off."""
    rng = np.random.default_rng(5)
    rows = []
    for number in range(n_sets):
        slow = rng.uniform(4, 7)
        for epoch in range(1, epochs + 1):
            loss = 0.12 + 0.6 * np.exp(-epoch / slow)
            rows.append((number, epoch, loss, 1 - loss / 1.5, loss + 0.1, 0.93 - loss / 1.5))
    names = ["set", "epoch", "loss", "accuracy", "validation_loss", "validation_accuracy"]
    return pd.DataFrame(rows, columns=names)


def checks_of(tables: dict[str, pd.DataFrame], history: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Tables of calibration, calls, pairs, overfitting and a search of five trials a set."""
    predicted, rng = tables["predictions"], np.random.default_rng(6)
    trials = pd.DataFrame(
        [(number, trial) for number in range(6) for trial in range(5)], columns=["set", "trial"]
    )
    trials["learning_rate"] = 10 ** rng.uniform(-4, -2, len(trials))
    trials["momentum"] = rng.uniform(0.7, 1.0, len(trials))
    trials["value"] = np.where(np.arange(len(trials)) == 7, 0.0, rng.uniform(0.5, 0.9, len(trials)))
    trials["validation_loss"] = 1 - trials["value"]
    best = trials.loc[trials.groupby("set")["value"].idxmax(), ["set", "learning_rate", "momentum", "value"]]
    heads = best.rename(columns={"value": "validation_accuracy"}).assign(
        epoch=20, diverged=False, train_accuracy=0.9, validation_loss=0.4
    )
    return {
        "reliability": reliability(predicted, "ALS"),
        "brier": brier(predicted, "ALS"),
        "confusion": confusion(predicted, "ALS"),
        "paired": pair_sets(tables["metrics"], "cnn", "forest"),
        "overfitting": validation_rise(history),
        "trials": trials,
        "heads": heads,
    }


def pictures(n: int) -> tuple[GalleryTile, ...]:
    """Blurred lines that pass for neurites."""
    import cv2

    rng = np.random.default_rng(9)
    tiles = []
    for number in range(n):
        canvas = rng.normal(25, 6, (256, 256))
        for _ in range(14):
            ends = rng.integers(0, 256, 4)
            line = cv2.line(np.zeros((256, 256)), ends[:2].tolist(), ends[2:].tolist(), 150.0, 2)
            canvas += cv2.GaussianBlur(line, (0, 0), 1.5)
        label = "ALS" if number % 2 else "control"
        kind = "Called right, surest" if number < n // 2 else "Called wrong"
        caption = f"C{number + 1:02d} · P1/B03 · {label} · score {rng.uniform():.2f}"
        tiles.append(GalleryTile(np.clip(canvas, 0, 255).astype(np.uint8), caption, kind))
    return tuple(tiles)


def neuron_study() -> ReportFacts:
    """Twelve clones (6 ALS, 6 control) on two 24-well plates, six sets, CNN better than forest."""
    clones = [f"C{number:02d}" for number in range(1, 13)]
    labels = {clone: "ALS" if number % 2 else "control" for number, clone in enumerate(clones)}
    rng = np.random.default_rng(1)
    wells, tiles = [], []
    for plate in ("P1", "P2"):
        places = [f"{row}{column:02d}" for row in "ABCD" for column in range(1, 7)]
        order = rng.permutation(clones * 2)
        for well, clone in zip(places, order, strict=True):
            empty = plate == "P2" and well == "D06"
            wells.append(
                {
                    "plate": plate,
                    "well": well,
                    "clone": None if empty else clone,
                    "diagnosis": None if empty else labels[clone],
                    "passage": int(rng.integers(20, 40)),
                    "included": not empty,
                }
            )
            for tile in range(0 if empty else 16):
                side = 1 if labels[clone] == "ALS" else -1
                tiles.append((plate, well, tile // 4 + 1, tile % 4, clone, labels[clone], side))
    names = ["plate", "well", "field", "tile", "group", "label", "side"]
    positive = [clone for clone in clones if labels[clone] == "ALS"]
    negative = [clone for clone in clones if labels[clone] == "control"]
    splits = []
    for number in range(6):
        for members in (positive, negative):
            turned = members[number:] + members[:number]
            parts = ["test"] * 2 + ["validation"] + ["train"] * 3
            splits += [
                (number, part, clone, labels[clone]) for part, clone in zip(parts, turned, strict=True)
            ]
    sets = pd.DataFrame(splits, columns=["set", "part", "group", "label"])
    left_out = pd.DataFrame(
        [("well", "P2/D06", "no clone in the platemap"), ("field", "P1/B03/4", "plane missing: FITC")],
        columns=["what", "where", "reason"],
    )
    tables = tables_of(pd.DataFrame(tiles, columns=names), sets, {"cnn": 0.28, "forest": 0.06}, seed=1)
    tables |= checks_of(tables, history_of(6))
    return ReportFacts(
        title="Demo: ALS against control in simulated motor neurons",
        classes=Classes("ALS", "control", "diagnosis", "clone"),
        group="clone",
        nested=True,
        record=RECORD,
        history=history_of(6),
        splits=sets,
        left_out=left_out,
        trends=pd.DataFrame(),
        wells=pd.DataFrame(wells),
        design=design_of("plate", "passage"),
        formats={"P1": (4, 6), "P2": (4, 6)},
        gallery=pictures(12),
        notices=("These plates are simulated: no cell and no patient stands behind them.",),
        **tables,
    )


def drug_study() -> ReportFacts:
    """A 96-well plate: rows hold both controls and a dose series each; the score rises with dose."""
    wells, tiles = [], []
    for row in "ABCDEFGH":
        drug, unit = ("Wortmannin", "nM") if row < "E" else ("LY294002", "µM")
        for column in range(1, 13):
            role = "negative_control" if column < 3 else "positive_control" if column == 12 else "dose_series"
            dose = 0.0 if column < 3 else 150.0 if column == 12 else 0.98 * 2.0 ** (column - 3)
            well = f"{row}{column:02d}"
            wells.append(("B13", well, row, role, drug, dose, unit, True))
            side = -1.0 if column < 3 else 1.0 if column == 12 else -0.9 + 1.8 * (column - 3) / 8
            tiles += [("B13", well, 1, tile, row, role, side) for tile in range(4)]
    names = ["plate", "well", "row", "role", "treatment", "dose", "dose_unit", "included"]
    rows = list("ABCDEFGH")
    splits = []
    for number in range(4):
        turned = rows[2 * number :] + rows[: 2 * number]
        parts = ["test"] * 2 + ["validation"] * 2 + ["train"] * 4
        splits += [(number, part, row, None) for part, row in zip(parts, turned, strict=True)]
    sets = pd.DataFrame(splits, columns=["set", "part", "group", "label"])
    table = pd.DataFrame(tiles, columns=["plate", "well", "field", "tile", "group", "label", "side"])
    tables = tables_of(table, sets, {"cnn": 0.4, "forest": 0.3}, seed=2)
    trends = pd.DataFrame(
        [
            (model, drug, unit, 36, rho)
            for model, rho in (("cnn", 0.92), ("forest", 0.81))
            for drug, unit in (("LY294002", "µM"), ("Wortmannin", "nM"))
        ],
        columns=["model", "treatment", "unit", "n_wells", "spearman_rho"],
    )
    return ReportFacts(
        title="Translocation assay: positive against negative controls",
        classes=Classes("positive_control", "negative_control", "role", "row"),
        group="row",
        nested=False,
        record=RECORD,
        history=history_of(4),
        splits=sets,
        left_out=pd.DataFrame(columns=["what", "where", "reason"]),
        trends=trends,
        wells=pd.DataFrame(wells, columns=names),
        design=design_of("edge"),
        formats={"B13": (8, 12)},
        gallery=(),
        **tables,
    )


@pytest.fixture(scope="session")
def neurons() -> ReportFacts:
    """Study of clones."""
    return neuron_study()


@pytest.fixture(scope="session")
def drugs() -> ReportFacts:
    """Study of plate rows."""
    return drug_study()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium."""
    with chromium() as started:
        yield started


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Opened]]:
    """Open a file from the disk with the network off: page, console errors and dialogs, requests."""
    yield partial(open_offline, browser)
    for context in browser.contexts:
        context.close()
