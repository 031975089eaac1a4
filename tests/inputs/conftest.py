"""What tests of inputs share: the small study's two plates."""

import pytest
from tests.hcs.conftest import write_small_plate

from hcs_plates.plate import Plate


@pytest.fixture(scope="session")
def two_plates(tmp_path_factory: pytest.TempPathFactory) -> list[Plate]:
    """The small study's plates; not to be changed on disk."""
    folder = tmp_path_factory.mktemp("plates")
    return [write_small_plate(folder, name) for name in ("P1", "P2")]
