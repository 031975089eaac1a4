"""Panels: the axes of a figure with the numbers behind it, kept side by side and whole or not at all."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from matplotlib.figure import Figure

from hcs.figures.panels import Panels, figure_bytes, refuse_existing, stacked
from hcs.figures.stamp import FORMATS
from hcs.figures.theme import empty_figure, new_figure, theme
from hcs_plates.errors import ArgumentError, ExistsError

ODD = "<b>&\"'"
"""A clone's name that is markup, and quotes besides."""
STARTS = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF"}


def draw(names: tuple[str, ...] = ("c01", ODD)) -> Panels:
    """Two panels of as many dots as there are names, each name written beside its own."""
    numbers = pd.DataFrame({"clone": list(names), "score": [0.1 * n for n in range(len(names))]})
    with theme():
        figure = new_figure(5, 2)
        left, right = figure.subplots(1, 2)
        for axis in (left, right):
            axis.scatter(range(len(names)), numbers["score"])
        for place, name in enumerate(names):
            left.text(place, 0, name)
        figure.legend(handles=[], loc="outside lower center")
    return Panels.of(figure, numbers)


def test_they_are_the_axes_in_order() -> None:
    """A tuple of the figure's axes, which knows figure and numbers."""
    drawn = draw()
    assert isinstance(drawn, tuple)
    assert list(drawn) == drawn.figure.axes
    assert drawn[0].texts[1].get_text() == ODD
    assert list(drawn.numbers["clone"]) == ["c01", ODD]


def test_they_are_never_empty() -> None:
    """A figure that says why there is nothing has one axes, with the sentence."""
    (only,) = Panels.of(empty_figure("No clone has a score."), pd.DataFrame())
    assert [text.get_text() for text in only.texts] == ["No clone has a score."]


@pytest.mark.parametrize("ending", [*FORMATS, ".PNG"])
def test_figure_and_numbers_are_kept(ending: str, tmp_path: Path) -> None:
    """The figure in the format of its ending, the numbers as CSV beside it, in a folder made for them."""
    drawn = draw()
    kept = drawn.save(tmp_path / "new" / f"clones.v2{ending}")
    assert kept == (tmp_path / "new" / f"clones.v2{ending}", tmp_path / "new" / "clones.v2.csv")
    assert kept[0].read_bytes().startswith(STARTS[ending.lower()])
    pd.testing.assert_frame_equal(pd.read_csv(kept[1]), drawn.numbers)
    assert sorted(path.name for path in kept[0].parent.iterdir()) == sorted(path.name for path in kept)


@pytest.mark.parametrize("ending", FORMATS)
def test_the_same_bytes_every_time(ending: str, tmp_path: Path) -> None:
    """From one drawing twice, and from the same drawn anew: neither date nor software is in the file."""
    drawn = draw()
    once, again = (drawn.save(tmp_path / f"{name}{ending}")[0].read_bytes() for name in "ab")
    anew, _ = draw().save(tmp_path / f"c{ending}")
    assert once == again == anew.read_bytes()
    assert b"Matplotlib" not in once
    assert b"Date" not in once


def test_a_change_of_the_axes_is_kept(tmp_path: Path) -> None:
    """What is written on an axes after one saving is there in the next, and takes part in its layout."""
    drawn = draw()
    before = drawn.save(tmp_path / "a.svg")[0].read_text()
    drawn[0].set_title("Mine\nin two lines")
    after = drawn.save(tmp_path / "b.svg")[0].read_text()
    assert "in two lines" in after
    assert "in two lines" not in before
    assert drawn[0].get_in_layout()


def test_the_same_bytes_in_another_process() -> None:
    """Whatever the seed of hashes."""
    code = (
        "import sys; from hcs.figures.stamp import FORMATS; from hcs.figures.panels import figure_bytes\n"
        "from hcs.figures.theme import empty_figure\n"
        "for ending in FORMATS: sys.stdout.buffer.write(figure_bytes(empty_figure('Nothing.'), ending))"
    )
    env = {**os.environ, "PYTHONHASHSEED": "7"}
    made = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
    assert made.stdout == b"".join(figure_bytes(empty_figure("Nothing."), ending) for ending in FORMATS)


def test_a_name_that_is_markup_is_a_name(tmp_path: Path) -> None:
    """It comes back from the CSV and from the SVG as it is."""
    figure, numbers = draw().save(tmp_path / "clones.svg")
    assert pd.read_csv(numbers)["clone"].tolist() == ["c01", ODD]
    written = [
        "".join(text.itertext()).strip() for text in ElementTree.parse(figure).iter() if "text" in text.tag
    ]
    assert ODD in written


def test_text_that_is_not_ascii_is_utf_8(tmp_path: Path) -> None:
    """In the numbers too, whatever the machine's locale."""
    _, numbers = draw(("Zoë", "№ 7")).save(tmp_path / "clones.png")
    assert numbers.read_bytes().decode("utf-8").splitlines() == ["clone,score", "Zoë,0.0", "№ 7,0.1"]


@pytest.mark.parametrize("name", ["clones.jpg", "clones", "clones.csv", ".svg"])
def test_other_endings_are_refused(name: str, tmp_path: Path) -> None:
    """By name, with those that can be had; nothing is written."""
    with pytest.raises(ArgumentError, match=r"ends in no format of a figure; give \.svg, \.png and \.pdf"):
        draw().save(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("there", ["clones.png", "clones.csv"])
def test_what_is_there_stays(there: str, tmp_path: Path) -> None:
    """Either file is reason enough to write neither."""
    (tmp_path / there).write_text("mine")
    with pytest.raises(ExistsError, match=f"{there} exists already"):
        draw().save(tmp_path / "clones.png")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(there, "mine")]


def test_a_table_of_the_users_is_never_replaced(tmp_path: Path) -> None:
    """Asked for, the figure is replaced, and no CSV but the one hcs wrote with a figure of that name."""
    table = tmp_path / "clones.csv"
    table.write_text("well,count\nA01,3\n")
    with pytest.raises(ExistsError, match="was not written by hcs with a figure of that name"):
        draw().save(tmp_path / "clones.png", overwrite=True)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [
        ("clones.csv", "well,count\nA01,3\n")
    ]
    table.unlink()
    draw().save(tmp_path / "clones.png")
    table.write_text(table.read_text() + "mine,1\n")
    with pytest.raises(ExistsError, match="was not written by hcs"):
        draw(("c07",)).save(tmp_path / "clones.png", overwrite=True)
    assert table.read_text().endswith("mine,1\n")


def test_formats_share_their_numbers(tmp_path: Path) -> None:
    """One figure in all formats, and a script that is run again: the numbers stand once, and are the same."""
    for _ in range(2):
        for ending in FORMATS:
            draw().save(tmp_path / f"clones{ending}")
    assert len(list(tmp_path.iterdir())) == len(FORMATS) + 1
    with pytest.raises(ExistsError, match=r"clones\.svg and .*clones\.csv exist already"):
        draw(("c07",)).save(tmp_path / "clones.svg")
    for ending in FORMATS:
        _, numbers = draw(("c07",)).save(tmp_path / f"clones{ending}", overwrite=True)
    assert numbers.read_text() == "clone,score\nc07,0.0\n"


def test_nothing_is_half_written_when_drawing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is as it was, with the old figure in it."""
    draw().save(tmp_path / "clones.svg")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Figure, "savefig", fail)
    with pytest.raises(MemoryError):
        draw(("c07",)).save(tmp_path / "clones.svg", overwrite=True)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_nothing_is_half_written_when_the_disk_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The figure could be written and its numbers could not: neither stands there."""
    left = iter([None, OSError(28, "No space left on device")])

    def fail(_: int) -> None:
        if (error := next(left)) is not None:
            raise error

    monkeypatch.setattr("hcs_plates.files.os.fsync", fail)
    with pytest.raises(OSError, match=r"clones\.csv cannot be written: the disk is full"):
        draw().save(tmp_path / "clones.pdf")
    assert not list(tmp_path.iterdir())


def test_a_notebook_shows_the_figure() -> None:
    """As a PNG, the same as would be kept."""
    drawn = draw()
    assert drawn._repr_png_() == figure_bytes(drawn.figure, ".png")


def test_files_that_are_there_are_refused_together(tmp_path: Path) -> None:
    """All are named; those that are not there are no matter."""
    there = [tmp_path / "a.svg", tmp_path / "b.svg"]
    for path in there:
        path.touch()
    with pytest.raises(ExistsError, match=r"a\.svg and .*b\.svg exist already"):
        refuse_existing([*there, tmp_path / "c.svg"], overwrite=False)
    refuse_existing(there, overwrite=True)
    refuse_existing([tmp_path / "c.svg"], overwrite=False)


def test_unlike_tables_are_stacked() -> None:
    """Rows of each under its panel's name, whole numbers kept whole, an empty table no row."""
    wells = pd.DataFrame({"plate": ["P1", "P2"], "n": [3, 4]}, index=[7, 7])
    whole = stacked({"wells": wells, "plates": pd.DataFrame({"z": [0.5, None]}), "none": pd.DataFrame()})
    assert whole.to_csv(index=False).splitlines() == [
        "panel,plate,n,z", "wells,P1,3,", "wells,P2,4,", "plates,,,0.5", "plates,,,",
    ]  # fmt: skip
