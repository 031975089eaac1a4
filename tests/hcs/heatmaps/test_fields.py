"""Pictures of fields: which, on which grey scale, and what is said where there are none."""

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from PIL import Image

from hcs.heatmaps import fields as thumbnails
from hcs.heatmaps.fields import SIDE, field_pictures
from hcs_plates.description import PlateSpec
from hcs_plates.errors import ArgumentError, StoreError
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import Plate, create_plate
from hcs_plates.readers.acquisition import Channel, PlaneKey
from hcs_plates.wells import FORMATS

Pixels = npt.NDArray[Any]


def write(
    folder: Path,
    pixels: Callable[[str, int], Pixels],
    layout: FieldLayout,
    fields: tuple[int, ...] = (1, 2),
    *,
    wells: tuple[str, ...] = ("A01", "B03"),
    missing: dict[PlaneKey, str] | None = None,
    name: str = "P1",
) -> Plate:
    """A plate of two wells."""
    table = pd.DataFrame({"plate": name, "included": True}, index=pd.Index(wells, name="well", dtype="str"))
    spec = PlateSpec(
        name=name,
        format=FORMATS[6],
        channels=tuple(Channel(f"C{number}") for number in range(layout.n_channels)),
        layout=layout,
        fields=dict.fromkeys(wells, fields),
        wells=table,
        missing=missing or {},
    )
    return create_plate(folder / f"{name}.ome.zarr", spec, pixels)


def seen(address: str) -> Pixels:
    """Pixels of a ``data:`` address."""
    kind, data = address.split(",", 1)
    assert kind == "data:image/webp;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("L"), dtype=int)


FLAT = FieldLayout(1, 2, 1, 200, 300, "uint16")


def halves(well: str, number: int) -> Pixels:
    """Left half 100 × the field's number in C0; C1 is dark on the left; brighter in B03."""
    field = np.zeros((2, 200, 300), "uint16")
    field[0, :, :150] = 100 * number * (2 if well == "B03" else 1)
    field[1, :, 150:] = 500
    return field


@pytest.fixture(scope="module")
def plate(tmp_path_factory: pytest.TempPathFactory) -> Plate:
    """Two wells of two fields."""
    return write(tmp_path_factory.mktemp("flat"), halves, FLAT)


def test_every_well_has_its_pictures(plate: Plate) -> None:
    """Whole fields, shrunk with their shape kept, with the field's number as caption."""
    found, said = field_pictures([plate], 4)
    assert {place: [caption for caption, _ in own] for place, own in found.items()} == {
        ("P1", "A01"): ["field 1", "field 2"],
        ("P1", "B03"): ["field 1", "field 2"],
    }
    picture = seen(found["P1", "A01"][0][1])
    assert picture.shape == (round(SIDE * 200 / 300), SIDE)
    assert said.startswith("Pictures show C0, whole fields, on one grey scale per plate")


def test_all_pictures_of_a_plate_share_one_grey_scale(plate: Plate) -> None:
    """Four levels, 100 to 400, keep their order and their ratios; nothing is stretched by itself."""
    found, _ = field_pictures([plate], 2)
    left = [seen(address)[:, :40].mean() for own in found.values() for _, address in own]
    assert left == pytest.approx([64, 128, 128, 255], abs=3)
    assert all(seen(address)[:, -40:].mean() < 3 for own in found.values() for _, address in own)


def test_another_channel(plate: Plate) -> None:
    """The channel asked for is shown; one the plate has not is refused."""
    found, said = field_pictures([plate], 1, "C1")
    picture = seen(found["P1", "A01"][0][1])
    assert picture[:, :40].mean() < 3
    assert picture[:, -40:].mean() > 250
    assert "C1" in said
    with pytest.raises(ArgumentError, match="C9"):
        field_pictures([plate], 1, "C9")


def test_none_are_drawn_where_none_are_wanted(plate: Plate) -> None:
    """No fields, or a table without plates; the channel is not even looked for."""
    assert field_pictures([plate], 0) == ({}, "")
    assert field_pictures([], 4, "C9") == ({}, "")


def test_fields_are_spread_over_the_well(tmp_path: Path) -> None:
    """Three of nine are the first, the middle and the last."""
    layout = FieldLayout(1, 1, 1, 32, 32, "uint8")
    made = write(
        tmp_path, lambda well, number: np.full((1, 32, 32), number, "uint8"), layout, tuple(range(1, 10))
    )
    found, _ = field_pictures([made], 3)
    assert [caption for caption, _ in found["P1", "A01"]] == ["field 1", "field 5", "field 9"]
    # A field smaller than a picture stays as it is.
    assert seen(found["P1", "A01"][0][1]).shape == (32, 32)


def test_films_and_stacks(tmp_path: Path) -> None:
    """The first time point, the maximum over z, as tiles take them; and the page says so."""
    layout = FieldLayout(2, 1, 3, 64, 64, "uint16")

    def pixels(well: str, number: int) -> Pixels:
        field = np.zeros((2, 1, 3, 64, 64), "uint16")
        field[0, 0, 2, :32] = 1000
        field[1, 0, 0, 32:] = 1000
        return field

    found, said = field_pictures([write(tmp_path, pixels, layout)], 1)
    picture = seen(found["P1", "A01"][0][1])
    assert picture[:30].mean() > 250
    assert picture[34:].mean() < 5
    assert "whole fields, time 0 (counted from 0), the maximum over z, on one grey scale" in said


@pytest.mark.parametrize("level", [0, 200])
def test_blank_fields_have_a_picture(level: int, tmp_path: Path) -> None:
    """One grey everywhere is drawn without a word from NumPy."""
    layout = FieldLayout(1, 1, 1, 16, 16, "uint8")
    made = write(tmp_path, lambda well, number: np.full((1, 16, 16), level, "uint8"), layout)
    found, _ = field_pictures([made], 1)
    assert np.ptp(seen(found["P1", "A01"][0][1])) == 0


def test_a_channel_that_is_missing_in_some_fields(tmp_path: Path) -> None:
    """Those fields have no picture, and do not make the scale darker; the other channel is whole."""
    missing = {PlaneKey("A01", 1, 0): "file gone"}
    made = write(tmp_path, halves, FLAT, missing=missing)
    found, _ = field_pictures([made], 2)
    assert [caption for caption, _ in found["P1", "A01"]] == ["field 2"]
    assert len(field_pictures([made], 2, "C1")[0]["P1", "A01"]) == 2


def test_a_channel_that_is_missing_everywhere(tmp_path: Path) -> None:
    """There are no pictures, and the page does not say that it shows them."""
    missing = {PlaneKey(well, number, 0): "gone" for well in ("A01", "B03") for number in (1, 2)}
    found, said = field_pictures([write(tmp_path, halves, FLAT, missing=missing)], 2)
    assert (found, said) == ({}, "There are no pictures: no field has a whole image of C0.")


def test_plates_with_other_channels(plate: Plate, tmp_path: Path) -> None:
    """Each shows its first; a channel that only one has is refused for both."""
    layout = FieldLayout(1, 1, 1, 16, 16, "uint8")
    other = write(tmp_path, lambda well, number: np.full((1, 16, 16), 7, "uint8"), layout, name="P2")
    found, said = field_pictures([plate, other], 1)
    assert {name for name, _ in found} == {"P1", "P2"}
    assert said.startswith("Pictures show C0, whole")
    with pytest.raises(ArgumentError, match="C1"):
        field_pictures([plate, other], 1, "C1")


def test_damaged_pixels_are_named(tmp_path: Path) -> None:
    """A chunk that was cut off is an error that names the file, not a black picture."""
    made = write(tmp_path, halves, FLAT)
    chunks = [one for one in made.path.rglob("*") if one.is_file() and "/c/" in one.as_posix()]
    assert chunks
    for chunk in chunks:
        chunk.write_bytes(chunk.read_bytes()[:5])
    with pytest.raises(StoreError) as refused:
        field_pictures([made], 1)
    assert "P1.ome.zarr" in str(refused.value)


def test_too_many_pictures_are_left_out(plate: Plate, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says why and what to do, and carries none of them."""
    monkeypatch.setattr(thumbnails, "LARGEST_BYTES", 500)
    found, said = field_pictures([plate], 2)
    assert found == {}
    assert said.startswith("Pictures of the fields are left out: 2 a well take more than")
