"""Simulated exports: what an IN Cell Analyzer would leave, whole or not at all, whoever ran it."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import tifffile
from defusedxml import ElementTree

from hcs_plates.errors import ArgumentError, ExistsError
from hcs_plates.platemap import read_platemap
from hcs_plates.readers.detect import scan
from hcs_plates.simulate import (
    DiseaseEffect,
    ExperimentSpec,
    FieldSpec,
    export,
    render_field,
    simulate_export,
    simulate_wells,
)
from hcs_plates.units import file_digest

SPEC = ExperimentSpec(
    name="als",
    clones_per_class=2,
    wells_per_clone=1,
    fields_per_well=2,
    field=FieldSpec(height=48, width=64, channels=("FITC", "DAPI")),
    disease=DiseaseEffect(beading=0.7),
    seed=9,
)


def _digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): file_digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One small plate."""
    (folder,) = simulate_export(tmp_path_factory.mktemp("simulated") / "export", SPEC)
    return folder


def test_files_are_named_as_the_instrument_names_them(exported: Path) -> None:
    """Row, padded column, field number padded to the width of the count, and the filters' names."""
    wells = [well.well for well in simulate_wells(SPEC)]
    expected = {
        f"{well[0]} - {well[1:]}(fld {field} wv {wave}).tif"
        for well in wells
        for field in (1, 2)
        for wave in ("Blue - FITC", "UV - DAPI")
    }
    assert {path.name for path in exported.glob("*.tif")} == expected


def test_field_numbers_are_padded_to_the_width_of_the_count(tmp_path: Path) -> None:
    """Of ten fields the first is ``01``."""
    spec = replace(SPEC, clones_per_class=1, fields_per_well=10, field=FieldSpec(height=16, width=16))
    (folder,) = simulate_export(tmp_path / "ten", spec)
    numbers = {path.name.split("fld ")[1].split(" ")[0] for path in folder.glob("*.tif")}
    assert numbers == {f"{number:02d}" for number in range(1, 11)}


def test_the_xdce_lists_exactly_the_files_that_are_there(exported: Path) -> None:
    """Every TIFF once, under the well and indices of its name."""
    root = ElementTree.parse(exported / "als-1.xdce").getroot()
    images = root.findall(".//Image")
    assert sorted(image.get("filename") for image in images) == sorted(
        path.name for path in exported.glob("*.tif")
    )
    assert root.find(".//Images").get("number") == str(len(images))
    assert (root.find(".//Plate").get("rows"), root.find(".//Plate").get("columns")) == ("4", "6")
    for image in images:
        row, column = (int(image.find(f"Well/{axis}").get("number")) for axis in ("Row", "Column"))
        indices = image.find("Identifier")
        wave = ("Blue - FITC", "UV - DAPI")[int(indices.get("wave_index"))]
        field = int(indices.get("field_index")) + 1
        assert image.get("filename") == f"{'ABCD'[row - 1]} - {column:02d}(fld {field} wv {wave}).tif"


def test_the_reader_finds_a_whole_plate(exported: Path) -> None:
    """Scanned as any export: nothing missing, pixel size and channels as simulated, the map fits."""
    found = scan(exported)
    assert (found.name, found.reader, found.shape, found.dtype) == ("als-1", "incell", (48, 64), "uint16")
    assert [channel.name for channel in found.channels] == ["Blue - FITC", "UV - DAPI"]
    assert len(found.planes) == 16
    assert not found.missing
    assert found.notes == ()
    assert found.pixel_size_um == (0.65, 0.65)
    assert len(set(found.positions_um.values())) == 2
    wells = read_platemap(exported / "platemap.csv", plate="als-1", format=found.format, imaged=found.wells())
    assert wells.attrs["notices"] == []
    assert list(wells.index) == found.wells()
    assert set(wells["diagnosis"]) == {"control", "ALS"}
    assert wells["included"].all()


def test_pixels_and_truth_are_those_of_the_field(exported: Path) -> None:
    """Each TIFF holds its channel of the field named PLATE/WELL/FIELD, and truth.csv what was drawn."""
    truth = pd.read_csv(exported / "truth.csv").set_index(["well", "field"])
    for well in simulate_wells(SPEC):
        for number in (1, 2):
            field = render_field(well.field, seed=SPEC.seed, name=f"als-1/{well.well}/{number}")
            for wave, plane in zip(("Blue - FITC", "UV - DAPI"), field.pixels, strict=True):
                name = f"{well.well[0]} - {well.well[1:]}(fld {number} wv {wave}).tif"
                assert (tifffile.imread(exported / name) == plane).all()
            row = truth.loc[(well.well, number)]
            assert row["cells"] == field.truth.cells
            assert row["neurite_um"] == pytest.approx(field.truth.neurite_um)
            assert row["beading"] == (0.7 if row["diagnosis"] == "ALS" else 0.0)
            assert math.isnan(row["soma_area_um2"]) == (field.truth.cells == 0)


def test_one_thread_many_threads_and_a_cluster_give_the_same_bytes(
    exported: Path, tmp_path: Path, two_workers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the number of workers nor the scheduler changes a byte of any file."""
    monkeypatch.chdir(tmp_path)
    (one,) = simulate_export("one", SPEC, workers=1)
    (cluster,) = simulate_export("cluster", SPEC, client=two_workers)
    assert _digests(one) == _digests(cluster) == _digests(exported)


def test_several_plates_stand_in_folders_of_their_own(tmp_path: Path) -> None:
    """`out/<plate>`, each with its own map; progress counts every field."""
    seen: list[tuple[int, int]] = []
    spec = replace(SPEC, plates=2, batches=2, field=FieldSpec(height=16, width=16))
    folders = simulate_export(tmp_path / "two", spec, progress=lambda done, total: seen.append((done, total)))
    assert folders == [tmp_path / "two" / "als-1", tmp_path / "two" / "als-2"]
    for folder, batch in zip(folders, ("B1", "B2"), strict=True):
        assert scan(folder).name == folder.name
        assert set(pd.read_csv(folder / "platemap.csv")["differentiation_batch"]) == {batch}
    assert seen[-1] == (16, 16)
    assert sorted(path.name for path in (tmp_path / "two").iterdir()) == ["als-1", "als-2", "experiment.json"]


def test_an_existing_folder_is_refused_or_replaced_whole(tmp_path: Path) -> None:
    """Without `overwrite` nothing is touched; with it the old simulation goes, but never something else."""
    spec = replace(SPEC, field=FieldSpec(height=16, width=16))
    out = tmp_path / "export"
    simulate_export(out, spec)
    before = _digests(out)
    with pytest.raises(ExistsError, match="exists already"):
        simulate_export(out, replace(spec, seed=10))
    assert _digests(out) == before
    simulate_export(out, replace(spec, seed=10), overwrite=True)
    assert _digests(out) != before
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years", encoding="utf-8")
    with pytest.raises(ArgumentError, match="not something hcs wrote"):
        simulate_export(mine, spec, overwrite=True)
    assert (mine / "thesis.txt").read_text(encoding="utf-8") == "years"


@pytest.fixture
def dies_at_the_fifth_field(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stop the program in the middle; the list tells which fields were drawn."""
    drawn: list[str] = []

    def dying(spec: FieldSpec, **which: Any) -> Any:
        drawn.append(which["name"])
        if len(drawn) == 5:
            raise KeyboardInterrupt
        return render_field(spec, **which)

    monkeypatch.setattr(export, "render_field", dying)
    return drawn


def test_a_killed_run_leaves_nothing_and_is_gone_on_with(
    exported: Path, tmp_path: Path, dies_at_the_fifth_field: list[str]
) -> None:
    """After a kill `out` is not there; the next run draws only what is missing and ends the same."""
    drawn = dies_at_the_fifth_field
    out = tmp_path / "export"
    with pytest.raises(KeyboardInterrupt):
        simulate_export(out, SPEC, workers=1)
    assert not out.exists()
    assert len(drawn) == 5
    simulate_export(out, SPEC, workers=1)
    assert len(drawn) == 8 + 1
    assert _digests(out) == _digests(exported)


def test_another_experiments_remains_do_not_get_in(
    tmp_path: Path, dies_at_the_fifth_field: list[str]
) -> None:
    """What a killed run of another spec left in the staging place is not part of the next export."""
    out = tmp_path / "export"
    other = replace(SPEC, fields_per_well=3)
    with pytest.raises(KeyboardInterrupt):
        simulate_export(out, other, workers=1)
    (folder,) = simulate_export(out, SPEC, workers=1)
    assert len(list(folder.glob("*.tif"))) == 16
    assert [path.name for path in tmp_path.iterdir()] == ["export"]
