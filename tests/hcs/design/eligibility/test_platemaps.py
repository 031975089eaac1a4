"""A platemap with what was decided of its clones."""

from pathlib import Path

import pandas as pd
import pytest

from hcs.design.eligibility.platemaps import joined
from hcs_plates.csvcells import csv_text
from hcs_plates.errors import ArgumentError, InputFileError
from hcs_plates.platemap import read_platemap
from hcs_plates.wells import FORMATS

LINES = pd.DataFrame(
    {
        "clone": ["1.10", "c2"],
        "eligibility": ["eligible", "not eligible"],
        "eligibility_reason": ["no pathogenic variant found", "carries SOD1 p.Asp91Ala (het)"],
    }
)
MAP = "Well,Cell line,dose\nA01,1.10,0.50\nA02,c2,1\nA03,c3,2\nB01,,0\n"


def test_a_map_of_a_file_keeps_its_text_and_can_be_ingested(tmp_path: Path) -> None:
    """Controls have no eligibility; a clone that nothing was decided of is undetermined, and told."""
    source = tmp_path / "P1.csv"
    source.write_text(MAP, encoding="utf-8")
    made = joined(source, LINES)
    assert made["Cell line"].tolist()[:2] == ["1.10", "c2"]
    assert made["dose"].tolist() == ["0.50", "1", "2", "0"]
    assert made["eligibility"].tolist()[:3] == ["eligible", "not eligible", "undetermined"]
    assert pd.isna(made["eligibility"].iloc[3])
    assert "Nothing was decided of 1 clone" in made.attrs["notices"][-1]
    target = tmp_path / "joined.csv"
    target.write_text(csv_text(made), encoding="utf-8")
    wells = read_platemap(target, plate="P1", format=FORMATS[96], imaged=["A01", "A02", "A03", "B01"])
    assert wells["included"].tolist() == [True, False, False, True]


def test_a_data_frame_keeps_its_index_and_what_it_had_is_replaced_and_told() -> None:
    """Joined again after the rule was changed."""
    wells = pd.DataFrame({"clone": ["c2"], "eligibility": ["eligible"]}, index=["A02"])
    made = joined(wells, LINES)
    assert made.loc["A02", "eligibility"] == "not eligible"
    assert made.attrs["notices"] == ["The platemap's own eligibility was replaced."]


def test_refusals(tmp_path: Path) -> None:
    """Clones that are spelt otherwise than the lines would count as not decided."""
    with pytest.raises(ArgumentError, match="spell 'C2' and 'c2' otherwise"):
        joined(pd.DataFrame({"well": ["A01"], "clone": ["C2"]}), LINES)
    with pytest.raises(ArgumentError, match="has no column of clones"):
        joined(pd.DataFrame({"well": ["A01"]}), LINES)
    bare = tmp_path / "P1.csv"
    bare.write_text("well,dose\nA01,1\nA02,2\n", encoding="utf-8")
    with pytest.raises(InputFileError, match="has no column of clones"):
        joined(bare, LINES)
