"""Every example runs, and the ones on real plates find what is known about them."""

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
import tifffile
import yaozarrs
from tests.hcs.report.featuretable import feature_table

import hcs
from hcs_plates.simulate import ExperimentSpec, FieldSpec, simulate_export

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


Start = Callable[..., None]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start Dask's own commands, as by hand; they end with the test."""
    with ExitStack() as stack:

        def command(*words: str) -> None:
            program = f"from distributed.cli.dask_{words[0]} import main; main()"
            process = subprocess.Popen(
                [sys.executable, "-c", program, *words[1:], "--no-dashboard"],
                cwd=tmp_path,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            stack.callback(process.wait)
            stack.callback(process.kill)

        yield command


def load(name: str) -> ModuleType:
    """Import an example by its file."""
    found = importlib.util.spec_from_file_location(f"examples_{name}", EXAMPLES / f"{name}.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_every_example_is_tested() -> None:
    """A new example needs a test here."""
    here = Path(__file__)
    written = here.read_text(encoding="utf-8") + (here.parent / "hcs" / here.name).read_text(encoding="utf-8")
    lacking = [path.stem for path in EXAMPLES.glob("*.py") if f"def test_{path.stem}(" not in written]
    assert not lacking


def test_plate_in_python(tmp_path: Path) -> None:
    """A simulated plate, its wells, pixels and lazy tiles."""
    plate = load("plate_in_python").main(tmp_path)
    assert len(plate) == 12


@pytest.mark.slow
def test_on_a_cluster(tmp_path: Path, start: Start) -> None:
    """Scheduler and workers begun by hand, over TCP: the same digests as on threads; SLURM's job script."""
    example = load("on_a_cluster")
    field = FieldSpec(height=512, width=512, channels=("FITC", "DAPI"))
    spec = ExperimentSpec(name="P", clones_per_class=2, wells_per_clone=1, fields_per_well=2, field=field)
    (export,) = simulate_export(tmp_path / "export", spec)
    shared = tmp_path / "scheduler.json"
    start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(shared))
    for _ in range(2):
        start("worker", "--scheduler-file", str(shared), "--nthreads", "1")
    while not shared.exists() or not shared.read_text():
        time.sleep(0.1)
    client = example.by_hand(json.loads(shared.read_text())["address"])
    client.wait_for_workers(2, timeout=60)
    made = example.main(client, export, tmp_path)
    here = hcs.ingest(export, tmp_path / "Q.ome.zarr", export / "platemap.csv")
    channels = hcs.channel_spec(here, neurites="FITC", nuclei="DAPI")
    alone = hcs.measure_plate(here, channels)
    assert hcs.open_plate(tmp_path / f"{export.name}.ome.zarr").digest == here.digest
    pd.testing.assert_frame_equal(made.cells, alone.cells)
    with example.slurm_cluster() as cluster:
        script = cluster.job_script()
    for words in ("-p normal", "--cpus-per-task=8", "--mem=30G", "-t 04:00:00"):
        assert f"#SBATCH {words}\n" in script
    assert "--nthreads 1 " in script
    assert "--nworkers 8 " in script


def test_your_own_plate(tmp_path: Path) -> None:
    """A folder of TIFFs under a lab's own names: every well measured, as many as the platemap names."""
    example = load("your_own_plate")
    spec = ExperimentSpec(
        name="P",
        clones_per_class=1,
        wells_per_clone=1,
        fields_per_well=1,
        field=FieldSpec(height=512, width=512, channels=("FITC", "DAPI")),
    )
    (export,) = simulate_export(tmp_path / "export", spec)
    own = tmp_path / "screen_7"
    own.mkdir()
    plate = hcs.ingest(export, tmp_path / "P.ome.zarr", export / "platemap.csv")
    for well in plate.values():
        for number, field in well.items():
            for channel in ("FITC", "DAPI"):
                tifffile.imwrite(own / f"{well.name}_f{number}_{channel}.tif", field.image(channel))
    table = pd.read_csv(export / "platemap.csv")
    table.drop(columns="plate", errors="ignore").to_csv(tmp_path / "map.csv", index=False)
    out = tmp_path / "out"
    out.mkdir()
    measured = example.main(own, tmp_path / "map.csv", out)
    assert len(measured.wells) == len(plate) == len(pd.read_csv(out / "wells.csv")) == 2
    assert (out / "cell_count.html").is_file()


def test_plate_heatmap(tmp_path: Path) -> None:
    """A table of wells becomes a page and two figures, each with its numbers."""
    table = tmp_path / "wells.csv"
    pd.DataFrame({"plate": "P", "well": ["A1", "B2", "H12"], "count": [1.0, 2.0, 6.0]}).to_csv(
        table, index=False
    )
    shown = load("plate_heatmap").main(table, "count", tmp_path)
    assert shown.table.set_index("well")["value"].to_dict() == {"A01": 1.0, "B02": 2.0, "H12": 6.0}
    made = {path.name for path in tmp_path.iterdir()}
    assert {"count.html", "count.pdf", "count.csv", "count_difference.png", "count_difference.csv"} <= made


@pytest.mark.slow
def test_batch_report(tmp_path: Path) -> None:
    """A table of features, from its file to a report that names the batch."""
    feature_table().to_csv(tmp_path / "features.csv", index=False)
    report = load("batch_report").main(tmp_path / "features.csv", "genotype", "Null", "WT", tmp_path)
    assert "effects of plate" in report.read_text(encoding="utf-8")


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
def test_reproduce_study(tmp_path: Path) -> None:
    """Texture only: the network sees it, three measurements do not; no effect, no AUC; tied, a high one."""
    found = load("reproduce_study").main(tmp_path, fields=1, n_sets=8, trials=3, permutations=6)
    assert found["cnn"] >= 0.9
    assert max(found["forest"], found["true forest"]) <= 0.65
    assert 0.4 <= found["null"] <= 0.6
    assert found["confounded"] >= 0.8


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_reproduce_study_from_end_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of small fields, which show little: all three experiments are made, and what is tied is said."""
    example = load("reproduce_study")
    found = example.main(tmp_path, fields=1, side=256, n_sets=4, views=1, trials=1, permutations=6)
    assert list(found) == ["cnn", "forest", "true forest", "null", "confounded"]
    assert 0.3 <= found["null"] <= 0.7
    shown = capsys.readouterr().out
    assert "no analysis can separate them" in shown
    assert "Cannot be known with 6 permutations" in shown
    page = (tmp_path / "confounded" / "confounded-results" / "report.html").read_text(encoding="utf-8")
    assert "No verdict: diagnosis is fully confounded with differentiation batch" in page


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_designed_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From variants to a report: who was left out, places, codes and names are told, and were kept to."""
    study = load("designed_study").main(tmp_path, fields=1, side=256)
    assert capsys.readouterr().out.startswith("12 of 15 lines are eligible; 2 not eligible, 1 undetermined.")
    assert [one.kind for one in study.design_records()] == ["eligibility", "power", "layout"]
    found = {one.name: one for one in study.verdict().checks}
    for step in ("eligible", "as_laid_out", "blinding"):
        assert found[step].outcome == "holds", found[step]
    lines = {f"{kind}{number}" for kind in ("ALS", "CTL") for number in range(1, 7)}
    assert set(study.table("wells")["clone"].dropna()) == lines
    page = (study.results / "report.html").read_text(encoding="utf-8")
    assert "On record: eligibility, layout, blinding and sample size; the study kept to its design." in page
    assert "4 % paraformaldehyde" in page
    coded = [*(tmp_path / "layout").iterdir(), *(tmp_path / "exports").rglob("*.*")]
    named = [file for file in coded if any(line.encode() in file.read_bytes() for line in lines)]
    assert named == []


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.shared
def test_translocation_assay(shared_data: Path, tmp_path: Path) -> None:
    """BBBC013: controls told apart in rows not seen before, and the score rises with dose for both drugs."""
    example = load("translocation_assay")
    study = example.main(shared_data / "bbbc013", tmp_path)
    predicted, splits = study.table("predictions"), study.table("splits")
    part = splits.drop_duplicates(["set", "group"]).set_index(["set", "group"])["part"]
    assert splits.groupby(["set", "group"])["part"].nunique().max() == 1
    assert {part[key] for key in zip(predicted["set"], predicted["group"], strict=True)} == {"test"}
    groups = study.table("groups").query("model == 'cnn'")
    assert ((groups["probability"] >= 0.5) == (groups["label"] == "positive_control")).mean() >= 15 / 16
    trends = study.table("trends").query("model == 'cnn'").set_index("treatment")
    assert trends["n_wells"].to_dict() == {"Wortmannin": 36, "LY294002": 36}
    assert (trends["spearman_rho"] >= 0.85).all(), trends
    page = (study.results / "report.html").read_text(encoding="utf-8")
    wells = hcs.Measurements.open(tmp_path / "BBBC013.measurements").wells
    separation = example.control_separation(wells, "cell_GFP_log2_ratio_mean")
    assert set(separation) == {"Wortmannin", "LY294002"}
    for drug, negatives in (("Wortmannin", 8), ("LY294002", 4)):
        row = separation[drug].table.iloc[0]
        assert (row["n_positive"], row["n_negative"]) == (4, negatives)
        # 0.90 to 0.94 were published for ratios of other masks, with four wells of positive controls too.
        assert 0.8 <= min(row["z_prime"], row["robust_z_prime"]) < 0.97
        assert row["ssmd"] > 15
        assert separation[drug].headline().startswith("An excellent assay: Z′ of cell GFP log2 ratio")
    ec50 = example.potency(wells).table.set_index("series")
    # Nanomolar for wortmannin, micromolar for LY294002, as they inhibit the kinase.
    assert 4 < ec50.loc["Wortmannin", "ec50_low"] < ec50.loc["Wortmannin", "ec50_high"] < 20
    assert 1.5 < ec50.loc["LY294002", "ec50_low"] < ec50.loc["LY294002", "ec50_high"] < 8
    assert wells["n_cells"].between(50, 500).all()
    assert "Wortmannin" in page
    assert "LY294002" in page


@pytest.mark.slow
@pytest.mark.shared
def test_real_neurons(shared_data: Path, tmp_path: Path) -> None:
    """Real human iPSC motor neurons (NF-H): one valid well, scored by all sets, shown in the gallery."""
    folder = shared_data / "isl_ipsc_motor_neurons" / "condition_blue_sample"
    (image,) = folder.glob("*NFH_CONFOCAL*.png")
    study = load("real_neurons").main(image, tmp_path)
    yaozarrs.validate_zarr_store(str(tmp_path / "real.ome.zarr"))
    scores = study.table("scores").query("plate == 'real'")
    assert scores["n_sets"].tolist() == [3, 3]
    assert scores["label"].isna().all()
    page = (study.results / "report.html").read_text(encoding="utf-8")
    assert "scored only" in page
    assert "real A01" in page
