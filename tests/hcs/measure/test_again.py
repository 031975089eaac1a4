"""A field measured again: the same as when it was measured, or it is said what is not."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from hcs.measure.again import differences, measure_again
from hcs.measure.fields import MeasureSpec
from hcs.measure.measured import Measurements
from hcs.measure.measurements import measure_plate
from hcs.measure.neurites import NeuriteSpec
from hcs_plates.errors import StoreError
from hcs_plates.plate import Plate

SPEC = MeasureSpec("FITC", "DAPI", neurite=NeuriteSpec(seed=6.5))


@pytest.fixture(scope="module")
def measurements(small_plate: Plate, tmp_path_factory: pytest.TempPathFactory) -> Measurements:
    """A plate measured by settings of one's own."""
    return measure_plate(small_plate, SPEC, tmp_path_factory.mktemp("again") / "m", workers=1)


def test_the_same_is_found(measurements: Measurements, small_plate: Plate) -> None:
    """Every number that tells what was found is that of the stored table; other settings are told."""
    row = measurements.fields.set_index(["well", "field"]).loc["A01", 1]
    found = measure_again(measurements, small_plate["A01"][1])
    assert found.values["cell_count"] > 0
    assert differences(found, row) == []
    changed = asdict(SPEC) | {"neurite": asdict(NeuriteSpec(seed=30.0))}
    other = Measurements(measurements.path, measurements.record | {"spec": changed})
    said = differences(measure_again(other, small_plate["A01"][1]), row)
    assert any(one.startswith("neurite_length_um is ") for one in said)
    assert not any(one.startswith("cell_count") for one in said)


@pytest.mark.parametrize("spec", [{"neurites": "FITC"}, asdict(SPEC) | {"later": 1}])
def test_settings_of_another_version_are_refused(
    measurements: Measurements, small_plate: Plate, spec: dict[str, Any]
) -> None:
    """They are not guessed."""
    other = Measurements(Path("P1.measurements"), measurements.record | {"spec": spec})
    with pytest.raises(StoreError, match="settings that this version of hcs does not have"):
        measure_again(other, small_plate["A01"][1])
