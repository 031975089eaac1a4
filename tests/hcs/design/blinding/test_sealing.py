"""Tables of lines and platemaps under codes: what stays is asked for, and all else goes into the key."""

from pathlib import Path

import pandas as pd
import pytest
from tests.hcs.design.blinding.conftest import PASSPHRASE

from hcs.design.blinding.key import Key
from hcs.design.blinding.sealing import Sealed, blind_table
from hcs.study.designrecord import DesignRecord
from hcs_plates.errors import ArgumentError, ExistsError, HcsError, PlaceError
from hcs_plates.platemap import read_platemap
from hcs_plates.units import file_digest
from hcs_plates.wells import FORMATS

LINES = """Cell line,Donor,Diagnosis,Vector
iPS 1.10,pt1,ALS,sendai
iPS 2,pt2,ALS,sendai
iPS 3,pt3,control,episomal
"""
MAP = """Well,Cell line,Donor,Diagnosis,Treatment,Included
B2,iPS 1.10,pt1,ALS,none,yes
A1,iPS 2,pt2,ALS,none,yes
A10,iPS 3,pt3,control,riluzole,yes
A2,iPS 3,pt3,control,none,yes
B1,EMPTY,,,,
"""


def blinded(tmp_path: Path, text: str, **options: object) -> Sealed:
    """Blind a table of this text."""
    (tmp_path / "named.csv").write_text(text)
    files = (tmp_path / "named.csv", tmp_path / "study.key", tmp_path / "coded.csv")
    return blind_table(*files, lambda: PASSPHRASE, **options)  # type: ignore[arg-type]


def test_a_table_of_lines(tmp_path: Path, cheap: None) -> None:
    """Codes alone are left; the key has every column of the table of lines; the record tells no name."""
    made = blinded(tmp_path, LINES)
    coded = pd.read_csv(tmp_path / "coded.csv")
    assert list(coded) == ["clone"]
    key = Key.open(tmp_path / "study.key", PASSPHRASE)
    assert key.lines["clone"].tolist() == ["iPS 1.10", "iPS 2", "iPS 3"]
    assert sorted(key.lines["code"]) == coded["clone"].tolist()
    assert list(key.lines) == ["code", "clone", "donor", "diagnosis", "Vector"]
    record = DesignRecord.read(tmp_path / "coded.json")
    assert record == made.record
    assert record.files == {"coded.csv": file_digest(tmp_path / "coded.csv"), "key": key.fingerprint}
    assert record.headline.startswith("3 lines got codes on ")
    told = (tmp_path / "coded.json").read_text()
    assert not [word for word in ("iPS", "pt1", "ALS", "sendai", *coded["clone"]) if word in told]


def test_a_platemap(tmp_path: Path, cheap: None) -> None:
    """Places, empty wells and what was to stay are left, in the order of the places; ingest reads it."""
    made = blinded(tmp_path, MAP, keep=["treatment"])
    assert len(made.notices) == 1
    assert made.notices[0].startswith("The column 'treatment' stays, and 1 of 3 clones can be told by it")
    codes = dict(Key.open(tmp_path / "study.key", PASSPHRASE).lines[["clone", "code"]].to_numpy())
    coded = pd.read_csv(tmp_path / "coded.csv", keep_default_na=False)
    assert list(coded) == ["well", "included", "clone", "treatment"]
    assert coded["well"].tolist() == ["A1", "A2", "A10", "B1", "B2"]
    named = [codes["iPS 2"], codes["iPS 3"], codes["iPS 3"], "", codes["iPS 1.10"]]
    assert coded["clone"].tolist() == named
    wells = read_platemap(
        tmp_path / "coded.csv", plate="P1", format=FORMATS[96], imaged=["A01", "A02", "A10", "B02"]
    )
    assert wells.loc["A10", ["clone", "treatment"]].tolist() == [codes["iPS 3"], "riluzole"]
    assert not wells.loc["B01", "included"]


def test_a_kept_column_that_gives_lines_away(tmp_path: Path, cheap: None) -> None:
    """Who blinds is told; the record, which everybody reads, says nothing of it."""
    made = blinded(tmp_path, LINES, keep=["Vector"])
    assert made.notices == (
        "The column 'Vector' stays, and 1 of 3 clones can be told by it.",
        "The column 'Vector' stays, and no value of it stands in two diagnoses.",
    )
    assert not any("can be told" in one for one in made.record.sentences)


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (MAP, {}, "column treatment is not the same in all wells of a clone.*let it stay .*--keep"),
        (MAP.replace("A2,iPS 3,pt3", "A2,iPS 3,pt4"), {"keep": ["Treatment"]}, "'iPS 3'.*donor"),
        (
            MAP.replace("EMPTY,,", "EMPTY,pt9,"),
            {"keep": ["Treatment"]},
            "donor is told of wells without a clone",
        ),
        (MAP.replace("Cell line", "Sample id no"), {}, "no column 'clone'"),
        (LINES, {"keep": ["Vectors"]}, "did you mean 'Vector'?"),
        (LINES, {"keep": ["diagnosis"]}, "tells what the codes are to hide"),
        (LINES.replace("iPS 2", "iPS 3"), {}, "'iPS 3' is there 2 times"),
    ],
)
def test_what_cannot_be_blinded(
    tmp_path: Path, cheap: None, text: str, options: dict[str, object], said: str
) -> None:
    """It is refused, and nothing is written."""
    with pytest.raises(HcsError, match=said):
        blinded(tmp_path, text, **options)
    assert [path.name for path in tmp_path.iterdir()] == ["named.csv"]


def test_files_that_stand_there(tmp_path: Path, cheap: None) -> None:
    """A key, table or record is not written over unasked, nor are two of them one file."""
    blinded(tmp_path, LINES)
    key = (tmp_path / "study.key").read_bytes()
    with pytest.raises(ExistsError, match=r"study\.key exists already"):
        blinded(tmp_path, LINES)
    assert (tmp_path / "study.key").read_bytes() == key
    blinded(tmp_path, LINES, overwrite=True)
    assert (tmp_path / "study.key").read_bytes() != key
    source = tmp_path / "named.csv"
    with pytest.raises(ArgumentError, match="are four files"):
        blind_table(source, source, tmp_path / "c.csv", lambda: PASSPHRASE, overwrite=True)
    key = (tmp_path / "study.key").read_bytes()
    for out in (tmp_path, source / "coded.csv"):
        with pytest.raises(PlaceError, match="cannot be written"):
            blind_table(source, tmp_path / "study.key", out, lambda: PASSPHRASE, overwrite=True)
    assert (tmp_path / "study.key").read_bytes() == key


def test_lines_that_are_not_eligible_get_no_code(tmp_path: Path, cheap: None) -> None:
    """They are counted, and not in the key."""
    (tmp_path / "eligible.csv").write_text(
        "clone,eligibility\niPS 1.10,eligible\niPS 2,not eligible\niPS 3,eligible\n"
    )
    made = blinded(tmp_path, LINES, eligibility=tmp_path / "eligible.csv")
    assert made.key.lines["clone"].tolist() == ["iPS 1.10", "iPS 3"]
    assert "1 line has no code: not eligible or undetermined." in made.record.sentences
    (tmp_path / "map").mkdir()
    with pytest.raises(ArgumentError, match="blind the table of lines"):
        blinded(tmp_path / "map", MAP, keep=["treatment"], eligibility=tmp_path / "eligible.csv")
