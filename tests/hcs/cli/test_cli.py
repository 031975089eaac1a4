"""The command line: exit codes, sentences and no tracebacks, JSON for scripts, no TensorFlow for --help."""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import typer

from hcs.analysis.registry import ANALYSES
from hcs.cli import main
from hcs.cli.options import channel_names
from hcs.findings.run import analyse_study
from hcs.measure.measured import Measurements
from hcs.report.reported import Study
from hcs.study.places import RECORD
from hcs.tables import stored
from hcs_plates.errors import ArgumentError
from hcs_plates.lock import Lock
from hcs_plates.plate import open_plate
from hcs_plates.tiles import TileSet

Captured = pytest.CaptureFixture[str]


def run(*words: str | Path) -> int:
    """Run the command as a process would; gives its exit code."""
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    code = left.value.code
    return code if isinstance(code, int) else 0 if code is None else 1


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An IN Cell style export of 12 wells, made by the command."""
    folder = tmp_path_factory.mktemp("cli") / "export"
    assert run("simulate", "--out", folder, "--wells-per-clone", "1", "--fields", "2", "--size", "128") == 0
    return folder


@pytest.fixture(autouse=True)
def _short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly wait for schedulers that are not there."""
    monkeypatch.setattr("hcs.cli.workers.ANSWER_S", 0.3)


@pytest.mark.parametrize(
    "words",
    [
        (), ("ingest",), ("info",), ("tile",), ("simulate",), ("demo",), ("study",),
        ("study", "init"), ("study", "run"), ("study", "report"), ("study", "analyse"), ("study", "permute"),
    ],
)  # fmt: skip
def test_help(words: Sequence[str], capsys: Captured) -> None:
    """Every command has help, and every one that does something an example."""
    assert run(*words, "--help") == 0
    shown = capsys.readouterr().out
    assert "Usage" in shown
    assert "Example: hcs" in shown or words in ((), ("study",))


def test_version(capsys: Captured) -> None:
    """The version needs no command beside it."""
    assert run("--version") == 0
    assert capsys.readouterr().out.strip() == version("hcs")


def test_help_loads_no_learning_library() -> None:
    """`import hcs` and `hcs --help` never import TensorFlow, nor pandas, matplotlib or distributed."""
    code = (
        "import sys, hcs, hcs.cli\n"
        "try:\n    hcs.cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = ('tensorflow', 'keras', 'pandas', 'matplotlib', 'distributed')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip().splitlines()[-1] == "[]"


def test_export_to_plate_to_tiles(export: Path, tmp_path: Path, capsys: Captured) -> None:
    """ingest, info and tile end with 0 and say what they made."""
    plate = tmp_path / "P.ome.zarr"
    assert run("ingest", export, "--platemap", export / "platemap.csv", "--out", plate) == 0
    assert "12 wells, 24 fields" in capsys.readouterr().out
    assert run("info", plate, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert {
        "plate",
        "format",
        "wells",
        "fields",
        "channels",
        "shape",
        "dtype",
        "pixel_size_um",
        "missing_planes",
    } <= set(facts)
    assert (facts["plate"], facts["format"], facts["wells"], facts["fields"]) == ("sim-1", 24, 12, 24)
    assert run("info", export) == 0
    assert "missing planes: 0" in capsys.readouterr().out
    assert run("tile", plate, "--size", "32", "--grid", "2") == 0
    assert "96 tiles of 32 × 32" in capsys.readouterr().out
    assert (plate / "tiles" / "32px-grid2" / "index.parquet").is_file()


def test_another_platemap(export: Path, tmp_path: Path, capsys: Captured) -> None:
    """A forgotten map is remarked, and can follow; what changed and has to be made again is said."""
    out, given = tmp_path / "P1.ome.zarr", tmp_path / "map.csv"
    assert run("ingest", export, "--out", out) == 0
    assert "No platemap was given" in capsys.readouterr().out
    lines = (export / "platemap.csv").read_text().splitlines()
    lines[0] = lines[0].replace("clone", "Cell line").replace("batch", "batch ") + ",Notes"
    given.write_text("\n".join(f"{line},x" if at else line for at, line in enumerate(lines)))
    (tmp_path / "P1.measurements").mkdir()
    assert run("platemap", out, given) == 0
    told = capsys.readouterr().out
    assert "12 wells of plate" in told
    assert "clone in 12" in told
    assert "'Cell line' as clone" in told
    assert "Kept as columns of your own: 'Notes'" in told
    assert f"again: {tmp_path / 'P1.measurements'} was measured with the map before" in told
    assert open_plate(out).wells["clone"].notna().all()
    assert run("platemap", out, given) == 0
    told = capsys.readouterr().out
    assert "says of plate" in told
    assert "again:" not in told
    assert run("platemap", out, given, "--sheet", "Plate 1") == 2
    assert "has no sheet 'Plate 1'; leave out --sheet" in capsys.readouterr().err


@pytest.mark.slow
def test_worker_processes(export: Path, tmp_path: Path, capsys: Captured) -> None:
    """With --workers 2 the same plate comes out, made by two processes of a local Dask cluster."""
    for name, more in (("threads", ()), ("processes", ("--workers", "2"))):
        place = tmp_path / f"{name}.ome.zarr"
        assert run("ingest", export, "--platemap", export / "platemap.csv", "--out", place, *more) == 0
    assert (
        open_plate(tmp_path / "threads.ome.zarr").digest == open_plate(tmp_path / "processes.ome.zarr").digest
    )
    capsys.readouterr()
    assert run("tile", place, "--workers", "2", "--scheduler", "tcp://127.0.0.1:1") == 2
    assert "not both" in capsys.readouterr().err


def test_missing_planes_end_with_1(export: Path, tmp_path: Path, capsys: Captured) -> None:
    """A plate with gaps is made, the gaps are listed, and the exit code says so."""
    copy = tmp_path / "export"
    shutil.copytree(export, copy)
    gone = sorted(copy.glob("*.tif"))[0]
    gone.unlink()
    assert run("ingest", copy, "--platemap", copy / "platemap.csv", "--out", tmp_path / "P.ome.zarr") == 1
    shown = capsys.readouterr().out
    assert "1 planes are missing" in shown
    assert gone.name in shown or "field 1" in shown
    assert (tmp_path / "P.ome.zarr").is_dir()


@pytest.mark.slow
def test_one_bad_image_of_many(tmp_path: Path, capsys: Captured) -> None:
    """Of 108 images one is cut short: each step names it, does the others as ever, and ends with 1."""
    words = ("--wells-per-clone", "1", "--fields", "9", "--size", "128", "--channel", "FITC")
    assert run("simulate", "--out", tmp_path / "whole", *words) == 0
    shutil.copytree(tmp_path / "whole", tmp_path / "bad")
    images = sorted((tmp_path / "bad").glob("*.tif"))
    assert len(images) == 108
    images[57].write_bytes(images[57].read_bytes()[:5_000])
    found = {}
    for name, code in {"whole": 0, "bad": 1}.items():
        plate, tiles = tmp_path / f"{name}.ome.zarr", tmp_path / f"{name}.tiles"
        steps: list[tuple[str | Path, ...]] = [
            ("ingest", tmp_path / name, "--platemap", tmp_path / name / "platemap.csv", "--out", plate),
            ("measure", plate, "--neurites", "FITC"),
            ("tile", plate, "--size", "64", "--out", tiles),
        ]
        capsys.readouterr()
        for step in steps:
            assert run(*step) == code
            assert (images[57].name in capsys.readouterr().out) == (code == 1), step
        measured = Measurements.open(tmp_path / f"{name}.measurements").fields
        tiled = TileSet.open(tiles).index.set_index(["well", "field"])["digest"]
        # Not what was measured: the light is learnt from all fields.
        found[name] = (measured.set_index(["well", "field"])["plate"], tiled)
    for whole, bad in zip(found["whole"], found["bad"], strict=True):
        assert (len(whole), len(bad)) == (108, 107)
        pd.testing.assert_series_equal(bad, whole.loc[bad.index])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["info", "{tmp}/nothing"], "nothing"),
        (["info", "{tmp}"], "{tmp}"),
        (["tile", "{tmp}"], "is not a plate"),
        (["ingest", "{tmp}", "--out", "{tmp}/P.ome.zarr"], "{tmp}"),
        (["ingest", "{export}", "--out", "{tmp}/P.ome.zarr", "--platemap", "{tmp}/no.csv"], "no.csv"),
        (["ingest", "{export}", "--out", "{tmp}/P.ome.zarr", "--reader", "incel"], "did you mean 'incell'?"),
        (["ingest", "{export}", "--out", "{tmp}/P.ome.zarr", "--channels", "GFP"], "expected 1=GFP,2=DNA"),
        (
            ["ingest", "{export}", "--out", "{tmp}/P", "--scheduler", "tcp://127.0.0.1:1"],
            "No Dask scheduler answers",
        ),
        (["tile", "{export}", "{export}"], "give --out"),
        (["simulate", "--out", "{tmp}/s", "--clones", "99"], "need 396 wells"),
        (["study", "run", "{tmp}/no.toml"], "hcs study init"),
        (["study", "report", "{tmp}"], "no finished study"),
        (["predict", "{tmp}", "{export}", "--out", "{tmp}/p"], "no finished study"),
        (["study", "export", "{tmp}", "--set", "1", "--out", "{tmp}/m"], "no finished study"),
        (["study", "init", "{tmp}/no.ome.zarr", "--out", "{tmp}/s.toml"], "does not exist"),
    ],
)
def test_bad_input_is_a_sentence(
    words: list[str], sentence: str, export: Path, tmp_path: Path, capsys: Captured
) -> None:
    """Exit code 2, one message on standard error, no traceback, nothing written."""
    filled = [word.format(tmp=tmp_path, export=export) for word in words]
    assert run(*filled) == 2
    shown = capsys.readouterr()
    assert sentence.format(tmp=tmp_path) in shown.err.replace("\n", " ")
    assert "Traceback" not in shown.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["init", "run", "analyse", "permute"])
def test_commands_on_studies_are_found(name: str, capsys: Captured) -> None:
    """`hcs run` says that it is `hcs study run`."""
    assert run(name, "x") == 2
    assert f"hcs study {name}" in capsys.readouterr().err


def test_debug_shows_the_traceback(tmp_path: Path, capsys: Captured) -> None:
    """With --debug it comes before the sentence; the exit code stays."""
    assert run("tile", tmp_path, tmp_path, "--debug") == 2
    shown = capsys.readouterr().err
    assert "Traceback" in shown
    assert "hcs_plates.errors.ArgumentError" in shown


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (OSError(28, "No space left on device", "out/x"), 2, "out/x: the disk is full; make room"),
        (PermissionError(13, "Permission denied", "x"), 2, "x: you have no permission"),
        (OSError("the worker is gone"), 2, "The worker is gone"),
        (MemoryError(), 2, "There is not enough memory"),
        (EOFError("no data"), 70, r"This is a fault of hcs \(EOFError: no data"),
        (KeyError("x"), 70, r"This is a fault of hcs \(KeyError: 'x', fail in test_cli.py\)"),
        (RuntimeError("one\ntwo"), 70, r"This is a fault of hcs \(RuntimeError: one,"),
        (KeyboardInterrupt(), 130, "interrupted; what is done is kept: run the same command again"),
    ],
)
def test_whatever_goes_wrong_is_a_sentence(
    error: BaseException, code: int, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """With an exit code that never is 1: that says that something is missing, and which."""

    def fail(_: object) -> None:
        raise error

    monkeypatch.setattr("hcs_plates.plate.open_plate", fail)
    assert run("tile", "P") == code
    shown = capsys.readouterr().err.lstrip("\n")
    assert re.match(f"hcs: {sentence}", shown)
    assert shown.count("\n") == 1


def test_status(small_study: Study, tmp_path: Path, capsys: Captured) -> None:
    """One sentence and the steps; JSON for scripts; where nothing is, a refusal. Nothing is written."""
    before = sorted(small_study.results.rglob("*"))
    assert run("status", small_study.results) == 0
    first, *steps = capsys.readouterr().out.splitlines()
    assert re.match(r"small-results: study run finished \d{4}-\d\d-\d\d", first)
    assert [line.split()[0] for line in steps] == ["tiles", "measured", "features", "sets"]
    assert steps[-1].split() == ["sets", "done", "4", "of", "4"]
    assert run("status", small_study.results.with_name("small.toml"), "--json") == 0
    assert json.loads(capsys.readouterr().out)["state"] == "finished"
    assert run("status", tmp_path / "nothing") == 2
    assert sorted(small_study.results.rglob("*")) == before


BUSY = {
    "ingest": ("{}/.X.lock", "ingest", "{export}", "--out", "{}/X"),
    "tile": ("{}/.X.lock", "tile", "{plates}/P1.ome.zarr", "--size", "32", "--out", "{}/X"),
    "measure": ("{}/.X.lock", "measure", "{plates}/P1.ome.zarr", "--nuclei", "FITC", "--out", "{}/X"),
    "run": ("{}/X/.lock", "study", "run", "{plates}/small.toml", "--out", "{}/X"),
    "analyse": ("{}/S/.lock", "study", "analyse", "{}/S"),
    "permute": ("{}/S/.lock", "study", "permute", "{}/S", "--permutations", "1"),
    "explain": ("{}/S/.lock", "explain", "{}/S"),
    "predict": ("{}/X/.lock", "predict", "{}/S", "{plates}/P1.ome.zarr", "--out", "{}/X"),
}


@pytest.mark.parametrize("command", BUSY)
def test_a_second_run_is_told(
    command: str, export: Path, small_plates: Path, small_study: Study, tmp_path: Path, capsys: Captured
) -> None:
    """Another one works in the place: a sentence, and nothing there is touched."""
    shutil.copytree(small_study.results, tmp_path / "S")
    lock, *words = (word.format(tmp_path, export=export, plates=small_plates) for word in BUSY[command])
    Path(lock).parent.mkdir(exist_ok=True)
    with Lock(Path(lock), Path(lock).parent):
        before = sorted(tmp_path.rglob("*"))
        assert run(*words) == 2
        shown = capsys.readouterr().err
        assert "Another run is working in" in shown
        assert "Traceback" not in shown
        made = {path.relative_to(tmp_path).as_posix() for path in set(tmp_path.rglob("*")) - set(before)}
        assert made <= {"X/settings.txt", "X/study.toml"}


@pytest.mark.parametrize("option", ["--out", "--out="])
def test_addresses_are_refused(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """As what is read and as what is written, before a folder `s3:` is made."""
    monkeypatch.chdir(tmp_path)
    out = ["--out", "s3://b/P"] if option == "--out" else ["--out=s3://b/P"]
    for words in (["ingest", ".", *out], ["info", "file:///data"], ["study", "run", "memory://x"]):
        assert run(*words) == 2
        assert "is an address" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_unreadable_input_is_a_sentence(capsys: Captured) -> None:
    """Where typer would draw a box."""
    from hcs.cli import app

    assert (
        app._show_usage(typer.BadParameter("Invalid value for '--platemap': file 'map.csv' is not readable."))
        == 2
    )
    assert capsys.readouterr().err == "hcs: map.csv may not be read by you; ask for permission.\n"


def test_study_init_finds_the_classes(small_plates: Path, tmp_path: Path, capsys: Captured) -> None:
    """The file names the plates relative to itself, and which of two values is the control."""
    file = tmp_path / "als.toml"
    assert (
        run("study", "init", small_plates / "P1.ome.zarr", small_plates / "P2.ome.zarr", "--out", file) == 0
    )
    assert "ALS against control by clone" in capsys.readouterr().out
    config = Study.from_toml(file).config
    assert (config.data.positive, config.data.negative) == ("ALS", "control")
    assert [plate.name for plate in config.data.plates] == ["P1.ome.zarr", "P2.ome.zarr"]
    assert run("study", "init", small_plates / "P1.ome.zarr", "--out", file) == 2
    assert "exists already" in capsys.readouterr().err


def test_study_run_and_report(small_study: Study, small_plates: Path, capsys: Captured) -> None:
    """A finished study is not run again; numbers come clone level first, and as JSON."""
    assert run("study", "run", small_plates / "small.toml") == 0
    shown = capsys.readouterr().out
    assert re.search(r"^random forest: \d of 8 clones right", shown, re.MULTILINE)
    assert f"next: hcs study analyse {small_study.results}" in shown
    assert str(small_study.results / "report.html") in shown
    assert run("study", "report", small_study.results, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert {model["model"] for model in facts["models"]} == {"cnn", "forest"}
    assert Path(facts["report"]).is_file()
    assert facts["verdict"] == Study.open(small_study.results).verdict().to_json()
    assert run("study", "report", small_study.results) == 0
    assert capsys.readouterr().out.splitlines()[0] == facts["verdict"]["headline"]


def test_tables_as_a_workbook(
    small_study: Study, small_plates: Path, tmp_path: Path, capsys: Captured
) -> None:
    """--format xlsx puts every table into one workbook that a spreadsheet opens; other words are refused."""
    assert run("study", "run", small_plates / "small.toml", "--format", "xlsx") == 0
    written = small_study.results / "tables.xlsx"
    assert f"workbook: {written}" in capsys.readouterr().out
    book = openpyxl.load_workbook(written)
    assert {"contents", "predictions", "groups", "wells", "left_out"} <= set(book.sheetnames)
    assert book["groups"].max_row == len(small_study.table("groups")) + 1
    written.unlink()
    assert run("study", "run", small_plates / "small.toml", "--format", "excel") == 2
    assert "--format 'excel' is not known" in capsys.readouterr().err
    assert run("study", "analyse", small_study.results, "--only", "calls", "--format", "xlsx") == 2
    assert "--only keeps nothing" in capsys.readouterr().err
    found = analyse_study(small_study, only=["design"])
    sheets = openpyxl.load_workbook(found.save_tables(tmp_path / "found.xlsx")[0]).sheetnames
    assert sheets[:3] == ["contents", "answers", "design"]


@pytest.mark.slow
def test_each_table_is_read_at_most_once(
    small_study: Study, small_plates: Path, tmp_path: Path, undrawn: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the results folder by one command: a run's end and its report, the analyses, a report anew."""
    shutil.copytree(small_plates, tmp_path, dirs_exist_ok=True)
    results = tmp_path / small_study.results.name
    (results / RECORD).unlink()
    some = {name: ANALYSES[name] for name in ("design", "calls", "composition") if name in ANALYSES}
    monkeypatch.setattr("hcs.findings.run.ANALYSES", some)
    read: Counter[str] = Counter()
    decoded = stored._decoded

    def counted(held: bytes, path: Path, remedy: str) -> pd.DataFrame:
        read[path.relative_to(results).as_posix()] += 1
        return decoded(held, path, remedy)

    monkeypatch.setattr(stored, "_decoded", counted)
    for words, table in (
        (("run", tmp_path / "small.toml"), "sets/0001/scores.parquet"),
        (("analyse", results), "analyses/design.parquet"),
        (("report", results), "analyses/calls.parquet"),
    ):
        read.clear()
        assert run("study", *words) == 0
        assert {table, "tables/groups.parquet", "tables/wells.parquet"} <= set(read)
        assert {name: times for name, times in read.items() if times > 1} == {}


def test_a_dry_run_writes_nothing(small_plates: Path, tmp_path: Path, capsys: Captured) -> None:
    """The plan on one page, or as JSON; no results folder is made."""
    out = tmp_path / "results"
    assert run("study", "run", small_plates / "small.toml", "--out", out, "--dry-run") == 0
    shown = capsys.readouterr().out
    assert "heads: 16 (3 trials and 1 final fit a set)" in shown
    assert "disk, at most: tiles" in shown
    assert run("study", "run", small_plates / "small.toml", "--out", out, "--dry-run", "--json") == 0
    assert json.loads(capsys.readouterr().out)["sets"] == 4
    assert list(tmp_path.iterdir()) == []


def test_predict_and_export(small_study: Study, small_plates: Path, tmp_path: Path, capsys: Captured) -> None:
    """Scores by clone, exit code 1 for the field that is missing; a model that Keras opens."""
    words: list[str | Path] = [
        "predict",
        small_study.results,
        small_plates / "P1.ome.zarr",
        "--out",
        tmp_path / "scores",
    ]
    assert run(*words, "--format", "xlsx") == 1
    book = openpyxl.load_workbook(tmp_path / "scores" / "predictions.xlsx")
    assert book.sheetnames == ["contents", "groups", "wells", "tiles", "left_out"]
    shown = capsys.readouterr()
    assert shown.out.startswith("The CNN calls ")
    assert str(tmp_path / "scores" / "predictions.html") in shown.out
    assert (tmp_path / "scores" / "predictions.html").is_file()
    assert "left out: field P1/A01/3 (FITC plane missing: file gone)" in shown.err
    assert run(*words, "--json") == 1
    assert {row["group"] for row in json.loads(capsys.readouterr().out)["groups"]} >= {"a0", "c3"}
    words = ["study", "export", small_study.results, "--set", "2", "--out", tmp_path / "models"]
    assert run(*words) == 0
    assert (tmp_path / "models" / "set-0002.keras").is_file()
    assert json.loads((tmp_path / "models" / "set-0002.json").read_text())["classes"] == ["control", "ALS"]
    assert run(*words, "--model", "forest") == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("set-0002-forest.npz")
    assert run("explain", small_study.results, "--model", "forest") == 2
    assert "cannot be explained by maps" in capsys.readouterr().err
    assert run(*words) == 2
    assert "exists already" in capsys.readouterr().err
    assert run("study", "export", small_study.results, "--set", "9", "--out", tmp_path / "models") == 2
    assert "has no set 9" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "names"),
    [(None, None), ("1=GFP,2=DNA", {"1": "GFP", "2": "DNA"}), (" a b = c d ", {"a b": "c d"})],
)
def test_channel_names(text: str | None, names: dict[str, str] | None) -> None:
    """Names as the option spells them."""
    assert channel_names(text) == names


def test_channel_named_twice() -> None:
    """One spelling cannot have two names."""
    with pytest.raises(ArgumentError, match="twice"):
        channel_names("1=GFP,1=DNA")


def test_analyses_are_said_and_what_lacks_is_listed(small_study: Study, capsys: Captured) -> None:
    """What was found; on stderr what could not be made and why; JSON for scripts; bad names refused."""
    results = small_study.results
    assert run("study", "analyse", results, "--only", "design", "--only", "passages") == 0
    shown = capsys.readouterr()
    assert re.match(r"design  No sign that diagnosis is confounded with plate[^\n]*\n", shown.out)
    assert "not made: passages (The platemaps know no passage of the wells; add it to ask this.)" in shown.err
    assert run("study", "analyse", results, "--only", "calls", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert "sensitivity 4 of 4 ALS" in said["findings"]["calls"]["summary"]
    assert run("study", "analyse", results, "--only", "call") == 2
    assert "No analysis 'call'; did you mean 'calls'?" in capsys.readouterr().err


def test_permutations_are_counted(small_study: Study, capsys: Captured) -> None:
    """The null's means by permutation, and the sentence with the smallest p."""
    assert run("study", "permute", small_study.results, "--permutations", "2", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert [row["permutation"] for row in document["means"]] == [0, 1, 2]
    assert document["summary"].startswith("Cannot be known with 2 permutations")
    checks = {check["name"]: check for check in document["verdict"]["checks"]}
    assert checks["permutations"]["numbers"]["n_permutations"] == 2
    assert run("study", "permute", small_study.results, "--model", "svm") == 2
    assert "There is no model 'svm'; known: cnn, forest" in capsys.readouterr().err
    assert run("study", "permute", small_study.results, "--within", "label") == 2
    assert "nothing can be permuted" in capsys.readouterr().err
