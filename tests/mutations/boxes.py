"""Boxes and tables that hcs makes on its way, to be mutated: tiles, features, measurements, a whole study."""

import shutil
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import zarr
from tests.mutations.changes import of_bytes, of_cells, of_json_text
from tests.mutations.exports import make_export
from tests.mutations.kinds import Kind
from tests.mutations.tables import the_table, written
from zarr.storage import LocalStore

from hcs.analysis.clinical import read_clinical
from hcs.findings.reader_table import read_calls
from hcs.measure.fields import channel_spec
from hcs.measure.measured import TABLES, Measurements
from hcs.measure.measurements import measure_plate
from hcs_models.featureset import FEATURES, SHARD_TILES, FeatureSet, view_sums
from hcs_plates.box import INDEX
from hcs_plates.ingestion import ingest
from hcs_plates.simulate import ExperimentSpec, FieldSpec, simulate_export
from hcs_plates.tiles import TileSet, create_tiles
from hcs_plates.tiling import TileSpec
from hcs_plates.units import digest

CALLS = [
    ["reader", "clone", "call", "plate", "well"],
    ["R1", "c1", "ALS", "P1", "A01"],
    ["R1", "c2", "control", "P1", "A02"],
    ["R2", "c1", "control", "P1", "A01"],
    ["R2", "c3", "control", "P1", "B03"],
]
GROUPS = pd.DataFrame({"group": ["c1", "c2", "c3"], "label": ["ALS", "control", "control"]})
CLINICAL = [
    ["clone", "sex", "months", "nfl_pg_ml"],
    ["c1", "f", "12", "30.5"],
    ["c2", "m", "7", ""],
    ["c3", "f", "31", "11"],
]


def mutate_files(random: Random, folder: Path, _: Any) -> str:
    """Change a document or the bytes of any file, exchange two of one kind, or take one away."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".html")
    documents = [path for path in files if path.suffix == ".json"]
    path = random.choice((random.choice(documents), random.choice(files)))
    shown = path.relative_to(folder).as_posix()
    if random.random() < 0.05:
        path.unlink()
        return f"{shown} gone"
    if random.random() < 0.1:
        other = random.choice([one for one in files if one.suffix == path.suffix])
        path.write_bytes(other.read_bytes())
        return f"{shown} is {other.relative_to(folder).as_posix()}"
    change = of_json_text if path.suffix == ".json" else of_bytes
    said, content = change(random, path.read_bytes())
    path.write_bytes(content)
    return f"{shown}: {said}"


def make_tiles(folder: Path) -> Any:
    """Tiles of a plate of two wells; their pixels by their ids."""
    export = folder / "export"
    export.mkdir()
    make_export(export)
    plate = ingest(export, folder / "P1.ome.zarr", workers=1)
    tiles = create_tiles([plate], folder / "tiles.zarr", TileSpec(8, grid=2), workers=1)
    for name in ("export", "P1.ome.zarr"):
        shutil.rmtree(folder / name)
    return dict(zip(tiles.index["tile_id"], tiles.read(0, len(tiles)), strict=True))


def judge_tiles(folder: Path, known: Any) -> None:
    """Every tile that is read has the pixels that it had."""
    tiles = TileSet.open(folder / "tiles.zarr")
    assert repr(tiles)
    assert tiles._repr_html_()
    assert len(tiles.left_out) >= 0
    for start, stop in tiles.shards():
        pixels = tiles.read(start, stop)
        for name, one in zip(tiles.index["tile_id"].iloc[start:stop], pixels, strict=True):
            assert np.array_equal(known[name], one), "pixels of another tile"


def make_features(folder: Path) -> Any:
    """Features of twenty tiles; what was written."""
    values = np.random.default_rng(3).normal(size=(20, 2, 12)).astype("float16")
    index = pd.DataFrame(
        {"tile_id": [f"P1/A01/1/{n}" for n in range(20)], "digest": [f"{n}" for n in range(20)]}
    )
    starts = range(0, len(values), SHARD_TILES)
    facts = {
        "recipe": "r",
        "views": 2,
        "digest": digest("r", [digest(values[start : start + SHARD_TILES]) for start in starts]),
        "crc32c": [view_sums(values[start : start + SHARD_TILES]) for start in starts],
    }
    place = folder / "features.zarr"
    sealed = {FEATURES.attribute: facts | {FEATURES.seal: digest(facts)}}
    zarr.create_group(LocalStore(place), attributes=sealed, zarr_format=3)
    array = zarr.create_array(
        LocalStore(place),
        name=FEATURES.array,
        shape=values.shape,
        chunks=(SHARD_TILES, 1, 12),
        shards=(SHARD_TILES, 2, 12),
        dtype="float16",
        zarr_format=3,
    )
    array[:] = values
    index.to_parquet(place / INDEX, write_page_checksum=True)
    return index, values


def judge_features(folder: Path, known: Any) -> None:
    """Features that are read are those that were written, of any tiles, all views or one."""
    index, values = known
    found = FeatureSet.open(folder / "features.zarr")
    assert repr(found)
    assert found._repr_html_()
    asked = index.iloc[[17, 3, 0]]
    assert np.array_equal(found.load(asked), values[[17, 3, 0]])
    assert np.array_equal(found.load(index, view=1), values[:, 1])


def make_measurements(folder: Path) -> Any:
    """Measurements of a plate of two wells; their tables."""
    field = FieldSpec(height=96, width=96, channels=("FITC", "DAPI"))
    (export,) = simulate_export(
        folder / "export",
        ExperimentSpec(clones_per_class=1, wells_per_clone=1, fields_per_well=1, field=field),
    )
    plate = ingest(export, folder / "P1.ome.zarr", workers=1)
    spec = channel_spec(plate, neurites=plate.channels[0], nuclei=plate.channels[1])
    found = measure_plate(plate, spec, folder / "M", workers=1)
    for name in ("export", "P1.ome.zarr"):
        shutil.rmtree(folder / name)
    return {name: found.table(name) for name in TABLES}


def judge_measurements(folder: Path, known: Any) -> None:
    """Tables that are read are those that were measured."""
    found = Measurements.open(folder / "M")
    assert found._repr_html_()
    assert isinstance(found.notices, list)
    found.illumination()
    for name in TABLES:
        pd.testing.assert_frame_equal(found.table(name), known[name])


def _rows_mutated(random: Random, folder: Path, whole: list[list[str]]) -> str:
    said, rows = of_cells(random, whole)
    name = written(random, rows, folder)
    if random.random() < 0.3 and not name.endswith("xlsx"):
        more, content = of_bytes(random, (folder / name).read_bytes())
        (folder / name).write_bytes(content)
        said = f"{said}, {more}"
    return f"{name}: {said}"


def mutate_calls(random: Random, folder: Path, _: Any) -> str:
    """Change people's calls."""
    return _rows_mutated(random, folder, CALLS)


def judge_calls(folder: Path, _: Any) -> None:
    """Calls that are read are of clones that there are and of the classes, and right or not by the labels."""
    found = read_calls(the_table(folder), GROUPS, positive="ALS", negative="control")
    true = dict(GROUPS.itertuples(index=False))
    assert set(found["call"]) <= {"ALS", "control"}
    assert [true[name] for name in found["group"]] == found["label"].tolist()
    assert (found["right"] == (found["call"] == found["label"])).all()


def mutate_clinical(random: Random, folder: Path, _: Any) -> str:
    """Change a clinical table."""
    return _rows_mutated(random, folder, CLINICAL)


def judge_clinical(folder: Path, _: Any) -> None:
    """A clinical table has the study's clones, each once, in order; what it says of them can be told."""
    found = read_clinical(the_table(folder), units=["c1", "c2", "c3"])
    assert found.values.index.tolist() == ["c1", "c2", "c3"]
    assert found.summary()
    assert len(found.table) == len(found.values.columns)


KINDS = (
    Kind("tiles", make_tiles, mutate_files, judge_tiles),
    Kind("features", make_features, mutate_files, judge_features),
    Kind("measured", make_measurements, mutate_files, judge_measurements),
    Kind("calls", lambda folder: None, mutate_calls, judge_calls),
    Kind("clinical", lambda folder: None, mutate_clinical, judge_clinical),
)
