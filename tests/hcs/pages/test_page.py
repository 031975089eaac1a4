"""Tests of the page's parts: links give the table back, text is escaped, writing is whole."""

import base64
import gzip
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs.pages.page import Download, cell, csv_download, page_table, render, write_page
from hcs_plates.csvcells import unquoted
from hcs_plates.errors import ArgumentError


def read_back(link: Download) -> pd.DataFrame:
    """Read the table that a link would save, less what keeps a spreadsheet from running it."""
    data = base64.b64decode(link.address.split(",", 1)[1])
    text = gzip.decompress(data) if link.filename.endswith(".gz") else data
    assert len(data) == link.size
    return pd.read_csv(io.BytesIO(text), keep_default_na=False, dtype=str).map(unquoted)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=1, max_size=5))
def test_csv_gives_any_text_back(names: list[str]) -> None:
    """Commas, quotes, signs of any alphabet: what is saved reads back as it was."""
    assert read_back(csv_download(pd.DataFrame({"a": names, "b": "x"}), "t"))["a"].tolist() == names


def test_long_tables_are_packed_the_same_way_every_time() -> None:
    """Above 200 kB a table becomes .csv.gz without a time in it."""
    table = pd.DataFrame({"number": np.arange(60_000)})
    link = csv_download(table, "long")
    assert link.filename == "long.csv.gz"
    assert link == csv_download(table, "long")
    assert read_back(link)["number"].astype(int).tolist() == list(range(60_000))


def test_tables_too_large_to_carry_are_only_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page stays small: such a table has no address, but its name and size."""
    monkeypatch.setattr("hcs.pages.page.LARGEST_CSV_BYTES", 1000)
    link = csv_download(pd.DataFrame({"number": np.arange(60_000)}), "huge")
    assert link.address == ""
    assert link.rows == 60_000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (pd.NA, "–"),
        (np.float64("nan"), "–"),
        (np.int64(1234), "1,234"),
        (np.True_, "yes"),
        (2.0, "2"),
    ],
)
def test_cells(value: object, text: str) -> None:
    """What is missing is a dash, never 'nan'."""
    assert cell(value) == text


def test_headings_and_names_of_numbers() -> None:
    """Underscores become spaces; numbers that are names stand flush left."""
    table = page_table(
        pd.DataFrame({"n_tiles": [1], "set": [3]}), "c", formats={"set": str}, headings={"set": "Set"}
    )
    assert (list(table.columns), list(table.numeric), table.rows) == (
        ["n tiles", "Set"],
        [True, False],
        [["1", "3"]],
    )


def test_templates_refuse_missing_values() -> None:
    """A forgotten value is an error, not an empty place."""
    with pytest.raises(Exception, match="undefined"):
        render("study.html.j2", title="only")


def test_page_is_written_whole(tmp_path: Path) -> None:
    """An old page stays until the new one is complete; nothing else is left in the folder."""
    path = write_page(tmp_path / "new" / "report.html", "one")
    write_page(path, "two")
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]
    assert path.read_text(encoding="utf-8") == "two"
    with pytest.raises(ArgumentError, match=r"is a folder; give the report a file name"):
        write_page(tmp_path, "x")
