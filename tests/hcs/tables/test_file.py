"""Tables as somebody saved them: types, names that stay names, packed files, and files that are none."""

import errno
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs.tables.file import read_table
from hcs_plates.errors import HcsError, InputFileError, NotThereError

TEXT = (
    "plate,well,count,score,flag,genotype\n01,A01,12,-0.5,true,Null\n01,A02,,NA,no,None\n02,B1,7,1e-3,,Ä,\n"
)
EXPECTED = {
    "plate": ["01", "01", "02"],
    "well": ["A01", "A02", "B1"],
    "count": [12, None, 7],
    "score": [-0.5, None, 0.001],
    "flag": ["true", "no", None],
    "genotype": ["Null", "None", "Ä"],
}


def values(table: pd.DataFrame) -> dict[str, list[Any]]:
    """Columns as lists, None where missing."""
    return {str(name): table[name].astype(object).where(table[name].notna(), None).tolist() for name in table}


def write(path: Path, text: str) -> Path:
    """A file as text, or packed where its name says so."""
    raw = text.encode()
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


@pytest.mark.parametrize(
    "name", ["t.csv", "T.CSV", "t.txt", "t.tsv", "t.tab", "t.csv.gz", "t.tsv.GZ", "t x.csv"]
)
def test_text_in_every_packing(name: str, tmp_path: Path) -> None:
    """Names stay text (plate 01 is not plate 1), numbers are numbers, blanks are missing."""
    text = TEXT.replace(",Ä,", ",Ä")
    tabs = Path(name.lower().removesuffix(".gz")).suffix in (".tsv", ".tab")
    path = tmp_path / name
    raw = (text.replace(",", "\t") if tabs else text).encode()
    path.write_bytes(gzip.compress(raw) if name.lower().endswith(".gz") else raw)
    assert values(read_table(path)) == EXPECTED


def test_semicolons_and_a_byte_order_mark(tmp_path: Path) -> None:
    """As a spreadsheet in another country saves it."""
    path = tmp_path / "t.csv"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace(",Ä,", ",Ä").replace(",", ";").encode())
    assert values(read_table(path)) == EXPECTED


def test_a_workbook(tmp_path: Path) -> None:
    """Cells keep their type; the first sheet is read; dates are written as one would."""
    path = tmp_path / "t.xlsx"
    day = pd.Timestamp("2024-03-01")
    made = pd.DataFrame(
        {"plate": ["01", "02"], "well": ["A1", "B2"], "count": [1.5, None], "day": [day, day]}
    )
    made.to_excel(path, index=False)
    assert values(read_table(path)) == {
        "plate": ["01", "02"], "well": ["A1", "B2"], "count": [1.5, None], "day": ["2024-03-01"] * 2,
    }  # fmt: skip


@pytest.mark.parametrize("ending", [".parquet", ".pq", ".PARQUET"])
def test_parquet_keeps_its_types(ending: str, tmp_path: Path) -> None:
    """Nothing is guessed anew."""
    made = pd.DataFrame(
        {"well": ["A1", "B2"], "n": pd.array([1, None], dtype="Int64"), "kind": pd.Categorical(["a", "b"])}
    )
    made.to_parquet(tmp_path / f"t{ending}", index=False)
    read = read_table(tmp_path / f"t{ending}")
    assert values(read) == {"well": ["A1", "B2"], "n": [1, None], "kind": ["a", "b"]}


@pytest.mark.parametrize("index", ["well", ["plate", "well"]])
def test_parquet_with_its_wells_in_the_index(index: Any, tmp_path: Path) -> None:
    """One level or two become columns; one that is a column already does not come twice."""
    made = pd.DataFrame({"plate": ["P", "P"], "well": ["A1", "B2"], "v": [1.0, 2.0]}).set_index(index)
    made.to_parquet(tmp_path / "t.parquet")
    read = read_table(tmp_path / "t.parquet")
    assert set(read.columns) == {"plate", "well", "v"}
    assert read["well"].tolist() == ["A1", "B2"]


@pytest.mark.parametrize("word", ["NA", "nan", "N/A", "inf", "-inf", ""])
def test_what_stands_for_no_number(word: str, tmp_path: Path) -> None:
    """In a column of numbers it is missing."""
    read = read_table(write(tmp_path / "t.csv", f"well,v\nA1,1.5\nA2,{word}\n"))
    assert values(read)["v"] == [1.5, None]


def test_columns_that_are_no_numbers_stay_text(tmp_path: Path) -> None:
    """Leading zeros, digits too many to be exact, mixtures and dates."""
    text = "well,a,b,c,e\nA1,007,12345678901234567890,5,2024-01-02\nA2,010,1,high,3\n"
    read = read_table(write(tmp_path / "t.csv", text))
    assert values(read) == {
        "well": ["A1", "A2"], "a": ["007", "010"], "b": ["12345678901234567890", "1"], "c": ["5", "high"],
        "e": ["2024-01-02", "3"],
    }  # fmt: skip


def test_an_evil_name_is_a_name(tmp_path: Path) -> None:
    """Markup, formulae and line breaks in quotes come back as they are."""
    names = ["<img src=x onerror=alert(1)>", "=1+1", "a\nb", 'q"q', "\u2028"]
    made = pd.DataFrame({"well": ["A1", "A2", "A3", "B1", "B2"], "clone": names})
    made.to_csv(tmp_path / "t.csv", index=False)
    assert read_table(tmp_path / "t.csv")["clone"].tolist()[:4] == names[:4]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", "is empty"),
        ("t.csv", b"well,v\n", "holds column names (line 1) but no rows"),
        ("t.csv", b"well,v\nA1,1,2\n", "line 2 has 3 values where line 1 names 2 columns"),
        ("t.csv", b"well,v,v\nA1,1,2\n", "has the heading 'v' twice"),
        ("t.csv", b"well,,v\nA1,1,2\n", "column 2 has no name"),
        ("t.csv", b"well,v\nA1,\xff\xc2\xb5\n", "is not UTF-8 text (line 2"),
        ("t.csv", b"\0\0", "is not a text file"),
        ("t.doc", b"x", "is a .doc file"),
        ("t", b"x", "is a nameless file"),
        ("t.xlsx", b"no workbook", "is not an XLSX workbook"),
        ("t.csv.gz", b"no gzip", "cannot be unpacked"),
        ("t.csv.gz", gzip.compress(b"well,v\nA1,1\n", mtime=0)[:-9], "cannot be unpacked"),
        ("t.csv.gz", gzip.compress(b"well,v\n", mtime=0), "t.csv: holds column names"),
        ("t.doc.gz", gzip.compress(b"x", mtime=0), "is a .doc file"),
        ("t.parquet", b"PAR1 no table PAR1", "is no readable Parquet table"),
        ("t.parquet", b"", "is no readable Parquet table"),
    ],
)  # fmt: skip
def test_files_that_are_no_table(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    """The file is named, and the sentence speaks of rows, not of wells."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputFileError) as refused:
        read_table(path)
    said = str(refused.value)
    assert message in said
    assert said.startswith(str(path))
    assert "/tmp" not in said.removeprefix(str(path))
    assert "wells" not in said
    assert "each well" not in said


def test_parquet_without_rows(tmp_path: Path) -> None:
    """Is no table either."""
    pd.DataFrame({"well": []}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(InputFileError, match="has no rows"):
        read_table(tmp_path / "t.parquet")


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.parquet", "t.xlsx"])
def test_no_such_file(name: str, tmp_path: Path) -> None:
    """In whatever format."""
    with pytest.raises(NotThereError, match=f"There is no '.*{name}'"):
        read_table(tmp_path / name)


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.parquet", "t.xlsx"])
def test_a_folder_is_no_table(name: str, tmp_path: Path) -> None:
    """One sentence, no traceback."""
    (tmp_path / name).mkdir()
    with pytest.raises(HcsError) as refused:
        read_table(tmp_path / name)
    assert "\n" not in str(refused.value)


def test_damaged_parquet_is_refused_wherever_it_is_damaged(tmp_path: Path) -> None:
    """A hundred files with eight bytes overwritten or an end cut off: a table or a refusal, nothing else."""
    whole = tmp_path / "whole.parquet"
    pd.DataFrame({"well": FORMATTED, "v": np.arange(96.0)}).to_parquet(whole)
    raw = whole.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for number in range(100):
        at = int(rng.integers(0, len(raw) - 8))
        spoilt = raw[:at] if number % 2 else raw[:at] + rng.bytes(8) + raw[at + 8 :]
        path = tmp_path / "spoilt.parquet"
        path.write_bytes(spoilt)
        try:
            read_table(path)
        except InputFileError:
            refused += 1
    assert refused >= 50


FORMATTED = [f"{row}{column:02}" for row in "ABCDEFGH" for column in range(1, 13)]


def test_decimal_commas_are_read_where_they_can_be_nothing_else(tmp_path: Path) -> None:
    """Where semicolons separate the columns; 1,234 alone may be a thousand, and names stay as written."""
    place = tmp_path / "t.csv"
    place.write_text("well;x;y;clone\nA01;98,5;1,234;1,5\nA02;nan;2,000;1,50\nA03;100;3,5;c\n")
    read = read_table(place)
    assert read["x"].tolist()[::2] == [98.5, 100.0]
    assert read["y"].tolist() == [1.234, 2.0, 3.5]
    assert read["clone"].tolist() == ["1,5", "1,50", "c"]
    assert "decimal commas of column 'x' were read (line 2: '98,5')" in " ".join(read.attrs["notices"])
    for wrong in ("well;x\nA01;1,234\nA02;2,345\n", 'well,x\nA01,"98,5"\nA02,"1,5"\n'):
        place.write_text(wrong)
        with pytest.raises(InputFileError, match="'x' has decimal commas"):
            read_table(place)


def test_a_workbook_of_several_tables_asks_which(tmp_path: Path) -> None:
    """The first one is no better than the others."""
    with pd.ExcelWriter(tmp_path / "t.xlsx") as book:
        for number in (1, 2):
            pd.DataFrame({"well": ["A1", "A2"], "v": [number, 5]}).to_excel(
                book, sheet_name=f"s{number}", index=False
            )
    with pytest.raises(InputFileError, match="several sheets with tables \\('s1', 's2'\\)"):
        read_table(tmp_path / "t.xlsx")
    assert read_table(tmp_path / "t.xlsx", sheet="S2")["v"].tolist() == [2, 5]


def test_a_workbook_has_lost_the_zeros_of_names(tmp_path: Path) -> None:
    """Clone 1.10 typed as a number is 1.1 in the file; a measurement may be one."""
    pd.DataFrame({"clone": [1.1, 2], "v": [1.5, 2]}).to_excel(tmp_path / "t.xlsx", index=False)
    with pytest.raises(InputFileError, match="cell A2: 'clone' names things"):
        read_table(tmp_path / "t.xlsx")
    pd.DataFrame({"v": [1.5, 2]}).to_excel(tmp_path / "t.xlsx", index=False)
    assert read_table(tmp_path / "t.xlsx")["v"].tolist() == [1.5, 2]
    with pytest.raises(InputFileError, match="cell A2: 'v' names things"):
        read_table(tmp_path / "t.xlsx", names=["V"])


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was packed to a thousandth is no table, and is given up early."""
    monkeypatch.setattr("hcs.tables.file.SMALL", 2**20)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"0" * 30_000_000, mtime=0))
    with pytest.raises(InputFileError, match="unpacks to more than 50 times its size"):
        read_table(tmp_path / "t.csv.gz")


def test_parquet_of_lists_is_refused(tmp_path: Path) -> None:
    """Lists have no order and no mean: the column is named."""
    pd.DataFrame({"well": ["A01"], "x": [[1, 2]]}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(InputFileError, match="column 'x' holds lists, not single values"):
        read_table(tmp_path / "t.parquet")


def test_parquet_of_a_billion_rows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many there are is read before they are."""
    monkeypatch.setattr("hcs.tables.file.MOST_CELLS", 1000)
    pd.DataFrame({"well": ["A01"] * 600, "x": 1}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(InputFileError, match="holds 600 rows of 2 columns"):
        read_table(tmp_path / "t.parquet")


def test_a_table_that_cannot_be_reached_is_not_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's own error is passed on."""
    pd.DataFrame({"well": ["A01"]}).to_parquet(tmp_path / "t.parquet")

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("pandas.read_parquet", fail)
    with pytest.raises(OSError, match="Input/output error") as stopped:
        read_table(tmp_path / "t.parquet")
    assert not isinstance(stopped.value, InputFileError)
