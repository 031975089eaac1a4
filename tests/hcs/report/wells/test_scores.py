"""Tests of scored wells: every analysis asked, what cannot be is said; the folder whole, its page."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.hcs.analysis.wells.test_hits import screen
from tests.hcs.report.reading import Page
from typer.testing import CliRunner

import hcs
from hcs.analysis import call_hits, normalise_wells
from hcs.analysis.kept import read_analyses
from hcs.cli.app import app
from hcs.report.wells.scores import WellScores, score_wells
from hcs_plates.errors import ArgumentError

ANALYSES = ["hits", "assay_quality", "replicate_correlation", "normalise_wells", "b_score"]


@pytest.fixture(scope="module")
def wells() -> pd.DataFrame:
    """Two layouts of 96 wells twice, one well flagged, two controls of each kind a plate."""
    made = screen().assign(included=True)
    made.loc[5, "included"] = False
    made.loc[made["well"].isin(["A12", "B12"]), "role"] = ["negative_control", "positive_control"] * 4
    made.loc[made["role"] == "positive_control", "light"] *= 0.2
    return made


@pytest.fixture(scope="module")
def scores(wells: pd.DataFrame) -> WellScores:
    """The screen scored; not to be changed."""
    return score_wells(wells, "light")


@pytest.fixture(scope="module")
def saved(wells: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The screen scored by the command, and what it printed."""
    folder = tmp_path_factory.mktemp("scored")
    wells.to_csv(folder / "wells.csv", index=False)
    asked = [
        "wells",
        str(folder / "wells.csv"),
        "--value",
        "light",
        "--out",
        str(folder / "out"),
        "--format",
        "xlsx",
    ]
    with pytest.MonkeyPatch.context() as patch:
        # Drawing every figure three times takes longer than all the rest.
        patch.setattr("hcs.figures.panels.figure_bytes", lambda figure, ending: b"")
        done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    return folder / "out", done.output


def test_every_analysis_is_the_one_of_the_library(wells: pd.DataFrame, scores: WellScores) -> None:
    """The same numbers as when they are asked one by one."""
    assert list(scores.findings) == ANALYSES
    assert scores.missing == {}
    named = wells["gene"] + " (" + wells["layout"].astype(str) + " " + wells["well"] + ")"
    alone = call_hits(wells.assign(name=named), "light", "name", count="cell_count")
    pd.testing.assert_frame_equal(scores.hits[list(alone.table)], alone.table)
    scaled = normalise_wells(wells, "light").table["light_robust_z"]
    np.testing.assert_allclose(scores.wells["light_robust_z"], scaled)
    assert scores.wells["scored_as"].tolist() == named.tolist()
    about = scores.hits.set_index("name").loc["g1-30 (1 C07)", ["layout", "well", "gene"]]
    assert about.tolist() == ["1", "C07", "g1-30"]
    assert scores.headline().startswith("4 hits of light among 183 reagents")
    assert {"n_wells", "scale", "row_effect", "z_prime"} <= set(scores.plates)
    assert scores.left_out.values.tolist() == [["well", "P0-1 A06", "not included"]]


def test_what_is_scored_and_how_can_be_chosen(wells: pd.DataFrame) -> None:
    """By gene over all plates, B-scores, logarithms; a percent of logarithms is refused."""
    by_gene = score_wells(wells, "light", group="gene", method="b_score", log=True)
    assert by_gene.hits["name"].str.fullmatch(r"g\d-\d+").all()
    assert "Values are logarithms to base 2." in by_gene.notices
    with pytest.raises(ArgumentError, match="percent of logarithms"):
        score_wells(wells, "light", method="percent_of_samples", log=True)
    with pytest.raises(ArgumentError, match="No method 'bscore'; did you mean 'b_score'"):
        score_wells(wells, "light", method="bscore")
    with pytest.raises(ArgumentError, match="No fit on 'negatives'; give samples or negative"):
        score_wells(wells, "light", fit="negatives")
    with pytest.raises(ArgumentError, match="no column 'Gene'; did you mean 'gene'"):
        score_wells(wells, "light", group="Gene")


def test_what_cannot_be_asked_is_said() -> None:
    """Wells of nothing known: one scale and B-scores, and why there are no hits, replicates and controls."""
    bare = screen(1, 1)[["plate", "well", "light"]]
    found = score_wells(bare, "light")
    assert list(found.findings) == ["normalise_wells", "b_score"]
    assert found.headline() == (
        "No hits: Nothing says which gene, compound or clone a well holds; name that column with --group."
    )
    assert set(found.missing) == {"hits", "assay_quality", "replicate_correlation"}
    assert found.hits.empty
    assert len(found.left_out) == 3


def test_the_command_says_where_to_go_on(saved: tuple[Path, str]) -> None:
    """Headlines, the folder, the page, the next step."""
    folder, printed = saved
    lines = printed.splitlines()
    assert any(line.startswith("hits: 4 hits of light among 183 reagents") for line in lines)
    assert f"report: {folder / 'report.html'}" in lines
    assert lines[-1].startswith("next: ")


def test_the_folder_is_whole(saved: tuple[Path, str], scores: WellScores) -> None:
    """Every table as Parquet and as CSV, kept analyses, a record with the digests of the tables."""
    folder, _ = saved
    for name, table in scores.tables().items():
        kept = pd.read_parquet(folder / f"{name}.parquet")
        assert list(kept) == list(table)
        assert len(kept) == len(pd.read_csv(folder / f"{name}.csv")) == len(table)
    assert list(read_analyses(folder / "analyses").findings) == ANALYSES
    record = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    assert record["scored"]["value"] == "light"
    assert set(record["files"]) == {f"{name}.parquet" for name in scores.tables()}
    assert (folder / "scores.xlsx").is_file()


def test_the_page_answers_first(saved: tuple[Path, str]) -> None:
    """The answer and its figure stand open, everything else below and closed."""
    page = Page((saved[0] / "report.html").read_text(encoding="utf-8"))
    for ident in (
        "verdict",
        "hits",
        "plates",
        "assay",
        "scale",
        "left-out",
        "methods",
        "tables",
        "wells-hits",
    ):
        assert ident in page.ids, ident
    assert "4 hits of light among 183 reagents" in page.text
    assert "The 4 most extreme of 4 hits" in page.text
    assert "P0-1 A06 not included" in page.text


def test_a_place_is_refused_before_anything_is_made(saved: tuple[Path, str], tmp_path: Path) -> None:
    """What stands there is replaced only when asked for, and only if it is scored wells."""
    folder, _ = saved
    done = CliRunner().invoke(app, ["wells", "nothing.csv", "--out", str(folder)])
    assert "exists already" in str(done.exception)
    (tmp_path / "own.txt").write_text("mine")
    done = CliRunner().invoke(app, ["wells", "nothing.csv", "--out", str(tmp_path), "--overwrite"])
    assert "is not something hcs wrote as scored wells" in str(done.exception)
    assert (tmp_path / "own.txt").read_text() == "mine"


def test_json_for_scripts(wells: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The document has headline, sentences, and the hits as rows."""
    wells.to_parquet(tmp_path / "wells.parquet")
    monkeypatch.setattr(WellScores, "save", lambda *_, **__: tmp_path)
    asked = [
        "wells",
        str(tmp_path / "wells.parquet"),
        "--value",
        "light",
        "--out",
        str(tmp_path / "out"),
        "--json",
    ]
    done = CliRunner().invoke(app, asked)
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["headline"].startswith("4 hits of light")
    assert {row["name"].partition(" ")[0] for row in told["hits"]} == {"g0-30", "g0-50", "g1-30", "g1-50"}
    assert hcs.score_wells is score_wells
