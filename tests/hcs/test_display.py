"""What consoles and notebooks show: a sentence, and a few rows; never a page of a dictionary."""

from dataclasses import dataclass

import pandas as pd
import pytest

from hcs.analysis.finding import Shown
from hcs.analysis.kept import KeptFinding
from hcs.analysis.wells.well_statistics import well_statistics
from hcs.display import ROWS, preview
from hcs.measure.measured import Measurements
from hcs.report.reported import Study
from hcs.study.folder import StudyResults
from hcs_plates.plate import Plate

TABLE = pd.DataFrame({"clone": [f"<C{place}>" for place in range(9)], "score": 0.5})


def test_a_preview_is_short_and_escaped() -> None:
    """The sentence, five rows, how many there are; names with signs of HTML do nothing."""
    shown = preview("Two & three.", TABLE)
    assert shown.count("<tr") == ROWS + 1
    assert "Two &amp; three." in shown
    assert "<C0>" not in shown
    assert f"{ROWS} of 9 rows" in shown
    assert "rows" not in preview("All.", TABLE.head(2))


@dataclass(frozen=True, repr=False)
class Found(Shown):
    """A finding."""

    table: pd.DataFrame
    caveats: tuple[str, ...] = ()

    def summary(self) -> str:
        """Say it."""
        return "Two clones differ. The rest does not."


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (Found(TABLE), "<Found: Two clones differ.>"),
        (
            KeptFinding("calls", "All right.", "All right.", (), {"calls": TABLE}, ""),
            "<KeptFinding calls: All right.>",
        ),
    ],
)
def test_findings(shown: Found | KeptFinding, said: str) -> None:
    """Their main sentence."""
    assert repr(shown) == said
    assert shown._repr_html_().count("<tr") == ROWS + 1


def test_a_real_finding() -> None:
    """One of the analyses shows its own sentence."""
    found = well_statistics(pd.DataFrame({"plate": "P", "well": ["A01"], "area": [1.0]}), "area")
    assert repr(found).startswith("<WellStatistics: Area of 1 well")
    assert len(repr(found)) < 300


def test_stored_things(measured_plate: Plate, small_study: Study) -> None:
    """Measurements and studies say what and where; a study without results does not fail."""
    measured = Measurements.open(measured_plate.path.with_name("P1.measurements"))
    assert repr(measured) == f"<Measurements of plate P1 in {measured.path}>"
    assert "17 of 20 fields count" in measured._repr_html_()
    assert "Study small" in small_study._repr_html_()
    bare = StudyResults(small_study.config, small_study.source, small_study.results / "nowhere")
    assert "has no table" in bare._repr_html_()
