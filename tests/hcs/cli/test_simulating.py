"""`hcs simulate --layout`: the plates of a layout, and what only the key of a blinded one knows."""

from pathlib import Path

import pandas as pd
import pytest

from hcs.cli import main
from hcs.design.blinding.blinded import blind_lines
from hcs_plates.units import file_digest

Captured = pytest.CaptureFixture[str]
PASSPHRASE = "seven green bottles on a wall"
SMALL = ("--fields", "1", "--size", "32", "--beading", "0.6")


def run(*words: str | Path) -> int:
    """Run the command as a process would; gives its exit code."""
    with pytest.raises(SystemExit) as left:
        main(["simulate", *(str(word) for word in words)])
    code = left.value.code
    return code if isinstance(code, int) else 0 if code is None else 1


@pytest.fixture
def codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A folder with a sealed key of two lines, and a layout of their codes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HCS_PASSPHRASE", PASSPHRASE)
    lines = pd.DataFrame({"clone": ["c1", "c2"], "diagnosis": ["ALS", "control"]})
    blinded = blind_lines(lines, seed=4)
    blinded.key.seal("study.key", PASSPHRASE)
    coded = [str(code) for code in blinded.coded["clone"]]
    wells = pd.DataFrame({"plate": ["P1", "P1", "P2", "P2"], "well": ["A1", "B2", "A1", "B2"]})
    Path("layout").mkdir()
    wells.assign(clone=[*coded, *coded], role="sample").to_csv("layout/layout.csv", index=False)
    return coded


def test_a_blinded_layout_grows_by_its_key(codes: list[str], capsys: Captured) -> None:
    """A plate for each of the layout's, its codes in the truth; other seeds, other pixels."""
    assert run("--layout", "layout", "--key", "study.key", "--out", "exports", *SMALL) == 0
    assert "next: hcs ingest exports/P1 --platemap layout/P1.csv" in capsys.readouterr().out
    truth = pd.read_csv("exports/P2/truth.csv")
    assert truth["clone"].tolist() == codes
    assert "diagnosis" not in truth
    other = ("--seed", "1", "--out", "others", *SMALL)
    assert run("--layout", "layout", "--key", "study.key", *other) == 0
    image = "P1/A - 01(fld 1 wv Blue - FITC).tif"
    assert file_digest(Path("exports") / image) != file_digest(Path("others") / image)


def test_a_layout_with_names_says_which_class_has_the_disease(codes: list[str]) -> None:
    """The one that bears no name of controls; one map is a layout of one plate."""
    wells = pd.DataFrame({"well": ["A1", "B2"], "clone": ["c1", "c2"], "diagnosis": ["healthy", "PD"]})
    wells.to_csv("P7.csv", index=False)
    assert run("--layout", "P7.csv", "--out", "exports", *SMALL) == 0
    truth = pd.read_csv("exports/P7/truth.csv").set_index("clone")
    assert truth["beading"].to_dict() == {"c1": 0.0, "c2": 0.6}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--layout", "layout"), "layout is blinded: name the sealed key of its codes (--key study.key)"),
        (("--key", "study.key"), "A key is of a blinded layout; name the layout too (--layout)."),
        (("--layout", "layout", "--plates", "2", "--clones", "6"), "what --plates, --clones would say"),
        (("--layout", "nowhere"), "nowhere"),
    ],
)
def test_refusals(codes: list[str], words: tuple[str, ...], said: str, capsys: Captured) -> None:
    """In one sentence, before anything is written."""
    assert run(*words, "--out", "exports", *SMALL) == 2
    assert said in capsys.readouterr().err
    assert not Path("exports").exists()
