"""The command `hcs heatmap`: plates, measurements or a table in, a figure or a page out, or a refusal."""

import gzip
import json
from pathlib import Path

import pandas as pd
import pytest

from hcs.cli import main
from hcs_plates.plate import Plate

Captured = pytest.CaptureFixture[str]
TEXT = "barcode,place,count,clone\n01,A1,10,c1\n01,A1,20,c1\n01,b - 2,40,c2\n02,H12,7,c3\n"


def run(*words: str | Path) -> int:
    """Run the command as a process would; gives its exit code."""
    with pytest.raises(SystemExit) as left:
        main(["heatmap", *(str(word) for word in words)])
    code = left.value.code
    return code if isinstance(code, int) else 0 if code is None else 1


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table whose columns have names of their own."""
    path = tmp_path / "t.csv"
    path.write_text(TEXT)
    return path


NAMES = ("--plate", "barcode", "--well", "place")


def test_help_says_what_it_takes(capsys: Captured) -> None:
    """Sources, formats of files and an example."""
    assert run("--help") == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for word in ("CSV, TSV, XLSX, Parquet", ".png, .svg, .pdf", ".html", "Example: hcs heatmap", "1536"):
        assert word in shown, word


def test_a_plate_becomes_a_page(measured_plate: Plate, tmp_path: Path, capsys: Captured) -> None:
    """What was measured beside it is found; it says what is shown, and where it stands."""
    out = tmp_path / "cells.html"
    assert run(measured_plate.path, "--value", "cell_count", "--out", out) == 0
    shown = capsys.readouterr().out
    assert "Cell count: 8 of 10 wells on 1 plate shown, 11.5 to 91.5" in shown
    assert f"heatmap: {out}" in shown.replace("\n", "")
    text = out.read_text(encoding="utf-8")
    assert text.count("data:image/webp") == 20
    assert run(measured_plate.path, "--value", "cell_count", "--out", out) == 2
    assert "exists already" in capsys.readouterr().err
    assert run(measured_plate.path, "--value", "clone", "--out", out, "--overwrite", "--fields", "0") == 0
    assert "data:image/webp" not in out.read_text(encoding="utf-8")


def test_measurements_alone(measured_plate: Plate, tmp_path: Path, capsys: Captured) -> None:
    """The folder of measurements is a source as well."""
    place = measured_plate.path.with_name("P1.measurements")
    assert run(place, "--value", "cell_count", "--out", tmp_path / "m.svg", "--wells", "96") == 0
    assert "86 wells of the plates are not in the table" in capsys.readouterr().out.replace("\n", " ")


@pytest.mark.parametrize("packing", [".csv", ".tsv", ".csv.gz", ".xlsx", ".parquet"])
def test_a_table_in_any_packing(packing: str, table: Path, tmp_path: Path, capsys: Captured) -> None:
    """The same wells come out, with names that stay names; columns may be called anything."""
    path, read = tmp_path / f"s{packing}", pd.read_csv(table, dtype={"barcode": str})
    if packing == ".parquet":
        read.to_parquet(path)
    elif packing == ".xlsx":
        read.to_excel(path, index=False)
    else:
        text = TEXT.replace(",", "\t") if packing == ".tsv" else TEXT
        path.write_bytes(gzip.compress(text.encode()) if packing.endswith(".gz") else text.encode())
    out = tmp_path / "h.png"
    assert run(path, "--value", "count", *NAMES, "--out", out, "--json", "--view", "difference") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["file"] == str(out)
    assert facts["summary"].startswith("Count − plate median: 3 of 3 wells on 2 plates shown")
    shown = [(one["plate"], one["well"], one["value"], one["n"], one["shown"]) for one in facts["wells"]]
    assert shown == [("01", "A01", 15.0, 2, -12.5), ("01", "B02", 40.0, 1, 12.5), ("02", "H12", 7.0, 1, 0.0)]
    assert out.read_bytes().startswith(b"\x89PNG")
    assert len(pd.read_csv(tmp_path / "h.csv")) == 3


def test_renamed_columns_win(tmp_path: Path, capsys: Captured) -> None:
    """A table with a column plate may still be laid out by another, and that one may be the value."""
    path = tmp_path / "t.csv"
    path.write_text("plate,barcode,well,v\nx,01,A1,1\nx,02,A1,2\n")
    words = ("--plate", "barcode", "--out", tmp_path / "h.svg", "--json")
    assert run(path, "--value", "v", *words) == 0
    assert [one["plate"] for one in json.loads(capsys.readouterr().out)["wells"]] == ["01", "02"]
    assert run(path, "--value", "barcode", *words, "--overwrite") == 0
    assert [one["value"] for one in json.loads(capsys.readouterr().out)["wells"]] == ["01", "02"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["{table}", "--value", "count"], "The table has no column 'well'"),
        (["{table}", "--value", "cuont", *NAMES], "did you mean 'count'?"),
        (
            ["{table}", "--value", "count", "--plate", "barcod"],
            "has no column 'barcod'; did you mean 'barcode'?",
        ),
        (["{table}", "--value", "count", *NAMES, "--wells", "24"], "Well 'H12' is outside a 24-well plate"),
        (["{table}", "--value", "count", *NAMES, "--wells", "25"], "No plate has 25 wells"),
        (["{table}", "--value", "count", *NAMES, "--view", "diff"], "did you mean 'difference'?"),
        (["{table}", "--value", "clone", *NAMES, "--view", "difference"], "'clone' is a category"),
        (["{table}", "--value", "count", *NAMES, "--limits", "2", "1"], "give the lower one first"),
        (["{table}", "--value", "count", *NAMES, "--limits", "0", "inf"], "give two finite numbers"),
        (["{table}", "--value", "count", *NAMES, "--out", "{tmp}/h.jpg"], "h.jpg ends in no format"),
        (["{table}", "--value", "count", *NAMES, "--out", "{table}/h.png"], "is a file, not a folder"),
        (["{table}", "{table}", "--value", "count"], "Give plates, or one table"),
        (["{plate}", "{table}", "--value", "count"], "Give plates, or one table"),
        (["{plate}", "{plate}", "--value", "clone"], "Two plates are called P1"),
        (["{measured}", "{measured}", "--value", "cell_count"], "Give the plates themselves"),
        (["{plate}", "--value", "cell_cuont"], "did you mean 'cell_count'?"),
        (["{plate}", "--value", "clone", "--channel", "DAPI"], "DAPI"),
        (["{tmp}/no.ome.zarr", "--value", "clone"], "give plates, measurements or a table"),
        (["{tmp}", "--value", "clone"], "is not a plate"),
    ],
)
def test_bad_input_is_a_sentence(
    words: list[str], sentence: str, table: Path, measured_plate: Plate, tmp_path: Path, capsys: Captured
) -> None:
    """Exit code 2, one message on standard error, no traceback, nothing written."""
    places = {"tmp": tmp_path, "table": table, "plate": measured_plate.path}
    measured = measured_plate.path.with_name("P1.measurements")
    filled = [word.format(**places, measured=measured) for word in words]
    if "--out" not in filled:
        filled += ["--out", str(tmp_path / "h.html")]
    assert run(*filled) == 2
    shown = capsys.readouterr()
    assert sentence in " ".join(shown.err.split())
    assert "Traceback" not in shown.err
    assert shown.out == ""
    assert [one.name for one in tmp_path.iterdir()] == ["t.csv"]
