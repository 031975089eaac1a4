"""What fields of other tools say of their channels and pixels."""

from pathlib import Path
from typing import Any

import pytest
from tests.inputs.otherplates import VERSIONS, edit, noise, other_plate

from hcs_plates.others.fieldmetadata import field_metadata
from hcs_plates.others.metadata import MetadataError
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


def described(**changes: Any) -> dict[str, Any]:
    """Metadata of a field of two levels; keys of its multiscale image changed, or left out where None."""
    axes = [{"name": "y", "type": "space"}, {"name": "x", "type": "space"}]
    scale = [{"type": "scale", "scale": [1.0, 1.0]}]
    image = {
        "axes": axes,
        "datasets": [{"path": path, "coordinateTransformations": scale} for path in (0, "s/1")],
    }
    image |= changes
    return {"multiscales": [{key: value for key, value in image.items() if value is not None}]}


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_broken_metadata_name_what_was_found(version: str) -> None:
    """Metadata that cannot be used are refused with the place, what stands there and what was expected."""
    assert field_metadata(described(), version).paths == ("0", "s/1")
    space, channel = {"type": "space"}, {"name": "c", "type": "channel"}
    yx = [{"name": "y", **space}, {"name": "x", **space}]
    for broken, said in (
        ({}, "multiscales is None"),
        ({"multiscales": [7]}, r"multiscales is \[7\]"),
        (described(datasets=None), "datasets is None"),
        (described(datasets=[{"path": "0"}]), "coordinateTransformations .*required"),
        (described(datasets=described()["multiscales"][0]["datasets"][:1] * 2), "names a path twice"),
        (described(datasets=described()["multiscales"][0]["datasets"] * 20), "has 40 levels"),
        (described(axes=None), "axes is None"),
        (described(axes=["y", "x"]), "axes is "),
        (described(axes=[channel, *yx]), "does not match the number of axes"),
        (described(axes=[{"name": "x", **space}, channel]), "2 or 3 axes of type 'space'"),
    ):
        with pytest.raises(MetadataError, match=said):
            field_metadata(broken, version)
    scale = [{"type": "scale", "scale": [1.0] * 4}]
    two = described(
        axes=[channel, {"name": "t"}, *yx], datasets=[{"path": "0", "coordinateTransformations": scale}]
    )
    assert field_metadata(two, version).axes == ("c", "t", "y", "x")
    two["multiscales"][0]["axes"][1]["name"] = "C"
    with pytest.raises(MetadataError, match=r"two of a kind \(c, c, y, x\)"):
        field_metadata(two, version)


def test_what_is_assumed_is_told() -> None:
    """Axes of other names, several images in one, display settings that are none: taken or left, and said."""
    other = [{"name": name, "type": "space"} for name in ("v", "u")]
    found = field_metadata({**described(axes=other), "omero": 7}, "0.5")
    assert found.axes == ("y", "x")
    assert found.notices == (
        "its axes 'v', 'u' are taken for y, x",
        "its display settings (omero) name no channels and are not taken",
    )
    twice = {"multiscales": described()["multiscales"] * 2}
    assert field_metadata(twice, "0.4").notices == ("the first of 2 multiscale images is shown",)
