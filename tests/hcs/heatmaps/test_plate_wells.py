"""A plate's wells go into the analyses of wells as they are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs import analysis
from hcs_plates.description import PlateSpec
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import Plate
from hcs_plates.readers.acquisition import Channel
from hcs_plates.wells import FORMATS

DENSITY = "seeding_density"
FEATURES = np.random.default_rng(1).normal(size=(96, 4))


@pytest.fixture(scope="module")
def plate() -> Plate:
    """A 96-well plate of 12 clones as its description has it; no pixel is needed."""
    wells = FORMATS[96].wells()
    number = np.arange(96)
    table = pd.DataFrame(
        {
            "plate": "P1",
            "clone": [f"c{place % 12}" for place in number],
            "diagnosis": np.where(number % 12 < 6, "ALS", "control"),
            "differentiation_batch": [f"b{place // 7 % 3}" for place in number],
            "role": np.where(number % 8 == 0, "negative_control", "sample"),
            "replicate": [f"r{place % 4}" for place in number],
            DENSITY: np.random.default_rng(0).normal(1.0, 0.1, 96),
            "included": True,
        },
        index=pd.Index(wells, name="well", dtype="str"),
    )
    layout = FieldLayout(1, 1, 1, 8, 8, "uint8")
    fields = dict.fromkeys(wells, (1,))
    return Plate(Path("P1.ome.zarr"), PlateSpec("P1", FORMATS[96], (Channel("A"),), layout, fields, table))


@pytest.mark.parametrize(
    "analyse",
    [
        lambda wells: analysis.acquisition_drift(wells, DENSITY),
        lambda wells: analysis.b_score(wells, DENSITY),
        lambda wells: analysis.design_check(wells, draws=99),
        lambda wells: analysis.group_test(wells, DENSITY, group="clone", label="diagnosis"),
        lambda wells: analysis.normalise_wells(wells, DENSITY),
        lambda wells: analysis.plate_effects(wells, DENSITY),
        lambda wells: analysis.position_effects(wells, DENSITY),
        lambda wells: analysis.replicate_correlation(wells, DENSITY),
        lambda wells: analysis.spatial_autocorrelation(wells, DENSITY),
        lambda wells: analysis.variance_components(wells, [DENSITY]),
        lambda wells: analysis.well_statistics(wells, DENSITY),
        lambda wells: analysis.batch_mixing(FEATURES, wells, group="clone", label="diagnosis"),
    ],
)
def test_wells_as_they_are(plate: Plate, analyse: Callable[[pd.DataFrame], Any]) -> None:
    """The table as the plate gives it says what the same table without an index says."""
    assert analyse(plate.wells).summary() == analyse(plate.wells.reset_index(drop=True)).summary()
