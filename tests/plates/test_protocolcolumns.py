"""Columns of a platemap that tell the wet-lab protocol of its wells: units, dilutions, tissues, vectors."""

from pathlib import Path

import openpyxl
import pytest

from hcs_plates.errors import PlatemapError
from hcs_plates.platemap import read_platemap
from hcs_plates.wells import FORMATS

WELLS = ("A01", "A02")


def read(path: Path, *lines: str) -> dict[str, list[object]]:
    """Write a map of two wells, read it, and give its columns."""
    path.write_text("\n".join(lines), encoding="utf-8")
    table = read_platemap(path, plate="P1", format=FORMATS[24], imaged=WELLS)
    columns: dict[str, list[object]] = {str(name): table[name].tolist() for name in table}
    return columns | {"said": list(table.attrs["notices"])}


def refused(path: Path, *lines: str) -> list[str]:
    """Give the faults of a map that must be refused."""
    with pytest.raises(PlatemapError) as refusal:
        read(path, *lines)
    return list(refusal.value.faults)


def test_the_columns_of_a_protocol_are_typed_whatever_their_headings(tmp_path: Path) -> None:
    """Dilutions are the n of 1:n, days are numbers, and names stay text."""
    found = read(
        tmp_path / "m.csv",
        "well;Reprogrammed from;Reprogramming method;Diff day;Fixative;1st antibody;Antibody dilution;2nd Ab;"
        "2nd ab dilution",
        "A1;PBMC;episomal;d23;4 % PFA, 15 min;SMI-32;1:1,000;goat anti-mouse 488;1/500",
        "A2;PBMC;episomal;23;4 % PFA, 15 min;SMI-32;500;;",
    )
    assert found["source_tissue"] == ["PBMC", "PBMC"]
    assert found["reprogramming_vector"] == ["episomal", "episomal"]
    assert found["differentiation_day"] == [23.0, 23.0]
    assert found["fixation"] == ["4 % PFA, 15 min"] * 2
    assert found["primary_antibody"] == ["SMI-32", "SMI-32"]
    assert found["primary_dilution"] == [1000.0, 500.0]
    assert found["secondary_dilution"][0] == 500.0
    assert found["secondary_dilution"][1] != found["secondary_dilution"][1], "missing"


def test_what_a_spreadsheet_made_of_a_dilution_is_refused(tmp_path: Path) -> None:
    """Typed into a workbook, 1:500 is a time of day; nothing is read from that."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["well", "primary_dilution"], ["A1", 0.388888888888889], ["A2", "1:500"]):
        sheet.append(row)
    sheet["B2"].number_format = "h:mm"
    book.save(tmp_path / "m.xlsx")
    with pytest.raises(PlatemapError, match="spreadsheet makes times of ratios"):
        read_platemap(tmp_path / "m.xlsx", plate="P1", format=FORMATS[24], imaged=WELLS)


@pytest.mark.parametrize("cell", ["09:20", "2:500", "0.001", "1:0", "1:1.000", "1:1e12", "strong", "-500"])
def test_what_is_no_dilution_is_refused_with_its_line(tmp_path: Path, cell: str) -> None:
    """A dilution of which two things can be meant is none."""
    faults = refused(tmp_path / "m.csv", "well,primary_dilution", f"A1,{cell}", "A2,1:500")
    assert len(faults) == 1
    assert faults[0].startswith(f"line 2: primary_dilution {cell!r} is not a dilution such as 1:1000")


@pytest.mark.parametrize(
    ("heading", "unit"),
    [
        ("Seeding density (cells/cm2)", "cells/cm²"),
        ("Seeding density [cells per cm²]", "cells/cm²"),
        ("Cells per well", "cells/well"),
        ("cells_per_well", "cells/well"),
        ("Plating density (/well)", "cells/well"),
    ],
)
def test_the_unit_of_a_density_is_read_from_its_heading(tmp_path: Path, heading: str, unit: str) -> None:
    """A density without its unit says nothing; it stands beside the number, and that is told."""
    found = read(tmp_path / "m.csv", f"well,{heading}", "A1,200000", "A2,")
    assert found["seeding_density"][0] == 200_000
    assert found["seeding_density_unit"][0] == unit
    assert found["seeding_density_unit"][1] != unit
    assert f"The heading of seeding_density states its unit, {unit}." in found["said"]


def test_the_unit_of_a_dose_is_read_from_its_heading(tmp_path: Path) -> None:
    """As that of a density; what stands in brackets and is no unit is none."""
    assert read(tmp_path / "m.csv", "well,Dose (uM)", "A1,1", "A2,2")["dose_unit"] == ["µM", "µM"]
    assert "dose_unit" not in read(tmp_path / "m.csv", "well,Dose (final)", "A1,1", "A2,2")


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (
            ["well,seeding_density,seeding_density_unit", "A1,1,cells/mm2", "A2,1,per well"],
            "line 2: seeding_density_unit 'cells/mm2' is not cells/well or cells/cm²",
        ),
        (
            ["well,seeding_density,density unit", "A1,1,cells/cm^2", "A2,1,per well"],
            "seeding_density_unit has cells/well and cells/cm²; give all densities in one unit",
        ),
        (
            ["well,Cells per well,density unit", "A1,1,cells/cm2", "A2,1,cells/well"],
            "the heading of seeding_density says cells/well, and seeding_density_unit says 'cells/cm²' in "
            "line 2; correct one of the two",
        ),
        (
            ["well,clone,source_tissue", "A1,c1,PBMC", "A2,c1,fibroblast"],
            "clone 'c1' has 2 values of source_tissue: 'PBMC' (line 2), 'fibroblast' (line 3); expected one",
        ),
        (
            ["well,clone,reprogramming_vector", "A1,c1,Sendai", "A2,c1,episomal"],
            "clone 'c1' has 2 values of reprogramming_vector",
        ),
    ],
)
def test_contradictions_are_refused(tmp_path: Path, lines: list[str], fault: str) -> None:
    """Two units of one column, and a clone from two tissues or by two vectors."""
    found = refused(tmp_path / "m.csv", *lines)
    assert any(one.startswith(fault) for one in found), found


def test_a_vector_of_an_experiment_is_a_column_of_the_labs_own(tmp_path: Path) -> None:
    """What wells of one clone were transduced with is no vector that the clone was made with."""
    found = read(tmp_path / "m.csv", "well,clone,vector", "A1,c1,shTBK1", "A2,c1,scrambled")
    assert found["vector"] == ["shTBK1", "scrambled"]
