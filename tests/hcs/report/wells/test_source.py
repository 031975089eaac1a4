"""Tests of where wells are read from: tables with other programs' headings, annotations, measured plates."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from hcs.report.wells.source import read_wells_of
from hcs_plates.errors import ArgumentError, HcsError, NotThereError
from hcs_plates.plate import Plate
from hcs_plates.wells import FORMATS

WELLS = FORMATS[24].wells()


def table(plates: str = "AB") -> pd.DataFrame:
    """Two plates of 24 wells as another program names its columns."""
    rows = [
        (f"{plate}", well, 7.5 * (place * 37 % 24)) for plate in plates for place, well in enumerate(WELLS)
    ]
    return pd.DataFrame(rows, columns=["Image_Metadata_Plate", "Well Position", "area"])


def test_headings_of_other_programs_and_an_annotation(tmp_path: Path) -> None:
    """Plate, well and layout are known by other names; two tables are joined, plates become replicates."""
    table().to_csv(tmp_path / "areas.csv", index=False)
    plates = pd.DataFrame({"Assay_Plate_Barcode": ["A", "B"], "Plate_Map_Name": ["L1", "L1"]})
    plates.to_csv(tmp_path / "plates.csv", index=False)
    maps = pd.DataFrame(
        {"plate_map_name": "L1", "well_position": WELLS, "broad_sample": [f"c{n}" for n in range(24)]}
    )
    maps.to_csv(tmp_path / "map.tsv", sep="\t", index=False)
    found = read_wells_of(tmp_path / "areas.csv", annotation=[tmp_path / "plates.csv", tmp_path / "map.tsv"])
    wells = found.wells.set_index(["plate", "well"])
    assert wells.loc[("B", "A03"), ["layout", "compound", "replicate"]].tolist() == ["L1", "c2", "2"]
    assert (found.values, found.value(None), found.formats["A"].size) == (("area",), "area", 24)
    assert "Plates of one layout are its replicates, numbered in the order of the table." in found.notices
    assert any(one.startswith("Plates are drawn with 24 wells") for one in found.notices)


def test_a_table_a_plate(tmp_path: Path) -> None:
    """Several tables without a column of plates are a plate each, called as the file."""
    for name in ("P1", "P2"):
        table("A").drop(columns="Image_Metadata_Plate").to_csv(tmp_path / f"{name}.csv", index=False)
    found = read_wells_of([tmp_path / "P1.csv", tmp_path / "P2.csv"], plate_format=24)
    assert found.wells["plate"].value_counts().to_dict() == {"P1": 24, "P2": 24}


def test_a_measured_plate(measured_plate: Plate) -> None:
    """Wells and fields of what `hcs measure` left beside it; the value is named as the field's."""
    found = read_wells_of(measured_plate)
    assert found.fields["cell_count"].notna().any()
    assert found.value("soma_area_um2") == "soma_area_um2_mean"
    assert len(found.wells) == len(measured_plate)
    assert found.formats["P1"].size == 24
    alone = read_wells_of(measured_plate.path.with_name("P1.measurements"))
    assert any(one.startswith("Plates are drawn with") for one in alone.notices)


@pytest.mark.parametrize(
    ("wells", "words", "said"),
    [
        (table().drop(columns="Well Position"), {}, "no column 'well'"),
        (pd.concat([table(), table("A")]), {}, "The table has plate A well A01 twice; give one row a well"),
        (table().assign(**{"Well Position": [None, *WELLS[1:], *WELLS]}), {}, "1 row without a well"),
        (table(), {"plate_format": 6}, "Well 'A04' is outside a 6-well plate"),
        (table().replace("D06", "pool"), {}, "'pool'"),
    ],
)  # fmt: skip
def test_what_of_a_table_is_refused(wells: pd.DataFrame, words: dict[str, int], said: str) -> None:
    """No wells, a well twice, a row without its well, wells beyond the plate, wells that are none."""
    with pytest.raises(HcsError) as refused:
        read_wells_of(wells, **words)  # type: ignore[arg-type]
    assert said in str(refused.value)


def test_what_else_is_refused(tmp_path: Path, measured_plate: Plate) -> None:
    """Nothing there, a plate that was not measured, an annotation of other wells, values to choose from."""
    with pytest.raises(NotThereError, match=r"There is no '.*gone.csv'; give plates, a table, or a folder"):
        read_wells_of(tmp_path / "gone.csv")
    with pytest.raises(
        ArgumentError, match=r"is no plate and holds neither measurements nor a Platelist.txt"
    ):
        read_wells_of(tmp_path)
    bare = shutil.copytree(measured_plate.path, tmp_path / "P1.ome.zarr")
    with pytest.raises(ArgumentError, match=r"Plate P1 was not measured; `hcs measure .*P1.ome.zarr` does"):
        read_wells_of(bare)
    pd.DataFrame({"plate": ["X"], "gene": ["g"]}).to_csv(tmp_path / "genes.csv", index=False)
    with pytest.raises(ArgumentError, match="describes none of the wells; its plate are others"):
        read_wells_of(table(), annotation=[tmp_path / "genes.csv"])
    pd.DataFrame({"plate": ["A", "A"], "gene": ["g", "h"]}).to_csv(tmp_path / "twice.csv", index=False)
    with pytest.raises(ArgumentError, match=r"twice.csv has plate A twice"):
        read_wells_of(table(), annotation=[tmp_path / "twice.csv"])
    two = read_wells_of(table().assign(length=table()["area"] ** 2))
    with pytest.raises(ArgumentError, match=r"2 measurements \(area and length\); name one with --value"):
        two.value(None)
    with pytest.raises(ArgumentError, match="no column 'areas'; did you mean 'area'"):
        two.value("areas")
