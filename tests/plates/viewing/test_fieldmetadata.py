"""What fields of other tools say of their channels and pixels."""

from pathlib import Path
from typing import Any

import pytest
from tests.inputs.otherplates import VERSIONS, edit, noise, other_plate

from hcs_plates.viewing import open_view


def test_names_and_colours_of_channels(tmp_path: Path) -> None:
    """Named as the plate names them, one line each and no two alike; else by number, in our colours."""
    shown = [
        {"label": "GFP", "color": "#00ff7f"},
        {"label": " <b>GFP\u202e\n</b>"},
        {"label": "GFP", "color": "green"},
        {"color": 7},
        "?",
    ]
    path = other_plate(tmp_path / "P.zarr", {"A/1": {"0": [noise(6, 20, 20)]}}, omero=shown)
    channels = open_view(path).field("A01", "0").channels
    assert [(one.name, one.colour) for one in channels] == [
        ("GFP", "00FF7F"),
        ("<b>GFP </b>", "00FF00"),
        ("GFP (2)", "0000FF"),
        ("channel 4", "FF0000"),
        ("channel 5", "FF00FF"),
        ("channel 6", "00FFFF"),
    ]


@pytest.mark.parametrize(
    ("unit", "pixel", "expected"),
    [
        ("micrometer", 0.65, 0.65),
        ("nanometer", 325.0, 0.325),
        ("millimeter", 0.00065, 0.65),
        ("inch", 0.00005, 1.27),
        ("meter", 1.0, None),
        ("pixel", 1.0, None),
        (None, 1.0, None),
        ("micrometer", 0.0, None),
    ],
)
@VERSIONS
def test_pixel_sizes(
    tmp_path: Path, version: str, unit: str | None, pixel: float, expected: float | None
) -> None:
    """Scale and unit give the size in µm; without a unit of length, or with an absurd size, there is none."""
    options: dict[str, Any] = {"unit": unit, "pixel": pixel}
    path = other_plate(tmp_path / "P.zarr", {"A/1": {"0": [noise(1, 20, 20)]}}, version=version, **options)
    field = open_view(path).field("A01", "0")
    found = field.pixel_size_um
    assert found is None if expected is None else found == pytest.approx((expected, expected))
    assert bool(field.notices) == (unit is not None and expected is None)


def test_scale_of_all_levels_counts_too(tmp_path: Path) -> None:
    """A scale beside the levels multiplies theirs (0.4, "multiscales" metadata)."""
    path = other_plate(tmp_path / "P.zarr", {"A/1": {"0": [noise(1, 20, 20)]}}, version="0.4", pixel=2.0)
    beside = [{"type": "scale", "scale": [1.0, 0.1, 0.2]}]
    edit(path / "A/1/0/.zattrs", lambda one: one["multiscales"][0].update(coordinateTransformations=beside))
    assert open_view(path).field("A01", "0").pixel_size_um == pytest.approx((0.2, 0.4))
