"""Markers: however a marker looks, its fields count; only channels of cells can be at fault."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter

from hcs.measure.fields import MeasureSpec, measure_field
from hcs.measure.measurements import judge_fields
from hcs_plates.simulate import CellSpec, FieldSpec, render_field

SIDE = 160
DRAWN = FieldSpec(
    height=SIDE, width=SIDE, channels=("FITC", "DAPI"), cells=CellSpec(per_mm2=900, clustered=0)
)
NEURITES, NUCLEI = render_field(DRAWN, seed=3, name="P1/A01/1").pixels
SPEC = MeasureSpec("FITC", "DAPI", ("CASP3",))
Plane = npt.NDArray[Any]


def noise(mean: float, seed: int = 0) -> Plane:
    """Shot noise alone."""
    return np.random.default_rng(seed).poisson(mean, (SIDE, SIDE)).astype(np.uint16)


def spots(n: int, sigma: float, light: float = 4000) -> Plane:
    """So many spots on noise: positive cells of a marker that is dark elsewhere."""
    at = np.random.default_rng(n).integers(12, SIDE - 12, (n, 2))
    picture = np.zeros((SIDE, SIDE))
    picture[tuple(at.T)] = light * 2 * np.pi * sigma**2
    return np.asarray(noise(200) + gaussian_filter(picture, sigma), dtype=np.uint16)


MARKERS = {
    "nothing stained": noise(200),
    "black": np.zeros((SIDE, SIDE), np.uint16),
    "even": np.full((SIDE, SIDE), 300, np.uint16),
    "one positive cell": spots(1, 3),
    "two faint cells": spots(2, 3, 300),
    "many positive cells": spots(30, 4),
    "one speck": spots(1, 0.8),
    "diffuse": gaussian_filter(spots(6, 3).astype(float), 12).astype(np.uint16),
    "all at the ceiling": np.full((SIDE, SIDE), 65535, np.uint16),
    "bright cells at the ceiling": np.minimum(spots(8, 6, 90000), 4095).astype(np.uint16),
    "one huge bright patch": spots(1, 22, 60000),
    "uneven light alone": (noise(200) * np.linspace(1, 2, SIDE)).astype(np.uint16),
    "a copy of the nuclei": NUCLEI.copy(),
    "8 bit": np.minimum(noise(20), 255).astype(np.uint8),
}


def judged(fitc: Plane, dapi: Plane, marker: Plane) -> pd.Series:
    """One field, measured and judged."""
    found = measure_field({"FITC": fitc, "DAPI": dapi, "CASP3": marker}, 0.65, SPEC)
    return judge_fields(pd.DataFrame([found.values]), SPEC).iloc[0]


@pytest.mark.parametrize("name", MARKERS)
def test_a_marker_never_leaves_a_field_out(name: str) -> None:
    """The field counts, and what its marker looks like still stands in its row."""
    row = judged(NEURITES, NUCLEI, MARKERS[name])
    assert (row["included"], row["reason"]) == (True, "")
    assert row["CASP3_mean"] == pytest.approx(MARKERS[name].mean())
    assert row["cell_count"] > 5


@pytest.mark.parametrize("name", ["nothing stained", "black", "even", "all at the ceiling"])
@pytest.mark.parametrize("channel", ["FITC", "DAPI"])
def test_the_channels_of_cells_still_do(channel: str, name: str) -> None:
    """The same planes in place of neurites or nuclei are faults, and the reason names the channel."""
    planes = {"fitc": NEURITES, "dapi": NUCLEI} | {channel.lower(): MARKERS[name]}
    row = judged(**planes, marker=MARKERS["one positive cell"])
    assert not row["included"]
    assert row["reason"].startswith(f"{channel} ")
    assert "CASP3" not in row["reason"]


def test_positive_cells_are_not_selected_by_their_marker() -> None:
    """Fields with and without positive cells count alike, so a share over them is not biased upwards."""
    fields = pd.DataFrame(
        [
            measure_field({"FITC": NEURITES, "DAPI": NUCLEI, "CASP3": MARKERS[name]}, 0.65, SPEC).values
            for name in ("nothing stained", "many positive cells") * 7
        ]
    )
    assert judge_fields(fields, SPEC)["included"].all()
