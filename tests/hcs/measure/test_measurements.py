"""Measurements of a plate: tables, opening again, going on, and that nothing is dropped without a word."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from hcs.measure import measurements as module
from hcs.measure.fields import MeasureSpec, measure_field
from hcs.measure.measured import Measurements, default_place
from hcs.measure.measurements import learn_illumination, measure_plate, planes
from hcs_plates import staging
from hcs_plates.description import PlateSpec
from hcs_plates.errors import ArgumentError, ExistsError, HcsError, NotThereError, StoreError
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import Plate, create_plate
from hcs_plates.readers.acquisition import Channel, PlaneKey
from hcs_plates.wells import FORMATS

BOTH = MeasureSpec("FITC", "DAPI")
QUICK = MeasureSpec(None, "DAPI")
REAL = module._measure_well


class Count:
    """Stands in for the measuring of a well: counts, and may break on one well."""

    def __init__(self, breaks_on: str | None = None, error: type[Exception] = RuntimeError) -> None:
        self.wells: list[str] = []
        self.breaks_on = breaks_on
        self.error = error

    def __call__(self, work: Any) -> Any:
        """Measure a well."""
        well = work.fields[0].well
        if well == self.breaks_on:
            raise self.error(f"well {well} broke")
        self.wells.append(well)
        return REAL(work)


def blank(well: str, number: int) -> npt.NDArray[Any]:
    """Draw noise and nothing else."""
    rng = np.random.default_rng([ord(letter) for letter in well] + [number])
    return np.asarray(rng.normal(200, 8, (2, 256, 256)).astype(np.uint16))


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Count:
    """Count the wells that are measured."""
    count = Count()
    monkeypatch.setattr(module, "_measure_well", count)
    return count


def test_tables_of_a_plate(measured: Measurements, small_plate: Plate) -> None:
    """A row per measured field, cell and well of the platemap; places first."""
    assert measured.path == small_plate.path.with_name("P1.measurements")
    fields, cells, wells = measured.fields, measured.cells, measured.wells
    assert [*zip(fields["well"], fields["field"], strict=True)] == [
        ("A01", 1), ("A01", 2), ("A02", 1), ("A02", 2), ("A03", 1),
    ]  # fmt: skip
    for table in (fields, cells):
        assert list(table.columns[:3]) == ["plate", "well", "field"]
        assert (table["plate"] == "P1").all()
    assert list(fields.columns[-2:]) == ["included", "reason"]
    assert wells["well"].tolist() == ["A01", "A02", "A03", "A04"]
    assert wells["role"].tolist() == small_plate.wells["role"].tolist()
    per_field = cells[cells["counted"]].groupby(["well", "field"]).size()
    assert (
        fields.set_index(["well", "field"])["cell_count"].loc[per_field.index].tolist() == per_field.tolist()
    )
    assert {"neurite_length_um", "mean_soma_area_um2", "FITC_focus", "DAPI_focus"} <= set(fields)
    assert {"FITC_soma_mean", "DAPI_nucleus_mean", "included"} <= set(cells)
    left = sorted(path.name for path in measured.path.iterdir())
    assert left == ["cells.parquet", "fields.parquet", "measurements.json", "wells.parquet"]


def test_numbers_are_those_of_the_fields(measured: Measurements, small_plate: Plate) -> None:
    """One field by hand, with the stored illumination."""
    field = small_plate["A01"][2]
    channels = planes(field, BOTH.channels)
    alone = measure_field(channels, 0.65, BOTH, measured.illumination())
    row = measured.fields.set_index(["well", "field"]).loc[("A01", 2)]
    for name, value in alone.values.items():
        assert row[name] == pytest.approx(value, nan_ok=True), name
    assert measured.illumination().keys() == learn_illumination([field], BOTH).keys()


def test_a_flagged_field_stays_and_does_not_count(measured: Measurements) -> None:
    """The blank field keeps its row and its reason, and is left out of its well's means."""
    fields = measured.fields.set_index(["well", "field"])
    assert fields["included"].tolist() == [True, True, True, False, True]
    assert "empty" in fields.loc[("A02", 2), "reason"]
    assert (fields.loc[fields["included"], "reason"] == "").all()
    well = measured.wells.set_index("well").loc["A02"]
    assert (well["n_fields"], well["n_fields_included"]) == (2, 1)
    assert well["neurite_length_um_mean"] == fields.loc[("A02", 1), "neurite_length_um"]
    assert not measured.cells.loc[
        (measured.cells["well"] == "A02") & (measured.cells["field"] == 2), "included"
    ].any()


def test_nothing_is_dropped_without_a_word(measured: Measurements) -> None:
    """A field with a missing plane and a well that is not included are listed; their wells keep a row."""
    assert measured.record["left_out"] == [
        {"what": "field", "where": "A03 field 2", "reason": "file gone"},
        {"what": "well", "where": "A04", "reason": "not included (platemap)"},
    ]
    wells = measured.wells.set_index("well")
    assert wells["n_fields"].to_dict() == {"A01": 2, "A02": 2, "A03": 1, "A04": 0}
    assert any("too few" in notice for notice in measured.notices)


def test_a_plane_of_another_channel_may_be_missing(small_plate: Plate, tmp_path: Path) -> None:
    """A field is measured if it has what is asked for; a field that lacks that is listed."""
    missing_dapi = small_plate.spec.missing
    neurites = measure_plate(small_plate, MeasureSpec("FITC", None), tmp_path / "m")
    assert {key.channel for key in missing_dapi} == {1}
    assert len(neurites.fields) == 6
    assert [row["what"] for row in neurites.record["left_out"]] == ["well"]


def test_a_field_without_any_plane_is_listed(measurable: Callable[..., Plate], tmp_path: Path) -> None:
    """Also one that has no pixels stored at all."""
    missing = {PlaneKey("A01", 3, channel): "file gone" for channel in (0, 1)}
    plate = measurable(tmp_path, missing=missing, pixels=blank)
    left_out = measure_plate(plate, QUICK).record["left_out"]
    assert {"what": "field", "where": "A01 field 3", "reason": "file gone"} in left_out


def test_columns_of_the_platemap_do_not_clash(
    measurable: Callable[..., Plate], small_plate: Plate, tmp_path: Path
) -> None:
    """A platemap may say how many cells were seeded; a name that is taken is refused in words."""
    plate = measurable(tmp_path, wells=small_plate.wells.assign(n_cells=5000), pixels=blank)
    try:
        measure_plate(plate, QUICK)
    except HcsError as error:
        assert "n_cells" in error.message  # noqa: PT017 - either way out is right


def test_groups(measured: Measurements) -> None:
    """Clones by default, any column of the wells table on request."""
    clones = measured.groups().set_index("clone")
    wells = measured.wells.set_index("well")
    assert clones["n_wells"].to_dict() == {"c1": 2, "c2": 1}
    assert clones.loc["c1", "cell_count_mean"] == wells.loc[["A01", "A02"], "cell_count_mean"].mean()
    assert clones.loc["c2", "cell_count_mean"] == wells.loc["A03", "cell_count_mean"]
    assert set(measured.groups("role")["role"]) == {"negative_control", "sample"}
    with pytest.raises(ArgumentError, match="no column 'donor'"):
        measured.groups("donor")


def test_measured_once(measured: Measurements, small_plate: Plate, counted: Count) -> None:
    """Asked for again, the measurements are opened, also where overwriting is allowed."""
    for overwrite in (False, True):
        again = measure_plate(small_plate, BOTH, overwrite=overwrite)
        assert again.record == measured.record
    assert counted.wells == []
    reopened = Measurements.open(str(measured.path))
    pd.testing.assert_frame_equal(reopened.cells, measured.cells)


def test_what_stands_beside_the_plate_is_not_measured_again(
    measured: Measurements, small_plate: Plate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A study takes over what was measured with the same settings, and no other."""
    monkeypatch.setattr("hcs.measure.measurements._measure_well", lambda _: pytest.fail("measured"))
    copy = measure_plate(small_plate, BOTH, tmp_path / "copy")
    for name in ("cells", "fields", "wells"):
        pd.testing.assert_frame_equal(copy.table(name), measured.table(name))
    assert copy.path == tmp_path / "copy"
    assert copy.record == measured.record | {"place": copy.record["place"]}
    assert (tmp_path / copy.record["place"]).resolve() == small_plate.path.resolve()


@pytest.mark.slow
def test_processes_and_threads_measure_alike(
    measured: Measurements,
    small_plate: Plate,
    tmp_path: Path,
    two_workers: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two Dask workers make the tables that threads make, wherever they stand."""
    monkeypatch.chdir(tmp_path)
    # What stands beside the plate would be copied.
    monkeypatch.setattr("hcs.measure.measurements.default_place", lambda _: tmp_path / "nowhere")
    other = measure_plate(small_plate, BOTH, "m", client=two_workers)
    assert {**other.record, "place": "P1.ome.zarr"} == measured.record
    for name in ("cells", "fields", "wells"):
        pd.testing.assert_frame_equal(other.table(name), measured.table(name))


def test_a_killed_run_goes_on(
    small_plate: Plate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counted: Count
) -> None:
    """Wells with a receipt are not measured again, and the result is that of a run in one go."""
    monkeypatch.setattr(module, "_measure_well", Count(breaks_on="A03"))
    with pytest.raises(RuntimeError, match="well A03 broke"):
        measure_plate(small_plate, QUICK, tmp_path / "m", workers=1)
    assert not (tmp_path / "m").exists()
    monkeypatch.setattr(module, "_measure_well", counted)
    resumed = measure_plate(small_plate, QUICK, tmp_path / "m", workers=1)
    assert counted.wells == ["A03"]
    whole = measure_plate(small_plate, QUICK, tmp_path / "whole")
    pd.testing.assert_frame_equal(resumed.cells, whole.cells)
    pd.testing.assert_frame_equal(resumed.fields, whole.fields)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m", "whole"]


def test_other_settings_do_not_go_on(
    small_plate: Plate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counted: Count
) -> None:
    """What an interrupted run with other settings left is not used."""
    monkeypatch.setattr(module, "_measure_well", Count(breaks_on="A03"))
    with pytest.raises(RuntimeError):
        measure_plate(small_plate, QUICK, tmp_path / "m", workers=1)
    monkeypatch.setattr(module, "_measure_well", counted)
    measure_plate(small_plate, replace(QUICK, even_light=False), tmp_path / "m", workers=1)
    assert counted.wells == ["A01", "A02", "A03"]


def test_a_refused_well_is_told(small_plate: Plate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run is refused with the well and its sentence, and no measurements are left that look whole."""
    monkeypatch.setattr(module, "_measure_well", Count(breaks_on="A02", error=ArgumentError))
    with pytest.raises(HcsError, match=r"^1 of 3 units were refused.*\n  measure-A02  well A02 broke$"):
        measure_plate(small_plate, QUICK, tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_progress_is_told(small_plate: Plate, tmp_path: Path) -> None:
    """Wells done and in all, from none to all."""
    told: list[tuple[int, int]] = []
    measure_plate(small_plate, QUICK, tmp_path / "m", progress=lambda done, of: told.append((done, of)))
    assert (told[0], told[-1]) == ((0, 3), (3, 3))


@pytest.mark.parametrize(
    ("pixel_size_um", "sentence"),
    [
        (None, "The pixel size is not known, so lengths are in pixels"),
        ((0.65, 0.8), "Pixels are not square (0.65 × 0.8 µm), so lengths are in pixels"),
    ],
)
def test_lengths_in_pixels(
    measurable: Callable[..., Plate],
    tmp_path: Path,
    pixel_size_um: tuple[float, float] | None,
    sentence: str,
) -> None:
    """Without square pixels of known size every name says pixels, and a notice says why."""
    found = measure_plate(measurable(tmp_path, pixel_size_um=pixel_size_um), BOTH)
    assert found.notices[0].startswith(sentence)
    assert found.record["pixel_um"] is None
    for table in (found.fields, found.cells, found.wells):
        assert not [name for name in table if "_um" in name or "_mm2" in name]
    assert {"neurite_length_px", "mean_nucleus_area_px2"} <= set(found.fields)


def test_another_pixel_size_is_measured_anew(measurable: Callable[..., Plate], tmp_path: Path) -> None:
    """The same pixels with a corrected size are another plate: old lengths are not handed out."""
    measure_plate(measurable(tmp_path, pixel_size_um=None, pixels=blank), QUICK)
    found = measure_plate(measurable(tmp_path, pixels=blank), QUICK, overwrite=True)
    assert found.record["pixel_um"] == 0.65


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (MeasureSpec("GFP", "DAPI"), "Plate P1 has no channel 'GFP'; it has FITC, DAPI"),
        (MeasureSpec("FITC", "DAPI", ("SMN",)), "has no channel 'SMN'; it has FITC, DAPI"),
        (MeasureSpec("FITC", None, time=1), "has 1 time points; got time 1"),
        (MeasureSpec("FITC", None, time=-1), "has 1 time points; got time -1"),
    ],
)
def test_what_a_plate_lacks_is_refused(
    small_plate: Plate, tmp_path: Path, spec: MeasureSpec, sentence: str
) -> None:
    """Before any work, with what there is."""
    with pytest.raises(ArgumentError, match=sentence):
        measure_plate(small_plate, spec, tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


def test_no_whole_field_is_refused(
    measurable: Callable[..., Plate], small_plate: Plate, tmp_path: Path
) -> None:
    """Where nothing can be measured there are no empty tables."""
    wells = small_plate.wells.assign(included=False)
    plate = measurable(tmp_path, wells=wells, pixels=blank)
    with pytest.raises(ArgumentError, match="Plate P1 has no included well with a whole field"):
        measure_plate(plate, QUICK)


def test_a_kill_while_gathering(small_plate: Plate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When all wells are measured none is measured again, however often the rest is cut short."""

    def interrupt(_: Path) -> None:
        raise KeyboardInterrupt

    for moment in ("flush_tree", "flush_folder"):
        with monkeypatch.context() as killed:
            killed.setattr(staging, moment, interrupt)
            with pytest.raises(KeyboardInterrupt):
                measure_plate(small_plate, QUICK, tmp_path / moment)
        with monkeypatch.context() as again:
            again.setattr(module, "_measure_well", None)
            found = measure_plate(small_plate, QUICK, tmp_path / moment)
        assert len(found.fields)
        assert sorted(path.name for path in found.path.iterdir()) == [
            "cells.parquet", "fields.parquet", "measurements.json", "wells.parquet",
        ]  # fmt: skip
    assert not list(tmp_path.glob(".*"))


def test_a_taken_place(small_plate: Plate, tmp_path: Path) -> None:
    """Other measurements are replaced when asked, other folders never."""
    first = measure_plate(small_plate, QUICK, tmp_path / "m")
    other = replace(QUICK, even_light=False)
    with pytest.raises(ExistsError, match="exists already"):
        measure_plate(small_plate, other, tmp_path / "m")
    assert Measurements.open(tmp_path / "m").record == first.record
    replaced = measure_plate(small_plate, other, tmp_path / "m", overwrite=True)
    assert replaced.record["spec"]["even_light"] is False
    assert replaced.record["recipe"] != first.record["recipe"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(ExistsError):
        measure_plate(small_plate, QUICK, tmp_path / "mine")
    with pytest.raises(ArgumentError, match="not something hcs wrote"):
        measure_plate(small_plate, QUICK, tmp_path / "mine", overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m", "mine"]


def test_places_without_measurements(tmp_path: Path, measured: Measurements) -> None:
    """Nothing there, another folder, a damaged record: each is told apart from measurements."""
    with pytest.raises(NotThereError, match="does not exist; measure a plate with"):
        Measurements.open(tmp_path / "none")
    with pytest.raises(StoreError, match="holds no measurements"):
        Measurements.open(tmp_path)
    copy = tmp_path / "copy"
    shutil.copytree(measured.path, copy)
    (copy / "measurements.json").write_text('{"version"')
    with pytest.raises(StoreError, match="holds no measurements"):
        Measurements.open(copy)


def test_a_plate_without_a_cell(measurable: Callable[..., Plate], tmp_path: Path) -> None:
    """Every field is blank: tables with all rows of fields and wells, and none of cells."""
    found = measure_plate(measurable(tmp_path, missing={}, pixels=blank), BOTH)
    assert (len(found.fields), len(found.cells), len(found.wells)) == (6, 0, 4)
    assert {"plate", "well", "field", "cell", "counted", "included"} <= set(found.cells)
    assert not found.fields["included"].any()
    assert found.wells["n_cells"].tolist() == [0, 0, 0, 0]
    assert found.groups()["n_wells"].tolist() == [0, 0]


def test_times_and_stacks(tmp_path: Path) -> None:
    """One time point is read, and a stack by its maximum."""
    stack = np.random.default_rng(0).integers(100, 300, (2, 1, 3, 64, 64)).astype(np.uint16)
    spec = PlateSpec(
        name="T",
        format=FORMATS[24],
        channels=(Channel("DAPI"),),
        layout=FieldLayout(2, 1, 3, 64, 64, "uint16"),
        fields={"A01": (1,)},
        wells=pd.DataFrame(
            {"plate": ["T"], "clone": ["c"], "included": [True]}, index=pd.Index(["A01"], name="well")
        ),
    )
    plate = create_plate(tmp_path / "T.ome.zarr", spec, lambda well, number: stack.reshape(spec.layout.shape))
    for time in (0, 1):
        np.testing.assert_array_equal(
            planes(plate["A01"][1], ("DAPI",), time)["DAPI"], stack[time, 0].max(axis=0)
        )
    later = measure_plate(plate, replace(QUICK, time=1))
    assert later.fields.loc[0, "DAPI_mean"] == pytest.approx(stack[1, 0].max(axis=0).mean(), rel=1e-5)


def test_the_record_is_whole(measured: Measurements, small_plate: Plate) -> None:
    """Settings, units and illumination, as JSON that others can read."""
    record = json.loads((measured.path / "measurements.json").read_text())
    assert record == measured.record
    assert (record["plate"], record["pixel_um"], record["version"]) == ("P1", 0.65, 2)
    assert (record["spec"]["neurites"], record["spec"]["nuclei"]) == ("FITC", "DAPI")
    assert set(record["illumination"]) == {"FITC", "DAPI"}
    assert default_place(small_plate) == measured.path


def test_a_film_is_measured_at_the_moment_asked_for(measurable: Callable[..., Plate], tmp_path: Path) -> None:
    """As a plate of that moment alone is; which one it was is noted."""

    def film(well: str, number: int) -> npt.NDArray[Any]:
        return np.stack([blank("H12", number), blank(well, number)])

    (tmp_path / "film").mkdir()
    spec = replace(QUICK, time=1)
    found = measure_plate(measurable(tmp_path / "film", n_times=2, missing={}, pixels=film), spec)
    alone = measure_plate(measurable(tmp_path, missing={}, pixels=blank), QUICK)
    pd.testing.assert_frame_equal(found.fields, alone.fields)
    assert "Of the 2 time points of plate P1, time 1 (counted from 0) is taken." in found.notices
