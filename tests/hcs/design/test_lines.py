"""The table of lines: read as labs write it, every fault told at once, eligibility beside each line."""

from pathlib import Path

import pandas as pd
import pytest

from hcs.design.lines import read_eligibility, read_lines, split_eligible
from hcs_plates.errors import ArgumentError, InputFileError

ALS = """Lines of the study
Cell line,Donor ID,Disease,Isogenic pair,Passage,Freezer
01,D1,ALS,p1,p22,1.10
02,D1,control,p1,23,1.2
c3,D3,,p2,24,7
"""


def test_headings_and_cells_are_understood_as_a_platemap_s(tmp_path: Path) -> None:
    """Known columns have their names and types, text stays text, and what was guessed or is odd is told."""
    (tmp_path / "lines.csv").write_text(ALS)
    lines = read_lines(tmp_path / "lines.csv")
    assert list(lines) == ["clone", "donor", "diagnosis", "pair", "passage", "Freezer"]
    assert lines["clone"].tolist() == ["01", "02", "c3"]
    assert lines["passage"].tolist() == [22, 23, 24]
    assert lines["Freezer"].tolist() == ["1.10", "1.2", "7"]
    told = " ".join(lines.attrs["notices"])
    assert "1 line has no diagnosis: c3." in told
    assert "'p2' is one line" in told
    assert "'pair'" not in told.split("Kept as columns of your own")[1].partition(".")[0]


def test_a_sheet_of_a_workbook_is_the_same_table(tmp_path: Path) -> None:
    """The sheet that was asked for is read, as its CSV would be; without saying which, two are refused."""
    frame = pd.DataFrame({"Line": ["01", "02"], "Diagnosis": ["ALS", "control"]})
    with pd.ExcelWriter(tmp_path / "lines.xlsx") as book:
        frame.to_excel(book, sheet_name="frozen", index=False)
        frame.assign(Line=["a", "b"]).to_excel(book, sheet_name="thawed", index=False)
    pd.testing.assert_frame_equal(read_lines(tmp_path / "lines.xlsx", sheet="frozen"), read_lines(frame))
    with pytest.raises(InputFileError, match="several sheets"):
        read_lines(tmp_path / "lines.xlsx")


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    """A clone twice with two donors, a line without a name, a date, look-alikes: each with its lines."""
    file = tmp_path / "lines.csv"
    file.write_text("clone,donor,passage\nA,d1,1\na,d2,-2\nA,d3,3\n,d4,4\n1-Jan,d5,5\n")
    with pytest.raises(InputFileError) as refused:
        read_lines(file)
    faults = "\n".join(refused.value.faults)
    for fault in (
        "clone 'A' is there 2 times (lines 2, 4) and has 2 values of donor ('d1' and 'd3'); keep one",
        "line 5: no clone is named",
        "line 6: clone is a date",
        "clone 'A' (lines 2, 4) and 'a' (line 3) look alike",
        "line 3: passage '-2' is not a whole number",
    ):
        assert fault in faults
    assert len(refused.value.faults) == 5


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("donor,diagnosis\nd1,ALS\n", "has no column 'clone'"),
        ("Well,Line\nA01,c1\n", "column 'Well' says what a layout decides"),
        ("clone,Role\nc1,poscon\n", "column 'Role' says what a layout decides"),
        ("clone,Eligibility\nc1,perhaps\n", "line 2: eligibility 'perhaps' is none of eligible"),
        ("clone,pair,Isogenic pair\nc1,p,q\n", "column 'pair' is there 2 times"),
        ("clone,donor\nempty,d1\n", "no clone is named"),
        ("clone,diagnosis\nc1,ALS\nc2,als\n", "diagnosis 'ALS' (line 2) and 'als' (line 3) look alike"),
        ("clone\n", "but no rows"),
    ],
)
def test_what_is_no_table_of_lines_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    """Each in a sentence that names the file, the place and the remedy."""
    (tmp_path / "lines.csv").write_text(text)
    with pytest.raises(InputFileError, match=r"lines\.csv") as refused:
        read_lines(tmp_path / "lines.csv")
    assert fault in str(refused.value)


def test_frames_are_held_to_the_same_rules() -> None:
    """Numbers that lost their text, duplicates and empty frames are refused as arguments."""
    for frame, fault in (
        (pd.DataFrame({"clone": [1.1, 2.0]}), "may be 1.10"),
        (pd.DataFrame({"clone": ["a", "a"]}), "is there 2 times"),
        (pd.DataFrame({"clone": []}), "has no rows"),
        (pd.DataFrame({"donor": ["d"]}), "has no column 'clone'"),
    ):
        with pytest.raises(ArgumentError, match=fault):
            read_lines(frame)
    named = pd.DataFrame({"dose": [0.5, None]}, index=pd.Index([1, 2], name="clone"))
    assert read_lines(named)["clone"].tolist() == ["1", "2"]
    assert read_lines(named)["dose"].isna().tolist() == [False, True]


def test_lines_that_are_not_eligible_are_set_aside_with_the_reason() -> None:
    """Only eligible lines take part; a line of which nothing is said is undetermined, never eligible."""
    lines = pd.DataFrame({"clone": list("abcde"), "Excluded": ["", "", "", "", "x"]})
    verdicts = pd.DataFrame(
        {
            "clone": ["a", "b", "c", "e", "z"],
            "eligibility": ["eligible", "Not eligible", "undetermined", "eligible", "eligible"],
            "eligibility_reason": [None, "SOD1 p.A5V", None, None, None],
        }
    )
    read = read_lines(lines, eligibility=verdicts)
    taken, aside = split_eligible(read)
    assert taken["clone"].tolist() == ["a"]
    assert dict(zip(aside["clone"], aside["reason"], strict=True)) == {
        "b": "not eligible: SOD1 p.A5V",
        "c": "eligibility undetermined",
        "d": "eligibility undetermined: no verdict on this line",
        "e": "not included (table of lines)",
    }
    told = " ".join(read.attrs["notices"])
    assert "undetermined therefore: d." in told
    assert "does not hold: z." in told


def test_eligibility_that_contradicts_is_refused() -> None:
    """Names spelt otherwise, a verdict that the table gives otherwise, and a table without verdicts."""
    lines = pd.DataFrame({"clone": ["c1"], "eligibility": ["eligible"]})
    with pytest.raises(ArgumentError, match="'c1' and 'C1' otherwise"):
        read_lines(lines, eligibility=pd.DataFrame({"clone": ["C1"], "eligibility": ["eligible"]}))
    with pytest.raises(ArgumentError, match="says otherwise of the eligibility of c1"):
        read_lines(lines, eligibility=pd.DataFrame({"clone": ["c1"], "eligibility": ["not eligible"]}))
    with pytest.raises(ArgumentError, match="has no column 'eligibility'"):
        read_eligibility(pd.DataFrame({"clone": ["c1"]}))
