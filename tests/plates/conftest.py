"""Small plates for the tests of the ground floor."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from zarr.storage import LocalStore

from hcs_plates.description import PlateSpec
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import Plate, create_plate
from hcs_plates.readers.acquisition import Channel, PlaneKey
from hcs_plates.units import digest
from hcs_plates.wells import FORMATS

MakePlate = Callable[..., Plate]
MakeSpec = Callable[..., PlateSpec]


def pixels_of(name: str, well: str, number: int, layout: FieldLayout) -> npt.NDArray[Any]:
    """Noise that only this field of this plate has."""
    rng = np.random.default_rng(int(digest(name, well, number)[:8], 16))
    return rng.integers(0, np.iinfo(layout.dtype).max, layout.shape, dtype=layout.dtype, endpoint=True)


def plate_spec(name: str = "P1", **changes: Any) -> PlateSpec:
    """Describe a 24-well plate with four wells of two fields, two channels, one plane missing."""
    wells = ["A01", "A02", "C05", "D06"]
    table = pd.DataFrame(
        {
            "plate": name,
            "row": [well[0] for well in wells],
            "column": [int(well[1:]) for well in wells],
            "clone": ["c1", "c1", "c2", "c3"],
            "diagnosis": ["ALS", "ALS", "control", None],
            "passage": pd.array([12, 12, None, 30], dtype="Int64"),
            "dose": [0.5, 1.0, float("nan"), 2.0],
            "included": [True, True, True, False],
        },
        index=pd.Index(wells, name="well", dtype="str"),
    )
    values: dict[str, Any] = {
        "name": name,
        "format": FORMATS[24],
        "channels": (Channel("GFP", excitation_nm=488.0), Channel("DNA")),
        "layout": FieldLayout(1, 2, 1, 70, 90, "uint16"),
        "fields": dict.fromkeys(wells, (1, 3)),
        "wells": table,
        "missing": {PlaneKey("A02", 3, 1): "file gone", PlaneKey("C05", 2, 0): "file gone"},
        "pixel_size_um": (0.65, 0.65),
        "notices": ("one sentence",),
    }
    return PlateSpec(**{**values, **changes})


@pytest.fixture
def make_spec() -> MakeSpec:
    """Describe the small plate; keyword arguments change it."""
    return plate_spec


@pytest.fixture
def make_plate(tmp_path: Path) -> MakePlate:
    """Write a small plate; keyword arguments change its description."""

    def make(name: str = "P1", pixels: Callable[[str, int], Any] | None = None, **changes: Any) -> Plate:
        spec = plate_spec(name, **changes)

        def noise(well: str, number: int) -> Any:
            return pixels_of(name, well, number, spec.layout)

        return create_plate(tmp_path / f"{name}.ome.zarr", spec, pixels or noise)

    return make


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[int]]:
    """Bytes of every piece that zarr reads from now on, by the file it is of."""
    found: dict[str, list[int]] = {}
    get = LocalStore.get

    async def counted(self: LocalStore, key: str, *args: Any, **options: Any) -> Any:
        piece = await get(self, key, *args, **options)
        if piece is not None:
            found.setdefault(key, []).append(len(piece))
        return piece

    monkeypatch.setattr(LocalStore, "get", counted)
    return found
