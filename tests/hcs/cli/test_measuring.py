"""The commands that measure: exit codes, sentences, files; no tracebacks."""

import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import openpyxl
import pandas as pd
import pytest

from hcs.cli import main
from hcs.measure.measured import Measurements
from hcs_plates.description import PlateSpec
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import create_plate
from hcs_plates.readers.acquisition import Channel, PlaneKey
from hcs_plates.simulate import CellSpec, FieldSpec, render_field
from hcs_plates.wells import FORMATS

Captured = pytest.CaptureFixture[str]
SIDE = 256
SPEC = FieldSpec(
    height=SIDE, width=SIDE, channels=("FITC", "DAPI"), cells=CellSpec(per_mm2=500.0, clustered=0.3)
)


def run(*words: str | Path) -> int:
    """Run the command as a process would; gives its exit code."""
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    code = left.value.code
    return code if isinstance(code, int) else 0 if code is None else 1


def pixels(well: str, number: int) -> npt.NDArray[Any]:
    """Draw neurons; A03 is blank."""
    if well == "A03":
        return np.asarray(np.random.default_rng(0).normal(200, 8, (2, SIDE, SIDE)).astype(np.uint16))
    return render_field(SPEC, seed=4, name=f"P1/{well}/{number}").pixels


def write(folder: Path, name: str = "P1", missing: dict[PlaneKey, str] | None = None) -> Path:
    """Write a plate of three wells with one field each."""
    wells = ["A01", "A02", "A03"]
    table = pd.DataFrame(
        {
            "plate": name,
            "clone": ["c1", "c1", "c2"],
            "role": ["negative_control", "sample", "sample"],
            "included": True,
        },
        index=pd.Index(wells, name="well", dtype="str"),
    )
    spec = PlateSpec(
        name=name,
        format=FORMATS[24],
        channels=(Channel("FITC"), Channel("DAPI")),
        layout=FieldLayout(1, 2, 1, SIDE, SIDE, "uint16"),
        fields=dict.fromkeys(wells, (1,)),
        wells=table,
        missing=missing or {},
        pixel_size_um=(0.65, 0.65),
    )
    return create_plate(folder / f"{name}.ome.zarr", spec, pixels).path


@pytest.fixture(scope="module")
def plate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plate; what stands beside it is not to be changed."""
    return write(tmp_path_factory.mktemp("measuring"))


@pytest.fixture(scope="module")
def measured(plate: Path) -> Path:
    """Its measurements, made by the command; not to be changed."""
    assert run("measure", plate, "--neurites", "FITC") == 0
    return plate.with_name("P1.measurements")


def test_measure(measured: Path, plate: Path, capsys: Captured) -> None:
    """Beside the plate, with exit code 0; asked again, the same is said: what, where, what does not count."""
    found = Measurements.open(measured)
    capsys.readouterr()
    assert run("measure", plate, "--neurites", "FITC", "--nuclei", "DAPI") == 0
    said = capsys.readouterr().out.replace("\n", " ")
    assert "P1.measurements: " in said
    assert " cells in 2 of 3 fields" in said
    assert "flagged: A03 field 1 (FITC empty: " in said
    assert "note: FITC: The light was not evened out" in said
    assert len(found.cells) > 0
    assert (found.record["spec"]["neurites"], found.record["spec"]["nuclei"]) == ("FITC", "DAPI")


def test_the_sentence_counts_what_counts(measured: Path, plate: Path, capsys: Captured) -> None:
    """Its number of cells is the wells'."""
    assert run("measure", plate, "--neurites", "FITC") == 0
    n_cells = Measurements.open(measured).wells["n_cells"].sum()
    assert f" {n_cells} cells in " in capsys.readouterr().out


def test_overlays_and_another_place(plate: Path, tmp_path: Path, capsys: Captured) -> None:
    """--overlay 1 draws one field a well; other measurements are replaced with --overwrite only."""
    out = tmp_path / "m"
    assert (
        run("measure", plate, "--neurites", "FITC", "--out", out, "--overlay", "1", "--format", "xlsx") == 0
    )
    assert openpyxl.load_workbook(out / "measurements.xlsx").sheetnames == [
        "contents", "wells", "fields", "cells"
    ]  # fmt: skip
    files = sorted((out / "overlays").glob("*.png"))
    assert [file.name for file in files] == ["A01-1.png", "A02-1.png", "A03-1.png"]
    assert np.asarray(cv2.imread(str(files[0]))).shape == (SIDE, SIDE, 3)
    capsys.readouterr()
    assert run("measure", plate, "--neurites", "FITC", "--out", out, "--neurites", "DAPI") == 2
    assert "exists already" in capsys.readouterr().err
    assert run("measure", plate, "--neurites", "FITC", "--out", out, "--neurites", "DAPI", "--overwrite") == 0
    assert Measurements.open(out).record["spec"]["nuclei"] is None


def test_profiles(measured: Path, plate: Path, tmp_path: Path, capsys: Captured) -> None:
    """Of clones, with what was left out; other endings and unknown formats are refused."""
    out = tmp_path / "p.parquet"
    assert run("export", plate, "--to", "parquet", "--level", "clones", "--out", out) == 0
    said = capsys.readouterr().out
    assert f"{out}: profiles of plate P1, 2 profiles of 1 clone, " in said
    assert "note: 1 well without a field that counts is left out" in said
    table, wells = pd.read_parquet(out), Measurements.open(measured).wells
    assert table["Metadata_role"].tolist() == ["negative_control", "sample"]
    assert table["cell_count_mean"].tolist() == wells["cell_count_mean"].tolist()[:2]
    assert run("export", plate, "--to", "parquet", "--out", tmp_path / "p.csv") == 2
    assert "Parquet is written to a name ending in .parquet" in capsys.readouterr().err
    assert run("export", plate, "--to", "parket", "--out", out) == 2
    assert "did you mean 'parquet'?" in capsys.readouterr().err


def test_stale_labels_are_told_and_not_passed_on(
    plate: Path, measured: Path, tmp_path: Path, capsys: Captured
) -> None:
    """Measured again, the labels of before are told by every command, and no copy has them."""
    shutil.copytree(measured, tmp_path / measured.name)
    own = shutil.copytree(plate, tmp_path / plate.name)
    stale = "note: labels of 3 fields (A01 field 1, A02 field 1 and A03 field 1) are stale"
    assert run("labels", own) == run("info", own) == 0
    said = capsys.readouterr().out
    assert "labels: nuclei, somas and neurites of 3 fields" in said
    assert "are stale" not in said
    again = ("measure", own, "--nuclei", "DAPI", "--marker", "FITC")
    assert run(*again, "--overwrite") == 0
    assert stale in capsys.readouterr().out
    assert run("info", own) == run("export", own, "--out", tmp_path / "C.zarr") == 0
    said = capsys.readouterr().out
    assert said.count(stale) == 2
    assert not list((tmp_path / "C.zarr").rglob("labels"))
    assert run(*again, "--labels") == run("export", own, "--out", tmp_path / "D.zarr") == 0
    said = capsys.readouterr().out
    assert f"labels of 3 fields, in {own}" in said
    assert "are stale" not in said
    assert "labels: nuclei of 3 fields" in said
    assert len(list((tmp_path / "D.zarr").rglob("labels/nuclei"))) == 3


def test_a_gap_ends_with_1(tmp_path: Path, capsys: Captured) -> None:
    """A field that could not be measured is listed, and the exit code says so."""
    gappy = write(tmp_path, missing={PlaneKey("A02", 1, 0): "file gone"})
    assert run("measure", gappy, "--neurites", "FITC") == 1
    assert "left out: field A02 field 1 (file gone)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--neurites", "GFP"), "Plate P1 has no channel 'GFP'; it has FITC, DAPI."),
        (("--nuclei", "GFP"), "Plate P1 has no channel 'GFP'; it has FITC, DAPI."),
        (("--marker", "SMN"), "Plate P1 has no channel 'SMN'; it has FITC, DAPI."),
        (("--neurites", "FITC", "--nuclei", "FITC"), "A channel is named twice: FITC, FITC"),
        (("--workers", "0"), "--workers 0 is fewer than one"),
    ],
)
def test_what_measure_refuses(plate: Path, words: tuple[str, ...], sentence: str, capsys: Captured) -> None:
    """Bad input ends with 2 and one sentence, and makes nothing."""
    assert run("measure", plate, "--neurites", "FITC", "--out", plate.with_name("refused"), *words) == 2
    told = capsys.readouterr().err
    assert told.startswith("hcs: ")
    assert sentence in told
    assert len(told.strip().splitlines()) == 1
    assert not plate.with_name("refused").exists()


def test_places_that_measure_refuses(plate: Path, tmp_path: Path, capsys: Captured) -> None:
    """One --out for two plates, and a plate that is not there."""
    assert run("measure", plate, plate, "--out", tmp_path / "m") == 2
    assert "--out is for one plate" in capsys.readouterr().err
    assert run("measure", tmp_path / "none.ome.zarr") == 2
    assert "none.ome.zarr" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rule", ["fixed=700", "otsu", "controls"])
def test_positives(measured: Path, tmp_path: Path, rule: str, capsys: Captured) -> None:
    """A row per well with counts of the counted cells of included fields, and a table of clones."""
    out = tmp_path / "shares.csv"
    words = ("--marker", "DAPI_nucleus_mean", "--rule", rule, "--out", out)
    assert run("positives", measured, *words) == 0
    said = capsys.readouterr().out
    table = pd.read_csv(out).set_index("well")
    cells = Measurements.open(measured).cells
    cells = cells[cells["included"] & cells["counted"]]
    level = {
        "fixed=700": 700.0,
        "otsu": table.loc["A01", "threshold"],
        "controls": cells.loc[cells["well"] == "A01", "DAPI_nucleus_mean"].agg(
            lambda v: v.mean() + 3 * v.std()
        ),
    }[rule]
    assert table.loc["A01", "threshold"] == pytest.approx(level)
    for well in ("A01", "A02"):
        values = cells.loc[cells["well"] == well, "DAPI_nucleus_mean"]
        assert table.loc[well, "n_cells"] == len(values) > 0
        assert table.loc[well, "n_positive"] == (values > level).sum()
    assert table.loc["A03", ["n_cells", "n_positive"]].tolist() == [0, 0]
    assert np.isnan(table.loc["A03", "share"])
    assert table["role"].tolist() == ["negative_control", "sample", "sample"]
    assert f"{table['n_positive'].sum()} of {table['n_reference'].sum()} cells positive" in said
    assert "c1" in said
    assert "c2" in said


def test_a_reference_says_which_cells_count(measured: Path, tmp_path: Path) -> None:
    """Only cells above the reference's level are counted among."""
    out = tmp_path / "shares.csv"
    words = ("--marker", "DAPI_nucleus_mean", "--rule", "fixed=0", "--out", out)
    more = ("--reference", "FITC_soma_mean", "--reference-rule", "fixed=800")
    assert run("positives", measured, *words, *more) == 0
    table = pd.read_csv(out).set_index("well")
    cells = Measurements.open(measured).cells
    bright = cells[cells["included"] & cells["counted"] & (cells["FITC_soma_mean"] > 800)]
    assert table.loc["A01", "n_reference"] == (bright["well"] == "A01").sum() > 0
    assert table.loc["A01", "n_reference"] < table.loc["A01", "n_cells"]


def test_two_plates(measured: Path, tmp_path: Path) -> None:
    """Several plates go into one table, each with a threshold of its own."""
    other = write(tmp_path, "P2")
    assert run("measure", other, "--neurites", "FITC") == 0
    out = tmp_path / "shares.csv"
    words = ("--marker", "DAPI_nucleus_mean", "--rule", "otsu", "--out", out)
    assert run("positives", measured, tmp_path / "P2.measurements", *words) == 0
    table = pd.read_csv(out)
    assert table["plate"].value_counts().to_dict() == {"P1": 3, "P2": 3}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"--rule": "median"},
            "Rule 'median' is unknown; give fixed=LEVEL, otsu, controls or controls=ROLE.",
        ),
        ({"--rule": "fixed=high"}, "'high' in rule 'fixed=high' is not a number."),
        ({"--rule": "fixed"}, "'' in rule 'fixed' is not a number."),
        ({"--rule": "fixed=nan"}, "'nan' in rule 'fixed=nan' is not a number."),
        ({"--marker": "SMN_nucleus_mean"}, "no column 'SMN_nucleus_mean'"),
        ({"--reference": "TUJ1_soma_mean"}, "no column 'TUJ1_soma_mean'"),
        ({"--reference": "FITC_soma_mean", "--reference-rule": "mean"}, "Rule 'mean' is unknown"),
    ],
)
def test_what_positives_refuses(
    measured: Path, tmp_path: Path, change: dict[str, str], sentence: str, capsys: Captured
) -> None:
    """Bad input ends with 2 and a sentence, and writes nothing."""
    options = {"--marker": "DAPI_nucleus_mean", "--rule": "otsu", "--out": str(tmp_path / "x.csv")} | change
    assert run("positives", measured, *(word for pair in options.items() for word in pair)) == 2
    assert sentence in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_places_that_positives_refuses(measured: Path, tmp_path: Path, capsys: Captured) -> None:
    """A file that is there is replaced when asked only; folders that are no measurements are named."""
    out = tmp_path / "x.csv"
    out.write_text("mine")
    words = ("--marker", "DAPI_nucleus_mean", "--rule", "otsu", "--out", out)
    assert run("positives", measured, *words) == 2
    assert "exists already" in capsys.readouterr().err
    assert out.read_text() == "mine"
    assert run("positives", tmp_path / "none", *words, "--overwrite") == 2
    assert "none does not exist" in capsys.readouterr().err
    assert run("positives", tmp_path, *words, "--overwrite") == 2
    assert "holds no measurements" in capsys.readouterr().err
    assert out.read_text() == "mine"
    assert run("positives", measured, *words, "--overwrite") == 0
    assert len(pd.read_csv(out)) == 3


@pytest.mark.parametrize("group", ["role", "well", "plate"])
def test_any_column_may_be_the_group(measured: Path, tmp_path: Path, group: str) -> None:
    """Also one that the table has anyway."""
    words = ("--marker", "DAPI_nucleus_mean", "--rule", "otsu", "--out", tmp_path / "x.csv")
    assert run("positives", measured, *words, "--group", group) == 0


def test_an_unknown_group_is_refused(measured: Path, tmp_path: Path) -> None:
    """A misspelt column is not passed over."""
    words = ("--marker", "DAPI_nucleus_mean", "--rule", "otsu", "--out", tmp_path / "x.csv")
    assert run("positives", measured, *words, "--group", "clon") == 2


def test_a_folder_that_is_not_there(measured: Path, tmp_path: Path) -> None:
    """It is made, or refused in a sentence."""
    words = ("--marker", "DAPI_nucleus_mean", "--rule", "otsu", "--out", tmp_path / "no" / "x.csv")
    assert run("positives", measured, *words) in (0, 2)


def test_a_negative_number_of_overlays(plate: Path, measured: Path, tmp_path: Path) -> None:
    """It is refused."""
    shutil.copytree(measured, tmp_path / "m")
    assert run("measure", plate, "--neurites", "FITC", "--out", tmp_path / "m", "--overlay", "-1") == 2


def test_positives_compares_classes(measured: Path, tmp_path: Path, capsys: Captured) -> None:
    """With --label the test over clones is printed and stored; without a diagnosis that is said."""
    out = tmp_path / "shares.csv"
    words = ("--marker", "DAPI_nucleus_mean", "--rule", "fixed=700", "--out", out)
    assert run("positives", measured, *words) == 0
    assert "classes not compared: the wells have no diagnosis" in capsys.readouterr().out
    test = out.with_suffix(".test.csv")
    assert not test.exists()
    compared = ("--label", "clone", "--group", "well")
    assert run("positives", measured, *words, *compared, "--overwrite") == 0
    assert "Only one class has wells with a value" in capsys.readouterr().out
    assert "Welch's t-test" in pd.read_csv(test)["test"].tolist()
    out.unlink()
    held = test.read_bytes()
    assert run("positives", measured, *words, *compared) == 2
    assert f"{test} exists already" in capsys.readouterr().err
    assert test.read_bytes() == held
    assert not out.exists()
    assert run("positives", measured, *words, "--overwrite") == 0
    assert not test.exists()
    assert run("positives", measured, *words, "--label", "diagnosi", "--overwrite") == 2
    assert "--label: the wells have no column 'diagnosi'" in capsys.readouterr().err
