"""`hcs readers simulate` and `score`: what they print and write, and one sentence where they refuse."""

import json
from pathlib import Path

import pandas as pd
import pytest
from tests.hcs.readerstudy.keyed import KeyedPack, keyed_pack
from typer.testing import CliRunner

from hcs.cli.app import app, main


def refused(*words: object, capsys: pytest.CaptureFixture[str]) -> str:
    """What a refused command says, on one line, with exit code 2."""
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return " ".join(said.split())


@pytest.fixture
def made(tmp_path: Path) -> KeyedPack:
    """A pack that nobody has answered."""
    return keyed_pack(tmp_path / "reading", readers=3, clones=8, images=3, repeats=2)


@pytest.mark.slow
def test_simulated_answers_are_scored(made: KeyedPack, tmp_path: Path) -> None:
    """Answers are counted, then what they show; calls and figures are written; JSON says the same."""
    run, pack = CliRunner(), str(made.pack.folder)
    told = run.invoke(app, ["readers", "simulate", pack, "--reader", "guessing", "--reader", "seeing=0.8"])
    assert told.output.startswith(f"{pack}: 84 answers of simulated readers, and of no person\n")
    scored = run.invoke(app, ["readers", "score", pack])
    assert scored.exit_code == 0, scored.output
    assert scored.output.startswith("3 simulated readers call 0.")
    assert "note: Readers are held against no model" in scored.output
    folder = tmp_path / "reading.scores"
    assert (
        f"next: hcs study report {made.key.study['place']} --readers {folder / 'calls.csv'}" in scored.output
    )
    calls = pd.read_csv(folder / "calls.csv")
    assert list(calls) == [
        "reader", "clone", "call", "plate", "well", "field", "tile", "sure", "repeat", "position",
    ]  # fmt: skip
    assert len(calls) == 3 * 26
    assert {path.name for path in (folder / "findings").glob("*.svg")} == {
        "readers.svg", "reader_agreement.svg", "reader_responses.svg", "reader_pace.svg",
    }  # fmt: skip
    again = run.invoke(app, ["readers", "score", pack, "--overwrite", "--json"])
    assert json.loads(again.stdout)["headline"] == scored.output.splitlines()[0]


def test_refusals_are_one_sentence(
    made: KeyedPack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No answers, another key, no such reader, no pack; nothing is written."""
    pack = made.pack.folder
    other = keyed_pack(tmp_path / "other", seed=5)
    assert "no reader of this pack has answered yet" in refused("readers", "score", pack, capsys=capsys)
    assert "is the key of another pack" in refused(
        "readers", "score", pack, "--key", other.path, capsys=capsys
    )
    assert "There is no simulated reader 'asleep'" in refused(
        "readers", "simulate", pack, "--reader", "asleep", capsys=capsys
    )
    assert "There is no pack" in refused("readers", "score", tmp_path / "none", capsys=capsys)
    assert not list(tmp_path.glob("*.scores"))
    assert not list(tmp_path.glob("*.opened.json"))
