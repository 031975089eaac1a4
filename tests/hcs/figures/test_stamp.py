"""A figure carries the digest of its numbers, and is the same figure to all who read its format."""

import io
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.image import imread

from hcs.figures.panels import figure_bytes
from hcs.figures.stamp import FORMATS, holds, is_own_table, stamped
from hcs.figures.theme import empty_figure

NUMBERS = b"clone,score\nc01,0.5\n"


@pytest.fixture(scope="module")
def drawn() -> dict[str, bytes]:
    """A figure in every format."""
    return {ending: figure_bytes(empty_figure("Nothing."), ending) for ending in FORMATS}


def test_readers_see_no_difference(drawn: dict[str, bytes]) -> None:
    """Pixels, elements and objects are the same; a PNG's chunks keep their checksums."""
    made = {ending: stamped(content, ending, NUMBERS) for ending, content in drawn.items()}
    np.testing.assert_array_equal(imread(io.BytesIO(made[".png"])), imread(io.BytesIO(drawn[".png"])))
    roots = [ElementTree.fromstring(one[".svg"]) for one in (made, drawn)]
    assert ElementTree.tostring(roots[0]) == ElementTree.tostring(roots[1])
    assert made[".pdf"].startswith(drawn[".pdf"])
    assert b"%%EOF" in made[".pdf"][-100:]


@pytest.mark.parametrize("ending", [*FORMATS, ".PNG"])
def test_a_table_is_known_by_its_figure(ending: str, drawn: dict[str, bytes], tmp_path: Path) -> None:
    """By its bytes: one more row and it is somebody else's, and so it is beside a figure of another name."""
    table = tmp_path / "a.csv"
    table.write_bytes(NUMBERS)
    assert not is_own_table(table)
    (tmp_path / f"b{ending}").write_bytes(stamped(drawn[ending.lower()], ending.lower(), NUMBERS))
    assert not is_own_table(table)
    (tmp_path / f"b{ending}").rename(tmp_path / f"a{ending}")
    assert is_own_table(table)
    table.write_bytes(NUMBERS + b"c02,0.7\n")
    assert not is_own_table(table)


def test_the_same_bytes(tmp_path: Path) -> None:
    """Of a file that is there, is not there, is longer, is a folder."""
    file = tmp_path / "a"
    assert not holds(file, b"ab")
    file.write_bytes(b"ab")
    assert holds(file, b"ab")
    assert not holds(file, b"ac")
    assert not holds(file, b"abc")
    assert not holds(tmp_path, b"")
