"""Plate, Well and Field as users hold them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hcs_plates.errors import ArgumentError, ExistsError
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import Plate, create_plate, open_plate
from hcs_plates.readers.acquisition import Channel


def test_wells_and_fields_by_name(make_plate: Any) -> None:
    """A plate maps well names, in any spelling, to wells; a well maps field numbers to fields."""
    plate: Plate = make_plate()
    assert plate["a - 01"].name == plate["A1"].name == "A01"
    assert list(plate["A01"]) == [1, 3]
    assert plate["A01"].metadata["clone"] == "c1"
    assert list(plate) == list(plate.keys()) == ["A01", "A02", "C05", "D06"]
    assert len(plate) == 4
    assert dict(plate.items())["C05"] == plate.get("c5") == plate["C05"]


def test_mappings_answer_for_what_is_not_there(make_plate: Any) -> None:
    """`in` and `get` never raise: for wells without images, other plates' wells, and what is no well."""
    plate: Plate = make_plate()
    assert "a1" in plate
    assert 3 in plate["A01"]
    for absent in ("B01", "Q99", "nonsense", "", 7, None):
        assert absent not in plate
        assert plate.get(absent) is None  # type: ignore[arg-type]
    assert 99 not in plate["A01"]
    assert plate["A01"].get(99) is None
    with pytest.raises(KeyError) as refusal:
        plate["B01"]
    assert str(refusal.value).startswith("Plate P1 has no images of well B01;")


def test_equal_plates(make_plate: Any) -> None:
    """Plates opened twice are equal, and so are their descriptions; another plate is not."""
    plate = make_plate()
    assert plate == open_plate(plate.path)
    assert plate.spec == open_plate(plate.path).spec
    assert plate != make_plate("P2")
    assert len({plate, open_plate(plate.path)}) == 1


def test_shown(make_plate: Any) -> None:
    """Plate, well and field say what they are in a line and, escaped, in a notebook."""
    channels = (Channel("<b>GFP</b>"), Channel("DNA"))
    plate: Plate = make_plate(channels=channels)
    assert repr(plate) == "<Plate P1: 4 wells of 24, 8 fields, channels <b>GFP</b>, DNA>"
    assert repr(plate["A01"]) == "<Well A01 of plate P1: fields 1, 3>"
    assert repr(plate["A01"][3]) == "<Field 3 of well A01, plate P1>"
    for shown, words in ((plate, "70 × 90 uint16"), (plate["A01"], "c1"), (plate["A01"][1], "uint16")):
        assert words in shown._repr_html_()
        assert "<b>" not in shown._repr_html_()


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
        (lambda plate: plate["A01"][1].image("RFP"), "no channel 'RFP'; it has GFP, DNA"),
        (lambda plate: plate["A02"][3].image("DNA"), "no whole 'DNA' image: file gone"),
        (lambda plate: plate["A01"][1].image("DNA", level=9), "no level 9; levels are 0"),
        (lambda plate: plate["A01"][1].image("DNA", level=-1), "no level -1"),
        (lambda plate: plate.lazy_images(level=1), "no level 1; levels are 0 to 0"),
        (lambda plate: plate.lazy_images(time=1), "1 time points; got time 1"),
        (lambda plate: plate.tiles(16, time=1), "1 time points; got time 1"),
        (lambda plate: plate.tiles(0), "at least 1; got size 0"),
        (lambda plate: plate.tiles(16, channels="RFP"), "no channel 'RFP'"),
        (lambda plate: plate.tiles(16, channels=("DNA", "DNA")), "a channel is named twice in DNA, DNA"),
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
    assert table["well"].tolist() == table.index.tolist() == ["A01", "A02", "C05", "D06"]
    assert table.groupby("well").size().eq(1).all()
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
