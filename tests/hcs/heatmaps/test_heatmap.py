"""A value of every well: means of included rows, differences from the plate's median, and what is refused."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hcs
from hcs.heatmaps.heatmap import heatmap
from hcs_plates.errors import ArgumentError, ExistsError
from hcs_plates.plate import Plate
from hcs_plates.wells import FORMATS

SIX = FORMATS[6].wells()


def table(**columns: Any) -> pd.DataFrame:
    """Six wells with columns."""
    return pd.DataFrame({"well": SIX, **columns})


def two_plates(**columns: Any) -> pd.DataFrame:
    """Two plates of six wells with columns."""
    return pd.DataFrame({"plate": ["P"] * 6 + ["Q"] * 6, "well": SIX * 2, **columns})


def column(found: hcs.WellHeatmap, name: str) -> list[Any]:
    """A column of the heatmap's table, None where it is missing."""
    return list(found.table[name].astype(object).where(found.table[name].notna(), None))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pd.array([1, None, 3, 4, 5, 6], dtype="Int64"), [1, None, 3, 4, 5, 6]),
        (np.array([0, 1, 2, 3, 4, 255], dtype="uint8"), [0, 1, 2, 3, 4, 255]),
        (pd.Series([1, None, 2.5] * 2, dtype=object), [1, None, 2.5] * 2),
        ([-1, -2, -3, -4, -5, -6], [-1, -2, -3, -4, -5, -6]),
        ([True, False] * 3, ["yes", "no"] * 3),
        (pd.array([True, None, False] * 2, dtype="boolean"), ["yes", None, "no"] * 2),
        (pd.Series([True, None, False] * 2, dtype=object), ["yes", None, "no"] * 2),
        (pd.Categorical([1, None, 3] * 2, ordered=True), ["1", None, "3"] * 2),
        (pd.Series([1, "a", 2.5] * 2, dtype=object), ["1", "a", "2.5"] * 2),
        (["", "  ", "a"] * 2, [None, None, "a"] * 2),
        (["01", "1", "Ä"] * 2, ["01", "1", "Ä"] * 2),
        (pd.date_range("2020-01-30", periods=6).where([True] * 5 + [False]), ["2020-01-30", "2020-01-31",
         "2020-02-01", "2020-02-02", "2020-02-03", None]),
        (pd.date_range("2020-01-30 10:30", periods=1).repeat(6), ["2020-01-30 10:30:00"] * 6),
        ([None] * 6, [None] * 6),
        (pd.array([None] * 6, dtype="Int64"), [None] * 6),
    ],
)  # fmt: skip
def test_values_of_any_type(values: Any, expected: list[Any]) -> None:
    """Numbers stay numbers, whatever holds them; the rest are categories, written as one would."""
    found = heatmap(table(v=values), "v")
    assert column(found, "value") == column(found, "shown") == expected
    numbers = all(one is None or isinstance(one, int | float) for one in expected)
    assert found.numeric == numbers
    assert column(found, "n") == [int(one is not None) for one in expected]
    found.plot()
    assert found.summary()


def test_a_wells_value_is_the_mean_of_its_included_rows() -> None:
    """Rows that are flagged or have no value are neither averaged nor counted."""
    rows = pd.DataFrame(
        {
            "well": ["A1", "A1", "a01", "A1", "A2"],
            "field": [1, 2, 3, 4, 1],
            "v": [1.0, 3.0, np.nan, 90.0, 7.0],
            "included": [True, True, True, False, True],
        }
    )
    found = heatmap(rows, "v")
    assert found.table[["well", "value", "n", "shown"]].to_numpy().tolist() == [
        ["A01", 2.0, 2, 2.0],
        ["A02", 7.0, 1, 7.0],
    ]
    assert found.unit == "field"
    assert len(found.rows) == 5


def test_a_flagged_first_row_takes_no_well_out() -> None:
    """The well is shown by its other rows."""
    rows = pd.DataFrame({"well": ["A1", "A1"], "v": [90.0, 3.0], "included": [False, True]})
    assert column(heatmap(rows, "v"), "shown") == [3.0]


def test_left_out_wells_keep_their_value_and_are_not_shown() -> None:
    """Nor do they move the scale, the median or the colours of categories."""
    rows = table(v=[1.0, 2, 3, 4, 5, 1e9], included=[True] * 5 + [False])
    found = heatmap(rows, "v")
    assert column(found, "value")[5] == 1e9
    assert column(found, "shown") == [1, 2, 3, 4, 5, None]
    limits = found.spec().limits
    assert limits is not None
    assert limits[1] < 5.1
    assert column(heatmap(rows, "v", view="difference"), "shown") == [-2, -1, 0, 1, 2, None]
    assert "1 well is left out (included is false). Such wells are hatched." in found.summary()
    named = heatmap(table(v=list("aabbcc"), included=[True] * 4 + [False] * 2), "v")
    assert column(named, "shown") == ["a", "a", "b", "b", None, None]


def test_included_can_be_shown_itself() -> None:
    """Then nothing is left out."""
    found = heatmap(table(included=[True] * 5 + [False]), "included")
    assert column(found, "shown") == ["yes"] * 5 + ["no"]


def test_difference_is_from_the_plates_own_median() -> None:
    """Over the wells that are shown; by hand."""
    rows = two_plates(v=[1, 2, 3, 4, 5, 60, 101, 102, 103, 104, 105, 160.0])
    found = heatmap(rows, "v", view="difference")
    assert column(found, "shown") == [-2.5, -1.5, -0.5, 0.5, 1.5, 56.5] * 2
    assert found.table.groupby("plate")["shown"].median().tolist() == [0, 0]
    limits = found.spec().limits
    assert limits is not None
    assert limits[0] == -limits[1]
    assert found.label == "v − plate median"
    assert heatmap(rows, "v", view="difference", limits=(-3, 5)).spec().limits == (-5, 5)


def test_a_difference_that_is_rounding_is_none() -> None:
    """0.1 + 0.2 and 0.3 are one value; the page would show noise in full colours otherwise."""
    found = heatmap(table(v=[0.1 + 0.2, 0.3, 0.3, 0.3, 0.3, 0.3]), "v", view="difference")
    assert column(found, "shown") == [0.0] * 6
    many = pd.DataFrame({"well": FORMATS[384].wells(), "v": np.random.default_rng(0).normal(900, 50, 384)})
    assert "median 0." in heatmap(many, "v", view="difference").summary()


def test_a_plate_without_values_stands_beside_others() -> None:
    """It is drawn, hatched, and counted; with numbers, differences and categories."""
    for view in ("value", "difference"):
        found = heatmap(two_plates(v=[1.0] * 6 + [np.nan] * 6), "v", view=view)
        assert found.grids()["Q"].isna().all()
        assert "6 wells have no value. Such wells are hatched." in found.summary()
        assert len(found.plot()) == 3
    named = heatmap(two_plates(v=[*"abcabc", *[None] * 6]), "v")
    assert named.grids()["Q"].isna().all()
    assert len(named.plot()) == 2


@pytest.mark.parametrize("value", [3.0, 0.0, -2.0, 1e20, 1e-12])
def test_one_value_everywhere_has_a_scale(value: float) -> None:
    """Its limits are two different numbers about it."""
    limits = heatmap(table(v=[value] * 6), "v").spec().limits
    assert limits is not None
    assert limits[0] < value < limits[1]


def test_infinite_values_are_beyond_the_scale() -> None:
    """They are shown, said, and move neither the range nor the median."""
    found = heatmap(table(v=[1, np.inf, -np.inf, 2, 3, 4.0]), "v", plate_format=6)
    assert found.spec().limits == pytest.approx((1.06, 3.94))
    assert found.summary() == "V: 6 of 6 wells on 1 plate shown, 1 to 4, median 2.5. 2 wells are infinite."
    away = heatmap(table(v=[1, np.inf, -np.inf, 2, 3, 4.0]), "v", view="difference")
    assert column(away, "shown") == [-1.5, np.inf, -np.inf, -0.5, 0.5, 1.5]
    assert heatmap(table(v=[np.inf] * 6), "v").spec().limits == (0, 1)
    both = pd.DataFrame({"well": ["A1", "A1", "A2"], "v": [np.inf, -np.inf, 1.0]})
    assert column(heatmap(both, "v"), "shown") == [None, 1.0]


def test_rare_hits_are_seen() -> None:
    """Where all but a few wells are 0, the scale is the whole range, not a step about 0."""
    values = pd.Series(0.0, index=range(384))
    values[7], values[8] = 3.0, 9.0
    rows = pd.DataFrame({"well": FORMATS[384].wells(), "v": values})
    assert heatmap(rows, "v").spec().limits == (0, 9)


def test_wells_that_are_not_there_are_counted() -> None:
    """A partly filled plate says how many of its wells the table does not have."""
    found = heatmap(table(v=1.0), "v", plate_format=96)
    assert found.summary().endswith("90 wells of the plates are not in the table. Such wells are hatched.")
    assert not heatmap(table(v=1.0), "v", plate_format=6).caveats


def test_a_format_that_is_a_guess_is_told() -> None:
    """Six wells may be a plate of six or the corner of another; a plate used to all sides is what it is."""
    assert "6 wells" in heatmap(table(v=1.0), "v").summary()
    assert "a guess" in heatmap(table(v=1.0), "v").summary()
    full = pd.DataFrame({"well": FORMATS[96].wells(), "v": 1.0})
    assert not heatmap(full, "v").caveats


@pytest.mark.parametrize("size", sorted(FORMATS))
def test_every_format_off_centre(size: int) -> None:
    """The last two wells of a plate alone: the plate is whole and they stand where they are."""
    last = FORMATS[size].wells()[-2:]
    found = heatmap(pd.DataFrame({"well": last, "v": [1.0, 2.0]}), "v", plate_format=size)
    axis, _ = found.plot()
    wells = next(one for one in axis.collections if one.get_gid() == "wells")
    outlines = [np.asarray(path.vertices, dtype=float) for path in wells.get_paths()]
    centres = {tuple(outline.mean(axis=0)) for outline in outlines}
    rows, columns = FORMATS[size].rows, FORMATS[size].columns
    # The outline is closed at its first corner, which counts twice in the mean.
    assert {(round(x + 0.1), round(y + 0.1)) for x, y in centres} == {
        (columns - 2, rows - 1),
        (columns - 1, rows - 1),
    }
    assert axis.get_xlim() == (-0.5, columns - 0.5)
    assert axis.get_ylim() == (rows - 0.5, -0.5)


def test_categories_have_one_value_a_well() -> None:
    """Two in one well have no mean; one that is left out is not counted."""
    rows = pd.DataFrame({"well": ["A1", "A1"], "clone": ["a", "b"]})
    with pytest.raises(
        ArgumentError, match="Well A01 of plate plate has 2 values of 'clone', and categories"
    ):
        heatmap(rows, "clone")
    assert column(heatmap(rows.assign(included=[True, False]), "clone"), "value") == ["a"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"view": "diff"}, "No view 'diff'; did you mean 'difference'?"),
        ({"limits": (2, 1)}, "Limits 2 and 1 are no scale; give the lower one first."),
        ({"limits": (1, 1)}, "Limits 1 and 1 are no scale; give the lower one first."),
        ({"limits": (float("nan"), 1)}, "Limits nan and 1 are no scale; give two finite numbers"),
        ({"limits": (0, float("inf"))}, "Limits 0 and inf are no scale; give two finite numbers"),
        ({"limits": (0,)}, "Limits 0 are no scale; give two finite numbers"),
        ({"limits": ("a", "b")}, "Limits a and b are no scale; give two finite numbers"),
        ({"value": "name", "view": "difference"}, "'name' is a category: a difference from the median needs"),
        ({"value": "name", "limits": (0, 1)}, "'name' is a category: limits are of numbers."),
        ({"value": "complex"}, "Complex numbers have no order to be coloured by"),
    ],
)
def test_what_cannot_be_shown_is_refused(words: dict[str, Any], message: str) -> None:
    """One sentence says what is wrong."""
    rows = table(v=range(6), name=list("abcabc"), complex=[1 + 2j] * 6)
    with pytest.raises(ArgumentError) as refused:
        heatmap(rows, **{"value": "v"} | words)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "colours", "message"),
    [
        ("v", "viridsi", "matplotlib has no colour map 'viridsi'; did you mean 'viridis'?"),
        ("v", "zzzzz", "matplotlib has no colour map 'zzzzz'; 'cividis' and 'viridis' are two."),
        ("name", {"a": "no such"}, "'no such', for 'a', is no colour"),
    ],
)
def test_colours_that_are_none_are_refused(value: str, colours: Any, message: str) -> None:
    """Maps and colours by names that matplotlib does not know."""
    with pytest.raises(ArgumentError) as refused:
        heatmap(table(v=range(6), name=list("abcabc")), value, colours=colours).plot()
    assert message in str(refused.value)


def test_of_a_measured_plate(measured_plate: Plate) -> None:
    """Means over included fields by hand; a well of flagged fields, and one not included, are left out."""
    found = heatmap(measured_plate, "cell_count")
    wells = found.table.set_index("well")
    assert wells.loc["A03", ["value", "n", "shown", "clone"]].tolist() == [31.5, 2, 31.5, "a2"]
    assert wells.loc["B01", ["value", "n", "shown"]].tolist() == [71.0, 1, 71.0]
    assert wells.loc["B02", ["value", "n"]].tolist() == [81.5, 2]
    assert wells.index[wells["shown"].isna()].tolist() == ["B02", "B04"]
    assert "2 wells are left out (included is false). 14 wells of the plates are not in" in found.summary()
    areas = heatmap(measured_plate, "soma_area_um2_mean").table.set_index("well")
    assert areas.loc["A03", ["value", "n"]].tolist() == [103.0, 2]
    assert areas.loc["B01", ["value", "n"]].tolist() == [107.0, 1]


def test_plates_of_different_formats_on_one_scale() -> None:
    """The table of grids has one column a plate; wells one of them lacks are missing there."""
    rows = pd.concat([table(v=range(6)).assign(plate="small"), pd.DataFrame(
        {"plate": "large", "well": FORMATS[1536].wells(), "v": range(1536)})])  # fmt: skip
    found = heatmap(rows, "v")
    assert [shape.size for shape in found.formats.values()] == [6, 1536]
    grids = found.grids()
    assert list(grids.columns) == ["small", "large"]
    assert grids["small"].notna().sum() == 6
    assert grids.loc["AF48", "large"] == 1535


@pytest.mark.parametrize("ending", [".svg", ".PNG", ".pdf"])
def test_figure_and_its_numbers_are_written(ending: str, tmp_path: Path) -> None:
    """The CSV beside it is the heatmap's table; the same again stays as it is, another is refused."""
    found = heatmap(table(v=[0.1, 2, 3, 4, 5, np.nan], clone="c"), "v")
    path = found.save(tmp_path / "made" / f"h{ending}")
    assert path == tmp_path / "made" / f"h{ending}"
    first = path.read_bytes()
    assert len(first) > 1000
    saved = pd.read_csv(path.with_suffix(".csv"))
    pd.testing.assert_frame_equal(saved, found.table, check_dtype=False)
    found.save(path)
    with pytest.raises(ExistsError, match="exist already"):
        heatmap(table(v=range(6)), "v").save(path)
    found.save(path, overwrite=True)
    assert path.read_bytes() == first


@pytest.mark.parametrize("name", ["h.txt", "h", "h.html.gz"])
def test_other_endings_are_refused(name: str, tmp_path: Path) -> None:
    """The sentence lists those there are."""
    with pytest.raises(ArgumentError, match=r"no format of a heatmap; give \.svg, \.png, \.pdf or \.html"):
        heatmap(table(v=1.0), "v").save(tmp_path / name)


@pytest.mark.parametrize("ending", [".png", ".html"])
def test_places_where_no_file_can_be_are_refused(ending: str, tmp_path: Path) -> None:
    """A folder, also when it may be replaced, and a path below a file."""
    found = heatmap(table(v=1.0), "v")
    (tmp_path / f"folder{ending}").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(ArgumentError, match="is a folder; give a file name"):
        found.save(tmp_path / f"folder{ending}", overwrite=True)
    with pytest.raises(ArgumentError, match="file is a file, not a folder"):
        found.save(tmp_path / "file" / f"h{ending}")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", f"folder{ending}"]


def test_names_that_are_hard_to_draw(tmp_path: Path) -> None:
    """Mathematics, tabs, low lines and very long names are drawn as text, and stay inside the figure."""
    name = "$\\frac{$\t\x01" + "long " * 60
    rows = table(v=["_C_01", "$x$", "é" * 300, "<b>", "C10", "C2"]).assign(plate=name)
    found = heatmap(rows, "v")
    axes = found.plot()
    figure = axes.figure
    figure.draw_without_rendering()
    shown = [text.get_text() for text in figure.legends[0].get_texts()]
    assert {"$x$", "<b>", "C2", "C10"} < set(shown)
    assert "\u200b_C_01" in shown
    assert max(map(len, shown)) == 40
    box = figure.legends[0].get_window_extent()
    assert 0 <= box.x0 < box.x1 <= figure.bbox.x1
    # The plate stands clear of the legend below it.
    assert axes[0].get_window_extent().y0 > box.y1
    assert axes[0].title.get_window_extent().x1 <= figure.bbox.x1
    assert found.save(tmp_path / "h.svg").stat().st_size > 1000


def test_a_long_label_stands_beside_its_colour_bar() -> None:
    """It is broken in two lines, or cut, and neither touches the plates nor leaves the figure."""
    name = "mean intensity of the marker in the nucleus over that in the cytoplasm of living cells"
    axes = heatmap(table(**{name: range(6)}), name).plot()
    axes.figure.draw_without_rendering()
    box = axes[1].yaxis.label.get_window_extent()
    assert 0 < box.y0 < box.y1 <= axes.figure.bbox.y1
    assert box.x1 <= axes.figure.bbox.x1


def test_a_guessed_format_is_told(measured_plate: Plate) -> None:
    """On every picture of the plate; a stated one needs no word."""
    guessed = Plate(measured_plate.path, replace(measured_plate.spec, format_stated=False))
    assert "Plate P1 was taken to have 24 wells, the fewest" in heatmap(guessed, "clone").summary()
    assert "taken to have" not in heatmap(measured_plate, "clone").summary()
