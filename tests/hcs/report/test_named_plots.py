"""Plots of a finished study by name, from Python and by command: the figure, and its numbers beside it."""

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from hcs.cli import main
from hcs.figures.panels import Panels
from hcs.figures.stamp import stamped
from hcs.findings.run import analyse_study
from hcs.report.facts import ReportFacts
from hcs.report.named_plots import PLOTS, layout, plot_names, plot_study, save_plot, scores
from hcs.report.reported import Study
from hcs.study.folder import StudyResults
from hcs.study.places import KEPT_ANALYSES
from hcs_plates.errors import ArgumentError, ExistsError, NotThereError, StoreError

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def analysed(small_study: Study, tmp_path_factory: pytest.TempPathFactory) -> StudyResults:
    """The small study, with one analysis kept."""
    folder = tmp_path_factory.mktemp("plots") / "results"
    shutil.copytree(small_study.results, folder, ignore=shutil.ignore_patterns("permut*"))
    analyse_study(small_study, only=["design"]).save(folder / KEPT_ANALYSES)
    return StudyResults.open(folder)


def run(*words: str | Path) -> int:
    """Run the command as a process would; gives its exit code."""
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    code = left.value.code
    return code if isinstance(code, int) else 0


def test_names_are_those_of_the_report_and_of_kept_analyses(
    analysed: StudyResults, small_study: Study
) -> None:
    """An analysis is a plot once it is kept."""
    assert list(plot_names(analysed)) == [*PLOTS, "design"]
    assert "design" not in plot_names(StudyResults.open(small_study.results))


def test_a_plot_gives_axes(analysed: StudyResults) -> None:
    """The ROC: tiles on the left, clones on the right, and its points as numbers."""
    drawn = plot_study(analysed, "roc")
    assert [axis.get_xlabel()[:19] for axis in drawn] == ["False-positive rate"] * 2
    assert set(drawn.numbers["level"]) >= {"tile", "group", "group band"}


@pytest.mark.parametrize("ending", [".svg", ".png", ".pdf"])
def test_an_analysis_is_written_as_it_was_kept(analysed: StudyResults, ending: str, tmp_path: Path) -> None:
    """The same drawing, stamped with its table, and the table as CSV."""
    figure, numbers = save_plot(analysed, "design", tmp_path / f"mine{ending}")
    drawn = (analysed.results / KEPT_ANALYSES / f"design{ending}").read_bytes()
    assert figure.read_bytes() == stamped(drawn, ending, numbers.read_bytes())
    kept = pd.read_parquet(analysed.results / KEPT_ANALYSES / "design.parquet")
    pd.testing.assert_frame_equal(pd.read_csv(numbers), kept, check_dtype=False)


def test_what_cannot_be_is_refused(analysed: StudyResults, tmp_path: Path) -> None:
    """No such plot, no such format, a file that is there, a table that is not."""
    with pytest.raises(ArgumentError, match="No plot 'rock'; did you mean 'roc'"):
        save_plot(analysed, "rock", tmp_path / "a.svg")
    with pytest.raises(ArgumentError, match="No plot 'design'"):
        plot_study(analysed, "design")
    for name in ("roc", "design"):
        with pytest.raises(ArgumentError, match=r"a\.jpg ends in no format of a figure"):
            save_plot(analysed, name, tmp_path / "a.jpg")
        (tmp_path / f"{name}.csv").write_text("mine")
        with pytest.raises(ExistsError, match=f"{name}.csv exists already"):
            save_plot(analysed, name, tmp_path / f"{name}.svg")
        assert (tmp_path / f"{name}.csv").read_text() == "mine"
        assert not (tmp_path / f"{name}.svg").exists()
        with pytest.raises(ExistsError, match="was not written by hcs"):
            save_plot(analysed, name, tmp_path / f"{name}.svg", overwrite=True)
    (analysed.results / "tables" / "history.parquet").unlink()
    with pytest.raises(NotThereError, match="has no table of history"):
        save_plot(analysed, "training", tmp_path / "training.svg")
    # A plot that cannot be drawn is not offered.
    assert set(PLOTS) - set(plot_names(analysed)) == {"training"}


def test_the_command(
    analysed: StudyResults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """Without a name it lists; with one it writes here; what is wrong is one sentence."""
    monkeypatch.chdir(tmp_path)
    assert run("plot", analysed.results) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        *plot_names(analysed), "next:"
    ]  # fmt: skip
    assert run("plot", analysed.results, "clones") == 0
    assert {path.name for path in tmp_path.iterdir()} == {"clones.svg", "clones.csv"}
    assert run("plot", analysed.results, "clones") == 0
    (tmp_path / "clones.svg").write_text("mine")
    capsys.readouterr()
    assert run("plot", analysed.results, "clones") == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert run("plot", analysed.results, "roc", "--overwrite") == 0
    assert run("plot", analysed.results, "design", "--width", "85", "--out", "design.png") == 0
    assert np.asarray(cv2.imread("design.png")).shape[1] == 501
    assert run("plot", analysed.results, "design", "--width", "8.5", "--out", "other.png") == 2
    assert "give 50 to 1000 mm" in capsys.readouterr().err
    assert run("plot", tmp_path / "nothing", "roc") == 2
    assert "does not exist" in capsys.readouterr().err


def test_damaged_analyses_leave_the_plots_of_the_report(small_study: Study, tmp_path: Path) -> None:
    """The ROC needs no analysis; a kept figure that is gone is named with what makes it again."""
    folder = tmp_path / "results"
    folder.mkdir()
    shutil.copytree(small_study.results / "tables", folder / "tables")
    shutil.copyfile(small_study.results / "record.json", folder / "record.json")
    analyse_study(small_study, only=["design"]).save(folder / KEPT_ANALYSES)
    study = StudyResults.open(folder)
    (folder / KEPT_ANALYSES / "design.pdf").unlink()
    with pytest.raises(StoreError, match=r"design\.pdf.*hcs study analyse"):
        save_plot(study, "design", tmp_path / "design.pdf")
    assert not (tmp_path / "design.csv").exists()
    (folder / KEPT_ANALYSES / "summaries.json").write_text("{", encoding="utf-8")
    save_plot(study, "roc", tmp_path / "roc.svg")


@pytest.mark.parametrize("name", [name for name in PLOTS if name != "doses"])
def test_every_plot_is_drawn_and_kept(neurons: ReportFacts, name: str, tmp_path: Path) -> None:
    """Axes, and numbers that are written beside the figure."""
    drawn = PLOTS[name][1](neurons)
    assert isinstance(drawn, Panels)
    figure, numbers = drawn.save(tmp_path / f"{name}.svg")
    assert figure.read_text(encoding="utf-8").count("<svg") == 1
    assert len(pd.read_csv(numbers)) == len(drawn.numbers) > 0


def test_doses_are_drawn_where_there_are_any(drugs: ReportFacts, neurons: ReportFacts) -> None:
    """A study without doses is refused in a sentence."""
    assert len(PLOTS["doses"][1](drugs).numbers) > 0
    with pytest.raises(NotThereError, match="has no doses"):
        PLOTS["doses"][1](neurons)


def test_scores_of_wells_are_means_of_their_tiles(neurons: ReportFacts) -> None:
    """The heatmap's values are the study's own table of wells; a picked well has its tiles."""
    found = scores(neurons)
    expected = neurons.well_table().query("model == 'cnn'").set_index(["plate", "well"])["probability"]
    shown = found.table.set_index(["plate", "well"])["shown"].dropna()
    assert len(shown) == expected.notna().sum()
    pd.testing.assert_series_equal(
        shown.sort_index(), expected.dropna().sort_index(), check_names=False, check_dtype=False
    )
    tiles = neurons.scores.query("model == 'cnn'")
    assert len(found.rows) == len(tiles)
    assert found.unit == "tile"


def test_layout_leaves_out_what_is_not_included(neurons: ReportFacts) -> None:
    """Wells that take no part are not in it, so they are hatched."""
    found = layout(neurons)
    assert len(found.table) == int(neurons.wells["included"].sum())
    assert set(found.table["shown"]) == {"ALS", "control"}


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("roc", "predictions"), ("clones", "groups"), ("layout", "wells"), ("scores", "scores"),
        ("training", "history"), ("reliability", "reliability"), ("search", "trials"),
    ],
)  # fmt: skip
def test_a_missing_table_is_named(neurons: ReportFacts, name: str, table: str) -> None:
    """One sentence, and no half-drawn figure."""
    missing = {table: pd.DataFrame()}
    with pytest.raises(NotThereError, match=f"has no table of {table}"):
        PLOTS[name][1](replace(neurons, **missing))
