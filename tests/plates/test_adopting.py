"""Adopting plates of other tools: what is kept, where, and what it proves."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import zarr
from tests.inputs.otherplates import noise, other_plate
from zarr.storage import LocalStore

from hcs_plates.adopting import adopt
from hcs_plates.errors import ArgumentError, PlatemapError, StoreError
from hcs_plates.plate import open_plate
from hcs_plates.proof import plane_sums


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A plate of two wells."""
    wells = {f"A/{column}": {"0": [noise(2, 20, 30, seed=column)]} for column in (1, 2)}
    return other_plate(tmp_path / "P.zarr", wells, version="0.4")


@pytest.fixture
def platemap(tmp_path: Path) -> Path:
    """A map of both."""
    file = tmp_path / "map.csv"
    file.write_text("well,clone,diagnosis\nA1,c1,control\nA2,p1,ALS\n")
    return file


def test_the_map_is_kept(path: Path, platemap: Path) -> None:
    """One file in the plate; the next opening finds it, and no other file of the plate is touched."""
    before = {file: file.stat().st_mtime_ns for file in path.rglob("*") if file.is_file()}
    adopted = adopt(path, platemap)
    assert adopted.file == path / "adopted.json"
    plate = open_plate(path)
    assert plate.wells["clone"].tolist() == ["c1", "p1"]
    assert plate.digest == adopted.plate.digest
    assert {file: file.stat().st_mtime_ns for file in before} == before
    assert sorted(path.parent.iterdir()) == sorted([path, platemap])


def test_changed_pixels_are_refused(path: Path, platemap: Path) -> None:
    """A plane that is another now is no plane of this plate; adopting anew takes it."""
    adopt(path, platemap)
    zarr.open_array(LocalStore(path / "A" / "1" / "0" / "0"), mode="r+")[1, 3, 3] = 9
    plate = open_plate(path)
    assert plate["A01"][0].image("channel 1").shape == (20, 30)
    with pytest.raises(StoreError, match="not those with which the plate was adopted"):
        plate["A01"][0].image("channel 2")
    adopt(path, overwrite=True)
    assert open_plate(path)["A01"][0].image("channel 2")[3, 3] == 9


def test_another_map_keeps_the_sums(path: Path, platemap: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No pixel is read a second time for a corrected map; without one, what was kept stays."""
    adopt(path, platemap)
    monkeypatch.setattr("hcs_plates.adopting.run_units", None)
    platemap.write_text("well,clone,diagnosis\nA1,c9,control\nA2,p1,ALS\n")
    assert adopt(path, platemap).plate.wells["clone"].tolist() == ["c9", "p1"]
    assert adopt(path).plate.wells["clone"].tolist() == ["c9", "p1"]


@pytest.fixture
def read_only(path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes the plate's folder one that may not be written, when it is called."""
    touch = Path.touch

    def refused(self: Path, *args: object) -> None:
        if self.is_relative_to(path):
            raise PermissionError(13, "Permission denied", str(self))
        touch(self)

    return lambda: monkeypatch.setattr(Path, "touch", refused)


def test_it_stands_beside_a_plate_that_may_not_be_written(
    path: Path, platemap: Path, read_only: Callable[[], None]
) -> None:
    """``P.zarr.adopted.json``, which an opening finds too."""
    read_only()
    assert adopt(path, platemap).file == path.with_name("P.zarr.adopted.json")
    assert open_plate(path).wells["clone"].tolist() == ["c1", "p1"]


def test_a_plate_that_may_not_be_written_any_more(
    path: Path, platemap: Path, read_only: Callable[[], None]
) -> None:
    """The file beside it holds instead of the one in it; once that is another, neither is believed."""
    inside = adopt(path, platemap).file
    before = inside.read_bytes()
    read_only()
    for clone in ("c8", "c9"):
        platemap.write_text(f"well,clone,diagnosis\nA1,{clone},control\nA2,p1,ALS\n")
        adopted = adopt(path, platemap)
        assert (adopted.file, adopted.replaced) == (path.with_name("P.zarr.adopted.json"), inside)
        assert open_plate(path).wells["clone"].tolist() == [clone, "p1"]
    assert inside.read_bytes() == before
    inside.write_bytes(before + b" ")
    for use in (open_plate, partial(adopt, overwrite=True)):
        with pytest.raises(StoreError, match=r"adopted twice .* remove one"):
            use(path)


def test_a_field_that_changed_after_a_kill_is_summed_again(
    path: Path, platemap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sums of a run that was killed are kept of the fields whose files are as they were."""

    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("hcs_plates.adopting.remove", killed)
        with pytest.raises(KeyboardInterrupt):
            adopt(path, platemap)
    zarr.open_array(LocalStore(path / "A" / "1" / "0" / "0"), mode="r+")[1, 3, 3] = 9
    summed: list[str] = []

    def sums(pixels: npt.NDArray[Any]) -> list[str]:
        summed.append("")
        return plane_sums(pixels)

    monkeypatch.setattr("hcs_plates.adopting.plane_sums", sums)
    plate = adopt(path).plate
    assert len(summed) == 1
    assert plate["A01"][0].image("channel 2")[3, 3] == 9
    assert plate["A02"][0].read().shape == (2, 20, 30)


@pytest.mark.parametrize("change", [{"fingerprint": "0"}, {"wells": {}}, {"digest": "0"}, {"version": 2}])
def test_a_changed_file_is_refused(path: Path, platemap: Path, change: dict[str, object]) -> None:
    """What hcs did not write so is not believed."""
    file = adopt(path, platemap).file
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(StoreError):
        open_plate(path)


def test_a_map_of_other_wells_changes_nothing(path: Path, platemap: Path) -> None:
    """A map that does not fit is refused before anything is written."""
    platemap.write_text("well,clone\nH12,c1\n")
    with pytest.raises(PlatemapError):
        adopt(path, platemap)
    assert not (path / "adopted.json").exists()


def test_digests_are_those_of_pixels(path: Path, platemap: Path) -> None:
    """The same images have the same digest in a plate of hcs, so that copies are found across tools."""
    from hcs_plates.units import pixel_digest

    plate = adopt(path, platemap).plate
    assert plate.spec.checksums["A02/0"] == pixel_digest(np.asarray(noise(2, 20, 30, seed=2)))


def test_plates_of_hcs_need_none(make_plate: object, tmp_path: Path) -> None:
    """They carry their map and sums themselves."""
    plate = make_plate()  # type: ignore[operator]
    with pytest.raises(ArgumentError, match="needs no adopting"):
        adopt(plate.path)
