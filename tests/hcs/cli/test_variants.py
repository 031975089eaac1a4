"""`hcs variants`: what is said, what is written, and that it is all or nothing."""

import json
from pathlib import Path

import pandas as pd
import pytest

from hcs.cli import main
from hcs_plates.platemap import read_platemap
from hcs_plates.units import file_digest
from hcs_plates.wells import FORMATS

DATA = Path(__file__).parents[1] / "design" / "eligibility" / "data"
Captured = pytest.CaptureFixture[str]
MAP = "well,clone\nA01,eligible\nA02,carrier\nA03,no-count\nB01,\n"


def run(*words: str | Path) -> int:
    """Run the command as a process would; gives its exit code."""
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    code = left.value.code
    return code if isinstance(code, int) else 0 if code is None else 1


def test_from_a_rule_to_a_platemap(tmp_path: Path, capsys: Captured) -> None:
    """The preset as a file, verdicts with their reasons, and a platemap that leaves wells out."""
    rule, out, joined = tmp_path / "rule.toml", tmp_path / "eligible.csv", tmp_path / "P1-joined.csv"
    platemap = tmp_path / "P1.csv"
    platemap.write_text(MAP, encoding="utf-8")
    assert run("variants", "--write-rule", rule) == 0
    assert "cadd = 20" in rule.read_text(encoding="utf-8")
    words: list[str | Path] = ["variants", DATA / "calls.csv", "--rule", rule, "--lines", DATA / "lines.csv"]
    words += ["--build", "hg38", "--out", out, "--platemap", platemap, "--joined", joined]
    assert run(*words) == 0
    said = capsys.readouterr().out
    assert "6 of 24 lines are eligible; 9 not eligible, 9 undetermined." in said
    assert "carrier: not eligible: carries SOD1 21:1001 A>G (het), pathogenic: damaging by SIFT" in said
    assert "note: A variant of SOD1, TARDBP" in said
    table = pd.read_csv(out)
    assert table["eligibility"].value_counts().to_dict() == {
        "not eligible": 9,
        "undetermined": 9,
        "eligible": 6,
    }
    record = json.loads((tmp_path / "eligible.json").read_text(encoding="utf-8"))
    read = {"calls.csv", "lines.csv", "rule.toml", "P1.csv"}
    made = {"eligible.csv", "eligible.variants.csv", "P1-joined.csv"}
    assert set(record["files"]) == read | made
    assert record["files"]["eligible.csv"] == file_digest(out)
    wells = read_platemap(joined, plate="P1", format=FORMATS[96], imaged=["A01", "A02", "A03", "B01"])
    assert wells["included"].tolist() == [True, False, False, True]
    assert run(*words) == 2
    assert run(*words, "--overwrite", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert len(document["lines"]) == 24


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "No variants were given"),
        (("missing.csv",), "There is no"),
        ((DATA / "calls.csv", "--platemap", "P1.csv"), "--platemap and --joined go together"),
        ((DATA / "calls.csv", "--rule", "bad.toml"), r"unknown key [frequency] mots; did you mean 'most'?"),
        ((DATA / "calls.csv", "--rule", "none.toml"), "hcs variants --write-rule none.toml"),
        ((DATA / "calls.csv", "--out", "eligible.xlsx"), "ends in .csv"),
        ((DATA / "calls.csv", "--platemap", "bare.csv", "--joined", "j.csv"), "has no column of clones"),
        (
            (DATA / "calls.csv", "--platemap", "P1.csv", "--joined", "eligible.csv"),
            "eligible.csv is written with the verdicts already",
        ),
        (
            (DATA / "calls.csv", "--platemap", "P1.csv", "--joined", "P1.csv", "--overwrite"),
            "P1.csv is one of the files that were read",
        ),
    ],
)
def test_refusals_write_nothing(
    words: tuple[str | Path, ...],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
) -> None:
    """One sentence, exit code 2, and no file."""
    (tmp_path / "bad.toml").write_text("[frequency]\nmots = 0.01\n", encoding="utf-8")
    (tmp_path / "P1.csv").write_text(MAP, encoding="utf-8")
    (tmp_path / "bare.csv").write_text("well,dose\nA01,1\nA02,2\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert run("variants", *words) == 2
    assert sentence in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before
