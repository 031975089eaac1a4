"""`hcs report` and `hcs batch`: one study's report, or what differs between two; refusals in one sentence."""

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import typer
from tests.hcs.report.difference.fabricated import SCORES, write_results
from typer.testing import CliRunner

from hcs.cli.reporting import batch, report
from hcs_plates.errors import ArgumentError, ExistsError, NotThereError

WORSE = SCORES | {"a2": 0.4, "a3": 0.3, "c3": 0.7}


def run(*words: str | Path) -> Any:
    """Run the command as the only one of an application."""
    app = typer.Typer()
    app.command()(report)
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two results folders; not to be changed."""
    folder = tmp_path_factory.mktemp("studies")
    one = write_results(folder / "old")
    other = write_results(folder / "new", scores={"cnn": WORSE, "forest": SCORES})
    return one.results, other.results


def test_the_difference(studies: tuple[Path, Path], tmp_path: Path) -> None:
    """The page is written, the summary printed, and where it is."""
    result = run("--diff", *studies, "--out", tmp_path / "d.html")
    assert result.exit_code == 0, result.output
    assert "8 of 8 clones are called right by the CNN in A and 5 in B" in result.output
    assert result.output.splitlines()[-1] == f"report: {tmp_path / 'd.html'}"
    assert "old against new" in (tmp_path / "d.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("undrawn")
def test_the_name_of_the_page(
    studies: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --out it stands here under both folders' names, and is replaced only when asked."""
    monkeypatch.chdir(tmp_path)
    assert run("--diff", *studies).exit_code == 0
    page = tmp_path / "old-against-new.html"
    page.write_text("mine", encoding="utf-8")
    refused = run("--diff", *studies)
    assert isinstance(refused.exception, ExistsError)
    assert page.read_text(encoding="utf-8") == "mine"
    assert run("--diff", *studies, "--overwrite").exit_code == 0
    assert page.read_text(encoding="utf-8") != "mine"


@pytest.mark.usefixtures("undrawn")
def test_json(studies: tuple[Path, Path], tmp_path: Path) -> None:
    """Everything the page shows, for scripts."""
    result = run("--diff", *studies, "--out", tmp_path / "d.html", "--json")
    document = json.loads(result.output)
    assert document["headline"].startswith("8 of 8 clones")
    assert document["tables"]["pairs"][0]["only_a"] == 3
    assert document["tables"]["clones"][0]["difference"] in (pytest.approx(-0.3), pytest.approx(0.3))
    assert Path(document["report"]).is_file()


@pytest.mark.parametrize("kind", ["both", "neither", "out"])
def test_one_or_the_other(studies: tuple[Path, Path], kind: str, tmp_path: Path) -> None:
    """A study and --diff, or neither, or --out without --diff, is refused in one sentence that says why."""
    words: dict[str, tuple[str | Path, ...]] = {
        "both": (studies[0], "--diff", *studies),
        "neither": (),
        "out": (studies[0], "--out", tmp_path / "d.html"),
    }
    error = run(*words[kind]).exception
    assert isinstance(error, ArgumentError)
    assert "--diff" in error.message
    assert error.message.endswith(".")
    assert "\n" not in error.message


def test_a_folder_that_is_not_there(studies: tuple[Path, Path], tmp_path: Path) -> None:
    """The error is that of every other command."""
    assert isinstance(run("--diff", studies[0], tmp_path / "nowhere").exception, NotThereError)


def test_one_study(studies: tuple[Path, Path]) -> None:
    """Without --diff it is `hcs study report`."""
    with patch("hcs.cli.studies.report") as called:
        assert run(studies[0], "--json").exit_code == 0
    called.assert_called_once_with(studies[0], as_json=True)


def test_a_table_is_not_replaced_by_its_report(tmp_path: Path) -> None:
    """Not when asked either: it is what the report would be made from."""
    table = tmp_path / "profiles.csv"
    table.write_text("well,f\nA01,1\n", encoding="utf-8")
    app = typer.Typer()
    app.command()(batch)
    refused = CliRunner().invoke(app, [str(table), "--out", str(table), "--overwrite"])
    assert isinstance(refused.exception, ArgumentError)
    assert "is what the report is to be made from" in str(refused.exception)
    assert table.read_text(encoding="utf-8") == "well,f\nA01,1\n"
