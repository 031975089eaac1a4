"""Filters of rows: comparisons of columns with constants, and nothing else."""

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hcs.study.filters import LONGEST, matching_rows
from hcs_plates.errors import ArgumentError

WELLS = pd.DataFrame(
    {
        "well": ["A01", "A02", "A03", "B01", "B02"],
        "clone": pd.Series(["c1", "c2", "c1", None, "c=3 or"], dtype="str"),
        "passage": pd.Series([10, 50, None, 30, 20], dtype="Int64"),
        "dose": [0.5, float("nan"), 2.0, -1.0, 0.5],
        "treated": [True, False, True, False, True],
        "days in culture": [1, 2, 3, 4, 5],
        "class": ["x", "y", "x", "y", "`x`"],
    }
).set_axis([5, 6, 7, 8, 9])


@pytest.mark.parametrize(
    ("text", "wells"),
    [
        ("passage < 40", "A01 B01 B02"),
        ("40 > passage", "A01 B01 B02"),
        ("10 < passage <= 30", "B01 B02"),
        ("passage == 10", "A01"),
        ("passage != 10", "A02 B01 B02"),
        ("not passage == 10", "A02 B01 B02"),
        ("not (passage < 40)", "A02"),
        ("dose >= -1.0", "A01 A03 B01 B02"),
        ("dose < 1e3", "A01 A03 B01 B02"),
        ("clone == 'c1'", "A01 A03"),
        ('clone != "c1"', "A02 B02"),
        ("clone in ['c1', 'c2']", "A01 A02 A03"),
        ("clone not in ('c1', 'c2')", "B02"),
        ("clone == 'c=3 or'", "B02"),
        ("passage in [10, 20]", "A01 B02"),
        ("clone > 'c1'", "A02 B02"),
        ("treated", "A01 A03 B02"),
        ("not treated and dose < 0", "B01"),
        ("treated == False", "A02 B01"),
        ("`days in culture` > 3 or `class` == 'x'", "A01 A03 B01 B02"),
        ("`class` == '`x`'", "B02"),
        ("passage > 40 or treated", "A01 A02 A03 B02"),
        ("passage > 40 and treated", ""),
        ("well == 'A01' and passage < 40 or well == 'B02'", "A01 B02"),
        ("  passage < 40  ", "A01 B01 B02"),
    ],
)
def test_rows_that_meet_a_filter(text: str, wells: str) -> None:
    """Comparisons mean what they say; a row whose missing values decide is left out, also under not."""
    found = matching_rows(WELLS, text)
    assert found.dtype == bool
    assert found.index.equals(WELLS.index)
    assert " ".join(WELLS["well"][found]) == wells


@pytest.mark.parametrize(
    "text",
    ["passage < 40", "10 < passage <= 30", "clone == 'c1'", "dose >= 0.5", "clone in ['c1']", "treated"],
)
def test_pandas_agrees_where_nothing_is_missing(text: str) -> None:
    """On whole rows a filter is what pandas makes of the same words."""
    whole = WELLS.dropna()
    assert whole.index[matching_rows(whole, text)].equals(whole.query(text).index)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("@pd.io.common.os.system('touch PWNED') == 0", "cannot be read"),
        ("clone.to_csv('PWNED')", "is no comparison"),
        ("clone.to_csv('PWNED') == 1", "is no column and no value"),
        ("__import__('os').system('touch PWNED') == 0", "is no column and no value"),
        ("passage < 10**10**8", "10 ** 10 ** 8 is no column and no value"),
        ("passage + 1 < 3", "passage + 1 is no column and no value"),
        ("(lambda: passage)() < 3", "is no column and no value"),
        ("[open('PWNED', 'w') for x in passage]", "is no comparison"),
        ("clone == f'{passage}'", "is no column and no value"),
        ("clone[0] == 'c1'", "is no column and no value"),
        ("(clone := 'x') == 'x'", "is no column and no value"),
        ("clone == b'c1'", "is no column and no value"),
        ("clone == None", "is no column and no value"),
        ("passage < 1j", "is no column and no value"),
        ("passage", "the column 'passage' is not one of true and false"),
        ("clone == c1", "a column or a text without quotes"),
        ("passage < dose", "a column is compared with a value"),
        ("clon == 'c1'", "there is no column 'clon'; did you mean 'clone'?"),
        ("`no such` == 1", "there is no column 'no such'"),
        ("`days in culture` + 1 < 3", "`days in culture` + 1 is no column"),
        ("passage < '40'", "the column 'passage' holds numbers, and is compared with '40'"),
        ("clone == 1", "the column 'clone' holds text, and is compared with 1"),
        ("clone in ['c1', 2]", "holds text, and is compared with 2"),
        ("treated == 1", "holds true or false, and is compared with 1"),
        ("treated < True", "compare it by == or !="),
        ("passage in 40", "a list such as ['a', 'b'] is expected after in, not 40"),
        ("'c1' in clone", "'c1' is no column"),
        ("passage is 40", "it compares by is"),
        ("(passage < 40) & (dose > 1)", "joins comparisons by & or |"),
        ("passage < 9007199254740993", "it has a number beyond"),
        ("passage < 1e999", "it has a number beyond"),
        ("passage < " + "9" * 900, "it has a number beyond"),
        ("passage < 1; import os", "cannot be read"),
        ("passage <", "cannot be read"),
        ("", "cannot be read"),
        ("passage < 40\x00", "cannot be read"),
        ("(" * 400 + "passage" + ")" * 400 + " < 1", "cannot be read"),
        ("passage < 40 and " * 100 + "treated", f"at most {LONGEST} are read"),
        ("clone == -'c1'", "has a minus and is no number"),
    ],
)
def test_everything_else_is_refused(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing in a filter is called, looked up or computed; the sentence says what a filter is."""
    monkeypatch.chdir(tmp_path)
    start = time.monotonic()
    with pytest.raises(ArgumentError) as refusal:
        matching_rows(WELLS, text)
    assert time.monotonic() - start < 1
    assert message in refusal.value.message
    assert "\n" not in refusal.value.message
    assert not list(tmp_path.iterdir())


def test_what_is_deep_but_short_is_read() -> None:
    """The longest filter is no deeper than Python can follow."""
    text = "not " * ((LONGEST - 7) // 4) + "treated"
    assert matching_rows(WELLS, text).equals(
        WELLS["treated"] if text.count("not") % 2 == 0 else ~WELLS["treated"]
    )


def test_columns_of_any_kind_are_compared_as_text() -> None:
    """A table of somebody's may hold dates or mixed cells; as text they have an order."""
    table = pd.DataFrame(
        {"date": pd.to_datetime(["2026-01-02", "2027-01-01"]), "mixed": pd.Series([1, "b"], dtype=object)}
    )
    assert matching_rows(table, "date < '2026-06'").tolist() == [True, False]
    assert matching_rows(table, "mixed == 'b'").tolist() == [False, True]
    assert matching_rows(table.assign(f=np.float32(0.5)), "f == 0.5").all()
