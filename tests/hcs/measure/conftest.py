"""What the tests of measuring share: simulated fields of two channels, and one small plate, measured once."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from hcs.measure.fields import MeasureSpec
from hcs.measure.measured import Measurements
from hcs.measure.measurements import measure_plate
from hcs_plates.description import PlateSpec
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import Plate, create_plate
from hcs_plates.readers.acquisition import Channel, PlaneKey
from hcs_plates.simulate import CellSpec, FieldSpec, RenderedField, render_field
from hcs_plates.wells import FORMATS

SIDE = 256
WELLS = pd.DataFrame(
    {
        "plate": "P1",
        "clone": ["c1", "c1", "c2", "c2"],
        "role": ["negative_control", "sample", "sample", "sample"],
        "included": [True, True, True, False],
    },
    index=pd.Index(["A01", "A02", "A03", "A04"], name="well", dtype="str"),
)
MISSING = {PlaneKey("A03", 2, 1): "file gone"}


def draw_field(name: str, side: int = 512, per_mm2: float = 150.0) -> RenderedField:
    """Draw neurons and their nuclei."""
    cells = CellSpec(per_mm2=per_mm2, clustered=0.3)
    return render_field(
        FieldSpec(height=side, width=side, channels=("FITC", "DAPI"), cells=cells), seed=4, name=name
    )


def plate_pixels(well: str, number: int, side: int = SIDE) -> npt.NDArray[Any]:
    """Give a field of the small plate; the second of A02 is blank."""
    if (well, number) == ("A02", 2):
        rng = np.random.default_rng(0)
        return np.asarray(rng.normal(200, 8, (2, side, side)).astype(np.uint16))
    return draw_field(f"P1/{well}/{number}", side, 500.0).pixels


def write_measurable(
    folder: Path,
    *,
    pixel_size_um: tuple[float, float] | None = (0.65, 0.65),
    wells: pd.DataFrame = WELLS,
    missing: Mapping[PlaneKey, str] = MISSING,
    pixels: Callable[[str, int], npt.NDArray[Any]] = plate_pixels,
    n_times: int = 1,
    side: int = SIDE,
) -> Plate:
    """Write the small plate: FITC and DAPI, two fields a well, of one level; one plane of A03 is missing."""
    spec = PlateSpec(
        name="P1",
        format=FORMATS[24],
        channels=(Channel("FITC"), Channel("DAPI")),
        layout=FieldLayout(n_times, 2, 1, side, side, "uint16"),
        fields=dict.fromkeys(wells.index, (1, 2)),
        wells=wells,
        missing=missing,
        pixel_size_um=pixel_size_um,
    )
    return create_plate(folder / "P1.ome.zarr", spec, pixels, overwrite=True)


@pytest.fixture(scope="session")
def neurons() -> Callable[..., RenderedField]:
    """Give `draw_field`."""
    return draw_field


@pytest.fixture(scope="session")
def measurable() -> Callable[..., Plate]:
    """Give `write_measurable`, for tests that need a plate of their own."""
    return write_measurable


@pytest.fixture(scope="session")
def small_plate(tmp_path_factory: pytest.TempPathFactory) -> Plate:
    """The small plate; not to be changed."""
    return write_measurable(tmp_path_factory.mktemp("measure"))


@pytest.fixture(scope="session")
def measured(small_plate: Plate) -> Measurements:
    """The small plate, measured beside itself; not to be changed."""
    return measure_plate(small_plate, MeasureSpec("FITC", "DAPI"))
