"""`hcs explain`: sentences, JSON, pages, exit codes, and bad input in words."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hcs.cli import main
from hcs.explain.explanations import Explanations, Findings
from hcs.explain.plan import ExplainSpec
from hcs.study.folder import StudyResults

# A study that is explained takes half a minute to make.
pytestmark = pytest.mark.slow

Captured = pytest.CaptureFixture[str]
CopyStudy = Callable[[Path], StudyResults]
SAME = ["--tiles", "2", "--controls", "2", "--networks", "1", "--judged", "1"]
"""The settings that the shared study was explained with."""


def run(*words: str | Path) -> int:
    """Run the command as a process would; gives its exit code."""
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    code = left.value.code
    return code if isinstance(code, int) else 0 if code is None else 1


@pytest.fixture
def results(explained: Explanations, explained_study: StudyResults, tmp_path: Path) -> Path:
    """Results folder of an explained study, to be changed."""
    return Path(shutil.copytree(explained_study.results, tmp_path / "results"))


@pytest.fixture
def no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the study's report out, which takes longest."""
    monkeypatch.setattr("hcs.report.study.page.write_report", lambda study, _: study.results / "report.html")


def test_help(capsys: Captured) -> None:
    """It has an example, and every option says what it is."""
    assert run("explain", "--help") == 0
    shown = capsys.readouterr().out
    assert "Example: hcs explain" in shown
    for option in ("--block", "--tiles", "--controls", "--networks", "--judged", "--seed", "--json"):
        assert option in shown


@pytest.mark.usefixtures("summed_up")
def test_explained_in_words(results: Path, findings: Findings, capsys: Captured) -> None:
    """The findings' headlines, the verdict, and where the pages are, which are there."""
    assert run("explain", results, *SAME) == 0
    shown = capsys.readouterr()
    for finding in findings.values():
        assert finding.headline() in shown.out
        assert finding.summary() not in shown.out
    for name in ("explanations/explanations.html", "report.html"):
        assert str(results / name) in shown.out
        assert (results / name).is_file()
    assert 'id="saliency"' in (results / "report.html").read_text(encoding="utf-8")
    assert "left out" not in shown.err


@pytest.mark.usefixtures("summed_up", "no_report")
def test_explained_as_json(results: Path, findings: Findings, capsys: Captured) -> None:
    """One document: findings by name, what was left out, and the page."""
    assert run("explain", results, *SAME, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["findings"] == {name: one.summary() for name, one in findings.items()}
    assert document["left_out"] == {}
    assert Path(document["page"]).is_file()


@pytest.mark.usefixtures("summed_up", "no_report")
def test_what_is_left_out_ends_with_1(
    results: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is listed on standard error, in the JSON and on the page, which is there all the same."""
    why, asked = "Plate P1 is not at /gone/P1.ome.zarr any more.", []
    path = results / "explanations" / "explanations.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(record | {"left_out": {"compartments": why}}), encoding="utf-8")

    def explain(study: StudyResults, spec: ExplainSpec, **_: object) -> Explanations:
        asked.append(spec)
        return Explanations.open(study)

    monkeypatch.setattr("hcs.explain.explanations.explain_study", explain)
    words = ["--tiles", "5", "--controls", "6", "--networks", "7", "--judged", "4", "--seed", "8"]
    assert run("explain", results, "--block", "block3", *words, "--json") == 1
    assert asked == [ExplainSpec("block3", sampled=5, controls=6, networks=7, judged=4, seed=8)]
    shown = capsys.readouterr()
    assert f"left out: compartments ({why})" in shown.err
    document = json.loads(shown.out)
    assert document["left_out"] == {"compartments": why}
    assert why in Path(document["page"]).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--block", "blok3"], "VGG-16 has no block 'blok3'; did you mean 'block3'?"),
        (["--block", "block5"], "block3 do not depend on block5"),
        (["--tiles", "0"], "give 1 or more tiles of every clone"),
        (["--tiles", "1", "--judged", "2"], "judged is 2 of 1"),
        (["--controls", "-1"], "controls is -1"),
    ],
)
def test_bad_input_is_a_sentence(
    words: list[str], sentence: str, copy_study: CopyStudy, tmp_path: Path, capsys: Captured
) -> None:
    """Exit code 2, one message on standard error, no traceback, nothing written."""
    folder = copy_study(tmp_path).results
    before = {path.name for path in folder.iterdir()}
    assert run("explain", folder, *words) == 2
    shown = capsys.readouterr()
    assert sentence in shown.err.replace("\n", " ")
    assert "Traceback" not in shown.err
    assert {path.name for path in folder.iterdir()} == before


def test_no_such_results(tmp_path: Path, capsys: Captured) -> None:
    """A folder that is not there, and one without a study."""
    assert run("explain", tmp_path / "nothing") == 2
    assert "does not exist" in capsys.readouterr().err
    assert run("explain", tmp_path) == 2
    assert "no finished study" in capsys.readouterr().err
