"""Quality of fields: what spoils a simulated field is found, and good fields, also real ones, are let be."""

import io
import tarfile
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import tifffile

from hcs.measure.flags import QualitySpec, flag_field, flag_fields
from hcs.measure.quality import MEASURES, measure_quality
from hcs_plates.errors import ArgumentError
from hcs_plates.simulate import CellSpec, FieldSpec, render_field

SPEC = QualitySpec()
Pixels = npt.NDArray[np.uint16]


def field(
    density: float, name: str = "P1/B02/1", *, side: int = 512, channel: str = "FITC", **cells: float
) -> Pixels:
    """Draw a field of so many neurons per mm²."""
    spec = FieldSpec(height=side, width=side, channels=(channel,), cells=CellSpec(per_mm2=density, **cells))
    pixels: Pixels = render_field(spec, seed=2, name=name).pixels[0]
    return pixels


def blurred(image: Pixels, sigma: float) -> Pixels:
    """Blur the light of a field, not the camera's noise, which is drawn anew (offset 180, gain 2.2)."""
    light = cv2.GaussianBlur(image.astype(np.float64), (0, 0), sigma)
    noise = np.sqrt(np.maximum(light - 180, 0) * 2.2 + 16)
    exposed: Pixels = np.clip(np.random.default_rng(0).normal(light, noise), 0, 65535).astype(np.uint16)
    return exposed


def with_blob(image: Pixels, level: float, radius: int = 40) -> Pixels:
    """Lay a soft-edged bright disc over a field."""
    disc = np.zeros(image.shape, np.float32)
    cv2.circle(disc, (200, 250), radius, 1.0, -1)
    spoilt = image + np.asarray(cv2.GaussianBlur(disc, (0, 0), 3)) * level
    pixels: Pixels = np.clip(spoilt, 0, 65535).astype(np.uint16)
    return pixels


@pytest.fixture(scope="module")
def plate() -> pd.DataFrame:
    """Fields in focus, from sparse to crowded."""
    densities = [15.0, 40.0, 80.0, 150.0, 400.0] * 5
    return pd.DataFrame(
        [measure_quality(field(density, f"P1/B{i:02}/1")) for i, density in enumerate(densities)]
    )


def test_good_fields_are_let_be(plate: pd.DataFrame) -> None:
    """Whatever the density, a field in focus is included, and its focus hardly depends on the density."""
    flagged = flag_fields(plate, SPEC)
    assert flagged["included"].all()
    assert (flagged["reason"] == "").all()
    assert plate["focus"].between(-0.55, -0.2).all()


@pytest.mark.parametrize("sigma", [2.0, 3.0, 4.0, 6.0])
@pytest.mark.parametrize("density", [15.0, 80.0, 400.0])
def test_blur_is_found_beside_the_plate(plate: pd.DataFrame, density: float, sigma: float) -> None:
    """A blur of SD 2 pixels or more is flagged, whether the camera's noise is blurred with it or not."""
    sharp = field(density, "P1/C03/1")
    focus = []
    for image in (blurred(sharp, sigma), cv2.GaussianBlur(sharp, (0, 0), sigma)):
        row = measure_quality(np.asarray(image))
        flagged = flag_fields(pd.concat([plate, pd.DataFrame([row])], ignore_index=True), SPEC)
        assert flagged["included"].tolist() == [True] * len(plate) + [False]
        assert flagged["reason"].iloc[-1].startswith("out of focus: ")
        focus.append(row["focus"])
    assert focus[0] == pytest.approx(focus[1], abs=0.05)


@pytest.mark.parametrize("channel", ["FITC", "DAPI"])
def test_strong_blur_is_found_without_a_plate(channel: str) -> None:
    """From SD 4 pixels on a single field is flagged, and in focus it is not."""
    sharp = field(80.0, channel=channel)
    assert flag_field(measure_quality(sharp), SPEC) == ()
    for sigma in (4.0, 6.0):
        (reason,) = flag_field(measure_quality(blurred(sharp, sigma)), SPEC)
        assert reason.startswith("out of focus: focus -")


def test_noise_alone_is_empty() -> None:
    """No focus is made up for a field without cells."""
    measures = measure_quality(field(0.0, debris_per_mm2=0.0, clusters_per_mm2=0.0))
    assert np.isnan(measures["focus"])
    (reason,) = flag_field(measures, SPEC)
    assert reason.startswith("empty: 0.00% of the field")


@pytest.mark.parametrize(("bits", "ceiling"), [(16, 65535), (12, 4095), (14, 16383)])
def test_saturation_is_the_share_at_the_ceiling(bits: int, ceiling: int) -> None:
    """Also where the detector has fewer bits than the type."""
    bright = (field(80.0).astype(np.float64) - 180) * ceiling / 700
    clipped = np.clip(bright, 0, ceiling).astype(np.uint16)
    measures = measure_quality(clipped)
    assert measures["saturated_share"] == pytest.approx((clipped == ceiling).mean())
    assert any(reason.startswith("saturated: ") for reason in flag_field(measures, SPEC)), bits


def test_a_brightest_pixel_is_no_ceiling() -> None:
    """Nor are the few levels of a dark 8-bit field, nor a constant picture."""
    assert measure_quality(field(80.0))["saturated_share"] == 0
    dark = np.random.default_rng(0).poisson(4, (256, 256)).astype(np.uint8)
    assert measure_quality(dark)["saturated_share"] == 0
    assert measure_quality(np.full((64, 64), 9, np.uint16))["saturated_share"] == 0


@pytest.mark.parametrize(("density", "level"), [(0.0, 3000), (15.0, 6000), (80.0, 20000), (400.0, 40000)])
def test_debris_is_found(density: float, level: float) -> None:
    """A bright disc of 80 pixels on an empty, sparse or crowded field; without it there is none."""
    image = field(density)
    assert measure_quality(image)["debris_share"] == 0
    measures = measure_quality(with_blob(image, level))
    assert measures["debris_share"] == pytest.approx(np.pi * 40**2 / 512**2, rel=0.3)
    assert any(reason.startswith("debris: ") for reason in flag_field(measures, SPEC))


def test_levels_are_numpys() -> None:
    """Mean and percentiles, from the histogram of whole numbers and of others."""
    image = field(80.0)
    for picture in (image, (image // 40).astype(np.uint8), image.astype(np.float32) / 3):
        measures = measure_quality(picture)
        expected = [picture.mean(dtype=float), *np.percentile(picture.astype(float), [1, 99])]
        assert [measures[name] for name in ("mean", "p1", "p99")] == pytest.approx(expected, rel=1e-5)


def test_plates_and_channels_are_judged_by_their_own() -> None:
    """A channel that is softer by nature is not out of focus, and few fields are not compared."""
    row = dict.fromkeys(MEASURES, 0.0) | {"foreground_share": 0.2}
    table = pd.DataFrame(
        [row | {"channel": "FITC", "focus": -0.3} for _ in range(12)]
        + [row | {"channel": "DAPI", "focus": -0.7} for _ in range(12)]
        + [row | {"channel": "Cy5", "focus": focus} for focus in (-0.3, -0.3, -0.7)],
        index=pd.Index(range(100, 127)),
    )
    flagged = flag_fields(table, SPEC)
    assert flagged["included"].all()
    assert flagged["focus_z"].iloc[:24].notna().all()
    assert flagged["focus_z"].iloc[24:].isna().all()
    assert not flag_fields(table.drop(columns="channel"), SPEC)["included"].all()
    assert flag_fields(table.iloc[:0], SPEC).columns[-3:].tolist() == ["included", "reason", "focus_z"]


@pytest.mark.shared
def test_real_translocation_plate_is_good(shared_data: Path) -> None:
    """BBBC013: U2OS cells, two channels of 96 wells, an eighth of them here; none is flagged."""
    rows = []
    with tarfile.open(shared_data / "bbbc013" / "ExampleSBSImages.tar.xz") as archive:
        for member in archive:
            name = Path(member.name).stem
            if fnmatch(name, "Channel?-*") and int(name.split("-")[1]) % 8 == 0:
                stream = archive.extractfile(member)
                assert stream is not None
                pixels = tifffile.imread(io.BytesIO(stream.read()))
                rows.append({"channel": name.split("-")[0], **measure_quality(pixels)})
    flagged = flag_fields(pd.DataFrame(rows), SPEC)
    assert len(flagged) == 24
    assert flagged["included"].all(), flagged["reason"].unique()
    assert flagged["focus_z"].notna().all()


@pytest.mark.shared
@pytest.mark.parametrize("channel", ["NFH", "MAP2", "DAPI_CONFOCAL", "dapi_widefield", "tuj1_widefield"])
def test_real_motor_neurons_are_good(shared_data: Path, channel: str) -> None:
    """Stained motor neurons, confocal and widefield: not flagged; blurred by SD 4 pixels they are."""
    (path,) = (shared_data / "isl_ipsc_motor_neurons").rglob(f"*{channel}*.png")
    pixels: Any = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    image = pixels[:1024, :1024]
    assert flag_field(measure_quality(image), SPEC) == ()
    (reason,) = flag_field(measure_quality(cv2.GaussianBlur(image, (0, 0), 4)), SPEC)
    assert reason.startswith("out of focus")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"min_focus": float("nan")}, "min_focus is nan; give a finite number"),
        ({"max_debris": -0.1}, "max_debris is -0.1; give a share"),
        ({"max_focus_z": 0.0}, "max_focus_z is 0.0; give a finite number above 0"),
        ({"min_fields": 2}, "min_fields is 2; give a whole number from 3"),
    ],
)
def test_limits_that_mean_nothing(settings: dict[str, Any], sentence: str) -> None:
    """Each is refused in words."""
    with pytest.raises(ArgumentError, match=sentence):
        QualitySpec(**settings)


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (np.zeros((2, 64, 64)), r"shape \(2, 64, 64\)"),
        (np.zeros((64, 16)), "32 pixels or more"),
        (np.full((64, 64), np.nan), "not finite"),
    ],
)
def test_pictures_that_cannot_be_measured(image: npt.NDArray[Any], sentence: str) -> None:
    """Each is refused in words."""
    with pytest.raises(ArgumentError, match=sentence):
        measure_quality(image)


def test_measures_that_are_missing() -> None:
    """One is named."""
    with pytest.raises(ArgumentError, match="The table of fields has no column 'focus'"):
        flag_fields(pd.DataFrame({"saturated_share": [0.0], "foreground_share": [1.0]}), SPEC)
