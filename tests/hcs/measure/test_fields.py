"""One field measured: counts near the simulator's truth, names that say the unit, odd fields answered."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from hcs.measure.fields import MeasuredField, MeasureSpec, channel_spec, measure_field
from hcs.measure.illumination import Illumination
from hcs.measure.quality import MEASURES
from hcs_plates.description import PlateSpec
from hcs_plates.errors import ArgumentError
from hcs_plates.simulate import RenderedField

PIXEL_UM = 0.65
BOTH = MeasureSpec("FITC", "DAPI")


class Channels:
    """A plate as far as `channel_spec` looks at one."""

    name = "P1"

    channel_index = PlateSpec.channel_index

    def __init__(self, *channels: str) -> None:
        self.channels = self.channel_names = channels
        self.spec = self

    def check_acquired(self, channels: Any, time: int) -> None:
        """All was acquired."""


@pytest.fixture(scope="module")
def drawn(neurons: Callable[..., RenderedField]) -> RenderedField:
    """A field with a typical number of neurons."""
    return neurons("P1/B02/1")


@pytest.fixture(scope="module")
def found(drawn: RenderedField) -> MeasuredField:
    """That field, measured in both channels."""
    return measure_field(by_name(drawn.pixels), PIXEL_UM, BOTH)


def by_name(pixels: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
    """Name the simulator's two channels."""
    return dict(zip(("FITC", "DAPI"), pixels, strict=True))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((None, None), "Nothing to measure: name the channel of neurites, of nuclei, or both"),
        ((None, None, ("TUJ1",)), "Nothing to measure"),
        (("FITC", "FITC"), "A channel is named twice: FITC, FITC; give each one part"),
        (("FITC", "DAPI", ("FITC",)), "A channel is named twice: FITC, DAPI, FITC"),
        ((None, "DAPI", ("TUJ1", "TUJ1")), "A channel is named twice: DAPI, TUJ1, TUJ1"),
    ],
)
def test_specs_that_mean_nothing(arguments: tuple[Any, ...], sentence: str) -> None:
    """Each is refused in words."""
    with pytest.raises(ArgumentError, match=sentence):
        MeasureSpec(*arguments)


def test_channels_of_a_spec_are_in_order() -> None:
    """Neurites, nuclei, markers; a list of markers is taken too."""
    spec = MeasureSpec("FITC", "DAPI", ["TUJ1", "SMN"])  # type: ignore[arg-type]
    assert spec.channels == ("FITC", "DAPI", "TUJ1", "SMN")
    assert spec.markers == ("TUJ1", "SMN")
    assert MeasureSpec(None, "DAPI").channels == ("DAPI",)


@pytest.mark.parametrize(
    ("channels", "asked", "chosen"),
    [
        (("FITC", "DAPI"), {}, (None, "DAPI", ("FITC",))),
        (("FITC", "DAPI"), {"neurites": "FITC"}, ("FITC", "DAPI", ())),
        (("FKHR-GFP", "DNA"), {}, (None, "DNA", ("FKHR-GFP",))),
        (("NFH", "DAPI", "Cy5"), {}, ("NFH", "DAPI", ("Cy5",))),
        (("FITC", "DAPI", "Cy5"), {}, (None, "DAPI", ("FITC", "Cy5"))),
        (("Hoechst 33342", "TUJ1"), {}, ("TUJ1", "Hoechst 33342", ())),
        (("FITC",), {"neurites": "FITC"}, ("FITC", None, ())),
        (("DAPI",), {}, (None, "DAPI", ())),
        (("FITC", "DAPI", "Cy5"), {"neurites": "Cy5"}, ("Cy5", "DAPI", ("FITC",))),
        (("FITC", "DAPI", "Cy5"), {"markers": ("Cy5",)}, (None, "DAPI", ("Cy5", "FITC"))),
        (("FITC", "Cy5"), {"nuclei": "Cy5"}, (None, "Cy5", ("FITC",))),
        (("FITC", "DAPI"), {"neurites": "DAPI"}, ("DAPI", None, ("FITC",))),
        (("UV - DAPI", "Blue - FITC"), {"neurites": "FITC"}, ("Blue - FITC", "UV - DAPI", ())),
        (
            ("UV - DAPI", "Red - Cy5"),
            {"nuclei": "DAPI", "markers": ("Cy5",)},
            (None, "UV - DAPI", ("Red - Cy5",)),
        ),
    ],
)
def test_channels_are_chosen(
    channels: tuple[str, ...], asked: dict[str, Any], chosen: tuple[str | None, str | None, tuple[str, ...]]
) -> None:
    """What is asked for, else a stain by its name; what is left is a marker and never the neurites."""
    spec = channel_spec(Channels(*channels), **asked)  # type: ignore[arg-type]
    assert (spec.neurites, spec.nuclei, spec.markers) == chosen


@pytest.mark.parametrize(
    ("channels", "asked", "sentence"),
    [
        (("FITC",), {}, r"P1 has the channels FITC; say which shows the neurites \(neurites, or --neurites"),
        (("FITC", "Cy5"), {}, "has the channels FITC, Cy5"),
        (("FITC", "DAPI"), {"neurites": "GFP"}, "no channel 'GFP'; it has FITC, DAPI"),
        (("FITC", "DAPI"), {"nuclei": "Hoechst"}, "no channel 'Hoechst'; it has FITC, DAPI"),
        (("FITC", "DAPI"), {"markers": ("SMN",)}, "no channel 'SMN'; it has FITC, DAPI"),
        (("FITC", "DAPI"), {"neurites": "FITC", "nuclei": "FITC"}, "named twice"),
        (("B - FITC", "UV"), {"neurites": "FITC", "nuclei": "B - FITC"}, "named twice"),
    ],
)
def test_channels_that_cannot_be_chosen(
    channels: tuple[str, ...], asked: dict[str, Any], sentence: str
) -> None:
    """Neurites that could be in several, and channels that are not there; the sentence lists what is."""
    with pytest.raises(ArgumentError, match=sentence):
        channel_spec(Channels(*channels), **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "per_mm2"), [("P1/C02/1", 80.0), ("P1/C03/1", 150.0), ("P1/C04/2", 300.0)])
def test_cells_are_counted(neurons: Callable[..., RenderedField], name: str, per_mm2: float) -> None:
    """Within 15 % of the simulator's truth, or 3 cells."""
    field = neurons(name, per_mm2=per_mm2)
    values = measure_field(by_name(field.pixels), PIXEL_UM, MeasureSpec(None, "DAPI")).values
    assert values["cell_count"] == pytest.approx(field.truth.cells, rel=0.15, abs=3)


def test_what_is_told_of_a_field(found: MeasuredField, drawn: RenderedField) -> None:
    """Cells, somas, nuclei, neurites and quality; sums and means are those of the table of cells."""
    counted = found.cells[found.cells["counted"]]
    values = found.values
    assert values["cell_count"] == len(counted) > 0
    assert values["cells_per_mm2"] == pytest.approx(len(counted) / (512 * 512 * PIXEL_UM**2 / 1e6))
    for region in ("nucleus", "soma"):
        assert values[f"mean_{region}_area_um2"] == pytest.approx(counted[f"{region}_area_um2"].mean())
    assert values["neurite_length_um"] == pytest.approx(drawn.truth.traceable_um, rel=0.35)
    assert values["neurite_length_per_cell_um"] == values["neurite_length_um"] / len(counted)
    assert {f"{channel}_{name}" for channel in ("FITC", "DAPI") for name in MEASURES} <= set(values)
    assert not [name for name in values if name.endswith(("_px", "_px2"))]
    assert all(isinstance(value, float) for value in values.values())


def test_labels_are_those_of_the_table(found: MeasuredField) -> None:
    """Every nucleus has its row, and a soma the label of its nucleus."""
    assert found.nuclei is not None
    assert found.somas is not None
    assert found.cells["cell"].tolist() == np.unique(found.nuclei[found.nuclei > 0]).tolist()
    assert set(np.unique(found.somas)) <= {0, *found.cells["cell"]}


def test_without_a_pixel_size_lengths_are_in_pixels(drawn: RenderedField, found: MeasuredField) -> None:
    """The same numbers as for pixels of 0.65 µm, in pixels, and no density."""
    channels = {"FITC": drawn.pixels[0]}
    blind = measure_field(channels, None, MeasureSpec("FITC", None)).values
    sighted = measure_field(channels, PIXEL_UM, MeasureSpec("FITC", None)).values
    assert not [name for name in blind if name.endswith(("_um", "_um2", "_mm2"))]
    for name in ("neurite_length", "neurite_length_per_cell", "neurite_width"):
        assert blind[f"{name}_px"] * PIXEL_UM == pytest.approx(sighted[f"{name}_um"])
    assert blind["mean_soma_area_px2"] * PIXEL_UM**2 == pytest.approx(sighted["mean_soma_area_um2"])


def test_neurites_alone(drawn: RenderedField) -> None:
    """Without a nuclear channel somas are counted, and nothing is told of nuclei."""
    alone = measure_field(by_name(drawn.pixels), PIXEL_UM, MeasureSpec("FITC", None))
    assert alone.nuclei is None
    assert alone.values["cell_count"] == alone.cells["counted"].sum() > 0
    assert not [name for name in (*alone.values, *alone.cells) if "nucleus" in name or "DAPI" in name]


def test_nuclei_alone(drawn: RenderedField, found: MeasuredField) -> None:
    """Without a neurite channel nuclei are what they are with one, and nothing is told of neurites."""
    alone = measure_field(by_name(drawn.pixels), PIXEL_UM, MeasureSpec(None, "DAPI"))
    assert (alone.somas, alone.neurites) == (None, None)
    assert alone.values["cell_count"] == found.values["cell_count"]
    assert not [name for name in (*alone.values, *alone.cells) if "neurite" in name or "soma" in name]


def test_a_marker_is_measured_in_every_cell(drawn: RenderedField) -> None:
    """Its levels are in the table of cells, its quality among the field's values."""
    channels = by_name(drawn.pixels) | {"SMN": drawn.pixels[0] // 2}
    marked = measure_field(channels, PIXEL_UM, MeasureSpec(None, "DAPI", ("SMN",)))
    assert marked.cells[["SMN_nucleus_mean", "SMN_ring_mean", "SMN_log2_ratio"]].notna().any().all()
    assert "SMN_focus" in marked.values


def test_uneven_light_is_taken_out(drawn: RenderedField) -> None:
    """A cell in half the light is as bright as it was, and quality is told of the raw field."""
    even = Illumination((512, 512))
    tilted = Illumination((512, 512), coefficients=((1.0, 0.5), (0.0, 0.0)))
    dim = (drawn.pixels[1] * tilted.gain_at((512, 512))).astype(np.float32)
    spec = MeasureSpec(None, "DAPI")
    flat = measure_field({"DAPI": drawn.pixels[1]}, PIXEL_UM, spec, {"DAPI": even})
    corrected = measure_field({"DAPI": dim}, PIXEL_UM, spec, {"DAPI": tilted})
    assert corrected.values["cell_count"] == flat.values["cell_count"]
    np.testing.assert_allclose(
        corrected.cells["DAPI_nucleus_mean"], flat.cells["DAPI_nucleus_mean"], rtol=0.01
    )
    assert corrected.values["DAPI_mean"] == pytest.approx(dim.mean(dtype=float), rel=1e-5)


def blank() -> npt.NDArray[Any]:
    """Noise and nothing else."""
    return np.asarray(np.random.default_rng(0).normal(200, 8, (2, 512, 512)).astype(np.uint16))


def constant() -> npt.NDArray[Any]:
    """One level everywhere."""
    return np.full((2, 512, 512), 200, np.uint16)


def saturated() -> npt.NDArray[Any]:
    """The ceiling everywhere."""
    return np.full((2, 512, 512), 65535, np.uint16)


def clump() -> npt.NDArray[Any]:
    """One bright disc of 300 pixels across."""
    disc = np.zeros((512, 512), np.float32)
    cv2.circle(disc, (250, 260), 150, 20_000.0, -1)
    pixels: npt.NDArray[Any] = (blank() + cv2.GaussianBlur(disc, (0, 0), 3)).astype(np.uint16)
    return pixels


def small() -> npt.NDArray[Any]:
    """A field of 64 pixels a side."""
    return blank()[:, :64, :64]


@pytest.mark.parametrize("pixel_um", [PIXEL_UM, None])
@pytest.mark.parametrize("draw", [blank, constant, saturated, clump, small])
@pytest.mark.parametrize("spec", [BOTH, MeasureSpec("FITC", None), MeasureSpec(None, "DAPI")])
def test_odd_fields_have_an_answer(
    draw: Callable[[], npt.NDArray[Any]], spec: MeasureSpec, pixel_um: float | None
) -> None:
    """Nothing to see, all at the ceiling, a giant clump: numbers without a crash or a warning."""
    odd = measure_field(by_name(draw()), pixel_um, spec)
    assert odd.values["cell_count"] == odd.cells["counted"].sum()
    assert odd.values["cell_count"] <= (0 if draw is not clump else 250)
    assert np.isfinite(odd.values["cell_count"])
    if odd.cells.empty and spec.neurites:
        unit = "um" if pixel_um else "px"
        assert np.isnan(odd.values[f"mean_soma_area_{unit}2"])
        assert np.isnan(odd.values[f"neurite_length_per_cell_{unit}"])
