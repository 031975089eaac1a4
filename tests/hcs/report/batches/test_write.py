"""Batch reports of a finished study and of any table: kept analyses taken, others made beside, gaps said."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import typer
from tests.hcs.conftest import replace_table
from tests.hcs.report.difference.fabricated import LABELS, PLATES, SCORES, write_results
from tests.hcs.report.featuretable import SPEC, feature_table
from tests.hcs.report.reading import Page
from typer.testing import CliRunner

from hcs.analysis.kept import SUMMARIES, read_analyses
from hcs.analysis.question import Question
from hcs.analysis.registry import ANALYSES
from hcs.cli.reporting import batch as command
from hcs.figures import panels
from hcs.findings.from_study import study_evidence
from hcs.findings.run import analyse_study
from hcs.report.batches import write as batchreport
from hcs.report.batches.write import batch_report
from hcs.report.reported import Study
from hcs.study.folder import StudyResults
from hcs.study.places import KEPT_ANALYSES
from hcs_plates.errors import ArgumentError, ExistsError, NotThereError, StoreError

FEW = ("design", "batches", "drift")
"""Analyses that these tests make, so that they take seconds; the shared test makes all."""


def make_few(patch: pytest.MonkeyPatch) -> None:
    """Let only some analyses be made, and draw them for the page alone (all formats: `test_kept`)."""
    patch.setattr(batchreport, "ANALYSES", {name: ANALYSES[name] for name in FEW})
    patch.setattr(panels, "figure_bytes", lambda figure, ending: ending.encode())


@pytest.fixture(autouse=True)
def few_analyses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test makes few."""
    make_few(monkeypatch)


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the table of features; not to be changed."""
    folder = tmp_path_factory.mktemp("table")
    with pytest.MonkeyPatch.context() as patch:
        make_few(patch)
        return batch_report(feature_table(), folder / "report.html", spec=SPEC, title="Three plates")


def fabricated(folder: Path, **options: Any) -> StudyResults:
    """A study with well scores, whose tables are all there is."""
    wells = [
        (model, plate, f"{'ABCD'[place // 6]}{place % 6 + 1:02}", clone, label, 2, SCORES[clone])
        for model in ("cnn", "forest")
        for plate in PLATES
        for place, (clone, label) in enumerate(LABELS.items())
    ]
    columns = ["model", "plate", "well", "group", "label", "n_tiles", "probability"]
    given = options.pop("tables", {})
    return write_results(
        folder, tables={"well_scores": pd.DataFrame(wells, columns=columns)} | given, **options
    )


def keep(study: StudyResults, source: Path, **asked: Any) -> Path:
    """Let a study keep the analyses of another place, as if asked so."""
    kept = study.results / KEPT_ANALYSES
    shutil.copytree(source, kept)
    path = kept / SUMMARIES
    document = pd.io.json.ujson_loads(path.read_text(encoding="utf-8"))
    document["asked"] = {"model": "cnn", "batch": "plate", "seed": 3, "features": "features-0"} | asked
    path.write_text(pd.io.json.ujson_dumps(document), encoding="utf-8")
    return kept


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refuse_making(*_: object, **__: object) -> None:
    """Stand in for the making of analyses where none may be made."""
    raise AssertionError("analyses were made again")


def test_a_table(reported: Path) -> None:
    """One file with everything, and beside it the analyses with their figures: every number is there."""
    page = Page(reported.read_text(encoding="utf-8"))
    assert "Three plates: effects of plate" in page.text
    assert "n = 8 clones" in page.text
    assert "the linear model calls all clones right in every plate" in page.text
    kept = read_analyses(reported.with_name("report-analyses"))
    assert list(kept.findings) == ["design", "batches"]
    for found in kept.findings.values():
        for name, table in found.tables.items():
            saved = page.table(f"{name}.csv").astype(object).fillna("")
            pd.testing.assert_frame_equal(saved, table.astype(object).fillna(""), check_dtype=False)
    asked = {"model": "linear", "batch": "plate", "seed": 0, "clinical": False}
    assert kept.asked == asked | {"clinical_notes": []}
    record = page.table("record.csv").set_index("name")["value"]
    assert record["features"] == "f_0, f_1, f_2"
    assert record["rows"] == "48"
    assert len(record["digest"]) >= 32
    why = page.table("left_out.csv").set_index("where")["reason"]
    assert why["drift"] == "A table of features does not say in which order wells were imaged."
    assert reported.stat().st_size < 15e6
    assert {path.name for path in reported.parent.iterdir()} == {"report.html", "report-analyses"}


def test_everything_that_was_left_out_is_listed(tmp_path: Path) -> None:
    """Each sentence on rows has its line, however many there are."""
    table = feature_table()
    table["genotype"] = ["HET"] * 2 + table["genotype"].tolist()[2:]
    table["clone"] = [*table["clone"][:4], None, None, *table["clone"][6:]]
    page = Page(batch_report(table, tmp_path / "r.html", spec=SPEC).read_text(encoding="utf-8"))
    reasons = page.table("left_out.csv")["reason"].tolist()
    rows = [one for one in reasons if one.startswith("2 rows")]
    assert rows == ["2 rows of neither Null nor WT left out.", "2 rows without clone left out."]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (lambda rows: rows[rows["plate"] == "P1"], "No verdict: no well of Null and WT has a score"),
        (
            lambda rows: rows[(rows["plate"] == "P1") == (rows["genotype"] == "WT")],
            "No verdict: genotype is fully confounded with plate",
        ),
        (
            lambda rows: rows.assign(
                f_0=rows["f_1"], f_2=np.where(rows["field"] == 1, float("inf"), rows["f_2"])
            ),
            "Not shown that the linear model tells",
        ),
        (
            lambda rows: rows.assign(plate=rows["plate"].str[1:].astype(int)),
            "the linear model calls all clones right in every plate",
        ),
    ],
)
def test_tables_that_say_little(
    tmp_path: Path, change: Callable[[pd.DataFrame], pd.DataFrame], verdict: str
) -> None:
    """One batch, label and batch tied, features without a number, numbers as names: a report all the same."""
    path = batch_report(change(feature_table()), tmp_path / "report.html", spec=SPEC)
    page = Page(path.read_text(encoding="utf-8"))
    assert verdict in page.text
    assert "nan" not in page.text.casefold().split()


def test_a_place_that_is_taken(reported: Path, tmp_path: Path) -> None:
    """Neither the file, nor the folder beside it, nor a folder of the user's is replaced unasked."""
    table = feature_table()
    before = contents(reported.parent)
    with pytest.raises(ExistsError, match=r"report.html exists already; .* --overwrite"):
        batch_report(table, reported, spec=SPEC)
    assert contents(reported.parent) == before
    mine = tmp_path / "mine-analyses"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    with pytest.raises(ExistsError, match="mine-analyses exists already"):
        batch_report(table, tmp_path / "mine.html", spec=SPEC)
    with pytest.raises(ArgumentError, match="is not something hcs wrote"):
        batch_report(table, tmp_path / "mine.html", spec=SPEC, overwrite=True)
    assert (mine / "thesis.txt").read_text() == "years of work"
    with pytest.raises(ArgumentError, match="is a folder; give the report a file name"):
        batch_report(table, tmp_path, spec=SPEC, overwrite=True)
    with pytest.raises(ArgumentError, match="needs a TableSpec"):
        batch_report(table, tmp_path / "other.html")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine-analyses"]


def test_it_is_replaced_when_asked(reported: Path, tmp_path: Path) -> None:
    """With the folder beside it; the same table gives the same page."""
    shutil.copytree(reported.parent, tmp_path / "again")
    path = tmp_path / "again" / "report.html"
    path.write_text("old", encoding="utf-8")
    batch_report(feature_table(), path, spec=SPEC, title="Three plates", overwrite=True)
    assert path.read_text(encoding="utf-8") == reported.read_text(encoding="utf-8")


def test_kept_analyses_are_taken(reported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the same batch are not made again, whatever their seed, and only those the report shows."""
    study = fabricated(tmp_path / "study")
    kept = keep(study, reported.with_name("report-analyses"))
    before = contents(study.results)
    monkeypatch.setattr(batchreport, "analyse", refuse_making)
    path = batch_report(study, tmp_path / "out" / "batches.html", batch="plate")
    page = Page(path.read_text(encoding="utf-8"))
    assert contents(study.results) == before
    assert [one.name for one in path.parent.iterdir()] == ["batches.html"]
    design = read_analyses(kept).findings["design"]
    assert design.headline in page.text
    pd.testing.assert_frame_equal(page.table("design.csv"), design.table, check_dtype=False)
    assert page.table("wells_1.csv")["value"].tolist() == [*SCORES.values()] * 2
    assert "digest-of-p1" in page.text
    monkeypatch.setattr(batchreport, "study_evidence", lambda study: None)
    with pytest.raises(AssertionError, match="made again"):
        batch_report(study, tmp_path / "seeded.html", batch="plate", seed=4)


def test_an_analysis_that_is_not_kept_is_said(reported: Path, tmp_path: Path) -> None:
    """Analyses of an older version lack one: the report names it."""
    study = fabricated(tmp_path / "study")
    keep(study, reported.with_name("report-analyses"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batchreport, "ANALYSES", ANALYSES)
        path = batch_report(study, tmp_path / "batches.html", batch="plate")
    page = Page(path.read_text(encoding="utf-8"))
    assert "It is not among the analyses that the study keeps." in page.text
    assert "mixing" in page.table("left_out.csv")["where"].tolist()


@pytest.mark.parametrize("asked", [{"batch": "stain"}, {"model": "forest"}, {"features": "others"}])
def test_analyses_that_do_not_fit_are_not_taken(
    reported: Path, tmp_path: Path, asked: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of another batch, model or of other features are made anew beside the report."""
    study = fabricated(tmp_path / "study")
    keep(study, reported.with_name("report-analyses"), **asked)
    before = contents(study.results)
    monkeypatch.setattr(batchreport, "analyse", refuse_making)
    monkeypatch.setattr(batchreport, "study_evidence", lambda study: None)
    with pytest.raises(AssertionError, match="made again"):
        batch_report(study, tmp_path / "batches.html", batch="plate")
    assert contents(study.results) == before


def test_a_study_of_which_little_is_left(tmp_path: Path) -> None:
    """No features, no analyses, hardly a table: the page says what is missing, table by table."""
    study = write_results(tmp_path / "study")
    (study.results / "tables" / "wells.parquet").unlink()
    (study.results / "tables" / "left_out.parquet").write_bytes(b"damaged")
    page = Page(batch_report(study, tmp_path / "batches.html").read_text(encoding="utf-8"))
    for name in ("wells", "well_scores", "left_out"):
        assert f"The study's table {name!r} is missing or damaged." in page.text
    assert "n = 8 clones" in page.text
    assert "No verdict:" in page.text
    assert "has no table 'wells'" in page.text
    assert not (tmp_path / "batches-analyses").exists()


def test_a_class_without_wells(tmp_path: Path) -> None:
    """A study whose controls are gone: they count as none, and what cannot be asked says so."""
    own = {clone: label for clone, label in LABELS.items() if label == "ALS"}
    study = write_results(
        tmp_path / "study", labels=own, scores={"cnn": {name: SCORES[name] for name in own}}
    )
    page = Page(batch_report(study, tmp_path / "batches.html", batch="plate").read_text(encoding="utf-8"))
    table = page.table("groups_by_batch.csv")
    assert table[["ALS", "control", "in all"]].to_numpy().tolist() == [[4, 0, 4]] * 2
    assert "No verdict:" in page.text


def test_a_batch_that_no_well_has(tmp_path: Path) -> None:
    """A name that is no column is refused with the nearest one; the usual batch may be missing."""
    study = fabricated(tmp_path / "study")
    with pytest.raises(ArgumentError, match="have no 'passages'; did you mean 'passage'"):
        batch_report(study, tmp_path / "batches.html", batch="passages")
    page = Page(batch_report(study, tmp_path / "batches.html").read_text(encoding="utf-8"))
    assert "effects of differentiation batch" in page.text


@pytest.fixture(scope="module")
def finished(small_study: Study, tmp_path_factory: pytest.TempPathFactory) -> StudyResults:
    """A copy of the small study whose wells know a run, which is no column that hcs knows by name."""
    folder = tmp_path_factory.mktemp("finished") / "results"
    shutil.copytree(small_study.results, folder)
    wells = pd.read_parquet(folder / "tables" / "wells.parquet")
    wells = wells.assign(run=wells["plate"].map({"P1": "r1", "P2": "r2"}))
    replace_table(folder, "tables/wells.parquet", wells)
    return StudyResults.open(folder)


def test_a_finished_study(finished: StudyResults, tmp_path: Path) -> None:
    """Analyses for a batch of another name are made beside the report; the study stays as it was.

    A damaged folder of the study's own analyses is neither taken nor touched.
    """
    (finished.results / KEPT_ANALYSES).mkdir()
    (finished.results / KEPT_ANALYSES / SUMMARIES).write_text("{", encoding="utf-8")
    before = contents(finished.results)
    path = batch_report(finished, tmp_path / "runs.html", batch="run")
    assert contents(finished.results) == before
    shutil.rmtree(finished.results / KEPT_ANALYSES)
    assert set(Question(study_evidence(finished), batch="run").tiles["run"]) == {"r1", "r2"}
    kept = read_analyses(tmp_path / "runs-analyses")
    assert kept.asked["batch"] == "run"
    assert set(kept.findings) == set(FEW)
    assert "run" in kept.findings["design"].table["column"].tolist()
    page = Page(path.read_text(encoding="utf-8"))
    assert "n = 8 clones" in page.text
    own = finished.table("well_scores")
    own = own[(own["model"] == "cnn") & own["label"].isin(["ALS", "control"])]
    shown = page.table("wells_1.csv").merge(own, on=["plate", "well"], validate="one_to_one")
    assert len(shown) == 16
    assert shown["value"].tolist() == pytest.approx(shown["probability"].tolist())


def test_what_hcs_study_analyse_keeps_is_taken(
    finished: StudyResults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As that command keeps it, for the batch it was asked for."""
    analyse_study(finished, only=FEW, batch="run").save(finished.results / KEPT_ANALYSES)
    monkeypatch.setattr(batchreport, "analyse", refuse_making)
    batch_report(finished, tmp_path / "runs.html", batch="run")
    assert [path.name for path in tmp_path.iterdir()] == ["runs.html"]
    with pytest.raises(AssertionError, match="made again"):
        batch_report(finished, tmp_path / "plates.html", batch="plate")


def run(*words: str | Path) -> Any:
    """Run the command as the only one of an application."""
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, [str(word) for word in words])


def test_the_command_for_a_table(tmp_path: Path, reported: Path) -> None:
    """A file of features: names are read as text, and the report is the one that Python gives."""
    feature_table().to_csv(tmp_path / "Three_plates.csv", index=False)
    words = ("--label", "genotype", "--positive", "Null", "--negative", "WT", "--feature", "f_*")
    result = run(tmp_path / "Three_plates.csv", "--out", tmp_path / "r.html", *words)
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-1] == f"report: {tmp_path / 'r.html'}"
    own, other = (Page(path.read_text(encoding="utf-8")) for path in (tmp_path / "r.html", reported))
    assert own.text.split("Methods")[1][:40] == other.text.split("Methods")[1][:40]
    pd.testing.assert_frame_equal(own.table("batches.csv"), other.table("batches.csv"), rtol=1e-4)
    assert "the answer depends on the plate" in result.output
    result = run(tmp_path / "Three_plates.csv", "--out", tmp_path / "r.html", "--overwrite", "--json", *words)
    told = json.loads(result.stdout)
    assert told["headline"] in own.text
    assert {"scores", "tied", "sides", "batches"} <= {check["name"] for check in told["checks"]}


def test_the_command_refuses(tmp_path: Path) -> None:
    """A folder that is no study, no file, options of a table for a study, a label of one value."""
    out = ("--out", tmp_path / "r.html")
    (tmp_path / "empty").mkdir()
    error = run(tmp_path / "empty", *out).exception
    assert isinstance(error, NotThereError | StoreError)
    assert str(tmp_path / "empty") in error.message
    error = run(tmp_path / "none", *out).exception
    assert isinstance(error, NotThereError)
    assert error.message.endswith("none'; give a study's results folder or a table of features.")
    error = run(tmp_path / "empty", *out, "--label", "genotype").exception
    assert isinstance(error, ArgumentError)
    assert error.message == "Leave out --label: the study's own file says what its wells are."
    feature_table().assign(genotype="WT").to_csv(tmp_path / "one.csv", index=False)
    error = run(tmp_path / "one.csv", *out, "--label", "genotype").exception
    assert isinstance(error, ArgumentError)
    assert "has 1 value (WT): there are no two to tell apart" in error.message
    assert not (tmp_path / "r.html").exists()
