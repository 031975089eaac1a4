"""What hcs keeps, to be mutated: plates, trained heads, kept analyses."""

import json
import shutil
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
from tests.mutations.changes import of_bytes, of_json_text, of_zip
from tests.mutations.exports import judge_stored, make_export
from tests.mutations.kinds import Kind

from hcs.analysis.kept import SUMMARIES, read_analyses
from hcs_models.forest import ForestClassifier
from hcs_models.grown import GrownForest
from hcs_models.trained import HISTORY, TrainedHead
from hcs_plates.ingestion import ingest
from hcs_plates.plate import open_plate
from hcs_plates.tiling import TileSpec, tile_index

MEASURED = pd.DataFrame(np.random.default_rng(2).normal(size=(12, 3)), columns=["cells", "somas", "length"])
FEATURES = np.random.default_rng(0).normal(size=(5, 6)).astype("float16")


def make_plate(folder: Path) -> dict[str, Any]:
    """A plate of two wells; its pictures by file name."""
    export = folder / "export"
    export.mkdir()
    pictures = make_export(export)
    ingest(export, folder / "P1.ome.zarr", workers=1)
    shutil.rmtree(export)
    return pictures


def mutate_plate(random: Random, folder: Path, _: Any) -> str:
    """Change the description, a document below it, or the bytes of a shard; or take one away."""
    files = sorted(path for path in (folder / "P1.ome.zarr").rglob("*") if path.is_file())
    documents = [path for path in files if path.name == "zarr.json"]
    shards = [path for path in files if "c" in path.relative_to(folder).parts]
    root = folder / "P1.ome.zarr" / "zarr.json"
    path = random.choice((root, root, root, random.choice(documents), random.choice(shards)))
    shown = path.relative_to(folder).as_posix()
    if path in shards and random.random() < 0.3:
        other = random.choice(shards)
        path.write_bytes(other.read_bytes())
        return f"{shown} exchanged"
    if random.random() < 0.05:
        path.unlink()
        return f"{shown} gone"
    change = of_bytes if path in shards else of_json_text
    said, content = change(random, path.read_bytes())
    path.write_bytes(content)
    return f"{shown}: {said}"


def judge_plate(folder: Path, pictures: Any) -> None:
    """A plate opens, says what it is, lists its tiles, and gives the pictures that were stored."""
    place = folder / "P1.ome.zarr"
    plate = open_plate(place)
    assert json.dumps(plate.info())
    assert len(plate.fields) + len(plate.missing) + len(plate.wells)
    tile_index(plate.spec, TileSpec(32))
    judge_stored(place, pictures)


def make_head(folder: Path) -> Any:
    """A trained head; its probabilities of some features."""
    random = np.random.default_rng(1)
    shapes = ((6, 4), (4,), (4, 2), (2,))
    weights = [random.normal(size=shape).astype("float32") for shape in shapes]
    history = pd.DataFrame([[1, 0.5, 0.7, 0.6, 0.6]], columns=HISTORY).astype({"epoch": int})
    ones = np.ones(6, dtype="float32")
    head = TrainedHead(weights, 0 * ones, ones, {"epochs": 1}, history, 1)
    head.save(folder / "head.npz")
    return head.predict_proba(FEATURES)


def make_forest(folder: Path) -> Any:
    """A grown forest; its probabilities of some measurements."""
    forest = ForestClassifier(n_trees=4).fit(MEASURED, np.arange(len(MEASURED)) % 2)
    GrownForest.of(forest).save(folder / "forest.npz")
    return forest.predict_proba(MEASURED)


def mutate_arrays(random: Random, folder: Path, _: Any) -> str:
    """Change the file, or one of the arrays in it."""
    (path,) = folder.glob("*.npz")
    if random.random() < 0.6:
        said, content = of_zip(random, path.read_bytes(), r"\.npy$")
        path.write_bytes(content)
        return said
    with np.load(path) as stored:
        arrays: dict[str, Any] = dict(stored)
    name = random.choice(sorted(arrays))
    what = random.choice(("gone", "transposed", "longer", "text", "nan", "wide"))
    value = arrays.pop(name)
    changed = {
        "transposed": np.transpose(value),
        "longer": np.concatenate([np.atleast_1d(value)] * 2),
        "text": np.array("x"),
        "nan": np.full(value.shape, np.nan),
        "wide": np.zeros((*value.shape, 2)),
    }
    if what != "gone":
        arrays[name] = changed[what]
    np.savez(path, allow_pickle=False, **arrays)
    return f"{name} {what}"


def judge_head(folder: Path, probabilities: Any) -> None:
    """A head that loads gives the probabilities it gave; one that says that it diverged may give others."""
    head = TrainedHead.load(folder / "head.npz")
    found = head.predict_proba(FEATURES)
    assert found.shape == probabilities.shape
    assert head.diverged or np.isfinite(found).all()


def judge_forest(folder: Path, probabilities: Any) -> None:
    """A forest that loads gives probabilities, of whatever measurements it says it takes."""
    forest = GrownForest.load(folder / "forest.npz")
    columns = list(forest.columns)
    found = forest.predict_proba(pd.DataFrame(0.5, index=MEASURED.index, columns=columns))
    assert found.shape == probabilities.shape
    assert ((found >= 0) & (found <= 1)).all()


def make_analyses(folder: Path) -> None:
    """Kept analyses of one finding with two tables."""
    table = pd.DataFrame({"batch": ["P1", "P2"], "value": [0.5, 0.7]})
    for name in ("mixing", "mixing_points"):
        table.to_parquet(folder / f"{name}.parquet", index=False)
    (folder / "mixing.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
    told = {
        "headline": "Batches mix.",
        "summary": "Batches mix. They do.",
        "caveats": ["Few."],
        "tables": ["mixing", "mixing_points"],
    }
    document = {"asked": {"model": "cnn"}, "findings": {"mixing": told}, "left_out": {"drift": "No order."}}
    (folder / SUMMARIES).write_text(json.dumps(document), encoding="utf-8")


def mutate_analyses(random: Random, folder: Path, _: Any) -> str:
    """Change the sentences, a table, or the drawing."""
    path = random.choice((folder / SUMMARIES, folder / SUMMARIES, *sorted(folder.iterdir())))
    change = of_json_text if path.name == SUMMARIES else of_bytes
    said, content = change(random, path.read_bytes())
    path.write_bytes(content)
    return f"{path.name}: {said}"


def judge_analyses(folder: Path, _: Any) -> None:
    """Analyses that are read can be shown on a page."""
    from hcs.report.study.analysed import page_finding

    for found in read_analyses(folder).findings.values():
        assert "<script" not in str(page_finding(found).svg)


KINDS = (
    Kind("plate", make_plate, mutate_plate, judge_plate),
    Kind("head", make_head, mutate_arrays, judge_head),
    Kind("forest", make_forest, mutate_arrays, judge_forest),
    Kind("analyses", make_analyses, mutate_analyses, judge_analyses),
)
