"""What several tests of faults begin with."""

from pathlib import Path

import pytest
from tests.conftest import MadeOnce
from tests.faults.commands import run_study


@pytest.fixture
def ran(made_once: MadeOnce) -> Path:
    """A folder with two small plates, and the results of their study in ``start/X``; a copy of one's own."""
    return made_once("ran", run_study)
