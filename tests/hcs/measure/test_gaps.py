"""Stitched wells with gaps: what no field shows is no background, no cell, and is told."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from hcs.measure.cells import cells_at_gaps
from hcs.measure.fields import MeasureSpec, measure_field
from hcs.measure.gaps import covered_part, fill_gaps, gap_share
from hcs.measure.measurements import measure_plate
from hcs.measure.pictures import Mask, Picture
from hcs.measure.quality import measure_quality
from hcs_plates.description import PlateSpec
from hcs_plates.errors import StoreError
from hcs_plates.made import Made
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import Plate, create_plate
from hcs_plates.readers.acquisition import Channel
from hcs_plates.simulate import CellSpec, FieldSpec, render_field
from hcs_plates.wells import FORMATS

SIDE, GAP = 384, slice(150, 210)
CHANNELS = ("FITC", "DAPI")
SPEC = MeasureSpec("FITC", "DAPI")
FIELD = FieldSpec(height=SIDE, width=SIDE, channels=CHANNELS, cells=CellSpec(per_mm2=500.0, clustered=0.3))
Stitched = Callable[..., Plate]


@pytest.fixture(scope="module")
def whole() -> dict[str, Picture]:
    """A field of neurons, all of it."""
    return dict(zip(CHANNELS, render_field(FIELD, seed=4, name="P1/A01/1").pixels, strict=True))


@pytest.fixture(scope="module")
def gappy(whole: dict[str, Picture]) -> dict[str, Picture]:
    """The same field as two fields with a gap between them have it."""
    pictures = {name: picture.copy() for name, picture in whole.items()}
    for picture in pictures.values():
        picture[:, GAP] = 0
    return pictures


@pytest.fixture
def stitched(tmp_path: Path, gappy: dict[str, Picture]) -> Stitched:
    """Writes a plate of the well, stitched of two fields; keyword arguments change how it was made."""

    def make(**changes: object) -> Plate:
        places = (
            ("A01", 1, 0, 0, SIDE, GAP.start),
            ("A01", 2, 0, GAP.stop, SIDE, SIDE - GAP.stop),
        )
        spec = PlateSpec(
            name="P1",
            format=FORMATS[24],
            channels=tuple(map(Channel, CHANNELS)),
            layout=FieldLayout(1, 2, 1, SIDE, SIDE, "uint16"),
            fields={"A01": (1,)},
            wells=pd.DataFrame(
                {"plate": ["P1"], "included": [True]}, index=pd.Index(["A01"], name="well", dtype="str")
            ),
            pixel_size_um=(0.65, 0.65),
            made=Made(stitched=places, **changes),  # type: ignore[arg-type]
        )
        return create_plate(tmp_path / "P1.ome.zarr", spec, lambda *_: np.stack(list(gappy.values())))

    return make


@pytest.fixture
def shown() -> Mask:
    """Where the fields lie."""
    shown = np.ones((SIDE, SIDE), dtype=bool)
    shown[:, GAP] = False
    return shown


def test_the_quality_is_that_of_what_is_shown(
    whole: dict[str, Picture], gappy: dict[str, Picture], shown: Mask
) -> None:
    """Grey levels are those of shown pixels, focus that of the whole field: edges of zeros are sharp."""
    for name, picture in gappy.items():
        found = measure_quality(picture, covered=shown)
        seen = picture[:, shown[0]]
        assert found["mean"] == pytest.approx(seen.mean())
        assert (found["p1"], found["p99"]) == pytest.approx(tuple(np.percentile(seen, (1, 99))))
        blurred = cv2.GaussianBlur(whole[name], (0, 0), 3)
        focus = [measure_quality(blurred)["focus"]]
        blurred[:, GAP] = 0
        focus += [measure_quality(blurred, covered=part)["focus"] for part in (shown, None)]
        assert abs(focus[1] - focus[0]) < 0.01 < 0.1 < focus[2] - focus[0]
        halves = [measure_quality(picture[:, part]) for part in (slice(GAP.start), slice(GAP.stop, None))]
        share = np.average([half["foreground_share"] for half in halves], weights=[150, 174])
        assert found["foreground_share"] == pytest.approx(share, abs=0.03)


def test_cells_are_those_of_what_is_shown(
    whole: dict[str, Picture], gappy: dict[str, Picture], shown: Mask
) -> None:
    """Cells clear of a gap are as in the whole field; nothing is found in it, and it has no area."""
    found = measure_field(gappy, 0.65, SPEC, covered=shown)
    intact = measure_field(whole, 0.65, SPEC)
    assert found.nuclei is not None
    assert found.somas is not None
    assert found.neurites is not None
    for labels in (found.nuclei, found.somas, found.neurites.skeleton):
        assert not labels[:, GAP].any()
        assert labels.any()
    away = [
        cells[(cells["x_px"] < GAP.start - 30) | (cells["x_px"] > GAP.stop + 30)].reset_index(drop=True)
        for cells in (found.cells, intact.cells)
    ]
    assert len(away[0]) == len(away[1]) > 4
    for name in ("x_px", "nucleus_area_um2", "FITC_nucleus_mean", "DAPI_nucleus_mean"):
        np.testing.assert_allclose(away[0][name], away[1][name], rtol=0.1)
    area = shown.sum() * 0.65**2 / 1e6
    assert found.values["cells_per_mm2"] == pytest.approx(found.values["cell_count"] / area)


def test_the_fill_is_background(shown: Mask) -> None:
    """Level, slope and noise of what lies around; shown pixels stay as they are."""
    rng = np.random.default_rng(0)
    slope = np.linspace(200, 300, SIDE)[:, None] + np.zeros((SIDE, SIDE))
    image = rng.normal(slope, 8.0)
    image[~shown] = 0
    filled = fill_gaps(image, shown)
    np.testing.assert_array_equal(filled[shown], image[shown].astype(np.float32))
    off = filled[:, GAP] - slope[:, GAP]
    assert abs(off.mean()) < 2
    assert np.abs(off[40:-40].mean(axis=1)).max() < 8
    assert off[40:-40].std() == pytest.approx(8.0, rel=0.15)


@pytest.mark.parametrize("seen", [slice(0, 40), slice(201, 203)])
def test_wide_gaps_are_filled_too(seen: slice) -> None:
    """From however far, and from however little is shown."""
    shown = np.zeros((SIDE, SIDE), dtype=bool)
    shown[:, seen] = True
    filled = fill_gaps(np.where(shown, 500, 0).astype("uint16"), shown)
    assert (filled == 500).all()


def test_cells_cut_by_a_gap_count_as_at_the_border() -> None:
    """A sliver is of the place that no field shows; a cell beside the gap has no ring to be compared with."""
    labels = np.zeros((40, 40), np.int32)
    labels[4:12, 4:12], labels[4:12, 20:28], labels[30:38, 27:29] = 1, 2, 3
    shown = np.ones((40, 40), dtype=bool)
    shown[:, 29:] = False
    cells = pd.DataFrame({"cell": [1, 2, 3], "counted": True, "GFP_ring_mean": 1.0, "GFP_ratio": 1.0})
    found = cells_at_gaps(cells, labels, shown, 1.0)
    assert found["counted"].tolist() == [True, True, False]
    assert found["GFP_ring_mean"].isna().tolist() == [False, True, True]
    assert found["GFP_ratio"].isna().tolist() == [False, True, True]


def test_measuring_tells_of_gaps(stitched: Stitched) -> None:
    """The share of the wells without a field, and that no light was learnt from them, stand in the notes."""
    plate = stitched()
    assert gap_share(plate) == pytest.approx(60 / SIDE)
    found = measure_plate(plate, SPEC)
    assert found.notices[0].startswith("15.6% of the stitched wells' area shows no field")
    assert sum("wells were stitched with gaps" in one for one in found.notices) == 2
    assert found.fields["FITC_p1"].item() > 50


def test_a_field_that_lacks_a_channel_is_a_gap_too(stitched: Stitched, gappy: dict[str, Picture]) -> None:
    """Where a plane of the export is missing the place is zero in that channel, and measured in none."""
    plate = stitched(lacking=(("A01", 2, 1, 0, 0, "file gone"),))
    dark = gappy["DAPI"].copy()
    dark[:, GAP.stop :] = 0
    for dna, expected in ((gappy["DAPI"], SIDE - 60), (dark, GAP.start)):
        seen = covered_part(plate["A01"][1], gappy | {"DAPI": dna})
        assert seen is not None
        assert seen.sum() == SIDE * expected
    made = replace(plate.spec.made, lacking=tuple(("A01", n, 1, 0, 0, "file gone") for n in (1, 2)))
    plate = Plate(plate.path, replace(plate.spec, made=made))
    with pytest.raises(StoreError, match=r"no place of well A01 is shown in all of FITC, DAPI"):
        covered_part(plate["A01"][1], gappy | {"DAPI": dark * 0})
