"""Platemaps of plates that are not there yet: every shape a lab keeps them in, and which plate is which."""

from pathlib import Path

import pandas as pd
import pytest

from hcs_plates.errors import ArgumentError, NotThereError, PlatemapError
from hcs_plates.mapfiles import read_maps

ROWS = pd.DataFrame({"Well": ["A1", "H12"], "Line": ["c1", "c2"], "Diagnosis": ["ALS", "control"]})
DRAWN = pd.DataFrame([[row, *["c1", "c2"] * 3] for row in "ABCD"], columns=["clone", *range(1, 7)])


def test_a_file_is_of_the_plate_it_is_called_as(tmp_path: Path) -> None:
    """Several files, one row a well or drawn as the plate is; wells and clones in one spelling."""
    ROWS.to_csv(tmp_path / "P1.csv", index=False)
    DRAWN.to_csv(tmp_path / "P2.csv", index=False)
    maps = read_maps([tmp_path / "P1.csv", tmp_path / "P2.csv"])
    assert maps[["plate", "well", "clone"]].to_numpy().tolist()[:3] == [
        ["P1", "A01", "c1"],
        ["P1", "H12", "c2"],
        ["P2", "A01", "c1"],
    ]
    assert maps["diagnosis"].isna().sum() == 24
    assert any(notice.startswith("P1: ") for notice in maps.attrs["notices"])


def test_every_sheet_of_a_workbook_that_holds_a_map_is_a_plate(tmp_path: Path) -> None:
    """Notes are no plate; a sheet that is asked for is the only one, and is then the file's plate."""
    with pd.ExcelWriter(tmp_path / "maps.xlsx") as book:
        pd.DataFrame({"made by": ["someone"], "on": ["Monday"]}).to_excel(
            book, sheet_name="Notes", index=False
        )
        ROWS.to_excel(book, sheet_name="Plate 1", index=False)
        DRAWN.to_excel(book, sheet_name="Plate 2", index=False)
    assert read_maps(tmp_path / "maps.xlsx")["plate"].unique().tolist() == ["Plate 1", "Plate 2"]
    assert read_maps(tmp_path / "maps.xlsx", sheet="Plate 1")["plate"].unique().tolist() == ["maps"]


def test_one_table_may_name_many_plates(tmp_path: Path) -> None:
    """A column `plate` parts the table; nothing is told of rows of other plates, since all are read."""
    pd.concat([ROWS.assign(plate="P1"), ROWS.assign(plate="P10")]).to_csv(tmp_path / "all.csv", index=False)
    maps = read_maps(tmp_path / "all.csv")
    assert maps.groupby("plate").size().to_dict() == {"P1": 2, "P10": 2}
    assert not any("set aside" in notice for notice in maps.attrs["notices"])


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """No file, none that is there, a plate twice, a workbook without a map, and all faults of a map."""
    ROWS.to_csv(tmp_path / "P1.csv", index=False)
    (tmp_path / "b").mkdir()
    ROWS.to_csv(tmp_path / "b" / "P1.csv", index=False)
    (tmp_path / "bad.csv").write_text("well,clone,diagnosis\nA01,c1,ALS\nZ99,c1,control\n")
    pd.DataFrame({"a": ["b"], "c": ["d"]}).to_excel(tmp_path / "none.xlsx", index=False)
    with pytest.raises(ArgumentError, match="No platemap"):
        read_maps([])
    with pytest.raises(NotThereError):
        read_maps(tmp_path / "P9.csv")
    with pytest.raises(ArgumentError, match="Plate 'P1' is there twice"):
        read_maps([tmp_path / "P1.csv", tmp_path / "b" / "P1.csv"])
    with pytest.raises(PlatemapError, match="no sheet with a platemap"):
        read_maps(tmp_path / "none.xlsx")
    with pytest.raises(PlatemapError) as refused:
        read_maps(tmp_path / "bad.csv")
    assert len(refused.value.faults) == 2
