"""What is no plate that can be shown is said to be what it is."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.inputs.otherplates import edit, group, image, noise, other_plate

from hcs_plates.errors import ArgumentError, NotThereError, StoreError, UnreachableError
from hcs_plates.plate import open_plate
from hcs_plates.viewing import open_view


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_what_is_no_plate(tmp_path: Path, version: str) -> None:
    """A single image, a bioformats2raw collection, a well, labels and an empty folder are no plates."""
    image(tmp_path / "image", [noise(1, 16, 16)], "cyx", version)
    group(tmp_path / "raw", {"bioformats2raw.layout": 3}, version)
    group(tmp_path / "well", {"well": {"images": [{"path": "0"}]}}, version)
    group(tmp_path / "labels", {"labels": ["nuclei"]}, version)
    group(tmp_path / "other", {"omero": {}}, version)
    (tmp_path / "empty").mkdir()
    for name, said in {
        "image": "a single image",
        "raw": r"a collection of images \(bioformats2raw\)",
        "well": "a single well",
        "labels": "a set of labels",
        "other": "none that OME-Zarr knows",
        "empty": "no zarr.json or .zattrs",
    }.items():
        with pytest.raises(StoreError, match=f"is not a plate.*{said}"):
            open_view(tmp_path / name)


def test_other_versions_are_refused(tmp_path: Path) -> None:
    """Versions whose metadata mean something else are named; 0.4 that does not say so is 0.4."""
    wells = {"A/1": {"0": [noise(1, 16, 16)]}}
    path = other_plate(tmp_path / "P.zarr", wells, version="0.4")
    edit(path / ".zattrs", lambda one: one["plate"].pop("version"))
    assert open_view(path).version == "0.4"
    edit(path / ".zattrs", lambda one: one["plate"].update(version="0.2"))
    with pytest.raises(StoreError, match=r"a plate of OME-Zarr '0\.2'; hcs shows plates"):
        open_view(path)
    path = other_plate(tmp_path / "Q.zarr", wells)
    edit(path / "zarr.json", lambda one: one["attributes"]["ome"].update(version="0.6"))
    with pytest.raises(StoreError, match=r"'0\.6'"):
        open_view(path)


def test_places(tmp_path: Path) -> None:
    """Nothing there, a file, an address: each is said."""
    with pytest.raises(NotThereError, match="does not exist"):
        open_view(tmp_path / "none.zarr")
    (tmp_path / "file.zarr").write_text("")
    with pytest.raises(StoreError, match="is not a plate"):
        open_view(tmp_path / "file.zarr")
    with pytest.raises(ArgumentError, match="is an address"):
        open_view("s3://bucket/P.zarr")


def test_a_damaged_plate_of_hcs_is_not_taken_for_another_tools(tmp_path: Path) -> None:
    """Where a description of hcs is, it must be whole: the sentence is that of `hcs_plates.open_plate`."""
    path = other_plate(tmp_path / "P.zarr", {"A/1": {"0": [noise(1, 16, 16)]}})
    edit(path / "zarr.json", lambda one: one["attributes"].update(hcs={"name": "other"}))
    with pytest.raises(StoreError) as refused:
        open_plate(path)
    with pytest.raises(StoreError, match="written with plate format") as viewed:
        open_view(path)
    assert str(viewed.value) == str(refused.value)
    (path / "zarr.json").write_text(json.dumps({"attributes": 7}))
    with pytest.raises(StoreError):
        open_view(path)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_what_cannot_be_reached_is_not_damaged(
    tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A share that drops while a plate of another tool is opened says nothing of what lies on it."""
    path = other_plate(tmp_path / "P.zarr", {"A/1": {"0": [noise(1, 16, 16)]}}, version=version)
    view = open_view(path)

    def drops(*_: object, **__: object) -> Any:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "open", drops)
    monkeypatch.setattr("hcs_plates.others.documents.os.open", drops)
    with pytest.raises(UnreachableError, match="network share fails"):
        open_view(path)
    with pytest.raises(UnreachableError, match="network share fails"):
        view.field("A01", "0")


def test_many_faults_are_a_dozen_sentences(tmp_path: Path) -> None:
    """Of hundreds of broken wells a dozen are told, and how many more there are."""
    wells = {f"A/{number}": {"0": [noise(1, 16, 16)]} for number in range(1, 21)}
    path = other_plate(tmp_path / "P.zarr", wells)
    for number in range(2, 21):
        (path / f"A/{number}/zarr.json").write_text("{")
    view = open_view(path)
    assert list(view.fields) == ["A01"]
    assert (len(view.notices), view.notices[-1][:14]) == (13, "8 more faults ")
