"""Plates on a page: every well at its place in its colour, one key, and data that no name can break."""

import base64
import io
import itertools
import json
import re
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from hcs.heatmaps.heatmap import heatmap
from hcs.heatmaps.plates import PagePlates, page_plates
from hcs_plates.wells import FORMATS

SIX = FORMATS[6].wells()
EVIL = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "\"'&{{7*7}}",
    "a\u2028b\u2029c",
    "<!--<script>",
    "__proto__",
    "a\tb\r\nc\0",
    "板 β µ é",
)


def show(table: pd.DataFrame, value: str = "v", **words: Any) -> PagePlates:
    """Plates as the page shows them."""
    return page_plates(heatmap(table, value, **words), ident="wells", caption="Plates.")


def drawn(shown: PagePlates, plate: int = 0) -> dict[tuple[int, int], str]:
    """Colour of every covered well by (row, column), read back from the outlines."""
    found = {}
    for colour, outline in shown.plates[plate].colours:
        for column, row in re.findall(r"M(\d+) (\d+)h1v1h-1z", outline):
            assert (int(row), int(column)) not in found
            found[int(row), int(column)] = colour
    return found


@pytest.mark.parametrize("size", sorted(FORMATS))
def test_every_well_has_its_place_and_colour(size: int) -> None:
    """6 to 1536 wells, a tenth of them missing; the colour is the map's own."""
    shape = FORMATS[size]
    table = pd.DataFrame({"well": shape.wells(), "v": np.arange(size, dtype=float)})
    table.loc[table.index % 10 == 3, "v"] = np.nan
    shown = show(table, limits=(0, size - 1), plate_format=size)
    found = drawn(shown)
    there = [number for number in range(size) if number % 10 != 3]
    assert set(found) == {divmod(number, shape.columns) for number in there}
    for number in (there[0], there[len(there) // 2], there[-1]):
        expected = to_hex(matplotlib.colormaps["cividis"](number / (size - 1)))
        got = found[divmod(number, shape.columns)]
        assert [int(got[at : at + 2], 16) for at in (1, 3, 5)] == pytest.approx(
            [int(expected[at : at + 2], 16) for at in (1, 3, 5)], abs=1
        )
    assert shown.plates[0].spoken == f"Plate plate, {size} wells, {len(there):,} wells with a value"


@pytest.mark.parametrize("size", sorted(FORMATS))
def test_names_at_the_edge_can_be_read(size: int) -> None:
    """Nine pixels at least at the least width, and no nearer to each other than they are tall."""
    plate = show(pd.DataFrame({"well": FORMATS[size].wells(), "v": 1.0})).plates[0]
    assert plate.edge_px * plate.least / plate.width >= 8.99
    places = [at for at, _ in plate.down]
    assert all(step * plate.unit_px >= plate.edge_px for step in np.diff(places))
    assert plate.down[0][1] == "A"
    assert plate.across[0] == (0, "1")


def test_plates_of_different_formats_are_of_one_fineness() -> None:
    """Beside 1536 wells, letters and lines of six wells are no larger than beside none."""
    table = pd.DataFrame({"plate": "L", "well": FORMATS[1536].wells(), "v": 1.0})
    both = show(pd.concat([table, pd.DataFrame({"plate": "S", "well": SIX, "v": 2.0})]))
    large, small = both.plates
    assert (small.rows, small.columns, large.columns) == (2, 3, 48)
    assert small.edge_px <= 13
    assert small.width < large.width
    assert set(both.hatches) == {3, 48}
    assert both.hatches[3] == small.unit_px


def test_missing_and_left_out_wells_are_left_to_the_hatch() -> None:
    """Neither is covered; lines between wells go over both."""
    table = pd.DataFrame({"well": SIX[:5], "v": [1.0, np.nan, 3, 4, 5], "included": [True] * 4 + [False]})
    shown = show(table, plate_format=6)
    assert set(drawn(shown)) == {(0, 0), (0, 2), (1, 0)}
    assert shown.plates[0].lines == "M1 0v2M2 0v2M0 1h3"


def test_values_are_printed_up_to_96_wells() -> None:
    """In signs that fit, dark on light and light on dark."""
    table = pd.DataFrame({"well": SIX, "v": [0.5, 12.34, 999.7, 1039.2, 123456.0, -3.0]})
    texts = show(table, limits=(0, 1500)).plates[0].texts
    assert [text for _, _, text, _ in texts] == ["0.50", "12.3", "1000", "1039", "1e+05", "-3.00"]
    assert [(column, row) for column, row, _, _ in texts][3] == (0, 1)
    assert texts[0][3] == "#ffffff"
    assert texts[4][3] == "#1b2733"
    many = pd.DataFrame({"well": FORMATS[384].wells(), "v": 1.0})
    assert show(many).plates[0].texts == []


def test_other_text_can_be_printed() -> None:
    """A column of the table; long names keep both ends, missing ones are not printed."""
    table = pd.DataFrame({"well": SIX, "v": 1.0, "clone": ["a", "iPSC-line-12", None, "b", "c", "d"]})
    shown = page_plates(heatmap(table, "v"), ident="x", caption="", text="clone")
    assert [text for _, _, text, _ in shown.plates[0].texts] == ["a", "iPS…-12", "b", "c", "d"]


@pytest.mark.parametrize("limits", [(0, 1), (785.2, 1098.4), (-1e6, 1e6), (1e-9, 3e-9), (99999, 100001)])
def test_marks_of_the_key_stay_apart(limits: tuple[float, float]) -> None:
    """At 6.5 pixels a sign on 240; those at the ends say that there is more beyond."""
    low, high = limits
    values = [low - (high - low), low, (low + high) / 2, high, high + (high - low), low]
    ticks = show(pd.DataFrame({"well": SIX, "v": values}), limits=limits).key.ticks
    boxes = [(240 * place - 3.25 * len(text), 240 * place + 3.25 * len(text)) for place, text in ticks]
    assert all(end < start for (_, end), (start, _) in itertools.pairwise(boxes))
    assert ticks[0][1].startswith("≤ ")
    assert ticks[-1][1].startswith("≥ ")
    assert len(ticks) >= 2


@pytest.mark.parametrize(
    "values", [[3.0] * 6, [1e20] * 6, [np.nan] * 6, [np.inf] * 6, [0, 1, np.inf, 2, 3, -np.inf]]
)
def test_odd_numbers_have_a_key(values: list[float]) -> None:
    """One value, none, and infinite ones: a gradient and marks inside it."""
    key = show(pd.DataFrame({"well": SIX, "v": values})).key
    assert len(key.stops) == 24
    assert all(0 <= place <= 1 for place, _ in key.ticks)


def test_categories_have_a_key() -> None:
    """Names as they are, the rarest together."""
    table = pd.DataFrame(
        {"well": FORMATS[12].wells(), "v": ["C_1", "C_1", *(f"C_{n}" for n in range(2, 12))]}
    )
    key = show(table).key
    names = [name for name, _ in key.entries]
    assert (names[0], names[-1]) == ("C_1", "4 others")
    assert (key.stops, key.ticks) == ((), ())


def read(shown: PagePlates) -> dict[str, Any]:
    """What the script reads."""
    found: dict[str, Any] = json.loads(str(shown.data))
    return found


def test_the_script_is_told_of_every_well() -> None:
    """Value, n, what is shown, what is known of the well, and its rows; but nothing twice."""
    table = pd.DataFrame(
        {
            "plate": "P",
            "well": ["A1", "A1", "A2"],
            "field": [1, 2, 1],
            "clone": ["c_1", "c_1", "c2"],
            "cell_count": [1000.0, 1080.0, np.nan],
            "included": [True, True, False],
        }
    )
    data = read(show(table, "cell_count", view="difference"))
    assert (data["value"], data["unit"], data["units"]) == ("cell count", "field", "fields")
    assert data["difference"] is True
    assert data["about"] == ["clone"]
    (plate,) = data["plates"]
    assert plate["name"] == "P"
    assert plate["wells"] == {"A01": ["1,040", "2", "0", "c_1"], "A02": ["–", "0", "–", "c2"]}
    assert data["parts"] == ["field", "cell count", "included"]
    assert plate["rows"] == {"A01": [["1", "1,000", "yes"], ["2", "1,080", "yes"]], "A02": [["1", "–", "no"]]}
    clones = read(show(table, "clone"))
    assert clones["about"] == []
    whole = read(show(table.assign(included=True, reason="", missing_planes=[0, 1, 0]), "cell_count"))
    assert whole["parts"] == ["field", "cell count", "missing planes"]


def test_pictures_are_told_by_well() -> None:
    """Each under its plate and well."""
    found = heatmap(pd.DataFrame({"plate": ["P", "Q"], "well": "A1", "v": 1.0}), "v")
    shown = page_plates(found, ident="x", caption="", pictures={("Q", "A01"): [("field 1", "data:,")]})
    first, second = read(shown)["plates"]
    assert first["pictures"] == {}
    assert second["pictures"] == {"A01": [["field 1", "data:,"]]}


def test_no_name_breaks_the_data() -> None:
    """Nothing in it looks like markup, and every name comes back as it was."""
    table = pd.DataFrame({"plate": EVIL, "well": "A1", "clone": EVIL, "v": range(len(EVIL))})
    shown = show(table)
    text = str(shown.data)
    assert not set("<>&\u2028\u2029") & set(text)
    data = read(shown)
    assert [plate["name"] for plate in data["plates"]] == list(EVIL)
    assert [plate["wells"]["A01"][3] for plate in data["plates"]] == list(EVIL)
    assert [plate.name for plate in shown.plates] == list(EVIL)


def test_numbers_are_told_as_one_reads_them() -> None:
    """Three digits of fractions, whole numbers from 1000 on, none in powers of ten before a billion."""
    values = [0.12345, 999.7, 12345.6, -1e6, 1e15, np.inf]
    wells = read(show(pd.DataFrame({"well": SIX, "v": values})))["plates"][0]["wells"]
    assert [told[0] for told in wells.values()] == ["0.123", "1,000", "12,346", "-1,000,000", "1e+15", "inf"]


@pytest.mark.parametrize("most", [100, 500])
def test_rows_that_are_too_many_stay_away(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """By number or by weight (50 rows of some 12 signs); the page says so and shows the wells."""
    monkeypatch.setattr("hcs.heatmaps.plates.LARGEST_ROWS_BYTES", most)
    table = pd.DataFrame({"well": ["A1"] * 50, "cell": range(50), "v": range(50)})
    shown = show(table)
    assert shown.notes == ("The page does not carry the 50 cells, only the wells.",)
    assert read(shown)["plates"][0]["rows"] == {}
    assert read(shown)["parts"] == []


def test_the_table_can_be_downloaded() -> None:
    """Number for number."""
    table = pd.DataFrame(
        {"plate": ["01"] * 6, "well": SIX, "clone": EVIL[:6], "v": [0.1, 2, 3, 4, 5, np.nan]}
    )
    found = heatmap(table, "v")
    link = page_plates(found, ident="wells", caption="").download
    assert link is not None
    assert (link.filename, link.rows) == ("wells.csv", 6)
    saved = pd.read_csv(io.BytesIO(base64.b64decode(link.address.split(",", 1)[1])), dtype={"plate": str})
    pd.testing.assert_frame_equal(saved, found.table, check_dtype=False)
