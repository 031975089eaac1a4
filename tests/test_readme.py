"""README as written runs: its commands and then its Python, in a folder of one's own, on a small export."""

import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
import pandas as pd
import pytest
from tests.test_examples import load

from hcs.cli import main
from hcs_plates.simulate import CellSpec, DiseaseEffect, ExperimentSpec, FieldSpec, simulate_export

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")

SMALL = {
    "n_sets": "3",
    "train": "3",
    "validation": "1",
    "test": "2",
    "size": "64",
    "features_at": '["block3"]',
    "hidden": "[8]",
    "epochs": "2",
    "trials": "1",
    "views": "1",
}
"""What a user would not change: settings of the study file that make the study a small one."""

FEWER = {
    "--permutations 99": "--permutations 1",
    "hcs explain als-results": "hcs explain als-results --tiles 1 --controls 1 --networks 1 --judged 0",
    "permute_labels(study, 20,": "permute_labels(study, 1,",
    "hcs.explain_study(study)": "hcs.explain_study(study, few)",
    "--fields 2 --channel": "--fields 1 --size 256 --channel",
    "--out reading --readers 10 ": "--out reading --readers 3 --per-reader 12 --training 0 --repeats 2 ",
}
"""Numbers of the README that only make its commands take longer."""


def blocks(language: str) -> list[str]:
    """Code of the README in a language; that of ``sh`` installs hcs and is run by whoever installs it."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def replaced(text: str, changes: Mapping[str, str]) -> str:
    """Apply changes."""
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


def smaller(text: str) -> str:
    """A study file with the settings of a small study, each of which must be there."""
    for name, value in SMALL.items():
        text, found = re.subn(rf"^{name} = (\S+)", f"{name} = {value}", text, flags=re.MULTILINE)
        assert found == 1, name
    return text


def experiment(name: str, seed: int) -> ExperimentSpec:
    """Fourteen wells of a plate of 24, as many as the README's platemap has."""
    return ExperimentSpec(
        name=name,
        clones_per_class=7,
        wells_per_clone=1,
        fields_per_well=1,
        wells=24,
        field=FieldSpec(256, 256, channels=("FITC", "DAPI"), cells=CellSpec(per_mm2=500.0, clustered=0.3)),
        disease=DiseaseEffect(beading=0.5),
        seed=seed,
    )


def platemap(simulated: pd.DataFrame, batch: str) -> pd.DataFrame:
    """The README's platemap on the wells of an export: ALS on wells of ALS, and so on."""
    (text,) = blocks("csv")
    written = pd.read_csv(StringIO(text), dtype=str)
    wells = {label: iter(own) for label, own in simulated.groupby("diagnosis")["well"]}
    kind = written["Diagnosis"].fillna(written["Cell line"].map({"EMPTY": "ALS"})).fillna("control")
    return written.assign(
        Well=[next(wells[label]) for label in kind],
        **{"Diff batch": written["Diff batch"].replace("D7", batch)},
    )


def write_inputs(folder: Path) -> None:
    """Write what the README starts from: exports with platemaps, a clinical table, a table of features."""
    for name, seed, batch in (("P1", 5, "D7"), ("P2", 7, "D14"), ("P3", 8, "D21"), ("P9", 9, "D28")):
        simulate_export(folder / "exports" / name, experiment(name, seed))
        table = platemap(pd.read_csv(folder / "exports" / name / "platemap.csv"), batch)
        if name == "P9":
            table["Cell line"] = table["Cell line"].replace(r"(\D+)(\d)", r"\g<1>9\2", regex=True)
            table["Donor"] = table["Donor"].replace(r"(\D+)(\d)", r"\g<1>9\2", regex=True)
        table.to_csv(folder / f"{name}.csv", index=False)
    clones = sorted(set(table["Cell line"].dropna().str.replace("9", "")) - {"EMPTY"})
    rng = np.random.default_rng(0)
    clinical = pd.DataFrame({"clone": clones, "nfl_pg_ml": rng.normal(40, 9, len(clones)).round(1)})
    clinical.to_csv(folder / "clinical.csv", index=False)
    names = [f"{row}{column:02d}" for row in "ABCD" for column in range(1, 5)]
    places = [(f"R{plate}", name) for plate in range(3) for name in names]
    wells = pd.DataFrame(places, columns=["plate", "well"])
    features = {f"feature_{place}": rng.normal(size=len(wells)) for place in range(6)}
    write_screen(folder, rng)
    designed = load("designed_study")
    (folder / "lines.csv").write_text(designed.LINES.lstrip(), encoding="utf-8")
    (folder / "variants.csv").write_text(designed.VARIANTS.lstrip(), encoding="utf-8")
    genotype = np.where(np.arange(len(wells)) % 2 == 0, "Null", "WT")
    wells.assign(genotype=genotype, **features).to_csv(folder / "profiles.csv", index=False)


def write_screen(folder: Path, rng: np.random.Generator) -> None:
    """Write a screen of two plates of 24 wells as a plate reader leaves it, and counts of the same wells."""
    screen = folder / "screen"
    screen.mkdir()
    names = [f"{row}{column:02d}" for row in "ABCD" for column in range(1, 7)]
    for run in (1, 2):
        light = rng.normal(1_000, 50, 24).round()
        rows = "".join(f"P{run}\t{name}\t{value}\n" for name, value in zip(names, light, strict=True))
        (screen / f"P{run}.txt").write_text(rows)
    (screen / "Platelist.txt").write_text("Filename\tPlate\tReplicate\nP1.txt\t1\t1\nP2.txt\t1\t2\n")
    rules = "*\t*\tsample\n*\tA0[1-3]\tneg\n*\tB0[1-3]\tpos\n"
    (screen / "Plateconf.txt").write_text(f"Wells: 24\nPlates: 1\nPlate\tWell\tContent\n{rules}")
    plates = pd.DataFrame({"plate": ["P1", "P2"], "layout": "L"})
    plates.to_csv(folder / "plates.csv", index=False)
    pd.DataFrame({"well": names, "gene": [f"g{name}" for name in names]}).to_csv(
        folder / "map.csv", index=False
    )
    counts = pd.DataFrame({"plate": ["P1"] * 24 + ["P2"] * 24, "well": names * 2})
    counts.assign(cell_count=rng.poisson(900, 48)).to_csv(folder / "counts.csv", index=False)


def command(line: str) -> None:
    """Run a line of a block as a shell would, in this process; it must end in success."""
    words = shlex.split(line, comments=True)
    if not words:
        return
    found = [sorted(map(str, Path().glob(word))) if "*" in word else [word] for word in words[1:]]
    assert words[0] == "hcs"
    with pytest.raises(SystemExit) as left:
        main([word for some in found for word in some])
    assert left.value.code in (0, None), line


def served(line: str) -> None:
    """Run a line that serves pages as a process: its page is there, and Ctrl-C ends it in success."""
    words = [*shlex.split(line, comments=True)[1:], "--port", "0"]
    program = "import sys; from hcs.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", program, *words, *([] if "readers" in words else ["--no-open"])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        said = process.stdout.readline()
        with urlopen(said.split()[1], timeout=30) as page:
            assert b"<!DOCTYPE html>" in page.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, line


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line ends in success, finds by `FITC` the channel "Blue - FITC", and leaves what it names."""
    write_inputs(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HCS_PASSPHRASE", "in an example nothing is secret")
    shell = replaced("".join(blocks("bash")), FEWER)
    for line in shell.splitlines():
        if line.startswith("hcs predict"):
            command("hcs ingest exports/P9 --platemap P9.csv --out plates/P9.ome.zarr")
        if line.startswith("hcs readers score"):
            command("hcs readers simulate reading --reader guessing")
        served(line) if " serve " in line else command(line)
        if line.startswith("hcs study init"):
            file = Path(shlex.split(line, comments=True)[-1])
            file.write_text(smaller(file.read_text(encoding="utf-8")), encoding="utf-8")
    for name in (
        "als-results/report.html",
        "blind-results/design/layout.json",
        "plates/P1.measurements",
        "batches.html",
        "cells.html",
        "clones.pdf",
        "reading.scores/calls.csv",
    ):
        assert Path(name).exists()
    for name in ("screen", "counts", "neurite"):
        assert Path(f"{name}-scores/report.html").exists()
    trained = Path("als-results/sets/0001/head.npz").stat().st_mtime_ns
    held: dict[str, Any] = {}
    exec("from hcs.explain.plan import ExplainSpec", held)
    held["few"] = held["ExplainSpec"](sampled=1, controls=1, networks=1, judged=0)
    for block in blocks("python"):
        exec(compile(replaced(block, FEWER), "README.md", "exec"), held)
    assert Path("als-results/sets/0001/head.npz").stat().st_mtime_ns == trained
    assert held["plate"]["B03"][1].image("FITC").shape == (256, 256)
    assert held["study"].table("groups")["group"].nunique() == 12
    for name in ("passages.pdf", "passages.csv", "roc.pdf", "p9-scores/tables/groups.parquet"):
        assert Path(name).exists()


def test_only_what_exists_is_changed() -> None:
    """The numbers made smaller for the test above stand in the README; its other blocks are installation."""
    text = "".join([*blocks("bash"), *blocks("python")])
    assert [old for old in FEWER if old not in text] == []
    assert all("pip install" in block for block in blocks("sh"))


def test_the_lab_s_reader_is_the_example() -> None:
    """The reader that README shows is the file that the tests of plug-ins run, of 40 lines at most."""
    example = Path(__file__).resolve().parents[1] / "examples" / "lab_reader" / "lab_reader.py"
    written = example.read_text(encoding="utf-8")
    assert written in blocks("python")
    assert len(written.splitlines()) <= 40
