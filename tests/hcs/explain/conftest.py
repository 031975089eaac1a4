"""The small study explained once, and copies of its results for tests that explain anew."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import MadeOnce

from hcs.explain.explanations import Explanations, Findings, explain_study
from hcs.explain.plan import ExplainSpec
from hcs.report.reported import Study
from hcs.study.folder import StudyResults

CopyStudy = Callable[[Path], StudyResults]
EXPLAINED = ExplainSpec(sampled=2, controls=2, networks=1, judged=1)


@pytest.fixture(scope="session")
def copy_study(small_study: Study) -> CopyStudy:
    """Copy the small study's results into a folder; the plates stay where its record says."""

    def copy(folder: Path) -> StudyResults:
        return StudyResults.open(shutil.copytree(small_study.results, folder / "results"))

    return copy


@pytest.fixture(scope="session")
def explained_study(copy_study: CopyStudy, made_once: MadeOnce) -> StudyResults:
    """A copy of the small study that is explained."""
    folder = made_once("explained", lambda folder: explain_study(copy_study(folder), EXPLAINED))
    return StudyResults.open(folder / "results")


@pytest.fixture(scope="session")
def explained(explained_study: StudyResults) -> Explanations:
    """What explains it, with two controls of each kind; not to be changed."""
    return explain_study(explained_study, EXPLAINED)


@pytest.fixture(scope="session")
def findings(explained: Explanations) -> Findings:
    """What its numbers show, summed up once."""
    return explained.findings()


@pytest.fixture
def summed_up(findings: Findings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sum the study's numbers up no second time."""
    monkeypatch.setattr(Explanations, "findings", lambda self: findings)
