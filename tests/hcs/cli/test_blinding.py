"""The commands that take names away and put them back: passphrases, exit codes, sentences; nothing secret."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.hcs.cli.test_measuring import run

from hcs.design.blinding import seal
from hcs_plates.plate import Plate, open_plate
from hcs_plates.remapping import replace_platemap

Captured = pytest.CaptureFixture[str]
PASSPHRASE = "correct horse battery"
CLONES = [f"a{i}" for i in range(4)] + [f"c{i}" for i in range(4)]


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Seal at no cost, in a folder of its own, without a terminal."""
    monkeypatch.setattr(seal, "COST", seal.Cost(64, 1, 1))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HCS_PASSPHRASE", raising=False)
    rows = [f"{clone},donor-{clone},{'ALS' if clone[0] == 'a' else 'control'}" for clone in CLONES]
    Path("lines.csv").write_text("\n".join(["clone,donor,diagnosis", *rows, ""]))
    Path("secret.txt").write_text(f"{PASSPHRASE}\n")


def test_there_and_back(write_plate: Callable[..., Plate], capsys: Captured) -> None:
    """Lines get codes, a plate of codes gets names; neither output shows a name, donor or passphrase."""
    words = ["lines.csv", "--key", "study.key", "--out", "coded.csv", "--passphrase-file", "secret.txt"]
    assert run("blind", *words) == 0
    told = capsys.readouterr()
    assert "8 lines got codes on" in told.out
    assert "key: study.key (SHA-256 " in told.out
    codes = Path("coded.csv").read_text().split()[1:]
    write_plate(Path(), "P1")
    wells = open_plate("P1.ome.zarr").wells
    # Which clone is where does not matter here.
    wells["clone"] = wells["clone"].map(dict(zip(CLONES, codes, strict=True)))
    wells.drop(columns="diagnosis").to_csv("map.csv", index=False)
    replace_platemap("P1.ome.zarr", "map.csv")
    assert run("info", "P1.ome.zarr") == 0
    assert "are under codes; `hcs unblind` puts the names" in capsys.readouterr().out
    run("measure", "P1.ome.zarr", "--neurites", "FITC")
    assert "note: Samples of plate P1 are under codes" in capsys.readouterr().out
    secret = ("--passphrase-file", "secret.txt")
    assert run("unblind", "study.key", "P1.ome.zarr", *secret, "--out", "map.csv/no.json") == 2
    assert "map.csv/no.json cannot be written" in capsys.readouterr().err
    assert set(open_plate("P1.ome.zarr").wells["clone"].dropna()) == set(codes)
    assert run("unblind", "study.key", "P1.ome.zarr", *secret) == 0
    back = capsys.readouterr()
    assert "1 plate was unblinded on" in back.out
    assert "9 wells of plate P1 have clone, donor and diagnosis now" in back.out
    shown = told.out + told.err + back.out + back.err + Path("unblinding.json").read_text()
    assert not [word for word in ("donor-", PASSPHRASE, *codes) if word in shown]
    assert run("unblind", "study.key", "P1.ome.zarr", "--passphrase-file", "secret.txt") == 2
    assert "unblinding.json exists already" in capsys.readouterr().err


def test_passphrases(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the variable or a file; without a terminal they are not waited for, and what is none is said."""
    words = ["blind", "lines.csv", "--key", "study.key", "--out", "coded.csv"]
    assert run(*words) == 2
    assert "No passphrase is given: write it into a file (--passphrase-file)" in capsys.readouterr().err
    for held, said in (
        (b"", "expected one line"),
        (b"one line of words\nand two\n", "expected one line"),
        (b"x" * 5000, "expected one line"),
        (b"\xff\xfe\x00\x01abcdefgh", "is not text"),
        (b"too short\n", "at least 12 signs"),
    ):
        Path("bad.txt").write_bytes(held)
        assert run(*words, "--passphrase-file", "bad.txt") == 2
        told = capsys.readouterr().err
        assert said in told
        assert "too short" not in told
    assert run(*words, "--passphrase-file", "none.txt") == 2
    assert not Path("study.key").exists()
    assert not Path("coded.csv").exists()
    monkeypatch.setenv("HCS_PASSPHRASE", PASSPHRASE)
    assert run(*words) == 0
    capsys.readouterr()
    monkeypatch.setenv("HCS_PASSPHRASE", PASSPHRASE + "!")
    assert run("unblind", "study.key", "P1.ome.zarr", "--debug") == 2
    told = capsys.readouterr().err
    assert "study.key: was sealed with another passphrase" in told
    assert PASSPHRASE not in told


def test_asked_for_at_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """Where it seals, it is asked for twice, and two that differ seal nothing."""
    answers = iter([PASSPHRASE, PASSPHRASE + "x", PASSPHRASE, PASSPHRASE])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: next(answers))
    words = ["blind", "lines.csv", "--key", "study.key", "--out", "coded.csv"]
    assert run(*words) == 2
    assert "The two passphrases differ; nothing was sealed." in capsys.readouterr().err
    assert not Path("study.key").exists()
    assert run(*words) == 0
    assert Path("study.key").is_file()
