"""What becomes of an export's planes in the plate, against the pixels that were written."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from hcs_plates.errors import ArgumentError, ExistsError, ReaderError
from hcs_plates.export import Export
from hcs_plates.ingestion import ingest
from hcs_plates.plate import open_plate
from hcs_plates.readers.acquisition import Acquisition
from hcs_plates.readers.detect import scan
from hcs_plates.readers.flatfield import FlatField

PATTERN = "{well}_f{field}_t{time}_z{z}_{channel}.tif"
SIDES = (40, 48)


def slope(fall: float) -> FlatField:
    """Light that falls from left to right, by so much."""
    return FlatField(((1.0,), (-fall, 0.0)), (23.5, 19.5), (1 / 47, 1 / 39), (48, 40))


def picture(well: str, field: int, time: int, z: int) -> Any:
    """An image that only this plane has."""
    rng = np.random.default_rng([ord(well[0]), field, time, z])
    return rng.integers(0, 60000, SIDES, dtype="uint16")


@pytest.fixture
def stacks(tmp_path: Path) -> Export:
    """Two wells of two fields, three time points, three steps in z, one channel."""
    folder = tmp_path / "export"
    folder.mkdir()
    for well in ("A01", "B02"):
        for field in (1, 2):
            for time in range(3):
                for z in range(3):
                    path = folder / f"{well}_f{field}_t{time}_z{z}_GFP.tif"
                    tifffile.imwrite(path, picture(well, field, time, z))
    return Export(folder, pattern=PATTERN, name="P1")


def stack(well: str, field: int, time: int, steps: tuple[int, ...] = (0, 1, 2)) -> Any:
    """Planes as they were written."""
    return np.stack([picture(well, field, time, z) for z in steps])


def found_with(monkeypatch: pytest.MonkeyPatch, **facts: Any) -> None:
    """Let every export say more than its files do."""

    def told(*args: Any, **settings: Any) -> Acquisition:
        return replace(scan(*args, **settings), **facts)

    monkeypatch.setattr("hcs_plates.export.scan", told)


def test_stacks_become_one_plane_of_what_is_there(stacks: Export, tmp_path: Path) -> None:
    """A stack that lacks a plane, or has a damaged one, is the maximum of the others, and that is told."""
    (stacks.path / "A01_f1_t0_z1_GFP.tif").unlink()
    broken = stacks.path / "B02_f2_t1_z0_GFP.tif"
    tifffile.imwrite(broken, picture("B02", 2, 1, 0), compression="zlib")
    damaged = bytearray(broken.read_bytes())
    damaged[-2000:] = bytes(2000)
    broken.write_bytes(damaged)
    for z in range(3):
        (stacks.path / f"A01_f2_t2_z{z}_GFP.tif").unlink()
    plate = ingest(replace(stacks, z="mean"), tmp_path / "P1.ome.zarr")
    assert plate.spec.layout.axes == ("t", "c", "y", "x")
    whole = stack("B02", 1, 2).astype(float).mean(axis=0)
    assert np.array_equal(plate["B02"][1].image("GFP", time=2), np.floor(whole + 0.5))
    part = stack("A01", 1, 0, (0, 2)).astype(float).mean(axis=0)
    assert np.array_equal(plate["A01"][1].image("GFP", time=0), np.floor(part + 0.5))
    part = stack("B02", 2, 1, (1, 2)).astype(float).mean(axis=0)
    assert np.array_equal(plate["B02"][2].image("GFP", time=1), np.floor(part + 0.5))
    lacking = plate.lacking.set_index(["well", "field", "time", "z"])
    assert set(lacking.index) == {("A01", 1, 0, 1), ("B02", 2, 1, 0)}
    assert plate.missing[["well", "field", "time", "z"]].to_numpy().tolist() == [["A01", 2, 2, 0]]
    notes = " ".join(plate.info()["notes"])
    assert "Of each stack in z the plate has the mean." in notes
    assert "2 planes of the export are missing from what was made of several" in notes
    assert open_plate(plate.path) == plate


def test_the_plane_in_focus_is_named(stacks: Export, tmp_path: Path) -> None:
    """Each field and time has a plane of its own, which the plate names; it is that plane's pixels."""
    made = ingest(replace(stacks, z="best-focus"), tmp_path / "P1.ome.zarr")
    plate = open_plate(made.path)
    assert plate == made
    assert len(plate.in_focus) == 12
    for well, field, channel, time, z in plate.in_focus.itertuples(index=False):
        planes = stack(well, field, time).astype(float)
        assert z == np.argmax(planes.var(axis=(1, 2)) / planes.mean(axis=(1, 2)))
        assert np.array_equal(plate[well][field].image(channel, time=time), picture(well, field, time, z))


def test_other_choices_make_another_plate(stacks: Export, tmp_path: Path) -> None:
    """The same choice opens the plate that stands there, another is refused, and none completes it."""
    out = tmp_path / "P1.ome.zarr"
    ingest(replace(stacks, z="max"), out)
    assert ingest(replace(stacks, z="max"), out).spec.made.z == "max"
    with pytest.raises(ExistsError):
        ingest(replace(stacks, z="mean"), out)
    with pytest.raises(ReaderError, match="anew with --overwrite"):
        ingest(replace(stacks, z="max"), out, complete=True)


def test_time_points_are_chosen(stacks: Export, tmp_path: Path) -> None:
    """They count from 0 again, missing planes with them, and the plate says which they were."""
    (stacks.path / "A01_f1_t2_z1_GFP.tif").unlink()
    plate = ingest(replace(stacks, times=(2, 0)), tmp_path / "P1.ome.zarr")
    assert plate.spec.layout.n_times == 2
    assert np.array_equal(plate["B02"][2].image("GFP", time=1), stack("B02", 2, 2))
    assert plate.missing[["time", "z"]].to_numpy().tolist() == [[1, 1]]
    assert "has 0, 2, which are its times 0 to 1." in " ".join(plate.info()["notes"])
    one = ingest(replace(stacks, times=(1,)), tmp_path / "P2.ome.zarr")
    assert np.array_equal(one["A01"][1].image("GFP"), stack("A01", 1, 1))
    for wrong in ((3,), (-1,), ()):
        with pytest.raises(ArgumentError, match="has 3 time points, 0 to 2"):
            replace(stacks, times=wrong).scan()


def test_light_is_evened_once_and_told(
    stacks: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pixels are divided and rounded, cut at the type's end and counted; kept profiles change no pixel."""
    found_with(monkeypatch, flat_fields={0: slope(1.0)})
    kept = ingest(replace(stacks, z="max"), tmp_path / "kept.ome.zarr")
    assert np.array_equal(kept["A01"][1].image("GFP", time=0), stack("A01", 1, 0).max(axis=0))
    assert kept.spec.made.flat_fields["GFP"]["coefficients"] == [[1.0], [-1.0, 0.0]]
    assert not kept.spec.made.flat_field_applied
    plate = ingest(replace(stacks, flat_field="apply"), tmp_path / "even.ome.zarr")
    light = np.broadcast_to(np.linspace(1.5, 0.5, SIDES[1]), SIDES).astype(np.float32)
    assert np.allclose(slope(1.0).profile(SIDES), light, atol=1e-6)
    light = slope(1.0).profile(SIDES)
    clipped = 0
    for well, field in (("A01", 1), ("B02", 2), ("A01", 2), ("B02", 1)):
        for time in range(3):
            even = np.rint(stack(well, field, time) / light)
            clipped += int((even > 65535).sum())
            assert np.array_equal(plate[well][field].image("GFP", time=time), np.minimum(even, 65535))
    assert clipped > 0
    assert plate.spec.made.clipped == {"GFP": clipped}
    assert f"{clipped} pixels of GFP were cut" in " ".join(plate.info()["notes"])
    assert plate.spec.made.flat_field_applied
    assert open_plate(plate.path) == plate


@pytest.mark.parametrize(
    ("light", "said"), [({}, "no flat field to apply"), ({0: slope(2.0)}, "flat field of GFP is no")]
)
def test_what_is_no_light_is_refused(
    stacks: Export, tmp_path: Path, light: Mapping[int, FlatField], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without profiles, or with one that would divide by zero, nothing is written."""
    found_with(monkeypatch, flat_fields=light)
    with pytest.raises((ArgumentError, ReaderError), match=said):
        ingest(replace(stacks, flat_field="apply"), tmp_path / "P1.ome.zarr")
    assert [one.name for one in tmp_path.iterdir()] == ["export"]


def test_counts_that_disagree_stop_unless_allowed(
    stacks: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All sentences stand in the refusal; allowed, they are notes of the plate."""
    said = ("5 planes in z are stated, 3 are there", "2 sites are stated, 4 are there")
    found_with(monkeypatch, disagreements=said)
    with pytest.raises(ReaderError) as refused:
        ingest(stacks, tmp_path / "P1.ome.zarr")
    assert all(sentence in str(refused.value) for sentence in said)
    plate = ingest(replace(stacks, allow_incomplete=True), tmp_path / "P1.ome.zarr")
    assert set(said) <= set(plate.info()["notes"])


def test_moments_of_imaging_stand_with_fields(
    stacks: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each field has the moment that the export states, or none; the plate tells first and last."""
    moments = {("A01", 1): "2024-05-02T10:00:00+02:00", ("B02", 2): "2024-05-02T11:30:00+02:00"}
    found_with(monkeypatch, imaged_at=moments)
    plate = open_plate(ingest(stacks, tmp_path / "P1.ome.zarr").path)
    table = plate.fields.set_index(["well", "field"])["imaged_at"]
    assert table[("A01", 1)] == moments["A01", 1]
    assert table[("A01", 2)] is None
    assert plate.info()["imaged"] == list(moments.values())


def test_times_without_a_channel_are_refused(stacks: Export) -> None:
    """A stain imaged at the end only cannot be in a plate of the beginning, and is not left out unsaid."""
    for well in ("A01", "B02"):
        for field in (1, 2):
            tifffile.imwrite(stacks.path / f"{well}_f{field}_t2_z0_DNA.tif", picture(well, field, 2, 0))
    with pytest.raises(ArgumentError, match=r"DNA was not imaged at time 0, 1, only at 2"):
        replace(stacks, times=(0, 1)).scan()
    assert [one.name for one in replace(stacks, times=(2,)).scan().channels] == ["DNA", "GFP"]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("z", "one"), [("max", np.max), ("mean", lambda stack, axis: np.floor(stack.mean(axis=axis) + 0.5))]
)
def test_a_real_stack_is_projected(shared_data: Path, tmp_path: Path, z: str, one: Any) -> None:
    """Two planes in z of a real export become one; the channel that has a single plane stays that plane."""
    folder = shared_data / "imagexpress_cv8000" / "ImageXpress_exported" / "9987_Plate_3434"
    plate = ingest(Export(folder, z=z, allow_incomplete=True), tmp_path / "P1.ome.zarr")
    steps = [folder / "TimePoint_1" / f"ZStep_{step}" / "9987_B03_s2_w1.TIF" for step in (1, 2)]
    stack = np.stack([tifffile.imread(path).astype(float) for path in steps])
    assert stack.std() > 0
    assert np.array_equal(plate["B03"][2].image("DAPI"), one(stack, axis=0))
    kept = ingest(Export(folder, allow_incomplete=True), tmp_path / "P2.ome.zarr")
    for channel in ("FITC", "Texas Red"):
        assert np.array_equal(plate["B03"][2].image(channel), kept["B03"][2].image(channel)[0])


@pytest.mark.shared
def test_real_light_is_evened(shared_data: Path, tmp_path: Path) -> None:
    """Over a real field the light falls less once its instrument's profile is applied."""
    folder = shared_data / "opera_phenix" / "Version1" / "images"
    plate = ingest(Export(folder, flat_field="apply"), tmp_path / "P1.ome.zarr")
    before = tifffile.imread(folder / "r01c01f01p01-ch1sk1fk1fl1.tiff").astype(float)
    after = plate["A01"][1].image(plate.channels[0]).astype(float)
    assert after.mean() == pytest.approx(before.mean(), rel=0.05)

    def unevenness(image: Any) -> float:
        coarse = np.median(image.reshape(10, 108, 10, 108), axis=(1, 3))
        return float(coarse.std() / coarse.mean())

    assert unevenness(after) < 0.5 * unevenness(before)
