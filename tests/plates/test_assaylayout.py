"""Assay layouts of Harmony as platemaps."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from defusedxml import ElementTree

from hcs_plates.errors import PlatemapError
from hcs_plates.export import Export
from hcs_plates.ingestion import ingest
from hcs_plates.platemap import read_platemap
from hcs_plates.wells import PlateFormat

REAL = "operetta/operetta_plate"
SPACE = "http://www.perkinelmer.com/PEHH/HarmonyV5"
PLATE = PlateFormat(2, 3)
GRID = "<PlateCols>3</PlateCols><PlateRows>2</PlateRows>"

Values = Mapping[tuple[object, object], str]


def layer(name: str, values: Values, more: str = "") -> str:
    """Write a layer."""
    wells = "".join(
        f"<Well><Row>{row}</Row><Col>{column}</Col><Value>{value}</Value><Color>4294967295</Color></Well>"
        for (row, column), value in values.items()
    )
    return f"<Layer><Name>{name}</Name><ValueType>string</ValueType>{more}{wells}</Layer>"


def save(folder: Path, *layers: str, grid: str = GRID, root: str = "AssayLayout") -> Path:
    """Save a layout as Harmony does: with a byte-order mark and a namespace."""
    path = folder / "2577f4a7.xml"
    path.write_text(f'<{root} xmlns="{SPACE}">{grid}{"".join(layers)}</{root}>', encoding="utf-8-sig")
    return path


LINES: Values = {(1, 1): "01", (1, 2): " 1.10 ", (2, 3): "EMPTY", (2, 2): "3"}


def test_layers_are_columns(tmp_path: Path) -> None:
    """Wells by row and column from 1; names stay text, headings mean what they mean in a table."""
    doses = layer("Concentration", {(1, 1): "0.5", (1, 2): "2"}, "<Unit>µM</Unit>")
    path = save(tmp_path, layer("Cell line", LINES), doses, layer("Notes", {(1, 3): ""}))
    wells = read_platemap(path, plate="P1", format=PLATE, imaged=["A01", "A02", "B02", "B03"])
    assert wells.index.tolist() == ["A01", "A02", "B02", "B03"]
    assert wells["clone"].tolist()[:3] == ["01", "1.10", "3"]
    assert not wells.loc["B03", "included"]
    assert wells["dose"].tolist()[:2] == [0.5, 2.0]
    assert wells["dose_unit"].tolist()[0] == "µM"
    notices = " ".join(wells.attrs["notices"])
    assert "Layers without a value are left out: 'Notes'." in notices
    assert "Well A03 tell nothing of wells that were not imaged" in notices


def test_registered_contents_are_columns(tmp_path: Path) -> None:
    """The later kind: contents by number, and wells that refer to them, in any order."""
    written = (
        '<Registration><Content ID="7" GroupName="Donor"/><Content ID="2" GroupName="Line"/></Registration>'
        '<Wells><Well WellID="a" Row="2" Column="1"><Content ContentID="2"><Value>c1</Value></Content>'
        '<Content ContentID="7"><Value>D1</Value></Content></Well>'
        '<Well Row="1" Column="3"><Content ContentID="2"><Value>c2</Value></Content></Well></Wells>'
    )
    path = save(tmp_path, written, grid="", root="PlateLayout")
    wells = read_platemap(path, plate="P1", format=PLATE, imaged=["B01", "A03"])
    assert wells["clone"].to_dict() == {"A03": "c2", "B01": "c1"}
    assert wells.loc["B01", "donor"] == "D1"


BOMB = '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><AssayLayout>&d;</AssayLayout>'
ONE = layer("Clone", {(1, 1): "c1"})


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        (BOMB, "declares a DTD or entities"),
        (f"<AssayLayout>{ONE}", "is not whole XML"),
        ("", "is empty"),
        (
            "<EvaluationInputData><Images/></EvaluationInputData>",
            "no assay layout of Harmony, which has layers",
        ),
        (f"<AssayLayout>{ONE}{ONE}</AssayLayout>", "layer 'Clone' is there 2 times"),
        (f"<AssayLayout>{layer('', {(1, 1): 'c'})}</AssayLayout>", "layer 1 has no name"),
        (
            f"<AssayLayout>{layer('Clone', {(1, 1): 'a', (1, '01'): 'b'})}</AssayLayout>",
            "describes A01 more than",
        ),
        (
            f"<AssayLayout>{GRID}{layer('Clone', {(3, 1): 'a', ('', 2): 'b', (1, 'x'): 'c'})}</AssayLayout>",
            "are none of 2 rows and 3 columns (row/column 3/1, ?/2, 1/x)",
        ),
        (
            f"<AssayLayout><PlateRows>0</PlateRows>{ONE}</AssayLayout>",
            "states a plate of 0 rows and ? columns",
        ),
        (f"<AssayLayout>{layer('Clone', {(1, 1): ' '})}</AssayLayout>", "says nothing of any well"),
        (
            f"<AssayLayout><PlateRows>8</PlateRows><PlateCols>12</PlateCols>{ONE}</AssayLayout>",
            "is of a plate of 8 rows and 12 columns, and plate 'P1' has 2 and 3; give the plate's own",
        ),
    ],
)
def test_what_is_no_layout_is_refused(tmp_path: Path, written: str, fault: str) -> None:
    """In a sentence, before anything is made of it."""
    path = tmp_path / "layout.xml"
    path.write_text(written, encoding="utf-8")
    with pytest.raises(PlatemapError, match=re.escape(fault)):
        read_platemap(path, plate="P1", format=PLATE, imaged=["A01"])


@pytest.mark.shared
def test_a_real_layout(shared_data: Path, tmp_path: Path) -> None:
    """Blank as it was saved it is refused; filled, it says what is in the well imaged beside it."""
    real = shared_data / REAL / "Assaylayout" / "Unnamed.xml"
    export = Export(shared_data / REAL)
    with pytest.raises(PlatemapError, match="says nothing of any well: its layers \\('Compound'\\)"):
        ingest(export, tmp_path / "P.ome.zarr", platemap=real)
    assert not (tmp_path / "P.ome.zarr").exists()
    root = ElementTree.parse(real).getroot()
    for well in root.iter(f"{{{SPACE}}}Well"):
        row, column = (int(well.find(f"{{{SPACE}}}{name}").text) for name in ("Row", "Col"))
        if row == 3:
            well.find(f"{{{SPACE}}}Value").text = f"drug {column}" if column == 3 else ""
    filled = tmp_path / "filled.xml"
    filled.write_bytes(ElementTree.tostring(root))
    plate = ingest(export, tmp_path / "P.ome.zarr", platemap=filled)
    assert plate.wells["Compound"].to_dict() == {"C03": "drug 3"}
