"""Tests of clinical tables: what is read from CSV, TSV and XLSX, and every fault with its line."""

from pathlib import Path

import numpy as np
import pytest

from hcs.analysis.clinical import ClinicalError, read_clinical
from hcs_plates.errors import NotThereError

GOOD = """# exported on request
Clone,sex,disease_duration_months,ALSFRS-R slope (points/month),smoker
p1,f,12,-0.8,yes
p2,m,24.5,-1.2,no
c1,f,,,NA
c2,m,NA,,no
"""


def write(folder: Path, text: str, name: str = "clinical.csv") -> Path:
    """Put a text into a file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_columns_keep_names_and_get_types(tmp_path: Path) -> None:
    """Numbers with gaps are floats, words categories, yes and no flags; names keep their units."""
    found = read_clinical(write(tmp_path, GOOD), units=["p1", "p2", "c1", "c2"])
    assert found.key == "clone"
    assert list(found.values) == ["sex", "disease_duration_months", "ALSFRS-R slope (points/month)", "smoker"]
    assert found.values["disease_duration_months"].tolist()[:2] == [12.0, 24.5]
    assert np.isnan(found.values.loc["c1", "disease_duration_months"])
    assert found.table.set_index("column")["n"].tolist() == [4, 2, 2, 3]
    assert found.table["kind"].tolist() == ["category", "number", "number", "category"]
    assert found.summary() == (
        "Of 4 clones, the clinical table knows sex for 4, disease duration months for 2, "
        "ALSFRS-R slope (points/month) for 2 and smoker for 3."
    )


def test_all_kinds_of_file_read_alike(tmp_path: Path) -> None:
    """A TSV, a semicolon CSV and an XLSX give the same table as the CSV."""
    import openpyxl

    plain = read_clinical(write(tmp_path, GOOD)).values
    tabs = read_clinical(write(tmp_path, GOOD.replace(",", "\t"), "a.tsv")).values
    semicolons = read_clinical(write(tmp_path, GOOD.replace(",", ";"), "b.csv")).values
    book = openpyxl.Workbook()
    for line in GOOD.splitlines()[1:]:
        cells = line.split(",")
        numbers = [cell.replace(".", "").isdigit() for cell in cells]
        book.active.append([float(c) if n else c for c, n in zip(cells, numbers, strict=True)])
    book.save(tmp_path / "c.xlsx")
    for other in (tabs, semicolons, read_clinical(tmp_path / "c.xlsx").values):
        assert plain.equals(other)


def test_rows_and_clones_that_do_not_meet_are_listed(tmp_path: Path) -> None:
    """Unknown rows are left out and named, clones without a row stand empty, other spelling is met."""
    found = read_clinical(write(tmp_path, GOOD), units=["P1", "p2", "c1", "c2", "c9"])
    assert (found.unknown, found.absent) == (("p1",), ("P1", "c9"))
    assert list(found.values.index) == ["P1", "p2", "c1", "c2", "c9"]
    assert "1 row of no clone of the study is left out: p1." in found.summary()
    assert "2 clones have no row: P1 and c9." in found.summary()
    assert "The study has no clone 'p1'; did you mean 'P1'?" in found.summary()


def test_by_donor(tmp_path: Path) -> None:
    """The key may be the donor."""
    found = read_clinical(write(tmp_path, "donor,age\nd1,50\nd2,60\n"), key="donor")
    assert found.key == "donor"
    assert found.values["age"].tolist() == [50, 60]


def test_all_faults_come_at_once_with_their_lines(tmp_path: Path) -> None:
    """Same key, no key, text and decimal commas among numbers: one error with all of them."""
    text = 'clone,months\na,1\nb,2\na,3\n,4\nc,5\nd,n.d.\ne,"2,5"\nf,n.d.\n'
    with pytest.raises(ClinicalError) as caught:
        read_clinical(write(tmp_path, text))
    assert list(caught.value.faults) == [
        "line 5: no clone is named",
        "clone 'a' has 2 rows (lines 2 and 4); keep one",
        "line 8: months '2,5' has a decimal comma; write '2.5'",
        "lines 7 and 9: months 'n.d.' is not a number, as the others are; "
        "write a number, or leave the cell empty",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("clon,age\na,1\n", "has no column 'clone' that names the clone of each row; did you mean 'clon'?"),
        ("clone,age,age\na,1,2\n", "column 'age' is there 2 times; keep one"),
        ("clone,age\n", "but no rows"),
        ("", "a line for each clone"),
        ("clone,age\na,1,2\n", "line 2 has 3 values"),
        ('clone,age\na,"1,5"\n', "line 2: age '1,5' has a decimal comma; write '1.5'"),
    ],
)
def test_faults_in_words(tmp_path: Path, text: str, words: str) -> None:
    """Each fault says what, where, and what to do."""
    with pytest.raises(ClinicalError) as caught:
        read_clinical(write(tmp_path, text))
    assert words in str(caught.value)


def test_odd_columns_are_told(tmp_path: Path) -> None:
    """Codes with letters stay categories; empty columns are named."""
    found = read_clinical(write(tmp_path, "clone,stage,note\na,1,\nb,2b,\n"))
    assert found.values["stage"].tolist() == ["1", "2b"]
    assert found.notices == (
        "Column 'stage' mixes numbers and text and is kept as categories (line 3: '2b').",
        "Column 'note' is empty.",
    )


def test_no_such_file(tmp_path: Path) -> None:
    """A missing file is said to be missing."""
    with pytest.raises(NotThereError, match="There is no"):
        read_clinical(tmp_path / "none.csv")
