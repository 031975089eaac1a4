"""Plates simulated from a layout: wells as the table says, and nothing of what only nature knows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from hcs_plates.errors import ArgumentError
from hcs_plates.readers.detect import scan
from hcs_plates.simulate import CellSpec, DiseaseEffect, FieldSpec, LayoutSpec, simulate_layout
from hcs_plates.simulate.laidout import wells_of_layout
from hcs_plates.units import file_digest

LAYOUT = pd.DataFrame(
    [
        ("P2", "A2", "K7F", "D7", "sample", True),
        ("P2", "A1", "Q2M", "D7", "sample", True),
        ("P1", "B1", "Q2M", "D14", "sample", True),
        ("P1", "A3", "K7F", "D14", "sample", True),
        ("P1", "C1", None, None, "negative_control", True),
        ("P1", "C2", None, None, "Blank", True),
        ("P1", "C3", None, None, None, True),
        ("P1", "C4", None, None, "negative_control", False),
    ],
    columns=["plate", "well", "clone", "differentiation_batch", "role", "included"],
)
TELLING = (b"ALS", b"control", b'"beading": 0.7', b"diagnos", b"seed")
KNOWN = {"K7F": "ALS", "Q2M": "control"}
SPEC = LayoutSpec(
    fields_per_well=1,
    wells=24,
    field=FieldSpec(height=256, width=256, channels=("FITC", "DAPI"), cells=CellSpec(per_mm2=600)),
    disease=DiseaseEffect(beading=0.7),
    seed=5,
)


@pytest.fixture(scope="module")
def blinded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both plates of the layout, of which only codes are known."""
    out = tmp_path_factory.mktemp("laid") / "exports"
    assert simulate_layout(out, LAYOUT, SPEC, diagnoses=KNOWN) == [out / "P2", out / "P1"]
    return out


def _light(folder: Path, well: str, wave: str) -> np.ndarray:
    return tifffile.imread(folder / f"{well[0]} - {well[1:]}(fld 1 wv {wave}).tif").astype(float)


def test_every_well_of_the_layout_is_imaged_and_no_other(blinded: Path) -> None:
    """The export of a plate lists the wells that its rows name."""
    assert sorted(scan(blinded / "P1").summary()["wells"] for _ in "1") == [6]
    truth = pd.read_csv(blinded / "P1" / "truth.csv")
    assert truth["well"].tolist() == ["A03", "B01", "C01", "C02", "C03", "C04"]
    assert truth["clone"].fillna("none").tolist() == ["K7F", "Q2M", *["none"] * 4]


def test_the_disease_is_where_nature_says(blinded: Path) -> None:
    """The same as of a layout that names the diagnoses itself: beading in the wells of the diseased clone."""
    known = wells_of_layout(LAYOUT.assign(diagnosis=LAYOUT["clone"].map(KNOWN)), SPEC)
    coded = wells_of_layout(LAYOUT, SPEC, KNOWN)
    assert [one.field for one in known] == [one.field for one in coded]
    beading = {(one.plate, one.well): one.field.neurites.beading for one in coded}
    assert beading == {
        ("P2", "A01"): 0.0, ("P2", "A02"): 0.7, ("P1", "A03"): 0.7,
        ("P1", "B01"): 0.0, **{("P1", well): 0.0 for well in ("C01", "C02", "C03", "C04")},
    }  # fmt: skip


def test_controls_hold_what_controls_hold(blinded: Path) -> None:
    """The second antibody alone: nuclei and no neurites. An empty well: neither."""
    folder = blinded / "P1"
    spread = {
        (well, wave): np.ptp(np.percentile(_light(folder, well, wave), [1, 99.9]))
        for well in ("A03", "C01", "C02")
        for wave in ("Blue - FITC", "UV - DAPI")
    }
    noise = spread["C02", "Blue - FITC"]
    assert spread["C01", "Blue - FITC"] < 1.5 * noise < 4 * noise < spread["A03", "Blue - FITC"]
    barren = [one.field.cells.per_mm2 == 0 for one in wells_of_layout(LAYOUT, SPEC, KNOWN)]
    assert barren == [False] * 5 + [True] * 3
    assert spread["C02", "UV - DAPI"] < 1.5 * noise < 4 * noise < spread["C01", "UV - DAPI"]


def test_nothing_that_is_written_tells_what_nature_knows(blinded: Path) -> None:
    """Neither names, effects nor the seed in any file; all images of one size; exchanged, the same names."""
    files = [path for path in blinded.rglob("*") if path.is_file()]
    for path in files:
        held = path.read_bytes()
        assert not any(
            word in held for word in (b"ALS", b"control", b"beading\x22: 0.7", b"diagnos", b"seed")
        )
    images = [path for path in files if path.suffix == ".tif"]
    assert len({path.stat().st_size for path in images}) == 1
    assert "beading" not in pd.read_csv(blinded / "P1" / "truth.csv")


def test_other_classes_of_the_same_codes_differ_in_pixels_alone(blinded: Path, tmp_path: Path) -> None:
    """Names, order and documents are the same; images of the two clones and the digest are not."""
    exchanged = {"K7F": "control", "Q2M": "ALS"}
    simulate_layout(tmp_path / "other", LAYOUT, SPEC, diagnoses=exchanged)
    both = [
        {path.relative_to(top).as_posix(): file_digest(path) for path in sorted(top.rglob("*.*"))}
        for top in (blinded, tmp_path / "other")
    ]
    assert list(both[0]) == list(both[1])
    other = {name for name in both[0] if both[0][name] != both[1][name]}
    assert {name for name in other if not name.endswith(".tif")} == {"experiment.json"}
    assert all("FITC" in name and " - 0" in name for name in other if name.endswith(".tif"))


def test_an_export_that_stands_is_not_made_again_and_one_of_another_layout_is_replaced(blinded: Path) -> None:
    """The same layout: left as it is. Another one: only when asked, and folders of others stop it."""
    before = (blinded / "P1" / "truth.csv").stat().st_mtime_ns
    simulate_layout(blinded, LAYOUT, SPEC, diagnoses=KNOWN)
    assert (blinded / "P1" / "truth.csv").stat().st_mtime_ns == before
    (blinded / "notes").mkdir()
    with pytest.raises(ArgumentError, match="notes"):
        simulate_layout(blinded, LAYOUT[:2], SPEC, diagnoses=KNOWN, overwrite=True)
    (blinded / "notes").rmdir()


@pytest.mark.parametrize(
    ("layout", "diagnoses", "said"),
    [
        (LAYOUT, None, "no column 'diagnosis'"),
        (LAYOUT.assign(diagnosis="ALS"), KNOWN, "not both"),
        (LAYOUT, {"K7F": "ALS"}, "diagnosis of Q2M is not known"),
        (LAYOUT, dict.fromkeys(KNOWN, "als"), "did you mean 'als'|'als'"),
        (LAYOUT.assign(well="E1"), KNOWN, "no well of a plate of 24: P2/E01, .*; described twice: .*"),
        (pd.concat([LAYOUT, LAYOUT[:1]]), KNOWN, "described twice: P2/A02"),
        (LAYOUT.assign(plate="P/1"), KNOWN, "cannot name files"),
        (LAYOUT.drop(columns="clone"), KNOWN, "no column 'clone'"),
        (LAYOUT[:0], KNOWN, "no wells"),
    ],
)  # fmt: skip
def test_a_layout_that_cannot_be_simulated_is_refused(
    layout: pd.DataFrame, diagnoses: dict[str, str] | None, said: str
) -> None:
    """In one sentence, with what is wrong."""
    with pytest.raises(ArgumentError, match=said):
        wells_of_layout(layout, SPEC, diagnoses)


def test_the_format_is_the_smallest_that_has_all_wells_unless_it_is_said() -> None:
    """Well C4 needs 12 wells, A13 of 384; a layout of ours lists all wells."""
    assert LayoutSpec().format_of(LAYOUT).size == 12
    assert LayoutSpec().format_of(LAYOUT.assign(well="A13")).size == 384
    assert SPEC.format_of(LAYOUT).size == 24
