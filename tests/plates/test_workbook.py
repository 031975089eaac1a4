"""Workbooks: every value where it stands, and a sentence with its cell for what is none."""

import contextlib
import datetime
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from hcs_plates.rows import UnreadableError
from hcs_plates.sheetchoice import SheetChoice
from hcs_plates.workbook import Workbook, read_workbook

ROWS: list[list[Any]] = [["well", "clone", "n"], ["A01", "c1", 1], ["A02", None, 2.5], ["A03", "c3", True]]


def saved(edit: Callable[[Any, Any], object] | None = None, rows: list[list[Any]] = ROWS) -> bytes:
    """Bytes of a workbook of these rows."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if edit is not None:
        edit(book, book.active)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def repacked(packed: bytes, edit: Callable[[bytes], bytes]) -> bytes:
    """The same workbook with its first sheet's XML changed."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(packed)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, edit(content) if name.endswith("sheet1.xml") else content)
    return stream.getvalue()


def read(folder: Path, content: bytes) -> Workbook:
    """Write a workbook and read it."""
    (folder / "t.xlsx").write_bytes(content)
    return read_workbook(folder / "t.xlsx", SheetChoice())


def refused(folder: Path, content: bytes) -> str:
    """Write a workbook that must be refused; give what is said of it."""
    with pytest.raises(UnreadableError) as refusal:
        read(folder, content)
    return " | ".join(map(str, refusal.value.args))


def test_values_are_written_as_in_a_csv(tmp_path: Path) -> None:
    """3.0 is 3, TRUE is TRUE, dates are ISO and told; rows keep their numbers."""
    rows = [*ROWS, [], [datetime.date(2026, 1, 2), datetime.datetime(2026, 1, 2, 3, 4), 1e20]]
    book = read(tmp_path, saved(rows=rows))
    assert book.rows == {
        1: ("well", "clone", "n"),
        2: ("A01", "c1", "1"),
        3: ("A02", "", "2.5"),
        4: ("A03", "c3", "TRUE"),
        6: ("2026-01-02", "2026-01-02T03:04:00", "1e+20"),
    }
    assert book.dates == {(6, 0), (6, 1)}
    assert book.notices == ()


@pytest.mark.parametrize("ref", ["A1", "A1:B2", "A1:XFD1048576", "B9:C9"])
def test_the_size_a_file_states_is_not_believed(tmp_path: Path, ref: str) -> None:
    """A dimension too small drops nothing, one too large costs nothing."""
    lie = re.compile(rb'<dimension ref="[^"]*" ?/>')
    content = repacked(saved(), lambda xml: lie.sub(f'<dimension ref="{ref}"/>'.encode(), xml))
    assert read(tmp_path, content).rows == read(tmp_path, saved()).rows


def test_merged_cells_give_their_value_to_each_row(tmp_path: Path) -> None:
    """A clone merged over two wells is that of both, and it is said."""
    book = read(tmp_path, saved(lambda _, sheet: sheet.merge_cells("B2:B3")))
    assert [cells[1] for cells in book.rows.values()] == ["clone", "c1", "c1", "c3"]
    assert book.notices == ("Each row of merged cells was given their value: range B2:B3.",)
    endless = repacked(
        saved(lambda _, sheet: sheet.merge_cells("B2:B3")), lambda xml: xml.replace(b"B2:B3", b"B2:B1048576")
    )
    assert len(read(tmp_path, endless).rows) == 4


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (
            lambda _, sheet: sheet.cell(3, 2, "=B2"),
            "cell B3 holds a formula without a value; open the workbook",
        ),
        (
            lambda _, sheet: (sheet.cell(3, 2, "=B2"), sheet.cell(4, 3, "=1+1")),
            "cells B3, C4 hold a formula without a value",
        ),
        (lambda _, sheet: sheet.cell(3, 2, "#REF!"), "cell B3 holds the error #REF!"),
        (lambda _, sheet: sheet.cell(3, 2, "#VALUE!"), "cell B3 holds the error #VALUE!"),
        (lambda book, _: book.remove(book.active) or book.create_chartsheet("c"), "only charts"),
    ],
)
def test_what_is_no_value_is_refused_with_its_cell(
    tmp_path: Path, edit: Callable[[Any, Any], object], said: str
) -> None:
    """Formulas that nothing computed, errors: never a blank."""
    assert said in refused(tmp_path, saved(edit))


def test_a_formula_that_gives_nothing_is_blank(tmp_path: Path) -> None:
    """An empty text is a value that a spreadsheet keeps; #N/A is its word for a missing one."""
    content = repacked(
        saved(lambda _, sheet: sheet.cell(3, 2, "#N/A")),
        lambda xml: xml.replace(
            b'<c r="C3" t="n"><v>2.5</v></c>', b'<c r="C3" t="str"><f>IF(1,"")</f><v></v></c>'
        ),
    )
    assert read(tmp_path, content).rows[3] == ("A02", "#N/A", "")


def test_a_number_is_what_is_seen_of_it(tmp_path: Path) -> None:
    """Zeros that a format shows are there; numbers that are not whole are marked: 1.10 is kept as 1.1."""

    def formats(_: Any, sheet: Any) -> None:
        for cell, value, shown in (("A2", 7, "000"), ("B2", 1.1, "0.00"), ("C2", 12, "General")):
            sheet[cell], sheet[cell].number_format = value, shown

    book = read(tmp_path, saved(formats))
    assert book.rows[2] == ("007", "1.1", "12")
    assert book.fractions == {(2, 1), (3, 2)}


def test_merged_columns_are_named(tmp_path: Path) -> None:
    """Cells merged across columns stay as they are, for those who know what the columns are."""
    book = read(tmp_path, saved(lambda _, sheet: sheet.merge_cells("A2:B3")))
    assert book.wide == (("A2:B3", 2, 0, 3, 1),)
    assert book.rows[2] == ("A01", "", "1")


def test_damage_is_one_sentence(tmp_path: Path) -> None:
    """Any byte flipped, anywhere: the same values, or a refusal."""
    whole = saved()
    right = read(tmp_path, whole).rows
    for place in range(0, len(whole), 97):
        content = bytearray(whole)
        content[place] ^= 0x10
        with contextlib.suppress(UnreadableError):
            assert read(tmp_path, bytes(content)).rows == right


def test_what_is_too_large_is_refused(tmp_path: Path) -> None:
    """Packed zeros and far corners are refused before they fill the memory."""
    swollen = repacked(saved(), lambda xml: xml.replace(b"</sheetData>", b" " * 70_000_000 + b"</sheetData>"))
    assert len(swollen) < 200_000
    assert "unpacks to more than 64 MB" in refused(tmp_path, swollen)
    far = [f'<row r="{row}"><c r="XFD{row}"><v>1</v></c></row>'.encode() for row in range(10, 2000)]
    corner = repacked(saved(), lambda xml: xml.replace(b"</sheetData>", b"".join(far) + b"</sheetData>"))
    assert "has cells from A1 to XFD1999" in refused(tmp_path, corner)


def test_a_file_that_cannot_be_reached_is_not_damaged(tmp_path: Path) -> None:
    """The operating system's own error is passed on."""
    with pytest.raises(FileNotFoundError):
        read_workbook(tmp_path / "no.xlsx", SheetChoice())
