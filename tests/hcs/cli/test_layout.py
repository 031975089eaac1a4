"""`hcs layout` and `hcs layout check`, as somebody types them in a folder of their own."""

import json
from pathlib import Path

import pandas as pd
import pytest

from hcs.cli import main

Captured = pytest.CaptureFixture[str]
PASSPHRASE = "seven green bottles on a wall"


def run(*words: str | Path) -> int:
    """Run the command as a process would; gives its exit code."""
    with pytest.raises(SystemExit) as left:
        main(["layout", *(str(word) for word in words)])
    code = left.value.code
    return code if isinstance(code, int) else 0 if code is None else 1


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a table of six lines and what is known of their eligibility; PDFs are not drawn."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("hcs.design.maps.files.maps_pdf", lambda plates, **words: b"%PDF")
    lines = pd.DataFrame({"Cell line": [f"c{n}" for n in range(6)], "Diagnosis": ["ALS", "control"] * 3})
    lines.to_csv("lines.csv", index=False)
    verdicts = pd.DataFrame({"clone": [f"c{n}" for n in range(6)], "eligibility": ["eligible"] * 6})
    verdicts.loc[0, ["eligibility", "eligibility_reason"]] = ["not eligible", "SOD1 p.A5V"]
    verdicts.to_csv("eligible.csv", index=False)
    return tmp_path


def test_help_tells_both_commands(capsys: Captured) -> None:
    """`hcs layout --help` names `check`, and each has its own options and example."""
    assert run("--help") == 0
    shown = capsys.readouterr().out
    assert "hcs layout check" in shown
    assert "--replicates" in shown
    assert run("check", "--help") == 0
    shown = capsys.readouterr().out
    assert "hcs layout check P1.xlsx" in shown
    assert "--replicates" not in shown


def test_from_a_table_of_lines_to_platemaps_that_are_checked(folder: Path, capsys: Captured) -> None:
    """Controls, empty wells and batches as asked; lines set aside by name; then the maps are judged."""
    asked = ("--replicates", "4", "--plates", "A,B", "--batches", "x,y", "--wells", "24")
    placed = ("--control", "negative_control=2", "--control", "blank=D06", "--empty", "A01,A02")
    assert run("lines.csv", *asked, *placed, "--eligibility", "eligible.csv", "--seed", "3") == 0
    said = capsys.readouterr().out
    assert "5 lines on 2 plates of 24 wells" in said
    assert "set aside: c0 (not eligible: SOD1 p.A5V)" in said
    assert "next: hcs ingest EXPORT --name A --platemap layout/A.csv" in said
    wells = pd.read_csv(folder / "layout" / "B.csv").set_index("well")
    assert (wells["role"] == "negative_control").sum() == 2
    assert wells.loc["D06", "role"] == "blank"
    assert wells.loc[["A01", "A02"], "role"].tolist() == ["empty", "empty"]
    assert set(wells["differentiation_batch"].astype(str)) == {"y"}
    assert run("check", "layout/A.csv", "layout/B.csv", "--wells", "24", "--json") == 0
    judged = json.loads(capsys.readouterr().out)
    assert judged["summary"].startswith("Diagnosis is balanced over plate, batch")
    assert {row["of"] for row in judged["imbalances"]} == {"diagnosis", "clone"}


def test_a_layout_that_goes_with_the_diagnosis_is_told(capsys: Captured) -> None:
    """Patients in one row and controls in the other: it is said, and what to do; the exit code stays 0."""
    wells = pd.DataFrame({"well": ["A01", "A02", "A03", "B01", "B02", "B03"], "line": list("abcdef")})
    wells.assign(diagnosis=["ALS"] * 3 + ["control"] * 3).to_csv("P1.csv", index=False)
    assert run("check", "P1.csv", "--wells", "6") == 0
    said = capsys.readouterr().out
    assert "Diagnosis is confounded with row" in said
    assert "next: hcs layout LINES" in said


def test_under_codes_the_same_command_names_nobody(
    folder: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Maps hold codes; the key judges them, and gives the same codes to a second layout."""
    monkeypatch.setenv("HCS_PASSPHRASE", PASSPHRASE)
    coded = ("lines.csv", "--replicates", "4", "--key", "study.key")
    assert run(*coded, "--out", "one") == 0
    capsys.readouterr()
    first = pd.read_csv(folder / "one" / "layout.csv")
    assert not set(first["clone"].dropna()) & {f"c{n}" for n in range(6)}
    assert "diagnosis" not in first
    assert run("check", "one/P1.csv", "--key", "study.key", "--json") == 0
    assert {row["of"] for row in json.loads(capsys.readouterr().out)["imbalances"]} == {"diagnosis", "clone"}
    assert run(*coded, "--out", "two", "--wells", "48") == 0
    assert set(pd.read_csv(folder / "two" / "layout.csv")["clone"].dropna()) == set(first["clone"].dropna())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("lines.csv", "--replicates", "40", "--plates", "1"), "6 lines with 40 wells each need 240 wells"),
        (("none.csv", "--replicates", "2"), "There is no 'none.csv'"),
        (("lines.csv", "--replicates", "2", "--control", "negative_control"), "is not role=number"),
        (("lines.csv", "--replicates", "2", "--control", "a=1", "--control", "a=2"), "names 'a' twice"),
        (("lines.csv", "--replicates", "2", "--key", "k", "--seed", "1"), "Leave out --seed"),
        (("lines.csv", "--replicates", "2", "--key", "layout/k"), "keep the key elsewhere"),
        (("lines.csv", "--replicates", "2", "--key", "k", "--show-diagnosis"), "leave out --show-diagnosis"),
        (("lines.csv", "--replicates", "2", "--out", "lines.csv"), "exists already"),
        (("check", "lines.csv"), "has no column 'well'"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    folder: Path, words: tuple[str, ...], said: str, capsys: Captured
) -> None:
    """Exit code 2, what and the remedy; nothing is written."""
    before = sorted(folder.rglob("*"))
    assert run(*words) == 2
    assert said in capsys.readouterr().err
    assert sorted(folder.rglob("*")) == before
