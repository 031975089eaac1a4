"""Plate, Well and Field as users hold them."""

from pathlib import Path
from typing import Any

import dask
import numpy as np
import pytest

from hcs_plates.errors import ArgumentError, ExistsError
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import Plate, create_plate, open_plate


def test_wells_and_fields_by_name(make_plate: Any) -> None:
    """Any spelling of a well works; a well maps field numbers to fields."""
    plate: Plate = make_plate()
    assert plate["a - 01"].name == plate["A1"].name == "A01"
    assert list(plate["A01"]) == [1, 3]
    assert plate["A01"].metadata["clone"] == "c1"
    assert [well.name for well in plate] == ["A01", "A02", "C05", "D06"]
    assert len(plate) == 4


def test_the_path_holds_in_any_folder(
    make_plate: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plate opened by a relative path is read from another folder; links are kept as they were given."""
    (tmp_path / "link").symlink_to(make_plate().path)
    monkeypatch.chdir(tmp_path)
    plate = open_plate("link")
    monkeypatch.chdir("/")
    assert plate.path == tmp_path / "link"
    assert plate["A01"][1].read().any()


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda plate: plate["B01"], "no images of well B01"),
        (lambda plate: plate["Q01"], "outside a 24-well plate"),
        (lambda plate: plate["A01"][2], "no field 2; it has 1, 3"),
        (lambda plate: plate["A01"][1].image("gfp"), "no channel 'gfp'; it has GFP, DNA"),
        (lambda plate: plate["A02"][3].image("DNA"), "no whole 'DNA' image: file gone"),
    ],
)
def test_refusals(make_plate: Any, act: Any, words: str) -> None:
    """What is not there is named, with what is."""
    with pytest.raises(ArgumentError, match=words):
        act(make_plate())


def test_one_channel(make_plate: Any) -> None:
    """A channel by name is the plane that was written, at each level."""
    plate: Plate = make_plate(layout=FieldLayout(2, 2, 3, 300, 280, "uint8"))
    field = plate["C05"][1]
    assert np.array_equal(field.image("DNA"), field.read()[:, 1])
    assert field.image("DNA", level=1).shape == (2, 3, 150, 140)


def test_images_carry_the_wells_table(make_plate: Any) -> None:
    """`images` is lazy, one chunk a field, and knows clone, passage and well of every image."""
    plate: Plate = make_plate()
    images = plate.images
    assert images.dims == ("image", "channel", "y", "x")
    assert images.shape == (8, 2, 70, 90)
    assert images.chunks is not None
    assert images.chunks[0] == (1,) * 8
    assert np.array_equal(images.sel(well="C05", channel="DNA")[1].values, plate["C05"][3].image("DNA"))
    means = images.groupby("clone").mean()
    assert means["clone"].values.tolist() == ["c1", "c2", "c3"]
    assert np.isnan(images["passage"].values).sum() == 2


def test_images_stay_lazy(make_plate: Any) -> None:
    """Building the array computes nothing, and its graph grows with fields, not with chunks."""
    plate: Plate = make_plate(layout=FieldLayout(1, 2, 1, 1200, 1100, "uint8"))

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("computed")

    with dask.config.set(scheduler=refuse):
        graph = plate.images.data.dask.to_dict()
    assert len(graph) <= 4 * len(plate.fields)


def test_missing_planes_are_listed(make_plate: Any) -> None:
    """A missing plane stands in `missing` under its own key, and counts in `fields`."""
    plate: Plate = make_plate()
    assert plate.missing[["well", "field", "channel"]].to_numpy().tolist() == [
        ["A02", 3, "DNA"],
        ["C05", 2, "GFP"],
    ]
    fields = plate.fields.set_index(["well", "field"])["missing_planes"]
    assert fields[("A02", 3)] == 1
    assert fields.sum() == 1


def test_wells_is_a_copy(make_plate: Any) -> None:
    """Changing the DataFrame does not change the plate."""
    plate: Plate = make_plate()
    table = plate.wells
    table.loc["A01", "clone"] = "other"
    assert plate.wells.loc["A01", "clone"] == "c1"


def test_info_is_json_ready(make_plate: Any) -> None:
    """The facts of `hcs info`."""
    facts = open_plate(make_plate().path).info()
    assert facts["plate"] == "P1"
    assert (facts["format"], facts["wells"], facts["fields"]) == (24, 4, 8)
    assert facts["channels"] == ["GFP", "DNA"]
    assert (facts["shape"], facts["dtype"]) == ([70, 90], "uint16")
    assert len(facts["missing_planes"]) == 2


def test_digest_follows_the_pixels(make_plate: Any) -> None:
    """Plates of other pixels have other digests."""
    assert make_plate("P1").digest != make_plate("P2").digest


def test_nothing_half_written(make_plate: Any, make_spec: Any, tmp_path: Any) -> None:
    """A source that fails half-way leaves no plate, and a taken place is not touched."""

    def fails(well: str, number: int) -> Any:
        if (well, number) == ("C05", 1):
            raise OSError("unplugged")
        return np.zeros((2, 70, 90), "u2")

    with pytest.raises(OSError, match="unplugged"):
        create_plate(tmp_path / "new.ome.zarr", make_spec(), fails)
    assert list(tmp_path.iterdir()) == []
    plate: Plate = make_plate()
    with pytest.raises(ExistsError, match="exists already"):
        create_plate(plate.path, make_spec(), fails)
    with pytest.raises(OSError, match="unplugged"):
        create_plate(plate.path, make_spec(), fails, overwrite=True)
    assert open_plate(plate.path)["C05"][1].read().any()
