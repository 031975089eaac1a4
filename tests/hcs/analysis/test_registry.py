"""One analysis is one row: where it stands, how it is asked, and everything that follows from that."""

import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from tests.hcs.report.reading import Page
from typer.testing import CliRunner

import hcs.analysis
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, BatchSection, Question, StudySection
from hcs.analysis.registry import ANALYSES, in_section
from hcs.cli.app import app
from hcs.figures.panels import Panels
from hcs.figures.theme import empty_figure
from hcs.report.batches.page import SECTIONS
from hcs.report.reported import Study
from hcs.report.study.page import study_sections


@dataclass(frozen=True)
class Toy(Shown):
    """A finding of one number."""

    table: pd.DataFrame
    caveats: tuple[str, ...] = ()

    def summary(self) -> str:
        """Say it."""
        return f"There are {self.table['wells'].iloc[0]} wells with a toy."

    def plot(self) -> Panels:
        """Draw it in words."""
        return Panels.of(empty_figure(self.summary()), self.table)


def ask(asked: Question) -> Toy:
    """Count wells."""
    return Toy(pd.DataFrame({"wells": [len(asked.scored)]}))


TOY = Analysis("toy", "Wells with a toy", StudySection.WELLS, ask, checked=True)


def test_a_toy_is_analysed_reported_and_drawn(
    small_study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row in the dictionary is all that commands, the report, the verdict's checks and plots need."""
    for name in [*ANALYSES]:
        monkeypatch.delitem(ANALYSES, name)
    monkeypatch.setitem(ANALYSES, "toy", TOY)
    results = shutil.copytree(small_study.results, tmp_path / "results")
    done = CliRunner().invoke(app, ["study", "analyse", str(results)])
    assert done.exit_code == 0, done.output
    assert "toy  There are 16 wells with a toy." in done.output
    assert pd.read_parquet(results / "analyses" / "toy.parquet")["wells"].tolist() == [16]
    page = Page((results / "report.html").read_text(encoding="utf-8"))
    assert "analysis-toy" in page.ids
    assert page.text.count("Wells with a toy") >= 2
    drawn = CliRunner().invoke(app, ["plot", str(results), "toy", "--out", str(tmp_path / "toy.svg")])
    assert drawn.exit_code == 0, drawn.output
    assert (tmp_path / "toy.svg").read_text(encoding="utf-8").lstrip().startswith("<")
    assert pd.read_csv(tmp_path / "toy.csv")["wells"].tolist() == [16]
    only = CliRunner().invoke(app, ["study", "analyse", str(results), "--only", "tpy"])
    assert str(only.exception) == "No analysis 'tpy'; did you mean 'toy'?"


@pytest.mark.parametrize("sections", [("elsewhere", None), (StudySection.WELLS, "elsewhere")])
def test_a_section_that_no_report_has_is_refused(sections: tuple[StudySection, BatchSection]) -> None:
    """When the row is written, not when the page is."""
    section, in_batches = sections
    with pytest.raises(ValueError, match="elsewhere"):
        Analysis("toy", "Toy", section, ask, in_batches)


def test_every_section_is_on_its_page(small_study: Study) -> None:
    """What stands in a section is shown: both reports have all of theirs, in which every row stands once."""
    from hcs.report.gather import study_facts

    there = {section.ident for section in study_sections(study_facts(small_study))}
    assert {section.value for section in StudySection} <= there
    assert set(SECTIONS) == set(BatchSection)
    rows = [row.name for section in StudySection for row in in_section(section)]
    assert sorted(rows) == sorted(ANALYSES)


def test_every_analysis_can_be_called_by_users_and_is_in_the_readme() -> None:
    """The module of each row has a function among the public names of `hcs.analysis`, which README lists."""
    homes: dict[str, list[str]] = {}
    for name in dir(hcs.analysis):
        homes.setdefault(getattr(hcs.analysis, name).__module__, []).append(name)
    readme = Path(__file__).parents[3].joinpath("README.md").read_text(encoding="utf-8")
    for row in ANALYSES.values():
        asked = row.ask.func if isinstance(row.ask, partial) else row.ask
        names = homes[asked.__module__]
        assert any(f"`{name}`" in readme for name in names), row.name
