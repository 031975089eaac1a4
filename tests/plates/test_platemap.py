"""Platemaps: what is read, what is refused, and what is said about it."""

import datetime
from collections.abc import Collection
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from hcs_plates.columns import left_out_reasons
from hcs_plates.errors import NotThereError, PlatemapError
from hcs_plates.platemap import blank_wells, read_platemap
from hcs_plates.wells import FORMATS, PlateFormat

IMAGED = ("A01", "A02", "B03")
GOOD = "well,clone,diagnosis\nA01,c1,ALS\nA02,c2,control\nB03,c1,ALS\n"


def read(
    path: Path,
    content: str | bytes,
    *,
    imaged: Collection[str] = IMAGED,
    format: PlateFormat = FORMATS[96],
    plate: str = "P1",
) -> pd.DataFrame:
    """Write a platemap and read it."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_platemap(path, plate=plate, format=format, imaged=imaged)


def refused(path: Path, content: str | bytes, **settings: object) -> list[str]:
    """Write a platemap that must be refused; give its faults."""
    with pytest.raises(PlatemapError) as refusal:
        read(path, content, **settings)  # type: ignore[arg-type]  # passes on what `read` takes
    return list(refusal.value.faults)


def test_a_wells_table_stands_in_the_plates_order(tmp_path: Path) -> None:
    """Index `well`, then plate, row, column, the known columns and the lab's own."""
    table = read(tmp_path / "m.csv", "coat,well,clone\nx,b3,c1\ny,A2,c2\nz,A - 01,01\n")
    assert table.index.name == "well"
    assert list(table.index) == ["A01", "A02", "B03"]
    assert list(table.columns) == ["plate", "row", "column", "clone", "included", "coat"]
    assert table.loc["B03"].to_dict() == {
        "plate": "P1",
        "row": "B",
        "column": 3,
        "clone": "c1",
        "included": True,
        "coat": "x",
    }
    assert table["clone"].tolist() == ["01", "c2", "c1"]
    assert table.attrs["notices"] == ["Kept as columns of your own: 'coat'."]


def test_known_columns_have_their_types(tmp_path: Path) -> None:
    """Identifiers stay text as written, passages are nullable whole numbers, the rest is typed."""
    header = "well,clone,donor,passage,dose,dose_unit,seeding_density,day,included\n"
    table = read(
        tmp_path / "m.csv",
        header + "A01,01,007,12,0.5,µM,1e4,7,yes\nA02,02,008,,NA,,,,no\nB03,1,7,3.0,1,nM,5000,7.5,\n",
    )
    assert table["clone"].tolist() == ["01", "02", "1"]
    assert table["donor"].tolist() == ["007", "008", "7"]
    assert str(table["passage"].dtype) == "Int64"
    assert table["passage"].tolist() == [12, pd.NA, 3]
    assert table["dose"].dropna().tolist() == [0.5, 1.0]
    assert table["dose_unit"].isna().tolist() == [False, True, False]
    assert table["seeding_density"].dtype == table["day"].dtype == "float64"
    assert table["included"].dtype == bool
    assert table["included"].tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("cells", "dtype", "values"),
    [
        (["1", "2", "3"], "int64", [1, 2, 3]),
        (["1", "", "3"], "Int64", [1, pd.NA, 3]),
        (["1", "-2.5", "300"], "float64", [1.0, -2.5, 300.0]),
        (["1", "-2.5", "3e2"], "str", ["1", "-2.5", "3e2"]),
        (["01", "02", "03"], "str", ["01", "02", "03"]),
        (["true", "No", "YES"], "str", ["true", "No", "YES"]),
        (["1.1", "1.10", "1E1"], "str", ["1.1", "1.10", "1E1"]),
        (["0", "1", "0"], "int64", [0, 1, 0]),
        (["None", "Scramble", "x"], "str", ["None", "Scramble", "x"]),
        (["9007199254740993", "2", "3"], "str", ["9007199254740993", "2", "3"]),
        (["1" * 5000, "2", "3"], "str", ["1" * 5000, "2", "3"]),
        (["E02", "E03", "E10"], "str", ["E02", "E03", "E10"]),
        (["1e400", "2", "3"], "str", ["1e400", "2", "3"]),
    ],
)
def test_unknown_columns_are_typed_by_what_stands_in_them(
    tmp_path: Path, cells: list[str], dtype: str, values: list[object]
) -> None:
    """Numbers that are printed as they are written are numbers, anything else text: it may be a name."""
    rows = "".join(f"{well},{cell}\n" for well, cell in zip(IMAGED, cells, strict=True))
    table = read(tmp_path / "m.csv", f"well,own\n{rows}")
    assert table["own"].dtype == dtype
    assert table["own"].tolist() == values
    told = [sentence.split(",")[0] for sentence in table.attrs["notices"]]
    changed = cells in (["1", "-2.5", "3e2"], ["1.1", "1.10", "1E1"])
    own = ["Kept as columns of your own: 'own'."]
    assert sorted(told) == sorted([*own, *(["Column 'own' is kept as text"] if changed else [])])


def test_missing_words_in_unknown_columns_are_missing(tmp_path: Path) -> None:
    """Blank, NA, NaN, null; a column of nothing else is text without values."""
    table = read(tmp_path / "m.csv", "well,own,none\nA01,NA,\nA02,nan,\nB03,null,\n")
    assert table["own"].isna().all()
    assert table["none"].isna().all()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize(
    ("suffix", "delimiter"), [("csv", ","), ("csv", ";"), ("tsv", "\t"), ("txt", "\t"), ("CSV", ",")]
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_text_files_of_all_kinds_are_read(
    tmp_path: Path, encoding: str, suffix: str, delimiter: str, newline: str
) -> None:
    """With or without a byte-order mark, with the separators of other locales, with Windows line ends."""
    content = "well,clone,note\nA01,c1,µM\nA02,c2,\nB03,c3,x\n".replace(",", delimiter).replace("\n", newline)
    table = read(tmp_path / f"m.{suffix}", content.encode(encoding))
    assert table["clone"].tolist() == ["c1", "c2", "c3"]
    assert table.loc["A01", "note"] == "µM"


def workbook(path: Path, rows: list[list[object]], *, sheets: int = 1) -> Path:
    """Save an XLSX file."""
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    for number in range(1, sheets):
        book.create_sheet(f"more {number}").append(["x"])
    book.save(path)
    return path


def test_workbooks_are_read(tmp_path: Path) -> None:
    """Cells keep what was typed: text '01', whole numbers, booleans, dates; further sheets are told."""
    path = workbook(
        tmp_path / "m.xlsx",
        [
            ["well", "clone", "passage", "dose", "included", "seeded"],
            ["A01", "01", 12, 0.5, True, datetime.date(2026, 11, 1)],
            [],
            ["A02", "02", 3, 1, False, datetime.date(2026, 11, 2)],
            ["B03", 7, None, None, None, None],
        ],
        sheets=2,
    )
    table = read_platemap(path, plate="P1", format=FORMATS[96], imaged=IMAGED)
    assert table["clone"].tolist() == ["01", "02", "7"]
    assert table["passage"].tolist() == [12, 3, pd.NA]
    assert table["included"].tolist() == [True, False, True]
    assert table.loc["A02", "seeded"] == "2026-11-02"
    assert table.attrs["notices"] == [
        "Sheet 'Sheet' is read for plate 'P1', not 'more 1'.",
        "Kept as columns of your own: 'seeded'.",
    ]


def test_workbook_faults_name_rows(tmp_path: Path) -> None:
    """In a workbook a line is a row."""
    path = workbook(
        tmp_path / "m.xlsx", [["well", "passage"], ["A01", 1], [None, None], ["A02", "x4"], ["B03", 2]]
    )
    with pytest.raises(
        PlatemapError, match=r"row 4: passage 'x4' is not a whole number of at most 15 digits"
    ):
        read_platemap(path, plate="P1", format=FORMATS[96], imaged=IMAGED)


def test_line_numbers_are_true(tmp_path: Path) -> None:
    """Blank lines, comments and cells with line breaks count as lines of the file."""
    content = '# map of P1\n\nwell,note,passage\nA01,"two\nlines",1\n,,\n# later\nA02,,x4\nB03,,1\n'
    assert refused(tmp_path / "m.csv", content) == [
        "line 8: passage 'x4' is not a whole number of at most 15 digits"
    ]


def test_headings_are_forgiven_case_and_spaces(tmp_path: Path) -> None:
    """`Diagnosis ` is diagnosis; a near miss is kept and asked about; own columns are listed."""
    table = read(
        tmp_path / "m.csv",
        " Well,Diagnosis ,Differentiation Batch,clones,Genotype\nA01,a,1,x,g\nA02,b,2,y,g\nB03,a,3,x,g\n",
    )
    assert {"diagnosis", "differentiation_batch", "clones", "Genotype"} <= set(table.columns)
    assert table.attrs["notices"] == [
        "Column 'clones' is kept as a column of your own; did you mean 'clone'?",
        "Kept as columns of your own: 'Genotype'.",
    ]


def test_rows_and_columns_can_name_the_wells(tmp_path: Path) -> None:
    """Letters or numbers, with or without leading zeros."""
    table = read(tmp_path / "m.csv", "Row,Column,clone\nA,01,c1\n1,2,c2\nb,3,c3\n")
    assert table["clone"].to_dict() == {"A01": "c1", "A02": "c2", "B03": "c3"}


def test_a_mixed_column_is_text_and_told(tmp_path: Path) -> None:
    """Numbers with a word among them stay as written."""
    table = read(tmp_path / "m.csv", "well,own\nA01,1\nA02,high\nB03,3\n")
    assert table["own"].tolist() == ["1", "high", "3"]
    assert table.attrs["notices"][1:] == [
        "Column 'own' mixes numbers and text and is kept as text (line 3: 'high')."
    ]


def test_wells_left_out_may_lack_images(tmp_path: Path) -> None:
    """`included` = false keeps a row whose well was not imaged."""
    table = read(tmp_path / "m.csv", "well,included\nA01,\nA02,1\nB03,yes\nC04,false\nC05,0\n")
    assert table["included"].to_dict() == {"A01": True, "A02": True, "B03": True, "C04": False, "C05": False}


def test_rows_of_other_plates_are_set_aside(tmp_path: Path) -> None:
    """One map may describe several plates, of other formats too; the others' rows are counted."""
    table = read(tmp_path / "m.csv", "plate,well,clone\nP1,A1,a\nP1,A2,b\nP1,B3,c\nP2,A1,d\nP2,P24,e\n")
    assert table["clone"].tolist() == ["a", "b", "c"]
    assert table["plate"].tolist() == ["P1"] * 3
    assert table.attrs["notices"] == ["2 rows of other plates ('P2') are set aside."]


def test_a_clone_without_a_diagnosis_somewhere_is_told(tmp_path: Path) -> None:
    """A blank beside a value is no contradiction, but is likely forgotten."""
    table = read(tmp_path / "m.csv", "well,clone,diagnosis\nA01,c1,ALS\nA02,c1,\nB03,c2,\n")
    assert table.attrs["notices"] == ["Clone 'c1' has no diagnosis in 1 of its wells (line 3)."]


@pytest.mark.parametrize(
    ("content", "faults"),
    [
        ("clone,passage\nc1,1\n", ["has no column 'well' (nor 'row' and 'column'), only 'clone', 'passage'"]),
        ("well_content,x\nA01,A\n", ["rename 'well_content' to 'well'"]),
        ("row,coln\nA,1\n", ["rename 'coln' to 'column'"]),
        ("well,Well ,clone\nA01,A01,c\n", ["column 'well' is there 2 times ('well', 'Well')"]),
        ("well,own,own\nA01,1,1\n", ["column 'own' is there 2 times"]),
        (
            "well\nA01\nA02\nB03\nQ03\n",
            ["line 5: Well 'Q03' is outside a 96-well plate (rows A–H, columns 1–12)"],
        ),
        ("well\nA01\nA02\nB03\n3B\n", ["line 5: '3B' is not a well"]),
        ("well,x\nA01,1\nA02,2\nB03,3\n,4\n", ["line 5: no well is named"]),
        ("row,column\nA,1\nA,2\nB,3\nB,\n", ["line 5: no row or no column is named"]),
        ("row,column\nA,1\nA,2\nB,3\n9,1\n", ["line 5: row '9' is outside a 96-well plate"]),
        ("row,column\nA,1\nA,2\nB,3\nB,13\n", ["line 5: Well 'B13' is outside"]),
        ("row,column\nA,1\nA,2\nB,3\nB,x\n", ["line 5: 'Bx' is not a well"]),
        ("well\nA01\nA02\nB03\nA1\na - 01\n", ["well A01 is described 3 times (lines 2, 5, 6); keep one"]),
        ("well,row\nA01,A\nA02,C\nB03,2\n", ["line 3: well A02 is not in row 'C'"]),
        ("well,column\nA01,1\nA02,02\nB03,4\n", ["line 4: well B03 is not in column '4'"]),
        (
            "well,passage\nA01,4.5\nA02,-1\nB03,3\n",
            ["line 2: passage '4.5' is not a whole", "line 3: passage '-1'"],
        ),
        (
            "well,dose\nA01,high\nA02,-1\nB03,inf\n",
            ["line 2: dose 'high' is not a number", "line 3:", "line 4:"],
        ),
        (
            'well,dose\nA01,"0,5"\nA02,1\nB03,2\n',
            ["'dose' has decimal commas; write decimal points (line 2: '0,5')", "dose '0,5' is not a number"],
        ),
        ("well,included\nA01,maybe\nA02,1\nB03,0\n", ["line 2: included 'maybe' is not true or false"]),
        (
            "well,clone,diagnosis\nA01,c1,ALS\nA02,c1,control\nB03,c1,ALS\n",
            ["clone 'c1' has 2 values of diagnosis: 'ALS' (lines 2, 4), 'control' (line 3); expected one"],
        ),
        ("well,clone,donor\nA01,c1,1\nA02,c1,01\nB03,c2,1\n", ["clone 'c1' has 2 values of donor"]),
        (
            "well\nA01\nA02\nB03\nC05\nC06\n",
            ["plate 'P1' has no images of wells C05, C06 (lines 5, 6); remove these rows, or keep them with"],
        ),
        (
            "well\nA01\n",
            ["no row describes wells A02, B03, which plate 'P1' has images of; add a row for each"],
        ),
        ("plate,well\nP2,A01\nP3,A01\n", ["has no rows for plate 'P1'; its column 'plate' names 'P2', 'P3'"]),
        ("plate,well\nP1,A01\n,A02\nP1,B03\n", ["no plate is named in line 3"]),
        (
            "well,a\nA01,1,2\nA02\nB03,1\n",
            ["line 2 has 3 values where line 1 names 2 columns", "line 3 has 1 values"],
        ),
        ("well,,b\nA01,1,2\n", ["column 2 has no name (line 1)"]),
        ("well,clone\n", ["holds column names (line 1) but no wells"]),
        ("\n\n# nothing\n", ["holds no table"]),
        ("", ["is empty"]),
        (
            b"well,note\nA01,\xb5M\xc2\xb5\n",
            ["is not UTF-8 text (line 2, byte 0xb5); save it as 'CSV UTF-8'"],
        ),
        (b"well\0\nA01\n", ["is not a text file"]),
        ('well,note\nA01,"open\nA02,x\n', ["cannot be read as a table row"]),
    ],
)
def test_faults_are_sentences_with_their_lines(
    tmp_path: Path, content: str | bytes, faults: list[str]
) -> None:
    """Each wrong platemap is refused for what is wrong in it, and for nothing else."""
    found = refused(tmp_path / "m.csv", content)
    assert len(found) == len(faults), found
    for fault, sentence in zip(faults, found, strict=True):
        assert fault in sentence


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """One reading shows everything there is to correct."""
    content = "well,clone,diagnosis,passage\nA01,c1,ALS,x\nA01,c1,control,2\nQ99,c2,ALS,3\nC07,c3,ALS,4\n"
    found = "\n".join(refused(tmp_path / "m.csv", content))
    for part in (
        "clone 'c1'",
        "Q99",
        "A01 is described 2 times",
        "passage 'x'",
        "well C07",
        "wells A02, B03",
    ):
        assert part in found


def test_many_wells_are_abridged(tmp_path: Path) -> None:
    """A dozen are named, the rest counted."""
    (fault,) = refused(tmp_path / "m.csv", "well\nA01\n", imaged=FORMATS[96].wells())
    assert "A02, A03" in fault
    assert "and 83 more" in fault


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("m.xlsx", b"well,clone\nA01,c1\n", "is not an XLSX workbook"),
        ("m.xlsx", b"", "is empty"),
        ("m.ods", b"x", "is a .ods file; save the table as CSV, TSV or XLSX"),
        ("map", b"x", "is a nameless file"),
    ],
)
def test_files_that_are_no_tables_are_refused(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    """What cannot be read says what can."""
    assert message in refused(tmp_path / name, content)[0]


def test_a_path_without_a_file_is_refused(tmp_path: Path) -> None:
    """An absent file and a folder are told apart."""
    with pytest.raises(NotThereError, match="There is no"):
        read_platemap(tmp_path / "no.csv", plate="P1", format=FORMATS[96], imaged=IMAGED)
    with pytest.raises(PlatemapError, match="is a folder"):
        read_platemap(tmp_path, plate="P1", format=FORMATS[96], imaged=IMAGED)


def test_a_plate_without_a_map_has_its_imaged_wells(tmp_path: Path) -> None:
    """All included, in the plate's order, with the columns every wells table has."""
    table = blank_wells("P1", FORMATS[96], ["B03", "A02", "A01"])
    same = read(tmp_path / "m.csv", "well\nB03\nA02\nA01\n")
    pd.testing.assert_frame_equal(table, same)
    assert table.attrs == same.attrs == {"notices": []}


def test_tables_survive_parquet(tmp_path: Path) -> None:
    """The wells table is stored with the plate: types and missing cells come back."""
    table = read(tmp_path / "m.csv", "well,clone,passage,flag\nA01,01,1,true\nA02,,,\nB03,02,3,false\n")
    table.to_parquet(tmp_path / "wells.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "wells.parquet"), table)


@pytest.mark.shared
def test_the_translocation_map_is_read(shared_data: Path) -> None:
    """BBBC013's own platemap: 96 wells, doses as numbers, roles as text."""
    plate = FORMATS[96]
    path = shared_data / "bbbc013" / "platemap.csv"
    table = read_platemap(path, plate="BBBC013", format=plate, imaged=plate.wells())
    assert list(table.index) == plate.wells()
    counts = {"dose_series": 72, "negative_control": 12, "positive_control": 8, "empty": 4}
    assert table["role"].value_counts().to_dict() == counts
    assert table.loc["A03", "dose"] == pytest.approx(0.98)


@pytest.mark.shared
def test_rows_and_columns_name_the_same_wells(shared_data: Path) -> None:
    """BBBC013's second table has rows and columns only, and agrees with the first on the controls."""
    plate = FORMATS[96]
    both = [
        read_platemap(shared_data / "bbbc013" / name, plate="P1", format=plate, imaged=plate.wells())
        for name in ("platemap.csv", "1049_Metadata.csv")
    ]
    positive = [
        set(both[0].index[both[0]["role"] == "positive_control"]),
        set(both[1].index[both[1]["SBS_Controls"] == 1]),
    ]
    assert positive[0] == positive[1]
    assert len(positive[0]) > 0


def test_names_turned_to_dates_are_refused(tmp_path: Path) -> None:
    """A clone is no date; a batch may be called by its day, but not one batch among names."""
    day = datetime.date(2026, 1, 2)
    rows: list[list[object]] = [["well", "clone", "differentiation_batch"], ["A01", day, "b1"]]
    rows += [["A02", "3-C", day], ["B03", day, "b2"]]
    with pytest.raises(PlatemapError) as refusal:
        read_platemap(workbook(tmp_path / "m.xlsx", rows), plate="P1", format=FORMATS[96], imaged=IMAGED)
    first, second = refusal.value.faults
    assert "cells B2, B4: clone is a date (2026-01-02), which the spreadsheet made of what was" in first
    assert "cell C3: differentiation_batch is a date" in second
    whole: list[list[object]] = [["well", "differentiation_batch"]]
    whole += [[well, day] for well in IMAGED]
    table = read_platemap(workbook(tmp_path / "m.xlsx", whole), plate="P1", format=FORMATS[96], imaged=IMAGED)
    assert set(table["differentiation_batch"]) == {"2026-01-02"}


def test_clones_that_look_alike_are_told(tmp_path: Path) -> None:
    """Invisible characters do not make a clone; case and alphabets do, and it is said."""
    content = "well,clone,diagnosis\nA01,C7,ALS\nA02,C\u200b7,ALS\nB03,c7,als\n"
    table = read(tmp_path / "m.csv", content)
    assert table["clone"].tolist() == ["C7", "C7", "c7"]
    clones, diagnoses = table.attrs["notices"]
    assert "'clone' has 2 spellings that look alike" in clones
    assert "'C7' (lines 2, 3), 'c7' (line 4)" in clones
    assert "'ALS' (lines 2, 3), 'als' (line 4)" in diagnoses


def test_a_plate_is_named_alike_in_both_spellings_of_unicode(tmp_path: Path) -> None:
    """A folder of macOS is called Pla + umlaut + tte, the map says Plätte."""
    content = "plate,well\nPlätte,A01\nPlätte,A02\nPlätte,B03\n"
    assert len(read(tmp_path / "m.csv", content, plate="Pla\u0308tte")) == 3


def test_wells_of_clones_that_are_not_eligible_are_not_included(tmp_path: Path) -> None:
    """As tiles, measurements and studies leave them out; a well without a clone has no eligibility."""
    content = (
        "well,clone,eligibility,eligibility_reason\nA01,c1,Eligible,\nA02,c2,not_eligible,carries FUS\n"
        "A03,c3,,\nB03,,,\n"
    )
    table = read(tmp_path / "m.csv", content, imaged=("A01", "A02", "A03", "B03"))
    assert table["included"].tolist() == [True, False, False, True]
    assert table["eligibility"].astype(object).where(table["eligibility"].notna(), None).tolist() == [
        "eligible",
        "not eligible",
        None,
        None,
    ]
    assert left_out_reasons(table).tolist()[1:3] == [
        "not eligible: carries FUS",
        "eligibility undetermined: no verdict on its clone",
    ]
    (told,) = [note for note in table.attrs["notices"] if "eligible" in note]
    assert told.endswith("(no verdict is undetermined): wells A02, A03.")


def test_verdicts_that_are_none_or_contradict_are_refused(tmp_path: Path) -> None:
    """Each with its line; a clone has one verdict."""
    content = "well,clone,eligibility\nA01,c1,yes\nA02,c2,eligible\nB03,c2,undetermined\n"
    first, second = sorted(refused(tmp_path / "m.csv", content))
    assert second == "line 2: eligibility 'yes' is none of eligible, not eligible, undetermined"
    assert "c2" in first
