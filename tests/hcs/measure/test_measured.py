"""Stored measurements, read: of the plate as it is, with tables as they were written, or a sentence."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs.heatmaps.heatmap import heatmap
from hcs.measure.measured import RECORD, Measurements, default_place
from hcs_plates.description import PlateSpec
from hcs_plates.errors import NotThereError, StoreError
from hcs_plates.plate import Plate, create_plate

Change = Callable[[PlateSpec], PlateSpec]


@pytest.fixture
def copied(small_plate: Plate, measured: Measurements, tmp_path: Path) -> Measurements:
    """The measured plate and its measurements, copied to another folder."""
    shutil.copytree(small_plate.path, tmp_path / "moved" / small_plate.path.name)
    return Measurements.open(shutil.copytree(measured.path, tmp_path / "moved" / measured.path.name))


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("P1.ome.zarr", "P1.measurements"),
        ("P1.zarr", "P1.measurements"),
        ("P1", "P1.measurements"),
        ("P1.rep1.ome.zarr", "P1.rep1.measurements"),
        ("2026.11.30 screen.ome.zarr", "2026.11.30 screen.measurements"),
    ],
)
def test_every_plate_has_a_place_of_its_own(small_plate: Plate, name: str, place: str) -> None:
    """Only what the stores of plates end in is taken off the name."""
    plate = Plate(Path("plates") / name, small_plate.spec)
    assert default_place(plate) == Path("plates").absolute() / place


def test_the_record_says_what_was_measured(measured: Measurements, small_plate: Plate) -> None:
    """The version, the plate by its images and its place beside the folder, the digests of the tables."""
    record = measured.record
    assert record["hcs"]
    assert record["images"] == small_plate.digest
    assert (measured.path.parent / record["place"]).resolve() == small_plate.path.resolve()
    assert set(record["files"]) == {"cells", "fields", "wells"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda spec: replace(spec, checksums=dict.fromkeys(spec.checksums, "0")), "had other images"),
        (lambda spec: replace(spec, wells=spec.wells.assign(clone="C9")), "had another platemap"),
        (lambda spec: replace(spec, pixel_size_um=(0.1, 0.1)), "another pixel size than now"),
    ],
)
def test_of_another_plate_they_are_refused(
    copied: Measurements, small_plate: Plate, change: Change, said: str
) -> None:
    """By whoever reads them with the plate: what is otherwise, and how to measure again."""
    now = Plate(copied.path.parent / small_plate.path.name, change(small_plate.spec))
    with pytest.raises(StoreError, match=rf"{said}.*; measure it again with `hcs measure .* --overwrite`"):
        Measurements.open(copied.path, now)
    with pytest.raises(StoreError, match=said):
        heatmap([now], "cell_count")
    assert Measurements.read(copied.path).fields.equals(copied.fields)


def test_the_plate_beside_them_is_looked_at(copied: Measurements, small_plate: Plate) -> None:
    """Without being told of the plate: they moved together; one that has gone cannot be asked."""
    plate = copied.path.parent / small_plate.path.name
    layout = small_plate.spec.layout
    black = np.zeros(layout.shape, dtype=layout.dtype)
    create_plate(plate, small_plate.spec, lambda well, number: black, overwrite=True)
    with pytest.raises(StoreError, match="had other images than now"):
        Measurements.open(copied.path)
    shutil.rmtree(plate)
    assert Measurements.open(copied.path).record == copied.record


def test_what_the_platemap_says_needs_no_measurements(copied: Measurements, small_plate: Plate) -> None:
    """A value of the platemap is shown though what was measured is of other images."""
    spec = replace(small_plate.spec, checksums=dict.fromkeys(small_plate.spec.checksums, "0"))
    now = Plate(copied.path.parent / small_plate.path.name, spec)
    assert len(heatmap([now], "clone").table)


@pytest.mark.parametrize("name", ["cells", "fields", "wells"])
@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-40]),
        lambda path: pd.concat([pd.read_parquet(path)] * 2).to_parquet(path),
        lambda path: pd.read_parquet(path).iloc[:1].to_parquet(path),
    ],
)
def test_tables_that_are_not_as_they_were(copied: Measurements, name: str, change: Any) -> None:
    """Cut short, doubled, short of rows: not believed."""
    change(copied.path / f"{name}.parquet")
    with pytest.raises(StoreError, match="measure the plate again"):
        copied.table(name)


@pytest.mark.parametrize(
    "written",
    [b"", b"\xff\xfe", b"[]", b"{}", b'{"version": 1, "recipe": 3}', b"[" * 100_000],
)
def test_a_record_of_another_shape(copied: Measurements, written: bytes) -> None:
    """One sentence, whatever it holds."""
    (copied.path / RECORD).write_bytes(written)
    with pytest.raises(StoreError, match="holds no measurements; make them with `hcs measure PLATE`"):
        Measurements.open(copied.path)


def test_measurements_of_an_earlier_version(copied: Measurements, small_plate: Plate) -> None:
    """Without digests they open; their recipe still tells whether the plate is the one that was measured."""
    record = {
        key: value for key, value in copied.record.items() if key not in ("files", "images", "place", "hcs")
    }
    (copied.path / RECORD).write_text(json.dumps(record), encoding="utf-8")
    assert len(Measurements.open(copied.path, small_plate).fields)
    other = replace(small_plate.spec, checksums=dict.fromkeys(small_plate.spec.checksums, "0"))
    with pytest.raises(StoreError, match="had other images than now"):
        Measurements.open(copied.path, Plate(small_plate.path, other))
    (copied.path / "cells.parquet").unlink()
    with pytest.raises(NotThereError, match="measure the plate again"):
        copied.table("cells")
