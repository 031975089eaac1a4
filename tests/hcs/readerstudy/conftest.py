"""What the tests of reader studies share: one fabricated study."""

from pathlib import Path

import pytest
from tests.hcs.readerstudy.fabricated import write_study

from hcs.study.folder import StudyResults


@pytest.fixture(scope="session")
def coded_study(tmp_path_factory: pytest.TempPathFactory) -> StudyResults:
    """16 clones, two wells each on two plates, two fields a well; not to be changed."""
    folder: Path = tmp_path_factory.mktemp("coded")
    return StudyResults.open(write_study(folder))
